"""Formulas: rows of the table and expressions of the graph as people write them.

A row's partials are called on symbols that write themselves down, so the line that serves
floats and arrays prints itself, too. Where it was written for accuracy and not for reading, the
textbook's form of the same derivative is given here instead. Invariant: a formula is a syntax
tree whose names are replaced, never pasted, so no name can change its structure.
"""

import ast
import copy
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from autograd.custom import CustomPrimitive
from autograd.engine.primitive import Primitive
from autograd.engine.value import Value
from autograd.symbolic import COMPARISONS, Symbolic, choose
from autograd.words.text import ELLIPSIS, visible

LONGEST = 60  # characters of a rule that is worth printing
LONG = 200  # bits of a numerator or denominator; with more a fraction is written as a float
MANY = 12  # inputs of an operation; of more the first SHOWN are written
SHOWN = 3

# The textbook's derivatives of x (and y), `out` being the result.
TEXTBOOK: dict[str, tuple[str, ...]] = {
    "abs": ("sign(x)",),
    "magnitude": ("1 if x > 0 else -1",),
    "**": ("y * x**(y - 1)", "0"),
    "pow": ("y * x**(y - 1)", "out * log(x)"),
    "maximum": ("1 if x > y else 0", "1 if y > x else 0"),
    "minimum": ("1 if x < y else 0", "1 if y < x else 0"),
    "relu": ("1 if x > 0 else 0",),
    "leaky_relu": ("1 if x > 0 else y", "0 if x > 0 else x"),
    "sigmoid": ("out * (1 - out)",),
    "tan": ("1 + out**2",),
    "arcsin": ("1 / sqrt(1 - x**2)",),
    "arccos": ("-1 / sqrt(1 - x**2)",),
    "arctan": ("1 / (1 + x**2)",),
    "tanh": ("1 - out**2",),
    "arcsinh": ("1 / sqrt(1 + x**2)",),
    "arccosh": ("1 / sqrt(x**2 - 1)",),
    "arctanh": ("1 / (1 - x**2)",),
    "erf": ("2 / sqrt(pi) * exp(-x**2)",),
}
INFIX: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "**": ast.Pow,
    "pow": ast.Pow,
}
COMPARE: dict[str, type[ast.cmpop]] = {
    ">": ast.Gt,
    "<": ast.Lt,
    ">=": ast.GtE,
    "<=": ast.LtE,
    "==": ast.Eq,
    "!=": ast.NotEq,
}


class Formula(Symbolic):
    """A symbol, or an expression of symbols, that writes itself down.

    What has more nodes than a rule has characters is not worth writing down: it would double with
    each use.
    """

    __slots__ = ("size", "tree")

    def __init__(self, tree: ast.expr, size: int = 1) -> None:
        too_long = size > LONGEST
        self.tree, self.size = (ast.Name("…" * size), 1) if too_long else (tree, size)

    def __eq__(self, other: object) -> bool:
        raise TypeError("a symbol equals nothing yet")

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> "Formula":
        trees = [copy.deepcopy(_tree(x)) for x in inputs]  # each node stands in one place
        size = 1 + sum(x.size for x in inputs if isinstance(x, Formula))
        return Formula(self._operation(primitive, trees), size)

    def _operation(self, primitive: Primitive, trees: list[ast.expr]) -> ast.expr:
        if primitive in COMPARISONS:
            return ast.Compare(trees[0], [COMPARE[COMPARISONS[primitive]]()], [trees[1]])
        if primitive is choose:
            test = trees[0]
            if not isinstance(test, ast.Compare):
                test = ast.Compare(test, [ast.NotEq()], [ast.Constant(0)])
            return ast.IfExp(test, trees[1], trees[2])
        return operation(primitive.name, trees)


def operation(name: str, inputs: list[ast.expr]) -> ast.expr:
    """Return the tree of an operation as people write it: x * y, tanh(x), a . b as a sum."""
    if name in INFIX:
        return ast.BinOp(inputs[0], INFIX[name](), inputs[1])
    if name == "neg":
        return ast.UnaryOp(ast.USub(), inputs[0])
    if name == "dot":
        half = len(inputs) // 2
        products = [_times(a, b) for a, b in zip(inputs[:half], inputs[half:], strict=True)]
        total = products[0]
        for product in products[1:]:
            total = ast.BinOp(total, ast.Add(), product)
        return total
    return ast.Call(ast.Name(visible(name)), inputs, [])


def number(x: float) -> ast.expr:
    """Return the tree of a number: its fraction where it has one, whole ones without a point."""
    fraction = getattr(x, "fraction", None)
    if fraction is not None and max(map(int.bit_length, fraction.as_integer_ratio())) <= LONG:
        above, below = map(ast.Constant, abs(fraction).as_integer_ratio())
        size = above if fraction.denominator == 1 else ast.BinOp(above, ast.Div(), below)
        return ast.UnaryOp(ast.USub(), size) if fraction < 0 else size
    if x != x or x in (float("inf"), float("-inf")):
        return ast.Name(repr(x))
    written: float = int(x) if x == int(x) and abs(x) < 1e15 else x
    return ast.UnaryOp(ast.USub(), ast.Constant(-written)) if x < 0 else ast.Constant(written)


