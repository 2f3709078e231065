"""Arguments: what a program is called with, as flat arrays, checked against the first call.

Invariant: an error names the argument, what was expected and what was given, and no call has
run by then.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.nesting import Structure, flatten, unflatten

Array = npt.NDArray[np.float64]

VALUES = (
    "a Value: a compiled program takes bare numbers. To differentiate by its arguments take the "
    "function itself, as in compile(grad(f))"
)


class Signature:
    """The names and, after the first call, the structures of a function's arguments."""

    def __init__(self, function: Callable[..., Any], batch: bool) -> None:
        self.function, self.batch = function, batch
        self.structures: list[Any] | None = None
        self.widths: list[int] = []
        self._known_names: dict[int, list[str]] = {}  # by the number of arguments

    def read(self, args: tuple[Any, ...]) -> tuple[list[Array], int]:
        """Return one array for each argument, (B, width) or (width,), and B.

        Raises `TypeError` or `ValueError` for arguments that are not numbers or do not fit.
        """
        names = self._known_names.get(len(args))
        if names is None:
            names = self._known_names[len(args)] = self._names(args)
        structures, arrays = [], []
        likes = [*(self.structures or []), *[None] * len(args)][: len(args)]
        for name, arg, like in zip(names, args, likes, strict=True):
            structure, array = (
                self._rows(name, arg) if self.batch else self._leaves(name, arg, like)
            )
            structures.append(structure)
            arrays.append(array)
        count = 1
        if self.batch:
            lengths = {name: len(array) for name, array in zip(names, arrays, strict=True)}
            if len(set(lengths.values())) > 1:
                raise ValueError(f"the arguments have batch axes of unequal lengths: {lengths}")
            count = next(iter(lengths.values()), 0)
        if self.structures is None:
            self.structures, self.widths = structures, [a.shape[-1] for a in arrays]
        for name, structure, known in zip(names, structures, self.structures, strict=True):
            if structure != known:
                raise ValueError(
                    f"argument `{name}` has {_shape(structure)}, but the program was recorded "
                    f"with {_shape(known)}"
                )
        return arrays, count

    def nested(self, row: Sequence[Array]) -> list[Any]:
        """Return the arguments of one row as the function takes them: nested floats."""
        assert self.structures is not None
        return [
            unflatten(structure, array.ravel().tolist())
            for structure, array in zip(self.structures, row, strict=True)
        ]

    def _names(self, args: tuple[Any, ...]) -> list[str]:
        try:
            bound = inspect.signature(self.function).bind(*args)
        except TypeError as error:
            raise TypeError(f"{getattr(self.function, '__name__', 'program')}: {error}") from None
        except ValueError:  # a callable without a signature
            return [str(i) for i in range(len(args))]
        names = []
        for name, value in bound.arguments.items():
            several = isinstance(value, tuple) and len(bound.arguments) != len(args)
            names += [f"{name}[{i}]" for i in range(len(value))] if several else [name]
        return names

    def _rows(self, name: str, arg: Any) -> tuple[Any, Array]:
        try:
            array = np.asarray(arg)
        except ValueError:
            raise ValueError(f"argument `{name}` is ragged: its rows must have one shape") from None
        if array.dtype.kind not in "biuf" and array.size:
            raise TypeError(f"argument `{name}` must hold real numbers, got {_found(array)}")
        if array.ndim == 0:
            raise ValueError(f"argument `{name}` needs a leading batch axis, got the number {arg}")
        structure: Any = None
        for size in reversed(array.shape[1:]):
            structure = [structure] * size
        return structure, array.astype(float, copy=False).reshape(
            len(array), int(np.prod(array.shape[1:]))
        )

    def _leaves(self, name: str, arg: Any, like: Structure) -> tuple[Any, Array]:
        leaves: list[Any] = []
        structure = flatten(arg.tolist() if isinstance(arg, np.ndarray) else arg, leaves, like)
        for x in leaves:
            if isinstance(x, Value):
                raise TypeError(f"argument `{name}` must hold real numbers, got {VALUES}")
        return structure, np.array([as_float(x, f"argument {name}") for x in leaves])


def _found(array: Any) -> str:
    """What is in an array that holds no numbers, and what to do."""
    if array.dtype.kind == "O" and any(isinstance(x, Value) for x in array.flat):
        return VALUES
    if array.dtype.kind == "O" and any(isinstance(x, dict) for x in array.flat):
        return "a dict: the rows of a batch are lists of numbers, or one argument for each key"
    return f"dtype {array.dtype}: bare numbers, no strings"


def _shape(structure: Any) -> str:
    if structure is None:
        return "a number"
    if isinstance(structure, dict):
        return f"a dict of {sorted(structure)}"
    inner = [s for s in structure if s is not None]
    within = f", each {_shape(inner[0])}" if inner else ""
    return f"a {type(structure).__name__} of {len(structure)}{within}"
