"""Views: a large graph in pieces that the eye can take, from the network down to an operation.

Operations belong where the parameters that they meet belong: `layers.0`, in it `neurons.3`; what
only continues such results stays with them, and what comes after the last parameter is a piece of
its own. Where names tell nothing, operations that follow each other stand together. Invariant:
pieces have no cycle between them, and the operations of each follow each other in `operations`,
which is an order to compute in.
"""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.pictures.layout import positions
from autograd.pictures.short_names import common, parts

FOLDED = 60  # nodes; a graph of more is shown in pieces
MOST = 24  # items of a view; more of them stand together
BUNDLE = 4  # leaves of one kind; more of them are one box

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


def views(graph: Graph) -> tuple[list[int], list[dict[str, Any]]]:
    """Return the operations in the order in which they are shown, and the views, the whole first.

    A view holds `items`, each a node, a group with the number of its view, or leaves that stand
    together; `edges` between them as (from, to, which input, of how many); and where each stands.
    """
    if len(graph.parents) <= FOLDED:
        whole = Group("whole graph", (), list(graph.operations))
        items = [{"node": i} for i in range(len(graph.parents))]
        placed = {i: i for i in range(len(graph.parents))}
        whole.last = len(graph.operations) - 1
        return graph.operations, [_view(graph, whole, None, items, placed)]
    folded = _Folded(graph)
    return folded.operations, folded.views


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
            found[i] = _shared(own[i] or results)
        else:  # after the last parameter: its activation stays with it, a loss does not
            alone = len(graph.parents[i]) == 1
            found[i] = results[0] if alone and results and results[0] else end
    return found


def _shared(paths: Sequence[Path]) -> Path:
    """The longest path that all begin with."""
    if not paths:
        return ()
    shortest = min(paths, key=len)
    same = 0
    while same < len(shortest) and all(p[same] == shortest[same] for p in paths):
        same += 1
    return shortest[:same]


