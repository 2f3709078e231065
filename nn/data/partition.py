"""Partition: examples are held out at random, each class in its proportion."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.checks import check_share
from nn.data.extra import require_sklearn

Array = npt.NDArray[Any]


def hold_out(
    X: Array,
    y: Array,
    share: float,
    seed: int,
    *,
    stratify: bool = True,
    names: Sequence[str] = (),
) -> tuple[Array, Array, Array, Array]:
    """Return X and y of those that stay, then X and y of those held out, drawn by `seed`.

    With `stratify`, `y` holds classes and each is held out in its proportion; `names` are what
    messages call them. Raises `ValueError` unless 0 < share < 1 and both parts get at least one
    example, of each class with `stratify`.
    """
    check_share("share", share)
    n = len(X)
    held = math.ceil(share * n)
    classes, counts = np.unique(y, return_counts=True) if stratify else (np.array([0]), [2])
    if min(counts) < 2:
        rare = classes[int(np.argmin(counts))]
        called = names[rare] if names else rare
        raise ValueError(
            f"class {called!s:.60} has only one example: at least two are needed, one to learn "
            "from and one to hold out"
        )
    if held < len(classes) or n - held < len(classes):
        raise ValueError(
            f"holding out {share:g} of {n} examples leaves {n - held} and {held}: both parts need "
            f"at least {len(classes)}" + (", one for each class" if stratify else "")
        )
    require_sklearn()
    from sklearn.model_selection import train_test_split

    X_kept, X_held, y_kept, y_held = train_test_split(
        X, y, test_size=share, random_state=seed, stratify=y if stratify else None
    )
    return X_kept, y_kept, X_held, y_held
