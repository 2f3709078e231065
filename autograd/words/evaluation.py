"""Evaluation: a formula computed as it is written, beside the number that was recorded.

The textbook's form of a derivative does not hold everywhere, and a row of the user's own may have
been read wrongly. Invariant: a formula is shown only where it gives the recorded number.
"""

import ast
import copy
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from autograd.engine.primitive import TABLE
from autograd.engine.value import Value
from autograd.words.formula import positions


def holds(rule: ast.expr, node: Value, partial: float, data: Mapping[Value, float]) -> bool:
    """Whether the rule, computed as it is written, gives the partial that was recorded.

    At a tie of maximum, or for 0 * x**-1 at 0, the textbook's formula does not.
    """
    where = positions(len(node.parents))
    used = {n.id for n in ast.walk(rule) if isinstance(n, ast.Name)}
    numbers = {s: data[node.parents[where[s]]] for s in used if s in where}
    try:
        code, functions = _compiled(rule)
        called = {key: _function(name) for key, name in functions.items()}
        with np.errstate(all="ignore"):
            value = eval(code, {**_CONSTANTS, **called, **numbers, "out": data[node]})
    except Exception:  # a row of the user's own may raise anything
        return False
    return bool(value == partial or abs(value - partial) <= 1e-6 * abs(partial) + 1e-12)


@cache
def _compiled(rule: ast.expr) -> tuple[Any, dict[str, str]]:
    """The rule as code, and what it calls, by names that no symbol has: a row may be called x."""
    calls = _Calls()
    tree = ast.Expression(calls.visit(copy.deepcopy(rule)))
    return compile(ast.fix_missing_locations(tree), "<rule>", "eval"), calls.names


def _function(name: str) -> Callable[..., Any]:
    """The row that formulas write so, or NumPy's function."""
    row = TABLE.get(name)
    if row is not None:
        return row.value
    ufunc = getattr(np, name)
    if not isinstance(ufunc, np.ufunc):
        raise LookupError(name)
    return ufunc


_CONSTANTS = {"__builtins__": {}, "pi": math.pi, "inf": math.inf, "nan": math.nan}


class _Calls(ast.NodeTransformer):
    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Complete a name, as `compile` wants it."""
        return ast.Name(node.id, ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Give the function a name that is no identifier."""
        assert isinstance(node.func, ast.Name)
        self.names[f"{node.func.id}()"] = node.func.id
        node.func = ast.Name(f"{node.func.id}()", ast.Load())
        node.args = [self.visit(argument) for argument in node.args]
        return node
