"""Value: a number that remembers how it was computed.

Each operation makes one node that stores its result, its parents, and its local partial
derivatives at that moment. `backward()` walks the nodes in reverse topological order and adds
up, for every node, upstream gradient times local partial: the chain rule. Invariant: a node
points to its parents only, so there is no reference cycle, and changing `p.data` between
forward and backward changes no gradient.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import table as primitives
from autograd.engine.anomaly import check_sweep, check_value, checking, watcher
from autograd.engine.copying import deepcopy_graph, pickle_graph, restore, state
from autograd.engine.elementwise import elementwise
from autograd.engine.graph import topological_order
from autograd.engine.number import as_float
from autograd.engine.primitive import Primitive
from autograd.engine.recording import opened_blocks, recording_is_off
from autograd.engine.tracing import current_trace, users_line

# Kinds of number that stay what they are: the class of their nodes, and how they are stored.
kinds: dict[type, tuple[Any, Callable[[Any], float]]] = {}


def _unary(primitive: Primitive) -> "Callable[[Value], Value]":
    def method(self: "Value") -> "Value":
        return record(primitive, (self,))

    return method


def _binary(primitive: Primitive) -> "Callable[[Value, Any], Value]":
    """`record` spelled out for two inputs: an operator takes 0.7 of the time."""
    scalar, partials = primitive.scalar, primitive.partials

    def method(self: "Value", other: Any) -> Any:
        if other.__class__ is not Value:
            other = _operand(other)
            if other is NotImplemented:
                return NotImplemented
        x = self._data
        y = other._data
        try:
            node = _new(Value)
            node._data = out = scalar(x, y)
            node.grad = 0.0
            node.label = ""
            if not opened_blocks():
                node.partials = partials(out, x, y)
                node.parents = (self, other)
                node.primitive = primitive
                return node
        except (ArithmeticError, ValueError):
            pass
        return record(primitive, (self, other))

    return method


def _reflected(primitive: Primitive) -> "Callable[[Value, Any], Value]":
    def method(self: "Value", other: Any) -> Any:
        other = _operand(other)
        if other is NotImplemented:
            return NotImplemented
        return record(primitive, (other, self))

    return method


def _comparison(compare: Callable[[float, float], bool]) -> "Callable[[Value, Any], bool]":
    def method(self: "Value", other: Any) -> Any:
        other = _operand(other)
        if other is NotImplemented or type(self._data) is float is not type(other._data):
            return NotImplemented  # a fraction compares exactly
        outcome = compare(self._data, other._data)
        trace = current_trace()
        if trace is not None:
            trace.compare(compare, self, other, outcome)
        return outcome

    return method


class Value:
    """One scalar of the computation graph.

    Args:
        data: a real number; it is stored as a float, a `Fraction` as it is (see `exact`).
        label: a name for pictures and explanations.

    Raises `TypeError` where `data` is not a real number.
    """

    __slots__ = ("_data", "grad", "label", "parents", "partials", "primitive")

    grad: float
    label: str
    primitive: Primitive | None
    parents: "tuple[Value, ...]"
    partials: tuple[float, ...]

    def __init__(self, data: Any, label: str = "") -> None:
        if not isinstance(label, str):
            raise TypeError(f"`label` must be a string, got {label!r:.60}")
        kind = kinds.get(data.__class__)
        if kind is None:
            self._data = as_float(data)
        else:
            self.__class__, number = kind
            self._data = number(data)
        self.grad = 0.0
        self.label = label
        self.primitive = None
        self.parents = ()
        self.partials = ()

    @property
    def data(self) -> float:
        """The number. Assigning replaces it; nodes already recorded keep what they used.

        Raises `TypeError` while a function is being compiled: the number would be frozen.
        """
        if current_trace() is not None:
            raise TypeError(
                "`.data` was read while the function is being compiled: its number would be "
                "frozen into the program. Compute with the Value itself, or v.detach()"
            )
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._data = as_float(data)

    @property
    def op(self) -> str:
        """The name of the primitive that made this node, "" for a leaf."""
        return self.primitive.name if self.primitive else ""

    def item(self) -> float:
        """Return the bare number, as NumPy and PyTorch name it."""
        return self.data

    def detach(self) -> "Value":
        """Return a leaf with the same number: no gradient flows through it."""
        if current_trace() is not None:
            return record(primitives.detach, (self,))
        twin = _detached(self._data)
        if watcher() is not None:
            twin = _noted(NotedDetached, twin)
            twin.origin = self
        twin.label = self.label
        return twin

    def backward(self, gradient: float = 1.0) -> None:
        """Add the derivative of `gradient * self` to the `.grad` of every leaf below this node.

        Interior nodes get this pass's gradient afresh, so a second call gives leaves exactly
        twice the gradient. Reset leaves with `leaf.grad = 0.0` or `Module.zero_grad()`. It works
        in the `.grad` of the graph, so run it in one thread at a time on shared leaves.
        """
        if current_trace() is not None:
            raise TypeError(
                "backward() was called while the function is being compiled: return the Value "
                "and call value_and_grad on the program"
            )
        gradient = as_float(gradient, "gradient")
        order = topological_order(self)
        leaves = [node for node in order if not node.parents]
        interior = [node for node in reversed(order) if node.parents]
        before = [as_float(leaf.grad, "grad") for leaf in leaves]
        if checking():
            active = {node for node in order if not isinstance(node, Constant)}
            check_sweep(order, {self: gradient}, active, dict(zip(leaves, before, strict=True)))
        try:
            for node in order:
                node.grad = 0.0
            self.grad = gradient
            for node in interior:
                grad = node.grad
                if len(node.parents) == 2:  # spelled out: the sweep is 1.6 times faster
                    left, right = node.parents
                    to_left, to_right = node.partials
                    left.grad += grad * to_left
                    right.grad += grad * to_right
                else:
                    for parent, partial in zip(node.parents, node.partials, strict=False):
                        parent.grad += grad * partial
        except BaseException:  # interrupted: the leaves keep what they had
            for leaf, earlier in zip(leaves, before, strict=True):
                leaf.grad = earlier
            raise
        for leaf, earlier in zip(leaves, before, strict=True):
            leaf.grad += earlier

    __add__ = _binary(primitives.add)
    __radd__ = _reflected(primitives.add)
    __sub__ = _binary(primitives.subtract)
    __rsub__ = _reflected(primitives.subtract)
    __mul__ = _binary(primitives.multiply)
    __rmul__ = _reflected(primitives.multiply)
    __truediv__ = _binary(primitives.divide)
    __rtruediv__ = _reflected(primitives.divide)
    __rpow__ = _reflected(primitives.power)
    __neg__ = _unary(primitives.negative)
    __abs__ = _unary(primitives.abs)

    def __pow__(self, exponent: Any) -> "Value":
        constant = not isinstance(exponent, Value)
        exponent = _operand(exponent)
        if exponent is NotImplemented:
            return NotImplemented
        row = primitives.power_constant if constant else primitives.power
        return record(row, (self, exponent))

    def __pos__(self) -> "Value":
        return self

    abs = _unary(primitives.abs)
    exp = _unary(primitives.exp)
    log = _unary(primitives.log)
    log1p = _unary(primitives.log1p)
    expm1 = _unary(primitives.expm1)
    sqrt = _unary(primitives.sqrt)
    sin = _unary(primitives.sin)
    cos = _unary(primitives.cos)
    tan = _unary(primitives.tan)
    arcsin = _unary(primitives.arcsin)
    arccos = _unary(primitives.arccos)
    arctan = _unary(primitives.arctan)
    sinh = _unary(primitives.sinh)
    cosh = _unary(primitives.cosh)
    tanh = _unary(primitives.tanh)
    arcsinh = _unary(primitives.arcsinh)
    arccosh = _unary(primitives.arccosh)
    arctanh = _unary(primitives.arctanh)
    sigmoid = _unary(primitives.sigmoid)
    relu = _unary(primitives.relu)
    softplus = _unary(primitives.softplus)
    erf = _unary(primitives.erf)

    # Comparisons read the data; == and hash stay identity, so Values can be keys of a dict.
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    def __eq__(self, other: object) -> bool:
        if current_trace() is not None and not isinstance(other, Value):
            raise TypeError(
                f"a Value and {other!r:.40} were compared by == in a function being compiled: "
                "that asks whether they are one object, not one number; use < or >"
            )
        return NotImplemented if not isinstance(other, Value) else self is other

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        trace = current_trace()
        if trace is not None:
            trace.compare(operator.ne, self, _constant(0.0), self._data != 0.0)
        return self._data != 0.0

    def __float__(self) -> float:
        raise TypeError(
            "float(v) would silently drop the gradient of a Value: use v.data for the bare "
            "number, or a function that records, such as autograd.exp(v) for math.exp(v)"
        )

    def __index__(self) -> int:
        raise TypeError(
            "a Value is no whole number, as `range(n)`, `int(n)` and `x[n]` need: use v.data; an "
            "argument n of a compiled function is a plain number where its `static_argnames` name "
            'it, as in autograd.compile(f, static_argnames=("n",))'
        )

    __int__ = __index__

    def __repr__(self) -> str:
        return self._described(self._data)

    def _described(self, data: Any) -> str:
        label = f", label={self.label!r}" if self.label else ""
        op = f", op={self.op!r}" if self.op else ""
        return f"Value(data={data}, grad={self.grad}{label}{op})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __copy__(self) -> "Value":
        twin: Value = restore(type(self), *state(self), parents=self.parents)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        twin: Value = deepcopy_graph(self, memo)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle_graph(self)

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> "Value":
        if not _VALUE_TYPES.issuperset(map(type, inputs)):  # a long dot: 3 times faster
            inputs = tuple([as_value(x, primitive.name) for x in inputs])
        return record(primitive, inputs)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a NumPy function element by element: `array * v` is an object array of Values."""
        return NotImplemented if method != "__call__" else elementwise(ufunc, inputs, kwargs)


