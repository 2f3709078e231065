"""Groups: a graph too large to be read, with one box for what belongs together.

What has no name and is used once is written out in the box where it is used. Where too many boxes
are left, nodes of equal shape become one: the same operations on inputs of equal shape, and leaves
whose names differ in numbers only and that are first used at the same depth, as the weights of a
layer. Invariant: there is an arrow from one box to another exactly where a node of the one is used
in the other, and no arrow leads back.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from autograd.engine import table
from autograd.engine.graph import stored
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.value import Value
from autograd.words.formula import PRODUCT, TEXT, Formula, number, operation, shortened
from autograd.words.names import Names
from autograd.words.numbers import numeral
from autograd.words.text import ELLIPSIS, visible

MANY = 60  # Values that can still be read one by one
BOXES = 20  # of a larger graph with more boxes, those of equal shape become one
LONGEST = 60  # characters of a formula in a box
LARGEST = 6  # operations in a formula


class Group:
    """Nodes in one box: `members`, and whether it is `absorbed` by the group that uses it."""

    def __init__(self) -> None:
        self.members: list[Value] = []
        self.absorbed = False
        self.size = 1  # operations written out in it


class Groups:
    """The groups of a graph; `boxes` are those that are drawn, in topological order.

    With `alike` nodes of equal shape are one group, otherwise each is its own.
    """

    def __init__(
        self, order: Sequence[Value], roots: Sequence[Value], names: Names, alike: bool
    ) -> None:
        self.order, self.roots, self.names = order, set(roots), names
        self.users = _users({node: node.parents for node in order})
        self.inner = set(filter(self._is_inside_a_sum, order)) if alike else set()
        self.inputs = {node: self._terms(node) for node in order if node not in self.inner}
        self.users = _users(self.inputs)
        self.of: dict[Value, Group] = {}
        self._group(alike)
        self._absorb()
        self.boxes = [
            group
            for group in dict.fromkeys(self.of.values())
            if not group.absorbed and group.members[0].primitive is not CONSTANT
        ]

    def _is_inside_a_sum(self, node: Value) -> bool:
        """Whether a sum is a term of another sum and nothing else."""
        users = self.users[node]
        free = node not in self.roots and not self.names.given(node)
        return free and node.primitive is table.add and [u.primitive for u in users] == [table.add]

    def _terms(self, node: Value) -> tuple[Value, ...]:
        """The inputs of a node; of a sum of sums, all terms."""
        if not any(parent in self.inner for parent in node.parents):
            return node.parents
        terms, stack = [], list(reversed(node.parents))
        while stack:
            term = stack.pop()
            if term in self.inner:
                stack += reversed(term.parents)
            else:
                terms.append(term)
        return tuple(terms)

    def _group(self, alike: bool) -> None:
        level: dict[Value, int] = {}
        for node, inputs in self.inputs.items():
            level[node] = 1 + max([level[x] for x in inputs], default=-1)
        known: dict[Any, Group] = {}
        for node, inputs in self.inputs.items():
            key: Any = node
            if alike and node not in self.roots:
                stem = re.sub(r"\d+", "#", self.names.given(node))
                key = (node.primitive, stem, self._use(node, level))
                shapes = [self.of[x] for x in inputs]
                many = len(inputs) > 2
                key += tuple(dict.fromkeys(shapes)) if many else tuple(shapes)
                if node.primitive is table.power_constant:
                    key += (inputs[1]._data,)
            group = known.setdefault(key, Group())
            group.members.append(node)
            self.of[node] = group

    def _use(self, leaf: Value, level: dict[Value, int]) -> tuple[int, int] | None:
        """At what depth a leaf is first used, and on which side."""
        if leaf.parents or not self.users[leaf]:
            return None
        user = min(self.users[leaf], key=level.__getitem__)
        place = next(i for i, x in enumerate(self.inputs[user]) if x is leaf)
        count = len(self.inputs[user])
        return level[user], place if count < 3 else int(place >= count / 2)

    def _absorb(self) -> None:
        for group in dict.fromkeys(self.of.values()):
            first = group.members[0]
            below = {self.of[x] for x in self.inputs[first]}
            group.size = 1 + sum(x.size for x in below if x.absorbed)
            named = any(map(self.names.given, group.members)) or not first.parents
            if named or first in self.roots or group.size >= LARGEST:
                continue
            users = [user for node in group.members for user in self.users[node]]
            # Each has a user of its own.
            apart = len(set(users)) == len(users) == len(group.members)
            group.absorbed = apart and len({self.of[user] for user in users}) == 1

    def box_of(self, node: Value) -> Group:
        """Return the group in whose box `node` is written."""
        group = self.of[node]
        while group.absorbed:
            group = self.of[self.users[group.members[0]][0]]
        return group

    def arrows(self) -> dict[tuple[Group, Group], list[float]]:
        """Return, from box to box, the contributions that flow back along it."""
        found: dict[tuple[Group, Group], list[float]] = {}
        for node, inputs in self.inputs.items():
            to = self.box_of(node)
            partials = stored(node)
            if len(inputs) > len(partials):  # a sum of sums
                partials = (1.0,) * len(inputs)
            for parent, partial in zip(inputs, partials, strict=True):
                source = self.box_of(parent)
                if source is not to and parent.primitive is not CONSTANT:
                    contribution = float(node._grad) * float(partial)
                    found.setdefault((source, to), []).append(contribution)
        return found

    def name(self, group: Group) -> str:
        """Return the name of a group: that of its member, with # where those of many differ."""
        called = [re.split(r"(\d+)", self.names[node]) for node in group.members]
        if len({len(parts) for parts in called}) > 1 or not self.names.given(group.members[0]):
            return self.names[group.members[0]]
        places = zip(*called, strict=True)
        return "".join([parts[0] if len(set(parts)) == 1 else "#" for parts in places])

    def formula(self, group: Group) -> str:
        """Return what is computed in a box, "" for leaves."""
        first = group.members[0]
        if not first.parents:
            return ""
        return visible(TEXT.write(self._computed(group.members)), LONGEST)

    def _written(self, nodes: Sequence[Value | None]) -> Formula:
        """How nodes of one group are written where they are used, all in one formula."""
        first = nodes[0]
        if first is None:
            return Formula(ELLIPSIS)
        members = [node for node in nodes if node is not None]
        if all(node.primitive is CONSTANT for node in members):
            same = len({node._data for node in members}) == 1
            return number(first._data) if same else Formula("c")
        group = self.of[first]
        return self._computed(members) if group.absorbed else Formula(self.name(group))

    def _computed(self, nodes: Sequence[Value]) -> Formula:
        first = nodes[0]
        inputs = self.inputs[first]
        assert first.primitive is not None
        if first.primitive is table.dot and self._is_even(inputs):
            half = len(inputs) // 2
            pair = [self._written([node.parents[i] for node in nodes]) for i in (0, half)]
            return _sum_of(Formula(table.multiply, *pair))
        if len(inputs) > 2 and first.primitive is table.add:
            return self._sum(nodes)
        columns = zip(*map(shortened, nodes), strict=True)
        return operation(first.primitive, list(map(self._written, columns)))

    def _is_even(self, inputs: Sequence[Value]) -> bool:
        """Whether all factors on either side of a dot product are of one group."""
        half = len(inputs) // 2
        sides = inputs[:half], inputs[half:]
        return half > 1 and all(len({self.of[x] for x in side}) == 1 for side in sides)

    def _sum(self, nodes: Sequence[Value]) -> Formula:
        """A sum of many terms, those of one group as one: Σ (out - c) ** 2."""
        terms: dict[Group, list[Value]] = {}
        counts: dict[Group, int] = {}
        for node in nodes:
            for term in self.inputs[node]:
                terms.setdefault(self.of[term], []).append(term)
        for term in self.inputs[nodes[0]]:
            counts[self.of[term]] = counts.get(self.of[term], 0) + 1
        found = [
            _sum_of(self._written(members)) if counts[group] > 1 else self._written(members)
            for group, members in terms.items()
        ]
        result, *others = found
        for other in others:
            result = Formula(table.add, result, other)
        return result


