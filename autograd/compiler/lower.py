"""Lowering: from rows of the table to NumPy's own operations.

Each row is read by its array column, which is called on arrays that write themselves down; a
column that cannot be read so stays one opaque call. Equal instructions of the forward and the
reverse sweep become one.
"""

from typing import Any

import numpy as np

from autograd.compiler.arrays import Array, ArrayProgram, LoweredProgram
from autograd.engine.primitive import Primitive


def lower(program: ArrayProgram) -> tuple[LoweredProgram, dict[Array, Array]]:
    """Return the lowered program and where each array of `program` went."""
    lowered = LoweredProgram()
    to: dict[Any, Any] = {}
    for array in program.instructions:
        args = tuple(to[a] if isinstance(a, Array) else a for a in array.args)
        if isinstance(array.op, Primitive):
            result = lowered.primitive(array.op, *args)
        elif array.op == "logsumexp":
            largest, _, total = _exponentials(lowered, args[0])
            raw = lowered.elementwise(np.add, largest, lowered.elementwise(np.log, total))
            # total >= 1, so raw is the larger; where largest is infinite raw is nan, and loses
            result = lowered.elementwise(np.fmax, largest, raw)
        elif array.op == "softmax":
            _, weights, total = _exponentials(lowered, args[0])
            width = args[0].shape[1]
            result = lowered.elementwise(np.true_divide, weights, lowered.expand(total, width))
        else:
            result = lowered.array(
                array.op, args, array.shape, array.batched, array.data, array.dtype
            )
        to[array] = result
    return lowered, to


def _exponentials(program: LoweredProgram, x: Array) -> tuple[Array, Array, Array]:
    """The largest of each row of `x`, exp(x - largest), and its sum."""
    largest = program.array("max", (x,), x.shape[:1], x.batched)
    shifted = program.elementwise(np.subtract, x, program.expand(largest, x.shape[1]))
    weights = program.elementwise(np.exp, shifted)
    return largest, weights, program.array("sum", (weights,), x.shape[:1], x.batched)