class Constant(Value):
    """A bare number that met a Value in an expression: in the graph, but not to be trained."""

    __slots__ = ()

    @property
    def fixed(self) -> float:
        """The number, also in a function that is being compiled: no replay changes it."""
        return self._data


class Detached(Value):
    """What `detach()` and `no_grad()` leave: a leaf that was computed, not a parameter."""

    __slots__ = ()


class Noted(Value):
    """A node recorded inside `detect_anomaly`: it knows the `line` of the user's code."""

    __slots__ = ("line",)

    line: str


class NotedDetached(Detached):
    """A detached leaf made there; `origin` is the Value it was cut from, where there was one."""

    __slots__ = ("line", "origin")

    line: str
    origin: Value | None


_VALUE_TYPES = frozenset((Value, Constant, Detached))
_new = Value.__new__
_data_of = operator.attrgetter("_data")


def record(primitive: Primitive, parents: tuple[Value, ...]) -> Value:
    """Make the node for one operation; inside `no_grad()`, a leaf with the same data."""
    return _record_in_block(primitive, parents) if opened_blocks() else _node(primitive, parents)


def _node(primitive: Primitive, parents: tuple[Value, ...]) -> Value:
    inputs = tuple(map(_data_of, parents))
    try:
        out = primitive.scalar(*inputs)
        partials = primitive.partials(out, *inputs)
    except (ArithmeticError, ValueError):  # where Python raises, IEEE 754 says inf or nan
        out, partials = primitive.ieee(inputs)
    node = _new(Value)  # half the time of Value(...): the data need no check
    node._data = out
    node.grad = 0.0
    node.label = ""
    node.primitive = primitive
    node.parents = parents
    node.partials = partials
    return node


