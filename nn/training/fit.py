"""Training: `fit` runs the seven steps of stochastic gradient descent.

Small random weights are there already. Then, over and over: an example goes in, forward, compare
with its target, backward, add up; after each batch the optimiser moves the weights; a pass over
the whole training set is an epoch. Invariant: whatever can be found wrong with the arguments is
found before any weight moves, and whatever ends the training leaves finite weights behind.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from typing import Any

import numpy as np

from nn.checks import by_name, check_generator, check_limit, check_size
from nn.data import check_several_classes, minibatches
from nn.data.blocks import check_client, on_workers
from nn.losses import LOSSES, Loss, kind_of
from nn.module import Module
from nn.optim import Optimizer
from nn.optim.clipping import Clipping
from nn.schedules import Schedule
from nn.training import advice
from nn.training.arguments import (
    Callback,
    Metric,
    check_callbacks,
    check_meetings,
    check_metrics,
    check_monitors,
    check_optimizer,
    check_steps,
    held_out_of,
)
from nn.training.early_stopping import EarlyStopping
from nn.training.engine import Engine
from nn.training.examples import Examples
from nn.training.history import History
from nn.training.interrupts import Interrupts
from nn.training.loop import Loop
from nn.training.marks import TRAINED_BY
from nn.training.progress import progress_bar
from nn.training.runners import Compiled, Eager
from nn.training.weighting import class_weights, sample_weights, weigh
from nn.training.workers import Workers


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
    client: Any = None,
    sync_every: int = 1,
    callbacks: Iterable[Callback] = (),
    batch_callbacks: Iterable[Callable[[float], object]] = (),
) -> History:
    """Train `model` on `X`, shape (n, ...), and `y`, shape (n,) or (n, outputs).

    Each step takes the mean of `loss(model(x), target)` over a mini-batch. `batch_size=1` is
    online training. The target of one output is a number, that of several a row of numbers: class
    labels become one-hot rows. Model and loss are compiled, and compiled again where a callback has
    changed what they hold; bare numbers that they read from elsewhere, or change while they run,
    are frozen: use Values for what changes.
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
        clip_norm: shorten a batch's gradient, after `clip_value`, to at most this Euclidean length.
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
        client: the `distributed.Client` of a Dask cluster, whose workers share the work: each keeps
            a part of the examples, for which X may be a Dask array that fits no one machine, and
            answers for its rows of each batch. Weights are those of one process, within rounding;
            a worker that is lost costs time only.
        sync_every: with `client`: after how many steps the workers meet. 1: their gradients make
            one step. More: each takes so many steps by itself, on its own rows of each batch, and
            then parameters and the optimiser's state are averaged, which is another training.
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
    metrics = check_metrics(metrics)
    optimizer = check_optimizer(optimizer, model, schedule)
    rng = check_generator(seed)
    sync_every = check_size("sync_every", sync_every)
    if client is None and sync_every > 1:
        raise ValueError(f"`sync_every={sync_every}` is for workers that meet: pass `client`")
    if client is not None:
        check_client(client)
        check_meetings(sync_every, optimizer, schedule, compiled, batch_callbacks)
        given = on_workers(client, X, y, sample_weight, validation)
        X, y, sample_weight, validation = given
    training = Examples(model, X, y, None if loss is None else by_name("loss", loss, LOSSES))
    training.rehearse()
    kind = kind_of(training.loss)
    if training.labels is not None and kind in ("classes", "logits", "signs"):
        check_several_classes(training.labels)
    training.weights = sample_weights(training, sample_weight)
    training, held_out = held_out_of(model, training, validation, rng)
    by_class = class_weights(training, class_weight)
    for examples in filter(None, (training, held_out)):
        weigh(examples, by_class)
    batches = -(-len(training) // batch_size)
    check_steps(schedule, epochs, batches)
    grows = getattr(schedule, "mode", "min") == "max"  # what such a schedule waits for
    monitor = "accuracy" if grows and schedule and schedule.per == "epoch" else "loss"
    check_monitors([monitor, stopping.monitor if stopping else "loss"], training, metrics)
    if stopping is not None:
        stopping.start()
    advice.before(training, stopping is not None and held_out is None)
    vars(model)[TRAINED_BY] = training.loss if kind is not None else None
    params = list(optimizer.params)
    runner: Compiled | Eager | Workers = Eager(model, training.loss, params)
    if compiled:
        batch = min(batch_size, len(training))
        runner = Compiled(model, training.loss, params, epochs * batches, batch)
        if client is not None:
            runner = Workers(runner, client, sync_every, optimizer, clipping)
    loop = Loop(
        model=model,
        engine=Engine(runner, optimizer, clipping, Interrupts()),
        training=training,
        held_out=held_out,
        batches=lambda: minibatches(len(training), batch_size, rng if shuffle else None),
        batch_size=batch_size,
        rng=rng,
        metrics=metrics,
        schedule=schedule,
        monitor=monitor,
        stopping=stopping,
        callbacks=callbacks,
        batch_callbacks=batch_callbacks,
        bar=progress_bar(epochs * batches, progress),
    )
    start = [p.data for p in params]
    with closing(runner) if isinstance(runner, Workers) else nullcontext():
        history = loop.run(epochs)
    advice.after(history)
    still = history.loss and history.loss[-1] and not loop.engine.gradient.any()
    if still and start == [p.data for p in params]:
        advice.unmoved()
    return history
