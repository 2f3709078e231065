"""Fusion: what the NumPy source does line by line, as native loops on a few rows at a time.

NumPy runs each line over the whole batch: its numbers travel to memory and back, and a call costs
as much as a thousand additions. Here lines that follow one another are one native call, a block of
rows at a time, whose numbers stay in the cache:

    np.subtract(t40, t41, out=t42)                  for a few rows: t42 = t40 - t41
    np.exp(t42, out=t43)                  becomes                   t43 = exp(t42)
    np.add.reduce(t43, axis=-1, out=t44)                            t44 = its sums

The source stays what it is. Its lines are read, those that `strips` has no kernel for (products of
large matrices, look-ups by arguments, what works on the arguments themselves) are NumPy's as
before, and what no other line uses is kept for one block of rows only.
"""

import ast
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.compiler import strips
from autograd.compiler.native import FORMS
from autograd.compiler.strided import Block, loop_of, owner_of

_VIEWS = ("reshape", "swapaxes")  # the calls within an operand


@dataclass(frozen=True)
class Line:
    """A line that may have a loop: what it does, and the expressions of result and operands."""

    step: Any
    operands: tuple[ast.expr, ...]  # the result is the first


class Fusion:
    """The source of a program, and how its lines are joined for each number of rows."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        self._functions = [s for s in tree.body if isinstance(s, ast.FunctionDef)]
        self._lines = [_lines(function) for function in self._functions]
        operands = [
            f"({', '.join(map(ast.unparse, line.operands))})"
            for lines in self._lines
            for line in lines
            if line is not None
        ]
        setup = [s for s in tree.body if not isinstance(s, ast.FunctionDef)]
        self._setup = _compiled([*setup, *ast.parse(f"operands = [{', '.join(operands)}]").body])

    def prepare(self, names: dict[str, Any]) -> None:
        """Define `forward` and `reverse` in this namespace, which has B, P and G."""
        names["weight"] = np.zeros(1)
        exec(self._setup, names)
        operands = iter(names.pop("operands"))
        owners = {name: id(owner_of(x)) for name, x in names.items() if isinstance(x, np.ndarray)}
        names["weights"] = names.pop("weight")
        known = set(owners.values())
        bodies: list[list[Any]] = []
        for function, lines in zip(self._functions, self._lines, strict=True):
            body: list[Any] = []
            for statement, line in zip(function.body, lines, strict=True):
                values = () if line is None else next(operands)
                loop = None if line is None else loop_of(line.step, values, known, names["B"])
                if loop is not None and body and isinstance(body[-1], Block) and body[-1].add(loop):
                    continue
                block = Block(names["B"])
                body.append(block if loop is not None and block.add(loop) else statement)
            bodies.append(body)
        self._join(bodies, names, owners)

    def _join(self, bodies: list[list[Any]], names: dict[str, Any], owners: dict[str, int]) -> None:
        """Define the functions with these bodies of statements and blocks."""
        blocks = [part for body in bodies for part in body if isinstance(part, Block)]
        private = _used_once([part for body in bodies for part in body], owners)
        addresses = iter(strips.addresses([loop.kind for block in blocks for loop in block.loops]))
        functions: list[ast.stmt] = []
        for function, body in zip(self._functions, bodies, strict=True):
            statements: list[ast.stmt] = []
            if function.args.args and function.args.args[0].arg == "weight":
                statements += ast.parse("weights[0] = weight").body
            for part in body:
                if isinstance(part, Block):
                    name = f"loops{len(names)}"
                    names[name] = part.call(addresses, private)
                    statements += ast.parse(f"{name}()").body
                else:
                    statements.append(part)
            functions.append(
                ast.FunctionDef(function.name, function.args, statements, [], None, None)
            )
        exec(_compiled(functions), names)


def _used_once(parts: list[Any], owners: dict[str, int]) -> set[int]:
    """The arrays that one block uses and nothing else."""
    used: Counter[int] = Counter()
    for part in parts:
        if isinstance(part, Block):
            used.update(part.owners.keys())
        else:
            named = (n.id for n in ast.walk(part) if isinstance(n, ast.Name))
            used.update({name: 2 for name in map(owners.get, named) if name is not None})
    return {owner for owner, times in used.items() if times == 1}


def _compiled(body: list[ast.stmt]) -> Any:
    module = ast.fix_missing_locations(ast.Module(body, []))
    return compile(module, "<seegrad program>", "exec")


# Reading lines


def _lines(function: ast.FunctionDef) -> list[Line | None]:
    """What each line of a function does, None where it has no loop.

    Names that each call binds anew have none, but for `weight`, for which an array stands.
    """
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    moving = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    moving |= {a.arg for a in function.args.args} - {"weight"}
    lines = map(_line, function.body)
    return [
        line if line and all(_stays(x, moving) for x in line.operands) else None for line in lines
    ]


def _line(statement: ast.stmt) -> Line | None:
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(array, "fill"), [x])):
            return Line("copy", (array, x))
        case ast.Expr(ast.Call() as call):
            return _call(call)
        case ast.Assign([ast.Subscript() as to], ast.Call(ast.Attribute(x, "reshape"))):
            return Line("copy", (to, x))  # the result takes the other's shape: nothing is copied
        case ast.Assign(
            [ast.Subscript() as to],
            ast.Call(func, [ast.Call(ast.Attribute(x, "take"), [order]), starts]),
        ) if ast.unparse(func) == "np.add.reduceat":
            return Line("totals", (to, x, order, starts))
        case ast.Assign([ast.Subscript() as to], value):
            return Line("copy", (to, value))
    return None


def _call(call: ast.Call) -> Line | None:
    name = ast.unparse(call.func).removeprefix("np.")
    given = {k.arg: k.value for k in call.keywords}
    axis = ast.unparse(given["axis"]) if "axis" in given else ""
    match name, call.args:
        case "copyto", [to, x]:
            if "where" in given:
                return Line(np.where, (to, given["where"], x, to))
            return Line("copy", (to, x))
        case _ if "out" not in given:
            return None
        case "dot", [x, ast.Name(column)] if column.startswith("column"):
            return Line("sum of columns", (given["out"], x))
        case (("dot" | "matmul"), _):
            return Line("product", (given["out"], *call.args))
        case "take", _ if axis == "1":
            return Line("gather", (given["out"], *call.args))
        case (("add.reduce" | "maximum.reduce" | "minimum.reduce"), _) if axis == "-1":
            step = getattr(np, name.removesuffix(".reduce"))
            return Line(
                ("keep" if "keepdims" in given else "reduce", step), (given["out"], *call.args)
            )
    step = getattr(np, name, None)
    return Line(step, (given["out"], *call.args)) if step in FORMS and len(given) == 1 else None


def _stays(expression: ast.expr, moving: set[str]) -> bool:
    """Whether an expression is the same array, or a view of it, or number, in each call."""
    for node in ast.walk(expression):
        match node:
            case ast.Name(name) if name in moving:
                return False
            case ast.Call(ast.Attribute(_, attribute)) if attribute in _VIEWS:
                pass
            case ast.Call():
                return False
            case ast.Subscript(_, index) if any(isinstance(n, ast.Name) for n in ast.walk(index)):
                return False
    return True
