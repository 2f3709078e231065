"""History: what `fit` saw, epoch by epoch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.number import as_float
from nn.checks import Array
from nn.training.examples import Examples

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Observer(ABC):
    """A callback of `fit` that does not look at the model: no weights are written back for it."""

    @abstractmethod
    def __call__(self, news: Any, /) -> object:
        """Look at the history, or at the loss of a batch; True ends the training."""


@dataclass(repr=False)
class History:
    """What `fit` saw, one entry an epoch; `history["loss"]` is `history.loss`.

    `loss` and `accuracy` are means over the epoch's batches, each taken before its step;
    `val_loss` and `val_accuracy` are measured after the epoch; `lr` is the learning rate at its
    end. Accuracy lists stay empty where the targets are not classes. `stopped` says why the
    training ended before the last epoch, "" where it did not; `best_epoch`, counted from 1, is
    the best one for early stopping, which restores its weights unless the training was interrupted.
    `metrics` holds the lists of `fit(metrics=...)` by name, those of validation as `val_...`.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    stopped: str = ""
    best_epoch: int | None = None
    metrics: dict[str, list[float]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[float]:
        """Return one list by its name, a metric's too; raises `KeyError` with the names."""
        lists = self._lists()
        if name not in lists:
            raise KeyError(f"the history has no {name!r}; it has {', '.join(lists)}")
        return lists[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the lists, as a dict does, for `in` and `dict(history)`."""
        return iter(self._lists())

    def keys(self) -> list[str]:
        """Return the names of the lists."""
        return list(self)

    def _lists(self) -> dict[str, list[float]]:
        return {**self.curves(), "lr": self.lr, **self.metrics}

    def watched(self, name: str) -> list[float]:
        """Return the list called `name`, of validation if there is any; `KeyError` for none."""
        lists = {**self.curves(), **self.metrics}
        return lists.get(f"val_{name}") or lists[name]

    def note(
        self,
        prefix: str,
        losses: Array,
        examples: Examples,
        outputs: Array,
        metrics: Mapping[str, Callable[[Any, Any], float]],
    ) -> None:
        """Append what a pass over `examples` has given, to the lists with `prefix`.

        `losses`, shape (n, 1), and `outputs`, shape (n, outputs), also go into the `metrics`.
        """
        mean = np.add.reduce(losses, axis=None) / len(losses)  # half the time of losses.mean()
        getattr(self, f"{prefix}loss").append(float(mean))
        if examples.graded:
            getattr(self, f"{prefix}accuracy").append(examples.right(outputs))
        for name, metric in metrics.items():
            score = as_float(metric(*examples.answers(outputs)), f"what the metric {name} returns")
            self.metrics.setdefault(prefix + name, []).append(score)

    def note_epochs(self, losses: Array, outputs: Array, examples: Examples) -> None:
        """Append what passes over `examples` gave: `losses`, `outputs`, shape (epochs, n, ...)."""
        means = np.add.reduce(losses.reshape(len(losses), -1), axis=1) / len(examples)
        self.loss += means.tolist()
        if examples.graded:
            self.accuracy += examples.right(outputs)

    def cut(self) -> None:
        """Drop what belongs to an epoch that did not end."""
        for values in (*self.curves().values(), *self.metrics.values()):
            del values[len(self.lr) :]

    def curves(self) -> dict[str, list[float]]:
        """Return the lists of losses and accuracies that are not empty, by name."""
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def report(self) -> str:
        """Return the last epoch in a line, such as `loss 0.1234  accuracy 97.2 %`."""
        parts = [
            f"{name.replace('_', ' ')} {values[-1]:{'.4f' if abs(values[-1]) < 1e6 else '.4g'}}"
            if name.endswith("loss")
            else f"{name.replace('_', ' ')} {100 * values[-1]:.1f} %"
            for name, values in self.curves().items()
        ]
        parts += [f"{name} {values[-1]:.4g}" for name, values in self.metrics.items() if values]
        return "  ".join(parts)

    def __repr__(self) -> str:
        epochs = f"{len(self.loss)} epoch{'' if len(self.loss) == 1 else 's'}"
        parts = [epochs, self.report().replace("  ", ", "), self.stopped]
        return f"History({', '.join(filter(None, parts))})"

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the curves over the epochs into `ax`, by default in a new figure; return the Axes.

        Accuracy and metrics have a panel below the loss, or in `ax` a scale at the right,
        `figure.axes[-1]`; the best epoch of early stopping or of the validation loss is marked.
        Raises `ValueError` before the first epoch and `ImportError` without matplotlib.
        """
        from nn.pictures.curves import plot_history

        return plot_history(self, ax)
