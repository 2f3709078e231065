"""Columns: a network of layers, a column of neurons for each, drawn from top to bottom.

The places are ours and not Graphviz's: neurons stand in their order, titles in a line above all
arrows, and an arrow is a straight line from the right of one box to the left of another, as wide
as its weight is large. Invariant: only what fits is drawn so, each frame in one column and each
arrow from one column to the next.
"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from autograd.pictures.boxes import STYLES, escaped, flowing, record
from autograd.pictures.graphviz_display import Drawing

ROW, GAP, HEADER = 0.44, 2.0, 0.6  # inches from box to box, from column to column, of a title
DENSE = 100  # arrows, of which the heads would hide the boxes' edges
LETTER = 0.088  # inches, about, of the font in a box
WIDEST = 2.5  # points of an arrow
CAPTION = "Arrows: the wider the larger the weight, broken where it is negative."
OFF = "off: relu gives 0 here, and nothing passes."
NOTHING = {"penwidth": "0.3", "style": "dotted", "color": "#9ca3af"}
Arrow = tuple[str, str]


class Cell(NamedTuple):
    """One box: its name in the DOT source, its texts and its look."""

    name: str
    fields: list[str]
    look: Mapping[str, str] = {}
    stacked: bool = False

    def add(self, drawing: Drawing) -> None:
        """Draw the box where Graphviz finds a place."""
        drawing.node(self.name, record(self.fields, self.stacked), **self.look)


def columns_of(
    cells: Sequence[str], frame: Mapping[str, str], arrows: Sequence[Arrow]
) -> list[list[str]] | None:
    """Return the boxes column by column, None where the network is not made of layers."""
    before: dict[str, list[str]] = {cell: [] for cell in cells}
    for tail, head in arrows:
        before[head].append(tail)
    rank: dict[str, int] = {}
    try:
        for cell in TopologicalSorter(before).static_order():
            rank[cell] = 1 + max([rank[tail] for tail in before[cell]], default=-1)
    except CycleError:
        return None
    if any(rank[head] != rank[tail] + 1 for tail, head in arrows):
        return None
    columns: list[list[str]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for cell in cells:
        columns[rank[cell]].append(cell)
    framed = [{frame.get(cell, "") for cell in column} for column in columns]
    titles = [title for titles in framed for title in titles if title]
    alone = all(len(titles) == 1 for titles in framed) and len(titles) == len(set(titles))
    return columns if alone else None


def add_columns(
    drawing: Drawing,
    columns: Sequence[Sequence[Cell]],
    titles: Sequence[str],
    arrows: Mapping[Arrow, Sequence[float]],
) -> None:
    """Draw columns of boxes below their titles; `arrows` hold the weights they stand for."""
    drawing.engine = "neato"
    drawing.attr(rankdir="TB", splines="line", outputorder="nodesfirst")
    tallest = max(map(len, columns))
    top, x = (tallest - 1) / 2 * ROW, 0.0
    for i, (column, title) in enumerate(zip(columns, titles, strict=True)):
        width = max(LETTER * len("".join(c.fields)) + 0.25 * len(c.fields) for c in column)
        whole = max(width + 0.3, LETTER * len(title) + 0.2) if title else width
        x += whole / 2
        if title:
            height = tallest * ROW + HEADER
            place = _place(x, top - tallest * ROW / 2 + ROW / 2 + HEADER / 2)
            look = {"style": "rounded,filled", "fillcolor": "#f9fafb", "color": "#9ca3af"}
            size = {"width": f"{whole:.3f}", "height": f"{height:.3f}", "fixedsize": "true"}
            label = f"\\n{escaped(title)}"  # a line of air
            drawing.node(
                f"frame{i}",
                label,
                shape="box",
                labelloc="t",
                margin="0.08,0.1",
                pos=place,
                **look,
                **size,
            )
        for k, cell in enumerate(column):
            place = _place(x, ((len(column) - 1) / 2 - k) * ROW)
            label = record(cell.fields, stacked=True)
            drawing.node(cell.name, label, pos=place, width=f"{width:.3f}", **cell.look)
        x += whole / 2 + GAP
    if len(arrows) > DENSE:
        drawing.edge_attr.update(arrowhead="none")
    off = {c.name for column in columns for c in column if c.look is STYLES["off"]}
    sizes = [abs(weight) for weights in arrows.values() for weight in weights]
    for (tail, head), weights in arrows.items():
        look = flowing(weights, max(sizes), WIDEST, 1.0) if len(weights) == 1 else {}
        look = NOTHING if tail in off else look
        drawing.edge(f"{tail}:e", f"{head}:w", **look)


def _place(x: float, y: float) -> str:
    return f"{x:.3f},{y:.3f}!"
