"""A path on arrays: buffers made once for each batch size, and rows run through them.

Each thread has its own memory, so one program may run in several threads. Invariant: what
`forward` returns are the buffers themselves; whoever keeps results copies them first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.compiler.parameters import FloatArray
from autograd.compiler.source import Compiled

SIZES_KEPT = 8


@dataclass
class Prepared:
    """What runs one batch size, and the buffers of rows that are no slice of the arguments."""

    forward: Callable[..., Any]
    reverse: Callable[..., Any]
    buffers: list[FloatArray]

    def rows_of(self, arguments: Sequence[FloatArray], rows: Any) -> list[FloatArray]:
        """Return the rows of the arguments: all for None, a slice as a view, others gathered."""
        if rows is None:
            return list(arguments)
        if isinstance(rows, slice):
            return [a[rows] for a in arguments]
        if not self.buffers:
            self.buffers = [np.empty((len(rows), a.shape[1])) for a in arguments]
        for buffer, array in zip(self.buffers, arguments, strict=True):
            np.take(array, rows, axis=0, out=buffer, mode="clip")  # "raise" makes a copy
        return self.buffers


class Workspace:
    """What `prepare` returned for one batch size, and the arguments of one call.

    Nothing keeps it from call to call, or a program would keep the examples of the last.
    """

    def __init__(self, prepared: Prepared, arguments: list[FloatArray], doubtful: bool) -> None:
        self._prepared, self._arguments, self._doubtful = prepared, arguments, doubtful

    def forward(self, sure: bool = False) -> Any:
        """Run forward: (results, rows on this path, rows of which that is unclear).

        Where the caller is `sure` that all are on it, nobody looks.
        """
        if sure and self._doubtful:
            return self._prepared.forward(*self._arguments, sure=True)
        return self._prepared.forward(*self._arguments)

    def reverse(self, weight: float) -> Any:
        """Run the reverse sweep of the last forward; returns the flat gradient."""
        return self._prepared.reverse(weight, *self._arguments)


class Memory:
    """The flat parameters and gradient of one path in one thread, and what runs it, by size."""

    def __init__(self, compiled: Compiled, parameters: FloatArray | None = None) -> None:
        self.compiled = compiled
        self.parameters = np.zeros(compiled.size) if parameters is None else parameters
        self.gradient = np.zeros(compiled.size)
        self.prepared: dict[int, Prepared] = {}

    def fill(self, arguments: Sequence[FloatArray], rows: Any, count: int, calls: int) -> Workspace:
        """Return the workspace for `count` rows with the arguments in place; `calls` may follow."""
        prepared = self.prepared.get(count)
        if prepared is None:
            if len(self.prepared) >= SIZES_KEPT:
                del self.prepared[next(iter(self.prepared))]
            run = self.compiled.prepare(count, self.parameters, self.gradient, calls)
            prepared = self.prepared[count] = Prepared(*run, [])
        return Workspace(prepared, prepared.rows_of(arguments, rows), self.compiled.doubtful)
