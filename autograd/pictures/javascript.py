"""The table of primitives as JavaScript, so that a page computes partials as the engine does.

A row's partials are called on symbols that write themselves down as JavaScript statements; what
was written before is not written again. The values of the built-in rows are in `stepper.js`, those
of the user's own are read from their columns. Invariant: the code holds numbers, its own names
and the names of built-in rows, and nothing else; rows of the user's own get numbers for names.
"""

import ast
import json
import math
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from autograd.custom import CustomPrimitive
from autograd.engine.primitive import TABLE, Primitive
from autograd.symbolic import COMPARISONS, Symbolic, choose
from autograd.words import formula

Row = tuple[Primitive, int]  # and with how many inputs

# NumPy's functions that are no rows but occur in functions of the user's own.
_NUMPYS: dict[Any, str] = {
    np.sign: "Math.sign({0})",
    np.square: "({0} * {0})",
    np.floor: "Math.floor({0})",
    np.ceil: "Math.ceil({0})",
    np.cbrt: "Math.cbrt({0})",
    np.log2: "Math.log2({0})",
    np.log10: "Math.log10({0})",
    np.hypot: "Math.hypot({0}, {1})",
    np.arctan2: "Math.atan2({0}, {1})",
    np.isnan: "Number({0} !== {0})",
}


class _Code:
    """Statements `const t3 = ...;`, each expression once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[str, str] = {}

    def name(self, expression: str) -> str:
        known = self._known.get(expression)
        if known is None:
            known = self._known[expression] = f"t{len(self.lines)}"
            self.lines.append(f"const {known} = {expression};")
        return known


class _Symbol(Symbolic):
    __slots__ = ("code", "name")

    def __init__(self, code: _Code, name: str) -> None:
        self.code, self.name = code, name

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> "_Symbol":
        if isinstance(primitive, CustomPrimitive):
            result = primitive.array(*inputs)
            return result if isinstance(result, _Symbol) else _Symbol(self.code, _written(result))
        return _Symbol(self.code, self.code.name(_call(primitive, [_written(x) for x in inputs])))


def _call(primitive: Primitive, arguments: list[str]) -> str:
    """A row applied to arguments; raises `TypeError` for one that the page does not know."""
    if primitive in COMPARISONS:
        sign = {"==": "===", "!=": "!=="}.get(COMPARISONS[primitive], COMPARISONS[primitive])
        return f"Number({arguments[0]} {sign} {arguments[1]})"
    if primitive is choose:
        return f"({arguments[0]} !== 0 ? {arguments[1]} : {arguments[2]})"
    if isinstance(primitive.array, np.ufunc) and primitive.array in _NUMPYS:
        return _NUMPYS[primitive.array].format(*arguments)
    if not _is_built_in(primitive):
        raise TypeError(f"the page does not know `{primitive.name}`")
    return f"VALUES[{json.dumps(primitive.name)}]({', '.join(arguments)})"


def _written(x: Any) -> str:
    if isinstance(x, _Symbol):
        return x.name
    number = float(x)
    if math.isfinite(number):
        return repr(number)
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


@cache
def values() -> frozenset[str]:
    """The names of the rows that `stepper.js` can compute."""
    script = source("stepper.js")
    block = script[script.index("const VALUES = {") : script.index("// end of VALUES")]
    return frozenset(re.findall(r'^  "([^"]+)":', block, re.MULTILINE))


def _is_built_in(primitive: Primitive) -> bool:
    return primitive.name in values() and TABLE.get(primitive.name) is primitive


def partials(primitive: Primitive, count: int) -> str:
    """Return the row's partials by `count` inputs as a function of the result and an array."""

    function: Callable[..., Any] = primitive.partials
    if isinstance(primitive, CustomPrimitive):
        function = primitive.read(count, "partials")

    def found(code: _Code, inputs: list[_Symbol]) -> str:
        return f"[{', '.join(map(_written, function(_Symbol(code, 'out'), *inputs)))}]"

    return f"(out, x) => {_body(found, count)}"


