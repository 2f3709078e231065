"""Adagrad: steps that shrink with all the gradients a parameter has seen."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from autograd import Value
from nn.checks import not_negative
from nn.optim.arithmetic import divide, sqrt
from nn.optim.hyperparameter import Hyperparameter
from nn.optim.optimizer import Optimizer


class Adagrad(Optimizer):
    """Adagrad, by PyTorch's formulas (Duchi et al. 2011, JMLR 12, 2121-2159).

    g = grad + weight_decay p;  s = s + g^2, at first `initial_accumulator_value`; at step t
    p = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps).

    `params` are as for `Optimizer`. Raises `ValueError` for an `lr` that is not positive and finite
    and for any other argument that is negative or not finite.
    """

    lr_decay = Hyperparameter(not_negative)
    weight_decay = Hyperparameter(not_negative)
    initial_accumulator_value = Hyperparameter(not_negative)
    eps = Hyperparameter(not_negative)
    state_names: ClassVar[Mapping[str, bool] | None] = {"step": True, "sum": True}

    def __init__(
        self,
        params: Iterable[Value] | Iterable[dict[str, Any]],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(
            params,
            lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )

    def update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """Return `p` after one step of the formulas above."""
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * p
        step = state.get("step", 0) + 1
        total = state.get("sum", group["initial_accumulator_value"])
        total += grad * grad
        state.update(step=step, sum=total)
        change = sqrt(total)
        change += group["eps"]
        change = divide(grad, change)
        change *= group["lr"] / (1.0 + (step - 1) * group["lr_decay"])
        p -= change
        return p
