"""Partition: examples are held out at random, each class in its proportion.

Invariant: the same rows as scikit-learn's `train_test_split` draws from the same seed.
"""

import math
from typing import Any

import numpy as np

from nn.checks import Array, check_share


def hold_out(
    X: Array, y: Array, share: float, seed: int, *, stratify: bool = True
) -> tuple[Array, Array, Array, Array]:
    """Return X and y of those that stay, then X and y of those held out, drawn by `seed`.

    With `stratify`, `y` holds classes and each is held out in its proportion; the only example of
    a class stays. Raises `ValueError` unless 0 < share < 1 and both parts get an example, of each
    class that has several.
    """
    kept, held = held_out_rows(y, share, seed, stratify=stratify)
    return X[kept], y[kept], X[held], y[held]


def held_out_rows(
    y: Array,
    share: float,
    seed: int | np.random.Generator,
    *,
    stratify: bool = True,
    each: bool = True,
) -> tuple[Array, Array]:
    """Return the rows that stay and those held out, as `hold_out` does.

    Unless both parts have to get an example of `each` class, one of each stays.
    """
    check_share("share", share)
    _, labels = np.unique(y if stratify else np.zeros(len(y)), return_inverse=True)
    alone = np.bincount(labels)[labels] < (2 if stratify else 0)
    rows, (single,) = np.flatnonzero(~alone), np.nonzero(alone)
    _, labels, counts = np.unique(labels[rows], return_inverse=True, return_counts=True)
    n, held, least = len(rows), math.ceil(share * len(rows)), len(counts)
    if each and not n:
        raise ValueError(
            f"each of {len(y)} examples is the only one of its class, so that none can be held "
            "out: are these numbers, and a regression?"
        )
    if each and (held < least or n - held < least):
        raise ValueError(
            f"holding out {share:g} of {n} examples leaves {n - held} and {held}: both parts need "
            f"at least {max(1, least)}" + (", one for each class" if stratify else "")
        )
    rng: Any = np.random.RandomState(seed) if isinstance(seed, int) else seed
    if not stratify:
        order = rng.permutation(n)
        return order[held:], order[:held]
    stay = np.maximum(_shares(counts, n - held, rng), 1)
    orders = [np.flatnonzero(labels == k)[rng.permutation(c)] for k, c in enumerate(counts)]
    kept = np.concatenate([order[:s] for order, s in zip(orders, stay, strict=True)])
    gone = np.concatenate([order[s:] for order, s in zip(orders, stay, strict=True)])
    kept, gone = rng.permutation(kept), rng.permutation(gone)
    return np.concatenate([rows[kept], single]), rows[gone]


def _shares(counts: Array, draws: int, rng: Any) -> Array:
    """How many of each class are among `draws`; the largest remainders are rounded up."""
    exact = counts / counts.sum() * draws
    whole = np.floor(exact)
    left, remainders = int(draws - whole.sum()), exact - whole
    for remainder in np.unique(remainders)[::-1]:
        if left > 0:
            (tied,) = np.where(remainders == remainder)
            chosen = rng.choice(tied, size=min(len(tied), left), replace=False)
            whole[chosen] += 1
            left -= len(chosen)
    rounded: Array = whole.astype(int)
    return rounded
