"""Gradient clipping: gradients that are too large are cut down before the optimiser's step.

The formulas work on a flat array, the compiled engine's gradient; the functions of Values collect
`.grad` into such an array and put the result back. Invariant: an array is never changed in place,
so that the engine's buffers stay its own.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autograd import Value
from nn.checks import check_limit
from nn.optim.params import check_params

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Clipping:
    """What is done to a batch's gradient before the step; None for nothing."""

    norm: float | None = None
    value: float | None = None

    def __call__(self, gradient: Array) -> Array:
        """Return the flat gradient, clipped."""
        if self.value is not None:
            gradient = np.clip(gradient, -self.value, self.value)
        if self.norm is not None:
            gradient, _ = clipped_norm(gradient, self.norm)
        return gradient


def clip_grad_norm(
    params: Iterable[Value], max_norm: float, *, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients down so that their norm is at most `max_norm`; return the norm before.

    By PyTorch's formula, grad min(1, max_norm / (norm + 1e-6)) with the norm of all gradients as
    one vector. A norm of inf turns finite gradients into 0 and infinite ones into nan, a norm of
    nan all of them into nan, unless `error_if_nonfinite`: then such a norm raises `ValueError`
    and changes nothing. `max_norm=math.inf` only measures.

    Raises `ValueError` for a `max_norm` that is not positive and for `params` that an optimiser
    would not take.
    """
    params = check_params(params)
    gradient = np.array([p.grad for p in params])
    clipped, norm = clipped_norm(gradient, check_limit("max_norm", max_norm))
    if error_if_nonfinite and not math.isfinite(norm):
        raise ValueError(
            f"the norm of the gradients is {norm!r} and cannot be clipped: look for the first "
            "loss that is not finite, or pass error_if_nonfinite=False"
        )
    _put(params, clipped)
    return norm


def clip_grad_value(params: Iterable[Value], clip_value: float) -> None:
    """Bring every gradient into [-clip_value, clip_value]; nan stays nan.

    Raises `ValueError` for a `clip_value` that is not positive and for `params` that an optimiser
    would not take.
    """
    params = check_params(params)
    gradient = np.array([p.grad for p in params])
    _put(params, Clipping(value=check_limit("clip_value", clip_value))(gradient))


def clipped_norm(gradient: Array, max_norm: float) -> tuple[Array, float]:
    """Return a flat gradient, shape (n,), as `clip_grad_norm` scales it, and its norm before."""
    with np.errstate(all="ignore"):
        norm = math.sqrt(float(gradient @ gradient))
        factor = max_norm / (norm + 1e-6)
        return (gradient if factor >= 1.0 else factor * gradient), norm


def _put(params: list[Value], gradient: Array) -> None:
    for p, grad in zip(params, gradient.tolist(), strict=True):
        p.grad = grad
