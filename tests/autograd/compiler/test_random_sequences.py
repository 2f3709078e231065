"""Random programs over sequences: what re-rolling joins, fills up and looks up equals eager."""

from functools import reduce
from random import Random

import numpy as np
import pytest
from repeats import repeats

import autograd
from autograd import Value, dot, maximum, minimum, take
from autograd.compiler import paths, source


def normed(rows, rng):
    kind = rng.random() < 0.5
    found = []
    for row in rows:
        scale = (sum(v * v if kind else v**2 for v in row) / len(row) + 0.1) ** -0.5
        found.append([v * scale for v in row])
    return found


def attended(rows, rng):
    causal, by_hand = rng.random() < 0.7, rng.random() < 0.5
    found = []
    for i, row in enumerate(rows):
        seen = rows[: i + 1] if causal else rows
        scores = [dot(row, other) / 2.0 for other in seen]
        if by_hand:
            weights = [s.exp() for s in scores]
            total = sum(weights)
            shares = [w / total for w in weights]
        else:
            shares = autograd.softmax(scores)
        found.append(
            [sum(s * v[j] for s, v in zip(shares, seen, strict=True)) for j in range(len(row))]
        )
    return found


def linear(rows, rng, weights):
    matrix = weights(rng.randint(1, 4), len(rows[0]))
    spell = rng.choice((dot, lambda w, x: sum(a * b for a, b in zip(w, x, strict=True))))
    return [[spell(w, row) for w in matrix] for row in rows]


def extremes(rows, rng, weights):
    row = rng.choice((maximum, minimum))
    columns = [reduce(row, r) for r in rows]
    return [
        [v - c.detach() if rng.random() < 0.5 else v * c for v in r]
        for r, c in zip(rows, columns, strict=True)
    ]


def running(rows, rng, weights):
    (scales,) = weights(1, len(rows))
    return [
        [
            sum(w * r[j] for w, r in zip(scales, rows[: i + 1], strict=False))
            for j in range(len(rows[0]))
        ]
        for i in range(len(rows))
    ]


def pairs(rows, rng, weights):
    found = [dot(a, b) for i, a in enumerate(rows) for b in rows[:i]] or [dot(rows[0], rows[0])]
    total = sum(f * f + abs(f) for f in found)
    return [[v + total * 0.01 for v in row] for row in rows]


def bent(rows, rng, weights):
    function = rng.choice((autograd.tanh, autograd.relu, lambda v: v + v.sigmoid()))
    return [[function(v) for v in row] for row in rows]


STEPS = (
    lambda rows, rng, weights: normed(rows, rng),
    lambda rows, rng, weights: attended(rows, rng),
    *(linear, extremes, running, pairs, bent),
)


class Sequence:
    """`program(tokens, x)`: embeddings of tokens, a few layers drawn by a seed, one number."""

    def __init__(self, seed):
        rng = Random(seed)
        self.seed, self.parameters = seed, []
        self.length, self.width = rng.randint(1, 6), rng.randint(1, 4)
        self.table = self.weights(rng, 5, self.width)
        self.steps = [rng.choice(STEPS) for _ in range(rng.randint(2, 5))]
        self.drawn = [Random(rng.random()) for _ in self.steps]
        self.layers = {}

    def weights(self, rng, rows, columns):
        made = [[Value(rng.gauss(0.0, 0.7)) for _ in range(columns)] for _ in range(rows)]
        self.parameters += [p for row in made for p in row]
        return made

    def __call__(self, tokens, x):
        rows = [
            [v * (1.0 + y) for v in take(self.table, t)] for t, y in zip(tokens, x, strict=True)
        ]
        for i, (step, drawn) in enumerate(zip(self.steps, self.drawn, strict=True)):
            rng = Random(f"{self.seed} {i}")

            def weights(n, m, key=i, rng=drawn):
                if (key, n, m) not in self.layers:
                    self.layers[key, n, m] = self.weights(rng, n, m)
                return self.layers[key, n, m]

            rows = step(rows, rng, weights)
        return sum(v * (1.0 + 0.1 * i) for i, row in enumerate(rows) for v in row)


def eager(program, tokens, x):
    for p in program.parameters:
        p.grad = 0.0
    root = program(tokens, [Value(v) for v in x])
    root.backward()
    return root.data, np.array([p.grad for p in program.parameters])


@pytest.mark.parametrize("arrays", [True, False])
@pytest.mark.parametrize("block", range(repeats(2)))
def test_random_sequences_equal_eager(block, arrays, monkeypatch):
    if arrays:
        monkeypatch.setattr(paths, "OPERATIONS_A_CALL", 0)
        monkeypatch.setattr(paths, "NATIVE_A_CALL", 0)
        monkeypatch.setattr(paths, "FEW", 0)
        monkeypatch.setattr(source, "FUSING", 0 if block % 2 else source.FUSING)  # native loops
    for seed in range(12 * block, 12 * block + 12):
        program, rng = Sequence(seed), Random(seed + 1000)
        rows = [
            (
                [rng.randrange(5) for _ in range(program.length)],
                [rng.choice((-0.5, 0.0, 0.25, rng.gauss(0, 1))) for _ in range(program.length)],
            )
            for _ in range(3)
        ]
        expected = [eager(program, *row) for row in rows]
        scale = max(1.0, *[np.abs(g).max() for _, g in expected], *[abs(v) for v, _ in expected])
        single = autograd.compile(program)
        for row, (value, gradient) in zip(rows, expected, strict=True):
            found, slopes = single.value_and_grad(*row)
            assert found == pytest.approx(value, rel=1e-11, abs=1e-12 * scale), seed
            check(program, single, slopes, gradient, scale, seed)
        batch = autograd.compile(program, batch=True)
        columns = [list(column) for column in zip(*rows, strict=True)]
        assert batch(*columns) == pytest.approx(
            [v for v, _ in expected], rel=1e-11, abs=1e-12 * scale
        )
        _, slopes = batch.value_and_grad(*columns)
        check(program, batch, slopes, np.mean([g for _, g in expected], axis=0), scale, seed)


def check(program, compiled, slopes, gradient, scale, seed):
    known = dict(zip(compiled.parameters, slopes.tolist(), strict=True))
    found = np.array([known.get(p, 0.0) for p in program.parameters])
    assert np.abs(found - gradient).max() <= 1e-10 * scale, seed
