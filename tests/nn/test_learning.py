"""Worked examples 7, 8 and 10: what the sources teach about learning, on real data."""

import functools
import math
import random

import numpy as np
import pytest

import nn
from autograd import Value

datasets = pytest.importorskip("sklearn.datasets", reason="needs the `data` extra")


@pytest.fixture(scope="module")
def iris():
    """The measurements scaled to [0, 1], and the species 0, 1, 2."""
    X, y = datasets.load_iris(return_X_y=True)
    return (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0)), y


@pytest.fixture(scope="module")
def digits():
    X, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return X[order] / 16.0, y[order]


# 7. One layer on Iris


def test_7_a_perceptron_separates_setosa_from_the_rest_without_error(iris):
    X, y = iris
    labels = np.where(y == 0, 1, -1)
    perceptron = nn.Perceptron(4, rng=random.Random(0))
    history = nn.fit(
        perceptron,
        X,
        labels,
        loss="perceptron_loss",
        optimizer=nn.SGD(perceptron.parameters(), lr=0.1),
        batch_size=1,
        epochs=20,
        seed=0,
    )
    assert history.loss[-1] == 0.0
    assert nn.predict(perceptron, X).tolist() == labels.tolist()


def test_7_the_perceptrons_rule_moves_by_the_rate_times_label_times_input():
    p = nn.Perceptron(2, rng=random.Random(0))
    start = [w.data for w in p.parameters()]
    x, label = [0.5, -2.0], -1 if p([0.5, -2.0]).data > 0 else 1
    nn.fit(p, [x], [label], loss="perceptron_loss", optimizer=nn.SGD(p.parameters(), 0.1), epochs=1)
    moved = [w.data - s for w, s in zip(p.parameters(), start, strict=True)]
    assert moved == pytest.approx([0.1 * label * v for v in (*x, 1.0)])
    while label * p(x).data <= 0:  # until it is right
        nn.fit(
            p, [x], [label], loss="perceptron_loss", optimizer=nn.SGD(p.parameters(), 0.1), epochs=1
        )
    settled = [w.data for w in p.parameters()]
    nn.fit(p, [x], [label], loss="perceptron_loss", optimizer=nn.SGD(p.parameters(), 0.1), epochs=1)
    assert [w.data for w in p.parameters()] == settled


@pytest.mark.parametrize("regime", ["batch", "stochastic"])
def test_7_adaline_reaches_the_least_squares_solution(iris, regime):
    X, y = iris
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    labels = np.where(y == 0, 1.0, -1.0)
    exact, *_ = np.linalg.lstsq(np.c_[X, np.ones(len(X))], labels, rcond=None)
    adaline = nn.MLP(4, [1], output="linear", rng=random.Random(0))
    optimizer = nn.SGD(adaline.parameters(), lr=0.2)
    fit = functools.partial(nn.fit, adaline, X, labels + 0.0, loss="mse_loss", optimizer=optimizer)
    if regime == "batch":
        fit(batch_size=len(X), epochs=2000)
    else:  # steps that get smaller and smaller
        optimizer.lr = 0.04
        schedule = nn.ExponentialLR(optimizer, 0.975)
        fit(batch_size=1, epochs=250, seed=0, schedule=schedule)
    found = [p.data for p in adaline.parameters()]
    assert found == pytest.approx(exact.tolist(), abs=1e-3)


def test_7_a_sigmoid_neuron_classifies_two_species(iris):
    X, y = iris
    neuron = nn.MLP(4, [1], output="sigmoid", rng=random.Random(0))
    nn.fit(
        neuron,
        X,
        (y == 0).astype(int),
        loss="mse_loss",
        optimizer=nn.SGD(neuron.parameters(), lr=5.0),
        epochs=50,
        seed=0,
    )
    assert nn.accuracy(neuron, X, (y == 0).astype(int)) == 1.0


# 8. Learning better


def saturated(cost, rate, steps=300):
    """The outputs over the steps of one sigmoid neuron that starts at 0.98 and should say 0."""
    w, b = Value(2.0), Value(2.0)
    outputs = []
    for _ in range(steps):
        w.grad = b.grad = 0.0
        s = w * 1.0 + b
        outputs.append(s.sigmoid().data)
        cost(s).backward()
        w.data -= rate * w.grad
        b.data -= rate * b.grad
    return outputs


