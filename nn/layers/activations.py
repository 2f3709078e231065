"""Activation functions by name: what a neuron applies to its weighted sum."""

from collections.abc import Callable

from autograd import Value
from autograd.engine import table as primitives

Activation = Callable[[Value], Value]


def linear(x: Value) -> Value:
    """Return x itself."""
    return x


def leaky_relu(x: Value, slope: float = 0.01) -> Value:
    """Return x where x > 0, else slope * x (Maas et al. 2013); the derivative at 0 is the slope."""
    result: Value = primitives.leaky_relu(x, slope)
    return result


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "relu": primitives.relu,
    "leaky_relu": leaky_relu,
    "tanh": primitives.tanh,
    "sigmoid": primitives.sigmoid,
    "softplus": primitives.softplus,
    "sine": primitives.sin,
}
