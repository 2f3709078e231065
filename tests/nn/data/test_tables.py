"""Tables: what is read, what is found out about a file, and what is refused."""

import numpy as np
import pytest

from nn.data import Reading, read_table


def read(tmp_path, text, written="utf-8", **how):
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(written))
    return read_table(path, Reading(**how))


def rows(table):
    return table.cells.to_numpy().tolist()


@pytest.mark.parametrize("sign", [",", ";", "\t", "|", "  "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found_out(sign, end, tmp_path):
    table = read(tmp_path, end.join(["a,b", "1,2", "", "3,4"]).replace(",", sign))
    assert (table.columns, rows(table)) == (("a", "b"), [["1", "2"], ["3", "4"]])
    assert table.reading.delimiter == sign[0]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a;b\n1,5;2,5\n", [["1,5", "2,5"]]),
        ("a,b\nx;y,z\n", [["x;y", "z"]]),
        ("a,b\nx y,z\n", [["x y", "z"]]),
        (
            '18.0   8\t"chevrolet malibu"\n9.0  4\t"fiat"\n',
            [["18.0", "8", "chevrolet malibu"], ["9.0", "4", "fiat"]],
        ),
        ("sep=|\na|b,c\n1|2,3\n", [["1", "2,3"]]),
        ("a,b\n1,2,\n", None),
    ],
)
def test_the_sign_that_cuts_all_rows_alike_separates(text, cells, tmp_path):
    if cells is None:
        with pytest.raises(ValueError, match="Expected 2 fields in line 2, saw 3"):
            read(tmp_path, text)
    else:
        assert rows(read(tmp_path, text)) == cells


def test_a_separator_that_is_given_is_taken(tmp_path):
    assert rows(read(tmp_path, "a,b;c\n1,2;3\n", delimiter=",")) == [["1", "2;3"]]


def test_quoted_cells_hold_separators_quotes_and_lines(tmp_path):
    table = read(tmp_path, '"a, the first", b \n" 1","two\nlines, ""quoted"""\n')
    assert table.columns == ("a, the first", "b")
    assert rows(table) == [["1", 'two\nlines, "quoted"']]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
def test_encodings_are_found_out(encoding, found, tmp_path):
    table = read(tmp_path, "größe,b\nµ,1\n", encoding)
    assert (table.columns, rows(table)) == (("größe", "b"), [["µ", "1"]])
    assert table.reading.encoding == found


def test_an_encoding_that_is_given_is_taken(tmp_path):
    assert rows(read(tmp_path, "a,b\nΩ,1\n", "iso-8859-7", encoding="iso-8859-7")) == [["Ω", "1"]]
    with pytest.raises(ValueError, match="is no text in ascii: pass --encoding"):
        read(tmp_path, "a,b\nΩ,1\n", encoding="ascii")
    with pytest.raises(ValueError, match="unknown encoding 'klingon'"):
        read(tmp_path, "a,b\n", encoding="klingon")


def test_blank_rows_and_nameless_empty_columns_are_left_out(tmp_path):
    table = read(tmp_path, "a;b;;\n1;2;;\n;;;\n \n3;;;\n;;;\n")
    assert (table.columns, rows(table)) == (("a", "b"), [["1", "2"], ["3", ""]])


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("5.1,setosa\n4.9,setosa\n", False),
        ("39, State-gov, 77516\n?, Private, 83311\n", False),
        ("5,1;a\n4,9;b\n", False),
        ("x,species\n4.9,setosa\n", True),
        ("1,b\nx,y\nz,y\n", True),
        ("country,x\nA,\n", True),
        ("2020,x\n,\n?,a\n", True),
    ],
)
def test_a_number_above_a_column_of_numbers_is_no_header(text, header, tmp_path):
    table = read(tmp_path, text)
    assert table.reading.header is header
    if not header:
        assert table.columns == tuple(map(str, range(len(table.columns))))
        assert len(rows(table)) == 2


def test_whether_there_is_a_header_can_be_said(tmp_path):
    assert rows(read(tmp_path, "a,b\nc,d\n", header=False)) == [["a", "b"], ["c", "d"]]
    years = read(tmp_path, "country,1990,2000\nA,1,2\n", header=True)
    assert years.columns == ("country", "1990", "2000")


def numbers(tmp_path, *cells, sign=";", header="x", **how):
    lines = [f"{header}{sign}y", *(f'"{cell}"{sign}k' for cell in cells)]
    return read(tmp_path, "\n".join(lines), **how).numbers(header)


NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "sign", "found"),
    [
        (["1", "2.5", "-3e2", "+.5", " 007"], ",", [1, 2.5, -300, 0.5, 7]),
        (["1,5", "2,25", "3"], ";", [1.5, 2.25, 3]),
        (["1,5", "2,25", "3"], ",", [1.5, 2.25, 3]),
        (["1.234,5", "-1.234.567", "8"], ";", [1234.5, -1234567, 8]),
        (["1,234.5", "1,234,567", "8"], ",", [1234.5, 1234567, 8]),
        (["1,234", "5,678"], ",", [1234, 5678]),
        (["1,234", "5,678"], ";", [1.234, 5.678]),
        (["1,234", "0,125"], ",", [1.234, 0.125]),
        (["-0,125", "+0,500", "2"], ",", [-0.125, 0.5, 2]),
        (["0,125,000"], ",", None),
        (["007,125", "1,234,567.5"], ",", None),
        (["0.125", "1,5"], ";", None),
        (["0.125", "1.5", "1,234"], ",", [0.125, 1.5, 1234]),
        (
            ["1", "", "NA", "n/a", "NaN", "null", "None", "?", "-", ".", "#N/A"],
            ",",
            [1] + [NAN] * 10,
        ),
        (["1", "red"], ",", None),
        (["1", "inf"], ",", None),
        (["1", "1e999"], ",", None),
        (["1", "1_000"], ",", None),
        (["1", "0x1F"], ",", None),
        (["1", "1,23,4"], ",", None),
        (["1,5", "2.5"], ";", None),
        (["", "NA"], ",", None),
    ],
)
def test_numbers_are_read_as_they_are_written(cells, sign, found, tmp_path):
    read_numbers = numbers(tmp_path, *cells, sign=sign)
    if found is None:
        assert read_numbers is None
    else:
        np.testing.assert_array_equal(read_numbers, found)


def test_signs_and_words_for_missing_can_be_said(tmp_path):
    spaced = numbers(tmp_path, "1 234 567", "-2 000,5", decimal=",", thousands=" ")
    assert spaced.tolist() == [1234567, -2000.5]
    assert numbers(tmp_path, "1,234", decimal=".").tolist() == [1234]
    coded = numbers(tmp_path, "1", "-200", "-200.0", "none known", missing=("-200", "none known"))
    np.testing.assert_array_equal(coded, [1, NAN, NAN, NAN])
    coded = numbers(tmp_path, "1,5", "-200,0", "-200", missing=("-200",))
    np.testing.assert_array_equal(coded, [1.5, NAN, NAN])


def test_a_word_among_numbers_is_named_by_row_and_column(tmp_path):
    table = read(tmp_path, "x,y\n1,a\n\nred,b\n")
    with pytest.raises(
        ValueError, match=r"table.csv, row 2, column `x`: 'red' is no number; --miss"
    ):
        table.only_numbers("x")


def test_words_keep_what_is_missing_apart_and_labels_keep_the_words(tmp_path):
    table = read(tmp_path, "x,y\n TRUE,NA\nFalse,None\n,-\nNA,\ntrue,gone\n", missing=("gone",))
    assert table.words("x").tolist() == ["true", "false", "", "", "true"]
    assert table.words("y").tolist() == [""] * 5
    assert table.labels("y").tolist() == ["NA", "None", "-", "", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table.csv is empty"),
        ("\n \n", "table.csv is empty"),
        (",\n,\n", "table.csv is empty"),
        ("x,y\n", "has a header and no rows below it"),
        ("x,x,y\n1,2,3\n", "two columns called `x`: rename one, or say --no-header"),
        ("x,y\n1,0\n1,2,3\n", "separated by ',': Expected 2 fields in line 3, saw 3"),
        ('x,y\n1,"a\n', "EOF inside string"),
        ("x" * 200_000 + ",y\n1,2\n3\n4,5,6\n", "Expected 2 fields in line 4, saw 3"),
        (b"x,y\n\x81,1\n", "is no text in UTF-8 or cp1252: pass --encoding"),
        (b"x,y\n\0,1\n", "is no text: character 4 is 0"),
    ],
)
def test_what_is_no_table_is_refused(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"delimiter": "::"}, "`delimiter` must be one character"),
        ({"decimal": ";"}, "`decimal` must be a point or a comma"),
        ({"thousands": "."}, "`thousands` must be one character, no digit"),
        ({"decimal": ",", "thousands": ","}, "not the decimal sign"),
    ],
)
def test_signs_that_cannot_be_told_apart_are_refused(how, message):
    with pytest.raises(ValueError, match=message):
        Reading(**how)


def test_a_file_of_another_size_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("nn.data.tables.MAX_BYTES", 10)
    with pytest.raises(ValueError, match="larger than 10 bytes: take a sample"):
        read(tmp_path, "a,b\n" + "1,2\n" * 9)


def test_columns_go_by_name_first_and_then_by_position(tmp_path):
    table = read(tmp_path, "a,1,c\nx,y,0\n")
    assert [table.column(column) for column in ("1", "c", "2", -1, "-3")] == [
        "1",
        "c",
        "c",
        "c",
        "a",
    ]
    with pytest.raises(ValueError, match=r"no column 3: its 3 columns are 0..2"):
        table.column("3")
    with pytest.raises(ValueError, match="no column 'd': it has `a`, `1`, `c`"):
        table.column("d")


def test_a_column_without_a_name_goes_by_its_position(tmp_path):
    assert read(tmp_path, ",y\n7,a\n9,b\n").columns == ("0", "y")


def test_pandas_is_asked_for_by_the_name_of_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"CSV files need pandas: pip install 'seegrad\[data\]'"):
        read(tmp_path, "a,b\n")
