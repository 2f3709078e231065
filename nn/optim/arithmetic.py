"""The operations of the optimisers' formulas that differ between floats and arrays.

Rows of the table of primitives, read straight from their columns: on floats they never raise, and
on arrays they add nothing to the NumPy call, where calling the row would cost 2 us for each.
"""

from typing import Any

import numpy as np

from autograd.engine import table as primitives


def sqrt(x: Any) -> Any:
    """Return the square root of a float or an array; that of a negative number is nan."""
    row = primitives.sqrt
    return row.array(x) if isinstance(x, np.ndarray) else row.value(x)


def divide(x: Any, y: Any) -> Any:
    """Return x / y for floats or arrays, also where y is 0."""
    row = primitives.divide
    return row.array(x, y) if isinstance(y, np.ndarray) else row.value(x, y)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger of x and y, `x` a float or an array, `y` like it or a float."""
    row = primitives.maximum
    return row.array(x, y) if isinstance(x, np.ndarray) else row.value(x, y)
