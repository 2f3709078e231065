"""Functions of functions: grad, jacobian, hessian, jvp, vjp, hvp of plain Python functions.

Each runs a function on fresh Values, its variables, and sweeps through the recorded graph: back
from the results (`graph.pull_back`), or forward from the variables. The local partials are those
that were stored; where the derivative may be differentiated again, each row's, called on Values.
The kind of the answer follows from the arguments: numbers in, numbers out; Values in, Values out;
in code that is being recorded derivatives are Values. Invariant: no `.grad` is touched.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from autograd.engine import modes, table
from autograd.engine.graph import pull_back, stored, topological_order
from autograd.engine.number import as_float, as_number, as_numbers, constant, product, total
from autograd.engine.primitive import Primitive
from autograd.engine.value import Value, as_value, record
from autograd.grad_mode import Differentiating, no_grad
from autograd.lines import DerivativeNote, PartialNote, line_of
from autograd.nesting import Structure, flatten, same, unflatten

Function = Callable[..., Any]


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes the gradient of `f`, which returns one scalar.

    The gradient has the structure of the argument number `argnums`: a scalar, an array, nested
    lists, tuples and dicts of them; for a tuple of `argnums` it is a tuple of these. It is made of
    floats, and of fractions where `f` computes with fractions and whole numbers only; of Values
    where the arguments are Values, inside another of these functions, in a compiled function, and
    where `nn.fit` runs a model and its loss. Floats are cut off from what else `f` used: to train
    the parameters of a model by a derivative of it in a loop of your own, pass `Value(x)` for `x`.
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
        run = Linearised(f, args, argnums, kwargs)
        if run.structure is not None:
            raise TypeError(
                "`grad` and `hessian` need a function that returns one scalar, "
                f"{name_of(f)} returned {len(run.results)} of them: use jacobian"
            )
        gradient = run.gradient(run.results[0])
        return run.values()[0], gradient

    return both


def jacobian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes all first derivatives of `f`.

    The result has the structure of what `f` returns, with a gradient, as `grad` gives it, in the
    place of each scalar: for a list of m scalars and a list of n arguments m lists of n, for arrays
    of the shapes s and t an array of the shape s + t. `argnums` and errors are as for `grad`.
    """
    _check("jacobian", f, argnums)

    def derivatives(*args: Any, **kwargs: Any) -> Any:
        run = Linearised(f, args, argnums, kwargs)
        return unflatten(run.structure, map(run.gradient, run.results))

    return derivatives


def hessian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes all second derivatives of `f`, which returns one scalar.

    For a list of n scalars the result is n lists of n. `argnums` and errors are as for `grad`.
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
    run = Linearised(f, primals, tuple(range(len(primals))), {})
    flows = _alike("tangents", tuple(tangents), run.structures, run.variables)
    value, moved = run.values(flows), run.tangents(flows)
    return unflatten(run.structure, value), unflatten(run.structure, moved)


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """Return f(*primals) and the function from a cotangent of it to those of `primals`.

    The cotangent has the structure of what `f` returns; the answer is a tuple with one entry for
    each argument. Raises `ValueError` where the structure differs.
    """
    run = Linearised(f, primals, tuple(range(len(primals))), {})
    value = unflatten(run.structure, run.values())

    def cotangents(cotangent: Any) -> tuple[Any, ...]:
        flows = _alike("cotangent", cotangent, run.structure, run.results)
        moved: tuple[Any, ...] = run.cotangents(flows)
        return moved

    return value, cotangents


def hvp(f: Function, x: Any, v: Any) -> Any:
    """Return the Hessian of `f` at `x` times `v`, without forming the Hessian.

    Both have the structure that `f` takes. It is the forward derivative of the gradient. Raises
    `ValueError` where the structures differ.
    """
    structure = flatten(x, [])
    if not same(flatten(v, [], structure), structure):
        raise ValueError(f"`v` must be nested as `x`, {x!r:.60}, got {v!r:.60}")
    return jvp(grad(f), (x,), (v,))[1]


