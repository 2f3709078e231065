"""Regression: losses of the error, output - target, that are 0 only where the two are equal."""

from typing import Any

from autograd import Value, maximum, minimum
from nn.checks import positive
from nn.losses.targets import mean, pairs, total


def mse_loss(output: Any, target: Any) -> Value:
    """Mean (output - target)^2 of one example, as PyTorch's `mse_loss`."""
    return mean([(o - t) ** 2 for o, t in pairs("mse_loss", output, target)])


def squared_error(output: Any, target: Any) -> Value:
    """Half the sum of squared errors, E = sum 1/2 (target - output)^2: dE/doutput = the error."""
    return total([0.5 * (o - t) ** 2 for o, t in pairs("squared_error", output, target)])


def l1_loss(output: Any, target: Any) -> Value:
    """Mean |output - target| of one example, as PyTorch's `l1_loss`; slope 0 at 0."""
    return mean([abs(o - t) for o, t in pairs("l1_loss", output, target)])


def huber_loss(output: Any, target: Any, delta: float = 1.0) -> Value:
    """e^2 / 2 for e = output - target, |e| <= delta, else delta (|e| - delta / 2); the mean.

    Huber, Robust estimation of a location parameter (1964); as PyTorch's `huber_loss`. Raises
    `ValueError` unless `delta` is positive and finite.
    """
    delta = positive("delta", delta)
    errors = [o - t for o, t in pairs("huber_loss", output, target)]
    # With c = e clipped to [-delta, delta] both cases are c (e - c / 2): no branch to compile.
    clipped = [minimum(maximum(e, -delta), delta) for e in errors]
    return mean([c * (e - 0.5 * c) for c, e in zip(clipped, errors, strict=True)])
