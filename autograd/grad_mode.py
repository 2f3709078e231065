"""Whether what is computed will be differentiated: no_grad, and where derivatives are Values.

Each is a mode, which the engine tells what it makes; it knows none of them.
"""

from typing import Any

from autograd.engine.modes import Mode
from autograd.engine.primitive import DETACHED


class no_grad(Mode):
    """Record nothing inside: `with no_grad(): ...`, or `@no_grad()` on a function.

    Results are leaves with data and no parents. In a function that is being compiled operations are
    recorded all the same and cut off from the gradient. As in PyTorch, a generator that is
    suspended inside the block leaves it open for its caller. `TypeError` without parentheses.
    """

    def __init__(self, *function: Any) -> None:
        if function:
            raise TypeError("`no_grad` takes no argument: write `@no_grad()` with parentheses")

    def made(self, primitive: Any, parents: tuple[Any, ...], node: Any) -> Any:
        """Cut the node off from what it was computed from."""
        return node.detach() if node.parents and primitive is not DETACHED else node


class Differentiating(Mode):
    """Derivatives are Values inside, for a derivative of them or for backward().

    While a sweep is recorded that has been looked at already, it is `sweeping`.
    """

    silent = records = True

    def __init__(self, sweeping: bool = False) -> None:
        self.sweeping = sweeping


class Training(Differentiating):
    """The same where backward() will be called on what a model and its loss return."""
