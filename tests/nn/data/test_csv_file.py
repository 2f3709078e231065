"""CSV files as data sets: ten kinds of files as they are found, and what a target may be."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tables import TABLES
from repeats import repeats

from nn.data import read_csv, read_table
from nn.data.csv_file import targets

NAN = math.nan


def write(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rows_of(*lines, times=4):
    return "\n".join([lines[0], *lines[1:] * times, ""])


def test_a_table_becomes_a_data_set(tmp_path):
    path = write(tmp_path, rows_of("id,x,species,y", "7,1.5,dog,2e1", "8,-2,cat,.5"))
    data = read_csv(path, target="species", drop=["id"], test_fraction=0.25, scale=None)
    assert (data.columns, data.target, data.classes) == (("x", "y"), "species", ("cat", "dog"))
    rows = [[*x, data.classes[label]] for x, label in zip(data.X_train, data.y_train, strict=True)]
    assert sorted(rows) == [[-2, 0.5, "cat"]] * 3 + [[1.5, 20, "dog"]] * 3
    assert len(data.y_test) == 2 and set(data.y_test) == {0, 1}
    scaled = read_csv(path, target=2, drop=[0], test_fraction=0.25)
    assert np.abs(scaled.X_train).tolist() == [[1, 1]] * 6


def test_numbers_are_scaled_by_the_training_part_and_inputs_of_0_and_1_are_not(tmp_path):
    lines = [f"{x if x % 5 else ''},{'ab'[x % 2]},{x % 2}" for x in range(100)]
    path = write(tmp_path, "\n".join(["x,w,y", *lines]))
    data, plain = read_csv(path, target="y"), read_csv(path, target="y", scale=None)
    assert data.columns == ("x", "x missing", "w=a", "w=b")
    x = plain.X_train[:, 0]
    np.testing.assert_allclose(data.X_test[:, 0], (plain.X_test[:, 0] - x.mean()) / x.std())
    np.testing.assert_array_equal(data.X_test[:, 1:], plain.X_test[:, 1:])


@pytest.mark.parametrize(
    ("cells", "classes", "y"),
    [
        (["b", "a", "b"], ("a", "b"), [1, 0, 1]),
        (["1", "0", "1", "0"], ("0", "1"), [1, 0, 1, 0]),
        (["10", "9", "10.0", "09"], ("9", "10"), [1, 0, 1, 0]),
        (["1", "x", "1", "x"], ("1", "x"), [0, 1, 0, 1]),
        (["True", "FALSE", "true"], ("false", "true"), [1, 0, 1]),
        (["NA", "None", "-", "NA", ""], ("-", "NA", "None"), [1, 2, 0, 1, NAN]),
        (["1", "0", "NA", "1", "0"], ("0", "1"), [1, 0, NAN, 1, 0]),
        (["0.5", "1", "?"], (), [0.5, 1, NAN]),
        (["1", "2", "3", "4"], (), [1, 2, 3, 4]),
        ([str(i) for i in range(21)] * 9, (), [*range(21)] * 9),
    ],
)
def test_the_task_follows_from_the_target(cells, classes, y, tmp_path):
    table = read_table(write(tmp_path, "\n".join(["x,y", *(f"a,{cell}" for cell in cells)])))
    found, names = targets(table, "y")
    assert names == classes
    np.testing.assert_array_equal(found, y)


def test_the_task_can_be_chosen(tmp_path):
    path = write(tmp_path, rows_of("x,y", "1,0", "2,1"))
    assert read_csv(path, target="y", task="regression").y_train.dtype == float
    assert read_csv(path, target="x", task="classification").classes == ("1", "2")
    with pytest.raises(ValueError, match="unknown task 'ranking'"):
        read_csv(path, target="y", task="ranking")


def test_classes_that_are_known_are_found_again_and_others_are_none_of_them(tmp_path):
    table = read_table(write(tmp_path, "x,y\n1,2.0\n2,1\n3,\n4,7\n"))
    assert targets(table, "y", "classification", ("1", "2"))[0][[0, 1, 3]].tolist() == [1, 0, -1]


def test_rows_without_a_target_are_left_out_and_counted(tmp_path):
    path = write(tmp_path, rows_of("x,y", "1,0.5", "2,", "3,NA", "4,1.5"))
    data = read_csv(path, target="y", scale=None)
    assert data.unlabelled == 8 and set(data.X_train[:, 0]) == {1, 4}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\na\n", "has no column 'y': it has `x`"),
        ("y\na\nb\n", "no columns besides the target `y`: .* separated by ','"),
        ("x,y\n1,a\n2,a\n", "column `y` holds one class only, 'a'"),
        ("x,y\n1,a\n2,b\n", "table.csv: each of 2 examples is the only one of its class"),
        ("x,y\n0,0\n-1.7e308,1\n1.7e308,0\n5,1\n6,0\n7,1\n", "column `x` cannot be scaled"),
    ],
)
def test_what_cannot_be_learnt_is_refused(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read_csv(write(tmp_path, text), target="y")


def test_a_regression_needs_numbers(tmp_path):
    path = write(tmp_path, rows_of("x,y", "1,0.5", "2,red"))
    with pytest.raises(ValueError, match="row 2, column `y`: 'red' is no number"):
        read_csv(path, target="y", task="regression")
    with pytest.raises(ValueError, match="column `y` holds no targets"):
        read_csv(write(tmp_path, "x,y\n1,NA\n2,?\n"), target="y", task="regression")


CELLS = st.text(' ",;\t\n\r\ufeff0123456789.-+eEnaif_\0é', max_size=12) | st.floats().map(str)
LINES = st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=8).map("\n".join)


@settings(max_examples=repeats(70), deadline=None)
@given(content=st.binary(max_size=200) | LINES.map(str.encode), target=CELLS, data=st.data())
def test_any_file_is_a_data_set_or_a_value_error(content, target, data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    start = data.draw(st.sampled_from([b"", b"x,y\n1,a\n2,b\n", b"x,y\n" + b"1,a\n2,b\n,a\n" * 5]))
    path.write_bytes(start + content)
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


INPUTS = {
    "titanic.csv": ("Pclass", "Sex=female", "Sex=male", "Age", "Age missing", "SibSp", "Fare",
        "Embarked=missing", "Embarked=C", "Embarked=Q", "Embarked=S"),
    "AirQuality.csv": ("CO(GT)", "CO(GT) missing", "Sensor", "Sensor missing", "T", "RH",
        "RH missing"),
    "auto-mpg.data": ("1", "2", "2 missing", "3", "4"),
    "bikes.csv": ("season", "hour", "holiday=false", "holiday=true", "sky=clear", "sky=mist",
        "sky=rain", "sky=snow", "temp", "wind"),
    "winequality.csv": tuple("abcdefgh"),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_the_inputs_of_files_as_they_are_found(name, tmp_path):
    (made,) = (made for made in TABLES if made.name == name)
    missing = ["-200"] if "--missing" in made.options else []
    path = made.write(tmp_path, 400)
    data = read_csv(path, target=made.target, drop=made.drop, missing=missing)
    assert data.columns == INPUTS[name]
    assert len(data.y_train) + len(data.y_test) + data.unlabelled == 400
