"""The quiz of the stepper: the catalogue of mistakes as JavaScript, for each node of a graph.

The rows of `checking/mistakes.py` are called on symbols in place of numbers, so what a mistake
makes of a gradient is written down once, in Python, and the page computes it at any leaves. The
same forms occur again and again; each is one function of the view `v` of a node: its data x, of
each use the result o, what has arrived there u, the local derivative l and their product p, the
total t, and other data r. Nodes alike, as the weights of a layer, have the same list of slips, in
which other nodes are numbers of places, and each says which nodes these are. Invariant: forms hold
numbers and these names only; the page fills in the catalogue's sentences with its own names.
"""

import json
from collections import ChainMap
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from autograd.checking import slips
from autograd.checking.mistakes import MISTAKES
from autograd.checking.sentences import UNKNOWN
from autograd.checking.views import Local, Place, Sums
from autograd.engine import table
from autograd.engine.primitive import CONSTANT, DETACHED, Primitive
from autograd.engine.value import Value
from autograd.pictures.javascript import Symbol, literal, value_of, written
from autograd.symbolic import equal, not_equal
from autograd.words.sweep import Sweep

LARGEST = 500  # nodes of a graph in which mistakes are named
OTHER = "another answer"  # the row that every node's gradient is compared with
_INFIX = {table.add, table.subtract, table.multiply, table.divide}


class Quiz:
    """The forms that a graph needs, and of each node the mistakes that may be made there."""

    def __init__(self, sweep: Sweep, known: bool = True) -> None:
        self.sweep = sweep
        self.forms: dict[str, int] = {}
        self.values: dict[str, str] = {}  # what the forms call
        self._kinds: dict[str, int] = {}  # lists of slips
        self._sums = Sums(sweep)
        self._number = {node: i for i, node in enumerate(sweep.order)}
        small = known and len(sweep.order) <= LARGEST
        silent = {node for node in sweep.order if node.primitive in (CONSTANT, DETACHED)}
        silent.add(sweep.root)
        self._slips = [self._of(x) if small and x not in silent else [] for x in sweep.order]

    def data(self) -> dict[str, Any]:
        """Return what the page reads: of each node its list of slips and the nodes these name.

        A slip is [row, form, use, detail, other nodes].
        """
        other = next(mistake for mistake in MISTAKES if mistake.name == OTHER)
        return {
            "slips": self._slips,
            "kinds": list(map(json.loads, self._kinds)),
            "sentences": [mistake.sentence for mistake in MISTAKES] if self.forms else [],
            "other": other.sentence,
            "unknown": UNKNOWN if self.forms else "",
        }

    def code(self) -> str:
        """Return the forms, a function each; nan where one does not apply."""
        lines = [f"  (v) => {form}," for form in self.forms]
        return "\n".join(["const FORMS = [", *lines, "];"])

    def _of(self, node: Value) -> list[int]:
        view = _View(self.sweep, node, self.values)
        sight: Any = view
        uses = Place(sight, self._sums, node).uses
        found: list[list[Any]] = []
        for row, mistake in enumerate(MISTAKES):
            if mistake.at == "sum":
                found += self._tried(row, view, lambda: Place(sight, self._sums, node))
            elif mistake.at == "partial":
                for k, use in enumerate(uses):
                    local = partial(Local, sight, self._sums, use)
                    found += self._tried(row, view, local, k)
            elif mistake.at == "answer" and mistake.name != OTHER:
                found += self._tried(row, view, view.asked)
        kind = self._kinds.setdefault(json.dumps(found), len(self._kinds))
        return [kind, *[self._number[other] for other in view.places]]

    def _tried(
        self, row: int, view: "_View", seen: Callable[[], Any], use: int | None = None
    ) -> Iterable[list[Any]]:
        """Yield what a row gives at a node, the local derivative of a use put in its place."""
        view.begin()
        mistake = MISTAKES[row]
        try:
            given = list(mistake.slip(seen()))
        except Exception:  # of numbers that stand in the graph, or in a row of the user's own
            return
        for item in given:
            number, detail = item if isinstance(item, tuple) else (item, "")
            if use is not None:
                number = view.total - view.parts(view.node)[use] + view.upstream(use) * number
            yield [
                row,
                self.forms.setdefault(view.form(number), len(self.forms)),
                -1 if use is None else use,
                detail if isinstance(detail, str) else list(map(view.place, detail)),
                list(map(view.place, view.others)),
            ]


