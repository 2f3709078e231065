"""Primitive: one operation, described once and read in several ways.

A row of the table holds an operation's name, its value on floats, its value on NumPy arrays, and
its local partial derivatives. Called as a function it answers in kind: floats for numbers, arrays
for arrays, a recorded node for `Value`s. Invariant: a row never raises on real numbers and never
leaves them: where Python's floats raise, NumPy's IEEE 754 answer stands.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from autograd.engine.number import as_float, as_number, as_numbers

Rule = Callable[..., tuple[Any, ...]]
TABLE: dict[str, "Primitive"] = {}


@dataclass(frozen=True, eq=False, slots=True)
class Primitive:
    """One row: `scalar(*floats)`, `array(*arrays)` and `partials(out, *inputs)`, one per input.

    The other columns are for its readers, and stand only where they differ from what the name and
    `partials` say: `textbook(out, *inputs)` is the rule as books write it, where `partials` keeps
    digits that it would lose; `latex` a formula of its inputs #1, #2; `javascript` a function;
    `domain(*inputs)` whether finite inputs have a value that is a number. Through a `step` nothing
    flows back, not even 0 times infinity.
    """

    name: str
    scalar: Callable[..., Any]
    array: Callable[..., Any]
    partials: Rule
    _: KW_ONLY
    textbook: Rule | None = None
    latex: str | None = None
    javascript: str | None = None
    domain: Callable[..., bool] | None = None
    step: bool = False

    __name__ = property(lambda self: self.name)  # as functions have one

    def __call__(self, *inputs: Any) -> Any:
        """Apply the operation to numbers, to arrays of one shape, or to `Value`s.

        Raises `TypeError` for a wrong number of inputs or an input of another kind.
        """
        for x in inputs:
            if type(x) is not float:
                return self._dispatch(inputs)
        return self.value(*inputs)

    def value(self, *inputs: Any) -> Any:
        """Return the value on floats; on fractions a fraction where it is one."""
        try:
            return self.scalar(*inputs)
        except (ArithmeticError, ValueError):
            return self.ieee(inputs)[0]

    def recorded(self, inputs: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """Return the value and the partials on numbers, as a node stores them."""
        try:
            out = self.scalar(*inputs)
            partials = self.partials(out, *inputs)
        except (ArithmeticError, ValueError):  # where Python raises, IEEE 754 says inf or nan
            return self.ieee(inputs)
        if out.__class__ is Fraction:  # 1.0, -1.0 and 0.0 are exact, but would round what flows
            return out, tuple([Fraction(p) if p in (-1.0, 0.0, 1.0) else p for p in partials])
        return out, partials

    def ieee(self, inputs: tuple[Any, ...]) -> tuple[float, tuple[float, ...]]:
        """Value and partials where Python's floats raise: NumPy's float64 says inf or nan."""
        with np.errstate(all="ignore"):
            doubles = [np.float64(as_float(x)) for x in inputs]
            out = self.array(*doubles)
            return float(out), tuple(float(d) for d in self.partials(out, *doubles))

    def _dispatch(self, inputs: tuple[Any, ...]) -> Any:
        value = next((x for x in inputs if hasattr(x, "__apply_primitive__")), None)
        if any(isinstance(x, np.ndarray) for x in inputs):
            if value is not None or any(np.asarray(x).dtype.kind == "O" for x in inputs):
                return np.frompyfunc(self, len(inputs), 1)(*inputs)
            inputs = tuple([self._as_floats(x) for x in inputs])
        elif value is not None:
            return value.__apply_primitive__(self, inputs)
        elif not any(type(x) is np.float64 for x in inputs):
            return as_number(self.value(*as_numbers(inputs, self.name)))
        with np.errstate(all="ignore"):
            return self.array(*inputs)

    def _as_floats(self, x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return as_float(x, self.name)
        if x.dtype.kind not in "biuf":
            raise TypeError(f"`{self.name}` works on real numbers, got an array of {x.dtype}")
        return x.astype(float, copy=False)

    def on_arrays(self, count: int) -> Callable[..., Any]:
        """Return the value as a function of `count` arrays, for a program that cannot read it."""
        return self.array

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Primitive":
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        return lookup, (self.name,)


# What a leaf is, where it is no variable, stands in the place of the operation that made it.
LEAF_KINDS = {
    name: Primitive(name, lambda x: x, lambda x: x, lambda out: ())
    for name in ("constant", "detached", "frozen", "argument")
}
CONSTANT = LEAF_KINDS["constant"]  # a bare number that met a Value in an expression
DETACHED = LEAF_KINDS["detached"]  # what `detach()` and `no_grad()` leave: computed, no parameter
FROZEN = LEAF_KINDS["frozen"]  # a parameter that is not trained for now
ARGUMENT = LEAF_KINDS["argument"]  # a number that will change, while a function is being compiled


def lookup(name: str) -> Primitive:
    """Return the row called `name`, as a pickle refers to it.

    Raises `LookupError` where there is none: a row of the user's own has to be defined first.
    """
    found = TABLE.get(name) or LEAF_KINDS.get(name)
    if found is None:
        raise LookupError(
            f"the table has no primitive named `{name}`: a graph that uses one of your own can be "
            "loaded only after the autograd.primitive(...) that defines it has run"
        )
    return found


def row(name: str, scalar: Any, array: Any, partials: Rule, **columns: Any) -> Primitive:
    """Add a row to the table; `columns` are those for its readers."""
    if name in TABLE or name in LEAF_KINDS:
        raise ValueError(f"the table already has a primitive named `{name}`; choose another name")
    TABLE[name] = Primitive(name, scalar, array, partials, **columns)
    return TABLE[name]
