"""Symbols: what computes with operators and rows without being a number.

Invariant: every operator calls its row of the table, and every comparison a row that gives 1 or
0, so no operation escapes a symbol. A symbol is neither true nor false: Python's `if` would take
one of its branches without a word. `read` calls a function on symbols and keeps what it does.
"""

import dis
import operator
from collections.abc import Callable
from functools import cache
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd.engine import table
from autograd.engine.number import as_float
from autograd.engine.primitive import TABLE, Primitive


class Comparison(NamedTuple):
    """One of the six comparisons, as all who write, compile or compute it need it."""

    sign: str
    compare: Callable[[Any, Any], Any]
    ufunc: np.ufunc
    latex: str
    row: Primitive


def _comparison(sign: str, compare: Any, ufunc: np.ufunc, latex: str) -> Comparison:
    """The comparison and its row: of symbols only; no Value records it, so no table holds it."""
    strict = sign + "=" if sign in ("==", "!=") else sign
    row = Primitive(
        ufunc.__name__,
        lambda x, y: 1.0 if compare(x, y) else 0.0,
        lambda x, y: ufunc(x, y) * 1.0,
        lambda out, x, y: (0.0, 0.0),
        javascript=f"(x, y) => (x {strict} y ? 1 : 0)",
    )
    return Comparison(sign, compare, ufunc, latex, row)


COMPARISONS = (
    Comparison(">", operator.gt, np.greater, r"\gt", table.greater),
    _comparison("<", operator.lt, np.less, r"\lt"),
    _comparison(">=", operator.ge, np.greater_equal, r"\ge"),
    _comparison("<=", operator.le, np.less_equal, r"\le"),
    _comparison("==", operator.eq, np.equal, "="),
    _comparison("!=", operator.ne, np.not_equal, r"\ne"),
)
greater, less, greater_equal, less_equal, equal, not_equal = (each.row for each in COMPARISONS)


def _of(row: Primitive) -> Callable[[Any, Any], Any]:
    return lambda x, y: row(x, y)


def _reflected(row: Primitive) -> Callable[[Any, Any], Any]:
    return lambda x, y: row(y, x)


class Symbolic:
    """Base of all symbols; a row called on one calls its `__apply_primitive__`."""

    __slots__ = ()

    __add__, __radd__ = _of(table.add), _reflected(table.add)
    __sub__, __rsub__ = _of(table.subtract), _reflected(table.subtract)
    __mul__, __rmul__ = _of(table.multiply), _reflected(table.multiply)
    __truediv__, __rtruediv__ = _of(table.divide), _reflected(table.divide)
    __mod__, __rmod__ = _of(table.mod), _reflected(table.mod)
    __floordiv__, __rfloordiv__ = _of(table.floor_divide), _reflected(table.floor_divide)
    # `pow` gives what Python's `**` gives on floats; only the derivative of `**` is another.
    __pow__, __rpow__ = _of(table.power), _reflected(table.power)
    __gt__, __lt__ = _of(greater), _of(less)
    __ge__, __le__ = _of(greater_equal), _of(less_equal)

    def __neg__(self) -> Any:
        return table.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return table.abs(self)

    def __bool__(self) -> bool:
        raise TypeError("a symbol is neither true nor false")


Rule = Callable[..., tuple[Any, ...]]


