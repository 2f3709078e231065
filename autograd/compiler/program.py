"""Program: a compiled function. Record once, replay fast.

Each path through the function, as its comparisons decide, is recorded when the first row takes
it and kept. A call runs all rows through a path, keeps those whose guards hold, and hands the
rest to the next path. Invariant: every row gets exactly what the function itself would compute.
"""

import inspect
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.arguments import Signature
from autograd.compiler.batches import Memory
from autograd.compiler.results import blocks, rebuild
from autograd.compiler.source import Compiled, assemble
from autograd.compiler.straight import StraightLine
from autograd.compiler.trace import Recording, record
from autograd.primitive import Primitive
from autograd.recording import recording_is_off
from autograd.value import Detached, Value

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


class Program:
    """What `compile` returns: call it, or ask for `mean` or `value_and_grad`.

    With `batch=True` every argument has a leading batch axis of one length B, and results have
    it, too. Parameters are the leaf Values that the function used without taking them as
    arguments; their data are read afresh at each call.
    """

    def __init__(self, function: Callable[..., Any], batch: bool) -> None:
        self._function = function
        self._batch = batch
        self._signature = Signature(function, batch)
        self._paths: list[Path] = []
        self._parameters: list[Value] = []
        self._order = np.zeros(0, dtype=np.intp)  # which parameter stands where in flat arrays
        self._lock = threading.RLock()
        self._local = threading.local()
        self.__name__ = getattr(function, "__name__", "program")
        self.__doc__ = inspect.getdoc(function)

    def __call__(self, *args: Any) -> Any:
        """Return what the function returns: float, or array (B,); for a list of k, (k,), (B, k)."""
        arrays, count = self._signature.read(args)
        parts = self.replay(arrays, count)[0]
        structure = self._paths[0].recording.structure
        return rebuild(structure, list(parts), self._batch)

    def mean(self, *args: Any) -> Value:
        """Return the mean over the batch as one Value whose parents are the parameters."""
        number, slopes = self.value_and_grad(*args)
        if recording_is_off() or not self._parameters:
            return Detached(number)
        mean = Value(number)
        mean.primitive = PROGRAM
        mean.parents = tuple(self._parameters)
        mean.partials = tuple(slopes.tolist())
        return mean

    def value_and_grad(self, *args: Any) -> tuple[float, Array]:
        """Return the mean over the batch and its gradient, float64, aligned with `parameters`.

        Raises `TypeError` where the function returns more than one Value, and `ValueError` for
        an empty batch.
        """
        arrays, count = self._signature.read(args)
        if not count:
            raise ValueError("an empty batch has no mean: pass at least one row")
        self.record(*args)
        if self._paths[0].recording.structure is not None:
            raise TypeError(
                "`mean` and `value_and_grad` need a function that returns one Value; this one "
                "returns a list, tuple or dict"
            )
        parts, slopes = self.replay(arrays, count, reverse=True)
        gradient = np.zeros(len(slopes))
        gradient[self._full_order()] = slopes
        return float(parts[0].mean()), gradient

    @property
    def parameters(self) -> list[Value]:
        """The parameters in order of first use; known after the first call."""
        return list(self._parameters)

    def _full_order(self) -> Any:
        known = len(self._order)
        if known == len(self._parameters):
            return self._order
        return np.concatenate([self._order, np.arange(known, len(self._parameters))]).astype(int)

    @property
    def arranged(self) -> list[Value]:
        """The parameters as they stand in the flat arrays of `replay`: matrix by matrix."""
        return [self._parameters[i] for i in self._full_order()]

    @property
    def parameter_count(self) -> int:
        """How many parameters there are so far; a new path may bring some."""
        return len(self._parameters)

    @property
    def source(self) -> str:
        """The generated source of all paths; empty before the first call."""
        return "\n".join(path.made.source for path in self._paths)

    def __str__(self) -> str:
        lines = [f"program of {self.__name__}: {len(self._paths)} paths"]
        lines[0] = lines[0].replace(" 1 paths", " 1 path")
        for i, path in enumerate(self._paths):
            products = path.arrays.products if path.arrays else 0
            lines.append(
                f"path {i}: {path.recording.nodes} nodes recorded, "
                f"{len(path.recording.program)} after simplification, "
                f"{path.made.instructions} instructions, {products} matrix products"
            )
        return "\n".join(lines)

    def record(self, *args: Any) -> None:
        """Record the path of the first row, so that parameters and source are known."""
        arrays, count = self._signature.read(args)
        if not self._paths:
            self._record([a[0] if self._batch and count else a for a in arrays])

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
        if not self._paths:
            first = 0 if rows is None or not count else np.arange(len(arrays[0]))[rows][0]
            self._record(
                [a[first] if count else np.zeros(a.shape[1:]) for a in arrays]
                if self._batch
                else arrays
            )
        flat = flat or _Reader(self)
        with np.errstate(all="ignore"):
            if not self._batch:
                return self._replay_one(arrays, reverse, flat)
            return self._replay_rows(arrays, count, rows, reverse, flat)

    def _replay_one(
        self, arrays: Sequence[Array], reverse: bool, flat: Flat
    ) -> tuple[list[Array], Array]:
        numbers = None
        for i in range(MAX_PATHS + 1):
            if i == len(self._paths):
                self._record(arrays)
            path = self._paths[i]
            if path.straight is not None:
                numbers = numbers or [x for a in arrays for x in a.tolist()]
                order = self._full_order()
                given = np.empty(len(order))
                given[order] = flat()
                found, verdict, slopes = path.straight.run(numbers, given.tolist(), reverse)
                if verdict:
                    results = _split(np.array(found), path.shapes)
                    return results, _padded(slopes, len(order))[order]
            else:
                workspace = self._memory(path, flat).fill(arrays, None, 1)
                parts, verdict = workspace.forward()
                if verdict:
                    slopes = workspace.reverse(1.0) if reverse else ()
                    return parts, _padded(slopes, len(self._parameters))
        raise AssertionError("the path recorded for these arguments must hold for them")

    def _replay_rows(
        self, arrays: Sequence[Array], count: int, rows: Any, reverse: bool, flat: Flat
    ) -> tuple[list[Array], Array]:
        path = self._paths[0]
        workspace = self._memory(path, flat).fill(arrays, rows, count)
        parts, verdict = workspace.forward()
        if verdict is True or np.all(verdict):
            slopes = workspace.reverse(path.weight(count, count)) if reverse else _NONE
            return [_with_rows(p, count) for p in parts], _padded(slopes, len(self._parameters))
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
            if i == len(self._paths):
                self._record([a[rows[left[0]]] for a in arrays])
            path = self._paths[i]
            memory = self._memory(path, flat)
            parts, verdict = memory.fill(arrays, rows[left], len(left)).forward()
            holds = np.broadcast_to(verdict, len(left))
            mine = left[holds]
            results = results or [np.empty((len(rows), p.shape[-1])) for p in parts]
            for result, part in zip(results, parts, strict=True):
                result[mine] = _with_rows(part, len(left))[holds]
            if reverse and len(mine):
                workspace = memory.fill(arrays, rows[mine], len(mine))
                workspace.forward()
                slopes = workspace.reverse(path.weight(len(mine), len(rows)))
                total = _padded(total, len(self._parameters))
                total += _padded(slopes, len(self._parameters))
            left = left[~holds]
            i += 1
        return results, _padded(total, len(self._parameters))

    def _record(self, row: Sequence[Array]) -> None:
        with self._lock:
            arguments = self._signature.nested(row)
            known = len(self._parameters)
            try:
                recording = record(self._function, arguments, self._parameters)
            except BaseException:
                del self._parameters[known:]
                if not self._paths:  # the next call may have arguments of another structure
                    self._signature.structures = None
                raise
            if self._paths and recording.structure != self._paths[0].recording.structure:
                raise TypeError(
                    "the branches of the compiled function return results of different "
                    f"structure; see the comparison at {recording.guards[-1].line}"
                )
            if len(self._paths) >= MAX_PATHS:
                raise ValueError(
                    f"the compiled function took more than {MAX_PATHS} paths; the last branch is "
                    f"at {recording.guards[-1].line}: use maximum, minimum, relu or where on "
                    "numbers instead of comparing Values there"
                )
            self._paths.append(self._compile(recording))

    def _compile(self, recording: Recording) -> Path:
        shapes = blocks(recording.structure)
        groups, start = [], 0
        for shape in shapes:
            size = int(np.prod(shape))
            groups.append(recording.results[start : start + size])
            start += size
        widths = self._signature.widths
        operations = sum(bool(args) for args in recording.program.args)
        if not self._batch and operations < OPERATIONS_A_CALL * 4:
            return Path(recording, None, StraightLine(recording), shapes)
        known = len(self._order)
        order = None
        if known:  # parameters of a later path stand behind those of the first
            order = np.concatenate([self._order, np.arange(known, len(self._parameters))])
        compiled = assemble(recording, widths, self._batch, groups, order)
        if not self._batch and operations < OPERATIONS_A_CALL * compiled.instructions / 3:
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
    """Reads the parameters from their Values, once a call; again where a new path adds some."""

    def __init__(self, program: Program) -> None:
        self.program, self.known = program, np.zeros(0)

    def __call__(self) -> Array:
        if len(self.known) != self.program.parameter_count:
            self.known = np.array([p._data for p in self.program.arranged])
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
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return np.split(found, ends[:-1])


PROGRAM = Primitive("program", float, float, lambda out, *inputs: ())