def test_8_a_saturated_neuron_learns_slowly_under_the_quadratic_cost_only():
    def quadratic(s):
        return s.sigmoid() ** 2 / 2

    def entropy(s):
        return nn.binary_cross_entropy_with_logits(s, 0)

    slow, fast = saturated(quadratic, 0.15), saturated(entropy, 0.15)
    assert slow[0] == fast[0] == pytest.approx(0.982, abs=1e-3)
    assert slow[0] - slow[20] < 0.01 < 0.5 < fast[0] - fast[20]  # hardly moves; has half learnt
    assert slow[-1] == pytest.approx(0.20, abs=0.01)  # as published
    assert fast[-1] < 0.03


def test_8_penalties_shrink_weights_and_l1_brings_them_to_zero(digits):
    X, y = digits[0][:300], digits[1][:300]
    sizes = {}
    for name, penalty in (
        ("none", lambda m: Value(0.0)),
        ("l1", lambda m: nn.l1_penalty(m, 0.003)),
        ("l2", lambda m: nn.l2_penalty(m, 0.003)),
    ):
        m = nn.MLP(64, [10], rng=random.Random(0))

        def loss(output, target, m=m, penalty=penalty):
            return nn.cross_entropy(output, target) + penalty(m)

        nn.fit(m, X, y, loss=loss, optimizer=nn.SGD(m.parameters(), lr=0.2), epochs=60, seed=0)
        w = np.array([[v.data for v in n.weights] for n in m.layers[0].neurons])
        sizes[name] = (np.abs(w).mean(), (np.abs(w) < 0.01).mean())
    assert sizes["l1"][0] < sizes["none"][0] and sizes["l2"][0] < sizes["none"][0]
    assert sizes["l1"][1] > 0.3 > 0.1 > sizes["none"][1]


def test_8_narrow_initial_weights_learn_faster_than_wide_ones(digits):
    X, y = digits
    losses = {}
    for init in ("lecun", "normal"):  # standard deviation 1 / sqrt(n), and 1
        m = nn.MLP(64, [30, 10], activation="sigmoid", init=init, rng=random.Random(0))
        optimizer = nn.SGD(m.parameters(), lr=0.5)
        history = nn.fit(m, X[:1000], y[:1000], optimizer=optimizer, epochs=5, seed=0)
        losses[init] = history.loss[0]
    assert losses["lecun"] < losses["normal"]


def test_8_dropout_and_early_stopping_hold_back_overfitting(digits):
    X, y = digits[0][:150], digits[1][:150]
    held_out = digits[0][1000:], digits[1][1000:]
    gaps = {}
    for p in (0.0, 0.5):
        m = nn.Sequential(
            nn.Layer(64, 60, init="uniform", rng=random.Random(0)),
            nn.Dropout(p, seed=0),
            nn.Layer(60, 10, nonlin=False, rng=random.Random(1)),
        )
        history = nn.fit(
            m,
            X,
            y,
            optimizer=nn.Adam(m.parameters(), lr=0.01),
            epochs=60,
            seed=0,
            validation=held_out,
        )
        gaps[p] = history.val_loss[-1]
    assert gaps[0.5] < gaps[0.0]
    m = nn.MLP(64, [60, 10], rng=random.Random(0))
    history = nn.fit(
        m,
        X,
        y,
        optimizer=nn.Adam(m.parameters(), lr=0.05),
        epochs=200,
        seed=0,
        validation=held_out,
        early_stopping=5,
    )
    assert len(history.loss) < 200 and history.best_epoch == int(np.argmin(history.val_loss)) + 1


# 10. Digits


def test_10_a_network_of_the_classic_shape_learns_large_images():
    rng = np.random.default_rng(0)
    prototypes = rng.random((10, 784))
    y = rng.integers(0, 10, 200)
    X = np.clip(prototypes[y] + rng.normal(0, 0.3, (200, 784)), 0, 1)
    m = nn.MLP(784, [30, 10], activation="sigmoid", init="lecun", rng=random.Random(0))
    nn.fit(m, X, y, optimizer=nn.SGD(m.parameters(), lr=0.5), epochs=15, batch_size=10, seed=0)
    assert nn.accuracy(m, X, y) == 1.0


def test_10_a_convolutional_network_reads_digits(digits):
    X, y = digits
    m = nn.Sequential(
        nn.Reshape(1, 8, 8),
        nn.Conv2d(1, 8, 3, activation="relu", init="he", rng=random.Random(0)),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Layer(72, 10, nonlin=False, rng=random.Random(1)),
    )
    optimizer = nn.Adam(m.parameters(), lr=0.01)
    nn.fit(m, X[:1400], y[:1400], optimizer=optimizer, epochs=15, seed=0)
    assert nn.accuracy(m, X[1400:], y[1400:]) >= 0.96
    assert math.isclose(len(m.parameters()), 8 * 10 + 730)  # shared filters: few parameters