def read(function: Callable[..., Any], inputs: int, results: int | None = None) -> Rule:
    """Call a function of numbers on symbols, once, and return what it does there as a rule.

    The rule takes numbers, arrays and symbols of all kinds, as rows do; it returns a tuple of so
    many results, of one where the function returns a number. Raises `TypeError` where the function
    cannot be called on symbols.
    """
    terms: list[Any] = [None] * inputs  # of each term, but for inputs, the row and its arguments
    try:
        if catches_exceptions(function):
            raise TypeError("it catches exceptions, which symbols do not raise")
        returned = function(*[Term(terms, i) for i in range(inputs)])
        returned = (returned,) if results is None else returned
        found = [x if _is_term(x, terms) else as_float(x) for x in map(bare, returned)]
        if results is not None and len(found) != results:
            raise TypeError(f"it returns {len(found)} numbers")
    except Exception as error:  # whatever a function does that got a symbol for a number
        raise TypeError(f"works on numbers only: {error}") from error

    def rule(*numbers: Any) -> tuple[Any, ...]:
        known = list(numbers)

        def meant(x: Any) -> Any:
            return known[x.number] if isinstance(x, Term) else x

        for row, args in terms[inputs:]:
            known.append(row(*map(meant, args)))
        return tuple(map(meant, found))

    return rule


def bare(x: Any) -> Any:
    """Return what an array without axes holds, such as `np.where` returns."""
    return x.item() if isinstance(x, np.ndarray) and not x.ndim else x


class Term(Symbolic):
    """An input of a function that is being read, or a row that it has called. Unhashable."""

    __slots__ = ("number", "terms")

    def __init__(self, terms: list[Any], number: int) -> None:
        self.terms, self.number = terms, number

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> "Term":
        args = [x if _is_term(x, self.terms) else as_float(x) for x in inputs]
        self.terms.append((primitive, args))
        return Term(self.terms, len(self.terms) - 1)

    def __eq__(self, other: object) -> Any:
        return equal(self, other)

    def __ne__(self, other: object) -> Any:
        return not_equal(self, other)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        known = method == "__call__" and not kwargs and ufunc.nout == 1
        return _row_of(ufunc)(*inputs) if known else NotImplemented

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return table.select(*args) if function is np.where and len(args) == 3 else NotImplemented


def _is_term(x: Any, terms: list[Any]) -> bool:
    """Whether `x` is a term of this reading: a function may have kept one of an earlier reading."""
    return isinstance(x, Term) and x.terms is terms


_ROWS: dict[Any, Primitive] = {
    **{row.array: row for row in TABLE.values()},
    **{each.ufunc: each.row for each in COMPARISONS},
    np.cbrt: table.cbrt,
}


@cache
def _row_of(ufunc: np.ufunc) -> Primitive:
    """The row that computes as a NumPy function does; one for it alone where the table has none."""
    if ufunc in _ROWS:
        return _ROWS[ufunc]
    if getattr(np, ufunc.__name__, None) is not ufunc:
        raise TypeError(f"{ufunc.__name__} is none of NumPy's functions")
    return Primitive(
        ufunc.__name__,
        lambda *inputs: float(ufunc(*inputs)),
        ufunc,
        lambda out, *inputs: (float("nan"),) * len(inputs),
    )


def catches_exceptions(function: Any) -> bool:
    """Whether a Python function, or one that it names, has an `except` or a `with`.

    There it may do on symbols, which raise nothing, something else than on numbers.
    """
    parts = [getattr(function, name, None) for name in ("func", "__func__", "pyfunc")]
    parts += [function, vars(type(function)).get("__call__")]  # what it is made of
    found = [part for part in parts if isinstance(part, FunctionType)]
    for reached in found:  # and those added on the way
        codes = [reached.__code__]
        for code in codes:
            codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        if any(map(_handles, codes)):
            return True
        names = {name for code in codes for name in code.co_names}
        scopes = [reached.__globals__]
        scopes += [
            vars(module) for module in map(scopes[0].get, names) if isinstance(module, ModuleType)
        ]
        named = [scope.get(name) for scope in scopes for name in names]
        cells = [cell for cell in reached.__closure__ or () if cell != CellType()]  # not empty
        named += [cell.cell_contents for cell in cells]
        found += [f for f in named if isinstance(f, FunctionType) and f not in found]
    return False


@cache
def _handles(code: CodeType) -> bool:
    return any(step.opname == "PUSH_EXC_INFO" for step in dis.get_instructions(code))
