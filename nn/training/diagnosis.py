"""Diagnosis: where the numbers of a training stop being finite.

The first node in topological order whose data are infinite or nan is the culprit of all that
follow; where all data are finite the reverse sweep is searched in its own order. Invariant: the
graph is not changed.
"""

import math
from collections.abc import Mapping

from autograd import Value
from autograd.grad_mode import Training
from autograd.words.formula import Formula, number, operation, shortened, text
from autograd.words.names import Names
from autograd.words.sweep import Sweep
from autograd.words.text import ELLIPSIS
from nn.layers.noise import silent
from nn.module import Module
from nn.training.engine import NotFiniteError
from nn.training.examples import Examples
from nn.training.history import History


class DivergedError(FloatingPointError):
    """Loss, gradient or weights are no longer finite; `history` is that of the epochs before."""

    history: History


def diverged(
    problem: NotFiniteError,
    model: Module,
    history: History,
    examples: Examples,
    epoch: int,
    batch: int,
) -> DivergedError:
    """Return the error that says what stopped being finite, where, and what to do."""
    found = ""
    for i in problem.examples:
        with Training(), silent():
            root = examples.loss(model(examples.row(i)), examples.target(i))
        found = first_non_finite(root, dict(model.named_parameters()))
        if found:
            found = f": in example {i}, {found}"
            break
    error = DivergedError(
        f"the {problem.what} is no longer finite in epoch {epoch + 1}, batch {batch + 1}{found}. "
        "The model keeps the last finite weights; a smaller learning rate, "
        "`clip_norm=1.0` or scaled inputs often help"
    )
    error.history = history
    return error


def first_non_finite(root: Value, names: Mapping[str, Value]) -> str:
    """Return in words which operation below `root` first gives inf or nan, "" where none does."""
    sweep = Sweep(root)
    called = Names(sweep.order, names)
    for node in sweep.order:
        if not math.isfinite(sweep.data[node]):
            if not node.parents:
                return f"{called[node]} is {sweep.data[node]}"
            return f"{_written(node)} gives {sweep.data[node]}"
    for node in reversed(sweep.order):
        for use in sweep.uses[node]:
            upstream, local = sweep.gradient[use.child], use.partial
            if not math.isfinite(upstream * local):
                return (
                    f"the data are finite, but in the reverse sweep of {_written(use.child)} "
                    f"upstream x local is {upstream:g} x {local:g} = {upstream * local}"
                )
        if not math.isfinite(sweep.gradient[node]):
            return f"the contributions to the gradient of {called[node]} add up to inf or nan"
    return ""


def _written(node: Value) -> str:
    """The operation that made a node, with the numbers that went into it."""
    assert node.primitive is not None
    inputs = [
        Formula(ELLIPSIS) if parent is None else number(parent._data) for parent in shortened(node)
    ]
    return text(operation(node.primitive, inputs))
