"""RMSprop: steps scaled by a running mean of the gradient's square."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from autograd import Value
from nn.checks import flag, fraction, not_negative
from nn.optim.arithmetic import divide, sqrt
from nn.optim.hyperparameter import Hyperparameter
from nn.optim.optimizer import Optimizer


class RMSprop(Optimizer):
    """RMSprop, by PyTorch's formulas (Hinton's lecture 6e, 2012).

    g = grad + weight_decay p;  v = alpha v + (1 - alpha) g^2;  s = sqrt(v) + eps, or `centered`
    (Graves 2013, https://arxiv.org/abs/1308.0850): a = alpha a + (1 - alpha) g and
    s = sqrt(v - a^2) + eps;  p = p - lr g / s, or with momentum b = momentum b + g / s and
    p = p - lr b.

    `params` are as for `Optimizer`. Raises `ValueError` for an `lr` that is not positive and
    finite, `alpha` outside [0, 1), and a negative or non-finite `eps`, `weight_decay` or
    `momentum`.
    """

    alpha = Hyperparameter(fraction)
    eps = Hyperparameter(not_negative)
    weight_decay = Hyperparameter(not_negative)
    momentum = Hyperparameter(not_negative)
    centered = Hyperparameter(flag)
    state_names: ClassVar[Mapping[str, bool] | None] = {
        "square_avg": True,
        "grad_avg": False,
        "momentum_buffer": False,
    }

    def __init__(
        self,
        params: Iterable[Value] | Iterable[dict[str, Any]],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
        )

    def update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """Return `p` after one step of the formulas above."""
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * p
        alpha = group["alpha"]
        square = state.get("square_avg", 0.0)
        square *= alpha
        change = grad * grad
        change *= 1.0 - alpha
        square += change
        state["square_avg"] = square
        if group["centered"]:
            mean = state.get("grad_avg", 0.0)
            change = grad - mean
            change *= 1.0 - alpha
            mean += change
            state["grad_avg"] = mean
            change = sqrt(square - mean * mean)
        else:
            change = sqrt(square)
        change += group["eps"]
        change = divide(grad, change)
        if group["momentum"]:
            buffer = state.get("momentum_buffer", 0.0)
            buffer *= group["momentum"]
            buffer += change
            state["momentum_buffer"] = buffer
            change = group["lr"] * buffer
        else:
            change *= group["lr"]
        p -= change
        return p