def symbols(count: int) -> list[str]:
    """The names that rules give to the inputs of an operation: x and y, or x1, x2, ..."""
    return ["x", "y"][:count] if count <= 2 else [f"x{i + 1}" for i in range(count)]


@cache
def positions(count: int) -> dict[str, int]:
    """Where each of `symbols(count)` stands."""
    return {symbol: i for i, symbol in enumerate(symbols(count))}


@cache
def rules(primitive: Primitive, count: int) -> tuple[ast.expr | None, ...]:
    """Return the partial by each of `count` inputs, in terms of `symbols(count)` and `out`.

    None stands where a rule cannot be read or is too long to be worth reading.
    """
    names = symbols(count)
    if primitive.name in TEXTBOOK:
        return tuple(ast.parse(rule, mode="eval").body for rule in TEXTBOOK[primitive.name])
    if primitive.name == "logsumexp":
        return tuple(ast.parse(f"exp({name} - out)", mode="eval").body for name in names)
    try:
        function = primitive.partials
        if isinstance(primitive, CustomPrimitive):
            function = primitive.read(count, "partials")
        partials = function(Formula(ast.Name("out")), *map(_symbol, names))
        trees = list(map(_tree, partials))
    except Exception:  # partials that work on numbers only
        trees = []
    if len(trees) != count:  # a program's mean has none
        return (None,) * count
    return tuple(tree if len(ast.unparse(tree)) <= LONGEST else None for tree in trees)


def shortened(node: Value) -> list[Value | None]:
    """Return the inputs of `node` as they are shown: of many the first ones, None for the rest."""
    inputs: list[Value | None] = list(node.parents)
    if len(inputs) <= MANY:
        return inputs
    if node.op == "dot":
        half = len(inputs) // 2
        return [*inputs[:SHOWN], None, *inputs[half : half + SHOWN], None]
    return [*inputs[:SHOWN], None]


def replace(tree: ast.expr, meaning: Callable[[str], ast.expr | None]) -> ast.expr:
    """Return the tree with each of its names replaced by its meaning, where it has one."""
    if isinstance(tree, ast.Name):
        return meaning(tree.id) or tree
    if isinstance(tree, ast.Constant):
        return tree
    result: ast.expr = _Replace(meaning).visit(copy.deepcopy(tree))
    return result


def simplified(tree: ast.expr) -> ast.expr:
    """Return the tree with what nobody writes left out: 2 - 1, x**1, 1 * x."""
    result: ast.expr = _Simplify().visit(copy.deepcopy(tree))
    return result


def product(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return left * right, simplified."""
    return simplified(ast.BinOp(left, ast.Mult(), right))


def text(tree: ast.expr) -> str:
    """Return the tree as Python would write it."""
    return ast.unparse(tree)


def is_simple(tree: ast.expr) -> bool:
    """Whether the tree is a name, a number or a call, which need no brackets in a product."""
    return isinstance(tree, ast.Name | ast.Constant | ast.Call)


class _Replace(ast.NodeTransformer):
    def __init__(self, meaning: Callable[[str], ast.expr | None]) -> None:
        self.meaning = meaning

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a name where it means something, functions excepted."""
        return self.meaning(node.id) or node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Replace in the arguments only."""
        node.args = [self.visit(argument) for argument in node.args]
        return node


class _Simplify(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Leave out what does not change the value; a product's numbers become one, in front."""
        left = node.left = self.visit(node.left)
        right = node.right = self.visit(node.right)
        (a, rest_a), (b, rest_b) = _factors(left), _factors(right)
        if isinstance(node.op, ast.Sub) and rest_a is None and rest_b is None:
            return number(a - b)
        if isinstance(node.op, ast.Pow) and rest_b is None and b == 1:
            return node.left
        if not isinstance(node.op, ast.Mult):
            return node
        rest = rest_a or rest_b
        if rest_a and rest_b:
            rest = ast.BinOp(rest_a, ast.Mult(), rest_b)
        if math.isinf(a * b) or (a * b == 0 and a and b):
            return node  # no float holds the product
        if rest is None or a * b == 1:
            return rest or number(a * b)
        if a * b == -1:
            return ast.UnaryOp(ast.USub(), rest)
        return ast.BinOp(number(a * b), ast.Mult(), rest)


def _factors(tree: ast.expr) -> tuple[float, ast.expr | None]:
    """Split a tree into the number in front of it and the rest, None where there is none."""
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int | float):
        return tree.value, None
    if isinstance(tree, ast.UnaryOp):
        factor, rest = _factors(tree.operand)
        return -factor, rest
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult):
        factor, rest = _factors(tree.left)
        if rest is None:
            return factor, tree.right
    return 1, tree


def _times(a: ast.expr, b: ast.expr) -> ast.expr:
    left_out = isinstance(a, ast.Name) and a.id == ELLIPSIS
    return a if left_out else ast.BinOp(a, ast.Mult(), b)


def _symbol(name: str) -> Formula:
    return Formula(ast.Name(name))


def _tree(x: Any) -> ast.expr:
    return x.tree if isinstance(x, Formula) else number(float(x))
