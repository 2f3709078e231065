"""Answers: what somebody worked out by hand, and how exactly it is meant.

The digits of an answer are its tolerance: `"0.138"` stands for all numbers that are rounded to it.
Invariant: a number rounded to three digits or more agrees with its own rounding, whether it is
given as text or as a float, whose last zeros nobody can see; zeros at the end of a whole number may
have been digits, too.
"""

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from autograd.engine.number import as_number, fraction
from autograd.words.text import visible

DIGITS = 3  # at least so many significant digits are asked of a number; last zeros may be unseen
NOISE = 1e-9  # of an answer with all its digits: sums in another order
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_QUOTIENT = re.compile(r"[+-]?\d+\s*/\s*\d+")


@dataclass(frozen=True)
class Answer:
    """A number as it was `written`, right within `half` a unit of its last digit; or a formula.

    `digits` are the significant ones, None where the number is exact: nothing was rounded then.
    `takes` are the names of what the formula is computed from.
    """

    written: str
    number: float | Fraction = math.nan
    half: float = 0.0
    digits: int | None = None
    formula: Callable[..., Any] | None = None
    takes: tuple[str, ...] = field(default=())

    def at(self, data: Mapping[str, Any]) -> float:
        """Return the number that the formula gives where the Values by name have these data."""
        assert self.formula is not None
        try:
            found = self.formula(*[data[name] for name in self.takes])
            return float(as_number(getattr(found, "data", found), "what a formula returns"))
        except (ArithmeticError, ValueError):
            return math.nan


def missing(x: Any) -> bool:
    """Whether nothing has been answered: `...`, None, or text without a character."""
    return x is ... or x is None or (isinstance(x, str) and not x.strip())


def parsed(x: Any, name: str) -> Answer:
    """Return what was answered for the quantity called `name`.

    Raises `TypeError` and `ValueError` where it is no number, no text of one and no function.
    """
    if isinstance(x, str):
        return _text(x, name)
    if callable(x) and not hasattr(x, "__apply_primitive__"):
        return _formula(x, name)
    if isinstance(x, bool | np.bool_):
        raise TypeError(
            f"the answer for {name} is {x}, the outcome of a comparison: answer with the number"
        )
    if isinstance(x, Decimal):
        return _text(str(x), name)
    x = as_number(x, f"the answer for {name}") if not isinstance(x, np.floating) else x
    if isinstance(x, Fraction):
        return Answer(str(x), fraction(x))
    written = str(x)
    if math.isfinite(x) and x == int(x) and abs(x) < 1e15:
        return _decimal(str(int(x)), strict=False)
    return _decimal(written, strict=False) if math.isfinite(x) else Answer(written, float(x))


def _text(text: str, name: str) -> Answer:
    plain = text.strip().replace("\u2212", "-")  # the sign that books print for a minus
    if "." not in plain:
        plain = plain.replace(",", ".")
    if _QUOTIENT.fullmatch(plain):
        above, below = plain.split("/")
        if int(below):
            return Answer(visible(plain), Fraction(int(above), int(below)))
    elif _DECIMAL.fullmatch(plain):
        return _decimal(plain, strict="." in plain)
    elif plain.lower() in ("inf", "+inf", "-inf", "nan"):
        return Answer(plain, float(plain))
    raise ValueError(
        f"the answer for {name} must be a number, or text such as '0.138' or '1/3'; got "
        f"{text!r:.60}"
    )


def _decimal(text: str, strict: bool) -> Answer:
    """A decimal number; where it is not `strict` its last zeros may have got lost."""
    exact = Decimal(text)
    _, figures, exponent = exact.as_tuple()
    assert isinstance(exponent, int)
    number, shown = float(exact), "".join(map(str, figures)).lstrip("0")
    if not number:  # no digit is known, but of 0.000 the place of the last one
        rounded = strict and exponent <= -DIGITS
        return Answer(visible(text), number, 0.5 * 10.0**exponent if rounded else 0.0, 1)
    if math.isinf(number):
        return Answer(visible(text), number)
    size = len(shown) if strict else max(len(shown.rstrip("0")), DIGITS)
    last = exponent if strict else exact.adjusted() - size + 1
    half = max(0.5 * 10.0**last * (1.0 + NOISE), NOISE * abs(number))
    whole = not strict and number == int(number) and last <= 0
    return Answer(visible(text), number, half, None if whole else size)


def _formula(function: Callable[..., Any], name: str) -> Answer:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise TypeError(
            f"the formula for {name} must be a function of named Values, such as "
            f"`lambda x, y: 2 * x * y`; got {function!r:.60}"
        ) from None
    takes = tuple(p.name for p in parameters if p.default is p.empty)
    return Answer("your formula", formula=function, takes=takes)
