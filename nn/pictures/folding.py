"""Folding: a network too large to draw in full, with one box for each neuron or each layer.

Modules fold from the inside out, neurons first, then what holds them, until boxes and arrows are
few enough to read. Invariant: there is an arrow from one box to another exactly where a number
computed in the one is used in the other.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autograd import Value
from autograd.engine import table
from autograd.engine.primitive import CONSTANT
from autograd.pictures.boxes import STYLES, escaped
from autograd.pictures.graphviz_display import Drawing
from autograd.words.names import Names
from autograd.words.numbers import numeral
from autograd.words.text import visible
from nn.pictures.columns import CAPTION, OFF, Cell, add_columns, columns_of
from nn.pictures.owners import Add, Owners, add_frames, products

# What can still be read on a screen: MLP(2, [16, 16, 1]) has 33 neurons and 305 arrows.
BOXES = 64
ARROWS = 400
ENDS = 16  # so many inputs or outputs are drawn one by one

Box = str | Value  # the path of a folded module, or a node on its own


def _arrows(order: Sequence[Value], box: dict[Value, Box]) -> Iterator[tuple[Box, Box]]:
    for node in order:
        for parent in node.parents:
            source = box.get(parent, parent)
            constant = isinstance(source, Value) and source.primitive is CONSTANT
            if not constant and not _is_same(source, box[node]):
                yield source, box[node]


def is_off(value: Value) -> bool:
    """Whether a unit is a relu that gives 0, so that nothing passes."""
    return value.primitive is table.relu and bool(value._data == 0.0)


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts x[2] before x[10]."""
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split("([0-9]+)", name)
    ]


def _is_same(a: Box, b: Box) -> bool:
    """Whether two boxes are one: two Values of one number are not."""
    return a is b or (isinstance(a, str) and isinstance(b, str) and a == b)


