"""Program: a compiled function. Record once, replay fast."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.arguments import Signature
from autograd.compiler.replay import Replayer
from autograd.compiler.results import rebuild
from autograd.engine.modes import innermost, no_grad
from autograd.engine.primitive import DETACHED, Primitive
from autograd.engine.value import Value, leaf, node

Array = npt.NDArray[np.float64]


class Program:
    """What `compile` returns: call it, or ask for `mean` or `value_and_grad`.

    With `batch=True` every argument has a leading batch axis of one length B, and results have
    it, too. Parameters are the leaf Values that the function used without taking them as
    arguments; their data are read afresh at each call.
    """

    def __init__(self, function: Callable[..., Any], batch: bool) -> None:
        self._batch = batch
        self._signature = Signature(function, batch)
        self.replayer = Replayer(function, self._signature, batch)
        self.__name__ = getattr(function, "__name__", "program")
        self.__doc__ = inspect.getdoc(function)

    def __call__(self, *args: Any) -> Any:
        """Return what the function returns: float, or array (B,); for a list of k, (k,), (B, k)."""
        arrays, count = self._signature.read(args)
        parts = self.replayer.replay(arrays, count)[0]
        structure = self.replayer.paths[0].recording.structure
        return rebuild(structure, list(parts), self._batch)

    def mean(self, *args: Any) -> Value:
        """Return the mean over the batch as one Value whose parents are the parameters."""
        off = innermost(no_grad) is not None
        number, slopes = self._mean(args, reverse=not off)
        if off or not self.replayer.parameters:
            return leaf(number, DETACHED)
        return node(PROGRAM, tuple(self.replayer.parameters), number, tuple(slopes.tolist()))

    def value_and_grad(self, *args: Any) -> tuple[float, Array]:
        """Return the mean over the batch and its gradient, float64, aligned with `parameters`.

        Raises `TypeError` where the function returns more than one Value, and `ValueError` for
        an empty batch.
        """
        return self._mean(args, reverse=True)

    def _mean(self, args: tuple[Any, ...], reverse: bool) -> tuple[float, Array]:
        """The mean, and where `reverse` asks for it the gradient, else zeros."""
        arrays, count = self._signature.read(args)
        if not count:
            raise ValueError("an empty batch has no mean: pass at least one row")
        self._record(arrays, count)
        if self.replayer.paths[0].recording.structure is not None:
            raise TypeError(
                "`mean` and `value_and_grad` need a function that returns one Value; this one "
                "returns a list, tuple or dict"
            )
        parts, slopes = self.replayer.replay(arrays, count, reverse=reverse)
        gradient = np.zeros(len(slopes))
        gradient[self.replayer.order] = slopes
        return float(parts[0].mean()), gradient

    @property
    def parameters(self) -> list[Value]:
        """The parameters in order of first use; known after the first call."""
        return list(self.replayer.parameters)

    @property
    def source(self) -> str:
        """The generated source of all paths; empty before the first call."""
        return "\n".join(path.made.source for path in self.replayer.paths)

    def __str__(self) -> str:
        lines = [f"program of {self.__name__}: {len(self.replayer.paths)} paths"]
        lines[0] = lines[0].replace(" 1 paths", " 1 path")
        if not self.replayer.paths:
            lines.append("not recorded yet: call it once")
        for i, path in enumerate(self.replayer.paths):
            products = path.arrays.products if path.arrays else 0
            lines.append(
                f"path {i}: {path.recording.nodes} nodes recorded, "
                f"{len(path.recording.program)} after simplification, "
                f"{path.made.instructions} instructions, {products} matrix products"
            )
        return "\n".join(lines)

    def record(self, *args: Any) -> None:
        """Record the path of the first row, so that parameters and source are known."""
        self._record(*self._signature.read(args))

    def _record(self, arrays: list[Array], count: int) -> None:
        if not self.replayer.paths:
            self.replayer.record([a[0] if self._batch and count else a for a in arrays])


class _ProgramRow(Primitive):
    """What made a mean: its value cannot be computed again from the parameters alone."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _program_row, ()


def _program_row() -> Primitive:
    return PROGRAM


def _unknown(*inputs: Any) -> float:
    return math.nan


PROGRAM = _ProgramRow("program", _unknown, _unknown, lambda out, *inputs: ())
