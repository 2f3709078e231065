"""Shares: the flat arrays of a compiled run, divided into what one call of `update` can move.

A share is the parameters of one group whose states have the same entries and the same counts:
then their floats are arrays and their counts stay ints. Invariant: a share moves its parameters as
eager steps would, one by one; with one group there is one share, the flat arrays themselves.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value
from autograd.engine.primitive import FROZEN
from nn.checks import Array

_ADVICE = (
    "`{}.update` gets the parameters of a group as one array, so write np.where(grad > 0, x, y) "
    "for `x if grad > 0 else y` and np.sqrt for math.sqrt, or train with compiled=False"
)
State = dict[str, Any]


class Share:
    """The parameters at `places` of the flat arrays, of which there are `size` in all."""

    def __init__(
        self, group: dict[str, Any], places: list[int], states: list[State], size: int
    ) -> None:
        self.group, self.states = group, states
        self.state = {  # floats as an array, else the count that all have
            name: np.array([state[name] for state in states]) if isinstance(first, float) else first
            for name, first in states[0].items()
        }
        self.whole = len(places) == size
        self.sliced = places == list(range(places[0], places[-1] + 1))
        self.places: Any = slice(places[0], places[-1] + 1) if self.sliced else np.array(places)

    def step(self, optimizer: Any, flat: Array, gradient: Array) -> None:
        """Move the share's parameters in `flat` by their gradients."""
        whole = self.whole
        part = flat if whole else flat[self.places]
        try:
            moved = optimizer.update(
                part, gradient if whole else gradient[self.places], self.state, self.group
            )
        except (TypeError, ValueError) as error:
            if "truth value of an array" in str(error) or "to Python scalars" in str(error):
                raise type(error)(f"{error}: {_ADVICE.format(type(optimizer).__name__)}") from error
            raise
        if moved is not part or not (whole or self.sliced):
            flat[... if whole else self.places] = moved

    def kept(self) -> "Share":
        """Return a copy that keeps the present state."""
        twin = copy.copy(self)
        twin.state = {  # an array's own copy takes half the time
            name: x.copy() if isinstance(x, np.ndarray) else copy.copy(x)
            for name, x in self.state.items()
        }
        return twin

    def sent(self) -> "Share":
        """Return a copy without Values, for another process."""
        twin = self.kept()
        twin.states, twin.group = [], {n: x for n, x in self.group.items() if n != "params"}
        return twin

    def write_back(self) -> None:
        """Put the state back where eager steps find it, and nothing else."""
        count = len(self.states)
        columns = [
            x.tolist()
            if isinstance(x, np.ndarray)
            else [x if isinstance(x, int) else copy.copy(x) for _ in range(count)]
            for x in self.state.values()
        ]
        for i, state in enumerate(self.states):
            state.clear()
            state.update(zip(self.state, [column[i] for column in columns], strict=True))


def shares(optimizer: Any, params: Sequence[Value]) -> list[Share]:
    """Divide `params`, the optimiser's in the order of the flat arrays, into shares."""
    entries = {p: (state, group) for p, state, group in optimizer.entries()}
    alike: dict[Any, tuple[dict[str, Any], list[int], list[State]]] = {}
    for i, p in enumerate(params):
        if p.primitive is FROZEN:
            continue
        state, group = entries[p]
        # Besides floats a count has to be the same, anything else the very object.
        others = {n: x if isinstance(x, int) else id(x) for n, x in state.items()}
        kind = [n if isinstance(state[n], float) else (n, x) for n, x in others.items()]
        _, places, states = alike.setdefault((id(group), *kind), (group, [], []))
        places.append(i)
        states.append(state)
    return [Share(*share, len(params)) for share in alike.values()]
