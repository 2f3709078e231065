"""Schedule: sets the optimiser's learning rates anew after each epoch, or after each batch.

A schedule is a formula, `rate`, from the rates that the groups started with, `base_lrs`, and the
number of steps taken, `step_count`, to the rate now. PyTorch multiplies the last rate step by
step; here every rate is computed from the start, so that rounding does not add up. Invariant: a
schedule writes nothing but hyperparameters into the optimiser's groups.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from nn.checks import check_kind, check_size, not_negative
from nn.optim import Optimizer


def count(name: str, x: Any) -> int:
    """Return `x` as an int; raises `ValueError` unless it is a whole number from 0 on."""
    return check_size(name, x, 0)


class Schedule(ABC):
    """Base class: `per` says whether `step()` belongs after each "epoch" or each "batch".

    Made after the optimiser, whose rates are then those that each group starts with; a rate set by
    hand later lasts until the next step. `step_count` is the number of steps taken, `total_steps`
    the number that can be taken, or None. A subclass calls `apply()` when it is set up, and names
    in `progress` what changes as it goes on, each with a check.

    Raises `TypeError` where `optimizer` is no Optimizer, `ValueError` for another `per`.
    """

    total_steps: int | None = None
    progress: ClassVar[Mapping[str, Callable[[str, Any], Any]]] = {"step_count": count}

    def __init__(self, optimizer: Optimizer, per: str) -> None:
        check_kind("optimizer", optimizer, Optimizer, "an optimiser such as nn.SGD")
        self.optimizer, self.per = optimizer, one_of("per", per, ("epoch", "batch"))
        self.base_lrs = self.get_last_lr()
        self.step_count = 0

    @abstractmethod
    def rate(self, i: int) -> float:
        """Return the rate of parameter group `i` after `step_count` steps."""

    def step(self, metric: float | None = None) -> None:
        """Count one epoch or batch and set the rates; `metric` is for ReduceLROnPlateau.

        Raises `ValueError` after more than `total_steps` steps, and where the optimiser has got
        another parameter group since.
        """
        self.check_groups()
        if self.total_steps is not None and self.step_count >= self.total_steps:
            raise ValueError(
                f"{type(self).__name__} was made for {self.total_steps} steps and has taken them "
                "all: make a new one for more"
            )
        self.step_count += 1
        self.apply()

    def apply(self) -> None:
        """Set the rates for the present count."""
        for i, group in enumerate(self.optimizer.param_groups):
            group["lr"] = self.rate(i)

    def get_last_lr(self) -> list[float]:
        """Return the present rate of each parameter group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def check_groups(self) -> None:
        """Raise `ValueError` where the optimiser has got another group since."""
        if len(self.optimizer.param_groups) != len(self.base_lrs):
            raise ValueError(
                f"the optimiser has {len(self.optimizer.param_groups)} parameter groups, this "
                f"schedule was made for {len(self.base_lrs)}: make a new one"
            )

    def state_dict(self) -> dict[str, Any]:
        """Return how far the schedule is, as plain numbers, lists and dicts, for JSON.

        The constructor's arguments are not in it, nor the present rates, which the optimiser's
        state has: load into a schedule made with the same arguments, and load the optimiser too.
        """
        found = {name: getattr(self, name) for name in self.progress}
        return {"schedule": type(self).__name__, "base_lrs": list(self.base_lrs), **found}

    def load_state_dict(self, loaded: Mapping[str, Any]) -> None:
        """Go on from `loaded`, what `state_dict` returned.

        Raises `ValueError` or `TypeError` for what does not fit, and then changes nothing.
        """
        for name, value in self.checked(loaded).items():
            setattr(self, name, value)

    def checked(self, loaded: Any) -> dict[str, Any]:
        """Return what is in `loaded`, a saved state; raises `ValueError` where it does not fit."""
        names = {"schedule", "base_lrs", *self.progress}
        if not isinstance(loaded, Mapping) or set(loaded) != names:
            raise ValueError(
                f"the state of {type(self).__name__} must hold {', '.join(sorted(names))}, "
                f"got {loaded!r:.60}"
            )
        if loaded["schedule"] != type(self).__name__:
            raise ValueError(
                f"the state is that of {loaded['schedule']!r:.60}, not of {type(self).__name__!r}"
            )
        found = {name: check(name, loaded[name]) for name, check in self.progress.items()}
        if self.total_steps is not None and found["step_count"] > self.total_steps:
            raise ValueError(
                f"`step_count` is {found['step_count']}, this schedule has {self.total_steps} steps"
            )
        rates = loaded["base_lrs"]
        if not isinstance(rates, list) or len(rates) != len(self.base_lrs):
            raise ValueError(
                f"`base_lrs` must list the rates of {len(self.base_lrs)} groups, got {rates!r:.60}"
            )
        return found | {"base_lrs": [not_negative("base_lrs", rate) for rate in rates]}


def for_groups(
    name: str, x: Any, optimizer: Optimizer, check: Callable[[str, Any], Any], what: str = "numbers"
) -> Any:
    """Return one checked number for each group of `optimizer`, from a number or a list of them."""
    groups = len(optimizer.param_groups)
    if not isinstance(x, list | tuple):
        return [check(name, x)] * groups
    if len(x) != groups:
        raise ValueError(f"`{name}` lists {len(x)} {what} for {groups} parameter groups")
    return [check(f"{name}[{i}]", number) for i, number in enumerate(x)]


def one_of(name: str, x: Any, known: tuple[str, str]) -> str:
    """Return `x`; raises `ValueError` unless it is one of two words."""
    if x not in known:
        raise ValueError(f'`{name}` must be "{known[0]}" or "{known[1]}", got {x!r:.60}')
    return str(x)
