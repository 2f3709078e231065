"""Points of the plane."""

import numpy as np
import pytest

from nn.data import (
    spirals,
    xor,
)


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