class _Folded:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.owner = owners(graph)
        name = "network" if any(self.owner) else "whole graph"
        items = self._gathered(graph.operations, 0)
        while len(items) == 1 and isinstance(items[0], Group):
            items = items[0].items
        self.whole = Group(name, (), items)
        self.operations: list[int] = []
        self._around: dict[int, list[Group]] = {}  # the groups around an operation, outermost first
        self._number(self.whole, [])
        self.place = {i: place for place, i in enumerate(self.operations)}
        self.home = self._homes()
        self.views: list[dict[str, Any]] = []
        for group, parent in self._numbered(self.whole, None):
            shown, placed = self._items(group)
            self.views.append(_view(graph, group, parent, shown, placed, self._note(group)))

    # Groups
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
        before: dict[Hashable, set[Hashable]] = {key: set() for key in members}
        after: dict[Hashable, list[Hashable]] = {key: [] for key in members}
        for i, key in group.items():
            for p in self.graph.parents[i]:
                if p in group and group[p] != key and group[p] not in before[key]:
                    before[key].add(group[p])
                    after[group[p]].append(key)
        waiting = {key: len(keys) for key, keys in before.items()}
        ready = [key for key in members if not waiting[key]]
        order: list[Hashable] = []
        while ready:
            key = ready.pop(0)
            order.append(key)
            for other in after[key]:
                waiting[other] -= 1
                if not waiting[other]:
                    ready.append(other)
        return order if len(order) == len(members) else None

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
                self._around[item] = [*around, group]
                self.operations.append(item)
        group.last = len(self.operations) - 1

    def _homes(self) -> dict[int, Group]:
        """The innermost group that holds all uses of a leaf."""
        homes = {}
        for i, users in enumerate(self.graph.users):
            if not self.graph.parents[i]:
                ways = [self._around[user] for user in users] or [[self.whole]]
                depth = 1
                while all(len(way) > depth and way[depth] is ways[0][depth] for way in ways):
                    depth += 1
                homes[i] = ways[0][depth - 1]
        return homes

    # Views
    def _numbered(self, whole: Group, parent: int | None) -> "list[tuple[Group, int | None]]":
        """The groups with the number of the group around each, the whole first."""
        found = [(whole, parent)]
        for group, _ in found:
            inner = [item for item in group.items if isinstance(item, Group)]
            for number, item in enumerate(inner, start=len(found)):
                item.view = number
            found += [(item, group.view) for item in inner]
        return found

    def _items(self, group: Group) -> tuple[list[dict[str, Any]], dict[int, int]]:
        """What the view of a group shows, leaves first, and the item that stands for each node."""
        inside = self.operations[group.first : group.last + 1]
        reached = dict.fromkeys(p for i in inside for p in self.graph.parents[i])
        reached |= dict.fromkeys(user for i in inside for user in self.graph.users[i])
        leaves = [p for p in reached if not self.graph.parents[p]]
        boxes: list[tuple[dict[str, Any], list[int]]] = []
        for outside, bundle in self._bundles(group, leaves):
            boxes.append((outside | bundle, bundle.get("leaves") or [bundle["node"]]))
        shown: dict[int, tuple[dict[str, Any], list[int]]] = {}
        for i in dict.fromkeys([*inside, *(p for p in reached if self.graph.parents[p])]):
            item, outside = self._standing(group, i)
            first = item.first if isinstance(item, Group) else self.place[i]
            box = {"view": item.view} if isinstance(item, Group) else {"node": i}
            shown.setdefault(first, (outside | box, []))[1].append(i)
        boxes += [shown[first] for first in sorted(shown)]
        placed = {i: k for k, (_, members) in enumerate(boxes) for i in members}
        return [box for box, _ in boxes], placed

    def _standing(self, group: Group, i: int) -> "tuple[Group | int, dict[str, Any]]":
        """What stands for an operation in a view: itself, its group, or a group beside the view."""
        way: list[Group | int] = [*self._around[i], i]
        if group in way:
            inner = way[way.index(group) + 1]
            return inner, {}
        around = self._around[self.operations[group.first]]
        depth = next(k for k, item in enumerate(way) if item not in around[: around.index(group)])
        return way[depth], {"outside": True}

    def _bundles(
        self, group: Group, leaves: Sequence[int]
    ) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Leaves, many of one kind in one box."""
        kinds: dict[tuple[bool, str], list[int]] = {}
        for leaf in leaves:
            home = self.home[leaf]
            if home.first < group.first or home.last > group.last or home is group:
                outside = home is not group
                kind = self._kind(leaf)
                kinds.setdefault((outside, kind), []).append(leaf)
        for (outside, kind), members in kinds.items():
            mark = {"outside": True} if outside else {}
            if len(members) <= BUNDLE:
                yield from ((mark, {"node": leaf}) for leaf in members)
            else:
                yield mark, {"leaves": members, "name": f"{len(members)} {kind}", "note": ""}

    def _kind(self, leaf: int) -> str:
        if self.graph.kinds[leaf] != "leaf":
            return (
                f"{self.graph.kinds[leaf]}s" if self.graph.kinds[leaf] == "constant" else "detached"
            )
        path = self.graph.paths[leaf]
        return re.split(r"[.\[]", path[-1])[0] or path[0] if len(path) > 1 else "leaves"

    def _note(self, group: Group) -> str:
        count = group.last - group.first + 1
        words = [
            re.fullmatch(r"(\w+)\.\d+", item.name)
            for item in group.items
            if isinstance(item, Group)
        ]
        same = {word[1] for word in words if word}
        several = len(same) == 1 and len(words) == len(group.items) and all(words)
        lead = f"{len(words)} {same.pop()}, " if several else ""
        return f"{lead}{count} operation{'' if count == 1 else 's'}"


def _view(
    graph: Graph,
    group: Group,
    parent: int | None,
    items: list[dict[str, Any]],
    placed: Mapping[int, int],
    note: str = "",
) -> dict[str, Any]:
    """Return a view as the page reads it."""
    edges = list(_edges(graph, items, placed))
    before: list[list[int]] = [[] for _ in items]
    for source, target, *_ in edges:
        before[target].append(source)
    sources = {source for source, *_ in edges}
    ends = [k for k in range(len(items)) if k not in sources]
    layer, height = positions(
        [*before, ends] if len(ends) != 1 or ends[0] != len(items) - 1 else before
    )
    lowest = min(height[: len(items)], default=0.0)
    return {
        "name": group.name,
        "title": ".".join(group.path) or group.name,
        "note": note,
        "parent": parent,
        "first": group.first,
        "last": group.last,
        "items": items,
        "edges": edges,
        "layer": layer[: len(items)],
        "height": [h - lowest for h in height[: len(items)]],
    }


def _edges(
    graph: Graph, items: Sequence[Mapping[str, Any]], placed: Mapping[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """Between nodes an edge for each use, else one for each pair."""
    drawn: set[tuple[int, int]] = set()
    for i, target in placed.items():
        ps = graph.parents[i]
        for position, p in enumerate(ps):
            source = placed.get(p, target)
            if source == target:
                continue
            single = "node" in items[source] and "node" in items[target]
            outside = "outside" in items[source] and "outside" in items[target]
            if outside or (not single and (source, target) in drawn):
                continue
            drawn.add((source, target))
            yield (source, target, position, len(ps)) if single else (source, target, 0, 1)
