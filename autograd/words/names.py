"""Names: what each node is called in pictures, explanations and the stepper.

A node's own label comes first, then the name it has in a mapping such as `locals()`, then the path
that a model gave it, then a number in the order of recording. Constants are called by their number.
Invariant: within one `Names` two different nodes have different names, constants excepted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.words.numbers import numeral
from autograd.words.text import visible


class Path(str):
    """A label that a model gave a parameter: one that the user gives takes its place."""

    __slots__ = ()


class Names:
    """The names of the nodes of one graph, given in topological order.

    `mapping` holds Values by name, as `locals()` does, also in lists, tuples and dicts, whose
    members are called `w[0]` or `w['a']`, and in models: `model.layers.0.neurons.1.bias`.
    What else it holds is passed over, and so are names that start with an underscore, as notebooks
    keep their history there, or with "@", as pytest keeps parts of an `assert` there.

    Raises `TypeError` where `mapping` is not a mapping, and in a function that is being compiled:
    what is named is shown with its numbers.
    """

    def __init__(
        self,
        order: Sequence[Value],
        mapping: Mapping[str, Any] | None = None,
        twins: Mapping[Value, Value] | None = None,
    ) -> None:
        if mapping is not None and not isinstance(mapping, Mapping):
            raise TypeError(
                f"`names` must be a mapping from names to Values, such as locals(), got "
                f"{type(mapping).__name__}"
            )
        for root in order[-1:]:
            root._read("a picture or an explanation")
        wanted = set(order)
        known: dict[Value, str] = {}
        for name, value in named(mapping or {}):
            value = (twins or {}).get(value, value)
            if value in wanted:
                known.setdefault(value, name)
        self._names: dict[Value, str] = {}
        self._given: set[Value] = set()
        used: dict[str, int] = {}
        for node in order:
            label = node.label
            found = known.get(node, "")
            name = found or label if isinstance(label, Path) else label or found
            if name:
                self._given.add(node)
                self._names[node] = _unused(visible(str(name)), used)
        count = 0
        for node in order:
            if node not in self._names and node.primitive is not CONSTANT:
                count += 1
                self._names[node] = _unused(f"v{count}", used)

    def __getitem__(self, node: Value) -> str:
        """The name of `node`; of a constant, its number."""
        name = self._names.get(node)
        return numeral(node._data) if name is None else name

    def given(self, node: Value) -> str:
        """The name that the user gave, "" where there is none."""
        return self._names[node] if node in self._given else ""


def _unused(name: str, used: dict[str, int]) -> str:
    """Return `name`, numbered where it is taken; `used` counts how often each was asked for."""
    unused = name
    while unused in used:
        used[name] += 1
        unused = f"{name} ({used[name]})"
    used[unused] = 1
    return unused


def named(mapping: Mapping[Any, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the Values of a mapping with their names: `w`, `w[0]`, `model.layers.0.bias`."""
    for key, item in mapping.items():
        if isinstance(key, str) and not key.startswith(("_", "@")) and key not in ("In", "Out"):
            for path, value in _members(item, 3):
                yield key + path, value


def _members(item: Any, depth: int) -> Iterator[tuple[str, Value]]:
    """Yield the Values in lists, tuples, dicts and models, each with the way to it."""
    kind = type(item)
    if issubclass(kind, Value):
        yield "", item
    elif hasattr(kind, "named_parameters"):
        for name, parameter in item.named_parameters():
            yield f".{name}", parameter
    elif depth and issubclass(kind, list | tuple | dict):
        pairs = item.items() if issubclass(kind, dict) else enumerate(item)
        for key, member in pairs:
            if type(member) is not float and isinstance(key, int | str):
                for path, value in _members(member, depth - 1):
                    yield f"[{key!r:.40}]{path}", value
