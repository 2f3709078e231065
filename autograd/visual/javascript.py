"""The table of primitives as JavaScript, so that a page computes partials as the engine does.

A row's partials are called on symbols that write themselves down as JavaScript statements; what
was written before is not written again. The values of the rows are in `stepper.js`. Invariant:
the code holds numbers, its own names and the names of rows in `stepper.js`, and nothing else.
"""

import ast
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from autograd.primitive import TABLE, Primitive
from autograd.symbolic import Symbolic
from autograd.visual import formula


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
        arguments = ", ".join(map(_written, inputs))
        call = f"VALUES[{json.dumps(primitive.name)}]({arguments})"
        return _Symbol(self.code, self.code.name(call))


def _written(x: Any) -> str:
    return x.name if isinstance(x, _Symbol) else repr(float(x))


@cache
def values() -> frozenset[str]:
    """The names of the rows that `stepper.js` can compute."""
    script = source("stepper.js")
    block = script[script.index("const VALUES = {") : script.index("// end of VALUES")]
    return frozenset(re.findall(r'^  "([^"]+)":', block, re.MULTILINE))


def can_compute(primitive: Primitive) -> bool:
    """Whether a page can compute this row: rows of the user's own it cannot."""
    return primitive.name in values() and TABLE.get(primitive.name) is primitive


def partials(primitive: Primitive, count: int) -> str:
    """Return the row's partials by `count` inputs as a function of the result and an array."""
    code = _Code()
    inputs = [_Symbol(code, f"x[{i}]") for i in range(count)]
    found = ", ".join(map(_written, primitive.partials(_Symbol(code, "out"), *inputs)))
    body = " ".join([*code.lines, f"return [{found}];"])
    return f"(out, x) => {{ {body} }}"


def table(rows: Iterable[tuple[Primitive, int]]) -> str:
    """Return `PARTIALS` and `RULES`, by name and number of inputs, for these rows."""
    known = list(rows)
    exact = [f'  "{row.name}/{count}": {partials(row, count)},' for row, count in known]
    written = [f'  "{row.name}/{count}": [{textbook(row, count)}],' for row, count in known]
    return "\n".join(["const PARTIALS = {", *exact, "};", "const RULES = {", *written, "};"])


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
    return files("autograd.visual").joinpath(name).read_text(encoding="utf-8")
