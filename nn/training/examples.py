"""Examples: data that have been found to fit each other, the model and the loss.

Here is also decided what counts as classes, and when an output says what the target says.
"""

import operator
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Value, no_grad, sigmoid
from autograd.engine.modes import Training
from autograd.engine.value import as_value
from nn.data import check_examples, check_targets
from nn.layers import MLP, Layer, Sequential
from nn.layers.noise import silent
from nn.losses import Loss, fits_targets
from nn.module import Module

Array = npt.NDArray[Any]


class Examples:
    """Rows and targets that have been found to fit each other, the model and the loss.

    One example is run and every different target is tried on its output, so that errors come
    before training starts. `classes` says whether the targets are classes, `threshold` where a
    single output decides between two.
    """

    def __init__(
        self,
        model: Module,
        X: Any,
        y: Any,
        loss: Loss | None,
        *,
        rehearse: bool = True,
        name: str = "",
    ) -> None:
        self.rows = check_examples(X, f"{name}X")
        self.targets = check_targets(y, len(self.rows), f"{name}y")
        with no_grad(), Training(), silent():  # a trial: no generator moves
            output = single(model(self.rows[0]))
            if rehearse and loss is not None:
                self._rehearse(output, loss)
        self.outputs = 1 if isinstance(output, Value) else len(output)
        self.classes = are_classes(output, self.targets)
        self.threshold = threshold(model, self.targets, loss)
        self.weights: Array | None = None  # what each example counts, where they differ
        self._name = f"{name}y"
        self._labels: Array | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def labels(self) -> list[int]:
        """The class of each example, where the targets are classes."""
        targets = np.array(self.targets)
        found: list[int] = (targets.argmax(axis=1) if targets.ndim == 2 else targets).tolist()
        return found

    def check_labels_of(self, training: "Examples") -> None:
        """Raise `ValueError` for a class that none of the `training` examples has."""
        if not (self.classes and training.classes):
            return
        known = set(training.labels())
        for i, label in enumerate(self.labels()):
            if label not in known:
                raise ValueError(
                    f"`{self._name}` has class {label} at row {i}, which never occurs in `y`: "
                    "nothing could be learnt about it"
                )

    def right(self, outputs: Array) -> int:
        """How many of the `outputs`, shape (n, outputs), say what the targets say."""
        if self._labels is None:
            labels = np.array(self.targets)
            self._labels = labels.argmax(axis=1) if labels.ndim == 2 else labels
            if self.outputs == 1:
                self._labels = self._labels > 0
        if self.outputs == 1:
            return int(np.count_nonzero((outputs[:, 0] > self.threshold) == self._labels))
        return int(np.count_nonzero(outputs.argmax(axis=1) == self._labels))

    def _rehearse(self, output: Any, loss: Loss) -> None:
        different = {repr(target): i for i, target in reversed(list(enumerate(self.targets)))}
        live, bare = False, 0.0  # a bare number has no graph: no training would change it
        for i in sorted(different.values()):
            try:
                error = loss(output, self.targets[i])
                bare = as_value(error, "the loss").data or bare
            except Exception as problem:
                problem.add_note(f"in the loss of example {i} of {len(self)}, before any training")
                raise
            live = live or isinstance(error, Value)
        if (
            bare and not live
        ):  # 0 is what a hinge written by hand returns for an example that is right
            raise TypeError(
                f"the loss must return a Value, got {bare} for every target: compute it from the "
                "output itself, without .data or float()"
            )


def single(output: Any) -> Any:
    """Return an output, a list of one as the Value in it.

    Raises `TypeError` for what is neither a Value nor a list of Values and numbers.
    """
    if isinstance(output, Value | Real):
        return as_value(output)
    try:
        values = [as_value(x, "the model's output") for x in output]
    except TypeError:
        raise TypeError(
            f"the model must return a Value or a list of them, got {output!r:.60}"
        ) from None
    return values[0] if len(values) == 1 else values


def is_correct(output: Any, target: Any, level: float) -> bool:
    """Whether an output, one Value or several, says what the target says."""
    output = single(output)
    if isinstance(output, Value):
        above: bool = output.data > level
        return above == bool(target > 0)
    scores = [v.data for v in output]
    if isinstance(target, list):
        target = target.index(max(target))
    return scores.index(max(scores)) == operator.index(target)


def are_classes(output: Any, targets: list[Any]) -> bool:
    """Whether the targets are classes for a model with such an output."""
    if isinstance(output, Value):
        return all(isinstance(t, int) for t in targets) and (
            set(targets) <= {0, 1} or set(targets) <= {-1, 1}
        )
    if isinstance(targets[0], list):
        one_hot = sorted([0.0] * (len(output) - 1) + [1.0])
        return all(sorted(t) == one_hot for t in targets)
    return all(isinstance(t, int) and 0 <= t < len(output) for t in targets)


def threshold(model: Module, targets: list[Any], loss: Loss | None) -> float:
    """Where one output decides: halfway from 0 to 1 where it is fitted to these, else at 0."""
    fitted = fits_targets(loss) or final_activation(model) is sigmoid
    return 0.5 if fitted and 0 in targets else 0.0


def final_activation(model: Module) -> Any:
    """The function that makes the model's outputs, None where its modules do not say."""
    last: Any = model
    while isinstance(last, MLP | Sequential) and len(last.layers):
        last = last.layers[-1]
    if isinstance(last, Layer):
        last = last.neurons[0]
    return getattr(last, "activation", None)
