"""A function run on variables, and the two sweeps through its graph that find derivatives.

Reverse mode walks from the results to the variables, forward mode the other way. The local partials
are those that were recorded, or, where the derivative may be differentiated again, those of each
row called on Values. Invariant: no `.grad` is touched.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from autograd.engine import table as primitives
from autograd.engine.anomaly import check_sweep, check_tangent, checking, detect_anomaly
from autograd.engine.attached import attached, is_attached
from autograd.engine.graph import topological_order
from autograd.engine.number import as_float
from autograd.engine.primitive import constant
from autograd.engine.recording import Opened, recorded, recording_is_off
from autograd.engine.tracing import current_trace
from autograd.engine.value import Constant, Value, as_value, record
from autograd.exact import Exact, exact_flows
from autograd.nesting import Structure, flatten, unflatten

Function = Callable[..., Any]


@contextmanager
def differentiating() -> Iterator[tuple[bool, bool]]:
    """Record, and say whether derivatives are Values and whether `no_grad` cuts them off."""
    keep, cut = is_attached() or current_trace() is not None, recording_is_off()
    with attached("derivative"), recorded():
        yield keep, cut


class Linearised:
    """A function run on variables: its results, its graph from the variables up, and its shape."""

    def __init__(
        self,
        f: Function,
        args: Sequence[Any],
        argnums: Sequence[int],
        kwargs: Mapping[str, Any],
        keep: bool,
        cut: bool,
    ) -> None:
        self.keep, self.cut = keep, cut  # whether derivatives are Values, and cut off
        self.variables: list[Value] = []
        self.structures: list[Structure] = []
        lifted = list(args)
        numbers: list[Any] = []
        flatten([args[i] for i in argnums], numbers)
        exact = any(isinstance(number, Fraction) for number in numbers)
        for i in argnums:
            leaves: list[Any] = []
            structure = flatten(args[i], leaves)
            if exact:
                leaves = [Fraction(x) if isinstance(x, Rational) else x for x in leaves]
            self.keep = self.keep or any(isinstance(leaf, Value) for leaf in leaves)
            fresh = [_variable(leaf, i) for leaf in leaves]
            self.variables += fresh
            self.structures.append(structure)
            lifted[i] = unflatten(structure, fresh)
        results: list[Any] = []
        returned = f(*lifted, **kwargs)
        if returned is None:
            raise TypeError(f"{name_of(f)} returned None: is its `return` missing?")
        self.structure = flatten(returned, results)
        self.results = [_result(result, exact) for result in results]
        root = Value(0.0)
        root.parents = tuple(self.results)
        self.nodes = topological_order(root, set(self.variables))[:-1]
        self.active, self.order = self._graph()

    def _graph(self) -> tuple[set[Value], list[Value]]:
        """The nodes that depend on a variable, and those of them that are operations, in order."""
        active = set(self.variables)
        order = []
        for node in self.nodes:
            cut = node.primitive is primitives.detach  # a node while a function is compiled
            if node not in active and not cut and any(p in active for p in node.parents):
                active.add(node)
                order.append(node)
        return active, order

    def values(self, given: Sequence[Any] = ()) -> list[Any]:
        """Return the results: Values where they, or `given`, may be differentiated further."""
        return self._out(self.results, given, self.cut)

    def gradient(self, result: Value) -> list[Any]:
        """Return the derivatives of one result by the variables; fractions of an exact one."""
        if isinstance(result, Exact) and not self.keep:
            flows = exact_flows(result, Fraction(1))
            return [flows.get(variable, Fraction(0)) for variable in self.variables]
        return self._own(self._pull_back({result: 1.0}), (), self.cut)

    def cotangents(self, given: Sequence[Any], cut: bool) -> list[Any]:
        """Return the cotangents of the variables, given those of the results; reverse mode."""
        return self._own(self._pull_back(_seeds(self.results, given)), given, cut)

    def tangents(self, given: Sequence[Any]) -> list[Any]:
        """Return the tangents of the results, given those of the variables; forward mode."""
        return self._own(self._push_forward(_seeds(self.variables, given)), given, self.cut)

    def split(self, numbers: list[Any]) -> list[Any]:
        """Put numbers, one for each variable, into the structures of the arguments."""
        rest = iter(numbers)
        return [unflatten(structure, rest) for structure in self.structures]

    def _pull_back(self, flows: dict[Value, Any]) -> list[Any]:
        if not checking():
            return self._sweep_back(flows)
        numbers = {node: _number(flow) for node, flow in flows.items()}
        check_sweep([*self.variables, *self.order], numbers, self.active)
        with _unchecked():
            return self._sweep_back(flows)

    def _sweep_back(self, flows: dict[Value, Any]) -> list[Any]:
        for node in reversed(self.order):
            upstream = flows.pop(node, None)
            if upstream is not None:
                for parent, partial in zip(node.parents, self._partials(node), strict=True):
                    if parent in self.active:
                        _add(flows, parent, _product(upstream, partial))
        return [flows.get(variable, 0.0) for variable in self.variables]

    def _push_forward(self, flows: dict[Value, Any]) -> list[Any]:
        if not checking():
            return self._sweep_forward(flows)
        with _unchecked():
            return self._sweep_forward(flows, check_tangent)

    def _sweep_forward(
        self, flows: dict[Value, Any], check: Callable[[Value, float], None] | None = None
    ) -> list[Any]:
        for node in self.order:
            for parent, partial in zip(node.parents, self._partials(node), strict=True):
                if parent in flows:
                    _add(flows, node, _product(flows[parent], partial))
            if check is not None and node in flows:
                check(node, _number(flows[node]))
        return [flows.get(result, 0.0) for result in self.results]

    def _partials(self, node: Value) -> tuple[Any, ...]:
        """The local partials: those recorded, or as Values where they may be differentiated."""
        if not self.keep:
            return node.partials
        partials = _partials_as_values(node)
        return tuple(map(constant, partials)) if self.cut else partials

    def _own(self, found: list[Any], given: Sequence[Any], cut: bool) -> list[Any]:
        """Return what a sweep from `given` found, each a node of its own.

        A partial may be a node of the user's, as those of a product are, and two may be one.
        """
        others = {*self.nodes, *given} if self._stay_values(given) else set()
        for i, flow in enumerate(found):
            if isinstance(flow, Value) and flow in others:
                found[i] = 1.0 * flow
            others.add(flow)
        return self._out(found, given, cut)

    def _out(self, numbers: Sequence[Any], given: Sequence[Any], cut: bool) -> list[Any]:
        if not self._stay_values(given):
            return list(map(_number, numbers))
        values = list(map(as_value, numbers))
        return [value.detach() for value in values] if cut else values

    def _stay_values(self, given: Sequence[Any]) -> bool:
        return self.keep or any(isinstance(x, Value) for x in given)


@contextmanager
def _unchecked() -> Iterator[None]:
    """Note lines, but do not raise: the sweep itself has been or is being checked."""
    with recorded(Opened(detect_anomaly(check=False)), without=(detect_anomaly,)):
        yield


def _variable(leaf: Any, argument: int) -> Value:
    """A fresh node with the number of `leaf`, below which no reverse sweep goes."""
    if isinstance(leaf, Value):
        return record(primitives.where_taken, (leaf,))
    if isinstance(leaf, Fraction) and current_trace() is None:
        return Value(leaf)
    if isinstance(leaf, np.ndarray) and not leaf.ndim:
        return _variable(leaf.item(), argument)
    if isinstance(leaf, np.ndarray):
        raise TypeError(
            f"argument {argument} holds an array of shape {leaf.shape}: pass array.tolist(), as "
            "functions of scalars take nested lists of numbers"
        )
    number = as_float(leaf, f"argument {argument}")
    if current_trace() is not None:  # a leaf would become a parameter of the program
        return record(primitives.where_taken, (Constant(number),))
    return Value(number)


def _result(x: Any, exact: bool) -> Value:
    """What the function returned in one place: a Value, or a number that depends on nothing."""
    if isinstance(x, bool | np.bool_):
        raise TypeError(
            f"the function returned {x}, the outcome of a comparison: return a number, as "
            "autograd.where(x > y, 1.0, 0.0)"
        )
    return Value(Fraction(x)) if exact and isinstance(x, Rational) else as_value(x, "the result")


def _partials_as_values(node: Value) -> tuple[Any, ...]:
    """The local partials of a node, computed from its parents.

    Raises `ValueError` where they are not those recorded, as after a change of `.data`.
    """
    assert node.primitive is not None
    partials = node.primitive.partials(node, *node.parents)
    if len(partials) != len(node.parents):
        raise TypeError(
            f"`{node.op}` cannot be differentiated twice: a compiled program's mean() knows "
            "its first derivative only; call the function itself"
        )
    for partial, was in zip(partials, node.partials, strict=True):
        now = _number(partial)
        if now != was and now == now and not math.isclose(now, was, rel_tol=1e-6):
            inputs = ", ".join(f"{parent!r:.60}" for parent in node.parents[:3])
            raise ValueError(
                f"an input of `{node.op}`, {inputs}, has not the number that it was recorded "
                "with, and derivatives that can be differentiated again are computed from it: "
                "change `.data` after the derivative has been computed"
            )
    return partials


def _seeds(nodes: Sequence[Value], flows: Sequence[Any]) -> dict[Value, Any]:
    """What a sweep starts with. A bare 0 is nothing at all: not nan where a partial is infinite."""
    seeds: dict[Value, Any] = {}
    for node, flow in zip(nodes, flows, strict=True):
        if isinstance(flow, Value) or flow != 0.0:
            _add(seeds, node, flow)
    return seeds


def _product(upstream: Any, partial: Any) -> Any:
    """`upstream * partial` without products by 1, which tell nothing in a picture."""
    if isinstance(partial, float) and partial == 1.0:
        return upstream
    if isinstance(upstream, float) and upstream == 1.0:
        return partial
    return upstream * partial


def _add(flows: dict[Value, Any], node: Value, flow: Any) -> None:
    known = flows.get(node)
    flows[node] = flow if known is None else known + flow


def _number(x: Any) -> Any:
    """The bare number of a Value, or the number itself."""
    if isinstance(x, Exact):
        return x.data
    return x._data if isinstance(x, Value) else float(x)


def name_of(f: Function) -> str:
    """Return what an error calls `f`."""
    return getattr(f, "__name__", "the function")
