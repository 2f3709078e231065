"""Layers of every kind with what they say of themselves, and a layer with given weights."""

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


def linear(weights, biases=None, **options):
    """A layer, as an MLP, with these weights, a row for each output."""
    model = nn.MLP(len(weights[0]), [len(weights)], **options)
    for neuron, row, bias in zip(
        model.layers[0].neurons, weights, biases or [0.0] * len(weights), strict=True
    ):
        neuron.bias.data = bias
        for weight, data in zip(neuron.weights, row, strict=True):
            weight.data = data
    return model
