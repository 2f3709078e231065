"""Exercises of notebook 2: a `Value` of the student's own, part by part beside the engine's.

The same expressions are computed with both classes. A gradient that differs is judged by
`autograd.check`, so that a lost use or a wrong order is named.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, check
from course.kinds import Tested, Wrong, agrees, exercise

X, Y, Z = 1.7, -0.6, 0.9  # at which no two mistakes give the same number


class Node:
    """Nothing but parents: equal to itself alone, as an object is."""

    def __init__(self, name: str, *parents: "Node") -> None:
        self.name, self.parents = name, parents

    def __repr__(self) -> str:
        return self.name


def remembers(made: type) -> Wrong | None:
    """A number, its gradient, parents and partials."""
    leaf = made(3)
    for name, expected in ("data", 3), ("grad", 0), ("parents", ()), ("partials", ()):
        if not hasattr(leaf, name):
            return Wrong(f"Value(3) has no attribute {name}", f"set self.{name} in __init__")
        found = getattr(leaf, name)
        if isinstance(expected, tuple):
            found = tuple(found)
        if found != expected:
            return Wrong(f"Value(3).{name} is {found!r}", f"a new number has {name} {expected!r}")
    child = made(6, (leaf, leaf), (1.0, 2.0))
    if tuple(child.parents) != (leaf, leaf):
        why = "a set holds a parent once, and here it is used twice: keep a tuple"
        return Wrong("Value(6, (a, a), ...) does not have the parents (a, a)", why)
    if tuple(child.partials) != (1.0, 2.0):
        return Wrong("Value(6, (a, a), (1.0, 2.0)) does not keep the partials (1.0, 2.0)")
    if made(1).parents is made(2).parents and isinstance(made(1).parents, list):
        return Wrong("two Values share one list of parents", "a default value is made only once")
    return None


def records(*operations: tuple[str, Callable[..., Any], Sequence[float]]) -> Any:
    """Return a test of what operations record: data, parents and partials."""

    def test(made: Any) -> Wrong | None:
        for name, f, at in operations:
            mine, theirs = [made(x) for x in at], [Value(x) for x in at]
            found, expected = f(*mine), f(*theirs)
            if not isinstance(found, made):
                return Wrong(f"{name} gives no Value, but {found!r:.40}", "return Value(...)")
            if not math.isclose(float(found.data), float(expected.data), rel_tol=1e-9):
                why = "take other.data, and not other itself, or the number of a wrong operation"
                return Wrong(f"at {_at(at)} {name} is {found.data:g}", why)
            wrong = _gradients(name, found, mine, expected, theirs, at, "partials", _by_partials)
            if wrong:
                return wrong
        return None

    return test


def _by_partials(root: Any) -> dict[int, float]:
    """The gradients that the recorded partials give, by a sweep of the course's own."""
    order: list[Any] = []
    seen: set[int] = set()

    def visit(node: Any) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    grads = {id(root): 1.0}
    for node in reversed(order):
        if len(tuple(node.parents)) != len(tuple(node.partials)):
            raise ValueError(
                f"a node has {len(tuple(node.parents))} parents and "
                f"{len(tuple(node.partials))} partials: one for each"
            )
        for parent, partial in zip(node.parents, node.partials, strict=True):
            grads[id(parent)] = grads.get(id(parent), 0.0) + grads[id(node)] * partial
    return grads


def _gradients(
    name: str,
    root: Any,
    mine: Sequence[Any],
    expected: Value,
    theirs: Sequence[Value],
    at: Sequence[float],
    what: str,
    by: Callable[[Any], dict[int, float]],
) -> Wrong | None:
    grads = by(root)
    letters = dict(zip("xyz", theirs, strict=False))
    for value, (letter, leaf) in zip(mine, letters.items(), strict=True):
        got = grads.get(id(value))
        if got is None:
            why = "the parents must be the Values themselves, not their numbers"
            return Wrong(f"{name} does not lead back to {letter}", why)
        (mark,) = check(expected, {leaf: float(got)}, letters)
        if mark.verdict == "wrong":
            where = f"for {name} at {_at(at)} your {what} give d/d{letter} = {got:g}"
            return Wrong(where, mark.note)
    return None


def _at(at: Sequence[float]) -> str:
    return ", ".join(f"{letter} = {x:g}" for letter, x in zip("xyz", at, strict=False))


def order(answer: Callable[[Any], list[Any]]) -> Wrong | None:
    """Every node once, after its parents."""
    a = Node("a")
    b = Node("b", a, a)
    c = Node("c", b, a)
    d = Node("d", b, c)
    for root, size in (a, 1), (b, 2), (d, 4):
        found = list(answer(root))
        where = f"for {root} it returns {found}"
        if len(found) > len(set(found)):
            why = "a node that is used twice comes in once: remember which ones were visited"
            return Wrong(where, why)
        if len(found) < size:
            why = "every node belongs in it: the inputs, and the root itself"
            return Wrong(where, why)
        for i, node in enumerate(found):
            early = [parent for parent in node.parents if parent not in found[:i]]
            if early:
                why = (
                    f"{node} stands before its parent {early[0]}: first all parents, then the node"
                )
                return Wrong(where, why)
    return None


Expression = Callable[..., Any]


def _two_paths(x: Any, y: Any) -> Any:
    u = x * y
    return u * u + x * u


def _late(x: Any) -> Any:
    u = x + x
    return u + u * u


SHARED: tuple[tuple[str, Expression, Sequence[float]], ...] = (
    ("x * y + x", lambda x, y: x * y + x, (X, Y)),
    ("u + u * u with u = x + x", _late, (X,)),
    ("u * u + x * u with u = x * y", _two_paths, (X, Y)),
    ("(x * y) * z", lambda x, y, z: (x * y) * z, (X, Y, Z)),
)


