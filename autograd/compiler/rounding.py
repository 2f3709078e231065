"""Rounding: how far a number of the array program may lie from the one that eager code computes.

A matrix product adds in another order than the function does, and NumPy's `exp` may end in another
digit than Python's. Where such numbers are compared, a difference within the error bound decides
nothing: those rows are evaluated as the function itself would. Bounds are more instructions of the
array program, in units of EPS, by standard forward error analysis (Higham, Accuracy and Stability
of Numerical Algorithms, chapter 3). Invariant: what has no bound is equal to eager bit for bit.
"""

import functools
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.compiler.arrays import Array, ArrayProgram, needed
from autograd.engine import table as primitives
from autograd.engine.primitive import TABLE, Primitive

EPS = float(np.finfo(np.float64).eps)
# NumPy promises 4 ULP, C libraries keep 1 to 2; rows of several functions have two of each.
ULPS = 12.0
# Where nothing is 0 a difference so small decides nothing: products may have underflowed.
SMALLEST = 1e-300
# Rows that both sides round alike.
EXACT = {
    TABLE[name]
    for name in (
        *("+", "-", "*", "/", "neg", "abs", "magnitude", "sqrt", "maximum", "minimum"),
        *("relu", "leaky_relu", "greater", "where", "detach", "select", "floor", "ceil", "sign"),
    )
    if name in TABLE
}
# Rows that hand on a change of an input no larger than it is, kinks included.
STEADY = {
    TABLE[name]
    for name in (
        *("+", "-", "neg", "abs", "magnitude", "maximum", "minimum", "relu", "where", "detach"),
        *("tanh", "sigmoid", "softplus", "sin", "cos", "arctan", "arcsinh"),
    )
}
# Instructions that round; the others hand on what their operands have.
ROUNDING = ("sum", "matmul", "logsumexp")
# Rows whose results are no larger than their input, or than both together.
SAME_SIZE = {TABLE[name] for name in ("neg", "abs", "magnitude", "relu", "where", "detach")}
SUM_OF_SIZES = {TABLE[name] for name in ("+", "-", "maximum", "minimum")}


def decided(program: ArrayProgram, left: Any, right: Any, bounds: "Bounds") -> Array | None:
    """Note for which rows a comparison is beyond rounding; None where both sides are exact."""
    if left is right:  # whether it is nan
        return None
    found = [b for b in (bounds.of(left), bounds.of(right)) if b is not None]
    if not found:
        return None
    total = found[0] if len(found) == 1 else found[0] + found[1]
    far: Array = program.elementwise(
        np.greater, primitives.abs(left - right), total * EPS + SMALLEST
    )
    if isinstance(bounds, CoarseBounds):
        return far
    nothing = program.elementwise(np.equal, total, 0.0)  # sums of zeros are exact
    clear: Array = program.elementwise(np.logical_or, far, nothing)
    return clear


