"""Early stopping: the weights of the best epoch, kept until training has waited long enough."""

import math
from typing import Any

from nn.training.history import History


class Best:
    """Early stopping: remembers the weights of the best epoch, and when it was."""

    def __init__(self, patience: int | None) -> None:
        self.patience, self.lowest = patience, math.nan
        self.weights: Any = None

    def stops(self, history: History, engine: Any) -> bool:
        """Note the epoch that ended; return whether the training has waited long enough."""
        if self.patience is None:
            return False
        last = (history.val_loss or history.loss)[-1]
        if history.best_epoch is None or last < self.lowest or math.isnan(self.lowest):
            self.lowest, self.weights = last, engine.weights()
            history.best_epoch = len(history.loss)
        return len(history.loss) - history.best_epoch >= self.patience

    def restore(self, engine: Any) -> None:
        """Put the best weights back: for a training that has ended by itself."""
        if self.weights is not None:
            engine.restore(self.weights)
