"""ReduceLROnPlateau: the rate falls when a metric has stopped getting better."""

import math
from typing import ClassVar

from autograd.engine.number import as_float
from nn.checks import fraction, not_negative
from nn.optim import Optimizer
from nn.schedules.schedule import Schedule, count, for_groups, one_of


class ReduceLROnPlateau(Schedule):
    """After more than `patience` epochs without a better metric, lr = max(lr factor, min_lr).

    As in PyTorch: better means, in mode "min", below best - threshold |best|, or below
    best - threshold where `threshold_mode` is "abs"; in mode "max" above the same with +. (For a
    negative best PyTorch takes worse for better, as it leaves out the bars.) For
    `cooldown` epochs after a cut none are counted as bad, and a cut of `eps` or less is not made.
    `min_lr` is a number, or a list with one for each group. A metric of nan counts as bad.

    `optimizer` is as for `Schedule`. Raises `ValueError` for a `factor` outside [0, 1), an unknown
    mode, and negative numbers.
    """

    progress: ClassVar = {
        "step_count": count,
        "best": lambda name, x: as_float(x, name),
        "bad_steps": count,
        "cooldown_left": count,
    }

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(optimizer, "epoch")
        self.mode = one_of("mode", mode, ("min", "max"))
        self.threshold_mode = one_of("threshold_mode", threshold_mode, ("rel", "abs"))
        self.factor, self.eps = fraction("factor", factor), not_negative("eps", eps)
        self.threshold = not_negative("threshold", threshold)
        self.patience, self.cooldown = count("patience", patience), count("cooldown", cooldown)
        self.min_lrs = for_groups("min_lr", min_lr, optimizer, not_negative)
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_steps = self.cooldown_left = 0

    def step(self, metric: float | None = None) -> None:
        """Take the epoch's metric into account and cut the rates where it is time.

        Raises `TypeError` where `metric` is no real number.
        """
        self.check_groups()
        if metric is None:
            raise TypeError("ReduceLROnPlateau needs the epoch's metric: step(loss)")
        metric = as_float(metric, "metric")
        self.step_count += 1
        sign = -1.0 if self.mode == "min" else 1.0
        if self.threshold_mode == "rel":
            limit = self.best * (1.0 + sign * math.copysign(self.threshold, self.best))
        else:
            limit = self.best + sign * self.threshold
        better = sign * metric > sign * limit
        if better:
            self.best = metric
        self.bad_steps = 0 if better else self.bad_steps + 1
        if self.cooldown_left:
            self.cooldown_left -= 1
            self.bad_steps = 0
        if self.bad_steps > self.patience:
            self.apply()
            self.cooldown_left, self.bad_steps = self.cooldown, 0

    def rate(self, i: int) -> float:
        """Return the rate of group `i` after a cut."""
        lr: float = self.optimizer.param_groups[i]["lr"]
        lower = max(lr * self.factor, self.min_lrs[i])
        return lower if lr - lower > self.eps else lr
