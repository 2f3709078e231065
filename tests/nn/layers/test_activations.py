"""Activations, by name and against PyTorch."""

import math
import random

import numpy as np
import pytest

import nn
from autograd import Value
from nn.layers.activations import ACTIVATIONS


def test_a_neuron_is_activation_of_w_dot_x_plus_b():
    neuron = nn.Neuron(2, activation="tanh")
    for p, data in zip(neuron.parameters(), (0.5, -0.25, 0.1), strict=True):
        p.data = data
    out = neuron([2.0, 4.0])
    assert out.data == math.tanh(0.5 * 2 - 0.25 * 4 + 0.1)
    out.backward()
    slope = 1 - out.data**2
    assert [p.grad for p in neuron.parameters()] == pytest.approx([2 * slope, 4 * slope, slope])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name_and_as_a_function(name):
    by_name = nn.MLP(2, [3, 1], activation=name, init="xavier", rng=random.Random(1))
    as_function = nn.MLP(
        2, [3, 1], activation=ACTIVATIONS[name], init="xavier", rng=random.Random(1)
    )
    assert by_name([0.3, -0.4]).data == as_function([0.3, -0.4]).data
    assert name in repr(by_name)


def test_an_activation_of_the_users_own():
    model = nn.MLP(1, [2, 1], activation=lambda v: v * v, init="uniform", rng=random.Random(0))
    model([0.5]).backward()
    assert model.layers[0].neurons[0].weights[0].grad != 0


@pytest.mark.parametrize(
    ("name", "values", "slopes"),
    [  # of torch 2.13 in float64, at -30, -3, -0.5, 0, 0.5, 3, 30
        (
            "gelu",
            (-0.0, -0.004049694095, -0.1542687694, 0.0, 0.3457312306, 2.995950306, 30.0),
            (0.0, -0.0119456472, 0.1325048753, 0.5, 0.8674951247, 1.011945647, 1.0),
        ),
        (
            "silu",
            (-2.807286891e-12, -0.1422776195, -0.1887703344, 0.0, 0.3112296656, 2.85772238, 30.0),
            (-2.713710661e-12, -0.08810410602, 0.2600388127, 0.5, 0.7399611873, 1.088104106, 1.0),
        ),
        (
            "elu",
            (-1.0, -0.9502129316, -0.3934693403, 0.0, 0.5, 3.0, 30.0),
            (9.357622969e-14, 0.04978706837, 0.6065306597, 1.0, 1.0, 1.0, 1.0),
        ),
    ],
)
def test_smooth_rectifiers_are_pytorchs(name, values, slopes):
    at = -30.0, -3.0, -0.5, 0.0, 0.5, 3.0, 30.0
    xs = [Value(x) for x in at]
    outputs = [ACTIVATIONS[name](x) for x in xs]
    for output in outputs:
        output.backward()
    assert [y.data for y in outputs] == pytest.approx(values, rel=1e-8, abs=1e-15)
    assert [x.grad for x in xs] == pytest.approx(slopes, rel=1e-8, abs=1e-15)
    model = nn.Sequential(name)
    np.testing.assert_array_equal(nn.predict(model, [[x] for x in at]), [y.data for y in outputs])
    assert ACTIVATIONS[name](Value(1e4)).data == 1e4
    far = Value(1e4)
    ACTIVATIONS[name](far).backward()
    assert far.grad == 1.0


def test_the_smooth_rectifiers_of_the_installed_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for name in ("gelu", "silu", "elu"):
        for x in np.linspace(-8.0, 8.0, 33).tolist():
            ours, theirs = Value(x), torch.tensor(x, dtype=torch.float64, requires_grad=True)
            y, wanted = ACTIVATIONS[name](ours), getattr(torch.nn.functional, name)(theirs)
            y.backward(), wanted.backward()
            assert y.data == pytest.approx(wanted.item(), rel=1e-12, abs=1e-15)
            assert ours.grad == pytest.approx(theirs.grad.item(), rel=1e-12, abs=1e-15)
