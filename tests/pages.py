"""The page of the stepper, read back: its numbers beside the engine's."""

import json
import math
import re

from autograd.engine.graph import topological_order
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.words.textbook import Presented


def graph_in(page):
    data = re.search(r'<script type="application/json" id="graph">(.*?)</script>', page)
    return json.loads(data[1])


def number(text):
    return None if text == "" else float(text)


def table(page):
    """What the page shows of each node, in full precision: name -> (data, gradient)."""
    rows = page.eval_on_selector_all(
        "#rows tr",
        """rows => rows.map(r => [r.cells[0].textContent,
                                  r.cells[2].dataset.value, r.cells[3].dataset.value])""",
    )
    return {name: (number(data), number(gradient)) for name, data, gradient in rows}


def picture(page):
    """The same, as the picture shows it, in short: name -> (data, gradient)."""
    shown = page.eval_on_selector_all(
        "svg .node:not(.group-node, .bundle-node)",
        """gs => gs.map(g => ["name", "data", "grad"].map(
            kind => g.querySelector(`text.${kind}`).textContent))""",
    )
    return {name: tuple(text.split()[-1] for text in numbers) for name, *numbers in shown}


def close(a, b):
    if a is None or b is None or not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (a is not None and b is not None and a != a and b != b)
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b)) + 1e-300


def assert_equal_to_the_engine(page, root):
    """At the last step data and gradients of all nodes are those of a fresh backward."""
    page.click("#last") if page.is_enabled("#last") else None
    for node in topological_order(root):
        node.grad = 0.0
    root.backward()
    order = topological_order(*Presented([root]).roots)  # links without a name are left out
    rows = page.eval_on_selector_all(
        "#rows tr", "rows => rows.map(r => [r.cells[2].dataset.value, r.cells[3].dataset.value])"
    )
    assert len(rows) == len(order)
    scale = max(abs(node.grad) for node in order if math.isfinite(node.grad))
    for (data, gradient), node in zip(rows, order, strict=True):
        assert close(number(data), node.data), (node, data)
        if node.primitive not in (CONSTANT, DETACHED):
            equal = close(number(gradient), node.grad)
            assert equal or abs(number(gradient) - node.grad) <= 1e-12 * scale, (node, gradient)


def rebuilt(root):
    """The same graph, recorded anew from the present data of its leaves."""
    new = {}
    for node in topological_order(root):
        if node.parents:
            new[node] = node.primitive(*[new[p] for p in node.parents])
        else:
            new[node] = node
    return new[root]
