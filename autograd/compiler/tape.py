"""The tape: a scalar program as a flat list of NumPy's functions, for native code to be made of.

A row of the table has no native column. Its array column, called on symbols, comes apart into
functions of NumPy (`lower` does the same), and what each of those is in native code is said once,
in `native.FORMS`. `sigmoid(x)` of value 7 is five of them, from value 8 on:

    absolute 7    negative 8    exp 9    greater_equal 7 0.0    where 11 1.0 10    ...

Where eager floats are computed otherwise than arrays, in the last bit or the sign of a zero,
`AS_FLOATS` writes out what they do. Invariant: a tape is eager bit for bit where each of its
functions is; a row that cannot be read has no tape. Masks are the numbers 1 and 0.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.arrays import Array, LoweredProgram, Opaque
from autograd.compiler.scalars import CONSTANT, OPERATION, PARAMETER, ScalarProgram
from autograd.custom import CustomPrimitive
from autograd.engine import table
from autograd.engine.primitive import Primitive

COMPENSATED = sum([1e100, 1.0, -1e100]) != 0.0  # so does Python sum floats from 3.12 on
Step = tuple[Any, tuple[Any, ...]]  # a function and its operands: numbers of values, or floats
Guard = tuple[Any, Any, Any, bool]  # NumPy's comparison, two values, and what it must be


class Plan(NamedTuple):
    """What native code is made of: the steps of a tape, and what is to come out.

    `sizes` are how many arguments and parameters come first. The steps up to `ahead` are those of
    results and guards. `results` and `slopes` are numbers of values, or floats.
    """

    sizes: tuple[int, int]
    steps: Sequence[Step]
    ahead: int
    results: Sequence[Any]
    guards: Sequence[Guard]
    slopes: Sequence[Any]


class UnreadableError(Exception):
    """A row that does not come apart into NumPy's functions."""


def erf(x: Any) -> Any:
    """C's `erf`, which Python calls, too; of symbols only."""
    return x.builder.elementwise(erf, x)


def total(terms: Sequence[Any]) -> Any:
    """Python's sum: from 0, and from 3.12 on with what rounding lost (Neumaier 1974)."""
    found, lost = 0.0 + terms[0], 0.0
    for x in terms[1:]:
        after = found + x
        if COMPENSATED:
            larger = np.greater_equal(np.absolute(found), np.absolute(x))
            lost = np.where(larger, (found - after) + x, (x - after) + found) + lost
        found = after
    if not COMPENSATED or len(terms) < 2:
        return found
    finite = np.less(np.absolute(lost), math.inf)
    counts = np.where(finite, np.not_equal(lost, 0.0), 0.0)
    return np.where(counts, found + lost, found)


def _dot(*ab: Any) -> Any:
    half = len(ab) // 2
    return total([np.multiply(x, y) for x, y in zip(ab[:half], ab[half:], strict=True)])


def plain_dot(*ab: Any) -> Any:
    """A dot product added up term by term, as the reverse sweep has it."""
    half = len(ab) // 2
    products = [np.multiply(x, y) for x, y in zip(ab[:half], ab[half:], strict=True)]
    return reduce(np.add, products, 0.0)


def square(x: Any, two: Any) -> Any:
    """A power of two as a product, as the reverse sweep has it."""
    return np.multiply(x, x)


def _logsumexp(*xs: Any) -> Any:
    """The first of the largest is the 1 of log1p, the others are added in their order."""
    which: list[Any] = [1.0] + [0.0] * (len(xs) - 1)
    largest = xs[0]
    for i, x in enumerate(xs[1:], start=1):
        more = np.greater(x, largest)
        largest = np.where(more, x, largest)
        which = [*[np.where(more, 0.0, w) for w in which[:i]], more, *which[i + 1 :]]
    weights = [np.where(w, 0.0, np.exp(x - largest)) for x, w in zip(xs, which, strict=True)]
    found = largest + np.log1p(total(weights))
    infinite = np.equal(np.absolute(largest), math.inf)
    nan = reduce(np.add, [np.not_equal(x, x) for x in xs])
    return np.where(infinite, np.where(nan, math.nan, largest), found)


def _plain_logsumexp(*xs: Any) -> Any:
    largest = reduce(np.maximum, xs)
    total = reduce(np.add, [np.exp(x - largest) for x in xs])
    infinite = np.equal(np.absolute(largest), math.inf)
    return np.where(infinite, largest, largest + np.log(total))


def _mod(x: Any, y: Any) -> Any:
    rest = np.fmod(x, y)
    other_side = np.not_equal(np.less(y, 0.0), np.less(rest, 0.0))
    return np.where(rest, np.where(other_side, rest + y, rest), np.copysign(0.0, y))


def _floor_divide(x: Any, y: Any) -> Any:
    rest = np.fmod(x, y)
    other_side = np.not_equal(np.less(y, 0.0), np.less(rest, 0.0))
    quotient = (x - rest) / y
    quotient = np.where(rest, np.where(other_side, quotient - 1.0, quotient), quotient)
    whole = np.floor(quotient)
    whole = np.where(np.greater(quotient - whole, 0.5), whole + 1.0, whole)
    whole = np.where(quotient, whole, np.copysign(0.0, x / y))
    return np.where(y, whole, x / y)


