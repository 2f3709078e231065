"""Value: a number that remembers how it was computed.

Each operation makes one node that stores its result, its parents, and its local partial
derivatives at that moment. `backward()` walks the nodes in reverse topological order and adds
up, for every node, upstream gradient times local partial: the chain rule. Invariant: a node
points to its parents only, so there is no reference cycle, and changing `p.data` between
forward and backward changes no gradient.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from autograd.engine import modes, table
from autograd.engine.copying import copied, deepcopied
from autograd.engine.modes import watching
from autograd.engine.node import Each, Node
from autograd.engine.number import as_number, as_numbers
from autograd.engine.primitive import CONSTANT, DETACHED, Primitive
from autograd.engine.sweep import sweep
from autograd.engine.ufuncs import elementwise


def _unary(primitive: Primitive) -> "Callable[[Value], Value]":
    return lambda self: record(primitive, (self,))


def _binary(primitive: Primitive) -> "Callable[[Value, Any], Value]":
    """An operator, spelled out for floats: a third of the time of `record`."""
    scalar, partials = primitive.scalar, primitive.partials
    known = partials(0.0, 0.0, 0.0) if primitive in (table.add, table.subtract) else None

    def method(self: "Value", other: Any) -> Any:
        if other.__class__ is not Value:
            other = _operand(other, self)
            if other is NotImplemented:
                return other
        x, y = self._data, other._data
        try:
            out = scalar(x, y)
            to_left, to_right = known or partials(out, x, y)
        except (ArithmeticError, ValueError):
            out = None
        if out.__class__ is not float:
            return record(primitive, (self, other))
        node = _new(Value)
        node._data = out
        node._grad = 0.0
        node.primitive = primitive
        node._left, node._right = self, other
        node._to_left, node._to_right = to_left, to_right
        return modes.made(primitive, (self, other), node) if watching else node

    return method


def _reflected(primitive: Primitive) -> "Callable[[Value, Any], Value]":
    apply = _binary(primitive)

    def method(self: "Value", other: Any) -> Any:
        operand = _operand(other, self)
        return operand if operand is NotImplemented else apply(operand, self)

    return method


def _comparison(compare: Callable[[Any, Any], Any]) -> "Callable[[Value, Any], bool]":
    def method(self: "Value", other: Any) -> Any:
        operand = _operand(other, self)
        if operand is NotImplemented:  # None, a string, pytest.approx(...)
            return compare(self._read(f"a comparison with {type(other).__name__}"), other)
        outcome = compare(self._data, operand._data)
        if watching:
            modes.compared(compare, self, operand, outcome)
        return outcome

    return method


class Value(Node):
    """One scalar of the computation graph.

    Args:
        data: a real number; it is stored as a float, a `fractions.Fraction` as it is.
        label: a name for pictures and explanations.

    Raises `TypeError` where `data` is not a real number.
    """

    __slots__ = ()

    def detach(self) -> "Value":
        """Return a leaf with the same number: no gradient flows through it."""
        twin = leaf(self._data, DETACHED)
        twin.label = self.label
        return modes.made(DETACHED, (self,), twin) if watching else twin

    def constant(self) -> Any:
        """Return the bare number; while a function is being compiled, `detach()`."""
        return self.detach() if watching and modes.compiling() else self._read("`.constant()`")

    def backward(self, gradient: Any = 1.0) -> None:
        """Add the derivative of `gradient * self` to the `.grad` of every leaf below this node.

        Interior nodes get this pass's gradient afresh, so a second call gives leaves exactly
        twice the gradient. Reset leaves with `leaf.grad = 0.0` or `Module.zero_grad()`. It works
        in the `.grad` of the graph, so run it in one thread at a time on shared leaves. Fractions
        flow where this node is one and `gradient` is whole or a fraction.
        """
        sweep(self, as_number(gradient, "gradient"))

    def __mul__(self, other: Any) -> "Value":
        if other.__class__ is Value:  # spelled out once more: a quarter of `_binary`'s time less
            node = _new(Value)
            node._to_right = x = self._data
            node._to_left = y = other._data
            try:
                node._data = x * y
            except OverflowError:
                return _multiply(self, other)
            node._grad = 0.0
            node.primitive = table.multiply
            node._left, node._right = self, other
            return modes.made(table.multiply, (self, other), node) if watching else node
        return _multiply(self, other)

    __add__, __sub__, __truediv__ = map(_binary, (table.add, table.subtract, table.divide))
    __radd__, __rsub__, __rtruediv__ = map(_reflected, (table.add, table.subtract, table.divide))
    __rmul__, __rpow__ = map(_reflected, (table.multiply, table.power))
    __mod__, __floordiv__ = map(_binary, (table.mod, table.floor_divide))
    __rmod__, __rfloordiv__ = map(_reflected, (table.mod, table.floor_divide))
    __neg__, __abs__ = map(_unary, (table.negative, table.abs))

    def __pow__(self, exponent: Any) -> "Value":
        return (_power if isinstance(exponent, Value) else _power_constant)(self, exponent)

    def __pos__(self) -> "Value":
        return self

    abs, sqrt, cbrt, erf = map(_unary, (table.abs, table.sqrt, table.cbrt, table.erf))
    exp, exp2, expm1 = map(_unary, (table.exp, table.exp2, table.expm1))
    log, log2, log10, log1p = map(_unary, (table.log, table.log2, table.log10, table.log1p))
    arctan2, hypot = map(_binary, (table.arctan2, table.hypot))
    sign, floor, ceil = map(_unary, (table.sign, table.floor, table.ceil))
    __floor__, __ceil__ = floor, ceil
    sin, cos, tan = map(_unary, (table.sin, table.cos, table.tan))
    arcsin, arccos, arctan = map(_unary, (table.arcsin, table.arccos, table.arctan))
    sinh, cosh, tanh = map(_unary, (table.sinh, table.cosh, table.tanh))
    arcsinh, arccosh, arctanh = map(_unary, (table.arcsinh, table.arccosh, table.arctanh))
    relu, sigmoid, softplus = map(_unary, (table.relu, table.sigmoid, table.softplus))
    gelu = table.gelu

    def clip(self, low: Any = None, high: Any = None, out: Any = None) -> Any:
        """Return what `clip` does, for np.clip(v, low, high); `TypeError` for `out`, an array."""
        if out is not None:
            raise TypeError("`out` cannot take a Value: write y = np.clip(v, low, high)")
        return table.clip(self, low, high)

    # Comparisons are of the numbers; hash is identity, so Values can be keys of a dict.
    __lt__, __le__ = map(_comparison, (operator.lt, operator.le))
    __gt__, __ge__ = map(_comparison, (operator.gt, operator.ge))
    __eq__, __ne__ = map(_comparison, (operator.eq, operator.ne))
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self != 0.0

    def __copy__(self) -> Any:
        return self.__deepcopy__(None)

    def __deepcopy__(self, memo: dict[int, Any] | None) -> Any:
        if modes.recording():
            return record(table.copy, (self,))
        self._read("a copy")
        return copied(self) if memo is None else deepcopied(self, memo)

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> "Value":
        if not _VALUE_ONLY.issuperset(map(type, inputs)):  # a long dot: 3 times faster
            inputs = tuple([as_value(x, primitive.name, self) for x in inputs])
        return record(primitive, inputs)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a NumPy function element by element: `array * v` is an object array of Values."""
        return NotImplemented if method != "__call__" else elementwise(ufunc, inputs, kwargs)