class Bounds:
    """Notes the bounds of arrays; `terms` of a sum say of how many it is a part."""

    def __init__(
        self, program: ArrayProgram, roots: Sequence[Any], terms: Mapping[Array, int]
    ) -> None:
        self.program, self.terms = program, terms
        self._known: dict[Array, Any] = {}
        wanted = needed([root for root in roots if isinstance(root, Array)])
        for array in list(program.instructions):
            if array in wanted:
                bound = self._bound(array)
                if bound is not None:
                    self._known[array] = bound

    def of(self, x: Any) -> Any:
        """Return the bound of an operand, None where it is exact."""
        return self._known.get(x) if isinstance(x, Array) else None

    def _bound(self, array: Array) -> Any:
        if isinstance(array.op, Primitive):
            return self._elementwise(array)
        bounds, rule = list(map(self.of, array.args)), getattr(self, f"_{array.op}", None)
        exact = array.op not in ROUNDING and all(bound is None for bound in bounds)
        return None if exact or rule is None else rule(array, *bounds)

    def _elementwise(self, array: Array) -> Any:
        row, args = array.op, array.args
        bounds = [self.of(a) for a in args]
        moved = [b for b in bounds if b is not None]
        if not moved and row in EXACT and array not in self.terms:
            return None
        total = self._size(array) * (1.0 if row in EXACT else ULPS)
        if row in STEADY:
            for bound in moved:
                total = total + bound
        elif row is primitives.multiply:
            for bound, other in zip(bounds, args[::-1], strict=True):
                if bound is not None:
                    total = total + bound * self._size(other)
            if len(moved) == 2:
                total = total + moved[0] * moved[1] * EPS
        else:
            for i, bound in enumerate(bounds):
                if bound is not None:
                    total = total + self._moves(array, i, bound * (EPS * len(args)))
        if array in self.terms:
            total = total + self._size(args[1]) * float(self.terms[array])
        return total

    def _size(self, x: Any) -> Any:
        return primitives.abs(x)

    def _moves(self, array: Array, i: int, step: Any) -> Any:
        """By how much a row moves where its input number `i` goes a step to either side.

        Unlike a partial it sees kinks, steps and poles nearby; outside the domain it is nan.
        """
        args = list(array.args)
        total: Any = None
        for moved in (array.args[i] + step, array.args[i] - step):
            args[i] = moved
            apart = primitives.abs(self.program.primitive(array.op, *args) - array)
            total = apart if total is None else total + apart
        return total * (1.0 / EPS)

    def _take(self, array: Array, bound: Any) -> Any:
        return self.program.take(bound, array.data)

    def _pick(self, array: Array, bound: Any, _: Any) -> Any:
        return self.program.array("pick", (bound, array.args[1]), array.shape, array.batched)

    def _join(self, array: Array, *bounds: Any) -> Any:
        parts = tuple(
            self.program.array("constants", (), a.shape, False, np.zeros(a.shape))
            if b is None
            else b
            for a, b in zip(array.args, bounds, strict=True)
        )
        return self.program.array("join", parts, array.shape, array.batched)

    def _expand(self, array: Array, bound: Any) -> Any:
        return self.program.expand(bound, array.shape[1])

    def _maximum(self, array: Array, bound: Any) -> Any:
        return self._total(array, bound)

    _minimum = _maximum

    def _sum(self, array: Array, bound: Any) -> Any:
        (x,) = array.args
        terms = 2.0 * max(x.shape[1], self.terms.get(array, 0))
        total = self._total(array, self._size(x)) * terms
        return total if bound is None else total + self._total(array, bound)

    def _logsumexp(self, array: Array, bound: Any) -> Any:
        (x,) = array.args
        size = self._size(x) * 4.0 + (ULPS + x.shape[1])
        total = self._total(array, size if bound is None else size + bound)
        return total + self._size(array) * ULPS

    def _matmul(self, array: Array, *bounds: Any) -> Any:
        right, left = array.args
        terms = 2.0 * max(right.shape[-1], self.terms.get(array, 0))
        sizes = self._size(right), self._size(left)
        total = self._product(array, *sizes) * terms
        if bounds[0] is not None:
            total = total + self._product(array, bounds[0], sizes[1])
        if bounds[1] is not None:
            total = total + self._product(array, sizes[0], bounds[1])
        if bounds[0] is not None and bounds[1] is not None:
            total = total + self._product(array, *bounds) * EPS
        return total

    def _product(self, array: Array, right: Any, left: Any) -> Any:
        batched = right.batched or left.batched
        return self.program.array("matmul", (right, left), array.shape, batched)

    def _total(self, array: Array, x: Any) -> Any:
        return self.program.array("sum", (x,), array.shape, x.batched)


class CoarseBounds(Bounds):
    """One bound for all numbers of an array, in all rows, from the largest of them.

    Nearly always it shows already that nothing is undecided, and costs a few numbers a layer.
    """

    def _bound(self, array: Array) -> Any:
        bounds = [bound for bound in map(self.of, array.args) if bound is not None]
        if array.op in ("take", "pick", "expand", "join") and bounds:
            return functools.reduce(operator.add, bounds)
        return super()._bound(array)

    def _size(self, x: Any) -> Any:
        if not isinstance(x, Array):
            return primitives.abs(x)
        is_part = x.op == "take" and x.args[0].op != "parameters"
        if is_part or x.op == "expand" or x.op in SAME_SIZE:
            return self._size(x.args[0])
        if x.op in SUM_OF_SIZES:
            return self._size(x.args[0]) + self._size(x.args[1])
        if x.op is primitives.multiply:
            return self._size(x.args[0]) * self._size(x.args[1])
        return self.program.array("largest", (x,), (1,), False, dtype="number")

    def _moves(self, array: Array, i: int, step: Any) -> Any:
        return self._size(super()._moves(array, i, step))

    def _product(self, array: Array, right: Any, left: Any) -> Any:
        return right * left * float(array.args[0].shape[-1])

    def _total(self, array: Array, x: Any) -> Any:
        return x * float(array.args[0].shape[1])
