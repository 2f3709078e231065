"""Views: a large graph in pictures that the eye can take, from the network down to an operation.

A view is the inside of one piece (`pieces.py`): nodes, smaller pieces, leaves that stand together,
and beside them what they take from outside and hand on. Invariant: every operation is inside
exactly one item of each view around it, and edges go forward.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd.pictures.layout import positions
from autograd.pictures.pieces import Graph, Group, Pieces

FOLDED = 60  # nodes; a graph of more is shown in pieces
BUNDLE = 4  # leaves of one kind; more of them are one box


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


class _Folded:
    """The views of a graph in pieces."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.pieces = graph, Pieces(graph)
        self.operations, self._around = self.pieces.operations, self.pieces.around
        self.home = self._homes()
        self.views: list[dict[str, Any]] = []
        for group, parent in self._numbered(self.pieces.whole, None):
            shown, placed = self._items(group)
            self.views.append(_view(graph, group, parent, shown, placed, self._note(group)))

    def _homes(self) -> dict[int, Group]:
        """The innermost group that holds all uses of a leaf."""
        homes = {}
        for i, users in enumerate(self.graph.users):
            if not self.graph.parents[i]:
                ways = [self._around[user] for user in users] or [[self.pieces.whole]]
                depth = 1
                while all(len(way) > depth and way[depth] is ways[0][depth] for way in ways):
                    depth += 1
                homes[i] = ways[0][depth - 1]
        return homes

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
            first = item.first if isinstance(item, Group) else self.pieces.place[i]
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
            return "constants" if self.graph.kinds[leaf] == "constant" else "detached"
        path = self.graph.paths[leaf]
        return re.split(r"[.\[]", path[-1])[0] or path[0] if len(path) > 1 else "leaves"

    def _note(self, group: Group) -> str:
        count = group.last - group.first + 1
        inner = [item.name for item in group.items if isinstance(item, Group)]
        words = [re.fullmatch(r"(\w+)\.\d+", name) for name in inner]
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
