"""Straight-line code: for one evaluation of an irregular program, plain Python on floats.

Where nothing repeats, a NumPy call a number is slower than a line of Python a number. The reverse
sweep is more slots of the same scalar program: the rows' partials are called on symbols. In, for
f(x) = sin(x) * p; out:

    def program(A, P):
        v0 = A[0]
        v1 = P[0]
        v2 = f0(v0)
        v3 = v2 * v1
        return (v3,), True, (v2,)

Invariant: values are eager's bit for bit. Where Python's floats raise, the slots are evaluated one
by one with IEEE 754's values.
"""

import functools
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.compiler.evaluation import NativeLine
from autograd.compiler.lanes import Lanes
from autograd.compiler.machine import Machine
from autograd.compiler.native import MissingError, missing
from autograd.compiler.parameters import FloatArray
from autograd.compiler.scalars import (
    ARGUMENT,
    CONSTANT,
    OPERATION,
    PARAMETER,
    SIGNS,
    ScalarProgram,
)
from autograd.compiler.tape import COMPENSATED, Plan, Tape, UnreadableError
from autograd.compiler.trace import Guard
from autograd.compiler.translation import Recording
from autograd.engine import table as primitives
from autograd.engine.primitive import Primitive
from autograd.symbolic import Symbolic

LINES = 12_000  # of a function: parts keep their numbers in a list, which takes a fifth more
MOST = 300_000  # steps of native code, of 4 ns; a machine's take 8, and half the time to compile
FEWEST = 100  # slots for native code: to make it takes 5 ms at least
INFIX = {
    primitives.add: "+",
    primitives.subtract: "-",
    primitives.multiply: "*",
    primitives.divide: "/",
}
Run = tuple[FloatArray, bool, FloatArray]


class Symbol(Symbolic):
    """A slot that computes with operators and rows by adding slots to its program."""

    __slots__ = ("program", "slot")

    def __init__(self, program: ScalarProgram, slot: int) -> None:
        self.program, self.slot = program, slot

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
        program = self.program
        slots = [x.slot if isinstance(x, Symbol) else program.constant(x) for x in inputs]
        slot = program.operation(primitive, tuple(slots))
        number = program.number(slot)
        return Symbol(program, slot) if number is None else number


def _rule(row: Primitive, count: int, exponent: float | None) -> tuple[ScalarProgram, list[int]]:
    """The partials of a row, as a program on its result and its `count` inputs, and their slots.

    Where the last input is the `exponent` of a power, it is known.
    """
    rule = ScalarProgram()
    symbols: list[Any] = [Symbol(rule, rule.argument(i)) for i in range(count + 1)]
    if exponent is not None:
        symbols[-1] = exponent
    partials = row.partials(*symbols)
    return rule, [x.slot if isinstance(x, Symbol) else rule.constant(x) for x in partials]


def gradient(program: ScalarProgram, result: int, size: int) -> list[int]:
    """Add the reverse sweep from `result`; returns the slot of each parameter's gradient.

    A row's partials are read once, and put in again for each of its operations: a third of the
    time of calling them on symbols there.
    """
    active = [kind == PARAMETER for kind in program.kind]
    for slot, args in enumerate(program.args):
        step = program.kind[slot] == OPERATION and program.what[slot].step
        active[slot] = active[slot] or (not step and any(active[a] for a in args))
    zero, operation = program.constant(0.0), program.operation
    flow = {result: program.constant(1.0)} if active[result] else {}
    rules: dict[Any, tuple[ScalarProgram, list[int]]] = {}
    for slot in range(result, -1, -1):
        upstream = flow.get(slot)
        if upstream is None or program.kind[slot] != OPERATION:
            continue
        row, args = program.what[slot], program.args[slot]
        exponent = program.number(args[1]) if row is primitives.power_constant else None
        key = row, len(args), exponent
        if key not in rules:
            rules[key] = _rule(*key)
        rule, partials = rules[key]
        slots = [slot, *args]
        for place in range(len(slots), len(rule)):
            if rule.kind[place] == CONSTANT:
                slots.append(program.constant(rule.what[place]))
            else:
                inputs = tuple([slots[x] for x in rule.args[place]])
                slots.append(operation(rule.what[place], inputs))
        for arg, partial in zip(args, partials, strict=True):
            if active[arg]:
                if row is primitives.take:  # what is not taken gets 0, of inf and nan, too
                    part = operation(primitives.select, (slots[partial], upstream, zero))
                else:
                    part = operation(primitives.multiply, (upstream, slots[partial]))
                flow[arg] = operation(primitives.add, (flow[arg], part)) if arg in flow else part
    found = [zero] * size
    for slot in program.slots_of(PARAMETER):
        found[program.what[slot]] = flow.get(slot, zero)
    return found


