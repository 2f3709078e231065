"""Site: on a worker, one part of the examples and a copy of the model that is trained on them.

It answers what it is asked and keeps nothing of it: weights come with every question. Invariant:
the same question has the same answer at every site with the same rows, byte for byte, so that
the site of a lost worker can be set up anew on another one.
"""

import math
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Value
from autograd.engine.node import assign
from nn.losses import Loss
from nn.module import Module
from nn.optim import Optimizer
from nn.optim.clipping import Clipping
from nn.optim.shares import Share, State
from nn.training.examples import Examples
from nn.training.runners import BLOCK, Batch, Compiled

Array = npt.NDArray[Any]


class Part(Examples):
    """Examples that have been checked elsewhere, of shapes (n, ...), (n, ...) and (n,)."""

    def __init__(self, X: Array, targets: Array, weights: Array | None, outputs: int) -> None:
        self.X, self.targets, self.weights, self.outputs = X, targets, weights, outputs


@dataclass(frozen=True)
class Recipe:
    """What makes a site's program the one that the questions are about, wherever it is recorded.

    Values are known by their place in a recording of `first`, an example: `places` says where in
    the flat array each stands, -1 for those that are not trained, whose data are `others`. For a
    loss may use a Value of its module's, of which a pickle holds nothing.
    """

    model: Module  # in the modes that the questions are asked in
    loss: Loss
    first: Part
    places: list[int]
    others: list[float]
    size: int  # of the flat array
    steps: int  # that are expected, of at most `batch` rows
    batch: int
    optimizer: Optimizer  # without parameters: what moves them is its formula
    clipping: Clipping


@dataclass(frozen=True)
class Question:
    """What a site is asked: to run `rows`, or to take a step on each of several `batches`.

    `setup` comes first where a site has not seen it: a recipe's pickle, with the examples unless
    the site has been made with them. `noise` are the random factors of the rows.
    """

    flat: Array
    batches: list[tuple[Array, Array | None]]
    reverse: bool = True
    shares: list[Share] | None = None
    setup: tuple[bytes, Array | None, Array, Array | None] | None = None


@dataclass(frozen=True)
class Moved:
    """What steps at a site have come to: parameters, the states of the shares, last gradient."""

    flat: Array
    states: list[State]
    gradient: Array


class Site:
    """One part of the examples; `X` are its inputs, where they are on the workers already."""

    def __init__(self, X: Array | None = None) -> None:
        self.X = X

    def answer(self, question: Question) -> Any:
        """Return losses, outputs and gradient, or after steps losses, outputs and `Moved`.

        What goes wrong is returned, so that it is told from what goes wrong between machines;
        None where the numbers of a step are not finite.
        """
        try:
            if question.setup is not None:
                self._set_up(*question.setup)
            with np.errstate(all="ignore"):  # whoever asks looks at the numbers
                flat = np.array(question.flat)
                if question.shares is None:
                    return self._run(flat, *question.batches[0], question.reverse)
                return self._descend(flat, question.batches, question.shares)
        except Exception as error:
            return _travelling(error)

    def _set_up(
        self, pickled: bytes, X: Array | None, targets: Array, weights: Array | None
    ) -> None:
        recipe: Recipe = pickle.loads(pickled)
        self.X = self.X if X is None else X
        assert self.X is not None
        self.recipe = recipe
        runner = Compiled(recipe.model, recipe.loss, [], recipe.steps, recipe.batch)
        runner.prepare(recipe.first)
        values = runner.program.parameters.values
        if len(values) < len(recipe.places):
            raise RuntimeError(
                f"model and loss use {len(values)} Values on a worker and {len(recipe.places)} "
                "where the training was started: install the same version of your code everywhere"
            )
        params = [Value(0.0) for _ in range(recipe.size)]
        others = []
        for value, place in zip(values, recipe.places, strict=False):  # a branch may add some
            if place < 0:
                others.append(value)
            else:
                params[place] = value
        assign(others, recipe.others)
        runner.changed(params)
        runner.prepare(Part(self.X, targets, weights, recipe.first.outputs))
        self.runner = runner

    def _run(self, flat: Array, rows: Array, noise: Array | None, reverse: bool) -> Batch:
        if reverse:
            return self.runner.run(rows, flat, True, noise)
        count = len(rows)
        losses, outputs = np.empty((count, 1)), np.empty((count, self.recipe.first.outputs))
        gradient = np.zeros(0)
        for i in range(0, count, BLOCK):
            now = slice(i, i + BLOCK)
            some = None if noise is None else noise[now]
            losses[now], outputs[now], gradient = self.runner.run(rows[now], flat, False, some)
        return losses, outputs, gradient

    def _descend(
        self, flat: Array, batches: list[tuple[Array, Array | None]], shares: list[Share]
    ) -> tuple[Array, Array, Moved] | None:
        shares = [share.kept() for share in shares]
        losses, outputs = [], []
        gradient = np.zeros(0)
        for rows, noise in batches:
            loss, output, gradient = self.runner.run(rows, flat, True, noise)
            if not (np.isfinite(loss).all() and math.isfinite(gradient.dot(gradient))):
                return None
            gradient = self.recipe.clipping(gradient)
            for share in shares:
                share.step(self.recipe.optimizer, flat, gradient)
            losses.append(loss.copy())  # the program's own arrays are used again
            outputs.append(output.copy())
        moved = Moved(flat, [share.state for share in shares], gradient)
        return np.concatenate(losses), np.concatenate(outputs), moved


def _travelling(error: Exception) -> Exception:
    """The error, or what it says where it cannot be pickled: no answer would arrive at all."""
    import cloudpickle

    try:
        cloudpickle.loads(cloudpickle.dumps(error))
    except Exception:
        twin = RuntimeError(f"{type(error).__name__}: {error}")
        for note in getattr(error, "__notes__", ()):
            twin.add_note(note)
        return twin
    return error
