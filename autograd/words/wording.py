"""Wording: how an answer in words refers to the nodes, numbers and lines of a graph.

A node is called as `explain` calls it, an operation is written with its numbers and the line of
code that recorded it, where that is known. Invariant: what the user named is text in one line.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.lines import line_of
from autograd.words import formula
from autograd.words.causes import partner
from autograd.words.folding import Folding
from autograd.words.names import Names
from autograd.words.numbers import exact_numeral, joined, numeral
from autograd.words.sweep import Sweep, Use
from autograd.words.text import visible

SHOWN = 3  # operands, and names in a list
TERMS = 4  # contributions written out


def listed(names: Sequence[str]) -> str:
    """Return names with commas; of many the first, and how many there are more."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


class Words(Folding):
    """The words for one graph and for `value`, which may be outside it."""

    names: Names

    def __init__(self, sweep: Sweep, names: Mapping[str, Any] | None, value: Value) -> None:
        outside = [] if value in sweep.gradient else [value]
        first, last = (outside, []) if value.label else ([], outside)  # numbers as in `explain`
        super().__init__(sweep, Names([*first, *sweep.order, *last], names))

    def slope(self, node: Value) -> str:
        """The derivative of the root by `node`, as a symbol."""
        return f"∂{self.names[self.sweep.root]}/∂{self.names[node]}"

    def local(self, use: Use) -> str:
        """The local derivative of one edge, as a symbol."""
        return f"∂{self.names[use.child]}/∂{self.names[use.child.parents[use.position]]}"

    def equal(self, node: Value) -> str:
        """`y = 3`; for a constant the bare number."""
        data = numeral(self.sweep.data[node])
        return data if node.primitive is CONSTANT else f"{self.names[node]} = {data}"

    def computed(self, node: Value, i: int = 0) -> str:
        """`h = relu(z) = 0 at z = -1.5 (file:line)`, input number `i` among those shown."""
        line = f" ({visible(line_of(node), 300)})" if line_of(node) else ""
        expression, inputs = self.expression(node), node.parents
        if expression is None:
            return self.equal(node) + line
        shown = sorted({i, partner(node, i), *range(min(SHOWN, len(inputs)))})
        operands = dict.fromkeys(inputs[i] for i in shown if inputs[i].primitive is not CONSTANT)
        at = f" at {', '.join(map(self.equal, operands))}" if operands else ""
        written = f"{formula.text(expression)} = {numeral(self.sweep.data[node])}"
        return f"{self.names[node]} = {written}{at}{line}"

    def terms(self, node: Value) -> str:
        """The contributions to the gradient of `node` as a sum, with all their digits."""
        uses = self.sweep.uses[node]
        terms = [exact_numeral(self.sweep.contribution(use)) for use in uses[:TERMS]]
        return joined(terms) + (" + …" if len(uses) > TERMS else "")

    def sources(self, node: Value) -> str:
        """Where these come from: the operations, the first two written out."""
        position = {use.child: use.position for use in self.sweep.uses[node]}
        shown = [self.computed(child, position[child]) for child in list(position)[:2]]
        more = f" and {len(position) - 2} more" if len(position) > 2 else ""
        return f"They come to {self.names[node]} from {' and '.join(shown)}{more}."
