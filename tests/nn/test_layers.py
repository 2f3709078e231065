"""Neuron, Layer, MLP, Sequential, Perceptron, and what a Module knows about its parameters."""

import copy
import json
import math
import pickle
import random
import tomllib
import types
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from nn.data import load
from nn.layers.activations import ACTIVATIONS
from nn.layers.init import INITIALISATIONS


def test_micrograd_positional_arguments():
    assert isinstance(nn.Neuron(3, False)([1.0, 2.0, 3.0]), Value)
    assert nn.Neuron(3, False).activation is ACTIVATIONS["linear"]
    assert nn.Neuron(3).activation is ACTIVATIONS["relu"]
    assert len(nn.Layer(3, 4)([1, 2, 3])) == 4
    assert len(nn.Layer(3, 4, nonlin=False).parameters()) == 16
    model = nn.MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    assert isinstance(model([1.0, -1.0]), Value)


def test_a_neuron_is_activation_of_w_dot_x_plus_b():
    neuron = nn.Neuron(2, activation="tanh")
    for p, data in zip(neuron.parameters(), (0.5, -0.25, 0.1), strict=True):
        p.data = data
    out = neuron([2.0, 4.0])
    assert out.data == math.tanh(0.5 * 2 - 0.25 * 4 + 0.1)
    out.backward()
    slope = 1 - out.data**2
    assert [p.grad for p in neuron.parameters()] == pytest.approx([2 * slope, 4 * slope, slope])


def test_a_layer_always_returns_a_list_and_an_mlp_a_bare_value_for_one_output():
    assert isinstance(nn.Layer(2, 1)([1, 2]), list)
    assert isinstance(nn.MLP(2, [1])([1, 2]), Value)
    assert isinstance(nn.MLP(2, [3, 1])([1, 2]), Value)
    assert len(nn.MLP(2, [1, 3])([1, 2])) == 3


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name_and_as_a_function(name):
    by_name = nn.MLP(2, [3, 1], activation=name, init="xavier", rng=random.Random(1))
    as_function = nn.MLP(
        2, [3, 1], activation=ACTIVATIONS[name], init="xavier", rng=random.Random(1)
    )
    assert by_name([0.3, -0.4]).data == as_function([0.3, -0.4]).data
    assert name in repr(by_name)


def test_an_activation_of_the_users_own():
    model = nn.MLP(1, [2, 1], activation=lambda v: v * v, init="uniform", rng=random.Random(0))
    model([0.5]).backward()
    assert model.layers[0].neurons[0].weights[0].grad != 0


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


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3", None, np.int64(0)])
def test_sizes_must_be_whole_numbers(size):
    for build in (
        lambda: nn.Neuron(size),
        lambda: nn.Layer(2, size),
        lambda: nn.MLP(size, [1]),
        lambda: nn.MLP(2, [3, size]),
    ):
        with pytest.raises(ValueError, match="must be a whole number of at least 1, got"):
            build()


@pytest.mark.parametrize("nouts", [[], 3, "12"])
def test_an_mlp_needs_layers(nouts):
    with pytest.raises(ValueError, match="`nouts` must list the width of at least one layer"):
        nn.MLP(2, nouts)


def test_unknown_names_say_what_there_is():
    with pytest.raises(ValueError, match=r"unknown activation 'rellu': choose .*mean `relu`"):
        nn.MLP(2, [1], activation="rellu", output="rellu")
    with pytest.raises(ValueError, match=r"unknown initialisation 'xavir'.*mean `xavier`"):
        nn.MLP(2, [1], init="xavir")
    with pytest.raises(TypeError, match="activation must be a name or a function, got 3"):
        nn.Neuron(2, activation=3)
    assert repr(nn.MLP(2, [2, 1], activation="ReLU", output="LeakyReLU")) == (
        "MLP(2, [2, 1], activation='relu', output='leaky_relu')"
    )
    with pytest.raises(ValueError, match=r"unknown activation 'LeakyRelo'.*mean `leaky_relu`"):
        nn.Neuron(2, activation="LeakyRelo")


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_a_seed_fixes_the_weights_and_global_state_is_left_alone(init):
    random.seed(1)
    before = random.getstate()
    models = [nn.MLP(3, [4, 2], init=init, rng=random.Random(7)) for _ in range(2)]
    assert models[0].state_dict() == models[1].state_dict()
    assert random.getstate() == before
    if init not in ("zeros", "ones"):
        assert models[0].state_dict() != nn.MLP(3, [4, 2], init=init).state_dict()
        fresh = [nn.Layer(3, 4, init=init).state_dict() for _ in range(2)]
        assert fresh[0] != fresh[1]


