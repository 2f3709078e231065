"""Training: `fit` runs the seven steps of stochastic gradient descent.

Small random weights are there already. Then, over and over: an example goes in, forward, compare
with its target, backward, add up; after each batch the optimiser moves the weights; a pass over
the whole training set is an epoch. Invariant: whatever can be found wrong with the arguments is
found before any weight moves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

import autograd
from autograd import Value, no_grad
from nn.checks import check_size
from nn.choice import by_name
from nn.data import check_examples, minibatches
from nn.engines import CompiledEngine, EagerEngine
from nn.examples import Examples
from nn.losses import LOSSES, Loss, cross_entropy
from nn.module import Module
from nn.optim import SGD, Optimizer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the curves over the epochs into `ax`, by default in a new figure; return the Axes.

        Where there is accuracy it has a scale of its own at the right, `figure.axes[-1]`. Raises
        `ValueError` before the first epoch and `ImportError` without matplotlib.
        """
        from nn.plots.history import plot_history

        return plot_history(self, ax)


# Compiling takes as long as running some tens of examples one by one.
WORTH_COMPILING = 64

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
    compiled: bool = True,
    callbacks: Iterable[Callback] = (),
) -> History:
    """Train `model` on `X`, shape (n, features), and `y`, shape (n,) or (n, outputs).

    Each step takes the mean of `loss(model(x), target)` over a mini-batch. `loss` is a name or a
    function, `optimizer` by default `SGD(model.parameters(), lr=0.1)`, `validation` a pair like
    (X, y). `seed` fixes the shuffling. `batch_size=1` is online training. Each of `callbacks` is
    called with the history after every epoch. The bar shows on a terminal only. `compiled=False`
    runs the eager engine, slower and to the same weights. Model and loss are compiled once: class
    labels of several outputs reach the loss as one-hot rows, and bare numbers that they read or
    draw at random are frozen; use Values for what changes.

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
        held_out = Examples(model, *validation, loss, name="validation ")
    rng = np.random.default_rng(seed) if shuffle else None
    if compiled:
        engine: Any = CompiledEngine(model, loss, optimizer)
    else:
        engine = EagerEngine(model, loss, optimizer)

    history, mode = History(), model.training
    batches = -(-len(training) // batch_size)
    model.train()
    try:
        with tqdm(total=epochs * batches, unit="batch", disable=None if progress else True) as bar:
            for _ in range(epochs):
                engine.epoch(training)
                for batch in minibatches(len(training), batch_size, rng):
                    engine.step(batch)
                    bar.update()
                engine.close(history.loss, history.accuracy)
                if held_out is not None:
                    model.eval()
                    engine.evaluate(held_out, history.val_loss, history.val_accuracy)
                    model.train()
                if not bar.disable:
                    bar.set_postfix_str(history.report())
                if callbacks:
                    engine.write_back()
                    model.train(mode)
                    for callback in callbacks:
                        callback(history)
                    model.train()
                    engine.gather()
    finally:  # also after Ctrl-C: nothing learnt is lost
        engine.write_back()
        model.train(mode)
    return history


def predict(model: Module, X: Any) -> Array:
    """Return the model's outputs for `X`, shape (n, features), without recording.

    The result has shape (n, outputs), or (n,) where the model returns a bare Value. For classes
    take `predict(model, X).argmax(axis=1)`.
    """
    outputs, single = _outputs(model, check_examples(X))
    return outputs[:, 0] if single else outputs


def accuracy(model: Module, X: Any, y: Any, loss: str | Loss | None = None) -> float:
    """Return the share of examples that the model classifies as `y` says, from 0 to 1.

    With several outputs the largest must be that of the class (an index, or a one-hot row). With
    one output, labels are -1 and 1, or 0 and 1: an output above the threshold means 1. The
    threshold is 0; for labels 0 and 1 it is 0.5 where the model ends in a sigmoid or `loss`, what
    it was trained with, is one of squares. Raises `ValueError` where `y` holds no classes.
    """
    known = None if loss is None else by_name("loss", loss, LOSSES)
    examples = Examples(model, X, y, known, rehearse=False)
    if not examples.classes:
        raise ValueError(
            "`accuracy` needs classes in `y`: indices or one-hot rows for several outputs, "
            "0 and 1 or -1 and 1 for one output"
        )
    outputs, _ = _outputs(model, examples.rows)
    return examples.right(outputs) / len(examples)


def _outputs(model: Module, rows: list[list[float]]) -> tuple[Array, bool]:
    """The outputs for all rows, shape (n, outputs), and whether each is a bare Value."""

    def as_list(x: Any) -> list[Value]:
        output = model(x)
        return [output] if isinstance(output, Value) else list(output)

    with no_grad():
        single = isinstance(model(rows[0]), Value)
        if len(rows) >= WORTH_COMPILING:
            try:
                compiled: Array = autograd.compile(as_list, batch=True)(rows)
                return compiled, single
            except (TypeError, ValueError):  # a model that reads .data, or with too many branches
                pass
        return np.array([[v.data for v in as_list(row)] for row in rows]), single


def check_callbacks(callbacks: Any) -> list[Callback]:
    """Return the callbacks as a list; raises `TypeError` unless each can be called."""
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks, None]
    for callback in listed:
        if not callable(callback):
            raise TypeError("`callbacks` must be a list of functions of the history")
    return listed
