"""Rows of the user's own: `primitive` adds one to the table and returns the function to call.

A row is three functions: value on floats, value on arrays, partials. What can be seen of them
without calling them is checked here, when the row is defined; what they return is checked in
`autograd.custom.columns`, when it is called. Invariant: no built-in row is ever replaced, and a row
of the user's own only by one from the same module, as when a notebook's cell is run again.
"""

import inspect
import keyword
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.custom.symbolic_columns import SymbolicColumns
from autograd.engine.primitive import TABLE, Primitive

Counts = tuple[int, float]  # the least and the largest number of inputs


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class CustomPrimitive(Primitive):
    """A row of the user's own: a primitive whose columns are checked."""

    columns: SymbolicColumns
    counts: Counts
    module: str | None

    def __call__(self, *inputs: Any) -> Any:
        """Apply the operation to numbers, to arrays of one shape, or to `Value`s.

        Raises `TypeError` for a wrong number of inputs or an input of another kind.
        """
        least, most = self.counts
        if not least <= len(inputs) <= most:
            raise TypeError(
                f"`{self.name}` takes {_inputs(self.counts)}, but {len(inputs)} "
                f"{'was' if len(inputs) == 1 else 'were'} given"
            )
        return Primitive.__call__(self, *inputs)

    def ieee(self, inputs: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
        """Value and partials where Python's floats raise: those of NumPy, nan where they raise."""
        return self.columns.ieee(inputs)

    def on_arrays(self, count: int) -> Callable[..., Any]:
        """The value as a function of `count` arrays, equal to that of floats."""
        return self.columns.on_arrays(count)

    def on_symbols(self, count: int) -> Callable[..., tuple[Any, ...]]:
        """The partials as a function of symbols: what was read, or a row for each partial."""
        return self.columns.on_symbols(count)


def primitive(
    name: str,
    scalar: Callable[..., float],
    array: Callable[..., Any],
    partials: Callable[..., Any],
) -> CustomPrimitive:
    """Add an operation of your own to the table and return the function to call.

    It is a row like the built-in ones: it takes floats, arrays and `Value`s, has derivatives of
    every order, and is drawn, explained, stepped and compiled.

    Args:
        name: a Python identifier, for pictures, formulas and pages.
        scalar: the value, `scalar(*floats)` -> float. Where it raises an `ArithmeticError` or a
            `ValueError`, what `array` gives stands: inf or nan.
        array: the value element by element, `array(*arrays)` -> array of the same shape.
        partials: the local derivatives, `partials(out, *inputs)` -> tuple, one for each input,
            `out` being the value. Write them with operators and autograd's functions, then they
            can be differentiated again; `if` and comparisons are fine. With functions of `math`
            first derivatives work, too.

    The three depend on their inputs only. A name may be defined again in the module, or notebook,
    that defined it. A pickled graph holds the name only: load it where the row is the same.

    >>> bump = autograd.primitive(
    ...     "bump",
    ...     scalar=lambda x: math.exp(-x * x),
    ...     array=lambda x: np.exp(-x * x),
    ...     partials=lambda out, x: (-2 * x * out,),
    ... )
    >>> x = autograd.Value(0.5, label="x")
    >>> autograd.explain(bump(x))
    v1 = bump(x) = 0.778801   ∂v1/∂v1 = 1
    x = 0.5                   ∂v1/∂x = ∂v1/∂v1 × (-2 * (x * v1)) = 1 × -0.778801 = -0.778801
    >>> autograd.grad(autograd.grad(bump))(0.0)
    -2.0

    Raises `TypeError` where a column cannot be called or the three take different numbers of
    inputs, `ValueError` for a name that is no identifier or is taken.
    """
    columns = {"scalar": scalar, "array": array, "partials": partials}
    _check_name(name)
    for column, function in columns.items():
        if not callable(function):
            raise TypeError(f"`{column}` of `{name}` must be a function, got {function!r:.60}")
    counts = _agreement(name, columns)
    module = _module(columns.values())
    known = TABLE.get(name)
    if known is not None and not isinstance(known, CustomPrimitive):
        raise ValueError(f"`{name}` is a built-in primitive: choose another name")
    if known is not None and known.module != module:
        raise ValueError(
            f"the module {known.module} has defined a primitive named `{name}`: choose another "
            "name, or import that one"
        )
    own = SymbolicColumns(name, scalar, array, partials)
    TABLE[name] = row = CustomPrimitive(
        name, own.scalar, own.array, own.partials, own, counts, module
    )
    return row


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"the name of a primitive must be a string, got {name!r:.60}")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(
            f"the name of a primitive must be a Python identifier, such as swish, got {name!r:.60}"
        )


def _module(functions: Iterable[Any]) -> str | None:
    """The module that defines the row: that of the first of its functions that is Python's own."""
    for function in functions:
        if inspect.isfunction(function):
            return function.__module__
    return None


def _agreement(name: str, columns: dict[str, Callable[..., Any]]) -> Counts:
    """How many inputs all three columns take. Raises `TypeError` where they do not agree."""
    least, most = 1, math.inf
    known = {}
    for column, function in columns.items():
        counts = _counts(f"`{column}` of `{name}`", function)
        if counts is None:
            continue
        if column == "partials":
            if counts[1] < 1:
                raise TypeError(
                    f"`partials` of `{name}` must take `out`, the value, and the inputs"
                )
            counts = max(counts[0] - 1, 0), counts[1] - 1
        known[column] = counts
        least, most = max(least, counts[0]), min(most, counts[1])
    if least > most:
        found = [
            f"`{column}` takes {_inputs(counts)}{' after `out`' * (column == 'partials')}"
            for column, counts in known.items()
        ]
        raise TypeError(
            f"the columns of `{name}` must take the same inputs, at least one: {', '.join(found)}"
        )
    return least, most


def _counts(what: str, function: Callable[..., Any]) -> Counts | None:
    """The least and the largest number of inputs; None where the function does not tell."""
    if isinstance(function, np.ufunc):
        if function.nout != 1:
            raise TypeError(f"{what} must return one array, {function.__name__} returns several")
        return function.nin, function.nin
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # math.log has no signature
        return None
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = sum(p.default is p.empty for p in positional)
    for p in parameters:
        if p.kind == p.KEYWORD_ONLY and p.default is p.empty:
            raise TypeError(f"{what} needs the keyword `{p.name}`, but gets its inputs by position")
    several = any(p.kind == p.VAR_POSITIONAL for p in parameters)
    return least, math.inf if several else len(positional)


def _inputs(counts: Counts) -> str:
    least, most = counts
    if least == most:
        return f"{least} input" if least == 1 else f"{least} inputs"
    if most == math.inf:
        return f"at least {_inputs((least, least))}" if least > 0 else "any number of inputs"
    return f"{least} to {int(most)} inputs"
