"""Replaying: the recorded paths of a function, and rows run through them.

Each path, as the function's comparisons decide, is recorded when the first row takes it and
kept. All rows run through a path, those whose guards hold keep its results, and the rest go on to
the next path. Invariant: every row gets exactly what the function itself would compute.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.checking.anomaly import detect_anomaly
from autograd.compiler.arguments import Signature
from autograd.compiler.batches import Memory
from autograd.compiler.interpreted import DEEPEST, interpret
from autograd.compiler.reroll import depth
from autograd.compiler.results import blocks
from autograd.compiler.source import Compiled, assemble
from autograd.compiler.straight import StraightLine
from autograd.compiler.trace import Recording, record
from autograd.engine.graph import topological_order
from autograd.engine.modes import Differentiating, innermost, no_grad, opened, without
from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.nesting import flatten, unflatten

Array = npt.NDArray[np.float64]
Flat = Callable[[], Array]
MAX_PATHS = 64
# A NumPy call on a small array takes as long as this many operations in straight-line Python.
OPERATIONS_A_CALL = 25


@dataclass(frozen=True, eq=False)
class Path:
    """One recorded path, compiled to arrays or to straight-line code."""

    recording: Recording
    arrays: Compiled | None
    straight: StraightLine | None
    shapes: list[tuple[int, ...]]

    @property
    def made(self) -> Compiled | StraightLine:
        """Whichever of the two it is."""
        made = self.arrays or self.straight
        assert made is not None
        return made

    def weight(self, mine: int, count: int) -> float:
        """The gradient of the mean of `count` rows by the result of one, or of all of `mine`."""
        assert self.arrays is not None
        return (1.0 if self.arrays.batched_result else mine) / count


class Replayer:
    """The paths of one function, and its parameters in order of first use."""

    def __init__(self, function: Callable[..., Any], signature: Signature, batch: bool) -> None:
        self._function, self._signature, self._batch = function, signature, batch
        self.paths: list[Path] = []
        self.parameters: list[Value] = []
        self._order = np.zeros(0, dtype=np.intp)  # which parameter stands where in flat arrays
        self._lock = threading.RLock()
        self._local = threading.local()

    @property
    def order(self) -> Any:
        """Which parameter stands at each place of the flat arrays: matrix by matrix."""
        known = len(self._order)
        if known == len(self.parameters):
            return self._order
        return np.concatenate([self._order, np.arange(known, len(self.parameters))]).astype(int)

    @property
    def arranged(self) -> list[Value]:
        """The parameters as they stand in the flat arrays."""
        return [self.parameters[i] for i in self.order]

    def replay(
        self,
        arrays: Sequence[Array],
        count: int,
        rows: Any = None,
        reverse: bool = False,
        flat: Flat | None = None,
    ) -> tuple[list[Array], Array]:
        """Run `count` rows: those numbered `rows` of the arrays, or all where it is None.

        Returns one array for each block of results and the flat gradient of the mean of the
        first, in the order of `arranged`; both may be buffers, good until the next call. `flat`
        returns the caller's array of the parameters in that order, the same array at each call;
        where it is None they are read from the Values.
        """
        if not self.paths:
            first = 0 if rows is None or not count else np.arange(len(arrays[0]))[rows][0]
            with without(no_grad) if count else without(detect_anomaly):
                self.record(
                    [a[first] if count else np.zeros(a.shape[1:]) for a in arrays]
                    if self._batch
                    else arrays
                )
        watcher = innermost(detect_anomaly)
        if watcher is not None and watcher.check:
            self._examine(arrays, np.arange(count) if rows is None else rows, reverse, flat)
        flat = flat or _Reader(self)
        with np.errstate(all="ignore"):
            if not self._batch:
                return self._replay_one(arrays, reverse, flat)
            return self._replay_rows(arrays, count, rows, reverse, flat)

    def _replay_one(
        self, arrays: Sequence[Array], reverse: bool, flat: Flat
    ) -> tuple[list[Array], Array]:
        numbers = None
        i = 0
        while True:
            new = i == len(self.paths)  # a path recorded for these arguments holds for them
            path = self.record(arrays, flat) if new else self.paths[i]
            if path.straight is not None:
                numbers = numbers or [x for a in arrays for x in a.tolist()]
                order = self.order
                given = np.empty(len(order))
                given[order] = flat()
                found, verdict, slopes = path.straight.run(numbers, given.tolist(), reverse)
                if verdict or new:
                    results = _split(np.array(found), path.shapes)
                    return results, _padded(slopes, len(order))[order]
            else:
                workspace = self._memory(path, flat).fill(arrays, None, 1)
                parts, verdict = workspace.forward()
                if verdict or new:
                    slopes = workspace.reverse(1.0) if reverse else ()
                    return parts, _padded(slopes, len(self.parameters))
            i += 1

    def _replay_rows(
        self, arrays: Sequence[Array], count: int, rows: Any, reverse: bool, flat: Flat
    ) -> tuple[list[Array], Array]:
        path = self.paths[0]
        workspace = self._memory(path, flat).fill(arrays, rows, count)
        parts, verdict = workspace.forward()
        if verdict is True or np.all(verdict):
            slopes = workspace.reverse(path.weight(count, count)) if reverse else _NONE
            return [_with_rows(p, count) for p in parts], _padded(slopes, len(self.parameters))
        chosen = np.arange(len(arrays[0]))[slice(None) if rows is None else rows]
        return self._replay_paths(arrays, chosen, reverse, flat)

    def _replay_paths(
        self, arrays: Sequence[Array], rows: Any, reverse: bool, flat: Flat
    ) -> tuple[list[Array], Array]:
        """Rows on different paths: each path runs those it holds for."""
        left = np.arange(len(rows))
        results: list[Array] = []
        total = np.zeros(0)
        i = 0
        while len(left):
            new = i == len(self.paths)
            row = [a[rows[left[0]]] for a in arrays]
            path = self.record(row, flat) if new else self.paths[i]
            memory = self._memory(path, flat)
            parts, verdict = memory.fill(arrays, rows[left], len(left)).forward()
            holds = np.array(np.broadcast_to(verdict, len(left)))
            holds[0] |= new  # recorded for this row, however rounding decides a close comparison
            mine = left[holds]
            results = results or [np.empty((len(rows), p.shape[-1])) for p in parts]
            for result, part in zip(results, parts, strict=True):
                result[mine] = _with_rows(part, len(left))[holds]
            if reverse and len(mine):
                workspace = memory.fill(arrays, rows[mine], len(mine))
                workspace.forward()
                slopes = workspace.reverse(path.weight(len(mine), len(rows)))
                total = _padded(total, len(self.parameters))
                total += _padded(slopes, len(self.parameters))
            left = left[~holds]
            i += 1
        return results, _padded(total, len(self.parameters))

    def _examine(
        self, arrays: Sequence[Array], rows: Any, reverse: bool, flat: Flat | None
    ) -> None:
        """Run the function itself, row by row: `detect_anomaly` stops at the user's line."""
        self._write_back(flat)
        for row in zip(*[a[rows] for a in arrays], strict=True) if self._batch else [arrays]:
            arguments = self._signature.nested(row)
            numbers: list[float] = []
            structure = flatten(arguments, numbers)
            given = list(map(Value, numbers))
            with without(no_grad), Differentiating():
                result = self._function(*unflatten(structure, given))
            if reverse and isinstance(result, Value):
                order = topological_order(result)
                active = {node for node in order if node.primitive is not CONSTANT}
                for mode in opened():
                    mode.pulled(order, {result: 1.0}, None, active.difference(given))

    def _write_back(self, flat: Flat | None) -> None:
        """Let the Values have the parameters that `flat` returns, which may be ahead of them."""
        if flat is not None and not isinstance(flat, _Reader):
            for p, data in zip(self.arranged, flat().tolist(), strict=True):
                p._data = data

    def record(self, row: Sequence[Array], flat: Flat | None = None) -> Path:
        """Record the path that one row takes and return it, compiled, new or known.

        The function sees the parameters that `flat` returns.
        """
        with self._lock:
            self._write_back(flat)
            arguments = self._signature.nested(row)
            known = len(self.parameters)
            try:
                like = self.paths[0].recording.structure if self.paths else None
                recording = record(self._function, arguments, self.parameters, like)
            except BaseException:
                del self.parameters[known:]
                if not self.paths:  # the next call may have arguments of another structure
                    self._signature.structures = None
                raise
            for path in self.paths:
                if path.recording.same_path(recording):
                    return path
            if self.paths and recording.structure != self.paths[0].recording.structure:
                raise TypeError(
                    "the branches of the compiled function return results of different "
                    f"structure; see the comparison at {recording.guards[-1].line}"
                )
            if len(self.paths) >= MAX_PATHS:
                raise ValueError(
                    f"the compiled function took more than {MAX_PATHS} paths; the last branch is "
                    f"at {recording.guards[-1].line}: use maximum, minimum, relu or where on "
                    "numbers instead of comparing Values there"
                )
            path = self._compile(recording)
            self._order = self.order  # kept, so that a call need not put it together
            self.paths.append(path)
            return self.paths[-1]

    def _compile(self, recording: Recording) -> Path:
        shapes = blocks(recording.structure)
        groups, start = [], 0
        for shape in shapes:
            size = int(np.prod(shape))
            groups.append(recording.results[start : start + size])
            start += size
        widths = self._signature.widths
        operations = sum(bool(args) for args in recording.program.args)
        slots = [*recording.results, *[s for g in recording.guards for s in (g.left, g.right)]]
        levels = depth(recording.program, slots)
        calls = max(levels / 3, 4)  # at least: an instruction for each level is three lines
        if not self._batch and operations < OPERATIONS_A_CALL * calls and levels <= DEEPEST:
            return Path(recording, None, StraightLine(recording), shapes)
        known = len(self._order)
        order = None
        if known:  # parameters of a later path stand behind those of the first
            order = np.concatenate([self._order, np.arange(known, len(self.parameters))])
        deep = levels > DEEPEST
        compiled = (interpret if deep else assemble)(recording, widths, self._batch, groups, order)
        calls = compiled.instructions / 3
        if not (self._batch or deep) and operations < OPERATIONS_A_CALL * calls:
            return Path(recording, None, StraightLine(recording), shapes)
        self._order = compiled.order
        return Path(recording, compiled, None, shapes)

    def _memory(self, path: Path, flat: Flat) -> Memory:
        """This thread's memory of the path, with the parameters in place."""
        memories = self._local.__dict__.setdefault("memories", {})
        own = not isinstance(flat, _Reader)
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


class _Reader:
    """Reads the parameters from their Values, once a call; again where a path rearranges them."""

    def __init__(self, replayer: Replayer) -> None:
        self.replayer = replayer
        self.known: Array | None = None
        self.order: Any = None

    def __call__(self) -> Array:
        order = self.replayer.order
        if self.known is None or len(self.known) != len(order) or order is not self.order:
            self.order = order
            self.known = np.array([p._data for p in self.replayer.arranged], dtype=float)
        return self.known


def _with_rows(part: Array, count: int) -> Array:
    """Results that are the same for all rows, repeated."""
    return part if part.ndim == 2 else np.broadcast_to(part, (count, len(part)))


_NONE = np.zeros(0)


def _padded(slopes: Any, size: int) -> Array:
    """The gradient with zeros for parameters that a path did not know."""
    if len(slopes) == size:
        return slopes if isinstance(slopes, np.ndarray) else np.array(slopes, dtype=float)
    padded = np.zeros(size)
    padded[: len(slopes)] = slopes
    return padded


def _split(found: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    if len(shapes) == 1:
        return [found]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return np.split(found, ends[:-1])
