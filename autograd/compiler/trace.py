"""Recording: run the user's function once on Values and write down what it did.

The arguments become leaf Values, numbered in the order of their flattening; any other leaf that
takes part is a parameter, numbered in order of first use; numbers are constants. Comparisons on
the way are guards. Invariant: nothing that depends on an argument or a parameter is frozen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from autograd.compiler.scalars import ScalarProgram
from autograd.engine.graph import topological_order
from autograd.engine.tracing import Trace, tracing
from autograd.engine.value import Constant, Value
from autograd.nesting import Structure, flatten, kind_of_tuple, unflatten


@dataclass(frozen=True)
class ScalarGuard:
    """`compare(left slot, right slot)` must be `outcome`; the user's `line`."""

    compare: Callable[..., Any]
    left: int
    right: int
    outcome: bool
    line: str

    def holds(self, numbers: Sequence[float]) -> bool:
        """Whether it does, given the number of each slot."""
        return bool(self.compare(numbers[self.left], numbers[self.right])) == self.outcome


@dataclass(frozen=True)
class Recording:
    """One path through the function: the scalar program, its results, its guards."""

    program: ScalarProgram
    results: tuple[int, ...]
    structure: Structure
    guards: tuple[ScalarGuard, ...]
    parameters: list[Value]
    nodes: int

    def same_path(self, other: "Recording") -> bool:
        """Whether a fresh recording is of the same path, operation by operation.

        Straight-line code has added its reverse sweep to this one by now.
        """
        mine, theirs = self.program, other.program
        n = len(theirs)
        return (
            (self.guards, self.results) == (other.guards, other.results)
            and (mine.kind[:n], mine.args[:n]) == (theirs.kind, theirs.args)
            and all(map(_same_content, mine.what, theirs.what))
        )


def _same_content(a: Any, b: Any) -> bool:
    return a is b or a == b or (a != a and b != b)


class _Roots:
    """All results and guards under one root, so that one order covers them."""

    def __init__(self, parents: tuple[Any, ...]) -> None:
        self.parents = parents


def record(
    function: Callable[..., Any],
    arguments: list[Any],
    parameters: list[Value],
    like: Structure = None,
) -> Recording:
    """Run `function(*arguments)`, whose leaves are floats, and return what it did.

    `parameters` are those known from other paths; new ones are appended. Dicts among the results
    are taken in the order that they have in `like`, the structure of other paths. Raises
    `TypeError` where the function returns something that is neither Value nor real number.
    """
    numbers: list[float] = []
    structure = [flatten(argument, numbers) for argument in arguments]
    leaves = [Value(x) for x in numbers]
    with tracing(Trace()) as trace:
        returned = function(*unflatten(structure, list(leaves)))
    results: list[Any] = []
    shape = flatten(without_arrays(returned), results, like)
    roots = [_as_node(r) for r in results]
    for guard in trace.guards:
        roots += [guard.left, guard.right]
    return _translate(roots, len(results), shape, trace, leaves, parameters)


def _translate(
    roots: list[Value],
    count: int,
    shape: Structure,
    trace: Trace,
    leaves: list[Value],
    parameters: list[Value],
) -> Recording:
    order: list[Any] = topological_order(_Roots(tuple(roots)))[:-1]
    program = ScalarProgram()
    slots: dict[Any, int] = {leaf: program.argument(i) for i, leaf in enumerate(leaves)}
    numbering = {p: i for i, p in enumerate(parameters)}

    def leaf_slot(leaf: Value) -> int:
        slot = slots.get(leaf)
        if slot is None:
            if isinstance(leaf, Constant):
                slot = program.constant(leaf._data)
            else:
                if leaf not in numbering:
                    numbering[leaf] = len(parameters)
                    parameters.append(leaf)
                slot = program.parameter(numbering[leaf])
            slots[leaf] = slot
        return slot

    alive = set(order)
    for node in trace.nodes:  # numbers the parameters in the order of their first use
        if node in alive:
            for parent in node.parents:
                if not parent.parents:
                    leaf_slot(parent)
    for node in order:
        if node.parents:
            args = tuple([leaf_slot(parent) for parent in node.parents])
            slots[node] = program.operation(node.primitive, args)
    guards = dict.fromkeys(
        ScalarGuard(g.compare, leaf_slot(g.left), leaf_slot(g.right), g.outcome, g.line)
        for g in trace.guards
    )
    kept = tuple(g for g in guards if None in (program.number(g.left), program.number(g.right)))
    results = tuple(leaf_slot(root) for root in roots[:count])
    return Recording(program, results, shape, kept, parameters, len(order))


def _as_node(result: Any) -> Value:
    """A result as a node: no bare number can be read on the way, so a returned one is constant."""
    if isinstance(result, Value):
        return result
    advice = "return Values, real numbers, and lists, tuples or dicts of them"
    if result is None:
        advice = f"is its `return` missing? {advice[0].upper()}{advice[1:]}"
    elif isinstance(result, bool | np.bool_):
        advice = "of a comparison: autograd.where(x > y, 1.0, 0.0) is a number"
    elif isinstance(result, Real | Decimal):
        return Constant(result)
    raise TypeError(f"the compiled function returned {result!r:.60}: {advice}")


def without_arrays(item: Any) -> Any:
    """Return nested results with lists in the place of arrays."""
    if hasattr(item, "tolist"):
        return item.tolist()
    if isinstance(item, list):
        return [without_arrays(x) for x in item]
    if isinstance(item, tuple):
        return kind_of_tuple(item, map(without_arrays, item))
    if isinstance(item, dict):
        return {key: without_arrays(x) for key, x in item.items()}
    return item
