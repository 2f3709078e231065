"""Naming: which mistakes of the catalogue explain wrong answers, and where two of them differ.

A formula has to be explained at every point at which it was tried. Invariant: what no row explains
has no cause.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from autograd.checking.hypotheses import Hypothesis
from autograd.checking.mistakes import COARSE, MISTAKES
from autograd.checking.question import Question
from autograd.checking.trial import Judged, Trial
from autograd.engine.number import as_float
from autograd.engine.value import Value

NAMED = 3  # causes that are told
LEAVES = 4  # that are moved to tell two causes apart
DIFFER = 0.05  # of a number is a difference that nobody takes for rounding


def explain(question: Question, trials: Sequence[Trial], wrong: Sequence[Judged]) -> None:
    """Find what fits each wrong answer: from the answers above, or else from the right numbers."""
    for exact in (False, True):
        open_ = [entry for entry in wrong if not entry.causes]
        fits: dict[Value, list[Hypothesis]] = {entry.node: [] for entry in open_}
        for hypothesis, nodes in _matches(trials, [entry.node for entry in open_], exact):
            for node in nodes:
                fits[node].append(hypothesis)
        counts: dict[Any, int] = {}
        for hypotheses in fits.values():
            for h in hypotheses:
                if h.mistake.at != "answer":
                    counts[h.key] = counts.get(h.key, 0) + 1
        for entry in open_:
            entry.causes = _ranked(fits[entry.node], entry, counts)
    for entry in wrong:
        entry.typed = _pen(trials[0], entry)
    _separate(question, [entry for entry in wrong if len(entry.causes) > 1], wrong)


def _matches(
    trials: Sequence[Trial], wrong: Sequence[Value], exact: bool
) -> Iterator[tuple[Hypothesis, list[Value]]]:
    """Yield each hypothesis with the wrong answers that it gives, at every point."""
    others: list[dict[Any, Mapping[Value, float]]] = []
    for trial in trials[1:]:
        tried = [trial.twins[n] for n in wrong if n in trial.numbers]
        way = _way(trial, exact)
        found = trial.question.hypotheses(way, tried)
        others.append({h.key: h.numbers for h in found} if tried else {})
    for hypothesis in trials[0].question.hypotheses(_way(trials[0], exact), wrong):
        nodes = []
        for node, number in hypothesis.numbers.items():
            fits = trials[0].fits(node, number)
            for trial, numbers in zip(trials[1:], others, strict=True):
                if fits and node in trial.numbers:
                    there = numbers.get(hypothesis.key, {}).get(trial.twins[node], math.nan)
                    fits = trial.fits(node, there)
            if fits:
                nodes.append(node)
        if nodes:
            yield hypothesis, nodes


def _way(trial: Trial, exact: bool) -> Any:
    """The pass with the answers, or with the right numbers in their places."""
    if not exact:
        return trial.way
    return trial.question.way({trial.twins[n]: x for n, x in trial.right.items()})


def _ranked(
    found: Sequence[Hypothesis], entry: Judged, counts: Mapping[Any, int]
) -> list[Hypothesis]:
    """One hypothesis for each row, by how many answers it explains, then in the table's order."""
    order = {mistake.name: i for i, mistake in enumerate(MISTAKES)}

    def rank(h: Hypothesis) -> tuple[Any, ...]:
        return -counts.get(h.key, 1), order[h.mistake.name], h.everywhere, h.place is not entry.node

    best: dict[str, Hypothesis] = {}
    for h in sorted(found, key=rank):
        best.setdefault(h.mistake.name, h)
    return list(best.values())


def _pen(trial: Trial, entry: Judged) -> list[str]:
    """The slips of the pen that give the right number, or the one that follows.

    What no other row explains may have been rounded to fewer digits on the way.
    """
    if entry.answer.formula is not None or entry.answer.number == 0:
        return []
    follows = trial.question.follows(trial.way, entry.node)
    names = []
    for mistake in MISTAKES:
        if mistake.at == "typed":
            meant = list(mistake.slip(entry.answer))
            half = entry.answer.half
            for x in meant:
                size = half * abs(x / as_float(entry.answer.number))
                allowed = max(half if mistake.name == "digits swapped" else size, 1e-9 * abs(x))
                if any(abs(x - y) <= allowed for y in (as_float(entry.right), follows)):
                    names.append(mistake.name)
                    break
    if not names and not entry.causes and trial.is_coarse(entry.node):
        names.append(COARSE.name)
    return names


def _separate(question: Question, open_: Sequence[Judged], wrong: Sequence[Judged]) -> None:
    """Keep, of the causes, those that are not the same everywhere; note a point between the first.

    One leaf is moved at a time, then all: where two causes still give the same number, they are
    one mistake under two names, and the first name is the more specific.
    """
    if not open_:
        return
    leaves = [n for n in question.nodes if not n.parents and n.primitive is None]
    leaves = [n for n in leaves if n in question.names][:LEAVES]
    names = {cause.mistake.name for entry in open_ for cause in entry.causes}
    rows = [mistake for mistake in MISTAKES if mistake.name in names]
    rng = Random(1)
    points: list[tuple[Value | None, list[Hypothesis], dict[Value, Value]]] = []
    for leaf in [*leaves, None, None]:
        there, twins = question.moved(rng, leaf)
        right = there.way({})
        given = {twins[e.node]: there.right(right, twins[e.node]) for e in wrong}
        asked = [twins[entry.node] for entry in open_]
        points.append((leaf, list(there.hypotheses(there.way(given), asked, rows)), twins))
    for entry in open_:
        numbers = [
            {h.key: h.numbers[twins[entry.node]] for h in found if twins[entry.node] in h.numbers}
            for _, found, twins in points
        ]
        kept: list[Hypothesis] = []
        for cause in entry.causes:
            if all(any(_differ(cause, known, there) for there in numbers) for known in kept):
                kept.append(cause)
        kept.sort(key=lambda h: (h.everywhere != "", h.place is not entry.node))
        entry.causes = kept[:NAMED]
        for (leaf, _, twins), known in zip(points, numbers, strict=True) if kept[1:] else ():
            both = all(h.key in known for h in kept[:2])
            if leaf is not None and both and _differ(kept[0], kept[1], known):
                entry.apart = {question.names[leaf]: as_float(twins[leaf]._data)}
                break


def _differ(a: Hypothesis, b: Hypothesis, numbers: Mapping[Any, float]) -> bool:
    """Whether two hypotheses give different numbers; one that does not apply there gives none."""
    if a.key in numbers and b.key in numbers:
        return not math.isclose(numbers[a.key], numbers[b.key], rel_tol=DIFFER)
    return (a.key in numbers) != (b.key in numbers)
