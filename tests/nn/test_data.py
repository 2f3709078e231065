"""Data sets, scaling, expansion and the checks of examples."""

import http.client
import math
import urllib.error

import numpy as np
import pytest
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import nn
from nn.data import (
    Scaling,
    check_examples,
    check_several_classes,
    check_targets,
    expand,
    fit_scaling,
    hold_out,
    load,
    one_hot,
    spirals,
    xor,
)

SETS = ["digits", "iris", "moons", "xor", "spirals", "circles"]
NAN, INF = float("nan"), float("inf")


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


@pytest.mark.parametrize("scale", ["standard", "minmax"])
def test_scalers_learn_from_the_training_part_only(scale):
    plain, scaled = load("iris", scale=None), load("iris", scale=scale)
    if scale == "standard":
        expected = (plain.X_test - plain.X_train.mean(axis=0)) / plain.X_train.std(axis=0)
    else:
        low, high = plain.X_train.min(axis=0), plain.X_train.max(axis=0)
        expected = (plain.X_test - low) / (high - low)
    np.testing.assert_allclose(scaled.X_test, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(scaled.scaling.undo(scaled.X_test), plain.X_test, rtol=1e-12)


def test_iris_is_scaled_to_the_unit_interval_by_default_and_points_are_not():
    assert (load("iris").X_train.min(), load("iris").X_train.max()) == (0.0, 1.0)
    assert load("moons").scaling is None


def test_a_constant_column_becomes_zero_and_an_impossible_one_is_named():
    X = np.array([[1.0, 5.0], [3.0, 5.0]])
    assert fit_scaling(X, "standard").apply(X).tolist() == [[-1, 0], [1, 0]]
    wide = np.array([[0.0, -1.7e308], [1.0, 1.7e308]])
    with pytest.raises(ValueError, match="column `mass` cannot be scaled, its numbers"):
        fit_scaling(wide, "standard", ["age", "mass"])
    with pytest.raises(ValueError, match="unknown scaling 'robust'"):
        fit_scaling(X, "robust")


def test_xor_labels_tell_whether_the_corners_differ():
    X, y = xor(8, noise=0.0)
    assert X[:4].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [0, 1, 1, 0] * 2


def test_spirals_have_as_many_arms_as_asked_for():
    X, y = spirals(100, 4, noise=0.0)
    assert np.bincount(y).tolist() == [25] * 4
    assert np.hypot(*X.T).max() == pytest.approx(1.0)
    turned = X[0::4] @ np.array([[0, 1], [-1, 0]])  # a quarter turn maps arm 0 to arm 1
    np.testing.assert_allclose(turned, X[1::4], atol=1e-12)
    assert not np.array_equal(spirals(seed=1)[0], spirals(seed=2)[0])


def test_shifted_images_follow_the_originals_and_zeros_come_in():
    X, y = expand([[1, 2, 3, 4]], [7], (2, 2))
    assert X.tolist() == [[1, 2, 3, 4], [3, 4, 0, 0], [0, 0, 1, 2], [2, 0, 4, 0], [0, 1, 0, 3]]
    assert y.tolist() == [7] * 5
    X, _ = expand([[1, 2, 3, 4]], [7], (2, 2), directions=8)
    assert X[5:].tolist() == [[4, 0, 0, 0], [0, 3, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]]


def test_channels_stay_apart_and_labels_follow_their_images():
    X, y = expand(np.arange(16).reshape(2, 8), [0, 1], (2, 2, 2))
    assert X[2].tolist() == [2, 3, 0, 0, 6, 7, 0, 0]
    assert y.tolist() == [0, 1] * 5


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([[1, 2, 3]], [0], (2, 2)), {}, "does not hold images of shape"),
        (([[1, 2, 3, 4]], [0, 1], (2, 2)), {}, "they must match"),
        (([[1, 2, 3, 4]], [0], (2, 2)), {"directions": 6}, "4 or 8, got 6"),
        (([[1, 2, 3, 4]], [0], (2, 2)), {"pixels": 2}, "less than the images' sides"),
    ],
)
def test_expand_refuses_what_does_not_fit(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        expand(*arguments, **options)


def test_one_hot():
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match=r"`labels\[1\]` is 3, outside the classes 0..2"):
        one_hot([0, 3], 3)
    with pytest.raises(TypeError, match=r"`labels` must be class indices, got \[0.5\]"):
        one_hot([0.5], 3)


