import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nn
from autograd import Value, no_grad
from autograd.words.numbers import numeral
from nn.pictures.columns import columns_of

SVG = "{http://www.w3.org/2000/svg}"


def svg_of(drawing):
    pytest.importorskip("pygraphviz")
    return ET.fromstring(drawing.pipe("svg"))


def groups(root, kind):
    """The texts of all nodes, edges or clusters of a picture."""
    return [
        ["".join(text.itertext()).replace("\u00a0", " ") for text in g.iter(f"{SVG}text")]
        for g in root.iter(f"{SVG}g")
        if g.get("class") == kind
    ]


def test_a_small_network_is_drawn_in_full():
    model = nn.MLP(2, [3, 1], activation="tanh")
    root = svg_of(nn.draw(model, [0.5, -1.0]))
    assert sorted(groups(root, "cluster")) == sorted(
        [
            ["layers.0  Layer(2, 3, activation='tanh')"],
            *([f"neurons.{i}  Neuron(2, activation='tanh')"] for i in range(3)),
            ["layers.1  Layer(3, 1, activation='linear')"],
            ["neurons.0  Neuron(3, activation='linear')"],
        ]
    )
    nodes = groups(root, "node")
    results = 3 * 3 + 2  # dot, +, tanh in each hidden neuron; dot, + in the last
    assert len(nodes) == 2 + len(model.parameters()) + 2 * results
    assert ["x[0]", "data 0.5"] in nodes and ["x[1]", "data -1"] in nodes
    assert ["output", f"data {numeral(model([0.5, -1.0]).data)}"] in nodes


def test_weights_are_drawn_in_the_frame_of_their_neuron():
    model = nn.Layer(1, 2, activation="linear")
    source = nn.draw(model, [1.0], fmt=".17g").source
    frames = re.findall(r"subgraph cluster\d+ \{(.*?)\n\t\}", source, re.DOTALL)
    assert len(frames) == 2
    for frame in frames:
        neuron = model.neurons[int(re.search(r"neurons\.(\d)", frame).group(1))]
        assert f"weights.0 | data {neuron.weights[0].data:.17g}" in frame
        assert "x[0]" not in frame and frame.count("shape=ellipse") == 2


def test_a_larger_network_shows_one_box_per_neuron():
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    root = svg_of(nn.draw(model, [1.0, 2.0]))
    nodes = groups(root, "node")
    assert len(nodes) == 3 + 2 + 33 + 1  # frames, inputs, neurons, output
    assert len(groups(root, "edge")) == 2 * 16 + 16 * 16 + 16 + 1
    assert ["layers.1  Layer(16, 16, activation='relu')"] in nodes
    for i, hidden in enumerate(model.layers[0]([1.0, 2.0])):
        off = [] if hidden.data else ["off"]
        assert [f"neurons.{i}", f"data {numeral(hidden.data)}", *off] in nodes


def test_a_large_network_shows_one_box_per_layer():
    model = nn.MLP(64, [32, 10])
    x = [i / 64 for i in range(64)]
    root = svg_of(nn.draw(model, x))
    hidden = [v.data for v in model.layers[0](x)]
    nodes = groups(root, "node")
    assert len(nodes) == 1 + 2 + 10
    assert [
        "layers.0  Layer(64, 32, activation='relu')",
        "2,080 parameters",
        "32 values",
        f"min {numeral(min(hidden))}",
        f"mean {numeral(np.mean(hidden))}",
        f"max {numeral(max(hidden))}",
    ] in nodes
    assert ["output[3]", f"data {numeral(model(x)[3].data)}"] in nodes
    assert len(groups(root, "edge")) == 1 + 1 + 10


def places(root):
    """The box of each node, (left, top, right, bottom), by its texts."""
    found = {}
    for g in root.iter(f"{SVG}g"):
        if g.get("class") == "node":
            texts = [
                "".join(text.itertext()).replace("\u00a0", " ") for text in g.iter(f"{SVG}text")
            ]
            shape = next(e for e in g if e.tag in (f"{SVG}polygon", f"{SVG}path"))
            numbers = re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape.get("points") or shape.get("d"))
            x, y = zip(*[(float(a), float(b)) for a, b in numbers], strict=True)
            found.setdefault(" ".join(texts), []).append((min(x), min(y), max(x), max(y)))
    return found


