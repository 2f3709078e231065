"""Arguments: what `fit` and `find_learning_rate` are given, checked before any weight moves."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from autograd.checking.anomaly import detect_anomaly
from autograd.engine.modes import innermost
from nn.checks import by_name, check_kind, check_share
from nn.data.partition import held_out_rows
from nn.module import Module, check_model
from nn.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nn.optim.optimizer import has_own_step
from nn.schedules import Schedule
from nn.training.examples import Examples
from nn.training.history import History
from nn.training.weighting import sample_weights

Callback = Callable[[History], object]
Metric = Callable[[Any, Any], float]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(SGD, lr=0.1),
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}


def check_optimizer(
    optimizer: Optimizer | str | None, model: Module, schedule: Schedule | None = None
) -> Optimizer:
    """Return the optimiser of a training, a name as its class with the usual rate.

    Raises `TypeError` or `ValueError` where it does not fit the model.
    """
    check_model(model)
    if schedule is not None:
        check_kind("schedule", schedule, Schedule, "a schedule such as nn.StepLR")
    if isinstance(optimizer, str):
        optimizer = by_name("optimizer", optimizer, OPTIMIZERS)(model.parameters())
    if optimizer is None and schedule is not None:
        optimizer = schedule.optimizer
    if optimizer is None:
        optimizer = SGD(model.parameters(), lr=0.1)
    what = "an optimiser such as nn.SGD(model.parameters(), lr=0.1)"
    check_kind("optimizer", optimizer, Optimizer, what)
    trained = set(model.parameters())
    if trained and trained.isdisjoint(optimizer.params):
        raise ValueError(
            "`optimizer` holds none of the model's parameters, so nothing would be learnt: make "
            "it by nn.SGD(model.parameters(), lr=0.1)"
        )
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("`schedule` must be made for the `optimizer` that trains")
    return optimizer


def check_steps(schedule: Schedule | None, epochs: int, batches: int) -> None:
    """Raise where a schedule would be used up before the training ends."""
    if schedule is None or schedule.total_steps is None:
        return
    planned = epochs * batches if schedule.per == "batch" else epochs
    if schedule.step_count + planned > schedule.total_steps:
        raise ValueError(
            f"`schedule` has {schedule.total_steps - schedule.step_count} steps left, but this "
            f"training takes {planned}, one for each {schedule.per}"
        )


def check_meetings(
    sync_every: int,
    optimizer: Optimizer,
    schedule: Schedule | None,
    compiled: bool,
    batch_callbacks: Iterable[Any],
) -> None:
    """Raise where a training on several machines is asked for what they cannot do."""
    if not compiled:
        raise ValueError("`client` runs compiled programs: leave out compiled=False")
    if innermost(detect_anomaly) is not None:
        raise ValueError(
            "detect_anomaly() sees nothing of what workers compute: train without `client`"
        )
    if sync_every == 1:
        return
    if batch_callbacks or (schedule is not None and schedule.per == "batch"):
        raise ValueError(
            f"with `sync_every={sync_every}` the workers take so many steps by themselves, but "
            "`batch_callbacks` and a schedule for each batch come after every step: take "
            "sync_every=1, `callbacks` and a schedule for each epoch"
        )
    if has_own_step(optimizer):
        raise ValueError(
            f"{type(optimizer).__name__} has a `step` of its own, which works on Values, so that "
            "workers cannot take it: take sync_every=1"
        )


def check_callbacks(callbacks: Any, name: str = "callbacks") -> list[Any]:
    """Return the callbacks as a list; raises `TypeError` unless each can be called."""
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks, None]
    for callback in listed:
        if not callable(callback):
            raise TypeError(f"`{name}` must be a list of functions")
    return listed


def held_out_of(
    model: Module, training: Examples, validation: Any, rng: np.random.Generator
) -> tuple[Examples, Examples | None]:
    """Return the examples to train on, and those to measure on if there are any."""
    if validation is None:
        return training, None
    if isinstance(validation, Real) and not isinstance(validation, bool):
        return _split(training, float(validation), rng)
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


def _split(examples: Examples, share: float, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Hold out a share of the examples, each class in its proportion as far as that goes."""
    n, labels = len(examples), examples.labels
    if not 0 < round(check_share("validation", share) * n) < n:
        raise ValueError(
            f"`validation={share}` would hold out {round(share * n)} of {n} examples: both sides "
            "need at least one"
        )
    if labels is None or len(np.unique(labels)) == n:  # nothing to be in proportion to
        labels = np.zeros(n)
    kept, held = held_out_rows(labels, share, rng, each=False)
    return examples.part(np.sort(kept)), examples.part(np.sort(held))


def check_metrics(metrics: Mapping[str, Metric] | None) -> dict[str, Metric]:
    """Return the metrics; raises `TypeError` or `ValueError` for what names no functions."""
    if not isinstance(metrics, Mapping | None):
        raise TypeError(f"`metrics` must map names to functions, got {metrics!r:.60}")
    metrics = dict(metrics or {})
    taken = {*vars(History()), *(f"val_{name}" for name in metrics)}
    for name, metric in metrics.items():
        if not isinstance(name, str) or name in taken or not callable(metric):
            raise ValueError(
                f"`metrics` names functions of (targets, answers), got {name!r}: {metric!r:.40}"
            )
    return metrics


def check_monitors(names: Iterable[str], training: Examples, metrics: Mapping[str, Metric]) -> None:
    """Raise `ValueError` where one of `names` is none of what the history will hold."""
    known = ("loss", *(["accuracy"] if training.graded else []), *metrics)
    for name in names:
        if name not in known:
            raise ValueError(
                f"there is no `{name}` to watch in this training; there is {', '.join(known)}"
            )
