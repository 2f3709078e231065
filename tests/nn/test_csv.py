"""CSV files: what is read, what is guessed, and what is refused by line and column."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.data import read_csv, read_table
from nn.data.columns import targets


def write(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rows_of(*lines, times=4):
    return "\n".join([lines[0], *lines[1:] * times, ""])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(delimiter, end, tmp_path):
    text = end.join(["a,b", "1,2", "", "3,4"]).replace(",", delimiter)
    table = read_table(write(tmp_path, text))
    assert (table.columns, table.rows) == (("a", "b"), [["1", "2"], ["3", "4"]])
    assert table.lines == [2, 4]


def test_quotes_a_byte_order_mark_and_blanks_are_understood(tmp_path):
    text = '\ufeff"a, the first"; b \n" 1"; "two\nlines, ""quoted"""\n'
    table = read_table(write(tmp_path, text))
    assert table.columns == ("a, the first", "b")
    assert table.rows == [["1", 'two\nlines, "quoted"']] and table.lines == [3]


def test_a_table_becomes_a_data_set(tmp_path):
    path = write(tmp_path, rows_of("id,x,species,y", "7,1.5,dog,2e1", "8,-2,cat,.5"))
    data = read_csv(path, target="species", drop=["id"], test_fraction=0.25, scale=None)
    assert (data.columns, data.target, data.classes) == (("x", "y"), "species", ("cat", "dog"))
    rows = [[*x, data.classes[label]] for x, label in zip(data.X_train, data.y_train, strict=True)]
    assert sorted(rows) == [[-2, 0.5, "cat"]] * 3 + [[1.5, 20, "dog"]] * 3
    assert len(data.y_test) == 2 and set(data.y_test) == {0, 1}
    scaled = read_csv(path, target=2, drop=[0], test_fraction=0.25)
    assert np.abs(scaled.X_train).tolist() == [[1, 1]] * 6


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["b", "a", "b"], ("a", "b")),
        (["1", "0", "1", "0"], ("0", "1")),
        (["10", "9", "10.0", "09"], ("9", "10")),
        (["1", "x", "1", "x"], ("1", "x")),
        (["0.5", "1", "0.5", "1"], ()),
        (["1", "2", "3", "4"], ()),
        ([str(i) for i in range(21)] * 9, ()),
    ],
)
def test_the_task_follows_from_the_target(cells, classes, tmp_path):
    table = read_table(write(tmp_path, "\n".join(["x,y", *(f"0,{cell}" for cell in cells)])))
    assert targets(table, 1, None)[1] == classes


def test_the_task_can_be_chosen(tmp_path):
    path = write(tmp_path, rows_of("x,y", "1,0", "2,1"))
    assert read_csv(path, target="y", task="regression").y_train.dtype == float
    assert read_csv(path, target="x", task="classification").classes == ("1", "2")
    with pytest.raises(ValueError, match="unknown task 'ranking'"):
        read_csv(path, target="y", task="ranking")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table.csv is empty"),
        ("\n \n", "table.csv is empty"),
        ("x,y\n", "has a header, line 1, and no rows below it"),
        ("1,2\n3,4\n", "has no header: its first row holds numbers"),
        ("x,x,y\n1,2,3\n", "two columns called `x`"),
        ("x\n1\n", "has no column 'y': it has `x`"),
        ("y\n1\n0\n", "no columns besides the target `y`"),
        ("x,y\n1,0\n1,2,3\n", "line 3 has 3 cells, but the header names 2 columns, separated by c"),
        ("x,y\n1,a\n,b\n", "line 3, column `x`: the value is missing"),
        ("x,y\n1,a\nNA,b\n", "line 3, column `x`: the value is missing"),
        ("x,y\n1,a\n2,\n", "line 3, column `y`: the target is missing"),
        ("x,y\n1,a\nred,b\n", "line 3, column `x`: 'red' is no number; categories cannot be"),
        ("x;y\n1;a\n1,5;b\n", "line 3, column `x`: '1,5' has a decimal comma; write a point"),
        ("x,y\n1,a\n-inf,b\n", "line 3, column `x`: '-inf' is not finite"),
        ("x,y\n1,a\n1e999,b\n", "line 3, column `x`: '1e999' is not finite"),
        ("x,y\n1,a\n1_000,b\n", "line 3, column `x`: '1_000' is no number"),
        (",y\n1,a\n2,b\n", "column 0 has no name in the header: name or drop it"),
        ("x,y\n1,a\n2,a\n", "column `y` holds one class only, 'a'"),
        ("x,y\n1,a\n2,b\n", "class a has only one example"),
        ('x,y\n1,"a\n', "table.csv, line 2: unexpected end of data"),
        ("x" * 200000 + ",y\n", "line 1: field larger than field limit"),
        (b"x,y\n\xff,1\n", r"is no text in UTF-8 \(byte 4\)"),
        (b"x,y\n\0,1\n", "is no text: byte 4 is 0"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read_csv(write(tmp_path, text), target="y")


def test_columns_go_by_name_first_and_then_by_position(tmp_path):
    table = read_table(write(tmp_path, "a,1,c\n0,0,0\n"))
    assert [table.index(column) for column in ("1", "c", "2", -1, "-3")] == [1, 2, 2, 2, 0]
    with pytest.raises(ValueError, match=r"no column 3: its 3 columns are 0..2"):
        table.index("3")


CELLS = st.text(' ",;\t\n\r\ufeff0123456789.-+eEnaif_\0é', max_size=12) | st.floats().map(str)
TABLES = st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=8).map("\n".join)


@settings(max_examples=200, deadline=2000)
@given(content=st.binary(max_size=200) | TABLES.map(str.encode), target=CELLS, data=st.data())
def test_any_file_is_a_data_set_or_a_value_error(content, target, data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(data.draw(st.sampled_from([b"", b"x,y\n1,a\n2,b\n"])) + content)
    try:
        found = read_csv(path, target=data.draw(st.sampled_from([target, "y", "0", "-1"])))
    except ValueError as error:
        assert "\n" not in str(error)
        return
    assert np.isfinite(found.X_train).all() and np.isfinite(found.X_test).all()
    assert len(found.columns) == found.X_train.shape[1]


def test_ten_thousand_rows_are_read_in_a_moment(tmp_path):
    rng = random.Random(0)
    lines = [
        ",".join([*(f"{rng.random():.6f}" for _ in range(20)), "ab"[i % 2]]) for i in range(10000)
    ]
    header = ",".join([*(f"x{i}" for i in range(20)), "y"])
    data = read_csv(write(tmp_path, "\n".join([header, *lines])), target="y")
    assert data.X_train.shape == (8000, 20)
