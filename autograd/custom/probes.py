"""Probes: numbers at which two ways to compute the same thing are compared.

Ordinary numbers of several sizes, zeros of both signs, ones, tiny, huge and infinite numbers and
nan; of several inputs in combination, ties included. A function may never end on numbers that it
was not made for, so it gets a limited number of steps. Invariant: the same number of inputs gets
the same points, so that a verdict does not change from one call to the next.
"""

import itertools
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from random import Random
from types import FrameType
from typing import Any

import numpy as np

Point = tuple[float, ...]

CLOSE = 1e-12  # what compiled programs promise
ORDINARY = 32
SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e300)
MORE = (-1e300, 1e-300, 5e-324, -5e-324)
STEPS = 2000  # lines of Python


@cache
def probes(count: int) -> tuple[Point, ...]:
    """Return the points for `count` inputs, the ordinary ones first."""
    rng = Random(count)

    def ordinary() -> float:
        return rng.choice((-1.0, 1.0)) * rng.choice((0.1, 1.0, 3.0, 30.0)) * rng.uniform(0.3, 1.0)

    points = [tuple(ordinary() for _ in range(count)) for _ in range(ORDINARY)]
    if count <= 2:
        points += itertools.product(SPECIAL, repeat=count)
    else:
        mixed = [lambda: rng.choice(SPECIAL), ordinary]
        points += [tuple(rng.choice(mixed)() for _ in range(count)) for _ in range(2 * ORDINARY)]
    return (*points, *[(x,) * count for x in (*SPECIAL, *MORE)])


def agreement(
    expected: Callable[..., Sequence[float]],
    found: Callable[..., Sequence[Any]],
    points: Iterable[Point],
) -> list[Point]:
    """Return the points at which `found` gives the numbers of `expected`; none if it ever differs.

    `found` gets these numbers first and then the inputs. Where `expected` raises, or takes too
    long, there is nothing to compare.
    """
    compared = []
    points = list(points)
    for point, wanted in zip(points, outcomes(expected, points), strict=True):
        if wanted is not None:
            try:
                given = [float(x) for x in found(wanted, *point)]
            except (TypeError, ValueError):
                return []
            if len(given) != len(wanted) or not all(map(close, wanted, given)):
                return []
            compared.append(point)
    return compared


def close(a: float, b: float) -> bool:
    """Whether two numbers are the same but for rounding; nan is nan."""
    if a == b or (a != a and b != b):
        return True
    return abs(a - b) <= CLOSE * max(abs(a), abs(b)) < math.inf


def outcomes(function: Callable[..., Any], points: Iterable[Sequence[Any]]) -> list[Any]:
    """Return `function(*point)` for each point; None where it raises or takes too many steps."""
    left = 0

    # a trace function is not traced itself, so that coverage cannot see it run
    def step(frame: FrameType, event: str, arg: Any) -> Any:  # pragma: no cover
        nonlocal left
        left -= 1
        if left < 0:
            raise TimeoutError(f"more than {STEPS} lines of Python")
        return step

    found = []
    others = sys.gettrace()  # a debugger's, a coverage tool's
    try:
        with np.errstate(all="ignore"):
            for point in points:
                left = STEPS
                sys.settrace(step)  # again: Python forgets one that raised
                try:
                    found.append(function(*point))
                except Exception:  # whatever the user's function may raise
                    found.append(None)
    finally:
        sys.settrace(others)
    return found
