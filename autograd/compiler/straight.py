"""Straight-line code: for one evaluation of an irregular program, plain Python on floats.

Where nothing repeats, a NumPy call a number is slower than a line of Python a number. The reverse
sweep is more slots of the same scalar program: the rows' partials are called on symbols. In, for
f(x) = sin(x) * p; out:

    def program(A, P):
        v0, = A
        v1, = P
        v2 = f0(v0)
        v3 = v2 * v1
        return (v3,), True, (v2,)

Invariant: values are eager's bit for bit. Where Python's floats raise, the slots are evaluated one
by one with IEEE 754's values.
"""

from collections.abc import Sequence
from typing import Any

from autograd.compiler.scalars import (
    ARGUMENT,
    CONSTANT,
    OPERATION,
    PARAMETER,
    SIGNS,
    ScalarProgram,
)
from autograd.compiler.trace import Guard, Recording
from autograd.engine import table as primitives
from autograd.engine.primitive import Primitive
from autograd.symbolic import Symbolic

LINES = 12_000  # of a function: parts hand numbers on through a list, which takes a fifth more
COMPENSATED = sum([1e100, 1.0, -1e100]) != 0.0  # so does Python sum floats from 3.12 on
INFIX = {
    primitives.add: "+",
    primitives.subtract: "-",
    primitives.multiply: "*",
    primitives.divide: "/",
}


class Symbol(Symbolic):
    """A slot that computes with operators and rows by adding slots to its program."""

    __slots__ = ("program", "slot")

    def __init__(self, program: ScalarProgram, slot: int) -> None:
        self.program, self.slot = program, slot

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
        slots = [x.slot if isinstance(x, Symbol) else self.program.constant(x) for x in inputs]
        return symbol(self.program, self.program.operation(primitive, tuple(slots)))


def symbol(program: ScalarProgram, slot: int) -> Any:
    """Return a slot as a symbol, or as the number it holds."""
    number = program.number(slot)
    return Symbol(program, slot) if number is None else number


def gradient(program: ScalarProgram, result: int, size: int) -> list[int]:
    """Add the reverse sweep from `result`; returns the slot of each parameter's gradient."""
    active = [kind == PARAMETER for kind in program.kind]
    for slot, args in enumerate(program.args):
        step = program.kind[slot] == OPERATION and program.what[slot].step
        active[slot] = active[slot] or (not step and any(active[a] for a in args))
    flow: dict[int, Any] = {result: 1.0} if active[result] else {}
    rules: dict[tuple[Primitive, int], Any] = {}
    for slot in range(result, -1, -1):
        upstream = flow.get(slot)
        if upstream is None or program.kind[slot] != OPERATION:
            continue
        args = program.args[slot]
        inputs = [symbol(program, a) for a in args]
        key = program.what[slot], len(args)
        if key not in rules:
            rules[key] = key[0].on_symbols(len(args))
        partials = rules[key](Symbol(program, slot), *inputs)
        for arg, partial in zip(args, partials, strict=True):
            if active[arg]:
                part = primitives.multiply(upstream, partial)
                flow[arg] = primitives.add(flow[arg], part) if arg in flow else part
    found = [program.constant(0.0)] * size
    for slot, upstream in flow.items():
        if program.kind[slot] == PARAMETER:
            is_symbol = isinstance(upstream, Symbol)
            found[program.what[slot]] = upstream.slot if is_symbol else program.constant(upstream)
    return found


class StraightLine:
    """One path as a Python function of the arguments and parameters."""

    def __init__(self, recording: Recording) -> None:
        program = self.program = recording.program
        self.results, self.guards = recording.results, recording.guards
        self.size = len(recording.parameters)
        self.recorded = len(program)  # slots; those behind them are the reverse sweep's
        self.slots = gradient(program, self.results[0], self.size) if self.results else []
        watched = [s for g in self.guards for s in (g.left, g.right)]
        self.forward, _ = _function(program, [*self.results, *watched], self, ())
        self.both, self.source = _function(program, [*self.results, *watched], self, self.slots)
        self.instructions = self.source.count("\n")

    def run(
        self, arguments: Sequence[float], parameters: Sequence[float], reverse: bool
    ) -> tuple[Sequence[float], bool, Sequence[float]]:
        """Return (results, whether the guards hold, gradient of the first result)."""
        try:
            answer: Any = (self.both if reverse else self.forward)(arguments, parameters)
            results, verdict, slopes = answer
            return results, bool(verdict), slopes
        except (ArithmeticError, ValueError):
            return self._step_by_step(arguments, parameters)

    def _step_by_step(
        self, arguments: Sequence[float], parameters: Sequence[float]
    ) -> tuple[Sequence[float], bool, Sequence[float]]:
        numbers = self.program.evaluate(arguments, parameters)
        verdict = all(guard.holds(numbers) for guard in self.guards)
        return [numbers[s] for s in self.results], verdict, [numbers[s] for s in self.slots]


