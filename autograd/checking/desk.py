"""The desk: what keys and answers refer to, names or Values, one by one or nested alike.

Invariant: a name that nobody knows is an error that names those that are known.
"""

import difflib
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.checking.answers import Answer, parsed
from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.nesting import flatten, same
from autograd.words.names import Names, named
from autograd.words.sweep import Sweep
from autograd.words.text import visible
from autograd.words.wording import listed


class Desk:
    """What the keys of answers, and the answers, refer to in one graph."""

    def __init__(self, sweep: Sweep, names: Any) -> None:
        self.sweep, self.names = sweep, Names(sweep.order, names)
        self.mapping: Mapping[str, Any] = names
        self.called = {n: self.names.given(n) for n in sweep.order if self.names.given(n)}
        self.by_name = {name: n for n, name in self.called.items()}
        # In the mapping a Value may be called something else than its label.
        paths = {name: node for name, node in named(names) if node in sweep.gradient}
        self.known = {**paths, **self.by_name}

    def asked(self, key: Any, value: Any) -> Iterator[tuple[str, Value, Any]]:
        """Yield name, Value and answer for what a key and its answer stand for."""
        if isinstance(key, str):
            yield from self._members(visible(key), self._named(key), value)
        elif isinstance(key, Value) or hasattr(key, "named_parameters"):
            yield from self._members("", key, value)
        else:
            raise TypeError(f"the keys of `answers` are names or Values, got {key!r:.60}")

    def _named(self, name: str) -> Any:
        item = self.mapping.get(name)
        if isinstance(item, Value) and item not in self.sweep.gradient and name in self.known:
            return self.known[name]  # a label says more than a variable that is elsewhere
        if isinstance(item, Value | list | tuple | dict | np.ndarray) or hasattr(
            item, "named_parameters"
        ):
            return item
        if name in self.known:
            return self.known[name]
        begun = [
            v for n, v in self.mapping.items() if isinstance(n, str) and n.startswith(f"{name}.")
        ]
        if begun and all(isinstance(v, Value) for v in begun):
            return begun
        slope = _slope(name)
        if slope and self.known.get(slope[0]) is self.sweep.root:  # "∂f/∂x", for x
            return self._named(slope[1])
        near = [known for known in self.by_name if known.lower() == name.lower()]
        near = near or difflib.get_close_matches(name, self.by_name, 1)
        hint = f": did you mean {near[0]}?" if near else ""
        known = f" The names are {listed(list(self.by_name))}." if self.by_name else ""
        raise ValueError(
            f"no Value is called {visible(name)!r}{hint or '.'}{known} Pass `names=locals()`, give "
            "Values labels, or use the Values themselves as keys"
        )

    def _members(self, name: str, item: Any, value: Any) -> Iterator[tuple[str, Value, Any]]:
        if isinstance(item, Value):
            known = self.names[item] if item in self.sweep.gradient else name or item.label
            yield (known if item.primitive is not CONSTANT else name) or "a Value", item, value
            return
        if hasattr(item, "named_parameters"):
            parameters = dict(item.named_parameters())
            if isinstance(value, Mapping):
                unknown = [key for key in value if key not in parameters]
                if unknown:
                    raise ValueError(f"the model has no parameter named {unknown[0]!r:.60}")
                pairs = [(key, parameters[key], x) for key, x in value.items()]
            else:
                numbers: list[Any] = []
                flatten(value, numbers)
                self._same_length(name or "the model", len(parameters), len(numbers))
                pairs = [
                    (key, p, x) for (key, p), x in zip(parameters.items(), numbers, strict=True)
                ]
            for key, parameter, x in pairs:
                yield from self._members(key, parameter, x)
            return
        values: list[Any] = []
        structure = flatten(item, values)
        if isinstance(value, str) or not isinstance(value, list | tuple | dict | np.ndarray):
            raise ValueError(
                f"{name} holds {len(values)} Values: nest the answers in the same way, got "
                f"{value!r:.60}"
            )
        numbers = []
        given = flatten(value, numbers, structure)
        if not same(given, structure):
            self._same_length(name, len(values), len(numbers))
        for member, x in zip(values, numbers, strict=True):
            if not isinstance(member, Value):
                raise TypeError(f"{name} holds {member!r:.60}, which is no Value")
            yield from self._members(name, member, x)

    @staticmethod
    def _same_length(name: str, expected: int, given: int) -> None:
        if expected != given:
            raise ValueError(f"{name} holds {expected} Values, and the answers are {given}")

    def edge(self, key: Any) -> tuple[Value, Value]:
        """Return child and parent of the partial that a key asks for."""
        if isinstance(key, str):
            key = _slope(key, self.known) or key
        if not isinstance(key, tuple) or len(key) != 2:
            raise ValueError(
                f"a partial is asked for by a pair, ('q', 'x') or '∂q/∂x' for ∂q/∂x; got "
                f"{key!r:.60}"
            )
        child, parent = (self._named(x) if isinstance(x, str) else x for x in key)
        for node in (child, parent):
            if not isinstance(node, Value) or node not in self.sweep.gradient:
                raise ValueError(f"{node!r:.60} is no Value of this graph")
        return child, parent

    def answer(self, x: Any, name: str) -> Answer:
        """Return the answer for what is called `name`, a formula with the names of the graph.

        Raises `ValueError` where a formula takes what has no name here.
        """
        answer = parsed(x, name)
        for taken in answer.takes:
            if taken not in self.known:
                raise ValueError(
                    f"the formula for {name} takes `{taken}`, which no Value of the graph is "
                    f"called; there are {listed(list(self.by_name))}"
                )
        return replace(answer, takes=tuple(self.called[self.known[n]] for n in answer.takes))


def _slope(key: str, known: Container[str] = ()) -> tuple[str, str] | None:
    """The two names of "∂q/∂x", "dq/dx" or "q/x"."""
    above, slash, below = (part.strip() for part in key.partition("/"))
    if not slash:
        return None
    if above[:1] in ("∂", "d") and below[:1] in ("∂", "d") and above not in known:
        return above[1:].strip(), below[1:].strip()
    return above, below
