"""Training: `fit` runs the seven steps of stochastic gradient descent.

Small random weights are there already. Then, over and over: an example goes in, forward, compare
with its target, backward, add up; after each batch the optimiser moves the weights; a pass over
the whole training set is an epoch. Invariant: whatever can be found wrong with the arguments is
found before any weight moves, and whatever ends the training leaves finite weights behind.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from tqdm import tqdm

from autograd.engine.modes import Training
from nn.checks import by_name, check_size
from nn.data import check_several_classes, minibatches
from nn.layers.noise import silent
from nn.losses import LOSSES, Loss, cross_entropy, separates_classes
from nn.module import Module
from nn.optim import SGD, Optimizer
from nn.optim.clipping import check_limit
from nn.schedules import Schedule
from nn.training.diagnosis import first_non_finite
from nn.training.early_stopping import Best
from nn.training.engine import Clipping, CompiledEngine, EagerEngine, NotFiniteError
from nn.training.examples import Examples
from nn.training.history import History
from nn.training.interrupts import Interrupts
from nn.training.modes import Modes
from nn.training.splitting import split
from nn.training.weighting import example_weights

Callback = Callable[[History], object]


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: str | Loss = cross_entropy,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    shuffle: bool = True,
    validation: tuple[Any, Any] | float | None = None,
    early_stopping: int | None = None,
    schedule: Schedule | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    class_weight: str | Mapping[int, float] | Sequence[float] | None = None,
    sample_weight: Any = None,
    seed: int | np.random.Generator | None = None,
    progress: bool = True,
    compiled: bool = True,
    callbacks: Iterable[Callback] = (),
) -> History:
    """Train `model` on `X`, shape (n, features), and `y`, shape (n,) or (n, outputs).

    Each step takes the mean of `loss(model(x), target)` over a mini-batch. `batch_size=1` is
    online training. Model and loss are compiled once: class labels of several outputs reach the
    loss as one-hot rows, and bare numbers that they read or draw at random are frozen; use Values
    for what changes. `compiled=False` runs the eager engine, slower and to the same weights.

    Args:
        model: any `Module`; images are rows too, and `nn.Reshape` gives them their shape.
        X: numbers, all finite.
        y: class indices, one-hot rows, or numbers to be met.
        loss: a name or a function of one output and one target.
        optimizer: by default `SGD(model.parameters(), lr=0.1)`.
        epochs: passes over the training set.
        batch_size: examples in a step; the last batch of an epoch may hold fewer.
        shuffle: draw a new order of the examples for each epoch.
        validation: a pair (X, y), or the share of the examples, drawn by `seed`, to hold out.
        early_stopping: stop when the validation loss (without validation the loss) has not fallen
            for so many epochs, and restore the weights of the best one; not after Ctrl-C or an
            error, when the weights stay as they are.
        schedule: changes the learning rate after each batch or epoch, such as `nn.StepLR`.
        clip_norm: shorten a batch's gradient to at most this Euclidean length.
        clip_value: cut each component of a batch's gradient to this size.
        class_weight: what each class counts, by class; "balanced" makes all classes count alike.
        sample_weight: what each example counts, shape (n,); the loss of an example is multiplied
            by it, and the mean is still over the number of examples.
        seed: fixes the held-out share and the order: the same seed, the same bytes. A generator
            goes on from where it is, so that a checkpoint can resume; a share held out is then
            drawn anew, so pass `validation=(X, y)` to a training that is to be resumed.
        progress: show a bar with loss and accuracy, on a terminal only.
        compiled: run on arrays.
        callbacks: each is called with the history after every epoch; one that returns True ends
            the training.

    Ctrl-C ends the training, too: what was learnt stays in the model and the history is returned,
    `history.stopped` says so.

    Raises `ValueError` or `TypeError`, before any weight moves, for data that do not fit each
    other, the model or the loss, and for arguments out of range; `FloatingPointError` that names
    epoch, batch and operation where loss or gradient stop being finite: the weights are then
    those before that batch, or, where a step has made a weight infinite, before that epoch.
    """
    loss = by_name("loss", loss, LOSSES)
    epochs, batch_size = check_size("epochs", epochs, 0), check_size("batch_size", batch_size)
    patience = None if early_stopping is None else check_size("early_stopping", early_stopping)
    clipping = Clipping(
        None if clip_norm is None else check_limit("clip_norm", clip_norm),
        None if clip_value is None else check_limit("clip_value", clip_value),
    )
    callbacks = check_callbacks(callbacks)
    optimizer = _check_optimizer(optimizer, model, schedule)
    rng = _generator(seed)
    if isinstance(validation, Real) and not isinstance(validation, bool):
        X, y, sample_weight, validation = split(X, y, sample_weight, float(validation), rng)
    training = Examples(model, X, y, loss)
    if training.classes and separates_classes(loss):
        check_several_classes(training.labels())
    training.weights = example_weights(training, class_weight, sample_weight)
    held_out = None
    if validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ValueError("`validation` must be a pair (X, y) or a share such as 0.2")
        held_out = Examples(model, *validation, loss, name="validation ")
        held_out.check_labels_of(training)
        held_out.threshold = training.threshold
    batches = -(-len(training) // batch_size)
    _check_steps(schedule, epochs, batches)
    interrupts = Interrupts()
    engine_type = CompiledEngine if compiled else EagerEngine
    engine: Any = engine_type(model, loss, optimizer, clipping, interrupts)

    history, modes = History(), Modes(model)
    best = Best(patience)

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
                engine.check_weights()
            except NotFiniteError as problem:
                with contextlib.suppress(NotFiniteError):
                    engine.check_weights()
                engine.write_back()
                raise _error(problem, model, loss, training, epoch, max(k, 0)) from None
            engine.close(history.loss, history.accuracy)
            if held_out is not None:
                modes.evaluate()
                engine.evaluate(held_out, history.val_loss, history.val_accuracy)
                modes.train()
            if schedule is not None and schedule.per == "epoch":
                schedule.step((history.val_loss or history.loss)[-1])
            history.lr.append(optimizer.param_groups[0]["lr"])
            if not bar.disable:
                bar.set_postfix_str(history.report())
            stop = _call(callbacks, engine, modes, interrupts, history)
            if best.stops(history, engine):
                history.stopped = f"no better loss for {patience} epochs"
            if stop:
                history.stopped = "a callback returned True"
            if history.stopped:
                break
        with interrupts.guard:
            best.restore(engine)

    with interrupts:
        try:
            modes.train()
            total = epochs * batches
            with tqdm(total=total, unit="batch", disable=None if progress else True) as bar:
                run()
        except KeyboardInterrupt:
            history.stopped = "interrupted"
            history.cut()
        finally:  # whatever happened: nothing learnt is lost
            try:
                with interrupts.guard:
                    engine.write_back()
                    modes.restore()
            except KeyboardInterrupt:
                history.stopped = "interrupted"
    return history


def _call(
    callbacks: list[Callback],
    engine: Any,
    modes: Modes,
    interrupts: Interrupts,
    history: History,
) -> bool:
    """Call all callbacks on a model that is up to date; whether one wants to stop."""
    if not callbacks:
        return False
    with interrupts.guard:
        engine.write_back()
        modes.restore()
    try:
        answers = [callback(history) for callback in callbacks]
    finally:
        with interrupts.guard:
            modes.note()
            modes.train()
            engine.gather()
    return any(isinstance(answer, bool | np.bool_) and bool(answer) for answer in answers)


def _error(
    problem: NotFiniteError,
    model: Module,
    loss: Loss,
    examples: Examples,
    epoch: int,
    batch: int,
) -> FloatingPointError:
    """Say what stopped being finite, where, and what to do."""
    found = ""
    for i in problem.examples:
        with Training(), silent():
            root = loss(model(examples.rows[i]), examples.targets[i])
        found = first_non_finite(root, dict(model.named_parameters()))
        if found:
            found = f": in example {i}, {found}"
            break
    return FloatingPointError(
        f"the {problem.what} is no longer finite in epoch {epoch + 1}, batch {batch + 1}{found}. "
        "The model keeps the last finite weights; a smaller learning rate, "
        "`clip_norm=1.0` or scaled inputs often help"
    )


def _check_optimizer(
    optimizer: Optimizer | None, model: Module, schedule: Schedule | None
) -> Optimizer:
    if not isinstance(model, Module):
        raise TypeError(f"`model` must be a Module such as nn.MLP(2, [8, 1]), got {model!r:.60}")
    if schedule is not None and not isinstance(schedule, Schedule):
        raise TypeError(f"`schedule` must be a schedule such as nn.StepLR, got {schedule!r:.60}")
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


def _generator(seed: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ValueError(
            f"`seed` must be a whole number from 0, a NumPy generator or None, got {seed!r:.60}"
        ) from None


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


def check_callbacks(callbacks: Any) -> list[Callback]:
    """Return the callbacks as a list; raises `TypeError` unless each can be called."""
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks, None]
    for callback in listed:
        if not callable(callback):
            raise TypeError("`callbacks` must be a list of functions of the history")
    return listed