@dataclass
class Folded:
    """The graph of `roots` with modules folded into boxes; `order` are its nodes."""

    drawing: Drawing
    owners: Owners
    order: Sequence[Value]
    roots: Sequence[Value]
    names: Names
    fmt: str

    def draw(self) -> None:
        """Draw inputs, units and outputs from left to right, and the arrows between them."""
        owners, order, roots = self.owners, self.order, self.roots
        used = [node for node in order if node in owners.of]
        deepest = max(len(owners.above(path)) for path in owners.modules)
        # Operations between the parts of a module are drawn one by one, or as one box if too many.
        ways = [(depth, apart) for apart in (True, False) for depth in range(deepest, 0, -1)]
        for depth, apart in [*ways, (0, False)]:
            box: dict[Value, Box] = {}  # a module with at most `depth` others around it
            for node in used:
                chain = [owners.of[node], *owners.above(owners.of[node])]
                box[node] = chain[max(len(chain) - 1 - depth, 0)]
            around = {above for path in set(box.values()) for above in owners.above(str(path))}
            box = {n: n if apart and path in around else path for n, path in box.items()}
            uses = dict.fromkeys(_arrows(order, box))
            if len(set(box.values())) <= BOXES and len(uses) <= ARROWS:
                break
        outputs: dict[Box, dict[Value, None]] = {box[n]: {} for n in order if n in box}
        for node in order:
            for parent in node.parents:
                if parent.parents and not _is_same(box[parent], box[node]):
                    outputs[box[parent]][parent] = None
        for root in roots:
            if root.parents:
                outputs[box[root]][root] = None
        inputs = [n for n in order if n not in box and n.primitive is not CONSTANT]
        inputs.sort(key=lambda x: natural(self.names[x]))
        ids: dict[Box, str] = {unit: f"unit{i}" for i, unit in enumerate(outputs)}
        ids.update({x: name for x, name in self._ends(inputs, "inputs", "input").items()})
        ends = self._ends(list(dict.fromkeys(roots)), "outputs", "root")
        arrows = {(ids[a], ids[b]): None for a, b in uses}
        arrows |= {
            (ids[box.get(r, r)], end): None for r, end in ends.items() if r in ids or r in box
        }
        if self._add_columns(box, ids, outputs, (inputs, ends), [*arrows]):
            return
        self._draw_ends(inputs, "inputs", "input")
        around = {a for unit in outputs if isinstance(unit, str) for a in owners.above(unit)}
        members: dict[str, list[Add]] = {}
        for unit, values in reversed(outputs.items()):  # Graphviz lays them from bottom to top
            path, cell = self._cell(ids[unit], unit, [*values], around)
            members.setdefault(path, []).append(cell.add)
        add_frames(self.drawing, self.owners, members)
        self._draw_ends([*ends], "outputs", "root")
        self.drawing.attr(mclimit="0.01")  # between dense layers no order is better than ours
        if len(arrows) > 100:
            self.drawing.edge_attr.update(color="#9ca3af", penwidth="0.6", arrowsize="0.4")
            self.drawing.attr(ranksep="0.9")
        for tail, head in reversed(arrows):
            self.drawing.edge(tail, head)

    def _cell(
        self, name: str, unit: Box, values: list[Value], around: Container[str]
    ) -> tuple[str, Cell]:
        """The module in whose frame a box stands, and the box."""
        owners = self.owners
        if isinstance(unit, Value):
            shown = visible(owners.local_names.get(unit) or unit.op)
            look = STYLES["result" if unit.parents else "leaf"]
            return owners.of[unit], Cell(name, [shown, self._data(unit)], look)
        if unit in around:
            fields = [f"{owners.title(unit)}: between its parts", *self._numbers(values)]
            return unit, Cell(name, fields, stacked=True)
        path = owners.parent(unit)
        if len(values) == 1 and unit:
            shown = visible(owners.within(unit, path))
            return path, Cell(name, [shown, self._data(values[0])])
        count = len(owners.modules[unit].parameters())
        fields = [owners.title(unit), f"{count:,} parameters", *self._numbers(values)]
        return path, Cell(name, fields, stacked=True)

    def _add_columns(
        self,
        box: dict[Value, Box],
        ids: dict[Box, str],
        outputs: dict[Box, dict[Value, None]],
        ends: tuple[list[Value], dict[Value, str]],
        arrows: list[tuple[str, str]],
    ) -> bool:
        """Draw layers of neurons as columns, if that is what the network is made of."""
        if max(map(len, ends)) > ENDS or any(x in ids for x in ends[1]):
            return False
        cells = {ids[x]: self._end(x, ids[x], "input") for x in ends[0]}
        frame: dict[str, str] = {}
        off = False
        for unit, values in outputs.items():
            if not isinstance(unit, str) or not unit or len(values) != 1:
                return False
            (value,) = values
            frame[ids[unit]], cell = self._cell(ids[unit], unit, [value], ())
            dead = is_off(value)
            off = off or dead
            fields = [*cell.fields, "off"] if dead else cell.fields
            cells[ids[unit]] = Cell(cell.name, fields, STYLES["off" if dead else "result"])
        cells |= {name: self._end(x, name, "root") for x, name in ends[1].items()}
        columns = columns_of([*cells], frame, arrows)
        if columns is None:
            return False
        weights: dict[tuple[str, str], list[float]] = {arrow: [] for arrow in arrows}
        known = self.owners.local_names
        for node in self.order:  # products of a parameter and a result of another box
            for weight, x in products(node):
                source = box.get(x, x)
                other = x not in known and not _is_same(source, box[node])
                if weight in known and other and x.primitive is not CONSTANT:
                    weights[ids[source], ids[box[node]]].append(float(weight._data))
        firsts = [frame.get(column[0], "") for column in columns]
        titles = [self.owners.title(path) if path else "" for path in firsts]
        add_columns(self.drawing, [[cells[c] for c in col] for col in columns], titles, weights)
        lines = [escaped(self.owners.title("")), CAPTION + (f" {OFF}" if off else "")]
        self.drawing.attr(label="".join(f"{line}\\l" for line in lines), labelloc="t")
        return True

    def _ends(self, values: list[Value], title: str, kind: str) -> dict[Value, str]:
        """Return the names of inputs or outputs in the DOT source, one for many of them."""
        if len(values) > ENDS:
            return dict.fromkeys(values, title)
        return {value: f"{kind}{i}" for i, value in enumerate(values)}

    def _end(self, value: Value, name: str, kind: str) -> Cell:
        return Cell(name, [self.names[value], self._data(value)], STYLES[kind])

    def _draw_ends(self, values: list[Value], title: str, kind: str) -> None:
        """Draw inputs or outputs, many of them as one box."""
        if len(values) > ENDS:
            fields = [title, *self._numbers(values)]
            Cell(title, fields, STYLES[kind], stacked=True).add(self.drawing)
            return
        for value, name in reversed(self._ends(values, title, kind).items()):
            self._end(value, name, kind).add(self.drawing)

    def _data(self, value: Value) -> str:
        return f"data {numeral(value._data, self.fmt)}"

    def _numbers(self, values: list[Value]) -> list[str]:
        if len(values) < 2:
            return [self._data(value) for value in values]
        data = np.array([value._data for value in values])
        with np.errstate(all="ignore"):
            found = {"min": data.min(), "mean": data.mean(), "max": data.max()}
        shown = [f"{name} {numeral(float(x), self.fmt)}" for name, x in found.items()]
        return [f"{len(values):,} values", *shown]
