"""Replaying: the recorded paths of a function, and rows run through them.

Each path, as the function's comparisons decide, is recorded when the first row takes it and
kept. All rows run through a path, those whose guards hold keep its results, and the rest go on to
the next path. Of `x if x > 0 else -x` and the rows 1, -2, 3:

    path 0, recorded for 1, holds for 1 and 3    path 1, recorded for -2, for the rest

Invariant: every row gets exactly what the function itself would compute.
"""

import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.checking.anomaly import detect_anomaly
from autograd.compiler.arguments import Layout
from autograd.compiler.batches import Memory
from autograd.compiler.direct import Direct, kinds_of
from autograd.compiler.parameters import Flat, FloatArray, Parameters, padded
from autograd.compiler.paths import Path, compiled
from autograd.compiler.recording import collector_off, record
from autograd.compiler.straight import StraightLine
from autograd.engine.graph import topological_order
from autograd.engine.modes import innermost, opened, without
from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.grad_mode import Differentiating, no_grad
from autograd.nesting import Structure, same

MAX_PATHS = 64
CALLS = 200  # that are expected of a batch, where nobody says how many

Found = tuple[list[FloatArray], FloatArray]  # results, block by block, and the gradient


class Call(NamedTuple):
    """What is computed for the rows of `arrays`: see `Replayer.replay`."""

    arrays: Sequence[FloatArray]
    reverse: bool
    flat: Flat | None


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
        return [path.line for path in self.paths]

    def start(self, arrays: Sequence[FloatArray], count: int, rows: Any = None) -> None:
        """Record the path of the first row, where none is known."""
        if self.paths:
            return
        first = 0 if rows is None or not count else np.arange(len(arrays[0]))[rows][0]
        with without(no_grad) if count else without(no_grad, detect_anomaly):
            if self._batch and count:
                self._record_row(Call(arrays, False, None), first)
            else:
                self.record([np.zeros(a.shape[1:]) for a in arrays] if self._batch else arrays)

    def direct(self) -> Direct | None:
        """Return the short way for calls like the last one, where its first path is native."""
        path = self.paths[0]
        line = None if self._batch or path.alone is None else path.alone.native
        if line is None:
            return None
        if self._direct is None or self._direct.line is not line or not self._direct.is_current:
            kinds = kinds_of(self.layout)
            if kinds is None:
                return None
            self._direct = Direct(
                line, kinds, self.structure, path.split, self.parameters, path.is_exact
            )
        return self._direct

    def replay(
        self,
        arrays: Sequence[FloatArray],
        count: int,
        rows: Any = None,
        reverse: bool = False,
        flat: Flat | None = None,
    ) -> Found:
        """Run `count` rows: those numbered `rows` of the arrays, or all where it is None.

        Returns one array for each block of results and the flat gradient of the mean of the
        first, as the parameters are arranged; both may be buffers, good until the next call. `flat`
        returns the caller's array of the parameters, so arranged, the same array at each call;
        where it is None they are read from the Values.
        """
        self.start(arrays, count, rows)
        call = Call(arrays, reverse, flat)
        watcher = innermost(detect_anomaly)
        if watcher is not None and watcher.check:
            self._examine(call, np.arange(count) if rows is None else rows)
        if not self._batch:
            return self._replay_one(call)
        with np.errstate(all="ignore"):
            return self._replay_rows(call, count, rows)

    def _replay_one(self, call: Call) -> Found:
        i = 0
        while True:
            new = i >= len(self.paths)
            path = self.record(call.arrays, call.flat) if new else self.paths[i]
            i += 1
            if path.takes_rows:
                with np.errstate(all="ignore"):
                    parts, on, unclear, slopes = self._run(path, call, None, 1, 1)
                if on:
                    return parts, slopes
                if not (unclear or new):
                    continue
            found = self._evaluate(path, call, call.arrays, sure=new)
            if found is not None:
                return found

    def _evaluate(
        self, path: Path, call: Call, row: Sequence[FloatArray], sure: bool
    ) -> Found | None:
        """One row as the function itself computes it; None where its path is another one."""
        parameters, line = self.parameters.by_use(call.flat and call.flat()), path.alone
        found: Any
        slopes: Any = _NONE
        if line is not None:
            found, holds, slopes = line.run(row, parameters, call.reverse)
        if line is None or not path.is_exact(slopes):
            recording = path.recording
            numbers = [x for a in row for x in a.tolist()]
            slots = recording.program.evaluate(numbers, parameters.tolist())
            holds = all(guard.holds(slots) for guard in recording.guards)
            found = np.array([slots[s] for s in recording.results])
            if call.reverse and (holds or sure):
                slopes = recording.program.slopes(slots, recording.results[0], len(parameters))
        if not (holds or sure):
            return None
        return path.split(found), self.parameters.as_flat(slopes)

    def _run(
        self, path: Path, call: Call, rows: Any, count: int, of: int, sure: bool = False
    ) -> tuple[list[FloatArray], Any, Any, FloatArray]:
        """Results of `count` rows, which are on the path, of which that is unclear, the gradient.

        The gradient, of the mean of `of` rows, is there where all are on the path.
        """
        own = self.parameters
        if path.machine:
            machine, rows = path.line.machine(call.reverse), _numbers_of(rows, call.arrays)
            found, on, slopes = machine.run(
                call.arrays, rows, self.parameters.by_use(call.flat and call.flat())
            )
            if _all(on) and not path.is_exact(slopes):
                return path.split(found), False, True, _NONE
            return path.split(found), on, False, own.as_flat(slopes) * (1.0 / max(of, 1))
        workspace = self._memory(path, call.flat).fill(call.arrays, rows, count, self.calls)
        parts, *verdict = workspace.forward(sure)
        slopes = _NONE
        if call.reverse and (sure or _all(verdict[0])):
            slopes = workspace.reverse(path.weight(count, of))
            if not path.is_exact(slopes):
                verdict = [False, True]
        return parts, *verdict, padded(slopes, len(own))

    def _replay_rows(self, call: Call, count: int, rows: Any) -> Found:
        """Rows on different paths: each path runs those it holds for."""
        path, first = self.paths[0], None
        if path.takes_rows:
            first = parts, on, _, slopes = self._run(path, call, rows, count, count)
            if _all(on):
                return [_with_rows(part, count) for part in parts], slopes
        rows = _numbers_of(rows, call.arrays)
        results = [np.empty((count, cut.stop - cut.start)) for cut in path.cuts]
        total = np.zeros(len(self.parameters))
        left = np.arange(count)

        def add(slopes: FloatArray) -> None:
            nonlocal total
            size = len(self.parameters)
            total = padded(total, size) + padded(slopes, size)

        def settle(path: Path, which: int, sure: bool) -> bool:
            """Compute one row by itself; whether it is on this path."""
            found = self._evaluate(path, call, [a[rows[which]] for a in call.arrays], sure)
            if found is not None:
                for result, part in zip(results, found[0], strict=True):
                    result[which] = part
                if call.reverse:
                    add(found[1] * (1.0 / count))
            return found is not None

        i = 0
        while len(left):
            new = i >= len(self.paths)
            path = self._record_row(call, rows[left[0]]) if new else self.paths[i]
            i = min(i + 1, len(self.paths))  # a path that is not kept adds none
            on, unclear = np.zeros(len(left), dtype=bool), np.ones(len(left), dtype=bool)
            if path.takes_rows:
                found = first or self._run(path, call, rows[left], len(left), count)
                (parts, *verdict, slopes), first = found, None
                on, unclear = (np.array(np.broadcast_to(x, len(left))) for x in verdict)
                mine = left[on]
                for result, part in zip(results, parts, strict=True):
                    result[mine] = _with_rows(part, len(left))[on]
                if call.reverse and len(mine):
                    sound: Any = True
                    if len(mine) < len(left):
                        _, sound, _, slopes = self._run(
                            path, call, rows[mine], len(mine), count, sure=True
                        )
                    if sound is not False:
                        add(slopes)
                    else:
                        unclear, on = unclear | on, on & False
            elif path.alone is None:
                unclear[1:] = False  # recorded for the first row, and not kept
            unclear[0] |= new and not on[0]  # recorded for this row
            for place in np.flatnonzero(unclear):
                on[place] = settle(path, left[place], sure=new and place == 0)
            left = left[~on]
        return results, padded(total, len(self.parameters))

    def _examine(self, call: Call, rows: Any) -> None:
        """Run the function itself, row by row: `detect_anomaly` stops at the user's line."""
        arrays = call.arrays
        self._write_back(call.flat)
        for row in zip(*[a[rows] for a in arrays], strict=True) if self._batch else [arrays]:
            arguments = [list(map(Value, a.ravel().tolist())) for a in row]
            with without(no_grad), Differentiating():
                result = self._function(*arguments)
            if call.reverse and isinstance(result, Value):
                order = topological_order(result)
                active = {node for node in order if node.primitive is not CONSTANT}
                for mode in opened():
                    mode.pulled(order, {result: 1.0}, None, active.difference(*arguments))

    def _write_back(self, flat: Flat | None) -> None:
        """Let the Values have the parameters that `flat` returns, which may be ahead of them."""
        if flat is not None:
            self.parameters.write(flat())

    def _record_row(self, call: Call, row: int) -> Path:
        """Record the path of one row of a batch; an error says which row it is."""
        try:
            return self.record([a[row] for a in call.arrays], call.flat)
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
                return path or Path(recording)
            path = compiled(recording, self.layout.widths, self._batch, self.parameters)
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

    def _memory(self, path: Path, flat: Flat | None) -> Memory:
        """This thread's memory of the path, with the parameters in place."""
        memories = self._local.__dict__.setdefault("memories", {})
        current = self.parameters.read() if flat is None else flat()
        assert path.arrays is not None
        theirs = flat is not None and len(current) == path.arrays.size  # their array, uncopied
        memory: Memory | None = memories.get((path, theirs))
        if memory is None or (theirs and memory.parameters is not current):
            memory = Memory(path.arrays, current if theirs else None)
            memories[path, theirs] = memory
        if not theirs:
            np.copyto(memory.parameters, current[: len(memory.parameters)])
        return memory


def _with_rows(part: FloatArray, count: int) -> FloatArray:
    """Results that are the same for all rows, repeated."""
    return part if part.ndim == 2 else np.broadcast_to(part, (count, len(part)))


def _all(on: Any) -> bool:
    """Whether all rows are on a path, one answer for all or an array of them."""
    return on if on.__class__ is bool else bool(on.all())


def _numbers_of(rows: Any, arrays: Sequence[FloatArray]) -> Any:
    """The numbers of rows, of which None are all."""
    return np.arange(len(arrays[0]))[slice(None) if rows is None else rows]


_NONE = np.zeros(0)
