"""What goes into a layer: lists of numbers and images, checked and turned into Values.

Invariant: numbers become constants, Values stay themselves, and an error names the layer, what it
takes and what was given.
"""

from collections.abc import Sequence
from typing import Any

from autograd import Value
from autograd.engine.number import elements
from autograd.engine.value import as_value
from nn.module import Module

Image = list[list[list[Value]]]
Vectors = list[list[Value]]


def check_inputs(module: Module, x: Any, nin: int) -> list[Value]:
    """Return `x` as a list of `nin` Values, numbers as constants.

    Raises `TypeError` or `ValueError`, with the name of `module`, for what is no such list.
    """
    try:
        values = elements(x, "input")
    except TypeError:
        raise TypeError(f"{module!r} takes a sequence of {nin} numbers, got {x!r:.80}") from None
    if values and hasattr(values[0], "__len__") and is_nested(values[0]):
        raise ValueError(one_example(module, f"{nin} numbers", values))
    if len(values) != nin:
        raise ValueError(f"{module!r} takes {nin} inputs, got {len(values)}")
    return [v if isinstance(v, Value) else as_value(v, "input") for v in values]


def check_vectors(module: Module, x: Any, width: int) -> Vectors:
    """Return `x`, a sequence of one or more vectors of `width` numbers, as lists of Values.

    Raises `TypeError` where `x` is no list of vectors, `ValueError` where one has another width;
    the error names `module` and the position.
    """
    if not (is_nested(x) and len(x) and is_nested(next(iter(x)))):
        raise TypeError(
            f"{module!r} takes a sequence, a list of one or more vectors of {width} numbers, got "
            f"{x!r:.60}"
        )
    vectors = []
    for position, vector in enumerate(x):
        if not is_nested(vector) or len(vector) != width:
            found = f"{len(vector)}" if is_nested(vector) else f"{vector!r:.40}"
            raise ValueError(
                f"{module!r} takes vectors of {width} numbers, got {found} at position {position}"
            )
        vectors.append(check_inputs(module, vector, width))
    return vectors


def check_image(module: Module, x: Any, channels: int | None = None) -> Image:
    """Return `x` as channels x rows x columns of Values; `channels` is how many there must be.

    Raises `TypeError` where `x` is not nested so deep, `ValueError` where it has another number
    of channels or is ragged; the error names `module`.
    """
    if not (is_nested(x) and all(is_nested(plane) and all(map(is_nested, plane)) for plane in x)):
        raise TypeError(
            f"{module!r} takes an image as nested lists, channels x rows x columns, got {x!r:.60}: "
            "put Reshape(channels, rows, columns) before it where examples are flat"
        )
    if len(x) and len(x[0]) and len(x[0][0]) and is_nested(x[0][0][0]):
        raise ValueError(one_example(module, "channels x rows x columns", x))
    if len(x) != channels and (channels is not None or not len(x)):
        raise ValueError(f"{module!r} takes {channels or 'some'} channels, got {len(x)}")
    heights = {len(plane) for plane in x}
    widths = {len(row) for plane in x for row in plane}
    if len(heights) > 1 or len(widths) > 1:
        raise ValueError(
            f"{module!r} takes channels of one size with rows of one length, got "
            f"{_either(heights)} rows of {_either(widths)} pixels"
        )
    return [
        [[v if isinstance(v, Value) else as_value(v, "pixel") for v in row] for row in plane]
        for plane in x
    ]


def one_example(module: Module, takes: str, given: Sequence[Any]) -> str:
    """Return what is wrong where `module` is given a batch."""
    return (
        f"{module!r} takes one example at a time, {takes}, got {len(given)} rows: "
        "nn.predict(model, X) takes many"
    )


def flat_values(x: Any) -> list[Value]:
    """Return the Values of nested lists or arrays in order, the last axis running fastest."""
    if not isinstance(x, Value) and is_nested(x):
        return [value for item in x for value in flat_values(item)]
    return [as_value(x, "input")]


def is_nested(x: Any) -> bool:
    """Whether `x` is a sequence, no string, or an array of one axis or more.

    A table of pandas is none: going through it gives the names of its columns.
    """
    if isinstance(x, Sequence):
        return not isinstance(x, str | bytes)
    return bool(getattr(x, "ndim", 0)) and not hasattr(x, "columns")


def _either(sizes: set[int]) -> str:
    return " or ".join(map(str, sorted(sizes)))
