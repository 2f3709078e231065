"""Exact arithmetic: `Value(Fraction(1, 3))` stays a fraction through + - * / and whole powers.

A node is `Exact` where all that went into it is: other exact nodes, integers and fractions. Its
number is the nearest float, as everybody else expects, and carries its fraction. Value and partials
come from the rows of the table, read on fractions. Invariant: an exact node is never rounded; any
other operation, or a float on the other side, makes an ordinary `Value`.
"""

import math
import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

from autograd.engine import table as primitives
from autograd.engine.graph import topological_order
from autograd.engine.number import as_float
from autograd.engine.primitive import Primitive
from autograd.engine.recording import opened_blocks, recording_is_off
from autograd.engine.tracing import current_trace
from autograd.engine.value import Constant, Value, kinds
from autograd.symbolic import Symbolic

MOST_BITS = 1_000_000  # of a power; a longer one becomes a float


class Rounded(float):
    """The float nearest to a fraction, and the fraction."""

    __slots__ = ("fraction",)

    fraction: Fraction

    def __new__(cls, fraction: Fraction) -> "Rounded":
        """Round; a fraction too large for a float becomes inf or -inf."""
        number = super().__new__(cls, as_float(fraction))
        number.fraction = _of_python(fraction)
        return number

    def __reduce__(self) -> tuple[Any, ...]:
        return Rounded, (self.fraction,)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """Raises `ArithmeticError` where the power is no fraction, or too long a one."""
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1 or bits * abs(exponent) > MOST_BITS:
        raise ArithmeticError
    return Fraction(base**exponent.numerator)


def _dot(*ab: Fraction) -> Fraction:
    half = len(ab) // 2
    return sum(map(operator.mul, ab[:half], ab[half:]), Fraction(0))


_ROWS: dict[Primitive, Callable[..., Fraction]] = {
    primitives.add: operator.add,
    primitives.subtract: operator.sub,
    primitives.multiply: operator.mul,
    primitives.divide: operator.truediv,
    primitives.negative: operator.neg,
    primitives.power_constant: _power,
    primitives.dot: _dot,
    primitives.where_taken: operator.pos,
}
# What the partials of these rows use, too.
_HELPERS: dict[Primitive, Callable[..., Fraction]] = {
    primitives.abs: operator.abs,
    primitives.greater: lambda x, y: Fraction(x > y),
}


class _Reading(Symbolic):
    """A fraction that rows take: their partials are called on these, literals included."""

    __slots__ = ("number",)

    def __init__(self, number: Fraction) -> None:
        self.number = number

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> "_Reading":
        function = _ROWS.get(primitive) or _HELPERS[primitive]
        return _Reading(function(*map(_fraction, inputs)))

    def __eq__(self, other: object) -> bool:
        return self.number == _fraction(other)

    __hash__ = None  # type: ignore[assignment]  # compared by number, never kept


def _held(number: float) -> Fraction:
    """The fraction that the number of an exact node carries."""
    assert isinstance(number, Rounded)
    return number.fraction


def _fraction(x: Any) -> Fraction:
    return x.number if isinstance(x, _Reading) else Fraction(x)


def _of_python(fraction: Fraction) -> Fraction:
    """The same fraction of Python's integers, which do not overflow as NumPy's do."""
    parts = fraction.numerator, fraction.denominator
    same = {int}.issuperset(map(type, parts))
    return fraction if same else Fraction(*map(int, parts))


