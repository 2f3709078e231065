"""A GPT written in scalars, one training step, on two Values: python benchmarks/gpt.py

27 tokens, 16 wide, 4 heads, one layer, 4,192 parameters, one document a step: the shape that people
write their engines for. The same network code runs on this engine's `Value` and on `Tuples`, a
Value of 60 lines that keeps children and local derivatives in tuples, the fastest of the ways such
a class is written; with the garbage collector as Python sets it and with it off. Then value and
gradient for 16 tokens, which are arguments, compiled, beside NumPy by hand, PyTorch and JAX. Last,
1,000 names of all lengths, one a step, with Adam and all compiling, each length by a program of its
own and padded to one, beside the 60 lines on the first 50, with the collector off for these.
"""

import gc
import math
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from side_by_side import CompiledStep, Step, compare, table

import autograd
import nn
from autograd import Value, take

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
        pairs = zip(take(self.tokens, token), self.positions[position], strict=True)
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


def losses_of(model: GPT, tokens: Vector, targets: Vector) -> Vector:
    """The surprise at each next token."""
    keys: Matrix = []
    values: Matrix = []
    losses = []
    for position, (token, target) in enumerate(zip(tokens, targets, strict=True)):
        shares = softmax(model(token, position, keys, values))
        losses.append(-take(shares, target).log())
    return losses


def loss_of(model: GPT, tokens: Vector, targets: Vector) -> Any:
    """The mean surprise at each next token."""
    losses = losses_of(model, tokens, targets)
    return sum(losses) * (1.0 / len(losses))


def step_on(kind: Callable[[float], Any]) -> Step:
    """One document, forward, backward and update."""
    sys.setrecursionlimit(100_000)  # of the 60 lines; this engine does not recurse
    model = GPT(kind)
    parameters = model.parameters()
    assert len(parameters) == 4192

    def step() -> None:
        loss_of(model, list(DOCUMENT[:-1]), list(DOCUMENT[1:])).backward()
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


LONG = [(7 * i + 3) % VOCABULARY for i in range(CONTEXT + 1)]


def compiled() -> Step:
    """Value and gradient of 16 tokens by a program."""
    model = GPT(Value)
    program = autograd.compile(lambda tokens, targets: loss_of(model, tokens, targets))
    start = time.process_time()
    program.value_and_grad(LONG[:-1], LONG[1:])
    seconds = time.process_time() - start

    def step() -> Any:
        return program.value_and_grad(LONG[:-1], LONG[1:])

    return CompiledStep(step, seconds)


