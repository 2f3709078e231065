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


def elu(x: Value) -> Value:
    """Return x where x > 0, else exp(x) - 1 (Clevert et al. 2016); the derivative at 0 is 1."""
    # At 0 maximum and minimum each give half, and half of 1 and of exp(0) are 1.
    result: Value = primitives.maximum(x, 0.0) + primitives.expm1(primitives.minimum(x, 0.0))
    return result


def silu(x: Value) -> Value:
    """Return x sigmoid(x) (Elfwing et al. 2018), also called swish."""
    result: Value = x * primitives.sigmoid(x)
    return result


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "relu": primitives.relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "gelu": primitives.gelu,
    "silu": silu,
    "tanh": primitives.tanh,
    "sigmoid": primitives.sigmoid,
    "softplus": primitives.softplus,
    "sine": primitives.sin,
}

# Those that let about half of their input through, for which `he` initialisation is made.
RECTIFIERS: tuple[Activation, ...] = (primitives.relu, leaky_relu, elu, primitives.gelu, silu)
