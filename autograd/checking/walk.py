"""The walk from the root through somebody's answers: right, carried on, or wrong, and why.

A formula is tried at several points, and is right where it is right at all of them.
"""

from collections.abc import Mapping
from random import Random

from autograd.checking.answers import Answer
from autograd.checking.naming import explain
from autograd.checking.question import Question
from autograd.checking.trial import Judged, Trial
from autograd.engine.value import Value

POINTS = 3  # at which a formula is tried, besides the present one
EXPLAINED = 10  # wrong answers at a time; those nearer to the root come first


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
