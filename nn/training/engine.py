"""The engine that `fit` runs on: a batch goes in, the flat parameters move.

Losses, outputs and the gradient of a batch come from one of two runners; whatever else happens in
a step is written here once, on flat arrays. The Values hold what they held before until
`write_back`. Invariant: from the same seed both runners reach the same weights, within rounding.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Value
from autograd.engine.node import assign
from nn.data import Rows
from nn.optim import Optimizer
from nn.optim.clipping import clipped_norm, clipped_value
from nn.optim.shares import Share, shares
from nn.training.examples import Examples
from nn.training.interrupts import Interrupts
from nn.training.runners import Compiled, Eager

Array = npt.NDArray[Any]


class NotFiniteError(Exception):
    """Loss or gradient is infinite or nan: `what`, and for which of the examples."""

    def __init__(self, what: str, examples: list[int]) -> None:
        super().__init__(what)
        self.what, self.examples = what, examples


@dataclass(frozen=True)
class Clipping:
    """What is done to a batch's gradient before the step; None for nothing."""

    norm: float | None = None
    value: float | None = None

    def __call__(self, gradient: Array) -> Array:
        """Return the flat gradient, clipped."""
        if self.value is not None:
            gradient = clipped_value(gradient, self.value)
        if self.norm is not None:
            gradient, _ = clipped_norm(gradient, self.norm)
        return gradient


class Engine:
    """Takes steps on flat arrays of the parameters; `guard` keeps Ctrl-C out of a step."""

    def __init__(
        self,
        runner: Eager | Compiled,
        optimizer: Optimizer,
        clipping: Clipping,
        interrupts: Interrupts,
    ) -> None:
        self.runner, self.optimizer = runner, optimizer
        self.clipping, self.guard = clipping, interrupts.guard
        self.flat: Array
        self.shares: list[Share]
        self.kinds: Any  # of the parameters that `shares` are made for
        self.moved = False  # whether the arrays are ahead of the Values
        self._take(runner.params)
        self.gather()

    def epoch(self, examples: Examples) -> None:
        """Start a pass over `examples`, in the model's present mode."""
        self.examples = examples
        self.losses = np.empty((len(examples), 1))
        self.outputs = np.empty((len(examples), examples.outputs))
        params = self.runner.prepare(examples)
        if params is not self.params:
            with self.guard:
                self.write_back()
                self._take(params)
                self.gather()
        self.before, self.kept = self.flat.copy(), [share.kept() for share in self.shares]

    def step(self, rows: Rows) -> None:
        """Move the parameters once, by the mean gradient over the batch."""
        self.moved = True
        gradient = self._run(rows, reverse=True)
        self._check(rows, gradient)
        self.gradient = self.clipping(gradient)
        with self.guard:
            own = type(self.optimizer).step is not Optimizer.step
            if isinstance(self.runner, Compiled) and not own:
                for share in self.shares:
                    share.step(self.optimizer, self.flat, self.gradient)
            else:  # a step of the user's own works on the Values, eager ones number by number
                self.write_back()
                self.optimizer.step()
                self.gather()

    def evaluate(self, examples: Examples) -> None:
        """Compute losses and outputs of `examples`, without moving anything."""
        self.epoch(examples)
        for start in range(0, len(examples), BLOCK):
            self._run(slice(start, min(start + BLOCK, len(examples))), reverse=False)

    def check_weights(self) -> None:
        """Raise where a step has made a weight infinite or nan."""
        if not np.isfinite(self.flat).all():
            raise NotFiniteError("weight after a step", [])

    def go_back(self) -> None:
        """Leave finite weights behind, if need be those before the epoch, with their state."""
        if not np.isfinite(self.flat).all():
            self.flat[...], self.moved = self.before, True
            for share in self.kept:
                share.write_back()
            self.shares = shares(self.optimizer, self.params)
        self.write_back()

    def weights(self) -> tuple[list[Value], Array]:
        """Return the parameters with a copy of their present data."""
        return self.params, self.flat.copy()

    def restore(self, weights: tuple[list[Value], Array]) -> None:
        """Go back to weights that were returned before; what was added since stays as it is."""
        params, data = weights
        self.moved = True
        known = dict(zip(params, data.tolist(), strict=True))
        now = zip(self.params, self.flat.tolist(), strict=True)
        self.flat[...] = [known.get(p, present) for p, present in now]

    def write_back(self) -> None:
        """Put parameters, gradients and the optimiser's state back where eager code finds them."""
        if self.moved:
            assign(self.params, self.flat.tolist())
            for p, grad in zip(self.params, self.gradient.tolist(), strict=True):
                p._grad = grad
            self.optimizer.state_is_elsewhere(self._bring_state)
            self.moved = False

    def gather(self) -> None:
        """Read parameters and the optimiser's state into flat arrays."""
        if len(self.optimizer.params) > len(self.params):  # a callback gave it one more group
            known = set(self.params)
            added = [p for p in self.optimizer.params if p not in known]
            self._take([*self.params, *added])
            self.runner.changed(self.params)
            self.before = np.append(self.before, [p._data for p in added])
        self.flat = np.array([p._data for p in self.params])
        self.runner.refresh()
        # A callback may have frozen some, or put another dict in the place of a group's.
        kinds = [p.primitive for p in self.params], list(map(id, self.optimizer.param_groups))
        if kinds != self.kinds or not self.optimizer.is_state_elsewhere:
            self.shares = shares(self.optimizer, self.params)
            self.kinds = kinds

    def _take(self, params: list[Value]) -> None:
        """Have the arrays in the order of `params`."""
        self.params = params
        self.kinds = None
        self.gradient = np.array([p._grad for p in params])

    def _bring_state(self) -> None:
        for share in self.shares:
            share.write_back()

    def _run(self, rows: Rows, reverse: bool) -> Array:
        self.losses[rows], self.outputs[rows], gradient = self.runner.run(rows, self.flat, reverse)
        return gradient

    def _check(self, rows: Rows, gradient: Array) -> None:
        """Raise where this batch's losses or gradient are not finite."""
        losses = self.losses[rows]
        # Two sums take a third of the time of np.isfinite.
        finite = math.isfinite(np.add.reduce(losses, axis=None)) and math.isfinite(
            gradient.dot(gradient)
        )
        if finite or (np.isfinite(losses).all() and np.isfinite(gradient).all()):
            return
        numbers = np.arange(len(self.examples))[rows]
        wrong = numbers[~np.isfinite(losses[:, 0])]
        if len(wrong):
            raise NotFiniteError("loss", wrong.tolist())
        raise NotFiniteError("gradient", numbers.tolist())


BLOCK = 256  # examples of an evaluation at a time: what they need at once stays bounded
