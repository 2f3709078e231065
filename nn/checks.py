"""Checks of arguments that several modules share: what is wrong, what was given, what to do."""

import difflib
import math
import operator
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from autograd.engine.number import as_float

Function = TypeVar("Function", bound=Callable[..., Any])


def check_rng(rng: random.Random | None) -> random.Random:
    """Return `rng`, or a fresh generator where it is None."""
    if rng is None:
        return random.Random()
    if isinstance(rng, random.Random):
        return rng
    raise TypeError(f"`rng` must be a random.Random, got {rng!r}: pass random.Random(seed)")


def check_seed(seed: Any) -> np.random.Generator:
    """Return a NumPy generator: `seed` itself, or one that a whole number from 0 or None seeds.

    A `random.Random` seeds one by the next number that it draws.
    """
    if isinstance(seed, random.Random):
        seed = seed.getrandbits(64)
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ValueError(
            f"`seed` must be a whole number from 0, a generator or None, got {seed!r:.60}"
        ) from None


def check_size(name: str, size: Any, least: int = 1) -> int:
    """Return `size` as an int; raises `ValueError` unless it is a whole number from `least` on."""
    if isinstance(size, bool) or not hasattr(size, "__index__") or operator.index(size) < least:
        raise ValueError(f"`{name}` must be a whole number of at least {least}, got {size!r}")
    return operator.index(size)


def positive(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it is positive and finite."""
    number = as_float(x, name)
    if not (number > 0.0 and math.isfinite(number)):
        raise ValueError(f"`{name}` must be positive and finite, got {x!r}")
    return number


def not_negative(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it is at least 0 and finite."""
    number = as_float(x, name)
    if not (number >= 0.0 and math.isfinite(number)):
        raise ValueError(f"`{name}` must be at least 0 and finite, got {x!r}")
    return number


def check_share(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it lies between 0 and 1."""
    number = as_float(x, name)
    if not 0.0 < number < 1.0:
        raise ValueError(f"`{name}` must be between 0 and 1, got {x!r}")
    return number


def by_name(kind: str, choice: str | Function, table: Mapping[str, Function]) -> Function:
    """Return `table[choice]` for a name, or `choice` itself where it is a function.

    Raises `ValueError` for an unknown name and `TypeError` for anything else.
    """
    if isinstance(choice, str):
        if choice in table:
            return table[choice]
        close = difflib.get_close_matches(choice, table, n=1)
        guess = f"; did you mean `{close[0]}`?" if close else ""
        names = ", ".join(f"`{name}`" for name in table)
        raise ValueError(f"unknown {kind} {choice!r}: choose one of {names}, or a function{guess}")
    if callable(choice):
        return choice
    raise TypeError(f"{kind} must be a name or a function, got {choice!r}")


def name_of(function: Callable[..., Any], table: Mapping[str, Callable[..., Any]]) -> str:
    """Return the name under which `table` holds `function`, else the function's own name."""
    for name, entry in table.items():
        if entry is function:
            return name
    return getattr(function, "__name__", repr(function))
