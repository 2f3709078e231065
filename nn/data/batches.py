"""Mini-batches: cutting a training set into the rows of each step."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = slice | npt.NDArray[Any]


def minibatches(n: int, batch_size: int, rng: np.random.Generator | None) -> Iterator[Rows]:
    """Yield the rows of each batch, `batch_size` or, at the end, fewer of the rows 0..n-1.

    Shuffled rows are arrays of indices; without `rng` they are slices, in order.
    """
    order = None if rng is None else rng.permutation(n)
    for start in range(0, n, batch_size):
        rows = slice(start, min(start + batch_size, n))
        yield rows if order is None else order[rows]


def order_of(batches: Sequence[Rows]) -> npt.NDArray[np.int64]:
    """Return the numbers of the rows of all batches."""
    first, last = batches[0], batches[-1]
    if isinstance(first, slice) and isinstance(last, slice):
        return np.arange(first.start, last.stop)
    return np.concatenate([np.asarray(rows) for rows in batches]).astype(np.int64, copy=False)
