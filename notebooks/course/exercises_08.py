"""Exercises of notebook 8, trust your gradients."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from autograd import Value, grad
from course.kinds import ByHand, Numbers, Tested, Wrong, between, exercise

Graph = tuple[Value, dict[str, Any]]


def quotient() -> Graph:
    x, y = Value(Fraction(1, 2)), Value(Fraction(1, 3))
    g = x * y / (x + y)
    return g, locals()


def square(answer: Callable[[Any], Any]) -> Wrong | None:
    found = float(answer(3.0))
    if found != 9.0:
        return Wrong(f"at 3 it is {found:g}", "the square of 3 is 9")
    slope = float(grad(answer)(3.0))
    if math.isclose(slope, 6.0):
        return None
    known = {3.0: "the factor 2 is missing", 9.0: "this is the square, not its slope"}
    return Wrong(f"its slope at 3 is {slope:g}", known.get(slope, ""))


def mended(answer: Callable[[Any], Any]) -> Wrong | None:
    for at, value, slope in (4.0, 8.0, 3.0), (0.0, 0.0, 0.0):
        if not math.isclose(float(answer(at)), value, abs_tol=1e-12):
            return Wrong(f"at {at:g} it is {float(answer(at)):g}", "x times the root of x")
        found = float(grad(answer)(at))
        if math.isnan(found):
            why = "the slope of the root, inf, still meets a factor 0: branch before the root"
            return Wrong(f"its slope at {at:g} is nan", why)
        if not math.isclose(found, slope, abs_tol=1e-12):
            return Wrong(f"its slope at {at:g} is {found:g}", "the slope is 3/2 times the root")
    return None


EXERCISES = {
    "08.1": exercise(
        ByHand(quotient, dg_dx="x", dg_dy="y"),
        hints=(
            "The quotient rule: (u / v)' = (u' v - u v') / v².",
            "∂g/∂x = (y (x + y) - x y) / (x + y)² = y² / (x + y)².",
        ),
    ),
    "08.2": exercise(
        Tested(my_square=square),
        hints=("partials=lambda out, x: (2 * x,)", "Forget the 2 once, and let gradcheck find it."),
    ),
    "08.3": exercise(
        Tested(mended=mended),
        hints=(
            "x * sqrt(x) if x > 0, and else something flat that still depends on x.",
            "… else 0 * x",
        ),
    ),
    "08.4": exercise(
        Numbers({0.9998477: "cos takes radians, not degrees"}, solution=0.7390851332151607),
        Tested(steps=between(3, 6, above="Newton's method needs fewer; is it h(x) / h'(x)?")),
        hints=("x = x - h(x) / grad(h)(x), from 1.0 on, until h(x) is below 1e-15.",),
    ),
    "08.5": exercise(
        Numbers({0: "count the rows whose verdict is kink"}, kinks=2),
        Numbers(kinks_with_bias=0),
        hints=(
            "report = gradcheck(lambda: ..., small.parameters(), raise_exception=False)",
            "sum(entry.verdict == 'kink' for entry in report.entries)",
        ),
    ),
}