def test_an_mlp_is_the_same_everywhere_unless_another_generator_is_given():
    assert nn.MLP(2, [3, 1]).state_dict() == nn.MLP(2, [3, 1], rng=random.Random(0)).state_dict()
    relu, tanh = (nn.MLP(100, [50], output=name, rng=random.Random(1)) for name in ("relu", "tanh"))
    assert np.std(list(relu.state_dict().values())) == pytest.approx(math.sqrt(0.02), rel=0.05)
    assert max(tanh.state_dict().values()) < 0.21


def test_a_relu_that_is_named_starts_with_he_and_micrograds_with_its_own():
    names = "relu", "leaky_relu", "elu", "gelu", "silu", autograd.relu
    for activation in names:
        layer = nn.Layer(400, 2, activation=activation, rng=3)
        weights = [w.data for w in layer.parameters()]
        assert np.std(weights) == pytest.approx(math.sqrt(2 / 400), rel=0.1)
    micrograds = (
        nn.Neuron(400, rng=3),
        nn.Layer(400, 2, rng=3),
        nn.MLP(400, [2, 1], rng=3).layers[0],
    )
    for module in micrograds:  # uniform on +-4 / sqrt(400)
        assert 0.19 < max(w.data for w in module.parameters()) < 0.2
    deep = nn.MLP(32, [32] * 10, activation="relu", output="relu", rng=1)
    X = np.random.default_rng(0).normal(size=(50, 32))
    assert 0.05 < np.std(nn.predict(deep, X)) < 1.0
    assert np.std(nn.predict(nn.MLP(32, [32] * 10, rng=1), X)) > 50.0


def test_a_seed_is_a_number_or_a_generator_and_numbers_are_those_of_random():
    for build in (nn.Neuron, nn.Perceptron, lambda n, rng: nn.MLP(n, [2, 1], rng=rng)):
        assert build(3, rng=7).state_dict() == build(3, rng=random.Random(7)).state_dict()
        assert build(3, rng=np.int64(7)).state_dict() == build(3, rng=7).state_dict()
        one, other = (np.random.default_rng(s) for s in (1, 1))
        assert build(3, rng=one).state_dict() == build(3, rng=other).state_dict()
        assert build(3, rng=one).state_dict() != build(3, rng=1).state_dict()
        assert one.bit_generator.state != np.random.default_rng(1).bit_generator.state
    x = [1.0] * 20
    numbers = [[v.data for v in nn.Dropout(seed=s)(x)] for s in (7, np.random.default_rng(7))]
    assert numbers[0] == numbers[1]
    numbers = [[v.data for v in nn.Dropout(seed=random.Random(s))(x)] for s in (7, 7, 8)]
    assert numbers[0] == numbers[1] != numbers[2]
    for seed in ("7", 1.5, True):
        for build in (lambda s: nn.Neuron(2, rng=s), lambda s: nn.Dropout(seed=s)):
            with pytest.raises(TypeError, match="whole number from 0 on, a random"):
                build(seed)
    with pytest.raises(ValueError, match="`rng` must be a whole number of at least 0, got -1"):
        nn.Linear(2, 2, rng=-1)


def test_a_linear_layer_is_w_dot_x_with_a_bias_or_without():
    layer = nn.Linear(3, 2, rng=1)
    assert layer.state_dict() == nn.Layer(3, 2, activation="linear", rng=1).state_dict()
    assert repr(layer) == "Linear(3, 2)" and len(layer.parameters()) == layer.size() == 8
    bare = nn.Linear(3, 2, bias=False, rng=1)
    assert repr(bare) == "Linear(3, 2, bias=False)" and len(bare.parameters()) == bare.size() == 6
    assert bare.neurons[0].bias is None and bare.bias is False
    x = [1.0, -2.0, 0.5]
    assert [v.data for v in bare(x)] == [v.data for v in layer(x)]  # biases are 0 at first
    assert [v.data for v in bare([0.0] * 3)] == [0.0, 0.0]
    with pytest.raises(TypeError, match="`bias` must be True or False, got 1"):
        nn.Linear(3, 2, 1)
    model = nn.Sequential(bare, "relu", nn.Linear(2, 1, bias=False, rng=2))
    history = nn.fit(model, [x, [0.0, 1.0, 1.0]], [1.0, 0.0], loss="mse_loss", progress=False)
    assert history.loss[-1] < history.loss[0]


