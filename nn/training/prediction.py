"""What a trained model says: `predict`, `predict_proba`, `accuracy`, in evaluation mode.

A model that has answered some examples is compiled, and its program kept as long as the model.
Invariant: the answers are those of the model as it is now. Data of parameters are read at every
call, and a program is kept only while the model holds the same layers, numbers and parameters.
"""

import contextlib
import math
import operator
import weakref
from collections.abc import Collection, Mapping
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Program, Value, no_grad
from autograd.engine.modes import Mode, Training
from autograd.engine.number import as_float
from nn.checks import by_name
from nn.data import check_examples
from nn.losses import LOSSES, Loss, kind_of
from nn.module import Module
from nn.training.examples import Examples, listed, made_by, single

Array = npt.NDArray[np.float64]

# Compiling takes as long as running some tens of examples one by one.
WORTH_COMPILING = 32
PREDICTOR, TRAINED_BY = "_predictor", "_trained_by"  # attributes of a model
_NO_MATTER = (PREDICTOR, TRAINED_BY, "training")  # to an evaluation
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
    if threshold is None:
        return examples.right(outputs)
    if not (examples.outputs == 1 or examples.yes_or_no):
        raise ValueError("`threshold` is for one output, or a question each; here the largest wins")
    level = as_float(threshold, "threshold")
    if math.isnan(level):
        raise ValueError("`threshold` is nan: nothing is above or below it")
    right = (outputs > level) == (examples.targets.reshape(outputs.shape) > 0.0)
    return float(np.mean(right.all(axis=1)))


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
            except Exception:  # a model that reads .data; what is wrong with it, it says itself
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


def predictor_of(model: Module, marked: Any = None) -> Predictor:
    """Return the kept predictor of `model`, or a new one where the model is another than then.

    It stands in the model itself, so that both go together. `marked` is what tells of a model that
    it has not changed, where the caller knows better than to look at everything.
    """
    marks, held = _marks(model) if marked is None else (marked, [])
    known = vars(model).get(PREDICTOR)
    if known is None or known[0] != marks:
        known = vars(model)[PREDICTOR] = marks, Predictor(model), held
    predictor: Predictor = known[1]
    return predictor


def trained_by(model: Module, loss: Loss) -> None:
    """Remember by which loss of ours the model is trained, for its threshold."""
    vars(model)[TRAINED_BY] = loss if kind_of(loss) is not None else None


def loss_of(model: Module, loss: str | Loss | None) -> Loss | None:
    """Return the loss given, or the one of the last `fit`, None where there is none."""
    return vars(model).get(TRAINED_BY) if loss is None else by_name("loss", loss, LOSSES)


_PLAIN = (int, float, complex, str, bytes, type(None), np.generic)
_left_of = operator.attrgetter("_left")


def _marks(model: Module) -> tuple[list[Any], list[Any]]:
    """What tells whether a model is still the same: parts by identity, numbers by value.

    Also returns the parts, to be kept, so that no other object can have their identity.
    """
    marks: list[Any] = []
    held: list[Any] = []
    seen: set[int] = {id(model)}
    stack = _parts(model)
    while stack:
        item = stack.pop()
        if isinstance(item, _PLAIN):
            marks.append(repr(item))  # nan equals itself, and 0.0 is not -0.0
        elif type(item) is list and {*map(type, item)} == {Value} and not any(map(_left_of, item)):
            marks.append(tuple(map(id, item)))
            held += item
        elif id(item) not in seen:
            seen.add(id(item))
            held.append(item)
            marks.append((id(item), type(item)))
            if isinstance(item, Value):
                marks.append(item._data if item.parents else None)  # a result may be assigned to
            else:
                stack += _parts(item)
        else:
            marks.append(id(item))
    return marks, held


def _parts(item: Any) -> list[Any]:
    """What an object holds that a model may compute with."""
    if isinstance(item, ModuleType | type | np.ufunc | np.random.Generator):
        return []
    if isinstance(item, np.ndarray):
        return [item.shape, *item.ravel().tolist()] if item.dtype == object else [item.tobytes()]
    if isinstance(item, Mapping):
        return [*item, *item.values()]
    if isinstance(item, FunctionType):
        cells = []
        for cell in item.__closure__ or ():
            with contextlib.suppress(ValueError):  # a name that has no value yet
                cells.append(cell.cell_contents)
        return [*cells, *(item.__defaults__ or ()), *(item.__kwdefaults__ or {}).values()]
    if isinstance(item, MethodType):
        return [item.__self__, item.__func__]
    if isinstance(item, partial):
        return [item.func, item.args, item.keywords]
    if isinstance(item, Module):
        own = {name: x for name, x in vars(item).items() if name not in _NO_MATTER}
        return [*own, *own.values(), *_of_class(type(item))]
    parts = list(item) if isinstance(item, Collection) else []
    for kind in type(item).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            parts.append(getattr(item, name, None))
    return [*parts, *getattr(item, "__dict__", {}).values()]


def _of_class(kind: type) -> list[Any]:
    """The plain numbers among the attributes of a user's class."""
    users = [c for c in kind.__mro__ if not c.__module__.startswith(("nn.", "builtins", "abc"))]
    attributes = [x for c in users for name, x in vars(c).items() if not name.startswith("__")]
    return [x for x in attributes if isinstance(x, _PLAIN)]
