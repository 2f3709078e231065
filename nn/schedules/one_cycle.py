"""OneCycleLR: the rate rises to a maximum and falls to almost 0, while the momentum mirrors it."""

import math

from nn.checks import check_size, flag, fraction, positive
from nn.optim import Optimizer
from nn.schedules.schedule import Schedule, for_groups, one_of

Knot = tuple[float, str]


class OneCycleLR(Schedule):
    """One cycle of `total_steps` batches, by PyTorch's formulas (Smith and Topin 2018).

    From max_lr / div_factor the rate rises to max_lr in the share `pct_start` of the steps and
    falls to max_lr / div_factor / final_div_factor in the rest, along half a cosine or a straight
    line (`anneal_strategy` "cos" or "linear"). With `three_phase` it first falls as it rose, and
    then to the end. With `cycle_momentum`, momentum (beta1 of Adam) goes from `max_momentum` to
    `base_momentum` and back. `total_steps` may be given as `epochs` times `steps_per_epoch`. Rates
    and momenta are numbers, or lists with one for each group. After the last step the rate stays.
    Source: https://arxiv.org/abs/1708.07120.

    `optimizer` and `per` are as for `Schedule`. Raises `ValueError` for an argument out of range, a
    missing number of steps, and `cycle_momentum` with an optimiser that has no momentum.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        *,
        per: str = "batch",
    ) -> None:
        super().__init__(optimizer, per)
        if total_steps is not None:
            self.total_steps = steps = check_size("total_steps", total_steps)
        elif epochs is None or steps_per_epoch is None:
            raise ValueError("OneCycleLR needs `total_steps`, or `epochs` and `steps_per_epoch`")
        else:
            steps = check_size("epochs", epochs) * check_size("steps_per_epoch", steps_per_epoch)
            self.total_steps = steps
        self.anneal_strategy = one_of("anneal_strategy", anneal_strategy, ("cos", "linear"))
        share = 1.0 if pct_start == 1 else fraction("pct_start", pct_start)
        if flag("three_phase", three_phase) and share > 0.5:
            raise ValueError(f"`pct_start` must be at most 0.5 in three phases, got {pct_start!r}")
        up = share * steps - 1.0
        middle = [(2.0 * share * steps - 2.0, "start")] if three_phase else []
        self.knots: list[Knot] = [(0.0, "start"), (up, "top"), *middle, (steps - 1.0, "end")]
        self.max_lrs = for_groups("max_lr", max_lr, optimizer, positive)
        self.final_div_factor = positive("final_div_factor", final_div_factor)
        divisor = positive("div_factor", div_factor)
        known = [name for name in ("momentum", "betas") if name in optimizer.defaults]
        self.momentum = known[0] if flag("cycle_momentum", cycle_momentum) and known else None
        if cycle_momentum and not known:
            raise ValueError(
                "`cycle_momentum` needs an optimiser with momentum or betas, "
                f"{type(optimizer).__name__} has neither: pass cycle_momentum=False"
            )
        self.base_momenta = for_groups("base_momentum", base_momentum, optimizer, fraction)
        self.max_momenta = for_groups("max_momentum", max_momentum, optimizer, fraction)
        self.base_lrs = [max_lr / divisor for max_lr in self.max_lrs]
        self.apply()

    def apply(self) -> None:
        """Set rates and momenta for the present count."""
        super().apply()
        for i, group in enumerate(self.optimizer.param_groups):
            high, low = self.max_momenta[i], self.base_momenta[i]
            momentum = self._between({"start": high, "top": low, "end": high})
            if self.momentum == "betas":
                group["betas"] = (momentum, group["betas"][1])
            elif self.momentum:
                group["momentum"] = momentum

    def rate(self, i: int) -> float:
        """Return the rate of group `i` after `step_count` steps."""
        start = self.base_lrs[i]
        end = start / self.final_div_factor
        return self._between({"start": start, "top": self.max_lrs[i], "end": end})

    def _between(self, levels: dict[str, float]) -> float:
        """The level at the present count, between the two knots around it."""
        i = 1
        while i < len(self.knots) - 1 and self.step_count > self.knots[i][0]:
            i += 1
        (left, first), (right, last) = self.knots[i - 1], self.knots[i]
        done = min((self.step_count - left) / (right - left), 1.0) if right > left else 1.0
        if self.anneal_strategy == "linear":
            return levels[first] + (levels[last] - levels[first]) * done
        height = (1.0 + math.cos(math.pi * done)) / 2.0
        return levels[last] + (levels[first] - levels[last]) * height
