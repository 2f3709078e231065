"""Views: one place of a graph, as a mistake made there sees it.

A `Local` is one use of a node, a `Place` a node with all its uses, a `Step` an operation of the
forward pass. `Sums` knows which products are added up together, as in a neuron, however the sum is
written. Numbers may be symbols, so that a page can make the same mistakes (`pictures/quiz.py`).
Invariant: a view holds numbers of the pass it was taken from, and changes none.
"""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from autograd.checking.passes import Forward, Pass
from autograd.engine.number import as_float
from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.symbolic import Symbolic
from autograd.words.causes import partner
from autograd.words.sweep import Sweep, Use


def bare(x: Any) -> Any:
    """Return a number as a float, a symbol as it is."""
    return x if isinstance(x, Symbolic) else as_float(x)


class Term:
    """One term of a sum: a product of `own` and `other`, or `own` alone, in operation `use`."""

    def __init__(self, use: Use, own: Value, other: Value | None) -> None:
        self.use, self.own, self.other = use, own, other


class Sums:
    """The sums of products in a graph, such as a neuron's pre-activation, term by term."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self.of: dict[tuple[Value, int], list[Term]] = {}
        for node in sweep.order:
            if node.op in ("+", "*", "dot") and not self._inside(node):
                self._note(node)

    def _inside(self, node: Value) -> bool:
        uses = self._sweep.uses[node]
        return len(uses) == 1 and uses[0].child.op == "+"

    def _note(self, top: Value) -> None:
        terms: list[tuple[Value, int]] = []
        stack = [(top, -1)]
        while stack:
            node, position = stack.pop()
            if node.op == "+" and (node is top or self._inside(node)):
                for i in reversed(range(2)):
                    parent = node.parents[i]
                    inner = parent.op in ("+", "*", "dot") and self._inside(parent)
                    if inner:
                        stack.append((parent, -1))
                    else:
                        terms.append((node, i))
            elif position < 0:
                terms += [(node, i) for i in range(len(node.parents))]
        listed = list(map(self._term, terms))
        self.of.update(dict.fromkeys(terms, listed))

    def _term(self, place: tuple[Value, int]) -> Term:
        node, i = place
        use = Use(node, i, self._sweep.partials[node][i])
        other = node.parents[partner(node, i)] if node.op in ("*", "dot") else None
        return Term(use, node.parents[i], other)

    def side(self, use: Use) -> tuple[list[Term], int]:
        """Return the terms of the sum that `use` is in, on its side of the products, and which."""
        node, i, _ = use
        terms = self.of.get((node, i), [])
        if node.op == "+":
            return [t for t in terms if t.other is None], -1
        left = i < len(node.parents) // 2
        found = [
            t
            for t in terms
            if t.other is not None and (t.use.position < len(t.use.child.parents) // 2) == left
        ]
        places = [t.use.child is node and t.use.position == i for t in found]
        index = places.index(True) if True in places else -1
        return found, index

    def products(self, use: Use) -> Iterator[Term]:
        """Yield the products in the sum that `use` is in."""
        return (t for t in self.of.get((use.child, use.position), []) if t.other is not None)


class Local:
    """One use of a node, for a slip of its local derivative."""

    def __init__(self, way: Pass, sums: Sums, use: Use) -> None:
        child, i, self.d = use
        data = way.sweep.data
        self.use, self.sums, self.op, self.i = use, sums, child.op, i
        self.node, self.data, self.row = child.parents[i], data, child.primitive
        self.x, self.out = bare(data[child.parents[i]]), bare(data[child])
        self.y = bare(data[child.parents[1 - i]]) if len(child.parents) == 2 else math.nan
        other = child.parents[1 - i] if len(child.parents) == 2 else None
        self.constant = other is not None and other.primitive is CONSTANT

    @cached_property
    def activation(self) -> bool:
        """Whether the operation is a function of one number."""
        return self.op not in ("neg", "copy", "where", "abs") and len(self.use.child.parents) == 1

    def derivative_at(self, x: Any) -> Any:
        """The derivative of a function of one number at another point."""
        assert self.row is not None
        if isinstance(x, Symbolic):
            return self.row.partials(self.row(x), x)[0]
        return as_float(self.row.recorded((x,))[1][0])


class Place:
    """One node and the contributions to its gradient, for a slip in adding them up."""

    def __init__(self, way: Pass, sums: Sums, node: Value) -> None:
        self.way, self.sums, self.node = way, sums, node
        self.uses = way.uses[node]
        self.upstream = [bare(way.handed.get(use.child, 0.0)) for use in self.uses]
        self.local = [bare(use.partial) for use in self.uses]
        self.parts = list(map(bare, way.parts(node)))
        self.total = bare(way.gathered(node, way.handed))


class Step:
    """One operation of the forward pass, for a slip in it."""

    def __init__(self, way: Forward, sums: Sums, node: Value) -> None:
        self.node, self.op = node, node.op
        self.inputs = [as_float(way.data[x]) for x in node.parents]
        self.out = as_float(way.value(node, way.data))
        self.pairs: list[tuple[float, float, Value, Value]] = []
        self.neighbours: list[tuple[float, float, Value, Value]] = []
        if node.op in ("*", "dot"):
            half = len(node.parents) // 2
            terms = sums.of.get((node, 0), [])
            for term in terms:
                left = term.use.position < len(term.use.child.parents) // 2
                if term.other is not None and left:
                    a, b = as_float(way.data[term.own]), as_float(way.data[term.other])
                    self.neighbours.append((a, b, term.own, term.other))
            for first, second in zip(node.parents[:half], node.parents[half:], strict=True):
                a, b = as_float(way.data[first]), as_float(way.data[second])
                self.pairs.append((a, b, first, second))
