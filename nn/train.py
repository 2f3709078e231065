"""Training: `fit` runs the seven steps of stochastic gradient descent.

Small random weights are there already. Then, over and over: an example goes in, forward, compare
with its target, backward, add up; after each batch the optimiser moves the weights; a pass over
the whole training set is an epoch. Invariant: whatever can be found wrong with the arguments is
found before any weight moves.
"""

import operator
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from autograd import Value, no_grad
from nn.choice import by_name
from nn.data import check_examples, check_targets, minibatches
from nn.losses import LOSSES, Loss, cross_entropy, mse_loss, squared_error
from nn.module import Module
from nn.optim import SGD, Optimizer

Array = npt.NDArray[np.float64]


@dataclass
class History:
    """What `fit` saw, one entry an epoch.

    `loss` and `accuracy` are means over the epoch's batches, each taken before its step;
    `val_loss` and `val_accuracy` are measured after the epoch. Accuracy lists stay empty where
    the targets are not classes.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)

    def report(self) -> str:
        """Return the last epoch in a line, such as `loss 0.1234  accuracy 97.2 %`."""
        parts = [
            f"{name.replace('_', ' ')} {values[-1]:.4f}"
            if name.endswith("loss")
            else f"{name.replace('_', ' ')} {100 * values[-1]:.1f} %"
            for name, values in vars(self).items()
            if values
        ]
        return "  ".join(parts)


Callback = Callable[[History], object]


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: str | Loss = cross_entropy,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    shuffle: bool = True,
    validation: tuple[Any, Any] | None = None,
    seed: int | None = None,
    progress: bool = True,
    callbacks: Iterable[Callback] = (),
) -> History:
    """Train `model` on `X`, shape (n, features), and `y`, shape (n,) or (n, outputs).

    Each step takes the mean of `loss(model(x), target)` over a mini-batch. `loss` is a name or a
    function, `optimizer` by default `SGD(model.parameters(), lr=0.1)`, `validation` a pair like
    (X, y). `seed` fixes the shuffling. `batch_size=1` is online training. Each of `callbacks` is
    called with the history after every epoch. The bar shows on a terminal only.

    Raises `ValueError` or `TypeError`, before any weight moves, for data that do not fit each
    other, the model or the loss, and for `epochs` or `batch_size` below 0 or 1.
    """
    loss = by_name("loss", loss, LOSSES)
    for name, number, least in (("epochs", epochs, 0), ("batch_size", batch_size, 1)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise ValueError(f"`{name}` must be a whole number of at least {least}, got {number!r}")
    callbacks = list(callbacks)
    rows = check_examples(X)
    targets = check_targets(y, len(rows))
    _rehearse(model, rows, targets, loss)
    if validation is not None:
        X_val, y_val = validation
        val_rows = check_examples(X_val, "validation X")
        val_targets = check_targets(y_val, len(val_rows), "validation y")
        _rehearse(model, val_rows, val_targets, loss)
    if optimizer is None:
        optimizer = SGD(model.parameters(), lr=0.1)
    rng = random.Random(seed) if shuffle else None
    threshold = _threshold(targets, loss)
    classify = _are_classes(model, rows[0], targets)

    history = History()
    model.train()
    batches = -(-len(rows) // batch_size)
    with tqdm(total=epochs * batches, unit="batch", disable=None if progress else True) as bar:
        for _ in range(epochs):
            total, correct = 0.0, 0
            for batch in minibatches(len(rows), batch_size, rng):
                optimizer.zero_grad()
                for i in batch:
                    output = model(rows[i])
                    error = loss(output, targets[i])
                    error.backward(1.0 / len(batch))
                    total += error.data
                    correct += classify and _is_correct(output, targets[i], threshold)
                optimizer.step()
                bar.update()
            history.loss.append(total / len(rows))
            if classify:
                history.accuracy.append(correct / len(rows))
            if validation is not None:
                model.eval()
                _validate(model, val_rows, val_targets, loss, threshold, classify, history)
                model.train()
            bar.set_postfix_str(history.report())
            for callback in callbacks:
                callback(history)
    model.eval()
    return history


@no_grad()
def predict(model: Module, X: Any) -> Array:
    """Return the model's outputs for `X`, shape (n, features), without recording.

    The result has shape (n, outputs), or (n,) where the model returns a bare Value. For classes
    take `predict(model, X).argmax(axis=1)`.
    """
    outputs = [model(row) for row in check_examples(X)]
    return np.array(
        [[v.data for v in o] if isinstance(o, list) else o.data for o in outputs], dtype=float
    )


@no_grad()
def accuracy(model: Module, X: Any, y: Any, threshold: float = 0.0) -> float:
    """Return the share of examples that the model classifies as `y` says, from 0 to 1.

    With several outputs the largest must be that of the class (an index, or a one-hot row). With
    one output, an output above `threshold` means the class with y > 0, else that with y <= 0.
    """
    rows = check_examples(X)
    targets = check_targets(y, len(rows))
    if not _are_classes(model, rows[0], targets):
        raise ValueError(
            "`accuracy` needs classes in `y`: indices or one-hot rows for several outputs, "
            "0 and 1 or -1 and 1 for one output"
        )
    pairs = zip(rows, targets, strict=True)
    return sum(_is_correct(model(row), target, threshold) for row, target in pairs) / len(rows)


def _is_correct(output: Any, target: Any, threshold: float) -> bool:
    if isinstance(output, Value):
        truth = target[0] if isinstance(target, list) else target
        return (output.data > threshold) == bool(truth > 0)
    scores = [v.data for v in output]
    if isinstance(target, list):
        target = target.index(max(target))
    return scores.index(max(scores)) == operator.index(int(target))


def _are_classes(model: Module, row: list[float], targets: list[Any]) -> bool:
    with no_grad():
        output = model(row)
    if isinstance(targets[0], list):
        return all(sorted(t)[-1] == 1 and sum(map(abs, t)) == 1 for t in targets) and len(
            targets[0]
        ) == (1 if isinstance(output, Value) else len(output))
    if isinstance(output, Value):
        return set(targets) <= {0, 1} or set(targets) <= {-1, 1}
    return all(float(t).is_integer() and 0 <= t < len(output) for t in targets)


def _threshold(targets: list[Any], loss: Loss) -> float:
    """A score of 0 decides; an output fitted to the labels 0 and 1 by squares decides at 0.5."""
    least_squares = loss in (mse_loss, squared_error)
    return 0.5 if least_squares and set(map(operator.truth, targets)) and 0 in targets else 0.0


def _validate(
    model: Module,
    rows: list[list[float]],
    targets: list[Any],
    loss: Loss,
    threshold: float,
    classify: bool,
    history: History,
) -> None:
    total, correct = 0.0, 0
    with no_grad():
        for row, target in zip(rows, targets, strict=True):
            output = model(row)
            total += loss(output, target).data
            correct += classify and _is_correct(output, target, threshold)
    history.val_loss.append(total / len(rows))
    if classify:
        history.val_accuracy.append(correct / len(rows))


@no_grad()
def _rehearse(model: Module, rows: list[list[float]], targets: list[Any], loss: Loss) -> None:
    """Run one example and try every target on its output, so that errors come before training."""
    output = model(rows[0])
    for i, target in enumerate(targets):
        try:
            error = loss(output, target)
        except (TypeError, ValueError) as problem:
            raise type(problem)(f"target {i} of {len(targets)}: {problem}") from None
        if not isinstance(error, Value):
            raise TypeError(f"the loss must return a Value, got {error!r:.60}")
