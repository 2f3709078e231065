"""Functions of functions: grad, jacobian, hessian, jvp, vjp, hvp of plain Python functions.

A function is run on fresh Values, its variables, and its graph is differentiated by computing with
Values: the partials of each row are called on Values, so a derivative has a graph itself and can
be differentiated again. Reverse mode walks the graph from the results to the variables, forward
mode the other way. Invariant: no `.grad` is touched, so threads may share parameters.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from autograd import primitives
from autograd.anomaly import check_sweep, check_tangent, checking, detect_anomaly
from autograd.attached import attached, is_attached
from autograd.exact import Exact, exact_flows
from autograd.graph import topological_order
from autograd.nesting import Structure, flatten, unflatten
from autograd.number import as_float
from autograd.primitive import constant
from autograd.recording import Opened, recorded, recording_is_off
from autograd.tracing import current_trace
from autograd.value import Constant, Value, as_value, record

Function = Callable[..., Any]


class _Linearised:
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
            raise TypeError(f"{_name(f)} returned None: is its `return` missing?")
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

    def pull_back(self, flows: dict[Value, Any]) -> list[Any]:
        """Return the cotangents of the variables, given those of results: the reverse sweep."""
        if not checking():
            return self._pull_back(flows)
        numbers = {node: _number(flow) for node, flow in flows.items()}
        check_sweep([*self.variables, *self.order], numbers, self.active)
        with _unchecked():
            return self._pull_back(flows)

    def _pull_back(self, flows: dict[Value, Any]) -> list[Any]:
        for node in reversed(self.order):
            upstream = flows.pop(node, None)
            if upstream is not None:
                for parent, partial in zip(node.parents, self._partials(node), strict=True):
                    if parent in self.active:
                        _add(flows, parent, _product(upstream, partial))
        return [flows.get(variable, 0.0) for variable in self.variables]

    def push_forward(self, tangents: Sequence[Any]) -> list[Any]:
        """Return the tangents of the results, given those of the variables."""
        flows = _seeds(self.variables, tangents)
        if not checking():
            return self._push_forward(flows)
        with _unchecked():
            return self._push_forward(flows, check_tangent)

    def _push_forward(
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

    def out(self, numbers: Sequence[Any], keep: bool, cut: bool) -> list[Any]:
        """Values where somebody may differentiate further, cut off or not, else bare numbers."""
        if not (keep or self.keep):
            return list(map(_number, numbers))
        values = list(map(as_value, numbers))
        return [value.detach() for value in values] if cut else values

    def derivatives(self, found: list[Any], given: Sequence[Any], cut: bool) -> list[Any]:
        """Return what a sweep from `given` found as `out` gives it, each a node of its own.

        A partial may be a node of the user's, as those of a product are, and two may be one.
        """
        keep = self.keep or any(isinstance(flow, Value) for flow in given)
        others = {*self.nodes, *given} if keep else set()
        for i, flow in enumerate(found):
            if isinstance(flow, Value) and flow in others:
                found[i] = 1.0 * flow
            others.add(flow)
        return self.out(found, keep, cut)

    def gradient(self, result: Value) -> list[Any]:
        """Return the derivatives of one result by the variables, as `out` gives them."""
        if isinstance(result, Exact) and not self.keep:
            flows = exact_flows(result, Fraction(1))
            return [flows.get(variable, Fraction(0)) for variable in self.variables]
        return self.derivatives(self.pull_back({result: 1.0}), (), self.cut)

    def split(self, numbers: list[Any]) -> list[Any]:
        """Put numbers, one for each variable, into the structures of the arguments."""
        rest = iter(numbers)
        return [unflatten(structure, rest) for structure in self.structures]


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes the gradient of `f`, which returns one scalar.

    The gradient has the structure of the argument number `argnums`, nested lists, tuples and dicts
    of scalars; for a tuple of `argnums` it is a tuple of them. It is made of floats, and of
    fractions where `f` computes with fractions and whole numbers only; of Values where the
    arguments are Values, inside another of these functions, in a compiled function, and where
    `nn.fit` runs a model and its loss. Floats are cut off from what else `f` used: to train the
    parameters of a model by a derivative of it in a loop of your own, pass `Value(x)` for `x`.
    Inside `no_grad()` Values are cut off, too.

    Raises `TypeError` where `f` does not return one scalar or an argument holds something else
    than real numbers and Values, `ValueError` where there is no argument of that number, and
    where a derivative that is Values needs a `.data` that has been changed since it was used.
    """
    _check("grad", f, argnums)
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes (value, gradient); see `grad`."""
    _check("value_and_grad", f, argnums)

    def both(*args: Any, **kwargs: Any) -> Any:
        with _differentiating() as (keep, cut):
            run = _Linearised(f, args, _checked(argnums, args), kwargs, keep, cut)
            if run.structure is not None:
                raise TypeError(
                    "`grad` and `hessian` need a function that returns one scalar, "
                    f"{_name(f)} returned {len(run.results)} of them: use jacobian"
                )
            parts = run.split(run.gradient(run.results[0]))
            value = run.out(run.results, False, cut)[0]
        return value, parts[0] if isinstance(argnums, int) else tuple(parts)

    return both


def jacobian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes all first derivatives of `f`.

    The result has the structure of what `f` returns, with a gradient, as `grad` gives it, in the
    place of each scalar: for a list of m scalars and a list of n arguments m lists of n.
    Raises what `grad` raises.
    """
    _check("jacobian", f, argnums)

    def derivatives(*args: Any, **kwargs: Any) -> Any:
        with _differentiating() as (keep, cut):
            run = _Linearised(f, args, _checked(argnums, args), kwargs, keep, cut)
            rows = []
            for result in run.results:
                parts = run.split(run.gradient(result))
                rows.append(parts[0] if isinstance(argnums, int) else tuple(parts))
        return unflatten(run.structure, rows)

    return derivatives


