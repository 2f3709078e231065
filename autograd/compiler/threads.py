"""Threads that a function starts while it is recorded: what they compute is part of the recording.

A thread begins without the modes of the one that starts it, so the numbers that it reads would be
frozen. Here a thread, or a call handed to a pool, takes the modes along: what it computes is
recorded, what it compares is a guard, and a bare number is an error there as elsewhere. Invariant:
threads that others start are left as they are.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, copy_context
from functools import partial, wraps
from typing import Any

from autograd.engine.modes import compiling


class Replacement:
    """An attribute of an `owner`, such as a class, that is `ours` while anything is recorded."""

    def __init__(self, owner: Any, name: str, ours: Callable[..., Any]) -> None:
        self.owner, self.name, self.ours = owner, name, ours
        self.theirs = getattr(owner, name)
        self._lock = threading.RLock()
        self._count = 0  # of recordings in all threads

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Replace the attribute inside, unless somebody else has already."""
        with self._lock:
            self._count += 1
            self._change(self.theirs, self.ours)
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                if not self._count:
                    self._change(self.ours, self.theirs)

    def _change(self, known: Any, other: Any) -> None:
        if getattr(self.owner, self.name) is known:
            setattr(self.owner, self.name, other)


_start: Any = threading.Thread.start
_submit: Any = ThreadPoolExecutor.submit


@wraps(_start)
def _started(thread: threading.Thread, *args: Any, **kwargs: Any) -> Any:
    if compiling():
        vars(thread)["run"] = partial(copy_context().run, thread.run)
    return _start(thread, *args, **kwargs)


@wraps(_submit)
def _submitted(pool: ThreadPoolExecutor, function: Any, /, *args: Any, **kwargs: Any) -> Any:
    if not compiling():
        return _submit(pool, function, *args, **kwargs)
    call = partial(copy_context().run, function)
    # A thread of the pool that this starts is not of the recording: later calls run in it, too.
    return Context().run(_submit, pool, call, *args, **kwargs)


THREADS = (
    Replacement(threading.Thread, "start", _started),
    Replacement(ThreadPoolExecutor, "submit", _submitted),
)