@pytest.mark.parametrize(
    ("name", "values", "slopes"),
    [  # of torch 2.13 in float64, at -30, -3, -0.5, 0, 0.5, 3, 30
        (
            "gelu",
            (-0.0, -0.004049694095, -0.1542687694, 0.0, 0.3457312306, 2.995950306, 30.0),
            (0.0, -0.0119456472, 0.1325048753, 0.5, 0.8674951247, 1.011945647, 1.0),
        ),
        (
            "silu",
            (-2.807286891e-12, -0.1422776195, -0.1887703344, 0.0, 0.3112296656, 2.85772238, 30.0),
            (-2.713710661e-12, -0.08810410602, 0.2600388127, 0.5, 0.7399611873, 1.088104106, 1.0),
        ),
        (
            "elu",
            (-1.0, -0.9502129316, -0.3934693403, 0.0, 0.5, 3.0, 30.0),
            (9.357622969e-14, 0.04978706837, 0.6065306597, 1.0, 1.0, 1.0, 1.0),
        ),
    ],
)
def test_smooth_rectifiers_are_pytorchs(name, values, slopes):
    at = -30.0, -3.0, -0.5, 0.0, 0.5, 3.0, 30.0
    xs = [Value(x) for x in at]
    outputs = [ACTIVATIONS[name](x) for x in xs]
    for output in outputs:
        output.backward()
    assert [y.data for y in outputs] == pytest.approx(values, rel=1e-8, abs=1e-15)
    assert [x.grad for x in xs] == pytest.approx(slopes, rel=1e-8, abs=1e-15)
    model = nn.Sequential(name)
    np.testing.assert_array_equal(nn.predict(model, [[x] for x in at]), [y.data for y in outputs])
    assert ACTIVATIONS[name](Value(1e4)).data == 1e4
    far = Value(1e4)
    ACTIVATIONS[name](far).backward()
    assert far.grad == 1.0


def test_the_smooth_rectifiers_of_the_installed_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for name in ("gelu", "silu", "elu"):
        for x in np.linspace(-8.0, 8.0, 33).tolist():
            ours, theirs = Value(x), torch.tensor(x, dtype=torch.float64, requires_grad=True)
            y, wanted = ACTIVATIONS[name](ours), getattr(torch.nn.functional, name)(theirs)
            y.backward(), wanted.backward()
            assert y.data == pytest.approx(wanted.item(), rel=1e-12, abs=1e-15)
            assert ours.grad == pytest.approx(theirs.grad.item(), rel=1e-12, abs=1e-15)


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


@pytest.mark.parametrize(
    ("init", "spread"),
    [
        ("uniform", 4 / 10 / math.sqrt(3)),
        ("normal", 1.0),
        ("lecun", 0.1),
        ("xavier", math.sqrt(2 / 140)),
        ("he", math.sqrt(0.02)),
        ("zeros", 0.0),
    ],
)
def test_initialisations_have_their_standard_deviation(init, spread):
    layer = nn.Layer(100, 40, init=init, rng=random.Random(2))
    weights = [w.data for n in layer.neurons for w in n.weights]
    assert np.std(weights) == pytest.approx(spread, rel=0.05)
    assert all(n.bias.data == 0.0 for n in layer.neurons)


def test_names_state_and_zero_grad():
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    names = [name for name, _ in model.named_parameters()]
    assert names[:3] == [
        "layers.0.neurons.0.weights.0",
        "layers.0.neurons.0.weights.1",
        "layers.0.neurons.0.bias",
    ]
    assert [p for _, p in model.named_parameters()] == model.parameters()
    state = model.state_dict()
    other = nn.MLP(2, [2, 1])
    other.load_state_dict(state)
    assert other([0.1, 0.2]).data == model([0.1, 0.2]).data
    model([1.0, 1.0]).backward()
    model.zero_grad()
    assert all(p.grad == 0.0 for p in model.parameters())


