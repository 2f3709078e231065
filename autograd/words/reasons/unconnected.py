"""Why a value is in no part of a root's graph: what was used in its place, or cut it off.

A copy made by `detach()` or `no_grad()`, a bare number where the Value was meant, another Value
of the same name, a new Value computed from the one that the root knows. Invariant: what is only
likely, as equal numbers may be chance, is called perhaps.
"""

from autograd.engine.graph import topological_order
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.value import Value
from autograd.words.reasons.finding import Finding
from autograd.words.reasons.wording import Words, line_of, listed, number
from autograd.words.text import visible

ORIGINS = 20  # detached leaves whose origin is traced back

Answer = tuple[Value | None, str, str]  # the culprit, what it does, and what to do

NOT_CUT = "Use the Value itself, without detach(), no_grad() or .data, where its gradient matters."
IN_PLACE = "Change a parameter in place, as in `w.data -= rate * w.grad`."


def unconnected(words: Words, value: Value) -> Finding:
    """Explain that the root was not computed from `value`."""
    name, root = _called(words, value), words.called(words.sweep.root)
    what = f"{root} was not computed from {name}"
    culprit, detail, hint = (
        _detached_copy(words, value, name)
        or _replaced(words, value, name)
        or _namesake(words, value)
        or _equal_number(words, value, name)
        or _elsewhere(words, name)
    )
    headline = f"{what}, so the gradient is 0"
    return Finding("unconnected", what, (detail,), hint, culprit, (), headline)


def nothing_alive(value: Value, name: str) -> Finding:
    """Explain that no living result depends on `value`."""
    detail = "It is on no path to a root: never used, used inside no_grad(), or after detach()."
    if value.grad:
        grad = number(float(value.grad))
        detail = f"But its .grad is {grad}, so a result that is gone did depend on it."
    what = f"no result that is still alive depends on {name}"
    hint = "If the result has been deleted, compute it again and pass it: why(value, root=loss)."
    return Finding("unconnected", what, (detail,), hint, None, (), f"No {what[3:]}")


def _called(words: Words, value: Value) -> str:
    return words.names.given(value) or "this value"


def _detached_copy(words: Words, value: Value, name: str) -> Answer | None:
    """A leaf cut off from the value, or from something computed from it."""
    leaves = [node for node in words.sweep.order if node.primitive is DETACHED]
    origins = [(leaf, getattr(leaf, "origin", None)) for leaf in leaves]  # of copies unknown
    noted = [(leaf, origin) for leaf, origin in origins if origin is not None]
    for leaf, origin in noted:
        if origin is value:
            return _copy(words, leaf, f"A detached copy of {name} is used")
    for leaf, origin in noted[:ORIGINS]:
        if value in topological_order(origin):
            return _copy(words, leaf, f"What was computed from {name} was detached")
    for leaf in leaves:
        if leaf.label == value.label != "" and leaf._data == value._data:
            return _copy(words, leaf, f"Perhaps a detached copy of {name} is used")
    return None


def _copy(words: Words, leaf: Value, what: str) -> Answer:
    line = f" ({visible(line_of(leaf), 300)})" if line_of(leaf) else ""
    detail = f"{what}: {words.equal(leaf)} was cut off by detach() or no_grad(){line}."
    return leaf, detail, NOT_CUT


def _replaced(words: Words, value: Value, name: str) -> Answer | None:
    """The value was computed from a leaf that the root depends on."""
    for node in topological_order(value):
        known = node in words.sweep.gradient
        if known and not node.parents and node.primitive is not CONSTANT:
            old = words.called(node)
            detail = f"It depends on {old}, from which {name} was computed: a new Value, made later"
            return node, f"{detail} or beside it.", IN_PLACE
    return None


def _namesake(words: Words, value: Value) -> Answer | None:
    for node in words.sweep.order:
        if value.label and node.label == value.label:
            detail = f"Another Value labelled {visible(value.label)} is used: {words.equal(node)}."
            return node, detail, "Was it made anew? Ask about the one that is used."
    return None


def _equal_number(words: Words, value: Value, name: str) -> Answer | None:
    """A leaf cut off, or a constant, with its number; whole numbers are too common."""
    equal = [x for x in words.sweep.order if x._data == value._data and not x._data.is_integer()]
    for node in equal:
        if node.primitive is DETACHED:
            return _copy(words, node, f"Perhaps a detached copy of {name} is used")
        if node.primitive is CONSTANT:
            known = number(node._data)
            detail = f"A constant {known}, its number, is used: perhaps {name}.data was written."
            return node, detail, NOT_CUT
    return None


def _elsewhere(words: Words, name: str) -> Answer:
    order = words.sweep.order
    cut = [node for node in order if node.primitive is DETACHED]
    if cut:
        known = [line_of(node) for node in cut if line_of(node)]
        lines = f" ({visible(known[0], 300)})" if known else ""
        shown = listed([words.equal(node) for node in cut])
        detail = f"Cut off by detach() or no_grad() are {shown}{lines}: perhaps {name} lies there."
        return cut[0], detail, NOT_CUT
    chosen = sum(node.op == "where" for node in order)
    if chosen:
        detail = f"The graph holds {chosen} where: only the branch taken is in it."
        return None, detail, "In a branch not taken a gradient of 0 is right."
    return None, "It is not among the nodes of the graph.", ""
