"""The table of primitives: every operation is one row, read in several ways.

A row is a name, the value on floats and on arrays, and the partials; below them stands what readers
see where it is something else. The partials are written with operators and other rows only, so the
same line serves floats (recording), arrays (a whole batch at once), `Value`s (derivatives of
derivatives) and symbols. Where it keeps digits that the textbook's rule loses, that rule follows.
Values follow IEEE 754, as in NumPy: `exp(1000)` is inf, `1 / 0` is inf, `log(-1)` is nan. Of
fractions + - * / % // abs, whole powers, `dot`, kinks and steps are fractions.
"""

import math
import operator
from builtins import abs as absolute
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from autograd.engine import columns, numerics
from autograd.engine.primitive import Primitive, row

LN_2, LN_10, TWO_BY_ROOT_PI = 0.6931471805599453, 2.302585092994046, 1.1283791670955126


def _is_greater(x: Any, y: Any) -> Any:
    return select(greater(x, y), 1.0, 0.0)


def _share(x: Any, y: Any) -> Any:  # a tie of maximum or minimum gives half to each side
    return (1 + greater(x, y) - greater(y, x)) / 2


def _taken(out: Any, index: Any, *values: Any) -> tuple[Any, ...]:
    beyond = [greater(index, place - 0.5) for place in range(1, len(values))]
    return (0.0, *[a - b for a, b in zip([1.0, *beyond], [*beyond, 0.0], strict=True)])


# fmt: off
# Selection. `greater` is 1 where x > y, else 0; `select` is the branch taken, and nothing else:
# what the other branch holds cannot reach the gradient.
greater: Primitive = row("greater", columns.greater, lambda x, y: np.greater(x, y) * 1.0,
    lambda out, x, y: (0.0, 0.0), javascript="(x, y) => (x > y ? 1 : 0)", step=True)
select: Primitive = row("select", lambda c, x, y: x if c else y,
    lambda c, x, y: np.where(np.not_equal(c, 0.0), x, y),
    lambda out, c, x, y: (0.0, select(c, 1.0, 0.0), select(c, 0.0, 1.0)),
    javascript="(c, x, y) => (c !== 0 ? x : y)")
# `take` is the value at a place, counted from 0; a graph has the one that was taken, a recording
# all, for there the place will change. `functions.take` sees to it that there is such a place.
take = row("take", columns.take, columns.take_array, _taken,
    javascript="(place, ...values) => "
    "values[Math.ceil(Math.min(Math.max(place, 0), values.length - 1) - 0.5)]")
where = row("where", lambda x: x, lambda x: x, lambda out, x: (1.0,), javascript="(x) => x")
# What `copy.copy` leaves, and the variables of an inner derivative: linked to the original.
copy = row("copy", lambda x: x, lambda x: x, lambda out, x: (1.0,), javascript="(x) => x")
# What `detach` and `no_grad` leave in a graph that is being compiled.
detach = row("detach", lambda x: x, lambda x: x, lambda out, x: (0.0,), javascript="(x) => x",
    step=True)

# Arithmetic
add = row("+", operator.add, np.add, lambda out, x, y: (1.0, 1.0))
subtract = row("-", operator.sub, np.subtract, lambda out, x, y: (1.0, -1.0))
multiply = row("*", operator.mul, np.multiply, lambda out, x, y: (y, x))
divide = row("/", operator.truediv, np.true_divide, lambda out, x, y: (1 / y, -out / y),
    latex=r"\frac{#1}{#2}", domain=lambda x, y: y != 0.0)
negative = row("neg", operator.neg, np.negative, lambda out, x: (-1.0,), javascript="(x) => -x")
abs = row("abs", absolute, np.absolute, lambda out, x: (greater(x, 0.0) - greater(0.0, x),),
    textbook=lambda out, x: (sign(x),), latex=r"\left|#1\right|")
# |x| as the argument of an even function: with a slope of 0 at 0, that of abs, its derivatives of
# even order would be wrong there; with the slope of one side they are those of the function.
magnitude = row("magnitude", absolute, np.absolute, lambda out, x: (2.0 * greater(x, 0.0) - 1.0,),
    textbook=lambda out, x: (select(greater(x, 0.0), 1.0, -1.0),), javascript="Math.abs")

# `x ** constant` needs no logarithm of the base; `x ** y` does. At base 0 the derivative by the
# exponent is 0 wherever the power is finite, as in PyTorch.
power_constant = row("**", columns.power_constant, columns.power_constant_array,
    numerics.power_constant_partials, textbook=lambda out, x, c: (c * x ** (c - 1.0), 0.0),
    domain=columns.has_power,
    javascript="(x, c) => (c === 0.5 ? Math.sqrt(x) : power(x, c))")
