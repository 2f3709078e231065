"""Way: where on the way from the root to a value the gradient vanished, exploded or became nan.

A gradient becomes 0, infinite or nan on an edge, where upstream times local does, or in the sum of
the contributions to a node. One that is enormous or tiny is a product along the way with the
largest contribution at each step, and of what the sums there add to it. Invariant: what comes
down from the root to the place that is named is as it should be.
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Literal, NamedTuple

from autograd.engine.value import Value
from autograd.words.causes import DIVISION, RESULT, SCALE, SLOPE, WHERE, ZERO, cause
from autograd.words.numbers import joined, numeral
from autograd.words.sweep import Sweep, Use
from autograd.words.wording import Words, listed

LARGE = 1e6  # above it a gradient is called enormous, below the inverse tiny
DOMINATES = 0.6  # of the logarithm of the whole product: then one factor is to blame
DEEP = 10  # factors, of which a chain is called deep
FLAT = 1e-2  # local derivative below which a tanh or sigmoid is called saturated

CANCEL = "Is that meant? Terms such as x - x, or opposite errors of a batch, do so."
ORDINARY = "`explain` shows step by step how it comes about."
LEAF = "Look at how it was set: data with gaps, or a step of an optimiser that was too large."
VANISHING = "Use relu or tanh, weights that keep the scale (xavier, he), or fewer layers."
EXPLODING = "Start with smaller weights, use fewer layers, or clip the gradients."
SMALL_ERROR = "Near the minimum of a square this is as it should be: little is left to learn."
ONE_FACTOR = {"/": DIVISION, "**": SMALL_ERROR}

Kind = Literal["zero", "tiny", "ordinary", "enormous", "infinite", "nan", "unconnected"]
Place = Use | Value  # an edge, or the node whose contributions are added up


class Finding(NamedTuple):
    """What is the matter, where it happens, what one may do, and the node where it begins."""

    what: str
    details: tuple[str, ...] = ()
    hint: str = ""
    culprit: Value | None = None
    others: tuple[str, ...] = ()  # further reasons, on other ways


def kind_of(gradient: float) -> Kind:
    """Sort a gradient of a root whose own gradient is 1."""
    if not math.isfinite(gradient):
        return "infinite" if math.isinf(gradient) else "nan"
    if gradient == 0.0:
        return "zero"
    if abs(gradient) > LARGE:
        return "enormous"
    return "ordinary" if abs(gradient) >= 1.0 / LARGE else "tiny"


def explained(words: Words, value: Value) -> Finding:
    """Explain the gradient of `value`, which is in the graph and not its root."""
    kind = kind_of(words.sweep.gradient[value])
    if kind == "zero":
        return _vanished(words, _places(words.sweep, value, lambda x: x == 0.0))
    if kind in ("nan", "infinite"):
        bad = math.isnan if kind == "nan" else math.isinf
        return _at(words, _places(words.sweep, value, bad)[0])
    if kind == "ordinary":
        return Finding("an ordinary gradient", (), ORDINARY)
    way = _largest_way(words.sweep, value)
    return _size(words, way, kind == "enormous")


def not_finite(words: Words, node: Value) -> Finding:
    """Say why the data of `node` are nan or infinite; the culprit is where that begins."""
    data, wrong = words.sweep.data, _wrong_input(words, node)
    while wrong is not None and (math.isinf(data[node]) or math.isnan(data[wrong])):
        node, wrong = wrong, _wrong_input(words, wrong)
    if not node.parents:
        return Finding(f"it begins with {words.equal(node)}", (), LEAF, node)
    what, hint = cause(RESULT, Use(node, 0, math.nan), data)
    return Finding(what, (f"It begins at {words.computed(node)}.",), hint, node)


def _wrong_input(words: Words, node: Value) -> Value | None:
    """The first input that is nan, else the first that is infinite, None where all are finite."""
    data = words.sweep.data
    wrong = [x for x in node.parents if not math.isfinite(data[x])]
    return min(wrong, key=lambda x: not math.isnan(data[x]), default=None)


def _places(sweep: Sweep, value: Value, bad: Callable[[float], bool]) -> list[Place]:
    """The places on the ways to `value`, root first, where a gradient that was not bad becomes so.

    A sum becomes nan or infinite by one contribution, but 0 only where all of them are.
    """
    found, waiting = {value}, [value]
    while waiting:
        new = {use.child for use in sweep.uses[waiting.pop()]} - found
        found |= new
        waiting += new
    places: list[Place] = []
    for node in reversed(sweep.order):
        if node in found and bad(sweep.gradient[node]):
            fine = [use for use in sweep.uses[node] if not bad(sweep.gradient[use.child])]
            edges = [use for use in fine if bad(sweep.contribution(use))]
            one_will_do = edges and not bad(0.0)
            places += edges if one_will_do or len(edges) == len(fine) else [node]
    return places


def _vanished(words: Words, places: list[Place]) -> Finding:
    """Explain a gradient that is 0: the places that cut every way, in full the last of them.

    It is the nearest to the value: for a unit that is off for all inputs, the unit itself.
    """
    found = _at(words, places[-1])
    if len(places) == 1:
        return found
    counts = Counter(_short(words, place) for place in reversed(places))
    known = listed([f"{what} ({count})" for what, count in counts.items()])
    detail = f"It is one of {len(places)} places: {known}."
    return found._replace(details=(*found.details, detail), others=tuple(counts)[1:])


def _short(words: Words, place: Place) -> str:
    """The words under which equal places are counted."""
    if isinstance(place, Value):
        return "contributions cancel"
    return "underflow" if place.partial else cause(ZERO, place, words.sweep.data)[0]


def _at(words: Words, place: Place) -> Finding:
    """Explain by its numbers what happens at one place."""
    if isinstance(place, Value):
        return _sum(words, place)
    sweep, child = words.sweep, place.child
    upstream, local, product = sweep.gradient[child], place.partial, sweep.contribution(place)
    at = words.computed(child, place.position)
    if product == 0.0 == local:
        what, hint = cause(ZERO, place, sweep.data)
        passes = f"nothing of {words.slope(child)} = {numeral(upstream)} passes"
        return Finding(what, (f"{at}: {words.local(place)} = 0, so {passes}.",), hint, child)
    factors = f"upstream × local is {joined([numeral(upstream), numeral(local)], '×')}"
    if not math.isfinite(local):
        found = _slope(words, place)
        if upstream == 0.0 and math.isinf(local):
            found = found._replace(what=f"{factors}, {found.what}", hint=WHERE)
    elif math.isinf(upstream):
        found = explained(words, child)
        found = found._replace(what=f"{factors}, {found.what}", culprit=child)
    else:
        found = _size(words, [place, *_largest_way(sweep, child)], product != 0.0)
        name = "overflow" if product else "underflow"
        found = found._replace(what=f"{name}, {found.what}", culprit=child)
    return found._replace(details=(f"{at}: {factors} = {numeral(product)}.", *found.details))


def _slope(words: Words, use: Use) -> Finding:
    """Explain a local derivative that is infinite or nan."""
    child, data = use.child, words.sweep.data
    wrong = _wrong_input(words, child) if math.isfinite(data[child]) else child
    if wrong is None:
        what, hint = cause(SLOPE, use, data)
        return Finding(what, (), hint, child)
    found = not_finite(words, wrong)
    return found._replace(details=()) if found.culprit is child else found


def _sum(words: Words, node: Value) -> Finding:
    """Explain a sum of contributions that is 0, infinite or nan while they are not."""
    sweep, uses = words.sweep, words.sweep.uses[node]
    terms, sources = words.terms(node), (words.sources(node),)
    if sweep.gradient[node] == 0.0:
        return Finding(f"contributions cancel, {terms} = 0", sources, CANCEL, uses[0].child)
    if math.isinf(sweep.gradient[node]):
        return Finding(f"contributions overflow, {terms}", sources, SCALE, uses[0].child)
    found = _at(words, next(use for use in uses if math.isinf(sweep.contribution(use))))
    what = f"contributions have no sum, {terms}: {found.what}"
    return found._replace(what=what, details=sources + found.details)


def _largest_way(sweep: Sweep, value: Value) -> list[Use]:
    """The way from `value` to the root with the largest contribution at each step."""
    way: list[Use] = []
    while value is not sweep.root:
        way.append(max(sweep.uses[value], key=lambda use: abs(sweep.contribution(use))))
        value = way[-1].child
    return way


def _size(words: Words, way: list[Use], large: bool) -> Finding:
    """Say what makes the gradient at the start of a way large or small: one factor, or many.

    From 1 at the root it is multiplied, step by step, by a local derivative and by the ratio of a
    sum of contributions to the largest of them.
    """
    sweep, sign = words.sweep, 1 if large else -1
    steps = [(sign * _gain(sweep, use), use, True) for use in way]
    steps += [(sign * math.log10(abs(use.partial)), use, False) for use in way]
    factors = [step for step in steps if step[0] > 1e-9]
    total = math.fsum(power for power, *_ in factors)
    largest, use, in_sum = max(reversed(factors), key=lambda step: round(step[0], 9))
    child, hint = use.child, SCALE
    if in_sum:
        node = child.parents[use.position]
        what = f"contributions to {words.names[node]} "
        what += f"{'add up' if large else 'nearly cancel'}, {words.terms(node)}"
        at, hint = words.sources(node), SCALE if large else CANCEL
    else:
        what = f"a factor of {numeral(use.partial)}"
        at = f"{words.computed(child, use.position)}: {words.local(use)} = {numeral(use.partial)}."
        if abs(use.partial) < FLAT and child.op in ("tanh", "sigmoid"):
            what = f"{child.op} is saturated"
        elif largest > DOMINATES * total:
            hint = ONE_FACTOR.get(child.op, SCALE)
    if largest > DOMINATES * total:
        return Finding(what, (at,), hint, child)
    side, mean = "above" if large else "below", 10.0 ** (sign * total / len(factors))
    each = numeral(float(f"{mean:.3g}"))
    product = f"a product of {len(factors)} factors {side} 1, {each} each in the geometric mean"
    if len(factors) >= DEEP and hint == SCALE and "saturated" not in what:
        hint = EXPLODING if large else VANISHING
    details = (f"The {'largest' if large else 'smallest'}: {what}. {at}",)
    return Finding(product, details, hint, child)


def _gain(sweep: Sweep, use: Use) -> float:
    """The decimal logarithm of what the other contributions multiply that of `use` by."""
    parts = sweep.gradient[use.child.parents[use.position]], sweep.contribution(use)
    total, own = (math.log10(abs(x)) if x and math.isfinite(x) else 0.0 for x in parts)
    return total - own