def _operator(primitive: Primitive, inherited: Any, reflected: bool = False) -> Any:
    """The exact operator, which hands over to the inherited one where something is a float."""

    def method(self: "Exact", *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        node = _record(primitive, operands)
        return inherited(self, *others) if node is None else node

    return method


def _comparison(compare: Callable[[Any, Any], bool], inherited: Any) -> Any:
    """Compare with the fraction itself, and with floats as Python does: exactly."""

    def method(self: "Exact", other: Any) -> Any:
        number = other
        if isinstance(other, Value):
            number = getattr(other._data, "fraction", other._data)
        if current_trace() is not None or not isinstance(number, Real | Decimal):
            return inherited(self, other)
        if not isinstance(number, Rational | Decimal):
            number = float(number)
        finite = isinstance(number, Rational) or math.isfinite(number)
        return compare(self.data, _of_python(Fraction(number)) if finite else float(number))

    return method


class Exact(Value):
    """A Value whose `data` is a `fractions.Fraction`, and whose gradients are.

    `Value(Fraction(...))` makes one.
    """

    __slots__ = ()

    @property
    def data(self) -> Any:
        """The fraction; a float that is assigned makes this an ordinary Value."""
        super().data  # noqa: B018  # refused while a function is being compiled
        return _held(self._data)

    @data.setter
    def data(self, data: Any) -> None:
        if isinstance(data, Rational):
            self._data = Rounded(Fraction(data))
        else:
            self._data = as_float(data)
            self.__class__ = Value  # type: ignore[assignment]  # of the same layout

    def detach(self) -> Value:
        """Return an exact leaf with the same number."""
        return _leaf(self.data) if current_trace() is None else super().detach()

    def backward(self, gradient: Any = 1) -> None:
        """Add the derivative of `gradient * self` to the `.grad` of leaves, as fractions."""
        whole = isinstance(gradient, float) and gradient.is_integer()
        if current_trace() is not None or not (whole or isinstance(gradient, Rational)):
            super().backward(gradient)
            return
        flows = exact_flows(self, _of_python(Fraction(gradient)))
        totals = [flow if node.parents else _total(node.grad, flow) for node, flow in flows.items()]
        for node, total in zip(flows, totals, strict=True):
            node.grad = total  # type: ignore[assignment]  # a fraction

    __add__ = _operator(primitives.add, Value.__add__)
    __radd__ = _operator(primitives.add, Value.__radd__, reflected=True)
    __sub__ = _operator(primitives.subtract, Value.__sub__)
    __rsub__ = _operator(primitives.subtract, Value.__rsub__, reflected=True)
    __mul__ = _operator(primitives.multiply, Value.__mul__)
    __rmul__ = _operator(primitives.multiply, Value.__rmul__, reflected=True)
    __truediv__ = _operator(primitives.divide, Value.__truediv__)
    __rtruediv__ = _operator(primitives.divide, Value.__rtruediv__, reflected=True)
    __neg__ = _operator(primitives.negative, Value.__neg__)
    _whole_power = _operator(primitives.power_constant, Value.__pow__)

    def __pow__(self, exponent: Any) -> Value:
        known = isinstance(exponent, Rational) and exponent.denominator == 1
        power: Value = self._whole_power(exponent) if known else super().__pow__(exponent)
        return power

    __lt__ = _comparison(operator.lt, Value.__lt__)
    __le__ = _comparison(operator.le, Value.__le__)
    __gt__ = _comparison(operator.gt, Value.__gt__)
    __ge__ = _comparison(operator.ge, Value.__ge__)
    __hash__ = Value.__hash__

    def __bool__(self) -> bool:
        return super().__bool__() if current_trace() is not None else bool(self.data)

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Value:
        node = _record(primitive, inputs) if primitive in _ROWS else None
        return super().__apply_primitive__(primitive, inputs) if node is None else node

    def __repr__(self) -> str:
        return self._described(_held(self._data))


kinds[Fraction] = Exact, Rounded


def exact_flows(root: Value, gradient: Fraction) -> dict[Value, Fraction]:
    """Return the gradient of `gradient * root` by every node below the exact node `root`."""
    order = topological_order(root)
    flows = dict.fromkeys(order, Fraction(0))
    flows[root] = gradient
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            flows[parent] += flows[node] * _held(partial)
    return flows


def value_again(node: Value) -> float:
    """Return what the operation that made `node` gives for the present data of its parents."""
    assert node.primitive is not None
    inputs = [parent._data for parent in node.parents]
    if isinstance(node, Exact) and all(isinstance(x, Rounded) for x in inputs):
        fractions = [x.fraction for x in inputs if isinstance(x, Rounded)]
        return Rounded(_ROWS[node.primitive](*fractions))
    return node.primitive.value(*inputs)


def _record(primitive: Primitive, inputs: Sequence[Any]) -> Exact | None:
    """Record one exact operation; None where an input is a float or the result no fraction."""
    if current_trace() is not None:
        return None
    parents = tuple(map(_exact_operand, inputs))
    if None in parents:
        return None
    fractions = [_held(parent._data) for parent in parents]
    try:
        out = _ROWS[primitive](*fractions)
        readings = primitive.partials(_Reading(out), *map(_Reading, fractions))
    except ArithmeticError:
        return None
    node = _leaf(out)
    if not (opened_blocks() and recording_is_off()):
        node.primitive = primitive
        node.parents = parents
        node.partials = tuple(Rounded(_fraction(reading)) for reading in readings)
    return node


def _exact_operand(x: Any) -> Any:
    """An exact node for `x`, None where it is a float or something else."""
    if isinstance(x, Exact):
        return x
    if isinstance(x, Constant):
        return x if isinstance(x._data, Rounded) else None
    if isinstance(x, Rational):
        constant = Constant(0.0)
        constant._data = Rounded(Fraction(x))
        return constant
    return None


def _leaf(fraction: Fraction) -> Exact:
    return Exact(fraction)


def _total(earlier: Any, flow: Fraction) -> Any:
    """The gradient so far and what is added; a float that is not 0 makes it a float."""
    known = earlier if isinstance(earlier, Fraction) else as_float(earlier, "grad")
    return flow + known if known else flow
