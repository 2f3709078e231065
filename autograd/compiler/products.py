"""Products: which steps of a tape are sums of products, and which of them make up a layer.

A layer's neuron, b + w0 x0 + w1 x1, is five steps, of which only the last one is wanted:

    2: multiply w0 x0    3: add b 2    4: multiply w1 x1    5: add 3 4

As a sum it is pairs of a number that all rows share and one of the row, (b, 1) (w0, x0) (w1, x1),
and sums of the same x0 and x1 are a product of a matrix. A gradient's pairs are both of the row:
their sum over rows is such a product, too. Invariant: a step that something else uses stays a step.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd.compiler.tape import Plan, Step

FEWEST = 4  # terms of a sum that is worth it
Pair = tuple[Any, Any]


class Sums:
    """The sums of products among the steps of a plan: `pairs` of each, by the number of its value.

    A sum that is the same for all rows has pairs with 1.0. What only such a sum uses is in none of
    the lists any more. `slopes` are the pairs of each parameter's gradient, both factors of a row.
    """

    def __init__(self, plan: Plan) -> None:
        self.first, self.arguments = sum(plan.sizes), plan.sizes[0]
        self.steps: list[Step] = list(plan.steps)
        self.varies = [True] * plan.sizes[0] + [False] * plan.sizes[1]
        self.uses = [0] * (self.first + len(self.steps))
        for _, operands in self.steps:
            self.varies.append(any(self.is_row(x) for x in operands))
            self._use(operands)
        self._use(plan.results)
        self.slopes: list[list[Pair]] = []
        self.shared: list[Any] = []  # what is the same for all rows, of each gradient
        for x in plan.slopes:
            self._slope(x)
        self.pairs = self._find()
        self.used = self._needed(plan.results)
        self.partner = self._partners()

    def is_row(self, x: Any) -> bool:
        """Whether a value depends on the row."""
        return x.__class__ is not float and self.varies[x]

    def step(self, x: Any) -> Step | None:
        """What computes a value, None for arguments, parameters and numbers."""
        if x.__class__ is float or x < self.first:
            return None
        step: Step = self.steps[x - self.first]
        return step

    def _use(self, operands: Iterable[Any]) -> None:
        for x in operands:
            if x.__class__ is not float:
                self.uses[x] += 1

    def _terms(self, x: Any, split: Callable[[Any], bool]) -> list[Any]:
        """What is added up in `x`, from left to right."""
        found, stack = [], [x]
        while stack:
            each = stack.pop()
            step = self.step(each)
            alone = each is x or (step is not None and self.uses[each] == 1)
            if step is not None and step[0] is np.add and alone and split(each):
                stack += reversed(step[1])
            elif not (each.__class__ is float and each == 0.0):
                found.append(each)
        return found

    def _slope(self, x: Any) -> None:
        """Note the pairs of a gradient, and what it has of all rows alike."""
        self._use([x])
        pairs, shared = [], []
        for term in self._terms(x, self.is_row):
            step = self.step(term)
            if not self.is_row(term):
                shared.append(term)
            elif step and step[0] is np.multiply and all(map(self.is_row, step[1])):
                pairs.append((step[1][0], step[1][1]) if self.uses[term] == 1 else (term, 1.0))
            else:
                pairs.append((term, 1.0))
        while len(shared) > 1:
            self.steps.append((np.add, (shared[0], shared[1])))
            self.varies.append(False)
            self.uses.append(1)
            shared[:2] = [self.first + len(self.steps) - 1]
        self.slopes.append(pairs)
        self.shared.append(shared[0] if shared else 0.0)

    def _pairs(self, x: int) -> list[Pair]:
        """A sum's factors, (of all rows, of one), left to right."""
        if not self.varies[x]:
            return [(term, 1.0) for term in self._terms(x, lambda _: True)]
        pairs: list[Pair] = []
        for term in self._terms(x, self.is_row):
            step = self.step(term)
            if not self.is_row(term):
                pairs.append((term, 1.0))
                continue
            alone = step is not None and step[0] is np.multiply and self.uses[term] == 1
            if step is not None and (alone or term == x) and not all(map(self.is_row, step[1])):
                left, right = step[1]
                pairs.append((right, left) if self.is_row(left) else (left, right))
            else:
                pairs.append((1.0, term))
        return pairs

    def _find(self) -> dict[int, list[Pair]]:
        """The sums that are worth it: long ones, and those whose numbers of a row many share."""
        inner: set[int] = set()
        for operator, operands in self.steps:
            if operator is np.add:
                inner.update(a for a in operands if a.__class__ is not float and self.uses[a] == 1)
        found, shared = {}, Counter[tuple[Any, ...]]()
        for x, (operator, operands) in enumerate(self.steps, start=self.first):
            weighed = operator is np.multiply and not all(map(self.is_row, operands))
            if x not in inner and (operator is np.add or (weighed and self.varies[x])):
                found[x] = self._pairs(x)
                shared[tuple(v for _, v in found[x])] += 1
        return {
            x: pairs
            for x, pairs in found.items()
            if len(pairs) >= FEWEST
            or (self.varies[x] and len(pairs) * shared[tuple(v for _, v in pairs)] >= 2 * FEWEST)
        }

    def _needed(self, results: Iterable[Any]) -> list[int]:
        """The values to be computed, in order."""
        slopes = [x for pairs in self.slopes for pair in pairs for x in pair]
        needed = {x for x in (*results, *self.shared, *slopes) if x.__class__ is not float}
        for x in range(self.first + len(self.steps) - 1, self.first - 1, -1):
            if x in needed:
                needed.update(a for a in self.operands(x) if a.__class__ is not float)
        return sorted(x for x in needed if x >= self.first)

    def _partners(self) -> dict[int, int]:
        """Of each value of a row another one that it meets in a step."""
        pairs = [self.steps[x - self.first][1] for x in self.used if x not in self.pairs]
        both = [pair for pair in pairs if len(pair) == 2 and all(map(self.is_row, pair))]
        return {a: b for left, right in both for a, b in ((left, right), (right, left))}

    def operands(self, x: int) -> tuple[Any, ...]:
        """What a value is computed from."""
        if x in self.pairs:
            return tuple(a for pair in self.pairs[x] for a in pair)
        return self.steps[x - self.first][1]


def bits(x: Any) -> Any:
    """What tells numbers and values apart: 0.0 and -0.0 are two, and nan is one."""
    return struct.pack("d", x) if x.__class__ is float else x
