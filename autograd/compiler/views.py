"""Views: regular elements of an array without copying them.

A slice, a stride, a matrix whose rows lie at equal distances: each has an expression that makes
a view, and only what is irregular has to be gathered.
"""

import numpy as np

from autograd.compiler.arrays import Index, is_everything


def view(name: str, size: int, batched: bool, index: Index) -> str | None:
    """Return an expression for the elements `index` of the array `name`, trailing shape (size,).

    The view has the shape of `index`, behind the batch axis; None where there is no such view.
    """
    flat = index.ravel()
    comma = ":, " if batched else ""
    lead = "B, " if batched else ""
    if index.ndim == 2 and is_everything(index, size):
        return f"{name}.reshape({lead}{index.shape[0]}, {index.shape[1]})"
    if index.ndim == 2 and not batched and is_block(index.T) and min(index.shape) > 1:
        return f"{view(name, size, batched, index.T)}.T"
    if index.ndim == 1 or (len(index) == 1 and not batched):
        step = int(flat[1] - flat[0]) if len(flat) > 1 else 1
        if not len(flat) or step < 1 or (np.diff(flat) != step).any():
            return None
        stride = "" if step == 1 else f":{step}"
        add_axis = "" if index.ndim == 1 else "[None]"
        return f"{name}[{comma}{int(flat[0])}:{int(flat[-1]) + 1}{stride}]{add_axis}"
    if batched or index.ndim != 2 or len(index) < 2:
        return None
    rows, columns = index.shape
    row = int(index[1, 0] - index[0, 0])
    column = int(index[0, 1] - index[0, 0]) if columns > 1 else 1
    regular = index[0, 0] + row * np.arange(rows)[:, None] + column * np.arange(columns)
    if row < column * columns or column < 1 or not (index == regular).all():
        return None
    first = max(0, int(index[0, 0]) + row * rows - size)
    start = int(index[0, 0]) - first
    if start < 0 or first + column * (columns - 1) >= row:
        return None
    stride = "" if column == 1 else f":{column}"
    if row == columns:
        return f"{name}[{start}:{start + rows * row}].reshape({rows}, {row})"
    return (
        f"{name}[{start}:{start + row * rows}].reshape({rows}, {row})"
        f"[:, {first}:{first + column * (columns - 1) + 1}{stride}]"
    )


def is_block(index: Index) -> bool:
    """Whether the elements stand one after another: their view is contiguous."""
    flat = index.ravel()
    return bool((flat == flat[:1] + np.arange(len(flat))).all())
