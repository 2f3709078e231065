"""The engine that `fit` runs on: a batch goes in, the flat parameters move.

Losses, outputs and the gradient of a batch come from one of three runners; whatever else happens in
a step is written here once, on flat arrays. The Values hold what they held before until
`write_back`. Invariant: from the same seed all runners reach the same weights, within rounding.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from autograd import Value
from autograd.compiler.lanes import Lanes
from nn.checks import Array
from nn.data import Rows
from nn.data.batches import order_of
from nn.optim import SGD, Optimizer
from nn.optim.clipping import Clipping
from nn.optim.flat import Flat
from nn.optim.optimizer import has_own_step, is_just
from nn.optim.sgd import native_numbers
from nn.optim.shares import shares
from nn.training.examples import Examples
from nn.training.interrupts import Interrupts
from nn.training.runners import Compiled, Eager
from nn.training.workers import Workers


class NotFiniteError(Exception):
    """Loss or gradient is infinite or nan: `what`, and for which of the examples."""

    def __init__(self, what: str, examples: list[int]) -> None:
        super().__init__(what)
        self.what, self.examples = what, examples


class Engine:
    """Takes steps on flat arrays of the parameters; `guard` keeps Ctrl-C out of a step."""

    def __init__(
        self,
        runner: Eager | Compiled | Workers,
        optimizer: Optimizer,
        clipping: Clipping,
        guard: Interrupts,
    ) -> None:
        self.runner, self.optimizer = runner, optimizer
        self.clipping, self.guard = clipping, guard
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
        self.before, self.kept = self.flat.data.copy(), [share.kept() for share in self.flat.shares]

    def step(self, rows: Rows) -> None:
        """Move the parameters once, by the mean gradient over the batch."""
        self.moved = True
        gradient = self._run(rows, reverse=True)
        self._check(rows, gradient)
        self.gradient = self.clipping(gradient)
        with self.guard:
            own = has_own_step(self.optimizer)
            if not (isinstance(self.runner, Eager) or own):
                self.flat.step(self.gradient)
            else:  # a step of the user's own works on the Values, eager ones number by number
                self.write_back()
                self.optimizer.step()
                self.gather()

    def ahead(self, batches: Sequence[Rows]) -> int:
        """Take the steps of the first batches in one go; how many, 0 where it cannot.

        That is one native call, or one question to all workers, who meet after `sync_every` steps.

        What is not finite is left to `step`, and so is all but SGD.
        """
        if isinstance(self.runner, Workers):
            several = self.runner.sync_every > 1
            return self._together(self.runner, batches[: self.runner.sync_every]) if several else 0
        lanes = self._lanes()
        if lanes is None:
            return 0
        batches = batches[: lanes.at_once]
        with self.guard:
            done = self._descend(lanes, order_of(batches)[None], (self.losses, self.outputs))
        return -(-done // lanes.batch)

    def epochs(self, most: int, orders: Callable[[int], Array]) -> tuple[Array, Array] | None:
        """Run whole epochs in one native call, `most` of them or fewer, in the orders returned.

        Returns losses and outputs, (epochs, n, 1) and (epochs, n, outputs); None, with nothing
        changed, where this cannot be done or something is not finite.
        """
        lanes, n = self._lanes(), len(self.examples)
        if lanes is None:
            return None
        held = n * (1 + self.examples.outputs)
        count = min(most, lanes.at_once * lanes.batch // n, AT_ONCE // held)
        if count < 2:
            return None
        losses, outputs = np.empty((count, n, 1)), np.empty((count, n, self.examples.outputs))
        before, order = (self.gradient, self.moved), orders(count)
        done = self._descend(lanes, order, (losses, outputs))
        if done < order.size or not np.isfinite(self.flat.data).all():
            self.flat.data[...], self.flat.shares = self.before, self.kept
            self.gradient, self.moved = before
            return None
        return losses, outputs

    def _together(self, runner: Workers, batches: Sequence[Rows]) -> int:
        """Let all workers take the steps of the batches, on their own rows, and meet."""
        found = runner.descend(batches, self.flat.data, self.flat.shares)
        if found is None:
            return 0
        losses, outputs, moved = found
        with self.guard:
            rows = order_of(batches)
            self.losses[rows], self.outputs[rows] = losses, outputs
            self.flat.data[...], self.gradient, self.moved = moved.flat, moved.gradient, True
            for share, state in zip(self.flat.shares, moved.states, strict=True):
                share.state = state
        return len(batches)

    def _lanes(self) -> Lanes | None:
        """Native code for steps of SGD on all parameters alike."""
        lanes = self.runner.lanes if isinstance(self.runner, Compiled) else None
        plain = lanes and is_just(self.optimizer, SGD) and self.clipping == Clipping()
        return lanes if plain and [share.whole for share in self.flat.shares] == [True] else None

    def _descend(self, lanes: Lanes, orders: Array, results: tuple[Array, Array]) -> int:
        """Take the steps of the rows in `orders`, (epochs, rows), and fill the results.

        Returns how many rows were trained on: fewer than all where loss or gradient of the next
        batch are not finite.
        """
        assert isinstance(self.runner, Compiled) and self.runner.table is not None
        (share,), table = self.flat.shares, self.runner.table
        buffer = share.state.get("momentum_buffer")
        if buffer is not None:
            lanes.momentum[:] = buffer
        how = native_numbers(share.group, first=buffer is None)
        done = lanes.descend(self.flat.data, table, orders, results, how)
        if done:
            self.gradient, self.moved = lanes.taken, True
            if share.group["momentum"]:
                share.state["momentum_buffer"] = lanes.momentum.copy()
        return done

    def evaluate(self, examples: Examples) -> None:
        """Compute losses and outputs of `examples`, without moving anything."""
        self.epoch(examples)
        block = self.runner.block or len(examples)
        for start in range(0, len(examples), block):
            self._run(slice(start, min(start + block, len(examples))), reverse=False)

    def check_weights(self) -> None:
        """Raise where a step has made a weight infinite or nan."""
        if not np.isfinite(self.flat.data).all():
            raise NotFiniteError("weight after a step", [])

    def go_back(self) -> None:
        """Leave finite weights behind, if need be those before the epoch, with their state."""
        if not np.isfinite(self.flat.data).all():
            self.flat.data[...], self.moved = self.before, True
            for share in self.kept:
                share.write_back()
            self.flat.shares = shares(self.optimizer, self.params)
        self.write_back()

    def weights(self) -> tuple[list[Value], Array]:
        """Return the parameters with a copy of their present data."""
        return self.params, self.flat.data.copy()

    def restore(self, weights: tuple[list[Value], Array]) -> None:
        """Go back to weights that were returned before; what was added since stays as it is."""
        params, data = weights
        self.moved = True
        known = dict(zip(params, data.tolist(), strict=True))
        now = zip(self.params, self.flat.data.tolist(), strict=True)
        self.flat.data[...] = [known.get(p, present) for p, present in now]

    def write_back(self) -> None:
        """Put parameters, gradients and the optimiser's state back where eager code finds them."""
        if self.moved:
            self.flat.write_back()
            for p, grad in zip(self.params, self.gradient.tolist(), strict=True):
                p._grad = grad
            self.moved = False

    def gather(self) -> None:
        """Read parameters and the optimiser's state into flat arrays.

        Where none were assigned, frozen or added since they were written, they stand there.
        """
        if len(self.optimizer.params) > len(self.params):  # a callback gave it one more group
            known = set(self.params)
            added = [p for p in self.optimizer.params if p not in known]
            self._take([*self.params, *added])
            self.runner.changed(self.params)
            self.before = np.append(self.before, [p._data for p in added])
        if self.flat.gather():
            self.runner.refresh()

    def _take(self, params: list[Value]) -> None:
        """Have the arrays in the order of `params`."""
        self.params, self.flat = params, Flat(self.optimizer, params)
        self.gradient = np.array([p._grad for p in params])

    def _run(self, rows: Rows, reverse: bool) -> Array:
        found = self.runner.run(rows, self.flat.data, reverse)
        self.losses[rows], self.outputs[rows], gradient = found
        return gradient

    def _check(self, rows: Rows, gradient: Array) -> None:
        """Raise where this batch's losses or gradient are not finite."""
        losses = self.losses[rows]
        # Sums take less time than np.isfinite, and a third of that of the gradient's product with
        # itself, which behind a matrix product took BLAS 14 us of a step (784-30-10).
        with np.errstate(all="ignore"):
            total = np.add.reduce(losses, axis=None) + np.add.reduce(gradient)
        if math.isfinite(total) or (np.isfinite(losses).all() and np.isfinite(gradient).all()):
            return
        examples = np.arange(len(self.examples))[rows]
        wrong = examples[~np.isfinite(losses[:, 0])]
        if len(wrong):
            raise NotFiniteError("loss", wrong.tolist())
        raise NotFiniteError("gradient", examples.tolist())


AT_ONCE = 2**17  # losses and outputs of epochs run in one call: 1 MB
