"""Scalar programs with a pattern that arrays have, beside NumPy by hand.

python benchmarks/patterns.py [factorisation] [spline] [sparse] [local] [elastic] [causal] ...

Value and gradient, float64, one thread: grids that are filled in part, rows that share no vector,
vectors that become known one after the other. NumPy by hand is what somebody writes who knows the
pattern, forward and backward; the compiler has to find it among scalars. "Compile" is CPU time
until the first answer, "MB" the most that Python and NumPy hold for it at a time.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from side_by_side import CompiledStep, Step, compare, table

import autograd
from autograd import Value, dot


@dataclass(frozen=True)
class Pattern:
    """A scalar function and its arguments; its parameters as arrays; value and gradients by hand.

    `values` are the parameters as nested lists of Values, in the order of `by_hand`'s gradients.
    """

    function: Callable[..., Value]
    values: tuple[Any, ...]
    by_hand: Callable[[], tuple[Any, ...]]
    arguments: tuple[Any, ...] = ()
    batch: bool = False

    def compiled(self) -> tuple[Any, Step]:
        """Return the program, not yet recorded, and its step."""
        program = autograd.compile(self.function, batch=self.batch)
        return program, lambda: program.value_and_grad(*self.arguments)


class Work:
    """What draws a pattern, as a setup for each peer."""

    def __init__(self, draw: Callable[[Any], Pattern]) -> None:
        self.draw = draw

    def drawn(self) -> Pattern:
        """Return the pattern, the same each time."""
        return self.draw(np.random.default_rng(0))

    def compiled(self) -> Step:
        """seegrad, compiled."""
        _, step = self.drawn().compiled()
        start = time.process_time()
        step()
        return CompiledStep(step, time.process_time() - start)

    def by_hand(self) -> Step:
        """NumPy by hand."""
        return self.drawn().by_hand

    def agree(self) -> float:
        """Check ours against NumPy by hand; return the megabytes that compiling took."""
        pattern = self.drawn()
        program, step = pattern.compiled()
        tracemalloc.start()
        value, gradient = step()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        found = {id(p): g for p, g in zip(program.parameters, gradient, strict=True)}
        right, *gradients = pattern.by_hand()
        np.testing.assert_allclose(value, right, rtol=1e-11)
        for leaves, expected in zip(pattern.values, gradients, strict=True):
            ours = [found.get(id(p), 0.0) for p in np.ravel(np.array(leaves, dtype=object))]
            np.testing.assert_allclose(ours, np.ravel(expected), rtol=1e-9, atol=1e-11)
        return most / 1e6


def values(array: Any) -> Any:
    """Return an array's numbers as Values in nested lists."""
    return [values(row) if np.ndim(row) else Value(float(row)) for row in array]


@Work
def factorisation(rng: Any) -> Pattern:
    """1,280 of 4,800 ratings as products of 8 numbers of a user with 8 of an item."""
    U, V = rng.normal(size=(80, 8)), rng.normal(size=(60, 8))
    known = rng.choice(80 * 60, 1280, replace=False)
    user, item, rating = known // 60, known % 60, rng.normal(size=1280)
    users, items = values(U), values(V)

    def function() -> Value:
        triples = zip(user.tolist(), item.tolist(), rating.tolist(), strict=True)
        return sum(((dot(users[u], items[i]) - r) ** 2 for u, i, r in triples), Value(0.0))

    def by_hand() -> tuple[Any, ...]:
        a, b = U[user], V[item]
        off = (a * b).sum(1) - rating
        slope = 2 * off[:, None]
        to_U, to_V = np.zeros_like(U), np.zeros_like(V)
        np.add.at(to_U, user, slope * b)
        np.add.at(to_V, item, slope * a)
        return off @ off, to_U, to_V

    return Pattern(function, (users, items), by_hand)


