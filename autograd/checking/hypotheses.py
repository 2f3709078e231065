"""Hypotheses: every row of the catalogue, tried at every place of a graph.

A hypothesis says what each wrong answer would be if its mistake had been made at its place, and
nowhere else, with the answers above taken as they are. Invariant: it does not look at the wrong
answers themselves, so the same hypothesis can be tried at another point.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.checking.mistakes import MISTAKES, Mistake
from autograd.checking.passes import Forward, Pass
from autograd.checking.slips import Asked
from autograd.checking.views import Local, Place, Step, Sums
from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.words.sweep import Use

PLACES = 300  # at which a mistake is looked for, those nearest to the answers

Quantity = Callable[[Value, float], float]


@dataclass(frozen=True)
class Hypothesis:
    """A mistake at a place, and the numbers that it gives for answers; `key` is the same anywhere.

    `use` is the operation that it happened in, where there is one; `everywhere` an operation that
    it happened in throughout. `detail` is text, or the Values that are meant.
    """

    mistake: Mistake
    key: tuple[Any, ...]
    numbers: Mapping[Value, float]
    place: Value | None = None
    use: Use | None = None
    everywhere: str = ""
    detail: Any = ""


def of_gradients(
    way: Pass,
    wrong: Sequence[Value],
    quantity: Quantity,
    asked: Mapping[Value, Asked],
    rates: Sequence[float],
    rows: Sequence[Mistake] = MISTAKES,
) -> Iterator[Hypothesis]:
    """Yield what the rows give for the gradients of the Values in `wrong`."""
    sums = Sums(way.sweep)
    base = {node: as_float(way.gathered(node, way.handed)) for node in wrong}
    places = []
    for index, node in enumerate(way.nodes):
        effects = way.effects(node, wrong)
        if not effects:
            continue
        places.append(node)
        if len(places) > PLACES:
            break
        place = Place(way, sums, node)
        for key, mistake, alternative, use, detail in _slips(way, sums, place, rows):
            moved = {
                n: quantity(n, base[n] + (alternative - place.total) * effect)
                for n, effect in effects.items()
            }
            yield Hypothesis(mistake, (index, *key), moved, node, use, detail=detail)
    yield from _throughout(way, sums, places, wrong, quantity, rows)
    for mistake in rows:
        if mistake.at == "pass":
            yield from _whole(mistake, way, wrong, quantity, rates)
        if mistake.at == "answer":
            yield from _of_answers(mistake, wrong, asked)


def _slips(
    way: Pass, sums: Sums, place: Place, rows: Sequence[Mistake]
) -> Iterator[tuple[tuple[Any, ...], Mistake, float, Use | None, Any]]:
    """Yield the rows that apply to one node, with the gradient that it would get."""
    views = [Local(way, sums, use) for use in place.uses]
    for mistake in rows:
        if mistake.at == "sum":
            for k, (number, detail) in enumerate(_pairs(mistake.slip(place))):
                yield (mistake.name, k), mistake, number, None, detail
        elif mistake.at == "partial":
            for i, (view, upstream, part) in enumerate(
                zip(views, place.upstream, place.parts, strict=True)
            ):
                for k, (partial, detail) in enumerate(_pairs(_tried(mistake, view))):
                    found = place.total - part + upstream * partial
                    yield (mistake.name, i, k), mistake, found, view.use, detail


def _throughout(
    way: Pass,
    sums: Sums,
    places: Sequence[Value],
    wrong: Sequence[Value],
    quantity: Quantity,
    rows: Sequence[Mistake],
) -> Iterator[Hypothesis]:
    """Yield each slip of a local derivative made wherever the same operation occurs."""
    views: dict[str, list[Local]] = {}
    for node in places:
        for use in way.uses[node]:
            if use.child.op not in ("+", "-", "neg"):
                views.setdefault(use.child.op, []).append(Local(way, sums, use))
    for op, uses in views.items():
        for mistake in rows if len(uses) > 1 else ():
            if mistake.at != "partial":
                continue
            changed: dict[Value, list[Any]] = {}
            details = []
            for view in uses:
                for partial, detail in list(_pairs(_tried(mistake, view)))[:1]:
                    child, i, _ = view.use
                    changed.setdefault(child, list(way.partials(child)))[i] = partial
                    details.append(detail)
            if changed:

                def partials(node: Value, changed: Any = changed) -> Any:
                    return changed.get(node, way.partials(node))

                handed = way.pulled(partials)
                moved = {n: quantity(n, as_float(way.gathered(n, handed, partials))) for n in wrong}
                yield Hypothesis(
                    mistake, (mistake.name, op), moved, everywhere=op, detail=details[-1]
                )


def _whole(
    mistake: Mistake, way: Pass, wrong: Sequence[Value], quantity: Quantity, rates: Sequence[float]
) -> Iterator[Hypothesis]:
    for k, (found, detail) in enumerate(mistake.slip(way, rates)):
        if callable(found):
            handed = way.pulled(found)
            gradients = {n: way.gathered(n, handed, found) for n in wrong}
        else:
            gradients = {n: found.get(n, 0.0) for n in wrong}
        moved = {n: quantity(n, as_float(gradient)) for n, gradient in gradients.items()}
        yield Hypothesis(mistake, (mistake.name, k), moved, detail=detail)


def of_values(
    way: Forward,
    wrong: Sequence[Value],
    asked: Mapping[Value, Asked],
    rows: Sequence[Mistake] = MISTAKES,
) -> Iterator[Hypothesis]:
    """Yield what the rows give for the numbers of the Values in `wrong`."""
    sums = Sums(way.sweep)
    forward = [mistake for mistake in rows if mistake.at == "value"]
    for index, node in enumerate(way.sweep.order):
        if not node.parents or (node in way.given and node not in set(wrong)):
            continue
        step = Step(way, sums, node)
        for mistake in forward:
            for k, (number, detail) in enumerate(_pairs(_tried(mistake, step))):
                moved = way.slipped(node, number, wrong)
                key = (index, mistake.name, k)
                yield Hypothesis(mistake, key, moved, node, Use(node, 0, 0.0), detail=detail)
    for mistake in rows:
        if mistake.name == "another answer":
            yield from _of_answers(mistake, wrong, asked)


def _of_answers(
    mistake: Mistake, wrong: Sequence[Value], asked: Mapping[Value, Asked]
) -> Iterator[Hypothesis]:
    for node in wrong:
        for k, (number, detail) in enumerate(_pairs(mistake.slip(asked[node]))):
            yield Hypothesis(mistake, (mistake.name, k), {node: number}, node, detail=detail)


def _tried(mistake: Mistake, view: Any) -> Iterable[Any]:
    """What a row gives, as far as it can be computed there."""
    try:
        return list(mistake.slip(view))
    except (ArithmeticError, ValueError):
        return []


def _pairs(found: Iterable[Any]) -> Iterator[tuple[float, Any]]:
    for item in found:
        number, detail = item if isinstance(item, tuple) else (item, "")
        if math.isfinite(number):
            yield as_float(number), detail
