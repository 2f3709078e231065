"""Conv2d: one neuron looks at a small window of the image, at every place with the same weights.

Each filter is a neuron on in_channels * kernel rows * kernel columns inputs. What it answers at
all places is one map, a channel of the output. Invariant: a filter has one set of weights and one
bias, however many places there are.
"""

from typing import Any, ClassVar

from autograd.engine.value import as_value
from nn.checks import Seed, check_rng, check_size
from nn.layers.activations import Activation
from nn.layers.dense import Neuron
from nn.layers.described import common
from nn.layers.init import Initialisation
from nn.layers.inputs import Image, check_image
from nn.layers.window import Sizes, Windowed


class Conv2d(Windowed):
    """`out_channels` filters over an image of `in_channels`, as PyTorch's Conv2d.

    `kernel_size`, `stride` and `padding` are a number or a pair (rows, columns); the padding is
    zeros. As in PyTorch there is no activation unless asked for; `activation`, `init` and `rng`
    are as for `Neuron`. The weights of a filter are ordered by channel, row and column.

    Raises `ValueError` for a size or a stride below 1 or a padding below 0.
    """

    arguments: ClassVar = ("in_channels", "out_channels", *Windowed.arguments, "activation")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        *,
        activation: str | Activation = "linear",
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        self.in_channels = check_size("in_channels", in_channels)
        self.out_channels = check_size("out_channels", out_channels)
        super().__init__(kernel_size, stride, padding)
        rng = check_rng(rng)
        area = self.window.area
        how: Any = {"activation": activation, "init": init, "rng": rng}
        how["fan_out"] = self.out_channels * area
        self.filters = [Neuron(self.in_channels * area, **how) for _ in range(self.out_channels)]

    def forward(self, x: Any) -> Image:
        """Return the maps, out_channels x rows x columns, for an image of numbers or Values.

        Raises `ValueError` where the channels are not as many as expected, their rows are ragged,
        or the kernel is larger than the padded image.
        """
        planes = check_image(self, x, self.in_channels)
        self.window.check_fits(self, planes[0])
        zero = as_value(0.0)
        views = [self.window.over(plane, zero) for plane in planes]
        patches = [
            [[v for patch in place for v in patch] for place in zip(*rows, strict=True)]
            for rows in zip(*views, strict=True)
        ]
        return [[[f.respond(patch) for patch in row] for row in patches] for f in self.filters]

    @property
    def activation(self) -> Activation:
        """The activation of all filters."""
        return common(neuron.activation for neuron in self.filters)

    def size(self) -> int:
        """Return how many parameters a convolution of this shape has."""
        return (self.in_channels * self.window.area + 1) * self.out_channels
