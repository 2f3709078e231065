"""What a trained model says: `predict` and `accuracy`, compiled where that is worth it."""

from typing import Any

import numpy as np
import numpy.typing as npt

import autograd
from autograd import Value, no_grad
from autograd.engine.modes import Training
from autograd.engine.value import as_value
from nn.checks import by_name
from nn.data import check_examples
from nn.losses import LOSSES, Loss
from nn.module import Module
from nn.training.examples import Examples

Array = npt.NDArray[np.float64]

# Compiling takes as long as running some tens of examples one by one.
WORTH_COMPILING = 32


def predict(model: Module, X: Any) -> Array:
    """Return the model's outputs for `X`, shape (n, features), in evaluation mode.

    The result has shape (n, outputs), or (n,) where the model returns a bare Value. For classes
    take `predict(model, X).argmax(axis=1)`.
    """
    with model.evaluating():
        outputs, single = _outputs(model, check_examples(X))
    return outputs[:, 0] if single else outputs


def accuracy(model: Module, X: Any, y: Any, loss: str | Loss | None = None) -> float:
    """Return the share of examples that the model classifies as `y` says, from 0 to 1.

    With several outputs the largest must be that of the class (an index, or a one-hot row). With
    one output, labels are -1 and 1, or 0 and 1: an output above the threshold means 1. The
    threshold is 0; for labels 0 and 1 it is 0.5 where the model ends in a sigmoid or `loss`, what
    it was trained with, is one of squares. Raises `ValueError` where `y` holds no classes.
    """
    known = None if loss is None else by_name("loss", loss, LOSSES)
    with model.evaluating():
        examples = Examples(model, X, y, known, rehearse=False)
    if not examples.classes:
        raise ValueError(
            "`accuracy` needs classes in `y`: indices or one-hot rows for several outputs, "
            "0 and 1 or -1 and 1 for one output"
        )
    with model.evaluating():
        outputs, _ = _outputs(model, examples.rows)
    return examples.right(outputs) / len(examples)


def _outputs(model: Module, rows: list[list[float]]) -> tuple[Array, bool]:
    """The outputs for all rows, shape (n, outputs), and whether each is a bare Value."""

    def as_list(x: Any) -> list[Value]:
        output = model(x)
        return [output] if isinstance(output, Value) else list(map(as_value, output))

    with no_grad(), Training():
        single = isinstance(model(rows[0]), Value)
    if len(rows) >= WORTH_COMPILING:
        try:
            with no_grad():
                compiled: Array = autograd.compile(as_list, batch=True)(rows)
            return compiled, single
        except (TypeError, ValueError):  # a model that reads .data
            pass
    with no_grad(), Training():
        return np.array([[v.data for v in as_list(row)] for row in rows]), single
