"""Exports: what a program can be written as, for pages, for C and for other libraries.

    program = autograd.compile(lambda x: (w * x[0]).sin())
    program([1.0])                                     # records it
    program.to_c("model.c")                            # path by path, branches and all: scalars
    function = program.to_torch()                      # one path, of whole arrays, without branches

Invariant: only what was recorded is written, and of one kind of call.
"""

import os
from collections.abc import Callable
from typing import Any

from autograd.compiler.javascript import javascript
from autograd.compiler.parameters import Parameters
from autograd.compiler.replay import Replayer
from autograd.compiler.to_c import to_c
from autograd.compiler.to_jax import to_jax
from autograd.compiler.to_onnx import to_onnx
from autograd.compiler.to_torch import to_torch
from autograd.compiler.ways_out import Outward, outward


class Exports:
    """The ways out of a program."""

    __name__: str
    _batch: bool
    _parameters: Parameters
    _replayers: dict[Any, Replayer]

    def to_javascript(self) -> str:
        """Return the recorded paths as JavaScript: text that defines `program(A, P, R, G)`.

        It computes one row: A are its arguments, flat, P the numbers of `parameters`, R takes the
        results, and to G, where it is given, the gradient of the first result by P is added. It
        returns whether the row takes a path that was recorded; where not, R and G stay.

        Raises `ValueError` before the first call and for recordings of several kinds of calls, and
        `TypeError` where a row of the user's own cannot be written as JavaScript.
        """
        replayer = self._only("to_javascript")
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
        replayer = self._only("to_c")
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
        return outward(self._only(way), self._batch, self.__name__, way)

    def _only(self, way: str) -> Replayer:
        """The recordings of the one kind of call; raises `ValueError` for none or several."""
        found = [replayer for replayer in self._replayers.values() if replayer.paths]
        if len(found) != 1:
            raise ValueError(
                f"`{way}` writes what was recorded for one kind of call; of `{self.__name__}` "
                f"there are {len(found)}: call a fresh program once"
            )
        return found[0]
