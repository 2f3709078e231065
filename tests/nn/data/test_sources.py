"""Data sets by name, split and scaled."""

import http.client
import math
import urllib.error

import numpy as np
import pytest

from nn.data import (
    load,
)

SETS = ["digits", "iris", "moons", "xor", "spirals", "circles"]


@pytest.mark.parametrize("name", SETS)
def test_a_seed_fixes_the_split_and_no_class_is_lost(name):
    first, again, other = load(name, seed=3), load(name, seed=3), load(name, seed=4)
    assert np.array_equal(first.X_test, again.X_test)
    assert np.array_equal(first.y_train, again.y_train)
    assert not np.array_equal(first.X_test, other.X_test)
    shares = [
        np.bincount(y, minlength=len(first.classes)) / len(y) for y in (first.y_train, first.y_test)
    ]
    assert np.abs(shares[0] - shares[1]).max() < 0.02
    assert len(first.y_test) == math.ceil(0.2 * (len(first.y_train) + len(first.y_test)))


def test_points_are_drawn_without_scikit_learn_and_images_are_not(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert load("xor").X_train.shape == (160, 2) and load("spirals", scale="standard").scaling
    with pytest.raises(ImportError, match=r"need sklearn: pip install 'seegrad\[data\]'"):
        load("digits")


def test_mnist_becomes_70000_like_rows_of_unit_range(monkeypatch):
    pixels, labels = np.tile([[0.0, 255.0] * 392], (20, 1)), np.array(["0", "1"] * 10)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *_, **__: (pixels, labels))
    mnist = load("mnist")
    assert mnist.X_train.shape == (16, 784) and mnist.X_train.max() == 1.0
    assert mnist.shape == (1, 28, 28) and set(mnist.y_train) == {0, 1}


@pytest.mark.parametrize(
    "failure",
    [
        urllib.error.URLError("Name or service not known"),
        TimeoutError("timed out"),
        http.client.IncompleteRead(b""),
        ValueError("no such\ndataset"),
    ],
)
def test_mnist_without_network_is_one_line_of_advice(failure, monkeypatch):
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fail)
    with pytest.raises(ConnectionError, match="connect to the network, or use `digits`") as error:
        load("mnist")
    assert "\n" not in str(error.value)


def test_an_unknown_data_set_is_refused():
    with pytest.raises(ValueError, match="unknown data set 'cifar': choose one of digits, iris"):
        load("cifar")


@pytest.mark.parametrize(
    ("name", "shape", "classes"), [("digits", 64, 10), ("iris", 4, 3), ("moons", 2, 2)]
)
def test_real_data_are_split_by_a_seed_and_scaled(name, shape, classes):
    data, again, other = load(name), load(name), load(name, seed=1)
    assert data.X_train.shape[1] == data.X_test.shape[1] == shape
    assert len(data.classes) == classes
    assert np.array_equal(data.X_train, again.X_train)
    assert not np.array_equal(data.X_train, other.X_train)
    assert len(data.X_test) == pytest.approx(0.2 * (len(data.X_train) + len(data.X_test)), abs=1)
    if name != "moons":
        assert data.X_train.min() == 0.0 and data.X_train.max() == 1.0
    assert set(data.y_test) == set(range(classes))
    both = {tuple(x) for x in data.X_train} & {tuple(x) for x in data.X_test}
    assert len(both) <= 1  # iris holds one flower twice


def test_an_unknown_data_set():
    with pytest.raises(ValueError, match="unknown data set 'mnits': choose one of digits"):
        load("mnits")
