"""Preparation: from options to data that a network can be trained on.

Invariant: options that do not fit each other, the files or the data are refused here, before
anything is trained, and whatever was left open is filled in: by the record of the network that
goes on training, else by the recipe.
"""

import argparse
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from nn.commands.characters import MODELS
from nn.commands.recipes import RATES, recipe
from nn.commands.record import Record
from nn.data import (
    DATASETS,
    Dataset,
    Reading,
    Scaling,
    Table,
    expand,
    fit_scaling,
    hold_out,
    load,
    read_table,
)
from nn.data.csv_file import as_dataset
from nn.pictures.axes import import_pyplot

READING = ("delimiter", "encoding", "decimal", "thousands", "missing", "header")
OF_THE_NETWORK = ("model", "hidden", "activation", "dropout", "scale")
OF_ITS_DATA = ("target", "task", "drop", "test")
OF_A_TEXT = ("block_size", "sample")
OF_A_TABLE = "goes with --csv FILE"


def check(options: argparse.Namespace, record: Record | None) -> None:
    """Raise `ValueError` or `ImportError` for options that do not fit each other, or files."""
    options.optimizer = options.optimizer or "sgd"
    refuse(options, OF_A_TEXT, "goes with --text FILE or --data names")
    if options.model in MODELS:
        raise ValueError(f"--model {options.model} goes with --text FILE or --data names")
    if record:
        kept = set(OF_THE_NETWORK + OF_ITS_DATA)
        for name in ("target", "task"):  # said again, as the whole command is repeated
            kept -= {name} if getattr(options, name) == getattr(record, name) else set()
        refuse(options, sorted(kept), "cannot be changed in the network that --load reads")
    if options.csv is None:
        options.data = options.data or (record.data if record else "digits")
        if options.data not in DATASETS:
            raise ValueError(f"the network was trained on {options.data}: name such a --csv FILE")
        refuse(options, ("target", "task", "drop", *READING), OF_A_TABLE)
    elif options.target is None and not record:
        raise ValueError("--csv needs --target COLUMN, the column to predict")
    check_training(options)


def refuse(options: argparse.Namespace, names: Iterable[str], why: str) -> None:
    """Raise `ValueError` where one of these options is given."""
    for name in names:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')} {why}")


def check_training(options: argparse.Namespace) -> None:
    """Raise `ValueError` where the optimiser has no momentum, or the files to write no place."""
    if options.momentum is not None and options.optimizer not in ("sgd", "rmsprop"):
        raise ValueError(f"--momentum goes with sgd and rmsprop, not with {options.optimizer}")
    for name in ("save", "plot"):
        path = getattr(options, name)
        folder = os.path.dirname(os.path.abspath(path or ""))
        if path is not None and (os.path.isdir(path) or not os.path.isdir(folder)):
            raise ValueError(f"--{name} {path}: is a directory, or its directory does not exist")
    if options.plot is not None:
        os.environ.setdefault("MPLBACKEND", "Agg")  # a file is written, no window opened
        known = import_pyplot().figure().canvas.get_supported_filetypes()
        if os.path.splitext(options.plot)[1][1:].lower() not in known:
            raise ValueError(f"--plot {options.plot}: name a file such as training.png")


def table(options: argparse.Namespace, record: Record | None) -> Table:
    """Return the table asked for, read as that of the training unless the options say otherwise."""
    given = {name: getattr(options, name) for name in READING}
    given = {name: value for name, value in given.items() if value is not None}
    if "missing" in given:
        given["missing"] = tuple(given["missing"])
    if record is None:
        return read_table(options.csv, Reading(**given))
    if record.features is None:
        raise ValueError(
            f"the network was trained on {record.data}, no table: use --data {record.data}"
        )
    usual = replace(record.features.reading, delimiter=None, encoding=None)
    found = record.features.read(options.csv, record.target, replace(usual, **given))
    if "decimal" not in given:
        found.check_decimal()
    return found


def chosen_data(options: argparse.Namespace, record: Record | None) -> Dataset:
    """The data asked for; those of a saved network are split and scaled as they were."""
    if record is None:
        options.test = options.test or 0.2
        drawn = (options.seed, options.test)
        usual = "usual" if options.csv is None else "standard"
        scale = {"none": None, None: usual}.get(options.scale, options.scale)
        if options.csv is None:
            return load(options.data, seed=drawn[0], test_fraction=drawn[1], scale=scale)
        found, drop = table(options, None), options.drop or ()
        return as_dataset(found, options.target, options.task, drop, *drawn, scale)
    drawn = (record.seed, record.test_share)
    if options.csv is None:
        return record.again(options.data)
    target, task, scaling = record.target, record.task, record.scaling
    found = table(options, record)
    return as_dataset(found, target, task, (), *drawn, scaling, record.features, record.classes)


def settle(options: argparse.Namespace, data: Dataset) -> None:
    """Fill in the options that were left open."""
    options.model = options.model or "mlp"
    usual = recipe(data, options.model)
    options.hidden = list(usual.hidden) if options.hidden is None else options.hidden
    options.epochs = options.epochs or usual.epochs
    options.lr = options.lr or RATES.get(options.optimizer, usual.lr)
    if options.weight_decay is None and options.optimizer == "sgd":
        options.weight_decay = usual.weight_decay
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
        stratify = data.task == "classification"
        X, y, *held = hold_out(X, y, options.validation, options.seed, stratify=stratify)
        validation = (held[0], held[1])
    if options.shift and data.shape is not None:
        X, y = expand(X, y, data.shape, directions=options.shift)
    return Prepared(X, y, validation, target_scaling)
