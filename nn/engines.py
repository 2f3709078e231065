"""The two engines that `fit` runs on: one step after another, eager or compiled.

Both take a step on a batch of examples and keep the running sums of the epoch. The compiled one
works on flat arrays of parameters and writes them back into the Values when asked to. Invariant:
from the same seed both reach the same weights, within rounding.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

import autograd
from autograd import Value, no_grad
from nn.data import Rows
from nn.examples import Examples, is_correct
from nn.losses import Loss
from nn.module import Module
from nn.optim import Optimizer

Array = npt.NDArray[Any]


class EagerEngine:
    """Runs the model on one example at a time."""

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer

    def epoch(self, examples: Examples) -> None:
        """Start the running sums of a pass over `examples`."""
        self.examples, self.total, self.correct = examples, 0.0, 0

    def step(self, rows: Rows) -> None:
        """Move the parameters once, by the mean gradient over the batch."""
        self.optimizer.zero_grad()
        batch = np.arange(len(self.examples))[rows].tolist()
        for i in batch:
            self._run(i).backward(1.0 / len(batch))
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

    def write_back(self) -> None:
        """Nothing to do: the Values are where the training happens."""

    def gather(self) -> None:
        """Nothing to do, either."""

    def _run(self, i: int) -> Value:
        output, target = self.model(self.examples.rows[i]), self.examples.targets[i]
        error = self.loss(output, target)
        self.total += error.data
        if self.examples.classes:
            self.correct += is_correct(output, target, self.examples.threshold)
        return error


class CompiledEngine:
    """Runs the compiled program of loss and outputs on whole batches."""

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.params = list(optimizer.params)
        self.flat = np.zeros(len(self.params))
        self.replays: dict[bool, Replay] = {}
        self.arrays: dict[Examples, tuple[Array, Array]] = {}
        self.gather()

    def epoch(self, examples: Examples) -> None:
        """Start the running sums of a pass over `examples`, in the model's present mode."""
        self.examples = examples
        self.losses = np.zeros((len(examples), 1))
        self.outputs = np.zeros((len(examples), examples.outputs))
        if examples not in self.arrays:
            self.arrays[examples] = self._as_arrays(examples)
        if self.model.training not in self.replays:
            self.replays[self.model.training] = self._compile()
        self.replay = self.replays[self.model.training]
        self.replay.refresh()

    def step(self, rows: Rows) -> None:
        """Move the parameters once, by the mean gradient over the batch."""
        self.gradient = self._run(rows, reverse=True)
        if type(self.optimizer).step is Optimizer.step:
            moved = self.optimizer.update(self.flat, self.gradient, self.state)
            if moved is not self.flat:
                self.flat[...] = moved
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

    def write_back(self) -> None:
        """Put parameters, gradients and the optimiser's state back where eager code finds them."""
        for p, data, grad in zip(
            self.params, self.flat.tolist(), self.gradient.tolist(), strict=True
        ):
            p.data, p.grad = data, grad
        count = len(self.params)
        columns = {key: np.broadcast_to(v, count).tolist() for key, v in self.state.items()}
        for i, state in enumerate(self._states()):
            state.update({key: column[i] for key, column in columns.items()})

    def gather(self) -> None:
        """Read parameters and the optimiser's state into flat arrays."""
        states = self._states()
        self.flat[...] = [p.data for p in self.params]
        self.gradient = np.array([p.grad for p in self.params])
        keys = dict.fromkeys(key for state in states for key in state)
        self.state = {key: np.array([state.get(key, 0.0) for state in states]) for key in keys}

    def _run(self, rows: Rows, reverse: bool) -> Array:
        count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        (losses, outputs), gradient = self.replay.program.replayer.replay(
            self.arrays[self.examples], count, rows, reverse, self._parameters
        )
        self.losses[rows] = losses
        self.outputs[rows] = outputs
        return self.replay.gradient(gradient) if reverse else gradient

    def _states(self) -> list[dict[str, Any]]:
        """The optimiser's state for each of `params`."""
        state = dict(zip(self.optimizer.params, self.optimizer.state, strict=True))
        return [state[p] for p in self.params]

    def _parameters(self) -> Array:
        return self.replay.parameters(self.flat)

    def _compile(self) -> "Replay":
        def loss_and_output(x: list[Value], target: Any) -> Any:
            output = self.model(x)
            outputs = [output] if isinstance(output, Value) else list(output)
            return (self.loss(output, target), outputs)

        program = autograd.compile(loss_and_output, batch=True)
        X, y = self.arrays[self.examples]
        scalar = not isinstance(self.examples.targets[0], list) and y.shape[1] == 1
        try:
            program.record(X[:1], y[:1, 0] if scalar else y[:1])
        except Exception as error:
            error.add_note("`fit` compiles model and loss; compiled=False runs them as they are")
            raise
        if not self.replays and set(program.replayer.arranged) == set(self.params):
            self.params = program.replayer.arranged  # the flat arrays in the program's own order
            self.gather()
        return Replay(program, self.params)

    def _as_arrays(self, examples: Examples) -> tuple[Array, Array]:
        targets: Array = np.array(examples.targets)
        if examples.outputs > 1 and examples.classes and targets.ndim == 1:
            targets = np.eye(examples.outputs)[targets]
        return np.array(examples.rows), targets.astype(float).reshape(len(targets), -1)


class Replay:
    """A program whose parameters stand, in another order perhaps, among those being trained."""

    def __init__(self, program: autograd.Program, trained: list[Value]) -> None:
        self.program, self.trained = program, trained
        self.count, self.same = -1, False

    def refresh(self) -> None:
        """Read anew, before the next step, the values that are not trained."""
        if not self.same:
            self.count = -1

    def parameters(self, flat: Array) -> Array:
        """Return the program's parameters, those being trained taken from `flat`."""
        self._match()
        if self.same:
            return flat
        self.values[self.here] = flat[self.there]
        return self.values

    def gradient(self, gradient: Array) -> Array:
        """Return the gradient of those being trained; 0 for those that the program ignores."""
        if self.same:
            return gradient
        wanted = np.zeros(len(self.trained))
        wanted[self.there] = gradient[self.here]
        return wanted

    def _match(self) -> None:
        """Find the places; anew where another path of the program has brought parameters."""
        if self.count == len(self.program.replayer.parameters):
            return
        known = self.program.replayer.arranged
        self.count = len(known)
        self.same = known == self.trained
        if self.same:
            return
        place = {p: i for i, p in enumerate(self.trained)}
        pairs = [(i, place[p]) for i, p in enumerate(known) if p in place]
        self.here, self.there = np.array(pairs, dtype=int).reshape(-1, 2).T
        self.values = np.array([p.data for p in known])
