"""Groups: large graphs with one box for what belongs together; gradients at the arrows."""

import random
import re
from fractions import Fraction

import pytest
from networks import mazur
from random_programs import RandomProgram

import autograd
import nn
from autograd import Value, draw
from autograd.engine.graph import topological_order
from autograd.engine.primitive import CONSTANT
from autograd.pictures.groups import BOXES, Groups, groups_of
from autograd.words.names import Names


def lines(drawing):
    return drawing.tree.splitlines()


def squares():
    w, b = Value(2.0, "w"), Value(1.0, "b")
    xs = [Value(float(i), f"x{i}") for i in range(20)]
    loss = sum(((w * x + b - 1.1 * i) ** 2 for i, x in enumerate(xs)), Value(0.0, "start")) / 20
    loss.label = "loss"
    return loss


def test_what_has_no_name_is_written_out_where_it_is_used():
    E, names = mazur()
    E.backward()
    shown = lines(draw(E, names=names, fold=True))
    assert "net_o1 | = w5 * out_h1 + w6 * out_h2 + b2 | data 1.1059 | grad 0.1385" in shown
    assert "E_o1 | = 0.5 * (0.01 - out_o1) ** 2 | data 0.27481 | grad 1" in shown
    assert len(shown) == 1 + 2 + 2 + 2 + 2 + 2 + 8 + 2 + 2


def test_a_small_graph_is_not_folded_unless_asked_for():
    E, names = mazur()
    assert draw(E, names=names).source.count("shape=ellipse") > 10
    assert "shape=ellipse" not in draw(E, names=names, fold=True).source
    assert "shape=ellipse" not in draw(squares()).source
    assert "shape=ellipse" in draw(squares(), fold=False).source
    assert "shape=ellipse" in draw(squares(), partials=True).source


def test_equal_shapes_are_one_box():
    loss = squares()
    loss.backward()
    assert lines(draw(loss)) == [
        "loss | = (start + Σ v4) / 20 | data 118.13 | grad 1",
        "v4 | = (w * x# + b - c) ** 2 | 20 values | data 1 … 327.61 | grad 0.05",
        "w | data 2 | grad 241.3",
        "x# | 20 values | data 0 … 19 | grad 0.2 … 3.62",
        "b | data 1 | grad 19.1",
        "start | data 0 | grad 0.05",
    ]


def test_the_layers_of_a_network_are_boxes():
    model = nn.MLP(2, [16, 16, 1], activation="tanh", rng=0)
    loss = sum(((model(x) - 0.3) ** 2 for x in ([0.0, 1.0], [1.0, 1.0])), Value(0.0, "start"))
    drawing = draw(loss)
    shown = lines(drawing)
    assert len(shown) == 2 * 3 + 3 + 2  # weights and biases; hidden, hidden, error; start, loss
    assert any(line.startswith("layers.1.neurons.#.weights.# | 256 values") for line in shown)
    tanh = [line for line in shown if "= tanh(Σ " in line]
    assert len(tanh) == 2 and all("| 32 values |" in line for line in tanh)


def check_arrows(order, groups):
    """There is an arrow from box to box exactly where there is one from node to node."""
    inside = groups.inner
    expected = set()
    for node in order:
        for parent in node.parents:
            if parent.primitive is CONSTANT:
                continue
            ends = []
            for x in (parent, node):
                while x in inside:
                    (x,) = [y for y in order if any(p is x for p in y.parents)]
                ends.append(groups.box_of(x))
            if ends[0] is not ends[1]:
                expected.add(tuple(ends))
    assert set(groups.arrows()) == expected
    place = {group: i for i, group in enumerate(groups.boxes)}
    assert all(tail in place and head in place for tail, head in expected)
    seen, left = set(), set(groups.boxes)
    while left:  # no arrow leads back
        free = {g for g in left if all(t in seen for t, h in expected if h is g)}
        assert free
        seen |= free
        left -= free


def test_arrows_are_those_of_the_graph_and_lead_one_way():
    graphs = [squares(), mazur()[0]]
    for seed in range(40):
        rng = random.Random(seed)
        xs = [rng.uniform(-1, 1) for _ in range(3)]
        graphs.append(RandomProgram(rng, [xs])([Value(x, f"x{i}") for i, x in enumerate(xs)]))
    for root in graphs:
        order = topological_order(root)
        for alike in (False, True):
            groups = Groups(order, [root], Names(order), alike)
            assert sum(len(set(g.members)) for g in set(groups.of.values())) == len(groups.of)
            check_arrows(order, groups)


def test_many_boxes_become_few():
    root = squares()
    order = topological_order(root)
    assert len(groups_of(order, [root], Names(order)).boxes) <= BOXES


def test_constants_that_differ_are_no_number():
    x = Value(2.0, "x")
    terms = [(x - 0.5 * i) ** 2 for i in range(40)] + [(x - 1.0) ** 3 for _ in range(3)]
    shown = draw(sum(terms[1:], terms[0])).tree
    assert "= x - c | 43 values" in shown
    assert "= v1 ** 2 | 40 values" in shown and "= v1 ** 3 | 3 values" in shown


def test_hostile_names_and_other_kinds_of_leaves_stay_text():
    nasty = '<b>"|{}\\N'
    xs = [Value(Fraction(i, 3), f"{nasty}{i}") for i in range(70)]
    detached = (xs[0] * 2).detach()
    root = autograd.dot(xs, xs) * detached + autograd.logsumexp(xs)
    drawing = draw(root)
    assert "detached" in drawing.tree
    assert "<b>" not in drawing.source and "70 values" in drawing.source
    pytest.importorskip("pygraphviz")
    assert b"&lt;b&gt;" in drawing.pipe("svg")


def test_drawing_in_groups_changes_nothing():
    loss = squares()
    loss.backward()
    before = [(n.data, n.grad, n.label) for n in topological_order(loss)]
    draw(loss, gradients=True)
    assert [(n.data, n.grad, n.label) for n in topological_order(loss)] == before


def arrows(drawing):
    """Width and line of each arrow of the DOT source, by its ends."""
    found = re.findall(r"\t(\w+) -> (\w+) \[(.*?)\]", drawing.source)
    return {
        (a, b): (float(re.search(r"penwidth=(\S+?)[\s\]]|$", look + " ").group(1)), look)
        for a, b, look in found
    }


@pytest.mark.parametrize("fold", [False, True])
def test_gradients_at_the_arrows_by_width_and_line(fold):
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    q.label = "q"
    f = q * z
    with pytest.raises(ValueError, match="`gradients` shows what backward"):
        draw(f, gradients=True, fold=fold)
    f.backward()
    drawing = draw(f, gradients=True, fold=fold)
    assert "What flows back" in drawing.source
    place = {node: f"n{i}" for i, node in enumerate(topological_order(f))}
    to = (lambda node: place[node]) if fold else (lambda node: f"op{place[node]}")
    found = arrows(drawing)
    down, up = found[place[q], to(f)], found[place[z], to(f)]
    assert down[0] == 5.0 > up[0] > 0.5  # -4 and 3
    assert "style=dashed" in down[1] and "style=solid" in up[1]
    assert re.search("color=.#1d4ed8", down[1]) and re.search("color=.#b45309", up[1])
    assert "penwidth" not in draw(f, fold=fold).source.split("->", 1)[1]


def test_where_nothing_or_both_flows_the_line_is_dotted():
    x = Value(2.0, "x")
    y = x * 3 - x * 3 + x * 0
    y.backward()
    shown = draw(y, gradients=True, fold=True)
    assert "style=dotted" in shown.source
