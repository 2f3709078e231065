"""What tests of training share: small data, small models, and short calls of `fit` on them."""

import random

import numpy as np
import pytest

import nn

both = pytest.mark.parametrize("compiled", [True, False])

POINTS = np.random.default_rng(0).normal(size=(60, 2))
CLASSES = (POINTS[:, 0] + POINTS[:, 1] > 0).astype(int)
TILTED = (POINTS[:, 0] + 0.5 * POINTS[:, 1] > 0.2).astype(int)
CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND = [0, 0, 0, 1]


def network(*widths, **options):
    """A network with relu on two inputs."""
    return nn.MLP(2, list(widths), rng=random.Random(0), **options)


def fit(model, X=POINTS, y=CLASSES, **options):
    """Train for three epochs."""
    defaults = {"epochs": 3, "seed": 0, "progress": False}
    return nn.fit(model, X, y, **defaults | options)


def classifier(seed=1, outputs=2):
    """A network with tanh for the tilted classes."""
    return nn.MLP(2, [6, outputs], activation="tanh", rng=random.Random(seed))


def briefly(m, **options):
    """Train on the tilted classes for five epochs."""
    options = {"epochs": 5, "batch_size": 8, "seed": 3, "progress": False, **options}
    if "optimizer" not in options and "schedule" not in options:
        options["optimizer"] = nn.SGD(m.parameters(), lr=0.3)
    return nn.fit(m, options.pop("X", POINTS), options.pop("y", TILTED), **options)


def dropout_model():
    """A network with dropout."""
    return nn.Sequential(
        nn.Layer(2, 6, activation="tanh", rng=random.Random(1)),
        nn.Dropout(0.3, seed=4),
        nn.Layer(6, 2, nonlin=False, rng=random.Random(2)),
    )


def gate(outputs=2, seed=0):
    """A small network for the corners."""
    return nn.MLP(2, [4, outputs], activation="tanh", rng=random.Random(seed))


def fit_arguments(**changes):
    """A small network, and arguments to train it on AND for one epoch."""
    m = gate()
    arguments = {"X": CORNERS, "y": AND, "optimizer": nn.SGD(m.parameters(), lr=0.1, momentum=0.9)}
    arguments |= {"epochs": 1, "progress": False}
    return m, arguments | changes
