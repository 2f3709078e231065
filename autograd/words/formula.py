"""Formulas: rows of the table and expressions of the graph as people write them.

A row's rule, the textbook's or else its partials, is called on formulas, which write down what is
done to them: so the line that serves floats and arrays prints itself, too. Invariant: a formula is
a tree and its brackets follow from it, so no name can change its structure.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import numpy as np

from autograd.custom import CustomPrimitive
from autograd.engine import table
from autograd.engine.primitive import TABLE, Primitive, Rule
from autograd.engine.value import Value
from autograd.symbolic import COMPARISONS, Symbolic, not_equal
from autograd.words.numbers import joined, numeral, signed
from autograd.words.text import ELLIPSIS, visible

LONGEST = 60  # characters of a rule that is worth printing
LONG = 200  # bits of a numerator or denominator; with more a fraction is written as a float
MANY, SHOWN = 12, 3  # of more than MANY inputs of an operation, the first SHOWN are written

# How tightly an operation binds; what binds less than its place asks for gets brackets.
CHOICE, COMPARED, SUM, PRODUCT, SIGN, POWER, ATOM = range(7)
_COMPARED = {each.row for each in COMPARISONS}


class Formula(Symbolic):
    """A name, a number, or a row applied to formulas."""

    __slots__ = ("content", "inputs", "size")

    def __init__(self, content: "str | float | Fraction | Primitive", *inputs: "Formula") -> None:
        self.content: Any = content
        self.inputs = inputs
        self.size: int = 1 + sum(x.size for x in inputs)

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> "Formula":
        known = TABLE.get(primitive.name) is primitive or primitive in _COMPARED
        if not known and not isinstance(primitive.array, np.ufunc):
            raise TypeError(f"nobody knows `{primitive.name}` by its name")
        return _simplified(primitive, list(map(_formula, inputs)))

    def __eq__(self, other: object) -> bool:
        raise TypeError("a symbol equals nothing yet")

    @property
    def is_number(self) -> bool:
        """Whether it is a bare number."""
        return isinstance(self.content, float | Fraction)


def number(x: float | Fraction) -> Formula:
    """Return a number as a formula; a very long fraction as a float."""
    exact = isinstance(x, Fraction) and max(map(int.bit_length, x.as_integer_ratio())) <= LONG
    return Formula(x if exact else float(x))


# Numbers in rules that are known by what they are.
_KNOWN = {
    table.LN_2: Formula(table.log, Formula(2.0)),
    table.LN_10: Formula(table.log, Formula(10.0)),
    table.TWO_BY_ROOT_PI: Formula(table.divide, Formula(2.0), Formula(table.sqrt, Formula("pi"))),
}


def _formula(x: Any) -> Formula:
    return x if isinstance(x, Formula) else _KNOWN[x] if x in _KNOWN else number(x)


def operation(primitive: Primitive, inputs: Sequence[Formula]) -> Formula:
    """Return a row applied to formulas; `dot` as a sum of products, `where` as the branch taken."""
    if primitive in (table.where, table.copy):
        return inputs[0]
    if primitive is table.magnitude:
        primitive = table.abs
    if primitive is table.select and inputs[0].content not in _COMPARED:
        inputs = [Formula(not_equal, inputs[0], Formula(0.0)), *inputs[1:]]
    if primitive is not table.dot:
        return Formula(primitive, *inputs)
    pairs = zip(inputs[: len(inputs) // 2], inputs[len(inputs) // 2 :], strict=True)
    products = [a if a.content == ELLIPSIS else Formula(table.multiply, a, b) for a, b in pairs]
    return reduce(lambda total, term: Formula(table.add, total, term), products)


def rule(primitive: Primitive, count: int) -> Rule:
    """Return the function whose results are shown as the partials by `count` inputs.

    Raises `TypeError` where a row of the user's own has none that can be read.
    """
    if isinstance(primitive, CustomPrimitive):
        return primitive.read(count, "partials")
    return primitive.textbook or primitive.partials


def rules(primitive: Primitive, out: Formula, inputs: Sequence[Formula]) -> list[Formula | None]:
    """Return the formula of each partial, None where there is none that is worth reading."""
    count = len(inputs)
    try:
        pairs = zip(rule(primitive, count)(out, *inputs), _short(primitive, count), strict=True)
        found = [_formula(f) if shown else None for f, shown in pairs]
    except Exception:  # partials that work on numbers only
        found = []
    return found or [None] * count  # a program's mean has none


@cache
def _short(primitive: Primitive, count: int) -> list[bool]:
    """Which rules are short enough to be worth reading, whatever the names in them."""
    names = [Formula(name) for name in symbols(count)]
    found = map(_formula, rule(primitive, count)(Formula("out"), *names))
    return [f.size <= LONGEST and len(text(f)) <= LONGEST for f in found]


def holds(primitive: Primitive, out: Any, inputs: Sequence[Any], partials: Sequence[Any]) -> Any:
    """Whether each rule, computed as it is written, gives the partial that was recorded.

    At a tie of maximum, or for 0 * x**-1 at 0, the textbook's formula does not.
    """
    try:
        with np.errstate(all="ignore"):
            found = rule(primitive, len(inputs))(out, *inputs)
            pairs = list(zip(found, partials, strict=True))
            return [bool(f == p or abs(f - p) <= 1e-6 * abs(p) + 1e-12) for f, p in pairs]
    except Exception:  # a row of the user's own may raise anything
        return [False] * len(inputs)


def symbols(count: int) -> list[str]:
    """The names that rules give to the inputs of an operation: x and y, or x1, x2, ..."""
    return ["x", "y"][:count] if count <= 2 else [f"x{i + 1}" for i in range(count)]


def shortened(node: Value) -> list[Value | None]:
    """Return the inputs of `node` as they are shown: of many the first ones, None for the rest."""
    inputs: list[Value | None] = list(node.parents)
    if len(inputs) <= MANY:
        return inputs
    if node.primitive is table.dot:
        half = len(inputs) // 2
        return [*inputs[:SHOWN], None, *inputs[half : half + SHOWN], None]
    return [*inputs[:SHOWN], None]


@dataclass(frozen=True)
class Style:
    """A way to write formulas, text or LaTeX; #1 and #2 stand for the inputs of an operation.

    `forms` holds a template for a row, how tightly it binds, and how tightly its inputs have to;
    other rows are written by `call`. The others write a name, a number of a formula, one that was
    formatted already, and a product whose second factor has to bind as tightly as `factor`. What
    begins with a minus sign stands in brackets after + - · /, as in 1 × (-4).
    """

    forms: Mapping[Any, tuple[str, int, tuple[int, ...]]]
    name: Callable[[str], str]
    number: Callable[[float | Fraction], tuple[str, int]]
    call: Callable[[Primitive, list[str]], str]
    brackets: str
    iverson: str  # brackets for a comparison that is 1 or 0
    slope: str
    figure: Callable[[str], str]
    times: str
    factor: int

    def write(self, formula: Formula, level: int = CHOICE) -> str:
        """Return the formula, in brackets where it binds less than `level`."""
        row, inputs, own = formula.content, formula.inputs, ATOM
        if isinstance(row, str):
            return self.name(row)
        if row in self.forms:
            template, own, levels = self.forms[row]
            parts = list(map(self.write, inputs, levels))
            if template.endswith(" #2") and own in (SUM, PRODUCT):
                parts[1] = signed(parts[1], self.brackets)
            written = filled(template, parts)
        elif isinstance(row, Primitive):
            written = self.call(row, list(map(self.write, inputs)))
        else:
            written, own = self.number(row)
        brackets = self.iverson if own == COMPARED else self.brackets
        return filled(brackets, [written]) if own < level else written

    def joined(self, parts: Sequence[str], sign: str = "+") -> str:
        """Return the sum, or the product, of what is written already."""
        return joined(parts, sign, self.brackets)


def filled(template: str, arguments: Sequence[str]) -> str:
    """Return the template with its arguments in their places."""
    return re.sub("#([123])", lambda place: arguments[int(place[1]) - 1], template)


def _number(x: float | Fraction) -> tuple[str, int]:
    """A number as text, and how tightly it binds."""
    written = numeral(x)
    return written, PRODUCT if "/" in written else SIGN if x < 0 else ATOM


def _infix(sign: str, own: int, left: int, right: int) -> tuple[str, int, tuple[int, ...]]:
    return f"#1 {sign} #2", own, (left, right)


TEXT = Style(
    {
        **{each.row: _infix(each.sign, COMPARED, SUM, SUM) for each in COMPARISONS},
        table.select: ("#2 if #1 else #3", CHOICE, (COMPARED, COMPARED, CHOICE)),
        table.add: _infix("+", SUM, SUM, PRODUCT),
        table.subtract: _infix("-", SUM, SUM, PRODUCT),
        table.multiply: _infix("*", PRODUCT, PRODUCT, SIGN),
        table.divide: _infix("/", PRODUCT, PRODUCT, SIGN),
        table.mod: _infix("%", PRODUCT, PRODUCT, SIGN),
        table.floor_divide: _infix("//", PRODUCT, PRODUCT, SIGN),
        table.negative: ("-#1", SIGN, (SIGN,)),
        **dict.fromkeys((table.power, table.power_constant), _infix("**", POWER, ATOM, POWER)),
    },
    name=str,
    number=_number,
    call=lambda row, arguments: f"{visible(row.name)}({', '.join(arguments)})",
    brackets="(#1)",
    iverson="(#1)",
    slope="∂#1/∂#2",
    figure=str,
    times="×",
    factor=ATOM,
)
text = TEXT.write


def _simplified(row: Primitive, inputs: Sequence[Formula]) -> Formula:
    """A row applied in a rule, without what nobody writes: 2 - 1, x**1, 1 * x."""
    if row is table.subtract and inputs[0].is_number and inputs[1].is_number:
        return number(inputs[0].content - inputs[1].content)
    if row is table.power and inputs[1].is_number and inputs[1].content == 1:
        return inputs[0]
    if row is not table.multiply:
        return operation(row, inputs)
    (a, left), (b, right) = map(_factors, inputs)
    if math.isinf(a * b) or (a * b == 0 and a and b):
        return operation(row, inputs)  # no float holds the product
    rest = right if left is None else left if right is None else Formula(row, left, right)
    if rest is None:
        return number(a * b)
    if a * b == 1:
        return rest
    return Formula(table.negative, rest) if a * b == -1 else Formula(row, number(a * b), rest)


def _factors(formula: Formula) -> tuple[Any, Formula | None]:
    """Split a formula into the number in front of it and the rest, None where there is none."""
    if formula.is_number:
        return formula.content, None
    if formula.content is table.negative:
        factor, rest = _factors(formula.inputs[0])
        return -factor, rest
    if formula.content is table.multiply and formula.inputs[0].is_number:
        return formula.inputs[0].content, formula.inputs[1]
    return 1, formula
