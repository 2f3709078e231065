"""What a layer says of its arguments."""

import json

import pytest
from layer_examples import ARCHITECTURES

import autograd
import nn


@pytest.mark.parametrize(("module", "expected"), ARCHITECTURES)
def test_an_architecture_builds_the_same_structure(module, expected):
    assert module.architecture() == json.loads(json.dumps(expected))
    arguments = module.architecture()
    twin = getattr(nn, arguments.pop("class"))(**arguments)
    assert twin.architecture() == expected and repr(twin) == repr(module)
    assert list(twin.state_dict()) == list(module.state_dict())


def test_what_has_no_name_has_no_architecture():
    odd = nn.Layer(2, 2)
    odd.neurons[1] = nn.Neuron(2, activation="tanh")
    for module, message in (
        (nn.Neuron(2, activation=lambda v: v * v), "activation '<lambda>' is none of `linear`"),
        (nn.MLP(2, [3, 1], activation=autograd.exp), "is none of `linear`"),
        (nn.Sequential(autograd.exp), "is none of `linear`"),
        (odd, "activation 'mixed' is none of `linear`"),
        (nn.Sequential(nn.Module()), "none of the layers that say what builds them"),
    ):
        with pytest.raises(TypeError, match=message):
            module.architecture()
    with pytest.raises(TypeError, match="these neurons have several activations"):
        odd.activation(1.0)
