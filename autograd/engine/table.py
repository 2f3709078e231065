"""The table of primitives: every operation is one row, read in several ways.

The partials are written with operators and other rows only, so the same line serves floats
(recording), arrays (a whole batch at once), `Value`s (derivatives of derivatives) and symbols.
Where the line keeps digits that the textbook's rule loses, it stands in `numerics` and the
textbook's rule follows it. Values follow IEEE 754, as in NumPy: `exp(1000)` is inf, `1 / 0` is
inf, `log(-1)` is nan. Of fractions + - * / abs, whole powers, `dot` and the kinks are fractions.
"""

import math
import operator
from builtins import abs as absolute
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from autograd.engine import numerics
from autograd.engine.primitive import Primitive, row

# Steps and selection. `greater` is 1 where x > y, else 0: the kinks below are written with it.
greater: Primitive = row(
    "greater",
    lambda x, y: 1.0 if x > y else 0.0,
    lambda x, y: np.greater(x, y) * 1.0,
    lambda out, x, y: (0.0, 0.0),
)
# The branch taken, and nothing else: what the other branch holds cannot reach the gradient.
select: Primitive = row(
    "select",
    lambda c, x, y: x if c else y,
    lambda c, x, y: np.where(np.not_equal(c, 0.0), x, y),
    lambda out, c, x, y: (0.0, select(c, 1.0, 0.0), select(c, 0.0, 1.0)),
)
where: Primitive = row("where", lambda x: x, lambda x: x, lambda out, x: (1.0,))
# What `copy.copy` leaves, and the variables of an inner derivative: linked to the original.
copy: Primitive = row("copy", lambda x: x, lambda x: x, lambda out, x: (1.0,))
# What `detach` and `no_grad` leave in a graph that is being compiled.
detach: Primitive = row("detach", lambda x: x, lambda x: x, lambda out, x: (0.0,))

# Arithmetic
add: Primitive = row("+", operator.add, np.add, lambda out, x, y: (1.0, 1.0))
subtract: Primitive = row("-", operator.sub, np.subtract, lambda out, x, y: (1.0, -1.0))
multiply: Primitive = row("*", operator.mul, np.multiply, lambda out, x, y: (y, x))
divide: Primitive = row("/", operator.truediv, np.true_divide, lambda out, x, y: (1 / y, -out / y))
negative: Primitive = row("neg", operator.neg, np.negative, lambda out, x: (-1.0,))
abs: Primitive = row(
    "abs", absolute, np.absolute, lambda out, x: (greater(x, 0.0) - greater(0.0, x),)
)
# |x| as the argument of an even function: with a slope of 0 at 0, that of abs, its derivatives of
# even order would be wrong there; with the slope of one side they are those of the function.
magnitude: Primitive = row(
    "magnitude", absolute, np.absolute, lambda out, x: (2.0 * greater(x, 0.0) - 1.0,)
)


def _power_constant(x: Any, c: Any) -> Any:
    if x.__class__ is Fraction:
        try:
            return numerics.exact_power(x, c)
        except TypeError:
            pass
    return math.sqrt(x) if c == 0.5 else math.pow(x, c)


def _power_constant_array(x: Any, c: Any) -> Any:
    if isinstance(c, np.ndarray):
        return np.where(c == 0.5, np.sqrt(x), np.power(x, c))
    return np.sqrt(x) if c == 0.5 else np.power(x, c)


# `x ** constant` needs no logarithm of the base; `x ** y` does. At base 0 the derivative by the
# exponent is 0 wherever the power is finite, as in PyTorch.
# A constant exponent of 0.5 is a square root, as in NumPy: there -inf gives nan and not inf.
power_constant: Primitive = row(
    "**", _power_constant, _power_constant_array, numerics.power_constant_partials
)
power: Primitive = row("pow", math.pow, np.power, numerics.power_partials)
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


def _relu(x: Any) -> Any:
    return x if not x <= 0.0 else 0.0 if x.__class__ is float else Fraction(0)


