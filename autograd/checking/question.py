"""The question: what was asked of a graph, what follows from answers, and the same elsewhere.

Invariant: the graph stays as it is; at another point it is a copy, with leaves of its own.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from autograd.checking.hypotheses import Hypothesis, of_gradients, of_values
from autograd.checking.mistakes import MISTAKES, Mistake
from autograd.checking.passes import Forward, Pass
from autograd.checking.slips import RATES, Asked
from autograd.engine.graph import pull_back
from autograd.engine.number import as_float
from autograd.engine.primitive import CONSTANT, DETACHED, FROZEN
from autograd.engine.value import Value
from autograd.words.names import Names
from autograd.words.sweep import Sweep

TRIES = 30  # points outside of the domain on the way to one inside


class Question:
    """What was asked of a graph: `of` gradients, data or the partials of `root`, in `nodes`.

    With an `optimizer`, the numbers of parameters after its step.
    """

    def __init__(
        self,
        sweep: Sweep,
        nodes: Sequence[Value],
        of: str,
        names: Mapping[Value, str],
        optimizer: Any = None,
    ) -> None:
        self.sweep, self.nodes, self.of, self.names = sweep, nodes, of, names
        self.optimizer = optimizer
        self.rates: Sequence[float] = RATES
        self._entries: dict[Value, tuple[Any, Any]] = {}
        if optimizer is not None:
            self._entries = {p: (state, group) for p, state, group in optimizer.entries()}
            self.rates = tuple(dict.fromkeys(g["lr"] for g in optimizer.param_groups))

    def way(self, given: Mapping[Value, Any]) -> Any:
        """Return the pass in which these answers are used."""
        if self.of == "data" and self.optimizer is None:
            return Forward(self.sweep, given)
        return Pass(self.sweep, self.nodes, {} if self.optimizer is not None else given)

    def quantity(self, node: Value, gradient: float) -> float:
        """Turn a gradient into what is asked: itself, or the parameter after the step."""
        if node not in self._entries:
            return gradient
        state, group = self._entries[node]
        data = as_float(self.sweep.data.get(node, node._data))
        if node.primitive is FROZEN:
            return data
        moved = self.optimizer.update(data, gradient, copy.deepcopy(state), group)
        return as_float(moved)

    def right(self, way: Any, node: Value) -> Any:
        """Return the right number."""
        found = way.right.get(node, 0.0)
        return self.quantity(node, as_float(found)) if node in self._entries else found

    def elsewhere(self, node: Value) -> Any:
        """Return the right number of a Value from which nothing leads to the root."""
        if self.of == "data" and self.optimizer is None:
            return node._data
        return self.quantity(node, 0.0)

    def follows(self, way: Any, node: Value) -> float:
        """Return what follows from the answers above."""
        if isinstance(way, Forward):
            return as_float(way.gathered(node))
        return self.quantity(node, as_float(way.gathered(node, way.handed)))

    def hypotheses(
        self, way: Any, wrong: Sequence[Value], rows: Sequence[Mistake] = MISTAKES
    ) -> Iterator[Hypothesis]:
        """Yield what these rows of the catalogue give for the wrong answers."""
        asked = {node: self._asked(way, node) for node in wrong}
        if isinstance(way, Forward):
            return of_values(way, wrong, asked, rows)
        return of_gradients(way, wrong, self.quantity, asked, self.rates, rows)

    def _asked(self, way: Any, node: Value) -> Asked:
        data = as_float(self.sweep.data[node])
        others = {
            name: as_float(self.right(way, n))
            for n, name in self.names.items()
            if n is not node and n is not self.sweep.root and n in way.right
        }
        gradient = as_float(way.right.get(node, 0.0))
        updates = self.optimizer is not None
        stored = 0.0 if updates else as_float(node._grad)
        return Asked(gradient, data, stored, self.rates, updates, others)

    def moved(
        self, rng: Random, leaf: Value | None = None
    ) -> "tuple[Question, dict[Value, Value]]":
        """Return the same question at another point, where one leaf or all have moved."""
        for _ in range(TRIES):
            twins = _twins(self.sweep.order, rng, leaf)
            numbers = [as_float(twin._data) for twin in twins.values()]
            if all(map(math.isfinite, numbers)):
                break
        names = {twins[n]: name for n, name in self.names.items()}
        there = Question(
            Sweep(twins[self.sweep.root]), [twins[n] for n in self.nodes], self.of, names
        )
        there.optimizer, there.rates = self.optimizer, self.rates
        there._entries = {twins[n]: entry for n, entry in self._entries.items() if n in twins}
        return there, twins


def _twins(order: Sequence[Value], rng: Random, leaf: Value | None) -> dict[Value, Value]:
    twins: dict[Value, Value] = {}
    for node in order:
        row = node.primitive
        if node.parents and row is not None:
            twins[node] = row(*[twins[parent] for parent in node.parents])
        else:
            fixed = row in (CONSTANT, DETACHED) or (leaf is not None and leaf is not node)
            twins[node] = Value(node._data if fixed else _friendly(as_float(node._data), rng))
            twins[node].primitive = row
    return twins


def _friendly(x: float, rng: Random) -> float:
    """A number of two digits, of the same sign and about as large."""
    return float(
        f"{(x or 1.0) * rng.choice([0.4, 0.6, 1.5, 2.0, 3.0]) * rng.uniform(0.9, 1.1):.2g}"
    )


def between(sweep: Sweep, child: Value, parent: Value, names: Names) -> list[Value]:
    """Return the nodes between which ∂child/∂parent is local: without a name, up to the child.

    Raises `ValueError` where `parent` is no input of `child`.
    """
    if any(parent is x for x in child.parents):
        return [parent, child]
    inner: set[Value] = {child}
    for node in reversed(sweep.order):
        if node is not parent and not names.given(node):
            if any(use.child in inner for use in sweep.uses[node]):
                inner.add(node)
    nodes = [node for node in sweep.order if node in inner or node is parent]
    reached = pull_back(nodes, {child: 1.0}, sweep.partials.__getitem__, {*inner, parent})
    if parent not in reached:
        raise ValueError(
            f"{names[parent]} is no input of {names[child]}: ask for a partial of an operation by "
            "one of its inputs"
        )
    return nodes
