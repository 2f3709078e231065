"""detect_anomaly: stop at the first number that is infinite or nan, and say where it arose.

The mode notes the user's line at every node that is made inside; a result, a contribution to a
gradient or a gradient that is not finite is an error there and then. Invariant: an error about a
gradient comes before any `.grad` has changed.
"""

import math
from collections.abc import Iterable
from typing import Any

from autograd.engine.graph import pull_back, stored
from autograd.engine.modes import Mode, innermost
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.grad_mode import Differentiating, no_grad
from autograd.lines import Note, line_of, users_line

SHOWN = 6  # operands that an error shows


class detect_anomaly(Mode):
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

    def made(self, primitive: Any, parents: tuple[Any, ...], node: Any) -> Any:
        """Note the line; raise `FloatingPointError` where the result is not finite."""
        if self is not innermost(detect_anomaly) or primitive is None:
            return node
        cut = primitive is DETACHED
        sweep = innermost(Differentiating)
        checks = self.check and not cut and not (sweep is not None and sweep.sweeping)
        if checks and not math.isfinite(node._data):
            call = _call(primitive, parents)
            raise FloatingPointError(f"{call} gives {node._data}, at {users_line()}")
        origin = parents[0] if cut and innermost(no_grad) is None else None
        node._note = Note(users_line(), origin)
        return node

    def pulled(self, order: Any, seeds: Any, earlier: Any = None, active: Any = None) -> None:
        """Go through the reverse sweep and raise at the first number that is not finite."""
        if not self.check or self is not innermost(detect_anomaly):
            return
        if active is None:
            active = {node for node in order if node.primitive is not CONSTANT}
        for node, seed in seeds.items():
            if not math.isfinite(seed):
                raise FloatingPointError(
                    f"the reverse sweep of {_made(node)}, would start with {seed}: pass a finite "
                    "`gradient` to backward(), a finite cotangent to vjp"
                )
        reached = {node: seed for node, seed in seeds.items() if node in active}
        gradients = pull_back(order, reached, stored, active)
        for node in reversed(order):
            if node in gradients:
                self._examine(node, gradients[node], active)
        for leaf, before in (earlier or {}).items():
            total = before + gradients.get(leaf, 0.0)
            if leaf in active and not math.isfinite(total):
                raise FloatingPointError(
                    f"the gradient of {_made(leaf)}, is {gradients[leaf]}, and with the {before} "
                    f"that its `.grad` holds already it adds up to {total}: set `.grad` to 0 "
                    "first, as zero_grad() does"
                )

    def _examine(self, node: Any, gradient: Any, active: Any) -> None:
        if not math.isfinite(gradient):
            raise FloatingPointError(
                "in the reverse sweep the contributions to the gradient of "
                f"{_made(node)}, add up to {gradient}"
            )
        for parent, local in zip(node.parents, stored(node), strict=True):
            if parent in active and not math.isfinite(gradient * local):
                raise FloatingPointError(
                    f"in the reverse sweep of {_call(node.primitive, node.parents)} = "
                    f"{node._data}{_recorded(node)}: the gradient handed to {_operand(parent)} is "
                    f"upstream × local = {gradient} × {local} = {gradient * local}"
                )

    def pushed(self, tangents: dict[Any, Any]) -> None:
        """Raise where forward mode gives a node a derivative that is not finite."""
        if not self.check or self is not innermost(detect_anomaly):
            return
        for node, tangent in tangents.items():
            if node.parents and not math.isfinite(tangent):
                raise FloatingPointError(
                    "in the forward sweep the derivative of "
                    f"{_call(node.primitive, node.parents)} = {node._data}{_recorded(node)}, "
                    f"is {tangent}"
                )


def _made(node: Any) -> str:
    """The operation that made a node, or that it is a leaf; its number, and its line."""
    parents = node.parents
    made = _call(node.primitive, parents) if parents else "the leaf"
    return f"{made}, {_operand(node)}{_recorded(node)}"


def _recorded(node: Any) -> str:
    line = line_of(node)
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
    return f"{node.label}={node._data}" if node.label else str(node._data)
