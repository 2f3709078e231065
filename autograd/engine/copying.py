"""Copying and pickling a recorded graph without recursion, however deep it is.

A graph is written down as a list in topological order, each node naming its parents by their
place in the list. Invariant: sharing survives. `copy.deepcopy` keeps every node shared that was
shared; in a pickle the leaves stay shared between all the graphs that use them.
"""

from typing import Any

from autograd.engine.graph import stored, topological_order


def fields(node: Any) -> tuple[Any, ...]:
    """Return everything a node holds but its parents."""
    return type(node), node._data, node._grad, node.label, node.primitive, stored(node)


def restored(
    kind: Any, data: Any, grad: Any, label: str, primitive: Any, partials: Any, *parents: Any
) -> Any:
    """Make the node that `fields` described."""
    node = kind.__new__(kind).fill(primitive, parents, data, partials)
    node._grad, node._label = grad, label
    return node


def copied(node: Any) -> Any:
    """Return a node with the same parents; what a subclass added is copied, too."""
    twin = restored(*fields(node), *node.parents)
    vars(twin).update(vars(node)) if hasattr(node, "__dict__") else None
    return twin


def deepcopied(root: Any, memo: dict[int, Any]) -> Any:
    """`copy.deepcopy` for a node: copies all below it that `memo` does not hold yet."""
    for node in topological_order(root):
        if id(node) not in memo:
            parents = [memo[id(parent)] for parent in node.parents]
            memo[id(node)] = restored(*fields(node), *parents)
    return memo[id(root)]


def pickled(root: Any) -> tuple[Any, ...]:
    """`__reduce__` for a node: a leaf alone, or the leaves and then the interior nodes."""
    if root._left is None:
        return restored, fields(root)
    order = sorted(topological_order(root), key=lambda node: node._left is not None)
    place = {node: i for i, node in enumerate(order)}
    leaves = [node for node in order if node._left is None]
    rows = [(fields(node), [place[p] for p in node.parents]) for node in order[len(leaves) :]]
    return _unpickled, (leaves, rows)


def _unpickled(leaves: list[Any], rows: list[tuple[Any, list[int]]]) -> Any:
    nodes = list(leaves)
    for values, places in rows:
        nodes.append(restored(*values, *[nodes[i] for i in places]))
    return nodes[-1]
