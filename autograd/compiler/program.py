"""Program: a compiled function. Record once, replay fast.

Programs compose. Where a derivative of the result may be asked for, with a Value among the
arguments, inside `grad`, in another function that is being compiled or in a model that is being
recorded, a program is the function itself. Invariant: recordings are a cache. Copies and pickles
are made of the function and start without any.
"""

import inspect
import math
import os
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.arguments import Layout, Ragged, Signature, ValuesAmongArguments
from autograd.compiler.direct import Direct
from autograd.compiler.javascript import javascript
from autograd.compiler.lanes import Lanes
from autograd.compiler.native import MissingError, missing
from autograd.compiler.parameters import Flat, Parameters, Shared, padded
from autograd.compiler.paths import Path
from autograd.compiler.replay import Replayer
from autograd.compiler.results import blocks, rebuild, together
from autograd.compiler.tape import UnreadableError
from autograd.compiler.to_c import to_c
from autograd.compiler.to_jax import to_jax
from autograd.compiler.to_onnx import to_onnx
from autograd.compiler.to_torch import to_torch
from autograd.compiler.trace import PROGRAM, without_arrays
from autograd.compiler.ways_out import Outward, only, outward
from autograd.engine.modes import any_open, innermost, no_grad, recording
from autograd.engine.primitive import DETACHED
from autograd.engine.value import Value, as_value, leaf, node
from autograd.nesting import flatten, same

FloatArray = npt.NDArray[np.float64]
MOST_IN_LANES = 30_000  # operations of a row: more, in layers, NumPy's BLAS does faster
MOST_KINDS = 64  # of calls whose recordings are kept; the least recently used goes first


