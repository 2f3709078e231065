"""draw: a model at work on one example, its layers and neurons as labelled frames.

A small network is drawn in full, a larger one with each neuron, or each layer, as one box; layers
of neurons are columns, in which arrows are as wide as the weights.
Invariant: the model sees Values in place of numbers, so that its inputs can be shown, or, where it
cannot take them, the numbers themselves; neither the model, its random numbers nor what is given
is changed.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import Value
from autograd.engine.graph import topological_order
from autograd.engine.modes import innermost
from autograd.engine.primitive import CONSTANT
from autograd.grad_mode import Training, no_grad
from autograd.pictures.boxes import Boxes, add_arrows, add_oval, blank, escaped
from autograd.pictures.graphviz_display import Drawing
from autograd.pictures.tree import shortened, text_tree
from autograd.words.names import Names
from autograd.words.numbers import numeral
from autograd.words.text import LIMIT, check_format, check_limit
from nn.module import Module, unmoved
from nn.pictures.folding import Folded, is_off
from nn.pictures.owners import Add, Owners, add_frames


def draw(
    model: Module,
    x: Any,
    *,
    names: Mapping[str, Any] | None = None,
    fmt: str = "",
    fold_above: int = 200,
    limit: int = LIMIT,
) -> Drawing:
    """Return a picture of `model` computing its output for the one example `x`.

    Args:
        model: any Module; its parts become frames, named as in `named_parameters()`.
        x: what the model takes, numbers or Values; they are named x[0], x[1], ...
        names: further Values by name, such as `locals()`.
        fmt: how numbers are written, such as ".4f"; by default with five digits at most.
        fold_above: with more nodes than this, neurons or layers are drawn as single boxes.
        limit: how many nodes are drawn at most where nothing is folded.

    Raises `TypeError` where `model` is no Module or returns no Values, and `ValueError` for more
    nodes than `limit`, a wrong `fmt`, and inside `no_grad()`. What the model raises comes through.
    """
    if not isinstance(model, Module):
        raise TypeError(
            f"`model` must be a Module, got {type(model).__name__}: draw a Value by autograd.draw"
        )
    if innermost(no_grad):
        raise ValueError("nothing is recorded inside no_grad(): call nn.draw outside of it")
    if not isinstance(fold_above, int):
        raise TypeError(f"`fold_above` must be a whole number of nodes, got {fold_above!r:.40}")
    check_format(fmt)
    with unmoved(model):
        inputs, output = _run(model, x)
        roots = list(output) if isinstance(output, list | tuple) else [output]
        if not roots or not all(isinstance(root, Value) for root in roots):
            raise TypeError(
                f"`model` must return a Value or a list of Values to be drawn, got {output!r:.60}"
            )
        order = topological_order(*roots)
        ends = {"x": inputs, "output": output}
        known = Names(
            order, {**ends, **names, **ends} if isinstance(names, Mapping) else names or ends
        )
        owners = Owners(model, order)
        drawing = blank("LR")
        drawing.attr(label=escaped(owners.title("")), labelloc="t")
        if len(order) > fold_above:
            Folded(drawing, owners, order, roots, known, fmt).draw()
            results = [f"{known[root]} | data {numeral(root._data, fmt)}" for root in roots]
            lines = [*model.summary().splitlines(), *results]
            drawing.tree = shortened(lines, len(lines))
        else:
            advice = "lower `fold_above`, or draw a part of it, as nn.draw(model.layers[0], x)"
            check_limit(len(order), limit, advice)
            drawing.tree = _add_in_full(drawing, owners, order, roots, known, fmt)
        return drawing


def _run(model: Module, x: Any) -> tuple[Any, Any]:
    """Return `x` with Values for numbers, and the model's output for it."""
    inputs = _as_values(x)
    with Training():
        try:
            return inputs, model(inputs)
        except Exception:  # it may need bare numbers, to index a table: it gets what was given
            pass
        return x, model(x)


def _as_values(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(map(_as_values, x)) if type(x) in (list, tuple) else x
    if isinstance(x, np.ndarray) and x.dtype.kind in "biuf":
        return np.frompyfunc(lambda number: Value(float(number)), 1, 1)(x)
    return Value(float(x)) if isinstance(x, int | float | np.number) else x


class _Boxes(Boxes):
    """Boxes in which units that are off say so."""

    def fields(self, node: Value) -> list[str]:
        return [*super().fields(node), *(["off"] if is_off(node) else [])]

    def kind(self, node: Value) -> str:
        return "off" if is_off(node) and node not in self.roots else super().kind(node)


def _add_in_full(
    drawing: Drawing,
    owners: Owners,
    order: Sequence[Value],
    roots: Sequence[Value],
    names: Names,
    fmt: str,
) -> str:
    """Draw every node in the frame of its owner; returns the graph as text."""
    shown = {node: owners.local_names.get(node) or names.given(node) for node in order}
    inputs = [n for n in order if n not in owners.of and n.primitive is not CONSTANT]
    boxes = _Boxes(shown, roots, fmt, "", inputs)
    ids = {node: f"n{i}" for i, node in enumerate(order)}
    frame = dict(owners.of)
    for node in order:
        for parent in node.parents:
            if parent.primitive is CONSTANT:
                frame.setdefault(parent, owners.of[node])
    members: dict[str, list[Add]] = {}
    for node in reversed(order):  # Graphviz lays from bottom to top what follows in a frame
        adds = members.setdefault(frame.get(node, ""), [])
        adds.append(partial(boxes.add, node=node, name=ids[node]))
        if node.parents:
            adds.append(partial(add_oval, node=node, name=f"op{ids[node]}"))
    add_frames(drawing, owners, members)
    for node in order:
        if node.parents:
            add_arrows(drawing, node, ids, far=boxes.inputs)
    return text_tree(roots, order, boxes.line, lambda node: shown[node] or names[node])