def _function(
    program: ScalarProgram, roots: Sequence[int], path: StraightLine, slopes: Sequence[int]
) -> tuple[Any, str]:
    """The function that computes the results, the verdict and the slots `slopes`; its source.

    Of a long program it calls one part after another, which leave in V what others need: a
    function of n lines takes Python some n^2 to compile.
    """
    needed = [False] * len(program)
    for slot in (*roots, *slopes):
        needed[slot] = True
    for slot in range(len(program) - 1, -1, -1):
        if needed[slot]:
            for arg in program.args[slot]:
                needed[arg] = True
    order = [s for s, kind in enumerate(program.kind) if needed[s] and kind != CONSTANT]
    parts = [order[i : i + LINES] for i in range(0, len(order), LINES)] or [[]]
    ends = [*roots, *slopes]
    writer = _Writer(program, path.recorded)
    if len(parts) > 1:
        parts.append([])  # the last one puts the answer together
        writer.keep_what_crosses(parts, ends)
    results = "".join(f"{_name(program, s)}, " for s in path.results)
    slots = "".join(f"{_name(program, s)}, " for s in slopes)
    verdict = " and ".join(_check(program, g) for g in path.guards) or "True"
    answer = f"    return ({results}), {verdict}, ({slots})\n"
    if len(parts) == 1:
        source = f"def program(A, P):\n{writer.body(parts[0], [])}{answer}"
    else:
        source = "".join(
            f"def part{i}(A, P, V):\n{writer.body(part, [] if part else ends)}"
            for i, part in enumerate(parts)
        )
        calls = "".join(f"    part{i}(A, P, V)\n" for i in range(len(parts) - 1))
        source += f"{answer}def program(A, P):\n    V = [0.0] * {len(writer.kept)}\n{calls}"
        source += f"    return part{len(parts) - 1}(A, P, V)\n"
    exec(compile(source, "<seegrad program>", "exec"), writer.names)
    return writer.names["program"], source


class _Writer:
    """Writes the lines of slots; `kept` are those that other parts read from V."""

    def __init__(self, program: ScalarProgram, recorded: int) -> None:
        self.program, self.recorded = program, recorded
        self.names: dict[str, Any] = {}
        self.kept: dict[int, int] = {}
        self._bound: dict[Primitive, str] = {}

    def keep_what_crosses(self, parts: Sequence[Sequence[int]], ends: Sequence[int]) -> None:
        """Find the operations that are used in another part than their own, or at the end."""
        home = {slot: i for i, part in enumerate(parts) for slot in part}
        for i, part in enumerate(parts):
            for slot in part or ends:
                for arg in self.program.args[slot] if part else (slot,):
                    if self.program.kind[arg] == OPERATION and home[arg] != i:
                        self.kept.setdefault(arg, len(self.kept))

    def body(self, part: Sequence[int], ends: Sequence[int]) -> str:
        """The lines of one part, what it takes from elsewhere first."""
        own = set(part)
        used = dict.fromkeys([*[a for slot in part for a in self.program.args[slot]], *ends])
        lines = [
            f"    v{slot} = {self._from_elsewhere(slot)}\n"
            for slot in used
            if slot not in own and self.program.kind[slot] != CONSTANT
        ]
        for slot in part:
            fast = slot >= self.recorded
            text = _text(self.program, slot, self.names, self._bound, fast)
            keep = f"V[{self.kept[slot]}] = " if slot in self.kept else ""
            lines.append(f"    {keep}v{slot} = {text}\n")
        return "".join(lines)

    def _from_elsewhere(self, slot: int) -> str:
        if self.program.kind[slot] == OPERATION:
            return f"V[{self.kept[slot]}]"
        return _text(self.program, slot, self.names, self._bound, fast=False)


def _check(program: ScalarProgram, guard: Guard) -> str:
    left, right = _name(program, guard.left), _name(program, guard.right)
    text = f"({left} {SIGNS[guard.compare][0]} {right})"
    return text if guard.outcome else f"not {text}"


def _name(program: ScalarProgram, slot: int) -> str:
    number = program.number(slot)
    if number is None:
        return f"v{slot}"
    if number != number or number in (float("inf"), float("-inf")):
        return f"float('{number}')"
    return repr(number) if str(number)[0] != "-" else f"({number!r})"


def _text(
    program: ScalarProgram,
    slot: int,
    names: dict[str, Any],
    bound: dict[Primitive, str],
    fast: bool,
) -> str:
    """The expression of a slot: eager's number bit for bit, or where it may be a `fast` one."""
    kind, what = program.kind[slot], program.what[slot]
    if kind == ARGUMENT:
        return f"A[{what}]"
    if kind == PARAMETER:
        return f"P[{what}]"
    args = [_name(program, a) for a in program.args[slot]]
    if what in INFIX:
        return f"{args[0]} {INFIX[what]} {args[1]}"
    if what is primitives.negative:
        return f"-{args[0]}"
    if what is primitives.greater:
        return f"1.0 if {args[0]} > {args[1]} else 0.0"
    if fast and what is primitives.power_constant and args[1] == "2.0":
        return f"{args[0]} * {args[0]}"  # libm's pow rounds one in a thousand otherwise
    if what is primitives.dot and (fast or not COMPENSATED):
        half = len(args) // 2
        products = map(" * ".join, zip(args[:half], args[half:], strict=True))
        return " + ".join(["0.0", *products])
    if what not in bound:
        bound[what] = f"f{len(bound)}"
        names[bound[what]] = what.scalar
    return f"{bound[what]}({', '.join(args)})"
