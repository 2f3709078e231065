"""Described: a layer that names the arguments it was built with, once.

What its repr shows, what a file says of it and how it is built again all follow from `arguments`:
names of the constructor's, each also an attribute or a property. Invariant: `cls(**arguments)`
with what `architecture()` returns, but for its "class", builds a layer of the same structure.
"""

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar

from autograd import Value
from nn.checks import name_of
from nn.layers.activations import ACTIVATIONS, Activation
from nn.module import Module


class Described(Module):
    """Base class of the layers; a subclass says which `arguments` build it."""

    arguments: ClassVar[tuple[str, ...]] = ()

    def size(self) -> int:
        """Return how many parameters a layer of these arguments has."""
        return 0

    def argument(self, name: str) -> Any:
        """Return the argument `name` that builds this layer: the attribute of that name."""
        return getattr(self, name)

    def architecture(self) -> dict[str, Any]:
        """Return the class and its arguments, as numbers, names and lists.

        Raises `TypeError` where an activation has no name, or the neurons' differ.
        """
        found: dict[str, Any] = {"class": type(self).__name__}
        for name in self.arguments:
            value = self.argument(name)
            found[name] = name_of(value, ACTIVATIONS) if callable(value) else value
            if callable(value) and found[name] not in ACTIVATIONS:
                raise TypeError(
                    f"the architecture of {self!r} cannot be written down: its {name} "
                    f"{found[name]!r} is none of {', '.join(f'`{known}`' for known in ACTIVATIONS)}"
                )
        return found

    def __repr__(self) -> str:
        parameters = inspect.signature(type(self)).parameters
        shown = []
        for i, name in enumerate(self.arguments):
            value = self.argument(name)
            value = name_of(value, ACTIVATIONS) if callable(value) else value
            default = parameters[name].default if name in parameters else inspect.Parameter.empty
            if i == 0 or default is inspect.Parameter.empty:
                shown.append(repr(value))
            elif value is not None and (isinstance(value, str) or value != default):
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


def mixed(x: Value) -> Value:
    """What stands for the activation of neurons that have several; it cannot be called."""
    raise TypeError("these neurons have several activations: call them one by one")


def common(activations: Iterable[Activation]) -> Activation:
    """Return the function that all `activations` are, or `mixed`."""
    found = set(activations)
    return found.pop() if len(found) == 1 else mixed
