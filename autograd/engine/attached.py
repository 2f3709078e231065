"""Where derivatives are Values, which can be differentiated again, also at bare numbers.

That is inside another function that differentiates, and where somebody will call backward(), as
`nn.fit` does with a model that is a derivative. A ContextVar, so it belongs to one thread or task.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from autograd.engine.recording import Opened

_opened: ContextVar[tuple[Opened, ...]] = ContextVar("attached", default=())


def is_attached() -> bool:
    """Whether derivatives are Values here."""
    return any(not entry.ended for entry in _opened.get())


@contextmanager
def attached(to: str = "backward") -> Iterator[None]:
    """Let derivatives be Values inside, for a derivative of them or for backward()."""
    entry = Opened(to)
    token = _opened.set((*_opened.get(), entry))
    try:
        yield
    finally:
        entry.ended = True  # a task that was started inside may go on
        _opened.reset(token)


@contextmanager
def unattached() -> Iterator[None]:
    """Let derivatives at bare numbers be numbers inside again, unless one is taken of them."""
    token = _opened.set(tuple(entry for entry in _opened.get() if entry.block != "backward"))
    try:
        yield
    finally:
        _opened.reset(token)
