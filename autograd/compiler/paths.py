"""Paths: one way through the function, as the code that its counts say is fastest.

NumPy pays where its calls are few beside the operations; fewer operations a call are straight-line
code, of batches on the machine. For a function of one row, and for batches of rows:

    a network         NumPy          NumPy, and native loops
    a pendulum        native code    native code on blocks of rows
    w * x + b         Python         NumPy

Invariant: counts decide and never a clock, so the same recording takes the same way.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np

from autograd.compiler.native import MissingError, missing
from autograd.compiler.parameters import FloatArray, Parameters
from autograd.compiler.reroll import Reroller
from autograd.compiler.results import blocks
from autograd.compiler.source import Compiled, assemble
from autograd.compiler.straight import StraightLine
from autograd.compiler.tape import UnreadableError
from autograd.compiler.translation import Recording
from autograd.engine import table

# A NumPy call on a small array takes as long as this many operations in straight-line Python; and
# native code does some 600, of which it is left fewer, for it has to be compiled: at most 0.2 s of
# that for the few (300 springs: 5 times faster than 32 NumPy calls).
OPERATIONS_A_CALL = 25
NATIVE_A_CALL = 100
FEW, FEW_A_CALL = 5_000, 400
FEWEST_CALLS = 50  # for the machine: fewer are a program to be read, and take 30 us
# Levels of array code: its source takes 2 s to compile, and on a row alone as long.
DEEPEST = 10_000


@dataclass(frozen=True, eq=False)
class Path:
    """One recorded path: on arrays, on the machine, as straight-line code, or not compiled."""

    recording: Recording
    straight: StraightLine | None = None  # also of a path on arrays, for other ways out
    arrays: Compiled | None = None
    machine: bool = False

    @property
    def line(self) -> StraightLine:
        """The path as straight-line code; one beyond `MAX_PATHS` has none."""
        assert self.straight is not None
        return self.straight

    @cached_property
    def alone(self) -> StraightLine | None:
        """What runs one row by itself; of paths on arrays the recording does."""
        return None if self.arrays else self.straight

    @property
    def made(self) -> Compiled | StraightLine:
        """What is run."""
        return self.arrays or self.line

    @cached_property
    def takes_rows(self) -> bool:
        """Whether many rows run at once."""
        return self.arrays is not None or self.machine

    @cached_property
    def cuts(self) -> list[slice]:
        """Where each block of results stands among all of them."""
        sizes = map(math.prod, blocks(self.recording.structure))
        return [slice(*pair) for pair in pairwise(accumulate(sizes, initial=0))]

    def split(self, found: FloatArray) -> list[FloatArray]:
        """Return results, in the last axis, block by block."""
        return [found] if len(self.cuts) == 1 else [found[..., cut] for cut in self.cuts]

    @property
    def way(self) -> str:
        """How it is computed, and why so."""
        if self.arrays is not None:
            return "NumPy and native loops" if self.arrays.is_fused else "NumPy"
        if self.machine:
            return f"native code on blocks of {self.line.machine(True).rows} rows"
        reason = self.line.reason
        return f"Python, not native code: {reason}" if reason else "native code"

    @property
    def operations(self) -> int:
        """How many there are before the reverse sweep; a dot counts as what it costs."""
        sizes = list(map(len, self.recording.program.args))
        return sum(sizes) - len(sizes) + sizes.count(0) + sizes.count(1)

    @cached_property
    def leaks(self) -> bool:
        """Whether the reverse sweep multiplies by a 0 where, eagerly, nothing flows."""
        if self.arrays is not None:
            return self.arrays.leaks
        return bool(self.recording.program.slots_of(table.take))

    def is_exact(self, slopes: FloatArray) -> bool:
        """Whether no 0 * inf of a product that nobody asked for may have got into a gradient."""
        return not self.leaks or bool(np.isfinite(slopes).all())

    def weight(self, mine: int, count: int) -> float:
        """The gradient of the mean of `count` rows by the result of one, or of all of `mine`."""
        assert self.arrays is not None
        return (1.0 if self.arrays.batched_result else mine) / count


def compiled(
    recording: Recording, widths: Sequence[int], batch: bool, parameters: Parameters
) -> Path:
    """Return the path of a recording; on arrays it gives the parameters their places."""
    path = Path(recording, StraightLine(recording, sum(widths)))
    slots = [*recording.results, *[s for g in recording.guards for s in (g.left, g.right)]]
    reroller = Reroller(recording.program, widths, batch, len(recording.parameters), slots)
    operations, levels = path.operations, reroller.depth
    a_call = FEW_A_CALL if operations <= FEW else NATIVE_A_CALL
    if batch or missing():
        a_call = OPERATIONS_A_CALL

    def without_arrays(calls: float) -> Path | None:
        """What is faster than so many calls of NumPy's, None where nothing is."""
        if operations >= a_call * calls:
            return None
        return _on_machine(path) if batch and calls > FEWEST_CALLS else None if batch else path

    if levels > DEEPEST:
        return (_on_machine(path) if batch else None) or path
    found = without_arrays(max(levels / 3, 4))  # at least: an instruction for each level, 3 lines
    if found is None:
        order = parameters.order if parameters.is_arranged else None
        arrays = assemble(recording, reroller, [recording.results[c] for c in path.cuts], order)
        found = without_arrays(arrays.instructions / 3)
        if found is None:
            parameters.arrange(arrays.order)
            found = replace(path, arrays=arrays)
    return found


def _on_machine(path: Path) -> Path | None:
    """The path on blocks of rows, None where there is no native code for it."""
    if not missing():
        with suppress(MissingError, UnreadableError):
            path.line.machine(True)
            return replace(path, machine=True)
    return None
