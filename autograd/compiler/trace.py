"""Trace: the mode that watches the user's function while it is recorded.

It notes each node in the order in which they are made, and comparisons, which are guards: a replay
must find the same. Whatever would freeze a number is refused at the user's line. Invariant: nothing
of one recording gets into another; all nodes of one have its token.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.compiler.winners import Kind, Winner, is_compared, winning_place
from autograd.engine import table
from autograd.engine.graph import topological_order
from autograd.engine.modes import Mode, opened
from autograd.engine.primitive import ARGUMENT, DETACHED
from autograd.engine.value import Value, as_value, leaf, node, record
from autograd.lines import users_frame, users_line


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
        made = record(table.copy, (items[place],))
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
