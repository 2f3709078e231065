"""draw: the computation graph as a picture.

One box per Value with its name, its number and its gradient, one oval per operation, one arrow
per input, so `x * x` has two. Invariant: drawing changes no node and needs no `backward()`, and
names in the DOT source are generated, never the user's.
"""

import math
from collections.abc import Mapping
from typing import Any

from autograd.engine.graph import topological_order
from autograd.engine.value import Value
from autograd.pictures.boxes import STYLES, Boxes, add_arrows, add_oval, blank, flowing, record
from autograd.pictures.graphviz_display import Drawing
from autograd.pictures.groups import MANY, Groups, boxed, groups_of
from autograd.pictures.tree import shortened, text_tree
from autograd.words.names import Names
from autograd.words.text import LIMIT, check_format, check_limit
from autograd.words.textbook import Presented

NOT_COMPUTED = "—"
FLOW = "What flows back: the wider the more, broken lines where it is negative, dotted where both."


def draw(
    root: Any,
    *,
    names: Mapping[str, Any] | None = None,
    partials: bool = False,
    fold: bool | None = None,
    gradients: bool = False,
    rankdir: str = "LR",
    fmt: str = "",
    limit: int = LIMIT,
) -> Drawing:
    """Return the graph of `root`, a Value or a list of them, as a picture.

    Args:
        root: what was computed; `backward()` need not have run, gradients are then `—`.
        names: Values by name, such as `locals()`; a Value's own label comes first.
        partials: write each operation's local partial derivative at the arrow of its input.
        fold: write out what has no name where it is used, and draw what is of equal shape, such as
            the neurons of a layer, as one box; by default with more than 60 Values.
        gradients: show at the arrows, by width, line and colour, what flows back along them.
        rankdir: "LR" for left to right, "TB" for top to bottom.
        fmt: how numbers are written, such as ".4f"; by default with five digits at most.
        limit: how many Values are drawn at most.

    Raises `TypeError` where `root` is no Value, `ValueError` for more Values than `limit` and
    for a wrong `rankdir` or `fmt`, and for `gradients` before `backward()`.
    """
    roots = root if isinstance(root, list | tuple) else [root]
    if not roots or not all(isinstance(r, Value) for r in roots):
        raise TypeError(
            f"`draw` takes the Value to draw, or a list of Values, got {root!r:.60}: compute "
            "with Values, for example draw(Value(2.0) * 3)"
        )
    if rankdir not in ("LR", "TB"):
        raise ValueError(f'`rankdir` must be "LR" or "TB", got {rankdir!r:.40}')
    check_format(fmt)
    presented = Presented(roots, names)
    roots = presented.roots
    order = topological_order(*roots)
    check_limit(
        len(order),
        limit,
        "draw a part of it, as draw(part); for a model nn.draw(model, x) folds layers",
    )
    called = Names(order, names, presented.twins)
    computed = any(r.grad != 0.0 for r in roots)
    boxes = Boxes(called, roots, fmt, NOT_COMPUTED if not computed else None)
    drawing = blank(rankdir)
    if not computed:
        drawing.attr(label="grad —: no gradient has reached here; call backward() first")
    if gradients and not computed:
        raise ValueError("`gradients` shows what backward() has computed: call it first")
    if gradients:
        drawing.attr(label=FLOW)
    if len(order) > MANY and not partials if fold is None else fold:
        _add_groups(drawing, boxes, groups_of(order, roots, called), gradients, rankdir == "LR")
        return drawing
    finite = [abs(float(node._grad)) for node in order if math.isfinite(node._grad)]
    largest = max(finite, default=0.0) if gradients else None
    ids = {node: f"n{i}" for i, node in enumerate(order)}
    results = [node for node in order if node.parents]
    for node in order:
        boxes.add(drawing, node, ids[node])
    for node in results:
        add_oval(drawing, node, f"op{ids[node]}")
        add_arrows(drawing, node, ids, fmt if partials else None, largest)
    drawing.tree = text_tree(roots, order, boxes.line, boxes.names.__getitem__)
    return drawing


def _add_groups(
    drawing: Drawing, boxes: Boxes, groups: Groups, gradients: bool, stacked: bool
) -> None:
    """Draw a box for each group, `stacked` where it would get too wide, and the arrows."""
    ids = {group: f"n{i}" for i, group in enumerate(groups.boxes)}
    lines = []
    for group, name in ids.items():
        fields = list(boxed(groups, group, boxes.fmt, boxes.grad))
        look = STYLES[boxes.kind(group.members[0])]
        drawing.node(name, record(fields, stacked), **look)
        lines.append(" | ".join(fields))
    arrows = groups.arrows()
    sizes = [abs(c) for found in arrows.values() for c in found if math.isfinite(c)]
    for (tail, head), contributions in arrows.items():
        flow = flowing(contributions, max(sizes)) if gradients else {}
        drawing.edge(ids[tail], ids[head], **flow)
    drawing.tree = shortened(lines[::-1], len(lines))
