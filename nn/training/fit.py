"""Training: `fit` runs the seven steps of stochastic gradient descent.

Small random weights are there already. Then, over and over: an example goes in, forward, compare
with its target, backward, add up; after each batch the optimiser moves the weights; a pass over
the whole training set is an epoch. Invariant: whatever can be found wrong with the arguments is
found before any weight moves, and whatever ends the training leaves finite weights behind.
"""

import contextlib
import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from autograd.engine.modes import Training
from autograd.engine.number import as_float
from nn.checks import by_name, check_generator, check_size
from nn.data import check_several_classes, minibatches
from nn.layers.noise import silent
from nn.losses import LOSSES, Loss, kind_of
from nn.module import Module
from nn.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nn.optim.clipping import check_limit
from nn.schedules import Schedule
from nn.training import advice
from nn.training.diagnosis import first_non_finite
from nn.training.early_stopping import EarlyStopping
from nn.training.engine import Clipping, Engine, NotFiniteError
from nn.training.examples import Examples
from nn.training.history import History, Observer
from nn.training.interrupts import Interrupts
from nn.training.modes import Modes
from nn.training.prediction import trained_by
from nn.training.progress import progress_bar
from nn.training.runners import Compiled, Eager
from nn.training.splitting import split
from nn.training.weighting import class_weights, sample_weights, weigh

Callback = Callable[[History], object]
Metric = Callable[[Any, Any], float]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(SGD, lr=0.1),
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}


