"""Names of activations, as an architecture holds them."""

from collections.abc import Iterable

from nn.checks import name_of
from nn.layers.activations import ACTIVATIONS, Activation
from nn.module import Module


def activation_name(module: Module, activations: Iterable[Activation]) -> str:
    """Return the one name that all `activations` of `module` have in the table.

    Raises `TypeError` where one is not in the table, or where they differ.
    """
    names = {name_of(function, ACTIVATIONS): function for function in activations}
    for name, function in names.items():
        if ACTIVATIONS.get(name) is not function:
            raise TypeError(
                f"the architecture of {module!r} cannot be written down: its activation {name!r} "
                f"is none of {', '.join(f'`{known}`' for known in ACTIVATIONS)}"
            )
    if len(names) > 1:
        raise TypeError(
            f"the architecture of {module!r} cannot be written down: neurons that should have "
            f"one activation have {', '.join(f'`{name}`' for name in names)}"
        )
    return next(iter(names))
