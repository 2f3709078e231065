"""The table of primitives: every operation is one row, read in several ways.

The partials are written with operators and other rows only, so the same line serves floats
(recording), arrays (a whole batch at once) and `Value`s (derivatives of derivatives). Values
follow IEEE 754, as in NumPy: `exp(1000)` is inf, `1 / 0` is inf, `log(-1)` is nan.
"""

import math
import operator
from functools import reduce
from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive, constant, row

# Steps and selection. `greater` is 1 where x > y, else 0: the kinks below are written with it.
greater: Primitive = row(
    "greater",
    lambda x, y: 1.0 if x > y else 0.0,
    lambda x, y: np.greater(x, y) * 1.0,
    lambda out, x, y: (0.0, 0.0),
)
# The branch taken, and nothing else: what the other branch holds cannot reach the gradient.
where_taken: Primitive = row("where", lambda x: x, lambda x: x, lambda out, x: (1.0,))
# What `detach` and `no_grad` leave in a graph that is being compiled.
detach: Primitive = row("detach", lambda x: x, lambda x: x, lambda out, x: (0.0,))

# Arithmetic
add: Primitive = row("+", operator.add, np.add, lambda out, x, y: (1.0, 1.0))
subtract: Primitive = row("-", operator.sub, np.subtract, lambda out, x, y: (1.0, -1.0))
multiply: Primitive = row("*", operator.mul, np.multiply, lambda out, x, y: (y, x))
divide: Primitive = row(
    "/", operator.truediv, np.true_divide, lambda out, x, y: (1.0 / y, -out / y)
)
negative: Primitive = row("neg", operator.neg, np.negative, lambda out, x: (-1.0,))
abs: Primitive = row(
    "abs", math.fabs, np.absolute, lambda out, x: (greater(x, 0.0) - greater(0.0, x),)
)
# |x| as the argument of an even function: with a slope of 0 at 0, that of abs, its derivatives of
# even order would be wrong there; with the slope of one side they are those of the function.
magnitude: Primitive = row(
    "magnitude", math.fabs, np.absolute, lambda out, x: (2.0 * greater(x, 0.0) - 1.0,)
)


def _nonzero(x: Any) -> Any:
    return greater(abs(x), 0.0)


def _power_of_one_less(row: Primitive, x: Any, c: Any, one: Any) -> Any:
    """`x ** (c - one)`, with the rounding error of `c - one` put back (TwoSum, Knuth 1969).

    `one` is 1, or 0 where `c` is 0 and the power would be infinite: the derivative of `x ** 0`
    is 0 everywhere, at 0 too. What puts the error back is 1 but for rounding, so it is a constant;
    its derivatives would be 0 times what overflows near 0.
    """
    exponent, c = c - one, constant(c)
    rounded = c - one
    exact = rounded + one == c
    if not isinstance(exact, np.ndarray) and exact:
        return x if isinstance(exponent, float) and exponent == 1.0 else row(x, exponent)
    finite = minimum(maximum(c, -1e300), 1e300)
    rounded = finite - one
    back = rounded - finite
    error = (finite - (rounded - back)) - (one + back)
    size = minimum(maximum(abs(constant(x)), 1e-320), 1e308)
    return row(x, exponent) * minimum(maximum(power(size, error), 0.5), 2.0)


def _power_constant_partials(out: Any, x: Any, c: Any) -> tuple[Any, ...]:
    c = getattr(c, "fixed", c)  # the number of a constant: the derivative of x ** 2 is 2 * x
    return c * _power_of_one_less(power_constant, x, c, constant(_nonzero(c))), 0.0


def _power_partials(out: Any, x: Any, y: Any) -> tuple[Any, ...]:
    one = constant(maximum(_nonzero(y), greater(abs(x), 1e-308)))
    by_exponent = out * log(x + (1.0 - _nonzero(x)) * (1.0 - greater(0.0, y)))
    return y * _power_of_one_less(power, x, y, one), by_exponent


def _power_constant_array(x: Any, c: Any) -> Any:
    if isinstance(c, np.ndarray):
        return np.where(c == 0.5, np.sqrt(x), np.power(x, c))
    return np.sqrt(x) if c == 0.5 else np.power(x, c)


