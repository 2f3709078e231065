"""A trial: answers at one point of a graph, each compared with the right number and what follows.

An answer is right where it is the right number to its digits, or as near as rounding on the way
allows; carried where it follows from the answers above it. Invariant: a right answer is never
called wrong.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autograd.checking.answers import NOISE, Answer
from autograd.checking.hypotheses import Hypothesis
from autograd.checking.passes import CARRIED, LARGEST
from autograd.checking.question import Question
from autograd.engine.number import as_float
from autograd.engine.value import Value

Word = Literal["right", "carried", "wrong"]
FEWER = 3  # digits that are too few on the way
ALMOST = 0.01  # of a number is what three digits on the way may cost
NEAR = 0.003  # of a number is the most that rounding may excuse in a hypothesis


@dataclass
class Judged:
    """An answer with its verdict; where it is wrong the hypotheses that fit, best first."""

    node: Value
    answer: Answer
    right: Any
    verdict: Word = "right"
    rounded: bool = False  # right only with rounding on the way
    later: bool = False  # not explained yet, as others come first
    outside: bool = False  # of a Value from which nothing leads to the root
    here: bool = False  # a formula that is right at the present point, and not at others
    causes: list[Hypothesis] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)  # names of rows about the pen
    apart: dict[str, float] = field(default_factory=dict)  # a point where two causes differ


class Trial:
    """The answers at one point: their numbers, and what they are compared with."""

    def __init__(
        self, question: Question, answers: Mapping[Value, Answer], twins: Mapping[Value, Value]
    ) -> None:
        self.question, self.answers, self.twins = question, answers, twins
        data = {name: twin._data for twin, name in question.names.items()}
        self.numbers: dict[Value, Any] = {
            node: answer.at(data) if answer.formula else answer.number
            for node, answer in answers.items()
        }
        self._exact = question.way({})
        self.right = {n: question.right(self._exact, twins[n]) for n in answers}
        self._scatters: dict[tuple[bool, int], dict[Value, float]] = {}
        given = {
            twins[n]: self.right[n] if self.is_right(n) else x for n, x in self.numbers.items()
        }
        self.way = question.way(given)

    def is_near(self, node: Value) -> bool:
        """Whether the answer is the right number to its digits."""
        return self._meets(node, self.right[node], 0.0)

    def is_right(self, node: Value) -> bool:
        """Whether it is, or rounding on the way explains the rest."""
        return self._meets_on_the_way(node, self.right[node], exact=True)

    def is_carried(self, node: Value) -> bool:
        """Whether the answer follows from those above it."""
        follows = self.question.follows(self.way, self.twins[node])
        return self._meets_on_the_way(node, follows)

    def fits(self, node: Value, number: float) -> bool:
        """Whether the answer is what a hypothesis gives."""
        answer, middle = self.answers[node], abs(as_float(self.right[node]))
        if answer.digits is None or not middle or not number:
            return self._meets(node, number, 0.0)
        share = self.slack(node, exact=True) / middle
        return self._meets(node, number, min(share, NEAR) * abs(number))

    def is_coarse(self, node: Value) -> bool:
        """Whether the answer is near, as with fewer digits on the way than it shows."""
        digits = self.answers[node].digits
        if digits is None or digits <= FEWER:
            return False
        follows = self.question.follows(self.way, self.twins[node])
        pairs = ((self.right[node], True), (follows, False))
        return any(
            self._meets(node, number, ALMOST * abs(as_float(number)))
            and self._meets_on_the_way(node, number, exact, FEWER)
            for number, exact in pairs
        )

    def _meets_on_the_way(
        self, node: Value, number: Any, exact: bool = False, digits: int | None = None
    ) -> bool:
        """The same with what rounding may have done, which is looked at where it matters."""
        if self._meets(node, number, 0.0):
            return True
        limit = (self._exact if exact else self.way).limit(self.twins[node])
        near = self._meets(node, number, max(limit, LARGEST * abs(as_float(number))))
        return near and self._meets(node, number, self.slack(node, exact, digits))

    def _meets(self, node: Value, right: Any, slack: float) -> bool:
        number, answer = self.numbers[node], self.answers[node]
        if number == right or (number != number and right != right):
            return True
        number, right = as_float(number), as_float(right)
        if not math.isfinite(right) or not math.isfinite(number):
            return False
        scale = max(abs(number), abs(right))
        noise = (1e-6 if answer.formula else NOISE if number else 0.0) * scale
        # What cancels to 0 is not quite 0 in floats.
        noise = max(noise, 1e-14)
        return bool(abs(number - right) <= max(answer.half, noise) + slack)

    def slack(self, node: Value, exact: bool = False, digits: int | None = None) -> float:
        """Return by how much rounding on the way may have moved an answer of so many digits."""
        answer = self.answers[node]
        if answer.digits is None or answer.formula is not None:
            return 0.0
        digits = digits or max(answer.digits, CARRIED)
        key = (exact, digits)
        if key not in self._scatters:
            way = self._exact if exact else self.way
            twins = {self.twins[n]: a for n, a in self.answers.items()}
            self._scatters[key] = way.scatter(twins, digits)
        twin = self.twins[node]
        spread = self._scatters[key][twin]
        if self.question.optimizer is None:
            return spread
        gradient = as_float(self._exact.right.get(twin, 0.0))
        ends = [self.question.quantity(twin, gradient + d) for d in (-spread, spread)]
        return abs(ends[1] - ends[0]) / 2.0
