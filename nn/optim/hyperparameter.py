"""Hyperparameter: a number of an optimiser's formula, checked, and kept in its parameter groups.

Declared in the class, `momentum = Hyperparameter(not_negative)`, it says what may be given for
`momentum` in the constructor, in a group and in a saved state, and makes it an attribute.
Invariant: the groups hold the numbers; the attribute is a view of what all groups share.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from autograd.engine.number import as_float


class HasGroups(Protocol):
    """What a hyperparameter needs of its optimiser."""

    defaults: dict[str, Any]
    param_groups: list[dict[str, Any]]

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a group's hyperparameters, all or all but `lr`, each checked."""


class Hyperparameter:
    """An attribute of an optimiser: the value that all its groups share.

    Reading it raises `ValueError` where the groups differ; setting it sets it in every group.
    `check(name, value)` returns the value to keep, or raises.
    """

    def __init__(self, check: Callable[[str, Any], Any]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: HasGroups | None, owner: type) -> Any:
        if optimizer is None:
            return self
        values = [group[self.name] for group in optimizer.param_groups]
        if any(value != values[0] for value in values):
            raise ValueError(
                f"`{self.name}` differs between the parameter groups, {values!r:.60}: read "
                f"optimizer.param_groups[i][{self.name!r}]"
            )
        return values[0]

    def __set__(self, optimizer: HasGroups, value: Any) -> None:
        names = [name for name in optimizer.defaults if name != "lr"]  # a schedule's may be 0
        found = [
            optimizer.checked({**{name: group[name] for name in names}, self.name: value})
            for group in optimizer.param_groups
        ]
        for group, options in zip(optimizer.param_groups, found, strict=True):
            group[self.name] = options[self.name]


def fraction(name: str, x: Any) -> float:
    """Return `x` as a float; raises `ValueError` unless it is at least 0 and below 1."""
    number = as_float(x, name)
    if not 0.0 <= number < 1.0:
        raise ValueError(f"`{name}` must be at least 0 and below 1, got {x!r}")
    return number


def fractions(name: str, pair: Any) -> tuple[float, float]:
    """Return a pair of numbers in [0, 1) as a tuple; raises `TypeError` for anything but a pair."""
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
        raise TypeError(f"`{name}` must be a pair such as (0.9, 0.999), got {pair!r:.60}")
    return fraction(f"{name}[0]", pair[0]), fraction(f"{name}[1]", pair[1])
