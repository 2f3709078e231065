"""Recurrent layers: a cell that walks over a sequence, several on top of each other.

What a layer answers at each position is the input of the next one. Invariant: the weights are the
same at every position, so a sequence may have any length, and all are reached by the gradient.
"""

from typing import Any, ClassVar

from nn.checks import Seed, check_size
from nn.layers.cells import (
    GRUStep,
    LSTMStep,
    Recurrent,
    RNNStep,
    check_nonlinearity,
    check_state,
    parts_of,
)
from nn.layers.dropout import Dropout
from nn.layers.init import Initialisation
from nn.layers.inputs import Vectors, check_vectors, is_nested


class RecurrentLayer(Recurrent):
    """Base class of RNN, GRU and LSTM: `num_layers` cells, of which each reads the one below.

    The parameters have PyTorch's names, `weight_ih_l0` for the cell that reads the input.
    `dropout` is the probability with which, in training, a number on its way from one layer to the
    next is 0. `init` and `rng` are as for `RNNCell`.

    Raises `ValueError` for a size below 1 or a `dropout` outside [0, 1).
    """

    arguments: ClassVar[tuple[str, ...]] = (
        *("input_size", "hidden_size", "num_layers"),
        *("bias", "dropout"),
    )

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        *,
        dropout: float = 0.0,
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self.num_layers = check_size("num_layers", num_layers)
        how = self.drawing(init, rng)
        for k in range(self.num_layers):
            self.draw(self.hidden_size if k else self.input_size, how, f"_l{k}")
        self.between = Dropout(dropout, seed=how.rng)

    def forward(self, input: Any, hx: Any = None) -> tuple[Vectors, Any]:
        """Return what the last layer says at each position, and the state after the last one.

        `input` is a list of vectors of `input_size` numbers, the answer a list of as many vectors
        of `hidden_size`. The state is h, `num_layers` vectors, of an LSTM (h, c); `hx` is the one
        before the first position, by default all 0. So PyTorch's layers answer.

        Raises `ValueError` or `TypeError` for vectors of another width or number.
        """
        sequence = check_vectors(self, input, self.input_size)
        n, last = self.num_layers, []
        parts = [[None] * n] * len(self.states) if hx is None else parts_of(self, hx)
        for name, part in zip(self.states, parts, strict=True):
            if not is_nested(part) or len(part) != n:
                found = f"{len(part)}" if is_nested(part) else f"{part!r:.40}"
                raise ValueError(f"{self!r} takes a vector of {name} for each layer, got {found}")
        for k, given in enumerate(zip(*parts, strict=True)):
            whole = None if hx is None else given if len(given) > 1 else given[0]
            state = check_state(self, whole)
            if k and self.dropout:
                sequence = self.between(sequence)
            weights, answers = self.weights(f"_l{k}"), []
            for x in sequence:
                state = self.step(weights, x, state)
                answers.append(state[0])
            sequence = answers
            last.append(state)
        ends = tuple(map(list, zip(*last, strict=True)))
        return sequence, ends if len(ends) > 1 else ends[0]

    @property
    def dropout(self) -> float:
        """The probability of a 0 between two layers."""
        return self.between.p

    def size(self) -> int:
        """Return how many parameters layers of these sizes have."""
        return self.count(self.input_size) + (self.num_layers - 1) * self.count(self.hidden_size)


class RNN(RNNStep, RecurrentLayer):
    """`RNNCell`s on a sequence, as PyTorch's RNN; see `RecurrentLayer` for the arguments."""

    arguments: ClassVar[tuple[str, ...]] = (
        *("input_size", "hidden_size", "num_layers", "nonlinearity"),
        *("bias", "dropout"),
    )

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        *,
        dropout: float = 0.0,
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        self.nonlinearity = check_nonlinearity(nonlinearity)
        super().__init__(
            input_size, hidden_size, num_layers, bias, dropout=dropout, init=init, rng=rng
        )


class GRU(GRUStep, RecurrentLayer):
    """`GRUCell`s on a sequence, as PyTorch's GRU; see `RecurrentLayer` for the arguments."""


class LSTM(LSTMStep, RecurrentLayer):
    """`LSTMCell`s on a sequence, as PyTorch's LSTM; see `RecurrentLayer` for the arguments."""
