"""Early stopping: the weights of the best epoch, kept until training has waited long enough."""

import math
from typing import Any

from nn.checks import check_size, not_negative
from nn.training.history import History


class EarlyStopping:
    """Stop when `monitor` has not become better by more than `min_delta` for `patience` epochs.

    `monitor` is a name of the history: "loss" is the validation loss where there is one; of
    "accuracy" and of metrics more is better, of losses less. In the end the weights of the best
    epoch are restored, as measured, before any callback; not after Ctrl-C or an error.

    Raises `ValueError` where `patience` or `min_delta` is out of range.
    """

    def __init__(self, patience: int, min_delta: float = 0.0, monitor: str = "loss") -> None:
        self.patience = check_size("early_stopping", patience)
        self.min_delta = not_negative("min_delta", min_delta)
        self.monitor = monitor
        self.start()

    def start(self) -> None:
        """Forget what an earlier training has left."""
        self.best = math.nan
        self.weights: Any = None

    def note(self, history: History, engine: Any) -> bool:
        """Note the last epoch of `history`; return whether the training has waited long enough.

        `engine` holds the weights. Raises `KeyError` where `monitor` is not in `history`.
        """
        last = history.watched(self.monitor)[-1]
        sign = -1.0 if self.monitor.endswith("loss") else 1.0
        better = sign * (last - self.best) > self.min_delta
        if history.best_epoch is None or better or math.isnan(self.best):
            self.best, self.weights = last, engine.weights()
            history.best_epoch = len(history.loss)
        return len(history.loss) - history.best_epoch >= self.patience

    def __repr__(self) -> str:
        return f"EarlyStopping({self.patience}, {self.min_delta}, {self.monitor!r})"
