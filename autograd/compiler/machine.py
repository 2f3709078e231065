"""The machine: batches of deep or irregular programs, a block of rows at a time.

A program is a list of instructions on registers, each a block of rows: what NumPy does, without
NumPy's calls and in memory that stays in the cache. For sin(x) * p, with registers 0 and 1:

    sin 0 -> 1    multiply 1 p -> 1    (result in 1, of 200 rows)

Functions of one register are compiled once a process, from the forms of `native`, four rows a
vector; a program only lists their addresses. Parameters and numbers are vectors of four equal
numbers, read with stride 0. Invariant: what guards compare is eager's bit for bit, so each row
finds its path; other values may be those of libmvec, to 4 units in the last place.
"""

import ctypes
import struct
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.native import Functions, Text, form, widest
from autograd.compiler.parameters import FloatArray
from autograd.compiler.tape import Guard, Plan, Step

BLOCK = 200  # rows; a tenth as many, or five times, take half as long again
CACHE = 2**18  # numbers that the registers should hold at most: 2 MB
WORDS = 8  # of an instruction


def _text(name: str, kind: tuple[tuple[str, str], int, int]) -> tuple[str, str]:
    """A loop over the vectors of a block, by a form, how many operands it has, and lanes.

    Words are where the result goes, and of each operand the place and the stride.
    """
    (text, declared), count, lanes = kind
    vector = "double" if lanes == 1 else f"<{lanes} x double>"
    t = Text(f"define void @{name}(ptr %code, ptr %W, i64 %n) {{")
    to = t.at("%W", t.word(1))
    operands = [(t.at("%W", t.word(k)), t.word(k + 1)) for k in range(2, 2 * count + 1, 2)]

    def one(i: str, _: list[str]) -> None:
        xs = [t.load(vector, place, t.times(i, stride)) for place, stride in operands]
        t.store(vector, t.apply(text, *xs), to, t.times(i, lanes))

    t.loop("%n", one)
    return t.end(), declared


def _run_text(name: str, words: int) -> tuple[str, str]:
    """What runs a list of instructions of so many words."""
    t = Text(f"define void @{name}(ptr %all, i64 %count, ptr %W, i64 %n) {{")

    def one(i: str, _: list[str]) -> None:
        code = t.at("%all", t.times(i, words), "i64")
        t.lines.append(f"call void {t.new(f'load ptr, ptr {code}')}(ptr {code}, ptr %W, i64 %n)")

    t.loop("%count", one)
    return t.end(), ""


LOOPS, _RUN = Functions(_text), Functions(_run_text)


@cache
def _run() -> Any:
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    function = ctypes.CFUNCTYPE(None, pointer, number, pointer, number)
    return function(_RUN.addresses([WORDS])[0])


