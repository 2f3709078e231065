"""Sums: contributions over many ways that add up, and those that nearly cancel.

On the way with the largest contribution at each step they do what no factor does. Invariant: terms
that nearly cancel are written with all their digits, so that what is left can be seen.
"""

from autograd.engine.value import Value
from autograd.words.reasons.dominant import Product
from autograd.words.reasons.wording import Words, exactly

CANCEL = "Is that meant? Terms such as x - x, or opposite errors of a batch, do so."

Answer = tuple[str, str, Value]  # what the sums do, where, and the result it is handed back from


def add_up(words: Words, product: Product) -> Answer:
    """Say which values on the way are used often."""
    uses = words.sweep.uses
    most = max(product.summed, key=lambda step: len(uses[step.node]))
    several = len(product.summed)
    used = f"{words.called(most.node)} is used {len(uses[most.node])} times"
    if several > 1:
        used += f", and {several - 1} more values on the way more than once"
    detail = f"The largest single way gives {product.alone()}, but {used}."
    return "contributions over many ways add up", detail, most.use.child


def nearly_cancel(words: Words, product: Product) -> Answer:
    """Say where the contributions leave least of the largest of them."""
    least = product.most
    uses = words.sweep.uses[least.node]
    detail = f"They come to {words.called(least.node)} from {words.sources(uses)}."
    return f"contributions nearly cancel, {words.terms(uses, exactly)}", detail, least.use.child
