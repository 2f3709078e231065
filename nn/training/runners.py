"""Two ways to run a model and its loss on a batch here: eagerly, or as a compiled program.

Both answer the same call, `run(rows, flat, reverse) -> losses, outputs, gradient`, in shapes
(b, 1), (b, outputs) and (parameters,), where `flat` holds the data of the parameters that are
trained. Invariant: from the same `flat` both give the same numbers, within rounding.
"""

from contextlib import ExitStack
from typing import Any

import numpy as np

from autograd import Program, Value, no_grad
from autograd.checking.anomaly import detect_anomaly
from autograd.compiler.bound import BoundProgram
from autograd.compiler.lanes import Lanes
from autograd.engine.modes import innermost
from autograd.engine.node import assign
from autograd.grad_mode import Training
from nn.checks import Array
from nn.data import Rows
from nn.layers.noise import Noise
from nn.losses import LOSSES, Loss
from nn.module import Module
from nn.training import twins
from nn.training.examples import Examples, error_of, listed
from nn.training.marks import Look
from nn.training.randomness import check_repeats, undrawn

Batch = tuple[Array, Array, Array]
# Native lanes take 0.1 to 0.2 s to make and save a step as long as NumPy has for this many rows.
ROWS_A_STEP, PAYS = 32, 300_000
BLOCK = 256  # examples of an evaluation at a time: what they need at once stays bounded


class Eager:
    """Runs the model on one example at a time; an evaluation takes `block` of them."""

    block: int | None = BLOCK

    def __init__(self, model: Module, loss: Loss, params: list[Value]) -> None:
        self.model, self.loss, self.params = model, loss, params

    def prepare(self, examples: Examples) -> list[Value]:
        """Get ready for `examples`; returns the parameters in the order of the flat arrays."""
        self.examples = examples
        self.changed(self.params)
        return self.params

    def changed(self, params: list[Value]) -> None:
        """Take other parameters, of which those that were there keep their places."""
        own, self.params = set(params), params
        self.others = [p for p in self.model.parameters() if p not in own]

    def refresh(self) -> bool:
        """Nothing is kept of Values that are not trained, nor of the model."""
        return False

    watch = renew = refresh

    def run(self, rows: Rows, flat: Array, reverse: bool) -> Batch:
        """Return losses, outputs and, where `reverse` asks for it, the mean gradient of `rows`."""
        assign(self.params, flat.tolist())
        if reverse:
            for p in self.params:
                p._grad = 0.0
        kept = [p.grad for p in self.others]  # what is not trained keeps its gradient
        examples = self.examples
        batch = np.arange(len(examples))[rows].tolist()
        losses, outputs = [], []
        for i in batch:
            with ExitStack() as stack:
                if not reverse:
                    stack.enter_context(no_grad())
                stack.enter_context(Training())  # a derivative in the model is trained through
                output = self.model(examples.row(i))
                error = error_of(self.loss(output, examples.target(i)))
                if examples.weights is not None:
                    error = error * examples.weights[i]
            losses.append([error.data])
            outputs.append([v.data for v in listed(output)])
            if reverse:
                error.backward(1.0 / len(batch))
        for p, grad in zip(self.others, kept, strict=True):
            p._grad = grad
        return np.array(losses), np.array(outputs), np.array([p.grad for p in self.params])