def _record_in_block(primitive: Primitive, parents: tuple[Value, ...]) -> Value:
    """Record as the open blocks ask for: not at all, for the compiler, or with the user's line.

    A function that is being compiled is recorded also inside `no_grad()`, and cut from the
    gradient by a node of its own.
    """
    trace, watch, off = current_trace(), watcher(), recording_is_off()
    if off and trace is None:
        node = _detached(primitive.value(*map(_data_of, parents)))
    else:
        node = _node(primitive, parents)
    if watch is not None:
        if watch.check:
            check_value(primitive, parents, node._data)
        node = _noted(NotedDetached if off and trace is None else Noted, node)
    if trace is not None:
        trace.nodes.append(node)
        if off and primitive is not primitives.detach:
            return record(primitives.detach, (node,))
    return node


def _noted(kind: Any, node: Value) -> Any:
    """The same node as one that knows the user's line."""
    twin = restore(kind, *state(node), parents=node.parents)
    twin.line = users_line()
    if kind is NotedDetached:
        twin.origin = None
    return twin


def as_value(x: Any, name: str = "data") -> Value:
    """Return `x` itself where it is a Value, else the real number `x` as a constant.

    Raises `TypeError` naming the argument `name` where `x` is neither.
    """
    return x if isinstance(x, Value) else _constant(as_float(x, name))


def _operand(x: Any) -> Any:
    """The other side of an operator; `NotImplemented` lets Python ask the other side."""
    try:
        return as_value(x)
    except TypeError:
        return NotImplemented


def _constant(data: float) -> Value:
    return _leaf(_new(Constant), data)


def _detached(data: float) -> Value:
    return _leaf(_new(Detached), data)


def _leaf(node: Value, data: float) -> Value:
    node._data = data
    node.grad = 0.0
    node.label = ""
    node.primitive = None
    node.parents = node.partials = ()
    return node
