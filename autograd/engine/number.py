"""What counts as a real number, where data from outside becomes a float, and how such flow.

Everything behind this line computes with plain Python floats, so a NumPy scalar cannot slow down a
graph and a string or a complex number cannot get into one. A `fractions.Fraction` stays what it
is: it passes through the same rows and the same sweep, for answers worked out by hand.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

import numpy as np


def as_float(x: object, name: str = "data") -> float:
    """Return the real number `x` as a float; one too large for a float becomes inf or -inf.

    Raises `TypeError` for anything else: a string, an array, a complex number, a `Value`.
    """
    if type(x) is float:
        return x
    if isinstance(x, Real | Decimal | np.bool_) and not isinstance(x, np.timedelta64):
        try:
            return float(x)
        except OverflowError:
            return -math.inf if x < 0 else math.inf
        except ValueError:  # a signalling NaN of the decimal module
            return math.nan
    raise TypeError(f"`{name}` must be a real number, got {_description(x)}")


def as_number(x: Any, name: str = "data") -> float | Fraction:
    """Return `x` as a float, a fraction as it is; raises what `as_float` raises."""
    if type(x) is float:
        return x
    return fraction(x) if isinstance(x, Fraction) else as_float(x, name)


def as_numbers(xs: Iterable[Any], name: str) -> list[Any]:
    """Return all as floats; as fractions where one is a fraction and all are whole or fractions."""
    xs = list(xs)
    kinds = {x.__class__ for x in xs}  # isinstance of an abstract class takes a microsecond
    if kinds != {float} and any(issubclass(kind, Fraction) for kind in kinds):
        if all(issubclass(kind, Rational) for kind in kinds):
            return list(map(fraction, xs))
    return [as_number(x, name) for x in xs]


def elements(xs: Any, name: str) -> list[Any]:
    """Return what `xs` holds, in order: of a table of pandas its rows, as its values say it.

    Raises `TypeError` for what is no list of numbers, such as a dict, which would give its keys.
    """
    if xs.__class__ is list:
        return list(xs)
    if isinstance(xs, Mapping | set | frozenset):
        told = (
            "gives its keys: pass list(x.values())" if isinstance(xs, Mapping) else "has no order"
        )
        raise TypeError(f"`{name}` takes a list, got a {type(xs).__name__}, which {told}")
    if hasattr(xs, "__array__") and not isinstance(xs, np.ndarray):
        xs = np.asarray(xs)
    if not isinstance(xs, Iterable):
        raise TypeError(f"`{name}` takes a list, got {xs!r:.60} of type {type(xs).__name__}")
    return list(xs)


def check_times(array: Any) -> None:
    """Raise `TypeError` for an array of dates or times, which Python reads as nanoseconds."""
    if array.dtype.kind in "mM":
        raise TypeError(
            f"an array of {array.dtype} holds times, which are no numbers: divide what lies "
            "between two by a unit, such as np.timedelta64(1, 's')"
        )


def fraction(x: Any) -> Fraction:
    """Return a whole number or fraction as one of Python's integers, which never overflow."""
    return Fraction(int(x.numerator), int(x.denominator))


def _description(x: object) -> str:
    if isinstance(x, str | bytes):
        return f"the string {x[:40]!r}: convert it with float(...) first"
    if isinstance(x, np.ndarray):
        return (
            f"an array of shape {x.shape}: make one Value for each element, "
            "[Value(x) for x in array], or take the element with array.item()"
        )
    if isinstance(x, complex | np.complexfloating):
        return f"the complex number {x}: take its .real part, .imag part or abs(...)"
    if hasattr(x, "__apply_primitive__"):
        label = getattr(x, "label", "")
        called = f"the Value `{label}`" if label else "a Value"
        return f"{called}: use that Value itself, or its .data for the bare number"
    kind = type(x).__name__
    if isinstance(x, list | tuple | set | dict):
        return f"a {kind} of {len(x)}: pass its elements one by one"
    if isinstance(x, range | Iterator):
        return f"a {kind}: pass its elements one by one, or list(x) where a list is meant"
    if hasattr(x, "__array__") and hasattr(x, "shape") and x.shape:  # pandas, PyTorch ...
        return (
            f"a {kind} of shape {tuple(x.shape)}: pass its elements one by one, or np.asarray(x) "
            "where an array is meant"
        )
    return f"{x!r:.60} of type {kind}"


def constant(x: Any) -> Any:
    """Return the number that `x` is, through which no derivative flows."""
    return x.constant() if hasattr(x, "constant") else x


def product(upstream: Any, partial: Any) -> Any:
    """Return `upstream * partial` without a product by 1, which tells nothing in a picture."""
    if partial.__class__ in (float, Fraction) and partial == 1:
        return upstream
    if upstream.__class__ is float and upstream == 1.0 and partial.__class__ is not Fraction:
        return partial
    try:
        return upstream * partial
    except OverflowError:  # of a float and a fraction above the floats
        return as_float(upstream) * as_float(partial)


def total(known: Any, flow: Any) -> Any:
    """Return `known + flow`, with inf for a fraction above the floats beside a float."""
    try:
        return known + flow
    except OverflowError:
        return as_float(known) + as_float(flow)
