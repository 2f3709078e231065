"""Attention: every position asks all positions, and is answered by a mean of what they say.

At each position a query, a key and a value are computed. How much position i takes from position j
is the softmax over j of query i . key j / sqrt(d); what it gets is that mean of the values. Several
heads do so side by side, each with its share of the numbers. Invariant: where attention is causal
no position takes anything from a later one.

Vaswani et al., Attention is all you need (2017).
"""

import math
from typing import Any, ClassVar

from autograd import Value, dot, softmax
from autograd.engine.value import as_value
from nn.checks import Seed, check_size, flag
from nn.layers.dense import Linear, affine
from nn.layers.described import Described
from nn.layers.dropout import Dropout
from nn.layers.init import Drawing, Initialisation
from nn.layers.inputs import Vectors, check_vectors


class MultiHeadAttention(Described):
    """Attention of `num_heads` heads on vectors of `embed_dim` numbers, PyTorch's of that name.

    The parameters have PyTorch's names: `in_proj_weight` and `in_proj_bias` make queries, keys and
    values, in this order, and the layer `out_proj` mixes the heads' answers; `bias` False leaves
    out the biases of both. `dropout` is the probability with which, in training, a position is not
    listened to. `init`, by default "xavier", and `rng` are as for `Neuron`; biases are 0 at first.

    Raises `ValueError` where `num_heads` does not divide `embed_dim`, and for sizes below 1.
    """

    arguments: ClassVar = ("embed_dim", "num_heads", "dropout", "bias")

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        init: str | Initialisation = "xavier",
        rng: Seed | None = None,
    ) -> None:
        self.embed_dim = n = check_size("embed_dim", embed_dim)
        self.num_heads = check_size("num_heads", num_heads)
        if n % num_heads:
            raise ValueError(
                f"`num_heads` must divide `embed_dim`, so that all heads are equally wide, got "
                f"{num_heads} heads for {n} numbers"
            )
        self.bias = flag("bias", bias)
        how = Drawing.checked(init, rng)
        self.in_proj_weight = how.matrix(3 * n, n)
        self.in_proj_bias = [Value(0.0) for _ in range(3 * n)] if self.bias else None
        self.out_proj = Linear(n, n, self.bias, init=how.draw, rng=how.rng)
        self.listening = Dropout(dropout, seed=how.rng)

    @property
    def dropout(self) -> float:
        """The probability that a position is not listened to."""
        return self.listening.p

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        *,
        need_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Vectors, Vectors | None]:
        """Return the answer at each position of `query`, and what each position counted.

        All three are lists of vectors of `embed_dim` numbers, `key` and `value` of one length;
        in self-attention they are the same list. The second result has a row for each query and a
        number for each key, the mean of the heads', as PyTorch's; with `is_causal` it is 0 for
        each later position. It is None, and costs nothing, without `need_weights`.

        Raises `ValueError` or `TypeError` for vectors of another width, or not as many.
        """
        causal, need_weights = flag("is_causal", is_causal), flag("need_weights", need_weights)
        n, found = self.embed_dim, []
        for i, sequence in enumerate((query, key, value)):  # each by a third of the matrix's rows
            third = slice(i * n, (i + 1) * n)
            biases = self.in_proj_bias and self.in_proj_bias[third]
            vectors = check_vectors(self, sequence, n)
            found.append([affine(self.in_proj_weight[third], biases, x) for x in vectors])
        q, k, v = found
        if len(k) != len(v) or (causal and len(q) != len(k)):
            raise ValueError(
                f"{self!r} takes as many values as keys{' and queries' * causal}, got {len(q)} "
                f"queries, {len(k)} keys and {len(v)} values"
            )
        width = n // self.num_heads
        heads = [slice(start, start + width) for start in range(0, n, width)]
        answers, attention = [], []
        for i, asked in enumerate(q):
            seen = i + 1 if causal else len(k)
            shares, mixed = [], []
            for head in heads:
                scores = [dot(asked[head], key[head]) / math.sqrt(width) for key in k[:seen]]
                weights = softmax(scores)
                if self.dropout:
                    weights = self.listening(weights)
                shares.append(weights)
                columns = zip(*[value[head] for value in v[:seen]], strict=True)
                mixed += [dot(weights, column) for column in columns]
            answers.append(self.out_proj(mixed))
            if need_weights:
                means = [sum(c[1:], c[0]) / len(heads) for c in zip(*shares, strict=True)]
                attention.append(means + [as_value(0.0)] * (len(k) - seen))
        return answers, attention if need_weights else None

    def size(self) -> int:
        """Return how many parameters attention of this width has."""
        return 4 * self.embed_dim * (self.embed_dim + self.bias)
