"""Weighting: what each example counts, by its class or by itself."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.engine.number import as_float, elements
from autograd.nesting import check_masks
from nn.checks import Array
from nn.training.examples import Examples


def sample_weights(examples: Examples, given: Any, name: str = "sample_weight") -> Array | None:
    """Return the weight of each example, shape (n,), or None where all count alike.

    Raises `ValueError` for weights that are negative, not finite, all 0, or do not fit.
    """
    if given is None:
        return None
    check_masks(given, f"`{name}`")
    try:
        weights = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"`{name}` must hold one real number for each example") from None
    if weights.shape != (len(examples),):
        raise ValueError(
            f"`{name}` must have shape ({len(examples)},), one for each example, got "
            f"{weights.shape}"
        )
    return _checked(weights)


def class_weights(examples: Examples, given: Any) -> dict[int, float] | None:
    """Return the weight of each class, or None where all count alike.

    Raises `ValueError` for weights that are negative or not finite, or say nothing of a class.
    """
    if given is None:
        return None
    if examples.labels is None:
        raise ValueError("`class_weight` needs classes in `y`")
    classes, counts = np.unique(examples.labels, return_counts=True)
    if isinstance(given, str):
        if given != "balanced":
            raise ValueError(
                f"`class_weight` must be 'balanced', a mapping or a sequence, got {given!r}"
            )
        shares = len(examples) / (len(classes) * counts)
        return dict(zip(classes.tolist(), shares.tolist(), strict=True))
    if hasattr(given, "items"):  # a Series, too, that `value_counts` has sorted by size
        given = dict(given.items())
    else:
        if not isinstance(given, Iterable):
            raise TypeError(f"`class_weight` must be a mapping or a sequence, got {given!r}")
        listed = elements(given, "class_weight")
        signs = classes.min() == -1 and len(listed) == 2
        given = dict(zip((-1, 1) if signs else range(len(listed)), listed, strict=True))
    missing = [c for c in classes.tolist() if c not in given]
    if missing:
        raise ValueError(f"`class_weight` says nothing of class {missing[0]}, which occurs in `y`")
    return {c: as_float(given[c], "class_weight") for c in classes.tolist()}


def weigh(examples: Examples, by_class: dict[int, float] | None) -> None:
    """Multiply the weights of `examples` by those of their classes."""
    if by_class is None or examples.labels is None:
        return
    weights = np.array([by_class.get(label, 1.0) for label in examples.labels.tolist()])
    own = 1.0 if examples.weights is None else examples.weights
    examples.weights = _checked(weights * own)


def _checked(weights: Array) -> Array:
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if len(wrong) or not weights.any():
        what = f"{weights[wrong[0]]} for example {wrong[0]}" if len(wrong) else "0 for all"
        raise ValueError(f"weights must be finite, not negative and not all 0; got {what}")
    return weights
