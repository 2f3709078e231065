"""Arguments: what a program is called with, as flat arrays, checked against the first call.

    f([1.0, 2.0], {"a": 3.0})    arrays [1, 2] and [3]    nests [None, None] and {"a": None}
    f(X, y), with batch=True     arrays (B, 4) and (B, 1) for X (B, 2, 2) and y (B,)

Calls that pass the same arguments, with the same static values and lists of the same lengths, are
of one kind, and each kind has a recording of its own; an array in the place of a list is another
kind, for `x + x` means another thing then. Invariant: an error names the argument, what was
expected and what was given, and no call has run by then.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

import numpy as np

from autograd.compiler.calls import Plan, Signature, checked, exactly, listed
from autograd.compiler.parameters import FloatArray
from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.nesting import (
    Shape,
    Structure,
    alike,
    check_array,
    described,
    flatten,
    kind_of,
    kind_of_tuple,
    same,
    unflatten,
)

Sizes = tuple[int, ...]


class Ragged(Exception):
    """Not for the user: rows of a batch whose lists have different lengths."""


class ValuesAmongArguments(Exception):
    """Not for the user: where an argument is a Value, a program is the function itself."""


@dataclass(frozen=True)
class Layout:
    """One kind of call: static values, and how the numbers of traced arguments are nested."""

    plan: Plan
    static: tuple[Any, ...]
    nests: tuple[Structure, ...]
    widths: tuple[int, ...]

    @cached_property
    def kind(self) -> Any:
        """What makes another recording necessary; the kind of the nests comes last."""
        return self.plan.names, self.plan.keywords, self.exactly, kind_of(self.nests)

    @cached_property
    def exactly(self) -> Any:
        """The static values as they were when they came: an object may be changed later."""
        return exactly(self.static)

    @cached_property
    def is_flat(self) -> bool:
        """Whether there are only numbers and arrays."""
        return all(nest is None or isinstance(nest, Shape) for nest in self.nests)

    def is_of(self, nests: tuple[Structure, ...], static: tuple[Any, ...]) -> bool:
        """Whether these are its own nests and static values."""
        if not (self.nests == nests if self.is_flat else same(self.nests, nests)):
            return False
        return not static or exactly(static) == self.exactly

    def bind(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` as one of a flat list for each traced argument."""

        def called(*traced: Sequence[Any]) -> Any:
            filled = map(unflatten, self.nests, traced)
            static = iter(self.static)
            values = [next(static if is_static else filled) for is_static in self.plan.static]
            rest = dict(zip(self.plan.keywords, values[self.plan.positional :], strict=True))
            return function(*values[: self.plan.positional], **rest)

        return called

    def check(self, known: "Layout") -> None:
        """Raise `ValueError` where the arguments are nested otherwise than those recorded."""
        for name, nest, expected in zip(self.plan.traced, self.nests, known.nests, strict=True):
            if not alike(nest, expected):
                raise ValueError(
                    f"argument `{name}` has {described(nest)}, but the program was recorded "
                    f"with {described(expected)}"
                )


