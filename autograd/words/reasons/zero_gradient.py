"""Why a gradient is 0: the places behind which it is 0 while it is not 0 before them.

Every way from the root to the value passes one: an operation whose local derivative is 0,
contributions that cancel, or a product too small for a float. Invariant: the first of them in
the order of the reverse sweep is the culprit, the others are counted.
"""

from collections import Counter
from dataclasses import dataclass

from autograd.engine.value import Value
from autograd.words.reasons.causes import OFF, SATURATED, Cause, zero_cause
from autograd.words.reasons.dominant import Product, contribution, uses_of, way_through
from autograd.words.reasons.finding import Finding
from autograd.words.reasons.sums import CANCEL, nearly_cancel
from autograd.words.reasons.wording import Words, exactly, number
from autograd.words.sweep import Use

CAUSES = 4  # that are counted in the text


@dataclass(frozen=True)
class _Place:
    """Where the gradient becomes 0: on one edge, or, without it, in the sum at `node`."""

    node: Value
    use: Use | None


def zero_gradient(words: Words, value: Value) -> Finding:
    """Explain a gradient that is 0."""
    nodes = uses_of(words.sweep, value)
    above, below = _from_the_root(words, nodes), _from_the_value(words, nodes, value)
    # Both cut every way. A unit that is off for all inputs is seen best from the value.
    return _finding(words, below if below and len(below) < len(above) else above)


def _from_the_root(words: Words, nodes: list[Value]) -> list[_Place]:
    """The edges, and the sums, behind which the gradient is 0 for the first time."""
    gradient = words.sweep.gradient
    places: list[_Place] = []
    for node in nodes:
        live = [use for use in words.sweep.uses[node] if gradient[use.child] != 0.0]
        if gradient[node] == 0.0 and live:
            cancel = any(contribution(words.sweep, use) != 0.0 for use in live)
            places += [_Place(node, None)] if cancel else [_Place(node, use) for use in live]
    return places


def _from_the_value(words: Words, nodes: list[Value], value: Value) -> list[_Place]:
    """The edges up from the value whose local derivative is 0; [] where a way is left open."""
    places: list[_Place] = []
    reached = {value}
    for node in reversed(nodes):
        if node in reached:
            for use in words.sweep.uses[node]:
                if use.partial == 0.0:
                    places.append(_Place(node, use))
                else:
                    reached.add(use.child)
    return [] if words.sweep.root in reached else places[::-1]


def _finding(words: Words, places: list[_Place]) -> Finding:
    causes = [_cause(words, place) for place in places]
    counts = Counter(cause.counted for cause in causes)
    fed = [not p.use or words.sweep.gradient[p.use.child] != 0.0 for p in places]
    i = fed.index(True) if any(fed) else 0  # seen from the value, all may be cut above as well
    place, cause = places[i], causes[i]
    if place.use is None:
        first = _cancelled(words, place.node)
    else:
        first = _cut(words, place.use, cause) if cause.what else _underflow(words, place.use)
    counted = ""
    if len(places) > 1:
        known = [f"{what} ({count})" for what, count in counts.most_common(CAUSES)]
        counted = f"It is the first of {len(places)} places: {', '.join(known)}."
    if first.hint == OFF:
        counted = f"{counted} {_units(words, first)}".strip()
    details = (*first.details, counted)
    others = tuple(what for what in counts if what != cause.counted)
    return Finding("zero", first.what, details, first.hint, first.culprit, others)


def _cause(words: Words, place: _Place) -> Cause:
    if place.use is None:
        return Cause("", "", "contributions cancel")
    if place.use.partial != 0.0:
        return Cause("", "", "a product underflows")
    return zero_cause(place.use, words)


def _cut(words: Words, use: Use, cause: Cause) -> Finding:
    upstream = words.sweep.gradient[use.child]
    passing = f"nothing of {words.slope(use.child)} = {number(upstream)} passes"
    if upstream == 0.0:
        passing = "nothing would pass, whatever came from above"
    where = words.computed(use.child, use.position)
    detail = f"{where}: {words.local(use)} = 0, so {passing}."
    return Finding("zero", cause.what, (detail,), cause.hint, use.child)


def _units(words: Words, first: Finding) -> str:
    """How many units of this sort there are in the graph, and how many are off."""
    assert first.culprit is not None
    op = "leaky_relu" if first.culprit.op == "leaky_relu" else "relu"
    inputs = [node.parents[0]._data for node in words.sweep.order if node.op == op]
    off = sum(x <= 0.0 for x in inputs)
    return f"Of the {len(inputs)} {op} in the graph {off} are off." if len(inputs) > 1 else ""


def _cancelled(words: Words, node: Value) -> Finding:
    uses = words.sweep.uses[node]
    detail = f"They come to {words.called(node)} from {words.sources(uses)}."
    what = f"contributions cancel, {words.terms(uses, exactly)} = 0"
    return Finding("zero", what, (detail,), CANCEL, uses[0].child)


def _underflow(words: Words, use: Use) -> Finding:
    product = Product(way_through(words.sweep, use), -1)
    saturated = product.saturated(words)
    detail = (
        f"At {words.computed(use.child, use.position)} upstream × local = "
        f"{number(words.sweep.gradient[use.child])} × {number(use.partial)} is below the smallest "
        "float, 4.9e-324."
    )
    if product.by_sums:
        what, where, _ = nearly_cancel(words, product)
        return Finding("zero", f"underflow, {what}", (detail, where), CANCEL, use.child)
    what = f"underflow of {product.described()}{product.times(words)}"
    details = (detail, saturated) if saturated else (detail,)
    hint = SATURATED if saturated else product.hint
    return Finding("zero", what, details, hint, use.child)