class Machine:
    """One path on blocks of rows: results, rows on the path, and the sums of the `slopes`.

    Raises `MissingError` where a step has no native form.
    """

    def __init__(self, plan: Plan, alone: bool = False) -> None:
        """`alone`, for one row, number by number: eager's bit for bit in all that it computes."""
        sizes, steps, _, results, guards, slopes = plan
        self.sizes, self.counts = sizes, (len(results), len(slopes))
        first = sum(sizes)
        lines, on = _with_guards(first, steps, guards)
        exact = _needed(first, lines, [x for guard in guards for x in guard[1:3]])
        registers = _Registers(sizes, lines, [*results, *slopes, on])
        lanes = self.lanes = 1 if alone else widest()
        addresses = LOOPS.addresses(
            [
                (form(step, lanes, alone or x in exact), len(args), lanes)
                for x, step, _, args in registers.lines
            ]
        )
        most = 1 if alone else min(BLOCK, CACHE // registers.count)
        rows = self.rows = max(lanes, most // lanes * lanes)
        self.base = base = lanes * (sizes[1] + len(registers.constants))
        self.size = base + registers.count * rows

        def operand(is_row: bool, place: int) -> tuple[int, int]:
            return (base + rows * place, lanes) if is_row else (lanes * place, 0)

        code = [
            [
                each,
                base + rows * to,
                *[x for arg in args for x in operand(*arg)],
                *[0] * (WORDS - 2 - 2 * len(args)),
            ]
            for each, (_, _, to, args) in zip(addresses, registers.lines, strict=True)
        ]
        self.code = np.array(code, dtype=np.int64)
        constants = b"".join(registers.constants)
        self.equal = np.repeat([*np.zeros(sizes[1]), *np.frombuffer(constants)], lanes)
        self._local = threading.local()

    def run_alone(
        self, row: Sequence[FloatArray], parameters: FloatArray, reverse: bool
    ) -> tuple[FloatArray, bool, FloatArray]:
        """Return what `NativeLine.run` does, of one row."""
        arrays = [array.reshape(1, -1) for array in row]
        results, on, slopes = self.run(arrays, np.zeros(1, dtype=int), parameters)
        return results[0], bool(on[0]), slopes

    def run(
        self, arrays: Sequence[FloatArray], rows: npt.NDArray[Any], parameters: FloatArray
    ) -> tuple[FloatArray, npt.NDArray[np.bool_], FloatArray]:
        """Return results, (rows, results), whether the guards hold, and the sums of the slopes.

        `rows` are the numbers of the rows in the arrays.
        """
        count = len(rows)
        memory = getattr(self._local, "memory", None)
        if memory is None:
            memory = self._local.memory = np.zeros(self.size)
            memory[: self.base] = self.equal
        (inputs, own), (outputs, slopes) = self.sizes, self.counts
        memory[: self.lanes * own] = np.repeat(parameters[:own], self.lanes)
        registers = memory[self.base :].reshape(-1, self.rows)
        results, on = np.empty((count, outputs)), np.empty(count, dtype=bool)
        sums = np.zeros(slopes)
        ends = inputs + outputs, inputs + outputs + slopes
        code, address = self.code.ctypes.data, memory.ctypes.data
        for start in range(0, count, self.rows):
            stop = min(start + self.rows, count)
            n = stop - start
            whole = -(-n // self.lanes)
            place = 0
            for array in arrays:
                width = array.shape[1]
                registers[place : place + width, :n] = array[rows[start:stop]].T
                place += width
            registers[:inputs, n : whole * self.lanes] = registers[:inputs, n - 1 : n]
            _run()(code, len(self.code), address, whole)
            results[start:stop] = registers[inputs : ends[0], :n].T
            sums += registers[ends[0] : ends[1], :n].sum(axis=1)
            on[start:stop] = registers[ends[1], :n] != 0.0
        return results, on, sums


Line = tuple[int, Any, tuple[Any, ...]]  # the number of a value, and the step that computes it


def _with_guards(
    first: int, steps: Sequence[Step], guards: Sequence[Guard]
) -> tuple[list[Line], Any]:
    """The steps with those of the guards among them, and the mask of rows on the path."""
    after: dict[int, list[Guard]] = {}
    for guard in guards:
        known = [x for x in guard[1:3] if x.__class__ is not float]
        after.setdefault(max([first - 1, *known]), []).append(guard)
    lines: list[Line] = []
    on: Any = 1.0
    number = first + len(steps)
    for x in range(first - 1, number):
        if x >= first:
            lines.append((x, *steps[x - first]))
        for compare, left, right, outcome in after.get(x, ()):
            lines.append((number, compare, (left, right)))
            lines.append((number + 1, np.where, (number, *((on, 0.0) if outcome else (0.0, on)))))
            on, number = number + 1, number + 2
    return lines, on


def _needed(first: int, lines: Sequence[Line], values: Iterable[Any]) -> set[int]:
    """The values, and all that they are computed from."""
    needed = {x for x in values if x.__class__ is not float}
    for x, _, args in reversed(lines):
        if x in needed:
            needed.update(a for a in args if a.__class__ is not float)
    return needed


class _Registers:
    """Gives each value a register, which is another's again when nobody needs it any more.

    The arguments stand in the first, then the roots. `lines` are values, steps, registers and
    operands, (whether it is a register, place). `constants`, as bytes, stand behind the parameters.
    """

    def __init__(self, sizes: tuple[int, int], lines: Sequence[Line], roots: Sequence[Any]) -> None:
        self.sizes, first = sizes, sum(sizes)
        self.constants: dict[bytes, int] = {}
        self.count = sizes[0] + len(roots)
        self.place = {i: i for i in range(sizes[0])}
        self.lines: list[tuple[int, Any, int, list[tuple[bool, int]]]] = []
        kept = {x for x in roots if x.__class__ is not float}
        used = [{a for a in args if a.__class__ is not float} for _, _, args in lines]
        last = {a: i for i, each in enumerate(used) for a in each}
        target: dict[int, int] = {}
        for k, x in enumerate(roots):
            if x.__class__ is not float and x >= first:
                target.setdefault(x, sizes[0] + k)
        free: list[int] = []
        for i, (x, step, args) in enumerate(lines):
            operands = list(map(self._operand, args))
            free += [
                self.place[a]
                for a in sorted(used[i])
                if last[a] == i and a not in kept and a in self.place
            ]
            if x in target:
                to = target[x]
            elif free:
                to = free.pop()
            else:
                to, self.count = self.count, self.count + 1
            self.place[x] = to
            self.lines.append((x, step, to, operands))
        for k, x in enumerate(roots):
            if x.__class__ is float or target.get(x) != sizes[0] + k:
                operands = [self._operand(x), self._operand(1.0)]
                self.lines.append((-1, np.multiply, sizes[0] + k, operands))

    def _operand(self, x: Any) -> tuple[bool, int]:
        if x.__class__ is float:
            known = self.constants.setdefault(struct.pack("d", x), len(self.constants))
            return False, self.sizes[1] + known
        return (True, self.place[x]) if x in self.place else (False, x - self.sizes[0])
