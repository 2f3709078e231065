"""to_onnx: one of our models as an ONNX file, in evaluation mode.

The model is run once, compiled, on an example of its input, and the program is written. So whatever
compiles without a branch can be written, models of one's own as well.
"""

import os
from typing import Any

import numpy as np

from autograd import Program
from nn.files.model import check_module
from nn.layers import MLP, Layer, Neuron, Reshape, Sequential
from nn.module import Module


def to_onnx(
    model: Module, path: str | os.PathLike[str], example: Any = None, *, dtype: str = "float32"
) -> None:
    """Write `model` to an ONNX file at `path`, as it is now and computes in evaluation mode.

    `example` is one input, such as X[0], whose shape counts; a tuple for a model of several
    arguments, such as `(query, key, value)`. A model that begins with a layer of so many inputs
    needs none. The file takes batches of any length of such examples, tokens as floats too; inputs
    are called as the arguments of `forward`, outputs "output", or "output_0" and on for a tuple.
    Sequences are of the example's length. `dtype` is "float32" or "float64", for which onnxruntime
    lacks some kernels, GELU's erf among them.

    >>> nn.to_onnx(nn.MLP(2, [16, 1]), "moons.onnx")  # doctest: +SKIP

    Raises `ValueError` where the example is missing or the model branches, `TypeError` where an
    operation of your own cannot be read, `ImportError` without onnx, `OSError`.
    """
    check_module(model)
    first = model
    while isinstance(first, Sequential) and len(first):
        first = first[0]
    given = example
    if example is None and isinstance(first, Neuron | Layer | MLP):
        given = np.zeros(first.nin)
    elif example is None and isinstance(first, Reshape):
        given = np.zeros(first.channels * first.rows * first.columns)
    elif example is None:
        raise ValueError(
            f"{first!r:.60} takes inputs of several shapes: pass an `example`, one input such as "
            "X[0]"
        )
    arguments = [np.array(x)[None] for x in (given if isinstance(given, tuple) else (given,))]
    own = type(model)
    runs = own.__call__ is Module.__call__ and own.forward is not Module.forward
    program = Program(model.forward if runs else model, batch=True, lists=True)
    with model.evaluating():
        program(*arguments)
        program.to_onnx(path, dtype=dtype)
