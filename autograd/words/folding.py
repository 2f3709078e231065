"""Folding: nodes that have no name are written out where they are used.

`E = 0.5 * (target - out) ** 2` records three operations and names one. Folded, E is one line, and
its local derivative by `out` is the product of the three partials between them. Invariant: what
is folded is used once, so there is one way from each node to the one that shows it.
"""

import ast
from dataclasses import dataclass

from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.words import formula
from autograd.words.evaluation import holds
from autograd.words.names import Names
from autograd.words.sweep import Sweep, Use
from autograd.words.text import ELLIPSIS

LARGEST = 12  # operations written out in one expression
TINY = 1e-20  # of smaller partials, or larger than its inverse, the product may leave the floats


@dataclass(frozen=True)
class Contribution:
    """What one use of a value hands back to it: `upstream` times `local`, by a rule if known."""

    child: str
    upstream: float
    rule: ast.expr | None
    local: float

    @property
    def product(self) -> float:
        """The contribution."""
        return self.upstream * self.local


class Folding:
    """Which nodes of a graph have a line of their own, and what is written there."""

    def __init__(self, sweep: Sweep, names: Names, fold: bool) -> None:
        self.sweep, self.names = sweep, names
        self.hidden: set[Value] = set()
        if fold:
            self._fold()

    def _fold(self) -> None:
        size: dict[Value, int] = {}
        for node in self.sweep.order:
            size[node] = 1 + sum(size[p] for p in node.parents if p in self.hidden)
            named = self.names.given(node) or not node.parents or node is self.sweep.root
            usual = all(p == 0.0 or TINY < abs(p) < 1.0 / TINY for p in node.partials)
            if not named and len(self.sweep.uses[node]) == 1 and size[node] < LARGEST and usual:
                self.hidden.add(node)

    def shows(self, node: Value) -> bool:
        """Whether `node` has a line: constants and what is folded have none."""
        if node is self.sweep.root:
            return True
        return node not in self.hidden and node.primitive is not CONSTANT

    def expression(self, node: Value) -> ast.expr | None:
        """Return the operation that made `node`, what is folded written out; None for a leaf."""
        if not node.parents:
            return None
        inputs = [self._reference(parent) for parent in formula.shortened(node)]
        return formula.operation(node.op, inputs)

    def contributions(self, node: Value) -> list[Contribution]:
        """Return what each use of `node` contributes to its gradient, first use first."""
        return [self._contribution(use) for use in self.sweep.uses[node]]

    def _contribution(self, use: Use) -> Contribution:
        rule, local = self._rule(use), use.partial
        while use.child in self.hidden:
            (use,) = self.sweep.uses[use.child]
            local = use.partial * local
            outer = self._rule(use)
            rule = None if rule is None or outer is None else formula.product(outer, rule)
        upstream = self.sweep.gradient[use.child]
        return Contribution(self.names[use.child], upstream, rule, local)

    def _rule(self, use: Use) -> ast.expr | None:
        """The partial's formula, the names of the nodes in it."""
        child = use.child
        assert child.primitive is not None
        count = len(child.parents)
        rule = formula.rules(child.primitive, count)[use.position]
        if rule is None or not holds(rule, child, use.partial, self.sweep.data):
            return None
        positions = formula.positions(count)

        def meaning(symbol: str) -> ast.expr | None:
            if symbol == "out":
                return self._reference(child)
            where = positions.get(symbol)
            return None if where is None else self._reference(child.parents[where])

        return formula.simplified(formula.replace(rule, meaning))

    def _reference(self, node: Value | None) -> ast.expr:
        """How `node` is written inside an expression: its name, its number, or written out."""
        if node is None:
            return ast.Name(ELLIPSIS)
        if node.primitive is CONSTANT:
            return formula.number(node._data)
        if node in self.hidden:
            expression = self.expression(node)
            assert expression is not None
            return expression
        return ast.Name(self.names[node])
