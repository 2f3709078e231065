"""Checks of arguments that several modules share: what is wrong, what was given, what to do."""

import difflib
import importlib.util
import math
import operator
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from autograd.engine.number import as_float

Function = TypeVar("Function", bound=Callable[..., Any])
Array = npt.NDArray[Any]
Seed = int | random.Random | np.random.Generator


def check_rng(rng: Seed | None, name: str = "rng") -> random.Random:
    """Return the generator that `rng` is or seeds, one seeded by the system where it is None.

    A generator of NumPy's gives a seed, and goes on. Raises `TypeError` for anything else, and
    `ValueError` for a number below 0.
    """
    if isinstance(rng, random.Random):
        return rng
    if isinstance(rng, np.random.Generator):
        return random.Random(int(rng.integers(2**63)))
    return random.Random(_seed(rng, name))


def check_generator(seed: Seed | None, name: str = "seed") -> np.random.Generator:
    """The same for NumPy's generators; a `random.Random` gives a seed, and goes on."""
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, random.Random):
        return np.random.default_rng(seed.getrandbits(63))
    return np.random.default_rng(_seed(seed, name))


def _seed(seed: Any, name: str) -> int | None:
    if seed is None:
        return None
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(
            f"`{name}` must be a whole number from 0 on, a random.Random or a "
            f"np.random.Generator, got {seed!r:.60}"
        )
    return check_size(name, seed, 0)


def require(package: str, what: str) -> None:
    """Raise an `ImportError` that names the extra `data` where `package` is not installed."""
    if importlib.util.find_spec(package) is None:
        raise ImportError(f"{what} need {package}: pip install 'seegrad[data]'")


def check_kind(name: str, x: Any, kind: type, what: str) -> None:
    """Raise `TypeError` unless `x` is of this kind, of which `what` names an example."""
    if not isinstance(x, kind):
        raise TypeError(f"`{name}` must be {what}, got {x!r:.60}")


def flag(name: str, x: Any) -> bool:
    """Return `x` as a bool; raises `TypeError` for anything but True and False."""
    if not isinstance(x, bool | np.bool_):
        raise TypeError(f"`{name}` must be True or False, got {x!r:.60}")
    return bool(x)


def check_size(name: str, size: Any, least: int = 1) -> int:
    """Return `size` as an int; raises `ValueError` unless it is a whole number from `least` on."""
    if isinstance(size, bool) or not hasattr(size, "__index__") or operator.index(size) < least:
        raise ValueError(f"`{name}` must be a whole number of at least {least}, got {size!r:.60}")
    return operator.index(size)


def positive(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it is positive and finite."""
    return _real(name, x, lambda number: 0.0 < number < math.inf, "positive and finite")


def not_negative(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it is at least 0 and finite."""
    return _real(name, x, lambda number: 0.0 <= number < math.inf, "at least 0 and finite")


def check_limit(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it is positive; inf is no limit."""
    return _real(name, x, lambda number: number > 0.0, "positive")


def check_share(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it lies between 0 and 1."""
    return _real(name, x, lambda number: 0.0 < number < 1.0, "between 0 and 1")


def fraction(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it is at least 0 and below 1."""
    return _real(name, x, lambda number: 0.0 <= number < 1.0, "at least 0 and below 1")


def _real(name: str, x: Any, fits: Callable[[float], bool], what: str) -> float:
    number = as_float(x, name)
    if not fits(number):
        raise ValueError(f"`{name}` must be {what}, got {x!r}")
    return number


def by_name(kind: str, choice: str | Function, table: Mapping[str, Function]) -> Function:
    """Return `table[choice]` for a name, or `choice` itself where it is a function.

    A name may be written as a class is: "ReLU" and "LeakyReLU" are `relu` and `leaky_relu`.
    Raises `ValueError` for an unknown name and `TypeError` for anything else.
    """
    if isinstance(choice, str):
        plain = {_plain(name): name for name in table}
        if _plain(choice) in plain:
            return table[plain[_plain(choice)]]
        close = difflib.get_close_matches(_plain(choice), plain, n=1)
        guess = f"; did you mean `{plain[close[0]]}`?" if close else ""
        names = ", ".join(f"`{name}`" for name in table)
        raise ValueError(
            f"unknown {kind} {choice!r:.60}: choose one of {names}, or a function{guess}"
        )
    if callable(choice):
        return choice
    raise TypeError(f"{kind} must be a name or a function, got {choice!r:.60}")


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def name_of(function: Callable[..., Any], table: Mapping[str, Callable[..., Any]]) -> str:
    """Return the name under which `table` holds `function`, else the function's own name."""
    for name, entry in table.items():
        if entry is function:
            return name
    return getattr(function, "__name__", repr(function))
