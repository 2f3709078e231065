"""gradcheck: are the gradients of a function right? Ask differences, which know no chain rule.

Each derivative, in every way in which the engine finds it, is compared with differences at two
steps and, where these do not agree with it, at many more. A second derivative is a first one of
the gradient. Invariant: the inputs have the `.data` and the `.grad` that they had, whatever `f`
does to them, and nobody else's is touched but by `f` itself.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import tee
from typing import Any

import numpy as np

from autograd.checking.differences import differences
from autograd.checking.gradient_report import Entry, GradientReport
from autograd.checking.subject import Subject, gradient_rounding, number, rounding, subject_of
from autograd.checking.verdict import Tolerance, Verdict, examine
from autograd.custom import CustomPrimitive
from autograd.engine.modes import compiling
from autograd.engine.number import as_float
from autograd.engine.value import Value

UNUSED = "no operation leads from it to a result"


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-3,
    atol: float = 1e-9,
    rtol: float = 1e-7,
    raise_exception: bool = True,
    *,
    order: int = 1,
) -> GradientReport:
    """Compare the gradients of `f` at `inputs` with differences, and report each derivative.

    `inputs` is the tuple or list of the arguments of `f`, each a scalar or nested lists, tuples
    and dicts of scalars; anything but a tuple or a list is the only argument. A function without
    arguments is checked by the leaf Values in `inputs` that it uses, such as the parameters of a
    model: their data are moved while it runs, in this thread. So is one that has defaults for its
    parameters, where `inputs` are leaf Values and what `f()` returns depends on one of them. Labels
    of Values name the rows. `f` returns a scalar or nests of them, the same each time. The Values
    in `inputs` keep `.data` and `.grad`, also where `f` is a step of training.

    Five-point central differences start with a step of `eps * max(1, |x|)`; smaller ones follow
    where they are needed. A derivative is right where |analytic - numeric| <= atol + rtol *
    max(|analytic|, |numeric|), or differs by no more than what the differences, or those of either
    side, are known to be wrong by, 1e-4 of it or `atol` at most. At a kink every slope between
    those of the two sides passes. `uncertain` is what differences cannot judge, and what the
    rounding of the gradient itself explains, where large numbers cancel in it. Of rows of your own,
    `array` is compared with `scalar`, too. `order=2`, for arguments only, checks the second
    derivatives, too, against differences of the gradient. What `detach` cuts off differences still
    see, unless it is lost in the rounding of `f`: in 1e14 + x.detach() a step of x changes nothing.

    Raises `ArithmeticError` with the table where a derivative is wrong or not finite, unless
    `raise_exception` is False. The report is true where all is right, so not where something is
    uncertain. `TypeError` and `ValueError` say which argument is not as it must be.
    """
    _check_settings(f, eps, atol, rtol, order)
    eps, tolerance = as_float(eps), Tolerance(as_float(atol), as_float(rtol))
    subject = subject_of(f, inputs)
    if not subject.places:
        raise ValueError("`f` returned nothing to differentiate: return scalars, or nests of them")
    targets = [(place, "") for place in subject.places]
    entries = _entries(subject, targets, eps, tolerance) + _array_entries(subject, tolerance)
    if order == 2:
        targets = [(place, f"{name}, ") for place in subject.places for name in subject.names]
        entries += _entries(subject.gradient(), targets, eps, tolerance)
    report = GradientReport(getattr(f, "__name__", type(f).__name__), entries)
    if raise_exception and report.wrong:
        raise ArithmeticError(f"{report}\n{_advice(report)}")
    return report


def _entries(
    subject: Subject, targets: list[tuple[str, str]], eps: float, tolerance: Tolerance
) -> list[Entry]:
    """An entry for each output by each input, and one more where the ways disagree on it.

    A target is the name of an output, and what stands before the names of inputs there.
    """
    numbers, variables, outputs = subject.numbers, subject.variables, subject.outputs
    values = subject.values(numbers)
    errors = list(map(rounding, outputs))
    _check_same(list(map(number, outputs)), values, errors)
    ways = subject.derivatives()
    lines: list[list[Entry]] = [[] for _ in targets]
    for i, x in enumerate(numbers):

        def along(moved: float, i: int = i) -> list[float]:
            return subject.moved(i, moved)

        tried = tee(differences(along, x, values, eps), len(targets))  # evaluated once
        for o, (output, before) in enumerate(targets):
            slopes = _grouped({way: matrix[o][i] for way, matrix in ways.items()}, tolerance)
            if math.isfinite(values[o]):
                steps = ((h, each[o]) for h, each in tried[o])
                doubt = partial(gradient_rounding, variables[i], outputs[o])
                verdicts = examine(steps, list(slopes.values()), errors[o], tolerance, doubt)
            else:
                verdicts = [Verdict(math.nan, "not finite", f"f is {values[o]}")] * len(slopes)
            unused = "" if before or variables[i] in subject.graph else UNUSED
            for (by, slope), (numeric, word, note) in zip(slopes.items(), verdicts, strict=True):
                notes = [unused, note, *(f"differs from {way}" for way in slopes if way != by)]
                name, text = before + subject.names[i], "; ".join(filter(None, notes))
                lines[o].append(Entry(name, output, by, slope, numeric, word, text))
    return [entry for line in lines for entry in line]


def _grouped(slopes: dict[str, float], tolerance: Tolerance) -> dict[str, float]:
    """The derivatives that differ, each under the names of the ways that agree on it."""
    groups: dict[float, list[str]] = {}
    for way, slope in slopes.items():
        same = (x for x in groups if tolerance.agree(x, slope) or _is_same(x, slope))
        groups.setdefault(next(same, slope), []).append(way)
    return {", ".join(names): slope for slope, names in groups.items()}


def _array_entries(subject: Subject, tolerance: Tolerance) -> list[Entry]:
    """An entry for each row of the user's own whose `array` differs from its `scalar`."""
    rows: dict[CustomPrimitive, Value] = {}
    for node in subject.graph:
        if isinstance(node.primitive, CustomPrimitive):
            rows.setdefault(node.primitive, node)
    entries = []
    for row, node in rows.items():
        inputs, out = [number(parent) for parent in node.parents], number(node)
        found, note = math.nan, ""
        try:
            with np.errstate(all="ignore"):
                found = row.array(*[np.array([x]) for x in inputs]).item()
        except Exception as error:
            note = f"`array` of `{row.name}` raised {type(error).__name__}: {error}"
        if note or not (tolerance.agree(found, out) or _is_same(found, out)):
            place = f"{row.name}({', '.join(f'{x:.6g}' for x in inputs)})"
            note = note or f"`array` of `{row.name}` differs from its `scalar`"
            entries.append(Entry(place, "", "array", found, out, "wrong", note))
    return entries


