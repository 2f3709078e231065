"""Epochs: the steps of plain SGD in one native call, as many as nobody looks in between.

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

from autograd.compiler.lanes import Lanes, Momentum
from nn.checks import Array
from nn.data import Rows
from nn.optim.shares import Share


def descend(
    lanes: Lanes, share: Share, flat: Array, table: Array, orders: Array, results: Sequence[Array]
) -> int:
    """Take the steps of the rows in `orders`, (epochs, rows), as `Lanes.descend` does.

    Moves `flat` and the share's state, and fills the results. Returns how many rows were trained
    on: fewer than all where loss or gradient of the next batch are not finite.
    """
    buffer = share.state.get("momentum_buffer")
    if buffer is not None:
        lanes.momentum[:] = buffer
    done = lanes.descend(flat, table, orders, results, numbers(share.group, buffer is None))
    if share.group["momentum"] and done:
        share.state["momentum_buffer"] = lanes.momentum.copy()
    return done


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