class DivergedError(FloatingPointError):
    """Loss, gradient or weights are no longer finite; `history` is that of the epochs before."""

    history: History


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: str | Loss | None = None,
    optimizer: Optimizer | str | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    shuffle: bool = True,
    validation: Any = None,
    early_stopping: int | EarlyStopping | None = None,
    schedule: Schedule | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    class_weight: str | Mapping[int, float] | Sequence[float] | None = None,
    sample_weight: Any = None,
    metrics: Mapping[str, Metric] | None = None,
    seed: int | np.random.Generator | None = None,
    progress: bool = True,
    compiled: bool = True,
    callbacks: Iterable[Callback] = (),
    batch_callbacks: Iterable[Callable[[float], object]] = (),
) -> History:
    """Train `model` on `X`, shape (n, ...), and `y`, shape (n,) or (n, outputs).

    Each step takes the mean of `loss(model(x), target)` over a mini-batch. `batch_size=1` is
    online training. The target of one output is a number, that of several a row of numbers: class
    labels become one-hot rows. Model and loss are compiled once, so that bare numbers that they
    read, and which layers and Values they are made of, are frozen; use Values for what changes.
    `compiled=False` runs the eager engine, slower and to the same weights.

    Args:
        model: any `Module`; it is given one example at a time, as nested lists.
        X: numbers, all finite.
        y: class indices, one-hot rows, or numbers to be met.
        loss: a name or a function of one output and one target. By default what outputs and
            targets suggest: cross_entropy for classes of several outputs, for one output
            binary_cross_entropy_with_logits (labels 0 and 1) or hinge_loss (-1 and 1), mse_loss
            for numbers, and for labels where the model ends in sigmoid or tanh.
        optimizer: an optimiser, or a name such as "adam" for one with its usual rate; by default
            `SGD(model.parameters(), lr=0.1)`.
        epochs: passes over the training set.
        batch_size: examples in a step; the last batch of an epoch may hold fewer.
        shuffle: draw a new order of the examples for each epoch.
        validation: (X, y), (X, y, sample_weight), or the share of the examples, drawn by `seed`
            and of each class in its proportion, to hold out. Class weights count there, too.
        early_stopping: stop when the validation loss (without validation the loss) has not fallen
            for so many epochs, and restore the weights of the best one; not after Ctrl-C or an
            error, when the weights stay as they are. `nn.EarlyStopping` has more options.
        schedule: changes the learning rate after each batch or epoch, such as `nn.StepLR`; one
            that takes a metric is given the loss, in mode "max" the accuracy, of validation if any.
        clip_norm: shorten a batch's gradient to at most this Euclidean length.
        clip_value: cut each component of a batch's gradient to this size.
        class_weight: what each class counts, by class; "balanced" makes all classes count alike.
        sample_weight: what each example counts, shape (n,); the loss of an example is multiplied
            by it, and the mean is still over the number of examples.
        metrics: functions of (targets, answers) by name, for `history["name"]`, such as
            scikit-learn's scores: of classes both are labels, else numbers as the model has them.
        seed: fixes the held-out share and the order: the same seed, the same bytes. A generator
            goes on from where it is, so that a checkpoint can resume; a share held out is then
            drawn anew, so pass `validation=(X, y)` to a training that is to be resumed.
        progress: show a bar with loss and accuracy, on a terminal and in Jupyter.
        compiled: run on arrays.
        callbacks: each is called with the history after every epoch; one that returns True ends
            the training.
        batch_callbacks: each is called with the batch's mean loss after every step, likewise.

    Ctrl-C ends the training, too: what was learnt stays in the model and the history is returned,
    `history.stopped` says so.

    Raises `ValueError` or `TypeError`, before any weight moves, for data that do not fit each
    other, the model or the loss, and for arguments out of range; `FloatingPointError` that names
    epoch, batch and operation where loss or gradient stop being finite, and has the `history` up
    to then: the weights are then those before that batch, or, where a step has made a weight
    infinite, before that epoch. Warns of what can hardly learn.
    """
    epochs, batch_size = check_size("epochs", epochs, 0), check_size("batch_size", batch_size)
    if early_stopping is None or isinstance(early_stopping, EarlyStopping):
        stopping = copy.copy(early_stopping)
    else:
        stopping = EarlyStopping(early_stopping)
    clipping = Clipping(
        None if clip_norm is None else check_limit("clip_norm", clip_norm),
        None if clip_value is None else check_limit("clip_value", clip_value),
    )
    callbacks = check_callbacks(callbacks)
    batch_callbacks = check_callbacks(batch_callbacks, "batch_callbacks")
    optimizer = check_optimizer(optimizer, model, schedule)
    rng = check_generator(seed)
    chosen = None if loss is None else by_name("loss", loss, LOSSES)
    training = Examples(model, X, y, chosen)
    training.rehearse()
    if training.labels is not None and kind_of(training.loss) in ("classes", "logits", "signs"):
        check_several_classes(training.labels)
    training.weights = sample_weights(training, sample_weight)
    training, held_out = _held_out(model, training, validation, rng)
    by_class = class_weights(training, class_weight)
    for examples in filter(None, (training, held_out)):
        weigh(examples, by_class)
    if stopping is not None:
        stopping.start()
        if held_out is None:
            advice.unvalidated()
    advice.before(training)
    batches = -(-len(training) // batch_size)
    _check_steps(schedule, epochs, batches)
    trained_by(model, training.loss)
    history, modes, interrupts = History(), Modes(model), Interrupts()
    scores = _Scores(history, {} if metrics is None else metrics)
    known = ("loss", *(["accuracy"] if training.graded else []), *scores.metrics)
    up = schedule is not None and schedule.per == "epoch" and _wants_more(schedule)
    for monitor in filter(None, (stopping and stopping.monitor, up and "accuracy")):
        if monitor not in known:
            raise ValueError(
                f"there is no `{monitor}` to watch in this training; there is {', '.join(known)}"
            )
    runner = (Compiled if compiled else Eager)(model, training.loss, list(optimizer.params))
    engine = Engine(runner, optimizer, clipping, interrupts)

    def run() -> None:
        for epoch in range(epochs):
            engine.epoch(training)
            order = minibatches(len(training), batch_size, rng if shuffle else None)
            k = -1
            try:
                with np.errstate(all="ignore"):  # what overflows is found by the engine's checks
                    for batch in order:
                        k += 1
                        engine.step(batch)
                        if schedule is not None and schedule.per == "batch":
                            schedule.step()
                        bar.update()
                        if batch_callbacks:
                            mean = float(engine.losses[batch].mean())
                            if _call(batch_callbacks, mean, engine, modes, interrupts):
                                history.stopped = "a callback returned True"
                                return
                engine.check_weights()
            except NotFiniteError as problem:
                with contextlib.suppress(NotFiniteError):
                    engine.check_weights()
                engine.write_back()
                history.cut()
                raise _error(problem, model, history, training, epoch, max(k, 0)) from None
            scores.note(engine)
            if held_out is not None:
                modes.evaluate()
                engine.evaluate(held_out)
                scores.note(engine, "val_")
                modes.train()
            if schedule is not None and schedule.per == "epoch":
                schedule.step(history.watched("accuracy" if up else "loss")[-1])
            history.lr.append(optimizer.param_groups[0]["lr"])
            if not bar.disable:
                bar.set_postfix_str(history.report())
            waited = stopping is not None and stopping.note(history, engine)
            if _call(callbacks, history, engine, modes, interrupts):
                history.stopped = "a callback returned True"
            elif waited and stopping is not None:
                what = "no better " + stopping.monitor
                history.stopped = f"{what} for {stopping.patience} epochs"
            if history.stopped:
                break
        if stopping is not None:
            with interrupts.guard:
                stopping.restore(engine)

    with interrupts:
        try:
            modes.train()
            with progress_bar(epochs * batches, progress) as bar:
                run()
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        finally:  # whatever happened: nothing learnt is lost
            try:
                with interrupts.guard:
                    engine.write_back()
                    optimizer.bring_state()
                    modes.restore()
            except KeyboardInterrupt:
                history.stopped = "interrupted"
    history.cut()
    advice.after(history)
    return history


class _Scores:
    """Writes down what a pass over examples has given: mean loss, accuracy, metrics."""

    def __init__(self, history: History, metrics: Mapping[str, Metric]) -> None:
        if not isinstance(metrics, Mapping):
            raise TypeError(f"`metrics` must map names to functions, got {metrics!r:.60}")
        taken = {*vars(history), *(f"val_{name}" for name in metrics)}
        for name, metric in metrics.items():
            if not isinstance(name, str) or name in taken or not callable(metric):
                raise ValueError(
                    f"`metrics` names functions of (targets, answers), got {name!r}: {metric!r:.40}"
                )
        self.history, self.metrics = history, metrics

    def note(self, engine: Engine, prefix: str = "") -> None:
        """Append what the engine's last pass has given, to the lists with `prefix`."""
        history, examples = self.history, engine.examples
        getattr(history, f"{prefix}loss").append(
            float(np.add.reduce(engine.losses, axis=None) / len(engine.losses))
        )
        if examples.graded:
            getattr(history, f"{prefix}accuracy").append(examples.right(engine.outputs))
        for name, metric in self.metrics.items():
            score = metric(*examples.answers(engine.outputs))
            number = as_float(score, f"what the metric {name} returns")
            history.metrics.setdefault(prefix + name, []).append(number)


def _held_out(
    model: Module, training: Examples, validation: Any, rng: np.random.Generator
) -> tuple[Examples, Examples | None]:
    """The examples to train on, and those to measure on if there are any."""
    if validation is None:
        return training, None
    if isinstance(validation, Real) and not isinstance(validation, bool):
        return split(training, float(validation), rng)
    if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
        raise ValueError(
            "`validation` must be (X, y), (X, y, sample_weight) or a share such as 0.2"
        )
    X, y, *weight = validation
    held_out = Examples(model, X, y, training.loss, name="validation ")
    held_out.rehearse()
    held_out.take_kind_of(training)
    if weight:
        held_out.weights = sample_weights(held_out, weight[0], "validation sample_weight")
    return training, held_out


def _call(
    callbacks: list[Any], news: Any, engine: Engine, modes: Modes, interrupts: Interrupts
) -> bool:
    """Call all callbacks, on a model that is up to date; whether one wants to stop."""
    if all(isinstance(callback, Observer) for callback in callbacks):
        return any([_is_true(callback(news)) for callback in callbacks])
    with interrupts.guard:
        engine.write_back()
        modes.restore()
    try:
        answers = [callback(news) for callback in callbacks]
    finally:
        with interrupts.guard:
            modes.note()
            modes.train()
            engine.gather()
    return any(map(_is_true, answers))


def _wants_more(schedule: Schedule) -> bool:
    """Whether a schedule waits for something to grow, as an accuracy does."""
    return getattr(schedule, "mode", "min") == "max"


def _is_true(answer: object) -> bool:
    return isinstance(answer, bool | np.bool_) and bool(answer)


def _error(
    problem: NotFiniteError,
    model: Module,
    history: History,
    examples: Examples,
    epoch: int,
    batch: int,
) -> DivergedError:
    """Say what stopped being finite, where, and what to do."""
    found = ""
    for i in problem.examples:
        with Training(), silent():
            root = examples.loss(model(examples.row(i)), examples.target(i))
        found = first_non_finite(root, dict(model.named_parameters()))
        if found:
            found = f": in example {i}, {found}"
            break
    error = DivergedError(
        f"the {problem.what} is no longer finite in epoch {epoch + 1}, batch {batch + 1}{found}. "
        "The model keeps the last finite weights; a smaller learning rate, "
        "`clip_norm=1.0` or scaled inputs often help, with a new optimiser"
    )
    error.history = history
    return error


def check_optimizer(
    optimizer: Optimizer | str | None, model: Module, schedule: Schedule | None = None
) -> Optimizer:
    """Return the optimiser of a training, a name as its class with the usual rate.

    Raises `TypeError` or `ValueError` where it does not fit the model.
    """
    if not isinstance(model, Module):
        raise TypeError(f"`model` must be a Module such as nn.MLP(2, [8, 1]), got {model!r:.60}")
    if schedule is not None and not isinstance(schedule, Schedule):
        raise TypeError(f"`schedule` must be a schedule such as nn.StepLR, got {schedule!r:.60}")
    if isinstance(optimizer, str):
        optimizer = by_name("optimizer", optimizer, OPTIMIZERS)(model.parameters())
    if optimizer is None and schedule is not None:
        optimizer = schedule.optimizer
    if optimizer is None:
        optimizer = SGD(model.parameters(), lr=0.1)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"`optimizer` must be an optimiser such as nn.SGD(model.parameters(), lr=0.1), got "
            f"{optimizer!r:.60}"
        )
    trained = set(model.parameters())
    if trained and trained.isdisjoint(optimizer.params):
        raise ValueError(
            "`optimizer` holds none of the model's parameters, so nothing would be learnt: make "
            "it by nn.SGD(model.parameters(), lr=0.1)"
        )
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("`schedule` must be made for the `optimizer` that trains")
    return optimizer


def _check_steps(schedule: Schedule | None, epochs: int, batches: int) -> None:
    """Raise where a schedule would be used up before the training ends."""
    if schedule is None or schedule.total_steps is None:
        return
    planned = epochs * batches if schedule.per == "batch" else epochs
    if schedule.step_count + planned > schedule.total_steps:
        raise ValueError(
            f"`schedule` has {schedule.total_steps - schedule.step_count} steps left, but this "
            f"training takes {planned}, one for each {schedule.per}"
        )


def check_callbacks(callbacks: Any, name: str = "callbacks") -> list[Any]:
    """Return the callbacks as a list; raises `TypeError` unless each can be called."""
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks, None]
    for callback in listed:
        if not callable(callback):
            raise TypeError(f"`{name}` must be a list of functions")
    return listed
