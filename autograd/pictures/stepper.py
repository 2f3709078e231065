"""stepper: one page that walks through forward and backward, an operation at a time.

The page holds the graph as data, its picture, and the table of primitives as JavaScript. So the
reader can change a leaf and see every number follow, without a server and without the network.
Invariant: what comes from the user stands in the page as JSON only, and is shown as text only.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograd.engine.graph import topological_order
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.value import Value
from autograd.pictures import javascript
from autograd.pictures.draw import draw
from autograd.pictures.graphviz_display import Drawing
from autograd.pictures.javascript import Table
from autograd.pictures.page import Page, filled, json_number
from autograd.pictures.pieces import Graph
from autograd.pictures.quiz import Quiz
from autograd.pictures.short_names import common, parts, short_names
from autograd.pictures.views import views
from autograd.words.folding import Folding
from autograd.words.formula import Formula, operation, shortened, text
from autograd.words.formula import number as number_as_formula
from autograd.words.names import Names
from autograd.words.sweep import Sweep, is_stale
from autograd.words.text import ELLIPSIS, LIMIT, check_limit, visible
from autograd.words.textbook import Presented

# In the order of reading: what is computed, how it is written and drawn, what the reader does.
SCRIPTS = "graph text elements views session geometry picture tip steps leaves".split()
SCRIPTS += "tabs update nudge quiz start".split()
LONGEST_WHOLE = 25  # parts of an expression that is written in one line
LINES = 40  # of expressions, where there are several
STILL = 20  # Values of a graph whose still is not folded


class Stepper(Page):
    """What `stepper` returns: `html`, the whole page as text; `save(path)`; a frame in Jupyter.

    Behind the frame lies a still of the graph, for notebooks that show no frames yet.
    """

    title, file = "Backpropagation, step by step", "steps.html"

    def __init__(self, page: str, drawing: Drawing) -> None:
        super().__init__(page)
        self._drawing = drawing

    def _repr_html_(self) -> str:
        frame = super()._repr_html_()
        # A notebook that nobody trusts yet shows no frame: there the still behind it is seen.
        png = self._drawing._repr_mimebundle_(include={"image/png"}).get("image/png")
        if png is None:
            return frame
        still = (
            f'<img alt="The graph" style="position: absolute" src="data:image/png;base64,{png}">'
        )
        return f'<div style="position: relative; overflow: hidden">{still}{frame}</div>'


def stepper(root: Value, *, names: Mapping[str, Any] | None = None, limit: int = LIMIT) -> Stepper:
    """Return a page that steps through the graph below `root`, forward and backward.

    It needs no server, no network and nothing installed but a browser. Leaves can be changed in
    the page, and data and gradients follow. `names` gives Values names in one go, as `locals()`
    does; a node's own label comes first. The graph is not changed, and `backward()` need not
    have been called. Branches that Python took while recording stay as they were taken. Where a
    row of the user's own cannot be written as JavaScript, the numbers stay and the page says why.

    Raises `TypeError` where `root` is not a Value or `names` not a mapping, and `ValueError` for
    a graph of more than `limit` nodes.
    """
    count = len(topological_order(root)) if isinstance(root, Value) else 0
    check_limit(count, limit, "step through a part of it, or a batch of fewer examples")
    Sweep.check(root)
    presented = Presented([root], names)
    sweep = Sweep(presented.roots[0])
    sweep.stale = any(map(is_stale, presented.recorded))
    order = sweep.order
    rows = dict.fromkeys([(node.primitive, len(node.parents)) for node in order if node.parents])
    table = Table(rows)
    called = Names(order, names, presented.twins)
    quiz = Quiz(sweep, known=not table.frozen)
    table.need(quiz.values)
    page = _page(_graph(sweep, called, table) | {"quiz": quiz.data()}, table, quiz)
    return Stepper(page, draw(root, names=names, fold=count > STILL, limit=limit))


def _graph(sweep: Sweep, names: Names, table: Table) -> dict[str, Any]:
    order = sweep.order
    number = {node: i for i, node in enumerate(order)}
    folding = Folding(sweep, {node: f"\0{i}\0" for node, i in number.items()})
    parents = [[number[p] for p in node.parents] for node in order]
    called = [names[node] for node in order]
    shorts = _shorts(order, called)
    paths = [parts(name) for name in called]
    begun = common([path for path in paths if len(path) > 1])
    paths = [path[begun:] if len(path) > 1 else path for path in paths]
    operations, shown = views(Graph(called, list(map(_kind, order)), parents))
    return {
        "frozen": sorted(table.frozen),
        "reasons": [f"{name}: {visible(why, 200)}" for name, why in sorted(table.frozen.items())],
        "stale": sweep.stale,
        "formulas": _formulas(sweep, names, number),
        "operations": operations,
        "views": shown,
        "nodes": [
            {
                "name": called[i],
                "short": shorts[i],
                "path": paths[i],
                "op": node.op,
                "row": table.keys.get((node.primitive, len(parents[i])), ""),
                "kind": _kind(node),
                "step": node.primitive is not None and node.primitive.step,
                "parents": parents[i],
                "data": json_number(sweep.data[node]),
                "partials": list(map(json_number, node.partials)),
                "expression": _template(folding.expression(node)),
                "rules": list(map(_template, folding.rules(node))),
            }
            for i, node in enumerate(order)
        ],
    }


def _shorts(order: Sequence[Value], called: Sequence[str]) -> list[str]:
    """Short names; of constants their number."""
    named = [i for i, node in enumerate(order) if node.primitive is not CONSTANT]
    found = list(called)
    for i, short in zip(named, short_names([called[i] for i in named]), strict=True):
        found[i] = short
    return found


def _formulas(sweep: Sweep, names: Names, number: Mapping[Value, int]) -> list[Any]:
    """The root as one expression of the leaves, or else line by line as it was named."""
    written = {node: f"\0{i}\0" for node, i in number.items()}
    whole = _whole(sweep, written)
    if whole is not None:
        return [[number[sweep.root], _template(whole)]]
    folding = Folding(sweep, names, fold=True)
    named = [node for node in reversed(sweep.order) if names.given(node) and node.parents]
    shown = dict.fromkeys([sweep.root, *named])
    folding.names = written
    return [[number[node], _template(folding.expression(node))] for node in list(shown)[:LINES]]


def _whole(sweep: Sweep, written: Mapping[Value, str]) -> Formula | None:
    """The root as an expression of the leaves, where it is short."""
    found: dict[Value, Formula] = {}
    for node in sweep.order:
        if node.primitive is not None and node.parents:
            inputs = [Formula(ELLIPSIS) if p is None else found[p] for p in shortened(node)]
            found[node] = operation(node.primitive, inputs)
        else:
            constant = node.primitive is CONSTANT
            found[node] = number_as_formula(node._data) if constant else Formula(written[node])
        if found[node].size > LONGEST_WHOLE:
            return None
    return found[sweep.root]


def _kind(node: Value) -> str:
    if node.parents:
        return "operation"
    if node.primitive is CONSTANT:
        return "constant"
    return "detached" if node.primitive is DETACHED else "leaf"


def _template(formula: Formula | None) -> list[str | int]:
    """Split a formula at its nodes: ["2 * ", 7, " + ", 3]; none is empty."""
    parts = re.split("\0(\\d+)\0", text(formula)) if formula is not None else []
    return [int(part) if i % 2 else part for i, part in enumerate(parts) if part]


def _page(graph: dict[str, Any], table: Table, quiz: Quiz) -> str:
    scripts = [javascript.source("numbers.js"), *[_source(f"{name}.js") for name in SCRIPTS]]
    return filled(
        _source("page.html"),
        graph,
        style=_source("page.css"),
        partials=f"{table.code()}\n{quiz.code()}",
        script="\n".join(scripts),
    )


def _source(name: str) -> str:
    """Return the text of a file of the page."""
    return javascript.source(f"stepper_page/{name}")
