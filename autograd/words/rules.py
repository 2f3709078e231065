"""Rules: local derivatives as the textbook has them, and what follows from them for a whole graph.

A derivative of a derivative has no row of its own: it is pulled back through the form in which the
first one is shown, and then written without what nobody writes, 1 * x or x + 0, each expression
once. Invariant: the graph that is differentiated is not touched.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from autograd.engine import table
from autograd.engine.graph import pull_back, topological_order
from autograd.engine.primitive import CONSTANT, Primitive
from autograd.engine.value import Value, as_value, leaf


def textbook(primitive: Primitive, out: Value, inputs: Sequence[Value]) -> list[Value]:
    """Return the local derivatives as the textbook has them."""
    rule = primitive.textbook or primitive.partials
    numbers = [x._data if x.primitive is CONSTANT else x for x in inputs]  # x ** 2, not ** (3 - 1)
    return list(map(_short, map(as_value, rule(out, *numbers))))


def _short(form: Value) -> Value:
    """Return a form without what nobody writes: 1 where x > y, else 0, is the comparison itself."""
    if form.primitive is table.select and [x._data for x in form.parents[1:]] == [1.0, 0.0]:
        return form.parents[0]
    return form


def derivative(root: Value, variable: Value) -> Value:
    """Return the derivative of `root` by `variable`, by the textbook's rules."""
    order = topological_order(root, leaves=[variable])
    active = {variable}
    for node in order:
        step = node.primitive is not None and node.primitive.step
        if not step and not active.isdisjoint(node.parents):
            active.add(node)
    flows = pull_back(order, {root: 1.0}, _partials, active)
    return as_value(flows.get(variable, 0.0))


def _partials(node: Value) -> tuple[Any, ...]:
    assert node.primitive is not None
    found = textbook(node.primitive, node, node.parents)
    return tuple([x._data if x.primitive is CONSTANT else x for x in found])


def written(form: Value, known: Mapping[Value, Value], once: dict[Any, Value]) -> Value:
    """Return a form with these nodes in place of those that are `known`, each expression once.

    `once` holds what was written before, and gets what is written now.
    """
    for node in known.values():
        if node.parents:
            once.setdefault(expressed(node.primitive, node.parents), node)
    twins = dict(known)
    for node in topological_order(form):
        if node in twins or not node.parents or node.primitive is None:
            twins.setdefault(node, node)
            continue
        below = tuple([twins[parent] for parent in node.parents])
        key = expressed(node.primitive, below)
        found = trivial(node, below)
        found = once.get(key) if found is None else found
        twins[node] = _computed(node, below) if found is None else found
        once.setdefault(key, twins[node])
    return twins[form]


def _computed(node: Value, below: tuple[Value, ...]) -> Value:
    assert node.primitive is not None
    if all(a is b for a, b in zip(node.parents, below, strict=True)):
        return node
    if node.op == "**" and below[1]._data == 1.0:
        return below[0]
    for factor, other in (below, below[::-1]) if node.op == "*" else ():
        if factor.primitive is CONSTANT and factor._data == -1.0:
            return other.parents[0] if other.op == "neg" else -other
    return as_value(node.primitive(*below))


def expressed(primitive: Primitive | None, parents: Sequence[Value]) -> tuple[Any, ...]:
    """Return what is the same for the same expression; a constant is its number."""
    return primitive, *[x._data if x.primitive is CONSTANT else x for x in parents]


def trivial(x: Value, below: Sequence[Value]) -> Value | None:
    """Return what is written for x / 1, 1 * x, x + 0 and x - x, which sweeps record."""
    sign, (left, *rest) = x.op, below or (x,)
    right = rest[0] if len(rest) == 1 else None
    if right is None or sign not in ("+", "-", "*", "/"):
        return None
    if sign == "-" and left is right and x._data == 0.0:
        return leaf(x._data, CONSTANT)
    neutral = 0.0 if sign in ("+", "-") else 1.0
    if right.primitive is CONSTANT and right._data == neutral:
        return left
    if sign in ("+", "*") and left.primitive is CONSTANT and left._data == neutral:
        return right
    return None
