"""NumPy functions on Values: `array * v` and `np.sin(v)` work element by element.

Arrays become object arrays of numbers and Values, on which NumPy calls the operators and methods
of each element. Where NumPy would compare instead of calling, the row of the table is called.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import table as primitives

_ROWS: dict[np.ufunc, Callable[..., Any]] = {
    np.maximum: np.frompyfunc(primitives.maximum, 2, 1),
    np.minimum: np.frompyfunc(primitives.minimum, 2, 1),
}


def elementwise(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply `ufunc` to numbers, arrays and Values; the result holds Values."""
    function = _ROWS.get(ufunc, ufunc)
    return function(*[_as_objects(x) for x in inputs], **kwargs)


def _as_objects(x: Any) -> Any:
    if hasattr(x, "__apply_primitive__"):
        cell = np.empty((), dtype=object)
        cell[()] = x
        return cell
    array = np.asarray(x)
    return (array.astype(float) if array.dtype.kind in "bf" else array).astype(object)
