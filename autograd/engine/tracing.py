"""The recording in progress, if any: what a Value tells the compiler while a function runs.

A compiled function is run once on Values to see its graph. Its numbers will change, so whatever
depends on them must be seen too: each comparison is noted as a guard, and reading a bare number,
which would freeze it, is an error. A ContextVar, so it belongs to one thread or task.
"""

import linecache
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from autograd.engine.recording import Opened, recorded

_HERE = Path(__file__).parents[2]
_INSIDE = (f"{_HERE / 'autograd'}{os.sep}", f"{_HERE / 'nn'}{os.sep}", np.__path__[0] + os.sep)


@dataclass(frozen=True)
class Guard:
    """`compare(left, right)` was `outcome` at the user's `line`; a replay must find the same."""

    compare: Callable[..., Any]
    left: Any
    right: Any
    outcome: bool
    line: str


@dataclass
class Trace:
    """The guards met so far, and the nodes in the order in which they were made.

    While a trace is open, it is one of `recording.opened_blocks`: eager operators look nowhere
    else, and send what they do not record at once to `value.record`, which looks here.
    """

    guards: list[Guard] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)
    ended: bool = False  # a task that was started inside may go on

    def compare(self, compare: Callable[..., Any], left: Any, right: Any, outcome: bool) -> None:
        """Note a comparison of two nodes."""
        self.guards.append(Guard(compare, left, right, outcome, users_line()))


_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current_trace() -> Trace | None:
    """The recording in progress in this thread or task, None where there is none."""
    trace = _trace.get()
    return None if trace is None or trace.ended else trace


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Let `trace` note what is computed inside; a `no_grad` around it is not in force there."""
    token = _trace.set(trace)
    try:
        with recorded(Opened(trace)):
            yield trace
    finally:
        trace.ended = True
        _trace.reset(token)


def is_users(code: CodeType) -> bool:
    """Whether code is neither these packages' own nor NumPy's, whose functions call it, too."""
    return not code.co_filename.startswith(_INSIDE)


def users_line() -> str:
    """Return `file:line` of the innermost frame of the user's; of a notebook, the line."""
    frame = sys._getframe(1)
    while frame.f_back is not None and not is_users(frame.f_code):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    if "ipykernel_" in name or name.startswith("<ipython-input"):  # files that nobody has seen
        return f"line {number} of a cell, `{linecache.getline(name, number).strip()}`"
    return f"{name}:{number}"
