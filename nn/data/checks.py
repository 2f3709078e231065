"""Checks of examples and targets: what is wrong is named by argument, row and column.

Invariant: what comes out is finite, rectangular and has at least one row, so that training fails
for reasons of its own only.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from autograd.nesting import check_masks
from nn.checks import Array

_REAL = (int, float, np.integer, np.floating, np.bool_)


def check_examples(X: Any, name: str = "X") -> Array:
    """Return `X`, shape (n, ...), as an array of floats.

    Raises `ValueError` unless it holds at least one example, all of one shape, all of finite
    numbers; the message names the place, such as `X[3][1]`, with `name` for `X`.
    """
    array = _array(X, name)
    if array.size == 0:
        raise ValueError(f"`{name}` is empty, shape {array.shape}: pass at least one example")
    check_rows(array.shape, name)
    return _finite(array, X, name)


def check_rows(shape: tuple[int, ...], name: str) -> None:
    """Raise `ValueError` unless it is the shape of one or more examples."""
    if len(shape) < 2 or 0 in shape:
        raise ValueError(
            f"`{name}` must have one row for each example, shape (n, features); got shape {shape}"
        )


def check_targets(y: Any, n: int, name: str = "y") -> Array:
    """Return `y` as an array of floats, shape (n,), or (n, outputs) with two or more outputs.

    Raises `ValueError`, with `name` for `y`, where there are not `n` of them, all finite numbers.
    """
    array = _array(y, name)
    if array.ndim not in (1, 2) or array.shape[1:] == (0,):
        raise ValueError(f"`{name}` must have shape (n,) or (n, outputs), got {array.shape}")
    if len(array) != n:
        raise ValueError(f"`X` has {n} examples and `{name}` has {len(array)}: they must match")
    array = _finite(array, y, name)
    return array[:, 0] if array.shape[1:] == (1,) else array


def check_several_classes(labels: Any, name: str = "y") -> None:
    """Raise `ValueError` where two or more `labels`, called `name`, are all of one class."""
    found = np.unique(np.asarray(labels))
    if len(labels) > 1 and len(found) < 2:
        raise ValueError(
            f"`{name}` holds one class only, {found.tolist()[0]!r}, in all {len(labels)} examples: "
            "a classifier needs examples of two or more classes"
        )


def _array(data: Any, name: str) -> Array:
    check_masks(data, f"`{name}`")
    try:
        array = np.asarray(data)
    except ValueError:
        widths = [len(row) if hasattr(row, "__len__") else None for row in data]
        odd = next((i for i, width in enumerate(widths) if width != widths[0]), None)
        if odd is None or None in (widths[0], widths[odd]):
            raise ValueError(f"the rows of `{name}` have unequal lengths or depths") from None
        raise ValueError(
            f"the rows of `{name}` have unequal lengths: `{name}[0]` has {widths[0]} and "
            f"`{name}[{odd}]` has {widths[odd]}"
        ) from None
    if array.ndim == 0 and array.dtype.kind in "OSU":  # to NumPy anything is one object
        how = ": pass list(x)" if isinstance(data, Iterator) else ""
        how = ": pass x.toarray()" if hasattr(data, "toarray") else how
        raise TypeError(f"`{name}` must be an array, a table or a list, got {data!r:.60}{how}")
    return array


def _finite(array: Array, data: Any, name: str) -> Array:
    """The array as floats; `data` is what it was made from, with every item as it was given."""
    if array.dtype.kind == "O" and all(isinstance(x, _REAL) for x in array.flat):
        with contextlib.suppress(OverflowError):
            array = array.astype(float)
    if array.dtype.kind not in "biuf":
        _refuse(array, data, name)
    with np.errstate(over="ignore"):  # a longdouble may be too large for a float
        floats = array.astype(float, copy=False)
    if not np.isfinite(floats).all():
        first = tuple(np.argwhere(~np.isfinite(floats))[0])
        refuse_number(name, first, floats[first])
    return floats


def refuse_number(name: str, place: Sequence[int], number: Any) -> NoReturn:
    """Raise `ValueError` for a number that is not finite."""
    raise ValueError(
        f"`{_place(name, place)}` is {number}: leave out or replace what is inf or nan"
    )


def _refuse(array: Array, data: Any, name: str) -> NoReturn:
    items = np.asarray(data, dtype=object)
    for place in np.ndindex(items.shape):
        item = items[place]
        if not isinstance(item, _REAL):
            raise ValueError(
                f"`{name}` must hold real numbers, got dtype {array.dtype}: "
                f"`{_place(name, place)}` is {item!r:.40}; convert it first"
            )
    raise ValueError(f"`{name}` must hold real numbers that fit a float, got dtype {array.dtype}")


def _place(name: str, indices: Sequence[int]) -> str:
    return name + "".join(f"[{i}]" for i in indices)
