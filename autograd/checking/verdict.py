"""Verdicts: what differences say about one derivative, and why.

Right is what lies within the tolerance, absolute and relative jointly, or beyond it within the
error of the differences, where that error is small. Where it is not, or rounding of the derivative
itself explains the difference, it is `uncertain`; at a kink every slope between those of the two
sides is a derivative. Invariant: where differences resolve a tenth of 0.1 %, a derivative that is
0.1 % wrong is called wrong, unless the absolute tolerance or its rounding allow it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from autograd.checking.differences import WEIGHTS, Slope, best

Word = Literal["right", "kink", "uncertain", "wrong", "not finite"]
RESOLUTION = 1e-4  # of the derivative: a tenth of the mistake that must not pass
CONVICTS = 2.0**-5  # of the derivative: where differences know no better, they may mislead
CANCELS = (
    "the gradient itself is only known to ±{:.1e}: large numbers cancel in it; rewrite f, with "
    "log1p or expm1 for example"
)


class Tolerance(NamedTuple):
    """Two numbers agree where they differ by `absolute + relative * magnitude` or less."""

    absolute: float
    relative: float

    def at(self, *numbers: float) -> float:
        """The difference that is allowed; the magnitude is that of the largest number."""
        return self.absolute + self.relative * max(map(abs, numbers))

    def agree(self, a: float, b: float) -> bool:
        """Whether two numbers agree; nan and inf agree with no number."""
        return math.isfinite(a) and math.isfinite(b) and abs(a - b) <= self.at(a, b)


class Verdict(NamedTuple):
    """The numerical derivative, the word on the analytic one, and a note for the reader."""

    numeric: float
    word: Word
    note: str = ""


def examine(
    steps: Iterable[tuple[float, list[float]]],
    analytic: Sequence[float],
    rounding: float,
    tolerance: Tolerance,
    doubt: Callable[[], float] = lambda: 0.0,
) -> list[Verdict]:
    """Compare derivatives of one output by one input, one for each way of differentiating.

    `rounding` bounds the rounding error of the output, `doubt` that of its derivative. Two steps
    that both agree, with slopes that agree on the two sides, are enough; otherwise all are taken
    before the verdict. Where rounding exceeds the tolerance they do not count, unless the output
    has not moved at all so far: it may round to a constant.
    """
    tried: list[tuple[float, list[float]]] = []
    for h, slopes in steps:
        tried.append((h, slopes))
        central, left, right = slopes
        noise = rounding / h if any(any(moved) for _, moved in tried) else 0.0
        last = [slopes[0] for _, slopes in tried[-2:]]
        allowed = tolerance.at(*last)
        if (
            len(last) == 2
            and WEIGHTS[0] * noise <= allowed
            and abs(left - right) <= allowed + sum(WEIGHTS[1:]) * noise
            and all(tolerance.agree(slope, a) for slope in last for a in analytic)
        ):
            return [Verdict(central, "right") for _ in analytic]
    lines = [[(h, slopes[way]) for h, slopes in tried] for way in range(len(WEIGHTS))]
    known = [best(line, weight * rounding) for line, weight in zip(lines, WEIGHTS, strict=True)]
    verdicts = [judge(slope, *known, tolerance=tolerance) for slope in analytic]
    if any(verdict.word == "wrong" for verdict in verdicts):
        error = doubt()
        for i, (slope, (numeric, word, _)) in enumerate(zip(analytic, verdicts, strict=True)):
            if word == "wrong" and abs(slope - numeric) <= tolerance.at(slope, numeric) + error:
                verdicts[i] = Verdict(numeric, "uncertain", CANCELS.format(error))
    return verdicts


def judge(
    analytic: float, central: Slope, left: Slope, right: Slope, *, tolerance: Tolerance
) -> Verdict:
    """Compare a derivative with the slope that differences give, and those of each side."""
    slopes = [slope for slope in (central, left, right) if math.isfinite(slope.value)]
    if not math.isfinite(analytic):
        numeric = slopes[0].value if slopes else math.nan
        return Verdict(numeric, "not finite", f"the gradient is {analytic}")
    unsettled = math.inf in (left.value, right.value)
    sides = [slope for slope in (left, right) if math.isfinite(slope.value)]
    if not sides:
        return Verdict(math.nan, "uncertain", _missing(unsettled, "around this point"))
    if len(sides) == 1:
        where = "to the left" if math.isfinite(right.value) else "to the right"
        found = _compare(analytic, sides[0], tolerance, _missing(unsettled, where))
        return found._replace(word="kink") if unsettled and found.word == "right" else found
    low, high = sorted((left.value, right.value))
    allowed = tolerance.at(low, high) + left.error + right.error
    if high - low > allowed:
        word: Word = "kink" if low - allowed <= analytic <= high + allowed else "wrong"
        before, after = left.value + 0.0, right.value + 0.0  # no -0
        note = f"a kink: slope {before:.6g} to the left, {after:.6g} to the right"
        return Verdict((low + high) / 2.0, word, note)
    # where the second derivative jumps, the sides converge as h^2 and the middle as h
    middle = Slope((low + high) / 2.0, max(left.error, right.error))
    return _compare(analytic, min(central, middle, key=lambda slope: slope.error), tolerance)


def _missing(unsettled: bool, where: str) -> str:
    return f"f jumps, or is too rough, {where}" if unsettled else f"f is not finite {where}"


def _compare(analytic: float, slope: Slope, tolerance: Tolerance, note: str = "") -> Verdict:
    numeric, error = slope
    difference, magnitude = abs(analytic - numeric), max(abs(analytic), abs(numeric))
    excess = difference - tolerance.at(magnitude)
    if excess <= 0.0:
        return Verdict(numeric, "right", note)
    if excess > error and error <= max(tolerance.absolute, CONVICTS * magnitude):
        return Verdict(numeric, "wrong", note)
    fine = error <= max(tolerance.absolute, RESOLUTION * magnitude)
    known = f"the differences are only known to ±{error:.1e}"
    return Verdict(numeric, "right" if fine else "uncertain", f"{note}; {known}" if note else known)
