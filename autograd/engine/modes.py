"""Modes: who watches while values are computed, on one stack and through one door.

`no_grad`, anomaly checks, the compiler and derivatives of derivatives each open a mode for a block
of code. The engine reports to the open modes, outermost first, what it made, what was read and
what was compared; in ordinary code none is open and it reports nothing. The stack is a ContextVar,
so a mode belongs to one thread or task.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from typing import Any, Self, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])
AnyMode = TypeVar("AnyMode", bound="Mode")


class Mode(ContextDecorator):
    """A block of code in which operations are watched: `with mode:`, or `@mode` on a function.

    A mode that is `silent` is not reported to. Where one `records`, derivatives are Values, and
    copies stay linked; where one `compiles`, numbers will change, so none may be read, nor may any
    other thread compute with them.
    """

    silent = records = compiles = False

    def made(self, primitive: Any, parents: tuple[Any, ...], node: Any) -> Any:
        """Return what stands for `node`, the result of an operation; a new leaf has none."""
        return node

    def read(self, value: Any, what: str) -> Any:
        """Raise where the bare number of `value` must not be read or changed by `what`.

        What is returned stands for `.data`; None is the number itself.
        """

    def compared(self, compare: Callable[..., Any], left: Any, right: Any, outcome: bool) -> None:
        """Take note of `compare(left, right)`, two Values."""

    def elsewhere(self, primitive: Any, parents: tuple[Any, ...]) -> None:
        """Raise where a thread in which this mode is not open computes with its Values."""

    def pulled(self, order: Any, seeds: Any, earlier: Any = None, active: Any = None) -> None:
        """Look at a reverse sweep before it is made; backward() adds it to `earlier` gradients."""

    def pushed(self, tangents: dict[Any, Any]) -> None:
        """Look at the derivatives that forward mode found."""

    def __enter__(self) -> Self:
        opening = Opening(self)
        _stack.set((*_stack.get(), opening))
        if not self.silent:
            watching.append(opening)
        return self

    def __exit__(self, *error: object) -> None:
        # A generator may be closed in another context than the one that entered.
        for opening in (*reversed(_stack.get()), *reversed(watching)):
            if opening.mode is self:
                opening.mode = _ENDED
                break
        _stack.set(tuple([opening for opening in _stack.get() if opening.mode is not _ENDED]))
        watching[:] = [opening for opening in watching if opening.mode is not _ENDED]

    def __call__(self, function: Function) -> Function:
        """Return `function` with this mode open while its own code runs."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__name__} is a generator: open the mode by `with` inside")
        if not inspect.iscoroutinefunction(function):
            return super().__call__(function)

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return await function(*args, **kwargs)

        return cast(Function, functools.update_wrapper(wrapper, function))


_ENDED = Mode()


class Opening:
    """One entry into a mode; a task that was started inside, and goes on, finds that it ended."""

    __slots__ = ("mode",)

    def __init__(self, mode: Mode) -> None:
        self.mode = mode


_stack: ContextVar[tuple[Opening, ...]] = ContextVar("modes", default=())
# What is reported to, in any thread: a look at this list costs a tenth of one at the ContextVar,
# and is all that an operator does in ordinary code.
watching: list[Opening] = []


def any_open() -> bool:
    """Whether any mode may be open here; a tenth of the time of a look at them."""
    return bool(_stack.get())


def opened() -> tuple[Mode, ...]:
    """Return the modes that are open here, outermost first."""
    return tuple([opening.mode for opening in _stack.get() if opening.mode is not _ENDED])


def innermost(kind: type[AnyMode]) -> AnyMode | None:
    """Return the innermost open mode of a kind, None where there is none."""
    return next((mode for mode in reversed(opened()) if isinstance(mode, kind)), None)


def recording() -> bool:
    """Whether what is computed here will be differentiated, so that derivatives are Values."""
    return any([mode.records for mode in opened()])


def compiling() -> bool:
    """Whether a function is being compiled here."""
    return any([mode.compiles for mode in opened()])


def made(primitive: Any, parents: tuple[Any, ...], node: Any) -> Any:
    """Report a node and return what stands for it; to a compiler in another thread, too."""
    stack = _stack.get()
    for opening in watching:
        if opening not in stack and opening.mode.compiles:
            opening.mode.elsewhere(primitive, parents)
    for opening in stack:
        node = opening.mode.made(primitive, parents, node)
    return node


def read(value: Any, what: str) -> Any:
    """Report that a bare number is about to be read, or changed; what stands for it, or None."""
    found = None
    for mode in {*opened(), *_compilers()}:
        stand_in = mode.read(value, what)
        found = stand_in if found is None else found
    return found


def compared(compare: Callable[..., Any], left: Any, right: Any, outcome: bool) -> None:
    """Report a comparison; one in another thread than that of the compiler reads two numbers."""
    for mode in opened():
        mode.compared(compare, left, right, outcome)
    for mode in _compilers().difference(opened()):
        for value in (left, right):
            mode.read(value, "a comparison")


def _compilers() -> set[Mode]:
    """The modes, in any thread, whose Values nobody may read."""
    return {opening.mode for opening in watching if opening.mode.compiles}


@contextmanager
def without(*kinds: type[Mode]) -> Iterator[None]:
    """Close the open modes of these kinds inside."""
    token = _stack.set(tuple([o for o in _stack.get() if not isinstance(o.mode, kinds)]))
    try:
        yield
    finally:
        _stack.reset(token)
