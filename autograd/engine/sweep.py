"""backward()'s own sweep: `graph.pull_back` once more, spelled out for speed, into `.grad`.

A fresh zero in `.grad` marks what has been seen: to look a node up in a set takes twice as long.
Invariant: an interrupt leaves the leaves as they were. A first reading may skip this file.
"""

import operator
from collections import deque
from fractions import Fraction
from itertools import repeat
from typing import Any

from autograd.engine import modes
from autograd.engine.graph import pull_back, topological_order
from autograd.engine.number import as_number, total

_grad_of = operator.attrgetter("_grad")


def sweep(root: Any, gradient: Any) -> None:
    """Add the derivative of `gradient * root` to the `.grad` of every leaf below `root`.

    The open modes are told of it before.
    """
    if root._data.__class__ is Fraction and gradient % 1 == 0:
        gradient = Fraction(gradient)
    if modes.opened():
        order = topological_order(root)
        earlier = {node: node._grad for node in order if node._left is None}
        for mode in modes.opened():
            mode.pulled(order, {root: gradient}, earlier)
    exact = root._data.__class__ is gradient.__class__ is Fraction
    zero: Any = Fraction() if exact else float("0")
    leaves: list[Any] = []
    before: list[Any] = []
    try:
        _sweep(root, gradient, zero, leaves, before)  # a call: what a loop raises may escape
    except BaseException:  # interrupted: the leaves keep what they had
        _set_gradients(leaves, before)
        raise


def _sweep(root: Any, gradient: Any, zero: Any, leaves: list[Any], before: list[Any]) -> None:
    """Fill `leaves` and the gradients that they have `before`, and add those of this pass."""
    interior: list[Any] = []
    stack: list[Any] = [root]
    while stack:  # graph.topological_order
        node = stack.pop()
        if node is None:
            interior.append(stack.pop())
        elif node._grad is not zero:
            left, right = node._left, node._right
            if left is None:
                leaves.append(node)
                before.append(as_number(node._grad, "grad"))
            elif left.__class__ is tuple:
                stack += (node, None, *reversed(left))
            elif right is not None and right._grad is not zero:
                stack += (node, None, right, left)
            elif left._grad is not zero:
                stack += (node, None, left)
            else:
                interior.append(node)
            node._grad = zero
    try:
        root._grad = zero + gradient
        for node in reversed(interior):
            grad, left, right = node._grad, node._left, node._right
            if right is not None:
                left._grad += grad * node._to_left
                right._grad += grad * node._to_right
            elif left.__class__ is tuple:
                for parent, partial in zip(left, node._to_left, strict=True):
                    parent._grad += grad * partial
            else:
                left._grad += grad * node._to_left
        flows = list(map(_grad_of, leaves))
        odd = any(map(operator.ne, flows, flows))
    except OverflowError:
        odd = True
    if odd:  # nan, perhaps from a step, or a fraction above the floats: once more, with care
        found = pull_back([*leaves, *interior], {root: gradient})
        flows = [total(zero, found.get(node, zero)) for node in (*leaves, *interior)]
        _set_gradients([*leaves, *interior], flows)
    pairs = zip(flows, before, strict=False)  # a float 0 added to a fraction rounds it
    _set_gradients(leaves, [total(flow, was) if was else flow for flow, was in pairs])


def _set_gradients(nodes: list[Any], gradients: Any) -> None:
    """Set all at once: no signal handler of Python's runs between two of them."""
    deque(map(setattr, nodes, repeat("_grad"), gradients), maxlen=0)
