"""A path on arrays: buffers made once for each batch size, and rows run through them.

Each thread has its own memory, so one program may run in several threads. Invariant: what
`forward` returns are the buffers themselves; whoever keeps results copies them first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.source import Compiled

Array = npt.NDArray[np.float64]
SIZES_KEPT = 8


@dataclass(frozen=True)
class Workspace:
    """What `prepare` returned for one batch size."""

    arguments: tuple[Array, ...]
    forward: Any
    reverse: Any


class Memory:
    """The flat parameters and gradient of one path in one thread, and its workspaces by size."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.parameters = np.zeros(compiled.size)
        self.gradient = np.zeros(compiled.size)
        self.workspaces: dict[int, Workspace] = {}

    def fill(self, arguments: Sequence[Array], rows: Any, count: int) -> Workspace:
        """Return the workspace for `count` rows with the arguments in place; all rows for None."""
        workspace = self.workspaces.get(count)
        if workspace is None:
            if len(self.workspaces) >= SIZES_KEPT:
                del self.workspaces[next(iter(self.workspaces))]
            made = self.compiled.prepare(count, self.parameters, self.gradient)
            workspace = self.workspaces[count] = Workspace(*made)
        for buffer, array in zip(workspace.arguments, arguments, strict=False):
            if rows is None:
                np.copyto(buffer, array)
            elif isinstance(rows, slice):
                np.copyto(buffer, array[rows])
            else:  # straight into the buffer; mode "raise" would need a copy
                np.take(array, rows, axis=0, out=buffer, mode="clip")
        return workspace
