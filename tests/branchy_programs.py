"""Random programs with branches on data with one decimal, where sums often tie or nearly tie.

Written as students write them: leaky relus, clips and absolute values by `if`, Python's `max` and
`min`, thresholds of sums and dots. On Values it is eager code, compiled it must decide alike.
"""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import autograd
from autograd import Value

LEVELS = (-1.0, -0.5, -0.1, 0.0, 0.1, 0.3, 0.5, 1.0)


def leaky(x: Any, c: float) -> Any:
    """A leaky relu by hand."""
    return x if x > 0 else c * x


def absolute(x: Any, c: float) -> Any:
    """|x - c| by hand."""
    return x - c if x >= c else c - x


def clip(x: Any, c: float) -> Any:
    """Between the bounds c - 1 and c."""
    return min(max(x, c - 1.0), c)


def relu(x: Any, c: float) -> Any:
    """A relu that returns a bare number on one side."""
    return max(0.0, x) if c > 0 else max(0, x)


def step(x: Any, c: float) -> Any:
    """Two branches that are further apart than rounding."""
    return x * x if x < c else x + 2.0


def hinge(x: Any, c: float) -> Any:
    """0 at a distance, as a number."""
    return 1.0 - c * x if c * x < 1.0 else 0.0


def smooth(x: Any, c: float) -> Any:
    """What NumPy may round otherwise than libm, around a level that it takes often."""
    e = autograd.exp(x) - autograd.exp(c)
    return e if e > 0 else -2.0 * e


KINKS: list[Callable[[Any, float], Any]] = [leaky, absolute, clip, relu, step, hinge, smooth]


def decimal(rng: Random) -> float:
    """A number with one decimal."""
    return rng.randint(-9, 9) / 10


class BranchyProgram:
    """`program(xs)` from the arguments and the parameters; `rows` are arguments for it."""

    def __init__(self, rng: Random) -> None:
        self.width = rng.randint(1, 6)
        self.parameters = [Value(decimal(rng)) for _ in range(rng.randint(1, 6))]
        self.rows = [[decimal(rng) for _ in range(self.width)] for _ in range(rng.randint(1, 8))]
        self.units = []
        known = self.width
        for _ in range(rng.randint(1, 4)):
            picks = [rng.randrange(known) for _ in range(rng.randint(1, 8))]
            weights = [rng.randrange(len(self.parameters)) for _ in picks]
            how = rng.choice(("dot", "sum", "plain", "mean", "bias"))
            self.units.append((how, picks, weights, rng.choice(KINKS), rng.choice(LEVELS)))
            known += 1

    def __call__(self, xs: Any) -> Any:
        """Return the sum of the units, each a kink of a sum."""
        nodes = list(xs)
        for how, picks, weights, kink, level in self.units:
            inputs = [nodes[i] for i in picks]
            ws = [self.parameters[i] for i in weights]
            if how == "dot":
                total = autograd.dot(ws, inputs)
            elif how == "plain":
                total = sum(inputs)
            elif how == "mean":
                total = sum(inputs) / len(inputs) - ws[0]
            else:
                total = sum(w * x for w, x in zip(ws, inputs, strict=True))
                if how == "bias":
                    total = ws[0] + total + level - inputs[0]
            nodes.append(kink(total, level))
        return sum(nodes[self.width :])


def eager(program: Any, row: list[float]) -> tuple[float, list[float]]:
    """The value and the gradient by `backward`."""
    for p in program.parameters:
        p.grad = 0.0
    result = program([Value(x) for x in row])
    if not isinstance(result, Value):
        return float(result), [0.0] * len(program.parameters)
    result.backward()
    return result.data, [p.grad for p in program.parameters]


def close(a: float, b: float) -> bool:
    """Whether two numbers differ by rounding only; another branch differs by far more."""
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) or (a != a and b != b)


def faults(seed: int) -> list[str]:
    """What one program does otherwise compiled than eager, call after call."""
    rng = Random(seed)
    program = BranchyProgram(rng)
    expected = [eager(program, row) for row in program.rows]
    found = []
    batch = autograd.compile(program, batch=True)
    single = autograd.compile(program)
    n = len(program.rows)
    for attempt in range(2):
        chosen = rng.sample(range(n), rng.randint(1, n)) if not attempt else list(range(n))
        rows = [program.rows[i] for i in chosen]
        values, (_, slopes) = batch(rows), batch.value_and_grad(rows)
        wanted = [expected[i][0] for i in chosen]
        if not all(map(close, values, wanted)):
            found.append(f"batch values {list(values)}, eager {wanted}")
        gradient = dict(zip(batch.parameters, slopes, strict=True))
        for i, p in enumerate(program.parameters):
            mean = sum(expected[j][1][i] for j in chosen) / len(chosen)
            if not close(gradient.get(p, 0.0), mean):
                found.append(f"batch gradient {gradient.get(p, 0.0)}, eager {mean}")
        for j in chosen:
            value, slopes = single.value_and_grad(program.rows[j])
            gradient = dict(zip(single.parameters, slopes, strict=True))
            if value != expected[j][0]:
                found.append(f"value {value}, eager {expected[j][0]}")
            for p, slope in zip(program.parameters, expected[j][1], strict=True):
                if not close(gradient.get(p, 0.0), slope):
                    found.append(f"gradient {gradient.get(p, 0.0)}, eager {slope}")
    return found
