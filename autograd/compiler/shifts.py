"""Shifts that cancel: on which of some numbers nothing that was recorded depends.

The largest logit m, which a softmax subtracts, cancels. What is computed from m is x + k m or
x exp(k m), with x free of it, and the k of each follow from those of its operands, as units do:

    v - m: + -1      exp(v - m), their sum: * -1      exp(v - m) / sum: * 0, free of m
    log(sum): + -1   m + log(sum): + 0, free of m

Where all that is returned or compared is free of m, so are its derivatives. Invariant: an
operation that is not listed here makes what it is applied to no shift, and so does a detached
operand, through which a derivative would not cancel.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.engine import table
from autograd.engine.primitive import CONSTANT

Unit = tuple[str, Mapping[Any, float]]  # "+" or "*", and the k of each m
FREE: Mapping[Any, float] = {}


def cancelling(
    shifts: Mapping[Any, Iterable[Any]],
    order: Sequence[Any],
    ends: Iterable[Any],
    kept: Iterable[Any],
) -> set[Any]:
    """Return the `shifts`, nodes in `order`, on which the nodes `ends` do not depend.

    `shifts` says of which items each is the largest; those `kept` are none from the first.
    """
    lost = set(kept)
    units: dict[Any, Unit] = {}
    for node in order:
        if node in shifts:
            lost.update(*[units[p][1] for p in shifts[node] if p in units])
            units[node] = ("+", {node: 1.0})
            continue
        right = node._right  # `parents`, spelled out: most have two, without a unit
        if right is not None and right not in units and node._left not in units:
            continue
        operands = node.parents
        if units.keys().isdisjoint(operands):
            continue
        found = _unit(node, operands, units)
        if found is None:
            lost.update(*[units[p][1] for p in operands if p in units])
        elif found[1]:
            units[node] = found
    lost.update(*[units[end][1] for end in ends if end in units])
    return set(shifts) - lost


def _unit(node: Any, operands: tuple[Any, ...], units: dict[Any, Unit]) -> Unit | None:
    """The unit of a node, None where it has none; of one that is free there are no ks."""
    row = node.primitive
    kind, ks = units.get(operands[0], (None, FREE))
    if len(operands) == 1:
        if row is table.negative and kind == "+":
            return "+", _scaled(ks, -1.0)
        if row is table.negative or row is table.copy:
            return kind or "+", ks
        if row is table.exp and kind == "+":
            return "*", ks
        if row is table.log and kind == "*":
            return "+", ks
        return ("*", _scaled(ks, 0.5)) if row is table.sqrt and kind == "*" else None
    if row is table.dot:
        return _sum_of_products(operands, units)
    if len(operands) != 2:
        return None
    other_kind, others = units.get(operands[1], (None, FREE))
    constants = [p._data if p.primitive is CONSTANT else None for p in operands]
    if row is table.add or row is table.subtract:
        if "*" not in (kind, other_kind):
            return "+", _joined(ks, others, 1.0 if row is table.add else -1.0)
        if kind == other_kind and ks == others:
            return "*", ks
        if constants[0] == 0.0:  # where Python's sum begins
            return (other_kind or "*"), others
        return ((kind or "*"), ks) if constants[1] == 0.0 else None
    if row is table.multiply or row is table.divide:
        if "+" not in (kind, other_kind):
            return "*", _joined(ks, others, 1.0 if row is table.multiply else -1.0)
        if kind == "+" and constants[1]:
            by = constants[1] if row is table.multiply else 1.0 / constants[1]
            return "+", _scaled(ks, by)
        if other_kind == "+" and constants[0] and row is table.multiply:
            return "+", _scaled(others, constants[0])
    if row is table.power_constant and kind == "*" and constants[1] is not None:
        return "*", _scaled(ks, constants[1])
    return None


def _sum_of_products(operands: tuple[Any, ...], units: dict[Any, Unit]) -> Unit | None:
    found = []
    half = len(operands) // 2
    for pair in zip(operands[:half], operands[half:], strict=True):
        (kind, ks), (other_kind, others) = (units.get(p, ("*", FREE)) for p in pair)
        if "+" in (kind, other_kind):
            return None
        found.append(_joined(ks, others, 1.0))
    return ("*", found[0]) if all(ks == found[0] for ks in found) else None


def _scaled(ks: Mapping[Any, float], factor: float) -> Mapping[Any, float]:
    return {m: k * factor for m, k in ks.items()}


def _joined(
    ks: Mapping[Any, float], others: Mapping[Any, float], sign: float
) -> Mapping[Any, float]:
    found = dict(ks)
    for m, k in others.items():
        found[m] = found.get(m, 0.0) + sign * k
    return {m: k for m, k in found.items() if k}
