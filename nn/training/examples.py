"""Examples: data that have been found to fit each other, the model and the loss, as arrays.

Here is also decided what counts as classes, and when an output says what the target says.
Invariant: every loss, in a rehearsal, eager or compiled, is given the same kind of target: one
number for one output, a row of numbers for several; class labels of several outputs are one-hot
rows from here on.
"""

import copy
from numbers import Real
from typing import Any, Self

import numpy as np

from autograd import Value
from autograd.engine.graph import topological_order
from autograd.engine.value import as_value
from autograd.grad_mode import Training
from nn.checks import Array
from nn.data import check_examples, check_targets
from nn.data.blocks import Blocks
from nn.layers.noise import silent
from nn.losses import (
    Loss,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    kind_of,
    mse_loss,
)
from nn.module import Module


class Examples:
    """`X`, shape (n, ...), and `targets`, shape (n,) or (n, outputs), both of floats.

    The model is run on one example, and a loss tried on its output with the targets of a few, one
    of each class, so that errors come before training starts. `loss` None is chosen by outputs and
    targets. `labels`, shape (n,), are the classes where the targets are any, else None; `weights`
    what each example counts, None where all count alike.

    Raises `ValueError` or `TypeError` for data that do not fit.
    """

    def __init__(
        self, model: Module, X: Any, y: Any, loss: Loss | None = None, *, name: str = ""
    ) -> None:
        self.X: Any = X if isinstance(X, Blocks) else check_examples(X, f"{name}X")
        self.targets = check_targets(y, len(self.X), f"{name}y")
        self.name = f"{name}y"
        with Training(), silent():  # a trial: no generator moves
            earlier = set(model.results())
            self.output = single(model(self.row(0)))
        outputs = self.output if isinstance(self.output, list) else [self.output]
        for node in topological_order(*outputs) if earlier else ():
            if node in earlier:
                raise ValueError(
                    f"the model holds {node!r}, computed once, before it was called: it does not "
                    "follow the parameters that it came from. Compute it in forward, or detach() it"
                )
        self.outputs = len(outputs)
        self.labels = _labels(self.targets, self.outputs, kind_of(loss))
        if self.outputs > 1 and self.targets.ndim == 1:
            if self.labels is None:
                n, y = self.outputs, self.targets
                i = int(np.flatnonzero((y != np.rint(y)) | (y < 0) | (y >= n))[0])
                raise ValueError(
                    f"`{self.name}[{i}]` is {y[i]:g}, but the model has {n} outputs: a class index "
                    f"is a whole number in 0..{n - 1}, other targets are rows of {n} numbers"
                )
            self.targets = np.eye(self.outputs)[self.labels]
        self.signs = bool((self.targets == -1.0).any())
        self.loss: Loss = loss or self.default_loss()
        self.weights: Array | None = None

    def __len__(self) -> int:
        return len(self.X)

    def row(self, i: int) -> Any:
        """Return example `i` as the model takes it: nested lists of floats."""
        return self.X[i].tolist()

    def target(self, i: int) -> Any:
        """Return the target of example `i` as the loss takes it: a float, or a list of them."""
        return self.targets[i].tolist()

    @property
    def yes_or_no(self) -> bool:
        """Whether each of several outputs answers a question of its own."""
        if self.labels is not None or self.targets.shape[1:] != (self.outputs,):
            return False
        if kind_of(self.loss) != "logits" and made_by(self.output) != "sigmoid":
            return False
        return bool(((self.targets == 0.0) | (self.targets == 1.0)).all())

    @property
    def threshold(self) -> float:
        """Where one output decides: 0.5 for probabilities and numbers to be 0 or 1, else 0."""
        probability = made_by(self.output) == "sigmoid"
        numbers = kind_of(self.loss) == "numbers" and not self.signs
        return 0.5 if probability or numbers else 0.0

    def default_loss(self) -> Loss:
        """Return the loss that outputs and targets suggest."""
        if self.labels is None:
            many = self.outputs > 1 and self.targets.ndim == 2
            answers = many and bool(((self.targets == 0.0) | (self.targets == 1.0)).all())
            answers = answers and made_by(self.output) != "sigmoid"
            return binary_cross_entropy_with_logits if answers else mse_loss
        if self.outputs > 1:
            return cross_entropy
        if made_by(self.output) in ("sigmoid", "tanh"):  # no logits, but numbers to be met
            return mse_loss
        return hinge_loss if self.signs else binary_cross_entropy_with_logits

    def rehearse(self) -> None:
        """Try the loss on the output of one example; raises what it raises, with a note."""
        if self.labels is not None:
            places = np.unique(self.labels, return_index=True)[1]
        else:
            flat = self.targets.reshape(len(self), -1)
            places = np.unique([0, *flat.argmin(axis=0)[:2], *flat.argmax(axis=0)[:2]])
        live, bare = False, 0.0  # a bare number has no graph: no training would change it
        for i in places.tolist():
            try:
                with Training(), silent():
                    error = self.loss(self.output, self.target(i))
                bare = error_of(error).data or bare
            except Exception as problem:
                problem.add_note(f"in the loss of example {i} of {len(self)}, before any training")
                if self.outputs > 1 and self.labels is not None:
                    problem.add_note("classes of several outputs reach a loss as one-hot rows")
                raise
            live = live or isinstance(error, Value)
        if bare and not live:  # 0 is what a hinge by hand returns for an example that is right
            raise TypeError(
                f"the loss must return a Value, got {bare} for every target: compute it from the "
                "output itself, without .data or float()"
            )

    def take_kind_of(self, training: "Examples") -> None:
        """Understand the targets as those of the `training` examples are understood.

        Raises `ValueError` for a class that none of those has, and for numbers beside classes.
        """
        self.signs = training.signs
        if training.labels is None:
            self.labels = None
            return
        if self.labels is None:
            raise ValueError(f"`{self.name}` holds no classes, but `y` does")
        unknown = np.flatnonzero(~np.isin(self.labels, training.labels))
        if len(unknown):
            raise ValueError(
                f"`{self.name}` has class {self.labels[unknown[0]]} at row {unknown[0]}, which "
                "never occurs in `y`: nothing could be learnt about it"
            )

    def right(self, outputs: Array) -> Any:
        """Return the share of the `outputs`, shape (..., n, outputs), that say what targets say.

        That is a float, of several epochs, (epochs, n, outputs), a list of them.
        """
        targets, said = self.answers(outputs)
        right = targets == said
        right = right.all(axis=-1) if self.yes_or_no else right
        return (np.count_nonzero(right, axis=-1) / len(self)).tolist()

    def answers(self, outputs: Array) -> tuple[Array, Array]:
        """Return targets and outputs as metrics compare them: labels where there are classes."""
        if self.labels is None:
            if self.yes_or_no:
                return self.targets, (outputs > self.threshold) * 1.0
            return self.targets, outputs[..., 0] if self.outputs == 1 else outputs
        if self.outputs > 1:
            return self.labels, outputs.argmax(axis=-1)
        below = -1 if self.signs else 0
        return self.labels, np.where(outputs[..., 0] > self.threshold, 1, below)

    @property
    def graded(self) -> bool:
        """Whether there is an accuracy: the targets are classes, or answers yes and no."""
        return self.labels is not None or self.yes_or_no

    def part(self, rows: Array) -> Self:
        """Return the examples at `rows`, an array of indices."""
        twin = copy.copy(self)
        twin.X, twin.targets = self.X[rows], self.targets[rows]
        twin.labels = None if self.labels is None else self.labels[rows]
        twin.weights = None if self.weights is None else self.weights[rows]
        return twin


