"""Evaluation: a tape as straight-line machine code, run once a call. For sin(x) * p:

    define internal i1 @part0(ptr %W) {
      ...                                     ; %x2 and %x4, values 0 and 1, are loaded from W
      %x5 = call double @sin(double %x2)
      %x6 = fmul double %x5, %x4
      ...                                     ; %x6 is stored in W[2]
      ret i1 true                             ; the guards hold
    }

Parts have some 500 lines, for LLVM's time to compile a function grows with its square; what
crosses from part to part lives in the workspace W, of which each thread has its own. Nothing is
reordered and nothing fused, and `sin` is the one that Python calls: invariant: a result is eager's
bit for bit.
"""

import ctypes
import threading
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd.compiler.native import Code, Text, form, number
from autograd.compiler.parameters import FloatArray
from autograd.compiler.tape import Guard, Plan

LINES = 500  # of a part


class NativeLine:
    """One evaluation as machine code: results and guards of a tape, and perhaps `slopes`.

    `value` and `both` run it on a workspace at an address, and return whether the guards hold.
    Raises `MissingError` where a step has no native form.
    """

    def __init__(self, plan: Plan) -> None:
        parts = (*plan.sizes, len(plan.results), len(plan.slopes))
        self._ends = list(accumulate(parts, initial=0))
        writer = _Writer(plan)
        self._code = Code(writer.text())
        self.has_slopes = bool(plan.slopes)
        self.value = self._code.function("value", ctypes.c_void_p)
        self.both = self._code.function("both", ctypes.c_void_p)
        self._start = np.zeros(writer.size)
        for place, x in writer.constants:
            self._start[place] = x
        self._local = threading.local()

    def run(
        self, row: Sequence[FloatArray], parameters: FloatArray, reverse: bool
    ) -> tuple[FloatArray, bool, FloatArray]:
        """Return the results, whether the guards hold, and the slopes where `reverse` says so."""
        workspace = self.workspace
        address, arguments, own, results, slopes, _ = workspace
        workspace[-1] = None
        if row:
            arguments[:] = row[0] if len(row) == 1 else np.concatenate(row)
        own[:] = parameters if len(parameters) == len(own) else parameters[: len(own)]
        holds = (self.both if reverse else self.value)(address)
        return results.copy(), holds != 0, slopes.copy()

    @property
    def workspace(self) -> list[Any]:
        """This thread's: address, views of arguments, parameters, results and slopes, and a mark.

        Whoever marks it knows that the parameters are as they were then.
        """
        try:
            found: list[Any] = self._local.workspace
        except AttributeError:
            memory = self._start.copy()
            views = [memory[start:stop] for start, stop in pairwise(self._ends)]
            found = self._local.workspace = [memory.ctypes.data, *views, None]
        return found


class _Writer:
    """Writes the module of a straight line: parts, and what calls them one after another.

    `home` says where in W a value stands that more than its own part reads.
    """

    def __init__(self, plan: Plan) -> None:
        _, self.steps, ahead, results, guards, slopes = plan
        self.first = self.size = sum(plan.sizes)
        self.forms = [form(step) for step, _ in self.steps]
        self.constants: list[tuple[int, float]] = []
        self.starts, self.part_of = self._divide(ahead)
        self.back = self.part_of[ahead] if ahead < len(self.steps) else len(self.starts)
        self.home = {x: x for x in range(self.first)}
        self.stores: list[list[tuple[int, int]]] = [[] for _ in self.starts]
        self.guards: list[list[Guard]] = [[] for _ in self.starts]
        for x in results:
            self._end(x, 0)
        for x in slopes:
            self._end(x, min(self.back, len(self.starts) - 1))
        for guard in guards:
            part = max(self._part(x, 0) for x in guard[1:3])
            self.guards[part].append(guard)
            self._used(guard[1:3], part)
        for i, (_, operands) in enumerate(self.steps):
            self._used(operands, self.part_of[i])

    def _divide(self, ahead: int) -> tuple[list[int], list[int]]:
        """Where each part begins, and in which each step is."""
        starts, parts, lines = [0], [], 0
        for i, (text, _) in enumerate(self.forms):
            if lines >= LINES or (i == ahead and i):
                starts.append(i)
                lines = 0
            lines += 1 + text.count("\n")
            parts.append(len(starts) - 1)
        return starts, parts

    def _part(self, x: Any, otherwise: int) -> int:
        """The part that computes a value; numbers, arguments and parameters are in none."""
        computed = x.__class__ is not float and x >= self.first
        return self.part_of[x - self.first] if computed else otherwise

    def _end(self, x: Any, part: int) -> None:
        """Give a result the next place in W; its part stores it there."""
        if x.__class__ is float:
            self.constants.append((self.size, x))
        else:
            self.stores[self._part(x, part)].append((x, self.size))
            self.home.setdefault(x, self.size)
        self.size += 1

    def _used(self, operands: Iterable[Any], part: int) -> None:
        """Give what another part computes a place in W."""
        for x in operands:
            if x.__class__ is not float and x not in self.home:
                if self._part(x, part) != part:
                    self._end(x, part)

    def text(self) -> str:
        """The whole module."""
        declared = dict.fromkeys(declaration for _, declaration in self.forms)
        parts = [self._text_of(i) for i in range(len(self.starts))]
        value, holds = Text("define i32 @value(ptr %W) {"), "true"
        for i in range(self.back):
            part = value.new(f"call i1 @part{i}(ptr %W)")
            holds = value.new(f"and i1 {holds}, {part}")
        ends = [value.end(f"ret i32 {value.new(f'zext i1 {holds} to i32')}")]
        both = Text("define i32 @both(ptr %W) {")
        holds = both.new("call i32 @value(ptr %W)")
        for i in range(self.back, len(self.starts)):
            both.new(f"call i1 @part{i}(ptr %W)")
        return "\n".join([*declared, *parts, *ends, both.end(f"ret i32 {holds}")])

    def _text_of(self, part: int) -> str:
        t = Text(f"define internal i1 @part{part}(ptr %W) {{")
        names: dict[int, str] = {}

        def name(x: Any) -> str:
            if x.__class__ is float:  # which may equal the number of a value
                return number(x)
            if x not in names:
                names[x] = t.load("double", "%W", self.home[x])
            return names[x]

        start, stop = [*self.starts, len(self.steps)][part : part + 2]
        for x in range(start, stop):
            names[self.first + x] = t.apply(self.forms[x][0], *map(name, self.steps[x][1]))
        for x, place in self.stores[part]:
            t.store("double", name(x), "%W", place)
        holds = "true"
        for compare, left, right, outcome in self.guards[part]:
            found = t.apply(form(compare)[0], name(left), name(right))
            same = t.new(f"fcmp oeq double {found}, {number(float(outcome))}")
            holds = t.new(f"and i1 {holds}, {same}")
        return t.end(f"ret i1 {holds}")
