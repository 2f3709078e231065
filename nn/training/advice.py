"""Advice: what will hardly learn, said in one sentence before the training and after it.

Each is a warning, shown once by Python's own rule, and never stops anything.
"""

import math
import warnings

import numpy as np

from nn.data.blocks import Blocks
from nn.losses import cross_entropy, kind_of
from nn.training.examples import Examples, made_by
from nn.training.history import History

LARGE = 200.0  # inputs beyond it drive the units of a usual initialisation into saturation
DIVERGED = 10.0  # times the first loss


class TrainingWarning(UserWarning):
    """A training that can hardly succeed, or did not."""


def before(examples: Examples, unwatched: bool) -> None:
    """Warn of outputs that the loss misreads, of inputs that are far from 1, of bad stopping."""
    if unwatched:
        _warn(
            "`early_stopping` without `validation` watches the training loss, which says nothing "
            "of new examples: hold out a share such as 0.2"
        )
    kind, operation = kind_of(examples.loss), made_by(examples.output)
    takes_logits = kind in ("logits", "classes", "signs")
    if operation == "sigmoid" and kind in ("logits", "classes"):
        _warn(
            "the model ends in a sigmoid and the loss applies one itself: let the last layer be "
            "linear, or take the loss mse_loss"
        )
    elif operation == "relu" and takes_logits:
        _warn(
            "the model ends in relu, which cuts off every negative logit: let the last layer be "
            "linear, as nn.Linear is"
        )
    elif examples.loss is cross_entropy and operation in ("exp", "/"):
        if math.isclose(sum(v._data for v in examples.output), 1.0, rel_tol=1e-9):
            _warn(
                "the model ends in a softmax and cross_entropy applies one itself: return the "
                "logits, or take the loss nll on nn.log_softmax(logits)"
            )
    X = examples.X
    largest = X.largest if isinstance(X, Blocks) else float(np.abs(X).max())
    if largest > LARGE:
        _warn(
            f"inputs up to {largest:.4g} are far from 1, where networks learn badly: scale each "
            "column, by nn.data.fit_scaling or by dividing"
        )


def after(history: History) -> None:
    """Warn of a training that ended worse than it began."""
    if len(history.loss) > 1 and history.loss[-1] > max(1.0, DIVERGED * abs(history.loss[0])):
        _warn(
            f"the loss grew from {history.loss[0]:.4g} to {history.loss[-1]:.4g}: a smaller "
            "learning rate, `clip_norm=1.0` or scaled inputs often help"
        )


def unmoved() -> None:
    """Warn of a training in which no weight could move."""
    _warn(
        "nothing was learnt: the gradient of the loss is 0 for every weight. Compute outputs and "
        "loss from the Values themselves, without .data, detach() or comparisons; and relu in all "
        "units of a layer may be 0 for all inputs"
    )


def _warn(message: str) -> None:
    warnings.warn(message, TrainingWarning, stacklevel=4)
