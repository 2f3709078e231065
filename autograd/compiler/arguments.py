"""Arguments: what a program is called with, as flat arrays, checked against the first call.

Calls that pass the same arguments, with the same static values and lists of the same lengths, are
of one kind, and each kind has a recording of its own; an array in the place of a list is another
kind, for `x + x` means another thing then. Invariant: an error names the argument, what was
expected and what was given, and no call has run by then.
"""

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property, lru_cache
from itertools import chain
from numbers import Number, Rational
from typing import Any

import numpy as np

from autograd.compiler.parameters import FloatArray
from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.nesting import (
    Shape,
    Structure,
    check_array,
    flatten,
    forms,
    kind_of_tuple,
    same,
    unflatten,
)

Sizes = tuple[int, ...]


class Ragged(Exception):
    """Not for the user: rows of a batch whose lists have different lengths."""


class ValuesAmongArguments(Exception):
    """Not for the user: where an argument is a Value, a program is the function itself."""


def _axes(structure: Structure) -> Iterator[int]:
    """How many axes each leaf has: 0 for a number."""
    if isinstance(structure, Shape):
        yield len(structure.sizes)
    elif isinstance(structure, list | tuple | dict):
        for part in structure.values() if isinstance(structure, dict) else structure:
            yield from _axes(part)
    else:
        yield 0


@dataclass(frozen=True)
class Plan:
    """How calls with so many arguments by position and these keywords pass them to the function.

    `places` says where in a call each argument stands; the first `positional` of them are passed
    by position, the others by their `keywords`.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    static: tuple[bool, ...]
    positional: int
    keywords: tuple[str, ...]

    @cached_property
    def traced(self) -> list[str]:
        """The names of the arguments that are not static."""
        return [n for n, static in zip(self.names, self.static, strict=True) if not static]


@dataclass(frozen=True)
class Layout:
    """One kind of call: static values, and how the numbers of traced arguments are nested."""

    plan: Plan
    static: tuple[Any, ...]
    nests: tuple[Structure, ...]
    widths: tuple[int, ...]

    @cached_property
    def kind(self) -> Any:
        """What makes another recording necessary: also arrays, by the number of their axes."""
        axes = [tuple(_axes(nest)) for nest in self.nests]
        arrays = tuple([found if any(found) else None for found in axes])
        names = self.plan.names, self.plan.keywords
        lengths = tuple(map(_lengths, self.nests))
        return *names, self.exactly, arrays, tuple(forms(self.nests)), lengths

    @cached_property
    def exactly(self) -> Any:
        """The static values as they were when they came: an object may be changed later."""
        return _exactly(self.static)

    @cached_property
    def is_flat(self) -> bool:
        """Whether there are only numbers and arrays."""
        return all(nest is None or isinstance(nest, Shape) for nest in self.nests)

    def is_of(self, nests: tuple[Structure, ...], static: tuple[Any, ...]) -> bool:
        """Whether these are its own nests and static values."""
        if not (self.nests == nests if self.is_flat else same(self.nests, nests)):
            return False
        return not static or _exactly(static) == self.exactly

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
            if not _alike(nest, expected):
                raise ValueError(
                    f"argument `{name}` has {_described(nest)}, but the program was recorded "
                    f"with {_described(expected)}"
                )


def _lengths(nest: Structure) -> Any:
    """The lengths of all lists in a nest."""
    if isinstance(nest, list | tuple | dict):
        parts = list(nest.values() if isinstance(nest, dict) else nest)
        inner = [None] if not any(parts) else map(_lengths, parts)
        return len(parts), *inner
    return None


def _alike(nest: Structure, other: Structure) -> bool:
    """Whether two nests differ in the lengths of lists only."""
    if isinstance(nest, list) and isinstance(other, list):
        return all(_alike(x, y) for x in nest[:1] for y in other) and all(
            _alike(x, y) for x in nest for y in other[:1]
        )
    if isinstance(nest, tuple) and isinstance(other, tuple):
        return len(nest) == len(other) and all(map(_alike, nest, other))
    if isinstance(nest, dict) and isinstance(other, dict):
        return nest.keys() == other.keys() and all(_alike(nest[key], other[key]) for key in nest)
    return bool(nest == other)


class Signature:
    """The arguments of a function, some of them static; `lists`: rows of arrays are lists, too."""

    def __init__(
        self, function: Callable[..., Any], batch: bool, static: tuple[str, ...], lists: bool
    ) -> None:
        self.function, self.batch, self.static, self.lists = function, batch, static, lists
        self._plans: dict[Any, Plan] = {}
        self._check_static()

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
                static.append(_checked_static(name, given[place]))
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
        plan = self.plan(len(args), tuple(kwargs))
        given = [*args, *kwargs.values()]
        places = zip(plan.names, plan.places, plan.static, strict=True)
        columns = {p: self._columns(name, given[p]) for name, p, static in places if not static}
        count = self._count(plan.traced, list(columns.values()))
        found = []
        for i in range(count):
            row = [_in_doubles(columns[p][i]) if p in columns else x for p, x in enumerate(given)]
            found.append((row[: len(args)], dict(zip(kwargs, row[len(args) :], strict=True))))
        return found

    def groups(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> list[tuple[list[int], tuple[Any, ...], dict[str, Any]]]:
        """Return the numbers of the rows whose lists have the same lengths, and their arguments."""
        plan = self.plan(len(args), tuple(kwargs))
        given = [*args, *kwargs.values()]
        traced = [p for p, static in zip(plan.places, plan.static, strict=True) if not static]
        columns = [self._columns(plan.names[i], given[p]) for i, p in enumerate(traced)]
        found: dict[Any, list[int]] = {}
        for row in range(self._count(plan.traced, columns)):
            lengths = tuple([_lengths(flatten(column[row], [])) for column in columns])
            found.setdefault(lengths, []).append(row)
        if len(found) == 1:
            raise ValueError("an argument is ragged within a row: its lists must have one length")
        groups = []
        for rows in found.values():
            mine = list(given)
            for place, column in zip(traced, columns, strict=True):
                mine[place] = [column[row] for row in rows]
            rest = dict(zip(kwargs, mine[len(args) :], strict=True))
            groups.append((rows, tuple(mine[: len(args)]), rest))
        return groups

    def itself(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Return args and kwargs as the function itself takes them, with Values as they are."""
        plan = self.plan(len(args), tuple(kwargs))
        given = [*args, *kwargs.values()]
        for place, is_static in zip(plan.places, plan.static, strict=True):
            given[place] = given[place] if is_static else _in_doubles(given[place])
        return given[: len(args)], dict(zip(kwargs, given[len(args) :], strict=True))

    def plan(self, count: int, keywords: tuple[str, ...]) -> Plan:
        """Return the plan of calls with `count` arguments by position and these keywords.

        Raises `TypeError` where the function takes no such arguments.
        """
        plan = self._plans.get((count, keywords))
        if plan is None:
            plan = self._plans[count, keywords] = self._planned(count, keywords)
        return plan

    def _planned(self, count: int, keywords: tuple[str, ...]) -> Plan:
        places = {keyword: count + i for i, keyword in enumerate(keywords)}
        try:
            bound = inspect.signature(self.function).bind(*range(count), **places)
        except TypeError as error:
            raise TypeError(f"{getattr(self.function, '__name__', 'program')}: {error}") from None
        except ValueError:  # a callable without a signature
            names = (*map(str, range(count)), *keywords)
            static = tuple(name in self.static for name in names)
            return Plan(names, tuple(range(len(names))), static, count, keywords)
        named = {}
        for name, given in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                named.update({place: f"{name}[{i}]" for i, place in enumerate(given)})
            elif kind is inspect.Parameter.VAR_KEYWORD:
                named.update({place: keyword for keyword, place in given.items()})
            else:
                named[given] = name
        order = (*bound.args, *bound.kwargs.values())
        names = tuple(named[place] for place in order)
        static = tuple(name.split("[")[0] in self.static for name in names)
        return Plan(names, order, static, len(bound.args), tuple(bound.kwargs))

    def _check_static(self) -> None:
        """Raise `ValueError` for a static name that the function does not have."""
        try:
            known = inspect.signature(self.function).parameters
        except ValueError:
            return
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values()):
            return
        for name in self.static:
            if name not in known:
                raise ValueError(
                    f"`static_argnames` has {name!r}, which is no argument of the function: it has "
                    f"{_listed(list(known))}"
                )

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

    def _columns(self, name: str, arg: Any) -> Any:
        """The rows of one argument, in which there may be Values."""
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
                    f"{_listed(sorted(kind.__name__ for kind in found))}"
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


