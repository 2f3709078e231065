"""Flatten and Reshape: between flat examples and images."""

from typing import Any, ClassVar

from autograd import Value
from nn.checks import check_size
from nn.layers.described import Described
from nn.layers.inputs import Image, flat_values, is_nested, one_example


class Flatten(Described):
    """Turns an image, channels x rows x columns, into one list, row by row, channel by channel."""

    def forward(self, x: Any) -> list[Value]:
        """Return all Values of the nested lists or arrays in `x` as one list."""
        return flat_values(x)


class Reshape(Described):
    """Turns a flat example into an image, `channels` x `rows` x `columns`: undoes `Flatten`."""

    arguments: ClassVar = ("channels", "rows", "columns")

    def __init__(self, channels: int, rows: int, columns: int) -> None:
        self.channels = check_size("channels", channels)
        self.rows = check_size("rows", rows)
        self.columns = check_size("columns", columns)

    def forward(self, x: Any) -> Image:
        """Return the numbers or Values in `x` as channels x rows x columns.

        Raises `ValueError` unless there are channels * rows * columns of them.
        """
        values = flat_values(x)
        area = self.rows * self.columns
        if len(values) != self.channels * area and is_nested(x) and is_nested(next(iter(x))):
            raise ValueError(one_example(self, f"{self.channels * area} numbers", x))
        if len(values) != self.channels * area:
            raise ValueError(f"{self!r} takes {self.channels * area} inputs, got {len(values)}")
        return [
            [values[start : start + self.columns] for start in range(i, i + area, self.columns)]
            for i in range(0, len(values), area)
        ]
