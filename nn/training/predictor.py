"""Predictor: the answers of a model to many examples, in evaluation mode.

A model that has answered some examples is compiled, and its program kept as long as the model.
Invariant: data of parameters are read at every call, and a program is kept only while the model
holds the same layers, numbers and parameters.
"""

import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Program, Value, no_grad
from autograd.engine.modes import Mode
from autograd.grad_mode import Training
from nn.module import Module, check_model, evaluating
from nn.training import twins
from nn.training.examples import listed
from nn.training.marks import PREDICTOR, Look
from nn.training.randomness import check_answers, undrawn

Array = npt.NDArray[np.float64]

WORTH_COMPILING = 32  # examples: compiling takes as long as running some tens one by one
LARGEST = 2**24  # numbers that a block of rows may need at once, of a convolution above all


class Predictor:
    """A model's answers, with its program: `outputs = predictor(X)`, shape (n, outputs).

    `bare` says whether the model returns a bare Value.
    """

    def __init__(self, model: Module) -> None:
        self._model = weakref.ref(model)  # a program must not keep its model alive
        self.modules = list(model.modules())[1:]
        self.bare, self._asked, self._block = False, 0, 1
        self._program: Program | None = None
        self._compiles = True

    def __call__(self, X: Array) -> Array:
        """Return the outputs for `X`, floats of shape (n, ...), in evaluation mode."""
        model = self._model()
        assert model is not None
        with evaluating([model, *self.modules]), no_grad():  # a walk over them would take longer
            return self._outputs(model, X)

    def _outputs(self, model: Module, X: Array) -> Array:
        if not self._asked:
            with Training(), _Inputs() as inputs:  # derivatives are Values, as in training
                self.bare = isinstance(model(X[0].tolist()), Value)
            self._block = max(16, LARGEST // (1 + X[0].size + inputs.count))
        self._asked += len(X)
        if self._compiles and self._asked >= WORTH_COMPILING:
            try:
                if self._program is None:
                    self._program = self._compiled(model, X)
                starts = range(0, len(X), self._block)
                blocks = [self._program(X[i : i + self._block]) for i in starts]
                return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
            except Exception:  # it reads .data, or draws; what is wrong with it, it says itself
                self._compiles = False
        with Training():
            return np.array([[v.data for v in listed(model(row))] for row in X.tolist()])

    def _compiled(self, model: Module, X: Array) -> Program:
        program, kind = Program(self._listed, batch=True, lists=True), ("answers", X.shape[1:])
        if not twins.adopt(model, kind, program, [X[:1]]):
            program(X[:1])
            check_answers(model, X[0].tolist())
            twins.keep(model, kind, program)
        return program

    def _listed(self, x: Any) -> list[Value]:
        model = self._model()
        assert model is not None
        return undrawn(model, lambda: listed(model(x)))


class _Inputs(Mode):
    """Counts the inputs of all operations: about the numbers that a row of a program needs."""

    count = 0

    def made(self, primitive: Any, parents: tuple[Any, ...], node: Any) -> Any:
        """Count those of one operation."""
        self.count += len(parents)
        return node


def predictor_of(model: Module, marks: Any = None) -> Predictor:
    """Return the kept predictor of `model`, or a new one where the model is another than then.

    It stands in the model itself, so that both go together. `marks` are what tells of a model
    that it has not changed, where the caller knows better than to look at everything.
    """
    check_model(model)
    predictor: Predictor
    known = vars(model).get(PREDICTOR)
    if known is not None:
        look, predictor = known
        if look.is_same(model) if isinstance(look, Look) else look == marks:
            return predictor
    predictor = Predictor(model)
    vars(model)[PREDICTOR] = (Look(model) if marks is None else marks), predictor
    return predictor
