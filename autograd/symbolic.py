"""Symbols: what computes with operators and rows without being a number.

Invariant: every operator calls its row of the table, and every comparison a row that gives 1 or
0, so no operation escapes a symbol. A symbol is neither true nor false: Python's `if` would take
one of its branches without a word.
"""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.engine import table
from autograd.engine.primitive import Primitive


class Comparison(NamedTuple):
    """One of the six comparisons, as all who write, compile or compute it need it."""

    sign: str
    compare: Callable[[Any, Any], Any]
    ufunc: np.ufunc
    latex: str
    row: Primitive


def _comparison(sign: str, compare: Any, ufunc: np.ufunc, latex: str) -> Comparison:
    """The comparison and its row: of symbols only; no Value records it, so no table holds it."""
    strict = sign + "=" if sign in ("==", "!=") else sign
    row = Primitive(
        ufunc.__name__,
        lambda x, y: 1.0 if compare(x, y) else 0.0,
        lambda x, y: ufunc(x, y) * 1.0,
        lambda out, x, y: (0.0, 0.0),
        javascript=f"(x, y) => (x {strict} y ? 1 : 0)",
    )
    return Comparison(sign, compare, ufunc, latex, row)


COMPARISONS = (
    Comparison(">", operator.gt, np.greater, r"\gt", table.greater),
    _comparison("<", operator.lt, np.less, r"\lt"),
    _comparison(">=", operator.ge, np.greater_equal, r"\ge"),
    _comparison("<=", operator.le, np.less_equal, r"\le"),
    _comparison("==", operator.eq, np.equal, "="),
    _comparison("!=", operator.ne, np.not_equal, r"\ne"),
)
greater, less, greater_equal, less_equal, equal, not_equal = (each.row for each in COMPARISONS)


def _left(row: Primitive) -> Callable[[Any, Any], Any]:
    return lambda self, other: row(self, other)


def _right(row: Primitive) -> Callable[[Any, Any], Any]:
    return lambda self, other: row(other, self)


class Symbolic:
    """Base of all symbols; a row called on one calls its `__apply_primitive__`."""

    __slots__ = ()

    __add__, __radd__ = _left(table.add), _right(table.add)
    __sub__, __rsub__ = _left(table.subtract), _right(table.subtract)
    __mul__, __rmul__ = _left(table.multiply), _right(table.multiply)
    __truediv__, __rtruediv__ = _left(table.divide), _right(table.divide)
    __mod__, __rmod__ = _left(table.mod), _right(table.mod)
    __floordiv__, __rfloordiv__ = _left(table.floor_divide), _right(table.floor_divide)
    # `pow` gives what Python's `**` gives on floats; only the derivative of `**` is another.
    __pow__, __rpow__ = _left(table.power), _right(table.power)
    __gt__, __lt__, __ge__, __le__ = map(_left, (greater, less, greater_equal, less_equal))

    def __neg__(self) -> Any:
        return table.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return table.abs(self)

    def __bool__(self) -> bool:
        raise TypeError("a symbol is neither true nor false")
