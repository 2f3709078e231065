"""Splitting: a share of the examples is held out, drawn by the generator that shuffles."""

from typing import Any

import numpy as np

from nn.checks import check_share


def split(
    X: Any, y: Any, sample_weight: Any, share: float, rng: np.random.Generator
) -> tuple[Any, Any, Any, tuple[Any, Any]]:
    """Return X, y and the weights without the held-out examples, and those as a pair (X, y).

    Raises `ValueError` where `share` is not between 0 and 1 or would leave one side empty.
    """
    check_share("validation", share)
    X, y = np.asarray(X), np.asarray(y)
    held_out = round(share * len(X))
    if len(X) != len(y) or not 0 < held_out < len(X):
        raise ValueError(
            f"`validation={share}` would hold out {held_out} of {len(X)} examples (and `y` has "
            f"{len(y)}): both sides need at least one"
        )
    order = rng.permutation(len(X))
    out, kept = np.sort(order[:held_out]), np.sort(order[held_out:])
    weights = None if sample_weight is None else np.asarray(sample_weight)[kept]
    return X[kept], y[kept], weights, (X[out], y[out])
