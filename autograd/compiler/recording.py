"""Recording: run the user's function once on Values, and translate what a trace has seen.

Invariant: nothing that depends on an argument or a parameter is frozen; whoever keeps a Value from
one call for the next is told at which line.
"""

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from autograd.compiler.threads import THREADS
from autograd.compiler.trace import LeakError, Token, Trace
from autograd.compiler.translation import Recording, translate
from autograd.compiler.winners import MAX_AND_MIN
from autograd.engine.modes import without
from autograd.engine.value import Value, as_value
from autograd.grad_mode import no_grad
from autograd.nesting import Structure, flatten, kind_of_tuple, unflatten


@contextmanager
def collector_off() -> Iterator[None]:
    """Let the garbage collector rest: a recording frees nothing, and half its time was a search."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def record(
    function: Callable[..., Any],
    arguments: list[Any],
    parameters: list[Value],
    like: Structure = None,
) -> Recording:
    """Run `function(*arguments)`, whose leaves are floats, and return what it did.

    `parameters` are those known from other paths; new ones are appended. Dicts among the results
    are taken in the order that they have in `like`, the structure of other paths. Raises
    `TypeError` where the function returns something that is neither Value nor number, and where it
    keeps Values from one call for the next.
    """
    try:
        recording, kept = _recorded(function, arguments, parameters, like)
    except LeakError:  # once more, to find the line
        _recorded(function, arguments, parameters, like, careful=True)
        raise
    if kept() is not None:  # in a cycle, or somebody has kept a node
        gc.collect()
    if kept() is not None:
        again, _ = _recorded(function, arguments, parameters, like, careful=True)
        if not recording.same_path(again):
            raise LeakError(f"by {getattr(function, '__qualname__', 'the function')}")
    return recording


def _recorded(
    function: Callable[..., Any],
    arguments: list[Any],
    parameters: list[Value],
    like: Structure,
    careful: bool = False,
) -> tuple[Recording, "weakref.ref[Token]"]:
    """The recording, and a reference to its token, which is gone when nobody keeps a node."""
    numbers: list[float] = []
    structure = [flatten(argument, numbers) for argument in arguments]
    trace = Trace(careful)
    leaves = [trace.argument(x) for x in numbers]
    with ExitStack() as stack:
        for replaced in (*MAX_AND_MIN, *THREADS):
            stack.enter_context(replaced())
        stack.enter_context(without(no_grad))
        stack.enter_context(trace)
        returned = function(*unflatten(structure, list(leaves)))
    results: list[Any] = []
    shape = flatten(without_arrays(returned), results, like)
    roots = [_as_node(result) for result in results]
    recording = translate(roots, shape, trace, leaves, parameters)
    return recording, weakref.ref(trace.token)


def _as_node(result: Any) -> Value:
    """A result as a node: no bare number can be read on the way, so a returned one is constant."""
    advice = "return Values, real numbers, and lists, tuples or dicts of them"
    if result is None:
        advice = f"is its `return` missing? {advice[0].upper()}{advice[1:]}"
    elif isinstance(result, bool | np.bool_):
        advice = "of a comparison: autograd.where(x > y, 1.0, 0.0) is a number"
    elif isinstance(result, Value | Real | Decimal):
        return as_value(result)
    raise TypeError(f"the compiled function returned {result!r:.60}: {advice}")


def without_arrays(item: Any) -> Any:
    """Return nested results with lists in the place of arrays."""
    if hasattr(item, "tolist"):
        return item.tolist()
    if isinstance(item, list):
        return [without_arrays(x) for x in item]
    if isinstance(item, tuple):
        return kind_of_tuple(type(item), map(without_arrays, item))
    if isinstance(item, dict):
        return {key: without_arrays(x) for key, x in item.items()}
    return item
