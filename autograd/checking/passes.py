"""The reverse pass of somebody who works by hand, in which earlier answers are handed on.

Going back from the root, the gradient of a node is the sum over its uses of upstream times local
partial; where the upstream was answered, that answer is what reaches the node, right or wrong. A
slip at one place moves the gradients below it, by `effects`. Invariant: every number comes from
`graph.pull_back`, as everywhere.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any

from autograd.checking.answers import Answer
from autograd.engine.graph import pull_back
from autograd.engine.number import as_float, product, total
from autograd.engine.table import dot, maximum, minimum
from autograd.engine.value import Value
from autograd.words.formula import rule
from autograd.words.sweep import Sweep

SAMPLES = 16  # of a calculation with roundings
TOLERATED = 4.0  # of their standard deviations
CARRIED = 4  # significant digits, at least, that somebody keeps on the way
LARGEST = 1.5  # times a number, which may have cancelled nearly, is all that rounding explains,
CANCELLED = 1e-3  # or as much of what has cancelled, where nearly nothing is left

Partials = Callable[[Value], tuple[Any, ...]]


def _rounded(x: float, digits: int, rng: Random) -> float:
    """Return `x` with so many digits, rounded up or down at random; as it is if it has no more."""
    if not math.isfinite(x) or float(f"{x:.{digits}g}") == x:
        return x
    unit = 10.0 ** (math.floor(math.log10(abs(x))) - digits + 1)
    return float(f"{x + unit * rng.uniform(-0.5, 0.5):.{digits}g}")


def _computed(node: Value, inputs: Sequence[float], digits: int, rng: Random) -> float:
    """Return the result of an operation on paper: each product of a `dot` is rounded, too."""
    row = node.primitive
    assert row is not None
    if row is dot:
        pairs = zip(inputs[: len(inputs) // 2], inputs[len(inputs) // 2 :], strict=True)
        return _rounded(math.fsum(_rounded(a * b, digits, rng) for a, b in pairs), digits, rng)
    return _rounded(as_float(row.value(*inputs)), digits, rng)


def _are_equal(sweep: Sweep, nodes: Sequence[Value]) -> bool:
    """Whether all have one number."""
    return all(sweep.data[node] == sweep.data[nodes[0]] for node in nodes)


def _tolerated(
    squares: Mapping[Value, float], limit: Callable[[Value], float]
) -> dict[Value, float]:
    """Return what roundings may have moved each by, given the sum of squares over all samples."""
    sizes = {n: TOLERATED * math.sqrt(s / SAMPLES) for n, s in squares.items() if math.isfinite(s)}
    return {node: min(sizes.get(node, 0.0), limit(node)) for node in squares}


class Pencilled:
    """A number on paper: each product and each sum is rounded, somehow, to so many digits."""

    def __init__(self, number: float, digits: int, rng: Random) -> None:
        self.number, self._digits, self._rng = number, digits, rng

    def __mul__(self, partial: float) -> "Pencilled":
        return self._written(self.number * partial)

    def __add__(self, other: "Pencilled") -> "Pencilled":
        return self._written(self.number + other.number)

    def _written(self, x: float) -> "Pencilled":
        return Pencilled(_rounded(x, self._digits, self._rng), self._digits, self._rng)


class Pass:
    """The reverse pass over `nodes`, in topological order, the last one with gradient 1.

    `given` are the answers, which their nodes hand on.
    """

    def __init__(self, sweep: Sweep, nodes: Sequence[Value], given: Mapping[Value, Any]) -> None:
        self.sweep, self.nodes, self.given = sweep, nodes, dict(given)
        self.root = nodes[-1]
        inside = set(nodes)
        self._index = {node: i for i, node in enumerate(nodes)}
        self.free = inside - {self.root, *given}
        self.partials: Partials = sweep.partials.__getitem__
        self.uses = {
            node: [u for u in sweep.uses[node] if u.child in inside and not u.cut] for node in nodes
        }
        one: Any = Fraction(1) if sweep.data[self.root].__class__ is Fraction else 1.0
        self.one = one
        self.right = pull_back(nodes, {self.root: one}, self.partials, inside)
        self.handed = self.pulled(self.partials)

    def pulled(self, partials: Partials) -> dict[Value, Any]:
        """Return what each node hands on, with these local partials."""
        seeds = {self.root: self.one, **self.given}
        return pull_back(self.nodes, seeds, partials, self.free)

    def parts(self, node: Value, handed: Mapping[Value, Any] | None = None) -> list[Any]:
        """Return the contributions to the gradient of `node`, one for each use."""
        handed = self.handed if handed is None else handed
        return [product(handed.get(use.child, 0.0), use.partial) for use in self.uses[node]]

    def gathered(
        self, node: Value, handed: Mapping[Value, Any], partials: Partials | None = None
    ) -> Any:
        """Return the sum of the contributions to `node` when these are handed on."""
        partials = partials or self.partials
        found: Any = self.one if node is self.root else None
        for use in self.uses[node]:
            if use.child in handed:
                flow = product(handed[use.child], partials(use.child)[use.position])
                found = flow if found is None else total(found, flow)
        return 0.0 if found is None else found

    def effects(self, place: Value, wrong: Iterable[Value]) -> dict[Value, float]:
        """Return by how much a gradient of `place` that is 1 too large moves the wrong answers."""
        if place in self.given or place is self.root:
            return {place: 1.0} if any(node is place for node in wrong) else {}
        below = self.nodes[: self._index[place] + 1]
        moved = pull_back(below, {place: 1.0}, self.partials, self.free)
        found = {}
        for node in wrong:
            flows = [moved[u.child] * u.partial for u in self.uses[node] if u.child in moved]
            found[node] = 1.0 if node is place else as_float(sum(flows))
        return {node: effect for node, effect in found.items() if effect}

    def scatter(self, answers: Mapping[Value, Answer], digits: int) -> dict[Value, float]:
        """Return by how much roundings to so many digits at each step move what is asked.

        Every number on the way, forward and backward, is moved by up to half a unit of its last
        digit, at random; four times the root of the mean square is more than rounding does.
        """
        rng = Random(0)
        squares = dict.fromkeys(answers, 0.0)
        middle = {node: as_float(self.gathered(node, self.handed)) for node in answers}
        for _ in range(SAMPLES):
            partials = self._rounded(digits, rng)
            seeds = {self.root: Pencilled(1.0, digits, rng)}
            for node, x in self.given.items():
                start = as_float(x) + answers[node].half * rng.uniform(-1.0, 1.0)
                seeds[node] = Pencilled(start, digits, rng)
            handed: Any = pull_back(self.nodes, seeds, partials.__getitem__, self.free)
            for node in answers:
                gathered = self.gathered(node, handed, partials.__getitem__)
                found = gathered.number if isinstance(gathered, Pencilled) else as_float(gathered)
                squares[node] += (found - middle[node]) ** 2
        return _tolerated(squares, self.limit)

    def limit(self, node: Value) -> float:
        """Return the most that rounding on the way may explain."""
        gross = as_float(self.gathered(node, self._gross, self._sizes))
        return max(LARGEST * abs(as_float(self.gathered(node, self.handed))), CANCELLED * gross)

    def _sizes(self, node: Value) -> tuple[float, ...]:
        return tuple([abs(as_float(partial)) for partial in self.partials(node)])

    @cached_property
    def _gross(self) -> dict[Value, Any]:
        """What each node hands on where nothing cancels."""
        seeds = {self.root: 1.0, **{n: abs(as_float(x)) for n, x in self.given.items()}}
        return pull_back(self.nodes, seeds, self._sizes, self.free)

    def _rounded(self, digits: int, rng: Random) -> dict[Value, tuple[float, ...]]:
        """The local partials, by the textbook's formulas, from numbers that were rounded."""

        def moved(x: float) -> float:
            return _rounded(x, digits, rng)

        data: dict[Value, float] = {}
        found: dict[Value, tuple[float, ...]] = {}
        for node in self.sweep.order:
            row, data[node] = node.primitive, as_float(self.sweep.data[node])
            if row is None or not node.parents:
                data[node] = moved(data[node])
                continue
            inputs = [data[parent] for parent in node.parents]
            partials: Sequence[Any] = self.sweep.partials[node]
            # At a tie the textbook's [x > y] is 0 on both sides, ours 1/2: that is no rounding.
            tied = row in (maximum, minimum) and _are_equal(self.sweep, node.parents)
            if not self.sweep.stale:
                try:
                    data[node] = _computed(node, inputs, digits, rng)
                    partials = partials if tied else rule(row, len(inputs))(data[node], *inputs)
                except Exception:  # a row of the user's own may raise anything
                    partials = self.sweep.partials[node]
            kept = zip(map(as_float, partials), self.sweep.partials[node], strict=True)
            found[node] = tuple(moved(p) if math.isfinite(p) else as_float(s) for p, s in kept)
        return found


