"""Numerical derivatives that know their own error: differences at smaller and smaller steps.

One input is moved by h and 2h to both sides. Five points give the central slope, wrong by
h^4 f'''''/30, and the three on each side a one-sided slope, wrong by h^2 f'''/3. Halving h makes
that truncation smaller and rounding larger, so no step is right for every function: `best` takes
the one where both together are least. Invariant: a slope comes with a bound on its error, and a
coarse step never outweighs finer ones that contradict it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

STEPS = 44  # halvings: from 1e-3 down to 1e-16
CENTRAL, ONE_SIDED = 1.5, 4.0  # sums of the absolute weights of the formulas, over 1 / h
SLOWEST = 4.0  # error over the change by the next halving: 3.4 where a slope converges as sqrt(h)
FINEST = 4  # changes between the finest steps, of which the largest shows the rounding error
CHANCE = 2.0  # times that error: what a slope may be wrong by
GROWING, GROWTH = 8, 1.25  # steps in a row at which a slope grows as h^(-1/3) or faster
UNRESOLVED = 0.01  # of the median change of f over all steps, where it is that of the finest
NOISY = 100.0  # times the rounding error that is to be expected


@dataclass(frozen=True)
class Slope:
    """A derivative and a bound on its error; inf where it diverges, or does not settle.

    `rival` is what the coarsest steps say. Rounding inside of an operation may exceed what is to be
    expected, so that the output does not move at finer steps; they contradict these by mistake.
    """

    value: float
    error: float
    rival: "Slope | None" = None


NONE = Slope(math.nan, math.inf)
UNSETTLED = Slope(math.inf, math.inf)


def steps_at(x: float, eps: float) -> Iterator[float]:
    """Yield steps from eps * max(1, |x|) down, and for a small `x` others on its own scale.

    They are powers of two, so that x + h is exact nearly always.
    """
    last = math.inf
    for scale in (max(abs(x), 1.0), abs(x)):
        h = math.ldexp(0.5, math.frexp(eps * scale)[1])
        for _ in range(STEPS):
            if h < last and x - h < x < x + h:
                yield h
                last = h
            h /= 2.0


class Differences:
    """Slopes of the outputs of `f` along one input at `x`, a list for each step tried so far.

    `f` takes the input and returns the outputs, `values` at `x` itself. Where `f` raises an
    `ArithmeticError` or a `ValueError`, it counts as nan: outside of its domain.
    """

    def __init__(
        self, f: Callable[[float], list[float]], x: float, values: list[float], eps: float
    ) -> None:
        self.steps: list[float] = []
        self.central: list[list[float]] = []
        self.left: list[list[float]] = []
        self.right: list[list[float]] = []
        self._misplaced: list[float] = []  # by rounding x + h, which is exact nearly always
        self.values, self._f, self._x = values, f, x
        self._seen: dict[float, list[float]] = {}
        self._smaller = steps_at(x, eps)

    def narrow(self) -> bool:
        """Try the next smaller step; False where there is none."""
        h = next(self._smaller, None)
        if h is None:
            return False
        shifts = [-2.0 * h, -h, h, 2.0 * h]
        below2, below, above, above2 = map(self._at, shifts)
        outputs = list(zip(below2, below, self.values, above, above2, strict=True))
        self.steps.append(h)
        self._misplaced.append(max(abs(self._x + shift - self._x - shift) for shift in shifts))
        self.central.append([_central(h, *five) for five in outputs])
        self.left.append([-_one_sided(h, five[2], five[1], five[0]) for five in outputs])
        self.right.append([_one_sided(h, *five[2:]) for five in outputs])
        return True

    def slopes(self, output: int, rounding: float) -> tuple[Slope, Slope, Slope]:
        """The central slope of one output, that to the left and that to the right.

        `rounding` bounds the rounding error of the output.
        """
        return (
            self._slope(output, self.central, CENTRAL, rounding, (-1.0, 1.0)),
            self._slope(output, self.left, ONE_SIDED, rounding, (-1.0,)),
            self._slope(output, self.right, ONE_SIDED, rounding, (1.0,)),
        )

    def _slope(
        self,
        output: int,
        tried: list[list[float]],
        weight: float,
        rounding: float,
        sides: tuple[float, ...],
    ) -> Slope:
        slopes = [line[output] for line in tried]
        noise = [
            weight * (rounding + abs(slope) * misplaced)
            for slope, misplaced in zip(slopes, self._misplaced, strict=True)
        ]
        slope = best(self.steps, slopes, noise)
        if not math.isfinite(slope.value) or self._resolves(output, rounding, sides):
            return slope
        return UNSETTLED

    def _resolves(self, output: int, rounding: float, sides: tuple[float, ...]) -> bool:
        """Whether the output changes less and less as the step shrinks: sin(1e90) does not."""
        changes = [
            (abs(shift), abs(values[output] - self.values[output]))
            for shift, values in self._seen.items()
            if math.copysign(1.0, shift) in sides and math.isfinite(values[output])
        ]
        near = 4.0 * min(shift for shift, _ in changes)
        nearest = max(change for shift, change in changes if shift <= near)
        typical = median(change for _, change in changes)
        return nearest <= max(NOISY * rounding, UNRESOLVED * typical)

    def _at(self, shift: float) -> list[float]:
        if shift not in self._seen:
            try:
                values = self._f(self._x + shift)
            except (ArithmeticError, ValueError):
                values = []
            known = len(values) == len(self.values)
            self._seen[shift] = values if known else [math.nan] * len(self.values)
        return self._seen[shift]


def _central(h: float, f1: float, f2: float, _: float, f4: float, f5: float) -> float:
    """(f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h (Abramowitz and Stegun 25.3.6)."""
    return (8.0 * (f4 - f2) - (f5 - f1)) / (12.0 * h)


def _one_sided(h: float, f0: float, f1: float, f2: float) -> float:
    """(-3 f(x) + 4 f(x+h) - f(x+2h)) / 2h."""
    return (4.0 * (f1 - f0) - (f2 - f0)) / (2.0 * h)


def best(steps: Sequence[float], slopes: Sequence[float], rounding: Sequence[float]) -> Slope:
    """Return the slope at the step where its error is least.

    `rounding` over the step bounds the rounding error that is to be expected; where the finest
    slopes scatter more, that counts. Truncation is seen from the change to the next step, and
    from all finer slopes: what differs from one by more than its rounding error is wrong by the
    rest (Lepski 1991).
    """
    tried = zip(steps, slopes, rounding, strict=True)
    usable = [(h, slope, noise) for h, slope, noise in tried if math.isfinite(slope)]
    if len(usable) <= FINEST:
        return NONE
    h, last, noise = usable[-1]
    if _grows([slope for _, slope, _ in usable]) and abs(last) > noise / h:
        return Slope(math.copysign(math.inf, last), 0.0)
    changes = [abs(a - b) for (_, a, _), (_, b, _) in pairwise(usable)]
    scatter = [change * h for change, (h, _, _) in zip(changes, usable[1:], strict=True)]
    seen = max(scatter[-FINEST:])
    errors = [max(noise, seen) / h for h, _, noise in usable]
    candidates = []
    for i, change in enumerate(changes):
        slope = usable[i][1]
        finer = zip(usable[i + 1 :], errors[i + 1 :], strict=True)
        contradictions = [abs(slope - other) - CHANCE * error for (_, other, _), error in finer]
        candidates.append(Slope(slope, max(errors[i] + SLOWEST * change, *contradictions)))
    chosen = min(candidates, key=lambda slope: slope.error)
    return replace(chosen, rival=Slope(usable[0][1], SLOWEST * max(changes[:FINEST])))


def _grows(slopes: list[float]) -> bool:
    """Whether slopes grow without bound as the step shrinks, as far as can be seen."""
    finest = slopes[-GROWING:]
    growth = [a != 0.0 and b / a >= GROWTH for a, b in pairwise(finest)]
    return len(finest) == GROWING and all(growth)
