"""Copying and pickling a recorded graph without recursion, however deep it is.

A graph is written down as a list in topological order, each node naming its parents by their
place in the list. Invariant: sharing survives. `copy.deepcopy` keeps every node shared that was
shared; in a pickle the leaves stay shared between all the graphs that use them.
"""

from typing import Any

from autograd.engine.graph import topological_order


def state(node: Any) -> tuple[Any, ...]:
    """Everything a node holds but its parents."""
    return node._data, node.grad, node.label, node.primitive, node.partials


def restore(
    kind: Any,
    data: float,
    grad: float,
    label: str,
    primitive: Any,
    partials: tuple[float, ...],
    *,
    parents: tuple[Any, ...] = (),
) -> Any:
    """Make the node that `state` described."""
    node = kind.__new__(kind)
    node._data, node.grad, node.label, node.primitive = data, grad, label, primitive
    node.partials, node.parents = partials, parents
    return node


def deepcopy_graph(root: Any, memo: dict[int, Any]) -> Any:
    """`copy.deepcopy` for a node: copies all below it that `memo` does not hold yet."""
    for node in topological_order(root):
        if id(node) not in memo:
            parents = tuple(memo[id(parent)] for parent in node.parents)
            memo[id(node)] = restore(type(node), *state(node), parents=parents)
    return memo[id(root)]


def pickle_graph(root: Any) -> tuple[Any, ...]:
    """`__reduce__` for a node: a leaf alone, or the leaves and then the interior nodes."""
    if not root.parents:
        return restore, (type(root), *state(root))
    order = topological_order(root)
    leaves = [node for node in order if not node.parents]
    interior = [node for node in order if node.parents]
    place = {node: i for i, node in enumerate(leaves + interior)}
    rows = [
        ((type(node), *state(node)), [place[parent] for parent in node.parents])
        for node in interior
    ]
    return _unpickle_graph, (leaves, rows)


def _unpickle_graph(leaves: list[Any], rows: list[tuple[Any, list[int]]]) -> Any:
    nodes = list(leaves)
    for fields, places in rows:
        nodes.append(restore(*fields, parents=tuple(nodes[i] for i in places)))
    return nodes[-1]
