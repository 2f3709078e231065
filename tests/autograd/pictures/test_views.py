"""Views: large graphs in pieces, as data and in the browser; and the short names in their boxes."""

from functools import cache
from itertools import pairwise
from random import Random

import pytest
from pages import assert_equal_to_the_engine, graph_in, rebuilt, table

import nn
from autograd import Value, stepper
from autograd.engine.graph import topological_order
from autograd.pictures.pieces import MOST, Graph
from autograd.pictures.short_names import LONGEST, parts, short_names
from autograd.pictures.views import FOLDED, views


def network(sizes=(2, 16, 16, 1), examples=4):
    """The loss of a multilayer perceptron over some examples, and the model."""
    model = nn.MLP(sizes[0], list(sizes[1:]))
    rng = Random(0)
    for parameter in model.parameters():
        parameter.data = rng.uniform(-1, 1)
    loss = Value(0.0)
    for _ in range(examples):
        loss = loss + (model([rng.uniform(-1, 1) for _ in range(sizes[0])]) - 1.0) ** 2
    loss.label = "loss"
    return loss, {"model": model}


def recurrent(steps=12):
    """A cell that is used again and again, so that its pieces feed each other."""
    cell = nn.MLP(2, [3, 1])
    h = Value(0.5, "h")
    for k in range(steps):
        h = cell([h, 0.1 * k])
    return h, {"cell": cell}


def chain(n):
    x = Value(1.0, "x")
    for _ in range(n):
        x = x * 1.001
    return x, {}


def random_graph(seed):
    rng = Random(seed)
    values = [Value(rng.uniform(-1, 1), f"m.part{i % 3}.w[{i}]") for i in range(9)]
    for _ in range(120):
        a, b = rng.choice(values), rng.choice(values[-20:])
        values.append(rng.choice((lambda a=a, b=b: a * b, lambda a=a, b=b: a + b, a.tanh))())
    return sum(values[-30:], Value(0.0)), {}


# Short names


def test_paths_are_split_where_their_parts_end():
    assert parts("model.layers.0.neurons.3.weights.1") == [
        *("model", "layers.0", "neurons.3", "weights.1"),
    ]
    assert parts("wte[0][1]") == ["wte", "[0]", "[1]"] and parts("w1") == ["w1"]
    assert parts("a b.c") == ["a b.c"]  # no path


def test_short_names_are_whole_and_differ():
    names = ["model.layers.0.neurons.3.weights.1", "model.layers.1.neurons.3.bias", "x", "loss"]
    assert short_names(names) == ["l0·n3·w1", "l1·n3·bias", "x", "loss"]
    assert short_names(names[:1]) == ["w1"]  # what all paths begin with tells nothing
    assert short_names(twins := ["a.layers.10.w", "a.lengths.10.w"]) == twins
    assert short_names(["the error of the second example"]) == ["the error of the …"]
    assert short_names(["a_label_of_twenty_four_c"]) == ["a_label_of_twenty_four_c"]
    model = nn.MLP(3, [4, 2])
    found = short_names([f"net.{name}" for name, _ in model.named_parameters()])
    assert len(set(found)) == len(found) and max(map(len, found)) <= 10


def test_the_longest_names_are_cut():
    (short,) = short_names(["x" * 1000])
    assert len(short) == LONGEST


# Views as data

GRAPHS = {
    "network": network,
    "recurrent": recurrent,
    "chain": lambda: chain(300),
    "random": lambda: random_graph(1),
    "other": lambda: random_graph(2),
}


def page_of(made):
    root, names = made
    return graph_in(stepper(root, names=names).html)


@cache
def page_named(name):
    """The page of one of `GRAPHS`, made once."""
    return page_of(GRAPHS[name]())


@pytest.mark.parametrize("name", GRAPHS)
def test_operations_come_after_what_they_need(name):
    graph = page_named(name)
    place = {i: k for k, i in enumerate(graph["operations"])}
    nodes = graph["nodes"]
    assert sorted(place) == [i for i, node in enumerate(nodes) if node["parents"]]
    for i, k in place.items():
        assert all(place[p] < k for p in nodes[i]["parents"] if nodes[p]["parents"])


@pytest.mark.parametrize("name", GRAPHS)
def test_every_operation_is_in_one_item_of_each_view_around_it(name):
    graph = page_named(name)
    shown = graph["views"]
    for view in shown:
        inside = [item for item in view["items"] if not item.get("outside")]
        covered = []
        for item in inside:
            if "view" in item:
                inner = shown[item["view"]]
                covered += range(inner["first"], inner["last"] + 1)
                assert shown[inner["parent"]] is view
            elif "node" in item and graph["nodes"][item["node"]]["parents"]:
                covered.append(graph["operations"].index(item["node"]))
        assert sorted(covered) == list(range(view["first"], view["last"] + 1))
        assert sum("view" in item or "node" in item for item in inside) <= 4 * MOST