def single(output: Any) -> Any:
    """Return an output, a list of one as the Value in it.

    Raises `TypeError` for what is neither a Value nor a list of Values and numbers.
    """
    if isinstance(output, Value | Real):
        return as_value(output)
    try:
        if not isinstance(output, list | tuple | np.ndarray):  # a dict would give its keys
            raise TypeError
        values = [as_value(x) for x in output]
    except TypeError:
        raise TypeError(
            f"the model must return a Value or a list of them, got {output!r:.60}"
        ) from None
    if not values:
        raise TypeError("the model must return a Value or a list of them, got an empty list")
    return values[0] if len(values) == 1 else values


def listed(output: Any) -> list[Value]:
    """Return an output as a list of Values."""
    return [as_value(output)] if isinstance(output, Value | Real) else list(map(as_value, output))


def error_of(loss: Any) -> Value:
    """Return what a loss gives as a Value.

    Raises `TypeError` for what is no number, and for a comparison, which has no gradient.
    """
    if isinstance(loss, bool | np.bool_):
        raise TypeError(
            f"the loss is {loss}, the outcome of a comparison: return a number, as "
            "autograd.where(x > y, 1.0, 0.0)"
        )
    return as_value(loss, "the loss")


def made_by(output: Any) -> str:
    """Return the name of the operation that made an output, of several where all have one."""
    operations = {node.op for node in (output if isinstance(output, list) else [output])}
    return operations.pop() if len(operations) == 1 else ""


def _labels(targets: Array, outputs: int, kind: str | None) -> Array | None:
    """The class of each example, None where the targets are no classes."""
    if outputs == 1:
        if targets.ndim == 2:
            return None
        whole = ((targets == 0.0) | (targets == 1.0)).all() or (np.abs(targets) == 1.0).all()
        return targets.astype(int) if whole else None
    if targets.ndim == 1:
        whole = (targets == np.rint(targets)) & (targets >= 0.0) & (targets < outputs)
        return targets.astype(int) if whole.all() else None
    if kind == "logits" or targets.shape[1] != outputs:
        return None
    one_hot = ((targets == 0.0) | (targets == 1.0)).all() and (targets.sum(axis=1) == 1.0).all()
    return targets.argmax(axis=1) if one_hot else None
