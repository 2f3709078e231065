"""The reverse sweep on paper: every gradient and every contribution, the graph left as it is.

It goes through the graph as `backward` does, in the same order and with the same sums, but notes
its numbers beside the nodes; with `exact`, as fractions, where the root is one. Invariant:
gradients equal, bit for bit, what `root.backward()` gives where all gradients start at 0.
"""

from fractions import Fraction
from typing import Any, NamedTuple

from autograd.engine.graph import pull_back, stored, topological_order
from autograd.engine.number import as_float
from autograd.engine.value import Value

STALE = (
    "Leaves have changed since this graph was recorded: their data are those of now, everything "
    "else is what was recorded."
)


class Use(NamedTuple):
    """One edge of the graph: `child` used a node as its input number `position`."""

    child: Value
    position: int
    partial: float  # the local partial derivative of the child by this input

    @property
    def cut(self) -> bool:
        """Whether the operation is a step, which passes no gradient."""
        return self.child.primitive is not None and self.child.primitive.step


class Sweep:
    """The nodes in topological order, their gradients, and who used them, first use first."""

    def __init__(self, root: Value, exact: bool = False) -> None:
        self.check(root)
        self.root = root
        self.order = topological_order(root)
        number: Any = Fraction if exact and root._data.__class__ is Fraction else as_float
        self.data = {node: number(node._data) for node in self.order}
        self.stale = any(map(is_stale, self.order))
        self.partials = {node: tuple(map(number, stored(node))) for node in self.order}
        found = pull_back(self.order, {root: number(1)}, self.partials.__getitem__)
        self.gradient = dict.fromkeys(self.order, number(0)) | found  # below a step there is none
        self.uses: dict[Value, list[Use]] = {node: [] for node in self.order}
        for node in self.order:
            for i, (parent, partial) in enumerate(
                zip(node.parents, self.partials[node], strict=True)
            ):
                self.uses[parent].append(Use(node, i, partial))

    @staticmethod
    def check(root: Any) -> None:
        """Raise `TypeError` where `root` is no Value."""
        if not isinstance(root, Value):
            raise TypeError(
                f"pass the Value at the root of the graph, such as the loss; got {root!r:.60}"
            )

    def contribution(self, use: Use) -> float:
        """What one use of a node hands back to it: upstream times local."""
        handed: float = use.partial if use.cut else self.gradient[use.child] * use.partial
        return handed


def is_stale(node: Value) -> bool:
    """Whether the data of the inputs are no longer those the node was computed from."""
    if node.primitive is None or node._left is None:
        return False
    again = node.primitive.value(*[parent._data for parent in node.parents])
    return bool(again != node._data and again == again)
