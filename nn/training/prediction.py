"""What a trained model says: `predict`, `predict_proba`, `accuracy`, in evaluation mode.

A model that has answered some examples is compiled, and its program kept as long as the model.
Invariant: the answers are those of the model as it is now. Data of parameters are read at every
call, and a program is kept only while the model holds the same layers, numbers and parameters.
"""

import weakref
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from autograd import Program, Value, no_grad
from autograd.engine.modes import Mode, Training
from nn.checks import by_name
from nn.data import check_examples
from nn.losses import LOSSES, Loss, kind_of
from nn.module import Module
from nn.training.examples import Examples, listed, made_by, single

Array = npt.NDArray[np.float64]

# Compiling takes as long as running some tens of examples one by one.
WORTH_COMPILING = 32
LARGEST = 2**24  # numbers that a block of rows may need at once, of a convolution above all


def predict(model: Module, X: Any) -> Array:
    """Return the model's outputs for `X`, shape (n, ...), in evaluation mode.

    The result has shape (n, outputs), or (n,) where the model returns a bare Value. For classes
    take `predict(model, X).argmax(axis=1)`. Compiled after some tens of examples; numbers that the
    model reads from elsewhere than its attributes are then frozen.

    Raises `ValueError` or `TypeError` for `X` that are no finite numbers or do not fit the model.
    """
    predictor = predictor_of(model)
    outputs = predictor(check_examples(X))
    return outputs[:, 0] if predictor.bare else outputs


def predict_proba(model: Module, X: Any, loss: str | Loss | None = None) -> Array:
    """Return the probability of each class, shape (n, classes).

    Several outputs are logits of classes, whose softmax it is, or of one question each after
    training with binary_cross_entropy_with_logits; one output gives (1 - p, p). What the model has
    made by sigmoid or softmax itself stands as it is. `loss` is by default that of the last `fit`.

    Raises `ValueError` where the outputs are numbers to be met and no logits.
    """
    kind = kind_of(loss_of(model, loss))
    outputs = predictor_of(model)(check_examples(X))
    with model.evaluating(), Training():
        output = single(model(check_examples(X)[0].tolist()))
    operation = made_by(output)
    if kind == "numbers" and operation != "sigmoid":
        raise ValueError("the model was trained to meet numbers, which are no probabilities")
    with np.errstate(over="ignore"):
        answers = 1.0 / (1.0 + np.exp(-outputs))
    if isinstance(output, Value):
        p = outputs if operation == "sigmoid" else answers
        return np.concatenate([1.0 - p, p], axis=1)
    if operation == "sigmoid" or (
        operation in ("exp", "/") and np.allclose(outputs.sum(axis=1), 1.0)
    ):
        return outputs
    if kind == "logits":
        return answers
    shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def accuracy(
    model: Module, X: Any, y: Any, loss: str | Loss | None = None, threshold: float | None = None
) -> float:
    """Return the share of examples that the model classifies as `y` says, from 0 to 1.

    With several outputs the largest must be that of the class (an index, or a one-hot row). With
    one output, labels are -1 and 1, or 0 and 1: an output above `threshold` means 1. That is by
    default 0.5 where a sigmoid made the output, or where it is a number to be 0 or 1 by `loss`,
    which is by default the loss of the last `fit`; else 0. Raises `ValueError` where `y` holds no
    classes.
    """
    with model.evaluating():
        examples = Examples(model, X, y, loss_of(model, loss))
    if not examples.graded:
        raise ValueError(
            "`accuracy` needs classes in `y`: indices or one-hot rows for several outputs, "
            "0 and 1 or -1 and 1 for one output"
        )
    outputs = predictor_of(model)(examples.X)
    if threshold is not None and examples.outputs == 1:
        return float(np.mean((outputs[:, 0] > threshold) == (examples.targets > 0.0)))
    return examples.right(outputs)


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
        modules = [model, *self.modules]
        modes = [module.training for module in modules]
        try:
            for module in modules:
                module.training = False
            with no_grad():
                return self._outputs(model, X)
        finally:
            for module, mode in zip(modules, modes, strict=True):
                module.training = mode

    def _outputs(self, model: Module, X: Array) -> Array:
        if not self._asked:
            with Training(), _Inputs() as inputs:  # derivatives are Values, as in training
                self.bare = isinstance(model(X[0].tolist()), Value)
            self._block = max(16, LARGEST // (1 + X[0].size + inputs.count))
        self._asked += len(X)
        if self._compiles and self._asked >= WORTH_COMPILING:
            self._program = self._program or Program(self._listed, batch=True, lists=True)
            try:
                starts = range(0, len(X), self._block)
                blocks = [self._program(X[i : i + self._block]) for i in starts]
                return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
            except (TypeError, ValueError):  # a model that reads .data
                self._compiles = False
        with Training():
            return np.array([[v.data for v in listed(model(row))] for row in X.tolist()])

    def _listed(self, x: Any) -> list[Value]:
        model = self._model()
        assert model is not None
        return listed(model(x))


class _Inputs(Mode):
    """Counts the inputs of all operations: about the numbers that a row of a program needs."""

    count = 0

    def made(self, primitive: Any, parents: tuple[Any, ...], node: Any) -> Any:
        """Count those of one operation."""
        self.count += len(parents)
        return node


_kept: WeakKeyDictionary[Module, tuple[Any, Predictor]] = WeakKeyDictionary()
_losses: WeakKeyDictionary[Module, Loss] = WeakKeyDictionary()


def predictor_of(model: Module, changes: bool = True) -> Predictor:
    """Return the kept predictor of `model`, or a new one where the model is another than then.

    Of a model of which nothing `changes` but the data of its parameters, nobody looks.
    """
    known = _kept.get(model)
    marks = _marks(model) if changes or known is None else known[0]
    if known is None or known[0] != marks:
        known = _kept[model] = marks, Predictor(model)
    return known[1]


def trained_by(model: Module, loss: Loss) -> None:
    """Remember by which loss of ours the model was trained, for its threshold."""
    if kind_of(loss) is None:
        _losses.pop(model, None)
    else:
        _losses[model] = loss


def loss_of(model: Module, loss: str | Loss | None) -> Loss | None:
    """Return the loss given, or the one of the last `fit`, None where there is none."""
    return _losses.get(model) if loss is None else by_name("loss", loss, LOSSES)


_PLAIN = (int, float, complex, str, bytes, type(None), np.generic)


def _marks(model: Module) -> list[Any]:
    """What tells whether a model is still the same: parts by identity, numbers by value.

    A kept program holds the Values it uses, so that no other can have their identity.
    """
    marks: list[Any] = []
    seen: set[int] = set()
    stack: list[Any] = [model]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is Value:
            marks.append(id(item))
        elif isinstance(item, _PLAIN):
            marks.append(repr(item))  # nan equals itself, and 0.0 is not -0.0
        elif kind in (list, tuple):
            whole = {*map(type, item)} == {Value}
            marks.append(tuple(map(id, item)) if whole else (kind, len(item)))
            stack += () if whole else item
        elif isinstance(item, np.ndarray):
            marks.append((item.shape, None if item.dtype.kind == "O" else item.tobytes()))
            stack += item.ravel().tolist() if item.dtype.kind == "O" else ()
        elif id(item) not in seen:
            seen.add(id(item))
            held = item if isinstance(item, dict) else getattr(item, "__dict__", {})
            names = [name for name in held if name != "training"]  # nothing to an evaluation
            marks.append((id(item), kind, *names))
            stack += [held[name] for name in names]
            if isinstance(item, list | tuple | set | frozenset):  # of a class of its own
                stack += item
    return marks
