"""What is checked: a function at one point, and every way in which the engine differentiates it.

`backward()` adds up in the graph, `grad` in flows of its own, `jvp` goes forward. A function takes
its inputs as arguments, or it has none and uses leaf Values, which are moved while it runs.
Invariant: `backward()` runs on a copy of the graph, so it touches nobody's `.grad`, and an input
has its own `.data` and `.grad` whenever the function is not running.
"""

import copy
import inspect
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, cast

import numpy as np

from autograd.checking.anomaly import detect_anomaly
from autograd.compiler.recording import record
from autograd.compiler.straight import StraightLine
from autograd.engine.graph import pull_back, stored, topological_order
from autograd.engine.modes import opened, without
from autograd.engine.node import assign
from autograd.engine.number import as_float
from autograd.engine.value import Value, as_value
from autograd.functional import Linearised, jacobian, jvp
from autograd.grad_mode import no_grad
from autograd.nesting import flatten, unflatten

MANY = 32  # inputs: a function is compiled in the time of some 30 of its evaluations
EPSILON = 2.0**-52  # a row of the table is right to about one unit in the last place
UNWATCHED = no_grad, detect_anomaly  # what is in force for nobody's results


class Subject:
    """A function at `numbers`, the data of `inputs`, recorded as `outputs` of `variables`.

    `f` takes a list of Values; where they are `moved`, it uses the inputs, leaf Values, themselves.
    `names` are those of the inputs, `places` those of the outputs, `graph` is all below these.
    """

    def __init__(
        self, f: Callable[[list[Value]], Any], inputs: list[Any], names: list[str], moved: bool
    ) -> None:
        self._f, self._inputs, self._moved, self.names = f, inputs, moved, names
        self.numbers = [number(x, name) for x, name in zip(inputs, names, strict=True)]
        self.variables: list[Value] = inputs if moved else [Value(x) for x in self.numbers]
        outputs: list[Any] = []
        with without(no_grad), unchanged(inputs):
            structure = flatten(f(self.variables[:]), outputs)
        self.outputs = [as_value(output, "the result") for output in outputs]
        self.places = list(paths_in(unflatten(structure, range(len(outputs)))))
        self.graph = dict.fromkeys(node for o in self.outputs for node in topological_order(o))

    def values(self, numbers: Sequence[float]) -> list[float]:
        """Return the outputs for other numbers, nothing recorded."""
        with no_grad(), unchanged(self._inputs):
            if self._moved:
                for leaf, x in zip(self._inputs, numbers, strict=True):
                    leaf.data = type(leaf.data)(x)  # a fraction stays one
            return [number(x, "the result") for x in self._run([Value(x) for x in numbers])]

    def moved(self, i: int, x: float) -> list[float]:
        """Return the outputs where input number `i` is `x`.

        Where there are many inputs the function is compiled, to what it computes bit for bit, and
        itself only runs where it takes another path.
        """
        if self.program is not None:
            line, point, parameters = self.program
            before, point[i] = point[i], x
            results, holds, _ = line.run([point[: line.arguments]], parameters(point), False)
            point[i] = before
            if holds:
                return cast(list[float], results.tolist())
        return self.values([*self.numbers[:i], x, *self.numbers[i + 1 :]])

    @cached_property
    def program(self) -> Any:
        """The function as straight-line code, the inputs, and which of them are parameters."""
        exact = any(type(node._data) is not float for node in self.graph)
        if len(self.numbers) < MANY or exact or opened():
            return None
        try:
            return self._compiled()
        except Exception:  # whatever cannot be compiled decides for itself
            return None

    def _compiled(self) -> Any:
        with unchanged(self._inputs):
            given = [] if self._moved else [self.numbers]
            recording = record(lambda *xs: self._f(xs[0] if xs else []), given, [])
        own = {leaf: i for i, leaf in enumerate(self.variables)}
        used = recording.parameters
        places = np.array([own.get(p, 0) for p in used], dtype=int)
        ours = np.array([p in own for p in used], dtype=bool)
        data = np.array([as_float(p._data) for p in used])
        line = StraightLine(recording, 0 if self._moved else len(self.numbers))
        point = np.array(self.numbers)

        def parameters(point: Any) -> Any:
            return np.where(ours, point[places], data) if self._moved else data

        results, holds, _ = line.run([point[: line.arguments]], parameters(point), False)
        same = np.array_equal(results, self.values(self.numbers), equal_nan=True)
        return (line, point, parameters) if holds and same else None

    def derivatives(self) -> dict[str, list[list[float]]]:
        """Return the derivatives, by way and output; `grad` and `jvp` take arguments only."""
        twins, roots = copy.deepcopy((self.variables, self.outputs))
        ways: dict[str, list[list[Any]]] = {"backward()": []}
        for root in roots:
            for twin in twins:
                twin.grad = 0.0
            root.backward()
            ways["backward()"].append([twin.grad for twin in twins])
        if not self._moved:
            ways["grad"] = jacobian(self._run)(self.numbers)
            ways["jvp"] = self._forward()
        return {way: [list(map(number, row)) for row in rows] for way, rows in ways.items()}

    def _forward(self) -> list[list[Any]]:
        """The derivatives by forward mode: input by input, or by one run where there are many."""
        if len(self.numbers) >= MANY:
            return Linearised(self._run, (self.numbers,), 0, {}).columns()
        units = np.eye(len(self.numbers)).tolist()
        columns = [jvp(self._run, (self.numbers,), (unit,))[1] for unit in units]
        return list(map(list, zip(*columns, strict=True)))

    def gradient(self) -> "Subject":
        """Return the function of all first derivatives, output by output.

        Raises `ValueError` where the inputs are leaves: no function gives the gradient by them.
        """
        if self._moved:
            raise ValueError(
                "`order=2` needs a function that takes its inputs as arguments, and `f` uses them "
                "as leaves"
            )
        return Subject(jacobian(self._run), self._inputs, self.names, moved=False)

    def _run(self, values: list[Value]) -> list[Any]:
        outputs: list[Any] = []
        with unchanged(self._inputs):
            flatten(self._f(values[:]), outputs)
        return outputs


