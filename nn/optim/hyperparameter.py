"""Hyperparameter: a number of an optimiser's formula, checked, and kept in its parameter groups.

Declared in the class, `momentum = Hyperparameter(not_negative)`, it says what may be given for
`momentum` in the constructor, in a group and in a saved state, and makes it an attribute.
Invariant: the groups hold the numbers; the attribute is a view of what all groups share.
"""

from collections.abc import Callable, Sequence
from typing import Any

from nn.checks import fraction


class Hyperparameter:
    """An attribute of an optimiser: the value that all its groups share.

    Reading it raises `ValueError` where the groups differ; setting it sets it in every group.
    `check(name, value)` returns the value to keep, or raises.
    """

    def __init__(self, check: Callable[[str, Any], Any]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        if optimizer is None:
            return self
        values = [group[self.name] for group in optimizer.param_groups]
        if any(value != values[0] for value in values):
            raise ValueError(
                f"`{self.name}` differs between the parameter groups, {values!r:.60}: read "
                f"optimizer.param_groups[i][{self.name!r}]"
            )
        return values[0]

    def __set__(self, optimizer: Any, value: Any) -> None:
        names = [name for name in optimizer.defaults if name != "lr"]  # a schedule's may be 0
        found = [
            optimizer.checked({**{name: group[name] for name in names}, self.name: value})
            for group in optimizer.param_groups
        ]
        for group, options in zip(optimizer.param_groups, found, strict=True):
            group[self.name] = options[self.name]


def fractions(name: str, pair: Any) -> tuple[float, float]:
    """Return a pair of numbers in [0, 1) as a tuple; raises `TypeError` for anything but a pair."""
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
        raise TypeError(f"`{name}` must be a pair such as (0.9, 0.999), got {pair!r:.60}")
    return fraction(f"{name}[0]", pair[0]), fraction(f"{name}[1]", pair[1])
