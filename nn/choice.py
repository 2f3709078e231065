"""Choosing one of a table by its name: activations, initialisations, losses."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


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
