"""Replays: a compiled program on the flat arrays of a training, whatever their order."""

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Program, Value

Array = npt.NDArray[Any]


class Replay:
    """A program whose parameters stand, in another order perhaps, among those being trained."""

    def __init__(self, program: Program, trained: list[Value]) -> None:
        self.program, self.trained = program, trained
        self.count, self.same = -1, False

    def refresh(self) -> None:
        """Read anew, before the next step, the values that are not trained."""
        if not self.same:
            self.count = -1

    def parameters(self, flat: Array) -> Array:
        """Return the program's parameters, those being trained taken from `flat`."""
        self._match()
        if self.same:
            return flat
        self.values[self.here] = flat[self.there]
        return self.values

    def gradient(self, gradient: Array) -> Array:
        """Return the gradient of those being trained; 0 for those that the program ignores."""
        if self.same:
            return gradient
        wanted = np.zeros(len(self.trained))
        wanted[self.there] = gradient[self.here]
        return wanted

    def _match(self) -> None:
        """Find the places; anew where another path of the program has brought parameters."""
        if self.count == len(self.program.replayer.parameters):
            return
        known = self.program.replayer.arranged
        self.count = len(known)
        self.same = known == self.trained
        if self.same:
            return
        place = {p: i for i, p in enumerate(self.trained)}
        pairs = [(i, place[p]) for i, p in enumerate(known) if p in place]
        self.here, self.there = np.array(pairs, dtype=int).reshape(-1, 2).T
        self.values = np.array([p.data for p in known])
