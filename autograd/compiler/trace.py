"""Recording: run the user's function once on Values and write down what it did.

The arguments become leaf Values, numbered in the order of their flattening; any other leaf that
takes part is a parameter, numbered in order of first use; numbers, and what the function makes
itself, are constants. Comparisons on the way are guards. Invariant: nothing that depends on an
argument or a parameter is frozen, and nothing of one recording gets into another.
"""

import gc
import math
import operator
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from autograd.compiler.scalars import PARAMETER, ScalarProgram
from autograd.compiler.shifts import cancelling
from autograd.compiler.threads import THREADS
from autograd.compiler.winners import MAX_AND_MIN, Kind, Winner, is_compared, winning_place
from autograd.engine import table
from autograd.engine.graph import topological_order
from autograd.engine.modes import Mode, opened, without
from autograd.engine.primitive import ARGUMENT, CONSTANT, DETACHED, Primitive
from autograd.engine.value import Value, as_value, leaf, node
from autograd.engine.value import record as made_by
from autograd.grad_mode import no_grad
from autograd.lines import users_frame, users_line
from autograd.nesting import Structure, flatten, kind_of_tuple, unflatten


class Token:
    """What the nodes of one recording have in common; gone when the last of them is."""

    __slots__ = ("__weakref__",)


@dataclass(frozen=True)
class Guard:
    """`compare(left, right)` was `outcome` at the user's `line`; a replay must find the same.

    The two sides are nodes while the function runs, slots in a recording.
    """

    compare: Callable[..., Any]
    left: Any
    right: Any
    outcome: bool
    line: str

    def holds(self, numbers: Sequence[float]) -> bool:
        """Whether it does, given the number of each slot."""
        return bool(self.compare(numbers[self.left], numbers[self.right])) == self.outcome


class Trace(Mode):
    """The guards met so far, and the nodes in the order in which they were made.

    Numbers will change, so to read one is an error, in other threads too. A `careful` trace also
    looks at each operand, for one of an earlier recording.
    """

    records = compiles = True

    def __init__(self, careful: bool = False) -> None:
        self.careful = careful
        self.guards: list[Guard] = []
        self.winners: list[Winner] = []
        self.differentiated: set[Any] = set()  # those whose derivatives say which argument won
        self.nodes: list[Any] = []
        self._note_node = self.nodes.append
        self.token = Token()

    def made(self, primitive: Any, parents: tuple[Any, ...], made: Any) -> Any:
        """Note a node; what is detached stays linked to what it was cut from."""
        if primitive is DETACHED:
            made = node(table.detach, parents, made._data, (0.0,))
        made._note = self.token
        self._note_node(made)
        if self.careful:
            self.refuse_others(parents)
        return made

    def read(self, value: Any, what: str) -> Any:
        """Raise `TypeError`: the number would be frozen into the program.

        The `v.data` of `max(v.data for v in logits)` is a detached Value.
        """
        elsewhere = self not in opened()
        if elsewhere and not self._feeds(value):
            return None
        if what == "`.data`" and not elsewhere and is_compared(users_frame()):
            return value.detach()
        raise TypeError(
            f"{what} reads the bare number of a Value while the function is being compiled, at "
            f"{users_line()}: it would be frozen into the program"
            + (" (comparisons in another thread are not seen)" if elsewhere else "")
            + ". Compute with the Value itself, or v.detach()"
            + ("; the shift of a softmax is max(logits)" if what == "`.data`" else "")
        )

    def compared(self, compare: Callable[..., Any], left: Any, right: Any, outcome: bool) -> None:
        """Note a comparison of two nodes."""
        if self.careful:
            self.refuse_others((left, right))
        self.guards.append(Guard(compare, left, right, outcome, users_line()))

    def elsewhere(self, primitive: Any, parents: tuple[Any, ...]) -> None:
        """Raise `TypeError`: derivatives and copies that another thread makes are not linked."""
        if any(getattr(parent, "_note", None) is self.token for parent in parents):
            raise TypeError(
                f"another thread computes `{primitive.name}` of a Value while the function is "
                f"being compiled, at {users_line()}: it would be frozen into the program, for what "
                "other threads do is not seen. Compute in the thread that calls the function"
            )

    def winner(self, kind: Kind, given: list[Any]) -> Any:
        """Return a node for what `max` or `min` gives, None where Python has to compare."""
        place = winning_place(kind, given)
        if place is None:
            return None
        items = list(map(as_value, given))
        if self.careful:
            self.refuse_others(items)
        made = made_by(table.copy, (items[place],))
        self.winners.append(Winner(kind, tuple(items), place, made, users_line()))
        return made

    def pushed(self, tangents: dict[Any, Any]) -> None:
        """Note that derivatives may have flowed from an argument that won."""
        self.differentiated.update([winner.node for winner in self.winners])

    def pulled(self, order: Any, seeds: Any, earlier: Any = None, active: Any = None) -> None:
        """Raise `TypeError` for backward(), which would run once and never again."""
        reached = set(order)
        for winner in self.winners:
            if not reached.isdisjoint(winner.items):
                self.differentiated.add(winner.node)
        if earlier is not None:
            raise TypeError(
                "backward() was called while the function is being compiled: return the Value "
                "and call value_and_grad on the program"
            )

    def refuse_others(self, nodes: Any) -> None:
        """Raise `TypeError` where a node, or one below it, is of an earlier recording."""
        for root in nodes:
            if getattr(root, "_note", self.token) is not self.token:
                if any(self.is_foreign(below) for below in topological_order(root)):
                    raise LeakError(f"at {users_line()}")

    def is_foreign(self, below: Any) -> bool:
        """Whether a leaf is an argument, or was made, of an earlier recording."""
        note = getattr(below, "_note", None)
        return below._left is None and isinstance(note, Token) and note is not self.token

    def argument(self, number: float) -> Value:
        """Return a leaf for one number that the function is called with."""
        made = leaf(number, ARGUMENT)
        made._note = self.token
        return made

    def _feeds(self, value: Any) -> bool:
        """Whether a Value is computed from the arguments of this recording."""
        return any(getattr(x, "_note", None) is self.token for x in topological_order(value))


