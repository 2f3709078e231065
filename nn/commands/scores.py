"""Scores: how well the outputs for some examples say what the targets say."""

from collections.abc import Sequence

import numpy as np

from nn.checks import Array
from nn.data.scaling import Scaling


def scores(outputs: Array, y: Array, target_scaling: Scaling | None) -> dict[str, float]:
    """Return the accuracy of logits (n, classes) for class indices `y`, or the errors of numbers.

    Those are the root mean square error, in the unit of the target, and R^2, the share of the
    variance that is explained, which is left out where `y` is constant.
    """
    if outputs.ndim == 2:
        return {"accuracy": float(np.mean(outputs.argmax(axis=1) == y))}
    errors = numbers(outputs, target_scaling) - y
    rmse, spread = _root_mean_square(errors), _root_mean_square(y - y.mean())
    return {"rmse": rmse} | ({"R2": 1.0 - (rmse / spread) ** 2} if spread else {})


def baseline(y_train: Array, y_test: Array, classes: Sequence[str]) -> tuple[str, float]:
    """Return the best answer that looks at no input, and its accuracy or error on the test.

    It is the most frequent class, or the mean, of the training part.
    """
    if classes:
        most = int(np.bincount(y_train).argmax())
        return classes[most], float(np.mean(y_test == most))
    mean = float(y_train.mean())
    return f"{mean:.5g}", _root_mean_square(y_test - mean)


def _root_mean_square(x: Array) -> float:
    """The same without overflow of a square: targets may be as large as 1e200."""
    largest = float(np.abs(x).max())
    return largest * float(np.sqrt(np.mean((x / largest) ** 2))) if largest else 0.0


def numbers(outputs: Array, target_scaling: Scaling | None) -> Array:
    """Return the outputs of a regression, shape (n,), in the unit of the target."""
    if target_scaling is None:
        return outputs
    plain: Array = target_scaling.undo(outputs[:, None])[:, 0]
    return plain
