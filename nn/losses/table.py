"""The table of losses: what each is called, and what it takes the outputs for.

`numbers` are to be met; `classes` are several outputs of which the target's should be largest;
`logits` are one output for each yes or no, 0 where both are equally likely; `signs` one output
whose sign decides. Threshold, default loss and advice follow from that word.
"""

import functools
from collections.abc import Callable
from typing import Any, Literal

from autograd import Value
from nn.losses.likelihood import binary_cross_entropy_with_logits, cross_entropy, nll, nll_loss
from nn.losses.margin import hinge_loss, perceptron_loss
from nn.losses.regression import huber_loss, l1_loss, mse_loss, squared_error

Loss = Callable[[Any, Any], Value]
Kind = Literal["numbers", "classes", "logits", "signs"]

ROWS: dict[str, tuple[Loss, Kind]] = {
    "mse_loss": (mse_loss, "numbers"),
    "squared_error": (squared_error, "numbers"),
    "l1_loss": (l1_loss, "numbers"),
    "huber_loss": (huber_loss, "numbers"),
    "hinge_loss": (hinge_loss, "signs"),
    "perceptron_loss": (perceptron_loss, "signs"),
    "nll": (nll, "classes"),
    "nll_loss": (nll_loss, "classes"),
    "cross_entropy": (cross_entropy, "classes"),
    "binary_cross_entropy_with_logits": (binary_cross_entropy_with_logits, "logits"),
}
LOSSES: dict[str, Loss] = {name: loss for name, (loss, _) in ROWS.items()}


def kind_of(loss: Loss | None) -> Kind | None:
    """Return what a loss of ours, in a `functools.partial` or not, takes outputs for, else None."""
    while isinstance(loss, functools.partial):
        loss = loss.func
    return next((kind for known, kind in ROWS.values() if known is loss), None)