class LeakError(TypeError):
    """A function keeps a Value from one recording for the next."""

    def __init__(self, where: str) -> None:
        super().__init__(
            "a Value that was made while a function was being compiled is used again in a later "
            f"recording, {where}: a program does not run the function again, so what it keeps, in "
            "an attribute or a memo, would stay that of one call. Pass it as an argument and "
            "return it, or make it outside"
        )


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


@contextmanager
def collector_off() -> Iterator[None]:
    """Let the garbage collector rest: a recording frees nothing, and half its time was a search."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _same_content(a: Any, b: Any) -> bool:
    return a is b or a == b or (a != a and b != b)


def record(
    function: Callable[..., Any],
    arguments: list[Any],
    parameters: list[Value],
    like: Structure = None,
) -> Recording:
    """Run `function(*arguments)`, whose leaves are floats, and return what it did.

    `parameters` are those known from other paths; new ones are appended. Dicts among the results
    are taken in the order that they have in `like`, the structure of other paths. Raises
    `TypeError` where the function returns something that is neither Value nor number, and where it
    keeps Values from one call for the next.
    """
    try:
        recording, kept = _recorded(function, arguments, parameters, like)
    except LeakError:  # once more, to find the line
        _recorded(function, arguments, parameters, like, careful=True)
        raise
    if kept() is not None:  # in a cycle, or somebody has kept a node
        gc.collect()
    if kept() is not None:
        again, _ = _recorded(function, arguments, parameters, like, careful=True)
        if not recording.same_path(again):
            raise LeakError(f"by {getattr(function, '__qualname__', 'the function')}")
    return recording


def _recorded(
    function: Callable[..., Any],
    arguments: list[Any],
    parameters: list[Value],
    like: Structure,
    careful: bool = False,
) -> tuple[Recording, "weakref.ref[Token]"]:
    """The recording, and a reference to its token, which is gone when nobody keeps a node."""
    numbers: list[float] = []
    structure = [flatten(argument, numbers) for argument in arguments]
    trace = Trace(careful)
    leaves = [trace.argument(x) for x in numbers]
    with ExitStack() as stack:
        for replaced in (*MAX_AND_MIN, *THREADS):
            stack.enter_context(replaced())
        stack.enter_context(without(no_grad))
        stack.enter_context(trace)
        returned = function(*unflatten(structure, list(leaves)))
    results: list[Any] = []
    shape = flatten(without_arrays(returned), results, like)
    roots = [_as_node(result) for result in results]
    recording = _translate(roots, shape, trace, leaves, parameters)
    return recording, weakref.ref(trace.token)


def _translate(
    results: list[Value],
    shape: Structure,
    trace: Trace,
    leaves: list[Value],
    parameters: list[Value],
) -> Recording:
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


def _as_node(result: Any) -> Value:
    """A result as a node: no bare number can be read on the way, so a returned one is constant."""
    advice = "return Values, real numbers, and lists, tuples or dicts of them"
    if result is None:
        advice = f"is its `return` missing? {advice[0].upper()}{advice[1:]}"
    elif isinstance(result, bool | np.bool_):
        advice = "of a comparison: autograd.where(x > y, 1.0, 0.0) is a number"
    elif isinstance(result, Value | Real | Decimal):
        return as_value(result)
    raise TypeError(f"the compiled function returned {result!r:.60}: {advice}")


def without_arrays(item: Any) -> Any:
    """Return nested results with lists in the place of arrays."""
    if hasattr(item, "tolist"):
        return item.tolist()
    if isinstance(item, list):
        return [without_arrays(x) for x in item]
    if isinstance(item, tuple):
        return kind_of_tuple(type(item), map(without_arrays, item))
    if isinstance(item, dict):
        return {key: without_arrays(x) for key, x in item.items()}
    return item
