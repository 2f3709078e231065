"""The networks of the benchmarks written by hand in NumPy, as one would for speed and clarity."""

from itertools import pairwise
from typing import Any

import numpy as np
from side_by_side import Step


def moons_data() -> tuple[Any, Any]:
    """The 100 points of micrograd's demo, labels -1 and 1."""
    from sklearn.datasets import make_moons

    X, y = make_moons(n_samples=100, noise=0.1, random_state=1337)
    return X, y * 2.0 - 1.0


def random_images(n: int, pixels: int) -> tuple[Any, Any]:
    """Images of noise and labels 0..9: what a step takes does not depend on them."""
    rng = np.random.default_rng(0)
    return rng.random((n, pixels)), rng.integers(0, 10, n)


def weights(sizes: list[int]) -> list[Any]:
    """Weight matrices (nin, nout) and biases, layer by layer."""
    rng = np.random.default_rng(0)
    made: list[Any] = []
    for nin, nout in pairwise(sizes):
        made += [rng.normal(0, (2 / nin) ** 0.5, (nin, nout)), np.zeros(nout)]
    return made


def moons() -> Step:
    """One step: 2-16-16-1, relu, max-margin loss with L2, full batch, SGD."""
    X, y = moons_data()
    W1, b1, W2, b2, W3, b3 = params = weights([2, 16, 16, 1])
    y = y[:, None]
    losses, accuracies = [], []

    def step() -> None:
        h1 = np.maximum(X @ W1 + b1, 0.0)
        h2 = np.maximum(h1 @ W2 + b2, 0.0)
        scores = h2 @ W3 + b3
        margins = 1.0 - y * scores
        penalty = sum((p * p).sum() for p in params)
        losses.append(np.maximum(margins, 0.0).mean() + 1e-4 * penalty)
        accuracies.append(((scores > 0) == (y > 0)).mean())
        d3 = (margins > 0) * (-y / len(X))
        d2 = (d3 @ W3.T) * (h2 > 0)
        d1 = (d2 @ W2.T) * (h1 > 0)
        gradients = (X.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0))
        for p, g in zip(params, gradients, strict=True):
            p -= 0.1 * (g + 2e-4 * p)

    return step


def _classifier(pixels: int, hidden: int, batch: int) -> Step:
    X, y = random_images(50 * batch, pixels)
    W1, b1, W2, b2 = params = weights([pixels, hidden, 10])
    rows = np.arange(batch)
    state = {"at": 0}
    losses, correct = [], []

    def step() -> None:
        i = state["at"] = (state["at"] + batch) % len(X)
        x, t = X[i : i + batch], y[i : i + batch]
        h = np.maximum(x @ W1 + b1, 0.0)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[rows, t]).mean())
        correct.append((z.argmax(axis=1) == t).sum())
        p[rows, t] -= 1.0
        p /= batch
        d = (p @ W2.T) * (h > 0)
        for q, g in zip(params, (x.T @ d, d.sum(0), h.T @ p, p.sum(0)), strict=True):
            q -= 0.1 * g

    return step


def digits() -> Step:
    """One step: 64-32-10, relu, cross-entropy, batch 32, SGD."""
    return _classifier(64, 32, 32)


def mnist30() -> Step:
    """One step: 784-30-10, relu, cross-entropy, batch 32, SGD."""
    return _classifier(784, 30, 32)


def mnist100() -> Step:
    """One step: 784-100-10, relu, cross-entropy, batch 128, SGD."""
    return _classifier(784, 100, 128)


def convolution() -> Step:
    """One step on 8x8 images: 8 filters of 3x3, relu, 2x2 max-pooling, dense to 10, batch 32."""
    X, y = random_images(32 * 50, 64)
    rng = np.random.default_rng(0)
    F, c = rng.normal(0, 0.3, (9, 8)), np.zeros(8)
    W, b = rng.normal(0, 0.1, (72, 10)), np.zeros(10)
    r, q = np.meshgrid(np.arange(6), np.arange(6), indexing="ij")
    patches = np.array([(r + i) * 8 + q + j for i in range(3) for j in range(3)])
    patches = patches.reshape(9, 36).T
    rows = np.arange(32)
    state = {"at": 0}
    losses, correct = [], []

    def step() -> None:
        i = state["at"] = (state["at"] + 32) % len(X)
        x, t = X[i : i + 32], y[i : i + 32]
        columns = x[:, patches].reshape(-1, 9)
        a = np.maximum(columns @ F + c, 0.0)
        blocks = a.reshape(32, 3, 2, 3, 2, 8)
        pooled = blocks.max(axis=(2, 4))
        flat = pooled.reshape(32, 72)
        z = flat @ W + b
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[rows, t]).mean())
        correct.append((z.argmax(axis=1) == t).sum())
        p[rows, t] -= 1.0
        p /= 32
        dpool = (p @ W.T).reshape(32, 3, 1, 3, 1, 8)
        d = ((blocks == pooled[:, :, None, :, None, :]) * dpool).reshape(-1, 8) * (a > 0)
        gradients = (columns.T @ d, d.sum(0), flat.T @ p, p.sum(0))
        for u, g in zip((F, c, W, b), gradients, strict=True):
            u -= 0.1 * g

    return step
