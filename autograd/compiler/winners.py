"""Python's `max` and `min` while a function is recorded: one node, not a path for each winner.

They compare one by one and give one of their arguments itself, so each that may win would be a
path of its own. Where the source says that the winner is only computed with, as in

    largest = max(logits)
    weights = [(v - largest).exp() for v in logits]

nobody can see which of the arguments it is, only its number: then it is a node of its own, and
`shifts` finds out whether what was recorded depends on it. Invariant: where the source does not
say so, Python's own function compares, and each comparison is a guard.
"""

import ast
import builtins
import linecache
import operator
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from itertools import islice
from types import CodeType, FrameType
from typing import Any, NamedTuple

from autograd.compiler.threads import Replacement
from autograd.engine import table
from autograd.engine.modes import opened
from autograd.engine.primitive import Primitive
from autograd.engine.value import Value

NUMBERS = frozenset((Value, float, int))
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


class Kind(NamedTuple):
    """`max` or `min`: Python's, how it compares, and the row of the table for its number."""

    python: Callable[..., Any]
    compare: Callable[[Any, Any], Any]
    row: Primitive


KINDS = (
    Kind(builtins.max, operator.gt, table.maximum),
    Kind(builtins.min, operator.lt, table.minimum),
)


class Winner(NamedTuple):
    """What `max` or `min` of these items was: a node that stands for items[place]."""

    kind: Kind
    items: tuple[Value, ...]
    place: int
    node: Any
    line: str

    @property
    def comparisons(self) -> Iterator[tuple[Value, Value, bool]]:
        """What Python compared, and the outcome."""
        best = self.items[0]
        for item in self.items[1:]:
            better = bool(self.kind.compare(item._data, best._data))
            yield item, best, better
            best = item if better else best


def winning_place(kind: Kind, items: list[Any]) -> int | None:
    """Return which item wins; None where that is more than the largest number, for nan.

    Also where it is a bare number, which Python computes with in its own way: 1 / 0.0 raises.
    """
    numbers = [item._data if isinstance(item, Value) else item for item in items]
    if any(x != x for x in numbers):
        return None
    place = numbers.index(kind.python(numbers))
    return place if isinstance(items[place], Value) else None


def _watched(kind: Kind) -> Any:
    python = kind.python

    @wraps(python)
    def extreme(*args: Any, **kwargs: Any) -> Any:
        trace: Any = next((mode for mode in opened() if mode.compiles), None)
        if trace is None or kwargs or not args:
            return python(*args, **kwargs)
        items = list(args[0]) if len(args) == 1 else list(args)
        found = None
        kinds = set(map(type, items))
        if Value in kinds and NUMBERS.issuperset(kinds) and only_computed_with(sys._getframe(1)):
            found = trace.winner(kind, items)
        return python(items) if found is None else found

    return extreme


MAX_AND_MIN = tuple(Replacement(builtins, kind.python.__name__, _watched(kind)) for kind in KINDS)


def only_computed_with(frame: FrameType) -> bool:
    """Whether what a frame calls now is `max` or `min`, whose result goes into arithmetic only."""
    return _says(frame.f_code, frame.f_lasti, _call_is_computed_with)


def is_compared(frame: FrameType) -> bool:
    """Whether the `.data` that a frame reads now goes into such a `max` or `min` only."""
    return _says(frame.f_code, frame.f_lasti, _data_is_compared)


class Source:
    """The nodes of a file that matter here by where they stand, and what each is a part of."""

    def __init__(self, text: str) -> None:
        self.at: dict[tuple[int | None, ...], ast.expr] = {}
        self.above: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(ast.parse(text)):
            for child in ast.iter_child_nodes(node):
                self.above[child] = node
            if isinstance(node, ast.Call | ast.Attribute):
                place = node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
                self.at.setdefault(place, node)


@lru_cache(maxsize=16)
def _source(text: str) -> Source | None:
    try:
        return Source(text)
    except (SyntaxError, ValueError):  # a cell with a magic
        return None


@lru_cache(maxsize=4096)
def _says(code: CodeType, instruction: int, what: Callable[[Source, ast.expr], bool]) -> bool:
    source = _source("".join(linecache.getlines(code.co_filename)))
    place = next(islice(code.co_positions(), instruction // 2, None))
    node = None if source is None else source.at.get(place)
    return source is not None and node is not None and what(source, node)


def _call_is_computed_with(source: Source, call: ast.expr) -> bool:
    """Whether a call of `max` or `min` is an operand, or a name that is nothing but operands."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        return False
    if call.func.id not in ("max", "min"):
        return False
    if _is_operand(source, call):
        return True
    scope = assignment = source.above[call]
    if not isinstance(assignment, ast.Assign) or len(assignment.targets) > 1:
        return False
    while not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(scope, ast.Module | ast.ClassDef):
            return False
        scope = source.above[scope]
    (target,) = assignment.targets
    if not isinstance(target, ast.Name):
        return False
    for node in ast.walk(scope):
        if isinstance(node, ast.Global | ast.Nonlocal) and target.id in node.names:
            return False
        if isinstance(node, ast.Name) and node.id == target.id:
            if isinstance(node.ctx, ast.Load) and not _is_operand(source, node):
                return False
    return True


def _is_operand(source: Source, node: ast.expr) -> bool:
    above = source.above[node]
    if isinstance(above, ast.BinOp | ast.AugAssign):
        return isinstance(above.op, ARITHMETIC)
    return isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.USub)


def _data_is_compared(source: Source, data: ast.expr) -> bool:
    """Whether it is the `v.data` of `max(v.data for v in logits)`."""
    loop = source.above[data]
    if not isinstance(data, ast.Attribute) or data.attr != "data":
        return False
    if not isinstance(loop, ast.GeneratorExp | ast.ListComp) or loop.elt is not data:
        return False
    call = source.above[loop]
    is_all = isinstance(call, ast.Call) and call.args == [loop] and not call.keywords
    return is_all and isinstance(call, ast.Call) and _call_is_computed_with(source, call)