def subject_of(f: Callable[..., Any], inputs: Any) -> Subject:
    """Return what is checked for a function and the inputs that a user gives.

    They are no arguments where `f` takes none, or needs none and uses them, leaf Values, all the
    same. A label names an input, or else its parameter and the path into it. Raises `TypeError`
    and `ValueError` where they are no inputs of `f`.
    """
    arguments = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    leaves: list[Any] = []
    structure = flatten(arguments, leaves)
    nest = unflatten(structure, range(len(leaves)))
    named, needless = _named(f, nest), _named(f, []) is not None
    if named is None and not needless:
        raise TypeError(
            f"`f` takes {inspect.signature(f)}, and `inputs`, the tuple of its arguments, holds "
            f"{len(arguments)}; for one argument that is a list, pass ([1.0, 2.0],)"
        )
    if not leaves:
        raise ValueError(f"`inputs` holds nothing to differentiate by: {inputs!r:.60}")
    others = [leaf for leaf in leaves if not isinstance(leaf, Value) or leaf.parents]
    if named is None and others:
        raise TypeError(
            "`f` takes no arguments, so `inputs` must hold leaf Values that it uses, "
            f"got {others[0]!r:.60}"
        )
    if needless and not others:
        own = nest[0] if isinstance(inputs, dict) else _numbered(nest)
        try:
            subject = Subject(lambda _: f(), leaves, _names(own, leaves), moved=True)
        except Exception:  # it needs arguments, whatever its signature says
            if named is None:
                raise
        else:
            if named is None or not subject.graph.keys().isdisjoint(leaves):
                for leaf, times in Counter(leaves).items():
                    if times > 1:
                        raise ValueError(f"`inputs` holds {leaf!r:.60} twice: pass each leaf once")
                return subject
    assert named is not None

    def run(values: list[Value]) -> Any:
        return f(*unflatten(structure, values))

    return Subject(run, leaves, _names(named, leaves), moved=False)


