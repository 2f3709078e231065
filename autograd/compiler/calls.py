"""Calls: which argument of a function each argument of a call is, and which are static.

Of f(x, n, *more), where n is static, the call f(1.0, 2, 3.0) hands on what `Plan` says:

    names x n more[0]    places 0 1 2    static no yes no    by position 3

Invariant: an error is raised before anything is read, and static values are told apart exactly.
"""

import inspect
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, time
from functools import cached_property
from numbers import Number, Rational
from typing import Any

from autograd.engine.value import Value


@dataclass(frozen=True)
class Plan:
    """How calls with so many arguments by position and these keywords pass them to the function.

    `places` says where in a call each argument stands; the first `positional` of them are passed
    by position, the others by their `keywords`.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    static: tuple[bool, ...]
    positional: int
    keywords: tuple[str, ...]

    @cached_property
    def traced(self) -> list[str]:
        """The names of the arguments that are not static."""
        return [n for n, static in zip(self.names, self.static, strict=True) if not static]

    @cached_property
    def moving(self) -> list[int]:
        """Their places."""
        return [p for p, static in zip(self.places, self.static, strict=True) if not static]


class Signature:
    """How a function takes its arguments, some of them static."""

    def __init__(self, function: Callable[..., Any], static: tuple[str, ...]) -> None:
        self.function, self.static = function, static
        self._plans: dict[Any, Plan] = {}
        self._check_static()

    def plan(self, count: int, keywords: tuple[str, ...]) -> Plan:
        """Return the plan of calls with `count` arguments by position and these keywords.

        Raises `TypeError` where the function takes no such arguments.
        """
        plan = self._plans.get((count, keywords))
        if plan is None:
            plan = self._plans[count, keywords] = self._planned(count, keywords)
        return plan

    def _planned(self, count: int, keywords: tuple[str, ...]) -> Plan:
        places = {keyword: count + i for i, keyword in enumerate(keywords)}
        try:
            bound = inspect.signature(self.function).bind(*range(count), **places)
        except TypeError as error:
            raise TypeError(f"{getattr(self.function, '__name__', 'program')}: {error}") from None
        except ValueError:  # a callable without a signature
            names = (*map(str, range(count)), *keywords)
            static = tuple(name in self.static for name in names)
            return Plan(names, tuple(range(len(names))), static, count, keywords)
        named = {}
        for name, given in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                named.update({place: f"{name}[{i}]" for i, place in enumerate(given)})
            elif kind is inspect.Parameter.VAR_KEYWORD:
                named.update({place: keyword for keyword, place in given.items()})
            else:
                named[given] = name
        order = (*bound.args, *bound.kwargs.values())
        names = tuple(named[place] for place in order)
        static = tuple(name.split("[")[0] in self.static for name in names)
        return Plan(names, order, static, len(bound.args), tuple(bound.kwargs))

    def _check_static(self) -> None:
        """Raise `ValueError` for a static name that the function does not have."""
        try:
            known = inspect.signature(self.function).parameters
        except ValueError:
            return
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values()):
            return
        for name in self.static:
            if name not in known:
                raise ValueError(
                    f"`static_argnames` has {name!r}, which is no argument of the function: it has "
                    f"{listed(list(known))}"
                )


def checked(name: str, value: Any) -> Any:
    """Return a value that a recording can be kept for; raises `TypeError` for others."""
    if isinstance(value, Value):
        raise TypeError(
            f"the static argument `{name}` must be a plain Python value, got {value!r:.60}: a "
            "recording is made for each"
        )
    try:
        hash(value)
    except TypeError:
        raise TypeError(
            f"the static argument `{name}` must be hashable, got {value!r:.60}: a recording is "
            "made for each; pass a tuple for a list"
        ) from None
    return value


def exactly(value: Any) -> Any:
    """Return a key of a static value that tells apart what is equal.

    So are 1 and True, 0.0 and -0.0, empty ranges, one moment in two time zones, and dataclasses
    whose fields that are not compared differ.
    """
    kind = type(value)
    if isinstance(value, range):
        return kind, (value.start, value.stop, value.step)
    if isinstance(value, tuple | frozenset):
        return kind, (frozenset if isinstance(value, frozenset) else tuple)(map(exactly, value))
    if is_dataclass(value) and not isinstance(value, type):
        return kind, value, exactly(tuple([getattr(value, f.name) for f in fields(value)]))
    if isinstance(value, Number | datetime | time) and not isinstance(value, Rational):
        return kind, repr(value)
    if not isinstance(value, Hashable):  # in a field that is not compared
        return kind, repr(value)
    return kind, value


def listed(names: list[str]) -> str:
    """Return names in backticks."""
    return ", ".join(f"`{name}`" for name in names) or "none"
