"""The operations of the optimisers' formulas that differ between floats and arrays.

Rows of the table of primitives, read straight from their columns: on floats they never raise, and
on arrays they add nothing to the NumPy call, where calling the row would cost 2 us for each.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import table as primitives


def _of_both(row: Any) -> Callable[..., Any]:
    """The operation of a row on floats, or on arrays where the first input is one."""
    value, array = row.value, row.array
    return lambda x, *y: array(x, *y) if isinstance(x, np.ndarray) else value(x, *y)


sqrt = _of_both(primitives.sqrt)  # that of a negative number is nan
divide = _of_both(primitives.divide)  # also by 0
maximum = _of_both(primitives.maximum)