class Program:
    """What `compile` returns: call it, or ask for `mean` or `value_and_grad`.

    With `batch=True` every argument has a leading batch axis of one length B, and results have it,
    too. Parameters are the leaf Values that the function used without taking them as arguments;
    their data are read afresh at each call. Arguments and errors are as for `compile`; `lists`, for
    models written for lists: rows of arrays are nested lists, too.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        batch: bool = False,
        static_argnames: tuple[str, ...] = (),
        lists: bool = False,
    ) -> None:
        self._function, self._batch = function, batch
        self._static, self._lists = static_argnames, lists
        self._signature = Signature(function, batch, static_argnames, lists)
        self._parameters = Parameters()
        self._replayers: dict[Any, Replayer] = {}
        self._last: Replayer | None = None  # that of the last call, for the next of its kind
        self._direct: Direct | None = None  # the short way for the next
        self._bound_to: Any = None
        self._method: Program | None = None
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "program")
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        self.__module__ = getattr(function, "__module__", __name__)
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns: float, or array (B,); for a list of k, (k,), (B, k)."""
        direct = self._direct
        if direct is not None and not (kwargs or any_open()):
            found = direct.value(args)
            if found is not None:
                return found
        if recording():
            return self._itself(args, kwargs)
        try:
            replayer, arrays, count = self._read(args, kwargs)
        except ValuesAmongArguments:
            return self._itself(args, kwargs)
        except Ragged:
            return together(self._by_length(args, kwargs, self.__call__))
        parts = replayer.replay(arrays, count)[0]
        self._direct = replayer.direct()
        return rebuild(replayer.structure, list(parts), self._batch)

    def mean(self, *args: Any, **kwargs: Any) -> Value:
        """Return the mean over the batch as one Value whose parents are the parameters."""
        if recording():
            return self._mean_itself(args, kwargs)
        off = innermost(no_grad) is not None
        try:
            number, slopes = self._mean(args, kwargs, reverse=not off)
        except ValuesAmongArguments:
            return self._mean_itself(args, kwargs)
        if off or not len(slopes):
            return leaf(number, DETACHED)
        return node(PROGRAM, tuple(self.parameters[: len(slopes)]), number, tuple(slopes.tolist()))

    def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[float, FloatArray]:
        """Return the mean over the batch and its gradient, float64, aligned with `parameters`.

        Raises `TypeError` where the function returns more than one Value, and where the numbers
        would be frozen, as in another compiled function; `ValueError` for an empty batch.
        """
        direct = self._direct
        if direct is not None and not (kwargs or any_open()):
            found = direct.value_and_grad(args)
            if found is not None:
                return found
        try:
            if recording():
                raise ValuesAmongArguments
            return self._mean(args, kwargs, reverse=True)
        except ValuesAmongArguments:
            raise TypeError(
                "`value_and_grad` of a program gives bare numbers, through which no derivative "
                "flows, but here derivatives are Values: take program.mean(...), and to "
                "differentiate by the arguments autograd.value_and_grad(program)"
            ) from None

    def share(self, values: list[Value]) -> Shared:
        """Return what finds the parameters among `values`, which a caller keeps in a flat array."""
        return Shared(self._parameters, values)

    def value_and_grad_on(
        self, shared: Shared, flat: FloatArray, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[float, FloatArray]:
        """Return the mean for `args`, `kwargs`, and its gradient, aligned with a caller's `flat`.

        `shared` says where in `flat` the parameters are. Raises as `value_and_grad`.
        """
        if recording():
            raise TypeError(
                "a step of an optimiser inside a function that is being recorded would be made "
                "once and never again: step outside"
            )
        number, slopes = self._mean(args, kwargs, reverse=True, flat=lambda: shared.take(flat))
        return number, shared.hand_back(slopes)

    def _mean(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], reverse: bool, flat: Flat | None = None
    ) -> tuple[float, FloatArray]:
        """The mean, and where `reverse` asks for it the gradient, else zeros.

        The gradient is that of the trained; of a caller's `flat` it is as that is arranged.
        """
        try:
            replayer, arrays, count = self._read(args, kwargs)
        except Ragged:
            known = -1
            while known != len(self._parameters.used):  # all are aligned with the last that came
                known = len(self._parameters.used)
                found = self._by_length(
                    args, kwargs, lambda *a, **k: self._mean(a, k, reverse, flat)
                )
            return _mean_of(found)
        if not count:
            raise ValueError("an empty batch has no mean: pass at least one row")
        replayer.start(arrays, count)
        if replayer.structure is not None:
            raise TypeError(
                "`mean` and `value_and_grad` need a function that returns one Value; this one "
                "returns a list, tuple or dict"
            )
        parts, slopes = replayer.replay(arrays, count, reverse=reverse, flat=flat)
        self._direct = replayer.direct()
        number = float(parts[0].mean()) if self._batch else parts[0].item()
        return number, slopes if flat else self._parameters.of_trained(slopes)

    def _by_length(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], run: Callable[..., Any]
    ) -> list[tuple[list[int], Any]]:
        """Run the rows whose lists have the same lengths together, which are not one array."""
        found = []
        for rows, mine, rest in self._signature.groups(args, kwargs):
            try:
                found.append((rows, run(*mine, **rest)))
            except Exception as error:
                error.add_note(f"of the rows of one length, which are {rows}")
                raise
        return found

    def _itself(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the function itself returns, for each row of a batch; nested as a program does."""
        if not self._batch:
            args, kwargs = self._signature.itself(args, kwargs)
            return self._function(*args, **kwargs)
        structure: Any = None
        rows: list[list[Value]] = []
        for row_args, row_kwargs in self._signature.rows(args, kwargs):
            leaves: list[Any] = []
            returned = self._function(*row_args, **row_kwargs)
            found = flatten(without_arrays(returned), leaves, structure)
            if rows and not same(found, structure):
                raise TypeError(
                    f"`{self.__name__}` returned results of different structure for two rows of "
                    f"a batch; the second is {returned!r:.60}"
                )
            structure = found
            rows.append([as_value(leaf, "the result") for leaf in leaves])
        if not rows:
            raise ValueError("an empty batch has no results to differentiate: pass a row")
        whole = np.array(rows, dtype=object)
        ends = np.cumsum([math.prod(shape) for shape in blocks(structure)], dtype=int)
        return rebuild(structure, np.split(whole, ends[:-1], axis=1), batch=True)

    def _mean_itself(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Value:
        results = self._itself(args, kwargs)
        if not self._batch:
            return as_value(results, "the result")
        if not isinstance(results, np.ndarray) or results.ndim != 1:
            raise TypeError("`mean` needs a function that returns one Value")
        return as_value(sum(results.tolist()) * (1.0 / len(results)))

    def _read(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Replayer, list[FloatArray], int]:
        """The recordings of this kind of call, its arguments as arrays, and how many rows."""
        last = self._last
        known = None if last is None else last.layout
        layout, arrays, count = self._signature.read(args, kwargs, known)
        if last is not None and layout is known:
            return last, arrays, count
        replayer = self._replayers.get(layout.kind)
        if replayer is None or not replayer.paths:  # a call that failed has left none
            return self._new(layout), arrays, count
        layout.check(replayer.layout)
        with self._parameters.lock:  # the least recently used stands first
            if self._replayers.pop(layout.kind, None) is not None:
                self._replayers[layout.kind] = replayer
        self._last = replayer
        return replayer, arrays, count

    def _new(self, layout: Layout) -> Replayer:
        key = layout.kind
        with self._parameters.lock:
            known = self._replayers.get(key)
            if known is not None and known.paths:  # another thread was first
                layout.check(known.layout)
                return known
            for other in self._replayers.values():
                if other.paths and other.layout.kind[:-2] == key[:-2]:
                    layout.check(other.layout)
            if len(self._replayers) >= MOST_KINDS:
                del self._replayers[next(iter(self._replayers))]
            made = Replayer(self._function, self.__name__, layout, self._batch, self._parameters)
            self._replayers[key] = made
            return made

    @property
    def parameters(self) -> list[Value]:
        """The parameters in order of first use; known after the first call."""
        return [self._parameters.values[i] for i in self._parameters.trained().tolist()]

    @property
    def source(self) -> str:
        """The generated source of all paths; empty before the first call."""
        return "\n".join(path.made.source for path in self._paths)

    @property
    def _paths(self) -> list[Any]:
        return [path for replayer in self._replayers.values() for path in replayer.paths]

    def to_javascript(self) -> str:
        """Return the recorded paths as JavaScript: text that defines `program(A, P, R, G)`.

        It computes one row: A are its arguments, flat, P the numbers of `parameters`, R takes the
        results, and to G, where it is given, the gradient of the first result by P is added. It
        returns whether the row takes a path that was recorded; where not, R and G stay.

        Raises `ValueError` before the first call and for recordings of several kinds of calls, and
        `TypeError` where a row of the user's own cannot be written as JavaScript.
        """
        replayer = only(self._kinds_of_calls, self.__name__, "to_javascript")
        return javascript(replayer.lines, self._parameters)

    def to_c(self, path: str | os.PathLike[str]) -> None:
        """Write the recorded paths to a C file at `path`, and a header beside it.

        The file model.c defines `model_run(A, P, R, G)`, which takes pointers to doubles, and
        `model_parameters`, P as it is now. One row is computed: A are its arguments, flat, P the
        numbers of `parameters`; R takes the results, and G, unless it is NULL, the gradient of the
        first result by P. What is returned is 0, or 1 where the row takes a path that was not
        recorded; then R and G stay. It needs nothing but C99's math.h; threads may share it.

        Raises `ValueError` before the first call, for recordings of several kinds of calls, for
        more than 200,000 steps and where `path` is no C name and .c; `TypeError` where a row of the
        user's own cannot be read; `OSError`.
        """
        replayer = only(self._kinds_of_calls, self.__name__, "to_c")
        to_c(replayer.lines, self._parameters, path)

    def to_torch(self) -> Callable[..., Any]:
        """Return the program as a function of PyTorch's tensors, differentiable there.

        `function(*args, parameters=None)` takes arguments as the program does, tensors for arrays
        and numbers, and returns tensors for its results. `parameters` is a flat tensor, or a list,
        in the order of `program.parameters`; by default they are as the Values are at that call.
        All is computed in the floats of the tensors, float64 without any. Derivatives, of any order
        and under `torch.func`, are those of the rows, kinks and ties included. A `take` at an index
        outside of its table gives nan. Static arguments are those of the recorded call.

        Raises `ValueError` before the first call, for recordings of several kinds of calls and for
        functions with branches; `TypeError` where a row of the user's own cannot be read;
        `ImportError` without PyTorch.
        """
        return to_torch(self._outward("to_torch"))

    def to_jax(self) -> Callable[..., Any]:
        """Return the program as a function of JAX arrays, differentiable there.

        As `to_torch`, for `jax.grad`, `jit`, `vmap` and `pmap`. JAX computes in float32 unless
        jax.config.update("jax_enable_x64", True) was said. Under `jit` the default of `parameters`
        is what it was when the function was traced: pass what changes.

        Raises what `to_torch` raises, `ImportError` without JAX.
        """
        return to_jax(self._outward("to_jax"))

    def to_onnx(self, path: str | os.PathLike[str], *, dtype: str = "float32") -> None:
        """Write the program to an ONNX file at `path`, with the parameters as they are now.

        Inputs have the names of the arguments, results are "output", of a dict "output_key", of a
        tuple "output_0" and on; with batch=True the first axis is "batch", of any length. All
        numbers are of `dtype`, "float32" or "float64"; for the latter onnxruntime has no kernels
        for tan, the inverse functions of sin, cos and tan, hyperbolic functions but tanh, and erf.
        A `take` at an index outside of its table gives nan.

        Raises what `to_torch` raises, `ImportError` without onnx, `ValueError` for another `dtype`
        and `OSError`.
        """
        to_onnx(self._outward("to_onnx"), path, dtype)

    def _outward(self, way: str) -> Outward:
        return outward(self._kinds_of_calls, self._batch, self.__name__, way)

    @property
    def _kinds_of_calls(self) -> list[Replayer]:
        return [replayer for replayer in self._replayers.values() if replayer.paths]

    def __str__(self) -> str:
        lines = [f"program of {self.__name__}: {len(self._paths)} paths"]
        lines[0] = lines[0].replace(" 1 paths", " 1 path")
        if not self._paths:
            lines.append("not recorded yet: call it once")
        for i, path in enumerate(self._paths):
            products = path.arrays.products if path.arrays else 0
            lines.append(
                f"path {i}: {path.recording.nodes} nodes recorded, "
                f"{len(path.recording.program)} after simplification, "
                f"{path.made.instructions} instructions, {products} matrix products; {path.way}"
            )
        return "\n".join(lines)

    def bind(self, values: list[Value], *args: Any) -> "BoundProgram":
        """Record for arguments like these, and return the program on a flat array of `values`."""
        replayer, arrays, count = self._read(args, {})
        replayer.start(arrays, count)
        return BoundProgram(replayer, values)

    def recorded(self, values: list[Value]) -> "Recorded | None":
        """Return what the program has recorded, for a twin: a function of the same code.

        None unless one path on arrays, the same for all numbers, of these `values` is all there is.
        """
        own, paths, place = self._parameters, self._paths, {v: i for i, v in enumerate(values)}
        if len(paths) != 1 or paths[0].arrays is None or paths[0].recording.guards:
            return None
        if not place.keys() >= set(own.values):
            return None
        path = replace(paths[0], recording=replace(paths[0].recording, parameters=[]))
        return Recorded(path, [place[v] for v in own.values], frozenset(own.used), own.order)

    def adopt(self, recorded: "Recorded", values: list[Value], *args: Any) -> None:
        """Take what a twin has `recorded` for arguments like these, with one's own `values`."""
        own, (layout, _, _) = self._parameters, self._signature.read(args, {}, None)
        own.values, own.used = [values[i] for i in recorded.places], set(recorded.used)
        own.arrange(recorded.order)
        recording = replace(recorded.path.recording, parameters=list(own.values))
        self._new(layout).paths.append(replace(recorded.path, recording=recording))

    def __get__(self, instance: Any, owner: Any = None) -> "Program":
        """The program as a method: one for each instance, kept in the instance.

        Raises `TypeError` where an instance has no room for it.
        """
        if instance is None:
            return self
        with _KEEPING:
            kept = _kept_in(instance).programs
            if self not in kept:
                method = types.MethodType(self._function, instance)
                made = kept[self] = Program(method, self._batch, self._static, self._lists)
                made._bound_to, made._method = instance, self
            return kept[self]

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self._method is not None:
            for base in type(self._bound_to).__mro__:
                for name, item in vars(base).items():
                    if item is self._method:
                        return _method, (base, name, self._bound_to)
        found: Any = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:  # a decorated function: a pickle refers to it by its name
            return str(self.__qualname__)
        return Program, (self._function, self._batch, self._static, self._lists)


def _mean_of(groups: list[tuple[list[int], Any]]) -> tuple[float, FloatArray]:
    """The mean and its gradient over groups of rows, of which each has its own."""
    count = sum(len(rows) for rows, _ in groups)
    size = max(len(slopes) for _, (_, slopes) in groups)
    mean, gradient = 0.0, np.zeros(size)
    for rows, (number, slopes) in groups:
        mean += len(rows) / count * number
        gradient += len(rows) / count * padded(slopes, size)
    return mean, gradient


@dataclass(frozen=True)
class Recorded:
    """What a program has recorded, without Values: `places` says which of a list it uses."""

    path: Path
    places: list[int]
    used: frozenset[int]
    order: Any


class BoundProgram(Shared):
    """A program on the flat array in which a caller keeps his `values`."""

    def __init__(self, replayer: Replayer, values: list[Value]) -> None:
        super().__init__(replayer.parameters, values)
        self._replayer = replayer

    def expect(self, calls: int) -> None:
        """Say how many calls will follow: what takes time to compile pays with many."""
        self._replayer.calls = calls

    def lanes(self, batch: int) -> Lanes | None:
        """Return what runs batches of so many rows natively, None where nothing does.

        Paths with comparisons, parameters that are not the caller's, and networks whose products
        take longer than all around them are left to `run`.
        """
        path, own = self._replayer.paths[0], self.parameters
        self._match()
        guarded = len(self._replayer.paths) > 1 or path.recording.guards
        if missing() or guarded or not self._same or path.operations > MOST_IN_LANES:
            return None
        places = np.argsort(own.order).tolist()
        try:
            return Lanes(path.line.plan(True, exact=False), places, batch)
        except (MissingError, UnreadableError):
            return None

    def is_current(self, arrays: list[FloatArray]) -> bool:
        """Whether the function, recorded again for the first row, does what was recorded.

        Where there are several paths nobody can know without a row of each.
        """
        paths = list(self._replayer.paths)
        return len(paths) == 1 and self._replayer.record([a[0] for a in arrays]) is paths[0]

    def run(
        self, flat: FloatArray, arrays: list[FloatArray], count: int, rows: Any, reverse: bool
    ) -> tuple[list[FloatArray], FloatArray]:
        """Run `count` rows, as `Replayer.replay` does; the gradient is aligned with `flat`."""
        parts, gradient = self._replayer.replay(
            arrays, count, rows, reverse, lambda: self.take(flat)
        )
        return parts, self.hand_back(gradient) if reverse else gradient


class _Kept:
    """The programs of the methods of one instance, in its `__dict__`; copies start without any."""

    def __init__(self, instance: Any = None) -> None:
        self.instance = instance
        self.programs: dict[Program, Program] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _Kept, ()


_KEEPING = threading.RLock()
_NAME = "compiled methods"  # no attribute of the user's has a blank in it


def _kept_in(instance: Any) -> _Kept:
    """What an instance, or a class for its class methods, keeps; a shallow copy takes its own."""
    attributes = getattr(instance, "__dict__", None)
    if attributes is None:
        raise TypeError(
            f"a compiled method keeps its program in the instance, and `{type(instance).__name__}` "
            "has `__slots__` and no `__dict__`: add '__dict__' to `__slots__`"
        )
    kept: _Kept | None = attributes.get(_NAME)
    if kept is None or kept.instance is not instance:
        kept = _Kept(instance)
        if isinstance(instance, type):
            type.__setattr__(instance, _NAME, kept)
        else:
            attributes[_NAME] = kept
    return kept


def _method(owner: type, name: str, instance: Any) -> Any:
    """The method of an instance that is perhaps not restored yet, as a pickle refers to it."""
    method: Any = inspect.getattr_static(owner, name)
    return method.__get__(instance, owner)