def _is_same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _advice(report: GradientReport) -> str:
    if all(entry.by == "array" for entry in report.wrong):
        return "Compiled programs call `scalar` instead, number by number: mend `array`"
    if any(entry.verdict == "wrong" for entry in report):
        return (
            "Compare the partials of the operations between these inputs and the result with "
            "their derivatives: explain(f(...)) prints them"
        )
    return "detect_anomaly() stops at the operation where nan or inf arises"


def _check_same(values: list[float], again: list[float], errors: list[float]) -> None:
    """Raise where a second run gave something else by more than rounding."""
    same = len(values) == len(again) and all(
        _is_same(a, b) or math.isclose(a, b, rel_tol=1e-9, abs_tol=error)
        for a, b, error in zip(values, again, errors, strict=True)
    )
    if not same:
        raise ValueError(
            f"`f` returned {values!r:.60} and then {again!r:.60} for the same inputs: leave out "
            "what is random; model.eval() turns dropout off"
        )


def _check_settings(f: Any, eps: float, atol: float, rtol: float, order: int) -> None:
    if compiling():
        raise TypeError("gradcheck was called in a function being compiled: call it outside")
    if not callable(f):
        raise TypeError(f"`f` must be a function, got {f!r:.60}")
    if not 0.0 < as_float(eps, "eps") < math.inf:
        raise ValueError(f"`eps` must be positive and finite, got {eps!r:.40}")
    for name, bound in (("atol", atol), ("rtol", rtol)):
        if not 0.0 <= as_float(bound, name) < math.inf:
            raise ValueError(f"`{name}` must be at least 0 and finite, got {bound!r:.40}")
    if order not in (1, 2):
        raise ValueError(f"`order` must be 1 or 2, got {order!r:.40}")
