"""Bounds: pairs (lowest, highest), nested as the start of a search, in one list for SciPy.

Invariant: there is one pair for each scalar of the start, in its order. SciPy checks the numbers.
"""

from typing import Any

from autograd.nesting import Structure, flatten


def pairs(structure: Structure, given: Any) -> list[Any]:
    """Return one pair for each scalar of `structure`; None leaves all in its place without bounds.

    Raises `ValueError` where the nesting differs.
    """
    if given is None:
        scalars: list[Any] = []
        flatten(structure, scalars)
        return [(None, None)] * len(scalars)
    if isinstance(structure, dict):
        if isinstance(given, dict) and given.keys() == structure.keys():
            return [pair for key in structure for pair in pairs(structure[key], given[key])]
    elif isinstance(given, list | tuple):
        if structure is None and len(given) == 2:
            return [given]
        if structure is not None and len(given) == len(structure):
            return [pair for i in range(len(given)) for pair in pairs(structure[i], given[i])]
    raise ValueError(
        "`bounds` must be nested as `x0`, with a pair (lowest, highest) or None in the place of "
        f"each scalar, got {given!r:.60} in the place of {structure!r:.60}"
    )
