"""What keeps the last digits: derivatives that textbook formulas would lose in the tails.

1 - tanh(x)^2 rounds to 0 at x = 20, x^2 overflows at 1e200, c - 1 is rounded for large c. Each
function here is such a derivative written so that every digit holds; the row in the table shows the
textbook's rule beside it. They are written with operators and rows, so they serve floats, arrays,
Values and symbols as the rows do. A first reading may skip this file.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from autograd.engine.number import constant
from autograd.engine.primitive import CONSTANT, TABLE, Primitive

_LARGEST_HALF = 0.5 * 1.7976931348623157e308


def _row(name: str) -> Any:
    """The row as it is when it is called: the table imports this file."""
    return lambda *inputs: TABLE[name](*inputs)


abs, exp, greater, hypot, sqrt = map(_row, ("abs", "exp", "greater", "hypot", "sqrt"))
maximum, minimum, magnitude = map(_row, ("maximum", "minimum", "magnitude"))
power, select = map(_row, ("pow", "select"))


def _clipped(x: Any, low: float, high: float) -> Any:
    return minimum(maximum(x, low), high)


def power_of_one_less(row: Primitive, x: Any, c: Any, one: Any) -> Any:
    """Return `x ** (c - one)`, with the rounding error of `c - one` put back (TwoSum, Knuth 1969).

    `one` is 1, or 0 where `c` is 0 and the power would be infinite: the derivative of `x ** 0`
    is 0 everywhere, at 0 too. What puts the error back is 1 but for rounding, so it is a constant;
    its derivatives would be 0 times what overflows near 0.
    """
    exponent, c = c - one, constant(c)
    rounded = c - one
    exact = rounded + one == c
    if not isinstance(exact, np.ndarray) and exact:
        whole = isinstance(exponent, float | Fraction) and exponent == 1
        return x if whole else row(x, exponent)
    finite = _clipped(c, -1e300, 1e300)
    rounded = finite - one
    back = rounded - finite
    error = (finite - (rounded - back)) - (one + back)
    size = _clipped(abs(constant(x)), 1e-320, 1e308)
    return row(x, exponent) * _clipped(power(size, error), 0.5, 2.0)


def power_constant_partials(out: Any, x: Any, c: Any) -> tuple[Any, ...]:
    """Return c x^(c - 1), and 0 for the exponent, which is a number."""
    if getattr(c, "primitive", None) is CONSTANT:
        c = c._data  # also in a function that is being compiled: the derivative of x^2 is 2 x
    nonzero = constant(greater(abs(c), 0.0))
    one = Fraction(nonzero) if c.__class__ is Fraction else nonzero
    return c * power_of_one_less(TABLE["**"], x, c, one), 0.0


def power_partials(out: Any, x: Any, y: Any) -> tuple[Any, ...]:
    """Return y x^(y - 1) and x^y log(x), which is 0 at x = 0 wherever the power is finite."""
    zero_base = 1 - greater(abs(x), 0.0)  # of whole numbers: 1.0 would round a fraction
    one = constant(maximum(greater(abs(y), 0.0), greater(abs(x), 1e-308)))
    logarithm = TABLE["log"](x + zero_base * (1 - greater(0.0, y)))
    by_exponent = TABLE["*"](out, logarithm)
    return y * power_of_one_less(TABLE["pow"], x, y, one), by_exponent


def logistic_density(x: Any) -> Any:
    """Return the derivative of the sigmoid, even in x: no 1 - sigmoid(x), which rounds to 0."""
    e = exp(-magnitude(x))
    return e / (1.0 + e * (2.0 + e))


def _apart(x: Any) -> tuple[Any, Any]:
    """Split at 1e9, above which 1 + x^2 is x^2: (x, 1) below, (0, 1 / x) above.

    No clip of x, which would have half of each slope at 1e9 itself.
    """
    far = constant(greater(abs(x), 1e9))
    near = _clipped(x, -1e300, 1e300) * (1.0 - far)  # inf times 0 would be nan
    return near, 1.0 / (x * far + (1.0 - far))


def arctan_partial(x: Any) -> Any:
    """Return 1 / (1 + x^2) without overflow of x^2."""
    near, scale = _apart(x)
    return scale / (1.0 + near * near) * scale


def arcsinh_partial(x: Any) -> Any:
    """Return 1 / sqrt(1 + x^2) without overflow of x^2."""
    near, scale = _apart(x)
    return abs(scale) / sqrt(1.0 + near * near)


def gaussian(x: Any) -> Any:
    """Return exp(-x^2), where rounding x^2 would cost |x|^2 ULP.

    x is split, x = high + low; high^2 is exact (Dekker 1971) and exp(-high^2) exp(-low (x + high))
    is the product of two factors.
    """
    x = _clipped(x, -40.0, 40.0)
    scaled = 134217729.0 * x
    high = scaled - (scaled - x)
    return exp(-high * high) * exp((high - x) * (x + high))


def exp_difference(x: Any, y: Any) -> Any:
    """Return exp(x - y), x <= y, with the rounding error of x - y put back (TwoSum).

    What is too small to count is clipped, so that -inf gives 0 and not nan. Computed with halves,
    so that there is something to clip at below the lowest of floats.
    """
    y = _clipped(0.5 * y, -_LARGEST_HALF, 2.0 * _LARGEST_HALF)  # inf stays above all others
    x = maximum(0.5 * x, y - (500.0 + 1e-3 * abs(y)))
    difference = x - y
    back = difference - x
    error = (x - (difference - back)) - (y + back)
    return exp(2.0 * difference) * (1.0 + 2.0 * _clipped(error, -0.5, 0.5))


def pairwise_sum(terms: Sequence[Any]) -> Any:
    """Return the sum, with an error that grows with log n, not n (Higham 1993)."""
    if len(terms) < 3:
        return sum(terms[1:], terms[0])
    half = len(terms) // 2
    return pairwise_sum(terms[:half]) + pairwise_sum(terms[half:])


def softmax(out: Any, *xs: Any) -> tuple[Any, ...]:
    """Return the share of each exp(x_i) in their sum, nan for an infinite x."""
    largest = reduce(maximum, xs)
    weights = [exp_difference(x, largest) for x in xs]
    total = pairwise_sum(weights)
    total = select(greater(total, -1.0), total, 1.0)  # of an infinite logit the weight is nan
    return tuple([w / total for w in weights])


def angle_partials(out: Any, y: Any, x: Any) -> tuple[Any, Any]:
    """Return x / r^2 and -y / r^2, where r^2 might overflow."""
    r = hypot(x, y)
    return x / r / r, -y / r / r
