"""Nesting: scalars inside lists, tuples, dicts and NumPy arrays, taken apart and put together.

Leaves stand in the order of the items, those of a dict in the order in which it was built; what has
to fit another structure is taken in its order, key by key. Invariant: `unflatten(flatten(item,
leaves), leaves)` equals `item`, in the same order and of the same kind.
"""

import contextlib
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.number import check_times

Structure = Any
_NESTS = (list, tuple, dict, np.ndarray)


@dataclass(frozen=True)
class Shape:
    """The structure of an array: of floats where all leaves are numbers, else of objects."""

    sizes: tuple[int, ...]

    def filled(self, leaves: Iterator[Any]) -> Any:
        """Return an array of the next leaves; of lists or arrays, one that has their axes, too.

        Lists that are no regular array, as those of an array and a number, stay lists in it.
        """
        items = [next(leaves) for _ in range(int(np.prod(self.sizes)))]
        if items and all(isinstance(item, np.ndarray | list) for item in items):
            with contextlib.suppress(ValueError):
                rows = np.array(items)
                return rows.reshape(*self.sizes, *rows.shape[1:])
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):
            array[i] = item
        if all(isinstance(item, float | int) for item in items):
            array = array.astype(float)
        return array.reshape(self.sizes)


def flatten(item: Any, leaves: list[Any], like: Structure = None) -> Structure:
    """Append the leaves of nested lists, tuples, dicts and arrays; returns the structure alone.

    Dicts are taken in the order that those with the same keys have in the structure `like`.
    """
    if isinstance(item, list | tuple):
        kinds = set(map(type, item))
        if len(kinds) == 1 and isinstance(item, list) and not issubclass(kinds.pop(), _NESTS):
            leaves += item  # of numbers: 10 times faster
            return [None] * len(item)
        fits = isinstance(like, list | tuple) and len(like) == len(item)
        likes = like if fits else [None] * len(item)
        parts = [flatten(x, leaves, part) for x, part in zip(item, likes, strict=True)]
        return parts if isinstance(item, list) else kind_of_tuple(type(item), parts)
    if isinstance(item, dict):
        fits = isinstance(like, dict) and like.keys() == item.keys()
        order = like if fits else dict.fromkeys(item)
        return _kind_of_dict(
            item, {key: flatten(item[key], leaves, part) for key, part in order.items()}
        )
    if isinstance(item, np.ndarray):
        check_array(item)
        check_times(item)
        leaves += item.ravel().tolist()
        return Shape(item.shape) if item.ndim else None
    leaves.append(item)
    return None


def check_array(item: Any, name: str = "an argument") -> None:
    """Raise `TypeError` for an array, or a list of arrays, that NumPy's own would not stand for.

    The products of an `np.matrix` are other ones, and what is masked would be read after all.
    """
    check_masks(item, name)
    if any(issubclass(kind, np.matrix) for kind in _kinds(item)):
        raise TypeError(
            f"{name} holds an np.matrix, whose `*` and `**` are products of matrices, as those of "
            "an array are not: pass np.asarray(x)"
        )


def check_masks(item: Any, name: str) -> None:
    """Raise `TypeError` for an array, or a list of arrays, in which numbers are masked."""
    if any(issubclass(kind, np.ma.MaskedArray) for kind in _kinds(item)):
        if any(map(np.ma.is_masked, item if isinstance(item, list | tuple) else (item,))):
            raise TypeError(
                f"{name} holds masked numbers: leave them out, as x.compressed() does, or replace "
                "them, as x.filled(0.0) does"
            )


def _kinds(item: Any) -> set[type]:
    return set(map(type, item)) if isinstance(item, list | tuple) else {type(item)}


def same(a: Structure, b: Structure) -> bool:
    """Whether two structures are one, also in what `forms` tells apart."""
    return bool(a == b) and list(forms(a)) == list(forms(b))


def forms(structure: Structure) -> Iterator[Any]:
    """What `==` does not compare: the order of each dict, the kind of each named tuple."""
    if isinstance(structure, dict):
        yield tuple(structure)
        structure = structure.values()
    elif hasattr(structure, "_fields"):
        yield type(structure)
    elif not isinstance(structure, list | tuple):
        return
    for part in filter(None, structure):  # without the numbers, which are most
        yield from forms(part)


def kind_of(structure: Structure) -> Any:
    """Return a key that tells apart what `same` does; of an array only how many axes it has."""
    if structure is None or isinstance(structure, Shape):
        return len(structure.sizes) if structure else None
    parts = structure.values() if isinstance(structure, dict) else structure
    inner = list(map(kind_of, parts)) if any(part is not None for part in parts) else [None]
    keys = tuple(structure) if isinstance(structure, dict) else None
    return type(structure), keys, len(structure), *inner


def alike(structure: Structure, other: Structure) -> bool:
    """Whether two structures differ in the lengths of lists only, or in the axes of arrays."""
    if isinstance(structure, Shape) or isinstance(other, Shape):
        return kind_of(structure) != kind_of(other) or bool(structure == other)
    if isinstance(structure, list) and isinstance(other, list):
        return all(alike(x, y) for x in structure[:1] for y in other) and all(
            alike(x, y) for x in structure for y in other[:1]
        )
    if isinstance(structure, tuple) and isinstance(other, tuple):
        return len(structure) == len(other) and all(map(alike, structure, other))
    if isinstance(structure, dict) and isinstance(other, dict):
        return structure.keys() == other.keys() and all(
            alike(part, other[key]) for key, part in structure.items()
        )
    return bool(structure == other)


def described(structure: Structure) -> str:
    """Return what a structure is, in words: "a list of 3, in it an array of shape (2,)"."""
    if structure is None:
        return "a number"
    if isinstance(structure, Shape):
        return f"an array of shape {structure.sizes}"
    keyed = isinstance(structure, dict)
    what = sorted(structure, key=str) if keyed else len(structure)
    inner = [s for s in (structure.values() if keyed else structure) if s is not None]
    within = f", in it {described(inner[0])}" if inner else ""
    return f"a {type(structure).__name__} of {what}{within}"


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """Rebuild what `flatten` took apart; of an iterator of leaves, no more are taken."""
    return _rebuilt(structure, iter(leaves))


def _rebuilt(structure: Structure, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, list):
        return [_rebuilt(x, leaves) for x in structure]
    if isinstance(structure, tuple):
        return kind_of_tuple(type(structure), [_rebuilt(x, leaves) for x in structure])
    if isinstance(structure, dict):
        items = {key: _rebuilt(x, leaves) for key, x in structure.items()}
        return _kind_of_dict(structure, items)
    return structure.filled(leaves) if isinstance(structure, Shape) else next(leaves)


def kind_of_tuple(kind: type, parts: Iterable[Any]) -> tuple[Any, ...]:
    """The parts as a tuple of a kind: a named one has its names."""
    return kind(*parts) if hasattr(kind, "_fields") else tuple(parts)


def _kind_of_dict(item: dict[Any, Any], items: dict[Any, Any]) -> dict[Any, Any]:
    """The items as a dict of the same kind: a defaultdict keeps its default."""
    if type(item) is dict:
        return items
    twin = copy.copy(item)
    twin.clear()
    twin.update(items)
    return twin