def _spline(rng: Any, count: int) -> Pattern:
    C, place, y = rng.normal(size=40), rng.uniform(0, 38.99, count), rng.normal(size=count)
    knot = place.astype(int)
    t = place - knot
    heights = values(C)

    def function() -> Value:
        triples = zip(knot.tolist(), t.tolist(), y.tolist(), strict=True)
        return sum(
            ((heights[k] * (1 - s) + heights[k + 1] * s - r) ** 2 for k, s, r in triples),
            Value(0.0),
        )

    def by_hand() -> tuple[Any, ...]:
        off = C[knot] * (1 - t) + C[knot + 1] * t - y
        to_C = np.zeros_like(C)
        np.add.at(to_C, knot, 2 * off * (1 - t))
        np.add.at(to_C, knot + 1, 2 * off * t)
        return off @ off, to_C

    return Pattern(function, (heights,), by_hand)


@Work
def spline(rng: Any) -> Pattern:
    """400 points on a linear spline of 40 knots."""
    return _spline(rng, 400)


@Work
def long_spline(rng: Any) -> Pattern:
    """1,200 points on it."""
    return _spline(rng, 1200)


@Work
def sparse(rng: Any) -> Pattern:
    """1,600 rows with 5 numbers that are not zero, each at places of its own."""
    W, x = rng.normal(size=(1600, 5)), rng.normal(size=300)
    at = np.array([rng.choice(300, 5, replace=False) for _ in range(1600)])
    weights = values(W)

    def function(x: Any) -> Value:
        rows = zip(weights, at.tolist(), strict=True)
        return sum((dot(w, [x[j] for j in places]) ** 2 for w, places in rows), Value(0.0))

    def by_hand() -> tuple[Any, ...]:
        picked = x[at]
        out = (W * picked).sum(1)
        return out @ out, 2 * out[:, None] * picked

    return Pattern(function, (weights,), by_hand, (x.tolist(),))


@Work
def local(rng: Any) -> Pattern:
    """32 pictures of 34 x 34, each of 1,024 windows with 9 weights of its own."""
    W, X = rng.normal(size=(1024, 9)), rng.normal(size=(32, 34, 34))
    weights = values(W)
    corners = [(i, j) for i in range(32) for j in range(32)]

    def function(picture: Any) -> Value:
        windows = ([picture[i + a][j + b] for a in range(3) for b in range(3)] for i, j in corners)
        pairs = zip(weights, windows, strict=True)
        return sum((dot(w, window) ** 2 for w, window in pairs), Value(0.0))

    def by_hand() -> tuple[Any, ...]:
        windows = sliding_window_view(X, (3, 3), axis=(1, 2)).reshape(32, 1024, 9)
        out = (windows * W).sum(-1)
        return (out * out).sum() / 32, np.einsum("bm,bmk->mk", out, windows) / 16

    return Pattern(function, (weights,), by_hand, (X,), batch=True)


@Work
def elastic(rng: Any) -> Pattern:
    """An elastic net's penalty of 16,000 weights."""
    W = rng.normal(size=16_000)
    weights = values(W)

    def function() -> Value:
        return sum((w * w + abs(w) for w in weights), Value(0.0))

    def by_hand() -> tuple[Any, ...]:
        return W @ W + np.abs(W).sum(), 2 * W + np.sign(W)

    return Pattern(function, (weights,), by_hand)


def _attention(rng: Any, causal: bool) -> Pattern:
    n, d = 64, 8
    Q, K, V = rng.normal(size=(3, d, d)) * 0.3
    X = rng.normal(size=(n, d))
    matrices = tuple(values(M) for M in (Q, K, V))
    scale = float(d) ** -0.5
    hidden = np.triu(np.full((n, n), -np.inf if causal else 0.0), 1)

    def function(X: Any) -> Value:
        queries, keys, contents = ([[dot(w, x) for w in M] for x in X] for M in matrices)
        total = Value(0.0)
        for i in range(n):
            last = i + 1 if causal else n
            shares = autograd.softmax([dot(queries[i], k) * scale for k in keys[:last]])
            for j in range(d):
                mixed = sum((s * v[j] for s, v in zip(shares, contents, strict=False)), Value(0.0))
                total = total + mixed * mixed
        return total

    def by_hand() -> tuple[Any, ...]:
        q, k, v = X @ Q.T, X @ K.T, X @ V.T
        e = np.exp(q @ k.T * scale + hidden)
        s = e / e.sum(1, keepdims=True)
        mixed = s @ v
        to_mixed = 2 * mixed
        to_s = to_mixed @ v.T
        to_scores = s * (to_s - (to_s * s).sum(1, keepdims=True)) * scale
        slopes = (to_scores @ k, to_scores.T @ q, s.T @ to_mixed)
        return (mixed * mixed).sum(), *(slope.T @ X for slope in slopes)

    return Pattern(function, matrices, by_hand, (X,))


