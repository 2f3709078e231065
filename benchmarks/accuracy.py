"""Accuracy in ULP of every row of the table, against mpmath: python benchmarks/accuracy.py

For each row, 10,000 points of `tests/samples.py`: its value and its partials, as floats are
recorded and as arrays are computed; on 500 points its second derivatives, by `hessian`. An error
is in units in the last place of the true number, but where a number is a difference of larger
ones, in those of the larger: of the terms that `dot` and `logsumexp` add up, and for a second
derivative f'' of f' / max(1, |x|), for `hypot` and `arctan2` of f' / |x|, because f'' may be 0
where f' is not.
"""

import math
import sys
from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from mpmath import mp, mpf
from side_by_side import table

from autograd import Value, hessian
from autograd.engine.primitive import TABLE, Primitive

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from samples import SAMPLES, Point, Sample, exact, ulps

POINTS, SECOND_POINTS = 10_000, 500
HEADINGS = ("row", "value", "on arrays", "partials", "on arrays", "second derivatives")


def value_errors(found: Sequence[float], sample: Sample, points: Sequence[Point]) -> Any:
    """The errors of values, in ULP."""
    truths = [exact(sample.value, point) for point in points]
    terms = map(sample.terms, points)
    return np.array([_error(*each) for each in zip(found, truths, terms, strict=True)])


def partial_errors(
    found: Sequence[float], partial: Callable[..., Any], points: Sequence[Point]
) -> Any:
    """The errors of one partial derivative, in ULP."""
    truths = [exact(partial, point) for point in points]
    return np.array([_error(*each) for each in zip(found, truths, strict=True)])


def second_errors(row: Primitive, sample: Sample, points: Sequence[Point]) -> Any:
    """The errors of all second derivatives, in ULP."""
    errors: list[float] = []
    for point in points:
        variables = 1 if row.name == "**" else len(point)  # there the exponent is a constant

        def function(xs: list[Any], point: Point = point) -> Any:
            return row(*xs, *point[len(xs) :])

        found = hessian(function)(list(point[:variables]))
        for i, j in combinations_with_replacement(range(variables), 2):
            truth = _second_derivative(sample.partials[i], point, j)
            if truth is not None:
                size = abs(point[j]) if sample.scale_free else max(1.0, abs(point[j]))
                terms = float(exact(sample.partials[i], point)) / size
                errors.append(_error(found[i][j], truth, terms))
    return np.array(errors)


def _error(found: float, truth: Any, terms: float = 0.0) -> float:
    unit = math.ulp(float(truth))
    return ulps(found, truth) * unit / max(unit, math.ulp(terms))


def _second_derivative(partial: Callable[..., Any], point: Point, j: int) -> Any:
    """The derivative of `partial` by coordinate j, as a difference with 1,600 bits.

    None where it or a coordinate is so large or small that some step would leave the floats.
    """
    if any(x != 0.0 and not 1e-100 < abs(x) < 1e100 for x in point):
        return None
    with mp.workprec(1600):
        step = min(abs(mpf(point[j])) or 1, 1) * mpf(2) ** -200

        def shifted(h: Any) -> Any:
            return partial(*[mpf(x) + h * (i == j) for i, x in enumerate(point)])

        truth = (shifted(step) - shifted(-step)) / (2 * step)
    return truth if truth == 0 or 1e-290 < abs(truth) < 1e290 else None


def cell(*errors: Any) -> str:
    """The largest error and, in brackets, the 99th percentile, of each kind."""
    return ", ".join(f"{_short(e.max())} ({_short(np.quantile(e, 0.99))})" for e in errors)


def _short(x: float) -> str:
    return "0" if x == 0.0 else f"{x:.2f}" if x < 100.0 else f"{x:.0e}".replace("e+", "e")


def line(name: str, count: int = POINTS, second_count: int = SECOND_POINTS) -> tuple[str, ...]:
    """The line of one row of the table of primitives."""
    row, sample, rng = TABLE[name], SAMPLES[name], Random(name)
    points = [sample.draw(rng) for _ in range(count)]
    nodes = [row(*map(Value, point)) for point in points]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    out = row(*columns)
    with np.errstate(all="ignore"):
        partials = [np.broadcast_to(d, count) for d in row.partials(out, *columns)]
    floats = [
        partial_errors([node.partials[i] for node in nodes], partial, points)
        for i, partial in enumerate(sample.partials)
    ]
    arrays = [
        partial_errors(found.tolist(), partial, points)
        for found, partial in zip(partials, sample.partials, strict=True)
    ]
    if len(columns) > 2:  # rows with any number of inputs: all of them together
        floats, arrays = [np.concatenate(floats)], [np.concatenate(arrays)]
    second = "-"
    if sample.second_order:
        second = cell(second_errors(row, sample, points[:second_count]))
    return (
        f"`{name}`",
        cell(value_errors([node.data for node in nodes], sample, points)),
        cell(value_errors(out.tolist(), sample, points)),
        cell(*floats),
        cell(*arrays),
        second,
    )


def main() -> None:
    """Print the table."""
    print(table([HEADINGS, *[line(name) for name in TABLE]]))


if __name__ == "__main__":
    main()
