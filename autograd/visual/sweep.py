"""The reverse sweep on paper: every gradient and every contribution, the graph left as it is.

It goes through the graph as `backward` does, in the same order and with the same sums, but notes
its numbers beside the nodes. Invariant: gradients equal, bit for bit, what `root.backward()`
gives where all gradients start at 0.
"""

from dataclasses import dataclass

from autograd.graph import topological_order
from autograd.value import Value


@dataclass(frozen=True)
class Use:
    """One edge of the graph: `child` used a node as its input number `position`."""

    child: Value
    position: int

    @property
    def partial(self) -> float:
        """The local partial derivative of the child by this input."""
        return self.child.partials[self.position]


class Sweep:
    """The nodes in topological order, their gradients, and who used them, first use first."""

    def __init__(self, root: Value) -> None:
        if not isinstance(root, Value):
            raise TypeError(
                f"pass the Value at the root of the graph, such as the loss; got {root!r:.60}"
            )
        self.root = root
        self.order = topological_order(root)
        self.data = {node: node._data for node in self.order}
        self.stale = any(map(self._is_stale, self.order))
        self.gradient: dict[Value, float] = dict.fromkeys(self.order, 0.0)
        self.uses: dict[Value, list[Use]] = {node: [] for node in self.order}
        self.gradient[root] = 1.0
        for node in reversed(self.order):
            upstream = self.gradient[node]
            for parent, partial in zip(node.parents, node.partials, strict=True):
                self.gradient[parent] += upstream * partial
        for node in self.order:
            for i, parent in enumerate(node.parents):
                self.uses[parent].append(Use(node, i))

    def _is_stale(self, node: Value) -> bool:
        """Whether the data of the inputs are no longer those the node was computed from."""
        if node.primitive is None:
            return False
        again = node.primitive.value(*[self.data[parent] for parent in node.parents])
        return again != node._data and again == again
