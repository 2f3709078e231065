"""Whether operations are recorded: a ContextVar, so the answer belongs to one thread or task.

`no_grad()` turns recording off inside a `with` block or a decorated function. Invariant: it is
off exactly while that code runs. A decorated generator or coroutine is wrapped step by step, so
what its caller does between two steps is recorded as ever.
"""

import functools
import inspect
from collections.abc import Callable, Generator
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, TypeVar

_recording: ContextVar[bool] = ContextVar("recording", default=True)
is_recording = _recording.get

Function = TypeVar("Function", bound=Callable[..., Any])


class no_grad:
    """Record nothing inside: `with no_grad(): ...`, or `@no_grad()` on a function.

    Results are leaf `Value`s with data and no parents. Nests; leaks into no other thread or task.
    """

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> "no_grad":
        self._tokens.append(_recording.set(False))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _recording.reset(self._tokens.pop())

    def __call__(self, function: Function) -> Function:
        """Return `function` with recording off while its own code runs."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with no_grad():
                    return await function(*args, **kwargs)

        elif inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return _stepwise(function(*args, **kwargs))

        else:

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with no_grad():
                    return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


def _stepwise(generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run `generator` with recording off inside each step and untouched between the steps."""
    resume: Callable[[], Any] = functools.partial(next, generator)
    while True:
        try:
            with no_grad():
                item = resume()
        except StopIteration as stop:
            return stop.value
        try:
            sent = yield item
            resume = functools.partial(generator.send, sent)
        except GeneratorExit:
            generator.close()
            raise
        except BaseException as error:
            resume = functools.partial(generator.throw, error)
