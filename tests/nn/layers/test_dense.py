"""Neuron, Layer, Linear and MLP."""

import math
import random

import numpy as np
import pytest

import nn
from autograd import Value
from nn.layers.activations import ACTIVATIONS
from nn.layers.init import INITIALISATIONS


def test_micrograd_positional_arguments():
    assert isinstance(nn.Neuron(3, False)([1.0, 2.0, 3.0]), Value)
    assert nn.Neuron(3, False).activation is ACTIVATIONS["linear"]
    assert nn.Neuron(3).activation is ACTIVATIONS["relu"]
    assert len(nn.Layer(3, 4)([1, 2, 3])) == 4
    assert len(nn.Layer(3, 4, nonlin=False).parameters()) == 16
    model = nn.MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    assert isinstance(model([1.0, -1.0]), Value)


def test_a_layer_always_returns_a_list_and_an_mlp_a_bare_value_for_one_output():
    assert isinstance(nn.Layer(2, 1)([1, 2]), list)
    assert isinstance(nn.MLP(2, [1])([1, 2]), Value)
    assert isinstance(nn.MLP(2, [3, 1])([1, 2]), Value)
    assert len(nn.MLP(2, [1, 3])([1, 2])) == 3


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3", None, np.int64(0)])
def test_sizes_must_be_whole_numbers(size):
    for build in (
        lambda: nn.Neuron(size),
        lambda: nn.Layer(2, size),
        lambda: nn.MLP(size, [1]),
        lambda: nn.MLP(2, [3, size]),
    ):
        with pytest.raises(ValueError, match="must be a whole number of at least 1, got"):
            build()


@pytest.mark.parametrize("nouts", [[], 3, "12"])
def test_an_mlp_needs_layers(nouts):
    with pytest.raises(ValueError, match="`nouts` must list the width of at least one layer"):
        nn.MLP(2, nouts)


def test_unknown_names_say_what_there_is():
    with pytest.raises(ValueError, match=r"unknown activation 'rellu': choose .*mean `relu`"):
        nn.MLP(2, [1], activation="rellu", output="rellu")
    with pytest.raises(ValueError, match=r"unknown initialisation 'xavir'.*mean `xavier`"):
        nn.MLP(2, [1], init="xavir")
    with pytest.raises(TypeError, match="activation must be a name or a function, got 3"):
        nn.Neuron(2, activation=3)
    assert repr(nn.MLP(2, [2, 1], activation="ReLU", output="LeakyReLU")) == (
        "MLP(2, [2, 1], activation='relu', output='leaky_relu')"
    )
    with pytest.raises(ValueError, match=r"unknown activation 'LeakyRelo'.*mean `leaky_relu`"):
        nn.Neuron(2, activation="LeakyRelo")


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_a_seed_fixes_the_weights_and_global_state_is_left_alone(init):
    random.seed(1)
    before = random.getstate()
    models = [nn.MLP(3, [4, 2], init=init, rng=random.Random(7)) for _ in range(2)]
    assert models[0].state_dict() == models[1].state_dict()
    assert random.getstate() == before
    if init not in ("zeros", "ones"):
        assert models[0].state_dict() != nn.MLP(3, [4, 2], init=init).state_dict()
        fresh = [nn.Layer(3, 4, init=init).state_dict() for _ in range(2)]
        assert fresh[0] != fresh[1]


def test_an_mlp_is_the_same_everywhere_unless_another_generator_is_given():
    assert nn.MLP(2, [3, 1]).state_dict() == nn.MLP(2, [3, 1], rng=random.Random(0)).state_dict()
    relu, tanh = (nn.MLP(100, [50], output=name, rng=random.Random(1)) for name in ("relu", "tanh"))
    assert np.std(list(relu.state_dict().values())) == pytest.approx(math.sqrt(0.02), rel=0.05)
    assert max(tanh.state_dict().values()) < 0.21


def test_a_seed_is_a_number_or_a_generator_and_numbers_are_those_of_random():
    for build in (nn.Neuron, nn.Perceptron, lambda n, rng: nn.MLP(n, [2, 1], rng=rng)):
        assert build(3, rng=7).state_dict() == build(3, rng=random.Random(7)).state_dict()
        assert build(3, rng=np.int64(7)).state_dict() == build(3, rng=7).state_dict()
        one, other = (np.random.default_rng(s) for s in (1, 1))
        assert build(3, rng=one).state_dict() == build(3, rng=other).state_dict()
        assert build(3, rng=one).state_dict() != build(3, rng=1).state_dict()
        assert one.bit_generator.state != np.random.default_rng(1).bit_generator.state
    x = [1.0] * 20
    numbers = [[v.data for v in nn.Dropout(seed=s)(x)] for s in (7, np.random.default_rng(7))]
    assert numbers[0] == numbers[1]
    numbers = [[v.data for v in nn.Dropout(seed=random.Random(s))(x)] for s in (7, 7, 8)]
    assert numbers[0] == numbers[1] != numbers[2]
    for seed in ("7", 1.5, True):
        for build in (lambda s: nn.Neuron(2, rng=s), lambda s: nn.Dropout(seed=s)):
            with pytest.raises(TypeError, match="whole number from 0 on, a random"):
                build(seed)
    with pytest.raises(ValueError, match="`rng` must be a whole number of at least 0, got -1"):
        nn.Linear(2, 2, rng=-1)


def test_a_linear_layer_is_w_dot_x_with_a_bias_or_without():
    layer = nn.Linear(3, 2, rng=1)
    assert layer.state_dict() == nn.Layer(3, 2, activation="linear", rng=1).state_dict()
    assert repr(layer) == "Linear(3, 2)" and len(layer.parameters()) == layer.size() == 8
    bare = nn.Linear(3, 2, bias=False, rng=1)
    assert repr(bare) == "Linear(3, 2, bias=False)" and len(bare.parameters()) == bare.size() == 6
    assert bare.neurons[0].bias is None and bare.bias is False
    x = [1.0, -2.0, 0.5]
    assert [v.data for v in bare(x)] == [v.data for v in layer(x)]  # biases are 0 at first
    assert [v.data for v in bare([0.0] * 3)] == [0.0, 0.0]
    with pytest.raises(TypeError, match="`bias` must be True or False, got 1"):
        nn.Linear(3, 2, 1)
    model = nn.Sequential(bare, "relu", nn.Linear(2, 1, bias=False, rng=2))
    history = nn.fit(model, [x, [0.0, 1.0, 1.0]], [1.0, 0.0], loss="mse_loss", progress=False)
    assert history.loss[-1] < history.loss[0]
