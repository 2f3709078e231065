"""Module: freezing, as PyTorch's requires_grad_, through optimisers, fit, files and copies."""

import copy
import pickle
import random

import numpy as np
import pytest

import nn
from autograd import Value

X = np.random.default_rng(0).normal(size=(12, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(float)


def frozen_first():
    model = nn.MLP(2, [4, 1], activation="tanh", rng=1)
    assert model.layers[0].requires_grad_(False) is model.layers[0]
    return model


def test_a_frozen_parameter_stays_a_parameter_that_no_optimiser_made_now_holds():
    model = frozen_first()
    assert len(model.parameters()) == len(model.state_dict()) == 17
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    assert set(optimizer.params) == set(model.layers[1].parameters())
    model.requires_grad_()
    assert len(nn.SGD(model.parameters(), lr=0.1).params) == 17
    model.requires_grad_(False)
    with pytest.raises(ValueError, match=r"all frozen: call requires_grad_\(True\)"):
        nn.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="all frozen"):
        nn.fit(model, X, Y, loss="mse_loss", progress=False)
    with pytest.raises(TypeError, match="`requires_grad` must be True or False, got 0"):
        model.requires_grad_(0)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("when", ["before", "after", "in a callback"])
def test_training_moves_what_is_not_frozen(compiled, when):
    model = nn.MLP(2, [4, 1], activation="tanh", rng=1)
    first, last = model.layers
    if when == "before":
        first.requires_grad_(False)
    optimizer = nn.Adam(model.parameters(), lr=0.1, weight_decay=0.1)
    if when == "after":
        first.requires_grad_(False)
    before = [first.state_dict(), last.state_dict()]

    def freeze(history):
        if len(history.loss) == 1 and when == "in a callback":
            before[:] = first.requires_grad_(False).state_dict(), last.state_dict()

    nn.fit(
        *(model, X, Y),
        loss="mse_loss",
        optimizer=optimizer,
        epochs=3,
        seed=0,
        compiled=compiled,
        progress=False,
        callbacks=[freeze],
    )
    assert first.state_dict() == before[0]
    assert set(last.state_dict().values()).isdisjoint(before[1].values())
    if when != "in a callback":
        frozen = set(first.parameters())
        assert not any(state for p, state, _ in optimizer.entries() if p in frozen)


def test_both_engines_freeze_alike_and_thawed_parameters_go_on():
    states = []
    for compiled in (True, False):
        model = frozen_first()
        nn.fit(model, X, Y, loss="mse_loss", epochs=2, seed=0, compiled=compiled, progress=False)
        model.requires_grad_()
        nn.fit(model, X, Y, loss="mse_loss", epochs=2, seed=0, compiled=compiled, progress=False)
        states.append(list(model.state_dict().values()))
    assert states[0] == pytest.approx(states[1], rel=1e-12)


def test_clipping_measures_what_is_trained():
    model = frozen_first()
    model([1.0, 2.0]).backward()
    expected = np.sqrt(sum(p.grad**2 for p in model.layers[1].parameters()))
    assert nn.clip_grad_norm(model.parameters(), 1e9) == pytest.approx(expected)


def test_copies_and_pickles_stay_frozen_and_files_are_plain(tmp_path):
    model = frozen_first()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert set(nn.SGD(twin.parameters(), 0.1).params) == set(twin.layers[1].parameters())
    nn.save(model, tmp_path / "m.json")
    loaded = nn.load(tmp_path / "m.json")
    assert loaded.state_dict() == model.state_dict()
    assert len(nn.SGD(loaded.parameters(), 0.1).params) == 17
    nn.load(tmp_path / "m.json", into=model)
    assert len(nn.SGD(model.parameters(), 0.1).params) == 5


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


def test_parameters_are_labelled_with_their_paths_in_the_outermost_module():
    class Net(nn.Module):
        def __init__(self):
            self.hidden, self.head = [nn.Layer(2, 1)], nn.Linear(1, 1)
            self.own, self.scale = Value(1.0, "gain"), Value(1.0)

        def forward(self, x):
            return self.head(self.hidden[0](x))

    net = Net()
    for name, parameter in net.named_parameters():
        assert parameter.label == ("gain" if name == "own" else name)
    copied = copy.deepcopy(net)
    assert [p.label for p in copied.parameters()] == [p.label for p in net.parameters()]
    loaded = pickle.loads(pickle.dumps(net.head))
    assert loaded.neurons[0].bias.label == "head.neurons.0.bias"
    outer = nn.Sequential(net.head)
    assert net.head.neurons[0].bias.label == "layers.0.neurons.0.bias"
    assert outer.parameters()[0].label == "layers.0.neurons.0.weights.0"


def test_of_a_long_path_the_end_is_the_label():
    class Deep(nn.Module):
        def __init__(self):
            self.a_rather_long_name_of_a_part = {"and of its key": [Value(1.0), Value(2.0)]}

    labels = [p.label for p in Deep().parameters()]
    assert labels == [
        "…er_long_name_of_a_part.and of its key.0",
        "…er_long_name_of_a_part.and of its key.1",
    ]


def test_labels_ask_nothing_of_a_module_that_is_being_built():
    class Late(nn.Module):
        def __init__(self):
            self.w = Value(1.0)

        def parameters(self):
            return [self.w, self.later]

    assert Late().w.label == "w"

    class Broken(nn.Module):
        def __init__(self):
            raise RuntimeError("no")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="no"):
            Broken()
    assert nn.Linear(1, 1).neurons[0].bias.label == "neurons.0.bias"
