"""Direct: the short way into native code, for one evaluation that is like the one before.

A call of a program with new lists, keywords or modes takes 10 us around the native code. One that
is like the last takes 2: numbers go to their places in the memory W, parameters only where data
were assigned since, and the code runs. For f([x, y], 2.0), called with [0.3, 0.8] and 2.0:

    W[0:2] = [0.3, 0.8]    W[2] = 2.0    holds = both(W)    value W[5], gradient W[6:9].copy()

Invariant: where anything is not as expected, or a guard does not hold, nothing has happened, and
the long way answers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.compiler.arguments import Layout
from autograd.compiler.evaluation import NativeLine
from autograd.compiler.parameters import FloatArray, Parameters, padded
from autograd.compiler.results import rebuild
from autograd.engine.node import mark
from autograd.nesting import Shape, Structure

Kind = tuple[Any, Any, Any]  # of an argument: float, list or array, its shape, and its places
DOUBLE = np.dtype(float)
_FLOATS = {float}


class Direct:
    """The short way for calls of one layout, of `kinds`, that take one path.

    `split` cuts the results into those of the `structure`.
    """

    def __init__(
        self,
        line: NativeLine,
        kinds: Sequence[Kind],
        structure: Structure,
        split: Callable[[FloatArray], list[FloatArray]],
        parameters: Parameters,
        is_exact: Callable[[FloatArray], bool],
    ) -> None:
        self.line, self._parameters = line, parameters
        self._count = len(parameters)
        self._trained = parameters.trained()
        self._kinds, self._structure, self._split = kinds, structure, split
        self._is_exact = is_exact

    @property
    def is_current(self) -> bool:
        """Whether the parameters are those it was made for: another path may have brought some."""
        own = self._parameters
        return len(own.values) == self._count and own.trained() is self._trained

    def value(self, args: tuple[Any, ...]) -> Any:
        """Return what the program does, or None where the long way has to be taken."""
        workspace = self._filled(args)
        if workspace is None or not self.line.value(workspace[0]):
            return None
        if self._structure is None:
            return workspace[3].item()
        return rebuild(self._structure, self._split(workspace[3]), batch=False)

    def value_and_grad(self, args: tuple[Any, ...]) -> tuple[float, FloatArray] | None:
        """Return the result and its gradient by what is trained, or None likewise."""
        if self._structure is not None or not self.line.has_slopes:
            return None
        workspace = self._filled(args)
        if workspace is None or not self.line.both(workspace[0]):
            return None
        slopes = workspace[4]
        if not self._is_exact(slopes):
            return None
        if len(slopes) == len(self._trained) == self._count:
            return workspace[3].item(), slopes.copy()
        return workspace[3].item(), padded(slopes, self._count)[self._trained]

    def _filled(self, args: tuple[Any, ...]) -> list[Any] | None:
        """The workspace of the code, with all in place."""
        own, kinds = self._parameters, self._kinds
        if len(args) != len(kinds) or not self.is_current:
            return None
        workspace = self.line.workspace
        numbers = workspace[1]
        for arg, (kind, shape, place) in zip(args, kinds, strict=True):
            if type(arg) is not kind:
                return None
            if kind is float:
                numbers[place] = arg
            elif kind is list:
                if len(arg) != shape or set(map(type, arg)) != _FLOATS:
                    return None
                numbers[place] = arg
            else:
                if arg.shape != shape or arg.dtype is not DOUBLE:
                    return None
                numbers[place] = arg.reshape(-1)
        now = mark()  # before the data are read: what comes later counts as new
        if workspace[5] is not now:
            mine = workspace[2]  # later paths may have brought more
            mine[:] = own.by_use()[: len(mine)]
            workspace[5] = now
        return workspace


def kinds_of(layout: Layout) -> list[Kind] | None:
    """Return kind, shape and places of each argument; None where one is of another kind."""
    plan = layout.plan
    if plan.keywords or any(plan.static) or plan.places != tuple(range(len(plan.places))):
        return None
    found: list[Kind] = []
    start = 0
    for nest, width in zip(layout.nests, layout.widths, strict=True):
        place = slice(start, start + width)
        if nest is None:
            found.append((float, None, start))
        elif isinstance(nest, Shape):
            found.append((np.ndarray, nest.sizes, place))
        elif isinstance(nest, list) and nest and all(part is None for part in nest):
            found.append((list, len(nest), place))
        else:
            return None
        start += width
    return found
