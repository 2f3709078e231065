"""Labels: class indices as one-hot rows."""

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.checks import check_size


def one_hot(labels: Any, classes: int) -> npt.NDArray[np.float64]:
    """Return rows of shape (n, classes): 1.0 at the label, 0.0 elsewhere.

    Raises `ValueError` for a label outside 0..classes - 1, `TypeError` for one that is not whole.
    """
    classes = check_size("classes", classes)
    rows = np.zeros((len(labels), classes))
    for i, label in enumerate(labels):
        try:
            index = operator.index(label)
        except TypeError:
            raise TypeError(f"`labels[{i}]` must be a class index, got {label!r:.40}") from None
        if not 0 <= index < classes:
            raise ValueError(f"`labels[{i}]` is {index}, outside the classes 0..{classes - 1}")
        rows[i, index] = 1.0
    return rows
