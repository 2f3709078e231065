"""Verdicts: what differences say about one derivative, and why.

Right is what lies within the tolerance, absolute and relative jointly, or beyond it within the
error of the differences, where that error is small. Where it is not, or rounding of the derivative
itself explains the difference, the verdict is `uncertain`; at a kink every slope between those of
the two sides is a derivative. Invariant: where differences resolve a tenth of 0.1 %, a derivative
that is 0.1 % wrong is called wrong, unless the absolute tolerance or its rounding allow it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autograd.checking.differences import CENTRAL, ONE_SIDED, Differences, Slope

Verdict = Literal["right", "kink", "uncertain", "wrong", "not finite"]
RESOLUTION = 1e-4  # of the derivative: a tenth of the mistake that must not pass
CANCELS = (
    "the gradient itself is only known to ±{:.1e}: large numbers cancel in it; rewrite f, with "
    "log1p or expm1 for example"
)


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree where they differ by `absolute + relative * magnitude` or less."""

    absolute: float
    relative: float

    def at(self, *numbers: float) -> float:
        """The difference that is allowed; the magnitude is that of the largest number."""
        return self.absolute + self.relative * max(map(abs, numbers))

    def agree(self, a: float, b: float) -> bool:
        """Whether two numbers agree; nan and inf agree with no number."""
        return math.isfinite(a) and math.isfinite(b) and abs(a - b) <= self.at(a, b)


@dataclass(frozen=True)
class Finding:
    """The numerical derivative, the verdict on the analytic one, and a note for the reader."""

    numeric: float
    verdict: Verdict
    note: str = ""


def examine(
    differences: Differences,
    analytic: Sequence[Sequence[float]],
    rounding: Sequence[float],
    tolerance: Tolerance,
    doubt: Callable[[int], float] = lambda o: 0.0,
) -> list[list[Finding]]:
    """Compare derivatives of each output by one input, one for each way of differentiating.

    `rounding` bounds the rounding error of each output, `doubt` that of its derivative. Two steps
    that both agree, with slopes that agree on the two sides, are enough; otherwise all steps are
    tried before the verdict.
    """
    findings: dict[int, list[Finding]] = {}
    waiting = [o for o, value in enumerate(differences.values) if math.isfinite(value)]
    while len(findings) < len(waiting) and differences.narrow():
        for o in waiting:
            if o not in findings and _agrees(differences, o, analytic[o], rounding[o], tolerance):
                numeric = differences.central[-1][o]
                findings[o] = [Finding(numeric, "right") for _ in analytic[o]]
    for o, value in enumerate(differences.values):
        if not math.isfinite(value):
            findings[o] = [Finding(math.nan, "not finite", f"f is {value}") for _ in analytic[o]]
        elif o not in findings:
            slopes = differences.slopes(o, rounding[o])
            findings[o] = [judge(slope, *slopes, tolerance) for slope in analytic[o]]
            if any(finding.verdict == "wrong" for finding in findings[o]):
                found = zip(analytic[o], findings[o], strict=True)
                findings[o] = [_doubted(*pair, slopes, tolerance, doubt(o)) for pair in found]
    return [findings[o] for o in range(len(analytic))]


def _agrees(
    differences: Differences,
    o: int,
    analytic: Sequence[float],
    rounding: float,
    tolerance: Tolerance,
) -> bool:
    """Whether the last two steps agree with all of `analytic`, and the last one shows no kink.

    Where rounding exceeds the tolerance they do not count, unless the output does not move at all
    at the first two steps: it may round to a constant.
    """
    if len(differences.steps) < 2:
        return False
    tried = (differences.central, differences.left, differences.right)
    central, left, right = ([slopes[o] for slopes in kind[-2:]] for kind in tried)
    allowed, noise = tolerance.at(*central), rounding / differences.steps[-1]
    if len(differences.steps) == 2 and not any(central + left + right):
        noise = 0.0
    return (
        CENTRAL * noise <= allowed
        and abs(left[-1] - right[-1]) <= allowed + 2.0 * ONE_SIDED * noise
        and all(tolerance.agree(slope, a) for slope in central for a in analytic)
    )


