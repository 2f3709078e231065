"""Folding: nodes that have no name are written out where they are used.

`E = 0.5 * (target - out) ** 2` records three operations and names one. Folded, E is one line, and
its local derivative by `out` is the product of the three partials between them. Invariant: what
is folded is used once, so there is one way from each node to the one that shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.words.formula import Formula, holds, number, operation, rules, shortened
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
    rule: Formula | None
    local: float

    @property
    def product(self) -> float:
        """The contribution."""
        return self.upstream * self.local


class Folding:
    """Which nodes of a graph have a line of their own, and what is written there."""

    def __init__(
        self, sweep: Sweep, names: Names | Mapping[Value, str], fold: bool = False
    ) -> None:
        self.sweep, self.names = sweep, names
        self.hidden: set[Value] = set()
        self._known: dict[Value, list[Formula | None]] = {}
        if fold:
            self._fold()

    def _fold(self) -> None:
        assert isinstance(self.names, Names)
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

    def expression(self, node: Value) -> Formula | None:
        """Return the operation that made `node`, what is folded written out; None for a leaf."""
        if node.primitive is None or not node.parents:
            return None
        return operation(node.primitive, list(map(self._reference, shortened(node))))

    def contributions(self, node: Value) -> list[Contribution]:
        """Return what each use of `node` contributes to its gradient, first use first."""
        return [self._contribution(use) for use in self.sweep.uses[node]]

    def _contribution(self, use: Use) -> Contribution:
        rule, local = self._held(use.child)[use.position], use.partial
        while use.child in self.hidden:
            (use,) = self.sweep.uses[use.child]
            local = use.partial * local
            outer = self._held(use.child)[use.position]
            rule = None if rule is None or outer is None else outer * rule
        upstream = self.sweep.gradient[use.child]
        return Contribution(self.names[use.child], upstream, rule, local)

    def rules(self, node: Value) -> list[Formula | None]:
        """Return the partials as formulas of the names, None where none is worth reading."""
        if node.primitive is None or not node.parents:
            return []
        out, *inputs = map(self._reference, (node, *node.parents))
        return rules(node.primitive, out, inputs)

    def _held(self, node: Value) -> list[Formula | None]:
        """Those of the rules that give the partials that were recorded."""
        if node not in self._known:
            assert node.primitive is not None
            out, *inputs = [self.sweep.data[x] for x in (node, *node.parents)]
            held = holds(node.primitive, out, inputs, self.sweep.partials[node])
            pairs = zip(self.rules(node), held, strict=True)
            self._known[node] = [rule if right else None for rule, right in pairs]
        return self._known[node]

    def _reference(self, node: Value | None) -> Formula:
        """How `node` is written inside an expression: its name, its number, or written out."""
        if node is None:
            return Formula(ELLIPSIS)
        if node.primitive is CONSTANT:
            return number(node._data)
        expression = self.expression(node) if node in self.hidden else None
        return Formula(self.names[node]) if expression is None else expression
