"""Grids: which dot products are one matrix product, which many of one shape, which row by row.

Each dot of a group has a left and a right vector. Those that meet make a grid {left} x {right}:

    [[dot(w, x) for w in W] for x in X]            all meet all      one product X @ W.T
    [dot(x[i], x[j]) for i... for j < i]           at least half     the full grid; half is not used
    [[[dot(q, k) for k in K[h]] for q in Q[h]] for h...]             a stack of products, one a head
    [dot(a, b) for a, b in zip(A, B)]              each its own      (A * B).sum(axis=1)

In: the vectors of each dot. Out: `Stack`s of equal grids, and which dot stands where. Invariant:
every dot stands in exactly one place.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

Vector = tuple[int, ...]
Vectors = list[Vector]
# In multiplications: what the instructions of one more grid, forward and back, are worth; and how
# many times a matrix product is faster than elementwise work.
GRID, SPEED = 100_000, 80


@dataclass
class Stack:
    """Equal grids; `members` are pairs (which dot, its position in all, right before left).

    With `rows` left and right vectors are taken one by one instead.
    """

    lefts: list[Vectors] = field(default_factory=list)
    rights: list[Vectors] = field(default_factory=list)
    members: list[tuple[int, int]] = field(default_factory=list)
    rows: bool = False
    filled: bool = False  # whether there are products that nobody asked for


Edge = tuple[int, int]  # a left and a right vector, by number
Grid = tuple[list[int], list[int]]


def stacks(pairs: Sequence[tuple[Vector, Vector]], weight: int) -> list[Stack]:
    """Arrange the dots of vectors of one length; `weight` is the number of rows of a batch."""
    left_of: dict[Vector, int] = {}
    right_of: dict[Vector, int] = {}
    wanted: dict[Edge, list[int]] = defaultdict(list)
    for i, (x, y) in enumerate(pairs):
        wanted[left_of.setdefault(x, len(left_of)), right_of.setdefault(y, len(right_of))].append(i)
    lefts, rights = list(left_of), list(right_of)
    found: dict[tuple[int, int], Stack] = {}
    for mine, others in _grids(list(wanted), len(lefts), len(lefts[0]) * weight):
        m, k = len(mine), len(others)
        stack = found.setdefault((m, k), Stack())
        start = len(stack.lefts) * m * k
        stack.lefts.append([lefts[i] for i in mine])
        stack.rights.append([rights[i] for i in others])
        for position, edge in enumerate((left, right) for right in others for left in mine):
            asked = wanted.get(edge)
            stack.filled = stack.filled or asked is None
            stack.members += [(which, start + position) for which in asked or ()]
    for shape, stack in found.items():
        stack.rows = shape == (1, 1) and len(stack.lefts) > 1
    return list(found.values())


def _grids(edges: Sequence[Edge], lefts: int, width: int) -> list[Grid]:
    """Cover the edges by full grids; `width` is what one more dot costs."""
    found: dict[tuple[int, int], list[Grid]] = defaultdict(list)
    for component in _components(edges, lefts):
        partners: dict[int, list[int]] = defaultdict(list)
        for left, right in component:
            partners[left].append(right)
        alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for left, others in partners.items():
            alike[tuple(sorted(others))].append(left)
        rights = list(dict.fromkeys([right for _, right in component]))
        unasked = len(partners) * len(rights) - len(component)
        if unasked <= len(component) and unasked * width <= GRID * (len(alike) - 1):
            found[len(partners), len(rights)].append((list(partners), rights))
        else:
            for mine in alike.values():
                others = partners[mine[0]]
                found[len(mine), len(others)].append((mine, others))
    small = [
        shape
        for shape, grids in found.items()
        if shape != (1, 1) and shape[0] * shape[1] * len(grids) * width * SPEED < GRID
    ]
    if len(small) > 2:
        for shape in small:
            for mine, others in found.pop(shape):
                found[1, 1] += [([x], [y]) for x in mine for y in others]
    return [grid for grids in found.values() for grid in grids]


def _components(edges: Sequence[Edge], lefts: int) -> list[list[Edge]]:
    """Split the dots into those that have no vector in common with the others."""
    root: dict[int, int] = {}

    def find(x: int) -> int:
        while root.setdefault(x, x) != x:
            root[x] = x = root[root[x]]
        return x

    for left, right in edges:
        root[find(left)] = find(lefts + right)
    found: dict[int, list[Edge]] = defaultdict(list)
    for left, right in edges:
        found[find(left)].append((left, right))
    return list(found.values())


def padded(
    vectors: Sequence[tuple[Vector, Vector]], zero: int
) -> tuple[list[tuple[Vector, Vector]], bool]:
    """Make the dots of vectors of several lengths dots of the longest; whether numbers may leak.

    One side gets zeros; the other goes on, where there is a longer one that begins as it does, as
    the values of all positions of a sequence do: then dots with different numbers of them make one
    grid. There a product of zero and infinity would be nan.
    """
    size = max(len(left) for left, _ in vectors)
    if all(len(left) == size for left, _ in vectors):
        return list(vectors), False
    longest: list[dict[int, Vector]] = [{}, {}]
    for pair in sorted(vectors, key=lambda pair: len(pair[0])):
        for known, vector in zip(longest, pair, strict=True):
            known[vector[0]] = vector
    found = []
    leaks = False
    for left, right in vectors:
        sides = [left, right]
        short = size - len(left)
        goes_on = [
            len(known[side[0]]) == size and known[side[0]][: len(side)] == side
            for known, side in zip(longest, sides, strict=True)
        ]
        for i, side in enumerate(sides):
            alone = goes_on[i] and not (i == 0 and goes_on[1])
            sides[i] = longest[i][side[0]] if alone else side + (zero,) * short
        leaks = leaks or (short > 0 and any(goes_on))
        found.append((sides[0], sides[1]))
    return found, leaks