class _View:
    """One node as a pass over symbols: what `Place` and `Local` ask of a pass and its sweep."""

    def __init__(self, sweep: Sweep, node: Value, values: dict[str, str]) -> None:
        self.node = node
        self.others: dict[Value, int] = {}
        self.places: dict[Value, int] = {}  # all nodes that the slips name
        self._writer = _Writer(values)
        uses = [use for use in sweep.uses[node] if not use.cut]
        self.own, self.total = self._symbol("v.x"), self._symbol("v.t")
        local: list[Any] = [self._symbol(f"v.l[{k}]") for k in range(len(uses))]
        own = {node: [use._replace(partial=x) for use, x in zip(uses, local, strict=True)]}
        self.uses = ChainMap(own, sweep.uses)  # of other nodes those recorded
        self._results = {use.child: k for k, use in enumerate(uses)}

    def begin(self) -> None:
        """Forget the conditions and the other nodes that the last form needed."""
        self._writer.guards, self.others = {}, {}

    def place(self, node: Value) -> int:
        """Return the number under which the slips of this node name another one."""
        return self.places.setdefault(node, len(self.places))

    @property
    def sweep(self) -> "_View":
        """Uses and data, as a sweep has them."""
        return self

    @property
    def handed(self) -> "_View":
        """What has arrived at the results of the node."""
        return self

    def get(self, child: Value, otherwise: Any) -> Any:
        """Return what has arrived at one of them."""
        return self.upstream(self._results[child])

    def upstream(self, use: int) -> Any:
        """Return what has arrived at the result of a use."""
        return self._symbol(f"v.u[{use}]")

    def parts(self, node: Value) -> list[Any]:
        """Return the contributions to the node."""
        return [self._symbol(f"v.p[{k}]") for k in range(len(self.uses[node]))]

    def gathered(self, node: Value, handed: Any) -> Any:
        """Return their sum."""
        return self.total

    def asked(self) -> slips.Asked:
        """Return the question for the gradient of the node."""
        gradient: Any = self.total
        data: Any = self.own
        return slips.Asked(gradient, data, 0.0, slips.RATES, False, {})

    @property
    def data(self) -> "_View":
        """Data by node."""
        return self

    def __getitem__(self, node: Value) -> Any:
        if node is self.node:
            return self.own
        if node.primitive is CONSTANT:
            return self._symbol(literal(float(node._data)))
        if node in self._results:
            return self._symbol(f"v.o[{self._results[node]}]")
        return self._symbol(f"v.r[{self.others.setdefault(node, len(self.others))}]")

    def _symbol(self, text: str) -> "_Symbol":
        return _Symbol(self._writer, text)

    def form(self, number: Any) -> str:
        """Return the expression of a number, nan where a condition that was met does not hold."""
        guards = " && ".join(self._writer.guards)
        return f"{guards} ? {written(number)} : NaN" if guards else written(number)


class _Writer:
    """What the symbols of one node share: the conditions that were met, and the rows called."""

    def __init__(self, values: dict[str, str]) -> None:
        self.guards: dict[str, None] = {}
        self._values = values

    def apply(self, primitive: Primitive, inputs: Sequence[Any]) -> "_Symbol":
        """Return the symbol for a row applied to symbols and numbers."""
        texts = list(map(written, inputs))
        if primitive in _INFIX:
            return _Symbol(self, f"({f' {primitive.name} '.join(texts)})")
        self._values[primitive.name] = value_of(primitive)
        return _Symbol(self, f"VALUES[{json.dumps(primitive.name)}]({', '.join(texts)})")


class _Symbol(Symbol):
    """An expression. Asked whether it is true it says yes, and the form then holds only there."""

    __slots__ = ()

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
        return self.code.apply(primitive, inputs)

    def __eq__(self, other: object) -> Any:
        return equal(self, other)

    def __ne__(self, other: object) -> Any:
        return not_equal(self, other)

    def __bool__(self) -> bool:
        self.code.guards[self.name] = None
        return True
