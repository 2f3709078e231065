"""check: answers worked out by hand, each judged, and the mistake behind a wrong one named.

The answers are compared with the graph that was recorded; a wrong one with what the known mistakes
make of it (`mistakes.py`). Invariant: the graph, its gradients and an optimiser stay as they are.
"""

import math
import sys
from collections.abc import Mapping
from random import Random
from typing import Any

from autograd.checking.answers import NOISE, Answer, missing
from autograd.checking.desk import Desk
from autograd.checking.hand_report import HandReport
from autograd.checking.naming import explain
from autograd.checking.question import Question, between
from autograd.checking.sentences import Sentences
from autograd.checking.trial import Judged, Trial
from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.words.sweep import STALE, Sweep

HINTS = ("verdict", "where", "why", "answer")
KINDS = ("grad", "data", "partial")
POINTS = 3  # at which a formula is tried, besides the present one
EXPLAINED = 10  # wrong answers at a time; those nearer to the root come first
STEPPED = " The step starts from them: check before `optimizer.step()`, or record the graph anew."


def check(
    root: Value,
    answers: Mapping[Any, Any],
    names: Any = None,
    of: str = "grad",
    hints: str = "why",
    *,
    optimizer: Any = None,
) -> HandReport:
    """Judge answers worked out by hand: each is right, carried on from an earlier one, or wrong.

    `answers` maps names or Values to numbers, fractions, text or functions: of text such as
    "0.138" the digits are the tolerance, "1/3" is exact, and `lambda x, y: 2 * x * y` is a formula
    of Values by name, tried at several points. A number counts with the digits that it shows, at
    least three. A name may stand for a list of Values, or a model: then the answers are nested
    alike, or by the names of the parameters. What is `...`, None or "" is left open.

    `names` gives Values names, as `locals()` does, by default the variables where `check` is
    called; a Value's own label counts, too. `of` is what was asked: "grad", the derivatives of
    `root`; "data", the numbers of the forward pass; "partial", local derivatives, where keys are
    pairs, ("q", "x") or "∂q/∂x" for ∂q/∂x. With an `optimizer` the answers are the parameters
    after its step from these gradients, which is not made.

    `hints` decides how much is told: "verdict"; "where" points to the first mistakes; "why" names
    the mistake that explains an answer, or two and a point where they differ; "answer" shows the
    right numbers, too.

    Raises `TypeError` and `ValueError` for answers that are none, and names that nobody knows.
    """
    return _check(root, answers, names, of, hints, optimizer, sys._getframe(1))


def assert_gradients(
    root: Value,
    answers: Mapping[Any, Any] | None = None,
    /,
    *,
    names: Any = None,
    of: str = "grad",
    hints: str = "why",
    optimizer: Any = None,
    **by_name: Any,
) -> None:
    """Raise `AssertionError` with the table of `check` where an answer is not right.

    `root`, the mapping `answers`, `names`, `of`, `hints`, `optimizer` and errors are as for
    `check`; answers may also be given by name: `assert_gradients(f, x=-4, y=-4)`.
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    given = {**(answers or {}), **by_name}
    report = _check(root, given, names, of, hints, optimizer, sys._getframe(1))
    if not report:
        raise AssertionError(f"\n{report}")


def _check(
    root: Value,
    answers: Mapping[Any, Any],
    names: Any,
    of: str,
    hints: str,
    optimizer: Any,
    caller: Any,
) -> HandReport:
    for name, value, known in (("of", of, KINDS), ("hints", hints, HINTS)):
        if value not in known:
            raise ValueError(f"`{name}` must be one of {', '.join(known)}; got {value!r:.60}")
    if not isinstance(answers, Mapping):
        raise TypeError(
            f"`answers` must map names or Values to numbers, such as {{'x': -4}}; got "
            f"{answers!r:.60}"
        )
    if names is None:
        names = {
            **caller.f_locals,
            **{k: x for k, x in caller.f_globals.items() if k not in caller.f_locals},
        }
    elif hasattr(names, "named_parameters"):
        names = dict(names.named_parameters())
    sweep = Sweep(root, exact=True)
    desk = Desk(sweep, names)
    left: list[str] = []
    found: list[tuple[str, Judged, Question | None, Answer]] = []
    if of == "partial":
        if optimizer is not None:
            raise ValueError("an `optimizer` moves parameters: leave it out for partials")
        for key, value in answers.items():
            child, parent = desk.edge(key)
            question = Question(sweep, between(sweep, child, parent, desk.names), of, desk.called)
            name = f"∂{desk.names[child]}/∂{desk.names[parent]}"
            if missing(value):
                left.append(name)
                continue
            answer = desk.answer(value, name)
            found += [
                (name, entry, question, answer) for entry in judged(question, {parent: answer})
            ]
    else:
        asked: dict[Value, tuple[str, Answer]] = {}
        for key, value in answers.items():
            for name, node, x in desk.asked(key, value):
                if node in asked:
                    raise ValueError(f"there are two answers for {name}: leave one out")
                if missing(x):
                    left.append(name)
                else:
                    asked[node] = name, desk.answer(x, name)
        question = Question(sweep, sweep.order, of, desk.called, optimizer)
        inside = {node: answer for node, (_, answer) in asked.items() if node in sweep.gradient}
        by_node = {entry.node: entry for entry in judged(question, inside)}
        for node, (name, answer) in asked.items():
            entry = by_node.get(node) or outside(question, node, answer)
            found.append((name, entry, question, answer))
    words, level = Sentences(desk), HINTS.index(hints)
    marks = [words.mark(*entry, level) for entry in found]
    stale = f"{STALE}{STEPPED if optimizer else ''}" if sweep.stale else ""
    return HandReport(marks, stale, left)


def outside(question: Question, node: Value, answer: Answer) -> Judged:
    """Return the verdict on the answer for a Value from which nothing leads to the root."""
    data = {name: known._data for known, name in question.names.items()}
    number = as_float(answer.at(data) if answer.formula else answer.number)
    entry = Judged(node, answer, question.elsewhere(node), outside=True)
    near = math.isclose(number, as_float(entry.right), rel_tol=NOISE, abs_tol=answer.half)
    entry.verdict = "right" if near or number == entry.right else "wrong"
    return entry


def judged(question: Question, answers: Mapping[Value, Answer]) -> list[Judged]:
    """Return a verdict on each answer, those near the root first."""
    formulas = {n: a for n, a in answers.items() if a.formula is not None}
    points: list[tuple[Question, dict[Value, Value]]] = []
    if formulas:
        rng = Random(0)
        points = [question.moved(rng) for _ in range(POINTS)]
    trials = [Trial(question, answers, {n: n for n in question.sweep.order})]
    trials += [Trial(there, formulas, twins) for there, twins in points]
    found = []
    wrong: list[Judged] = []
    for node in reversed(question.sweep.order):
        if node not in answers:
            continue
        here = [trial for trial in trials if node in trial.numbers]
        entry = Judged(node, answers[node], trials[0].right[node])
        if all(trial.is_right(node) for trial in here):
            entry.rounded = not all(trial.is_near(node) for trial in here)
        elif all(trial.is_carried(node) for trial in here):
            entry.verdict = "carried"
        else:
            entry.verdict, entry.here = "wrong", trials[0].is_right(node)
            wrong.append(entry)
        found.append(entry)
    for entry in wrong[EXPLAINED:]:
        entry.later = True
    if wrong:
        explain(question, trials, wrong[:EXPLAINED])
    return found