_new = Value.__new__
_VALUE_ONLY = frozenset((Value,))
_multiply = _binary(table.multiply)
_power, _power_constant = map(_binary, (table.power, table.power_constant))
_data_of = operator.attrgetter("_data")


def record(primitive: Primitive, parents: tuple[Value, ...]) -> Value:
    """Make the node for one operation, or what the open modes make of it."""
    data, partials = primitive.recorded(tuple(map(_data_of, parents)))
    made = _new(Value).fill(primitive, parents, data, partials)
    return modes.made(primitive, parents, made) if watching else made


def node(primitive: Primitive | None, parents: Each, data: Any, partials: Each) -> Value:
    """Return a node with these contents, which nobody is told of."""
    return _new(Value).fill(primitive, parents, data, partials)


def leaf(data: Any, kind: Primitive | None) -> Value:
    """Return a leaf of a kind: None for a variable."""
    return _new(Value).fill(kind, (), data, ())


def as_value(x: Any, name: str = "data", beside: Any = None) -> Value:
    """Return `x` itself where it is a Value, else the real number `x` as a constant.

    A whole number beside a fraction is a fraction. Raises `TypeError` naming the argument `name`.
    """
    if isinstance(x, Value):
        return x
    exact = isinstance(beside, Value) and beside._data.__class__ is Fraction
    return leaf(as_numbers((x, beside._data), name)[0] if exact else as_number(x, name), CONSTANT)


def _operand(x: Any, beside: Value) -> Any:
    """The other side of an operator; `NotImplemented` lets Python ask the other side."""
    try:
        return as_value(x, beside=beside)
    except TypeError:
        return NotImplemented
