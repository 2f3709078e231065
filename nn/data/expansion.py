"""Artificial expansion of training images (Nielsen, chapter 3): the same, a pixel further."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nn.checks import Array, check_size

_STRAIGHT = ((-1, 0), (1, 0), (0, -1), (0, 1))  # up, down, left, right
DIRECTIONS = {4: _STRAIGHT, 8: (*_STRAIGHT, (-1, -1), (-1, 1), (1, -1), (1, 1))}


def expand(
    X: Any, y: Any, shape: Sequence[int], *, directions: int = 4, pixels: int = 1
) -> tuple[Array, Array]:
    """Return the images in `X`, shape (n, pixels of an image), and then each of them shifted.

    `shape` is (rows, columns) or (channels, rows, columns). Images move by `pixels` in 4
    `directions`, or in 8 with the diagonals, and zeros come in: X of shape
    (n * (1 + directions), ...), with `y` repeated to match. Raises `ValueError` where the sizes do
    not fit or an image would move out of sight.
    """
    X, y = np.asarray(X), np.asarray(y)
    shape = tuple(check_size("a size of `shape`", size) for size in shape)
    if len(shape) not in (2, 3) or X.ndim != 2 or X.shape[1] != int(np.prod(shape)):
        raise ValueError(f"`X` of shape {X.shape} does not hold images of shape {shape}, flattened")
    if len(X) != len(y):
        raise ValueError(f"`X` has {len(X)} examples and `y` has {len(y)}: they must match")
    if directions not in DIRECTIONS:
        raise ValueError(f"`directions` must be 4 or 8, got {directions!r}")
    rows, columns = shape[-2:]
    if check_size("pixels", pixels) >= min(rows, columns):
        raise ValueError(f"`pixels` must be less than the images' sides, got {pixels!r}")
    frame = ((0, 0),) * (len(shape) - 1) + ((pixels, pixels),) * 2
    padded = np.pad(X.reshape(-1, *shape), frame)
    parts = [X]
    for down, right in DIRECTIONS[directions]:
        top, left = pixels * (1 - down), pixels * (1 - right)
        shifted = padded[..., top : top + rows, left : left + columns]
        parts.append(shifted.reshape(len(X), -1))
    return np.concatenate(parts), np.concatenate([y] * len(parts))
