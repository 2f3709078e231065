"""What can hardly learn is said."""

import pytest
from small_trainings import POINTS, fit, network

import nn


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