AS_FLOATS: dict[Primitive, Callable[..., Any]] = {
    table.relu: lambda x: np.where(np.less_equal(x, 0.0), 0.0, x),
    table.sign: lambda x: np.where(
        np.equal(x, x), np.subtract(np.greater(x, 0.0), np.less(x, 0.0)), x
    ),
    table.softplus: lambda x: np.add(
        np.where(np.greater(0.0, x), 0.0, x), np.log1p(np.exp(-np.absolute(x)))
    ),
    table.select: lambda c, x, y: np.where(c, x, y),
    table.mod: _mod,
    table.floor_divide: _floor_divide,
    table.erf: erf,
    table.dot: _dot,
    table.logsumexp: _logsumexp,
    table.logaddexp: _logsumexp,
}
PLAIN: dict[Primitive, Callable[..., Any]] = {  # where sums may be rounded otherwise
    table.dot: plain_dot,
    table.logsumexp: _plain_logsumexp,
    table.logaddexp: _plain_logsumexp,
}


class _Reading(LoweredProgram):
    """Reads rows as floats are computed: user's by `scalar`, others by `AS_FLOATS` or `array`."""

    def primitive(self, primitive: Primitive, *args: Any) -> Any:
        """Note what a row does; raises `UnreadableError` where it cannot be seen."""
        if not any(isinstance(a, Array) for a in args):
            return primitive.value(*args)
        if primitive in AS_FLOATS:
            return AS_FLOATS[primitive](*args)
        if isinstance(primitive, CustomPrimitive):
            try:
                return primitive.read(len(args), "scalar")(*args)[0]
            except TypeError as reason:
                raise UnreadableError(f"`{primitive.name}`: {reason}") from reason
        return super().primitive(primitive, *args)


def read(function: Callable[..., Any], count: int, exponent: Any) -> tuple[list[Step], Any]:
    """Return the steps of a function of `count` values, and which value, or float, it returns.

    Values below `count` are the inputs, others the steps' in their order. Where the last input is
    the `exponent` of a power, it is known.
    """
    program = _Reading()
    inputs = [
        program.array("argument", (), (1,), False, i) for i in range(count - (exponent is not None))
    ]
    result = function(*inputs) if exponent is None else function(*inputs, exponent)
    numbers: dict[Array, Any] = {array: i for i, array in enumerate(inputs)}
    steps: list[Step] = []

    def operand(x: Any) -> Any:
        return numbers[x] if isinstance(x, Array) else float(x)

    for array in program.instructions[len(inputs) :]:
        if isinstance(array.op, Opaque):
            raise UnreadableError(f"`{array.op.primitive.name}` works on numbers only")
        args = tuple(map(operand, array.args))
        if array.op is np.multiply and array.args[1] == 1.0:  # a mask is a number already
            numbers[array] = args[0]
            continue
        numbers[array] = count + len(steps)
        steps.append((array.op, args))
    return steps, operand(result)


@dataclass
class Tape:
    """Values by number: `arguments` come first, then `parameters`, then one for each step."""

    arguments: int
    parameters: int
    steps: list[Step] = field(default_factory=list)
    exact: bool = True  # whether sums are rounded as Python's
    places: dict[int, Any] = field(default_factory=dict)  # of slots: numbers of values, or floats
    _known: dict[Any, tuple[list[Step], Any]] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The number of the value that the first step computes."""
        return self.arguments + self.parameters

    def extend(self, program: ScalarProgram, roots: Sequence[int], recorded: int) -> None:
        """Add the steps of all slots that the roots need; behind `recorded` ones are the sweep's.

        Raises `UnreadableError` where a row does not come apart.
        """
        for slot in program.needed(roots):
            if slot in self.places:
                continue
            kind, what = program.kind[slot], program.what[slot]
            if kind == OPERATION:
                self.places[slot] = self._add(program, slot, recorded)
            elif kind == CONSTANT:
                self.places[slot] = float(what)
            else:
                self.places[slot] = what + (self.arguments if kind == PARAMETER else 0)

    def _add(self, program: ScalarProgram, slot: int, recorded: int) -> Any:
        row, args = program.what[slot], [self.places[a] for a in program.args[slot]]
        count, swept = len(args), slot >= recorded
        exponent = args[1] if row is table.power_constant else None
        key = row, count, exponent, swept
        if key not in self._known:
            function: Callable[..., Any] = row
            if not self.exact:
                function = PLAIN.get(row, row)
            elif swept and row is table.dot:
                function = plain_dot
            if (swept or not self.exact) and exponent == 2.0:
                function = square
            self._known[key] = read(function, count, exponent)
        steps, result = self._known[key]
        base = self.first + len(self.steps) - count
        if result == count and steps[0][1] == tuple(range(count)):  # one step, as most rows are
            self.steps.append((steps[0][0], tuple(args)))
            return base + count

        def meant(x: Any) -> Any:
            return x if x.__class__ is float else args[x] if x < count else base + x

        self.steps += [(step, tuple(map(meant, operands))) for step, operands in steps]
        return meant(result)
