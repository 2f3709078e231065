"""Replaying: the recorded paths of a function, and rows run through them.

Each path, as the function's comparisons decide, is recorded when the first row takes it and
kept. All rows run through a path, those whose guards hold keep its results, and the rest go on to
the next path. Invariant: every row gets exactly what the function itself would compute.
"""

import math
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd.checking.anomaly import detect_anomaly
from autograd.compiler.arguments import Layout
from autograd.compiler.batches import Memory
from autograd.compiler.direct import Direct, kinds_of
from autograd.compiler.native import MissingError, missing
from autograd.compiler.parameters import Flat, FloatArray, Parameters, Reader, padded
from autograd.compiler.reroll import Reroller
from autograd.compiler.results import blocks
from autograd.compiler.source import Compiled, assemble
from autograd.compiler.straight import StraightLine
from autograd.compiler.tape import UnreadableError
from autograd.compiler.trace import Recording, collector_off, record
from autograd.engine.graph import topological_order
from autograd.engine.modes import Differentiating, innermost, no_grad, opened, without
from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.nesting import Structure, same

MAX_PATHS = 64
CALLS = 200  # that are expected of a batch, where nobody says how many
# A NumPy call on a small array takes as long as this many operations in straight-line Python; and
# native code does some 600, of which it is left fewer, for it has to be compiled: at most 0.2 s of
# that for the few (300 springs: 5 times faster than 32 NumPy calls).
OPERATIONS_A_CALL = 25
NATIVE_A_CALL = 100
FEW, FEW_A_CALL = 5_000, 400
FEWEST_CALLS = 50  # for the machine: fewer are a program to be read, and take 30 us
DEEPEST = (
    10_000  # levels of array code: its source takes 2 s to compile, and on a row alone as long
)


@dataclass(frozen=True, eq=False)
class Path:
    """One recorded path, compiled to arrays or to straight-line code, or evaluated as it is."""

    recording: Recording
    arrays: Compiled | None
    straight: StraightLine | None
    shapes: list[tuple[int, ...]]
    machine: bool = False  # whether rows run on one

    @property
    def made(self) -> Compiled | StraightLine:
        """Whichever of the two it is; a path beyond `MAX_PATHS` is neither."""
        made = self.arrays or self.straight
        assert made is not None
        return made

    @cached_property
    def _cuts(self) -> list[slice]:
        ends = accumulate((math.prod(shape) for shape in self.shapes), initial=0)
        return [slice(*pair) for pair in pairwise(ends)]

    def split(self, found: FloatArray) -> list[FloatArray]:
        """Return results, in the last axis, block by block."""
        if len(self.shapes) == 1:
            return [found]
        return [found[..., cut] for cut in self._cuts]

    @property
    def way(self) -> str:
        """How it is computed, and why so."""
        if self.arrays is not None:
            return "NumPy and native loops" if self.arrays.is_fused else "NumPy"
        if self.straight is None:
            return "the function itself"
        if self.machine:
            return f"native code on blocks of {self.straight.machine(True).rows} rows"
        reason = self.straight.reason
        return f"Python, not native code: {reason}" if reason else "native code"

    @property
    def operations(self) -> int:
        """How many there are before the reverse sweep; a dot counts as what it costs."""
        sizes = list(map(len, self.recording.program.args))
        return sum(sizes) - len(sizes) + sizes.count(0) + sizes.count(1)

    def line(self, layout: Layout) -> StraightLine:
        """The path as straight-line code, also where it runs on arrays."""
        return self.straight or StraightLine(self.recording, sum(layout.widths))

    def is_exact(self, slopes: FloatArray) -> bool:
        """Whether no 0 * inf of a product that nobody asked for may have got into a gradient."""
        return not (self.arrays and self.arrays.filled) or bool(np.isfinite(slopes).all())

    def weight(self, mine: int, count: int) -> float:
        """The gradient of the mean of `count` rows by the result of one, or of all of `mine`."""
        assert self.arrays is not None
        return (1.0 if self.arrays.batched_result else mine) / count


