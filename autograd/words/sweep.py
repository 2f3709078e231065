"""The reverse sweep on paper: every gradient and every contribution, the graph left as it is.

It goes through the graph as `backward` does, in the same order and with the same sums, but notes
its numbers beside the nodes; with `exact`, as fractions, where the root is one. Invariant:
gradients equal, bit for bit, what `root.backward()` gives where all gradients start at 0.
"""

from operator import attrgetter
from typing import Any, NamedTuple

from autograd.engine.graph import topological_order
from autograd.engine.value import Value
from autograd.exact import Exact, value_again

STALE = (
    "Leaves have changed since this graph was recorded: their data are those of now, everything "
    "else is what was recorded."
)


class Use(NamedTuple):
    """One edge of the graph: `child` used a node as its input number `position`."""

    child: Value
    position: int
    partial: float  # the local partial derivative of the child by this input


class Sweep:
    """The nodes in topological order, their gradients, and who used them, first use first."""

    def __init__(self, root: Value, exact: bool = False) -> None:
        if not isinstance(root, Value):
            raise TypeError(
                f"pass the Value at the root of the graph, such as the loss; got {root!r:.60}"
            )
        self.root = root
        self.order = topological_order(root)
        exact = exact and isinstance(root, Exact)
        number: Any = attrgetter("fraction") if exact else float
        self.data = {node: number(node._data) for node in self.order}
        self.stale = any(map(self._is_stale, self.order))
        self.gradient: dict[Value, float] = dict.fromkeys(self.order, 0 if exact else 0.0)
        self.uses: dict[Value, list[Use]] = {node: [] for node in self.order}
        self.gradient[root] = 1 if exact else 1.0
        for node in reversed(self.order):
            upstream = self.gradient[node]
            for parent, partial in zip(node.parents, node.partials, strict=True):
                self.gradient[parent] += upstream * number(partial)
        for node in self.order:
            for i, parent in enumerate(node.parents):
                self.uses[parent].append(Use(node, i, number(node.partials[i])))

    def contribution(self, use: Use) -> float:
        """What one use of a node hands back to it: upstream times local."""
        return self.gradient[use.child] * use.partial

    def _is_stale(self, node: Value) -> bool:
        """Whether the data of the inputs are no longer those the node was computed from."""
        if node.primitive is None:
            return False
        again = value_again(node)
        return again != node._data and again == again
