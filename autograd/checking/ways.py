"""Every way in which the engine differentiates one function at one point, side by side.

`backward()` uses the partials that were recorded, `grad` those of each row as functions of
Values, `jvp` goes forward. A function takes its inputs as arguments, or it has none and uses leaf
Values, which are moved while it runs. Invariant: a sweep runs on a copy of the recorded graph, so
it touches nobody's `.grad`, and an input has its own `.data` and `.grad` whenever the function is
not running.
"""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.checking.anomaly import detect_anomaly
from autograd.engine.graph import topological_order
from autograd.engine.modes import no_grad, without
from autograd.engine.number import as_float
from autograd.engine.value import Value, as_value
from autograd.functional import jacobian, jvp
from autograd.nesting import flatten, unflatten

Matrix = list[list[float]]  # a row for each output, a column for each input
EPSILON = 2.0**-52  # a row of the table is right to about one unit in the last place
UNWATCHED = no_grad, detect_anomaly  # what is in force for nobody's results


class Subject(ABC):
    """What is checked: a function of numbers, at `numbers`."""

    numbers: list[float]

    @abstractmethod
    def returned(self, numbers: Sequence[float]) -> Any:
        """Return what the function returns for other numbers, nothing recorded."""

    @abstractmethod
    def record(self) -> tuple[list[Value], list[Value]]:
        """Return the inputs and the outputs of a graph recorded at `numbers`."""

    @abstractmethod
    def functional(self) -> dict[str, Matrix]:
        """Return the derivatives that functions of functions give, by name."""

    @abstractmethod
    def gradient(self) -> "Subject":
        """Return the function of all first derivatives, output by output."""

    def outputs(self, numbers: Sequence[float]) -> list[float]:
        """Return the outputs for other numbers, one after the other."""
        return list(map(number, outputs_of(self.returned(numbers))))


class OfArguments(Subject):
    """A function that takes one list of Values."""

    def __init__(self, function: Callable[[list[Value]], Any], numbers: list[float]) -> None:
        self._function, self.numbers = function, numbers

    def returned(self, numbers: Sequence[float]) -> Any:
        """Return what the function returns for other numbers, nothing recorded."""
        with no_grad():
            return self._function([Value(x) for x in numbers])

    def record(self) -> tuple[list[Value], list[Value]]:
        """Return the inputs and the outputs of a graph recorded at `numbers`."""
        variables = [Value(x) for x in self.numbers]
        with without(no_grad):
            return variables, self._outputs(variables)

    def functional(self) -> dict[str, Matrix]:
        """Return the derivatives by `grad`, on Values where rows can, and by `jvp`."""
        differentiate = jacobian(self._outputs)
        try:
            rows = differentiate([Value(x) for x in self.numbers])
        except (TypeError, ValueError):  # a compiled mean, or partials that somebody has set
            rows = differentiate(self.numbers)
        n = len(self.numbers)
        units = [[float(i == j) for j in range(n)] for i in range(n)]
        columns = [jvp(self._outputs, (self.numbers,), (unit,))[1] for unit in units]
        return {
            "grad": [list(map(number, row)) for row in rows],
            "jvp": [list(map(number, row)) for row in zip(*columns, strict=True)],
        }

    def gradient(self) -> Subject:
        """Return the function of all first derivatives, output by output."""
        differentiate = jacobian(self._outputs)
        return OfArguments(lambda v: [x for row in differentiate(v) for x in row], self.numbers)

    def _outputs(self, values: list[Value]) -> list[Value]:
        return outputs_of(self._function(values[:]))


class OfLeaves(Subject):
    """A function without arguments that uses leaf Values, each of which counts once."""

    def __init__(self, function: Callable[[], Any], leaves: list[Any]) -> None:
        for leaf in leaves:
            if not isinstance(leaf, Value) or leaf.parents:
                raise TypeError(
                    "`f` takes no arguments, so `inputs` must hold leaf Values that it uses, "
                    f"got {leaf!r:.60}"
                )
            if sum(other is leaf for other in leaves) > 1:
                raise ValueError(f"`inputs` holds {leaf!r:.60} twice: pass each leaf once")
        self._function, self._leaves = function, leaves
        self.numbers = list(map(number, leaves))

    def returned(self, numbers: Sequence[float]) -> Any:
        """Return the numbers that the function returns while the leaves have other numbers."""
        with no_grad(), unchanged(self._leaves):
            for leaf, x in zip(self._leaves, numbers, strict=True):
                leaf.data = type(leaf.data)(x)  # a fraction stays one
            results: list[Any] = []
            structure = flatten(self._function(), results)
            return unflatten(structure, [number(x, "the result") for x in results])

    def record(self) -> tuple[list[Value], list[Value]]:
        """Return the leaves and the outputs of a graph recorded at `numbers`."""
        with without(no_grad), unchanged(self._leaves):
            return self._leaves, outputs_of(self._function())

    def functional(self) -> dict[str, Matrix]:
        """Return nothing: functions of functions differentiate by arguments."""
        return {}

    def gradient(self) -> Subject:
        """Raise `ValueError`: the gradient by what is no argument is not a function."""
        raise ValueError(
            "`order=2` needs a function that takes its inputs as arguments, and `f` uses them as "
            "leaves"
        )


