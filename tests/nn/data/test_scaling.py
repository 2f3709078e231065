"""Scaling, fitted to the training part."""

import math

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from nn.data import (
    Scaling,
    fit_scaling,
    load,
)

NAN, INF = float("nan"), float("inf")


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
