"""check: answers worked out by hand, each judged, and the mistake behind a wrong one named.

The answers are compared with the graph that was recorded; a wrong one with what the known mistakes
make of it (`mistakes.py`). Invariant: the graph, its gradients and an optimiser stay as they are.
"""

import difflib
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from autograd.checking.answers import Answer, missing, parsed
from autograd.checking.hand_report import HandReport, Mark
from autograd.checking.hypotheses import Hypothesis
from autograd.checking.mistakes import MISTAKES
from autograd.checking.walk import Judged, Question, between, judged
from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.nesting import flatten, same
from autograd.words import formula
from autograd.words.folding import Folding
from autograd.words.names import Names, named
from autograd.words.numbers import numeral
from autograd.words.sweep import STALE, Sweep
from autograd.words.text import visible
from autograd.words.wording import listed

HINTS = ("verdict", "where", "why", "answer")
KINDS = ("grad", "data", "partial")
WIDEST = 60  # characters of an operation in a note
SENTENCES = {mistake.name: mistake.sentence for mistake in MISTAKES}
UNKNOWN = "no known mistake gives this number"
CHANCE = "right at these numbers alone: a formula holds at others, too"
LATER = "mend first what is explained"
CARRIED = "right from your own number above; mend that first"
STEPPED = " The step starts from them: check before `optimizer.step()`, or record the graph anew."
ROUNDED = "right but for the last digits: rounding on the way"


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

    Answers are given in a mapping, as to `check`, or by name: `assert_gradients(f, x=-4, y=-4)`.
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
    found: list[tuple[str, Judged | None, Question | None, Answer]] = []
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
            found.append((name, by_node.get(node), question, answer))
    marks = [desk.mark(*entry, hints) for entry in found]
    stale = f"{STALE}{STEPPED if optimizer else ''}" if sweep.stale else ""
    return HandReport(marks, stale, left)


