"""Columns: cells of a table as numbers and classes; whatever is none is named by line and column.

Categories are refused as features, for a column of names or identifiers would turn into hundreds
of inputs unseen: leave such a column out, or replace it by numbers.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.data.dataset import TASKS
from nn.data.table import Table, is_number

Array = npt.NDArray[Any]

MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-", "."}
MOST_CLASSES = 20  # whole numbers with more different values than this are something to measure


def features(table: Table, columns: Sequence[int]) -> Array:
    """Return the columns at these positions as numbers, shape (rows, columns).

    Raises `ValueError` that names line and column of the first cell that is no finite number.
    """
    for j in columns:
        if not table.columns[j]:
            raise ValueError(f"{table.name}, column {j} has no name in the header: name or drop it")
    numbers = np.empty((len(table.rows), len(columns)))
    for i, cells in enumerate(table.rows):
        numbers[i] = [_number(table, i, j, cells[j]) for j in columns]
    return numbers


def targets(table: Table, column: int, task: str | None) -> tuple[Array, tuple[str, ...]]:
    """Return the target column as class indices and the classes' names, or as numbers and ().

    Without a `task` it is classification where the cells are text, or at most 20 different whole
    numbers, each twice on average; else regression. Raises `ValueError` as `features`, for an
    unknown task, and for a single class.
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"unknown task {task!r}: choose one of {', '.join(TASKS)}")
    cells = [cells[column] for cells in table.rows]
    for i, cell in enumerate(cells):
        if cell.lower() in MISSING:
            raise ValueError(f"{table.place(i, column)}: the target is missing")
    if task == "regression" or (task is None and not _are_classes(cells)):
        return numbers_in(table, column), ()
    numeric = all(is_number(cell) for cell in cells)
    keys = [_tidy(cell) if numeric else cell for cell in cells]
    classes = sorted(set(keys), key=lambda key: (float(key) if numeric else 0.0, key))
    if len(classes) < 2:
        raise ValueError(
            f"{table.name}, column {table.called(column)} holds one class only, {classes[0]!r:.60}:"
            " a classifier needs examples of two or more classes"
        )
    index = {key: i for i, key in enumerate(classes)}
    return np.array([index[key] for key in keys]), tuple(classes)


def numbers_in(table: Table, column: int) -> Array:
    """Return one column as numbers, shape (rows,); raises as `features`."""
    return np.array([_number(table, i, column, row[column]) for i, row in enumerate(table.rows)])


def class_indices(table: Table, column: int, classes: Sequence[str]) -> Array:
    """Return the column as indices into `classes`; raises `ValueError` for what is none of them."""
    index = {name: i for i, name in enumerate(classes)}
    numeric = all(is_number(name) for name in classes)
    found = []
    for i, row in enumerate(table.rows):
        cell = row[column]
        key = _tidy(cell) if numeric and is_number(cell) else cell
        if key not in index:
            raise ValueError(f"{table.place(i, column)}: {cell!r:.40} is none of the classes")
        found.append(index[key])
    return np.array(found)


def _are_classes(cells: list[str]) -> bool:
    if not all(is_number(cell) for cell in cells):
        return True
    numbers = [float(cell) for cell in cells]
    different = len(set(numbers))
    whole = all(math.isfinite(x) and x == math.floor(x) for x in numbers)
    return whole and different <= MOST_CLASSES and 2 * different <= len(numbers)


def _tidy(cell: str) -> str:
    """The number in a cell written in one way, so that 1, 1.0 and 01 are one class."""
    number = float(cell) + 0.0  # no -0
    return str(int(number)) if abs(number) < 2**53 and number.is_integer() else repr(number)


def _number(table: Table, row: int, column: int, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if math.isfinite(number) and "_" not in cell:
        return number
    place = table.place(row, column)
    if cell.lower() in MISSING:
        raise ValueError(f"{place}: the value is missing; fill it in or leave the row out")
    if is_number(cell):
        raise ValueError(f"{place}: {cell!r:.40} is not finite")
    if is_number(cell.replace(",", ".", 1)):
        raise ValueError(f"{place}: {cell!r:.40} has a decimal comma; write a point")
    raise ValueError(
        f"{place}: {cell!r:.40} is no number; categories cannot be features: drop the column or "
        "replace them by numbers"
    )