@contextmanager
def unchanged(inputs: Sequence[Any]) -> Iterator[None]:
    """Give the Values among `inputs` back what they hold, whatever is done to them inside."""
    values = [x for x in inputs if isinstance(x, Value)]
    before = [(value._data, value._grad) for value in values]
    try:
        yield
    finally:
        for value, (data, grad) in zip(values, before, strict=True):
            value._data, value._grad = data, grad


def uses_leaves(f: Callable[[], Any], inputs: Sequence[Any]) -> bool:
    """Whether `inputs` hold leaf Values only and what `f()` returns depends on one of them."""
    leaves: list[Any] = []
    flatten(list(inputs), leaves)
    if not all(isinstance(leaf, Value) and not leaf.parents for leaf in leaves):
        return False
    try:
        with without(*UNWATCHED), unchanged(leaves):
            outputs = outputs_of(f())
    except Exception:  # it needs arguments, whatever its signature says
        return False
    used = {node for output in outputs for node in topological_order(output)}
    return not used.isdisjoint(leaves)


def outputs_of(returned: Any) -> list[Value]:
    """The outputs, one after the other, of what a function returned."""
    outputs: list[Any] = []
    flatten(returned, outputs)
    return [as_value(output, "the result") for output in outputs]


def by_backward(variables: list[Value], outputs: list[Value]) -> Matrix:
    """The derivatives that `backward()` gives, on a copy of the graph."""
    memo: dict[int, Any] = {}
    twins, roots = copy.deepcopy(variables, memo), copy.deepcopy(outputs, memo)
    rows = []
    for root in roots:
        for twin in twins:
            twin.grad = 0.0
        root.backward()
        rows.append([float(twin.grad) for twin in twins])
    return rows


def rounding(output: Value) -> float:
    """Bound the rounding error of `output`, to first order (Higham 2002, section 3.8).

    Each operation adds one unit in the last place of its result, times the derivative of the
    output by it. A partial may be 0 by mistake, so that there the relative error is passed on.
    """
    flows = {output: 1.0}
    error = 0.0
    for node in reversed(topological_order(output)):
        flow = flows.get(node, 0.0)
        if node.parents:
            error += _finite(flow * EPSILON * abs(node._data))
        for parent, partial in zip(node.parents, node.partials, strict=True):
            share = partial or (node._data / parent._data if parent._data else 0.0)
            flows[parent] = flows.get(parent, 0.0) + _finite(flow * abs(share))
    return error


def gradient_rounding(variables: list[Value], output: Value) -> list[float]:
    """Bound the rounding error of the derivatives of `output` by `variables`.

    The reverse sweep is an expression, too: recorded with Values, it has a rounding error that
    holds also what the values in its partials are wrong by.
    """
    flows = {output: Value(1.0)}
    with without(*UNWATCHED):
        for node in reversed(topological_order(output)):
            if node.parents:
                for parent, partial in zip(node.parents, _partials(node), strict=True):
                    flow = flows[node] * partial
                    flows[parent] = flows[parent] + flow if parent in flows else flow
    return [rounding(flows[x]) if x in flows else 0.0 for x in variables]


def _partials(node: Value) -> Sequence[Any]:
    """The partials as Values; those recorded where the row knows floats only."""
    assert node.primitive is not None
    try:
        partials: Sequence[Any] = node.primitive.partials(node, *node.parents)
    except Exception:  # whatever a row of the user's own does with a Value
        return node.partials
    return partials or node.partials  # a compiled program's mean knows none


def _finite(x: float) -> float:
    return x if math.isfinite(x) else 0.0


def number(x: Any, name: str = "data") -> float:
    """The number of a Value, or the number itself. Raises `TypeError` where it is neither."""
    return as_float(x.data if isinstance(x, Value) else x, name)
