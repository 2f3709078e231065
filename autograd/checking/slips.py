"""Slips: what a mistake does to a number, a function for each row of the catalogue that needs one.

Each takes a view of one place (`views.py`), a whole pass or an answer, and yields the numbers that
come out, some with a detail for the sentence: text, or the Values that are meant. Those that go
back compute with operators and rows, for a page does so with symbols. Invariant: the slip of a
local derivative is a local derivative, that of a sum a gradient.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

from autograd.checking.answers import Answer
from autograd.checking.passes import Partials, Pass
from autograd.checking.views import Local, Place, Step, bare
from autograd.engine.graph import pull_back
from autograd.engine.number import as_float
from autograd.engine.primitive import CONSTANT
from autograd.engine.table import exp
from autograd.engine.value import Value
from autograd.words.causes import partner

RATES = (0.5, 0.1, 0.05, 0.01)  # learning rates, where no optimiser says which
VISITS = 5000  # of a recursion that counts twice
MANY_USES = 6  # of more, only one or all but one may have been left out
Numbers = Iterable[Any]  # floats, or pairs of a float and a detail


@dataclass(frozen=True)
class Asked:
    """What was asked: the gradient that follows from the answers above it, and what is nearby.

    `quantity` turns a gradient into what is asked, the number after a step where an optimiser is
    at hand; `others` are the right answers for other nodes, by name.
    """

    gradient: float
    data: float
    stored: float
    rates: Sequence[float]
    updates: bool
    others: Mapping[str, float]


# Sums
def probability(place: Place) -> Numbers:
    """Softmax with cross-entropy gives p - y; without the - y it is p."""
    logits = _logits(place)
    if len(logits) < 2 or place.node not in set(logits):
        return
    data = place.way.sweep.data
    p = 1.0 / sum(exp(bare(data[x]) - bare(data[place.node])) for x in logits)
    if p < 1.0 and place.total < 0.0:  # the logit of the target: scale (p - 1)
        yield place.total / (p - 1.0) * p, ""


def _logits(place: Place) -> list[Value]:
    """Those that share a softmax with the node: in logsumexp, or in exponentials that are added."""
    for use in place.uses:
        child = use.child
        if child.op == "-":  # shifted by a constant, or by the logit of the target
            shifted = place.way.sweep.uses[child]
            child = shifted[0].child if shifted else child
        if child.op == "logsumexp":
            return [x.parents[0] if x.op == "-" else x for x in child.parents]
        if child.op == "exp":
            for outer in place.way.sweep.uses[child]:
                key = (outer.child, outer.position)
                terms = [t.own for t in place.sums.of.get(key, []) if t.other is None]
                if len(terms) > 1 and all(t.op == "exp" for t in terms):
                    return [
                        t.parents[0].parents[0] if t.parents[0].op == "-" else t.parents[0]
                        for t in terms
                    ]
    return []


def some_uses(place: Place) -> Numbers:
    """Only some of the contributions are added."""
    count = len(place.parts)
    sizes = range(1, count) if count <= MANY_USES else (1, count - 1)
    for size in sizes:
        for kept in combinations(range(count), size):
            yield sum(place.parts[k] for k in kept), [place.uses[k].child for k in kept]


def no_upstream(place: Place) -> Numbers:
    """The local derivative alone, of one use or of all."""
    for part, local in zip(place.parts, place.local, strict=True):
        yield place.total - part + local
    yield sum(place.local)


def transposed(place: Place) -> Numbers:
    """w_ij for w_ji: the weights of the unit's own row where those of its column belong."""
    sides = [place.sums.side(use) for use in place.uses]
    if len(sides) < 2 or any(i < 0 for _, i in sides):
        return
    index, count = sides[0][1], len(sides)
    square = all(i == index and len(terms) == count for terms, i in sides)
    if square and index < count:
        data: Any = place.way.sweep.data
        others = [bare(data[sides[index][0][k].other]) for k in range(count)]
        yield sum(u * w for u, w in zip(place.upstream, others, strict=True))


# Local partials
def neighbour(use: Local) -> Numbers:
    """The other factor of another product in the same sum."""
    terms, own = use.sums.side(use.use)
    if own >= 0:
        for term in terms[:own] + terms[own + 1 :]:
            yield bare(use.data[term.other]), [term.other]


