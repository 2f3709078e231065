"""Slopes: a partial that works on numbers only, as a row of its own.

Where the partials of a user's row call `math.exp`, symbols and Values cannot go through them. The
number is then computed by such a row from the result and the inputs, one element after another.
Invariant: no derivative is made up: that of a slope is a `TypeError`, or nan in a program.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive, lookup
from autograd.symbolic import Symbolic


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Slope(Primitive):
    """The partial of the row `owner` by the input at `position`."""

    owner: str
    position: int

    def __reduce__(self) -> tuple[Any, ...]:
        return _slope, (self.owner, self.position)


def slope(owner: str, position: int, function: Callable[..., float]) -> Slope:
    """Return `function(out, *inputs)`, which gives one partial on floats, as a row."""

    def array(*inputs: Any) -> Any:
        if any(isinstance(x, Symbolic) for x in inputs):
            raise TypeError(f"`partials` of `{owner}` work on numbers only")
        return elements(function, len(inputs))(*inputs)

    def partials(out: Any, *inputs: Any) -> tuple[float, ...]:
        if hasattr(out, "__apply_primitive__") and not isinstance(out, Symbolic):
            raise once_only(owner)
        return (math.nan,) * len(inputs)

    return Slope(f"d{owner}_dx{position + 1}", function, array, partials, owner, position)


def _slope(owner: str, position: int) -> Any:
    return lookup(owner).columns.slope(position)  # type: ignore[attr-defined]  # a user's row


def once_only(owner: str) -> TypeError:
    """Return the error for a derivative of partials that work on numbers only."""
    return TypeError(
        f"`{owner}` can be differentiated once only: its `partials` work on numbers, not on "
        "Values. Write them with operators and functions of autograd, such as autograd.exp(x) "
        "for math.exp(x)"
    )


def elements(function: Callable[..., float], count: int) -> Callable[..., Any]:
    """Return `function` of `count` floats as a function of arrays, element by element."""
    called = np.frompyfunc(function, count, 1)

    def one_by_one(*inputs: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(called(*inputs)).astype(float)[()]

    return one_by_one
