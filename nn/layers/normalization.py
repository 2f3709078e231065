"""Normalisation: each vector is brought to a common scale, by its own numbers only.

The vectors of a sequence are normalised one by one, so that none knows of another. Invariant: the
scale is taken over all numbers of one vector, and `eps` inside the root keeps a vector of equal
numbers finite.
"""

import sys
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from autograd import Value, dot, sqrt
from nn.checks import Seed, check_size, flag, not_negative
from nn.layers.described import Described
from nn.layers.init import Drawing, Initialisation
from nn.layers.inputs import check_inputs, is_nested


class Normalization(Described, ABC):
    """What the layers here have in common: the width, the factors, the walk over vectors."""

    def __init__(
        self, normalized_shape: Any, elementwise_affine: Any, init: Any, rng: Seed | None
    ) -> None:
        if isinstance(normalized_shape, list | tuple) and len(normalized_shape) == 1:
            normalized_shape = normalized_shape[0]  # as PyTorch has it
        self.normalized_shape = n = check_size("normalized_shape", normalized_shape)
        self.elementwise_affine = flag("elementwise_affine", elementwise_affine)
        how = Drawing.checked(init, rng)
        drawn = how.matrix(1, n, fan_out=n)[0] if self.elementwise_affine else None
        self.weight: list[Value] | None = drawn
        self.bias: list[Value] | None = None

    @abstractmethod
    def scaled(self, x: list[Value]) -> list[Value]:
        """Return one vector on the common scale."""

    def forward(self, x: Any) -> Any:
        """Return a vector of `normalized_shape` numbers normalised, or each of a list of them.

        Raises `ValueError` for a vector of another width.
        """
        if is_nested(x) and len(x) and is_nested(next(iter(x))):
            return [self.forward(vector) for vector in x]
        found = self.scaled(check_inputs(self, x, self.normalized_shape))
        if self.weight is not None:
            found = [v * w for v, w in zip(found, self.weight, strict=True)]
        if self.bias is not None:
            found = [v + b for v, b in zip(found, self.bias, strict=True)]
        return found

    def size(self) -> int:
        """Return how many parameters a layer of this width has."""
        return self.normalized_shape * self.elementwise_affine


class LayerNorm(Normalization):
    """(x - mean) / sqrt(var + eps) of each vector, times `weight`, plus `bias`; as PyTorch's.

    Ba, Kiros and Hinton, Layer normalization (2016). `normalized_shape` is the width of the
    vectors; var is the mean of squares, not divided by n - 1. `init` draws the weights, by default
    1, by the seed or generator `rng`; without `elementwise_affine` there is neither weight nor
    bias.
    """

    arguments: ClassVar = ("normalized_shape", "eps", "elementwise_affine", "bias")

    def __init__(
        self,
        normalized_shape: int,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        init: str | Initialisation = "ones",
        rng: Seed | None = None,
    ) -> None:
        super().__init__(normalized_shape, elementwise_affine, init, rng)
        self.eps, self.has_bias = not_negative("eps", eps), flag("bias", bias)
        if self.has_bias and self.elementwise_affine:
            self.bias = [Value(0.0) for _ in range(self.normalized_shape)]

    def scaled(self, x: list[Value]) -> list[Value]:
        """Return (x - mean) / sqrt(var + eps)."""
        mean = sum(x[1:], x[0]) / len(x)
        centred = [v - mean for v in x]
        deviation = sqrt(dot(centred, centred) / len(x) + self.eps)
        return [v / deviation for v in centred]

    def argument(self, name: str) -> Any:
        """Return what the layer was built with."""
        return self.has_bias if name == "bias" else super().argument(name)

    def size(self) -> int:
        """Return how many parameters a layer of this width has."""
        return super().size() * (1 + self.has_bias)


class RMSNorm(Normalization):
    """x / sqrt(mean of x^2 + eps) of each vector, times `weight`; as PyTorch's.

    Zhang and Sennrich, Root mean square layer normalization (2019). Arguments as for `LayerNorm`;
    `eps` None is the spacing of floats at 1, as in PyTorch.
    """

    arguments: ClassVar = ("normalized_shape", "eps", "elementwise_affine")

    def __init__(
        self,
        normalized_shape: int,
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        init: str | Initialisation = "ones",
        rng: Seed | None = None,
    ) -> None:
        super().__init__(normalized_shape, elementwise_affine, init, rng)
        self.eps = None if eps is None else not_negative("eps", eps)

    def scaled(self, x: list[Value]) -> list[Value]:
        """Return x / sqrt(mean of x^2 + eps)."""
        eps = sys.float_info.epsilon if self.eps is None else self.eps
        size = sqrt(dot(x, x) / len(x) + eps)
        return [v / size for v in x]