@pytest.mark.parametrize("name", GRAPHS)
def test_in_a_view_nothing_overlaps_and_edges_go_forward(name):
    for view in page_named(name)["views"]:
        for source, target, *_ in view["edges"]:
            assert view["layer"][source] < view["layer"][target]
        for layer in set(view["layer"]):
            row = sorted(
                h for h, at in zip(view["height"], view["layer"], strict=True) if at == layer
            )
            assert all(b - a > 1 - 1e-9 for a, b in pairwise(row))


def test_a_network_folds_by_layer_and_neuron():
    graph = page_named("network")
    shown = graph["views"]
    assert [(v["name"], v["note"]) for v in shown[:5]] == [
        ("network", "404 operations"),
        ("layers.0", "16 neurons, 192 operations"),
        ("layers.1", "16 neurons, 192 operations"),
        ("layers.2", "8 operations"),
        ("to loss", "12 operations"),
    ]
    assert len(shown[0]["items"]) <= 6
    (neuron,) = (v for v in shown if v["title"] == "layers.1.neurons.3")
    assert {item.get("name") for item in neuron["items"] if "leaves" in item} == {"16 weights"}
    outside = {shown[item["view"]]["name"] for item in neuron["items"] if item.get("outside")}
    assert outside == {"layers.0", "layers.2"}


def test_what_is_used_again_is_another_piece():
    graph = page_of(recurrent())
    titles = [view["name"] for view in graph["views"]]
    assert any(title.endswith("(2)") for title in titles)


def test_operations_before_the_first_parameter_belong_to_nothing():
    x = Value(0.5, "x")
    for _ in range(40):
        x = x * 1.01
    w, v = Value(2.0, "net.a.w"), Value(3.0, "net.b.w")
    graph = page_of(((x * w).tanh() * w + x * v * v, {}))
    names = [view["name"] for view in graph["views"]]
    assert {"network", "a", "b"} <= set(names)


def test_a_small_graph_is_one_view():
    x = Value(2.0, "x")
    graph = page_of((x * x + 1, {}))
    (view,) = graph["views"]
    assert view["parent"] is None and len(view["items"]) == len(graph["nodes"])
    (square,) = (i for i, node in enumerate(graph["nodes"]) if node["op"] == "*")
    edges = [edge for edge in view["edges"] if edge[1] == square]
    assert [edge[2:] for edge in edges] == [[0, 2], [1, 2]]  # x * x has two


def test_pieces_that_feed_each_other_are_not_put_together():
    # a0, b0 and b1 -> a1 -> b2, where b0 -> a0: two groups in a circle
    names = [*(f"p{i}" for i in range(4)), *(f"v{i}" for i in range(70))]
    parents = [[] for _ in range(4)]
    for i in range(70):
        parents.append([max(0, 4 + i - 1) if i else 0, i % 2])
    kinds = ["leaf"] * 4 + ["operation"] * 70
    names[:2] = ["m.a.w", "m.b.w"]
    operations, shown = views(Graph(names, kinds, parents))
    assert len(operations) == 70 and len(shown) > 1 and len(parents) > FOLDED


# In the browser


def box(page, name):
    return page.locator("svg .node", has=page.locator(f"text.name:text-is('{name}')"))


def test_drilling_down_by_mouse_and_up_by_the_trail(show):
    root, names = network()
    page = show(root, names=names)
    page.click("#last")
    assert page.locator("svg .node").count() <= 6
    box(page, "layers.1").click()
    assert page.locator("svg .group-node:not(.outside)").count() == 16
    box(page, "neurons.3").click()
    assert page.locator("#trail button").all_text_contents() == [
        *("network", "layers.1", "neurons.3"),
    ]
    operations = page.locator("svg .operation text.op-text").all_text_contents()
    assert sorted(operations) == ["+"] * 4 + ["dot"] * 4 + ["relu"] * 4
    page.locator("svg .operation rect").first.click()
    assert "Backward" in page.inner_text("#panel h2")
    page.click("#trail button >> nth=0")
    assert box(page, "to loss").count() == 1
    assert_equal_to_the_engine(page, rebuilt(root))


def test_drilling_down_by_keyboard_and_stepping_over_groups(show):
    root, names = network()
    page = show(root, names=names)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#count") == "404 of 809"  # a layer is one step
    box(page, "layers.0").focus()
    page.keyboard.press("Enter")
    box(page, "neurons.0").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#count") == "1 of 809"  # here it is an operation
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#count") == "24 of 809"  # after the neuron's 12 the next one at once
    assert page.locator("#trail button").all_text_contents() == ["network", "layers.0"]
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#count") == "12 of 809"


