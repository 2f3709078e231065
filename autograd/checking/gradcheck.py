"""gradcheck: are the gradients of a function right? Ask differences, which know no chain rule.

Each derivative, in every way in which the engine finds it, is compared with differences at two
steps and, where these do not agree with it, at many more. A second derivative is a first one of
the gradient. Invariant: the inputs have the `.data` and the `.grad` that they had, whatever `f`
does to them, and nobody else's is touched but by `f` itself.
"""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from autograd.checking.argument_names import labelled, named_inputs, paths_in
from autograd.checking.array_columns import array_entries
from autograd.checking.differences import Differences
from autograd.checking.gradient_report import Entry, GradientReport
from autograd.checking.verdict import Tolerance, examine
from autograd.checking.ways import (
    OfArguments,
    OfLeaves,
    Subject,
    by_backward,
    gradient_rounding,
    number,
    rounding,
    unchanged,
)
from autograd.engine.graph import topological_order
from autograd.engine.modes import compiling
from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.nesting import flatten, unflatten

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
    see.

    Raises `ArithmeticError` with the table where a derivative is wrong or not finite, unless
    `raise_exception` is False. The report is true where all is right, so not where something is
    uncertain. `TypeError` and `ValueError` say which argument is not as it must be.
    """
    _check_settings(f, eps, atol, rtol, order)
    named, as_arguments = named_inputs(f, inputs)
    leaves: list[Any] = []
    structure = flatten([item for _, item in named], leaves)
    if not leaves:
        raise ValueError(f"`inputs` holds nothing to differentiate by: {inputs!r:.60}")
    paths = [path for name, item in named for path in paths_in(item, name)]
    names = labelled(leaves, paths)
    subject: Subject
    if as_arguments:
        numbers = [number(leaf, path) for leaf, path in zip(leaves, paths, strict=True)]

        def function(values: list[Value]) -> Any:
            with unchanged(leaves):
                return f(*unflatten(structure, values))

        subject = OfArguments(function, numbers)
    else:
        subject = OfLeaves(f, leaves)
    outputs = [(path, "") for path in paths_in(subject.returned(subject.numbers), "")]
    if not outputs:
        raise ValueError("`f` returned nothing to differentiate: return scalars, or nests of them")
    checks: list[tuple[Subject, list[tuple[str, str]]]] = [(subject, outputs)]
    if order == 2:
        slopes = [(output, f"{name}, ") for output, _ in outputs for name in names]
        checks.append((subject.gradient(), slopes))
    entries = [
        entry
        for checked, targets in checks
        for entry in _entries(checked, names, targets, as_float(eps), Tolerance(atol, rtol))
    ]
    report = GradientReport(getattr(f, "__name__", type(f).__name__), entries)
    if raise_exception and report.wrong:
        raise ArithmeticError(f"{report}\n{_advice(report)}")
    return report


def _advice(report: GradientReport) -> str:
    if all(entry.by == "array" for entry in report.wrong):
        return "Compiled programs call `scalar` instead, number by number: mend `array`"
    if any(entry.verdict == "wrong" for entry in report):
        return (
            "Compare the partials of the operations between these inputs and the result with "
            "their derivatives: explain(f(...)) prints them"
        )
    return "detect_anomaly() stops at the operation where nan or inf arises"


def _entries(
    subject: Subject,
    names: list[str],
    outputs: list[tuple[str, str]],
    eps: float,
    tolerance: Tolerance,
) -> list[Entry]:
    """An entry for each output by each input, and one more where the ways disagree on it.

    In first order, rows of the user's own whose `array` is wrong come last.
    With the name of each output comes what stands before the name of an input there.
    """
    numbers = subject.numbers
    values = subject.outputs(numbers)
    variables, recorded = subject.record()
    errors = list(map(rounding, recorded))
    graph = dict.fromkeys(node for output in recorded for node in topological_order(output))
    first_order = not outputs[0][1]
    _check_same(values, list(map(number, recorded)), errors)
    ways = {"backward()": by_backward(variables, recorded), **subject.functional()}
    lines: list[list[Entry]] = [[] for _ in outputs]

    @cache
    def doubts(o: int) -> list[float]:
        return gradient_rounding(variables, recorded[o])

    def doubt(i: int, o: int) -> float:
        return doubts(o)[i]

    for i, x in enumerate(numbers):

        def along(moved: float, i: int = i) -> list[float]:
            return subject.outputs([*numbers[:i], moved, *numbers[i + 1 :]])

        groups = [
            _grouped({way: matrix[o][i] for way, matrix in ways.items()}, tolerance)
            for o in range(len(outputs))
        ]
        findings = examine(
            Differences(along, x, values, eps),
            [list(group.values()) for group in groups],
            errors,
            tolerance,
            partial(doubt, i),
        )
        for (output, before), group, found, line in zip(
            outputs, groups, findings, lines, strict=True
        ):
            unused = UNUSED if first_order and variables[i] not in graph else ""
            for (by, slope), finding in zip(group.items(), found, strict=True):
                others = [f"differs from {other}" for other in group if other != by]
                note = "; ".join(filter(None, [unused, finding.note, *others]))
                numeric, verdict = finding.numeric, finding.verdict
                line.append(Entry(before + names[i], output, by, slope, numeric, verdict, note))
    own = array_entries(graph, tolerance) if first_order else []
    return [*[entry for line in lines for entry in line], *own]


def _grouped(slopes: dict[str, float], tolerance: Tolerance) -> dict[str, float]:
    """The derivatives that differ, each under the names of the ways that agree on it."""
    groups: list[tuple[list[str], float]] = []
    for way, slope in slopes.items():
        for ways, known in groups:
            if tolerance.agree(known, slope) or _is_same(known, slope):
                ways.append(way)
                break
        else:
            groups.append(([way], slope))
    return {", ".join(ways): slope for ways, slope in groups}


def _is_same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


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
