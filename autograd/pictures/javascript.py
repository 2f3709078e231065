"""The table of primitives as JavaScript, so that a page computes as the engine does.

A row's partials are called on symbols that write themselves down as JavaScript statements; what
was written before is not written again. Invariant: the code holds numbers, its own names and what
the built-in rows say of themselves, and nothing else; rows of the user's own get numbers for names.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from autograd.custom import CustomPrimitive
from autograd.engine.primitive import TABLE, Primitive
from autograd.symbolic import Symbolic

Row = tuple[Primitive, int]  # and with how many inputs

# What JavaScript has under the same name, but that NumPy's arcsin is its asin.
_MATH = (
    "abs ceil cos cosh exp expm1 floor hypot log log10 log1p log2 cbrt sign sin sinh sqrt tan tanh "
    "arccos arccosh arcsin arcsinh arctan arctan2 arctanh"
)
_NATIVE = {sign: f"(x, y) => x {sign} y" for sign in "+-*/"} | {
    name: f"Math.{name.replace('arc', 'a')}" for name in _MATH.split()
}
# NumPy's functions that are no rows but occur in functions of the user's own.
_NUMPYS: dict[Any, str] = {np.square: "(x) => x * x", np.isnan: "(x) => Number(x !== x)"}


def value_of(primitive: Primitive) -> str:
    """Return a built-in row's value as a function; raises `TypeError` for any other row."""
    if primitive.javascript:
        return primitive.javascript
    built_in = TABLE.get(primitive.name) is primitive and not isinstance(primitive, CustomPrimitive)
    if built_in and primitive.name in _NATIVE:
        return _NATIVE[primitive.name]
    for ufunc, function in _NUMPYS.items():
        if primitive.array is ufunc:
            return function
    raise TypeError(f"the page does not know `{primitive.name}`")


class _Code:
    """Statements `const t3 = ...;`, each expression once; the rows they call go into `values`."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.lines: list[str] = []
        self._known: dict[str, str] = {}

    def apply(self, primitive: Primitive, inputs: Iterable[Any]) -> "Symbol":
        """Return the symbol for a row applied to symbols and numbers."""
        self.values[primitive.name] = value_of(primitive)
        called = ", ".join(map(written, inputs))
        expression = f"VALUES[{json.dumps(primitive.name)}]({called})"
        if expression not in self._known:
            self._known[expression] = f"t{len(self.lines)}"
            self.lines.append(f"const {self._known[expression]} = {expression};")
        return Symbol(self, self._known[expression])


class Symbol(Symbolic):
    """An expression of JavaScript, `name`; `code` writes down what is done to it."""

    __slots__ = ("code", "name")

    def __init__(self, code: Any, name: str) -> None:
        self.code, self.name = code, name

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
        if isinstance(primitive, CustomPrimitive):
            return primitive.array(*inputs)
        return self.code.apply(primitive, inputs)


def written(x: Any) -> str:
    """Return a symbol or a number as JavaScript."""
    return x.name if isinstance(x, Symbol) else literal(float(x))


def literal(number: float) -> str:
    """Return a number as JavaScript, every digit of it."""
    if math.isfinite(number):
        return repr(number)
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


class Table:
    """The rows that a page uses, each as code or with the reason why it cannot be code.

    Raises nothing: a page whose rows cannot all be computed shows the numbers as recorded.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.keys: dict[Row, str] = {}
        self.frozen: dict[str, str] = {}  # name: reason
        self._values: dict[str, str] = {}
        self._partials: dict[str, str] = {}
        self._rules: dict[str, str] = {}  # where they are others than the partials
        for row, count in rows:
            try:
                self._add(row, count)
            except TypeError as reason:
                self.frozen[row.name] = str(reason)

    def _add(self, row: Primitive, count: int) -> None:
        key, partials = row.name, row.partials
        if isinstance(row, CustomPrimitive):
            key = f"own{len(self.keys)}"
            partials = row.read(count, "partials")
            self._values[key] = self._code(lambda out, *inputs: row(*inputs), count, "...x")
        else:
            self._values[key] = value_of(row)
        self._partials[f"{key}/{count}"] = self._code(partials, count)
        if row.textbook is not None:
            self._rules[f"{key}/{count}"] = self._code(row.textbook, count)
        self.keys[row, count] = key

    def _code(self, function: Callable[..., Any], count: int, parameters: str = "out, x") -> str:
        """Return a function of the result and the inputs, or of the inputs only, as JavaScript."""
        code = _Code(self._values)
        found = function(Symbol(code, "out"), *[Symbol(code, f"x[{i}]") for i in range(count)])
        one = not isinstance(found, tuple | list)
        result = written(found) if one else f"[{', '.join(map(written, found))}]"
        return f"({parameters}) => {{ {' '.join([*code.lines, f'return {result};'])} }}"

    def need(self, values: Mapping[str, str]) -> None:
        """Add rows that a page calls besides, by name."""
        self._values.update(values)

    def values(self) -> str:
        """Return what the rows call, and `VALUES` by key: the forward half of `code`."""
        return "\n".join([source("functions.js"), *_object("VALUES", self._values)])

    def code(self) -> str:
        """Return `VALUES` by key, and `PARTIALS` and `RULES` by key and number of inputs.

        What they call stands before them.
        """
        parts = [*_object("PARTIALS", self._partials), *_object("RULES", self._rules)]
        return "\n".join([self.values(), *parts])


def _object(name: str, entries: dict[str, str]) -> list[str]:
    inside = [f"  {json.dumps(key)}: {function}," for key, function in entries.items()]
    return [f"const {name} = {{", *inside, "};"]


def source(name: str) -> str:
    """Return the text of a file of the page."""
    return files("autograd.pictures").joinpath(name).read_text(encoding="utf-8")
