"""The report on a root: why its data are not finite, or which of its leaves have odd gradients.

The gradient of a root by itself is 1. So the question is about what lies below it. Invariant:
constants and what was detached are nobody's parameters and are not counted among the leaves.
"""

import math

from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.value import Value
from autograd.words.reasons.domains import data_cause, infinite_since, origin
from autograd.words.reasons.finding import Finding, Kind, kind_of
from autograd.words.reasons.search import finding
from autograd.words.reasons.wording import Words, listed, number

LINES = 4  # about leaves
SINGLE = 3  # leaves of one kind that have a line each
WORST_FIRST: tuple[Kind, ...] = ("nan", "infinite", "enormous", "zero", "tiny")


def root_report(words: Words) -> Finding:
    """Explain a root: its data where they are not finite, else the gradients of its leaves."""
    root = words.sweep.root
    if not math.isfinite(root._data):
        return _data(words, root)
    leaves = [x for x in words.sweep.order if not x.parents and not _passive(x)]
    groups: dict[Kind, list[Value]] = {}
    for leaf in leaves:
        groups.setdefault(kind_of(words.sweep.gradient[leaf]), []).append(leaf)
    odd = {kind: groups[kind] for kind in WORST_FIRST if kind in groups}
    if not odd or root in leaves:
        return _ordinary(words, [x for x in leaves if x is not root])
    count = ", ".join(f"{len(found)} {kind}" for kind, found in odd.items())
    headline = (
        f"{words.equal(root)} is finite, but not all gradients below it are ordinary: {count}, of "
        f"{len(leaves)} {'leaf' if len(leaves) == 1 else 'leaves'}"
    )
    lines: list[str] = []
    found: list[Finding] = []
    for kind, group in odd.items():
        single = len(group) <= SINGLE and len(lines) + len(group) <= LINES
        for leaf in group if single else group[:1]:
            found.append(finding(words, leaf))
            line = f"{words.slope(leaf)} = {number(words.sweep.gradient[leaf])}: {found[-1].what}."
            if not single:
                names = listed([words.called(x) for x in group])
                line = f"{kind.capitalize()} for {names}. {line}"
            lines.append(line)
    first = found[0]
    details = (*lines[:LINES], *first.details[:1])
    others = tuple(dict.fromkeys(one.what for one in found if one.what != first.what))
    return Finding(first.kind, first.what, details, first.hint, first.culprit, others, headline)


def _passive(node: Value) -> bool:
    return node.primitive in (CONSTANT, DETACHED)


def _data(words: Words, root: Value) -> Finding:
    begin = origin(root)
    cause = data_cause(begin, words)
    wrong = sum(not math.isfinite(x._data) for x in words.sweep.order)
    detail = f"It begins at {words.computed(begin)}"
    if wrong > 1:
        detail += f"; {wrong} of the {len(words.sweep.order)} values in the graph are not finite"
    headline = f"{words.equal(root)}: {cause.what}"
    since = infinite_since(begin, words)
    details = (f"{detail}.", since) if since else (f"{detail}.",)
    return Finding(kind_of(root._data), cause.what, details, cause.hint, begin, (), headline)


def _ordinary(words: Words, leaves: list[Value]) -> Finding:
    sizes = [abs(words.sweep.gradient[leaf]) for leaf in leaves]
    detail = "It depends on no leaf that has a gradient."
    if sizes:
        detail = (
            f"The gradients of the {len(sizes)} leaves below it lie between {number(min(sizes))} "
            f"and {number(max(sizes))} in size."
        )
    return Finding("ordinary", "it is the root itself", (detail,))