class Linearised:
    """A function run on variables: its results, its graph from the variables up, and its shape.

    `structures` is that of argument number `argnums`, or the tuple of those of several.
    """

    def __init__(self, f: Function, args: Sequence[Any], argnums: Any, kwargs: Any) -> None:
        positions = _positions(argnums, args)
        self.cut = modes.innermost(no_grad) is not None  # and whether `no_grad` cuts them off
        self.variables: list[Value] = []
        structures: list[Structure] = []
        lifted = list(args)
        numbers: list[Any] = []
        flatten([args[i] for i in positions], numbers)
        self.keep = modes.recording() or _any_values(numbers)  # whether derivatives are Values
        exact = any(isinstance(number, Fraction) for number in numbers)
        with modes.without(no_grad), Differentiating():
            for i in positions:
                leaves: list[Any] = []
                structure = flatten(args[i], leaves)
                fresh = [_variable(_exact(x) if exact else x, i) for x in leaves]
                self.variables += fresh
                structures.append(structure)
                lifted[i] = unflatten(structure, fresh)
            returned = f(*lifted, **kwargs)
        self.structures = structures[0] if isinstance(argnums, int) else tuple(structures)
        if returned is None:
            raise TypeError(f"{name_of(f)} returned None: is its `return` missing?")
        results: list[Any] = []
        self.structure = flatten(returned, results)
        self.results = [_result(x, exact) for x in results]
        self.nodes = topological_order(*self.results, leaves=self.variables)
        self.active = set(self.variables)  # the nodes that depend on a variable
        for node in self.nodes[len(self.variables) :]:
            step = node._left is not None and node.primitive.step  # also what is detached
            if not step and not self.active.isdisjoint(node.parents):
                self.active.add(node)
        self.order = [node for node in self.nodes if node in self.active]

    def values(self, given: Sequence[Any] = ()) -> list[Any]:
        """Return the results: Values where they, or `given`, may be differentiated further."""
        return self._out(self.results, given, self.cut)

    def gradient(self, result: Value) -> Any:
        """Return the derivatives of one result by the arguments; fractions of an exact one."""
        one = Fraction(1) if result._data.__class__ is Fraction else 1.0
        return self._pulled({result: one}, (), self.cut, result)

    def cotangents(self, given: Sequence[Any]) -> Any:
        """Return the cotangents of the arguments, given those of the results; reverse mode."""
        cut = modes.innermost(no_grad) is not None
        return self._pulled(_seeds(self.results, given), given, cut)

    def tangents(self, given: Sequence[Any]) -> list[Any]:
        """Return the tangents of the results, given those of the variables; forward mode."""
        flows = _seeds(self.variables, given)
        with modes.without(no_grad), Differentiating(sweeping=True):
            for node in self.order[len(self.variables) :]:
                for parent, partial in zip(node.parents, self._partials(node), strict=True):
                    if parent in flows:
                        _add(flows, node, product(flows[parent], partial))
            for mode in modes.opened():
                mode.pushed({node: _number(flow) for node, flow in flows.items()})
            found = [flows.get(result, _zero(result._data)) for result in self.results]
            found = self._owned(found, given)
        return self._out(found, given, self.cut)

    def columns(self) -> list[list[Any]]:
        """Return the derivatives of each result by every variable, numbers: all in one sweep.

        That is forward mode. Of a node those by the variables that it depends on are held, until
        nothing needs them.
        """
        flows: dict[Value, dict[int, Any]] = {v: {i: 1.0} for i, v in enumerate(self.variables)}
        last = {parent: node for node in self.order for parent in node.parents}
        last.update(dict.fromkeys(self.results))
        for node in self.order[len(self.variables) :]:
            found: dict[int, Any] = {}
            for parent, partial in zip(node.parents, stored(node), strict=True):
                for i, flow in flows.get(parent, {}).items():
                    _add(found, i, product(flow, partial))
            flows[node] = found
            for parent in node.parents:
                if last[parent] is node:
                    flows.pop(parent, None)
        indices = range(len(self.variables))
        return [[flows.get(r, {}).get(i, _zero(r._data)) for i in indices] for r in self.results]

    def _pulled(
        self, seeds: dict[Value, Any], given: Sequence[Any], cut: bool, result: Value | None = None
    ) -> Any:
        numbers = {node: _number(seed) for node, seed in seeds.items()}
        for mode in modes.opened():
            mode.pulled(self.order, numbers, None, self.active)
        with modes.without(no_grad), Differentiating(sweeping=True):
            reached = {node: seed for node, seed in seeds.items() if node in self.active}
            found = pull_back(self.order, reached, self._partials, self.active)
            zero = _zero(*numbers.values())
            flows = self._owned([found.get(v, zero) for v in self.variables], given)
            if result is not None and self.keep and not modes.compiling():
                _note_derivatives(result, self.variables, flows)
        return unflatten(self.structures, self._out(flows, given, cut))

    def _partials(self, node: Value) -> tuple[Any, ...]:
        """The local partials: those stored, or as Values where they may be differentiated."""
        if not self.keep:
            return stored(node)
        partials = _partials_as_values(node)
        return tuple(map(constant, partials)) if self.cut else partials

    def _owned(self, found: list[Any], given: Sequence[Any]) -> list[Any]:
        """Make each a node of its own.

        A partial may be a node of the user's, as those of a product are, and two may be one.
        """
        others = {*self.nodes, *given} if self.keep or _any_values(given) else set()
        for i, flow in enumerate(found):
            if isinstance(flow, Value) and flow in others:
                found[i] = 1 * flow
            others.add(flow)
        return found

    def _out(self, numbers: Sequence[Any], given: Sequence[Any], cut: bool) -> list[Any]:
        if not (self.keep or _any_values(given)):
            return [x.constant() if isinstance(x, Value) else as_number(x) for x in numbers]
        values = list(map(as_value, numbers))
        return [value.detach() for value in values] if cut else values


