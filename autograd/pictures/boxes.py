"""Boxes: what a Value and an operation look like in a picture.

A box is a Graphviz record with one field for each text, an operation is an oval. Invariant:
every text is escaped here, so that whatever a label holds is shown as that text and does nothing
else; colour is never the only difference between two kinds of box.
"""

import math
import re
from collections.abc import Container, Mapping, Sequence

from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.table import greater, magnitude
from autograd.engine.value import Value
from autograd.pictures.graphviz_display import Drawing
from autograd.words.names import Names
from autograd.words.numbers import numeral
from autograd.words.text import visible

SIGNS = {greater: ">", magnitude: "abs"}  # where the name of a row says less
FONT = "Helvetica,Arial,sans-serif"
# Colour is never alone: results have thin borders, the root a thick one, leaves a medium one,
# inputs round corners, constants are dashed and detached values dotted.
STYLES: dict[str, dict[str, str]] = {
    "leaf": {"fillcolor": "#dbeafe", "color": "#1d4ed8", "penwidth": "1.4"},
    "result": {},
    "root": {"fillcolor": "#dcfce7", "color": "#15803d", "penwidth": "2.2"},
    "input": {"fillcolor": "#ede9fe", "color": "#6d28d9", "style": "filled,rounded"},
    "constant": {"fillcolor": "#f3f4f6", "color": "#6b7280", "style": "filled,dashed"},
    "detached": {"fillcolor": "#f3f4f6", "color": "#6b7280", "style": "filled,dotted"},
    "off": {"fillcolor": "#e5e7eb", "color": "#9ca3af", "fontcolor": "#6b7280"},
}


class Boxes:
    """The boxes of one picture: what each Value shows, and how it looks.

    `grad` is what to show instead of gradients, `None` for the gradients themselves, "" to show
    none. `inputs` look different from the parameters.
    """

    def __init__(
        self,
        names: Names | Mapping[Value, str],
        roots: Sequence[Value],
        fmt: str,
        grad: str | None,
        inputs: Sequence[Value] = (),
    ) -> None:
        self.names = names
        self.roots = frozenset(roots)
        self.inputs = frozenset(inputs)
        self.fmt = fmt
        self.grad = grad

    def fields(self, node: Value) -> list[str]:
        """Return the texts in the box of `node`."""
        data = numeral(node._data, self.fmt)
        if node.primitive is CONSTANT:
            return [data]
        name = self.names[node]
        fields = [name, f"data {data}"] if name else [f"data {data}"]
        if node.primitive is DETACHED:
            fields.append("detached")
        elif self.grad != "":
            fields.append(f"grad {self.grad or numeral(node.grad, self.fmt)}")
        return fields

    def line(self, node: Value) -> str:
        """Return the line for `node` in a text tree."""
        return " | ".join([*self.fields(node), *([sign(node)] if node.op else [])])

    def kind(self, node: Value) -> str:
        """Return what kind of box a node has, a key of `STYLES`."""
        if node.primitive is CONSTANT:
            return "constant"
        if node in self.inputs:
            return "input"
        if node in self.roots:
            return "root"
        if node.primitive is DETACHED:
            return "detached"
        return "result" if node.parents else "leaf"

    def add(self, drawing: Drawing, node: Value, name: str) -> None:
        """Draw the box of `node` under the generated name `name`."""
        drawing.node(name, record(self.fields(node)), **STYLES[self.kind(node)])


def sign(node: Value) -> str:
    """Return what stands in the oval of the operation that made `node`."""
    known = SIGNS.get(node.primitive) if node.primitive else None
    return known or visible(node.op)


def add_oval(drawing: Drawing, node: Value, name: str) -> None:
    """Draw the operation that made `node` under the generated name `name`."""
    look = {"shape": "ellipse", "fillcolor": "#fef3c7"}
    if len(node.parents) == 2:  # x - y: x first; for a long dot it would cost crossings
        look["ordering"] = "in"
    drawing.node(name, escaped(sign(node)), **look)


def add_arrows(
    drawing: Drawing,
    node: Value,
    ids: Mapping[Value, str],
    fmt: str | None = None,
    largest: float | None = None,
    far: Container[Value] = (),
) -> None:
    """Draw the arrows to and from the oval of `node`; with `fmt` also the local partials.

    With `largest`, the largest gradient, arrows show what flows back along them. Inputs in `far`
    stand a column further away.
    """
    oval = f"op{ids[node]}"
    for parent, partial in zip(node.parents, node.partials, strict=True):
        label = None if fmt is None else escaped(f" {numeral(partial, fmt)}")  # off the arrow
        flow = {} if largest is None else flowing([float(node._grad) * float(partial)], largest)
        weight = "4" if parent.parents else "1"
        length = "2" if parent in far else "1"
        drawing.edge(ids[parent], oval, label, weight=weight, minlen=length, **flow)
    flow = {} if largest is None else flowing([float(node._grad)], largest)
    # The way from result to result is a straight line.
    drawing.edge(oval, ids[node], weight="4", **flow)


def flowing(
    contributions: Sequence[float], largest: float, widest: float = 5.0, power: float = 0.5
) -> dict[str, str]:
    """Return how an arrow looks along which these flow back.

    The width, a `power` of the size, says how much; whole lines are positive, broken ones negative,
    dotted ones both or nothing. Colour says the same again.
    """
    finite = [c for c in contributions if math.isfinite(c)]
    size = max(map(abs, finite), default=0.0)
    width = widest * (0.1 + 0.9 * ((size / largest) ** power if largest else 0.0))
    style, color = "dotted", "#6b7280"
    if size and min(finite) >= 0.0:
        style, color = "solid", "#b45309"
    elif size and max(finite) <= 0.0:
        style, color = "dashed", "#1d4ed8"
    return {"penwidth": f"{width:.2f}", "style": style, "color": color}


def blank(rankdir: str) -> Drawing:
    """Return an empty drawing with the look that all pictures share."""
    drawing = Drawing(format="svg")
    # pygraphviz takes the first `charset="..."` in the text for the encoding, a label's too.
    drawing.attr(charset="UTF-8", rankdir=rankdir, nodesep="0.12", ranksep="0.3", pad="0.1")
    drawing.attr(fontname=FONT, fontsize="11", labelloc="b", labeljust="l", fontcolor="#374151")
    drawing.node_attr.update(
        shape="record", style="filled", fillcolor="white", color="#4b5563", fontcolor="#111827"
    )
    drawing.node_attr.update(fontname=FONT, fontsize="11", margin="0.08,0.03", height="0.3")
    drawing.node_attr.update(width="0.3")
    drawing.edge_attr.update(color="#4b5563", arrowsize="0.6", fontname=FONT, fontsize="10")
    drawing.edge_attr.update(fontcolor="#9a3412")
    return drawing


def record(fields: Sequence[str], stacked: bool = False) -> str:
    """Return the label of a box of `fields`, side by side in LR and one below another in TB.

    `stacked` turns it round.
    """
    label = " | ".join(map(escaped, fields))
    return label if stacked else f"{{{label}}}"


_SPECIAL = re.compile(r'[&<>{}|"\[\]]|^ | $|(?<= ) ')


def escaped(text: str) -> str:
    """Return `text` so that Graphviz shows exactly that, in a box as on an arrow.

    Graphviz decodes entities after it has looked for `|`, `\\N` and `<html>`, and backslashes
    once more after that, so these alone must be doubled.
    """
    text = text.replace("\\", "\\\\")
    return _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", text)
