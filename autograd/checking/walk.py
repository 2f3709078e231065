"""The walk from the root through somebody's answers: right, carried on, or wrong, and why.

An answer is right where it is the right number to its digits, or as near as rounding on the way
allows; carried where it follows from the answers above it; else wrong, and then compared with the
catalogue. A formula is tried at several points. Invariant: a right answer is never called wrong,
and what no row explains is called unknown.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from autograd.checking.answers import NOISE, Answer
from autograd.checking.hypotheses import Hypothesis, of_gradients, of_values
from autograd.checking.mistakes import COARSE, MISTAKES, Mistake
from autograd.checking.passes import CARRIED, LARGEST, Forward, Pass
from autograd.checking.slips import RATES, Asked
from autograd.engine.graph import pull_back
from autograd.engine.number import as_float
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.value import Value
from autograd.words.names import Names
from autograd.words.sweep import Sweep

Word = Literal["right", "carried", "wrong"]
NAMED = 3  # causes that are told
POINTS = 3  # at which a formula is tried, besides the present one
TRIES = 30  # points outside of the domain on the way to one of them
FEWER = 3  # digits that are too few on the way
ALMOST = 0.01  # of a number is what three digits on the way may cost
EXPLAINED = 10  # wrong answers at a time; those nearer to the root come first
LEAVES = 4  # that are moved to tell two causes apart
DIFFER = 0.05  # of a number is a difference that nobody takes for rounding
NEAR = 0.003  # of a number is the most that rounding may excuse in a hypothesis


@dataclass
class Judged:
    """An answer with its verdict; where it is wrong the hypotheses that fit, best first."""

    node: Value
    answer: Answer
    right: Any
    verdict: Word = "right"
    rounded: bool = False  # right only with rounding on the way
    later: bool = False  # not explained yet, as others come first
    here: bool = False  # a formula that is right at the present point, and not at others
    causes: list[Hypothesis] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)  # names of rows about the pen
    apart: dict[str, float] = field(default_factory=dict)  # a point where two causes differ


class Question:
    """What was asked of a graph: `of` gradients, data or the partials of `root`, in `nodes`.

    With an `optimizer`, the numbers of parameters after its step.
    """

    def __init__(
        self,
        sweep: Sweep,
        nodes: Sequence[Value],
        of: str,
        names: Mapping[Value, str],
        optimizer: Any = None,
    ) -> None:
        self.sweep, self.nodes, self.of, self.names = sweep, nodes, of, names
        self.optimizer = optimizer
        self.rates: Sequence[float] = RATES
        self._entries: dict[Value, tuple[Any, Any]] = {}
        if optimizer is not None:
            self._entries = {p: (state, group) for p, state, group in optimizer.entries()}
            self.rates = tuple(dict.fromkeys(g["lr"] for g in optimizer.param_groups))

    def way(self, given: Mapping[Value, Any]) -> Any:
        """Return the pass in which these answers are used."""
        if self.of == "data" and self.optimizer is None:
            return Forward(self.sweep, given)
        return Pass(self.sweep, self.nodes, {} if self.optimizer is not None else given)

    def quantity(self, node: Value, gradient: float) -> float:
        """Turn a gradient into what is asked: itself, or the parameter after the step."""
        if node not in self._entries:
            return gradient
        state, group = self._entries[node]
        data = as_float(self.sweep.data[node])
        moved = self.optimizer.update(data, gradient, copy.deepcopy(state), group)
        return as_float(moved)

    def right(self, way: Any, node: Value) -> Any:
        """Return the right number."""
        found = way.right.get(node, 0.0)
        return self.quantity(node, as_float(found)) if node in self._entries else found

    def follows(self, way: Any, node: Value) -> float:
        """Return what follows from the answers above."""
        if isinstance(way, Forward):
            return as_float(way.gathered(node))
        return self.quantity(node, as_float(way.gathered(node, way.handed)))

    def hypotheses(
        self, way: Any, wrong: Sequence[Value], rows: Sequence[Mistake] = MISTAKES
    ) -> Iterator[Hypothesis]:
        """Yield what these rows of the catalogue give for the wrong answers."""
        asked = {node: self._asked(way, node) for node in wrong}
        if isinstance(way, Forward):
            return of_values(way, wrong, asked, rows)
        return of_gradients(way, wrong, self.quantity, asked, self.rates, rows)

    def _asked(self, way: Any, node: Value) -> Asked:
        data = as_float(self.sweep.data[node])
        others = {
            name: as_float(self.right(way, n))
            for n, name in self.names.items()
            if n is not node and n is not self.sweep.root and n in way.right
        }
        gradient = as_float(way.right.get(node, 0.0))
        updates = self.optimizer is not None
        stored = 0.0 if updates else as_float(node._grad)
        return Asked(gradient, data, stored, self.rates, updates, others)

    def moved(
        self, rng: Random, leaf: Value | None = None
    ) -> "tuple[Question, dict[Value, Value]]":
        """Return the same question at another point, where one leaf or all have moved."""
        for _ in range(TRIES):
            twins = _twins(self.sweep.order, rng, leaf)
            numbers = [as_float(twin._data) for twin in twins.values()]
            if all(map(math.isfinite, numbers)):
                break
        names = {twins[n]: name for n, name in self.names.items()}
        there = Question(
            Sweep(twins[self.sweep.root]), [twins[n] for n in self.nodes], self.of, names
        )
        there.optimizer, there.rates = self.optimizer, self.rates
        there._entries = {twins[n]: entry for n, entry in self._entries.items() if n in twins}
        return there, twins


def _twins(order: Sequence[Value], rng: Random, leaf: Value | None) -> dict[Value, Value]:
    twins: dict[Value, Value] = {}
    for node in order:
        row = node.primitive
        if node.parents and row is not None:
            twins[node] = row(*[twins[parent] for parent in node.parents])
        else:
            fixed = row in (CONSTANT, DETACHED) or (leaf is not None and leaf is not node)
            twins[node] = Value(node._data if fixed else _friendly(as_float(node._data), rng))
            twins[node].primitive = row
    return twins


def _friendly(x: float, rng: Random) -> float:
    """A number of two digits, of the same sign and about as large."""
    return float(
        f"{(x or 1.0) * rng.choice([0.4, 0.6, 1.5, 2.0, 3.0]) * rng.uniform(0.9, 1.1):.2g}"
    )


def judged(question: Question, answers: Mapping[Value, Answer]) -> list[Judged]:
    """Return a verdict on each answer, those near the root first."""
    formulas = {n: a for n, a in answers.items() if a.formula is not None}
    points: list[tuple[Question, dict[Value, Value]]] = []
    if formulas:
        rng = Random(0)
        points = [question.moved(rng) for _ in range(POINTS)]
    trials = [_Trial(question, answers, {n: n for n in question.sweep.order})]
    trials += [_Trial(there, formulas, twins) for there, twins in points]
    found = []
    wrong: list[Judged] = []
    for node in reversed(question.sweep.order):
        if node not in answers:
            continue
        here = [trial for trial in trials if node in trial.numbers]
        entry = Judged(node, answers[node], trials[0].right[node])
        if all(trial.is_right(node) for trial in here):
            entry.rounded = not all(trial.is_near(node) for trial in here)
        elif all(trial.is_carried(node) for trial in here):
            entry.verdict = "carried"
        else:
            entry.verdict, entry.here = "wrong", trials[0].is_right(node)
            wrong.append(entry)
        found.append(entry)
    for entry in wrong[EXPLAINED:]:
        entry.later = True
    if wrong:
        _explain(question, trials, wrong[:EXPLAINED])
    return found


class _Trial:
    """The answers at one point: their numbers, and what they are compared with."""

    def __init__(
        self,
        question: Question,
        answers: Mapping[Value, Answer],
        twins: Mapping[Value, Value],
    ) -> None:
        self.question, self.answers, self.twins = question, answers, twins
        data = {name: twin._data for twin, name in question.names.items()}
        self.numbers: dict[Value, Any] = {
            node: answer.at(data) if answer.formula else answer.number
            for node, answer in answers.items()
        }
        self._exact = question.way({})
        self.right = {n: question.right(self._exact, twins[n]) for n in answers}
        self._scatters: dict[tuple[bool, int], dict[Value, float]] = {}
        given = {
            twins[n]: self.right[n] if self.is_right(n) else x for n, x in self.numbers.items()
        }
        self.way = question.way(given)

    def is_near(self, node: Value) -> bool:
        """Whether the answer is the right number to its digits."""
        return self._meets(node, self.right[node], 0.0)

    def is_right(self, node: Value) -> bool:
        """Whether it is, or rounding on the way explains the rest."""
        return self._meets_on_the_way(node, self.right[node], exact=True)

    def is_carried(self, node: Value) -> bool:
        """Whether the answer follows from those above it."""
        follows = self.question.follows(self.way, self.twins[node])
        return self._meets_on_the_way(node, follows)

    def fits(self, node: Value, number: float) -> bool:
        """Whether the answer is what a hypothesis gives."""
        answer, middle = self.answers[node], abs(as_float(self.right[node]))
        if answer.digits is None or not middle or not number:
            return self._meets(node, number, 0.0)
        share = self.slack(node, exact=True) / middle
        return self._meets(node, number, min(share, NEAR) * abs(number))

    def is_coarse(self, node: Value) -> bool:
        """Whether the answer is near, as with fewer digits on the way than it shows."""
        digits = self.answers[node].digits
        if digits is None or digits <= FEWER:
            return False
        follows = self.question.follows(self.way, self.twins[node])
        pairs = ((self.right[node], True), (follows, False))
        return any(
            self._meets(node, number, ALMOST * abs(as_float(number)))
            and self._meets_on_the_way(node, number, exact, FEWER)
            for number, exact in pairs
        )

    def _meets_on_the_way(
        self, node: Value, number: Any, exact: bool = False, digits: int | None = None
    ) -> bool:
        """The same with what rounding may have done, which is looked at where it matters."""
        if self._meets(node, number, 0.0):
            return True
        limit = (self._exact if exact else self.way).limit(self.twins[node])
        near = self._meets(node, number, max(limit, LARGEST * abs(as_float(number))))
        return near and self._meets(node, number, self.slack(node, exact, digits))

    def _meets(self, node: Value, right: Any, slack: float) -> bool:
        number, answer = self.numbers[node], self.answers[node]
        if number == right or (number != number and right != right):
            return True
        number, right = as_float(number), as_float(right)
        if not math.isfinite(right) or not math.isfinite(number):
            return False
        scale = max(abs(number), abs(right))
        noise = (1e-6 if answer.formula else NOISE if number else 0.0) * scale
        # What cancels to 0 is not quite 0 in floats.
        noise = max(noise, 1e-14)
        return bool(abs(number - right) <= max(answer.half, noise) + slack)

    def slack(self, node: Value, exact: bool = False, digits: int | None = None) -> float:
        """Return by how much rounding on the way may have moved an answer of so many digits."""
        answer = self.answers[node]
        if answer.digits is None or answer.formula is not None:
            return 0.0
        digits = digits or max(answer.digits, CARRIED)
        key = (exact, digits)
        if key not in self._scatters:
            way = self._exact if exact else self.way
            twins = {self.twins[n]: a for n, a in self.answers.items()}
            self._scatters[key] = way.scatter(twins, digits)
        twin = self.twins[node]
        spread = self._scatters[key][twin]
        if self.question.optimizer is None:
            return spread
        gradient = as_float(self._exact.right.get(twin, 0.0))
        ends = [self.question.quantity(twin, gradient + d) for d in (-spread, spread)]
        return abs(ends[1] - ends[0]) / 2.0


def _explain(question: Question, trials: Sequence[_Trial], wrong: Sequence[Judged]) -> None:
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
    trials: Sequence[_Trial], wrong: Sequence[Value], exact: bool
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


def _way(trial: _Trial, exact: bool) -> Any:
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


def _pen(trial: _Trial, entry: Judged) -> list[str]:
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


def between(sweep: Sweep, child: Value, parent: Value, names: Names) -> list[Value]:
    """Return the nodes between which ∂child/∂parent is local: without a name, up to the child.

    Raises `ValueError` where `parent` is no input of `child`.
    """
    if any(parent is x for x in child.parents):
        return [parent, child]
    inner: set[Value] = {child}
    for node in reversed(sweep.order):
        if node is not parent and not names.given(node):
            if any(use.child in inner for use in sweep.uses[node]):
                inner.add(node)
    nodes = [node for node in sweep.order if node in inner or node is parent]
    reached = pull_back(nodes, {child: 1.0}, sweep.partials.__getitem__, {*inner, parent})
    if parent not in reached:
        raise ValueError(
            f"{names[parent]} is no input of {names[child]}: ask for a partial of an operation by "
            "one of its inputs"
        )
    return nodes
