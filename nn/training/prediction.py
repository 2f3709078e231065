"""What a trained model says: `predict`, `predict_proba`, `accuracy`, in evaluation mode.

Invariant: the answers are those of the model as it is now, and the modes that it is in do not
matter to them, nor are they changed.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Value
from autograd.engine.number import as_float
from autograd.grad_mode import Training
from nn.checks import by_name
from nn.data import check_examples
from nn.losses import LOSSES, Loss, kind_of
from nn.module import Module, check_model
from nn.training.examples import Examples, made_by, single
from nn.training.marks import TRAINED_BY
from nn.training.predictor import predictor_of

Array = npt.NDArray[np.float64]


def predict(model: Module, X: Any) -> Array:
    """Return the model's outputs for `X`, shape (n, ...), in evaluation mode.

    The result has shape (n, outputs), or (n,) where the model returns a bare Value. For classes
    take `predict(model, X).argmax(axis=1)`. Compiled after some tens of examples; numbers that the
    model reads from elsewhere than its attributes are then frozen. One that draws random numbers,
    or answers an example in two ways, is not compiled.

    Raises `ValueError` or `TypeError` for `X` that are no finite numbers or do not fit the model.
    """
    predictor = predictor_of(model)
    outputs = predictor(check_examples(X))
    return outputs[:, 0] if predictor.bare else outputs


def predict_proba(model: Module, X: Any, loss: str | Loss | None = None) -> Array:
    """Return the probability of each class, shape (n, classes), of the examples `X`, (n, ...).

    Several outputs are logits of classes, whose softmax it is, or of one question each after
    training with binary_cross_entropy_with_logits; one output gives (1 - p, p). What the model has
    made by sigmoid or softmax itself stands as it is. `loss` is by default that of the last `fit`.

    Raises `ValueError` where the outputs are numbers to be met and no logits.
    """
    kind = kind_of(loss_of(model, loss))
    outputs = predictor_of(model)(check_examples(X))
    with model.evaluating(), Training():
        output = single(model(check_examples(X)[0].tolist()))
    operation = made_by(output)
    if kind == "numbers" and operation != "sigmoid":
        raise ValueError("the model was trained to meet numbers, which are no probabilities")
    with np.errstate(over="ignore"):
        answers = 1.0 / (1.0 + np.exp(-outputs))
    if isinstance(output, Value):
        p = outputs if operation == "sigmoid" else answers
        return np.concatenate([1.0 - p, p], axis=1)
    if operation == "sigmoid" or (
        operation in ("exp", "/") and np.allclose(outputs.sum(axis=1), 1.0)
    ):
        return outputs
    if kind == "logits":
        return answers
    shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def accuracy(
    model: Module, X: Any, y: Any, loss: str | Loss | None = None, threshold: float | None = None
) -> float:
    """Return the share of examples `X` that the model classifies as `y` says, from 0 to 1.

    With several outputs the largest must be that of the class (an index, or a one-hot row). With
    one output, labels are -1 and 1, or 0 and 1: an output above `threshold` means 1. That is by
    default 0.5 where a sigmoid made the output, or where it is a number to be 0 or 1 by `loss`,
    which is by default the loss of the last `fit`; else 0. Raises `ValueError` where `y` holds no
    classes.
    """
    loss = loss_of(model, loss)
    with model.evaluating():
        examples = Examples(model, X, y, loss)
    if not examples.graded:
        raise ValueError(
            "`accuracy` needs classes in `y`: indices or one-hot rows for several outputs, "
            "0 and 1 or -1 and 1 for one output"
        )
    outputs = predictor_of(model)(examples.X)
    if threshold is None:
        return float(examples.right(outputs))
    if not (examples.outputs == 1 or examples.yes_or_no):
        raise ValueError("`threshold` is for one output, or a question each; here the largest wins")
    level = as_float(threshold, "threshold")
    if level != level:
        raise ValueError("`threshold` is nan: nothing is above or below it")
    right = (outputs > level) == (examples.targets.reshape(outputs.shape) > 0.0)
    return float(np.mean(right.all(axis=1)))


def loss_of(model: Module, loss: str | Loss | None) -> Loss | None:
    """Return the loss given, or the one of the last `fit`, None where there is none."""
    check_model(model)
    return vars(model).get(TRAINED_BY) if loss is None else by_name("loss", loss, LOSSES)
