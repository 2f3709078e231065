"""What can hardly learn is said."""

import random

import numpy as np
import pytest

import nn

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 2))
CLASSES = (POINTS[:, 0] + POINTS[:, 1] > 0).astype(int)


def fit(model, X=POINTS, y=CLASSES, **options):
    defaults = {"epochs": 3, "seed": 0, "progress": False}
    return nn.fit(model, X, y, **defaults | options)


def network(*widths, **options):
    return nn.MLP(2, list(widths), rng=random.Random(0), **options)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (network(1, output="sigmoid"), {"loss": "binary_cross_entropy_with_logits"}, "sigmoid"),
        (network(2, output="relu"), {"loss": "cross_entropy"}, "ends in relu"),
        (network(2), {"X": 255.0 * POINTS}, "far from 1"),
    ],
)
def test_what_can_hardly_learn_is_said(model, options, message):
    with pytest.warns(nn.TrainingWarning, match=message):
        fit(model, **options)


def test_a_softmax_before_cross_entropy_and_a_loss_that_grows():
    class Softmax(nn.Module):
        def __init__(self):
            self.inner = network(2)

        def forward(self, x):
            import autograd

            return autograd.softmax(self.inner(x))

    with pytest.warns(nn.TrainingWarning, match="ends in a softmax"):
        fit(Softmax(), loss="cross_entropy")
    model = network(1)
    with pytest.warns(nn.TrainingWarning, match="the loss grew from"):
        fit(model, y=POINTS[:, 0], optimizer=nn.SGD(model.parameters(), lr=2.0), epochs=5)