def hessian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes all second derivatives of `f`, which returns one scalar.

    For a list of n scalars the result is n lists of n. Raises what `grad` raises.
    """
    return jacobian(grad(f, argnums), argnums)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return (f(*primals), its derivative in the direction `tangents`), by forward mode.

    `tangents` have the structure of `primals`, the tuple of all arguments. Raises `ValueError`
    where they differ, `TypeError` where `primals` is no tuple or list.
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError(
            "`primals` and `tangents` must be tuples with an entry for each argument, as in "
            f"jvp(f, (2.0,), (1.0,)); got {primals!r:.40} and {tangents!r:.40}"
        )
    with _differentiating() as (keep, cut):
        run = _Linearised(f, primals, range(len(primals)), {}, keep, cut)
        flows = _alike("tangents", list(tangents), run.structures)
        moved = run.derivatives(run.push_forward(flows), flows, cut)
        value = run.out(run.results, any(isinstance(flow, Value) for flow in flows), cut)
    return unflatten(run.structure, value), unflatten(run.structure, moved)


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """Return f(*primals) and the function from a cotangent of it to those of `primals`.

    The cotangent has the structure of what `f` returns; the answer is a tuple with one entry for
    each argument. Raises `ValueError` where the structure differs.
    """
    with _differentiating() as (keep, cut):
        run = _Linearised(f, primals, range(len(primals)), {}, keep, cut)

    def pull_back(cotangent: Any) -> tuple[Any, ...]:
        flows = _alike("cotangent", cotangent, run.structure)
        with _differentiating() as (_, cut):
            slopes = run.derivatives(run.pull_back(_seeds(run.results, flows)), flows, cut)
        return tuple(run.split(slopes))

    return unflatten(run.structure, run.out(run.results, False, cut)), pull_back


def hvp(f: Function, x: Any, v: Any) -> Any:
    """Return the Hessian of `f` at `x` times `v`, without forming the Hessian.

    Both have the structure that `f` takes. It is the forward derivative of the gradient. Raises
    `ValueError` where the structures differ.
    """
    if flatten(x, []) != flatten(v, []):
        raise ValueError(f"`v` must be nested as `x`, {x!r:.60}, got {v!r:.60}")
    return jvp(grad(f), (x,), (v,))[1]


@contextmanager
def _differentiating() -> Iterator[tuple[bool, bool]]:
    """Record, and say whether derivatives are Values and whether `no_grad` cuts them off."""
    keep, cut = is_attached() or current_trace() is not None, recording_is_off()
    with attached("derivative"), recorded():
        yield keep, cut


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


def _check(name: str, f: Function, argnums: Any) -> None:
    """Raise `TypeError` where `f` is no function or `argnums` are no positions."""
    if not callable(f):
        raise TypeError(f"`{name}` needs a function, got {f!r:.60}: {name}(f)(x) for f at x")
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    if not all(isinstance(number, int) for number in positions):
        raise TypeError(
            f"`argnums` must be the position of an argument or a tuple of positions, got "
            f"{argnums!r:.60}; for the derivative at a point write {name}(f)(x)"
        )


def _checked(argnums: int | tuple[int, ...], args: Sequence[Any]) -> Sequence[int]:
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise ValueError(
                f"`argnums` is {argnums!r}, but {len(args)} arguments were given by position; "
                "positions count from 0"
            )
    positions = [number % len(args) for number in numbers]
    if len(set(positions)) < len(positions):
        raise ValueError(f"`argnums` is {argnums!r}: name each of the {len(args)} arguments once")
    return positions


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


def _alike(name: str, given: Any, structure: Structure) -> list[Any]:
    """The leaves of `given`, which must be nested as `structure` is."""
    leaves: list[Any] = []
    if flatten(given, leaves, structure) != structure:
        raise ValueError(f"`{name}` must be nested as what it belongs to, got {given!r:.80}")
    return [leaf if isinstance(leaf, Value) else as_float(leaf, name) for leaf in leaves]


def _name(f: Function) -> str:
    return getattr(f, "__name__", "the function")
