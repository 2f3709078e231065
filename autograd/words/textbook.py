"""Textbook: the graph of a derivative as a reader wants to see it, 1 - tanh(x)^2.

What is recorded keeps its digits in the tails: `4 e / (1 + e (2 + e))`. Here a graph is rewritten
for views of it: a local derivative that has a textbook's form is shown in that, where it is shorter
and gives the same digits, and the links to the variables of an inner derivative (`copy`) and to the
branch that `where` took are left out, where nobody gave them a name. A derivative of a derivative
went through what was recorded: it is shown as the derivative of the textbook's form, by the
textbook's rules. Invariant: the graph itself is not touched, and a graph without any of these is
shown as it is.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autograd.engine import modes, table
from autograd.engine.graph import pull_back, stored, topological_order
from autograd.engine.primitive import CONSTANT, Primitive
from autograd.engine.value import Value, leaf, node
from autograd.lines import DerivativeNote, PartialNote
from autograd.words.names import Names
from autograd.words.rules import derivative, expressed, textbook, trivial, written

SAME = 5e-6  # relative: of what is written with five digits


class Presented:
    """The graph to show: its `roots`, and for each node that is shown by another its `twins`."""

    def __init__(
        self,
        roots: Sequence[Value],
        names: Mapping[str, Any] | None = None,
        links: Sequence[Value] = (),
    ) -> None:
        self.roots: list[Value] = list(roots)
        self.twins: dict[Value, Value] = {}
        self.recorded = topological_order(*roots)
        self._forms: dict[Value, PartialNote] = {}
        self._tried: dict[tuple[Any, ...], tuple[list[Value], list[Value]]] = {}
        self._written: dict[tuple[Any, ...], list[Value]] = {}
        if not any(x.parents and (_note(x) or _is_link(x)) for x in self.recorded):
            return
        known = Names(self.recorded, names)
        self._kept = {x for x in self.recorded if known.given(x)} | {*roots, *links}
        self._index = {(x.primitive, *x.parents): x for x in self.recorded if x.parents}
        self._again: dict[Value, Value] = {}  # derivatives of what has a textbook's form itself
        self._once: dict[Any, Value] = {}  # what is shown for forms, by what it computes
        self._first: dict[Value, bool] = {}
        self._derived = any(_note(x) or x.primitive is table.copy for x in self.recorded)
        with modes.without(modes.Mode):
            for x in _ordered(roots, self._below):
                self.twins[x] = self._twin(x)
        self.roots = [self.twins[root] for root in roots]
        self._give_gradients()
        self.twins = {x: twin for x, twin in self.twins.items() if x is not twin}

    def _below(self, x: Value) -> tuple[Value, ...]:
        """What has to be there before `x` can be shown."""
        again = getattr(x, "_note", None)
        if isinstance(again, DerivativeNote) and (form := self._derived_again(x, again)):
            self._again[x] = form[0]
            recorded = set(topological_order(again.result))
            inside = [y for y in topological_order(form[0]) if y in recorded]
            return (*inside, again.result)
        note = _note(x)
        if note is None or not self._is_better(x, note):
            return x.parents
        self._forms[x] = note
        out = self._index.get((note.primitive, *note.inputs))
        return note.inputs if out is None else (*note.inputs, out)

    def _derived_again(self, x: Value, note: DerivativeNote) -> list[Value]:
        """The derivative of a textbook's form, where it gives the number in fewer operations."""
        result, variable = note.result, note.variable
        if result not in self._first:
            self._first[result] = not any(y.parents and _note(y) for y in topological_order(result))
        if self._first[result]:
            return []
        inner = Presented([result], links=[variable])
        shown, link = inner.roots[0], inner.twins.get(variable, variable)
        form = derivative(shown, link) if inner.rewrites else None
        if form is not None:
            form = written(form, {x: x for x in topological_order(shown)}, {})
            form = written(form, {link: variable}, {})
        if form is None or not math.isclose(form._data, x._data, rel_tol=SAME):
            return []
        return [form] if _size(form, [variable]) < _size(x, [variable]) else []

    @property
    def rewrites(self) -> bool:
        """Whether a derivative is shown in another form than that which was recorded."""
        return bool(self.twins and (self._forms or self._again))

    def _is_better(self, x: Value, note: PartialNote) -> bool:
        """Whether the textbook's form gives the number that was recorded, in fewer operations."""
        key = (note.primitive, *note.inputs)
        if key not in self._tried:
            kinds = [CONSTANT if x.primitive is CONSTANT else None for x in note.inputs]
            inputs = [leaf(x._data, kind) for x, kind in zip(note.inputs, kinds, strict=True)]
            self._tried[key] = inputs, textbook(note.primitive, note.primitive(*inputs), inputs)
        inputs, forms = self._tried[key]
        form = forms[note.position]
        if not math.isclose(form._data, x._data, rel_tol=SAME):
            return False
        return _size(form, inputs) < _size(x, note.inputs)

    def _twin(self, x: Value) -> Value:
        if x in self._again:
            return self._written_again(x)
        form = self._forms.get(x)
        below = tuple([self.twins[parent] for parent in (form.inputs if form else x.parents)])
        if _is_link(x) and x not in self._kept:
            return below[0]
        if form is not None:
            return self._form(x, form, below)
        known = trivial(x, below) if self._derived and x not in self._kept else None
        if known is not None:
            return known
        if all(a is b for a, b in zip(x.parents, below, strict=True)):
            return x
        twin = node(x.primitive, below, x._data, stored(x))
        twin._grad, twin.label = x._grad, x.label
        return twin

    def _form(self, x: Value, note: PartialNote, inputs: tuple[Value, ...]) -> Value:
        """The textbook's form of a local derivative, with the number that was recorded."""
        known = self._index.get((note.primitive, *note.inputs))
        out = self._operation(note.primitive, inputs) if known is None else self.twins[known]
        key = (note.primitive, *inputs)
        if key not in self._written:
            self._written[key] = textbook(note.primitive, out, inputs)
        shown = self._written[key][note.position]
        if shown is not out and all(shown is not parent for parent in inputs):
            shown._data, shown._grad, shown.label = x._data, x._grad, x.label
        return shown

    def _written_again(self, x: Value) -> Value:
        """The form of a derivative of a derivative, with the number that was recorded."""
        form = self._again[x]
        shared = topological_order(x._note.result, form)
        known = {y: self.twins[y] for y in shared if y in self.twins}
        before = {*self._once.values(), *known.values()}
        shown = written(form, known, self._once)
        if shown not in before:
            shown._data, shown._grad, shown.label = x._data, x._grad, x.label
        return shown

    def _operation(self, primitive: Primitive, inputs: tuple[Value, ...]) -> Value:
        """The operation itself: the one that was recorded, if there is one."""
        key = expressed(primitive, inputs)
        if key not in self._once:
            self._once[key] = primitive(*inputs)
        return self._once[key]

    def _give_gradients(self) -> None:
        """Give what is shown and was not recorded the gradients that backward() would have."""
        order = topological_order(*self.roots)
        inner = {parent for x in order for parent in x.parents}
        seeds = {root: root._grad for root in self.roots if root not in inner and root._grad}
        gradients = pull_back(order, seeds)
        recorded = {*self.recorded, *[self.twins[x] for x in self.recorded if x in self.twins]}
        for x in order:
            if x not in recorded:
                x._grad = gradients.get(x, 0.0)


def _note(x: Value) -> PartialNote | None:
    note = getattr(x, "_note", None)
    return note if isinstance(note, PartialNote) else None


def _is_link(x: Value) -> bool:
    return x.primitive in (table.copy, table.where) and bool(x.parents) and not x.label


def _size(x: Value, inputs: Sequence[Value]) -> int:
    """How many operations lead from the inputs to `x`."""
    leaves = dict.fromkeys(inputs)
    return sum(1 for y in topological_order(x, leaves=leaves) if y.parents and y not in leaves)


def _ordered(roots: Sequence[Value], below: Callable[[Value], Iterable[Value]]) -> list[Value]:
    """Return the nodes that are reached by `below`, each after those below it."""
    order: dict[Value, None] = {}
    stack: list[tuple[Value, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        x, done = stack.pop()
        if done:
            order[x] = None
        elif x not in order:
            stack.append((x, True))
            stack += [(parent, False) for parent in reversed([*below(x)]) if parent not in order]
    return list(order)
