"""Operations of the user's own: rows of the table made of functions that somebody else wrote.

They are called as those of the built-in rows are: on floats, on arrays, on Values, and on symbols.
A function that cannot be called so (`math.exp(x)`, an `if`) is called on one number after another.
Invariant: none is called at a point that nobody asked for, and what it does on symbols has to give
the numbers that the row recorded last.
"""

import inspect
import keyword
import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from autograd.engine.modes import compiling
from autograd.engine.number import as_float
from autograd.engine.primitive import TABLE, Primitive
from autograd.symbolic import Rule, Symbolic, bare, catches_exceptions, read

Function = Callable[..., Any]


def primitive(
    name: str,
    scalar: Callable[..., float],
    array: Function | None = None,
    partials: Function | None = None,
) -> "CustomPrimitive":
    """Add an operation of your own to the table of primitives and return the function to call.

    Args:
        name: a Python identifier, for pictures, formulas and pages.
        scalar: the value, `scalar(*floats)` -> float. Where it raises an `ArithmeticError` or a
            `ValueError`, what `array`, or it, gives for NumPy's floats stands: inf or nan.
        array: the value element by element, `array(*arrays)` -> array of the same shape; faster
            than `scalar` on one number after another. `gradcheck` compares the two.
        partials: the local derivatives, `partials(out, *inputs)` -> tuple, one for each input,
            `out` being the value.

    Write them with operators and autograd's functions, as `autograd.exp(x)`, in `array` NumPy's.
    Then they run on symbols, too: the row has formulas, fast programs, derivatives of all orders.
    `math.exp(x)` works as well, number by number, and can be differentiated once. It is assumed
    that they depend on their inputs only and do the same on symbols: that they ask for no types and
    catch no exceptions. Where this is seen to be wrong, they are called on numbers.

    A module, or notebook, may define its name again. A pickled graph holds the name only.

    >>> bump = autograd.primitive(
    ...     "bump",
    ...     scalar=lambda x: autograd.exp(-x * x),
    ...     partials=lambda out, x: (-2 * x * out,),
    ... )
    >>> x = autograd.Value(0.5, label="x")
    >>> autograd.explain(bump(x))
    v1 = bump(x) = 0.7788   ∂v1/∂v1 = 1
    x = 0.5                 ∂v1/∂x = ∂v1/∂v1 × (-2 * (x * v1)) = 1 × (-0.7788) = -0.7788
    >>> autograd.grad(autograd.grad(bump))(0.0)
    -2.0

    Raises `TypeError` for what is no function, `ValueError` for a name that is none or is taken.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a primitive must be a string, got {name!r:.60}")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(
            f"the name of a primitive must be a Python identifier, such as swish, got {name!r:.60}"
        )
    given = {"scalar": scalar, "partials": partials} | ({} if array is None else {"array": array})
    for column, function in given.items():
        if not callable(function):
            raise TypeError(f"`{column}` of `{name}` must be a function, got {function!r:.60}")
    module = next((f.__module__ for f in given.values() if inspect.isfunction(f)), None)
    known = TABLE.get(name)
    owner = getattr(known, "module", "autograd")
    if known is not None and owner != module:
        raise ValueError(f"`{name}` is a primitive of {owner}: choose another name, or import it")
    TABLE[name] = row = CustomPrimitive(name, given, module)
    return row


class CustomPrimitive(Primitive):
    """A row of the user's own: `given` holds the functions of its columns."""

    __setattr__ = object.__setattr__  # other rows never change; this one remembers numbers

    def __init__(self, name: str, given: dict[str, Any], module: str | None) -> None:
        super().__init__(name, self._scalar, self._array, self._partials)
        self.given, self.module = given, module
        self.slopes: dict[int, Primitive] = {}
        self.last: dict[int, tuple[Any, Any]] = {}  # by number of inputs: (out, *inputs), partials

    def _scalar(self, *inputs: float) -> float:
        out = self.given["scalar"](*inputs)
        return out if type(out) is float else self._number("scalar", out)

    def _array(self, *inputs: Any) -> Any:
        if any(isinstance(x, Symbolic) for x in inputs):
            column = "array" if "array" in self.given else "scalar"
            return self.read(len(inputs), column)(*inputs)[0]
        if "array" not in self.given:
            return _one_by_one(self.value, *inputs)
        result = np.asarray(self.given["array"](*map(np.array, inputs)))  # copies
        shapes = [np.shape(x) for x in inputs]
        shaped = result.shape in (*shapes, np.broadcast_shapes(*shapes))
        if not shaped or result.dtype.kind not in "biufO":
            raise TypeError(
                f"`array` of `{self.name}` must work element by element: for inputs of shape "
                f"{', '.join(map(str, shapes))} it returned {result.dtype} of shape {result.shape}"
            )
        return result.astype(float)[()]

    def _partials(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        if any(isinstance(x, Symbolic) for x in (out, *inputs)):
            with suppress(TypeError):
                return self.read(len(inputs), "partials")(out, *inputs)
            return self._by_slopes(out, *inputs)
        if not hasattr(out, "__apply_primitive__"):
            found = self._derivatives(out, *inputs)
            self.last[len(inputs)] = (out, *inputs), found
            return found
        with suppress(TypeError, AttributeError):  # math.exp(x) of a Value
            if not catches_exceptions(self.given["partials"]):
                return self._derivatives(out, *inputs)
        if not compiling():
            raise self._once_only()
        return self._by_slopes(out, *inputs)  # in a compiled function the number is enough

    def _derivatives(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        found = self.given["partials"](out, *inputs)
        if not isinstance(found, tuple | list) or len(found) != len(inputs):
            raise TypeError(
                f"`partials` of `{self.name}` must return a tuple with one entry for each input, "
                f"here {len(inputs)}, got {found!r:.80}"
            )
        return tuple([x if type(x) is float else self._number("partials", x, out) for x in found])

    def _number(self, column: str, x: Any, out: Any = None) -> Any:
        """The float that a column returned, or a Value where `out` is one."""
        x = bare(x)
        if hasattr(x, "__apply_primitive__") and hasattr(out, "__apply_primitive__"):
            return x
        if isinstance(x, complex):  # Python's (-8.0) ** 0.5, where NumPy says nan
            raise ValueError(f"`{column}` of `{self.name}` is complex")
        try:
            return as_float(x)
        except TypeError:
            raise TypeError(
                f"`{column}` of `{self.name}` must return a real number"
                f"{' for each input' * (column == 'partials')}, got {x!r:.60}"
            ) from None

    def ieee(self, inputs: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
        """Value and partials where Python's floats raise: NumPy's, nan where those raise, too."""
        out, partials = np.float64(math.nan), (math.nan,) * len(inputs)
        doubles = [np.float64(x) for x in inputs]
        with np.errstate(all="ignore"):
            with suppress(ArithmeticError, ValueError):
                value = self._array if "array" in self.given else self.given["scalar"]
                out = np.float64(self._number("scalar", value(*doubles)))
            with suppress(ArithmeticError, ValueError):
                partials = self._derivatives(out, *doubles)
        return float(out), partials

    def on_arrays(self, count: int) -> Function:
        """Return `array`; where it differs from the value recorded last, `scalar` one by one."""
        out, *inputs = self.last.get(count, ((math.nan,),))[0]
        twice, right = [np.full(2, x) for x in inputs], not inputs
        with suppress(Exception), np.errstate(all="ignore"):
            right = right or all(map(_close, self._array(*twice), (out, out)))
        return self.array if right else partial(_one_by_one, self.value)

    def read(self, count: int, column: str) -> Rule:
        """Return a column as a function of symbols; a `TypeError` says why it cannot be one."""
        out = column == "partials"  # of which `out` is an input, too
        try:
            rule = read(self.given[column], count + out, count if out else None)
        except TypeError as reason:
            raise TypeError(f"`{column}` {reason}") from reason
        if count in self.last:
            numbers, partials = self.last[count]
            with np.errstate(all="ignore"):
                found = rule(*numbers) if out else rule(*numbers[1:])
            if not all(map(_close, found, partials if out else numbers)):
                raise TypeError(f"`{column}` does something else on symbols than on numbers")
        return rule

    def _by_slopes(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        return tuple([self._slope(i)(out, *inputs) for i in range(len(inputs))])

    def _slope(self, i: int) -> Primitive:
        """The partial by one input, which works on numbers only, as a row of `out` and inputs."""

        def scalar(out: float, *inputs: float) -> Any:
            return self.recorded(inputs)[1][i]

        def partials(out: Any, *inputs: Any) -> tuple[float, ...]:
            if hasattr(out, "__apply_primitive__") and not isinstance(out, Symbolic):
                raise self._once_only()
            return (math.nan,) * len(inputs)

        if i not in self.slopes:
            array = partial(_one_by_one, scalar)
            self.slopes[i] = Primitive(f"d{self.name}_dx{i + 1}", scalar, array, partials)
        return self.slopes[i]

    def _once_only(self) -> TypeError:
        return TypeError(
            f"`{self.name}` can be differentiated once only: its `partials` work on numbers, not "
            "on Values. Write them with autograd's functions, such as autograd.exp for math.exp"
        )


def _close(x: float, y: float) -> bool:
    return math.isclose(x, y, rel_tol=1e-9) or (x != x and y != y)


def _one_by_one(function: Function, *inputs: Any) -> Any:
    """A function of floats on arrays, one element after another."""
    if any(isinstance(x, Symbolic) for x in inputs):
        raise TypeError("works on numbers only")
    with np.errstate(all="ignore"):
        return np.asarray(np.frompyfunc(function, len(inputs), 1)(*inputs)).astype(float)[()]
