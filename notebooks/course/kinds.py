"""Kinds of exercises: numbers of a graph, numbers, and what is tested, such as code.

A part of an exercise knows the names it asks for and judges answers to them, one mark each.
"""

import dis
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import FunctionType
from typing import Any, Protocol

import autograd
from autograd import Value
from autograd.checking.answers import missing
from autograd.checking.by_hand import HINTS
from autograd.checking.hand_report import Mark
from autograd.words.numbers import numeral as shown

Named = dict[str, Any]


class Part(Protocol):
    """A part of an exercise; `needs` are the methods that an answer, a class, must have."""

    asked: tuple[str, ...]
    needs: tuple[str, ...] = ()

    def judge(self, answers: Named, hints: str) -> list[Mark]: ...


@dataclass(frozen=True)
class Exercise:
    """What one exercise asks, and its hints in words, the gentlest first."""

    parts: tuple[Part, ...]
    hints: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.asked)

    def is_open(self, name: str, answer: Any) -> bool:
        """Whether nothing was answered: `...`, a list that holds it, a function without a body.

        None counts, too: it is what a cell that was not filled in computes; and empty text.
        """
        needs = next(part.needs for part in self.parts if name in part.asked)
        if isinstance(answer, type):
            return any(self.is_open(name, vars(answer).get(method)) for method in needs)
        if isinstance(answer, FunctionType):
            return _body(answer) == _body(_nothing)
        if isinstance(answer, list | tuple):
            return any(self.is_open(name, item) for item in answer)
        return missing(answer)

    def judge(self, answers: Named, hints: str) -> list[Mark]:
        """Return a mark for each answer, in the order of the exercise."""
        marks = []
        for part in self.parts:
            mine = {name: answers[name] for name in part.asked if name in answers}
            marks += part.judge(mine, hints) if mine else []
        return marks


def _nothing() -> None: ...


def _body(function: Callable[..., Any]) -> list[str]:
    return [step.opname for step in dis.get_instructions(function)]


def exercise(*parts: Part, hints: Sequence[str] = ()) -> Exercise:
    """Return an exercise of these parts."""
    return Exercise(parts, tuple(hints))


class ByHand:
    """Numbers of a graph: `asked` says which Value each answer is about, by its name.

    `graph` returns the root and names for it, such as `locals()`; `of` is what is asked, as by
    `autograd.check`, to which an `optimizer` made by `step` of the names may be given.
    """

    needs: tuple[str, ...] = ()

    def __init__(
        self,
        graph: Callable[[], tuple[Value, Mapping[str, Any]]],
        of: str = "grad",
        step: Callable[[Mapping[str, Any]], Any] | None = None,
        **asked: str,
    ) -> None:
        self.graph, self.of, self.step, self.keys = graph, of, step, asked
        self.asked = tuple(asked)

    def judge(self, answers: Named, hints: str) -> list[Mark]:
        """Return the marks of `autograd.check`, under the names of the exercise."""
        root, names = self.graph()
        optimizer = self.step(names) if self.step else None
        given = {self.keys[name]: answer for name, answer in answers.items()}
        try:
            report = autograd.check(
                root, given, names, of=self.of, hints=hints, optimizer=optimizer
            )
        except (TypeError, ValueError) as error:
            return [Mark(name, _brief(x), "wrong", (), str(error)) for name, x in answers.items()]
        if len(report) != len(answers):  # some stand for several Values, which have names
            return list(report)
        return [replace(m, quantity=name) for m, name in zip(report, answers, strict=True)]


class Numbers:
    """Numbers that belong to no graph; `known` says what somebody did who got another one."""

    needs: tuple[str, ...] = ()

    def __init__(self, known: Mapping[float, str] | None = None, **right: Any) -> None:
        self.right, self.known = right, known or {}
        self.asked = tuple(right)

    def judge(self, answers: Named, hints: str) -> list[Mark]:
        """Return marks of `autograd.check` where no known slip explains the number."""
        marks = []
        for name, answer in answers.items():
            part = ByHand(partial(_alone, Value(self.right[name])), of="data", it="it")
            (mark,) = part.judge({"it": answer}, hints)
            if mark.verdict == "wrong" and HINTS.index(hints) > 1:
                said = [text for x, text in self.known.items() if _near(answer, x)]
                mark = replace(mark, note=said[0], causes=(said[0],)) if said else mark
            elif mark.note == "the mistake was made here":
                mark = replace(mark, note="")
            marks.append(replace(mark, quantity=name))
        return marks


