"""Pieces: the operations of a large graph put together, as layers and neurons are.

Operations belong where the parameters that they meet belong: `layers.0`, in it `neurons.3`; what
only continues such results stays with them, and what comes after the last parameter is a piece of
its own. Where names tell nothing, operations that follow each other stand together. Invariant:
pieces have no cycle between them, and the operations of each follow each other in `operations`,
which is an order to compute in.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from autograd.pictures.short_names import common, parts, shared

MOST = 24  # items of a view; more of them stand together

Path = tuple[str, ...]


@dataclass(eq=False)
class Group:
    """Operations and groups that are one box from outside; `path` says where they belong."""

    name: str
    path: Path
    items: "list[Group | int]"
    view: int = 0
    first: int = 0
    last: int = 0


@dataclass
class Graph:
    """What a view needs to know of the nodes: names, kinds, and parents by number."""

    names: Sequence[str]
    kinds: Sequence[str]
    parents: Sequence[Sequence[int]]
    operations: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.operations = [i for i, ps in enumerate(self.parents) if ps]
        self.paths = [
            parts(n) if k == "leaf" else [] for n, k in zip(self.names, self.kinds, strict=True)
        ]
        self.begun = common([p for p in self.paths if len(p) > 1])
        self.users: list[list[int]] = [[] for _ in self.parents]
        for i in self.operations:
            for p in dict.fromkeys(self.parents[i]):
                self.users[p].append(i)

    def belongs(self, leaf: int) -> Path:
        """Return the path of what holds a parameter: of a name that is no path, none."""
        return tuple(self.paths[leaf][self.begun : -1])


def owners(graph: Graph) -> list[Path]:
    """Return the path that each operation belongs to."""
    found: list[Path] = [()] * len(graph.parents)
    own = [[path for p in ps if (path := graph.belongs(p))] for ps in graph.parents]
    leads = [False] * len(graph.parents)  # to an operation that meets a parameter
    for i in reversed(graph.operations):
        if own[i] or leads[i]:
            for p in graph.parents[i]:
                leads[p] = True
    end = (f"to {graph.names[-1]}",) if any(own) else ()
    for i in graph.operations:
        results = [found[p] for p in graph.parents[i] if graph.parents[p]]
        if own[i] or leads[i]:
            paths = own[i] or results or [()]
            found[i] = paths[0][: shared(paths)]
        else:  # after the last parameter: its activation stays with it, a loss does not
            alone = len(graph.parents[i]) == 1
            found[i] = results[0] if alone and results and results[0] else end
    return found


class Pieces:
    """The whole graph as a group of groups, and the operations in their order."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.owner = owners(graph)
        items = self._gathered(graph.operations, 0)
        self.whole = Group("network" if any(self.owner) else "whole graph", (), items)
        self.operations: list[int] = []
        self.around: dict[int, list[Group]] = {}  # the groups around an operation, outermost first
        self._number(self.whole, [])
        self.place = {i: place for place, i in enumerate(self.operations)}

    def _gathered(self, operations: Sequence[int], depth: int) -> "list[Group | int]":
        """Return operations as items, those that belong to one path together."""
        members: dict[Hashable, list[int]] = {}
        for i, key in self._keys(operations, depth).items():
            members.setdefault(key, []).append(i)
        order = self._order(members)
        if order is None:  # groups that feed each other: nothing stands together
            members = {i: [i] for i in operations}
            order = list(members)
        items: list[Group | int] = []
        for key in order:
            inside = members[key]
            if len(inside) == 1 or not isinstance(key, tuple):
                items += inside
                continue
            inner = self._gathered(inside, depth + 1)
            if len(inner) == 1 and isinstance(inner[0], Group):
                inner = inner[0].items
            again = f" ({key[1] + 1})" if key[1] else ""
            items.append(Group(f"{key[0]}{again}", self.owner[inside[0]][: depth + 1], inner))
        return self._bundled(items)

    def _keys(self, operations: Sequence[int], depth: int) -> dict[int, Hashable]:
        """The part of its path that each operation belongs to, and for which time it is used.

        What is reached again after other operations, as the cell of a recurrent network, is
        another group.
        """
        keys: dict[int, Hashable] = {}
        left: dict[int, dict[str, int]] = {}  # how often the way to an operation has left a part
        for i in operations:
            path = self.owner[i]
            own = path[depth] if len(path) > depth else None
            been: dict[str, int] = {}
            times = 0
            for p in self.graph.parents[i]:
                if p not in keys:
                    continue
                for name, time in left[p].items():
                    been[name] = max(been.get(name, -1), time)
                key = keys[p]
                if isinstance(key, tuple):
                    if key[0] == own:
                        times = max(times, key[1])
                    else:
                        been[key[0]] = max(been.get(key[0], -1), key[1])
            left[i] = been
            keys[i] = i if own is None else (own, max(times, been.get(own, -1) + 1))
        return keys

    def _order(self, members: Mapping[Hashable, Sequence[int]]) -> list[Hashable] | None:
        """The groups in an order to compute in, as near to the given one as can be."""
        group = {i: key for key, inside in members.items() for i in inside}
        sorter = TopologicalSorter[Hashable](dict.fromkeys(members, ()))
        for key, inside in members.items():
            before = {group[p] for i in inside for p in self.graph.parents[i] if p in group}
            sorter.add(key, *before - {key})
        try:
            return list(sorter.static_order())
        except CycleError:
            return None

    def _bundled(self, items: "list[Group | int]") -> "list[Group | int]":
        """Items that follow each other together, where there are too many."""
        if len(items) <= MOST:
            return items
        size = -(-len(items) // min(16, -(-len(items) // 12)))
        pieces = [items[k : k + size] for k in range(0, len(items), size)]
        return [
            Group(f"{self._called(p[0])} … {self._called(p[-1])}", (), self._bundled(p))
            for p in pieces
        ]

    def _called(self, item: "Group | int") -> str:
        name = item.name if isinstance(item, Group) else self.graph.names[item]
        return name.split(" … ")[0]

    def _number(self, group: Group, around: list[Group]) -> None:
        """Put the operations in order, and note where each group begins and ends."""
        group.first = len(self.operations)
        for item in group.items:
            if isinstance(item, Group):
                self._number(item, [*around, group])
            else:
                self.around[item] = [*around, group]
                self.operations.append(item)
        group.last = len(self.operations) - 1
