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

from autograd import Value, no_grad, sigmoid
from nn.checks import check_size
from nn.choice import by_name
from nn.data import check_examples, check_targets, minibatches
from nn.layers import MLP
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
    epochs, batch_size = check_size("epochs", epochs, 0), check_size("batch_size", batch_size)
    callbacks = check_callbacks(callbacks)
    if optimizer is None:
        optimizer = SGD(model.parameters(), lr=0.1)
    elif not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"`optimizer` must be an optimiser such as nn.SGD(model.parameters(), lr=0.1), got "
            f"{optimizer!r:.60}"
        )
    training = Examples(model, X, y, loss)
    held_out = None
    if validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ValueError("`validation` must be a pair (X, y)")
        held_out = Examples(model, *validation, loss, "validation ")
    rng = None
    if shuffle:
        rng = random.Random(seed if seed is None else operator.index(seed))

    history, mode = History(), model.training
    batches = -(-len(training) // batch_size)
    with tqdm(total=epochs * batches, unit="batch", disable=None if progress else True) as bar:
        for _ in range(epochs):
            model.train()
            tally = Tally(training)
            for batch in minibatches(len(training), batch_size, rng):
                optimizer.zero_grad()
                for i in batch:
                    error = tally.add(model, loss, i)
                    error.backward(1.0 / len(batch))
                optimizer.step()
                bar.update()
            tally.close(history.loss, history.accuracy)
            model.train(mode)
            if held_out is not None:
                _validate(model, loss, held_out, history)
            bar.set_postfix_str(history.report())
            for callback in callbacks:
                callback(history)
    return history


class Examples:
    """Rows and targets that have been found to fit each other, the model and the loss.

    One example is run and every different target is tried on its output, so that errors come
    before training starts. `classes` says whether the targets are classes, `threshold` where a
    single output decides between two.
    """

    def __init__(self, model: Module, X: Any, y: Any, loss: Loss | None, name: str = "") -> None:
        self.rows = check_examples(X, f"{name}X")
        self.targets = check_targets(y, len(self.rows), f"{name}y")
        with no_grad():
            output = model(self.rows[0])
            if loss is not None:
                self._rehearse(output, loss)
        self.classes = are_classes(output, self.targets)
        self.threshold = threshold(model, self.targets, loss)

    def __len__(self) -> int:
        return len(self.rows)

    def _rehearse(self, output: Any, loss: Loss) -> None:
        different = {repr(target): i for i, target in reversed(list(enumerate(self.targets)))}
        for i in sorted(different.values()):
            try:
                error = loss(output, self.targets[i])
            except Exception as problem:
                problem.add_note(f"in the loss of example {i} of {len(self)}, before any training")
                raise
            if not isinstance(error, Value):
                raise TypeError(f"the loss must return a Value, got {error!r:.60}")


class Tally:
    """The running sums of one pass over the examples."""

    def __init__(self, examples: Examples) -> None:
        self.examples, self.loss, self.correct = examples, 0.0, 0

    def add(self, model: Module, loss: Loss, i: int) -> Value:
        """Run example `i`; returns its loss."""
        output, target = model(self.examples.rows[i]), self.examples.targets[i]
        error = loss(output, target)
        self.loss += error.data
        if self.examples.classes:
            self.correct += is_correct(output, target, self.examples.threshold)
        return error

    def close(self, losses: list[float], accuracies: list[float]) -> None:
        """Append the means."""
        losses.append(self.loss / len(self.examples))
        if self.examples.classes:
            accuracies.append(self.correct / len(self.examples))


@no_grad()
def _validate(model: Module, loss: Loss, examples: Examples, history: History) -> None:
    mode = model.training
    model.eval()
    tally = Tally(examples)
    for i in range(len(examples)):
        tally.add(model, loss, i)
    tally.close(history.val_loss, history.val_accuracy)
    model.train(mode)


@no_grad()
def predict(model: Module, X: Any) -> Array:
    """Return the model's outputs for `X`, shape (n, features), without recording.

    The result has shape (n, outputs), or (n,) where the model returns a bare Value. For classes
    take `predict(model, X).argmax(axis=1)`.
    """
    outputs = [model(row) for row in check_examples(X)]
    return np.array([o.data if isinstance(o, Value) else [v.data for v in o] for o in outputs])


@no_grad()
def accuracy(model: Module, X: Any, y: Any, loss: str | Loss | None = None) -> float:
    """Return the share of examples that the model classifies as `y` says, from 0 to 1.

    With several outputs the largest must be that of the class (an index, or a one-hot row). With
    one output, labels are -1 and 1, or 0 and 1: an output above the threshold means 1. The
    threshold is 0; for labels 0 and 1 it is 0.5 where the model ends in a sigmoid or `loss`, what
    it was trained with, is one of squares. Raises `ValueError` where `y` holds no classes.
    """
    known = None if loss is None else by_name("loss", loss, LOSSES)
    examples = Examples(model, X, y, None)
    if not examples.classes:
        raise ValueError(
            "`accuracy` needs classes in `y`: indices or one-hot rows for several outputs, "
            "0 and 1 or -1 and 1 for one output"
        )
    level = threshold(model, examples.targets, known)
    pairs = zip(examples.rows, examples.targets, strict=True)
    return sum(is_correct(model(row), target, level) for row, target in pairs) / len(examples)


def is_correct(output: Any, target: Any, level: float) -> bool:
    """Whether an output, one Value or several, says what the target says."""
    if isinstance(output, Value):
        return (output.data > level) == bool(target > 0)
    scores = [v.data for v in output]
    if isinstance(target, list):
        target = target.index(max(target))
    return scores.index(max(scores)) == operator.index(target)


def are_classes(output: Any, targets: list[Any]) -> bool:
    """Whether the targets are classes for a model with such an output."""
    if isinstance(output, Value):
        return all(isinstance(t, int) for t in targets) and (
            set(targets) <= {0, 1} or set(targets) <= {-1, 1}
        )
    if isinstance(targets[0], list):
        one_hot = sorted([0.0] * (len(output) - 1) + [1.0])
        return all(sorted(t) == one_hot for t in targets)
    return all(isinstance(t, int) and 0 <= t < len(output) for t in targets)


def threshold(model: Module, targets: list[Any], loss: Loss | None) -> float:
    """Where one output decides: halfway from 0 to 1 where it is fitted to these, else at 0."""
    fitted = loss in (mse_loss, squared_error) or (
        isinstance(model, MLP) and model.layers[-1].neurons[0].activation is sigmoid
    )
    return 0.5 if fitted and 0 in targets else 0.0


def check_callbacks(callbacks: Any) -> list[Callback]:
    """Return the callbacks as a list; raises `TypeError` unless each can be called."""
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks, None]
    for callback in listed:
        if not callable(callback):
            raise TypeError("`callbacks` must be a list of functions of the history")
    return listed
