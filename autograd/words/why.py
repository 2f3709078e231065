"""why: an answer in words to why a gradient is zero, nan, infinite, enormous or tiny.

    >>> x = Value(-1.5, label="x")
    >>> y = 2 * x.relu()
    >>> print(why(x))
    ∂v2/∂x = 0: relu is off.
    v1 = relu(x) = 0 at x = -1.5: ∂v1/∂x = 0, so nothing of ∂v2/∂v1 = 2 passes.

and a hint at what to do. The numbers are those of a reverse sweep on paper; `backward()` need not
have been called. Invariant: the graph is not touched.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.engine.graph import topological_order
from autograd.engine.value import Value
from autograd.words.explain import STALE
from autograd.words.names import Names
from autograd.words.reasons.domains import data_cause, origin
from autograd.words.reasons.finding import Finding, Kind
from autograd.words.reasons.living import meant_sweep
from autograd.words.reasons.root_report import root_report
from autograd.words.reasons.search import finding
from autograd.words.reasons.unconnected import nothing_alive, unconnected
from autograd.words.reasons.wording import Words, is_program, line_of, number
from autograd.words.sweep import Sweep

NO_LINE = (
    "To see the line of code of each operation, compute inside "
    "`with autograd.detect_anomaly(check=False):`."
)
INSIDE = (
    "What it was computed from is inside the program: ask about the function itself, on one row, "
    "as in why(w, f(row))."
)


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What `why` returns; printed, or shown in Jupyter, it is the `text`.

    `kind` is "zero", "tiny", "ordinary", "enormous", "infinite", "nan" or "unconnected"; of a
    root it is that of its data or of its worst leaf. `gradient` is the derivative of the root by
    the value, `culprit` the Value where it begins, None where there is none, `line` its
    "file:line", "" where unknown; `reasons` are the causes in short, that of the culprit first.
    """

    kind: Kind
    gradient: float
    culprit: Value | None
    line: str
    reasons: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def why(
    value: Value, root: Value | None = None, *, names: Mapping[str, Any] | None = None
) -> Diagnosis:
    """Say why the gradient of `root` by `value` is zero, nan, infinite, enormous or tiny.

    Enormous is above 1e6 and tiny below 1e-6, where the root's own gradient is 1. Without `root`
    it is the result that was computed from `value` and is still alive, where there are several
    that on which `backward()` was called; a value that nothing was computed from is the root
    itself: then the answer is about its data and about the leaves below it. `names` gives Values
    names, as `locals()` does; a node's own label comes first.

    Raises `TypeError` where `value` or `root` is not a Value or `names` not a mapping, and
    `ValueError` where several roots are alive that give different answers, or where `value` was
    computed from `root`.
    """
    if not isinstance(value, Value):
        raise TypeError(
            "`why` explains the gradient of one Value, such as one parameter of a model; got "
            f"{value!r:.60}"
        )
    if isinstance(root, Value) and root is not value and root in topological_order(value):
        raise ValueError(_swapped(value, root, names))
    sweep, note = meant_sweep(value, names) if root is None else (Sweep(root), "")
    if sweep is None and note:
        raise ValueError(note)
    if sweep is None:
        known = Names([value], names).given(value) or "this value"
        return _diagnosis(nothing_alive(value, known), 0.0, [])
    words = Words(sweep, names, value)
    gradient = sweep.gradient.get(value, 0.0)
    if value is sweep.root:
        found, headline = root_report(words), ""
    elif value not in sweep.gradient:
        found, headline = unconnected(words, value), ""
    else:
        found = finding(words, value)
        headline = f"{words.slope(value)} = {number(gradient)}: {found.what}"
    headline = headline or found.headline or f"{words.slope(value)} = 1: {found.what}"
    first = [f"{headline}.", _root_data(words, found)]
    more = [_grad(words, value, gradient), note]
    if sweep.stale:
        more.append(STALE)
    return _diagnosis(found, gradient, more, first)


def _diagnosis(
    found: Finding, gradient: float, more: list[str], first: Sequence[str] = ()
) -> Diagnosis:
    culprit, line = found.culprit, line_of(found.culprit)
    sentences = [*(first or [f"{found.headline}."]), *found.details, found.hint, *more]
    if culprit is not None and culprit.primitive is not None and not line:
        sentences.append(INSIDE if is_program(culprit) else NO_LINE)
    text = "\n".join(filter(None, sentences))
    return Diagnosis(found.kind, gradient, culprit, line, (found.what, *found.others), text)


def _swapped(value: Value, root: Value, names: Mapping[str, Any] | None) -> str:
    known = Names([root, value], names)
    right = f"why({known.given(root) or 'x'}, {known.given(value) or 'loss'})"
    return (
        f"`root`, {known[root]} = {number(root._data)}, is below `value`, {known[value]} = "
        f"{number(value._data)}: the arguments are the other way round, write {right}"
    )


def _root_data(words: Words, found: Finding) -> str:
    """Say so where the root itself is not finite and this gradient does not show it."""
    root = words.sweep.root
    if found.kind in ("nan", "infinite") or math.isfinite(root._data):
        return ""
    begin = origin(root)
    return f"But {words.equal(root)}: {data_cause(begin, words).what}, {words.computed(begin)}."


def _grad(words: Words, value: Value, gradient: float) -> str:
    """Say where `.grad` is not this gradient, and why; "" where it is."""
    root, grad = words.sweep.root, float(value.grad)
    seed = float(root.grad)
    expected = gradient * (seed or 1.0)
    if value is root or _same(grad, expected) or _same(grad, gradient):
        return ""
    if grad == 0.0 and not (seed and value.parents):
        state = "it has been reset since" if seed else "backward() has not been called on"
        return f"Its .grad is 0: {state} {words.called(root)}{'.backward()' if seed else ''}."
    times = grad / gradient if gradient else math.nan
    size = f", {number(times)} times this gradient" if times and math.isfinite(times) else ""
    passes = "it is that of another pass" if value.parents else "other passes have added to it"
    return f"Its .grad is {number(grad)}{size}: {passes}, or it has been changed since."


def _same(a: float, b: float) -> bool:
    return a == b or math.isclose(a, b, rel_tol=1e-9) or (a != a and b != b)