def _users(inputs: Mapping[Value, Sequence[Value]]) -> dict[Value, list[Value]]:
    found: dict[Value, list[Value]] = {node: [] for node in inputs}
    for node, used in inputs.items():
        for x in used:
            found[x].append(node)
    return found


def _sum_of(formula: Formula) -> Formula:
    return Formula(f"Σ {TEXT.write(formula, PRODUCT)}")


def spread(numbers: Sequence[float | Fraction], fmt: str) -> str:
    """Return one number, or the smallest and the largest of several."""
    low, high = numeral(min(numbers), fmt), numeral(max(numbers), fmt)
    return low if low == high else f"{low} … {high}"


def groups_of(order: Sequence[Value], roots: Sequence[Value], names: Names) -> Groups:
    """Return the groups to draw: equal shapes are one only where there are too many boxes."""
    apart = Groups(order, roots, names, alike=False)
    few = len(order) <= MANY or len(apart.boxes) <= BOXES
    return apart if few else Groups(order, roots, names, alike=True)


def boxed(groups: Groups, group: Group, fmt: str, grad: str | None) -> Iterator[str]:
    """Yield the texts in the box of a group; `grad` is what to show instead of gradients."""
    count = len(group.members)
    yield groups.name(group)
    formula = groups.formula(group)
    if formula:
        yield f"= {formula}"
    if count > 1:
        yield f"{count:,} values"
    yield f"data {spread([node._data for node in group.members], fmt)}"
    if group.members[0].primitive is DETACHED:
        yield "detached"
    else:
        yield f"grad {grad or spread([node._grad for node in group.members], fmt)}"
