"""Numbers: how one is written wherever somebody reads it, in pictures, explanations and pages.

Five digits at most, without zeros at the end; whole numbers bare, but what only rounds to one as
1.0000; short fractions as fractions. Invariant: only 0 is written as 0.
"""

import math
import re
from collections.abc import Sequence
from fractions import Fraction

from autograd.engine.number import as_float
from autograd.words.text import visible

LONGEST_FRACTION = 16  # characters; a longer one is written as a float
WHOLE = 1e9  # below it whole numbers are written with all their digits
NOISE = 1e-12  # relative; what is nearer to a whole number differs from it by rounding errors


def numeral(x: float | Fraction, fmt: str = "") -> str:
    """Return `x` as text: as `fmt` says, where it says something and does not turn it into 0.

    Raises nothing: `fmt` has passed `check_format`.
    """
    if isinstance(x, Fraction) and len(str(x)) <= LONGEST_FRACTION:
        return str(x)
    x = as_float(x) + 0.0  # no -0
    if fmt:
        text = format(x, fmt)
        vanished = x != 0.0 and math.isfinite(x) and not re.search("[1-9]", text)
        if not vanished and (len(text) <= 24 or abs(x) < WHOLE):
            return visible(text)
    if abs(x) < WHOLE and abs(x - round(x)) <= NOISE * abs(x):
        return str(round(x))
    text = f"{x:.5g}"
    mantissa, e, exponent = text.partition("e")
    if e:
        return f"{x:.0f}" if 1.0 <= abs(x) < 1e7 else f"{mantissa}e{int(exponent)}"
    return text if "." in text else f"{x:#.5g}".rstrip(".")


def exact_numeral(x: float) -> str:
    """Return `x` with all its digits, where five are not all."""
    text = numeral(x)
    return text if float(text) == x else repr(x)


def signed(text: str, brackets: str = "(#1)") -> str:
    """Return what follows an operator: in brackets where it begins with a minus sign."""
    return brackets.replace("#1", text) if text.startswith("-") else text


def joined(parts: Sequence[str], sign: str = "+", brackets: str = "(#1)") -> str:
    """Return a sum, or with another sign a product, of what is written already."""
    first, *others = parts
    return f" {sign} ".join([first, *[signed(part, brackets) for part in others]])