@Work
def causal(rng: Any) -> Pattern:
    """Attention of 64 positions of 8 numbers, each to those before it."""
    return _attention(rng, causal=True)


@Work
def full(rng: Any) -> Pattern:
    """The same, each to all."""
    return _attention(rng, causal=False)


def _gram(rng: Any, pairs: list[tuple[int, int]]) -> Pattern:
    Y = rng.normal(size=(128, 8)) * 0.3
    vectors = values(Y)
    wanted = np.zeros((128, 128))
    wanted[tuple(zip(*pairs, strict=True))] = 1.0

    def function() -> Value:
        return sum((dot(vectors[i], vectors[j]) ** 2 for i, j in pairs), Value(0.0))

    def by_hand() -> tuple[Any, ...]:
        G = Y @ Y.T * wanted
        return (G * G).sum(), 2 * (G + G.T) @ Y

    return Pattern(function, (vectors,), by_hand)


@Work
def gram(rng: Any) -> Pattern:
    """Squared products of 128 vectors of 8 numbers, i < j."""
    return _gram(rng, [(i, j) for j in range(128) for i in range(j)])


@Work
def full_gram(rng: Any) -> Pattern:
    """The same, all i and j."""
    return _gram(rng, [(i, j) for j in range(128) for i in range(128)])


def _recurrent(rng: Any, steps: int) -> Pattern:
    A, B = rng.normal(size=(16, 16)) * 0.2, rng.normal(size=(16, 4)) * 0.2
    X = rng.normal(size=(steps, 4))
    matrices = values(A), values(B)

    def function(X: Any) -> Value:
        h: list[Any] = [0.0] * 16
        for x in X:
            h = [(dot(a, h) + dot(b, x)).tanh() for a, b in zip(*matrices, strict=True)]
        return sum(h, Value(0.0))

    def by_hand() -> tuple[Any, ...]:
        H = np.zeros((steps + 1, 16))
        for t, x in enumerate(X):
            H[t + 1] = np.tanh(A @ H[t] + B @ x)
        slope, D = np.ones(16), np.empty((steps, 16))
        for t in range(steps - 1, -1, -1):
            D[t] = slope * (1 - H[t + 1] ** 2)
            slope = A.T @ D[t]
        return H[-1].sum(), D.T @ H[:-1], D.T @ X

    return Pattern(function, matrices, by_hand, (X,))


@Work
def recurrent(rng: Any) -> Pattern:
    """A recurrent network of 16 numbers over 20 steps of 4."""
    return _recurrent(rng, 20)


@Work
def long_recurrent(rng: Any) -> Pattern:
    """The same over 800 steps."""
    return _recurrent(rng, 800)


WORK = [name for name, work in globals().items() if isinstance(work, Work)]


def main() -> None:
    """Check that both agree, then time them; a row for each work asked for."""
    rows: list[tuple[Any, ...]] = [
        ("work", "seegrad us", "by hand us", "ratio", "compile s", "MB compiling")
    ]
    for name in sys.argv[1:] or WORK:
        megabytes = globals()[name].agree()
        peers = {peer: f"{name}.{peer}" for peer in ("compiled", "by_hand")}
        seconds: dict[str, float] = {}
        ours, theirs = compare("patterns", peers, rounds=11, compiled=seconds).values()
        times = f"{1e6 * ours:.0f}", f"{1e6 * theirs:.0f}", f"{ours / theirs:.2f}"
        rows.append((name, *times, f"{seconds['compiled']:.2f}", f"{megabytes:.0f}"))
    print(table(rows))


if __name__ == "__main__":
    main()