class Forward:
    """The forward pass over a graph in which the answers in `given` are what is computed with."""

    def __init__(self, sweep: Sweep, given: Mapping[Value, Any]) -> None:
        self.sweep, self.given = sweep, dict(given)
        self.right = sweep.data
        self.data = self._computed({})

    def _computed(self, slips: Mapping[Value, float]) -> dict[Value, Any]:
        """The numbers that are computed with: at a slip its result, and what follows from it."""
        data: dict[Value, Any] = {}
        for node in self.sweep.order:
            if node in self.given:
                data[node] = self.given[node]
            else:
                data[node] = slips[node] if node in slips else self.value(node, data)
        return data

    def value(self, node: Value, data: Mapping[Value, Any]) -> Any:
        """Return the result of the operation that made `node`; of a leaf the number."""
        row = node.primitive
        if row is None or not node.parents:
            return self.sweep.data[node]
        if all(data[x] is self.sweep.data[x] for x in node.parents):
            return self.sweep.data[node]
        return as_float(row.value(*[as_float(data[x]) for x in node.parents]))

    def gathered(self, node: Value) -> Any:
        """Return what `node` is by the answers for what it is computed from."""
        return self.value(node, self.data)

    def slipped(self, place: Value, number: float, wrong: Iterable[Value]) -> dict[Value, float]:
        """Return what the wrong answers would be where `place` is computed as `number`."""
        if place in self.given:
            return {place: number}
        data = self._computed({place: number})
        return {node: as_float(self.value(node, data)) for node in wrong}

    def scatter(self, answers: Mapping[Value, Answer], digits: int) -> dict[Value, float]:
        """Return by how much roundings to so many digits at each step move what is asked."""
        rng = Random(0)
        squares = dict.fromkeys(answers, 0.0)
        for _ in range(SAMPLES):
            data: dict[Value, Any] = {}
            found: dict[Value, float] = {}
            for node in self.sweep.order:
                inputs = [data[x] for x in node.parents]
                data[node] = as_float(self.sweep.data[node])
                if node.primitive is not None and inputs:
                    data[node] = _computed(node, inputs, digits, rng)
                else:
                    data[node] = _rounded(data[node], digits, rng)
                found[node] = data[node]
                if node in self.given:
                    half = answers[node].half if node in answers else 0.0
                    data[node] = as_float(self.given[node]) + half * rng.uniform(-1.0, 1.0)
            for node in answers:
                squares[node] += (found[node] - as_float(self.gathered(node))) ** 2
        return _tolerated(squares, self.limit)

    def limit(self, node: Value) -> float:
        """Return the most that rounding on the way may explain."""
        return max(LARGEST * abs(as_float(self.gathered(node))), CANCELLED * self._gross[node])

    @cached_property
    def _gross(self) -> dict[Value, float]:
        """How large each number would be if nothing had cancelled, to first order."""
        found: dict[Value, float] = {}
        for node in self.sweep.order:
            pairs = zip(node.parents, self.sweep.partials[node], strict=True)
            size = sum(abs(as_float(partial)) * found[parent] for parent, partial in pairs)
            found[node] = max(abs(as_float(self.sweep.data[node])), size)
        return found