class Compiled:
    """Runs the compiled program of loss and outputs on the whole batch.

    `steps` of at most `batch` rows are expected: many of a small network run in native lanes.
    """

    block: int | None = BLOCK

    def __init__(
        self, model: Module, loss: Loss, params: list[Value], steps: int = 0, batch: int = 1
    ) -> None:
        self.model, self.loss, self.params = model, loss, params
        self.modules = list(model.modules())  # a walk costs 0.2 to 10 ms
        self.programs: dict[Any, tuple[BoundProgram, Noise]] = {}
        self.examples: Examples | None = None
        self.steps, self.batch = steps, batch
        self._lanes: dict[Any, Lanes | None] = {}
        self._look: Look | None = None
        self._doubted: set[Any] = set()  # programs of a model that may be another by now
        self._ordered = False

    def prepare(self, examples: Examples) -> list[Value]:
        """Get ready for `examples` in the model's present mode; returns the parameters in order."""
        if examples is not self.examples:
            n = len(examples)
            self.examples = examples
            self.arrays = [examples.X.reshape(n, -1), examples.targets.reshape(n, -1)]
            if examples.weights is not None:
                self.arrays.append(examples.weights[:, None])
            self.table: Array | None = None
        kind = (examples.weights is None, *[module.training for module in self.modules])
        if kind in self._doubted:
            self._doubted.remove(kind)
            program, noise = self.programs[kind]  # numbers that draw change nothing
            if noise.calls or not program.is_current([array[:1] for array in self.arrays]):
                del self.programs[kind]
                self._lanes.pop(kind, None)
        if kind not in self.programs:
            self.programs[kind] = self._compile(examples)
        self.kind = kind
        self.program, self.noise = self.programs[kind]
        self.program.refresh()
        return self.params

    def changed(self, params: list[Value]) -> None:
        """Take other parameters, of which those that were there keep their places."""
        self.params = params
        self._lanes.clear()
        for program, _ in self.programs.values():
            program.share(params)

    def refresh(self) -> None:
        """Read anew the Values that are not trained, which a callback may have changed."""
        for program, _ in self.programs.values():
            program.refresh()

    def watch(self) -> None:
        """Look at model and loss before a callback, which may change them."""
        self._look = self._look or Look(self.model, self.loss)

    def renew(self) -> bool:
        """Compile again what callbacks have changed; whether they have changed anything."""
        if self._look is None or self._look.is_same(self.model) or self.examples is None:
            return False
        self._look = Look(self.model, self.loss)
        self.modules = list(self.model.modules())
        self._doubted = set(self.programs)
        self.prepare(self.examples)
        return True

    @property
    def lanes(self) -> Lanes | None:
        """What runs the present program natively, where that pays; `table` is what it reads."""
        if self.kind not in self._lanes:
            pays = self.steps * (ROWS_A_STEP + self.batch) >= PAYS and not self.noise.calls
            self._lanes[self.kind] = self.program.lanes(self.batch) if pays else None
        found = self._lanes[self.kind]
        if found is None or innermost(detect_anomaly) is not None:
            return None
        if self.table is None:
            self.table = np.concatenate(self.arrays, axis=1, dtype=float)
        return found

    def run(self, rows: Rows, flat: Array, reverse: bool, noise: Array | None = None) -> Batch:
        """Return losses, outputs and, where `reverse` asks for it, the mean gradient of `rows`.

        `noise` are random factors that somebody else has drawn, shape (b, width).
        """
        count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        arrays = self.arrays
        chosen: Rows | None = rows
        if self.noise.calls:  # fresh random numbers for each batch
            drawn = self.noise.draw(count) if noise is None else noise
            arrays = [*(array[rows] for array in arrays), drawn]
            chosen = None  # all of them
        lanes = self.lanes if reverse else None
        if lanes is not None and self.table is not None and self.examples is not None:
            n = len(self.table)
            order = rows if isinstance(rows, np.ndarray) else np.arange(n)[rows]
            found = np.empty((n, 1)), np.empty((n, self.examples.outputs))
            gradient = lanes.gradients(flat, self.table, order, found)
            if np.isfinite(gradient).all():  # else there may be 0 * inf where nothing flows
                return found[0][rows], found[1][rows], gradient
        (losses, outputs), gradient = self.program.run(flat, arrays, count, chosen, reverse)
        return losses, outputs, gradient

    def _compile(self, examples: Examples) -> tuple[BoundProgram, Noise]:
        noise = Noise(self.model, examples.row(0))
        weighted = examples.weights is not None
        model, loss = self.model, self.loss  # without `self`, which would hold the examples

        def loss_and_output(x: Any, target: Any, *more: Any) -> Any:
            def run() -> list[Value]:
                with noise.given(*more[weighted:]):
                    output = model(x)
                return [error_of(loss(output, target)), *listed(output)]

            error, *output = undrawn(model, run)
            return (error * more[0] if weighted else error, output)

        _, y, *weights = [array[:1] for array in self.arrays]
        more = [w[:, 0] for w in weights]
        if noise.calls:
            more.append(np.ones((1, noise.width)))
        program = Program(loss_and_output, batch=True, lists=True)
        args = [examples.X[:1], y[:, 0] if examples.targets.ndim == 1 else y, *more]
        kind = (self.loss, *[a.shape for a in args])
        ours = self.loss in LOSSES.values()  # of others we do not know what they depend on
        known = ours and twins.adopt(self.model, kind, program, args)
        try:
            bound = program.bind(self.params, *args)
        except Exception as error:
            error.add_note("`fit` compiles model and loss; compiled=False runs them as they are")
            raise
        if self.steps:
            bound.expect(self.steps)
        if ours and not known:
            twins.keep(self.model, kind, program)
        if not self._ordered:
            if not (noise.calls or known):
                check_repeats(self.model, self.loss, examples)
            self.params, self._ordered = bound.best_order, True  # so that a step copies nothing
            bound.share(self.params)
        return bound, noise
