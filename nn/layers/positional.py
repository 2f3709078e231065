"""Positions: vectors that are added to those of a sequence, so that order makes a difference.

Attention sees its inputs as a set. What is added at each position is learnt (`PositionalEmbedding`)
or fixed (`PositionalEncoding`). Invariant: position 0 is the first of what is given.
"""

import math
from typing import Any, ClassVar

from autograd import Value
from nn.checks import Seed, check_size
from nn.layers.described import Described
from nn.layers.init import Drawing, Initialisation
from nn.layers.inputs import Vectors, check_vectors


class PositionalEmbedding(Described):
    """Adds a learnt vector at each of up to `max_len` positions, as GPT does.

    The parameter `weight` is a table as that of an `Embedding`; `embedding_dim`, `init` and `rng`
    are as for `Embedding`.
    """

    arguments: ClassVar = ("max_len", "embedding_dim")

    def __init__(
        self,
        max_len: int,
        embedding_dim: int,
        *,
        init: str | Initialisation = "normal",
        rng: Seed | None = None,
    ) -> None:
        self.max_len = check_size("max_len", max_len)
        self.embedding_dim = check_size("embedding_dim", embedding_dim)
        self.weight = Drawing.checked(init, rng).matrix(max_len, embedding_dim)

    def size(self) -> int:
        """Return how many parameters a table of this shape has."""
        return self.max_len * self.embedding_dim

    def forward(self, x: Any) -> Vectors:
        """Return a list of vectors, each plus that of its position.

        Raises `ValueError` for more than `max_len` vectors, or of another width.
        """
        vectors = check_vectors(self, x, self.embedding_dim)
        if len(vectors) > self.max_len:
            raise ValueError(
                f"{self!r} has {self.max_len} positions, got {len(vectors)} vectors: build it for "
                "the longest sequence"
            )
        return [_sum(v, w) for v, w in zip(vectors, self.weight, strict=False)]


class PositionalEncoding(Described):
    """Adds sin(p / 10000^(2i/d)) and cos(p / 10000^(2i/d)) at position p, in turn; d = `d_model`.

    Vaswani et al., Attention is all you need (2017), section 3.5. Nothing is learnt, and there is
    no longest sequence.
    """

    arguments: ClassVar = ("d_model",)

    def __init__(self, d_model: int) -> None:
        self.d_model = check_size("d_model", d_model)

    def forward(self, x: Any) -> Vectors:
        """Return a list of vectors, each plus the waves at its position.

        Raises `ValueError` for vectors of another width.
        """
        vectors = check_vectors(self, x, self.d_model)
        return [_sum(v, self.waves(p)) for p, v in enumerate(vectors)]

    def waves(self, position: int) -> list[float]:
        """Return the `d_model` numbers that are added at a position."""
        angles = [position / 10000.0 ** (i // 2 * 2 / self.d_model) for i in range(self.d_model)]
        return [math.cos(a) if i % 2 else math.sin(a) for i, a in enumerate(angles)]


def _sum(a: list[Value], b: Any) -> list[Value]:
    return [x + y for x, y in zip(a, b, strict=True)]