def test_back_undoes_next(show):
    root, names = network((2, 3, 1), 3)
    page = show(root, names=names)
    steps = [page.inner_text("#count")]
    while page.is_enabled("#next"):
        page.click("#next")
        steps.append(page.inner_text("#count"))
    for expected in reversed(steps[:-1]):
        page.click("#back")
        assert page.inner_text("#count") == expected


def test_a_group_shows_the_range_of_its_results(show):
    root, names = network()
    page = show(root, names=names)
    page.click("#last")
    root.backward()
    graph = page.evaluate("[GRAPH.views[1].first, GRAPH.views[1].last, operations]")
    first, last, operations = graph
    order = topological_order(root)
    inside = {order[i] for i in operations[first : last + 1]}
    results = [v for v in inside if any(v in w.parents for w in order if w not in inside)]
    low, high = (f(v.data for v in results) for f in (min, max))
    shown = box(page, "layers.0").locator("text.data").text_content()
    assert shown == f"data {float(f'{low:.2g}'):g} … {float(f'{high:.2g}'):g}"
    low, high = (f(v.grad for v in results) for f in (min, max))
    shown = box(page, "layers.0").locator("text.grad").text_content()
    assert shown == f"grad {float(f'{low:.2g}'):g} … {float(f'{high:.2g}'):g}"


def test_leaves_are_grouped_by_layer(show):
    root, names = network()
    page = show(root, names=names)
    groups = page.locator("#leaves > details > summary").all_text_contents()
    assert groups == [
        *("layers.0: 48 numbers", "layers.1: 272 numbers", "layers.2: 17 numbers"),
    ]
    page.click("#leaves > details >> nth=0")
    page.click("#leaves details details >> nth=2")
    field = "input[aria-label='model.layers.0.neurons.2.bias, number']"
    page.fill(field, "1/4")
    dict(names["model"].named_parameters())["layers.0.neurons.2.bias"].data = 0.25
    assert_equal_to_the_engine(page, rebuilt(root))


def test_a_box_of_a_leaf_leads_to_its_field(show):
    root, names = network()
    page = show(root, names=names)
    box(page, "layers.1").click()
    box(page, "neurons.3").click()
    box(page, "l1·n3·bias").click()
    assert page.is_visible("input[aria-label='model.layers.1.neurons.3.bias, number']")


def test_a_thousand_nodes_draw_no_more_than_an_eye_can_take(show):
    root, names = chain(600)
    page = show(root, names=names)
    assert page.locator("svg .node").count() <= MOST + 4
    page.click("#last")
    assert page.locator("#trail button").count() == 1
    while page.locator("svg .group-node:not(.outside)").count():
        page.locator("svg .group-node:not(.outside)").first.click()
        assert page.locator("svg .node").count() <= 2 * MOST + 8
    assert page.locator("svg .operation").count() > 1
    assert table(page)["v600"][0] == pytest.approx(1.001**600)


@pytest.mark.parametrize("width", [400, 800, 1280, 1600])
@pytest.mark.parametrize("made", ["neuron", "network", "mazur"])
def test_text_is_never_smaller_than_12_pixels(show, width, made):
    if made == "neuron":
        x1, x2, w1, w2, b = (
            Value(x, n) for x, n in zip((2, 0.1, -3, 1, 6.88), "uvwxb", strict=True)
        )
        root, names = (x1 * w1 + x2 * w2 + b).tanh(), {}
    elif made == "network":
        root, names = network()
    else:
        from networks import mazur

        root, names = mazur()
    page = show(root, names=names)
    page.set_viewport_size({"width": width, "height": 800})
    page.click("#last")
    sizes = page.eval_on_selector_all(
        "svg .node text",
        """ts => ts.map(t => parseFloat(getComputedStyle(t).fontSize) *
                              t.getScreenCTM().a)""",
    )
    assert min(sizes) >= 12
    frame, drawing = (page.locator(s).bounding_box() for s in ("#picture", "#picture svg"))
    filled = max(drawing["width"] / frame["width"], drawing["height"] / frame["height"])
    assert filled > 0.8
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = """gs => gs.every(g => {
        const box = g.querySelector("rect").getBBox();
        return [...g.querySelectorAll("text.name, text.data, text.grad")].every(
            t => t.getBBox().x + t.getBBox().width <= box.x + box.width);
    })"""
    assert page.eval_on_selector_all("svg .node", inside)
    page.set_viewport_size({"width": 1200, "height": 800})
