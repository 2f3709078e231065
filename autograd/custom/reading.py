"""Reading: what a function of the user's own does, found by running it on symbols.

The symbols write each operation down as a row and its arguments. Where the function asks whether
a symbol is true, as `if x > 0`, `max` and `and` do, it is run again for the other answer, and
`select` puts the two together. So a function written for numbers is read as it is meant, every
branch of it. Invariant: a function that cannot be read so is a `TypeError`, never half a reading.
"""

import dis
import gc
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import CodeType, FrameType
from typing import Any

import numpy as np

from autograd.engine import table as primitives
from autograd.engine.functions import elementwise
from autograd.engine.number import as_float
from autograd.engine.primitive import TABLE, Primitive
from autograd.lines import is_users
from autograd.symbolic import COMPARISONS, Symbolic, equal, not_equal

QUESTIONS = 16  # asked on one way through a function
WAYS = 64
TERMS = 2000

Reference = int | float  # the number of an input or an earlier term, or a constant


class Reading:
    """A function of `count` inputs as rows in order, applied to inputs and earlier terms."""

    def __init__(
        self,
        count: int,
        terms: Sequence[tuple[Primitive, tuple[Reference, ...]]],
        results: Sequence[Reference],
    ) -> None:
        needed = {r for r in results if isinstance(r, int)}
        for number in range(count + len(terms) - 1, count - 1, -1):
            if number in needed:
                needed.update(a for a in terms[number - count][1] if isinstance(a, int))
        self.results = tuple(results)
        self.terms = [
            (count + i, row, args) for i, (row, args) in enumerate(terms) if count + i in needed
        ]

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """Return the results for inputs of any kind that rows take: numbers, symbols."""
        known: dict[Reference, Any] = dict(enumerate(inputs))
        for number, row, args in self.terms:
            known[number] = row(*[known[a] if isinstance(a, int) else a for a in args])
        return tuple(known[r] if isinstance(r, int) else r for r in self.results)


def read(function: Callable[..., Any], count: int, results: int | None = None) -> Reading:
    """Read a function of `count` inputs that returns one number, or a tuple of `results` numbers.

    Raises `TypeError` that says why where it cannot be read.
    """
    reader = _Reader(function, count, results)
    try:
        found = reader.explore([])
    except Unheard:
        raise
    except Exception as error:  # whatever a function does that got a symbol for a number
        raise TypeError(f"works on numbers only: {error}") from error
    return Reading(count, reader.terms, found)


class Unheard(TypeError):
    """The function would catch exceptions that numbers raise, and symbols and Values do not."""


# a profile function is not traced itself, so coverage cannot see it run
def _refuse_handlers(frame: FrameType, event: str, arg: Any) -> None:  # pragma: no cover
    """Raise where the function, or what it calls, would catch what symbols do not raise."""
    if event == "call" and is_users(frame.f_code) and _catches_exceptions(frame.f_code):
        raise Unheard(f"{frame.f_code.co_name} catches exceptions, which symbols do not raise")


@cache
def _catches_exceptions(code: CodeType) -> bool:  # pragma: no cover  # called by it
    """Whether code has an `except`, `finally` or `with`."""
    return any(step.opname == "PUSH_EXC_INFO" for step in dis.get_instructions(code))


