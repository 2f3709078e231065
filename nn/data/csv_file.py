"""CSV files as data sets: columns of numbers and words, and a column to predict."""

import math
import os
from collections.abc import Sequence

import numpy as np

from nn.checks import Array
from nn.data.dataset import TASKS, Dataset
from nn.data.features import Features, fit_features
from nn.data.partition import held_out_rows
from nn.data.scaling import Scaling, fit_scaling
from nn.data.tables import Reading, Table, read_table

MOST_CLASSES = 20  # whole numbers with more different values than this are something to measure


def read_csv(
    path: str | os.PathLike[str],
    *,
    target: str | int,
    task: str | None = None,
    drop: Sequence[str | int] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    missing: Sequence[str] = (),
    header: bool | None = None,
    seed: int = 0,
    test_fraction: float = 0.2,
    scale: str | Scaling | None = "standard",
) -> Dataset:
    """Return the table in the CSV file at `path` as a data set, split by `seed` and scaled.

    `target` is the column to predict, by name or position; those in `drop` are left out; all
    others are features. The task is "classification" where the target holds text or few whole
    numbers, else "regression", unless `task` says so; classes are sorted, in regression `y` stays
    as it is, and rows without a target are left out. A number that is missing becomes the median
    of the training part, with an input that says so; words become an input for each.

    How the file is written down is found out (`read_table` says how) unless `delimiter`,
    `encoding`, `decimal`, `thousands` and `header` say it; `missing` are more words, such as -200,
    for what is missing. `scale` and `test_fraction` are as for `load`.

    Raises `ValueError` that names the column of what is wrong, or the row, `OSError` where there
    is no file, and `ImportError` without pandas or scikit-learn.
    """
    reading = Reading(delimiter, encoding, decimal, thousands, tuple(missing), header)
    table = read_table(path, reading)
    return as_dataset(table, target, task, drop, seed, test_fraction, scale)


def as_dataset(
    table: Table,
    target: str | int,
    task: str | None,
    drop: Sequence[str | int],
    seed: int,
    share: float,
    scale: str | Scaling | None,
    features: Features | None = None,
    classes: Sequence[str] = (),
) -> Dataset:
    """Return the table as `read_csv` does, by `features` and `classes` where they are known."""
    wanted = table.column(target)
    dropped = {wanted, *(table.column(column) for column in drop)}
    chosen = [name for name in table.columns if name not in dropped]
    if not chosen:
        raise ValueError(
            f"{table.name} has no columns besides the target `{wanted:.60}`: nothing to learn from "
            f"(its cells are separated by {table.reading.delimiter!r})"
        )
    y, found = targets(table, wanted, task, classes)
    if found and (y == -1).any():
        word = table.cells[wanted].iloc[int(np.nanargmin(y))]
        raise ValueError(
            f"{table.name}, column `{wanted:.60}`: {word!r:.40} is none of the network's classes"
        )
    known = ~np.isnan(y)
    unlabelled = int(np.count_nonzero(~known))
    if unlabelled:
        table = Table(table.name, table.cells[known], table.reading)
    y = y[known].astype(int) if found else y[known]
    try:
        kept, held = held_out_rows(y, share, seed, stratify=bool(found))
    except ValueError as error:
        raise ValueError(f"{table.name}: {error}") from None
    features = features or fit_features(table, chosen, kept)
    X = features.encode(table)
    if isinstance(scale, str):  # fitted to the inputs that are numbers; the others stay
        numeric, center, width = features.numeric, np.zeros(X.shape[1]), np.ones(X.shape[1])
        fitted = fit_scaling(X[kept][:, numeric], scale, [features.inputs[i] for i in numeric])
        center[numeric], width[numeric] = fitted.center, fitted.scale
        scale = Scaling(tuple(center.tolist()), tuple(width.tolist()))
    if scale is not None:
        X = scale.apply(X)
    return Dataset(
        table.name,
        X[kept],
        y[kept],
        X[held],
        y[held],
        found,
        features.inputs,
        wanted,
        "classification" if found else "regression",
        scaling=scale,
        features=features,
        unlabelled=unlabelled,
    )


def targets(
    table: Table, column: str, task: str | None = None, classes: Sequence[str] = ()
) -> tuple[Array, tuple[str, ...]]:
    """Return the target of each row and the names of the classes, () in regression.

    Targets are numbers, in classification those of the classes, and nan where the target is
    missing; what is none of given `classes` is -1. Without a `task` it is classification where the
    cells are text, in which NA and None may be classes, or at most 20 different whole numbers,
    each twice on average. Raises `ValueError` for an unknown task, a single class, and in
    regression for a cell that is no number.
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"unknown task {task!r}: choose one of {', '.join(TASKS)}")
    numbers = table.numbers(column)
    few = False  # different whole numbers: classes
    if numbers is not None:
        known = numbers[~np.isnan(numbers)]
        different = len(np.unique(known))
        few = different <= MOST_CLASSES and 2 * different <= len(known)
        few = few and bool((known == np.floor(known)).all())
    if task == "regression" or (task is None and numbers is not None and not few):
        numbers = table.only_numbers(column)
        if np.isnan(numbers).all():
            raise ValueError(f"{table.name}, column `{column:.60}` holds no targets")
        return numbers, ()
    labels = table.labels(column)
    if numbers is not None and all(_value(name) < math.inf for name in classes):
        labels = np.array([_written(number) for number in numbers.tolist()], dtype=object)
    names = sorted(set(labels) - {""}, key=lambda name: (_value(name), name))
    if not classes and len(names) < 2:
        raise ValueError(
            f"{table.name}, column `{column:.60}` holds one class only, {', '.join(names)!r:.60}:"
            " a classifier needs examples of two or more classes"
        )
    names = list(classes or names)
    index = {"": math.nan} | {name: float(i) for i, name in enumerate(names)}
    return np.array([index.get(label, -1.0) for label in labels]), tuple(names)


def _written(number: float) -> str:
    """A number written in one way, so that 1, 1.0 and 01 are one class; "" for nan."""
    if math.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _value(name: str) -> float:
    """Where a class stands among others: numbers by their size, then words."""
    try:
        return float(name) if math.isfinite(float(name)) else math.inf
    except ValueError:
        return math.inf
