"""Nested scalars as solvers see them: one flat array of numbers.

`Flat` takes the start of a search apart once, and puts every array that the solver comes up with
into the same structure. Invariant: the user's function sees fresh lists and dicts each time, so
nothing that the caller of the solver holds is changed.
"""

from typing import Any, NoReturn

import numpy as np

from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.nesting import flatten, unflatten

Array = np.ndarray[Any, np.dtype[np.float64]]


class Flat:
    """The structure of `x0`, and its n numbers as the array `start`.

    Raises `TypeError` where `x0` holds anything but real numbers and Values, `ValueError` where it
    holds nothing, or a number that is not finite.
    """

    def __init__(self, x0: Any) -> None:
        leaves: list[Any] = []
        self.structure = flatten(x0, leaves)
        if not leaves:
            raise ValueError(f"`x0` must hold one scalar or more, got {x0!r:.60}")
        self.start: Array = np.array(list(map(_number, leaves)))
        if not np.isfinite(self.start).all():
            raise ValueError(f"the start must be finite, got `x0` = {x0!r:.200}")

    def nest(self, x: Any) -> Any:
        """Return the n numbers of an array in the structure of `x0`."""
        return unflatten(self.structure, np.ravel(x).tolist())

    def refuse_start(self, what: str, found: Any) -> NoReturn:
        """Raise the `ValueError` for a start where the function is not finite."""
        raise ValueError(
            f"the function has the {what} {found!r:.100} at the start "
            f"{self.nest(self.start)!r:.200}: choose an `x0` where value and derivatives are finite"
        )


def _number(leaf: Any) -> float:
    """The number of one scalar of `x0`."""
    if isinstance(leaf, np.ndarray):
        if leaf.ndim:
            raise TypeError(
                f"`x0` holds an array of shape {leaf.shape}: pass x0.tolist(), as functions of "
                "scalars take nested lists of numbers"
            )
        leaf = leaf.item()
    return as_float(leaf.data if isinstance(leaf, Value) else leaf, "x0")


def as_array(item: Any) -> Array:
    """Return the scalars of `item`, bare numbers, in one flat array."""
    leaves: list[Any] = []
    flatten(item, leaves)
    return np.array(leaves, dtype=float)