def sweeps(made: type) -> Wrong | None:
    """backward(): every gradient, and again from the start when it is called twice."""
    for name, f, at in SHARED:
        mine, theirs = [made(x) for x in at], [Value(x) for x in at]
        root, expected = f(*mine), f(*theirs)
        root.backward()

        def stored(root: Any, mine: Sequence[Any] = mine) -> dict[int, float]:
            return {id(value): value.grad for value in mine}

        if root.grad != 1:
            return Wrong(f"after backward() the root has the gradient {root.grad}", "df/df is 1")
        wrong = _gradients(name, root, mine, expected, theirs, at, "gradients", stored)
        if wrong:
            return wrong
        before = [value.grad for value in mine]
        root.backward()
        if [value.grad for value in mine] != before:
            why = "gradients of an earlier pass are in it: set all of them to 0 first"
            return Wrong("a second backward() gives other gradients", why)
    return None


OPERATIONS: tuple[tuple[str, Expression, Sequence[float]], ...] = (
    ("x + y", lambda x, y: x + y, (X, Y)),
    ("x * y", lambda x, y: x * y, (X, Y)),
    ("x * x", lambda x: x * x, (X,)),
    ("x * 3 + 2", lambda x: x * 3 + 2, (X,)),
    ("3 * x", lambda x: 3 * x, (X,)),
    ("2 + x", lambda x: 2 + x, (X,)),
)
MORE: tuple[tuple[str, Expression, Sequence[float]], ...] = (
    ("x ** 3", lambda x: x**3, (X,)),
    ("x ** -0.5", lambda x: x**-0.5, (X,)),
    ("-x", lambda x: -x, (X,)),
    ("x - y", lambda x, y: x - y, (X, Y)),
    ("2 - x", lambda x: 2 - x, (X,)),
    ("x / y", lambda x, y: x / y, (X, Y)),
    ("2 / x", lambda x: 2 / x, (X,)),
    ("x.tanh()", lambda x: x.tanh(), (Z,)),
    ("x.relu() above 0", lambda x: x.relu(), (X,)),
    ("x.relu() below 0", lambda x: x.relu(), (Y,)),
    ("x.exp()", lambda x: x.exp(), (Z,)),
    ("x.log()", lambda x: x.log(), (X,)),
)


def error(W: Any) -> Any:
    return (W * 1 - 2) ** 2 + (W * 2 - 4) ** 2


def _train(zero: bool = True, sign: float = -1.0, first: bool = False) -> Callable[..., Any]:
    """Training, right or with a mistake in it."""

    def train(rate: float, steps: int) -> list[float]:
        W, slope, path = 3.0, 0.0, []
        for _ in range(steps):
            new = 10.0 * (W - 2.0)
            slope = new if zero else slope + new
            if first:
                slope = 10.0
            W += sign * rate * slope
            path.append(W)
        return path

    return train


def learns(answer: Callable[..., None]) -> Wrong | None:
    def walk(rate: float, steps: int) -> list[float]:
        W, path = Value(3.0), []

        def watched(W: Value) -> Any:
            path.append(W.data)
            return error(W)

        answer(watched, [W], rate, steps)
        return [*path[1:], W.data]

    return agrees(
        _train(),
        (0.02, 6),
        (0.07, 3),
        gradients_of_earlier_steps_are_still_in_it_so_set_them_to_0_before_backward=_train(False),
        a_step_goes_against_the_gradient_so_subtract_it=_train(True, 1.0),
        every_step_needs_a_new_forward_pass=_train(True, -1.0, True),
    )(walk)


METHODS = "__init__", "__add__", "__mul__"
LATER = "__pow__", "__sub__", "__truediv__", "tanh", "relu", "exp", "log"
EXERCISES = {
    "02.1": exercise(
        Tested(Value=remembers).needing("__init__"),
        hints=(
            "Five lines: def __init__(self, data, parents=(), partials=()), and four of self.…",
        ),
    ),
    "02.2": exercise(
        Tested(Value=records(*OPERATIONS)).needing(*METHODS),
        hints=(
            "A plain number becomes a Value first: other = as_value(other).",
            "The partials of a sum are 1 and 1; those of a product are the *other* numbers.",
            "Value(self.data * other.data, (self, other), (other.data, self.data))",
        ),
    ),
    "02.3": exercise(
        Tested(topological_order=order),
        hints=(
            "A function inside, visit(node), does nothing where node was visited already.",
            "Otherwise it notes the node as visited, visits its parents, then appends the node.",
        ),
    ),
    "02.4": exercise(
        Tested(Value=sweeps).needing(*METHODS, "backward"),
        hints=(
            "Set grad to 0 for all nodes of the order, then to 1 for the root.",
            "Then for each node of the reversed order, for each parent and its partial: add up.",
            "parent.grad += node.grad * partial",
        ),
    ),
    "02.5": exercise(
        Tested(Value=records(*OPERATIONS, *MORE)).needing(*METHODS, *LATER),
        hints=(
            "Only `**`, tanh, relu, exp and log need partials of their own.",
            "-x is x * -1, x - y is x + (-y), x / y is x * y**-1.",
            "The derivative of tanh is 1 - t², with t the result.",
        ),
    ),
    "02.6": exercise(
        Tested(train=learns),
        hints=(
            "Four lines in the loop: gradients to 0, forward, backward, step.",
            "The step is w.data -= rate * w.grad, for each w.",
        ),
    ),
}
