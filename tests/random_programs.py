"""Random scalar programs over all primitives: shared nodes, constants, branches, unused inputs.

A program is a list of steps drawn once; running it on numbers, Values or arrays gives the same
expression. Steps that leave the moderate numbers on the sample rows are not kept, so that what
is compared is the computation and not the amplification of rounding.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from random import Random
from typing import Any

import autograd
from autograd import Value

UNARY: list[Callable[[Any], Any]] = [
    *(autograd.exp, autograd.expm1, autograd.sin, autograd.cos, autograd.arctan, autograd.tanh),
    *(autograd.arcsinh, autograd.sigmoid, autograd.softplus, autograd.relu, autograd.abs),
    *(autograd.erf, autograd.sinh, autograd.cosh, autograd.tan),
    lambda x: -x,
    lambda x: x**2,
    lambda x: x**3,
    lambda x: autograd.log(1.5 + x * x),
    lambda x: autograd.log1p(x * x),
    lambda x: autograd.sqrt(0.5 + x * x),
    lambda x: autograd.arcsin(0.9 * autograd.tanh(x)),
    lambda x: autograd.arccos(0.9 * autograd.sin(x)),
    lambda x: autograd.arctanh(0.9 * autograd.sin(x)),
    lambda x: autograd.arccosh(1.5 + x * x),
    lambda x: (0.5 + x * x) ** 0.3,
    lambda x: 2**x,
    lambda x: 1.5 * x,
    lambda x: x - 0.25,
    lambda x: 1 / (2 + x),
]
BINARY: list[Callable[[Any, Any], Any]] = [
    *(autograd.maximum, autograd.minimum),
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x * y,
    lambda x, y: x / (1.5 + y * y),
    lambda x, y: (0.5 + x * x) ** y,
    lambda x, y: autograd.where(x > y, x, 2 * y),
    lambda x, y: x if x < y else y * 3,
]
MANY: list[Callable[[list[Any]], Any]] = [
    autograd.logsumexp,
    lambda xs: autograd.softmax(xs)[0],
    lambda xs: autograd.dot(xs, xs[::-1]),
    lambda xs: autograd.dot(xs, [0.5 + i for i in range(len(xs))]),
    sum,
    lambda xs: sum((x * y for x, y in pairwise(xs)), xs[0]),
    lambda xs: sum(xs) / len(xs),
]


class RandomProgram:
    """`program(xs)` gives the last node (or a list), from the arguments and the parameters."""

    def __init__(self, rng: Random, rows: list[list[float]], steps: int = 14) -> None:
        self.parameters = [Value(rng.uniform(-1.5, 1.5)) for _ in range(rng.randint(0, 4))]
        self.constants = [rng.uniform(-2, 2), 0.0, 1.0]
        self.steps: list[tuple[Any, list[int]]] = []
        pools = [self._leaves(row) for row in rows]
        while len(self.steps) < steps:
            kind = rng.choice((UNARY, BINARY, MANY))
            function: Any = rng.choice(kind)
            count = {id(UNARY): 1, id(BINARY): 2, id(MANY): rng.randint(2, 5)}[id(kind)]
            picks = [rng.randrange(len(pools[0])) for _ in range(count)]
            made = [_apply(function, pool, picks, kind is MANY) for pool in pools]
            numbers = [m.data if isinstance(m, Value) else m for m in made]
            slopes = [abs(p) for m in made if isinstance(m, Value) for p in m.partials]
            if all(1e-3 < abs(x) < 30 for x in numbers) and max(slopes, default=0.0) < 30:
                self.steps.append((function, picks))
                for pool, value in zip(pools, made, strict=True):
                    pool.append(value)

    def _leaves(self, xs: list[Any]) -> list[Any]:
        return [*xs, *self.parameters, *self.constants]

    def __call__(self, xs: list[Any]) -> Any:
        pool = self._leaves(xs)
        for function, picks in self.steps:
            many = function in MANY
            pool.append(_apply(function, pool, picks, many))
        # A Value, whatever the last step used.
        return pool[-1] + 0.5 * pool[-2] + xs[0]


def _apply(function: Any, pool: list[Any], picks: list[int], many: bool) -> Any:
    operands = [pool[i] for i in picks]
    return function(operands) if many else function(*operands)


def condition(root: Value, least: Mapping[str, float] | None = None) -> dict[Value, float]:
    """For each node the sum over all ways from `root` of the absolute products of partials.

    `least` gives, by row, the size whose rounding a smaller partial is subject to: where another
    engine forms it as a difference of larger numbers.
    """
    from autograd.engine.graph import topological_order

    least = least or {}
    flow = {root: 1.0}
    for node in reversed(topological_order(root)):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            size = max(abs(partial), least.get(node.op, 0.0))
            flow[parent] = flow.get(parent, 0.0) + flow.get(node, 0.0) * size
    return {node: x if math.isfinite(x) else math.inf for node, x in flow.items()}
