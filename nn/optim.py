"""Optimisers: how a gradient moves the parameters.

An optimiser is one formula, `update`, from a parameter, its gradient and the parameter's own
state to the new parameter. Invariant: the formula uses + - * / only, so it holds for floats and
for NumPy arrays alike, and it never changes the gradient; `step` reads `.grad` and changes
nothing but `.data` and the state.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from autograd import Value
from nn.checks import not_negative, positive


class Optimizer(ABC):
    """Base class: the parameters, the learning rate, a state for each parameter.

    Raises `TypeError` where `params` holds anything but Values, `ValueError` where it is empty,
    holds a result instead of a leaf or names one twice, or where `lr` is not positive and finite.
    """

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        if isinstance(params, Value):
            raise TypeError("`params` must be a list of Values, got one Value: pass [value]")
        self.params = list(params)
        for p in self.params:
            if not isinstance(p, Value):
                raise TypeError(f"`params` must hold Values, got {p!r:.60}: model.parameters()?")
            if p.parents:
                raise ValueError(f"`params` must hold leaves, got a result of {p.op}: {p!r}")
        if not self.params:
            raise ValueError("`params` is empty: there is nothing to train")
        if len(set(self.params)) != len(self.params):
            raise ValueError("`params` holds the same Value twice: it would move twice a step")
        self.lr = lr
        self.state: list[dict[str, Any]] = [{} for _ in self.params]

    @property
    def lr(self) -> float:
        """The learning rate, positive and finite; may be changed between steps."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = positive("lr", lr)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.params:
            p.grad = 0.0

    def step(self) -> None:
        """Move every parameter once, by its current gradient."""
        for p, state in zip(self.params, self.state, strict=True):
            p.data = self.update(p.data, p.grad, state)

    @abstractmethod
    def update(self, p: Any, grad: Any, state: dict[str, Any]) -> Any:
        """Return the new value of `p`, a float, or an array, which may be changed in place."""


class SGD(Optimizer):
    """Stochastic gradient descent, by PyTorch's formulas.

    g = grad + weight_decay p;  with momentum m: b = m b + (1 - dampening) g, at first b = g;
    p = p - lr b, or with Nesterov's momentum p = p - lr (g + m b); without momentum p = p - lr g.

    Raises `ValueError` for a negative or non-finite argument, an `lr` of 0, and for `nesterov`
    without momentum or with dampening.
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        self.momentum = not_negative("momentum", momentum)
        self.dampening = not_negative("dampening", dampening)
        self.weight_decay = not_negative("weight_decay", weight_decay)
        self.nesterov = nesterov
        if nesterov and (self.momentum == 0.0 or self.dampening != 0.0):
            raise ValueError(
                "`nesterov` needs a positive `momentum` and a `dampening` of 0, got "
                f"momentum={momentum!r}, dampening={dampening!r}"
            )

    def update(self, p: Any, grad: Any, state: dict[str, Any]) -> Any:
        """Return `p` after one step of the formulas above."""
        if self.weight_decay:
            grad = grad + self.weight_decay * p
        if self.momentum:
            if "momentum" in state:
                state["momentum"] = (
                    self.momentum * state["momentum"] + (1.0 - self.dampening) * grad
                )
            else:
                state["momentum"] = 1.0 * grad  # a copy: an array may be the caller's buffer
            if self.nesterov:
                grad = grad + self.momentum * state["momentum"]
            else:
                grad = state["momentum"]
        p -= self.lr * grad  # a new float, or the same array
        return p
