"""Flatten and Reshape."""

import numpy as np
import pytest

import nn


def test_reshape_and_flatten_undo_each_other():
    image = nn.Reshape(2, 3, 4)(range(24))
    assert [[[v.data for v in r] for r in p] for p in image] == np.arange(24).reshape(
        2, 3, 4
    ).tolist()
    assert [v.data for v in nn.Flatten()(image)] == list(range(24))
    assert [v.data for v in nn.Flatten()(np.eye(2))] == [1.0, 0.0, 0.0, 1.0]
    with pytest.raises(ValueError, match=r"Reshape\(2, 3, 4\) takes 24 inputs, got 23"):
        nn.Reshape(2, 3, 4)([0.0] * 23)
    with pytest.raises(TypeError, match="`input` must be a real number, got the string 'ab'"):
        nn.Flatten()(["ab"])
    with pytest.raises(ValueError, match="`rows` must be a whole number of at least 1"):
        nn.Reshape(1, 0, 2)
