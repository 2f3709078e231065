"""The two engines that `fit` runs on: one step after another, eager or compiled.

Both take a step on a batch of examples and keep the running sums of the epoch. The compiled one
works on flat arrays of parameters and writes them back into the Values when asked to. Invariant:
from the same seed both reach the same weights, within rounding.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Program, Value, no_grad
from autograd.compiler.program import BoundProgram
from autograd.engine.modes import Training
from autograd.engine.value import as_value
from nn.data import Rows
from nn.layers.noise import Noise
from nn.losses import Loss
from nn.module import Module
from nn.optim import Optimizer
from nn.optim.clipping import clipped_norm, clipped_value
from nn.optim.shares import shares
from nn.training.examples import Examples, is_correct
from nn.training.interrupts import Interrupts

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
    """What both engines are made of; `guard` keeps Ctrl-C out of a step."""

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: Optimizer,
        clipping: Clipping,
        interrupts: Interrupts,
    ) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.clipping, self.guard = clipping, interrupts.guard
        self.modules = list(model.modules())  # a walk costs 0.2 to 10 ms


class EagerEngine(Engine):
    """Runs the model on one example at a time."""

    def epoch(self, examples: Examples) -> None:
        """Start the running sums of a pass over `examples`."""
        self.examples, self.total, self.correct = examples, 0.0, 0
        self.before = self.weights()

    def check_weights(self) -> None:
        """Raise where a step has made a weight infinite or nan; they go back to the epoch's."""
        if not all(math.isfinite(data) for data in self.weights().values()):
            self.restore(self.before)
            raise NotFiniteError("weight after a step", [])

    def step(self, rows: Rows) -> None:
        """Move the parameters once, by the mean gradient over the batch."""
        self.optimizer.zero_grad()
        batch = np.arange(len(self.examples))[rows].tolist()
        for i in batch:
            error = self._run(i)
            if not math.isfinite(error.data):
                raise NotFiniteError("loss", [i])
            error.backward(1.0 / len(batch))
        params = self.optimizer.params
        gradient = np.array([p.grad for p in params])
        if not np.isfinite(gradient).all():
            raise NotFiniteError("gradient", batch)
        clipped = self.clipping(gradient)
        if clipped is not gradient:
            for p, grad in zip(params, clipped.tolist(), strict=True):
                p.grad = grad
        with self.guard:
            self.optimizer.step()

    def close(self, losses: list[float], accuracies: list[float]) -> None:
        """Append the means of the pass."""
        losses.append(self.total / len(self.examples))
        if self.examples.classes:
            accuracies.append(self.correct / len(self.examples))

    @no_grad()
    def evaluate(self, examples: Examples, losses: list[float], accuracies: list[float]) -> None:
        """Append the mean loss and accuracy on `examples`, without moving anything."""
        self.epoch(examples)
        for i in range(len(examples)):
            self._run(i)
        self.close(losses, accuracies)

    def weights(self) -> dict[Value, float]:
        """Return the present data of all parameters."""
        return {p: p.data for p in self.optimizer.params}

    def restore(self, weights: dict[Value, float]) -> None:
        """Go back to weights that were returned before."""
        for p, data in weights.items():
            p.data = data

    def write_back(self) -> None:
        """Nothing to do: the Values are where the training happens."""

    def gather(self) -> None:
        """Nothing to do, either."""

    def _run(self, i: int) -> Value:
        with Training():  # a derivative in the model or the loss is trained through
            output, target = self.model(self.examples.rows[i]), self.examples.targets[i]
            error = as_value(self.loss(output, target), "the loss")
        if self.examples.weights is not None:
            error = error * self.examples.weights[i]
        self.total += error.data
        if self.examples.classes:
            self.correct += is_correct(output, target, self.examples.threshold)
        return error


