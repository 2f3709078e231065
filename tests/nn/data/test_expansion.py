"""Images shifted by a pixel."""

import numpy as np
import pytest

from nn.data import (
    expand,
)


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
