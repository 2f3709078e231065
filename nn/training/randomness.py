"""Random numbers that a model draws: a program would freeze them, so runs are compared.

A draw changes a generator that is known, Python's, NumPy's or one that a module holds; then what is
recorded is computed again, as it is where the same example may be answered in another way for any
other reason. Invariant: a model that draws nothing is not refused, whatever other threads draw.
"""

import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Value, no_grad
from autograd.grad_mode import Training
from nn.losses import Loss
from nn.module import Module
from nn.training.examples import Examples, listed

_DRAWN = (
    "would be frozen into the compiled program. Draw them in a layer that is an "
    "nn.layers.NoisyLayer, as nn.Dropout is, or pass compiled=False"
)


def undrawn(model: Module, run: Callable[[], list[Value]]) -> list[Value]:
    """Return what `run` gives; raises `TypeError` where what it draws changes the numbers."""
    seen = set()
    for _ in range(5):  # it may draw on one branch only
        before = _generators(model)
        found = run()
        seen.add(repr([v._data for v in found]))
        if _generators(model) == before:
            break  # else another thread may have drawn: Dask's does, to measure sizes
    if len(seen) > 1:
        raise TypeError(f"the random numbers that model or loss draw {_DRAWN}")
    return found


def check_repeats(model: Module, loss: Loss, examples: Examples) -> None:
    """Raise `TypeError` where model or loss draw random numbers, which a program would freeze."""
    outputs = check_answers(model, examples.row(0))
    with no_grad(), Training():
        errors = [loss(output, examples.target(0)) for output in outputs]
    _check_same("loss", errors)


def check_answers(model: Module, example: Any) -> list[Any]:
    """Return two answers to an example; raises `TypeError` where they differ."""
    with no_grad(), Training():
        outputs = [model(example) for _ in range(2)]
    _check_same("model", outputs)
    return outputs


def _check_same(what: str, pair: list[Any]) -> None:
    first, second = ([repr(v.data) for v in listed(x)] for x in pair)
    if first != second:
        raise TypeError(
            f"the {what} answers the same example with {first[0]} and then {second[0]}: "
            f"random numbers {_DRAWN}"
        )


def _generators(model: Module) -> bytes:
    """The states of Python's and NumPy's generators, and of those that the modules hold."""
    held = [x for module in model.modules() for x in vars(module).values()]
    own = [x.getstate() for x in held if type(x) is random.Random]
    numpys = [x.bit_generator.state for x in held if isinstance(x, np.random.Generator)]
    return pickle.dumps([random.getstate(), np.random.get_state(), own, numpys])