def test_a_state_that_does_not_fit_changes_nothing():
    model = nn.MLP(2, [2, 1])
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"missing, .*unexpected; build the model"):
        model.load_state_dict(nn.MLP(2, [3, 1]).state_dict())
    with pytest.raises(TypeError, match=r"`layers.1.neurons.0.bias` must be a real number"):
        model.load_state_dict(
            {**before, "layers.0.neurons.0.bias": 9, "layers.1.neurons.0.bias": "x"}
        )
    assert model.state_dict() == before


def test_a_module_of_the_users_own_finds_its_parameters():
    class Quadratic(nn.Module):
        def __init__(self):
            self.a = Value(2.0)
            self.terms = [Value(1.0), nn.Neuron(1)]
            self.named = {"c": Value(0.5)}
            self.again = self.a
            self.name = "q"
            self.cache = self.a * 2

        def __call__(self, x):
            return self.a * x[0] ** 2 + self.terms[0] * x[0] + self.named["c"]

    module = Quadratic()
    names = [name for name, _ in module.named_parameters()]
    assert names == ["a", "terms.0", "terms.1.weights.0", "terms.1.bias", "named.c"]


def test_results_kept_in_a_module_are_no_parameters():
    class Cache(nn.Module):
        def __init__(self):
            self.layer = nn.Layer(2, 2)
            self.out = None

        def forward(self, x):
            self.x = [v * 1 for v in x]
            self.out = self.layer(x)
            self.first = self.out[0].detach()
            return self.out

    m = Cache()
    before = list(m.state_dict())
    nn.predict(m, [[1.0, 2.0]])
    m([1.0, 2.0])
    assert list(m.state_dict()) == before


def test_arrays_overrides_and_loops_among_modules():
    class Pair(nn.Module):
        def __init__(self):
            self.hidden = {Value(1.0)}

        def parameters(self):
            return list(self.hidden)

    class Outer(nn.Module):
        def __init__(self):
            self.w = np.array([[Value(0.5), Value(0.2)]])
            self.pair = Pair()
            self.pair.parent = self
            self.layer = nn.Layer(1, 1)

    outer = Outer()
    names = [name for name, _ in outer.named_parameters()]
    assert names == ["w.0", "w.1", "pair.0", "layer.neurons.0.weights.0", "layer.neurons.0.bias"]
    assert [line.split()[0] for line in outer.summary().splitlines()] == ["pair", "layer", "total"]
    with pytest.raises(TypeError, match="Outer defines neither `forward"):
        outer([1.0])


def test_train_and_eval_reach_every_module():
    model = nn.MLP(2, [2, 1])
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    model.train()
    assert all(m.training for m in model.modules())


def test_summary_and_repr():
    model = nn.MLP(2, [16, 1], activation="tanh")
    assert repr(model) == "MLP(2, [16, 1], activation='tanh', output='linear')"
    assert repr(nn.MLP(4, [3], output="sigmoid")) == "MLP(4, [3], output='sigmoid')"
    lines = model.summary().splitlines()
    assert lines[0].split() == ("layers.0 Layer(2, 16, activation='tanh') 48 parameters".split())
    assert lines[-1].startswith("total") and lines[-1].endswith("65 parameters")


def test_models_copy_and_pickle():
    model = nn.MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin([0.1, 0.2]).data == model([0.1, 0.2]).data
        assert not set(twin.parameters()) & set(model.parameters())


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


def test_reshape_and_flatten_undo_each_other():
    image = nn.Reshape(2, 3, 4)(range(24))
    assert [[[v.data for v in r] for r in p] for p in image] == np.arange(24).reshape(
        2, 3, 4
    ).tolist()
    assert [v.data for v in nn.Flatten()(image)] == list(range(24))
    assert [v.data for v in nn.Flatten()(np.eye(2))] == [1.0, 0.0, 0.0, 1.0]
    with pytest.raises(ValueError, match=r"Reshape\(2, 3, 4\) takes 24 inputs, got 23"):
        nn.Reshape(2, 3, 4)([0.0] * 23)
    with pytest.raises(TypeError, match="`input` must be a real number, got the string 'ab'"):
        nn.Flatten()(["ab"])
    with pytest.raises(ValueError, match="`rows` must be a whole number of at least 1"):
        nn.Reshape(1, 0, 2)


