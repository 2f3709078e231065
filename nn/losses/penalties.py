"""Penalties: what large weights cost, as one Value to add to a loss.

`loss = lambda output, target: nn.cross_entropy(output, target) + nn.l2_penalty(model, 1e-4)`: the
mean over a batch adds the penalty once. Biases are left free unless they are listed: they move
the output without making it steeper.
"""

from collections.abc import Iterable

from autograd import Value, dot
from nn.checks import not_negative
from nn.module import Module


def l1_penalty(parameters: Module | Iterable[Value], strength: float) -> Value:
    """Return strength * sum |w|, which drives weights to 0 exactly (Tibshirani 1996); slope 0 at 0.

    `parameters` are Values, all of which count, or a Module, whose parameters count but for those
    with `bias` in their names, such as `bias_ih_l0`. Raises `ValueError` where there are
    none or `strength` is negative, `TypeError` for anything else.
    """
    strength = not_negative("strength", strength)
    magnitudes = [abs(w) for w in _penalised(parameters)]
    penalty: Value = strength * dot([1.0] * len(magnitudes), magnitudes)
    return penalty


def l2_penalty(parameters: Module | Iterable[Value], strength: float) -> Value:
    """Return strength * sum w^2, whose gradient is 2 * strength * w (Hoerl and Kennard 1970).

    In plain SGD that is `weight_decay=2 * strength`, on the weights only. Arguments and errors are
    as for `l1_penalty`.
    """
    strength = not_negative("strength", strength)
    weights = _penalised(parameters)
    penalty: Value = strength * dot(weights, weights)
    return penalty


def _penalised(parameters: Module | Iterable[Value]) -> list[Value]:
    if isinstance(parameters, Module):
        named = parameters.named_parameters()
        listed = [p for name, p in named if "bias" not in name]
    elif isinstance(parameters, Iterable):
        listed = list(parameters)
    else:
        raise TypeError(f"`parameters` must be a Module or a list of Values, got {parameters!r}")
    for p in listed:
        if not isinstance(p, Value):
            raise TypeError(f"`parameters` must hold Values, got {p!r:.60} among them")
    if not listed:
        raise ValueError("`parameters` holds nothing to penalise: pass a list, not a used iterator")
    return listed
