"""Columns: the three functions of a row that the user wrote, called on numbers and checked.

Whatever they return, a graph holds floats only: NumPy's numbers and whole ones are converted,
anything else is a `TypeError` that names the row. Where Python's floats raise, NumPy's answer
stands, as in every row. Invariant: `recorded` is what a row means; all else has to equal it.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from numbers import Real
from typing import Any

import numpy as np

from autograd.engine.number import as_float

Function = Callable[..., Any]
_SEQUENCES = (tuple, list)


class Columns:
    """The columns of the row `name`; a primitive is made of the methods called as they are."""

    def __init__(self, name: str, scalar: Function, array: Function, partials: Function) -> None:
        self.name = name
        self._scalar, self._array, self._partials = scalar, array, partials

    def scalar(self, *inputs: float) -> float:
        """Return the value on floats."""
        out = self._scalar(*inputs)
        if type(out) is float:
            return out
        if _is_complex(out):  # Python's (-8.0) ** 0.5, where NumPy says nan
            with np.errstate(all="ignore"):
                if math.isnan(float(self.array(*map(np.float64, inputs)))):
                    raise ValueError(f"`scalar` of `{self.name}` is complex at {inputs}")
        return self._number("scalar", out)

    def array(self, *inputs: Any) -> Any:
        """Return the value on arrays, or on NumPy's numbers."""
        result = np.asarray(self._array(*inputs))
        shapes = [np.shape(x) for x in inputs]
        if result.dtype.kind in "biuf" or _are_objects(result):
            result = result.astype(float, copy=False)
        if result.dtype != float or result.shape not in (*shapes, np.broadcast_shapes(*shapes)):
            raise TypeError(
                f"`array` of `{self.name}` must work element by element: for inputs of shape "
                f"{', '.join(map(str, shapes))} it returned {result.dtype} of shape {result.shape}"
            )
        return result[()]

    def partials(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        """Return one partial for each input: of floats floats, of Values also Values."""
        found = self._partials(out, *inputs)
        if not isinstance(found, _SEQUENCES) or len(found) != len(inputs):
            raise TypeError(
                f"`partials` of `{self.name}` must return a tuple with one entry for each input, "
                f"here {len(inputs)}, got {found!r:.80}"
            )
        if {float}.issuperset(map(type, found)) or isinstance(out, np.ndarray):
            return tuple(found)
        return tuple([x if type(x) is float else self._partial(x, out) for x in found])

    def _partial(self, x: Any, out: Any) -> Any:
        x = _bare(x)
        if hasattr(x, "__apply_primitive__") and hasattr(out, "__apply_primitive__"):
            return x
        if _is_complex(x) and type(out) is float:
            raise ValueError(f"a partial of `{self.name}` is complex: {x}")
        return self._number("partials", x)

    def _number(self, column: str, x: Any) -> float:
        try:
            return as_float(_bare(x))
        except TypeError:
            wanted = "a real number" if column == "scalar" else "a real number for each input"
            raise TypeError(
                f"`{column}` of `{self.name}` must return {wanted}, got {x!r:.60} of type "
                f"{type(x).__name__}"
            ) from None

    def ieee(self, inputs: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
        """Return value and partials on NumPy's floats; what raises even there is nan."""
        out = np.float64(math.nan)
        partials: tuple[float, ...] = (math.nan,) * len(inputs)
        with np.errstate(all="ignore"):
            doubles = [np.float64(x) for x in inputs]
            with suppress(ArithmeticError, ValueError):
                out = self.array(*doubles)
            with suppress(ArithmeticError, ValueError):
                partials = self.partials(out, *doubles)
        return float(out), partials

    def recorded(self, *inputs: float) -> tuple[float, ...]:
        """Return the value and then the partials, as a Value records them."""
        try:
            out = self.scalar(*inputs)
            return out, *self.partials(out, *inputs)
        except (ArithmeticError, ValueError):
            out, partials = self.ieee(inputs)
            return out, *partials

    def value(self, *inputs: float) -> float:
        """Return the value; NumPy's where Python's floats raise."""
        try:
            return self.scalar(*inputs)
        except (ArithmeticError, ValueError):
            return self.ieee(inputs)[0]


def _bare(x: Any) -> Any:
    """What a NumPy array without axes holds, as np.where returns one."""
    return x.item() if isinstance(x, np.ndarray) and not x.ndim else x


def _is_complex(x: Any) -> bool:
    return isinstance(x, complex | np.complexfloating)


def _are_objects(array: Any) -> bool:
    """Whether these are real numbers as np.frompyfunc returns them."""
    return array.dtype.kind == "O" and all(isinstance(x, Real) for x in array.flat)
