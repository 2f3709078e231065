"""Where a training stops being finite."""

import math

import pytest
from small_trainings import TILTED as Y
from small_trainings import both
from small_trainings import briefly as fit
from small_trainings import classifier as model

import nn
from autograd import Value, grad


@pytest.mark.parametrize("compiled", [True, False])
def test_what_is_not_finite_in_a_derivative_is_named(compiled):
    class Root(nn.Module):
        def __init__(self):
            self.w = Value(2.0)

        def __call__(self, x):
            return grad(lambda t: (self.w * t).sqrt())(x[0])

    settings = {"loss": "mse_loss", "epochs": 1, "progress": False, "compiled": compiled}
    with pytest.raises(FloatingPointError, match=r"in example 1, sqrt\(-2.*\) gives nan"):
        nn.fit(Root(), [[1.0], [-1.0]], [0.0, 0.0], **settings)


@both
def test_a_loss_that_is_no_longer_finite_names_epoch_batch_and_operation(compiled):
    m = model(outputs=1)
    calls = []

    def loss(output, target):
        return (output * 0.0 + scale).log() + output * target

    scale = Value(1.0)

    def callback(history):
        calls.append(m.state_dict())
        scale.data = -1.0

    with pytest.raises(
        FloatingPointError, match=r"epoch 2, batch 1: in example \d+, log\(-1\) gives nan"
    ):
        fit(m, loss=loss, y=Y, callbacks=[callback], compiled=compiled)
    assert m.state_dict() == calls[0] and all(map(math.isfinite, m.state_dict().values()))


@both
def test_a_gradient_that_is_not_finite_is_told_from_a_loss(compiled):
    def loss(output, target):
        return (output * 0.0).sqrt() + output * target

    m = model(outputs=1)
    before = m.state_dict()
    message = r"the gradient is no longer finite in epoch 1, batch 1: in example \d+, the data are "
    with pytest.raises(FloatingPointError, match=message):
        fit(m, loss=loss, compiled=compiled)
    assert m.state_dict() == before
