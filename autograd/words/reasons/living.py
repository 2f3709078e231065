"""Living results: which roots depend on a value, found among all Values that are alive.

A Value knows its parents only. Who was computed from it is found in one pass over the objects
that Python's garbage collector tracks, all Values among them. Invariant: no object is kept alive
by the search, and nothing but Values is looked into.
"""

import gc
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from autograd.engine.value import Value
from autograd.words.names import Names
from autograd.words.reasons.wording import listed, number
from autograd.words.sweep import Sweep
from autograd.words.text import visible

ROOTS = 8  # that are compared where several are alive


def meant_sweep(value: Value, names: Mapping[str, Any] | None) -> tuple[Sweep | None, str]:
    """Return the sweep from the root that is meant, and what is to be said about the choice.

    Where there is none, nothing is said; else the words say why none can be chosen. It is for the
    caller to raise them, as the traceback of this frame would keep the roots alive.
    """
    roots = living_roots(value)
    if not roots:
        return (Sweep(value) if value.parents else None), ""
    roots = [x for x in roots if x.grad != 0.0] or roots
    if len(roots) > ROOTS:
        return None, _ambiguous(roots, names, "")
    first = Sweep(roots[0])
    if any(_differs(first, other, value) for other in roots[1:]):
        return None, _ambiguous(roots, names, " and give different gradients")
    note = f"All {len(roots)} results alive that depend on it give this gradient."
    return first, note if len(roots) > 1 else ""


def _differs(first: Sweep, other: Value, value: Value) -> bool:
    """Whether another root gives another gradient; by repr, as nan equals nan here."""
    return repr(first.gradient[value]) != repr(Sweep(other).gradient[value])


def _ambiguous(roots: Sequence[Value], names: Mapping[str, Any] | None, how: str) -> str:
    given = Names(roots, names)
    known = [
        f"{given.given(x) or 'a result of ' + visible(x.op)} = {number(x._data)}" for x in roots
    ]
    return (
        f"{len(roots)} results that are alive depend on this value{how}: {listed(known)}; pass the "
        "one that is meant, as in why(value, root=loss)"
    )


def living_roots(value: Value) -> list[Value]:
    """Return the results computed from `value` that nobody uses; [] where nobody uses `value`."""
    children: dict[Value, list[Value]] = {}
    for node in [x for x in gc.get_objects() if issubclass(type(x), Value)]:
        for parent in getattr(node, "parents", ()):  # none yet where another thread makes it
            children.setdefault(parent, []).append(node)
    found = {value}
    queue = deque([value])
    roots = []
    while queue:
        node = queue.popleft()
        if node not in children and node is not value:
            roots.append(node)
        for child in children.get(node, ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return roots