def by_hand() -> Step:
    """The same in NumPy, forward and backward written out."""
    model = GPT(float)
    matrices = {name: np.array(m) for name, m in vars(model).items()}
    tokens, targets = np.array(LONG[:-1]), np.array(LONG[1:])
    n, size = len(tokens), WIDTH // HEADS
    mask = np.triu(np.full((n, n), -np.inf), 1)

    def norm(x: Any) -> tuple[Any, Any]:
        scale = (np.mean(x * x, axis=1, keepdims=True) + 1e-5) ** -0.5
        return x * scale, scale

    def back(upstream: Any, y: Any, scale: Any) -> Any:
        return scale * (upstream - y * np.mean(upstream * y, axis=1, keepdims=True))

    def heads(x: Any) -> Any:
        return x.reshape(n, HEADS, size).transpose(1, 0, 2)

    def joined(x: Any) -> Any:
        return x.transpose(1, 0, 2).reshape(n, WIDTH)

    def step() -> Any:
        W = matrices
        x, first = norm(W["tokens"][tokens] + W["positions"][:n])
        h, second = norm(x)
        q, k, v = (heads(h @ W[name].T) for name in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / size**0.5 + mask
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares = weights / weights.sum(axis=2, keepdims=True)
        mixed = joined(shares @ v)
        between = mixed @ W["out"].T + x
        g, third = norm(between)
        hidden = np.maximum(g @ W["up"].T, 0.0)
        last = hidden @ W["down"].T + between
        logits = last @ W["head"].T
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        loss = -np.log(probabilities[range(n), targets]).mean()

        probabilities[range(n), targets] -= 1.0
        to_logits = probabilities / n
        to_last = to_logits @ W["head"]
        to_hidden = to_last @ W["down"] * (hidden > 0.0)
        to_between = to_last + back(to_hidden @ W["up"], g, third)
        to_mixed = heads(to_between @ W["out"])
        to_shares = to_mixed @ v.transpose(0, 2, 1)
        inner = (to_shares * shares).sum(axis=2, keepdims=True)
        to_scores = shares * (to_shares - inner) / size**0.5
        to_q, to_k = joined(to_scores @ k), joined(to_scores.transpose(0, 2, 1) @ q)
        to_v = joined(shares.transpose(0, 2, 1) @ to_mixed)
        to_h = to_q @ W["query"] + to_k @ W["key"] + to_v @ W["value"]
        to_x = back(to_between + back(to_h, h, second), x, first)
        gradient = {
            **{"head": to_logits.T @ last, "down": to_last.T @ hidden, "up": to_hidden.T @ g},
            **{"out": to_between.T @ mixed, "query": to_q.T @ h, "key": to_k.T @ h},
            **{"value": to_v.T @ h, "tokens": np.zeros((VOCABULARY, WIDTH)), "positions": to_x},
        }
        np.add.at(gradient["tokens"], tokens, to_x)
        return loss, gradient

    return step


def torch() -> Step:
    """The same in PyTorch."""
    from gpt_peers import torch_step

    return torch_step(np.array([LONG]))


def jax() -> Step:
    """The same in JAX."""
    from gpt_peers import jax_step

    return jax_step(np.array([LONG]))


def documents(count: int) -> list[list[int]]:
    """Names as tokens, token 0 before and after, cut to the context."""
    text = nn.data.load("names")
    return [text.encode(f"\n{name}\n")[: CONTEXT + 1] for name in text.lines[:count]]


class Adam:
    """Adam as copies of the scalar GPT have it, on arrays."""

    def __init__(self) -> None:
        self.steps, self.mean, self.square = 0, 0.0, 0.0

    def change(self, gradient: Any) -> Any:
        """Return what to take off the parameters."""
        self.steps += 1
        self.mean = 0.85 * self.mean + 0.15 * gradient
        self.square = 0.99 * self.square + 0.01 * gradient * gradient
        mean = self.mean / (1.0 - 0.85**self.steps)
        return 0.01 * mean / (np.sqrt(self.square / (1.0 - 0.99**self.steps)) + 1e-8)


def train_tuples(names: list[list[int]]) -> list[float]:
    """Train on the 60 lines; return the losses."""
    sys.setrecursionlimit(100_000)
    model, adam, losses = GPT(Tuples), Adam(), []
    parameters = model.parameters()
    for name in names:
        loss = loss_of(model, name[:-1], name[1:])
        loss.backward()
        losses.append(loss.data)
        change = adam.change(np.array([p.grad for p in parameters]))
        for p, step in zip(parameters, change.tolist(), strict=True):
            p.data -= step
            p.grad = 0.0
    return losses


def train_compiled(names: list[list[int]]) -> list[float]:
    """Train by the program as it stands, recorded for each length; return the losses."""
    model = GPT(Value)
    adam = nn.Adam(model.parameters(), lr=0.01, betas=(0.85, 0.99))
    program = autograd.compile(lambda tokens, targets: loss_of(model, tokens, targets))
    return [adam.step(program, name[:-1], name[1:]) for name in names]


def train_padded(names: list[list[int]]) -> list[float]:
    """Train by one program for all lengths: names end in tokens whose losses weigh 0."""
    model = GPT(Value)
    adam = nn.Adam(model.parameters(), lr=0.01, betas=(0.85, 0.99))
    longest = max(map(len, names)) - 1

    @autograd.compile
    def loss(tokens: Vector, targets: Vector, weights: Vector) -> Any:
        losses = losses_of(model, tokens, targets)
        return sum(w * each for w, each in zip(weights, losses, strict=True))

    losses = []
    for name in names:
        n = len(name) - 1
        padding = [0] * (longest - n)
        weights = [1.0 / n] * n + [0.0] * (longest - n)
        losses.append(adam.step(loss, name[:-1] + padding, name[1:] + padding, weights))
    return losses


def training() -> list[tuple[Any, ...]]:
    """The rows of the training: seconds a thousand names, and how far the losses are apart."""
    names = documents(1000)
    gc.disable()
    start = time.process_time()
    expected = train_tuples(names[:50])
    by_tuples = 20.0 * (time.process_time() - start)
    gc.enable()
    rows: list[tuple[Any, ...]] = [
        ("1,000 names, one a step, Adam", "CPU seconds", "times faster", "losses apart"),
        ("a Value of 60 lines, 20 x 50 names", f"{by_tuples:.0f}", "1.0", ""),
    ]
    for what, train in (("each length", train_compiled), ("padded to one length", train_padded)):
        start = time.process_time()
        found = train(names)
        seconds = time.process_time() - start
        apart = max(abs(a / b - 1.0) for a, b in zip(found, expected, strict=False))
        ratio = f"{by_tuples / seconds:.1f}"
        rows.append((f"seegrad, compiled, {what}", f"{seconds:.1f}", ratio, f"{apart:.0e}"))
    return rows


def main() -> None:
    """Print the tables."""
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
    seconds: dict[str, float] = {}
    peers = {
        "seegrad, compiled": "compiled",
        "NumPy by hand": "by_hand",
        "PyTorch": "torch",
        "JAX, jit": "jax",
    }
    medians = compare("gpt", peers, rounds=15, compiled=seconds)
    rows = [("GPT, 16 tokens, value and gradient", "median us", "time", "to compile, s")]
    for name, median in medians.items():
        share = f"{median / medians['NumPy by hand']:.1f}"
        rows.append((name, f"{1e6 * median:.0f}", share, f"{seconds.get(name, 0.0):.1f}"))
    print(table(rows))
    print(table(training()))


if __name__ == "__main__":
    main()
