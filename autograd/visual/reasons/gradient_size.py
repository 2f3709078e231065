"""Why a gradient is enormous or tiny: the dominant way from the root, factor by factor.

One factor may do it, or many above or below 1, or the sums of contributions over many ways.
Invariant: what is named is on the way with the largest contribution at each step.
"""

from autograd.value import Value
from autograd.visual.reasons.causes import SATURATED
from autograd.visual.reasons.domains import DIVISION, GROWTH, LOG, ROOT
from autograd.visual.reasons.dominant import (
    EXPLODING,
    VANISHING,
    Product,
    Step,
    contribution,
    dominant_way,
    is_saturated,
    largest,
)
from autograd.visual.reasons.finding import Finding, Kind
from autograd.visual.reasons.wording import Words, number
from autograd.visual.reasons.zero_gradient import CANCEL

SCALE = "Scale the inputs and targets to about 1, or adapt the learning rate."
SMALL_ERROR = "Near the minimum of a square this is as it should be: little is left to learn."
_HINTS = {"/": DIVISION, "log": LOG, "sqrt": ROOT, "exp": GROWTH}


def ordinary_gradient(words: Words, value: Value) -> Finding:
    """Say what an ordinary gradient is mostly made of."""
    use, count = largest(words.sweep, value), len(words.sweep.uses[value])
    which = f"The largest of its {count} contributions" if count > 1 else "Its only contribution"
    detail = (
        f"{which} is {words.slope(use.child)} × {words.local(use)} = "
        f"{number(words.sweep.gradient[use.child])} × {number(use.partial)} = "
        f"{number(contribution(words.sweep, use))}, from {words.computed(use.child, use.position)}."
    )
    return Finding("ordinary", "an ordinary gradient", (detail,))


def enormous_gradient(words: Words, value: Value) -> Finding:
    """Explain a gradient that is enormous."""
    way = dominant_way(words.sweep, value)
    product = Product(way, 1)
    if not product.by_sums:
        return _product(words, product, "enormous")
    most = max(way, key=lambda step: len(words.sweep.uses[step.node]))
    several = sum(len(words.sweep.uses[step.node]) > 1 for step in way)
    used = f"{words.called(most.node)} is used {len(words.sweep.uses[most.node])} times"
    if several > 1:
        used += f", and {several - 1} more values on the way more than once"
    detail = f"The largest single way gives {product.alone()}, but {used}."
    what = "contributions over many ways add up"
    return Finding("enormous", what, (detail,), SCALE, most.use.child)


def tiny_gradient(words: Words, value: Value) -> Finding:
    """Explain a gradient that is tiny."""
    way = dominant_way(words.sweep, value)
    product = Product(way, -1)
    if not product.by_sums:
        return _product(words, product, "tiny")

    def rest(step: Step) -> float:
        return abs(step.ratio)

    least = min(way, key=rest)
    uses = words.sweep.uses[least.node]
    detail = f"They come to {words.called(least.node)} from {words.sources(uses)}."
    what = f"contributions nearly cancel, {words.terms(uses)}"
    return Finding("tiny", what, (detail,), CANCEL, least.use.child)


def _product(words: Words, product: Product, kind: Kind) -> Finding:
    worst, saturated = product.worst, product.saturated(words)
    where = f"{words.computed(worst.child, worst.position)}: {words.local(worst)} = "
    where += f"{number(worst.partial)}"
    if not product.dominated:
        side = "largest" if product.sign > 0 else "smallest"
        detail = saturated or f"The {side} of them: {where}."
        return Finding(kind, product.described(), (detail,), _hint(product, words), worst.child)
    what = f"one factor, {number(worst.partial)}, does most of it"
    if is_saturated(worst):
        what = f"{worst.child.op} is saturated"
    return Finding(kind, what, (f"{where}.",), _hint(product, words), worst.child)


def _hint(product: Product, words: Words) -> str:
    op = product.worst.child.op
    if product.sign > 0:
        return _HINTS.get(op, SCALE) if product.dominated else EXPLODING
    if product.saturated(words):
        return SATURATED
    if not product.dominated:
        return VANISHING
    return SMALL_ERROR if op == "**" else SCALE
