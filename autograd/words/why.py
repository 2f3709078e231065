"""why: an answer in words to why a gradient is zero, nan, infinite, enormous or tiny.

    ∂f/∂x = 0: relu is off.

with the numbers that show it, those of a reverse sweep on paper, and a hint at what to do.
`backward()` need not have been called. Invariant: the answer follows from the arguments, and the
graph is not touched.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd.engine.graph import topological_order
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.value import Value
from autograd.lines import line_of, origin_of
from autograd.words.numbers import numeral
from autograd.words.sweep import STALE, Sweep
from autograd.words.way import Finding, Kind, explained, kind_of, not_finite
from autograd.words.wording import Words, listed

ORIGINS = 20  # detached leaves whose origin is traced back
NO_LINE = (
    "To see the line of code of each operation, compute inside "
    "`with autograd.detect_anomaly(check=False):`."
)
INSIDE = "Its operations are inside the program: ask about the function itself on one row, f(row)."
WORST_FIRST: tuple[Kind, ...] = ("nan", "infinite", "enormous", "zero", "tiny", "ordinary")
IN_PLACE = "Change a parameter in place, as in `w.data -= rate * w.grad`."
ZERO = "Set it to 0 before each pass, as zero_grad() of a model or an optimiser does."
NOT_CUT = "Use the Value itself, without detach(), no_grad() or .data, where its gradient matters."


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

    __repr__ = __str__


def why(
    value: Value, root: Value | None = None, *, names: Mapping[str, Any] | None = None
) -> Diagnosis:
    """Say why the gradient of `root` by `value` is zero, nan, infinite, enormous or tiny.

    Enormous is above 1e6 and tiny below 1e-6, where the root's own gradient is 1. Without `root`
    the value is the root itself: then the answer is about its data and about the leaves below it.
    `names` gives Values names, as `locals()` does; a node's own label comes first.

    Raises `TypeError` where `value` or `root` is not a Value or `names` not a mapping, and
    `ValueError` where `value` was computed from `root`.
    """
    if not isinstance(value, Value):
        raise TypeError(
            "`why` explains the gradient of one Value, such as one parameter of a model; got "
            f"{value!r:.60}"
        )
    sweep = Sweep(value if root is None else root)
    words = Words(sweep, names, value)
    gradient = sweep.gradient.get(value, 0.0)
    kind = kind_of(gradient)
    if value is sweep.root:
        kind, headline, found = _of_root(words)
    elif value not in sweep.gradient:
        kind, headline, found = _unconnected(words, value)
    else:
        found = explained(words, value)
        headline = f"{words.slope(value)} = {numeral(gradient)}: {found.what}"
    sentences = [f"{headline}.", *found.details, found.hint]
    if value is not sweep.root:
        if kind not in ("nan", "infinite") and not math.isfinite(sweep.data[sweep.root]):
            wrong = not_finite(words, sweep.root)
            sentences.append(f"But {words.equal(sweep.root)}: {wrong.what}.")
        sentences.append(_grad(words, value, gradient))
    sentences.append(STALE if sweep.stale else "")
    culprit = found.culprit
    line = line_of(culprit) if culprit is not None else ""
    if culprit is not None and culprit.parents and not line:
        sentences.append(INSIDE if culprit.op == "program" else NO_LINE)
    text = "\n".join(filter(None, sentences))
    return Diagnosis(kind, gradient, culprit, line, (found.what, *found.others), text)


def _of_root(words: Words) -> tuple[Kind, str, Finding]:
    """Explain a root: its data where they are not finite, else the worst gradient of a leaf."""
    sweep, root = words.sweep, words.sweep.root
    if not math.isfinite(sweep.data[root]):
        found = not_finite(words, root)
        return kind_of(sweep.data[root]), f"{words.equal(root)}: {found.what}", found
    name = words.names[root]
    headline = f"{name} is the root itself, so its gradient is 1"
    ask = f"For the gradient of a result by it, name it: why({name}, root=result)."
    leaves = [x for x in sweep.order if not (x.parents or x.primitive in (CONSTANT, DETACHED))]
    kinds = [kind_of(sweep.gradient[leaf]) for leaf in leaves]
    kind = min(kinds, key=WORST_FIRST.index, default=WORST_FIRST[-1])
    if kind == "ordinary":
        return kind, headline, Finding("it is the root itself", (ask,))
    group = [leaf for leaf, its in zip(leaves, kinds, strict=True) if its == kind]
    found, known = explained(words, group[0]), listed([words.names[leaf] for leaf in group])
    leaf = f"Of its {len(leaves)} leaves {len(group)} have a gradient that is {kind}: {known}."
    because = f"{words.slope(group[0])} = {numeral(sweep.gradient[group[0]])}: {found.what}."
    return kind, headline, found._replace(details=(ask, leaf, because, *found.details))


def _unconnected(words: Words, value: Value) -> tuple[Kind, str, Finding]:
    """Explain that the root was not computed from `value`."""
    sweep, below = words.sweep, topological_order(value)
    root, name = words.names[sweep.root], words.names.given(value) or "this value"
    if sweep.root in set(below):
        raise ValueError(
            f"`root`, {words.equal(sweep.root)}, is below `value`, {name}: the arguments are the "
            f"other way round, write why({root}, {words.names.given(value) or 'loss'})"
        )
    what = f"{root} was not computed from {name}"
    cut = [node for node in sweep.order if node.primitive is DETACHED]
    noted = [(node, origin) for node in cut if (origin := origin_of(node)) is not None]
    copies = [node for node, origin in noted[:ORIGINS] if value in set(topological_order(origin))]
    known = [node for node in below if node in sweep.gradient and node.primitive is not CONSTANT]
    culprit: Value | None = None
    detail, hint = "It is not among the nodes of the graph.", ""
    if copies:
        culprit, hint = copies[0], NOT_CUT
        detail = f"Computed from {name}, but cut off by detach() or no_grad(): "
        detail += f"{listed([words.computed(node) for node in copies])}."
    elif known:
        culprit, hint = known[-1], IN_PLACE
        detail = f"It depends on {words.names[known[-1]]}, from which {name} was computed: a new "
        detail += "Value, made later or beside it."
    elif cut:
        culprit, hint = cut[0], NOT_CUT
        detail = "Cut off by detach() or no_grad(), so that nothing before it is in the graph: "
        detail += f"{listed([words.computed(node) for node in cut])}."
    elif any(node.op == "where" for node in sweep.order):
        detail = "Of a `where` only the branch taken is in the graph: in the other 0 is right."
    return "unconnected", f"{what}, so the gradient is 0", Finding(what, (detail,), hint, culprit)


def _grad(words: Words, value: Value, gradient: float) -> str:
    """Say so where `.grad` is not this gradient, nor this times that of the root."""
    root, grad = words.sweep.root, numeral(float(value.grad))
    if grad in (numeral(gradient), numeral(gradient * float(root.grad or 1.0))):
        return ""
    if grad == "0" and not root.grad:
        return f"Its .grad is 0: backward() has not been called on {words.names[root]}."
    return (
        f"Its .grad is {grad}, not this gradient: other passes add to it, or it was changed. "
        + ZERO
    )