def test_layers_are_columns_from_top_to_bottom_with_titles_above_all_arrows():
    model = nn.MLP(6, [16, 16, 1], rng=1)
    root = svg_of(nn.draw(model, [0.1 * i for i in range(6)], fmt=".1f"))
    found = places(root)
    for title in ("x", "neurons"):
        by_column = {}
        for texts, boxes in found.items():
            match = re.match(rf"{title}\W(\d+)", texts)
            for left, top, *_ in boxes if match else []:
                by_column.setdefault(round(left), []).append((int(match[1]), top))
        for column in by_column.values():
            assert [top for _, top in sorted(column)] == sorted(top for _, top in column)
    edges = [g for g in root.iter(f"{SVG}g") if g.get("class") == "edge"]
    paths = [path.get("d") for g in edges for path in g.iter(f"{SVG}path")]
    arrows = [float(y) for path in paths for _, y in POINT.findall(path)]
    titles = [t for t in root.iter(f"{SVG}text") if (t.text or "").startswith("layers")]
    assert len(titles) == 3 and max(float(t.get("y")) for t in titles) < min(arrows)


@pytest.mark.parametrize("sizes", [(2, [3, 1]), (3, [4, 2]), (3, [3, 3, 1]), (4, [5, 3])])
def test_drawn_in_full_inputs_neurons_weights_and_outputs_run_from_top_to_bottom(sizes):
    model = nn.MLP(*sizes, activation="tanh", rng=2)
    root = svg_of(nn.draw(model, [0.1 * i for i in range(sizes[0])], fold_above=500))
    runs = []  # of (index, height): those of one kind that follow each other in the file
    before = ""
    for g in root.iter(f"{SVG}g"):
        texts = list(g.iter(f"{SVG}text")) if g.get("class") in ("node", "cluster") else []
        match = re.match(r"(x|output|neurons|weights)\W(\d+)", texts[0].text if texts else "")
        if match:
            if match[1] != before or any(int(match[2]) == i for i, _ in runs[-1]):
                runs.append([])
            before = match[1]
            runs[-1].append((int(match[2]), float(texts[0].get("y"))))
    assert sum(map(len, runs)) >= sizes[0] + sum(sizes[1]) + sizes[1][-1]
    for run in runs:
        assert [y for _, y in sorted(run)] == sorted(y for _, y in run), run


POINT = re.compile(r"(-?[\d.]+),(-?[\d.]+)")


def test_arrows_are_as_wide_as_their_weights_and_broken_where_they_are_negative():
    model = nn.MLP(2, [16, 1], activation="tanh", rng=1)
    source = nn.draw(model, [1.0, 2.0], fold_above=10).source
    names = dict(re.findall(r'\t(unit\d+) \[label="neurons\.(\d+) \|', source))
    found = re.findall(r"\tinput(\d):e -> (unit\d+):w \[(.*?)\]", source)
    assert len(found) == 32
    largest = max(abs(w.data) for layer in model.layers for n in layer.neurons for w in n.weights)
    for i, unit, look in found:
        weight = model.layers[0].neurons[int(names[unit])].weights[int(i)].data
        width = float(re.search(r"penwidth=\"?([\d.]+)", look)[1])
        assert width == pytest.approx(2.5 * (0.1 + 0.9 * abs(weight) / largest), abs=0.006)
        assert ("style=solid" if weight > 0 else "style=dashed") in look


def test_units_that_are_off_say_so():
    model = nn.MLP(1, [2, 1], activation="relu", rng=0)
    for neuron, sign in zip(model.layers[0].neurons, (1.0, -1.0), strict=True):
        neuron.weights[0].data = sign
    folded = nn.draw(model, [1.0], fold_above=1).source
    assert "neurons.1 | data 0 | off" in folded and "off: relu gives 0" in folded
    assert folded.count("style=dotted") == 1 and "data 1 | off" not in folded
    full = nn.draw(model, [1.0])
    assert full.source.count("| off}") == 1 and "off: relu" not in full.source


def test_what_is_not_made_of_layers_is_left_to_graphviz():
    class Skip(nn.Module):
        def __init__(self):
            self.first, self.second = nn.Layer(2, 2, rng=0), nn.Layer(4, 1, rng=1)

        def forward(self, x):
            return self.second([*self.first(x), *x])

    assert "cluster" in nn.draw(Skip(), [1.0, 2.0], fold_above=1).source
    assert columns_of(["a", "b"], {}, [("a", "b"), ("b", "a")]) is None
    assert columns_of(["a", "b"], {}, [("a", "b")]) == [["a"], ["b"]]
    assert columns_of(["a", "b"], {"a": "f", "b": "f"}, [("a", "b")]) is None  # a frame in two


class Residual(nn.Module):
    """A user's own model: blocks in a list, sums between them, a parameter of its own."""

    def __init__(self):
        self.blocks = [nn.MLP(2, [3, 2], activation="tanh") for _ in range(2)]
        self.scale = Value(2.0)

    def __call__(self, x):
        for block in self.blocks:
            x = [a + b for a, b in zip(x, block(x), strict=True)]
        return x[0] * x[1] * self.scale


