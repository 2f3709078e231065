"""SGD: stochastic gradient descent, with momentum, Nesterov's too, and weight decay."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from autograd import Value
from autograd.compiler.lanes import Momentum
from nn.checks import flag, not_negative
from nn.optim.hyperparameter import Hyperparameter
from nn.optim.optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent, by PyTorch's formulas.

    g = grad + weight_decay p;  with momentum m: b = m b + (1 - dampening) g, at first b = g;
    p = p - lr b, or with Nesterov's momentum p = p - lr (g + m b); without momentum p = p - lr g.

    `params` are as for `Optimizer`. Raises `ValueError` for a negative or non-finite argument, an
    `lr` of 0, and for `nesterov` without momentum or with dampening.
    """

    momentum = Hyperparameter(not_negative)
    dampening = Hyperparameter(not_negative)
    nesterov = Hyperparameter(flag)
    weight_decay = Hyperparameter(not_negative)
    state_names: ClassVar[Mapping[str, bool] | None] = {"momentum_buffer": False}

    def __init__(
        self,
        params: Iterable[Value] | Iterable[dict[str, Any]],
        lr: float,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params,
            lr,
            momentum=momentum,
            dampening=dampening,
            nesterov=nesterov,
            weight_decay=weight_decay,
        )

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the hyperparameters, checked each and together."""
        found = super().checked(options)
        if found["nesterov"] and (found["momentum"] == 0.0 or found["dampening"] != 0.0):
            raise ValueError(
                "`nesterov` needs a positive `momentum` and a `dampening` of 0, got "
                f"momentum={found['momentum']!r}, dampening={found['dampening']!r}"
            )
        return found

    def update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """Return `p` after one step of the formulas above."""
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * p
        momentum = group["momentum"]
        if momentum:
            if "momentum_buffer" in state:
                buffer = state["momentum_buffer"]
                buffer *= momentum  # a new float, or the same array
                buffer += (1.0 - group["dampening"]) * grad
            else:
                buffer = 1.0 * grad  # a copy: an array may be the caller's buffer
            state["momentum_buffer"] = buffer
            grad = grad + momentum * buffer if group["nesterov"] else buffer
        p -= group["lr"] * grad
        return p


def native_numbers(group: dict[str, Any], first: bool) -> Momentum:
    """Return SGD's numbers as native code takes them; `first` where there is no buffer yet.

    With momentum m, dampening d and Nesterov's, the buffer is b = keep b + take g, and the way
    direct g + carried b.

                    keep     take        direct  carried
    plain           0        0           1       0
    momentum        0, m     1, 1 - d    0       1            (of the first step, of all later ones)
    Nesterov        0, m     1, 1        1       m
    """
    m, take = group["momentum"], 1.0 - group["dampening"]
    if not m:
        return Momentum(group["lr"], group["weight_decay"], (0.0, 0.0), (0.0, 0.0), 1.0, 0.0)
    direct, carried = (1.0, m) if group["nesterov"] else (0.0, 1.0)
    keeps, takes = ((0.0, m), (1.0, take)) if first else ((m, m), (take, take))
    return Momentum(group["lr"], group["weight_decay"], keeps, takes, direct, carried)