def value(primitive: Primitive, count: int) -> str:
    """Return the value of a row of the user's own as a function of `count` numbers."""
    return f"(...x) => {_body(lambda code, inputs: _written(primitive(*inputs)), count)}"


def _body(found: Callable[[_Code, list[_Symbol]], str], count: int) -> str:
    code = _Code()
    result = found(code, [_Symbol(code, f"x[{i}]") for i in range(count)])
    return f"{{ {' '.join([*code.lines, f'return {result};'])} }}"


class Table:
    """The rows that a page uses, each as code or with the reason why it cannot be code.

    Raises nothing: a page whose rows cannot all be computed shows the numbers as recorded.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.keys: dict[Row, str] = {}
        self.frozen: dict[str, str] = {}  # name: reason
        self._values: list[str] = []
        self._partials: list[str] = []
        self._rules: list[str] = []
        for row, count in rows:
            try:
                self._add(row, count)
            except TypeError as reason:
                self.frozen[row.name] = str(reason)

    def _add(self, row: Primitive, count: int) -> None:
        own = isinstance(row, CustomPrimitive)
        if not own and not _is_built_in(row):
            raise TypeError("it is no row of the table")
        key = f"own{len(self.keys)}" if own else row.name
        place = json.dumps(f"{key}/{count}")
        slopes = partials(row, count)
        if own:
            self._values.append(f'  "{key}": {value(row, count)},')
        shown = _own_rules(row, count, place) if own else textbook(row, count)
        self._partials.append(f"  {place}: {slopes},")
        self._rules.append(f"  {place}: [{shown}],")
        self.keys[row, count] = key

    def code(self) -> str:
        """Return `OWN`, `PARTIALS` and `RULES`, by key and number of inputs."""
        parts = {"OWN": self._values, "PARTIALS": self._partials, "RULES": self._rules}
        return "\n".join(
            line for name, lines in parts.items() for line in (f"const {name} = {{", *lines, "};")
        )


def _own_rules(row: Primitive, count: int, place: str) -> str:
    """The rules of a row of the user's own are its partials."""
    return ", ".join(
        "null" if rule is None else f"(out, x) => PARTIALS[{place}](out, x)[{i}]"
        for i, rule in enumerate(formula.rules(row, count))
    )


def textbook(primitive: Primitive, count: int) -> str:
    """Return the rules that are shown for a row as functions, `null` where there is none."""
    names = {symbol: f"x[{i}]" for symbol, i in formula.positions(count).items()}
    found = [
        "null" if rule is None else f"(out, x) => {_expression(rule, names)}"
        for rule in formula.rules(primitive, count)
    ]
    return ", ".join(found)


_OPERATORS = {operator: name for name, operator in formula.INFIX.items() if name != "**"}


def _expression(tree: ast.expr, names: dict[str, str]) -> str:
    """A formula as a JavaScript expression."""
    if isinstance(tree, ast.Constant):
        return repr(tree.value)
    if isinstance(tree, ast.Name):
        return names.get(tree.id) or {"out": "out", "pi": "Math.PI"}[tree.id]
    if isinstance(tree, ast.UnaryOp):
        return f"(-{_expression(tree.operand, names)})"
    if isinstance(tree, ast.BinOp):
        left, right = _expression(tree.left, names), _expression(tree.right, names)
        return f'VALUES["{_OPERATORS[type(tree.op)]}"]({left}, {right})'
    if isinstance(tree, ast.IfExp) and isinstance(tree.test, ast.Compare):
        sign = ">" if isinstance(tree.test.ops[0], ast.Gt) else "<"
        left = _expression(tree.test.left, names)
        right = _expression(tree.test.comparators[0], names)
        chosen = (_expression(tree.body, names), _expression(tree.orelse, names))
        return f"({left} {sign} {right} ? {chosen[0]} : {chosen[1]})"
    assert isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)
    arguments = ", ".join(_expression(argument, names) for argument in tree.args)
    called = "Math.sign" if tree.func.id == "sign" else f'VALUES["{tree.func.id}"]'
    return f"{called}({arguments})"


def source(name: str) -> str:
    """Return the text of a file of the page."""
    return files("autograd.pictures").joinpath(name).read_text(encoding="utf-8")
