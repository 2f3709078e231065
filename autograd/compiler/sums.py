"""Sums and extremes: chains of one operation, folded into one node each.

`((b + w0 * x0) + w1 * x1) + w2 * x2` is a tree of additions whose inner sums nobody else uses: it
becomes the products (w0, w1, w2) . (x0, x1, x2) and the addend b. What begins with 0, as Python's
`sum` does, is a sum even of one addend, so that sums over 1, 2, 3, ... positions are of one kind.
`maximum(maximum(x0, x1), x2)` becomes one extreme of three; and one that is detached, as the shift
of a softmax is, may be of one. Invariant: what is used elsewhere, too, stays a node of its own.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from autograd.compiler.scalars import CONSTANT, ScalarProgram
from autograd.engine import table as primitives
from autograd.engine.primitive import Primitive


@dataclass(frozen=True, slots=True)
class Sum:
    """A node of the rolled-up program: the sum of `addends` and of products `left * right`."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    addends: tuple[int, ...]

    @property
    def inputs(self) -> tuple[int, ...]:
        """All that is added up."""
        return self.left + self.right + self.addends


@dataclass(frozen=True, slots=True)
class Extreme:
    """The largest or smallest, by `row`, of `items`; no gradient flows where it is `detached`."""

    row: Primitive
    items: tuple[int, ...]
    detached: bool


EXTREMES = (primitives.maximum, primitives.minimum)
_CHOOSING = frozenset((*EXTREMES, primitives.detach))


def uses_of(program: ScalarProgram, results: Sequence[int]) -> list[int]:
    """Count how often each slot is used."""
    used = chain(chain.from_iterable(program.args), results)
    slots = np.fromiter(used, np.intp)
    uses: list[int] = np.bincount(slots, minlength=len(program)).tolist()
    return uses


def find_sums(program: ScalarProgram, uses: Sequence[int]) -> dict[int, Sum]:
    """Find the slots that are sums: of two or more products, three addends, or begun with 0."""
    kinds, whats, arguments = program.kind, program.what, program.args
    rank_of = (2, 0, 1, 3)  # parameters, constants, arguments, operations: the left side first
    rank = [rank_of[kind] for kind in kinds]
    sums = {}
    for slot, addends in _addends(program, uses).items():
        pairs: list[tuple[int, int]] = []
        others: list[int] = []
        begun = whats[slot] is primitives.dot
        for a in addends:
            args, row = arguments[a], whats[a]
            own = a == slot or uses[a] == 1
            if own and row is primitives.multiply:
                x, y = args
                pairs.append((x, y) if rank[x] <= rank[y] else (y, x))
            elif own and row is primitives.dot:
                half = len(args) // 2
                x_rank = sum([rank[s] for s in args[:half]])
                swap = x_rank > sum([rank[s] for s in args[half:]])
                xs, ys = (args[half:], args[:half]) if swap else (args[:half], args[half:])
                pairs += zip(xs, ys, strict=True)
            elif kinds[a] == CONSTANT and row == 0.0:
                begun = True
            else:
                others.append(a)
        if not begun and len(pairs) < 2:
            pairs = []
            others = [a for a in addends if program.number(a) != 0.0]
            if len(others) < 3:
                continue
        pairs.sort()
        sums[slot] = Sum(tuple([x for x, _ in pairs]), tuple([y for _, y in pairs]), tuple(others))
    return sums


def find_extremes(program: ScalarProgram, uses: Sequence[int]) -> dict[int, Extreme]:
    """Find chains of two or more maxima, or minima; detached, of any length where there are some.

    Of a chain `a` of items, an inner one comes first: ties share a gradient in this order.
    """
    chains: dict[int, tuple[Primitive, list[int]]] = {}
    found: dict[int, Extreme] = {}
    what = program.what
    chosen = [slot for slot, row in enumerate(what) if row in _CHOOSING]
    cut = [slot for slot in chosen if what[slot] is primitives.detach]
    for slot in chosen:
        if what[slot] is not primitives.detach:
            left, right = program.args[slot]
            for first, other in ((left, right), (right, left)):
                known = chains.get(first)
                if known is not None and known[0] is what[slot] and uses[first] == 1:
                    del chains[first]
                    known[1].append(other)
                    chains[slot] = known
                    break
            else:
                chains[slot] = (what[slot], [left, right])
    detached: dict[Primitive, list[int]] = {row: [] for row in EXTREMES}
    for slot in cut:
        (arg,) = program.args[slot]
        known = chains.get(arg)
        if known is not None and uses[arg] == 1:
            del chains[arg]
            detached[known[0]].append(slot)
            found[slot] = Extreme(known[0], tuple(known[1]), True)
    rows = [row for row in EXTREMES if detached[row]]
    if len(rows) == 1:
        for slot in cut:
            if slot not in found:
                found[slot] = Extreme(rows[0], program.args[slot], True)
    for slot, (row, items) in chains.items():
        if len(items) > 2:
            found[slot] = Extreme(row, tuple(items), False)
    return found


def _addends(program: ScalarProgram, uses: Sequence[int]) -> dict[int, deque[int]]:
    """The leaves of each whole tree of additions, left to right, and each dot by itself.

    The smaller side of an addition is put to the larger one.
    """
    found: dict[int, deque[int]] = {}
    whats, arguments, add, dot = program.what, program.args, primitives.add, primitives.dot
    for slot, what in enumerate(whats):
        if what is add:
            left, right = arguments[slot]
            mine = found.pop(left) if whats[left] is add and uses[left] == 1 else None
            others = found.pop(right) if whats[right] is add and uses[right] == 1 else None
            if mine is None and others is None:
                found[slot] = deque((left, right))
            elif others is None:
                assert mine is not None
                mine.append(right)
                found[slot] = mine
            elif mine is None:
                others.appendleft(left)
                found[slot] = others
            elif len(mine) >= len(others):
                mine.extend(others)
                found[slot] = mine
            else:
                others.extendleft(reversed(mine))
                found[slot] = others
        elif what is dot:
            found[slot] = deque((slot,))
    return found
