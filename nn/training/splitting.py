"""Splitting: a share of the examples is held out, drawn by the generator that shuffles."""

from typing import Any

import numpy as np

from nn.checks import check_share
from nn.data import check_examples, check_targets


def split(
    X: Any, y: Any, sample_weight: Any, share: float, rng: np.random.Generator
) -> tuple[Any, Any, Any, tuple[Any, Any]]:
    """Return X, y and the weights without the held-out examples, and those as a pair (X, y).

    Raises `ValueError` where `share` is not between 0 and 1 or would leave one side empty.
    """
    check_share("validation", share)
    X = np.array(check_examples(X))
    y = np.array(check_targets(y, len(X)))
    if sample_weight is not None and np.shape(sample_weight) != (len(X),):
        raise ValueError(
            f"`sample_weight` must have shape ({len(X)},), one for each example, got "
            f"{np.shape(sample_weight)}"
        )
    held_out = round(share * len(X))
    if not 0 < held_out < len(X):
        raise ValueError(
            f"`validation={share}` would hold out {held_out} of {len(X)} examples: both sides "
            "need at least one"
        )
    order = rng.permutation(len(X))
    out, kept = np.sort(order[:held_out]), np.sort(order[held_out:])
    weights = None if sample_weight is None else np.asarray(sample_weight)[kept]
    return X[kept], y[kept], weights, (X[out], y[out])
