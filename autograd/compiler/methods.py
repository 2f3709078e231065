"""Methods: a compiled function of a class, of which each instance has a program of its own.

    class Line:
        @autograd.compile
        def at(self, x):
            return self.slope * x

`line.at` is a program that is kept in `line`, and with it goes. Invariant: copies and pickles of an
instance start without any, and a pickle refers to a method, or a decorated function, by its name.
"""

import inspect
import sys
import threading
from collections.abc import Callable
from typing import Any


class _Kept:
    """The programs of the methods of one instance, in its `__dict__`; copies start without any."""

    def __init__(self, instance: Any = None) -> None:
        self.instance = instance
        self.programs: dict[Any, Any] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _Kept, ()


_KEEPING = threading.RLock()
_NAME = "compiled methods"  # no attribute of the user's has a blank in it


def method_of(program: Any, instance: Any, make: Callable[[Any], Any]) -> Any:
    """Return the program of an instance, or of a class for its class methods; `make` makes it.

    Raises `TypeError` where an instance has no room for it.
    """
    attributes = getattr(instance, "__dict__", None)
    if attributes is None:
        raise TypeError(
            f"a compiled method keeps its program in the instance, and `{type(instance).__name__}` "
            "has `__slots__` and no `__dict__`: add '__dict__' to `__slots__`"
        )
    with _KEEPING:
        kept: _Kept | None = attributes.get(_NAME)
        if kept is None or kept.instance is not instance:  # a shallow copy takes its own
            kept = _Kept(instance)
            if isinstance(instance, type):
                type.__setattr__(instance, _NAME, kept)
            else:
                attributes[_NAME] = kept
        if program not in kept.programs:
            kept.programs[program] = make(instance)
        return kept.programs[program]


def reference(program: Any, method: Any, instance: Any) -> str | tuple[Any, ...] | None:
    """Return how a pickle refers to a program by name, None where it has none.

    It may be that of a `method` of a class, for this instance.
    """
    if method is not None:
        for base in type(instance).__mro__:
            for name, item in vars(base).items():
                if item is method:
                    return _method, (base, name, instance)
    found: Any = sys.modules.get(program.__module__)
    for part in program.__qualname__.split("."):
        found = getattr(found, part, None)
    return str(program.__qualname__) if found is program else None


def _method(owner: type, name: str, instance: Any) -> Any:
    """The method of an instance that is perhaps not restored yet, as a pickle refers to it."""
    return inspect.getattr_static(owner, name).__get__(instance, owner)
