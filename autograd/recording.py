"""Whether operations are recorded: a ContextVar, so the answer belongs to one thread or task.

`no_grad()` turns recording off inside a `with` block or a decorated function; the variable counts
how many are open. Invariant: recording is off exactly while that code runs. A decorated
generator or coroutine is driven step by step, so what its caller does in between is recorded.
"""

import functools
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Generator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar, cast

open_blocks: ContextVar[int] = ContextVar("no_grad", default=0)
recording_is_off = open_blocks.get

Function = TypeVar("Function", bound=Callable[..., Any])


class no_grad:
    """Record nothing inside: `with no_grad(): ...`, or `@no_grad()` on a function.

    Results are leaves with data and no parents. Nests; leaks into no other thread or task.
    """

    def __init__(self, *function: Any) -> None:
        if function:
            raise TypeError("`no_grad` takes no argument: write `@no_grad()` with parentheses")

    def __enter__(self) -> "no_grad":
        open_blocks.set(open_blocks.get() + 1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        open_blocks.set(open_blocks.get() - 1)

    def __call__(self, function: Function) -> Function:
        """Return `function` with recording off while its own code runs."""
        run: Callable[[Any], Any]
        if inspect.iscoroutinefunction(function):
            run = _awaited
        elif inspect.isasyncgenfunction(function):
            run = _asynchronous_steps
        elif inspect.isgeneratorfunction(function):
            run = _steps
        else:

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with no_grad():
                    return function(*args, **kwargs)

            return cast(Function, functools.update_wrapper(wrapper, function))

        def wrapper_of_steps(*args: Any, **kwargs: Any) -> Any:
            return run(function(*args, **kwargs))

        return cast(Function, functools.update_wrapper(wrapper_of_steps, function))


def _steps(generator: Any) -> Generator[Any, Any, Any]:
    """Run `generator` with recording off inside each step and untouched between the steps."""
    resume: Callable[[], Any] = functools.partial(generator.send, None)
    while True:
        try:
            with no_grad():
                item = resume()
        except StopIteration as stop:
            return stop.value
        try:
            resume = functools.partial(generator.send, (yield item))
        except GeneratorExit:
            with no_grad():
                generator.close()
            raise
        except BaseException as error:
            resume = functools.partial(generator.throw, error)


@types.coroutine
def _awaited(coroutine: Any) -> Generator[Any, Any, Any]:
    return (yield from _steps(coroutine.__await__()))


async def _asynchronous_steps(generator: Any) -> AsyncGenerator[Any, Any]:
    step = generator.asend(None)
    try:
        while True:
            try:
                item = await _awaited(step)
            except StopAsyncIteration:
                return
            try:
                step = generator.asend((yield item))
            except GeneratorExit:
                raise
            except BaseException as error:
                step = generator.athrow(error)
    finally:
        await _awaited(generator.aclose())
