"""Weighting: what each training example counts, by its class or by itself."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from autograd.engine.number import as_float

if TYPE_CHECKING:
    from nn.training.examples import Examples

Array = npt.NDArray[np.float64]


def example_weights(examples: "Examples", class_weight: Any, sample_weight: Any) -> Array | None:
    """Return the weight of each example, shape (n,), or None where all count alike.

    Raises `ValueError` for weights that are negative, not finite, all 0, or do not fit.
    """
    if class_weight is None and sample_weight is None:
        return None
    weights = np.ones(len(examples))
    if sample_weight is not None:
        try:
            weights = np.asarray(sample_weight, dtype=float)
        except (TypeError, ValueError):
            raise TypeError("`sample_weight` must hold one real number for each example") from None
        if weights.shape != (len(examples),):
            raise ValueError(
                f"`sample_weight` must have shape ({len(examples)},), one for each example, got "
                f"{weights.shape}"
            )
    if class_weight is not None:
        if not examples.classes:
            raise ValueError("`class_weight` needs classes in `y`")
        labels = np.array(examples.labels())
        by_class = _by_class(class_weight, labels)
        weights = weights * [by_class[label] for label in labels.tolist()]
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if len(wrong) or not weights.any():
        what = f"{weights[wrong[0]]} for example {wrong[0]}" if len(wrong) else "0 for all"
        raise ValueError(f"weights must be finite, not negative and not all 0; got {what}")
    return weights


def _by_class(class_weight: Any, labels: npt.NDArray[Any]) -> dict[int, float]:
    """The weight of each class that occurs."""
    classes, counts = np.unique(labels, return_counts=True)
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(
                f"`class_weight` must be 'balanced', a mapping or a sequence, got {class_weight!r}"
            )
        shares = len(labels) / (len(classes) * counts)
        return dict(zip(classes.tolist(), shares.tolist(), strict=True))
    if not isinstance(class_weight, Mapping):
        if not isinstance(class_weight, Iterable):
            raise TypeError(f"`class_weight` must be a mapping or a sequence, got {class_weight!r}")
        class_weight = dict(enumerate(class_weight))
    missing = [c for c in classes.tolist() if c not in class_weight]
    if missing:
        raise ValueError(f"`class_weight` says nothing of class {missing[0]}, which occurs in `y`")
    return {c: as_float(class_weight[c], "class_weight") for c in classes.tolist()}
