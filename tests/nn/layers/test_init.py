"""How first weights are drawn."""

import math
import random

import numpy as np
import pytest

import autograd
import nn


def test_a_relu_that_is_named_starts_with_he_and_micrograds_with_its_own():
    names = "relu", "leaky_relu", "elu", "gelu", "silu", autograd.relu
    for activation in names:
        layer = nn.Layer(400, 2, activation=activation, rng=3)
        weights = [w.data for w in layer.parameters()]
        assert np.std(weights) == pytest.approx(math.sqrt(2 / 400), rel=0.1)
    micrograds = (
        nn.Neuron(400, rng=3),
        nn.Layer(400, 2, rng=3),
        nn.MLP(400, [2, 1], rng=3).layers[0],
    )
    for module in micrograds:  # uniform on +-4 / sqrt(400)
        assert 0.19 < max(w.data for w in module.parameters()) < 0.2
    deep = nn.MLP(32, [32] * 10, activation="relu", output="relu", rng=1)
    X = np.random.default_rng(0).normal(size=(50, 32))
    assert 0.05 < np.std(nn.predict(deep, X)) < 1.0
    assert np.std(nn.predict(nn.MLP(32, [32] * 10, rng=1), X)) > 50.0


@pytest.mark.parametrize(
    ("init", "spread"),
    [
        ("uniform", 4 / 10 / math.sqrt(3)),
        ("normal", 1.0),
        ("lecun", 0.1),
        ("xavier", math.sqrt(2 / 140)),
        ("he", math.sqrt(0.02)),
        ("zeros", 0.0),
    ],
)
def test_initialisations_have_their_standard_deviation(init, spread):
    layer = nn.Layer(100, 40, init=init, rng=random.Random(2))
    weights = [w.data for n in layer.neurons for w in n.weights]
    assert np.std(weights) == pytest.approx(spread, rel=0.05)
    assert all(n.bias.data == 0.0 for n in layer.neurons)
