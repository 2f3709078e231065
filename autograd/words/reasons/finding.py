"""Finding: the answer about one gradient, in parts that a text is made of.

A gradient belongs to a kind by its size beside the 1 that the root itself has. Invariant: every
kind but "ordinary" and "unconnected" has a culprit, the node at which it begins.
"""

import math
from dataclasses import dataclass
from typing import Literal

from autograd.engine.value import Value

Kind = Literal["zero", "tiny", "ordinary", "enormous", "infinite", "nan", "unconnected"]

LARGE = 1e6  # above it a gradient is called enormous, below the inverse tiny


@dataclass(frozen=True)
class Finding:
    """A headline, sentences on where it happens, what one may do, and the culprit.

    `others` are further reasons, found on other ways; `headline` stands where it is not simply
    the gradient and `what`.
    """

    kind: Kind
    what: str
    details: tuple[str, ...] = ()
    hint: str = ""
    culprit: Value | None = None
    others: tuple[str, ...] = ()
    headline: str = ""


def kind_of(number: float) -> Kind:
    """Sort a gradient of a root whose own gradient is 1."""
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "infinite"
    if number == 0.0:
        return "zero"
    if 1.0 / LARGE <= abs(number) <= LARGE:
        return "ordinary"
    return "enormous" if abs(number) > LARGE else "tiny"