def _any_values(given: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) for x in given)


def _exact(x: Any) -> Any:
    """A whole number, or another rational one, as a fraction."""
    return Fraction(x) if isinstance(x, Rational) else x


def _variable(leaf: Any, argument: int) -> Value:
    """A fresh node with the number of `leaf`, below which no reverse sweep goes."""
    if isinstance(leaf, Value):
        return record(table.copy, (leaf,))
    number = as_number(leaf, f"argument {argument}")
    # While a function is compiled, a leaf of ours would become a parameter of the program.
    return record(table.copy, (as_value(number),)) if modes.compiling() else Value(number)


def _result(x: Any, exact: bool) -> Value:
    """What the function returned in one place: a Value, or a number that depends on nothing."""
    if isinstance(x, bool | np.bool_):
        raise TypeError(
            f"the function returned {x}, the outcome of a comparison: return a number, as "
            "autograd.where(x > y, 1.0, 0.0)"
        )
    return as_value(_exact(x) if exact else x, "the result")


def _zero(*numbers: Any) -> Any:
    """The derivative that nothing adds to, of the kind of these numbers."""
    return Fraction(0) if Fraction in map(type, numbers) else 0.0


def _partials_as_values(node: Value) -> tuple[Any, ...]:
    """The local partials of a node, computed from its parents.

    Raises `ValueError` where they are not those stored, as after a change of `.data`.
    """
    assert node.primitive is not None
    parents, was = node.parents, stored(node)
    partials = node.primitive.partials(node, *parents)
    if node._data.__class__ is Fraction:  # a literal such as -1.0 is exact, but would round
        partials = tuple([Fraction(p) if type(p) is float else p for p in partials])
    numbers = [as_float(_number(partial)) for partial in partials]
    for now, then in zip(numbers, map(as_float, was), strict=True):
        if now != then and now == now and not math.isclose(now, then, rel_tol=1e-6):
            inputs = ", ".join(repr(parent._data) for parent in parents[:3])
            raise ValueError(
                f"an input of `{node.op}`, {inputs}, has not the number that it was recorded "
                "with, and derivatives that can be differentiated again are computed from it: "
                "change `.data` after the derivative has been computed"
            )
    if node.primitive.textbook is not None and not modes.compiling():
        _note(node.primitive, parents, partials)
    return partials


def _note(primitive: Primitive, parents: tuple[Value, ...], partials: tuple[Any, ...]) -> None:
    """Note on partials that have a textbook's form of which operation they are."""
    for i, p in enumerate(partials):
        if isinstance(p, Value) and p.parents and all(p is not parent for parent in parents):
            p._note = PartialNote(line_of(p), None, primitive, parents, i)


def _note_derivatives(result: Value, variables: Sequence[Value], flows: Sequence[Any]) -> None:
    """Note on derivatives what they are; one that is a local derivative says so already."""
    for variable, flow in zip(variables, flows, strict=True):
        if isinstance(flow, Value) and flow.parents and not isinstance(_noted(flow), PartialNote):
            flow._note = DerivativeNote(line_of(flow), None, result, variable)


def _noted(node: Value) -> Any:
    return getattr(node, "_note", None)


def _seeds(nodes: Sequence[Value], flows: Sequence[Any]) -> dict[Value, Any]:
    """What a sweep starts with. A bare 0 is nothing at all: not nan where a partial is infinite."""
    seeds: dict[Value, Any] = {}
    for node, flow in zip(nodes, flows, strict=True):
        if isinstance(flow, Value) or flow != 0.0:
            _add(seeds, node, flow)
    return seeds


def _add(flows: dict[Any, Any], node: Any, flow: Any) -> None:
    known = flows.get(node)
    flows[node] = flow if known is None else total(known, flow)


def _number(x: Any) -> Any:
    """The bare number of a Value, or the number itself."""
    return x._data if isinstance(x, Value) else as_number(x)


def name_of(f: Function) -> str:
    """Return what an error calls `f`."""
    return getattr(f, "__name__", "the function")


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


def _positions(argnums: int | tuple[int, ...], args: Sequence[Any]) -> list[int]:
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


def _alike(name: str, given: Any, structure: Structure, nodes: Sequence[Value]) -> list[Any]:
    """The leaves of `given`, which must be nested as `structure`, one for each of the nodes."""
    leaves: list[Any] = []
    if not same(flatten(given, leaves, structure), structure):
        raise ValueError(f"`{name}` must be nested as what it belongs to, got {given!r:.80}")
    return [
        leaf if isinstance(leaf, Value) else as_numbers((leaf, node._data), name)[0]
        for leaf, node in zip(leaves, nodes, strict=True)
    ]
