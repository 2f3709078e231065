"""Program: a compiled function. Record once, replay fast.

    program = autograd.compile(lambda x: (w * x).sin())
    program(2.0)                     # records, and gives a float
    program(3.0)                     # replays
    autograd.grad(program)(3.0)      # calls the function itself

Programs compose. Where a derivative of the result may be asked for, with a Value among the
arguments, inside `grad`, in another function that is being compiled or in a model that is being
recorded, a program is the function itself. Invariant: recordings are a cache. Copies and pickles
are made of the function and start without any.
"""

import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.compiler.arguments import Arguments, Layout, Ragged, ValuesAmongArguments
from autograd.compiler.bound import BoundProgram, Recorded, adopt, recorded
from autograd.compiler.direct import Direct
from autograd.compiler.exports import Exports
from autograd.compiler.methods import method_of, reference
from autograd.compiler.parameters import Flat, FloatArray, Parameters, Shared, padded
from autograd.compiler.paths import Path
from autograd.compiler.recording import without_arrays
from autograd.compiler.replay import Replayer
from autograd.compiler.results import blocks, rebuild, together
from autograd.compiler.translation import PROGRAM
from autograd.engine.modes import any_open, innermost, recording
from autograd.engine.primitive import DETACHED
from autograd.engine.value import Value, as_value, leaf, node
from autograd.grad_mode import no_grad
from autograd.nesting import flatten, same

MOST_KINDS = 64  # of calls whose recordings are kept; the least recently used goes first


class Program(Exports):
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
        self._options = batch, static_argnames, lists
        self._arguments = Arguments(function, batch, static_argnames, lists)
        self._parameters = Parameters()
        self._replayers: dict[Any, Replayer] = {}
        self._last: Replayer | None = None  # that of the last call, for the next of its kind
        self._direct: Direct | None = None  # the short way for the next
        self._method: tuple[Program | None, Any] = None, None  # and of which instance
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
        for rows, mine, rest in self._arguments.groups(args, kwargs):
            try:
                found.append((rows, run(*mine, **rest)))
            except Exception as error:
                error.add_note(f"of the rows of one length, which are {rows}")
                raise
        return found

    def _itself(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the function itself returns, for each row of a batch; nested as a program does."""
        if not self._batch:
            args, kwargs = self._arguments.itself(args, kwargs)
            return self._function(*args, **kwargs)
        structure: Any = None
        rows: list[list[Value]] = []
        for row_args, row_kwargs in self._arguments.rows(args, kwargs):
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
        layout, arrays, count = self._arguments.read(args, kwargs, known)
        if last is None or layout is not known:
            last = self._last = self._replayer_of(layout)
        return last, arrays, count

    def _replayer_of(self, layout: Layout) -> Replayer:
        """The recordings of a kind of call, which may be none yet; it comes last of all kinds."""
        key = layout.kind
        with self._parameters.lock:
            found = self._replayers.get(key)
            known = found is not None and found.paths  # a call that failed has left none
            for other in [found] if known else self._replayers.values():
                if other and other.paths and other.layout.kind[:-1] == key[:-1]:
                    layout.check(other.layout)
            if found is None or not known:
                found = Replayer(
                    self._function, self.__name__, layout, self._batch, self._parameters
                )
            self._replayers.pop(key, None)
            self._replayers[key] = found
            if len(self._replayers) > MOST_KINDS:
                del self._replayers[next(iter(self._replayers))]
            return found

    @property
    def parameters(self) -> list[Value]:
        """The parameters in order of first use; known after the first call."""
        return [self._parameters.values[i] for i in self._parameters.trained().tolist()]

    @property
    def source(self) -> str:
        """The generated source of all paths; empty before the first call."""
        return "\n".join(path.made.source for path in self._paths)

    @property
    def _paths(self) -> list[Path]:
        return [path for replayer in self._replayers.values() for path in replayer.paths]

    def __repr__(self) -> str:
        return f"<{str(self).splitlines()[0]}>"

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

    def bind(self, values: list[Value], *args: Any) -> BoundProgram:
        """Record for arguments like these, and return the program on a flat array of `values`."""
        replayer, arrays, count = self._read(args, {})
        replayer.start(arrays, count)
        return BoundProgram(replayer, values)

    def recorded(self, values: list[Value]) -> Recorded | None:
        """Return what a twin of these `values` may take, None where it would need more."""
        return recorded(self._paths, self._parameters, values)

    def adopt(self, known: Recorded, values: list[Value], *args: Any) -> None:
        """Take what is `known` of a twin for arguments like these, with one's own `values`."""
        adopt(self._replayer_of(self._arguments.read(args, {}, None)[0]), known, values)

    def __get__(self, instance: Any, owner: Any = None) -> "Program":
        """The program as a method: one for each instance, kept in the instance.

        Raises `TypeError` where an instance has no room for it.
        """
        return self if instance is None else method_of(self, instance, self._method_of)

    def _method_of(self, instance: Any) -> "Program":
        made = Program(types.MethodType(self._function, instance), *self._options)
        made._method = self, instance
        return made

    def __reduce__(self) -> str | tuple[Any, ...]:
        return reference(self, *self._method) or (Program, (self._function, *self._options))


def _mean_of(groups: list[tuple[list[int], Any]]) -> tuple[float, FloatArray]:
    """The mean and its gradient over groups of rows, of which each has its own."""
    count = sum(len(rows) for rows, _ in groups)
    size = max(len(slopes) for _, (_, slopes) in groups)
    mean, gradient = 0.0, np.zeros(size)
    for rows, (number, slopes) in groups:
        mean += len(rows) / count * number
        gradient += len(rows) / count * padded(slopes, size)
    return mean, gradient
