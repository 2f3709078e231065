"""Splitting: a share of the examples is held out, each class in its proportion."""

import numpy as np

from nn.checks import check_share
from nn.training.examples import Examples


def split(examples: Examples, share: float, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Return the examples to train on and those held out, round(share n) of them.

    Of each class a proportional number is drawn, the largest fractions rounded up; a class of one
    example is trained on. Without classes all are drawn alike.

    Raises `ValueError` where `share` is not between 0 and 1 or would leave one side empty.
    """
    check_share("validation", share)
    n = len(examples)
    count = round(share * n)
    if not 0 < count < n:
        raise ValueError(
            f"`validation={share}` would hold out {count} of {n} examples: both sides "
            "need at least one"
        )
    order = rng.permutation(n)
    if examples.labels is not None:
        kinds = examples.labels[order]
        classes, sizes = np.unique(kinds, return_counts=True)
        wanted = share * sizes
        takes = np.minimum(np.floor(wanted), sizes - 1).astype(int)
        for i in np.argsort(takes - wanted, kind="stable"):
            if takes.sum() < count and takes[i] < sizes[i] - 1:
                takes[i] += 1
        first = np.zeros(n, dtype=bool)
        for kind, take in zip(classes, takes, strict=True):
            first[np.flatnonzero(kinds == kind)[:take]] = True
        if first.any():
            return examples.part(np.sort(order[~first])), examples.part(np.sort(order[first]))
    return examples.part(np.sort(order[count:])), examples.part(np.sort(order[:count]))
