"""The perceptron, trained by Rosenblatt's rule."""

import random

import numpy as np
import pytest

import nn
from nn.data import load


def test_the_perceptron_learns_by_rosenblatts_rule():
    model = nn.Perceptron(2)
    model.load_state_dict({"weights.0": 0.5, "weights.1": -1.0, "bias": 0.25})
    wrong, right = [1.0, 2.0], [2.0, 1.0]  # scores -1.25 and 0.25
    for x in (right, wrong):
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        nn.fit(model, [x], [1], loss="perceptron_loss", optimizer=optimizer, epochs=1)
    assert list(model.state_dict().values()) == pytest.approx([0.5 + 0.1, -1.0 + 0.2, 0.25 + 0.1])


def test_the_perceptron_gives_the_score_in_training_and_the_step_in_evaluation():
    model = nn.Perceptron(1, init="zeros")
    model.weights[0].data = 2.0
    assert model([1.5]).data == model.score([1.5]).data == 3.0
    model.eval()
    assert [model([x]).data for x in (1.5, -0.1, 0.0)] == [1.0, -1.0, -1.0]
    assert model.score([1.5]).data == 3.0
    step = model([1.5])
    step.backward()
    assert model.weights[0].grad == 0.0
    with pytest.raises(ValueError, match=r"Perceptron\(1\) takes 1 inputs, got 2"):
        model([1.0, 2.0])


def test_the_perceptron_separates_setosa_from_the_other_irises():
    iris = load("iris")
    X, labels = np.concatenate([iris.X_train, iris.X_test]), [iris.y_train, iris.y_test]
    y = np.where(np.concatenate(labels) == 0, 1, -1)
    model = nn.Perceptron(4, rng=random.Random(1))
    assert nn.accuracy(model, X, y) < 1.0
    history = nn.fit(model, X, y, loss="perceptron_loss", epochs=10, batch_size=1, seed=0)
    assert nn.accuracy(model, X, y) == 1.0 and history.loss[-1] == 0.0
    model.eval()
    assert nn.predict(model, X).tolist() == y.tolist()
    assert nn.predict(model, X[:5]).tolist() == y[:5].tolist()
