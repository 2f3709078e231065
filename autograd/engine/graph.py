"""The recorded graph: its topological order, found without recursion, in one place.

Backward, copying, drawing and compiling all walk this order. Invariant: every node stands after
all of its parents, each node once, however often it is used.
"""

from collections.abc import Iterable
from typing import Protocol, Self, TypeVar


class Node(Protocol):
    """Anything with parents: what the order is defined on."""

    @property
    def parents(self) -> tuple[Self, ...]:
        """The inputs of the operation that made this node; empty for a leaf."""


N = TypeVar("N", bound=Node)


def topological_order(root: N, leaves: Iterable[N] = ()) -> list[N]:
    """Return `root` and all it depends on, parents before children, by depth-first search.

    Below the nodes in `leaves`, which come first, it does not look.
    The depth of the graph is bounded by memory, not by the recursion limit. The stack holds
    bare nodes, a None above each one whose parents are being visited: a stack of iterators would
    set off the garbage collector and take a deep graph 3 times as long.
    """
    order: list[N] = list(leaves)
    seen: set[N] = set(order)
    stack: list[N | None] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())  # type: ignore[arg-type]  # below a None stands its node
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            for parent in reversed(node.parents):
                if parent not in seen:
                    if parent.parents:
                        stack.append(parent)
                    else:
                        seen.add(parent)
                        order.append(parent)
    return order
