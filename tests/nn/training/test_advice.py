"""What can hardly learn is said."""

import numpy as np
import pytest
from small_trainings import POINTS, fit, network

import nn
from autograd import Value, relu, sign


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


STILL = {
    "a bare number": lambda w, x: w.data * x,
    "detached": lambda w, x: w.detach() * x,
    "of the input alone": lambda w, x: x,
    "a comparison": lambda w, x: w > x,
    "its sign": lambda w, x: sign(w * x),
    "a dead relu": lambda w, x: relu(-w * w) * x,
}


@pytest.mark.parametrize("output", STILL)
def test_a_training_in_which_no_weight_can_move_says_so(output):
    class Still(nn.Module):
        def __init__(self):
            self.w = Value(0.5)

        def forward(self, x):
            return STILL[output](self.w, x[0])

    for compiled in (True, False)[output == "a bare number" :]:
        model = Still()
        with pytest.warns(nn.TrainingWarning, match="nothing was learnt"):
            fit(model, y=2.0 * POINTS[:, 0] + 1.0, compiled=compiled, optimizer="adam")
        assert model.w.data == 0.5


def test_what_is_right_already_needs_no_gradient(recwarn):
    model = nn.Perceptron(2)
    model.weights[0].data, model.weights[1].data, model.bias.data = 1.0, 0.0, 0.0
    history = fit(model, y=np.sign(POINTS[:, 0]), loss="perceptron_loss")
    assert history.loss[-1] == 0.0
    fit(network(1), epochs=0)
    assert not recwarn.list
