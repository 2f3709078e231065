"""Symbols: what computes with operators and rows without being a number.

Invariant: every operator calls its row of the table, so no operation escapes a symbol.
"""

from typing import Any

from autograd import primitives


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

    def __neg__(self) -> Any:
        return primitives.negative(self)
