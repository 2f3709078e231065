"""Exercises of notebook 1, backpropagation by hand."""

import math
from collections.abc import Callable
from typing import Any

from autograd import Value, check, explain
from autograd.words.formula import text
from course.kinds import ByHand, Numbers, Tested, Wrong, exercise, one_of

Graph = tuple[Value, dict[str, Any]]


def two_sums() -> Graph:
    x, y, z = Value(1), Value(2), Value(3)
    p = x + y
    r = y + z
    f = p * r
    return f, locals()


def first_function() -> Graph:
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    return f, locals()


def square_and_more(start: float = 1) -> Graph:
    a = Value(start)
    b = a + a
    c = b * b + b
    return c, locals()


def twice_added() -> Graph:
    a = Value(1.7)
    b = a + a
    c = b + b
    return c, locals()


def shared() -> Graph:
    u, v = Value(2), Value(-3)
    s = u * v
    t = s.tanh() + u
    c = t * s - v / t
    return c, locals()


def _formula(root: Value, names: dict[str, Any]) -> str:
    """The definitions of a graph, from the root down, with the numbers of its leaves."""
    found = []
    for line in explain(root, names=names, fold=True):
        written = f"{line.data:g}" if line.expression is None else text(line.expression)
        found.append(f"{line.name} = {written}")
    return ", ".join(found)


def factors() -> Graph:
    eta = [Value(rate) for rate in (0.02, 0.1, 0.19, 0.21)]
    factors = [1 - 10 * rate for rate in eta]
    root = sum(factors, Value(0))
    return root, {"root": root, "factors": factors} | {f"eta{i}": e for i, e in enumerate(eta)}


def backward_pass(
    answer: Callable[[Value], dict[Value, float]],
    graphs: tuple[Callable[[], Graph], ...] = (
        twice_added,
        lambda: square_and_more(0.7),
        shared,
    ),
) -> Wrong | None:
    """Compare the gradients that somebody's backward pass returns with the engine's."""
    for graph in graphs:
        root, names = graph()
        grads = answer(root)
        inputs = {n: v for n, v in names.items() if isinstance(v, Value) and v is not root}
        missing = [n for n, v in inputs.items() if v not in grads]
        where = f"in {_formula(root, names)}"
        if missing:
            return Wrong(f"{where} it returns no gradient of {missing[0]}")
        report = check(root, {v: grads[v] for v in inputs.values()}, names)
        for name, mark in reversed(list(zip(inputs, report, strict=True))):
            if mark.verdict == "wrong":
                return Wrong(f"{where} it gives {mark.yours} for {name}", mark.note)
    return None


def all_paths(answer: Callable[..., int]) -> Wrong | None:
    for graph in (twice_added, square_and_more):
        root, names = graph()
        grads: dict[Value, float] = {}
        answer(root, 1.0, grads)
        root.backward()
        if not math.isclose(grads.get(names["a"], 0.0), names["a"].grad):
            got = grads.get(names["a"], 0.0)
            return Wrong(
                f"in {_formula(root, names)} it gives {got:g} for a",
                "all that has arrived so far was passed on, and not only what has just arrived"
                if got > names["a"].grad
                else "a contribution was overwritten where it should be added",
            )
    return None


EXERCISES = {
    "01.1": exercise(
        ByHand(two_sums, df_dx="x", df_dy="y", df_dz="z"),
        Tested(used_twice=one_of("y", x="x is only in x + y", z="z is only in y + z")),
        hints=(
            "Give the sums names: p = x + y and r = y + z, so f = p · r.",
            "∂f/∂p = r = 5 and ∂f/∂r = p = 3. Which of the two sums holds y?",
        ),
    ),
    "01.2": exercise(
        ByHand(first_function, by_x="x", by_y="y", by_z="z"),
        Tested(a_straight_line=one_of(True)),
        hints=(
            "Divide by 2h, the whole way from the left point to the right one.",
            "For x and h = 1: ((-1 + 5) · (-4) - (-3 + 5) · (-4)) / 2.",
        ),
    ),
    "01.3": exercise(
        ByHand(square_and_more, dc_da="a"),
        Numbers(
            {10: "that is the right pass; asked is the naive one", 14: "b is used three times"},
            passed_on_at_once=22,
        ),
        hints=(
            "First dc/db: b is used three times, twice in b · b and once more in the sum.",
            "dc/db = 2b + 1 = 5, and db/da = 2.",
        ),
    ),
    "01.4": exercise(
        Tested(backward_pass=backward_pass),
        hints=(
            "Write a function that puts a node into a list after all of its parents.",
            "Then walk the list backwards and add grads[node] * partial to each parent's entry.",
        ),
    ),
    "01.5": exercise(
        Tested(along_all_paths=all_paths),
        Numbers(
            {
                32767: "count the first call, too, and all that it calls",
                30: "each call makes two more: they are not one for each arrow",
                31: "each call makes two more: they are not one for each arrow",
                32768: "these are the paths; asked are the calls on all levels",
            },
            calls_for_15_doublings=2**16 - 1,
        ),
        hints=(
            "Hand on `arrived * partial`; add `arrived` to what is there.",
            "One call at the root, two one level below, four below that: 1 + 2 + 4 + …",
        ),
    ),
    "01.6": exercise(
        ByHand(factors, of="data", factors="factors"),
        Numbers({0.1: "there it arrives in one step"}, diverges_above=0.2),
        hints=(
            "E = 5 (W - 2)², so the slope is 10 (W - 2).",
            "A step turns W - 2 into (W - 2) - η · 10 (W - 2).",
            "It diverges where the factor is below -1.",
        ),
    ),
}
