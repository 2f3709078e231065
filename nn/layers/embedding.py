"""Embedding: a vector for each token, looked up by its number and learnt as any weights are.

It is a linear layer on one-hot vectors, with the products by 0 left out. Invariant: a token is a
whole number of 0 to num_embeddings - 1; anything else is an error and never another token.
"""

from typing import Any, ClassVar

from autograd import Value, take
from autograd.engine.number import as_float
from nn.checks import Seed, check_size
from nn.layers.described import Described
from nn.layers.init import Drawing, Initialisation
from nn.layers.inputs import is_nested


class Embedding(Described):
    """A table of `num_embeddings` vectors of `embedding_dim` numbers; as PyTorch's Embedding.

    `init` and `rng` are as for `Neuron`; by default the numbers are drawn from the normal
    distribution, as PyTorch's. To tie an output layer to it, `head.weight = embedding.weight`.
    """

    arguments: ClassVar = ("num_embeddings", "embedding_dim")

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        init: str | Initialisation = "normal",
        rng: Seed | None = None,
    ) -> None:
        self.num_embeddings = check_size("num_embeddings", num_embeddings)
        self.embedding_dim = check_size("embedding_dim", embedding_dim)
        self.weight = Drawing.checked(init, rng).matrix(num_embeddings, embedding_dim)

    def size(self) -> int:
        """Return how many parameters a table of this shape has."""
        return self.num_embeddings * self.embedding_dim

    def forward(self, x: Any) -> Any:
        """Return the vector of a token, or for a list of tokens a list of vectors.

        Raises `IndexError` for a number that is no token, `ValueError` for one that is not whole,
        `TypeError` for what is no number.
        """
        if is_nested(x):
            return [self.forward(token) for token in x]
        if isinstance(x, Value):  # perhaps an argument of a compiled model
            found: list[Value] = take(self.weight, x)
            return found
        token = as_float(x, "token")
        if not token.is_integer():
            raise ValueError(f"{self!r} takes tokens, which are whole numbers, got {x!r:.40}")
        if not 0.0 <= token < self.num_embeddings:
            raise IndexError(
                f"{self!r} takes tokens from 0 to {self.num_embeddings - 1}, got {x!r:.40}"
            )
        return list(self.weight[int(token)])