def _checked_static(name: str, value: Any) -> Any:
    """A value that a recording can be kept for."""
    if isinstance(value, Value):
        raise TypeError(
            f"the static argument `{name}` must be a plain Python value, got {value!r:.60}: a "
            "recording is made for each"
        )
    try:
        hash(value)
    except TypeError:
        raise TypeError(
            f"the static argument `{name}` must be hashable, got {value!r:.60}: a recording is "
            "made for each; pass a tuple for a list"
        ) from None
    return value


def _exactly(value: Any) -> Any:
    """A key of a static value that tells apart what is equal: 1 and True, 0.0 and -0.0."""
    kind = type(value)
    if isinstance(value, tuple | frozenset):
        return kind, (frozenset if isinstance(value, frozenset) else tuple)(map(_exactly, value))
    if is_dataclass(value) and not isinstance(value, type):
        return (
            kind,
            value,
            _exactly(tuple([getattr(value, f.name) for f in fields(value) if f.compare])),
        )
    if isinstance(value, Number) and not isinstance(value, Rational):
        return kind, repr(value)
    return kind, value


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


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _described(structure: Any) -> str:
    if structure is None:
        return "a number"
    if isinstance(structure, Shape):
        return f"an array of shape {structure.sizes}"
    keyed = isinstance(structure, dict)
    what = sorted(structure, key=str) if keyed else len(structure)
    inner = [s for s in (structure.values() if keyed else structure) if s is not None]
    within = f", in it {_described(inner[0])}" if inner else ""
    return f"a {type(structure).__name__} of {what}{within}"
