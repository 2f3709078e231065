"""Results: from flat arrays back to the structure that the function returned.

A list of Values, or of lists of one length, is one block and becomes one array; tuples and dicts
stay what they are, each item with blocks of its own.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.nesting import kind_of_tuple

FloatArray = npt.NDArray[np.float64]


def blocks(structure: Any) -> list[tuple[int, ...]]:
    """Return the shapes of the blocks; () for a single Value."""
    shape = _rectangular(structure)
    if shape is not None:
        return [shape]
    items = structure.values() if isinstance(structure, dict) else structure
    return [block for item in items for block in blocks(item)]


def rebuild(structure: Any, parts: list[FloatArray], batch: bool) -> Any:
    """Return the structure with an array, or a float, for each block; takes them from `parts`."""
    shape = _rectangular(structure)
    if shape is not None:
        part = parts.pop(0)
        if batch:
            return part.reshape(len(part), *shape).copy()
        return part.reshape(shape).copy() if shape else float(part[0])
    if isinstance(structure, dict):
        return {key: rebuild(item, parts, batch) for key, item in structure.items()}
    items = [rebuild(item, parts, batch) for item in structure]
    return kind_of_tuple(type(structure), items) if isinstance(structure, tuple) else items


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
    if not isinstance(structure, list):
        return None
    shapes = {_rectangular(item) for item in structure}
    if len(shapes) != 1 or None in shapes:
        return None if structure else (0,)
    (inner,) = shapes
    assert inner is not None
    return (len(structure), *inner)