# `x ** constant` needs no logarithm of the base; `x ** y` does. At base 0 the derivative by the
# exponent is 0 wherever the power is finite, as in PyTorch.
# A constant exponent of 0.5 is a square root, as in NumPy: there -inf gives nan and not inf.
power_constant: Primitive = row(
    "**",
    lambda x, c: math.sqrt(x) if c == 0.5 else math.pow(x, c),
    _power_constant_array,
    _power_constant_partials,
)
power: Primitive = row("pow", math.pow, np.power, _power_partials)
sqrt: Primitive = row("sqrt", math.sqrt, np.sqrt, lambda out, x: (0.5 / out,))


# Kinks: a tie of maximum or minimum gives half to each side; NaN wins, as in NumPy.
def _maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def _minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def _share(x: Any, y: Any) -> Any:
    return 0.5 * (1.0 + greater(x, y) - greater(y, x))


maximum: Primitive = row(
    "maximum", _maximum, np.maximum, lambda out, x, y: (_share(x, y), _share(y, x))
)
minimum: Primitive = row(
    "minimum", _minimum, np.minimum, lambda out, x, y: (_share(y, x), _share(x, y))
)
relu: Primitive = row(
    "relu",
    lambda x: 0.0 if x <= 0.0 else x,
    lambda x: np.maximum(x, 0.0),
    lambda out, x: (greater(x, 0.0),),
)
leaky_relu: Primitive = row(
    "leaky_relu",
    lambda x, slope: x if x > 0.0 else slope * x,
    lambda x, slope: np.where(x > 0.0, x, slope * x),
    lambda out, x, slope: (
        greater(x, 0.0) + slope * (1.0 - greater(x, 0.0)),
        minimum(x, 0.0),
    ),
)

# Exponentials and logarithms
exp: Primitive = row("exp", math.exp, np.exp, lambda out, x: (out,))
expm1: Primitive = row("expm1", math.expm1, np.expm1, lambda out, x: (exp(x),))
log: Primitive = row("log", math.log, np.log, lambda out, x: (1.0 / x,))
log1p: Primitive = row("log1p", math.log1p, np.log1p, lambda out, x: (1.0 / (1.0 + x),))


def _sigmoid(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def _sigmoid_array(x: Any) -> Any:
    e = np.exp(-np.absolute(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e)


def _logistic_density(x: Any) -> Any:
    """The derivative of the sigmoid, which is even in x: no 1 - sigmoid(x), which rounds to 0."""
    e = exp(-magnitude(x))
    return e / (1.0 + e * (2.0 + e))


sigmoid: Primitive = row(
    "sigmoid", _sigmoid, _sigmoid_array, lambda out, x: (_logistic_density(x),)
)
softplus: Primitive = row(
    "softplus",
    lambda x: max(x, 0.0) + math.log1p(math.exp(-math.fabs(x))),
    lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.absolute(x))),
    lambda out, x: (sigmoid(x),),
)

# Trigonometry. sin'(x) = cos(x); sums of squares are clipped where they would overflow.
sin: Primitive = row("sin", math.sin, np.sin, lambda out, x: (cos(x),))
cos: Primitive = row("cos", math.cos, np.cos, lambda out, x: (-sin(x),))
tan: Primitive = row("tan", math.tan, np.tan, lambda out, x: (1.0 + out * out,))
arcsin: Primitive = row(
    "arcsin", math.asin, np.arcsin, lambda out, x: (1.0 / sqrt((1.0 - x) * (1.0 + x)),)
)
arccos: Primitive = row(
    "arccos", math.acos, np.arccos, lambda out, x: (-1.0 / sqrt((1.0 - x) * (1.0 + x)),)
)


def _apart(x: Any) -> tuple[Any, Any]:
    """Split at 1e9, above which 1 + x^2 is x^2: (x, 1) below, (0, 1 / x) above.

    No clip of x, which would have half of each slope at 1e9 itself.
    """
    far = constant(greater(abs(x), 1e9))
    near = minimum(maximum(x, -1e300), 1e300) * (1.0 - far)  # inf times 0 would be nan
    return near, 1.0 / (x * far + (1.0 - far))


def _arctan_partial(x: Any) -> Any:
    """1 / (1 + x^2) without overflow of x^2."""
    near, scale = _apart(x)
    return scale / (1.0 + near * near) * scale


