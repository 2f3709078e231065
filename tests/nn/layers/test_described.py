"""What a layer says of its arguments."""

import json

import pytest

import autograd
import nn

ARCHITECTURES = [
    (nn.Neuron(3, activation="tanh"), {"class": "Neuron", "nin": 3, "activation": "tanh"}),
    (nn.Layer(3, 2), {"class": "Layer", "nin": 3, "nout": 2, "activation": "relu"}),
    (
        nn.MLP(2, [16, 1], activation="tanh"),
        {"class": "MLP", "nin": 2, "nouts": [16, 1], "activation": "tanh", "output": "linear"},
    ),
    (
        nn.Conv2d(1, 2, (3, 2), stride=2, activation="relu"),
        {
            "class": "Conv2d",
            "in_channels": 1,
            "out_channels": 2,
            "kernel_size": [3, 2],
            "stride": 2,
            "padding": 0,
            "activation": "relu",
        },
    ),
    (nn.MaxPool2d(2), {"class": "MaxPool2d", "kernel_size": 2, "stride": None, "padding": 0}),
    (
        nn.AvgPool2d(3, (1, 2), 1),
        {"class": "AvgPool2d", "kernel_size": 3, "stride": [1, 2], "padding": 1},
    ),
    (nn.Linear(2, 3, bias=False), {"class": "Linear", "nin": 2, "nout": 3, "bias": False}),
    (nn.Flatten(), {"class": "Flatten"}),
    (nn.Reshape(1, 8, 4), {"class": "Reshape", "channels": 1, "rows": 8, "columns": 4}),
    (nn.Dropout(0.25), {"class": "Dropout", "p": 0.25}),
    (nn.Perceptron(4), {"class": "Perceptron", "nin": 4}),
    (nn.Elementwise("tanh"), {"class": "Elementwise", "activation": "tanh"}),
]


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
