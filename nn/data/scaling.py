"""Scaling: scikit-learn's scalers, kept as numbers that can be saved and applied without it.

Invariant: x -> (x - center) / scale, column by column, with scales above 0.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.data.extra import require_sklearn

Array = npt.NDArray[Any]
SCALINGS = ("standard", "minmax")
LARGEST = 1e100  # beyond it the scalers have overflowed, and leave a column as it was


@dataclass(frozen=True)
class Scaling:
    """x -> (x - center) / scale for each column; both have shape (features,)."""

    center: tuple[float, ...]
    scale: tuple[float, ...]

    def apply(self, X: Array) -> Array:
        """Return `X`, shape (n, features), scaled; raises `ValueError` for another width."""
        if X.ndim != 2 or X.shape[1] != len(self.center):
            raise ValueError(
                f"the scaling was fitted to {len(self.center)} columns; got shape {X.shape}"
            )
        with np.errstate(over="ignore"):
            scaled: Array = (X - np.array(self.center)) / np.array(self.scale)
        return scaled

    def undo(self, X: Array) -> Array:
        """Return what `apply` was given, up to rounding."""
        with np.errstate(over="ignore"):
            plain: Array = X * np.array(self.scale) + np.array(self.center)
        return plain


def fit_scaling(X: Array, kind: str, columns: Sequence[str] = ()) -> Scaling:
    """Return the scaling that scikit-learn's StandardScaler or MinMaxScaler learns from `X`.

    `kind` is "standard", mean 0 and standard deviation 1, or "minmax", from 0 to 1; a constant
    column becomes 0. `columns` are names for messages. Raises `ValueError` for another kind, and
    for a column too wide for floats; `ImportError` without scikit-learn.
    """
    if kind not in SCALINGS:
        raise ValueError(f"unknown scaling {kind!r}: choose one of {', '.join(SCALINGS)}")
    require_sklearn()
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow is reported below, by column
        if kind == "standard":
            scaler = StandardScaler().fit(X)
            center, scale = scaler.mean_, scaler.scale_
        else:
            scaler = MinMaxScaler().fit(X)
            center, scale = scaler.data_min_, 1.0 / scaler.scale_
        scaling = Scaling(tuple(center.tolist()), tuple(scale.tolist()))
        usable = (
            (scale > 0.0) & np.isfinite(scale) & (np.abs(scaling.apply(X)) < LARGEST).all(axis=0)
        )
    if not usable.all():
        j = int(np.argmin(usable))
        called = f"column `{columns[j]}`" if columns else f"column {j}"
        raise ValueError(
            f"{called} cannot be scaled, its numbers from {X[:, j].min():g} to {X[:, j].max():g} "
            "are out of proportion for floats: divide or leave it out"
        )
    return scaling
