"""CSV files as data sets: a header, columns of numbers, and a column to predict."""

import os
from collections.abc import Sequence

from nn.data.columns import features, targets
from nn.data.dataset import Dataset
from nn.data.partition import hold_out
from nn.data.scaling import Scaling, fit_scaling
from nn.data.table import read_table


def read_csv(
    path: str | os.PathLike[str],
    *,
    target: str | int,
    task: str | None = None,
    drop: Sequence[str | int] = (),
    delimiter: str | None = None,
    seed: int = 0,
    test_fraction: float = 0.2,
    scale: str | Scaling | None = "standard",
) -> Dataset:
    """Return the table in the CSV file at `path` as a data set, split by `seed` and scaled.

    The first row names the columns. `target` is the one to predict, by name or position; those in
    `drop` are left out; all others are features and have to hold finite numbers, with a decimal
    point. The task is "classification" where the target holds text or few whole numbers, else
    "regression", unless `task` says so; classes are sorted, and in regression `y` stays as it
    is. `delimiter` is a comma, a semicolon or a tab, by default what fits the header; `scale` as
    for `load`.

    Raises `ValueError` that names line and column of what is wrong, `OSError` where there is no
    file, and `ImportError` without scikit-learn.
    """
    table = read_table(path, delimiter)
    wanted = table.index(target)
    dropped = {wanted, *(table.index(column) for column in drop)}
    chosen = [j for j in range(len(table.columns)) if j not in dropped]
    if not chosen:
        raise ValueError(
            f"{table.name} has no columns besides the target {table.called(wanted)}: nothing to "
            "learn from (columns are separated by commas, semicolons or tabs)"
        )
    y, classes = targets(table, wanted, task)
    X = features(table, chosen)
    try:
        parts = hold_out(X, y, test_fraction, seed, stratify=bool(classes), names=classes)
    except ValueError as error:
        raise ValueError(f"{table.name}: {error}") from None
    X_train, y_train, X_test, y_test = parts
    names = tuple(table.columns[j] for j in chosen)
    scaling = fit_scaling(X_train, scale, names) if isinstance(scale, str) else scale
    if scaling is not None:
        X_train, X_test = scaling.apply(X_train), scaling.apply(X_test)
    return Dataset(
        table.name,
        X_train,
        y_train,
        X_test,
        y_test,
        classes,
        names,
        table.columns[wanted],
        "classification" if classes else "regression",
        scaling=scaling,
    )