relu: Primitive = row(
    "relu",
    _relu,
    lambda x: np.maximum(x, 0.0),
    lambda out, x: (greater(x, 0.0),),
)
leaky_relu: Primitive = row(
    "leaky_relu",
    lambda x, slope: x if x > 0.0 else slope * x,
    lambda x, slope: np.where(x > 0.0, x, slope * x),
    lambda out, x, slope: (select(greater(x, 0.0), 1.0, slope), minimum(x, 0.0)),
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


sigmoid: Primitive = row(
    "sigmoid", _sigmoid, _sigmoid_array, lambda out, x: (numerics.logistic_density(x),)
)
softplus: Primitive = row(
    "softplus",
    lambda x: max(x, 0.0) + math.log1p(math.exp(-math.fabs(x))),
    lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.absolute(x))),
    lambda out, x: (sigmoid(x),),
)

# Trigonometry
sin: Primitive = row("sin", math.sin, np.sin, lambda out, x: (cos(x),))
cos: Primitive = row("cos", math.cos, np.cos, lambda out, x: (-sin(x),))
tan: Primitive = row("tan", math.tan, np.tan, lambda out, x: (1.0 + out * out,))
arcsin: Primitive = row(
    "arcsin", math.asin, np.arcsin, lambda out, x: (1.0 / sqrt((1.0 - x) * (1.0 + x)),)
)
arccos: Primitive = row(
    "arccos", math.acos, np.arccos, lambda out, x: (-1.0 / sqrt((1.0 - x) * (1.0 + x)),)
)
arctan: Primitive = row(
    "arctan", math.atan, np.arctan, lambda out, x: (numerics.arctan_partial(x),)
)

# Hyperbolic functions. tanh(x) = 2 sigmoid(2x) - 1.
sinh: Primitive = row("sinh", math.sinh, np.sinh, lambda out, x: (cosh(x),))
cosh: Primitive = row("cosh", math.cosh, np.cosh, lambda out, x: (sinh(x),))
tanh: Primitive = row(
    "tanh", math.tanh, np.tanh, lambda out, x: (4.0 * numerics.logistic_density(2.0 * x),)
)
arcsinh: Primitive = row(
    "arcsinh", math.asinh, np.arcsinh, lambda out, x: (numerics.arcsinh_partial(x),)
)
arccosh: Primitive = row(
    "arccosh", math.acosh, np.arccosh, lambda out, x: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),)
)
arctanh: Primitive = row(
    "arctanh", math.atanh, np.arctanh, lambda out, x: (1.0 / ((1.0 - x) * (1.0 + x)),)
)
erf: Primitive = row(
    "erf",
    math.erf,
    np.vectorize(math.erf, otypes=[float]),
    lambda out, x: (1.1283791670955126 * numerics.gaussian(x),),
)


# Rows with any number of inputs
def _softmax(out: Any, *xs: Any) -> tuple[Any, ...]:
    largest = reduce(maximum, xs)
    weights = tuple(numerics.exp_difference(x, largest) for x in xs)
    total = numerics.pairwise_sum(weights)
    total = select(greater(total, -1.0), total, 1.0)  # of an infinite logit the weight is nan
    return tuple(w / total for w in weights)


def _logsumexp(*xs: float) -> float:
    i = xs.index(max(xs))
    largest = xs[i]
    if math.isinf(largest):
        return math.nan if any(map(math.isnan, xs)) else largest
    return largest + math.log1p(sum(math.exp(x - largest) for x in xs[:i] + xs[i + 1 :]))


def _dot(*ab: Any) -> Any:
    n = len(ab) // 2
    return sum(map(operator.mul, ab[:n], ab[n:]))


logsumexp: Primitive = row("logsumexp", _logsumexp, lambda *xs: reduce(np.logaddexp, xs), _softmax)
dot: Primitive = row(
    "dot",
    _dot,
    lambda *ab: sum(map(operator.mul, ab[: len(ab) // 2], ab[len(ab) // 2 :])),
    lambda out, *ab: ab[len(ab) // 2 :] + ab[: len(ab) // 2],
)
