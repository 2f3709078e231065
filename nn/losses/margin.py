"""Margins: losses of a score whose sign is the class, for targets -1 and +1."""

from typing import Any

from autograd import Value, maximum, relu
from nn.losses.targets import mean, pairs


def hinge_loss(output: Any, target: Any) -> Value:
    """Max-margin loss max(0, 1 - target * output), the target -1 or +1; the mean over outputs."""
    return mean([relu(1.0 - t * o) for o, t in _signed_pairs("hinge_loss", output, target)])


def perceptron_loss(output: Any, target: Any) -> Value:
    """Perceptron criterion max(0, -target * output), the target -1 or +1; the mean over outputs.

    A gradient step on it is Rosenblatt's rule (1958). The output comes without a step function. At
    output 0 the slope is half that of an error, so that weights that start at 0 learn.
    """
    signed = _signed_pairs("perceptron_loss", output, target)
    return mean([maximum(-t * o, 0.0) for o, t in signed])


def _signed_pairs(name: str, output: Any, target: Any) -> list[tuple[Any, Any]]:
    signed = pairs(name, output, target)
    for _, t in signed:
        if not isinstance(t, Value) and t not in (-1.0, 1.0):
            raise ValueError(f"`{name}` takes labels -1 and +1, got {t!r}: use 2 * y - 1")
    return signed