def _named(f: Callable[..., Any], arguments: list[Any]) -> Mapping[str, Any] | None:
    """The arguments by the names of the parameters of `f`; None where they do not fit."""
    try:
        return inspect.signature(f).bind(*arguments).arguments
    except TypeError:
        return None
    except ValueError:  # some functions written in C do not tell their parameters
        return _numbered(arguments)


def _numbered(arguments: list[Any]) -> dict[str, Any]:
    return {f"inputs[{i}]": item for i, item in enumerate(arguments)}


def _names(named: Mapping[str, Any], leaves: list[Any]) -> list[str]:
    """The labels of Values where they are nobody else's name, else the paths to them."""
    paths = [path for name, item in named.items() for path in paths_in(item, str(name))]
    labels = [leaf.label if isinstance(leaf, Value) else "" for leaf in leaves]
    taken = Counter([*labels, *paths])
    return [a if a and taken[a] == 1 else path for a, path in zip(labels, paths, strict=True)]


def paths_in(nest: Any, name: str = "") -> Iterator[str]:
    """Yield the names of the leaves of a nest, in the order of `flatten`: `w[0]`, `w['a']`."""
    if isinstance(nest, dict):
        for key, item in nest.items():
            yield from paths_in(item, f"{name}[{key!r}]")
    elif isinstance(nest, list | tuple) or getattr(nest, "ndim", None):
        for i, item in enumerate(nest):
            yield from paths_in(item, f"{name}[{i}]")
    else:
        yield name


@contextmanager
def unchanged(inputs: Sequence[Any]) -> Iterator[None]:
    """Give the Values among `inputs` back what they hold, whatever is done to them inside."""
    before = [(x, x._data, x.grad) for x in inputs if isinstance(x, Value)]
    try:
        yield
    finally:
        assign((value for value, *_ in before), (data for _, data, _ in before))
        for value, _, grad in before:
            value.grad = grad


def number(x: Any, name: str = "data") -> float:
    """The number of a Value, or the number itself. Raises `TypeError` where it is neither."""
    return as_float(x.data if isinstance(x, Value) else x, name)


def rounding(output: Value) -> float:
    """Bound the rounding error of `output`, to first order (Higham 2002, section 3.8).

    Each operation adds one unit in the last place of its result, times the derivative of the
    output by it. A partial may be 0 by mistake, so that there the relative error is passed on.
    """

    def sizes(node: Value) -> tuple[float, ...]:
        data = [as_float(parent._data) for parent in node.parents]
        shares = [as_float(node._data) / x if x else 0.0 for x in data]
        pairs = zip(stored(node), shares, strict=True)
        return tuple([abs(as_float(p) or share) for p, share in pairs])

    flows = pull_back(topological_order(output), {output: 1.0}, sizes)
    sized = [flow * abs(as_float(node._data)) for node, flow in flows.items() if node.parents]
    return EPSILON * sum(filter(math.isfinite, sized), 0.0)


def gradient_rounding(variable: Value, output: Value) -> float:
    """Bound the rounding error of the derivative of `output` by `variable`.

    The reverse sweep is an expression, too: recorded with Values, it has a rounding error that
    holds also what the values in its partials are wrong by.
    """
    with without(*UNWATCHED):
        flows = pull_back(topological_order(output), {output: Value(1.0)}, _partials)
    return rounding(flows[variable]) if variable in flows else 0.0


def _partials(node: Value) -> tuple[Any, ...]:
    """The partials as Values; those recorded where the row knows floats only."""
    assert node.primitive is not None
    try:
        partials = node.primitive.partials(node, *node.parents)
    except Exception:  # whatever a row of the user's own does with a Value
        return stored(node)
    return partials or stored(node)  # a compiled program's mean knows none
