"""Epochs: what the steps of plain SGD in one native call are given.

A call is given the rows of all its batches, and what `nn.SGD` needs as numbers: with momentum m,
dampening d and Nesterov's, the buffer is b = keep b + take g, and the way direct g + carried b.

                    keep     take        direct  carried
    plain           0        0           1       0
    momentum        0, m     1, 1 - d    0       1            (of the first step, of all later ones)
    Nesterov        0, m     1, 1        1       m

Invariant: weights, state, losses and outputs are what single steps make of them, within rounding.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.lanes import Momentum
from nn.data import Rows


def order_of(batches: Sequence[Rows]) -> npt.NDArray[np.int64]:
    """Return the numbers of the rows of all batches."""
    first, last = batches[0], batches[-1]
    if isinstance(first, slice) and isinstance(last, slice):
        return np.arange(first.start, last.stop)
    return np.concatenate([np.asarray(rows) for rows in batches]).astype(np.int64, copy=False)


def numbers(group: dict[str, Any], first: bool) -> Momentum:
    """Return SGD's numbers, by the table above; `first` where there is no buffer yet."""
    m, take = group["momentum"], 1.0 - group["dampening"]
    if not m:
        return Momentum(group["lr"], group["weight_decay"], (0.0, 0.0), (0.0, 0.0), 1.0, 0.0)
    direct, carried = (1.0, m) if group["nesterov"] else (0.0, 1.0)
    keeps, takes = ((0.0, m), (1.0, take)) if first else ((m, m), (take, take))
    return Momentum(group["lr"], group["weight_decay"], keeps, takes, direct, carried)