power = row("pow", columns.power, np.power, numerics.power_partials,
    textbook=lambda out, x, y: (y * x ** (y - 1.0), out * log(x)), domain=columns.has_power,
    javascript="power")
sqrt: Primitive = row("sqrt", math.sqrt, np.sqrt, lambda out, x: (0.5 / out,),
    latex=r"\sqrt{#1}", domain=lambda x: x >= 0.0)
cbrt = row("cbrt", columns.cbrt, columns.cbrt_array, lambda out, x: (1.0 / (3.0 * out * out),),
    latex=r"\sqrt[3]{#1}")
# libm's, as NumPy's is; `math.hypot` is Python's own, whose last digit may be another.
hypot: Primitive = row("hypot", lambda x, y: absolute(complex(x, y)), np.hypot,
    lambda out, x, y: (x / out, y / out))

# Kinks, where nan wins, as in NumPy, and derivatives are PyTorch's.
maximum = row("maximum", columns.maximum, np.maximum,
    lambda out, x, y: (_share(x, y), _share(y, x)),
    textbook=lambda out, x, y: (_is_greater(x, y), _is_greater(y, x)),
    latex=r"\max\left(#1, #2\right)", javascript="(x, y) => (x >= y || x !== x ? x : y)")
minimum = row("minimum", columns.minimum, np.minimum,
    lambda out, x, y: (_share(y, x), _share(x, y)),
    textbook=lambda out, x, y: (_is_greater(y, x), _is_greater(x, y)),
    latex=r"\min\left(#1, #2\right)", javascript="(x, y) => (x <= y || x !== x ? x : y)")
relu = row("relu", lambda x: x if not x <= 0.0 else 0.0 if x.__class__ is float else Fraction(0),
    lambda x: np.maximum(x, 0.0), lambda out, x: (greater(x, 0.0),),
    textbook=lambda out, x: (_is_greater(x, 0.0),), javascript="(x) => (x <= 0 ? 0 : x)")
leaky_relu = row("leaky_relu", lambda x, slope: x if x > 0.0 else slope * x,
    lambda x, slope: np.where(x > 0.0, x, slope * x),
    lambda out, x, slope: (select(greater(x, 0.0), 1.0, slope), minimum(x, 0.0)),
    javascript="(x, slope) => (x > 0 ? x : slope * x)")

# Steps, with a slope of 0; the remainder has the sign of the divisor, as Python's.
floor = row("floor", columns.whole(math.floor), np.floor, lambda out, x: (0.0,),
    latex=r"\left\lfloor #1 \right\rfloor", step=True)
ceil = row("ceil", columns.whole(math.ceil), np.ceil, lambda out, x: (0.0,),
    latex=r"\left\lceil #1 \right\rceil", step=True)
sign: Primitive = row("sign", lambda x: type(x)((x > 0) - (x < 0)) if x == x else x, np.sign,
    lambda out, x: (0.0,), step=True)
mod = row("mod", operator.mod, np.mod, lambda out, x, y: (1.0, -floor_divide(x, y)),
    javascript="remainder", domain=lambda x, y: y != 0.0)
floor_divide: Primitive = row("floor_divide", lambda x, y: type(x + y)(x // y), np.floor_divide,
    lambda out, x, y: (0.0, 0.0), latex=r"\left\lfloor\frac{#1}{#2}\right\rfloor",
    javascript="floorDivide", domain=lambda x, y: y != 0.0, step=True)

# Exponentials and logarithms
exp: Primitive = row("exp", math.exp, np.exp, lambda out, x: (out,))
exp2 = row("exp2", math.exp2, np.exp2, lambda out, x: (LN_2 * out,), javascript="(x) => 2 ** x")
expm1 = row("expm1", math.expm1, np.expm1, lambda out, x: (exp(x),))
log: Primitive = row("log", math.log, np.log, lambda out, x: (1.0 / x,), domain=lambda x: x > 0.0)
log2 = row("log2", math.log2, np.log2, lambda out, x: (1.0 / (LN_2 * x),),
    latex=r"\log_2\left(#1\right)", domain=lambda x: x > 0.0)
log10 = row("log10", math.log10, np.log10, lambda out, x: (1.0 / (LN_10 * x),),
    latex=r"\log_{10}\left(#1\right)", domain=lambda x: x > 0.0)
log1p = row("log1p", math.log1p, np.log1p, lambda out, x: (1.0 / (1.0 + x),),
    domain=lambda x: x > -1.0)
sigmoid: Primitive = row("sigmoid", columns.sigmoid, columns.sigmoid_array,
    lambda out, x: (numerics.logistic_density(x),),
    textbook=lambda out, x: (out * (1.0 - out),),
    javascript="(x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))")
softplus = row("softplus", lambda x: max(x, 0.0) + math.log1p(math.exp(-math.fabs(x))),
    lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.absolute(x))), lambda out, x: (sigmoid(x),),
    javascript="(x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))")

