"""The graph of a loss before and after a step of the optimiser."""

import math
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd
from autograd import Value
from autograd.engine.graph import topological_order
from autograd.words.names import Names
from autograd.words.numbers import numeral, signed
from nn.checks import check_kind
from nn.optim import Optimizer
from nn.pictures.axes import import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes


PIXELS = 192  # in an inch of a graph's picture
LARGEST = 40.0  # inches of a graph's picture
MOVES = 6  # parameters whose step is written out


def plot_step(
    build: Callable[[], Value], optimizer: Optimizer, **drawing: Any
) -> "tuple[Axes, Axes]":
    """Take one step of `optimizer`; draw the graph of the loss before and after it.

    `build()` records the loss afresh and returns it. It is called, its gradients are computed,
    `optimizer` moves its parameters once, for good, and it is called again; gradients start at 0
    both times and are those of the second loss in the end. What the step did to each parameter is
    written above the second graph, such as w: 3 - 0.05 × 22 = 1.9. `drawing` goes to
    `autograd.draw`: `names=locals()`, `rankdir="TB"`. Returns a tuple of both Axes, in a figure of
    their own.

    Raises `TypeError` where `build` returns no Value or `optimizer` is no Optimizer, `ValueError`
    where `build` returns the same Value again, `ImportError` without matplotlib, and what
    `autograd.draw` raises.
    """
    pyplot = import_pyplot()
    check_kind("optimizer", optimizer, Optimizer, "an optimiser such as nn.SGD")
    before = build()
    pictures = [_swept(before, optimizer, drawing)]
    start = [(p, p.data, p.grad, group["lr"]) for p, _, group in optimizer.entries()]
    optimizer.step()
    moves = [_move(*entry, drawing.get("names")) for entry in start if entry[2]]
    after = build()
    if after is before:
        raise ValueError("`build` returned the same Value again: let it record the loss afresh")
    pictures.append(_swept(after, optimizer, drawing))
    images = [pyplot.imread(BytesIO(png), format="png") for png in pictures]
    height, width = np.max([image.shape[:2] for image in images], axis=0) / PIXELS
    shrink = min(1.0, LARGEST / max(width, height))
    rows, columns = (2, 1) if width > height else (1, 2)
    _, both = pyplot.subplots(
        rows,
        columns,
        figsize=(columns * max(width * shrink, 3.0), rows * (height * shrink + 0.4)),
        layout="constrained",
    )
    for ax, image in zip(both, images, strict=True):
        ax.imshow(image)
        ax.set_axis_off()
    both[0].set_title(f"before the step: loss {numeral(before.data)}")
    more = [f"and {len(moves) - MOVES} more"] if len(moves) > MOVES else []
    told = "\n".join([f"after the step: loss {numeral(after.data)}", *moves[:MOVES], *more])
    both[1].set_title(told, parse_math=False)
    return both[0], both[1]


def _move(p: Value, before: float, gradient: float, rate: float, names: Any) -> str:
    """`w: 3 - 0.05 × 22 = 1.9`, or where the optimiser does something else `w: 3 → 1.9`."""
    name = Names([p], names)[p]
    if math.isclose(before - rate * gradient, p.data, rel_tol=1e-12, abs_tol=1e-300):
        factor = signed(numeral(gradient))
        return f"{name}: {numeral(before)} - {numeral(rate)} × {factor} = {numeral(p.data)}"
    return (
        f"{name}: {numeral(before)} → {numeral(p.data)}, where the gradient is {numeral(gradient)}"
    )


def _swept(loss: Any, optimizer: Optimizer, drawing: dict[str, Any]) -> bytes:
    """Compute the gradients of `loss`, from 0; return the picture of its graph, as PNG."""
    if not isinstance(loss, Value):
        raise TypeError(f"`build` must return the loss, a Value, got {loss!r:.60}")
    optimizer.zero_grad()
    for node in topological_order(loss):
        node.grad = 0.0
    loss.backward()
    picture = autograd.draw(loss, **drawing)
    picture.attr(dpi=str(PIXELS))
    png: bytes = picture.pipe(format="png")
    return png
