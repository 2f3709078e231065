"""The recorded graph: its topological order and the one sweep back through it.

Nodes point to their parents. Everybody who walks a graph, to differentiate, copy, draw, explain or
compile it, walks this order, found without recursion. Invariant: every node stands after all of
its parents, each node once, however often it is used.

A node keeps its first two parents in slots of its own, `_left` and `_right`; where it has more,
`_left` is the tuple of them all. A leaf has None in both.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from autograd.engine.number import product, total

Node = Any  # a Value, which this module need not know


def topological_order(*roots: Node, leaves: Iterable[Node] = ()) -> list[Node]:
    """Return the roots and all they depend on, parents before children, by depth-first search.

    Below the nodes in `leaves`, which come first, it does not look. The depth of the graph is
    bounded by memory, not by the recursion limit: the stack holds nodes, a None above each one
    whose parents are being visited. (Iterators on it would set off the garbage collector.)
    """
    order: list[Node] = list(leaves)
    seen = set(order)
    stack: list[Node] = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            for parent in reversed(node.parents):
                if parent not in seen:
                    if parent._left is None:  # a leaf comes at once
                        seen.add(parent)
                        order.append(parent)
                    else:
                        stack.append(parent)
    return order


def in_order(node: Node, left: Any, right: Any) -> tuple[Any, ...]:
    """Return as a tuple what two slots of a node hold, one for each of its parents."""
    if node._right is not None:
        return left, right
    if node._left is None:
        return ()
    return tuple(left) if node._left.__class__ is tuple else (left,)


def stored(node: Node) -> tuple[Any, ...]:
    """Return the local partials that were stored when the node was recorded."""
    return in_order(node, node._to_left, node._to_right)


def pull_back(
    order: Sequence[Node],
    seeds: Mapping[Node, Any],
    partials: Callable[[Node], tuple[Any, ...]] = stored,
    active: Container[Node] | None = None,
) -> dict[Node, Any]:
    """Return the gradient of every node that a seed reaches: the chain rule, in reverse order.

    `seeds` are the gradients of the roots; where `active` is given, only nodes in it get one. The
    numbers may be floats, fractions, or Values, which are recorded and so can be differentiated.
    Bit for bit what `backward()` adds up.
    """
    gradients = dict(seeds)
    for node in reversed(order):
        upstream = gradients.get(node)
        if upstream is None or node._left is None or node.primitive.step:
            continue
        for parent, partial in zip(node.parents, partials(node), strict=True):
            if active is None or parent in active:
                known, flow = gradients.get(parent), product(upstream, partial)
                gradients[parent] = flow if known is None else total(known, flow)
    return gradients
