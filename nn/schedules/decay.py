"""Rates that fall by a formula: in stairs, exponentially, along a cosine, or one of your own."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from nn.checks import check_size, not_negative, positive
from nn.optim import Optimizer
from nn.schedules.schedule import Schedule, for_groups


class StepLR(Schedule):
    """Every `step_size` steps the rate is multiplied by gamma: lr = base gamma^(t // step_size).

    `optimizer` and `per` are as for `Schedule`. Raises `ValueError` for a `step_size` below 1 or a
    `gamma` that is not positive and finite.
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, *, per: str = "epoch"
    ) -> None:
        super().__init__(optimizer, per)
        self.step_size, self.gamma = check_size("step_size", step_size), positive("gamma", gamma)
        self.apply()

    def rate(self, i: int) -> float:
        """Return the rate of group `i` after `step_count` steps."""
        return float(self.base_lrs[i] * self.gamma ** (self.step_count // self.step_size))


class ExponentialLR(StepLR):
    """Every step the rate is multiplied by gamma: lr = base gamma^t.

    `optimizer` and `per` are as for `Schedule`. Raises `ValueError` for a `gamma` that is not
    positive and finite.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, *, per: str = "epoch") -> None:
        super().__init__(optimizer, 1, gamma, per=per)


class CosineAnnealingLR(Schedule):
    """The rate falls to `eta_min` in `T_max` steps, along half a cosine, and then rises again.

    lr = eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2  (Loshchilov and Hutter 2017,
    https://arxiv.org/abs/1608.03983). `optimizer` and `per` are as for `Schedule`. Raises
    `ValueError` for a `T_max` below 1 or a negative or non-finite `eta_min`.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, *, per: str = "epoch"
    ) -> None:
        super().__init__(optimizer, per)
        self.T_max, self.eta_min = check_size("T_max", T_max), not_negative("eta_min", eta_min)
        self.apply()

    def rate(self, i: int) -> float:
        """Return the rate of group `i` after `step_count` steps."""
        height = (1.0 + math.cos(math.pi * self.step_count / self.T_max)) / 2.0
        return self.eta_min + (self.base_lrs[i] - self.eta_min) * height


class LambdaLR(Schedule):
    """The rate is a function of the step: lr = base lr_lambda(t).

    `lr_lambda` takes the number of steps taken and returns a factor; a list of functions has one
    for each parameter group. `lambda t: 1 - t / 1000` with per="batch" falls to 0 in 1,000 steps.

    `optimizer` and `per` are as for `Schedule`. Raises `TypeError` for what is no function or
    returns no number, `ValueError` where the list has another length than the groups, or a factor
    is negative or not finite.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        *,
        per: str = "epoch",
    ) -> None:
        super().__init__(optimizer, per)
        self.lr_lambdas: list[Callable[[int], float]] = for_groups(
            "lr_lambda", lr_lambda, optimizer, _function, "functions"
        )
        self.apply()

    def rate(self, i: int) -> float:
        """Return the rate of group `i` after `step_count` steps."""
        factor = self.lr_lambdas[i](self.step_count)
        return self.base_lrs[i] * not_negative(f"lr_lambda({self.step_count})", factor)


def _function(name: str, x: Any) -> Any:
    if not callable(x):
        raise TypeError(f"`{name}` must be a function of the step, got {x!r:.60}")
    return x
