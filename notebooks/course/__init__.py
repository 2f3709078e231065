"""The exercises of the course: `check("01.3", dc_da=10)` judges answers and helps in steps.

Numbers are judged by `autograd.check` on a graph of the exercise's own, so that a known mistake is
named; code that you wrote is run on cases. Each wrong attempt opens one more step of help.
Invariant: an answer left at `...` is never judged, and nothing raises but a misspelt name.
"""

import html
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from autograd.checking.by_hand import HINTS
from autograd.checking.hand_report import HandReport, Mark
from course.kinds import Exercise

solved: set[str] = set()  # the numbers of the exercises that were answered rightly
_wrong: dict[str, int] = {}  # wrong attempts so far, by the number of the exercise


class Checked(HandReport):
    """The table of one exercise; true where all that it asks is right."""

    todo = "Still to do, in place of `...`"

    def __init__(
        self, number: str, marks: Sequence[Mark], open_: Sequence[str], help_: Sequence[str]
    ) -> None:
        self.number = number
        super().__init__(marks, "\n".join(help_), open_)

    def __str__(self) -> str:
        if self.marks:
            return super().__str__()
        return f"Exercise {self.number}. {self.note}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if self.marks:
            return super()._repr_html_()
        return f"<p>{html.escape(str(self))}</p>"

    def _title(self) -> str:
        return f"Exercise {self.number}: {super()._title()}"


def check(number: str, /, hints: str | None = None, **answers: Any) -> Checked:
    """Judge the answers to one exercise, such as `check("01.3", dc_da=10)`.

    An answer is a number, a fraction, text such as "0.138", whose digits are the tolerance, or what
    the exercise asks for: a function, a class, a name. What is still `...` is left open. The first
    wrong attempt says what is wrong and where, the second why, and each one after it gives a hint;
    `hints` asks for a step at once: "verdict", "where", "why" (with all hints) or "answer".

    Raises `ValueError` for an exercise or a name that there is not.
    """
    task = _exercise(number)
    unknown = [name for name in answers if name not in task.asked]
    if unknown:
        asked = ", ".join(task.asked)
        raise ValueError(f"exercise {number} does not ask for {unknown[0]}, but for {asked}")
    if hints is not None and hints not in HINTS:
        raise ValueError(f"`hints` must be one of {', '.join(HINTS)}; got {hints!r:.60}")
    given = {n: answers[n] for n in task.asked if not task.is_open(n, answers.get(n, ...))}
    before = _wrong.get(number, 0)
    marks = task.judge(given, hints or ("why" if before else "where"))
    report = Checked(number, marks, [n for n in task.asked if n not in given], [])
    if report:
        solved.add(number)
    if any(mark.verdict == "wrong" for mark in marks):
        _wrong[number] = before + 1
        return Checked(number, marks, report.open, _help(task, before, hints))
    return report


def progress() -> Mapping[str, list[str]]:
    """Return the exercises solved in this session, by the number of the notebook."""
    found: dict[str, list[str]] = {}
    for number in sorted(solved, key=lambda number: (number[:2], int(number[3:]))):
        found.setdefault(number[:2], []).append(number)
    return found


def _help(task: Exercise, before: int, hints: str | None) -> list[str]:
    """The hints in words, one more with each attempt after the second, and how to get on."""
    if hints is not None:
        shown = task.hints if hints in ("why", "answer") else ()
        return [f"Hint: {hint}" for hint in shown]
    shown = task.hints[: max(0, before - 1)]
    told = [f"Hint: {hint}" for hint in shown]
    if before == 0 or len(shown) < len(task.hints):
        return [*told, "Check again for more help."]
    return [*told, "The solution is folded below the exercise."]


def exercises(notebook: str) -> Mapping[str, Exercise]:
    """Return the exercises of one notebook, such as "01", by their numbers."""
    found: Mapping[str, Exercise] = importlib.import_module(
        f"course.exercises_{notebook}"
    ).EXERCISES
    return found


def _exercise(number: str) -> Exercise:
    try:
        return exercises(number[:2])[number]
    except (ModuleNotFoundError, KeyError, TypeError):
        raise ValueError(f"there is no exercise {number!r:.60}; they are called '01.3'") from None
