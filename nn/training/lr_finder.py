"""Finding a learning rate: train for a moment at rates from tiny to huge, and look at the loss.

The rate grows by a constant factor from batch to batch (Smith 2017). Where it is too small the loss
stays, where it is right it falls, where it is too large it explodes. Invariant: the model and the
optimiser are left as they were.
"""

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.checks import by_name, check_generator, check_size, positive
from nn.data import minibatches
from nn.layers.noise import NoisyLayer
from nn.losses import LOSSES, Loss
from nn.module import Module
from nn.optim import Optimizer
from nn.training.engine import Clipping, Engine, NotFiniteError
from nn.training.examples import Examples
from nn.training.fit import check_optimizer
from nn.training.interrupts import Interrupts
from nn.training.runners import Compiled

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

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw loss over rate, the suggestion marked; returns the Axes.

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

    `optimizer` is the one to find a rate for, by default `SGD`. The sweep ends early where the
    loss explodes. The other arguments are those of `fit`.

    Raises what `fit` raises for its arguments, and `ValueError` where `low` is not below `high`.
    """
    chosen = None if loss is None else by_name("loss", loss, LOSSES)
    low, high = positive("low", low), positive("high", high)
    steps, batch_size = check_size("steps", steps, 10), check_size("batch_size", batch_size)
    if not low < high:
        raise ValueError(f"`low` must be below `high`, got {low} and {high}")
    optimizer = check_optimizer(optimizer, model)
    examples = Examples(model, X, y, chosen)
    examples.rehearse()
    before = [p.data for p in optimizer.params], [p.grad for p in optimizer.params]
    state, groups = copy.deepcopy(optimizer.state), [dict(g) for g in optimizer.param_groups]
    modes = [(module, module.training) for module in model.modules()]
    generators = [m.generator for m, _ in modes if isinstance(m, NoisyLayer)]
    noise = [copy.deepcopy(generator.bit_generator.state) for generator in generators]
    rates, losses = [], []
    model.train()
    try:
        runner = Compiled(model, examples.loss, list(optimizer.params))
        engine = Engine(runner, optimizer, Clipping(), Interrupts())
        rng = check_generator(seed)
        batches: Any = iter(())
        mean, weight, lowest = 0.0, 0.0, math.inf
        engine.epoch(examples)
        for k in range(steps):
            rate = low * (high / low) ** (k / (steps - 1))
            for group in optimizer.param_groups:
                group["lr"] = rate
            batch = next(batches, None)
            if batch is None:
                batches = minibatches(len(examples), batch_size, rng)
                batch = next(batches)
            try:
                with np.errstate(all="ignore"):
                    engine.step(batch)
            except NotFiniteError:
                break
            mean = SMOOTHING * mean + (1.0 - SMOOTHING) * float(engine.losses[batch].mean())
            weight = SMOOTHING * weight + 1.0 - SMOOTHING
            rates.append(rate)
            losses.append(mean / weight)
            lowest = min(lowest, losses[-1])
            if k > steps // 10 and losses[-1] > EXPLODED * abs(lowest):
                break
    finally:
        for p, data, grad in zip(optimizer.params, *before, strict=True):
            p.data, p.grad = data, grad
        for mine, saved in zip(optimizer.state, state, strict=True):
            mine.clear()
            mine.update(saved)
        for group, saved in zip(optimizer.param_groups, groups, strict=True):
            group.update(saved)
        for module, mode in modes:
            module.training = mode
        for generator, noise_state in zip(generators, noise, strict=True):
            generator.bit_generator.state = noise_state
    return RateSweep(rates, losses, _steepest(rates, losses))


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