ARCHITECTURES = [
    (nn.Neuron(3, activation="tanh"), {"class": "Neuron", "nin": 3, "activation": "tanh"}),
    (nn.Layer(3, 2), {"class": "Layer", "nin": 3, "nout": 2, "activation": "relu"}),
    (
        nn.MLP(2, [16, 1], activation="tanh"),
        {"class": "MLP", "nin": 2, "nouts": [16, 1], "activation": "tanh", "output": "linear"},
    ),
    (
        nn.Conv2d(1, 2, (3, 2), stride=2, activation="relu"),
        {
            "class": "Conv2d",
            "in_channels": 1,
            "out_channels": 2,
            "kernel_size": [3, 2],
            "stride": 2,
            "padding": 0,
            "activation": "relu",
        },
    ),
    (nn.MaxPool2d(2), {"class": "MaxPool2d", "kernel_size": 2, "stride": None, "padding": 0}),
    (
        nn.AvgPool2d(3, (1, 2), 1),
        {"class": "AvgPool2d", "kernel_size": 3, "stride": [1, 2], "padding": 1},
    ),
    (nn.Linear(2, 3, bias=False), {"class": "Linear", "nin": 2, "nout": 3, "bias": False}),
    (nn.Flatten(), {"class": "Flatten"}),
    (nn.Reshape(1, 8, 4), {"class": "Reshape", "channels": 1, "rows": 8, "columns": 4}),
    (nn.Dropout(0.25), {"class": "Dropout", "p": 0.25}),
    (nn.Perceptron(4), {"class": "Perceptron", "nin": 4}),
    (nn.Elementwise("tanh"), {"class": "Elementwise", "activation": "tanh"}),
]


@pytest.mark.parametrize(("module", "expected"), ARCHITECTURES)
def test_an_architecture_builds_the_same_structure(module, expected):
    assert module.architecture() == json.loads(json.dumps(expected))
    arguments = module.architecture()
    twin = getattr(nn, arguments.pop("class"))(**arguments)
    assert twin.architecture() == expected and repr(twin) == repr(module)
    assert list(twin.state_dict()) == list(module.state_dict())


def test_the_architecture_of_a_sequential_holds_those_of_its_modules():
    model = nn.Sequential(*(module for module, _ in ARCHITECTURES))
    modules = [expected for _, expected in ARCHITECTURES]
    assert model.architecture() == {"class": "Sequential", "modules": modules}


def test_what_has_no_name_has_no_architecture():
    odd = nn.Layer(2, 2)
    odd.neurons[1] = nn.Neuron(2, activation="tanh")
    for module, message in (
        (nn.Neuron(2, activation=lambda v: v * v), "activation '<lambda>' is none of `linear`"),
        (nn.MLP(2, [3, 1], activation=autograd.exp), "is none of `linear`"),
        (nn.Sequential(autograd.exp), "is none of `linear`"),
        (odd, "activation 'mixed' is none of `linear`"),
        (nn.Sequential(nn.Module()), "none of the layers that say what builds them"),
    ):
        with pytest.raises(TypeError, match=message):
            module.architecture()
    with pytest.raises(TypeError, match="these neurons have several activations"):
        odd.activation(1.0)


def test_the_perceptron_learns_by_rosenblatts_rule():
    model = nn.Perceptron(2)
    model.load_state_dict({"weights.0": 0.5, "weights.1": -1.0, "bias": 0.25})
    wrong, right = [1.0, 2.0], [2.0, 1.0]  # scores -1.25 and 0.25
    for x in (right, wrong):
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        nn.fit(model, [x], [1], loss="perceptron_loss", optimizer=optimizer, epochs=1)
    assert list(model.state_dict().values()) == pytest.approx([0.5 + 0.1, -1.0 + 0.2, 0.25 + 0.1])


def test_the_perceptron_gives_the_score_in_training_and_the_step_in_evaluation():
    model = nn.Perceptron(1, init="zeros")
    model.weights[0].data = 2.0
    assert model([1.5]).data == model.score([1.5]).data == 3.0
    model.eval()
    assert [model([x]).data for x in (1.5, -0.1, 0.0)] == [1.0, -1.0, -1.0]
    assert model.score([1.5]).data == 3.0
    step = model([1.5])
    step.backward()
    assert model.weights[0].grad == 0.0
    with pytest.raises(ValueError, match=r"Perceptron\(1\) takes 1 inputs, got 2"):
        model([1.0, 2.0])


