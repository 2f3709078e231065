"""exercise: expressions to differentiate by hand, from one product to softmax with cross-entropy.

A seed and a level decide everything, so that a class can work on the same expression, or each
student on one of their own. The numbers are small fractions, exact as long as only + - * / and
whole powers meet them. Invariant: the true answers pass their own check.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from autograd.checking.by_hand import check
from autograd.checking.hand_report import HandReport
from autograd.engine.value import Value
from autograd.functions import logsumexp
from autograd.words import formula
from autograd.words.folding import Folding
from autograd.words.names import Names
from autograd.words.sweep import Sweep

Named = dict[str, Value]
INPUTS = "x1", "x2", "i1", "i2"  # of networks, whose gradients nobody wants


@dataclass(frozen=True)
class Exercise:
    """An expression and its Values by name: `print` it, work it out, and `check` the answers."""

    root: Value
    names: Mapping[str, Value]

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the Values whose gradients are asked for: of all but root and inputs."""
        return tuple(n for n, v in self.names.items() if v is not self.root and n not in INPUTS)

    def check(
        self, answers: Mapping[Any, Any] | None = None, /, hints: str = "why", **by_name: Any
    ) -> HandReport:
        """Return what `autograd.check` says of answers, in a mapping or by name.

        What is asked and not answered is left open, and counts in the score.
        """
        given = {**(answers or {}), **by_name}
        left = {n: ... for n in self.asked if n not in given and self.names[n] not in given}
        return check(self.root, {**given, **left}, self.names, hints=hints)

    def __str__(self) -> str:
        sweep = Sweep(self.root, exact=True)
        names = Names(sweep.order, self.names)
        folding = Folding(sweep, names, fold=True)
        given = [f"{name} = {v._data}" for name, v in self.names.items() if not v.parents]
        lines = [
            f"{names[node]} = {formula.text(expression)}"
            for node in sweep.order
            if folding.shows(node) and (expression := folding.expression(node)) is not None
        ]
        root = names[self.root]
        asked = ", ".join(f"∂{root}/∂{name}" for name in self.asked)
        return "\n".join([*lines, f"at {', '.join(given)}", f"Find {asked}."])

    __repr__ = __str__


def exercise(seed: int = 0, level: int = 1) -> Exercise:
    """Return an expression with friendly numbers to differentiate by hand, and its check.

    Level 1 is one product, 2 two or three operations, 3 has two paths that add up, 4 is a sigmoid
    neuron with its error, 5 a network of two inputs, two hidden and two output neurons, 6 softmax
    with cross-entropy. The same seed gives the same exercise.

    Raises `ValueError` for another level, `TypeError` where `seed` is no whole number.
    """
    if isinstance(level, bool) or level not in LEVELS:
        raise ValueError(f"`level` must be one of {', '.join(map(str, LEVELS))}; got {level!r:.60}")
    if not isinstance(seed, int):
        raise TypeError(f"`seed` must be a whole number, got {seed!r:.60}")
    rng = Random(seed * len(LEVELS) + level)
    while True:
        names = LEVELS[level](rng)
        root = next(iter(names.values()))
        gradient = Sweep(root).gradient
        if all(gradient[value] for value in names.values()):  # a 0 hides what comes after it
            return Exercise(root, names)


def _number(rng: Random, below: int = 1) -> Value:
    """A fraction between -4 and 4, neither 0 nor 1 nor -1, which would hide a mistake."""
    while True:
        x = Fraction(rng.choice((-1, 1)) * rng.randint(2, 7), rng.choice((1, 2, 3, 4)) * below)
        if abs(x) != 1 and abs(x) <= 4:
            return Value(x)


def _different(rng: Random, count: int, below: int = 1) -> list[Value]:
    """Fractions of different sizes, so that one cannot be taken for another."""
    found: dict[Any, Value] = {}
    while len(found) < count:
        value = _number(rng, below)
        found.setdefault(abs(value._data), value)
    return list(found.values())


def _product(rng: Random) -> Named:
    x, y = _different(rng, 2)
    return {"f": x * y, "x": x, "y": y}


def _few(rng: Random) -> Named:
    x, y, z = _different(rng, 3)
    q = rng.choice((lambda: x + y, lambda: x - y, lambda: x * y))()
    f = rng.choice((lambda: q * z, lambda: q / z, lambda: q**2 * z))()
    return {"f": f, "q": q, "x": x, "y": y, "z": z}


def _two_paths(rng: Random) -> Named:
    x, y, z = _different(rng, 3)
    u = rng.choice((lambda: x * y, lambda: x + y, lambda: x / y))()
    v, w = u**2, u * z
    f = rng.choice((lambda: v + w * x, lambda: v * x - w, lambda: v * z + w))()
    return {"f": f, "w": w, "v": v, "u": u, "x": x, "y": y, "z": z}


def _neuron(rng: Random) -> Named:
    w1, w2, b, x1, x2 = _different(rng, 5, below=2)
    net = w1 * x1 + w2 * x2 + b
    out = net.sigmoid()
    error = Fraction(1, 2) * (rng.randint(0, 1) - out) ** 2
    return {"E": error, "out": out, "net": net, "w1": w1, "w2": w2, "b": b} | {"x1": x1, "x2": x2}


def _network(rng: Random) -> Named:
    i1, i2, b1, b2 = _different(rng, 4, below=2)
    w = _different(rng, 8, below=4)
    net_h1, net_h2 = w[0] * i1 + w[1] * i2 + b1, w[2] * i1 + w[3] * i2 + b1
    h1, h2 = net_h1.sigmoid(), net_h2.sigmoid()
    net_o1, net_o2 = w[4] * h1 + w[5] * h2 + b2, w[6] * h1 + w[7] * h2 + b2
    o1, o2 = net_o1.sigmoid(), net_o2.sigmoid()
    half = Fraction(1, 2)
    error = half * (rng.randint(0, 1) - o1) ** 2 + half * (rng.randint(0, 1) - o2) ** 2
    names = {"E": error, "o1": o1, "o2": o2, "net_o1": net_o1, "net_o2": net_o2}
    names |= {"h1": h1, "h2": h2, "net_h1": net_h1, "net_h2": net_h2}
    return (
        names
        | {f"w{k}": x for k, x in enumerate(w, start=1)}
        | {"b1": b1, "b2": b2}
        | {"i1": i1, "i2": i2}
    )


def _softmax(rng: Random) -> Named:
    x1, x2 = _different(rng, 2)
    w, b = _different(rng, 6, below=4), _different(rng, 3, below=4)
    scores = [w[2 * k] * x1 + w[2 * k + 1] * x2 + b[k] for k in range(3)]
    loss = logsumexp(scores) - scores[rng.randrange(3)]
    names = {"L": loss} | {f"s{k}": s for k, s in enumerate(scores, start=1)}
    names |= {f"w{k // 2 + 1}{k % 2 + 1}": x for k, x in enumerate(w)}
    return names | {f"b{k}": x for k, x in enumerate(b, start=1)} | {"x1": x1, "x2": x2}


LEVELS: dict[int, Callable[[Random], Named]] = dict(
    enumerate((_product, _few, _two_paths, _neuron, _network, _softmax), start=1)
)