class CompiledEngine(Engine):
    """Runs the compiled program of loss and outputs on whole batches."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.params = list(self.optimizer.params)
        self.flat = np.zeros(len(self.params))
        self.programs: dict[tuple[bool, ...], tuple[BoundProgram, Noise]] = {}
        self.arrays: dict[Examples, list[Array]] = {}
        self.gather()

    def epoch(self, examples: Examples) -> None:
        """Start the running sums of a pass over `examples`, in the model's present mode."""
        self.examples = examples
        self.losses = np.empty((len(examples), 1))
        self.outputs = np.empty((len(examples), examples.outputs))
        if examples not in self.arrays:
            self.arrays[examples] = self._as_arrays(examples)
        modes = tuple([module.training for module in self.modules])
        if modes not in self.programs:
            self.programs[modes] = self._compile()
        self.program, self.noise = self.programs[modes]
        self.program.refresh()
        self.before = self.flat.copy()

    def check_weights(self) -> None:
        """Raise where a step has made a weight infinite or nan; they go back to the epoch's."""
        if not np.isfinite(self.flat).all():
            self.flat[...] = self.before
            raise NotFiniteError("weight after a step", [])

    def step(self, rows: Rows) -> None:
        """Move the parameters once, by the mean gradient over the batch."""
        self.gradient = self._run(rows, reverse=True)
        self._check(rows)
        self.gradient = self.clipping(self.gradient)
        with self.guard:
            if type(self.optimizer).step is Optimizer.step:
                for share in self.shares:
                    share.step(self.optimizer, self.flat, self.gradient)
            else:  # a step of the user's own works on the Values
                self.write_back()
                self.optimizer.step()
                self.gather()

    def close(self, losses: list[float], accuracies: list[float]) -> None:
        """Append the means of the pass."""
        losses.append(float(self.losses.mean()))
        if self.examples.classes:
            accuracies.append(self.examples.right(self.outputs) / len(self.examples))

    def evaluate(self, examples: Examples, losses: list[float], accuracies: list[float]) -> None:
        """Append the mean loss and accuracy on `examples`, without moving anything."""
        self.epoch(examples)
        self._run(slice(0, len(examples)), reverse=False)
        self.close(losses, accuracies)

    def weights(self) -> dict[Value, float]:
        """Return the present data of all parameters."""
        return dict(zip(self.params, self.flat.tolist(), strict=True))

    def restore(self, weights: dict[Value, float]) -> None:
        """Go back to weights that were returned before."""
        self.flat[...] = [weights.get(p, p.data) for p in self.params]

    def write_back(self) -> None:
        """Put parameters, gradients and the optimiser's state back where eager code finds them."""
        for p, data, grad in zip(
            self.params, self.flat.tolist(), self.gradient.tolist(), strict=True
        ):
            p.data, p.grad = data, grad
        for share in self.shares:
            share.write_back()

    def gather(self) -> None:
        """Read parameters and the optimiser's state into flat arrays."""
        known = set(self.params)
        added = [p for p in self.optimizer.params if p not in known]
        if added:  # a callback gave the optimiser one more group
            self.params += added
            self.flat = np.zeros(len(self.params))
            for program, _ in self.programs.values():
                program.share(self.params)
        self.flat[...] = [p.data for p in self.params]
        self.gradient = np.array([p.grad for p in self.params])
        self.shares = shares(self.optimizer, self.params)

    def _run(self, rows: Rows, reverse: bool) -> Array:
        count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        arrays: Any = self.arrays[self.examples]
        chosen: Any = rows
        if self.noise.calls:  # fresh random numbers for each batch
            arrays = [*(array[rows] for array in arrays), self.noise.draw(count)]
            chosen = None
        (losses, outputs), gradient = self.program.run(self.flat, arrays, count, chosen, reverse)
        self.losses[rows] = losses
        self.outputs[rows] = outputs
        return gradient

    def _check(self, rows: Rows) -> None:
        """Raise where this batch's losses or gradient are not finite."""
        losses = self.losses[rows]
        # Two sums take a third of the time of np.isfinite.
        finite = math.isfinite(np.add.reduce(losses, axis=None)) and math.isfinite(
            self.gradient.dot(self.gradient)
        )
        if finite or (np.isfinite(losses).all() and np.isfinite(self.gradient).all()):
            return
        numbers = np.arange(len(self.examples))[rows]
        wrong = numbers[~np.isfinite(losses[:, 0])]
        if len(wrong):
            raise NotFiniteError("loss", wrong.tolist())
        raise NotFiniteError("gradient", numbers.tolist())

    def _compile(self) -> tuple[BoundProgram, Noise]:
        noise = Noise(self.model, self.examples.rows[0])

        weighted = self.examples.weights is not None

        def loss_and_output(x: list[Value], target: Any, *more: Any) -> Any:
            with noise.given(*more[weighted:]):
                output = self.model(x)
            outputs = [output] if isinstance(output, Value) else list(map(as_value, output))
            error = as_value(self.loss(output, target), "the loss")
            return (error * more[0] if weighted else error, outputs)

        program = Program(loss_and_output, batch=True, lists=True)
        X, y, *weights = self.arrays[self.examples]
        scalar = not isinstance(self.examples.targets[0], list) and y.shape[1] == 1
        try:
            more = [w[:1, 0] for w in weights]
            if noise.calls:
                more.append(np.ones((1, noise.width)))
            bound = program.bind(self.params, X[:1], y[:1, 0] if scalar else y[:1], *more)
        except Exception as error:
            error.add_note("`fit` compiles model and loss; compiled=False runs them as they are")
            raise
        if not self.programs:
            with self.guard:
                self.params = bound.best_order  # so that a step copies nothing
                self.gather()
            bound.share(self.params)
        return bound, noise

    def _as_arrays(self, examples: Examples) -> list[Array]:
        targets: Array = np.array(examples.targets)
        if examples.outputs > 1 and examples.classes and targets.ndim == 1:
            targets = np.eye(examples.outputs)[targets]
        arrays = [np.array(examples.rows), targets.astype(float).reshape(len(targets), -1)]
        if examples.weights is not None:
            arrays.append(examples.weights[:, None])
        return arrays
