"""The table of losses: what each is called, and which of them pull the output to the target."""

import functools
from collections.abc import Callable
from typing import Any

from autograd import Value
from nn.losses.likelihood import binary_cross_entropy_with_logits, cross_entropy, nll, nll_loss
from nn.losses.margin import hinge_loss, perceptron_loss
from nn.losses.regression import huber_loss, l1_loss, mse_loss, squared_error

Loss = Callable[[Any, Any], Value]

LOSSES: dict[str, Loss] = {
    "mse_loss": mse_loss,
    "squared_error": squared_error,
    "l1_loss": l1_loss,
    "huber_loss": huber_loss,
    "hinge_loss": hinge_loss,
    "perceptron_loss": perceptron_loss,
    "nll": nll,
    "nll_loss": nll_loss,
    "cross_entropy": cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
}


def fits_targets(loss: Loss | None) -> bool:
    """Whether a loss of ours, in a `functools.partial` or not, is least where output = target."""
    while isinstance(loss, functools.partial):
        loss = loss.func
    return loss in (mse_loss, squared_error, l1_loss, huber_loss)


def separates_classes(loss: Loss | None) -> bool:
    """Whether a loss of ours, in a `functools.partial` or not, is one between classes."""
    while isinstance(loss, functools.partial):
        loss = loss.func
    between = (cross_entropy, nll, binary_cross_entropy_with_logits, hinge_loss, perceptron_loss)
    return loss in between
