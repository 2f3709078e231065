"""Sentences: what the report says of an answer, as far as the hints go.

Invariant: below the last hint no sentence holds a right number.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from autograd.checking.answers import Answer
from autograd.checking.desk import Desk
from autograd.checking.hand_report import Mark
from autograd.checking.hypotheses import Hypothesis
from autograd.checking.mistakes import MISTAKES
from autograd.checking.question import Question
from autograd.checking.trial import Judged
from autograd.engine.value import Value
from autograd.words import formula
from autograd.words.folding import Folding
from autograd.words.numbers import numeral
from autograd.words.wording import listed

WIDEST = 60  # characters of an operation in a note
SENTENCES = {mistake.name: mistake.sentence for mistake in MISTAKES}
UNKNOWN = "no known mistake gives this number"
CHANCE = "right at these numbers alone: a formula holds at others, too"
LATER = "mend first what is explained"
CARRIED = "right from your own number above; mend that first"
ROUNDED = "right but for the last digits: rounding on the way"


class Sentences:
    """The words for the answers to one graph."""

    def __init__(self, desk: Desk) -> None:
        self.sweep, self.names = desk.sweep, desk.names
        self.folding = Folding(desk.sweep, desk.names, fold=True)

    def mark(
        self, name: str, entry: Judged, question: Question | None, answer: Answer, level: int
    ) -> Mark:
        """Return the row of the table, with as much as the `level` of the hints allows."""
        note, causes = "", list[str]()
        if entry.outside:
            if entry.verdict == "wrong" and level and _is_forward(question):
                note = UNKNOWN
            elif entry.verdict == "wrong" and level:
                note = f"nothing leads from {name} to {self.names[self.sweep.root]}"
                causes = ["no path"] if level > 1 else []
        elif entry.verdict == "carried" and level:
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
        node = entry.node
        nearby = (
            node.parents if _is_forward(question) else [use.child for use in self.sweep.uses[node]]
        )
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


def _is_forward(question: Question | None) -> bool:
    """Whether numbers of the forward pass were asked."""
    return question is not None and question.of == "data" and question.optimizer is None


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
