"""The reverse sweep, written as more instructions of the same array program.

Each row's partials are called on arrays, so the line that serves floats and Values writes the
reverse sweep too. Where an operand was repeated, over the batch or over a group, its gradient is
summed; what was taken from an array is scattered back. Invariant: a gradient has the shape of
its array.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.compiler.arrays import Array, ArrayProgram, Index, is_everything
from autograd.compiler.parameters import FloatArray
from autograd.engine import table as primitives
from autograd.engine.primitive import Primitive

Contribution = tuple[Array, Index | None]


def gradient(
    program: ArrayProgram, result: Array, parameters: Array
) -> tuple[list[tuple[Array, Index | None]], bool]:
    """Note the reverse sweep from `result`; returns what flows to `parameters`, and where to.

    The instruction "seed" stands for the gradient of the result, one number a row. Also returns
    whether a 0 stands for places of an array that nothing flows to, of which 0 * inf is nan.
    """
    forward = list(program.instructions)
    active = {parameters}
    for array in forward:
        step = array.op == "places" or (isinstance(array.op, Primitive) and array.op.step)
        if not step and any(isinstance(a, Array) and a in active for a in array.args):
            active.add(array)
    flows: dict[Array, list[Contribution]] = {a: [] for a in active}
    if result in active:
        flows[result].append((program.seed((1,), result.batched), None))
    leaks = False
    for array in reversed(forward):
        if array in active and array is not parameters and flows[array]:
            last = array.op == "take" and array.args[0] is parameters
            leaks = leaks or not (last or _reach_all(array, flows[array]))
            upstream = _total(program, array, flows[array], active)
            for arg, contribution, index in [*_contributions(program, array, upstream, active)]:
                flows[arg].append((_summed(program, contribution, arg, index), index))
    return flows[parameters], leaks


def _reach_all(array: Array, flows: list[Contribution]) -> bool:
    """Whether something flows to each place of an array."""
    if any(index is None and flow.op != "unpick" for flow, index in flows):
        return True
    places = [index.ravel() for _, index in flows if index is not None]
    return bool(places) and len(np.unique(np.concatenate(places))) == array.shape[0]


def _contributions(
    program: ArrayProgram, array: Array, upstream: Array, active: set[Array]
) -> Iterator[tuple[Array, Array, Index | None]]:
    """What `array` hands to each of its active operands: upstream times local partial."""
    args = array.args
    if isinstance(array.op, Primitive):
        try:
            partials = array.op.partials(array, *args)
        except ArithmeticError:  # of numbers, as 1 / 0.0, where a program has inf
            partials = array.op.partials(array, *map(program.constant, args))
        for arg, partial in zip(args, partials, strict=True):
            if isinstance(arg, Array) and arg in active:
                yield arg, upstream * partial, None
    elif array.op == "take":
        yield args[0], upstream, array.data
    elif array.op == "pick":  # one sum at the places, over the batch, too
        table, places = args
        to_table = program.array("unpick", (upstream, places), table.shape, table.batched)
        yield table, to_table, None
    elif array.op == "join":
        start = 0
        for arg in args:
            if arg in active:
                part = np.arange(start, start + arg.shape[0])
                yield arg, program.take(upstream, part), None
            start += arg.shape[0]
    elif array.op == "sum":
        (x,) = args
        yield x, program.expand(upstream, x.shape[1]), None
    elif array.op in ("maximum", "minimum"):
        (x,) = args
        ordered = x if array.op == "maximum" else primitives.negative(x)
        each = program.array("shares", (ordered,), x.shape, x.batched)
        yield x, program.expand(upstream, x.shape[1]) * each, None
    elif array.op == "logsumexp":
        (x,) = args
        softmax = program.array("softmax", (x,), x.shape, x.batched)
        yield x, program.expand(upstream, x.shape[1]) * softmax, None
    else:  # a matmul: nothing else that is active has operands
        right, left = args
        if right is left and right.shape[0] == 1:  # a sum of squares: both sides hand on the same
            double = program.array("matmul_nn", (upstream * 2.0, left), left.shape, array.batched)
            yield right, double, None
            return
        if right in active:
            batched = array.batched
            to_right = program.array("matmul_nn", (upstream, left), right.shape, batched)
            yield right, to_right, None
        if left in active:  # one product sums over the batch, too, but not one of a stack
            batched = left.batched or (array.batched and len(left.shape) == 3)
            to_left = program.array("matmul_tn", (upstream, right), left.shape, batched)
            yield left, to_left, None


def _summed(program: ArrayProgram, flow: Array, arg: Array, index: Index | None) -> Array:
    """Sum `flow` over the batch and over the group where `arg` was repeated there."""
    if flow.batched and not arg.batched:
        flow = program.array("sum_over_batch", (flow,), flow.shape, False)
    if index is None and flow.shape != arg.shape:
        flow = program.array("sum_to_one", (flow,), (1,), flow.batched)
    return flow


def _total(
    program: ArrayProgram, array: Array, flows: list[Contribution], active: set[Array]
) -> Array:
    whole: Any = None
    parts = [(flow, index) for flow, index in flows if index is not None]
    if len(parts) == 1 and is_everything(parts[0][1], array.shape[0]):
        ((flow, _),) = parts
        parts = []
        if flow.op == "seed":
            whole = program.seed(array.shape, flow.batched)
        else:
            whole = program.array("reshape", (flow,), array.shape, flow.batched)
    if parts:
        data = np.concatenate([index.ravel() for _, index in parts])
        if array.op == "join":  # nobody asks what flows to constants that fill up
            wanted = np.concatenate([np.full(arg.shape[0], arg in active) for arg in array.args])
            data = np.where(wanted[data], data, -1)
        batched = any(flow.batched for flow, _ in parts)
        arrays = tuple(flow for flow, _ in parts)
        whole = program.array("scatter", arrays, array.shape, batched, data)
    for flow, index in flows:
        if index is None:
            whole = flow if whole is None else whole + flow
    total: Array = whole
    return total


def shares(x: FloatArray) -> FloatArray:
    """What of the gradient of each row's maximum each element gets, as a chain of maxima gives it.

    At every tie of the chain half goes to each side: [1, 2, 2, 2] gets [0, 1/4, 1/4, 1/2].
    """
    largest = np.maximum.accumulate(x, axis=-1)[..., :-1]
    new = (1.0 + (x[..., 1:] > largest) - (largest > x[..., 1:])) / 2.0
    found = np.ones(x.shape)
    found[..., 1:] = new
    found[..., :-1] *= np.multiply.accumulate((1.0 - new)[..., ::-1], axis=-1)[..., ::-1]
    return found