def input_for_bias(use: Local) -> Numbers:
    """A factor of one of the products beside what is added alone."""
    if use.op == "+":
        for term in use.sums.products(use.use):
            for factor in (term.own, term.other):
                yield bare(use.data[factor]), [factor]


def _power(use: Local) -> tuple[float, float] | None:
    """Base and exponent, where the base is asked for."""
    return (use.x, use.y) if use.op in ("**", "pow") and use.i == 0 else None


def not_lowered(use: Local) -> Numbers:
    """n x**n for n x**(n - 1)."""
    if power := _power(use):
        yield power[1] * use.out


def no_exponent(use: Local) -> Numbers:
    """x**(n - 1) for n x**(n - 1)."""
    if (power := _power(use)) and power[1]:
        yield use.d / power[1]


def power_rule_of_exp(use: Local) -> Numbers:
    """x e**(x - 1) for e**x."""
    if use.op == "exp":
        yield use.x * exp(use.x - 1.0)
    if use.op in ("exp2", "pow") and use.i == len(use.use.child.parents) - 1:
        base = 2.0 if use.op == "exp2" else bare(use.data[use.use.child.parents[0]])
        yield use.x * base ** (use.x - 1.0)


def divisor(use: Local, slip: Callable[[float, float], float]) -> Numbers:
    """What `slip` makes of numerator and divisor, for the derivative by the divisor."""
    if use.op == "/" and use.i == 1:
        yield slip(bare(use.data[use.use.child.parents[0]]), use.x)


def saturating(use: Local, slips: Mapping[str, Callable[[float, float], float]]) -> Numbers:
    """What the slip for this function makes of its input and its result."""
    if use.op in slips:
        yield slips[use.op](use.x, use.out)


def constant(use: Local, power: int) -> Numbers:
    """A constant factor to another power: 0 leaves it out, 2 has it twice."""
    if use.constant and (use.op == "*" or (use.op == "/" and use.i == 0)):
        yield use.d**power, [use.use.child.parents[1 - use.i]]


# Whole passes: local partials, or the gradients themselves
def updated_weights(way: Pass, rates: Sequence[float]) -> Iterator[tuple[Partials, str]]:
    """The weights on the way back are those after their step."""
    weights = {n for n in way.nodes if n.primitive is None}

    def moved(rate: float) -> Partials:
        def partials(node: Value) -> tuple[Any, ...]:
            found = list(way.partials(node))
            if node.op in ("*", "dot"):
                for i, parent in enumerate(node.parents):
                    other = node.parents[partner(node, i)]
                    if parent not in weights and other in weights:
                        found[i] -= rate * as_float(way.right.get(other, 0.0))
            return tuple(found)

        return partials

    for rate in rates:
        yield moved(rate), f"{rate:g}"


def recursion(way: Pass, rates: Sequence[float], again: bool) -> Iterator[tuple[Any, str]]:
    """Go down from the root depth first, from every use again or once, too early.

    A node hands on to all of its inputs and then goes down, or goes down from each at once.
    """
    inside, stack = set(way.nodes), [way.root]
    visits: list[Value] = []
    seen: set[Value] = set()
    while stack and len(visits) <= VISITS:
        node = stack.pop()
        if node in inside and (again or node not in seen):
            seen.add(node)
            visits.append(node)
            stack += reversed(node.parents)
    if len(visits) <= VISITS:
        yield pull_back(visits[::-1], {way.root: way.one}, way.partials, inside), ""
        yield _at_once(way, inside, again), ""


def _at_once(way: Pass, inside: set[Value], again: bool) -> dict[Value, Any]:
    """What each node has in the end where every input goes on before the next one has its turn."""
    found: dict[Value, Any] = {way.root: way.one}
    done = {way.root}
    open_ = [(way.root, iter(enumerate(way.root.parents)))]
    while open_:
        node, inputs = open_[-1]
        i, parent = next(inputs, (0, None))
        if parent is None:
            open_.pop()
        elif parent in inside:
            found[parent] = found.get(parent, 0.0) + found[node] * way.partials(node)[i]
            if again or parent not in done:
                done.add(parent)
                open_.append((parent, iter(enumerate(parent.parents))))
    return found


