"""Labels: class indices as one-hot rows."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nn.checks import check_size


def one_hot(labels: Any, classes: int) -> npt.NDArray[np.float64]:
    """Return a row for each of n `labels`, shape (n, classes): 1.0 at the label, 0.0 elsewhere.

    Raises `ValueError` for a label outside 0..classes - 1, `TypeError` for one that is not whole.
    """
    classes, given = check_size("classes", classes), np.asarray(labels)
    if given.dtype.kind not in "biu":
        raise TypeError(f"`labels` must be class indices, got {given.ravel()[:1]} and so on")
    wrong = np.flatnonzero((given < 0) | (given >= classes))
    if len(wrong):
        i = wrong[0]
        raise ValueError(f"`labels[{i}]` is {given[i]}, outside the classes 0..{classes - 1}")
    rows: npt.NDArray[np.float64] = np.eye(classes)[given]
    return rows