@pytest.mark.parametrize(
    ("y", "share", "message"),
    [
        ([0, 1, 2], 0.5, "holding out 0.5 of 0 examples"),
        ([0, 0, 1, 1] * 3, 0.05, "leaves 11 and 1: both parts need at least 2, one for each"),
        ([0, 1] * 4, 1.0, "must be between 0 and 1"),
    ],
)
def test_hold_out_says_why_it_cannot(y, share, message):
    with pytest.raises(ValueError, match=message):
        hold_out(np.zeros((len(y), 1)), np.array(y), share, 0)


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_the_rows_held_out_are_those_of_scikit_learn(stratify, seed):
    rng = np.random.default_rng(seed)
    y = rng.choice([3, 5, 8], size=61 + seed, p=[0.7, 0.2, 0.1])
    X, share = np.arange(len(y)), rng.uniform(0.2, 0.5)
    theirs = train_test_split(
        X, y, test_size=share, random_state=seed, stratify=y if stratify else None
    )
    X_kept, y_kept, X_held, y_held = hold_out(X, y, share, seed, stratify=stratify)
    for ours, other in zip((X_kept, X_held, y_kept, y_held), theirs, strict=True):
        assert ours.tolist() == other.tolist()


def test_the_only_example_of_a_class_is_learnt_from():
    y = np.array([0, 1, 7, 0, 1, 0, 1, 0, 1])
    for seed in range(10):
        _, kept, _, held = hold_out(np.zeros((9, 1)), y, 0.25, seed)
        assert sorted(held) == [0, 1] and sorted(kept) == [0, 0, 0, 1, 1, 1, 7]


def test_standard_scaling_has_the_bits_of_scikit_learn():
    X = np.random.default_rng(0).normal([1, -1000, 0.1, 3], [1, 0.1, 100, 5], (200, 4))
    scaler, ours = StandardScaler().fit(X), fit_scaling(X, "standard")
    assert (ours.center, ours.scale) == (tuple(scaler.mean_), tuple(scaler.scale_))


@pytest.mark.parametrize("scale", [(1.0, 2.0), (0.0,), (math.inf,), (NAN,)])
def test_a_scaling_that_is_none_is_refused(scale):
    with pytest.raises(ValueError, match="a scaling must have"):
        Scaling((0.0,), scale)


def test_a_scaling_fits_its_columns_only():
    with pytest.raises(ValueError, match=r"fitted to 1 columns; got shape \(1, 2\)"):
        Scaling((0.0,), (1.0,)).apply(np.zeros((1, 2)))


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
    ("X", "message"),
    [
        ([[0, 1]] * 3 + [[0, NAN]], r"`X\[3\]\[1\]` is nan"),
        ([[0, 1], [-INF, NAN]], r"`X\[1\]\[0\]` is -inf"),
        ([[0, 1], [2, "3"]], r"`X\[1\]\[1\]` is '3'; convert it first"),
        ([[0, None]], r"`X\[0\]\[1\]` is None"),
        ([[0, 1j]], r"`X\[0\]\[1\]` is 1j"),
        ([[10**400]], "real numbers that fit a float"),
        ([[1, 2], [3]], r"unequal lengths: `X\[0\]` has 2 and `X\[1\]` has 1"),
        ([[1, 2], 3], "unequal lengths or depths"),
        ([1, 2], r"one row for each example, shape \(n, features\); got shape \(2,\)"),
        ([], "is empty"),
        ([[], []], "is empty"),
    ],
)
def test_bad_examples_are_named_before_training_starts(X, message):
    model = nn.MLP(2, [2])
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        nn.fit(model, X, [0] * len(X), progress=False)
    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, NAN], r"`y\[1\]` is nan"),
        ([[0, 1], [INF, 0]], r"`y\[1\]\[0\]` is inf"),
        (["cat", "dog"], r"`y\[0\]` is 'cat'"),
        ([[0, 1], [1]], r"unequal lengths: `y\[0\]` has 2"),
        ([0, 1, 1], "`X` has 2 examples and `y` has 3"),
        ([[[0]], [[1]]], r"shape \(n,\) or \(n, outputs\), got \(2, 1, 1\)"),
    ],
)
def test_bad_targets_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        check_targets(y, 2)


def test_good_data_pass_as_plain_numbers():
    assert check_examples(np.array([[True, False]])).tolist() == [[1.0, 0.0]]
    assert check_examples([[[1]]]).shape == (1, 1, 1)
    assert check_targets([[2.0], [0.0]], 2).tolist() == [2.0, 0.0]
    assert check_targets([0.5, 1], 2).tolist() == [0.5, 1.0]


def test_one_class_is_nothing_to_learn_unless_there_is_one_example():
    check_several_classes([4])
    check_several_classes([0, 1])
    with pytest.raises(ValueError, match="`y` holds one class only, 4, in all 3 examples"):
        check_several_classes([4, 4, 4])
