"""Test samples for every row of the table: where to draw points, and the exact mathematics.

The exact value and partials are written in mpmath, independently of the engine. Domains reach
into the tails and stop where an intermediate result would leave the normal floats.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from mpmath import mp, mpf

Point = tuple[float, ...]


@dataclass(frozen=True)
class Sample:
    """`draw(rng)` gives one point; `value` and each of `partials` take its coordinates.

    `terms` is the magnitude of what the value adds up: where terms cancel, their rounding counts.
    `moderate` moves a point whose coordinates are 0.2 to 0.9 in size to where the row is smooth.
    A row is `scale_free` where only the ratio of its inputs counts, and not how large they are.
    """

    draw: Callable[[Random], Point]
    value: Callable[..., Any]
    partials: tuple[Callable[..., Any], ...]
    second_order: bool = True
    terms: Callable[[Point], float] = lambda point: 0.0
    moderate: Callable[..., Point] = lambda *point: point
    scale_free: bool = False


def spread(low: float, high: float, signed: bool = True) -> Callable[[Random], float]:
    """Half the points log-uniform from low to high, half uniform from low to min(high, 5)."""

    def draw(rng: Random) -> float:
        sign = rng.choice((-1.0, 1.0)) if signed else 1.0
        if rng.random() < 0.5:
            return sign * math.exp(rng.uniform(math.log(low), math.log(high)))
        return sign * rng.uniform(low, min(high, 5.0))

    return draw


def between(low: float, high: float) -> Callable[[Random], float]:
    """Uniform, and in half of the cases closer and closer to an end of the interval."""

    def draw(rng: Random) -> float:
        if rng.random() < 0.5:
            return rng.uniform(low, high)
        distance = math.exp(rng.uniform(math.log(1e-15), math.log(0.4))) * (high - low)
        return min(max(rng.choice((low + distance, high - distance)), low), high)

    return draw


everywhere = spread(1e-300, 1e300)
positive = spread(1e-300, 1e300, signed=False)


def conditions(rng: Random) -> float:
    """A number that stands for true or false; only the zeros are false."""
    return rng.choice((0.0, -0.0, 1.0, everywhere(rng)))


def points(*draws: Callable[[Random], float]) -> Callable[[Random], Point]:
    return lambda rng: tuple(draw(rng) for draw in draws)


def unary(draw: Callable[[Random], float], value: Any, partial: Any, **others: Any) -> Sample:
    return Sample(points(draw), value, (partial,), **others)


def alike(rng: Random) -> Point:
    """Two numbers whose quotients and squared quotients are normal floats."""
    x = spread(1e-150, 1e150)(rng)
    return x, x * spread(1e-75, 1e75)(rng)


def steps(rng: Random) -> Point:
    """Two numbers whose quotient has digits behind the point."""
    y = spread(1e-150, 1e150)(rng)
    return y * spread(1e-15, 1e15)(rng), y


def quotients(rng: Random) -> Point:
    while True:
        x, y = spread(1e-150, 1e150)(rng), spread(1e-75, 1e75)(rng)
        if 1e-300 < abs(x / y / y) < 1e300:
            return x, y


def powers(exponent: Callable[[Random], float], negative_bases: bool) -> Callable[..., Point]:
    def draw(rng: Random) -> Point:
        while True:
            x, y = spread(1e-300, 1e300, signed=False)(rng), exponent(rng)
            if max(abs(y), abs(y - 1.0)) * abs(math.log(x)) < 680.0:
                return (-x if negative_bases and y.is_integer() and rng.random() < 0.5 else x), y

    return draw


def exponents(rng: Random) -> float:
    return rng.choice((float(rng.randint(-6, 9)), rng.uniform(-3.0, 3.0), rng.uniform(-0.6, 0.6)))


def logits(rng: Random) -> Point:
    scale = rng.choice((1.0, 30.0, 1e4))
    return tuple(rng.uniform(-scale, scale) for _ in range(3))


def share_of_exponentials(i: int) -> Callable[..., Any]:
    return lambda *xs: mp.exp(xs[i]) / mp.fsum(mp.exp(x) for x in xs)


def heaviside(condition: Any) -> Any:
    return mpf(1) if condition else mpf(0)


def sizes(*point: float) -> Point:
    return tuple(map(abs, point))


def between_steps(x: float, y: float) -> Point:
    """A point where x / y is not close to a whole number."""
    return 3.0 + x, math.copysign(1.0, y)


def remainder(x: Any, y: Any) -> Any:
    """x modulo y, without rounding, however large x / y is."""
    found = Fraction(float(x)) % Fraction(float(y))
    return mpf(found.numerator) / found.denominator


def zero(*_: Any) -> Any:
    return mpf(0)


def one(*_: Any) -> Any:
    return mpf(1)


def cube_root(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


SAMPLES: dict[str, Sample] = {
    "greater": Sample(
        points(everywhere, everywhere), lambda x, y: heaviside(x > y), (zero, zero), False
    ),
    "select": Sample(
        points(conditions, everywhere, everywhere),
        lambda c, x, y: x if c != 0 else y,
        (zero, lambda c, x, y: heaviside(c != 0), lambda c, x, y: heaviside(c == 0)),
    ),
    "where": unary(everywhere, lambda x: x, one),
    "copy": unary(everywhere, lambda x: x, one),
    "detach": Sample(points(everywhere), lambda x: x, (zero,), False),
    "+": Sample(points(everywhere, everywhere), lambda x, y: x + y, (one, one)),
    "-": Sample(
        points(everywhere, everywhere),
        lambda x, y: x - y,
        (one, lambda x, y: mpf(-1)),
    ),
    "*": Sample(
        points(spread(1e-150, 1e150), spread(1e-150, 1e150)),
        lambda x, y: x * y,
        (lambda x, y: y, lambda x, y: x),
    ),
    "/": Sample(quotients, lambda x, y: x / y, (lambda x, y: 1 / y, lambda x, y: -x / y**2)),
    "neg": unary(everywhere, lambda x: -x, lambda x: mpf(-1)),
    "abs": unary(everywhere, abs, mp.sign),
    "magnitude": unary(everywhere, abs, lambda x: mpf(1) if x > 0 else mpf(-1)),
    "**": Sample(
        powers(exponents, negative_bases=True),
        mp.power,
        (lambda x, c: c * mp.power(x, c - 1), zero),
        moderate=sizes,
    ),
    "pow": Sample(
        powers(exponents, negative_bases=False),
        mp.power,
        (lambda x, y: y * mp.power(x, y - 1), lambda x, y: mp.power(x, y) * mp.log(x)),
        moderate=sizes,
    ),
    "sqrt": unary(positive, mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), moderate=sizes),
    "cbrt": unary(everywhere, cube_root, lambda x: 1 / (3 * mp.cbrt(x * x))),
    "hypot": Sample(
        alike,
        mp.hypot,
        (lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)),
        scale_free=True,
    ),
    "maximum": Sample(
        points(everywhere, everywhere),
        lambda x, y: max(x, y),
        (lambda x, y: heaviside(x > y), lambda x, y: heaviside(y > x)),
    ),
    "minimum": Sample(
        points(everywhere, everywhere),
        lambda x, y: min(x, y),
        (lambda x, y: heaviside(x < y), lambda x, y: heaviside(y < x)),
    ),
    "relu": unary(everywhere, lambda x: max(x, mpf(0)), lambda x: heaviside(x > 0)),
    "leaky_relu": Sample(
        points(spread(1e-100, 1e100), between(0.0, 1.0)),
        lambda x, slope: x if x > 0 else slope * x,
        (lambda x, slope: mpf(1) if x > 0 else slope, lambda x, slope: min(x, mpf(0))),
    ),
    "floor": unary(everywhere, mp.floor, zero),
    "ceil": unary(everywhere, mp.ceil, zero),
    "sign": unary(everywhere, mp.sign, zero),
    "mod": Sample(steps, remainder, (one, lambda x, y: -mp.floor(x / y)), moderate=between_steps),
    "floor_divide": Sample(
        steps, lambda x, y: mp.floor(x / y), (zero, zero), moderate=between_steps
    ),
    "exp": unary(between(-740.0, 709.0), mp.exp, mp.exp),
    "exp2": unary(
        between(-1020.0, 1023.0), lambda x: mp.power(2, x), lambda x: mp.power(2, x) * mp.log(2)
    ),
    "expm1": unary(spread(1e-300, 700.0), mp.expm1, mp.exp),
    "log": unary(positive, mp.log, lambda x: 1 / x, moderate=sizes),
    "log2": unary(positive, lambda x: mp.log(x, 2), lambda x: 1 / x / mp.log(2), moderate=sizes),
    "log10": unary(positive, mp.log10, lambda x: 1 / x / mp.log(10), moderate=sizes),
    "log1p": unary(
        lambda rng: (
            spread(1e-300, 1e300, False)(rng)
            if rng.random() < 0.6
            else -between(0.0, 1.0 - 1e-15)(rng)
        ),
        lambda x: mp.log1p(x),
        lambda x: 1 / (1 + x),
    ),
    "sigmoid": unary(
        spread(1e-300, 740.0),
        lambda x: 1 / (1 + mp.exp(-x)),
        lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
    ),
    "softplus": unary(
        spread(1e-300, 700.0), lambda x: mp.log1p(mp.exp(x)), lambda x: 1 / (1 + mp.exp(-x))
    ),
    "sin": unary(everywhere, mp.sin, mp.cos),
    "cos": unary(everywhere, mp.cos, lambda x: -mp.sin(x)),
    "tan": unary(everywhere, mp.tan, lambda x: mp.sec(x) ** 2),
    "arcsin": unary(between(-1.0, 1.0), mp.asin, lambda x: 1 / mp.sqrt(1 - x**2)),
    "arccos": unary(between(-1.0, 1.0), mp.acos, lambda x: -1 / mp.sqrt(1 - x**2)),
    "arctan": unary(everywhere, mp.atan, lambda x: 1 / (1 + x**2)),
    "arctan2": Sample(
        alike,
        mp.atan2,
        (lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y)),
        scale_free=True,
    ),
    "sinh": unary(spread(1e-300, 709.0), mp.sinh, mp.cosh),
    "cosh": unary(spread(1e-300, 709.0), mp.cosh, mp.sinh),
    "tanh": unary(spread(1e-300, 370.0), mp.tanh, lambda x: mp.sech(x) ** 2),
    "arcsinh": unary(everywhere, mp.asinh, lambda x: 1 / mp.sqrt(1 + x**2)),
    "arccosh": unary(
        lambda rng: 1.0 + spread(1e-12, 1e300, False)(rng),
        mp.acosh,
        lambda x: 1 / mp.sqrt(x**2 - 1),
        moderate=lambda x: (1.0 + abs(x),),
    ),
    "arctanh": unary(between(-1.0, 1.0), mp.atanh, lambda x: 1 / (1 - x**2)),
    "erf": unary(spread(1e-300, 26.0), mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2))),
    "logsumexp": Sample(
        logits,
        lambda *xs: mp.log(mp.fsum(mp.exp(x) for x in xs)),
        tuple(share_of_exponentials(i) for i in range(3)),
        terms=lambda point: max(map(abs, point)),
    ),
    "logaddexp": Sample(
        lambda rng: logits(rng)[:2],
        lambda *xs: mp.log(mp.fsum(mp.exp(x) for x in xs)),
        (share_of_exponentials(0), share_of_exponentials(1)),
        terms=lambda point: max(map(abs, point)),
    ),
    "take": Sample(
        lambda rng: (float(rng.randint(0, 2)), *points(*[everywhere] * 3)(rng)),
        lambda place, *values: values[int(place)],
        (
            lambda place, *values: mpf(0),
            *[lambda place, *values, i=i: heaviside(place == i) for i in range(3)],
        ),
        moderate=lambda place, *values: (1.0 + place / 3.0, *values),
    ),
    "dot": Sample(
        points(*[spread(1e-50, 1e50)] * 4),
        lambda a, b, c, d: a * c + b * d,
        (
            lambda a, b, c, d: c,
            lambda a, b, c, d: d,
            lambda a, b, c, d: a,
            lambda a, b, c, d: b,
        ),
        terms=lambda point: abs(point[0] * point[2]) + abs(point[1] * point[3]),
    ),
}


def moderate(name: str, rng: Random) -> Point:
    """A point where the row is smooth and differences are accurate."""
    count = len(SAMPLES[name].draw(rng))
    point = [rng.choice((-1.0, 1.0)) * rng.uniform(0.2, 0.9) for _ in range(count)]
    return SAMPLES[name].moderate(*point)


def exact(function: Callable[..., Any], point: Point, bits: int = 200) -> Any:
    """Evaluate with 200 bits: on every row 1e-40 ULP from what 2,400 bits give."""
    with mp.workprec(bits):
        return +function(*map(mpf, point))


def ulps(computed: float, truth: Any) -> float:
    """The distance in units in the last place of the true value."""
    rounded = float(truth)
    if not math.isfinite(rounded) or not math.isfinite(computed):
        return 0.0 if computed == rounded else math.inf
    return float(abs(mpf(computed) - truth)) / math.ulp(rounded)


def five_point(f, x, h):
    """The five-point central difference, error of order h^4."""
    return (8.0 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12.0 * h)
