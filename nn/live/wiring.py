"""Wiring: which numbers of a model's graph are its neurons, and which weights lie between them.

It is read off the graph and the modules that own its parts, so any Module has one. A unit is what
one module hands on to another, or to the outside; it stands one column behind the last unit that
it is computed from. Invariant: an edge is a parameter that is multiplied by a unit or an input on
its way into a unit, and a bias one that is added on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autograd import Value
from autograd.engine import table
from autograd.engine.graph import topological_order
from nn.module import Module
from nn.pictures.owners import Owners, products

MOST = 40  # units of one column that are shown one by one
EDGES = 20_000  # that the page knows: 784 inputs of 16 neurons, whose weights are images


class Place(NamedTuple):
    """Where a unit, or an input, stands: inputs are column 0."""

    column: int
    row: int


@dataclass
class Wiring:
    """Columns of units, and the parameters between them; nothing of the recording itself."""

    titles: list[list[str]] = field(default_factory=lambda: [[]])  # of the columns
    operations: list[list[list[str]]] = field(default_factory=lambda: [[]])  # of each unit
    edges: list[tuple[Value, Place, Place]] = field(default_factory=list)
    biases: list[tuple[Value, Place]] = field(default_factory=list)

    def as_data(self, number: Mapping[Value, int], inputs: Sequence[str]) -> dict[str, Any]:
        """Return it as the page reads it: parameters by number, units by place.

        `number` are the numbers of the parameters, `inputs` what the inputs are called.
        """
        columns: list[dict[str, Any]] = [
            {"title": "inputs", "count": len(inputs), "names": list(inputs[:MOST])}
        ]
        for titles, operations in zip(self.titles[1:], self.operations[1:], strict=True):
            column = {"title": ", ".join(filter(None, titles)), "count": len(operations)}
            columns.append({**column, "operations": operations[:MOST]})
        shown = [e for e in self.edges if e[0] in number and e[2].row < MOST]
        biases = [b for b in self.biases if b[0] in number and b[1].row < MOST]
        return {
            "columns": columns,
            "edges": [[number[p], *source, *target] for p, source, target in shown[:EDGES]],
            "biases": [[number[p], *target] for p, target in biases],
        }


def wire(
    model: Module, inputs: Sequence[Value], outputs: Sequence[Value]
) -> tuple[list[Value], Wiring]:
    """Return the units that are shown, column by column, and how they are wired.

    `inputs` are the numbers that the model has taken, `outputs` what it has returned.
    """
    order = topological_order(*outputs)
    owners = Owners(model, order)
    wanted = {  # what crosses from one module to another, and the outputs
        parent
        for node in order
        for parent in node.parents
        if parent.parents and owners.of.get(parent) != owners.of.get(node)
    }
    wanted |= {node for node in outputs if node.parents}
    units = [node for node in order if node in wanted]
    ends = dict.fromkeys([*inputs, *units])
    columns: list[list[Value]] = [[]]
    place = {x: Place(0, i) for i, x in enumerate(inputs)}
    wiring = Wiring()
    for unit in units:
        inside, met = _cone(unit, ends)
        column = 1 + max((place[end].column for end in met), default=0)
        if column == len(columns):
            columns.append([])
            wiring.titles.append([])
            wiring.operations.append([])
        place[unit] = Place(column, len(columns[column]))
        columns[column].append(unit)
        last, made = unit, []  # the operations of one input that come last: ["tanh"]
        while len(last.parents) == 1 and (last is unit or last not in ends):
            made.append(last.op)
            last = last.parents[0]
        wiring.operations[column].append(made)
        path = owners.of.get(unit, "")
        title = owners.parent(path) if "." in path else path
        if title not in wiring.titles[column]:
            wiring.titles[column].append(title)
        for node in inside:
            for parameter, other in products(node):
                if parameter in owners.local_names and other in place:
                    wiring.edges.append((parameter, place[other], place[unit]))
            if node.primitive in (table.add, table.subtract):
                added = [p for p in node.parents if p in owners.local_names]
                wiring.biases += [(p, place[unit]) for p in added]
    return [unit for column in columns for unit in column[:MOST]], wiring


def _cone(unit: Value, ends: Mapping[Value, None]) -> tuple[list[Value], set[Value]]:
    """The nodes from which a unit is computed, down to other units and inputs; and those."""
    inside, met = [], set()
    stack, seen = [unit], {unit}
    while stack:
        node = stack.pop()
        inside.append(node)
        for parent in node.parents:
            if parent in ends:
                met.add(parent)
            elif parent.parents and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return inside, met