def test_the_perceptron_separates_setosa_from_the_other_irises():
    iris = load("iris")
    X, labels = np.concatenate([iris.X_train, iris.X_test]), [iris.y_train, iris.y_test]
    y = np.where(np.concatenate(labels) == 0, 1, -1)
    model = nn.Perceptron(4, rng=random.Random(1))
    assert nn.accuracy(model, X, y) < 1.0
    history = nn.fit(model, X, y, loss="perceptron_loss", epochs=10, batch_size=1, seed=0)
    assert nn.accuracy(model, X, y) == 1.0 and history.loss[-1] == 0.0
    model.eval()
    assert nn.predict(model, X).tolist() == y.tolist()
    assert nn.predict(model, X[:5]).tolist() == y[:5].tolist()


def test_every_package_is_installed():
    root = Path(__file__).parents[2]
    found = {
        ".".join(path.parent.relative_to(root).parts)
        for name in ("autograd", "nn")
        for path in (root / name).rglob("__init__.py")
    }
    project = tomllib.loads((root / "pyproject.toml").read_text())
    assert set(project["tool"]["setuptools"]["packages"]) == found


def test_public_names():
    def public(module):
        return {
            name
            for name, item in vars(module).items()
            if not name.startswith("_") and not isinstance(item, types.ModuleType)
        }

    assert public(autograd) == set(
        "Value no_grad compile Program where logsumexp softmax dot maximum minimum exp log log1p "
        "expm1 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh "
        "sigmoid relu softplus abs erf explain stepper draw grad value_and_grad jacobian hessian "
        "jvp vjp hvp detect_anomaly gradcheck why primitive minimize root clip arctan2 hypot log2 "
        "log10 exp2 cbrt logaddexp floor ceil sign mod floor_divide check assert_gradients "
        "exercise take".split()
    )
    assert public(nn) == set(
        "Module Neuron Layer Linear MLP Sequential Elementwise Flatten Reshape Conv2d MaxPool2d "
        "AvgPool2d Dropout Perceptron Embedding PositionalEmbedding PositionalEncoding RNNCell "
        "GRUCell LSTMCell RNN GRU LSTM MultiHeadAttention LayerNorm RMSNorm GELU SiLU LambdaLR "
        "draw mse_loss squared_error cross_entropy hinge_loss "
        "binary_cross_entropy_with_logits l1_loss huber_loss perceptron_loss nll nll_loss "
        "log_softmax l1_penalty l2_penalty Optimizer SGD Adam AdamW RMSprop Adagrad "
        "Schedule StepLR ExponentialLR CosineAnnealingLR OneCycleLR ReduceLROnPlateau WarmUp "
        "clip_grad_norm clip_grad_value History fit predict accuracy "
        "plot_boundary plot_step plot_weights find_learning_rate RateSweep "
        "save load save_checkpoint load_checkpoint LoadError to_torch from_torch predict_proba "
        "EarlyStopping DivergedError TrainingWarning".split()
    )


def test_modules_are_modules_and_named_modules_pairs_each_once():
    shared = nn.Layer(2, 2)
    model = nn.Sequential(shared, shared)
    assert list(model.modules())[:2] == [model, shared]
    assert [name for name, _ in model.named_modules()][:2] == ["", "layers.0"]
    assert len(list(model.modules())) == 4  # the model, one layer, two neurons


def test_modes_reach_modules_of_a_class_that_overrides_parameters():
    class Old(nn.Module):
        def __init__(self):
            self.neuron, self.dropout = nn.Neuron(2), nn.Dropout(0.5)

        def parameters(self):
            return self.neuron.parameters()

        def forward(self, x):
            return self.neuron(self.dropout(x))

    model = nn.Sequential(Old()).eval()
    assert not model.layers[0].dropout.training
    assert len(model.parameters()) == 3


def test_a_chain_of_shared_modules_is_walked_once():
    class Pair(nn.Module):
        def __init__(self, inner):
            self.left, self.right, self.both = inner, inner, [inner, inner]

    model = nn.Neuron(2)
    for _ in range(40):  # 4 ** 40 paths
        model = Pair(model)
    assert len(model.parameters()) == 3
    assert len(list(model.modules())) == 41


def test_a_model_takes_what_its_forward_takes():
    class Cell(nn.Module):
        def forward(self, x, h, scale=1.0):
            return (x + h) * scale

    assert Cell()(1.0, 2.0, scale=3.0) == 9.0