class _Reader:
    """Runs a function on symbols, once for each way through it; all ways share their terms."""

    def __init__(self, function: Callable[..., Any], count: int, results: int | None) -> None:
        self.function, self.count, self.results = function, count, results
        self.terms: list[tuple[Primitive, tuple[Reference, ...]]] = []
        self.known: dict[Any, int] = {}
        self.script: list[bool] = []  # the answers to the first questions; then all are True
        self.answers: dict[int, bool] = {}
        self.ways = 0

    def explore(self, script: list[bool]) -> list[Reference]:
        """Return the results of all ways that begin with the answers of `script`."""
        self.ways += 1
        if self.ways > WAYS:
            raise TypeError(f"has more than {WAYS} ways through it")
        self.script, self.answers = script, {}
        symbols = [Symbol(self, i) for i in range(self.count)]
        results = self._references(self._run(symbols))
        asked = list(self.answers)
        for k in range(len(asked) - 1, len(script) - 1, -1):
            others = self.explore([*script, *[True] * (k - len(script)), False])
            pairs = zip(results, others, strict=True)
            results = [self._chosen(asked[k], yes, no) for yes, no in pairs]
        return results

    def _run(self, symbols: list[Any]) -> Any:
        """Call the function; what the garbage collector calls meanwhile would not be its own."""
        others, collecting = sys.getprofile(), gc.isenabled()
        gc.disable()
        sys.setprofile(_refuse_handlers)
        try:
            return self.function(*symbols)
        finally:
            sys.setprofile(others)
            if collecting:
                gc.enable()

    def decide(self, number: int) -> bool:
        """Answer whether a symbol is true, the same as before on this way."""
        answer = self.answers.get(number)
        if answer is None:
            position = len(self.answers)
            if position >= QUESTIONS:
                raise TypeError(f"asks more than {QUESTIONS} questions about its inputs")
            answer = self.script[position] if position < len(self.script) else True
            self.answers[number] = answer
        return answer

    def note(self, row: Primitive, args: tuple[Reference, ...]) -> int:
        """Write down a row applied to terms and numbers, once."""
        key = (row, repr(args))  # 1 is a term and 1.0 a number, -0.0 another number than 0.0
        number = self.known.get(key)
        if number is None:
            if len(self.terms) >= TERMS:
                raise TypeError(f"takes more than {TERMS} operations")
            number = self.known[key] = self.count + len(self.terms)
            self.terms.append((row, args))
        return number

    def reference(self, x: Any) -> Reference:
        """Return what stands for a symbol or a number."""
        if isinstance(x, np.ndarray) and not x.ndim:
            x = x.item()
        return x.number if isinstance(x, Symbol) else as_float(x)

    def _references(self, returned: Any) -> list[Reference]:
        if self.results is None:
            return [self.reference(returned)]
        if not isinstance(returned, list | tuple) or len(returned) != self.results:
            raise TypeError(f"returns {returned!r:.40}")
        return [self.reference(item) for item in returned]

    def _chosen(self, condition: int, yes: Reference, no: Reference) -> Reference:
        return yes if repr(yes) == repr(no) else self.note(primitives.select, (condition, yes, no))


class Symbol(Symbolic):
    """An input or a term of a reading, under Python's operators, rows and NumPy's functions."""

    __slots__ = ("number", "reader")

    def __init__(self, reader: _Reader, number: int) -> None:
        self.reader, self.number = reader, number

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
        if primitive in (primitives.where, primitives.detach):
            return inputs[0]
        args = tuple([self.reader.reference(x) for x in inputs])
        return Symbol(self.reader, self.reader.note(primitive, args))

    def __bool__(self) -> bool:
        return self.reader.decide(self.number)

    def __eq__(self, other: object) -> Any:
        return equal(self, other)

    def __ne__(self, other: object) -> Any:
        return not_equal(self, other)

    __hash__ = None  # type: ignore[assignment]  # equal is a question here, not an answer

    # Of comparisons, as masks are combined: 1 and 0.
    def __and__(self, other: Any) -> Any:
        return primitives.multiply(self, other)

    def __or__(self, other: Any) -> Any:
        return primitives.maximum(self, other)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or ufunc.nout != 1:
            return NotImplemented
        if any(isinstance(x, np.ndarray) and x.ndim for x in inputs):
            return elementwise(ufunc, inputs, kwargs)
        return row_of(ufunc)(*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is not np.where or kwargs or len(args) != 3:
            return NotImplemented
        condition, yes, no = args
        if isinstance(condition, Symbol):
            return primitives.select(condition, yes, no)
        return yes if condition else no

    def __getattr__(self, name: str) -> Any:
        """The method that NumPy calls on each element of an object array, as `exp`."""
        row = TABLE.get(name)
        if row is None:
            raise AttributeError(f"a symbol has no {name}")
        return lambda *others: row(self, *others)


@cache
def row_of(ufunc: np.ufunc) -> Primitive:
    """Return the row for a NumPy function: its own where the table has none."""
    known = _ROWS.get(ufunc)
    if known is not None:
        return known

    def scalar(*inputs: float) -> float:
        with np.errstate(all="ignore"):
            return float(ufunc(*inputs))

    return Primitive(ufunc.__name__, scalar, ufunc, lambda out, *inputs: (np.nan,) * len(inputs))


_ROWS: dict[Any, Primitive] = {row.array: row for row in TABLE.values()}
_ROWS |= {np.power: primitives.power, np.float_power: primitives.power, np.fabs: primitives.abs}
_ROWS |= {np.cbrt: primitives.cbrt}
_ROWS |= {each.ufunc: each.row for each in COMPARISONS}
