"""Interrupts: Ctrl-C ends a training between two changes, never in the middle of one.

While a training runs, what must not be left half done runs under `guard`: a Ctrl-C that comes then
is raised right after. Invariant: outside `guard`, and where somebody else handles the signal or
another thread trains, Ctrl-C does what it always does.
"""

import signal
import threading
from types import FrameType


class Interrupts:
    """Two context managers: itself around the training, `guard` around each change."""

    def __init__(self) -> None:
        self.pending = self.installed = False
        self.depth = 0
        self.guard = _Guard(self)

    def __enter__(self) -> "Interrupts":
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self.installed = True
        return self

    def __exit__(self, *error: object) -> None:
        if self.installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self.depth:
            raise KeyboardInterrupt
        self.pending = True


class _Guard:
    def __init__(self, interrupts: Interrupts) -> None:
        self.interrupts = interrupts

    def __enter__(self) -> None:
        self.interrupts.depth += 1

    def __exit__(self, *error: object) -> None:
        interrupts = self.interrupts
        interrupts.depth -= 1
        if interrupts.pending and not interrupts.depth:
            interrupts.pending = False
            raise KeyboardInterrupt
