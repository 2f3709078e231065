"""Examples held out, each class in its proportion."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from nn.data import (
    hold_out,
)


@pytest.mark.parametrize(
    ("y", "share", "message"),
    [
        ([0, 1, 2], 0.5, "each of 3 examples is the only one of its class"),
        ([0, 0, 1, 1] * 3, 0.05, "leaves 11 and 1: both parts need at least 2, one for each"),
        ([0, 1] * 4, 1.0, "must be between 0 and 1"),
    ],
)
def test_hold_out_says_why_it_cannot(y, share, message):
    with pytest.raises(ValueError, match=message):
        hold_out(np.zeros((len(y), 1)), np.array(y), share, 0)


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_the_rows_held_out_are_those_of_scikit_learn(stratify, seed):
    rng = np.random.default_rng(seed)
    y = rng.choice([3, 5, 8], size=61 + seed, p=[0.7, 0.2, 0.1])
    X, share = np.arange(len(y)), rng.uniform(0.2, 0.5)
    theirs = train_test_split(
        X, y, test_size=share, random_state=seed, stratify=y if stratify else None
    )
    X_kept, y_kept, X_held, y_held = hold_out(X, y, share, seed, stratify=stratify)
    for ours, other in zip((X_kept, X_held, y_kept, y_held), theirs, strict=True):
        assert ours.tolist() == other.tolist()


def test_the_only_example_of_a_class_is_learnt_from():
    y = np.array([0, 1, 7, 0, 1, 0, 1, 0, 1])
    for seed in range(10):
        _, kept, _, held = hold_out(np.zeros((9, 1)), y, 0.25, seed)
        assert sorted(held) == [0, 1] and sorted(kept) == [0, 0, 0, 1, 1, 1, 7]
