"""Translation: from the nodes that a trace has seen to a scalar program.

Arguments are numbered in the order of their flattening. Any other leaf that takes part is a
parameter, numbered in order of first use; numbers, and what the function made itself, are
constants. Invariant: only what the results and the guards need is translated.
"""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograd.compiler.scalars import PARAMETER, ScalarProgram
from autograd.compiler.shifts import cancelling
from autograd.compiler.trace import Guard, LeakError, Trace
from autograd.compiler.winners import Winner
from autograd.engine import table
from autograd.engine.graph import topological_order
from autograd.engine.primitive import CONSTANT, Primitive
from autograd.engine.value import Value
from autograd.nesting import Structure


class _ProgramRow(Primitive):
    """What made a mean: its value cannot be computed again from the parameters alone."""

    def __reduce__(self) -> str:
        return "PROGRAM"


def _unknown(*inputs: Any) -> float:
    return math.nan


PROGRAM = _ProgramRow("program", _unknown, _unknown, lambda out, *inputs: ())


@dataclass(frozen=True)
class Recording:
    """One path through the function: the scalar program, its results, its guards."""

    program: ScalarProgram
    results: tuple[int, ...]
    structure: Structure
    guards: tuple[Guard, ...]
    parameters: list[Value]
    used: frozenset[int]  # parameters that are not only detached
    nodes: int

    def same_path(self, other: "Recording") -> bool:
        """Whether a fresh recording is of the same path, operation by operation.

        Straight-line code has added its reverse sweep to this one by now.
        """
        mine, theirs = self.program, other.program
        n = len(theirs)
        return (
            (self.guards, self.results) == (other.guards, other.results)
            and (mine.kind[:n], mine.args[:n]) == (theirs.kind, theirs.args)
            and all(map(_same_content, mine.what, theirs.what))
        )


def _same_content(a: Any, b: Any) -> bool:
    return a is b or a == b or (a != a and b != b)


def translate(
    results: list[Value],
    shape: Structure,
    trace: Trace,
    leaves: list[Value],
    parameters: list[Value],
) -> Recording:
    """Return what the results, of a structure, and the guards of a trace depend on.

    `leaves` are the arguments; `parameters` those known so far, to which new ones are appended.
    """
    compared = [side for guard in trace.guards for side in (guard.left, guard.right)]
    items = [item for winner in trace.winners for item in winner.items]
    order = _needed([*results, *compared, *items], trace)
    winners = {winner.node: winner for winner in trace.winners}
    choices = {made: winner.items for made, winner in winners.items()}
    free = choices and cancelling(choices, order, [*results, *compared], trace.differentiated)
    program = ScalarProgram()
    slots: dict[Any, int] = {x: program.argument(i) for i, x in enumerate(leaves)}
    numbering = {p: i for i, p in enumerate(parameters)}

    def leaf_slot(x: Value) -> int:
        slot = slots.get(x)
        if slot is None:
            if trace.is_foreign(x):
                raise LeakError("by what is returned or compared")
            if x.primitive is CONSTANT or getattr(x, "_note", None) is trace.token:
                slot = program.constant(float(x._data))
            else:
                if x not in numbering:
                    numbering[x] = len(parameters)
                    parameters.append(x)
                slot = program.parameter(numbering[x])
            slots[x] = slot
        return slot

    known, operation = slots.get, program.operation
    for made in order:  # numbers the parameters in the order of their first use
        row: Any = made.primitive
        left, right = made._left, made._right
        if right is not None:  # `parents`, spelled out: most have two
            first, second = known(left), known(right)
            first = leaf_slot(left) if first is None else first
            slots[made] = operation(row, (first, leaf_slot(right) if second is None else second))
        elif left is None:
            leaf_slot(made)
        elif made in winners:
            slots[made] = _of_winner(program, winners[made], leaf_slot, made in free)
        else:
            slots[made] = operation(row, tuple([leaf_slot(parent) for parent in made.parents]))
    if program.slots_of(PROGRAM):
        raise TypeError(
            "the mean of a program, which was recorded outside, is used in a function that is "
            "being compiled and cannot be computed again: call program.mean(...) inside, or "
            "take m.detach() outside, whose number is read afresh"
        )
    found_guards = [*trace.guards]
    for made, winner in winners.items():
        if made not in free:
            for item, best, outcome in winner.comparisons:
                found_guards.append(Guard(winner.kind.compare, item, best, outcome, winner.line))
        elif made in slots and len(winner.items) > 1:  # Python's would pass over nan
            found_guards.append(Guard(operator.eq, made, made, True, winner.line))
    guards = dict.fromkeys(
        replace(g, left=leaf_slot(g.left), right=leaf_slot(g.right)) for g in found_guards
    )
    kept = tuple(g for g in guards if None in (program.number(g.left), program.number(g.right)))
    found = tuple(leaf_slot(result) for result in results)
    used = _used(program, [*found, *[s for g in kept for s in (g.left, g.right)]])
    return Recording(program, found, shape, kept, parameters, used, len(slots))


def _of_winner(
    program: ScalarProgram, winner: Winner, slot_of: Callable[[Value], int], free: bool
) -> int:
    """The slot of what `max` gave: of the argument that won, or of the largest, cut off."""
    if not free:
        return slot_of(winner.items[winner.place])
    found = None
    for item in winner.items:
        slot = slot_of(item)
        if program.what[slot] is table.detach:
            (slot,) = program.args[slot]
        found = slot if found is None else program.operation(winner.kind.row, (found, slot))
    assert found is not None
    return program.operation(table.detach, (found,))


def _needed(roots: Sequence[Value], trace: Trace) -> list[Value]:
    """The operations below the roots, in the order in which they were made."""
    alive = set(roots)
    order = []
    for made in reversed(trace.nodes):
        if made in alive and made._left is not None:
            order.append(made)
            alive.remove(made)
            left, right = made._left, made._right  # `parents`, spelled out: three times faster
            if right is not None:
                alive.add(left)
                alive.add(right)
            elif left.__class__ is tuple:
                alive.update(left)
            else:
                alive.add(left)
    order.reverse()
    if any(x._left is not None for x in alive):  # recorded outside
        everything = topological_order(*roots)
        leaves = [p for made in order for p in made.parents if p._left is None]
        return list(dict.fromkeys([*leaves, *everything]))
    return order


def _used(program: ScalarProgram, roots: Iterable[int]) -> frozenset[int]:
    """The numbers of the parameters on which the roots depend, but for what is detached."""
    inputs = program.args.copy()
    for slot in program.slots_of(table.detach):
        inputs[slot] = ()
    reached = frozenset(program.needed(roots, inputs))
    return frozenset(program.what[s] for s in program.slots_of(PARAMETER) if s in reached)
