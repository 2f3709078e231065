"""Interrupts: Ctrl-C ends a training between two changes, never in the middle of one.

While a training runs, what must not be left half done runs under a guard: a Ctrl-C that comes then
is raised right after. Invariant: outside the guard, and where somebody else handles the signal or
another thread trains, Ctrl-C does what it always does.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """The guard, a context around each change; `noted` is one around the training."""

    def __init__(self) -> None:
        self.pending, self.depth = False, 0

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Handle Ctrl-C for a while, if nobody else does."""
        main = threading.current_thread() is threading.main_thread()
        ours = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if ours:
            signal.signal(signal.SIGINT, self._note)
        try:
            yield
        finally:
            if ours:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self.depth:
            raise KeyboardInterrupt
        self.pending = True

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *error: object) -> None:
        self.depth -= 1
        if self.pending and not self.depth:
            self.pending = False
            raise KeyboardInterrupt