def _arcsinh_partial(x: Any) -> Any:
    near, scale = _apart(x)
    return abs(scale) / sqrt(1.0 + near * near)


arctan: Primitive = row("arctan", math.atan, np.arctan, lambda out, x: (_arctan_partial(x),))

# Hyperbolic functions. tanh(x) = 2 sigmoid(2x) - 1; 1 - tanh(x)^2 would round to 0 at x = 20.
sinh: Primitive = row("sinh", math.sinh, np.sinh, lambda out, x: (cosh(x),))
cosh: Primitive = row("cosh", math.cosh, np.cosh, lambda out, x: (sinh(x),))
tanh: Primitive = row(
    "tanh", math.tanh, np.tanh, lambda out, x: (4.0 * _logistic_density(2.0 * x),)
)
arcsinh: Primitive = row("arcsinh", math.asinh, np.arcsinh, lambda out, x: (_arcsinh_partial(x),))
arccosh: Primitive = row(
    "arccosh", math.acosh, np.arccosh, lambda out, x: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),)
)
arctanh: Primitive = row(
    "arctanh", math.atanh, np.arctanh, lambda out, x: (1.0 / ((1.0 - x) * (1.0 + x)),)
)


def _gaussian(x: Any) -> Any:
    """exp(-x^2), where rounding x^2 would cost |x|^2 ULP: x is split, x = high + low, high^2
    is exact (Dekker 1971) and exp(-high^2) exp(-low (x + high)) is the product of two factors.
    """
    x = minimum(maximum(x, -40.0), 40.0)
    scaled = 134217729.0 * x
    high = scaled - (scaled - x)
    return exp(-high * high) * exp((high - x) * (x + high))


erf: Primitive = row(
    "erf",
    math.erf,
    np.vectorize(math.erf, otypes=[float]),
    lambda out, x: (1.1283791670955126 * _gaussian(x),),
)


# Rows with any number of inputs
def _exp_difference(x: Any, y: Any) -> Any:
    """exp(x - y), x <= y, with the rounding error of x - y put back (TwoSum).

    What is too small to count is clipped, so that -inf gives 0 and not nan. Computed with halves,
    so that there is something to clip at below the lowest of floats.
    """
    y = minimum(maximum(0.5 * y, -_LARGEST_HALF), _LARGEST_HALF)
    x = maximum(0.5 * x, y - (500.0 + 1e-3 * abs(y)))
    difference = x - y
    back = difference - x
    error = (x - (difference - back)) - (y + back)
    return exp(2.0 * difference) * (1.0 + 2.0 * minimum(maximum(error, -0.5), 0.5))


_LARGEST_HALF = 0.5 * 1.7976931348623157e308


def _pairwise_sum(terms: tuple[Any, ...]) -> Any:
    """The sum with an error that grows with log n, not n (Higham 1993)."""
    if len(terms) < 3:
        return sum(terms[1:], terms[0])
    half = len(terms) // 2
    return _pairwise_sum(terms[:half]) + _pairwise_sum(terms[half:])


def _softmax(out: Any, *xs: Any) -> tuple[Any, ...]:
    largest = reduce(maximum, xs)
    weights = tuple(_exp_difference(x, largest) for x in xs)
    total = _pairwise_sum(weights)
    return tuple(w / total for w in weights)


def _logsumexp(*xs: float) -> float:
    i = xs.index(max(xs))
    largest = xs[i]
    if math.isinf(largest):
        return math.nan if any(map(math.isnan, xs)) else largest
    return largest + math.log1p(sum(math.exp(x - largest) for x in xs[:i] + xs[i + 1 :]))


def _dot(*ab: float) -> float:
    n = len(ab) // 2
    return float(sum(map(operator.mul, ab[:n], ab[n:])))


logsumexp: Primitive = row("logsumexp", _logsumexp, lambda *xs: reduce(np.logaddexp, xs), _softmax)
dot: Primitive = row(
    "dot",
    _dot,
    lambda *ab: sum(map(operator.mul, ab[: len(ab) // 2], ab[len(ab) // 2 :])),
    lambda out, *ab: ab[len(ab) // 2 :] + ab[: len(ab) // 2],
)
