"""Wording: how an answer in words refers to the nodes, numbers and lines of a graph.

A node is called as `explain` calls it, an operation is written with its numbers and the line of
code that recorded it, where that is known. Invariant: what the user named is text in one line,
as `visible` makes it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from autograd.compiler.program import PROGRAM
from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.words import formula
from autograd.words.formula import Formula
from autograd.words.names import Names
from autograd.words.sweep import Sweep, Use
from autograd.words.text import ELLIPSIS, visible

OPERANDS = 3  # shown with their numbers
TERMS = 4  # contributions written out
LONGEST = 80  # characters of an operation that is written out


def line_of(node: Value | None) -> str:
    """Return `file:line` where `node` was recorded, "" where nobody noted it."""
    return str(getattr(node, "line", ""))


def is_program(node: Value) -> bool:
    """Whether `node` is the mean of a compiled program."""
    return node.primitive is PROGRAM


def row(node: Value) -> str:
    """The operation that made `node`, as it is spoken of."""
    return "the mean of a compiled program" if is_program(node) else visible(node.op)


def number(x: float) -> str:
    """Write a number as `explain` does: six digits, no -0."""
    return f"{x + 0.0:.6g}"


def exactly(x: float) -> str:
    """Write a number with all its digits, as sums need them that nearly cancel."""
    return formula.text(formula.number(x))


def listed(names: list[str], limit: int = OPERANDS) -> str:
    """Return names with commas; of many the first, and how many there are more."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


class Words:
    """The words for one graph; `others` are nodes outside it that are spoken of, too."""

    def __init__(self, sweep: Sweep, names: Mapping[str, Any] | None, *others: Value) -> None:
        self.sweep = sweep
        outside = [node for node in others if node not in sweep.gradient]
        first = [node for node in outside if node.label]  # its copies of that label are numbered
        rest = [node for node in outside if not node.label]
        self.names = Names([*first, *sweep.order, *rest], names)

    def called(self, node: Value) -> str:
        """The name of a node."""
        return self.names[node]

    def slope(self, node: Value) -> str:
        """The derivative of the root by `node`, as a symbol."""
        return f"∂{self.names[self.sweep.root]}/∂{self.names[node]}"

    def local(self, use: Use) -> str:
        """The local derivative of one edge, as a symbol."""
        return f"∂{self.names[use.child]}/∂{self.names[use.child.parents[use.position]]}"

    def equal(self, node: Value) -> str:
        """`y = 3`; for a constant the bare number."""
        data = number(node._data)
        plain = node.primitive is CONSTANT and not self.names.given(node)
        return data if plain else f"{self.names[node]} = {data}"

    def computed(self, node: Value, position: int | None = None) -> str:
        """`h = relu(z) = 0 at z = -1.5 (file:line)`, the input at `position` among those shown."""
        data = number(node._data)
        line = f" ({visible(line_of(node), 300)})" if line_of(node) else ""
        if node.primitive is None:
            return f"{self.equal(node)}{line}"
        operands = self._operands(node, position)
        at = f" at {', '.join(map(self.equal, operands))}" if operands else ""
        return f"{self.names[node]} = {self._operation(node)} = {data}{at}{line}"

    def terms(self, uses: list[Use], write: Callable[[float], str] = number) -> str:
        """The contributions of several uses, as a sum."""
        gradient = self.sweep.gradient
        terms = [write(gradient[use.child] * use.partial) for use in uses[:TERMS]]
        return " + ".join(terms) + (" + …" if len(uses) > TERMS else "")

    def sources(self, uses: list[Use]) -> str:
        """The operations that several uses belong to, the first two written out."""
        position = {use.child: use.position for use in uses}
        shown = [self.computed(child, position[child]) for child in list(position)[:2]]
        more = len(position) - len(shown)
        return " and ".join(shown) + (f" and {more} more" if more else "")

    def _operands(self, node: Value, position: int | None) -> list[Value]:
        """The inputs whose numbers are shown: that at `position` and its factor before others."""
        inputs = node.parents
        first = [] if position is None else [position]
        if position is not None and node.op == "dot":
            first.append(partner(node, position))
        order = dict.fromkeys([*(inputs[i] for i in first), *inputs[: OPERANDS + 1]])
        if node.op == "dot" and first:
            order = dict.fromkeys(inputs[i] for i in first)
        shown = [x for x in order if x.primitive is not CONSTANT or self.names.given(x)]
        return sorted(shown[:OPERANDS], key=inputs.index)

    def _operation(self, node: Value) -> str:
        assert node.primitive is not None
        inputs = list(map(self._operand, formula.shortened(node)))
        written = formula.text(formula.operation(node.primitive, inputs))
        if len(written) <= LONGEST:
            return written
        return f"{visible(node.op)}(… {len(node.parents)} inputs)"

    def _operand(self, node: Value | None) -> Formula:
        if node is None:
            return Formula(ELLIPSIS)
        if node.primitive is CONSTANT and not self.names.given(node):
            return formula.number(node._data)
        return Formula(self.names[node])


def partner(node: Value, position: int) -> int:
    """The place of the other factor of an input of `x * y` or of a dot product."""
    half = len(node.parents) // 2
    return position + half if position < half else position - half
