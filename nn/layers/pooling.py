"""Pooling: each window of a map becomes one number, its largest or its mean.

Windows lie side by side unless a stride is given. Invariant: channels stay apart, and there is
nothing to train.
"""

from collections.abc import Sequence
from typing import Any

from autograd import Value, maximum
from autograd.engine.value import as_value
from nn.layers.inputs import Image, check_image
from nn.layers.window import Sizes, Windowed


class _Pool(Windowed):
    """What both have in common; `kernel_size`, `stride` and `padding` are numbers or pairs."""

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__(kernel_size, kernel_size if stride is None else stride, padding)
        if self.stride == self.kernel_size:
            self.stride = None
        if any(2 * p > k for p, k in zip(self.window.padding, self.window.kernel, strict=True)):
            raise ValueError(
                f"`padding` must be at most half the kernel, {kernel_size!r}, got {padding!r}: "
                "else a window sees nothing of the image"
            )


class MaxPool2d(_Pool):
    """The largest number in each window, as PyTorch's MaxPool2d; padding is never the largest.

    The gradient goes to the largest; where several are equal they share it, as in `maximum`.
    `kernel_size`, `stride`, which is the kernel's where None, and `padding` are numbers, or pairs
    for rows and columns. Raises `ValueError` for a size or a stride below 1 or a padding above half
    the kernel.
    """

    def forward(self, x: Any) -> Image:
        """Return the pooled image, of as many channels as `x`; errors as for `Conv2d`."""
        planes: Sequence[Sequence[Sequence[Value | None]]] = check_image(self, x)
        self.window.check_fits(self, planes[0])
        return [
            [[_largest([v for v in seen if v is not None]) for seen in row] for row in rows]
            for rows in (self.window.over(plane, None) for plane in planes)
        ]


class AvgPool2d(_Pool):
    """The mean of each window, as PyTorch's AvgPool2d: padding counts as zeros.

    `kernel_size`, `stride`, `padding` and errors are as for `MaxPool2d`.
    """

    def forward(self, x: Any) -> Image:
        """Return the pooled image, of as many channels as `x`; errors as for `Conv2d`."""
        planes = check_image(self, x)
        self.window.check_fits(self, planes[0])
        zero = as_value(0.0)
        return [
            [[sum(seen[1:], seen[0]) / len(seen) for seen in row] for row in rows]
            for rows in (self.window.over(plane, zero) for plane in planes)
        ]


def _largest(values: list[Value]) -> Value:
    """The maximum by halves, so that four equal numbers get a quarter of the gradient each."""
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    largest: Value = maximum(_largest(values[:half]), _largest(values[half:]))
    return largest
