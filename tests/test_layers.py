"""Neuron, Layer, MLP, and what a Module knows about its parameters."""

import copy
import math
import pickle
import random
import types

import numpy as np
import pytest

import nn
from autograd import Value
from nn.activations import ACTIVATIONS
from nn.init import INITIALISATIONS


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
    with pytest.raises(TypeError, match=r"pass random.Random\(seed\)"):
        nn.MLP(2, [1], rng=3)


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_a_seed_fixes_the_weights_and_global_state_is_left_alone(init):
    random.seed(1)
    before = random.getstate()
    models = [nn.MLP(3, [4, 2], init=init, rng=random.Random(7)) for _ in range(2)]
    assert models[0].state_dict() == models[1].state_dict()
    assert random.getstate() == before
    if init != "zeros":
        assert models[0].state_dict() != nn.MLP(3, [4, 2], init=init).state_dict()
        fresh = [nn.Layer(3, 4, init=init).state_dict() for _ in range(2)]
        assert fresh[0] != fresh[1]


def test_an_mlp_is_the_same_everywhere_unless_another_generator_is_given():
    assert nn.MLP(2, [3, 1]).state_dict() == nn.MLP(2, [3, 1], rng=random.Random(0)).state_dict()
    relu, tanh = (nn.MLP(100, [50], output=name, rng=random.Random(1)) for name in ("relu", "tanh"))
    assert max(relu.state_dict().values()) > 0.39 > 0.21 > max(tanh.state_dict().values())


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
    assert not any(m.training for _, m in model.modules())
    model.train()
    assert all(m.training for _, m in model.modules())


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


def test_public_names():
    import autograd

    def public(module):
        return {
            name
            for name, item in vars(module).items()
            if not name.startswith("_") and not isinstance(item, types.ModuleType)
        }

    assert public(autograd) == set(
        "Value no_grad compile Program where logsumexp softmax dot maximum minimum exp log log1p "
        "expm1 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh "
        "sigmoid relu softplus abs erf explain stepper draw".split()
    )
    assert public(nn) == set(
        "Module Neuron Layer MLP draw mse_loss squared_error cross_entropy hinge_loss "
        "binary_cross_entropy_with_logits Optimizer SGD History fit predict accuracy "
        "plot_boundary plot_step plot_weights".split()
    )
