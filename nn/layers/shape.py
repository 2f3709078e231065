"""Flatten and Reshape: between flat examples and images."""

from typing import Any

from autograd import Value
from nn.checks import check_size
from nn.layers.inputs import Image, flat_values
from nn.module import Module


class Flatten(Module):
    """Turns an image, channels x rows x columns, into one list, row by row, channel by channel."""

    def forward(self, x: Any) -> list[Value]:
        """Return all Values of the nested lists or arrays in `x` as one list."""
        return flat_values(x)

    def architecture(self) -> dict[str, Any]:
        """Return the class; there are no arguments."""
        return {"class": "Flatten"}

    def __repr__(self) -> str:
        return "Flatten()"


class Reshape(Module):
    """Turns a flat example into an image, `channels` x `rows` x `columns`: undoes `Flatten`."""

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
        if len(values) != self.channels * area:
            raise ValueError(f"{self!r} takes {self.channels * area} inputs, got {len(values)}")
        return [
            [values[start : start + self.columns] for start in range(i, i + area, self.columns)]
            for i in range(0, len(values), area)
        ]

    def architecture(self) -> dict[str, Any]:
        """Return the class and its arguments."""
        sizes = {"channels": self.channels, "rows": self.rows, "columns": self.columns}
        return {"class": "Reshape", **sizes}

    def __repr__(self) -> str:
        return f"Reshape({self.channels}, {self.rows}, {self.columns})"
