"""WarmUp: the rate rises in a straight line to where another schedule starts."""

from collections.abc import Mapping
from typing import Any

from nn.checks import check_kind, check_size, fraction
from nn.schedules.schedule import Schedule


class WarmUp(Schedule):
    """For `steps` steps the rate rises from start_factor times that of `schedule`, which follows.

    lr = base (start_factor + (1 - start_factor) t / steps) for t < steps; then `schedule` begins,
    as PyTorch's `SequentialLR([LinearLR(...), schedule], milestones=[steps])` does. Steps belong
    where those of `schedule` belong: `WarmUp(StepLR(optimizer, 3000, per="batch"), steps=100)`.

    Raises `TypeError` where `schedule` is no Schedule, `ValueError` where it has begun, for
    `steps` below 1 and for a `start_factor` outside [0, 1).
    """

    def __init__(self, schedule: Schedule, steps: int, start_factor: float = 1.0 / 3.0) -> None:
        check_kind("schedule", schedule, Schedule, "a schedule such as nn.StepLR")
        if schedule.step_count:
            raise ValueError(f"`schedule` has taken {schedule.step_count} steps: pass a new one")
        steps, start_factor = check_size("steps", steps), fraction("start_factor", start_factor)
        super().__init__(schedule.optimizer, schedule.per)
        self.schedule, self.steps, self.start_factor = schedule, steps, start_factor
        if schedule.total_steps is not None:
            self.total_steps = steps + schedule.total_steps
        self.apply()

    def rate(self, i: int) -> float:
        """Return the rate of group `i` after `step_count` steps, at most `steps`."""
        risen = (1.0 - self.start_factor) * self.step_count / self.steps
        factor = self.start_factor + risen if self.step_count < self.steps else 1.0
        return self.base_lrs[i] * factor

    def step(self, metric: float | None = None) -> None:
        """Go on warming up, or take a step of the schedule that follows."""
        if self.step_count < self.steps:
            super().step()
        else:
            self.schedule.step(metric)
            self.step_count += 1

    def state_dict(self) -> dict[str, Any]:
        """Return how far the warm-up is, and the schedule that follows."""
        return super().state_dict() | {"following": self.schedule.state_dict()}

    def load_state_dict(self, loaded: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned; raises as the base class, changing nothing."""
        super().load_state_dict(loaded)
        self.schedule.load_state_dict(loaded["following"])

    def checked(self, loaded: Any) -> dict[str, Any]:
        """Return what is in a saved state, checked, also that of the schedule that follows."""
        if not isinstance(loaded, Mapping) or "following" not in loaded:
            raise ValueError(f"the state of WarmUp must hold `following`, got {loaded!r:.60}")
        self.schedule.checked(loaded["following"])
        return super().checked({k: x for k, x in loaded.items() if k != "following"})