# Answers
def update(asked: Asked) -> Numbers:
    """The number after a step, or the step, where the gradient was asked."""
    if not asked.updates:
        for rate in asked.rates:
            step = rate * asked.gradient
            if abs(step) > 0.002 * abs(asked.data):  # else it is the number itself, nearly
                yield asked.data - step, f"{rate:g}"
            if rate != 1.0:
                yield -step, f"{rate:g}"


def rate_inside(asked: Asked) -> Numbers:
    """The gradient times a learning rate."""
    if not asked.updates:
        for rate in asked.rates:
            if rate != 1.0:
                yield rate * asked.gradient, f"{rate:g}"


def earlier_pass(asked: Asked) -> Numbers:
    """What `.grad` holds already, alone or with the gradient added."""
    if asked.stored and not math.isclose(asked.stored, asked.gradient):
        yield asked.stored
        yield asked.stored + asked.gradient


def other_answer(asked: Asked) -> Numbers:
    """The right answer for something else that has a name."""
    for name, right in asked.others.items():
        if right:
            yield right, f"`{name}`"


def in_updates(asked: Asked, slip: Callable[[float, float, float], float]) -> Numbers:
    """What `slip` makes of number, gradient and rate, where the number after a step was asked."""
    if asked.updates:
        for rate in asked.rates[:1]:
            yield slip(asked.data, asked.gradient, rate)


# Values, going forward
def term_left_out(step: Step) -> Numbers:
    """A sum without one of its terms."""
    if step.op == "+":
        yield step.inputs[0], [step.node.parents[1]]
        yield step.inputs[1], [step.node.parents[0]]
    if step.op == "-":
        yield step.inputs[0], [step.node.parents[1]]
        yield -step.inputs[1], [step.node.parents[0]]
    if step.op == "dot":
        for a, b, first, _ in step.pairs:
            yield step.out - a * b, [first]


def sign_of_value(step: Step) -> Numbers:
    """A term, or the whole, with the other sign."""
    if step.op in ("+", "-"):
        x, y = step.inputs
        yield from (x - y, y - x) if step.op == "+" else (x + y, y - x)
    elif step.op == "dot":
        for a, b, _, _ in step.pairs:
            yield step.out - 2.0 * a * b
    else:
        yield -step.out


def other_operation(step: Step) -> Numbers:
    """Another operation of the same two numbers."""
    if len(step.inputs) == 2:
        x, y = step.inputs
        found = {"+": (x * y,), "*": (x + y,), "/": (y / x if x else math.nan, x * y)}
        found["**"] = found["pow"] = (x * y, x, y)
        yield from found.get(step.op, ())


def other_function(step: Step) -> Numbers:
    """sigmoid for tanh or the other way round, and sigmoid(-x)."""
    if step.op in ("sigmoid", "tanh"):
        yield from (math.tanh(step.inputs[0]), 1.0 / (1.0 + math.exp(-step.inputs[0])))
    if step.op == "sigmoid":
        yield 1.0 - step.out


def factor_left_out(step: Step) -> Numbers:
    """A product without its constant."""
    if step.op == "*":
        for i in range(2):
            if step.node.parents[1 - i].primitive is CONSTANT:
                yield step.inputs[i], [step.node.parents[1 - i]]


def other_weight(step: Step) -> Numbers:
    """A product with a factor of its neighbour in the sum."""
    for a, b, first, second in step.pairs:
        for c, d, third, fourth in step.neighbours:
            if third is not first or fourth is not second:
                yield step.out - a * b + a * d, [second]
                yield step.out - a * b + c * b, [first]


def swapped(answer: Answer) -> Numbers:
    """What was meant where two neighbouring digits changed places."""
    text = answer.written
    places = [i for i, c in enumerate(text) if c.isdigit()]
    for i, j in pairwise(places):
        if text[i] != text[j] and "e" not in text.lower() and "/" not in text:
            yield float(text[:i] + text[j] + text[i + 1 : j] + text[i] + text[j + 1 :])


def shifted(answer: Answer) -> Numbers:
    """The number with its point elsewhere."""
    for power in (1, -1, 2, -2, 3, -3):
        yield as_float(answer.number) * 10.0**power
