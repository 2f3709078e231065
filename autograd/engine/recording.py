"""Blocks of code in which operations are recorded in another way, or not at all.

`with no_grad(): ...` is such a block, and so is a function decorated by it. Which blocks are open
is a ContextVar, so the answer belongs to one thread or task; a task that was started inside a block
leaves it when the block ends. Invariant: a block is in force exactly while its code runs. A
generator that is suspended inside one does not impose it on its caller. Out of reach are coroutines
driven by hand, generators resumed in another context, and `yield from` under `@contextmanager`:
there a block belongs to whoever runs it. `asyncio.to_thread` takes its caller's blocks along.
"""

import functools
import inspect
import sys
import types
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])
# Who resumes a generator in order to run other code inside its block, as `@contextmanager` does.
_HOSTS = ("contextlib", "_pytest.fixtures")


class Opened:
    """One entry into a block; `frame` is that of the generator which entered it, if any."""

    __slots__ = ("block", "ended", "frame")

    def __init__(self, block: Any, frame: FrameType | None = None) -> None:
        self.block, self.frame, self.ended = block, frame, False

    @property
    def in_force(self) -> bool:
        """Whether the block's code is running: a suspended generator has no caller."""
        return not self.ended and (self.frame is None or self.frame.f_back is not None)


_opened: ContextVar[tuple[Opened, ...]] = ContextVar("opened", default=())
opened_blocks = _opened.get  # all that operators look at: empty in ordinary code


class Block:
    """A context manager, and a decorator of functions, generators and coroutines."""

    def __enter__(self) -> Self:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_globals.get("__name__") == "contextlib":
            frame = frame.f_back  # an ExitStack enters for its user
        _opened.set((*opened_blocks(), Opened(self, frame if _suspends(frame) else None)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        entries = opened_blocks()
        mine = [i for i, entry in enumerate(entries) if entry.block is self]
        if mine:  # a generator may be closed in another context than the one that entered
            entries[mine[-1]].ended = True
            _opened.set(entries[: mine[-1]] + entries[mine[-1] + 1 :])

    def __call__(self, function: Function) -> Function:
        """Return `function` with the block in force while its own code runs."""
        run: Callable[[Block, Any], Any]
        if inspect.iscoroutinefunction(function):
            run = _awaited
        elif inspect.isasyncgenfunction(function):
            run = _asynchronous_steps
        elif inspect.isgeneratorfunction(function):
            run = _steps
        else:

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return function(*args, **kwargs)

            return cast(Function, functools.update_wrapper(wrapper, function))

        def wrapper_of_steps(*args: Any, **kwargs: Any) -> Any:
            return run(self, function(*args, **kwargs))

        return cast(Function, functools.update_wrapper(wrapper_of_steps, function))


AnyBlock = TypeVar("AnyBlock", bound=Block)


def innermost(kind: type[AnyBlock]) -> AnyBlock | None:
    """Return the innermost block of this kind that is in force, None where there is none."""
    for entry in reversed(opened_blocks()):
        if isinstance(entry.block, kind) and entry.in_force:
            return entry.block
    return None


class no_grad(Block):
    """Record nothing inside: `with no_grad(): ...`, or `@no_grad()` on a function.

    Results are leaves with data and no parents. Nests; leaks into no other thread, task or caller
    of a generator.
    """

    def __init__(self, *function: Any) -> None:
        if function:
            raise TypeError("`no_grad` takes no argument: write `@no_grad()` with parentheses")


def recording_is_off() -> bool:
    """Whether a `no_grad` block is in force."""
    return bool(opened_blocks()) and innermost(no_grad) is not None


@contextmanager
def recorded(*more: Opened, without: tuple[type[Block], ...] = (no_grad,)) -> Iterator[None]:
    """Record inside, whatever `no_grad` is open around; `more` blocks are open there, too."""
    kept = [entry for entry in opened_blocks() if not isinstance(entry.block, without)]
    token = _opened.set((*kept, *more))
    try:
        yield
    finally:
        for entry in more:
            entry.ended = True
        _opened.reset(token)


def _suspends(frame: FrameType) -> bool:
    """Whether this is the frame of a generator whose caller is not to share its blocks."""
    if not frame.f_code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
        return False
    caller = frame.f_back
    return caller is None or caller.f_globals.get("__name__") not in _HOSTS


def _steps(block: Block, generator: Any) -> Generator[Any, Any, Any]:
    """Run `generator` with the block in force inside each step and not between the steps."""
    resume: Callable[[], Any] = functools.partial(generator.send, None)
    while True:
        try:
            with block:
                item = resume()
        except StopIteration as stop:
            return stop.value
        try:
            resume = functools.partial(generator.send, (yield item))
        except GeneratorExit:
            with block:
                generator.close()
            raise
        except BaseException as error:
            resume = functools.partial(generator.throw, error)


@types.coroutine
def _awaited(block: Block, coroutine: Any) -> Generator[Any, Any, Any]:
    return (yield from _steps(block, coroutine.__await__()))


async def _asynchronous_steps(block: Block, generator: Any) -> AsyncGenerator[Any, Any]:
    step = generator.asend(None)
    try:
        while True:
            try:
                item = await _awaited(block, step)
            except StopAsyncIteration:
                return
            try:
                step = generator.asend((yield item))
            except GeneratorExit:
                raise
            except BaseException as error:
                step = generator.athrow(error)
    finally:
        await _awaited(block, generator.aclose())
