"""Nesting: scalars inside lists, tuples and dicts, taken apart and put together again.

Invariant: `unflatten(flatten(item, leaves), leaves)` is `item`, with its leaves in one order.
"""

from typing import Any

Structure = Any


def flatten(item: Any, leaves: list[Any]) -> Structure:
    """Append the leaves of nested lists, tuples and dicts; returns the structure without them."""
    if isinstance(item, list):
        return [flatten(x, leaves) for x in item]
    if isinstance(item, tuple):
        return tuple(flatten(x, leaves) for x in item)
    if isinstance(item, dict):
        return {key: flatten(x, leaves) for key, x in item.items()}
    leaves.append(item)
    return None


def unflatten(structure: Structure, leaves: list[Any]) -> Any:
    """Rebuild what `flatten` took apart, taking the leaves from the front of the list."""
    if isinstance(structure, list):
        return [unflatten(x, leaves) for x in structure]
    if isinstance(structure, tuple):
        return tuple(unflatten(x, leaves) for x in structure)
    if isinstance(structure, dict):
        return {key: unflatten(x, leaves) for key, x in structure.items()}
    return leaves.pop(0)
