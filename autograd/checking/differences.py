"""Numerical derivatives that know their own error: differences at smaller and smaller steps.

One input is moved by h and 2h to both sides. Five points give the central slope, wrong by
h^4 f'''''/30, and the three on each side a one-sided slope, wrong by h^2 f'''/3. Halving h makes
that truncation smaller and rounding larger, so no step is right for every function: `best` takes
the one whose error is least. Invariant: a slope comes with its error, and a coarse step never
outweighs finer ones that contradict it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from statistics import median
from typing import NamedTuple

WEIGHTS = 1.5, 4.0, 4.0  # sums of the absolute weights of the three formulas, over 1 / h
SLOWEST = 4.0  # error over the change by the next halving: 3.4 where a slope converges as sqrt(h)
FINEST = 4  # of the steps: what scatters there is rounding


class Slope(NamedTuple):
    """A derivative and its error; nan where nothing is known, inf where f does not settle."""

    value: float
    error: float


NOWHERE = Slope(math.nan, math.inf)
UNSETTLED = Slope(math.inf, math.inf)


def steps_at(x: float, eps: float) -> Iterator[float]:
    """Yield steps from eps * max(1, |x|) down to the last digits of `x`, 1e-16 where it is 0.

    They are powers of two, so that x + h is exact nearly always.
    """
    h = math.ldexp(0.5, math.frexp(eps * max(abs(x), 1.0))[1])
    while x - h < x < x + h and h >= 2.0**-53 * min(abs(x) or 1.0, 1.0):
        yield h
        h /= 2.0


def differences(
    f: Callable[[float], list[float]], x: float, values: list[float], eps: float
) -> Iterator[tuple[float, list[list[float]]]]:
    """Yield each step, with the slopes of each output: central, to the left, to the right.

    `f` takes an input and returns the outputs, `values` at `x` itself. Where it raises an
    `ArithmeticError` or a `ValueError`, it counts as nan: outside of its domain.
    """

    @cache
    def at(shift: float) -> list[float]:
        try:
            moved = f(x + shift)
        except (ArithmeticError, ValueError):
            moved = []
        return moved if len(moved) == len(values) else [math.nan] * len(values)

    for h in steps_at(x, eps):
        fives = zip(at(-2.0 * h), at(-h), values, at(h), at(2.0 * h), strict=True)
        yield h, [_slopes(h, *five) for five in fives]


def _slopes(h: float, f1: float, f2: float, f3: float, f4: float, f5: float) -> list[float]:
    """(f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h (Abramowitz and Stegun 25.3.6), and on each
    side (-3 f(x) + 4 f(x+h) - f(x+2h)) / 2h."""
    left = ((f1 - f3) - 4.0 * (f2 - f3)) / (2.0 * h)
    right = (4.0 * (f4 - f3) - (f5 - f3)) / (2.0 * h)
    return [(8.0 * (f4 - f2) - (f5 - f1)) / (12.0 * h), left, right]


def best(tried: Sequence[tuple[float, float]], rounding: float) -> Slope:
    """Return, of pairs of a step and its slope, the slope whose error is least.

    A slope is wrong by rounding over the step, and by its change to the next, or by what a finer
    one contradicts it by beyond its own rounding (Lepski 1991). Rounding is twice what is to be
    expected, or twice what the finest slopes scatter by. Where the output has stopped to move it
    tells nothing more, and where its last moves are as large as the others it does not settle.
    """
    usable = [(h, slope) for h, slope in tried if math.isfinite(slope)]
    moving = [i for i, (_, slope) in enumerate(usable) if slope]
    usable = usable[: max(moving[-1], FINEST) + 1] if moving else usable
    if len(usable) <= FINEST:
        return NOWHERE
    moves = [h * abs(slope) for h, slope in usable]
    if max(moves[-FINEST:]) > max(rounding, median(moves) / 2.0):
        return UNSETTLED
    scatter = [h * abs(slope - before) for (_, before), (h, slope) in pairwise(usable)]
    noise = 2.0 * max(rounding, *scatter[-FINEST:])
    finer: list[Slope] = []
    chosen = NOWHERE
    for h, slope in reversed(usable):
        change = SLOWEST * abs(slope - finer[-1].value) if finer else 0.0
        doubt = max([change, *(abs(slope - other) - error for other, error in finer)])
        finer.append(Slope(slope, noise / h))
        chosen = min(Slope(slope, noise / h + doubt), chosen, key=lambda slope: slope.error)
    return chosen
