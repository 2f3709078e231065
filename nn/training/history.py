"""History: what `fit` saw, epoch by epoch."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class History:
    """What `fit` saw, one entry an epoch.

    `loss` and `accuracy` are means over the epoch's batches, each taken before its step;
    `val_loss` and `val_accuracy` are measured after the epoch; `lr` is the learning rate at its
    end. Accuracy lists stay empty where the targets are not classes. `stopped` says why the
    training ended before the last epoch, "" where it did not; `best_epoch`, counted from 1, is
    the best one for early stopping, which restores its weights unless the training was interrupted.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    stopped: str = ""
    best_epoch: int | None = None

    def cut(self) -> None:
        """Drop what belongs to an epoch that did not end."""
        for values in self.curves().values():
            del values[len(self.lr) :]

    def curves(self) -> dict[str, list[float]]:
        """Return the lists of losses and accuracies that are not empty, by name."""
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def report(self) -> str:
        """Return the last epoch in a line, such as `loss 0.1234  accuracy 97.2 %`."""
        parts = [
            f"{name.replace('_', ' ')} {values[-1]:.4f}"
            if name.endswith("loss")
            else f"{name.replace('_', ' ')} {100 * values[-1]:.1f} %"
            for name, values in self.curves().items()
        ]
        return "  ".join(parts)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the curves over the epochs into `ax`, by default in a new figure; return the Axes.

        Where there is accuracy it has a scale of its own at the right, `figure.axes[-1]`. Raises
        `ValueError` before the first epoch and `ImportError` without matplotlib.
        """
        from nn.pictures.curves import plot_history

        return plot_history(self, ax)
