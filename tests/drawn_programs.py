"""Programs over every row of the table, drawn by hypothesis: shared nodes, constants, branches.

A program is a list of steps; each names a row, or a form written with operators, and the nodes
it takes. The root adds up all nodes that no step takes, so whatever was drawn counts. Steps that
leave the moderate numbers on the sample rows, or come close to a kink without being on it, are
not kept: what is compared is the computation, not the amplification of rounding.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import add, mul, neg, sub
from typing import Any

from hypothesis import strategies as st
from samples import SAMPLES

import autograd
from autograd import Value
from autograd.engine.primitive import TABLE

Function = Callable[..., Any]
Library = Mapping[str, Function]


def half(xs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Two vectors of one length; of an odd number, both take the one in the middle."""
    n = (len(xs) + 1) // 2
    return list(xs[:n]), list(xs[-n:])


def choice(x: Any, *xs: Any) -> Any:
    """From 0 to less than the number of the others."""
    return (len(xs) - 1e-5) / (1.0 + x * x)


# Steps that operators write, on the numbers of any library.
OPERATORS: Library = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": lambda x, y: x / (1.5 + y * y),
    "neg": neg,
    "mod": lambda x, y: x % (1.5 + y * y),
    "**": lambda x, c: x**c,
    "pow": lambda x, y: x**y,
    "branch": lambda x, y: x if x < y else y * 3.0,
    "sum": lambda *xs: sum(xs, 0.25),
    "products": lambda *xs: reduce(add, map(mul, *half(xs))),
}
OURS: Library = {
    **TABLE,
    "detach": lambda x: x.detach(),
    "where": lambda x, y: autograd.where(x > y, x, 2.0 * y),
    "logsumexp": lambda *xs: autograd.logsumexp(xs),
    "dot": lambda *xs: autograd.dot(*half(xs)),
    "softmax": lambda *xs: autograd.softmax(xs)[0],
    "floor_divide": lambda x, y: x // (1.5 + y * y),
    "take": lambda x, *xs: autograd.take(xs, autograd.floor(choice(x, *xs))),
}
NAMES = tuple(dict.fromkeys((*TABLE, *OPERATORS, *OURS)))
# How many nodes a step takes; as many as its row has inputs, where nothing else is said.
INPUTS: dict[str, tuple[int, int]] = {
    **{name: (len(sample.partials),) * 2 for name, sample in SAMPLES.items()},
    **{"where": (2, 2), "**": (1, 1), "logsumexp": (1, 5), "dot": (2, 6)},
    **{"take": (2, 5), "branch": (2, 2), "sum": (3, 6), "products": (4, 8), "softmax": (2, 4)},
}
# What takes any number into the domain of a row.
INTO: dict[str, Function] = {
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "pow", "**"), lambda x: 0.5 + x * x),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), lambda x: 1.8 * x / (1.0 + x * x)),
    "log1p": lambda x: x * x - 0.5,
    "arccosh": lambda x: 1.5 + x * x,
}
EXPONENTS = (2.0, 3.0, -1.0, 0.5, 1.5, -0.5, 0.0, 1.0, 2.75)
KINKS_AT_ZERO = ("abs", "magnitude", "relu", "leaky_relu", "sign", "select", "arctan2")
KINKS_AT_A_TIE = ("greater", "maximum", "minimum", "where", "branch")
KINKS_AT_WHOLE = {
    "take": choice,
    **dict.fromkeys(("floor", "ceil"), lambda x: x),
    **dict.fromkeys(("mod", "floor_divide"), lambda x, y: x / (1.5 + y * y)),
}


@dataclass(frozen=True)
class Step:
    """One step: its name, the nodes it takes, and the constant exponent of `**`."""

    name: str
    picks: tuple[int, ...]
    constants: tuple[float, ...] = ()

    def run(self, nodes: Sequence[Any], library: Library) -> Any:
        """Compute the step's node from the nodes before it."""
        first, *others = [nodes[i] for i in self.picks]
        function = OPERATORS.get(self.name) or library[self.name]
        into = INTO.get(self.name, lambda x: x)
        return function(into(first), *others, *self.constants)


@dataclass(frozen=True)
class DrawnProgram:
    """`program(xs)` is its root, from the arguments `xs` and the `parameters`, which are Values.

    `rows` are the arguments that the steps were drawn for.
    """

    rows: list[list[float]]
    parameters: list[Value]
    steps: list[Step]

    def __call__(self, xs: Sequence[Any]) -> Any:
        """Run it on our own Values."""
        return self.run(xs, self.parameters, OURS)

    def run(self, xs: Sequence[Any], parameters: Sequence[Any], library: Library) -> Any:
        """Run it on the numbers of any library."""
        nodes = [*xs, *parameters]
        for step in self.steps:
            nodes.append(step.run(nodes, library))
        taken = {i for step in self.steps for i in step.picks}
        return reduce(add, [node for i, node in enumerate(nodes) if i not in taken])


# Numbers of either sign, not close to zero.
NUMBERS = st.builds(mul, st.floats(0.01, 1.5), st.sampled_from((1.0, -1.0)))


@cache  # a strategy takes longer to make than to draw from
def lists(of: st.SearchStrategy[Any], low: int, high: int) -> st.SearchStrategy[list[Any]]:
    """Lists of `low` to `high` elements."""
    return st.lists(of, min_size=low, max_size=high)


@cache
def integers(low: int, high: int) -> st.SearchStrategy[int]:
    """Integers from `low` to `high`."""
    return st.integers(low, high)


@st.composite
def programs(draw: Any) -> DrawnProgram:
    """Up to twelve steps on one to three rows of one to three arguments."""
    width = draw(integers(1, 3))
    rows = draw(lists(lists(NUMBERS, width, width), 1, 3))
    parameters = [Value(x) for x in draw(lists(NUMBERS, 1, 3))]
    pools: list[list[Value]] = [[*map(Value, row), *parameters] for row in rows]
    steps: list[Step] = []
    for name in draw(lists(st.sampled_from(NAMES), 4, 12)):
        known = len(pools[0])
        back = draw(lists(integers(1, known), *INPUTS[name]))  # shrinks to the latest nodes
        constants = (draw(st.sampled_from(EXPONENTS)),) if name == "**" else ()
        step = Step(name, tuple(known - i for i in back), constants)
        made = [step.run(pool, OURS) for pool in pools]
        if all(map(moderate, made)) and all(smooth(step, pool) for pool in pools):
            steps.append(step)
            for pool, node in zip(pools, made, strict=True):
                pool.append(node)
    return DrawnProgram(rows, parameters, steps)


def moderate(node: Value) -> bool:
    """Whether a node's number and slopes amplify little."""
    size = abs(node.data)
    return size < 30.0 and (size > 1e-3 or size == 0.0) and all(abs(d) < 30 for d in node.partials)


def smooth(step: Step, nodes: Sequence[Value]) -> bool:
    """Whether rounding cannot move a step over a kink; a node beside itself is a tie for all."""
    xs = [nodes[i] for i in step.picks]
    x, y = xs[0], xs[-1]
    if step.name in KINKS_AT_A_TIE:
        return x is y or abs(x.data - y.data) > 1e-6
    if step.name in KINKS_AT_WHOLE:
        numbers = [v.data for v in xs]
        return abs((KINKS_AT_WHOLE[step.name](*numbers) + 0.5) % 1.0 - 0.5) > 1e-6
    return step.name not in KINKS_AT_ZERO or abs(x.data) > 1e-6
