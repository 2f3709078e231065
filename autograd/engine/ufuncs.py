"""NumPy's functions on Values: `np.sin(v)` is the sine's row, `array * v` the operator, one by one.

Invariant: the result holds Values; what NumPy would decide by comparing numbers, or the table has
no row for, is never computed from bare numbers in silence.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import table
from autograd.engine.number import check_times
from autograd.engine.primitive import TABLE


def _passing_over_nan(row: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: y if x != x else x if y != y else row(x, y)


# What NumPy would decide by comparing, or does not know, the row of the table computes.
_ROWS: dict[np.ufunc, Callable[..., Any]] = {
    **{row.array: row for row in TABLE.values() if isinstance(row.array, np.ufunc)},
    np.fmax: _passing_over_nan(table.maximum),
    np.fmin: _passing_over_nan(table.minimum),
    np.float_power: table.power,
    np.fabs: table.abs,
    np.cbrt: table.cbrt,
}
# What NumPy hands on to the operators of the elements.
_OPERATORS = (
    *(np.add, np.subtract, np.multiply, np.true_divide, np.power, np.negative, np.positive),
    *(np.square, np.reciprocal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.equal, np.not_equal, np.logical_and, np.logical_or, np.logical_not),
)


def elementwise(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a NumPy function to numbers, arrays and Values; the result holds Values."""
    function: Any = ufunc
    if ufunc in _ROWS and ufunc not in _OPERATORS:
        function = np.frompyfunc(_ROWS[ufunc], ufunc.nin, 1)
    elif ufunc not in _OPERATORS and getattr(np, ufunc.__name__, None) is ufunc:
        raise TypeError(
            f"`np.{ufunc.__name__}` takes no Values, as the table has no row for it: write it with "
            "autograd's functions, define it by autograd.primitive, or pass the bare number v.data"
        )
    with np.errstate(invalid="ignore"):  # Python's own comparisons with nan set the flag
        return function(*map(_as_objects, inputs), **kwargs)


def _as_objects(x: Any) -> Any:
    array = np.asarray(x)
    check_times(array)
    return (array.astype(float) if array.dtype.kind in "bf" else array).astype(object)
