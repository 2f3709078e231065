"""Features: the columns of a table as inputs, held to scikit-learn's own pipeline."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from nn.data import Reading, Table
from nn.data.features import Column, Features, fit_features

READING = Reading(",", "utf-8", ".", header=True)


def table(**columns):
    return Table("table.csv", pd.DataFrame(columns, dtype=str), READING)


def test_numbers_words_and_what_is_missing(tmp_path):
    found = table(age=["1", "", "3", "7"], sex=["m", "f", "?", "m"], size=["4", "4", "5", "6"])
    features = fit_features(found, found.columns, np.arange(4))
    assert features.inputs == (
        "age", "age missing", "sex=missing", "sex=f", "sex=m", "size",
    )  # fmt: skip
    assert features.numeric == [0, 5]
    assert features.encode(found).tolist() == [
        [1, 0, 0, 0, 1, 4],
        [3, 1, 0, 1, 0, 4],
        [3, 0, 1, 0, 0, 5],
        [7, 0, 0, 0, 1, 6],
    ]


def test_only_the_training_rows_are_learnt_from():
    found = table(age=["1", "3", "5", "", "900"], sex=["m", "f", "m", "f", "x"])
    features = fit_features(found, found.columns, np.arange(3))
    assert features.columns == (Column("age", 3.0), Column("sex", categories=("f", "m")))
    assert features.encode(found)[3:].tolist() == [[3, 1, 0], [900, 0, 0]]


def test_a_new_word_and_a_new_gap_are_no_error():
    features = Features((Column("sex", categories=("f", "m")), Column("age", 30.0)), READING)
    assert features.encode(table(age=["", "5"], sex=["d", "f"])).tolist() == [[0, 0, 30], [1, 0, 5]]


def test_it_equals_what_scikit_learn_does():
    rng = np.random.default_rng(0)
    n = 400
    frame = {
        "a": np.where(rng.random(n) < 0.8, rng.normal(size=n).round(3).astype(str), ""),
        "b": rng.integers(0, 50, n).astype(str),
        "c": rng.choice(["red", "green", "", "blue"], n),
        "d": rng.choice(["yes", "no"], n),
    }  # fmt: skip
    found, train = table(**frame), np.arange(0, n, 2)
    features = fit_features(found, found.columns, train)
    plain = pd.DataFrame(
        {
            "a": pd.to_numeric(pd.Series(frame["a"])),
            "b": frame["b"].astype(float),
            "c": frame["c"],
            "d": frame["d"],
        }
    )
    numbers = SimpleImputer(strategy="median", add_indicator=True)
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    theirs = ColumnTransformer([("n", numbers, ["a", "b"]), ("w", words, ["c", "d"])])
    theirs.fit(plain.iloc[train])
    order = [features.inputs.index(name) for name in ("a", "b", "a missing")]
    order += [i for i, name in enumerate(features.inputs) if "=" in name]
    np.testing.assert_array_equal(features.encode(found)[:, order], theirs.transform(plain))


@pytest.mark.parametrize(
    ("name", "cells", "message"),
    [
        (
            "PassengerId",
            range(200),
            r"`PassengerId` \(identifies the row\); leave out by --drop Pass",
        ),
        ("id", range(200, 0, -1), r"`id` \(identifies the row\)"),
        ("customer_id", range(200), r"`customer_id` \(identifies the row\)"),
        ("0", range(5, 205), r"`0` \(identifies the row\); leave out by --drop 0"),
        ("Name", [f"n{i}" for i in range(200)], r"`Name` \(200 different words\)"),
        ("Cabin", [f"n{i % 101}" for i in range(200)], r"`Cabin` \(101 different words\)"),
        ("all gone", ["NA"] * 200, r"`all gone` \(empty\); leave out by --drop 'all gone'"),
        ("age", [*range(50), "old"] * 4, r"row 51 holds 'old': a word for --missing\?"),
    ],
)
def test_a_column_that_tells_nothing_is_refused_with_advice(name, cells, message):
    cells = list(map(str, cells))
    found = table(**{name: cells, "x": ["1", "2"] * (len(cells) // 2)})
    with pytest.raises(ValueError, match=message):
        fit_features(found, found.columns, np.arange(100))


def test_all_such_columns_are_named_at_once():
    found = table(Id=["1", "2", "3"], Name=["a", "b", "c"], x=["1", "2", "2"])
    with pytest.raises(ValueError, match=r"--drop Id Name$"):
        fit_features(found, found.columns, np.arange(3))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("x", range(200)),
        ("humid", range(200)),
        ("id", [i / 3 for i in range(200)]),
        ("id", [i // 2 for i in range(200)]),
        ("2", np.random.default_rng(0).permutation(200)),
        ("doors", ["2", "3", "4", "5more"] * 50),
        ("state", [f"s{i % 100}" for i in range(200)]),
    ],
)
def test_a_column_that_may_tell_something_is_taken(name, cells):
    found = table(**{name: list(map(str, cells))})
    assert fit_features(found, [name], np.arange(200)).encode(found).shape[0] == 200


def test_a_column_that_lacks_is_named():
    with pytest.raises(
        ValueError, match=r"table.csv has no column `age`, which the network was tr"
    ):
        Features((Column("age"),), READING).encode(table(x=["1"]))


def test_a_file_without_header_may_lack_its_target(tmp_path):
    path = tmp_path / "new.data"
    reading = Reading(header=False)
    features = Features((Column("1"), Column("2")), reading, ("0", "1", "2"))
    path.write_text("5,6\n7,8\n")
    assert features.encode(features.read(path, "0", reading)).tolist() == [[5, 6], [7, 8]]
    path.write_text("a,5,6\nb,7,8\n")
    assert features.encode(features.read(path, "0", reading)).tolist() == [[5, 6], [7, 8]]


def test_features_are_numbers_and_text():
    features = Features((Column("a", 1.5, True), Column("b", categories=("", "x"))), READING)
    kept = json.loads(json.dumps(asdict(features)))
    assert kept["columns"][1] == {"name": "b", "fill": 0.0, "flag": False, "categories": ["", "x"]}
