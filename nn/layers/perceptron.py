"""Perceptron: one neuron with a step, trained by the oldest learning rule (Rosenblatt 1958).

The rule moves the weights by lr * y * x for an example on the wrong side and leaves them alone
else: online gradient descent on the perceptron criterion max(0, -y s) of the score s. The step is
flat, so it is the score that is trained. (Adaline, which fits the score to y by squared error
instead, is `MLP(nin, [1])`: its output is linear.)
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from autograd import Value
from autograd.engine.table import greater
from nn.checks import Seed
from nn.layers.dense import Neuron
from nn.layers.init import Initialisation


class Perceptron(Neuron):
    """The Heaviside step of w . x + b: class +1 where the score is above 0, else class -1.

    In training mode it returns the score, for `nn.fit(..., loss="perceptron_loss", batch_size=1)`
    with labels -1 and 1; in evaluation mode, after `eval()`, the step. `nin`, `init`, `rng` and
    errors are as for `Neuron`, but for `rng`: by default the seed 0, as for `MLP`.
    """

    arguments: ClassVar = ("nin",)
    trains_on_scores = True

    def __init__(
        self, nin: int, *, init: str | Initialisation = "xavier", rng: Seed | None = None
    ) -> None:
        super().__init__(nin, activation="linear", init=init, rng=0 if rng is None else rng)

    def score(self, x: Sequence[Any]) -> Value:
        """Return w . x + b for the `nin` numbers or Values in `x`."""
        return super().forward(x)

    def forward(self, x: Sequence[Any]) -> Value:
        """Return the score in training mode; in evaluation mode 1 where it is above 0, else -1."""
        score = self.score(x)
        step: Value = score if self.training else 2.0 * greater(score, 0.0) - 1.0
        return step