class Desk:
    """What answers refer to, and the words of the report."""

    def __init__(self, sweep: Sweep, names: Any) -> None:
        self.sweep, self.names = sweep, Names(sweep.order, names)
        self.mapping: Mapping[str, Any] = names
        self.folding = Folding(sweep, self.names, fold=True)
        self.called = {n: self.names.given(n) for n in sweep.order if self.names.given(n)}
        self.by_name = {name: n for n, name in self.called.items()}
        self.known = {**self._paths(names), **self.by_name}

    def _paths(self, names: Any) -> dict[str, Value]:
        """What a Value is called in the mapping, where its label is another name."""
        return {name: node for name, node in named(names) if node in self.sweep.gradient}

    def asked(self, key: Any, value: Any) -> Iterator[tuple[str, Value, Any]]:
        """Yield name, Value and answer for what a key and its answer stand for."""
        if isinstance(key, str):
            yield from self._members(visible(key), self._named(key), value)
        elif isinstance(key, Value) or hasattr(key, "named_parameters"):
            yield from self._members("", key, value)
        else:
            raise TypeError(f"the keys of `answers` are names or Values, got {key!r:.60}")

    def _named(self, name: str) -> Any:
        item = self.mapping.get(name)
        if isinstance(item, Value | list | tuple | dict | np.ndarray) or hasattr(
            item, "named_parameters"
        ):
            return item
        if name in self.known:
            return self.known[name]
        begun = [
            v for n, v in self.mapping.items() if isinstance(n, str) and n.startswith(f"{name}.")
        ]
        if begun and all(isinstance(v, Value) for v in begun):
            return begun
        slope = _slope(name)
        if slope and self.known.get(slope[0]) is self.sweep.root:  # "∂f/∂x", for x
            return self._named(slope[1])
        near = [known for known in self.by_name if known.lower() == name.lower()]
        near = near or difflib.get_close_matches(name, self.by_name, 1)
        hint = f": did you mean {near[0]}?" if near else ""
        known = f" The names are {listed(list(self.by_name))}." if self.by_name else ""
        raise ValueError(
            f"no Value is called {visible(name)!r}{hint or '.'}{known} Pass `names=locals()`, give "
            "Values labels, or use the Values themselves as keys"
        )

    def _members(self, name: str, item: Any, value: Any) -> Iterator[tuple[str, Value, Any]]:
        if isinstance(item, Value):
            known = self.names[item] if item in self.sweep.gradient else name or item.label
            yield (known if item.primitive is not CONSTANT else name) or "a Value", item, value
            return
        if hasattr(item, "named_parameters"):
            parameters = dict(item.named_parameters())
            if isinstance(value, Mapping):
                unknown = [key for key in value if key not in parameters]
                if unknown:
                    raise ValueError(f"the model has no parameter named {unknown[0]!r:.60}")
                pairs = [(key, parameters[key], x) for key, x in value.items()]
            else:
                numbers: list[Any] = []
                flatten(value, numbers)
                self._same_length(name or "the model", len(parameters), len(numbers))
                pairs = [
                    (key, p, x) for (key, p), x in zip(parameters.items(), numbers, strict=True)
                ]
            for key, parameter, x in pairs:
                yield from self._members(key, parameter, x)
            return
        values: list[Any] = []
        structure = flatten(item, values)
        if isinstance(value, str) or not isinstance(value, list | tuple | dict | np.ndarray):
            raise ValueError(
                f"{name} holds {len(values)} Values: nest the answers in the same way, got "
                f"{value!r:.60}"
            )
        numbers = []
        given = flatten(value, numbers, structure)
        if not same(given, structure):
            self._same_length(name, len(values), len(numbers))
        for member, x in zip(values, numbers, strict=True):
            if not isinstance(member, Value):
                raise TypeError(f"{name} holds {member!r:.60}, which is no Value")
            yield from self._members(name, member, x)

    @staticmethod
    def _same_length(name: str, expected: int, given: int) -> None:
        if expected != given:
            raise ValueError(f"{name} holds {expected} Values, and the answers are {given}")

    def edge(self, key: Any) -> tuple[Value, Value]:
        """Return child and parent of the partial that a key asks for."""
        if isinstance(key, str):
            key = _slope(key, self.known) or key
        if not isinstance(key, tuple) or len(key) != 2:
            raise ValueError(
                f"a partial is asked for by a pair, ('q', 'x') or '∂q/∂x' for ∂q/∂x; got "
                f"{key!r:.60}"
            )
        child, parent = (self._named(x) if isinstance(x, str) else x for x in key)
        for node in (child, parent):
            if not isinstance(node, Value) or node not in self.sweep.gradient:
                raise ValueError(f"{node!r:.60} is no Value of this graph")
        return child, parent

    def answer(self, x: Any, name: str) -> Answer:
        """Return the answer for what is called `name`, a formula with the names of the graph.

        Raises `ValueError` where a formula takes what has no name here.
        """
        answer = parsed(x, name)
        for taken in answer.takes:
            if taken not in self.known:
                raise ValueError(
                    f"the formula for {name} takes `{taken}`, which no Value of the graph is "
                    f"called; there are {listed(list(self.by_name))}"
                )
        return replace(answer, takes=tuple(self.called[self.known[n]] for n in answer.takes))

    def mark(
        self, name: str, entry: Judged | None, question: Question | None, answer: Answer, hints: str
    ) -> Mark:
        """Return the row of the table, with as much as the hints allow."""
        level = HINTS.index(hints)
        if entry is None:  # on no path to the root
            right = not answer.formula and answer.number == 0
            note = f"nothing leads from {name} to {self.names[self.sweep.root]}"
            return Mark(
                name,
                answer.written,
                "right" if right else "wrong",
                () if right or level < 2 else ("no path",),
                "" if right or not level else note,
                "0" if level == 3 else None,
            )
        note, causes = "", list[str]()
        if entry.verdict == "carried" and level:
            note = CARRIED
        elif entry.verdict == "right" and entry.rounded:
            note = ROUNDED
        elif entry.verdict == "wrong" and level == 1:
            note = self._where(entry, question)
        elif entry.verdict == "wrong" and level > 1:
            causes = list(dict.fromkeys([*(h.mistake.name for h in entry.causes), *entry.typed]))
            note = self._why(entry)
        exact = isinstance(entry.right, Fraction)
        number = str(entry.right) if exact else numeral(entry.right)
        told = number if level == 3 else None
        return Mark(name, answer.written, entry.verdict, tuple(causes), note, told)

    def _where(self, entry: Judged, question: Question | None) -> str:
        forward = question is not None and question.of == "data" and question.optimizer is None
        node = entry.node
        nearby = node.parents if forward else [use.child for use in self.sweep.uses[node]]
        if not nearby:
            return "the mistake was made here"
        return f"the mistake was made on the way from {self._listed(nearby)} to {self.names[node]}"

    def _why(self, entry: Judged) -> str:
        told = [self.sentence(h) for h in entry.causes]
        told += [SENTENCES[name] for name in entry.typed]
        if not told:
            return LATER if entry.later else CHANCE if entry.here else UNKNOWN
        note = "; or: ".join(told)
        if len(told) > 1 and entry.apart:
            at = ", ".join(f"{name} = {x:g}" for name, x in entry.apart.items())
            note += f"; they differ at {at}: do it once more there"
        return note

    def sentence(self, h: Hypothesis) -> str:
        """Return what happened, if it is this mistake."""
        use, place = h.use, h.place
        there = f"in every {h.everywhere}" if h.everywhere else self._operation(use)
        if isinstance(h.detail, str):
            detail = h.detail
        elif h.mistake.at == "sum":  # operations that use it
            detail = self._listed(h.detail)
        else:  # its factors and terms
            detail = listed([_short(self._called(node)) for node in h.detail])
        above = [u.child for u in self.sweep.uses[place]] if place else []
        return h.mistake.sentence.format(
            place=self._called(place) if place else "it",
            there=there,
            detail=detail,
            above=self._listed(above),
            count=len(above),
        )

    def _listed(self, nodes: Sequence[Value]) -> str:
        """The nodes by name: one without a name as the named one that it leads to alone."""
        ends = []
        for node in nodes:
            while node.parents and not self.names.given(node) and len(self.sweep.uses[node]) == 1:
                node = self.sweep.uses[node][0].child
            ends.append(self._called(node))
        distinct = len(set(ends)) == len(ends)
        return listed(ends if distinct else [self._called(node) for node in nodes])

    def _operation(self, use: Any) -> str:
        if use is None:
            return ""
        expression = self.folding.expression(use.child)
        written = formula.text(expression) if expression is not None else ""
        name = self.names.given(use.child)
        return _short(f"{name} = {written}" if name and written else written or name)

    def _called(self, node: Value) -> str:
        """A node's name, or where it has none what it computes."""
        if self.names.given(node) or not node.parents:
            return self.names[node]
        expression = self.folding.expression(node)
        return formula.text(expression) if expression is not None else self.names[node]


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _slope(key: str, known: Container[str] = ()) -> tuple[str, str] | None:
    """The two names of "∂q/∂x", "dq/dx" or "q/x"."""
    above, slash, below = (part.strip() for part in key.partition("/"))
    if not slash:
        return None
    if above[:1] in ("∂", "d") and below[:1] in ("∂", "d") and above not in known:
        return above[1:].strip(), below[1:].strip()
    return above, below
