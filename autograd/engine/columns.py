"""Columns of the table that take more than a line: values on floats, and on arrays.

Python's math has no function for some operations, and loses digits or overflows in others. Of
fractions, what can be a fraction is one. A first reading may skip this file.
"""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

MOST_BITS = 1_000_000  # of an exact power; a longer one becomes a float


def power(x: Any, y: Any) -> Any:
    """Return x ** y."""
    if x.__class__ is y.__class__ is Fraction and y.denominator == 1:
        bits = max(x.numerator.bit_length(), x.denominator.bit_length())
        if bits * math.fabs(y) <= MOST_BITS:
            return Fraction(x**y.numerator)
    return math.pow(x, y)


def has_power(x: float, y: float) -> bool:
    """Whether x ** y is a number."""
    return x > 0.0 or (y >= 0.0 if x == 0.0 else y % 1.0 == 0.0)


def power_constant(x: Any, c: Any) -> Any:
    """Return x ** c; 0.5 is a square root, as in NumPy: there -inf gives nan and not inf."""
    return math.sqrt(x) if c == 0.5 else power(x, c)


def power_constant_array(x: Any, c: Any) -> Any:
    """The same on arrays."""
    if isinstance(c, np.ndarray):
        return np.where(c == 0.5, np.sqrt(x), np.power(x, c))
    return np.sqrt(x) if c == 0.5 else np.power(x, c)


def cbrt(x: Any) -> float:
    """Return the cube root: libm's, 3 units off in the last place, after one step of Newton's."""
    y = math.cbrt(x)
    return y - (y - x / (y * y)) / 3.0 if 0.0 < abs(y) < math.inf else y


def cbrt_array(x: Any) -> Any:
    """The same on arrays."""
    y = np.cbrt(x)
    step = (y - x / (y * y)) / 3.0  # nan at 0 and inf
    return np.where(np.absolute(step) >= 0.0, y - step, y)


def greater(x: Any, y: Any) -> Any:
    """Return 1 where x > y, else 0."""
    out = 1.0 if x > y else 0.0
    return out if x.__class__ is y.__class__ is float else Fraction(out)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger one, nan where there is one."""
    out = x if x >= y or x != x else y
    return out if x.__class__ is y.__class__ else float(out)


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller one, nan where there is one."""
    out = x if x <= y or x != x else y
    return out if x.__class__ is y.__class__ else float(out)


def whole(rounding: Callable[[Any], int]) -> Callable[[Any], Any]:
    """Return a rounding to whole numbers that keeps the sign of 0."""
    return lambda x: (
        Fraction(rounding(x)) if x.__class__ is Fraction else math.copysign(rounding(x), x)
    )


def take(index: Any, *values: Any) -> Any:
    """Return the value at the nearest place."""
    return values[math.ceil(min(max(index, 0.0), len(values) - 1.0) - 0.5)]


def take_array(index: Any, *values: Any) -> Any:
    """The same on arrays, element by element."""
    chosen = values[0]
    for place, value in enumerate(values[1:], start=1):
        chosen = np.where(index > place - 0.5, value, chosen)
    return chosen


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow."""
    e = math.exp(-math.fabs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


def sigmoid_array(x: Any) -> Any:
    """The same on arrays."""
    e = np.exp(-np.absolute(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e)


def logsumexp(*xs: float) -> float:
    """Return log(exp(x_1) + ... + exp(x_n)) without overflow."""
    i = xs.index(max(xs))
    largest = xs[i]
    if math.isinf(largest):
        return math.nan if any(map(math.isnan, xs)) else largest
    return largest + math.log1p(sum(math.exp(x - largest) for x in xs[:i] + xs[i + 1 :]))


def dot(*ab: Any) -> Any:
    """Return a_1 b_1 + ... + a_n b_n, on floats or arrays."""
    n = len(ab) // 2
    return sum(map(operator.mul, ab[:n], ab[n:]))
