"""Preparation: from options to data that a network can be trained on.

Invariant: options that do not fit each other, the files or the data are refused here, before
anything is trained, and whatever was left open is filled in from the recipe.
"""

import argparse
import os
from dataclasses import dataclass
from typing import Any

from nn.commands.recipes import RATES, recipe
from nn.commands.record import Record
from nn.data import Dataset, Scaling, expand, fit_scaling, hold_out, load, read_csv


def check(options: argparse.Namespace) -> None:
    """Raise `ValueError` or `ImportError` for options that do not fit each other, or files."""
    if options.csv is None:
        for name in ("target", "task", "drop"):
            if getattr(options, name) is not None:
                raise ValueError(f"--{name} goes with --csv FILE")
        options.data = options.data or "digits"
    elif options.target is None and not options.load:
        raise ValueError("--csv needs --target COLUMN, the column to predict")
    for name in ("model", "hidden", "activation", "dropout", "scale"):
        if options.load and getattr(options, name) is not None:
            raise ValueError(f"--{name} cannot be changed in the network that --load reads")
    if options.momentum is not None and options.optimizer not in ("sgd", "rmsprop"):
        raise ValueError(f"--momentum goes with sgd and rmsprop, not with {options.optimizer}")
    for name in ("save", "plot"):
        path = getattr(options, name)
        if path is not None and (os.path.isdir(path) or not os.path.isdir(_directory(path))):
            raise ValueError(f"--{name} {path}: is a directory, or its directory does not exist")
    if options.plot is not None:
        _check_plot(options.plot)


def _check_plot(path: str) -> None:
    from nn.pictures.axes import import_pyplot

    os.environ.setdefault("MPLBACKEND", "Agg")  # a file is written, no window opened
    known = import_pyplot().figure().canvas.get_supported_filetypes()
    if os.path.splitext(path)[1][1:].lower() not in known:
        raise ValueError(f"--plot {path}: name a file such as training.png")


def _directory(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def chosen_data(options: argparse.Namespace, record: Record | None) -> Dataset:
    """The data asked for; those of a saved network are scaled as they were."""
    common: dict[str, Any] = {"seed": options.seed, "test_fraction": options.test}
    if record is not None:
        common["scale"] = None
    elif options.scale is not None:
        common["scale"] = None if options.scale == "none" else options.scale
    if options.csv is None:
        data = load(options.data, **common)
    else:
        target, task = options.target, options.task
        if record is not None:
            target = record.target if target is None else target
            task = record.task if task is None else task
        data = read_csv(options.csv, target=target, task=task, drop=options.drop or (), **common)
    return data if record is None else record.scaled(data)


def settle(options: argparse.Namespace, data: Dataset) -> None:
    """Fill in the options that were left open."""
    options.model = options.model or "mlp"
    usual = recipe("" if options.csv else data.name, options.model, data.task)
    options.hidden = list(usual.hidden) if options.hidden is None else options.hidden
    options.epochs = options.epochs or usual.epochs
    options.lr = options.lr or RATES.get(options.optimizer, usual.lr)
    if options.shift is None:
        options.shift = usual.shift
    if options.shift and data.shape is None:
        raise ValueError(f"--shift is for images, and {data.name} holds none")


@dataclass(frozen=True)
class Prepared:
    """What `fit` is given: `y` scaled in regression, images shifted, some rows for validation."""

    X: Any
    y: Any
    validation: tuple[Any, Any] | None
    target_scaling: Scaling | None


def prepare(data: Dataset, options: argparse.Namespace, record: Record | None) -> Prepared:
    """Return the training examples; no image has a shifted copy among those for validation."""
    X, y, validation, target_scaling = data.X_train, data.y_train, None, None
    if data.task == "regression":
        kept = record and record.target_scaling
        target_scaling = kept or fit_scaling(y[:, None], "standard", [data.target])
        y = target_scaling.apply(y[:, None])[:, 0]
    if options.validation is not None:
        X, y, X_held, y_held = hold_out(
            X,
            y,
            options.validation,
            options.seed,
            stratify=data.task == "classification",
            names=data.classes,
        )
        validation = (X_held, y_held)
    if options.shift and data.shape is not None:
        X, y = expand(X, y, data.shape, directions=options.shift)
    return Prepared(X, y, validation, target_scaling)