# Trigonometry. Domains end where the result would not be real.
sin: Primitive = row("sin", math.sin, np.sin, lambda out, x: (cos(x),))
cos: Primitive = row("cos", math.cos, np.cos, lambda out, x: (-sin(x),))
tan = row("tan", math.tan, np.tan, lambda out, x: (1.0 + out * out,))
arcsin = row("arcsin", math.asin, np.arcsin, lambda out, x: (1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    textbook=lambda out, x: (1.0 / sqrt(1.0 - x**2),), domain=lambda x: absolute(x) <= 1.0)
arccos = row("arccos", math.acos, np.arccos, lambda out, x: (-1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    textbook=lambda out, x: (-1.0 / sqrt(1.0 - x**2),), domain=lambda x: absolute(x) <= 1.0)
arctan = row("arctan", math.atan, np.arctan, lambda out, x: (numerics.arctan_partial(x),),
    textbook=lambda out, x: (1.0 / (1.0 + x**2),))
arctan2 = row("arctan2", math.atan2, np.arctan2, numerics.angle_partials,
    textbook=lambda out, y, x: (x / (x**2 + y**2), -y / (x**2 + y**2)))

# Hyperbolic functions. tanh(x) = 2 sigmoid(2x) - 1.
sinh: Primitive = row("sinh", math.sinh, np.sinh, lambda out, x: (cosh(x),))
cosh: Primitive = row("cosh", math.cosh, np.cosh, lambda out, x: (sinh(x),))
tanh = row("tanh", math.tanh, np.tanh, lambda out, x: (4.0 * numerics.logistic_density(2.0 * x),),
    textbook=lambda out, x: (1.0 - out**2,))
arcsinh = row("arcsinh", math.asinh, np.arcsinh, lambda out, x: (numerics.arcsinh_partial(x),),
    textbook=lambda out, x: (1.0 / sqrt(1.0 + x**2),))
arccosh = row("arccosh", math.acosh, np.arccosh,
    lambda out, x: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    textbook=lambda out, x: (1.0 / sqrt(x**2 - 1.0),), domain=lambda x: x >= 1.0)
arctanh = row("arctanh", math.atanh, np.arctanh, lambda out, x: (1.0 / ((1.0 - x) * (1.0 + x)),),
    textbook=lambda out, x: (1.0 / (1.0 - x**2),), domain=lambda x: absolute(x) < 1.0)
erf = row("erf", math.erf, np.vectorize(math.erf, otypes=[float]),
    lambda out, x: (TWO_BY_ROOT_PI * numerics.gaussian(x),),
    textbook=lambda out, x: (TWO_BY_ROOT_PI * exp(-(x**2)),), javascript="errorFunction")

# Rows with any number of inputs, and the one of two that NumPy has
_shown: Any = {"textbook": lambda out, *xs: tuple([exp(x - out) for x in xs]),
    "javascript": "logSumExp"}
logsumexp = row("logsumexp", columns.logsumexp, lambda *xs: reduce(np.logaddexp, xs),
    numerics.softmax, **_shown)
logaddexp = row("logaddexp", columns.logsumexp, np.logaddexp, numerics.softmax, **_shown)
dot = row("dot", columns.dot, columns.dot, javascript="dotProduct",
    partials=lambda out, *ab: ab[len(ab) // 2 :] + ab[: len(ab) // 2])
# fmt: on


# Written with rows
def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """Return `x`, or the bound, `low` or `high`, that it lies beyond; None is no bound.

    At a bound half of the gradient goes to each, as at every tie.
    """
    x = x if low is None else maximum(x, low)
    return x if high is None else minimum(x, high)


def gelu(x: Any) -> Any:
    """Return x times the normal distribution's share below x (Hendrycks and Gimpel 2016)."""
    return 0.5 * x * (1.0 + erf(x * math.sqrt(0.5)))
