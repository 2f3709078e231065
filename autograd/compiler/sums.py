"""Sums: chains of additions and multiply-adds, folded into one node each.

`((b + w0 * x0) + w1 * x1) + w2 * x2` is a tree of additions whose inner sums nobody else uses: it
becomes the products (w0, w1, w2) . (x0, x1, x2) and the addend b. Invariant: what is used
elsewhere, too, stays a node of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autograd.compiler.scalars import CONSTANT, ScalarProgram
from autograd.engine import table as primitives


@dataclass(frozen=True)
class Sum:
    """A node of the rolled-up program: the sum of `addends` and of products `left * right`."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    addends: tuple[int, ...]


def find_sums(program: ScalarProgram, results: Sequence[int]) -> dict[int, Sum]:
    """Find the slots that are sums of two or more products, or of three or more addends."""
    uses = [0] * len(program)
    for args in program.args:
        for arg in args:
            uses[arg] += 1
    for slot in results:
        uses[slot] += 1
    is_add = [what is primitives.add for what in program.what]
    inner: set[int] = set()
    for slot in range(len(program)):
        if is_add[slot]:
            inner.update(a for a in program.args[slot] if is_add[a] and uses[a] == 1)
    rank = (2, 0, 1, 3)  # parameters, constants, arguments, operations: the left side first
    sums = {}
    for slot in range(len(program)):
        what = program.what[slot]
        if what is primitives.dot:
            addends: list[int] = [slot]
        elif is_add[slot] and slot not in inner:
            addends = _addends(program, slot, inner)
        else:
            continue
        left: list[int] = []
        right: list[int] = []
        others: list[int] = []
        for a in addends:
            args = program.args[a]
            own = a == slot or uses[a] == 1
            if own and program.what[a] is primitives.multiply:
                x, y = sorted(args, key=lambda s: rank[program.kind[s]])
                left.append(x)
                right.append(y)
            elif own and program.what[a] is primitives.dot:
                half = len(args) // 2
                x_rank = sum(rank[program.kind[s]] for s in args[:half])
                swap = x_rank > sum(rank[program.kind[s]] for s in args[half:])
                left += args[half:] if swap else args[:half]
                right += args[:half] if swap else args[half:]
            elif program.kind[a] != CONSTANT or program.what[a] != 0.0:
                others.append(a)
        if len(left) < 2 and what is not primitives.dot:
            left, right = [], []
            others = [a for a in addends if program.number(a) != 0.0]
            if len(others) < 3:
                continue
        pairs = sorted(zip(left, right, strict=True))
        sums[slot] = Sum(tuple(x for x, _ in pairs), tuple(y for _, y in pairs), tuple(others))
    return sums


def _addends(program: ScalarProgram, slot: int, inner: set[int]) -> list[int]:
    """The leaves of the tree of additions below `slot`, left to right, without recursion."""
    found, stack = [], [slot]
    while stack:
        s = stack.pop()
        if s == slot or s in inner:
            stack += reversed(program.args[s])
        else:
            found.append(s)
    return found
