"""The window that convolution and pooling slide over an image.

A window of `kernel` rows and columns moves by `stride`; `padding` rows and columns are added on
every side first. Over n rows it stands at floor((n + 2 padding - kernel) / stride) + 1 places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from nn.checks import check_size
from nn.layers.described import Described
from nn.module import Module

Item = TypeVar("Item")
Pair = tuple[int, int]
Sizes = int | Sequence[int]


def check_pair(name: str, sizes: Any, least: int = 1) -> Pair:
    """Return (rows, columns) for one size or two; raises `ValueError` for anything else."""
    if isinstance(sizes, tuple | list):
        if len(sizes) != 2:
            raise ValueError(f"`{name}` must be a whole number or a pair of them, got {sizes!r}")
        return check_size(name, sizes[0], least), check_size(name, sizes[1], least)
    return check_size(name, sizes, least), check_size(name, sizes, least)


@dataclass(frozen=True)
class Window:
    """The sizes of a sliding window, each a pair (rows, columns)."""

    kernel: Pair
    stride: Pair
    padding: Pair

    @property
    def area(self) -> int:
        """How many numbers of a plane the window sees."""
        return self.kernel[0] * self.kernel[1]

    def check_fits(self, module: Module, plane: Sequence[Sequence[Any]]) -> None:
        """Raise a `ValueError` naming `module` where the window is larger than a padded plane."""
        rows, columns = len(plane), len(plane[0]) if plane else 0
        height, width = self.kernel
        down, across = self.padding
        if height > rows + 2 * down or width > columns + 2 * across:
            padded = f", padded by {down} x {across}" if down or across else ""
            raise ValueError(
                f"the kernel of {module!r}, {height} x {width}, is larger than the image, "
                f"{rows} x {columns}{padded}"
            )

    def over(self, plane: Sequence[Sequence[Item]], outside: Item) -> list[list[list[Item]]]:
        """Return what the window sees, row by row, at each of its rows and columns of places."""
        height, width = self.kernel
        down, across = self.padding
        side = [outside] * across
        padded = [[*side, *row, *side] for row in plane]
        line = [outside] * len(padded[0])
        padded = [line] * down + padded + [line] * down
        return [
            [
                [item for row in padded[r : r + height] for item in row[c : c + width]]
                for c in range(0, len(line) - width + 1, self.stride[1])
            ]
            for r in range(0, len(padded) - height + 1, self.stride[0])
        ]


class Windowed(Described):
    """A layer with a `window`, whose sizes are arguments: one number where a pair is of equals."""

    arguments: ClassVar[tuple[str, ...]] = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Any, stride: Any, padding: Any) -> None:
        kernel, steps = check_pair("kernel_size", kernel_size), check_pair("stride", stride)
        pairs = kernel, steps, check_pair("padding", padding, least=0)
        self.window = Window(*pairs)
        sizes: list[Any] = [a if a == b else [a, b] for a, b in pairs]
        self.kernel_size, self.stride, self.padding = sizes
