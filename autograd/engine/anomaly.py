"""detect_anomaly: stop at the first number that is infinite or nan, and say where it arose.

Inside the block every node is made as one that also notes the user's line; a result, a
contribution to a gradient or a gradient that is not finite is an error there and then. Outside,
operators do not look here at all. Invariant: an error about a gradient comes before any `.grad`
has changed.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from autograd.engine.recording import Block, innermost, opened_blocks
from autograd.engine.tracing import users_line

SHOWN = 6  # operands that an error shows


class detect_anomaly(Block):
    """Raise at the first value or gradient that is infinite or nan: `with detect_anomaly(): ...`.

    The `FloatingPointError` names the operation, its operands and the line of your code that
    computed it. With `check=False` nothing is raised and only the lines are noted, for `why` to
    name them. Also a decorator, `@detect_anomaly()`. A compiled program inside is run by the
    eager engine first, row by row, so that it stops at the same place.

    Raises `TypeError` where `check` is not a bool.
    """

    def __init__(self, check: bool = True) -> None:
        if not isinstance(check, bool):
            raise TypeError(
                f"`check` must be True or False, got {check!r:.60}; as a decorator write "
                "`@detect_anomaly()` with parentheses"
            )
        self.check = check


def watcher() -> detect_anomaly | None:
    """The innermost `detect_anomaly` in force, None where there is none."""
    return innermost(detect_anomaly) if opened_blocks() else None


def checking() -> bool:
    """Whether numbers that are not finite are errors here."""
    watch = watcher()
    return watch is not None and watch.check


def check_value(primitive: Any, parents: Iterable[Any], out: float) -> None:
    """Raise `FloatingPointError` where the result of an operation is not finite."""
    if not math.isfinite(out):
        raise FloatingPointError(f"{_call(primitive, parents)} gives {out}, at {users_line()}")


def check_contribution(node: Any, i: int, upstream: float, local: float) -> None:
    """Raise where what `node` hands to its input number `i` is not finite."""
    if not math.isfinite(upstream * local):
        raise FloatingPointError(
            f"in the reverse sweep of {_call(node.primitive, node.parents)} = {node._data}"
            f"{_recorded(node)}: the gradient handed to {_operand(node.parents[i])} is "
            f"upstream × local = {upstream} × {local} = {upstream * local}"
        )


def check_gradient(node: Any, gradient: float) -> None:
    """Raise where the contributions to a node's gradient, each finite, add up to inf."""
    if not math.isfinite(gradient):
        raise FloatingPointError(
            f"in the reverse sweep the contributions to the gradient of {_made(node)}, "
            f"add up to {gradient}"
        )


def check_seed(node: Any, seed: float) -> None:
    """Raise where the sweep would start with a gradient that is not finite."""
    if not math.isfinite(seed):
        raise FloatingPointError(
            f"the reverse sweep of {_made(node)}, would start with {seed}: pass a finite "
            "`gradient` to backward(), a finite cotangent to vjp"
        )


def check_total(leaf: Any, gradient: float, earlier: float) -> None:
    """Raise where a gradient, itself finite, and the `.grad` that a leaf has do not add up."""
    if not math.isfinite(earlier + gradient):
        raise FloatingPointError(
            f"the gradient of {_made(leaf)}, is {gradient}, and with the {earlier} that its "
            f"`.grad` holds already it adds up to {earlier + gradient}: set `.grad` to 0 first, as "
            "zero_grad() does"
        )


def check_tangent(node: Any, tangent: float) -> None:
    """Raise where forward mode gives a node a derivative that is not finite."""
    if not math.isfinite(tangent):
        raise FloatingPointError(
            f"in the forward sweep the derivative of {_call(node.primitive, node.parents)} = "
            f"{node._data}{_recorded(node)}, is {tangent}"
        )


def check_sweep(
    order: Sequence[Any],
    seeds: Mapping[Any, float],
    active: Container[Any],
    earlier: Mapping[Any, float] | None = None,
) -> None:
    """Go through the reverse sweep over `order` on paper and raise where it fails.

    `seeds` are the gradients of the results; what flows to nodes that are not active is nobody's
    gradient. To the leaves in `earlier` theirs is added.
    """
    for node, seed in seeds.items():
        check_seed(node, seed)
    gradients: dict[Any, float] = dict(seeds)
    for node in reversed(order):
        upstream = gradients.get(node)
        if upstream is not None:
            check_gradient(node, upstream)
            for i, (parent, local) in enumerate(zip(node.parents, node.partials, strict=True)):
                if parent in active:
                    check_contribution(node, i, upstream, local)
                    gradients[parent] = gradients.get(parent, 0.0) + upstream * local
    for leaf, before in (earlier or {}).items():
        if leaf in active:
            check_total(leaf, gradients[leaf], before)


def _made(node: Any) -> str:
    """The operation that made a node, or that it is a leaf; its number, and its line."""
    made = _call(node.primitive, node.parents) if node.primitive else "the leaf"
    return f"{made}, {_operand(node)}{_recorded(node)}"


def _recorded(node: Any) -> str:
    line = getattr(node, "line", "")
    return f", recorded at {line}" if line else ""


def _call(primitive: Any, parents: Iterable[Any]) -> str:
    """The operation as people write it: `log(x=-1.0)`, `1.0 / y=0.0`."""
    operands = list(map(_operand, parents))
    if len(operands) == 2 and not primitive.name.isidentifier():
        return f"{operands[0]} {primitive.name} {operands[1]}"
    if len(operands) > SHOWN:
        operands = [*operands[:SHOWN], f"... ({len(operands)} inputs)"]
    return f"{primitive.name}({', '.join(operands)})"


def _operand(node: Any) -> str:
    number = getattr(node._data, "fraction", node._data)
    return f"{node.label}={number}" if node.label else str(number)
