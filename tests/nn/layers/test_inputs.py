"""What goes into a layer."""

import random

import numpy as np
import pandas as pd
import pytest

import nn
from autograd import Value
from nn.layers.inputs import flat_values


def test_inputs_may_be_numbers_arrays_or_values():
    model = nn.MLP(2, [3, 1], rng=random.Random(0))
    x = [Value(0.5), Value(-1.0)]
    outputs = [model(x), model([0.5, -1]), model(np.array([0.5, -1.0])), model((0.5, np.int64(-1)))]
    assert len({o.data for o in outputs}) == 1
    outputs[0].backward()
    assert x[0].grad != 0


@pytest.mark.parametrize("given", [1, 3])
def test_a_wrong_number_of_inputs_names_the_layer(given):
    for module in (nn.Neuron(2), nn.Layer(2, 3), nn.MLP(2, [3, 1])):
        with pytest.raises(ValueError, match=rf"(Neuron|Layer)\(2.*takes 2 inputs, got {given}"):
            module([1.0] * given)
    broken = nn.MLP(2, [3, 1])
    broken.layers[1] = nn.Layer(4, 1)
    with pytest.raises(ValueError, match=r"Layer\(4, 1, activation='relu'\) takes 4 inputs, got 3"):
        broken([1.0, 2.0])


def test_inputs_of_another_kind():
    with pytest.raises(TypeError, match=r"takes a sequence of 2 numbers, got 1.0"):
        nn.MLP(2, [1])(1.0)
    with pytest.raises(TypeError, match="`input` must be a real number, got the string 'a'"):
        nn.MLP(2, [1])(["a", "b"])


@pytest.mark.parametrize(
    "model",
    [nn.Neuron(2), nn.Layer(2, 3), nn.MLP(2, [3, 1]), nn.Perceptron(2), nn.Linear(2, 2)],
    ids=repr,
)
def test_a_batch_says_that_a_model_takes_one_example(model):
    for batch in ([[1.0, 2.0]] * 4, np.ones((4, 2)), np.ones((2, 2)), ((Value(1.0), 2.0),)):
        with pytest.raises(ValueError, match=r"one example at a time, 2 .*nn.predict\(model, X\)"):
            model(batch)


def test_a_batch_of_images_says_so_too():
    batch = np.ones((3, 1, 4, 4))
    for layer in (nn.Conv2d(1, 2, 2), nn.MaxPool2d(2), nn.AvgPool2d(2)):
        with pytest.raises(ValueError, match=r"one example at a time, channels x rows .* 3 rows"):
            layer(batch)
    with pytest.raises(ValueError, match=r"Reshape\(1, 4, 4\) takes one example .* 16 numbers"):
        nn.Reshape(1, 4, 4)(np.ones((3, 16)))


TABLE = pd.DataFrame([[5.0, 6.0]])  # going through it gives 0 and 1, its columns


@pytest.mark.parametrize(
    "module",
    [
        *(nn.Neuron(2), nn.Layer(2, 3), nn.MLP(2, [1]), nn.Linear(2, 1), nn.Perceptron(2)),
        *(nn.LayerNorm(2), nn.RMSNorm(2), nn.LSTM(2, 3), nn.PositionalEncoding(2)),
        *(nn.Dropout(), nn.Flatten(), nn.Reshape(1, 1, 2), nn.Embedding(3, 2), nn.GELU()),
        *(nn.Sequential("relu"), nn.Conv2d(1, 1, 1), nn.MaxPool2d(1)),
    ],
    ids=repr,
)
def test_the_keys_of_a_dict_or_table_are_no_inputs(module):
    for keyed in (TABLE, {0: 5.0, 1: 6.0}, {5.0, 6.0}):
        with pytest.raises(
            (TypeError, ValueError), match=r"takes (a|one|an)|must be a real number"
        ):
            module(keyed)


@pytest.mark.parametrize(
    "module",
    [
        *(nn.MLP(2, [1]), nn.LayerNorm(2), nn.RMSNorm(2), nn.GELU(), nn.Flatten()),
        nn.Reshape(1, 1, 2),
    ],
    ids=repr,
)
def test_a_row_of_a_table_is_taken_in_order_whatever_it_is_labelled(module):
    def numbers(output):
        return [v.data for v in flat_values(output)]

    for index in (None, [1, 0], ["a", "b"]):
        row = pd.Series([5.0, 6.0], index=index)
        assert numbers(module(row)) == numbers(module([5.0, 6.0]))
