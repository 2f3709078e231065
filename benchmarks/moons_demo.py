"""micrograd's published demo: moons, 2-16-16-1, max-margin loss with L2, as its notebook has it.

The functions take the `Value` and `MLP` of either package, so both run the same lines.
"""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import make_moons


def demo(Value: Any, MLP: Any) -> tuple[Any, Callable[[], tuple[Any, float]]]:
    """Return the demo's model and its function `loss()`, which gives (total loss, accuracy)."""
    np.random.seed(1337)
    random.seed(1337)
    X, y = make_moons(n_samples=100, noise=0.1)
    y = y * 2 - 1
    model = MLP(2, [16, 16, 1])

    def loss() -> tuple[Any, float]:
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        return total_loss, sum(accuracy) / len(accuracy)

    return model, loss


def train(
    model: Any, loss: Callable[[], tuple[Any, float]], steps: int = 100
) -> list[tuple[float, float]]:
    """Run the notebook's training loop; returns (loss, accuracy) of each step."""
    seen = []
    for k in range(steps):
        total_loss, accuracy = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        seen.append((total_loss.data, accuracy))
    return seen


def training_step(Value: Any, MLP: Any) -> Callable[[], None]:
    """Return one step of the demo's training, forward, backward and update, as a function."""
    model, loss = demo(Value, MLP)

    def step() -> None:
        total, _ = loss()
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad

    return step
