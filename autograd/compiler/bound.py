"""Bound programs: on the flat array in which a training keeps its Values, epoch after epoch.

    bound = program.bind(values, X[:1], y[:1])             # records
    flat = np.array([value.data for value in bound.best_order])
    (losses, outputs), gradient = bound.run(flat, [X, y], len(X), None, reverse=True)

Invariant: whatever order a program has for its parameters, what a caller sees is aligned with his.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.compiler.lanes import Lanes
from autograd.compiler.native import MissingError, missing
from autograd.compiler.parameters import FloatArray, Parameters, Shared
from autograd.compiler.paths import Path
from autograd.compiler.replay import Replayer
from autograd.compiler.tape import UnreadableError
from autograd.engine.value import Value

MOST_IN_LANES = 30_000  # operations of a row: more, in layers, NumPy's BLAS does faster


class BoundProgram(Shared):
    """A program on the flat array in which a caller keeps his `values`."""

    def __init__(self, replayer: Replayer, values: list[Value]) -> None:
        super().__init__(replayer.parameters, values)
        self._replayer = replayer

    def expect(self, calls: int) -> None:
        """Say how many calls will follow: what takes time to compile pays with many."""
        self._replayer.calls = calls

    def lanes(self, batch: int) -> Lanes | None:
        """Return what runs batches of so many rows natively, None where nothing does.

        Paths with comparisons, parameters that are not the caller's, and networks whose products
        take longer than all around them are left to `run`.
        """
        path = self._replayer.paths[0]
        self._match()
        guarded = len(self._replayer.paths) > 1 or path.recording.guards
        if missing() or guarded or not self._same or path.operations > MOST_IN_LANES:
            return None
        places = tuple(np.argsort(self.parameters.order).tolist())
        try:
            return path.line.lanes(places, batch)
        except (MissingError, UnreadableError):
            return None

    def is_current(self, arrays: list[FloatArray]) -> bool:
        """Whether the function, recorded again for the first row, does what was recorded.

        Where there are several paths nobody can know without a row of each.
        """
        paths = list(self._replayer.paths)
        return len(paths) == 1 and self._replayer.record([a[0] for a in arrays]) is paths[0]

    def run(
        self, flat: FloatArray, arrays: list[FloatArray], count: int, rows: Any, reverse: bool
    ) -> tuple[list[FloatArray], FloatArray]:
        """Run `count` rows, as `Replayer.replay` does; the gradient is aligned with `flat`."""
        parts, gradient = self._replayer.replay(
            arrays, count, rows, reverse, lambda: self.take(flat)
        )
        return parts, self.hand_back(gradient) if reverse else gradient


@dataclass(frozen=True)
class Recorded:
    """What a program has recorded, without Values: `places` says which of a list it uses."""

    path: Path
    places: list[int]
    used: frozenset[int]
    order: Any


def recorded(paths: list[Path], own: Parameters, values: list[Value]) -> Recorded | None:
    """Return what a program has recorded, for a twin: a function of the same code.

    None unless one path on arrays, the same for all numbers, of these `values` is all there is.
    """
    place = {v: i for i, v in enumerate(values)}
    if len(paths) != 1 or paths[0].arrays is None or paths[0].recording.guards:
        return None
    if not place.keys() >= set(own.values):
        return None
    path = replace(paths[0], recording=replace(paths[0].recording, parameters=[]))
    return Recorded(path, [place[v] for v in own.values], frozenset(own.used), own.order)


def adopt(replayer: Replayer, known: Recorded, values: list[Value]) -> None:
    """Give a program that has recorded nothing what a twin has, with its own `values`."""
    own = replayer.parameters
    own.values, own.used = [values[i] for i in known.places], set(known.used)
    own.arrange(known.order)
    recording = replace(known.path.recording, parameters=list(own.values))
    replayer.paths.append(replace(known.path, recording=recording))