def _alone(number: Value) -> tuple[Value, Mapping[str, Any]]:
    return number, {"it": number}


@dataclass(frozen=True)
class Wrong:
    """What a test says of a wrong answer: where it shows, and why, when a mistake is known."""

    where: str
    why: str = ""
    right: Any = None


class Tested:
    """Answers that are tried: each test returns None where the answer is right."""

    needs: tuple[str, ...] = ()

    def __init__(self, **tests: Callable[[Any], Wrong | None]) -> None:
        self.tests = tests
        self.asked = tuple(tests)

    def needing(self, *methods: str) -> "Tested":
        """Return it, with the methods that a class must have before it is tested."""
        self.needs = methods
        return self

    def judge(self, answers: Named, hints: str) -> list[Mark]:
        """Return a mark for each; what the answer raises is its mistake."""
        level, marks = HINTS.index(hints), []
        for name, answer in answers.items():
            try:
                wrong = self.tests[name](answer)
            except Exception as error:
                wrong = Wrong(f"it raised {type(error).__name__}: {error}")
            if wrong is None:
                marks.append(Mark(name, _brief(answer), "right"))
                continue
            notes = [wrong.where] if level else []
            notes += [wrong.why] if level > 1 and wrong.why else []
            causes = (wrong.why,) if level > 1 and wrong.why else ()
            right = _brief(wrong.right) if level == 3 and wrong.right is not None else None
            marks.append(Mark(name, _brief(answer), "wrong", causes, "; ".join(notes), right))
        return marks


def one_of(
    *right: Any, among: Sequence[str] = (), known: Mapping[str, str] | None = None, **others: str
) -> Callable[[Any], Wrong | None]:
    """Return a test for a word or a truth value, one `among` several where they are given.

    `known`, or a keyword, says why another word is wrong.
    """
    known = {**(known or {}), **others}

    def test(answer: Any) -> Wrong | None:
        word = answer.strip().lower() if isinstance(answer, str) else answer
        if word in right:
            return None
        if among and word not in among:
            return Wrong(f"the words are {', '.join(among)}")
        return Wrong("it is something else", known.get(str(word), ""), right[0])

    return test


def between(low: float, high: float, **known: str) -> Callable[[Any], Wrong | None]:
    """Return a test for a number that was measured, with `below` and `above` as reasons."""

    def test(answer: Any) -> Wrong | None:
        x = float(answer)
        if low <= x <= high:
            return None
        side = "below" if x < low else "above"
        place = "too small" if x < low else "not a number" if math.isnan(x) else "too large"
        return Wrong(place, known.get(side, ""), f"{shown(low)} to {shown(high)}")

    return test


def agrees(
    right: Callable[..., Any], *cases: tuple[Any, ...], **known: Callable[..., Any]
) -> Callable[[Any], Wrong | None]:
    """Return a test for a function: it gives what `right` gives; `known` are mistaken versions.

    Their names are what is said, with _ for a space.
    """

    def test(answer: Any) -> Wrong | None:
        wrong = ""
        fits = dict(known)
        for case in cases:
            found, expected = answer(*case), right(*case)
            fits = {name: f for name, f in fits.items() if _same(found, f(*case))}
            if not _same(found, expected) and not wrong:
                inputs = ", ".join(_brief(x) for x in case)
                wrong = f"for {inputs} it returns {_brief(found)}"
        if not wrong:
            return None
        return Wrong(wrong, next(iter(fits)).replace("_", " ") if fits else "")

    return test


def _same(a: Any, b: Any) -> bool:
    if isinstance(b, list | tuple):
        return (
            hasattr(a, "__len__")
            and len(a) == len(b)
            and all(_same(x, y) for x, y in zip(a, b, strict=True))
        )
    if isinstance(b, str | bool):
        return bool(a == b)
    a = a.data if isinstance(a, Value) else a
    return a is not None and math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=1e-9)


def _near(answer: Any, x: float) -> bool:
    try:
        return math.isclose(float(answer), x, rel_tol=1e-3, abs_tol=1e-9)
    except (TypeError, ValueError):
        return False


def _brief(answer: Any) -> str:
    if isinstance(answer, type):
        return f"class {answer.__name__}"
    if callable(answer) and not isinstance(answer, Value):
        return f"your {getattr(answer, '__name__', 'function')}"
    if isinstance(answer, Value):
        return shown(answer.data)
    if isinstance(answer, float):
        return shown(float(answer))
    text = str(answer)
    return text if len(text) <= 40 else f"{text[:39]}…"
