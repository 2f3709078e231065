"""Node: what one number of the graph holds, and every door to it.

A node keeps its number, its gradient, the operation that made it, its parents and its local
partials. While a function is compiled the number will change, so whatever hands out the bare
number asks the open modes first: `_read` is the one place. Invariant: what was recorded is not
changed afterwards; only `data`, `grad` and `label` can be assigned.
"""

from collections.abc import Callable, Iterable
from typing import Any, Self

from autograd.engine import modes
from autograd.engine.copying import pickled
from autograd.engine.graph import in_order, stored
from autograd.engine.modes import watching
from autograd.engine.number import as_float, as_number, as_numbers
from autograd.engine.primitive import Primitive

Each = tuple[Any, ...]  # one for each input

# Another object each time that the data of a node are assigned, after they are, or parameters are
# frozen: who keeps numbers of nodes looks at it, and compares nothing else.
_mark: list[object] = [object()]


def changed() -> None:
    """Note that the data of a node were assigned."""
    _mark[0] = object()


def assign(nodes: Iterable[Any], data: Iterable[Any]) -> None:
    """Give existing nodes their data, numbers that need no check; the only way to do so in bulk."""
    try:
        for node, x in zip(nodes, data, strict=True):
            node._data = x
    finally:
        changed()


def mark() -> object:
    """Return what is the same as long as no data are assigned."""
    return _mark[0]


class _Own:
    """An attribute that programs keep on their parameters: a node has no room, a subclass has."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, node: Any, owner: type) -> Any:
        if self.name in getattr(node, "__dict__", ()):
            return vars(node)[self.name]
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self.name!r}")

    def __set__(self, node: Any, x: Any) -> None:
        if not hasattr(node, "__dict__"):
            raise AttributeError(
                f"a Value has no room for an attribute {self.name!r} of your own: keep it in a "
                "dict, whose keys may be Values, or compute with `class Parameter(Value): pass`"
                + ("; a name for pictures is its `label`" if self.name == "name" else "")
            )
        vars(node)[self.name] = x


class Node:
    """The fields of a `Value`, as its users read them."""

    # The first two parents and partials stand in slots, not in tuples: recording is 1.5 times
    # faster. Of more, `_left` is the tuple of all. A leaf has none; its `primitive` says its kind.
    __slots__ = (
        *("_data", "_grad", "_label", "_left", "_note", "_right", "_to_left", "_to_right"),
        "primitive",
    )

    _left: Any
    _right: Any
    primitive: Primitive | None
    _note: Any  # what `detect_anomaly` and the compiler remember of a node; else unset

    def __init__(self, data: Any, label: str = "") -> None:
        self.fill(None, (), as_number(data), ())
        if label != "":
            self.label = label
        if watching:
            modes.made(None, (), self)

    def fill(self, primitive: Any, parents: Each, data: Any, partials: Each) -> Self:
        """Store what an operation makes; half the time of __init__, as nothing is checked."""
        self._data, self._grad, self.primitive = data, 0.0, primitive
        self._left = self._right = self._to_left = self._to_right = None
        count = len(parents)
        if count == 2:
            self._left, self._right = parents
            self._to_left, self._to_right = partials
        elif count == 1:
            (self._left,), (self._to_left,) = parents, partials
        elif count:
            self._left, self._to_left = parents, partials
        return self

    def _read(self, what: str) -> Any:
        """Return the bare number, unless a mode refuses."""
        if watching:
            modes.read(self, what)
        return self._data

    @property
    def data(self) -> Any:
        """The number. Assigning replaces it; nodes already recorded keep what they used.

        Compiled functions see what is assigned here, but not a second call of `__init__`.
        Raises `TypeError` while a function is being compiled: the number would be frozen.
        """
        if watching:  # `_read`, spelled out: a third faster
            stand_in = modes.read(self, "`.data`")
            return self._data if stand_in is None else stand_in
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if watching:
            modes.read(self, "an assignment to `.data`")
        if data.__class__ is float is self._data.__class__:  # 4 times as fast
            self._data = data
        else:
            self._data = as_numbers((data, self._data), "data")[0]
        changed()

    @property
    def grad(self) -> Any:
        """The gradient that `backward()` has added up; set it to 0, or None, before the next."""
        if watching:
            modes.read(self, "`.grad`")
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._read("an assignment to `.grad`")
        self._grad = 0.0 if grad is None else grad

    @property
    def label(self) -> str:
        """The name in pictures and explanations."""
        return getattr(self, "_label", "")

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"`label` must be a string, got {label!r:.60}")
        self._label = label

    @property
    def op(self) -> str:
        """The name of the operation that made this node, "" for a leaf."""
        return self.primitive.name if self._left is not None and self.primitive else ""

    @property
    def parents(self) -> tuple[Self, ...]:
        """The inputs of the operation that made this node, in order; empty for a leaf."""
        return in_order(self, self._left, self._right)

    @property
    def partials(self) -> tuple[Any, ...]:
        """The local partial derivatives by the parents, stored when the node was recorded."""
        self._read("`.partials`")
        return stored(self)

    def item(self) -> Any:
        """Return the bare number, as NumPy and PyTorch name it."""
        return self._read("`.item()`")

    def __float__(self) -> float:
        raise TypeError(
            "float(v) would silently drop the gradient of a Value: use v.data for the bare "
            "number, or a function that records, such as autograd.exp(v) for math.exp(v)"
        )

    def __index__(self) -> int:
        raise TypeError(
            "a Value is no whole number for range, an index or a repetition: pass int(v.data), for "
            "values[v] write autograd.take(values, v), or pass a compiled function the number "
            "itself, named in compile(f, static_argnames=...)"
        )

    def __repr__(self) -> str:
        number = self._read("repr")
        label = f", label={self.label!r}" if self.label else ""
        op = f", op={self.op!r}" if self.op else ""
        return f"Value(data={number}, grad={self._grad}{label}{op})"

    def __format__(self, spec: str) -> str:
        return format(as_float(self._read("a format")), spec) if spec else repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        self._read("pickle")
        return pickled(self)

    # What copies of micrograd keep on their parameters; any other name is Python's plain error.
    m, v, momentum, velocity, cache, buf = (_Own() for _ in range(6))
    name, step, state, exp_avg, exp_avg_sq, prev_grad = (_Own() for _ in range(6))

    # What readers of micrograd's graphs look at.
    _op = op
    _prev = property(lambda self: set(self.parents))

    @property
    def _backward(self) -> Callable[[], None]:
        self._read("`._backward`")

        def hand_on() -> None:
            for parent, partial in zip(self.parents, stored(self), strict=True):
                parent._grad += self._grad * partial

        return hand_on
