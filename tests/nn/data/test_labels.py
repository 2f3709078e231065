"""One-hot rows."""

import pytest

from nn.data import (
    one_hot,
)


def test_one_hot():
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match=r"`labels\[1\]` is 3, outside the classes 0..2"):
        one_hot([0, 3], 3)
    with pytest.raises(TypeError, match=r"`labels` must be class indices, got \[0.5\]"):
        one_hot([0.5], 3)
