"""Results: from flat arrays back to the structure that the function returned.

A list of Values, or of lists of one length, is one block and becomes one array; tuples and dicts
stay what they are, each item with blocks of its own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.compiler.parameters import FloatArray
from autograd.nesting import Shape, kind_of_tuple


def blocks(structure: Any) -> list[tuple[int, ...]]:
    """Return the shapes of the blocks; () for a single Value."""
    return [shape for _, shape in named_blocks(structure, "")]


def named_blocks(structure: Any, name: str) -> list[tuple[str, tuple[int, ...]]]:
    """Return name and shape of each block: `name`, or `name_key` for that of an item."""
    shape = _rectangular(structure)
    if shape is not None:
        return [(name, shape)]
    items = structure.items() if isinstance(structure, dict) else enumerate(structure)
    return [block for key, item in items for block in named_blocks(item, f"{name}_{key}")]


def rebuild(structure: Any, parts: list[FloatArray], batch: bool) -> Any:
    """Return the structure with an array, or a float, for each block; takes them from `parts`."""
    return rebuilt(structure, parts, _rows_of if batch else _one_of)


def rebuilt(structure: Any, parts: list[Any], shaped: Callable[[Any, tuple[int, ...]], Any]) -> Any:
    """Return the structure with what `shaped` makes of each block of `parts` and its shape."""
    shape = _rectangular(structure)
    if shape is not None:
        return shaped(parts.pop(0), shape)
    if isinstance(structure, dict):
        return {key: rebuilt(item, parts, shaped) for key, item in structure.items()}
    items = [rebuilt(item, parts, shaped) for item in structure]
    return kind_of_tuple(type(structure), items) if isinstance(structure, tuple) else items


def _rows_of(part: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    return part.reshape(len(part), *shape).copy()


def _one_of(part: FloatArray, shape: tuple[int, ...]) -> Any:
    return part.reshape(shape).copy() if shape else float(part[0])


def together(groups: list[tuple[list[int], Any]]) -> Any:
    """Return the results of several groups of rows, given the numbers of the rows, as of one batch.

    Raises `ValueError` where they have different shapes.
    """
    _, first = groups[0]
    if isinstance(first, dict):
        return {key: together([(rows, found[key]) for rows, found in groups]) for key in first}
    if isinstance(first, list | tuple):
        parts = [together([(rows, found[i]) for rows, found in groups]) for i in range(len(first))]
        return kind_of_tuple(type(first), parts) if isinstance(first, tuple) else parts
    shapes = {found.shape[1:] for _, found in groups}
    if len(shapes) > 1:
        raise ValueError(
            "rows whose lists have different lengths gave results of different shapes, which are "
            f"no array: {sorted(shapes)}; call the program for rows of one length"
        )
    whole = np.empty((sum(len(rows) for rows, _ in groups), *first.shape[1:]))
    for rows, found in groups:
        whole[rows] = found
    return whole


def _rectangular(structure: Any) -> tuple[int, ...] | None:
    if structure is None:
        return ()
    if isinstance(structure, Shape):
        return structure.sizes
    if not isinstance(structure, list):
        return None
    shapes = {_rectangular(item) for item in structure}
    if len(shapes) != 1 or None in shapes:
        return None if structure else (0,)
    (inner,) = shapes
    assert inner is not None
    return (len(structure), *inner)
