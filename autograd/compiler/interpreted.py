"""Interpretation: for a program so deep that its source would take minutes to compile.

No source is written. The slots of the scalar program are computed one after another by the array
columns of their rows, a whole batch at a time, and the reverse sweep is more slots of the same
program, as in straight-line code. Invariant: it answers as a compiled path does.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.scalars import ARGUMENT, CONSTANT, OPERATION, ScalarProgram
from autograd.compiler.source import UFUNCS, Compiled
from autograd.compiler.straight import gradient
from autograd.compiler.trace import Recording

Array = npt.NDArray[np.float64]
DEEPEST = 10_000  # levels; NumPy source of so many takes 2 s to compile, of ten times more 200


class _Slots:
    """The numbers in the slots during one call: a number, or an array (B,) for a batch."""

    def __init__(self, program: ScalarProgram, lead: tuple[int, ...]) -> None:
        self.program, self.lead = program, lead
        self.numbers: list[Any] = []
        rows = {(what, len(args)) for what, args in zip(program.what, program.args, strict=True)}
        self.functions = {(row, n): row.on_arrays(n) for row, n in rows if n}

    def start(self, columns: list[Any], parameters: Any) -> None:
        """Begin a call with these arguments, one column each."""
        self.numbers, self.columns, self.parameters = [], columns, parameters

    def compute(self, stop: int) -> None:
        """Go on to the slot `stop`."""
        program, numbers = self.program, self.numbers
        for slot in range(len(numbers), stop):
            kind, what = program.kind[slot], program.what[slot]
            if kind == OPERATION:
                args = program.args[slot]
                numbers.append(self.functions[what, len(args)](*[numbers[a] for a in args]))
            elif kind == CONSTANT:
                numbers.append(np.float64(what))
            else:
                numbers.append((self.columns if kind == ARGUMENT else self.parameters)[what])

    def __getitem__(self, slot: int) -> Any:
        return np.broadcast_to(self.numbers[slot], self.lead)


def interpret(
    recording: Recording,
    widths: Sequence[int],
    batched: bool,
    groups: Sequence[Sequence[int]],
    order: Any = None,
) -> Compiled:
    """Return what `assemble` returns, without source. Takes what `assemble` takes."""
    program, guards = recording.program, recording.guards
    size, forward_slots = len(recording.parameters), len(program)
    slopes = gradient(program, groups[0][0], size)
    places = np.arange(size) if order is None else order

    def prepare(B: int, P: Array, G: Array) -> tuple[Any, Any]:
        slots = _Slots(program, (B,) if batched else ())

        def forward(*arguments: Array) -> tuple[tuple[Array, ...], Any, bool]:
            parameters = np.empty(size)
            parameters[places] = P
            slots.start([column for a in arguments for column in a.T], parameters)
            slots.compute(forward_slots)
            parts = tuple(np.stack([slots[s] for s in group], axis=-1) for group in groups)
            holds: Any = True
            for guard in guards:
                met = UFUNCS[guard.compare.__name__](slots[guard.left], slots[guard.right])
                holds = holds & (met == guard.outcome)
            return parts, holds, False

        def reverse(weight: float, *arguments: Array) -> Array:
            slots.compute(len(program))
            for place, which in enumerate(places):
                G[place] = weight * np.sum(slots[slopes[which]])
            return G

        return forward, reverse

    source = f"# {len(program):,} slots on more than {DEEPEST:,} levels: computed one by one\n"
    return Compiled(source, prepare, len(program), 0, batched, size, places)
