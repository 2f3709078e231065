"""A path on arrays: buffers made once for each batch size, and rows run through them.

Each thread has its own memory, so one program may run in several threads. Invariant: what
`forward` returns are the buffers themselves; whoever keeps results copies them first.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.source import Compiled

FloatArray = npt.NDArray[np.float64]
SIZES_KEPT = 8


class Workspace:
    """What `prepare` returned for one batch size, and the arguments of the present call."""

    def __init__(
        self, forward: Callable[..., Any], reverse: Callable[..., Any], doubtful: bool
    ) -> None:
        self._forward, self._reverse, self._doubtful = forward, reverse, doubtful
        self.arguments: list[FloatArray] = []
        self.buffers: list[FloatArray] = []

    def load(self, arguments: Sequence[FloatArray], rows: Any) -> None:
        """Take the rows of the arguments: all for None, a slice as a view, others by a gather."""
        if rows is None:
            self.arguments = list(arguments)
        elif isinstance(rows, slice):
            self.arguments = [a[rows] for a in arguments]
        else:
            if not self.buffers:
                self.buffers = [np.empty((len(rows), a.shape[1])) for a in arguments]
            for buffer, array in zip(self.buffers, arguments, strict=True):
                np.take(array, rows, axis=0, out=buffer, mode="clip")  # "raise" makes a copy
            self.arguments = self.buffers

    def forward(self, sure: bool = False) -> Any:
        """Run forward: (results, rows on this path, rows of which that is unclear).

        Where the caller is `sure` that all are on it, nobody looks.
        """
        if sure and self._doubtful:
            return self._forward(*self.arguments, sure=True)
        return self._forward(*self.arguments)

    def reverse(self, weight: float) -> Any:
        """Run the reverse sweep of the last forward; returns the flat gradient."""
        return self._reverse(weight, *self.arguments)


class Memory:
    """The flat parameters and gradient of one path in one thread, and its workspaces by size."""

    def __init__(self, compiled: Compiled, parameters: FloatArray | None = None) -> None:
        self.compiled = compiled
        self.parameters = np.zeros(compiled.size) if parameters is None else parameters
        self.gradient = np.zeros(compiled.size)
        self.workspaces: dict[int, Workspace] = {}

    def fill(self, arguments: Sequence[FloatArray], rows: Any, count: int, calls: int) -> Workspace:
        """Return the workspace for `count` rows with the arguments in place; `calls` may follow."""
        workspace = self.workspaces.get(count)
        if workspace is None:
            if len(self.workspaces) >= SIZES_KEPT:
                del self.workspaces[next(iter(self.workspaces))]
            forward, reverse = self.compiled.prepare(count, self.parameters, self.gradient, calls)
            workspace = self.workspaces[count] = Workspace(forward, reverse, self.compiled.doubtful)
        workspace.load(arguments, rows)
        return workspace
