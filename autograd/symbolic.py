"""Symbols: what computes with operators and rows without being a number.

Invariant: every operator calls its row of the table, and every comparison a row that gives 1 or
0, so no operation escapes a symbol. A symbol is neither true nor false: Python's `if` would take
one of its branches without a word.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import table as primitives
from autograd.engine.primitive import Primitive


def _comparison(name: str, compare: Callable[[Any, Any], Any], ufunc: np.ufunc) -> Primitive:
    return Primitive(
        name,
        lambda x, y: 1.0 if compare(x, y) else 0.0,
        lambda x, y: ufunc(x, y) * 1.0,
        lambda out, x, y: (0.0, 0.0),
    )


# Rows of symbols only: no Value records them, so they stand in no table.
greater = primitives.greater
less = _comparison("less", operator.lt, np.less)
greater_equal = _comparison("greater_equal", operator.ge, np.greater_equal)
less_equal = _comparison("less_equal", operator.le, np.less_equal)
equal = _comparison("equal", operator.eq, np.equal)
not_equal = _comparison("not_equal", operator.ne, np.not_equal)
COMPARISONS: dict[Primitive, str] = {
    greater: ">",
    less: "<",
    greater_equal: ">=",
    less_equal: "<=",
    equal: "==",
    not_equal: "!=",
}
# What becomes of `x if c else y`.
choose = Primitive(
    "choose",
    lambda c, x, y: x if c else y,
    lambda c, x, y: np.where(np.not_equal(c, 0.0), x, y),
    lambda out, c, x, y: (0.0, not_equal(c, 0.0), equal(c, 0.0)),
)


class Symbolic:
    """Base of all symbols; a row called on one calls its `__apply_primitive__`."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return primitives.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return primitives.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return primitives.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return primitives.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return primitives.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return primitives.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return primitives.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return primitives.divide(other, self)

    # `pow` gives what Python's `**` gives on floats; only the derivative of `**` is another.
    def __pow__(self, other: Any) -> Any:
        return primitives.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return primitives.power(other, self)

    def __neg__(self) -> Any:
        return primitives.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return primitives.abs(self)

    def __gt__(self, other: Any) -> Any:
        return greater(self, other)

    def __lt__(self, other: Any) -> Any:
        return less(self, other)

    def __ge__(self, other: Any) -> Any:
        return greater_equal(self, other)

    def __le__(self, other: Any) -> Any:
        return less_equal(self, other)

    def __bool__(self) -> bool:
        raise TypeError("a symbol is neither true nor false")
