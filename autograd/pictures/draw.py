"""draw: the computation graph as a picture.

One box per Value with its name, its number and its gradient, one oval per operation, one arrow
per input, so `x * x` has two. Invariant: drawing changes no node and needs no `backward()`, and
names in the DOT source are generated, never the user's.
"""

from collections.abc import Mapping
from typing import Any

from autograd.engine.graph import topological_order
from autograd.engine.value import Value
from autograd.pictures.boxes import Boxes, add_arrows, add_oval, blank
from autograd.pictures.graphviz_display import Drawing
from autograd.pictures.tree import text_tree
from autograd.words.names import Names
from autograd.words.text import LIMIT, check_format, check_limit
from autograd.words.textbook import Presented

NOT_COMPUTED = "—"


def draw(
    root: Any,
    *,
    names: Mapping[str, Any] | None = None,
    partials: bool = False,
    rankdir: str = "LR",
    fmt: str = "",
    limit: int = LIMIT,
) -> Drawing:
    """Return the graph of `root`, a Value or a list of them, as a picture.

    Args:
        root: what was computed; `backward()` need not have run, gradients are then `—`.
        names: Values by name, such as `locals()`; a Value's own label comes first.
        partials: write each operation's local partial derivative at the arrow of its input.
        rankdir: "LR" for left to right, "TB" for top to bottom.
        fmt: how numbers are written, such as ".4f"; by default with five digits at most.
        limit: how many Values are drawn at most.

    Raises `TypeError` where `root` is no Value, `ValueError` for more Values than `limit` and
    for a wrong `rankdir` or `fmt`.
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
    computed = any(r.grad != 0.0 for r in roots)
    boxes = Boxes(
        Names(order, names, presented.twins), roots, fmt, NOT_COMPUTED if not computed else None
    )
    drawing = blank(rankdir)
    if not computed:
        drawing.attr(label="grad —: no gradient has reached here; call backward() first")
    ids = {node: f"n{i}" for i, node in enumerate(order)}
    results = [node for node in order if node.parents]
    for node in order:
        boxes.add(drawing, node, ids[node])
    for node in results:
        add_oval(drawing, node, f"op{ids[node]}")
        add_arrows(drawing, node, ids, fmt if partials else None)
    drawing.tree = text_tree(roots, order, boxes.line, boxes.names.__getitem__)
    return drawing