class StraightLine:
    """One path as straight-line code, made when it is first run: native, or a Python function.

    `arguments` is how many numbers a row holds. `reason` says why it is not native, "" where it is.
    """

    def __init__(self, recording: Recording, arguments: int) -> None:
        program = self.program = recording.program
        self.results, self.guards = recording.results, recording.guards
        self.arguments, self.size = arguments, len(recording.parameters)
        self.recorded = len(program)  # slots; those behind them are the reverse sweep's
        self.reason = "" if self.recorded >= FEWEST else f"fewer than {FEWEST} operations"
        self.reason = self.reason or missing()
        self._runs: dict[bool, Callable[..., Run]] = {}
        self._machines: dict[bool, Machine] = {}
        self._lanes: dict[tuple[tuple[int, ...], int], Lanes] = {}
        self._lock = threading.RLock()

    def run(self, row: Sequence[FloatArray], parameters: FloatArray, reverse: bool) -> Run:
        """Return (results, whether the guards hold, gradient of the first result)."""
        run = self._runs.get(reverse)
        return (run or self._make(reverse))(row, parameters, reverse)

    @functools.cached_property
    def slots(self) -> list[int]:
        """The slot of each parameter's gradient."""
        with self._lock:
            return gradient(self.program, self.results[0], self.size) if self.results else []

    @property
    def watched(self) -> list[int]:
        """What the guards compare."""
        return [s for g in self.guards for s in (g.left, g.right)]

    @property
    def instructions(self) -> int:
        """How many operations there are, those of the reverse sweep, too."""
        roots = [*self.results, *self.watched, *self.slots]
        return sum(map(bool, map(self.program.args.__getitem__, self.program.needed(roots))))

    @property
    def source(self) -> str:
        """The Python function that computes the same."""
        return _source(self, self.slots)[0]

    @property
    def native(self) -> NativeLine | None:
        """What runs one evaluation as machine code, once it has been run."""
        line = getattr(self._runs.get(True) or self._runs.get(False), "__self__", None)
        return line if isinstance(line, NativeLine) else None

    def machine(self, reverse: bool) -> Machine:
        """Return what runs blocks of rows; raises where there is no native code, and why."""
        with self._lock:
            if reverse not in self._machines:
                self._machines[reverse] = Machine(self.plan(reverse))
            return self._machines[reverse]

    def lanes(self, places: tuple[int, ...], batch: int) -> Lanes:
        """Return what runs small batches; raises where there is no native code, and why.

        To write its instructions takes as long as hundreds of steps: it is done once for all
        models of one architecture.
        """
        with self._lock:
            if (places, batch) not in self._lanes:
                self._lanes[places, batch] = Lanes(self.plan(True, exact=False), places, batch)
            return self._lanes[places, batch].twin()

    def _make(self, reverse: bool) -> Callable[..., Run]:
        with self._lock:
            if reverse not in self._runs:
                try:
                    if not self.reason:
                        plan = self.plan(reverse)
                        small = len(plan.steps) <= MOST
                        run = NativeLine(plan).run if small else Machine(plan, True).run_alone
                        self._runs[reverse] = run
                        if reverse:  # it computes the values alone, too
                            self._runs[False] = run
                        return run
                except (UnreadableError, MissingError) as reason:
                    self.reason = str(reason)
                source, names = _source(self, self.slots if reverse else [])
                exec(compile(source, "<seegrad program>", "exec"), names)
                self._runs[reverse] = functools.partial(self._in_python, names["program"])
            return self._runs[reverse]

    def plan(self, reverse: bool, exact: bool = True) -> Plan:
        """Return what native code is made of; raises where a row cannot be read.

        Without `exact` sums are not rounded as Python's.
        """
        tape = Tape(self.arguments, self.size, exact=exact)
        tape.extend(self.program, [*self.results, *self.watched], self.recorded)
        ahead = len(tape.steps)
        if reverse:
            tape.extend(self.program, self.slots, self.recorded)
        at = tape.places
        guards = [(SIGNS[g.compare][1], at[g.left], at[g.right], g.outcome) for g in self.guards]
        slopes = [at[s] for s in self.slots] if reverse else []
        sizes = self.arguments, self.size
        return Plan(sizes, tape.steps, ahead, [at[s] for s in self.results], guards, slopes)

    def _in_python(
        self, program: Any, row: Sequence[FloatArray], parameters: FloatArray, reverse: bool
    ) -> Run:
        arguments, flat = [x for a in row for x in a.tolist()], parameters.tolist()
        with np.errstate(all="ignore"):
            try:
                results, verdict, slopes = program(arguments, flat)
            except (ArithmeticError, ValueError):
                numbers = self.program.evaluate(arguments, flat)
                verdict = all(guard.holds(numbers) for guard in self.guards)
                results = [numbers[s] for s in self.results]
                slopes = [numbers[s] for s in self.slots] if reverse else []
        return np.array(results), bool(verdict), np.array(slopes)


