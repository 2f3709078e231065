"""Why a gradient is enormous or tiny: the dominant way from the root, factor by factor.

One factor may do it, or many above or below 1, or the sums of contributions over many ways.
Invariant: what is named is on the way with the largest contribution at each step.
"""

from autograd.engine.value import Value
from autograd.words.reasons.causes import SATURATED
from autograd.words.reasons.domains import DIVISION, GROWTH, LOG, ROOT
from autograd.words.reasons.dominant import (
    SCALE,
    Product,
    contribution,
    dominant_way,
    is_saturated,
    largest,
)
from autograd.words.reasons.finding import Finding, Kind
from autograd.words.reasons.sums import CANCEL, add_up, nearly_cancel
from autograd.words.reasons.wording import Words, number

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
    product = Product(dominant_way(words.sweep, value), 1)
    if not product.by_sums:
        return _product(words, product, "enormous")
    what, detail, culprit = add_up(words, product)
    return Finding("enormous", what, (detail,), SCALE, culprit)


def tiny_gradient(words: Words, value: Value) -> Finding:
    """Explain a gradient that is tiny."""
    product = Product(dominant_way(words.sweep, value), -1)
    if not product.by_sums:
        return _product(words, product, "tiny")
    what, detail, culprit = nearly_cancel(words, product)
    return Finding("tiny", what, (detail,), CANCEL, culprit)


def _product(words: Words, product: Product, kind: Kind) -> Finding:
    worst, saturated, sums = product.worst, product.saturated(words), product.times(words)
    where = f"{words.computed(worst.child, worst.position)}: {words.local(worst)} = "
    where += f"{number(worst.partial)}"
    hint = _hint(product, words)
    if not product.dominated:
        side = "largest" if product.sign > 0 else "smallest"
        detail = saturated or f"The {side} of them: {where}."
        return Finding(kind, f"{product.described()}{sums}", (detail,), hint, worst.child)
    what = f"one factor, {number(worst.partial)}{sums or ', does most of it'}"
    if is_saturated(worst):
        what = f"{worst.child.op} is saturated{sums}"
    return Finding(kind, what, (f"{where}.",), hint, worst.child)


def _hint(product: Product, words: Words) -> str:
    op = product.worst.child.op
    if product.sign > 0:
        alone = product.dominated and not product.times(words)
        return _HINTS.get(op, SCALE) if alone else product.hint
    if product.saturated(words):
        return SATURATED
    if not product.dominated:
        return product.hint
    return SMALL_ERROR if op == "**" else SCALE