def test_a_users_own_module():
    frames = groups(svg_of(nn.draw(Residual(), [1.0, 2.0])), "cluster")
    assert ["blocks.0  MLP(2, [3, 2], activation='tanh', output='linear')"] in frames
    assert len(frames) == 2 * (1 + 2 + 5)


def test_folded_operations_between_the_parts_stay_visible():
    nodes = groups(svg_of(nn.draw(Residual(), [1.0, 2.0], fold_above=10)), "node")
    operations = [fields[0] for fields in nodes if fields[0] in "+*"]
    assert sorted(operations) == ["*", "*", "+", "+", "+", "+"]
    assert ["scale", "data 2"] in nodes


@pytest.mark.parametrize("model", [nn.Neuron(3), nn.Layer(3, 2), nn.MLP(3, [1])])
def test_each_kind_of_module(model):
    svg_of(nn.draw(model, [1, 2, 3]))
    svg_of(nn.draw(model, (Value(1.0), 2.0, np.float64(3.0)), fold_above=0))
    svg_of(nn.draw(model, np.array([1.0, 2.0, 3.0])))


def test_the_model_and_the_inputs_stay_as_they_are():
    model = nn.MLP(2, [3, 1])
    model([1.0, 2.0]).backward()
    x = [Value(1.0, "age"), 2.0]
    before = [(p.data, p.grad, p.label) for p in model.parameters()]
    attributes = {name: dict(vars(module)) for name, module in model.named_modules()}
    source = nn.draw(model, x, names={"x": [1.0, 2.0]}).source
    assert [(p.data, p.grad, p.label) for p in model.parameters()] == before
    assert {name: dict(vars(module)) for name, module in model.named_modules()} == attributes
    assert x[1] == 2.0 and x[0].grad == 0.0 and "{age | data" in source


def test_errors_of_the_model_come_through():
    model = nn.MLP(2, [3, 1])
    with pytest.raises(ValueError) as expected:
        model([1.0, 2.0, 3.0])
    with pytest.raises(ValueError) as drawn:
        nn.draw(model, [1.0, 2.0, 3.0])
    assert str(drawn.value) == str(expected.value) and drawn.value.__context__ is None


def test_a_model_that_needs_bare_numbers_gets_them():
    class Table(nn.Module):
        def __init__(self):
            self.rows = [Value(0.1), Value(0.2)]

        def forward(self, x):
            return self.rows[x[0]] * 3

    assert "rows.1 | data 0.2" in nn.draw(Table(), [1]).source


def test_above_the_limit_it_says_what_to_do():
    with pytest.raises(ValueError, match=r"nodes.*lower `fold_above`.*nn\.draw\(model\.layers"):
        nn.draw(nn.MLP(20, [80, 1]), [0.0] * 20, fold_above=10**6)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(TypeError, match="must be a Module"):
        nn.draw(Value(1.0), [1.0])
    with pytest.raises(ValueError, match="no_grad"), no_grad():
        nn.draw(nn.Neuron(1), [1.0])
    with pytest.raises(ValueError, match="`fmt`"):
        nn.draw(nn.Neuron(1), [1.0], fmt="q")

    class Text(nn.Module):
        def forward(self, x):
            return "no Value"

    with pytest.raises(TypeError, match="must return a Value"):
        nn.draw(Text(), [1.0])


def test_the_text_lists_the_layers_of_a_large_network():
    tree = nn.draw(nn.MLP(64, [32, 10]), [0.0] * 64).tree
    assert tree.splitlines()[0].startswith("layers.0") and "output[9] | data" in tree


def test_drawing_moves_no_random_numbers_and_keeps_nothing():
    class Noisy(nn.Module):
        def __init__(self):
            self.layer, self.rng = nn.Layer(2, 2, rng=1), random.Random(3)
            self.last = "nothing yet"

        def forward(self, x):
            noise = self.rng.random() + random.random() + np.random.random()
            self.last = [v + noise for v in self.layer(x)]
            return self.last

    own = Noisy()
    model = nn.Sequential(nn.Dropout(0.5, seed=2), own, nn.Dropout(0.5, seed=4))

    def state():
        generators = [model[0].generator, model[2].generator]
        states = [generator.bit_generator.state for generator in generators]
        return states, own.rng.getstate(), random.getstate(), np.random.get_state()[2], own.last

    before = state()
    assert "Dropout" in nn.draw(model, [1.0, 2.0]).source
    assert state() == before
    with pytest.raises(ValueError, match="takes 2 inputs, got 3"):
        nn.draw(model, [1.0, 2.0, 3.0])
    assert state() == before