def _source(path: StraightLine, slopes: Sequence[int]) -> tuple[str, dict[str, Any]]:
    """The function that computes the results, the verdict and the slots `slopes`; and its names.

    Of a long program it calls one part after another, which leave their numbers in V: a function of
    n lines takes Python some n^2 to compile.
    """
    program = path.program
    order = program.needed([*path.results, *path.watched, *slopes])
    order = [slot for slot in order if program.kind[slot] != CONSTANT]
    writer = _Writer(program, path.recorded)
    if len(order) <= LINES:
        source, body = "", writer.body(order, keep=False)
    else:
        parts = [order[i : i + LINES] for i in range(0, len(order), LINES)]
        bodies = [writer.body(part, keep=True) for part in parts]
        source = "".join(f"def part{i}(A, P, V):\n{body}" for i, body in enumerate(bodies))
        body = f"    V = [0.0] * {len(program)}\n"
        body += "".join(f"    part{i}(A, P, V)\n" for i in range(len(parts)))
        writer.own.clear()
    results, slots = (
        "".join(f"{writer.name(s)}, " for s in ends) for ends in (path.results, slopes)
    )
    verdict = " and ".join(map(writer.check, path.guards)) or "True"
    source += f"def program(A, P):\n{body}    return ({results}), {verdict}, ({slots})\n"
    return source, writer.names


class _Writer:
    """Writes the lines of slots; numbers that are not of their `own` part are read from V."""

    def __init__(self, program: ScalarProgram, recorded: int) -> None:
        self.program, self.recorded = program, recorded
        self.names: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
        self.own: set[int] = set()
        self._bound: dict[Primitive, str] = {}

    def body(self, part: Sequence[int], keep: bool) -> str:
        """The lines of one part, which are to `keep` their numbers for others."""
        self.own.clear()
        lines = []
        for slot in part:
            kept = f"V[{slot}] = " if keep else ""
            lines.append(f"    {kept}v{slot} = {self._text(slot)}\n")
            self.own.add(slot)
        return "".join(lines)

    def check(self, guard: Guard) -> str:
        """Whether a guard holds."""
        text = f"({self.name(guard.left)} {SIGNS[guard.compare][0]} {self.name(guard.right)})"
        return text if guard.outcome else f"not {text}"

    def name(self, slot: int) -> str:
        """What stands for a slot."""
        number = self.program.number(slot)
        if number is None:
            return f"v{slot}" if slot in self.own else f"V[{slot}]"
        return f"({number!r})" if str(number)[0] == "-" else repr(number)

    def _text(self, slot: int) -> str:
        """The expression of a slot: eager's number bit for bit, but in the reverse sweep."""
        kind, what, swept = self.program.kind[slot], self.program.what[slot], slot >= self.recorded
        if kind != OPERATION:
            return f"{'A' if kind == ARGUMENT else 'P'}[{what}]"
        args = list(map(self.name, self.program.args[slot]))
        if what in INFIX:
            return f"{args[0]} {INFIX[what]} {args[1]}"
        if what is primitives.negative:
            return f"-{args[0]}"
        if what is primitives.greater:
            return f"1.0 if {args[0]} > {args[1]} else 0.0"
        if swept and what is primitives.power_constant and args[1] == "2.0":
            return f"{args[0]} * {args[0]}"  # libm's pow rounds one in a thousand otherwise
        if what is primitives.dot and (swept or not COMPENSATED):
            half = len(args) // 2
            products = map(" * ".join, zip(args[:half], args[half:], strict=True))
            return " + ".join(["0.0", *products])
        if what not in self._bound:
            self._bound[what] = f"f{len(self._bound)}"
            self.names[self._bound[what]] = what.scalar
        return f"{self._bound[what]}({', '.join(args)})"
