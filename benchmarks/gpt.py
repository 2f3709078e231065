"""A GPT written in scalars, one training step, on two Values: python benchmarks/gpt.py

27 tokens, 16 wide, 4 heads, one layer, 4,192 parameters, one document a step: the shape that people
write their engines for. The same network code runs on this engine's `Value` and on `Tuples`, a
Value of 60 lines that keeps children and local derivatives in tuples, the fastest of the ways such
a class is written; with the garbage collector as Python sets it and with it off.
"""

import math
import random
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from side_by_side import Step, compare, table

from autograd import Value

VOCABULARY, WIDTH, HEADS, CONTEXT = 27, 16, 4, 16
DOCUMENT = (26, 5, 13, 13, 1, 26, 3, 4, 8)
Vector = list[Any]
Matrix = list[Vector]


class Tuples:
    """A scalar with its children and the local derivative by each, and nothing else."""

    __slots__ = ("children", "data", "grad", "local")

    def __init__(self, data: float, children: tuple[Any, ...] = (), local: Any = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.children = children
        self.local = local

    def __add__(self, other: Any) -> "Tuples":
        other = other if isinstance(other, Tuples) else Tuples(other)
        return Tuples(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> "Tuples":
        other = other if isinstance(other, Tuples) else Tuples(other)
        return Tuples(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> "Tuples":
        return Tuples(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self) -> "Tuples":
        """Return e to the power of this."""
        e = math.exp(self.data)
        return Tuples(e, (self,), (e,))

    def log(self) -> "Tuples":
        """Return the natural logarithm."""
        return Tuples(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> "Tuples":
        """Return the positive part."""
        return Tuples(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Tuples":
        return self * -1.0

    def __sub__(self, other: Any) -> "Tuples":
        return self + (-other)

    def __truediv__(self, other: Any) -> "Tuples":
        return self * other**-1

    def backward(self) -> None:
        """Add up the gradients of all that this was computed from."""
        order: list[Tuples] = []
        seen: set[Tuples] = set()

        def visit(node: Tuples) -> None:
            if node not in seen:
                seen.add(node)
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            grad = node.grad
            for child, local in zip(node.children, node.local, strict=False):
                child.grad += local * grad


def linear(x: Vector, W: Matrix) -> Vector:
    """Return W x."""
    return [sum(w * v for w, v in zip(row, x, strict=True)) for row in W]


def softmax(logits: Vector) -> Vector:
    """Return the probabilities, shifted by the largest logit."""
    largest = max(v.data for v in logits)
    weights = [(v - largest).exp() for v in logits]
    total = sum(weights)
    return [w / total for w in weights]


def rms_norm(x: Vector) -> Vector:
    """Return x at a mean square of 1."""
    scale = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]


class GPT:
    """Weights and forward pass, one position at a time, on either Value."""

    def __init__(self, kind: Callable[[float], Any]) -> None:
        rng = random.Random(0)

        def matrix(rows: int, columns: int) -> Matrix:
            return [[kind(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.tokens, self.positions = matrix(VOCABULARY, WIDTH), matrix(CONTEXT, WIDTH)
        self.query, self.key, self.value, self.out = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.head = matrix(VOCABULARY, WIDTH)

    def parameters(self) -> Vector:
        """Return all 4,192."""
        return [p for matrix in vars(self).values() for row in matrix for p in row]

    def __call__(self, token: int, position: int, keys: Matrix, values: Matrix) -> Vector:
        """Return the logits of the next token; keys and values of this position are appended."""
        pairs = zip(self.tokens[token], self.positions[position], strict=True)
        x = rms_norm([a + b for a, b in pairs])
        normed = rms_norm(x)
        query = linear(normed, self.query)
        keys.append(linear(normed, self.key))
        values.append(linear(normed, self.value))
        mixed: Vector = []
        size = WIDTH // HEADS
        for start in range(0, WIDTH, size):
            part = slice(start, start + size)
            scores = [
                sum(q * k for q, k in zip(query[part], key[part], strict=True)) / size**0.5
                for key in keys
            ]
            shares = softmax(scores)
            for j in range(start, start + size):
                mixed.append(sum(s * v[j] for s, v in zip(shares, values, strict=True)))
        x = [a + b for a, b in zip(linear(mixed, self.out), x, strict=True)]
        hidden = [h.relu() for h in linear(rms_norm(x), self.up)]
        x = [a + b for a, b in zip(linear(hidden, self.down), x, strict=True)]
        return linear(x, self.head)


def step_on(kind: Callable[[float], Any]) -> Step:
    """One document, forward, backward and update."""
    sys.setrecursionlimit(100_000)  # of the 60 lines; this engine does not recurse
    model = GPT(kind)
    parameters = model.parameters()
    assert len(parameters) == 4192

    def step() -> None:
        keys: Matrix = []
        values: Matrix = []
        losses = []
        for position, (token, target) in enumerate(pairwise(DOCUMENT)):
            losses.append(-softmax(model(token, position, keys, values))[target].log())
        loss = sum(losses) * (1.0 / len(losses))
        loss.backward()
        for p in parameters:
            p.data -= 0.01 * p.grad
            p.grad = 0.0

    return step


def tuples() -> Step:
    """The step on 60 lines."""
    return step_on(Tuples)


def seegrad() -> Step:
    """The step on this engine."""
    return step_on(Value)


def main() -> None:
    """Print the table."""
    peers = {"a Value of 60 lines": "tuples", "seegrad": "seegrad"}
    rows: list[tuple[Any, ...]] = [("GPT, one step", "collector", "median ms", "time")]
    for collect in (True, False):
        medians = compare("gpt", peers, rounds=15, collect=collect)
        for name, seconds in medians.items():
            share = f"{seconds / medians['a Value of 60 lines']:.2f}"
            rows.append(
                (name, "as Python sets it" if collect else "off", f"{1e3 * seconds:.0f}", share)
            )
    print(table(rows))


if __name__ == "__main__":
    main()
