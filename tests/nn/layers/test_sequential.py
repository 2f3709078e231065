"""Sequential and Elementwise."""

import random

import pytest
from layer_examples import ARCHITECTURES

import autograd
import nn
from autograd import Value


def test_a_sequential_feeds_each_module_to_the_next():
    layers = nn.Layer(2, 3, activation="linear"), nn.Layer(3, 2, activation="sigmoid")
    model = nn.Sequential(layers[0], autograd.tanh, layers[1])
    x = [0.5, -1.0]
    expected = layers[1]([v.tanh() for v in layers[0](x)])
    assert [v.data for v in model(x)] == [v.data for v in expected]
    assert len(model) == 3 and list(model)[2] is model[-1] is layers[1]
    assert [v.data for v in model[1:](layers[0](x))] == [v.data for v in expected]
    assert next(iter(model.state_dict())) == "layers.0.neurons.0.weights.0"
    assert repr(model[:2]) == "Sequential(Layer(2, 3, activation='linear'), Elementwise('tanh'))"
    assert len(model.summary().splitlines()) == 4


def test_a_sequential_with_one_output_returns_a_bare_value_and_takes_one():
    rng = random.Random(0)
    model = nn.Sequential(nn.MLP(2, [3, 1]), nn.Layer(1, 4, rng=rng), nn.Layer(4, 1, rng=rng))
    assert isinstance(model([1.0, 2.0]), Value)
    assert nn.accuracy(model, [[0.0, 1.0], [1.0, 0.0]], [-1, 1]) in (0.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ([nn.Flatten()], r"argument 1 of `Sequential` must be .*list modules singly"),
        (nn.Flatten, r"argument 1 of .*create it first, as Flatten\(\)"),
        (3, "argument 1 of `Sequential` must be a Module, a function or the name"),
    ],
)
def test_a_sequential_takes_modules_and_functions(item, message):
    with pytest.raises(TypeError, match=message):
        nn.Sequential("tanh", item)
    with pytest.raises(ValueError, match="unknown activation 'tanhh'"):
        nn.Sequential("tanhh")


def test_an_elementwise_function_keeps_the_nesting():
    out = nn.Elementwise(lambda v: v * v)([[1.0, 2.0], [Value(3.0), 4]])
    assert [[v.data for v in row] for row in out] == [[1.0, 4.0], [9.0, 16.0]]
    assert nn.Elementwise("relu")(-1.0).data == 0.0


def test_the_architecture_of_a_sequential_holds_those_of_its_modules():
    model = nn.Sequential(*(module for module, _ in ARCHITECTURES))
    modules = [expected for _, expected in ARCHITECTURES]
    assert model.architecture() == {"class": "Sequential", "modules": modules}