class Replayer:
    """The paths of one function for one kind of call; the parameters are the whole program's."""

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        layout: Layout,
        batch: bool,
        parameters: Parameters,
    ) -> None:
        self.layout, self.parameters = layout, parameters
        self._function, self._name, self._batch = layout.bind(function), name, batch
        self.paths: list[Path] = []
        self.calls = CALLS
        self._local = threading.local()
        self._warned = False
        self._direct: Direct | None = None

    @property
    def structure(self) -> Structure:
        """How the results are nested, on all paths."""
        return self.paths[0].recording.structure

    @property
    def lines(self) -> list[StraightLine]:
        """All paths as straight-line code, for other ways out."""
        return [path.line(self.layout) for path in self.paths]

    def start(self, arrays: Sequence[FloatArray], count: int, rows: Any = None) -> None:
        """Record the path of the first row, where none is known."""
        if self.paths:
            return
        first = 0 if rows is None or not count else np.arange(len(arrays[0]))[rows][0]
        with without(no_grad) if count else without(no_grad, detect_anomaly):
            if self._batch and count:
                self._record_row(arrays, first)
            else:
                self.record([np.zeros(a.shape[1:]) for a in arrays] if self._batch else arrays)

    def direct(self) -> Direct | None:
        """Return the short way for calls like the last one, where its first path is native."""
        line = None if self._batch or not self.paths[0].straight else self.paths[0].straight.native
        if line is None:
            return None
        if self._direct is None or self._direct.line is not line or not self._direct.is_current:
            kinds = kinds_of(self.layout)
            if kinds is None:
                return None
            path = self.paths[0]
            self._direct = Direct(line, kinds, self.structure, path.split, self.parameters)
        return self._direct

    def replay(
        self,
        arrays: Sequence[FloatArray],
        count: int,
        rows: Any = None,
        reverse: bool = False,
        flat: Flat | None = None,
    ) -> tuple[list[FloatArray], FloatArray]:
        """Run `count` rows: those numbered `rows` of the arrays, or all where it is None.

        Returns one array for each block of results and the flat gradient of the mean of the
        first, as the parameters are arranged; both may be buffers, good until the next call. `flat`
        returns the caller's array of the parameters, so arranged, the same array at each call;
        where it is None they are read from the Values.
        """
        self.start(arrays, count, rows)
        watcher = innermost(detect_anomaly)
        if watcher is not None and watcher.check:
            self._examine(arrays, np.arange(count) if rows is None else rows, reverse, flat)
        if not self._batch:
            return self._replay_one(arrays, reverse, flat)
        flat = flat or Reader(self.parameters)
        with np.errstate(all="ignore"):
            return self._replay_rows(arrays, count, rows, reverse, flat)

    def _replay_one(
        self, arrays: Sequence[FloatArray], reverse: bool, given: Flat | None
    ) -> tuple[list[FloatArray], FloatArray]:
        i = 0
        while True:
            new = i >= len(self.paths)
            path = self.record(arrays, given) if new else self.paths[i]
            i += 1
            if path.arrays is not None:
                flat = given = given or Reader(self.parameters)
                workspace = self._memory(path, flat).fill(arrays, None, 1, self.calls)
                with np.errstate(all="ignore"):
                    parts, on, unclear = workspace.forward()
                    if on:
                        slopes = workspace.reverse(1.0) if reverse else _NONE
                        if path.is_exact(slopes):
                            return parts, padded(slopes, len(self.parameters))
                        unclear = True
                if not (unclear or new):
                    continue
            found = self._evaluate(path, arrays, reverse, given, sure=new)
            if found is not None:
                return found

    def _evaluate(
        self, path: Path, row: Sequence[FloatArray], reverse: bool, flat: Flat | None, sure: bool
    ) -> tuple[list[FloatArray], FloatArray] | None:
        """One row as the function itself computes it; None where its path is another one."""
        own = self.parameters
        parameters = own.read_by_use() if flat is None else own.by_use(flat())
        found: Any
        slopes: Any = _NONE
        if path.straight is not None:
            found, holds, slopes = path.straight.run(row, parameters, reverse)
        else:
            recording = path.recording
            numbers = [x for a in row for x in a.tolist()]
            slots = recording.program.evaluate(numbers, parameters.tolist())
            holds = all(guard.holds(slots) for guard in recording.guards)
            found = np.array([slots[s] for s in recording.results])
            if reverse and (holds or sure):
                slopes = recording.program.slopes(slots, recording.results[0], len(parameters))
        if not (holds or sure):
            return None
        return path.split(found), own.as_flat(slopes)

    def _run_machine(
        self, path: Path, arrays: Sequence[FloatArray], rows: Any, reverse: bool, flat: Flat
    ) -> tuple[list[FloatArray], Any, FloatArray]:
        """Results, rows on the path, and the sum of their gradients where all are on it."""
        assert path.straight is not None
        own, machine = self.parameters, path.straight.machine(reverse)
        found, on, slopes = machine.run(arrays, rows, own.by_use(flat()))
        return path.split(found), on, own.as_flat(slopes)

    def _replay_rows(
        self, arrays: Sequence[FloatArray], count: int, rows: Any, reverse: bool, flat: Flat
    ) -> tuple[list[FloatArray], FloatArray]:
        path, first = self.paths[0], None
        if path.arrays is not None:
            workspace = self._memory(path, flat).fill(arrays, rows, count, self.calls)
            first = parts, on, _ = workspace.forward()
            if on is True or np.all(on):
                slopes = workspace.reverse(path.weight(count, count)) if reverse else _NONE
                if path.is_exact(slopes):
                    parts = [_with_rows(p, count) for p in parts]
                    return parts, padded(slopes, len(self.parameters))
                first = parts, False, True
        chosen = np.arange(len(arrays[0]))[slice(None) if rows is None else rows]
        if path.machine:
            *found, slopes = self._run_machine(path, arrays, chosen, reverse, flat)
            if found[1].all():
                return found[0], slopes * (1.0 / max(count, 1))
            first = *found, False
        return self._replay_paths(arrays, chosen, reverse, flat, first)

    def _replay_paths(
        self, arrays: Sequence[FloatArray], rows: Any, reverse: bool, flat: Flat, first: Any
    ) -> tuple[list[FloatArray], FloatArray]:
        """Rows on different paths: each path runs those it holds for.

        `first` is what the first path said about all rows, if it was asked.
        """
        widths = [int(np.prod(shape)) for shape in self.paths[0].shapes]
        results = [np.empty((len(rows), width)) for width in widths]
        total = np.zeros(len(self.parameters))
        left = np.arange(len(rows))

        def add(slopes: FloatArray, weight: float) -> None:
            nonlocal total
            total = padded(total, len(self.parameters))
            total += padded(slopes, len(self.parameters)) * weight

        def settle(path: Path, which: int, sure: bool) -> bool:
            """Compute one row by itself; whether it is on this path."""
            row = [a[rows[which]] for a in arrays]
            found = self._evaluate(path, row, reverse, flat, sure)
            if found is not None:
                for result, part in zip(results, found[0], strict=True):
                    result[which] = part
                if reverse:
                    add(found[1], 1.0 / len(rows))
            return found is not None

        i = 0
        while len(left):
            new = i >= len(self.paths)
            path = self._record_row(arrays, rows[left[0]], flat) if new else self.paths[i]
            i = min(i + 1, len(self.paths))  # a path that is not kept adds none
            on, unclear = np.zeros(len(left), dtype=bool), np.ones(len(left), dtype=bool)
            if path.arrays is not None or path.machine:
                if first is None and path.machine:
                    first = *self._run_machine(path, arrays, rows[left], False, flat)[:2], False
                elif first is None:
                    memory = self._memory(path, flat)
                    first = memory.fill(arrays, rows[left], len(left), self.calls).forward()
                (parts, *verdict), first = first, None
                on, unclear = (np.array(np.broadcast_to(x, len(left))) for x in verdict)
                mine = left[on]
                for result, part in zip(results, parts, strict=True):
                    result[mine] = _with_rows(part, len(left))[on]
                if reverse and len(mine) and path.machine:
                    add(self._run_machine(path, arrays, rows[mine], True, flat)[2], 1.0 / len(rows))
                elif reverse and len(mine):
                    memory = self._memory(path, flat)
                    workspace = memory.fill(arrays, rows[mine], len(mine), self.calls)
                    workspace.forward(sure=True)
                    slopes = workspace.reverse(path.weight(len(mine), len(rows)))
                    if path.is_exact(slopes):
                        add(slopes, 1.0)
                    else:
                        unclear, on = unclear | on, on & False
            elif path.straight is None:
                unclear[1:] = False  # recorded for the first row, and not kept
            unclear[0] |= new and not on[0]  # recorded for this row
            for place in np.flatnonzero(unclear):
                on[place] = settle(path, left[place], sure=new and place == 0)
            left = left[~on]
        return results, padded(total, len(self.parameters))

    def _examine(
        self, arrays: Sequence[FloatArray], rows: Any, reverse: bool, flat: Flat | None
    ) -> None:
        """Run the function itself, row by row: `detect_anomaly` stops at the user's line."""
        self._write_back(flat)
        for row in zip(*[a[rows] for a in arrays], strict=True) if self._batch else [arrays]:
            arguments = [list(map(Value, a.ravel().tolist())) for a in row]
            with without(no_grad), Differentiating():
                result = self._function(*arguments)
            if reverse and isinstance(result, Value):
                order = topological_order(result)
                active = {node for node in order if node.primitive is not CONSTANT}
                for mode in opened():
                    mode.pulled(order, {result: 1.0}, None, active.difference(*arguments))

    def _write_back(self, flat: Flat | None) -> None:
        """Let the Values have the parameters that `flat` returns, which may be ahead of them."""
        if flat is not None and not isinstance(flat, Reader):
            self.parameters.write(flat())

    def _record_row(self, arrays: Sequence[FloatArray], row: int, flat: Flat | None = None) -> Path:
        """Record the path of one row of a batch; an error says which row it is."""
        try:
            return self.record([a[row] for a in arrays], flat)
        except Exception as error:
            error.add_note(f"in row {row} of the batch")
            raise

    def record(self, row: Sequence[FloatArray], flat: Flat | None = None) -> Path:
        """Record the path that one row takes and return it, compiled, new or known.

        The function sees the parameters that `flat` returns.
        """
        with self.parameters.lock, collector_off():
            self._write_back(flat)
            arguments = [a.ravel().tolist() for a in row]
            known = len(self.parameters)
            try:
                like = self.structure if self.paths else None
                recording = record(self._function, arguments, self.parameters.values, like)
                if self.paths and not same(recording.structure, like):
                    raise TypeError(
                        "the branches of the compiled function return results of different "
                        f"structure; see the comparison at {recording.guards[-1].line}"
                    )
                full = len(self.paths) >= MAX_PATHS
                path = next((p for p in self.paths if p.recording.same_path(recording)), None)
                if full and path is None:
                    self._warn(recording.guards[-1].line)
            except BaseException:
                del self.parameters.values[known:]
                raise
            self.parameters.used |= recording.used
            if full or path is not None:
                return path or Path(recording, None, None, blocks(recording.structure))
            path = self._compile(recording)
            self.parameters.arrange()
            self.paths.append(path)
            return path

    def _warn(self, line: str) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"`{self._name}` took more than {MAX_PATHS} paths, so rows that take a new one are "
                f"run one by one, as slowly as without the compiler; the last branch is at {line}. "
                "Where a branch chooses between numbers write autograd.maximum, minimum, relu or "
                "take, which need none: autograd.maximum(W @ x, 0.0) instead of "
                "[max(v, 0.0) for v in W @ x]",
                UserWarning,
                stacklevel=2,
            )

    def _compile(self, recording: Recording) -> Path:
        shapes = blocks(recording.structure)
        groups, start = [], 0
        for shape in shapes:
            size = int(np.prod(shape))
            groups.append(recording.results[start : start + size])
            start += size
        slots = [*recording.results, *[s for g in recording.guards for s in (g.left, g.right)]]
        n = len(recording.parameters)
        reroller = Reroller(recording.program, self.layout.widths, self._batch, n, slots)
        levels = reroller.depth
        line = Path(recording, None, StraightLine(recording, sum(self.layout.widths)), shapes)
        operations = line.operations
        a_call = FEW_A_CALL if operations <= FEW else NATIVE_A_CALL
        if self._batch or missing():
            a_call = OPERATIONS_A_CALL
        calls = max(levels / 3, 4)  # at least: an instruction for each level is three lines
        few = operations < a_call * calls
        if levels > DEEPEST or (few and not self._batch):
            return self._on_machine(line) or line
        if few and calls > FEWEST_CALLS and (path := self._on_machine(line)):
            return path
        order = self.parameters.order if self.parameters.is_arranged else None
        compiled = assemble(recording, reroller, groups, order)
        calls = compiled.instructions / 3
        if operations < a_call * calls:
            if not self._batch:
                return line
            if calls > FEWEST_CALLS and (path := self._on_machine(line)):
                return path
        self.parameters.arrange(compiled.order)
        return Path(recording, compiled, None, shapes)

    def _on_machine(self, path: Path) -> Path | None:
        """The path on blocks of rows, None where there is one row or no native code for it."""
        assert path.straight is not None
        if self._batch and not missing():
            with suppress(MissingError, UnreadableError):
                path.straight.machine(True)
                return replace(path, machine=True)
        return None

    def _memory(self, path: Path, flat: Flat) -> Memory:
        """This thread's memory of the path, with the parameters in place."""
        memories = self._local.__dict__.setdefault("memories", {})
        own = not isinstance(flat, Reader)
        memory: Memory | None = memories.get((path, own))
        current = flat()
        assert path.arrays is not None
        if own and len(current) == path.arrays.size:  # the caller's array itself, without a copy
            if memory is None or memory.parameters is not current:
                memory = memories[path, own] = Memory(path.arrays, current)
            return memory
        if memory is None or memory.parameters is current:
            memory = memories[path, own] = Memory(path.arrays)
        np.copyto(memory.parameters, current[: len(memory.parameters)])
        return memory


def _with_rows(part: FloatArray, count: int) -> FloatArray:
    """Results that are the same for all rows, repeated."""
    return part if part.ndim == 2 else np.broadcast_to(part, (count, len(part)))


_NONE = np.zeros(0)