def judge(
    analytic: float, central: Slope, left: Slope, right: Slope, tolerance: Tolerance
) -> Finding:
    """Compare a derivative with the slope that differences give, and those of each side."""
    if not math.isfinite(analytic):
        known = [slope.value for slope in (central, left, right) if not math.isnan(slope.value)]
        return Finding((known or [math.nan])[0], "not finite", f"the gradient is {analytic}")
    if math.isnan(left.value) and math.isnan(right.value):
        return Finding(math.nan, "uncertain", "f has no finite values around this point")
    if math.isnan(left.value):
        return _compare(analytic, right, tolerance, "f is not finite to the left")
    if math.isnan(right.value):
        return _compare(analytic, left, tolerance, "f is not finite to the right")
    sides = sorted((left.value, right.value))
    allowed = tolerance.at(0.0, *filter(math.isfinite, sides)) + left.error + right.error
    if abs(left.value - right.value) > allowed:
        if math.isinf(left.value) or math.isinf(right.value):
            return _beside_a_jump(analytic, left, right, tolerance)
        between = sides[0] - allowed <= analytic <= sides[1] + allowed
        before, after = left.value + 0.0, right.value + 0.0  # no -0
        note = f"a kink: slope {before:.6g} to the left, {after:.6g} to the right"
        middle = (left.value + right.value) / 2.0
        return Finding(middle, "kink" if between else "wrong", note)
    found = _compare(analytic, central, tolerance)
    if found.verdict == "uncertain" and all(
        _is_fine(analytic, side, tolerance)
        and _compare(analytic, side, tolerance).verdict == "right"
        for side in (left, right)
    ):  # where the second derivative jumps, the sides converge as h^2 and the middle as h
        return Finding((left.value + right.value) / 2.0, "right")
    return found


def _doubted(
    analytic: float,
    found: Finding,
    slopes: tuple[Slope, Slope, Slope],
    tolerance: Tolerance,
    doubt: float,
) -> Finding:
    """Call uncertain what rounding of the derivative itself, by `doubt`, may make look wrong."""
    if found.verdict != "wrong" or doubt <= tolerance.at(analytic, found.numeric):
        return found
    central, left, right = (replace(slope, error=slope.error + doubt) for slope in slopes)
    if judge(analytic, central, left, right, tolerance).verdict == "wrong":
        return found
    return Finding(found.numeric, "uncertain", CANCELS.format(doubt))


def _beside_a_jump(analytic: float, left: Slope, right: Slope, tolerance: Tolerance) -> Finding:
    """What jumps, or rises infinitely fast, to one side has the slope of the other side."""
    if math.isinf(left.value) and math.isinf(right.value):
        return Finding(math.nan, "uncertain", "f jumps here, or its slope is infinite")
    finite, side = (right, "left") if math.isinf(left.value) else (left, "right")
    found = _compare(analytic, finite, tolerance)
    verdict = "kink" if found.verdict == "right" else found.verdict
    return Finding(finite.value, verdict, f"f jumps, or its slope is infinite, to the {side}")


def _compare(analytic: float, slope: Slope, tolerance: Tolerance, note: str = "") -> Finding:
    numeric, error = slope.value, slope.error
    if tolerance.agree(numeric, analytic):
        return Finding(numeric, "right", note)
    if not math.isfinite(numeric):
        return Finding(numeric, "uncertain", "the differences do not settle as the step shrinks")
    allowed = tolerance.at(analytic, numeric)
    if abs(analytic - numeric) > allowed + error:
        rival = slope.rival
        if rival and abs(analytic - rival.value) <= rival.error <= RESOLUTION * abs(analytic):
            return Finding(rival.value, "uncertain", "the differences contradict each other")
        return Finding(numeric, "wrong", note)
    known = f"the differences are only known to ±{error:.1e}"
    fine = _is_fine(analytic, slope, tolerance)
    note = f"{note}; {known}" if note else known
    return Finding(numeric, "right" if fine else "uncertain", note)


def _is_fine(analytic: float, slope: Slope, tolerance: Tolerance) -> bool:
    """Whether the error of the differences is too small to hide a mistake."""
    magnitude = max(abs(analytic), abs(slope.value))
    return slope.error <= max(tolerance.absolute, RESOLUTION * magnitude)
