"""Examples: data that have been found to fit each other, the model and the loss.

Here is also decided what counts as classes, and when an output says what the target says.
"""

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Value, no_grad, sigmoid
from nn.data import check_examples, check_targets
from nn.layers import MLP
from nn.losses import Loss, mse_loss, squared_error
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
        with no_grad():
            output = model(self.rows[0])
            if rehearse and loss is not None:
                self._rehearse(output, loss)
        self.outputs = 1 if isinstance(output, Value) else len(output)
        self.classes = are_classes(output, self.targets)
        self.threshold = threshold(model, self.targets, loss)
        self._labels: Array | None = None

    def __len__(self) -> int:
        return len(self.rows)

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
        for i in sorted(different.values()):
            try:
                error = loss(output, self.targets[i])
            except Exception as problem:
                problem.add_note(f"in the loss of example {i} of {len(self)}, before any training")
                raise
            if not isinstance(error, Value):
                raise TypeError(f"the loss must return a Value, got {error!r:.60}")


def is_correct(output: Any, target: Any, level: float) -> bool:
    """Whether an output, one Value or several, says what the target says."""
    if isinstance(output, Value):
        return (output.data > level) == bool(target > 0)
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
    fitted = loss in (mse_loss, squared_error) or (
        isinstance(model, MLP) and model.layers[-1].neurons[0].activation is sigmoid
    )
    return 0.5 if fitted and 0 in targets else 0.0
