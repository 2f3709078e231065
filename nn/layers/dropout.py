"""Dropout: in training, each number is 0 with probability p (Srivastava et al. 2014).

What is kept is multiplied by 1 / (1 - p), so that the mean stays what it is and evaluation needs
no correction (inverted dropout). Invariant: the random numbers come from the layer's own
generator, example by example, whether the model is compiled or not.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from autograd.engine.value import as_value
from nn.checks import Seed, check_generator, fraction
from nn.layers.inputs import flat_values, is_nested
from nn.layers.noise import Array, NoisyLayer


class Dropout(NoisyLayer):
    """Sets numbers to 0 with probability `p`, scales the others by 1 / (1 - p); alone, as a layer.

    In evaluation mode, after `eval()`, it returns what it is given and draws nothing. `seed`
    fixes its random numbers, a whole number or a generator; by default the system seeds them.

    Raises `ValueError` unless 0 <= p < 1.
    """

    arguments: ClassVar = ("p",)

    def __init__(self, p: float = 0.5, *, seed: Seed | None = None) -> None:
        self.p = fraction("p", p)
        self.generator = check_generator(seed)

    def forward(self, x: Any) -> Any:
        """Return numbers or Values nested as in `x`, an example or an image."""
        if not self.training:
            return x
        return _scaled(x, iter(self.factors(len(flat_values(x)))))

    def draw(self, count: int, units: int) -> Array:
        """Return fresh factors, 0 or 1 / (1 - p), shape (count, units)."""
        kept = self.generator.random((count, units)) >= self.p
        return np.where(kept, 1.0 / (1.0 - self.p), 0.0)


def _scaled(x: Any, factors: Iterator[Any]) -> Any:
    if is_nested(x):
        return [_scaled(item, factors) for item in x]
    return as_value(x, "input") * next(factors)
