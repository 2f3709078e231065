import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nn
from autograd import Value, no_grad
from autograd.words.numbers import numeral

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
    assert len(groups(root, "node")) == 2 + 33 + 1  # inputs, neurons, output
    assert len(groups(root, "edge")) == 2 * 16 + 16 * 16 + 16 + 1
    assert len(groups(root, "cluster")) == 3
    for i, hidden in enumerate(model.layers[0]([1.0, 2.0])):
        assert [f"neurons.{i}", f"data {numeral(hidden.data)}"] in groups(root, "node")


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


def test_neurons_are_drawn_in_their_order():
    root = svg_of(nn.draw(nn.MLP(2, [16, 16, 1]), [1.0, 2.0]))
    heights = {}
    for text in root.iter(f"{SVG}text"):
        if (text.text or "").startswith("neurons."):
            heights.setdefault(text.text, []).append(float(text.get("y")))
    firsts = [min(heights[f"neurons.{i}"]) for i in range(1, 16)]
    assert firsts in (sorted(firsts), sorted(firsts)[::-1])  # from the bottom in Graphviz 2.43


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
