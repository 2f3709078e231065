"""Finding a learning rate: train for a moment at rates from tiny to huge, and look at the loss.

The rate grows by a constant factor from batch to batch (Smith 2017). Where it is too small the loss
stays, where it is right it falls, where it is too large it explodes. Invariant: the model and the
optimiser are left as they were.
"""

import copy
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.checks import check_size, positive
from nn.losses import Loss
from nn.module import Module, unmoved
from nn.optim import Optimizer
from nn.schedules import LambdaLR
from nn.training.advice import TrainingWarning
from nn.training.arguments import check_optimizer
from nn.training.diagnosis import DivergedError
from nn.training.fit import fit
from nn.training.history import Observer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXPLODED = 4.0  # times the lowest loss so far: no larger rate is worth trying
SMOOTHING = 0.9  # of the running mean of the losses


@dataclass(frozen=True)
class RateSweep:
    """What `find_learning_rate` saw: `rates`, the smoothed `losses`, and the rate it suggests.

    `suggestion` is the rate at which the loss falls fastest over the logarithm of the rate, a safe
    choice; up to a tenth of where the loss turns up is worth a try.
    """

    rates: list[float]
    losses: list[float]
    suggestion: float

    def __repr__(self) -> str:
        tried = f"{len(self.rates)} rates, {self.rates[0]:.2g} to {self.rates[-1]:.2g}"
        return f"RateSweep({tried}, suggestion {self.suggestion:.2g})"

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw loss over rate, the suggestion marked; returns the Axes, `ax` if given.

        Raises `ImportError` without matplotlib.
        """
        from nn.pictures.axes import axes_of, import_pyplot

        ax = axes_of(import_pyplot(), ax)
        ax.plot(self.rates, self.losses, label="loss, smoothed")
        ax.axvline(self.suggestion, color="C1", linestyle="--", label=f"{self.suggestion:.2g}")
        ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
        ax.legend()
        return ax


def find_learning_rate(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: str | Loss | None = None,
    optimizer: Optimizer | str | None = None,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    seed: int | None = None,
) -> RateSweep:
    """Sweep the learning rate from `low` to `high` in `steps` batches; leave everything as it was.

    `optimizer` is the one to find a rate for, by default `SGD`. The sweep ends early where the loss
    explodes. The other arguments are as for `fit`.

    Raises what `fit` raises for its arguments, and `ValueError` where `low` is not below `high`.
    """
    low, high = positive("low", low), positive("high", high)
    steps, batch_size = check_size("steps", steps, 10), check_size("batch_size", batch_size)
    if not low < high:
        raise ValueError(f"`low` must be below `high`, got {low} and {high}")
    optimizer = check_optimizer(optimizer, model)
    before = [(p, p.data, p.grad) for p in optimizer.params]
    state, groups = copy.deepcopy(optimizer.state), [dict(g) for g in optimizer.param_groups]
    watch = _Watch(steps)

    def rate(step: int) -> float:
        return float(low * (high / low) ** (step / (steps - 1)))

    try:
        for group in optimizer.param_groups:
            group["lr"] = 1.0  # what the schedule multiplies
        with unmoved(model), warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingWarning)  # rates that are too large belong here
            history = fit(
                model,
                X,
                y,
                loss=loss,
                optimizer=optimizer,
                schedule=LambdaLR(optimizer, rate, per="batch"),
                epochs=steps,  # as many as there may be
                batch_size=batch_size,
                seed=seed,
                progress=False,
                batch_callbacks=[watch],
            )
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
    except DivergedError:
        pass
    finally:
        for p, data, grad in before:
            p.data, p.grad = data, grad
        optimizer.state = state
        for group, saved in zip(optimizer.param_groups, groups, strict=True):
            group.update(saved)
    rates = [rate(step) for step in range(len(watch.losses))]
    return RateSweep(rates, watch.losses, _steepest(rates, watch.losses))


class _Watch(Observer):
    """Keeps the running mean of the losses; stops after `steps` batches or an explosion."""

    def __init__(self, steps: int) -> None:
        self.steps, self.mean, self.weight = steps, 0.0, 0.0
        self.losses: list[float] = []

    def __call__(self, loss: float) -> bool:
        self.mean = SMOOTHING * self.mean + (1.0 - SMOOTHING) * loss
        self.weight = SMOOTHING * self.weight + 1.0 - SMOOTHING
        self.losses.append(self.mean / self.weight)
        exploded = self.losses[-1] > EXPLODED * abs(min(self.losses))
        taken = len(self.losses)
        return taken == self.steps or (exploded and taken > self.steps // 10 + 1)


def _steepest(rates: list[float], losses: list[float]) -> float:
    """The rate at which the loss falls fastest over log(rate)."""
    if len(rates) < 3:
        raise ValueError("the loss is not finite from the start: pass a smaller `low`")
    lowest = int(np.argmin(losses))
    plateau = float(np.median(losses[: max(3, len(losses) // 10)]))
    # The first losses are noise: what counts begins where a tenth of the way down is done.
    begun = plateau - 0.1 * (plateau - losses[lowest])
    first = next((i for i in range(lowest + 1) if losses[i] <= begun and i >= 3), 0)
    slopes = np.gradient(np.array(losses), np.log(rates))[first : max(lowest, first) + 1]
    return rates[first + int(np.argmin(slopes))]
