"""Search: the finding about a gradient by its kind."""

from collections.abc import Callable

from autograd.engine.value import Value
from autograd.words.reasons.finding import Finding, Kind, kind_of
from autograd.words.reasons.gradient_size import (
    enormous_gradient,
    ordinary_gradient,
    tiny_gradient,
)
from autograd.words.reasons.nonfinite_gradient import infinite_gradient, nan_gradient
from autograd.words.reasons.wording import Words
from autograd.words.reasons.zero_gradient import zero_gradient

_SEARCHES: dict[Kind, Callable[[Words, Value], Finding]] = {
    "zero": zero_gradient,
    "nan": nan_gradient,
    "infinite": infinite_gradient,
    "enormous": enormous_gradient,
    "tiny": tiny_gradient,
    "ordinary": ordinary_gradient,
}


def finding(words: Words, value: Value) -> Finding:
    """Explain the gradient of `value`, which is in the graph and not its root."""
    return _SEARCHES[kind_of(words.sweep.gradient[value])](words, value)
