"""The scalar program: what was recorded, as a flat list of instructions on numbered slots.

Goes in: Values of one recording. Comes out, for f(x) = (x + p) * (x + p) with one argument:

    0: argument 0    1: parameter 0    2: add 0 1    3: multiply 2 2    result: 3

Building it simplifies it: an operation on constants becomes a constant, an operation seen before
is not repeated, what no result needs never enters, and rewrites that are exact in IEEE
arithmetic (x * 1, x / 1, x - 0, --x) are made. Invariant: no rewrite changes a result.
"""

import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from typing import Any

from autograd.engine import table as primitives
from autograd.engine.primitive import Primitive
from autograd.symbolic import COMPARISONS

ARGUMENT, PARAMETER, CONSTANT, OPERATION = range(4)


@dataclass
class ScalarProgram:
    """Slots by number: `kind`, and `what` is an index, a number or a primitive; `args` slots.

    `_known` are those of each kind, and of each operation, by what they are and applied to.
    """

    kind: list[int] = field(default_factory=list)
    what: list[Any] = field(default_factory=list)
    args: list[tuple[int, ...]] = field(default_factory=list)
    _known: dict[Any, dict[Any, int]] = field(default_factory=partial(defaultdict, dict))
    _constants: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.kind)

    def argument(self, index: int) -> int:
        """Return the slot of argument number `index`."""
        return self._slot(ARGUMENT, index, index)

    def parameter(self, index: int) -> int:
        """Return the slot of parameter number `index`."""
        return self._slot(PARAMETER, index, index)

    def constant(self, number: float) -> int:
        """Return the slot of a number; -0.0 and 0.0 are two numbers."""
        slot = self._slot(CONSTANT, number, struct.pack("d", number))
        self._constants.add(slot)
        return slot

    def operation(self, primitive: Primitive, args: tuple[int, ...]) -> int:
        """Return the slot of an operation, simplified."""
        if primitive in _REWRITTEN or not self._constants.isdisjoint(args):
            if self._constants.issuperset(args):
                return self.constant(primitive.value(*[self.what[a] for a in args]))
            alias = self._same_as(primitive, args)
            if alias is not None:
                return alias
        known = self._known[primitive]  # `_slot`, spelled out: 20 ms of 100,000
        slot = known.get(args)
        if slot is None:
            slot = known[args] = len(self.kind)
            self.kind.append(OPERATION)
            self.what.append(primitive)
            self.args.append(args)
        return slot

    def slots_of(self, kind: int | Primitive) -> Collection[int]:
        """Return the slots of a kind, ARGUMENT, PARAMETER or CONSTANT, or of an operation."""
        return self._known[kind].values()

    def number(self, slot: int) -> float | None:
        """Return the number in a slot of a constant, else None."""
        return self.what[slot] if self.kind[slot] == CONSTANT else None

    def needed(
        self, roots: Iterable[int], inputs: Sequence[Sequence[int]] | None = None
    ) -> list[int]:
        """Return the slots that the roots need, in order; `inputs` are what each needs itself."""
        inputs = inputs or self.args
        wanted = bytearray(len(self))
        for slot in roots:
            wanted[slot] = 1
        for slot in range(len(wanted) - 1, -1, -1):
            if wanted[slot]:
                for arg in inputs[slot]:
                    wanted[arg] = 1
        return list(compress(range(len(wanted)), wanted))

    def evaluate(self, arguments: Sequence[float], parameters: Sequence[float]) -> list[float]:
        """Return the number of each slot, computed one by one as eager code does, bit for bit."""
        numbers: list[float] = []
        for kind, what, args in zip(self.kind, self.what, self.args, strict=True):
            if kind == OPERATION:
                numbers.append(what.value(*[numbers[a] for a in args]))
            elif kind == CONSTANT:
                numbers.append(what)
            else:
                numbers.append((arguments if kind == ARGUMENT else parameters)[what])
        return numbers

    def slopes(self, numbers: Sequence[float], result: int, size: int) -> list[float]:
        """Return the derivatives of a slot by the parameters, as `backward` computes them."""
        found = [0.0] * size
        flow = {result: 1.0}
        for slot in range(result, -1, -1):
            upstream = flow.get(slot)
            if upstream is None:
                continue
            row = self.what[slot]
            if self.kind[slot] == PARAMETER:
                found[row] = upstream
            elif self.kind[slot] == OPERATION and not row.step:
                inputs = [numbers[a] for a in self.args[slot]]
                try:
                    partials = row.partials(numbers[slot], *inputs)
                except (ArithmeticError, ValueError):
                    partials = row.ieee(tuple(inputs))[1]
                for arg, partial in zip(self.args[slot], partials, strict=True):
                    if partial or row is not primitives.take:  # of what is not taken nothing
                        flow[arg] = flow.get(arg, 0.0) + upstream * partial
        return found

    def _same_as(self, primitive: Primitive, args: tuple[int, ...]) -> int | None:
        first = args[0]
        if primitive is primitives.where:
            return first
        if primitive is primitives.take and self.kind[first] == CONSTANT:
            place = primitive.value(self.what[first], *map(float, range(len(args) - 1)))
            return args[1 + int(place)]
        if len(args) == 2:
            left, right = self.number(first), self.number(args[1])
            if right == 1.0 and primitive in _NEUTRAL_ONE:
                return first
            if left == 1.0 and primitive is primitives.multiply:
                return args[1]
            if right == 0.0 and primitive is primitives.subtract and str(right) == "0.0":
                return first
        if primitive is primitives.negative and self.what[first] is primitive:
            return self.args[first][0]
        return None

    def _slot(self, kind: int, what: Any, key: Any) -> int:
        slot = len(self.kind)
        known = self._known[kind].setdefault(key, slot)
        if known == slot:
            self.kind.append(kind)
            self.what.append(what)
            self.args.append(())
        return known


# How guards compare: in Python and in NumPy.
SIGNS = {each.compare: (each.sign, each.ufunc) for each in COMPARISONS}
_REWRITTEN = {primitives.where, primitives.negative}
_NEUTRAL_ONE = (primitives.multiply, primitives.divide, primitives.power_constant)
