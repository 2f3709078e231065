"""Why a gradient is infinite or nan: the first place in the reverse sweep where it becomes so.

A local derivative may be infinite or undefined, 0 may meet inf, a product or a sum may leave
the floats. Where the inputs of the operation are not finite themselves, the place where that
begins is the culprit. Invariant: what comes to that place down from the root is as it should be.
"""

import math

from autograd.engine.value import Value
from autograd.words.reasons.domains import OVERFLOW, infinite_since, local_cause
from autograd.words.reasons.dominant import SCALE, Product, uses_of, way_through
from autograd.words.reasons.finding import Finding, Kind
from autograd.words.reasons.sums import add_up
from autograd.words.reasons.wording import Words, number
from autograd.words.sweep import Use

NOT_HIDDEN = (
    "A factor of 0 does not hide an infinite derivative: choose with autograd.where, whose branch "
    "not taken is out of the graph."
)


def nan_gradient(words: Words, value: Value) -> Finding:
    """Explain a gradient that is nan."""
    gradient = words.sweep.gradient
    for node in uses_of(words.sweep, value):
        uses = words.sweep.uses[node]
        for use in uses:
            upstream, local = gradient[use.child], use.partial
            if math.isnan(upstream * local) and not math.isnan(upstream):
                return _local(words, use, "nan") if local != local else _zero_by_inf(words, use)
        if math.isnan(gradient[node]):
            return _no_sum(words, node)
    raise AssertionError("the gradient of the root is 1")  # pragma: no cover  # so one is found


def infinite_gradient(words: Words, value: Value) -> Finding:
    """Explain a gradient that is infinite."""
    gradient = words.sweep.gradient
    for node in uses_of(words.sweep, value):
        uses = words.sweep.uses[node]
        for use in uses:
            upstream, local = gradient[use.child], use.partial
            if math.isinf(upstream * local) and math.isfinite(upstream):
                if math.isinf(local):
                    return _local(words, use, "infinite")
                return _overflow(words, use)
        if math.isinf(gradient[node]):
            detail = f"They come to {words.called(node)} from {words.sources(uses)}."
            what = f"contributions add up beyond the largest float, {words.terms(uses)}"
            return Finding("infinite", what, (detail,), OVERFLOW, uses[0].child)
    raise AssertionError("the gradient of the root is 1")  # pragma: no cover  # so one is found


def _local(words: Words, use: Use, kind: Kind) -> Finding:
    """A local derivative that is not finite."""
    cause, begin = local_cause(use, words)
    upstream, local = words.sweep.gradient[use.child], use.partial
    where = words.computed(begin, use.position if begin is use.child else None)
    if begin is not use.child:
        where += f" makes {words.local(use)} = {number(local)}"
        detail = f"{where} in {words.computed(use.child, use.position)}."
    else:
        detail = (
            f"{where}: upstream × local = {number(upstream)} × {number(local)} = "
            f"{number(upstream * local)}."
        )
    since = infinite_since(begin, words)
    details = (detail, since) if since else (detail,)
    return Finding(kind, cause.what, details, cause.hint, begin)


def _zero_by_inf(words: Words, use: Use) -> Finding:
    upstream, local = words.sweep.gradient[use.child], use.partial
    detail = (
        f"{words.computed(use.child, use.position)}: {words.local(use)} = {number(local)} meets "
        f"{words.slope(use.child)} = {number(upstream)}."
    )
    what = f"upstream × local is {number(upstream)} × {number(local)}"
    if math.isinf(local):
        cause, begin = local_cause(use, words)
        return Finding("nan", f"{what}, {cause.what}", (detail,), NOT_HIDDEN, begin)
    begun = infinite_gradient(words, use.child)
    details = (detail, f"The upstream is infinite because: {begun.what}.", *begun.details)
    return Finding("nan", what, details, begun.hint, use.child)


def _no_sum(words: Words, node: Value) -> Finding:
    """Contributions inf and -inf."""
    uses = words.sweep.uses[node]
    begun = infinite_gradient(words, node)
    detail = f"They come to {words.called(node)} from {words.sources(uses)}."
    what = f"contributions have no sum, {words.terms(uses)}"
    details = (detail, f"The first is infinite because: {begun.what}.")
    return Finding("nan", what, details, begun.hint, begun.culprit)


def _overflow(words: Words, use: Use) -> Finding:
    product = Product(way_through(words.sweep, use), 1)
    detail = (
        f"At {words.computed(use.child, use.position)} upstream × local = "
        f"{number(words.sweep.gradient[use.child])} × {number(use.partial)} is beyond the largest "
        "float, 1.8e+308."
    )
    if product.by_sums:
        what, where, _ = add_up(words, product)
        return Finding("infinite", f"overflow, {what}", (detail, where), SCALE, use.child)
    what = f"overflow of {product.described()}{product.times(words)}"
    return Finding("infinite", what, (detail,), product.hint, use.child)