class Arguments(Signature):
    """Reads the arguments of calls; `lists`: rows of arrays are nested lists, too."""

    def __init__(
        self, function: Callable[..., Any], batch: bool, static: tuple[str, ...], lists: bool
    ) -> None:
        super().__init__(function, static)
        self.batch, self.lists = batch, lists

    def read(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], last: Layout | None
    ) -> tuple[Layout, list[FloatArray], int]:
        """Return the layout of the call, an array for each traced argument, and B.

        The layout is the `last` one where nothing has changed. Arrays are (B, width), or (width,)
        without a batch. Raises `TypeError` or `ValueError` for
        arguments that are not numbers or do not fit, `ValuesAmongArguments` for a Value.
        """
        plan = self.plan(len(args), tuple(kwargs))
        given = [*args, *kwargs.values()]
        static, nests, arrays = [], [], []
        for name, place, is_static in zip(plan.names, plan.places, plan.static, strict=True):
            if is_static:
                static.append(checked(name, given[place]))
                continue
            read = self._rows if self.batch else self._leaves
            nest, array = read(name, given[place])
            nests.append(nest)
            arrays.append(array)
        count = self._count(plan.traced, arrays) if self.batch else 1
        if last is not None and last.plan is plan and last.is_of(tuple(nests), tuple(static)):
            return last, arrays, count
        widths = tuple(array.shape[-1] for array in arrays)
        return Layout(plan, tuple(static), tuple(nests), widths), arrays, count

    def rows(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[Any, Any]]:
        """Return args and kwargs of each row of a batch, with Values as they are."""
        given = [*args, *kwargs.values()]
        columns, count = self._columns(given, tuple(kwargs))
        found = []
        for i in range(count):
            row = [_in_doubles(columns[p][i]) if p in columns else x for p, x in enumerate(given)]
            found.append(_as_call(row, kwargs))
        return found

    def groups(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> list[tuple[list[int], tuple[Any, ...], dict[str, Any]]]:
        """Return the numbers of the rows whose lists have the same lengths, and their arguments."""
        given = [*args, *kwargs.values()]
        columns, count = self._columns(given, tuple(kwargs))
        found: dict[Any, list[int]] = {}
        for row in range(count):
            kinds = [kind_of(flatten(column[row], [])) for column in columns.values()]
            found.setdefault(tuple(kinds), []).append(row)
        if len(found) == 1:
            raise ValueError("an argument is ragged within a row: its lists must have one length")
        groups = []
        for rows in found.values():
            mine = {place: [column[row] for row in rows] for place, column in columns.items()}
            groups.append((rows, *_as_call([mine.get(p, x) for p, x in enumerate(given)], kwargs)))
        return groups

    def itself(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Return args and kwargs as the function itself takes them, with Values as they are."""
        plan = self.plan(len(args), tuple(kwargs))
        given = [*args, *kwargs.values()]
        for place in plan.moving:
            given[place] = _in_doubles(given[place])
        return _as_call(given, kwargs)

    def _count(self, names: Sequence[str], columns: Sequence[Any]) -> int:
        """The length of the batch axis."""
        if columns and len({len(column) for column in columns}) == 1:
            return len(columns[0])
        lengths = dict(zip(names, map(len, columns), strict=True))
        if not lengths:
            raise TypeError(
                "with batch=True the rows come from the arguments, and there is none: pass one, or "
                "compile without batch=True"
            )
        raise ValueError(f"the arguments have batch axes of unequal lengths: {lengths}")

    def _columns(
        self, given: Sequence[Any], keywords: tuple[str, ...]
    ) -> tuple[dict[int, Any], int]:
        """The rows of each argument by its place, in which there may be Values, and how many."""
        plan = self.plan(len(given) - len(keywords), keywords)
        columns = {
            p: self._column(n, given[p]) for n, p in zip(plan.traced, plan.moving, strict=True)
        }
        return columns, self._count(plan.traced, list(columns.values()))

    def _column(self, name: str, arg: Any) -> Any:
        """The rows of one argument."""
        if isinstance(arg, Value):
            raise ValueError(f"argument `{name}` needs a leading batch axis, got {arg!r:.60}")
        if isinstance(arg, list | tuple):
            if self.lists:
                return [x.tolist() if isinstance(x, np.ndarray) else x for x in arg]
            return arg
        check_array(arg, f"argument `{name}`")
        array = np.asarray(arg)
        if array.ndim == 0:
            raise ValueError(f"argument `{name}` needs a leading batch axis, got the number {arg}")
        as_lists = array.ndim == 1 or self.lists or not isinstance(arg, np.ndarray)
        return array.tolist() if as_lists else array

    def _rows(self, name: str, arg: Any) -> tuple[Structure, FloatArray]:
        if type(arg) is not np.ndarray:
            check_array(arg, f"argument `{name}`")
        try:
            array = np.asarray(arg)
        except ValueError:
            raise Ragged from None
        if array.dtype.kind not in "biuf" and array.size:
            raise _refused(name, array)
        if array.ndim == 0:
            raise ValueError(f"argument `{name}` needs a leading batch axis, got the number {arg}")
        shape = array.shape[1:]
        flat = array.astype(float, copy=False).reshape(len(array), math.prod(shape))
        return _nest(self._kinds(name, arg, len(shape)), shape), flat

    def _kinds(self, name: str, arg: Any, axes: int) -> tuple[type, ...]:
        """What a row is, and what is in it, axis by axis: lists, tuples, or arrays to the end."""
        if self.lists:
            return (list,) * axes
        if not isinstance(arg, list | tuple):
            return (np.ndarray,) if isinstance(arg, np.ndarray) and axes else (list,) * axes
        kinds: list[type] = []
        items = arg
        for _ in range(axes):
            found = set(map(type, items))
            marked = [k for k in found if issubclass(k, np.ndarray) or hasattr(k, "_fields")]
            if marked and len(found) > 1:
                raise ValueError(
                    f"argument `{name}` has rows of several kinds, which may mean several things: "
                    f"{listed(sorted(kind.__name__ for kind in found))}"
                )
            kind = found.pop() if len(found) == 1 else list  # lists beside tuples are lists
            if issubclass(kind, np.ndarray):
                return (*kinds, kind)
            kinds.append(kind if issubclass(kind, tuple) else list)
            items = list(chain.from_iterable(items))
        return tuple(kinds)

    def _leaves(self, name: str, arg: Any) -> tuple[Structure, FloatArray]:
        if type(arg) is float:
            return None, np.array([arg])
        if type(arg) is np.ndarray and arg.ndim and arg.dtype.kind in "biuf":
            if arg.dtype.itemsize <= 8:
                return Shape(arg.shape), arg.astype(float).ravel()
        leaves: list[Any] = []
        if isinstance(arg, np.ndarray):
            check_array(arg, f"argument `{name}`")
        nest = flatten(arg, leaves)
        if {float, int}.issuperset(map(type, leaves)):
            with suppress(OverflowError):  # of a whole number above the floats, which is inf
                return nest, np.array(leaves, dtype=float)
        what = f"argument {name}"
        try:
            return nest, np.array([as_float(x, what) for x in leaves])
        except TypeError:
            if any(isinstance(x, Value) for x in leaves):
                raise ValuesAmongArguments from None
            raise


@lru_cache(maxsize=64)
def _nest(kinds: tuple[type, ...], shape: Sizes) -> Structure:
    """The nest of these kinds, an axis each; one object for all calls."""
    if not shape:
        return None
    if issubclass(kinds[0], np.ndarray):
        return Shape(shape)
    parts = [_nest(kinds[1:], shape[1:])] * shape[0]
    return kind_of_tuple(kinds[0], parts) if issubclass(kinds[0], tuple) else parts


def _as_call(given: Sequence[Any], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
    """The arguments of a call by position and by name, which come last."""
    count = len(given) - len(kwargs)
    return tuple(given[:count]), dict(zip(kwargs, given[count:], strict=True))


def _in_doubles(item: Any) -> Any:
    """Nested numbers and Values with float64 for NumPy's other numbers, which wrap or round.

    So they are in a recording. Whole numbers outside arrays stay whole, as Python's: one may be an
    index.
    """
    leaves: list[Any] = []
    structure = flatten(item, leaves)
    return unflatten(structure, [_plain(x) if isinstance(x, np.generic) else x for x in leaves])


def _plain(x: Any) -> Any:
    return float(x) if isinstance(x, np.floating) else x.item()


def _refused(name: str, array: Any) -> Exception:
    """What is wrong with an array that holds no numbers, and what to do."""
    found = f"dtype {array.dtype}: bare numbers, no strings"
    if array.dtype.kind == "O":
        if any(isinstance(x, Value) for x in array.flat):
            return ValuesAmongArguments()
        if any(isinstance(x, dict) for x in array.flat):
            found = "a dict: the rows of a batch are lists of numbers, or one argument for each key"
    return TypeError(f"argument `{name}` must hold real numbers, got {found}")
