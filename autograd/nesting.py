"""Nesting: scalars inside lists, tuples and dicts, taken apart and put together again.

Dicts are taken in the order of their sorted keys, so that equal structures have their leaves in
one order. Invariant: `unflatten(flatten(item, leaves), leaves)` equals `item`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

Structure = Any


def flatten(item: Any, leaves: list[Any]) -> Structure:
    """Append the leaves of nested lists, tuples and dicts; returns the structure without them."""
    if isinstance(item, list):
        return [flatten(x, leaves) for x in item]
    if isinstance(item, tuple):
        return _like(item, [flatten(x, leaves) for x in item])
    if isinstance(item, dict):
        return {key: flatten(item[key], leaves) for key in sorted_keys(item)}
    leaves.append(item)
    return None


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """Rebuild what `flatten` took apart; of an iterator of leaves, no more are taken."""
    return _rebuilt(structure, iter(leaves))


def sorted_keys(item: dict[Any, Any]) -> list[Any]:
    """Return the keys in the order in which `flatten` takes them."""
    return sorted(item, key=lambda key: (type(key).__name__, repr(key)))


def _rebuilt(structure: Structure, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, list):
        return [_rebuilt(x, leaves) for x in structure]
    if isinstance(structure, tuple):
        return _like(structure, [_rebuilt(x, leaves) for x in structure])
    if isinstance(structure, dict):
        return {key: _rebuilt(x, leaves) for key, x in structure.items()}
    return next(leaves)


def _like(item: tuple[Any, ...], parts: list[Any]) -> tuple[Any, ...]:
    """The parts as a tuple of the same kind: a named one keeps its names."""
    return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
