"""Scaling: what scikit-learn's scalers do, kept as numbers that can be saved.

Invariant: x -> (x - center) / scale, column by column, with scales above 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nn.checks import Array

SCALINGS = ("standard", "minmax")
LARGEST = 1e100  # beyond it sums of squares may have overflowed


@dataclass(frozen=True)
class Scaling:
    """x -> (x - center) / scale for each column; both have shape (features,).

    Raises `ValueError` unless they are finite and of one length, and the scales above 0.
    """

    center: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        center, scale = np.array(self.center), np.array(self.scale)
        if len(center) != len(scale) or not np.isfinite([center, scale]).all():
            raise ValueError("a scaling must have a finite center and scale for each column")
        if not (scale > 0.0).all():
            raise ValueError("a scaling must have scales above 0")

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
        """Return what `apply` was given, up to rounding, where `X` is what it returned."""
        with np.errstate(over="ignore"):
            plain: Array = X * np.array(self.scale) + np.array(self.center)
        return plain


def fit_scaling(X: Array, kind: str, columns: Sequence[str] = ()) -> Scaling:
    """Return the scaling that `X`, shape (n, features), asks for.

    `kind` is "standard", mean 0 and standard deviation 1, or "minmax", from 0 to 1; a constant
    column becomes 0. `columns` are names for messages. Raises `ValueError` for another kind, and
    for a column too wide for floats.
    """
    if kind not in SCALINGS:
        raise ValueError(f"unknown scaling {kind!r}: choose one of {', '.join(SCALINGS)}")
    low, high = X.min(axis=0), X.max(axis=0)
    with np.errstate(all="ignore"):  # overflow is reported below, by column
        if kind == "standard":
            center = X.mean(axis=0)
            away = X - center
            # The second sum makes up for the rounding of the mean (Chan, Golub and LeVeque 1983).
            squares = (away**2).sum(axis=0) - away.sum(axis=0) ** 2 / len(X)
            scale = np.sqrt(squares / len(X))
        else:
            center, scale = low, high - low
        scale = np.where(low == high, 1.0, scale)
        usable = (scale > 0.0) & (np.abs((X - center) / scale) < LARGEST).all(axis=0)
        usable &= np.isfinite(scale)
    if not usable.all():
        j = int(np.argmin(usable))
        called = f"column `{columns[j]}`" if columns else f"column {j}"
        raise ValueError(
            f"{called} cannot be scaled, its numbers from {low[j]:g} to {high[j]:g} are out of "
            "proportion for floats: divide or leave it out"
        )
    return Scaling(tuple(center.tolist()), tuple(scale.tolist()))
