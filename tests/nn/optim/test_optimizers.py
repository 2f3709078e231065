"""Optimisers: PyTorch's formulas step by step, on floats and on arrays, in groups, resumed."""

import json
import math
import random

import numpy as np
import pytest
from small_trainings import AND
from small_trainings import CORNERS as X
from trajectories import OPTIMIZERS, RECORDED, START, build, objective, torch_trajectory

import nn
from autograd import Value
from nn.optim.shares import shares

PATHS = json.loads(RECORDED.read_text())["optimizers"]
ALL = {kind: getattr(nn, kind) for kind in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")}


def model():
    return nn.MLP(2, [3, 2], activation="tanh", rng=random.Random(0))


def single(kind, **options):
    return getattr(nn, kind)([Value(1.0)], **({"lr": 0.1} | options))


def descend(optimizer, p, steps):
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        objective(p).backward()
        optimizer.step()
        path.append([x.data for x in p])
    return path


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trajectories_equal_pytorch(name):
    p = [Value(x) for x in START]
    path = descend(build(nn, *OPTIMIZERS[name], p), p, len(PATHS[name]))
    for here, recorded in zip(path, PATHS[name], strict=True):
        assert here == pytest.approx(recorded, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_recorded_trajectories_are_those_of_the_installed_pytorch(name):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    for here, recorded in zip(torch_trajectory(*OPTIMIZERS[name]), PATHS[name], strict=True):
        assert here == pytest.approx(recorded, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", ALL)
def test_defaults_are_those_of_pytorch(kind):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = getattr(torch.optim, kind)([torch.zeros(1, requires_grad=True)], lr=0.1).defaults
    ours = ALL[kind]([Value(0.0)], lr=0.1).defaults
    assert ours == {name: theirs[name] for name in ours}
    if kind != "SGD":  # whose rate has no default here
        theirs = getattr(torch.optim, kind)([torch.zeros(1, requires_grad=True)]).defaults
        assert ALL[kind]([Value(0.0)]).lr == theirs["lr"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_one_formula_serves_floats_and_arrays(name):
    kind, options = OPTIMIZERS[name]
    options = {k: v for k, v in options.items() if k != "groups"}
    optimizer = getattr(nn, kind)([Value(0.0)], **options)
    group = optimizer.param_groups[0]
    p, state = np.array(START), {}
    floats, states = list(START), [{} for _ in START]
    for step in range(5):
        grad = np.array([math.sin(step + i) for i in range(3)])
        given = grad.copy()
        moved = optimizer.update(p, grad, state, group)
        assert moved is p and np.array_equal(grad, given)
        floats = [
            optimizer.update(x, g, s, group)
            for x, g, s in zip(floats, grad.tolist(), states, strict=True)
        ]
        assert all(type(x) is float for x in floats)
    assert p.tolist() == floats
    for name, column in state.items():
        assert np.broadcast_to(column, 3).tolist() == [s[name] for s in states]


def test_formulas_follow_ieee_754_where_pythons_floats_would_raise():
    w = Value(1.0)
    adam = nn.Adam([w], eps=0.0)
    w.grad = 0.0
    adam.step()  # 0 / 0
    assert math.isnan(w.data)
    w.data, w.grad = 1.0, 1e200  # whose square is inf
    adagrad = nn.Adagrad([w])
    adagrad.step()
    assert (w.data, adagrad.state[0]["sum"]) == (1.0, math.inf)


def test_step_moves_data_and_keeps_gradients():
    w = Value(3.0)
    optimizer = nn.SGD([w], lr=0.1)
    w.grad = 2.0
    optimizer.step()
    assert (w.data, w.grad) == (2.8, 2.0)
    optimizer.zero_grad()
    assert w.grad == 0.0


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("lr", [0, -1, math.inf, math.nan, -0.0])
def test_the_learning_rate_must_be_positive_and_finite(kind, lr):
    with pytest.raises(ValueError, match="`lr` must be positive and finite, got"):
        single(kind, lr=lr)
    optimizer = single(kind, lr=0.5)
    with pytest.raises(ValueError, match="`lr` must be positive and finite"):
        optimizer.lr = lr
    assert optimizer.lr == 0.5


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("SGD", name) for name in ("momentum", "dampening", "weight_decay")),
        *((kind, name) for kind in ("Adam", "AdamW") for name in ("eps", "weight_decay")),
        *(("RMSprop", name) for name in ("eps", "weight_decay", "momentum")),
        *(("Adagrad", n) for n in ("lr_decay", "weight_decay", "initial_accumulator_value", "eps")),
    ],
)
@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_other_arguments_must_not_be_negative(kind, name, bad):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 0 and finite, got"):
        single(kind, **{name: bad})


@pytest.mark.parametrize("bad", [-0.1, 1.0, math.nan])
def test_decay_rates_must_be_below_1(bad):
    for betas, i in (((bad, 0.9), 0), ((0.9, bad), 1)):
        with pytest.raises(ValueError, match=rf"`betas\[{i}\]` must be at least 0 and below 1"):
            single("Adam", betas=betas)
    with pytest.raises(ValueError, match="`alpha` must be at least 0 and below 1, got"):
        single("RMSprop", alpha=bad)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("Adam", {"betas": 0.9}, r"`betas` must be a pair such as \(0.9, 0.999\), got 0.9"),
        ("Adam", {"betas": (0.9, 0.99, 0.999)}, "`betas` must be a pair"),
        ("AdamW", {"amsgrad": 1}, "`amsgrad` must be True or False, got 1"),
        ("RMSprop", {"centered": "yes"}, "`centered` must be True or False, got 'yes'"),
        ("Adagrad", {"eps": "small"}, "`eps` must be a real number, got the string"),
        ("SGD", {"lr": "0.1"}, "`lr` must be a real number, got the string"),
    ],
)
def test_arguments_of_another_kind(kind, options, message):
    with pytest.raises(TypeError, match=message):
        single(kind, **options)


def test_nesterov_needs_momentum_without_dampening():
    with pytest.raises(ValueError, match="`nesterov` needs a positive `momentum`"):
        nn.SGD([Value(1.0)], lr=0.1, nesterov=True)
    with pytest.raises(ValueError, match=r"dampening=0.5"):
        nn.SGD([Value(1.0)], lr=0.1, momentum=0.9, dampening=0.5, nesterov=True)
    optimizer = nn.SGD([Value(1.0)], lr=0.1, momentum=0.9, nesterov=True)
    with pytest.raises(ValueError, match="`nesterov` needs a positive `momentum`"):
        optimizer.momentum = 0.0
    assert optimizer.momentum == 0.9


def test_bad_parameters():
    w = Value(1.0)
    with pytest.raises(TypeError, match=r"pass \[value\]"):
        nn.SGD(w, lr=0.1)
    with pytest.raises(TypeError, match=r"`params` must hold Values, got 1.0"):
        nn.SGD([1.0], lr=0.1)
    with pytest.raises(ValueError, match=r"`params` must hold leaves, got a result of \*"):
        nn.SGD([w * 2], lr=0.1)
    with pytest.raises(ValueError, match="`params` is empty"):
        nn.SGD([], lr=0.1)
    with pytest.raises(ValueError, match="the same Value twice"):
        nn.SGD([w, w], lr=0.1)
    with pytest.raises(TypeError, match="got a set: pass a list"):
        nn.SGD({w}, lr=0.1)
    with pytest.raises(TypeError, match="`params` must be a list of Values, got 3"):
        nn.SGD(3, lr=0.1)
    with pytest.raises(TypeError, match=r"got a dict: pass \[group\]"):
        nn.SGD({"params": [w]}, lr=0.1)
    with pytest.raises(TypeError, match="either Values or groups, got both"):
        nn.SGD([w, {"params": [w]}], lr=0.1)


def test_groups_take_the_rest_from_the_arguments():
    a, b, c = Value(1.0), Value(1.0), Value(1.0)
    optimizer = nn.SGD([{"params": [a, b], "lr": 0.1}, {"params": [c]}], lr=0.01)
    for p in optimizer.params:
        p.grad = 1.0
    optimizer.step()
    assert [a.data, b.data, c.data] == [0.9, 0.9, 0.99]
    assert [group["params"] for group in optimizer.param_groups] == [[a, b], [c]]
    optimizer.param_groups[0]["momentum"] = 0.5
    assert optimizer.param_groups[1]["momentum"] == 0.0


def test_an_attribute_is_what_all_groups_share():
    optimizer = nn.SGD([{"params": [Value(0.0)], "lr": 0.1}, {"params": [Value(0.0)]}], lr=0.01)
    assert optimizer.momentum == 0.0
    with pytest.raises(ValueError, match=r"`lr` differs between the parameter groups, \[0.1, 0.01"):
        _ = optimizer.lr
    optimizer.lr = 0.5
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5] and optimizer.lr == 0.5


def test_a_bad_group_changes_nothing():
    a, b = Value(1.0), Value(2.0)
    optimizer = nn.Adam([a])
    before = optimizer.state_dict()
    for group, error, message in (
        ({"params": [b, a]}, ValueError, "which another group has"),
        ({"params": [b], "lr": -1.0}, ValueError, "`lr` must be positive"),
        ({"params": [b], "momentum": 1.0}, ValueError, "hyperparameter `momentum`.*Adam has lr, b"),
        ({"params": []}, ValueError, "`params` is empty"),
        ({"lr": 1.0}, TypeError, "a parameter group is a dict with `params`"),
        ([b], TypeError, "a parameter group is a dict with `params`"),
    ):
        with pytest.raises(error, match=message):
            optimizer.add_param_group(group)
        assert optimizer.state_dict() == before and optimizer.params == [a]
    optimizer.add_param_group({"params": [b], "lr": 0.5})
    assert optimizer.params == [a, b] and len(optimizer.state) == 2


def fitted(m, optimizer, epochs, compiled, **options):
    options |= {"epochs": epochs, "batch_size": 3, "seed": 0, "shuffle": False}
    nn.fit(m, X, AND, optimizer=optimizer, compiled=compiled, progress=False, **options)
    return m, optimizer


def assert_alike(runs):
    (m, optimizer), (twin, other) = runs
    for p, q in zip(m.parameters(), twin.parameters(), strict=True):
        assert p.data == pytest.approx(q.data, rel=1e-10, abs=1e-13)
    for state, expected in zip(optimizer.state, other.state, strict=True):
        assert state == pytest.approx(expected, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("division", ["none", "layers", "biases"])
@pytest.mark.parametrize("kind", ALL)
def test_the_compiled_engine_honours_groups(kind, division):
    runs = []
    for compiled in (True, False):
        m = model()
        named = list(m.named_parameters())
        chosen = {"none": "", "layers": "layers.1", "biases": "bias"}[division]
        groups = [{"params": [p for name, p in named if chosen in name], "lr": 0.2}]
        if division != "none":
            rest = [p for name, p in named if chosen not in name]
            groups.append({"params": rest, "weight_decay": 0.1})
        runs.append(fitted(m, ALL[kind](groups, lr=0.03), 5, compiled))
    assert_alike(runs)
    if division == "none":
        assert len(shares(runs[0][1], runs[0][0].parameters())) == 1


@pytest.mark.parametrize("compiled", [True, False])
def test_counts_stay_whole_numbers(compiled):
    m = model()
    _, optimizer = fitted(m, nn.Adam(m.parameters()), 2, compiled)
    assert [state["step"] for state in optimizer.state] == [4] * 17
    assert all(type(state["step"]) is int for state in optimizer.state)


def test_states_that_differ_within_a_group_agree_between_the_engines():
    runs = []
    for compiled in (True, False):
        m = model()
        optimizer = nn.SGD(m.parameters(), lr=0.1, momentum=0.9, dampening=0.5)
        fitted(m, optimizer, 2, compiled)
        for state in optimizer.state[::2]:
            state.clear()
        runs.append(fitted(m, optimizer, 2, compiled))
    assert_alike(runs)


def test_counts_that_differ_within_a_group_agree_between_the_engines():
    runs = []
    for compiled in (True, False):
        m = model()
        optimizer = nn.Adam(m.parameters(), lr=0.1)
        fitted(m, optimizer, 2, compiled)
        for state in optimizer.state[::3]:
            state["step"] = 50
        runs.append(fitted(m, optimizer, 2, compiled))
    assert_alike(runs)
    assert [state["step"] for state in optimizer.state[:4]] == [54, 8, 8, 54]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_parameter_that_the_model_lacks_may_join_while_training(compiled):
    m, other = model(), Value(1.0)
    optimizer = nn.SGD(m.parameters(), lr=0.1, weight_decay=0.5)

    def callback(history):
        if len(history.loss) == 1:
            optimizer.add_param_group({"params": [other]})

    fitted(m, optimizer, 3, compiled, callbacks=[callback])
    assert other.data == pytest.approx(0.95**4)  # two epochs of two batches


def test_a_group_added_while_training_counts_from_then_on():
    runs = []
    for compiled in (True, False):
        m, unused = model(), Value(1.0)
        first, second = (layer.parameters() for layer in m.layers)
        optimizer = nn.Adam(second, lr=0.1)
        frozen = [p.data for p in first]

        def callback(history, first=first, frozen=frozen, optimizer=optimizer, unused=unused):
            if len(history.loss) == 2:
                assert [p.data for p in first] == frozen
                optimizer.add_param_group({"params": [unused, *first], "lr": 0.05})

        fitted(m, optimizer, 4, compiled, callbacks=[callback])
        assert unused.data == 1.0 and optimizer.state[len(second)]["step"] == 4
        assert [p.data for p in first] != frozen
        runs.append((m, optimizer))
    assert_alike(runs)


RESUMED = {
    "SGD": {"momentum": 0.9, "dampening": 0.1},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adagrad": {"lr_decay": 0.01},
}


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("kind", RESUMED)
def test_a_resumed_run_equals_an_uninterrupted_one(kind, compiled):
    def fresh(lr=0.05):
        m = model()
        first, second = (layer.parameters() for layer in m.layers)
        groups = [{"params": first}, {"params": second, "lr": 2 * lr}]
        return m, ALL[kind](groups, lr=lr, **RESUMED[kind])

    m, optimizer = fitted(*fresh(), 5, compiled)
    half, stopped = fitted(*fresh(), 2, compiled)
    saved = json.dumps([half.state_dict(), stopped.state_dict()], allow_nan=False)
    resumed, other = fresh(lr=0.7)
    for item, state in zip((resumed, other), json.loads(saved), strict=True):
        item.load_state_dict(state)
    fitted(resumed, other, 3, compiled)
    assert resumed.state_dict() == m.state_dict() != half.state_dict()
    assert other.state_dict() == optimizer.state_dict() != stopped.state_dict()


def test_a_state_that_does_not_fit_changes_nothing():
    def trained():
        p = [Value(x) for x in START]
        optimizer = nn.Adam([{"params": p[:1]}, {"params": p[1:], "lr": 0.5}])
        descend(optimizer, p, 2)
        return optimizer

    optimizer = trained()
    before = optimizer.state_dict()
    spoilt = [
        (lambda s: s.pop("state"), ValueError, "what an optimiser's state_dict"),
        (
            lambda s: s.update(optimizer="AdamW"),
            ValueError,
            "state is that of 'AdamW', not of 'Adam'",
        ),
        (lambda s: s["state"].pop(), ValueError, "`state` must list the optimiser's 3 parameters"),
        (lambda s: s.update(state={}), ValueError, "`state` must list"),
        (
            lambda s: s["param_groups"].pop(),
            ValueError,
            "`param_groups` must list .* 2 parameter g",
        ),
        (lambda s: s["param_groups"][1].pop("eps"), ValueError, r"`param_groups\[1\]` must hold"),
        (lambda s: s["param_groups"][1].update(params=[1]), ValueError, "hold the 2 parameters"),
        (lambda s: s["param_groups"][1].update(lr=-1), ValueError, "`lr` must be at least 0"),
        (lambda s: s["param_groups"][1].update(betas=[1, 0]), ValueError, r"`betas\[0\]` must be"),
        (lambda s: s["state"][2].pop("step"), ValueError, r"`state\[2\]` must be empty or hold"),
        (lambda s: s["state"][2].update(sum=1.0), ValueError, r"`state\[2\]` must be empty or"),
        (lambda s: s["state"][2].update(step=-1), ValueError, r"`state\[2\].step` must be a whole"),
        (lambda s: s["state"][2].update(exp_avg="1"), TypeError, r"`state\[2\].exp_avg` must be a"),
        (lambda s: s["state"].append(s["state"].pop() and 3), TypeError, r"`state\[2\]` must be a"),
    ]
    for spoil, error, message in spoilt:
        state = json.loads(json.dumps(before))
        state["state"][0]["step"] = 99
        state["param_groups"][0]["lr"] = 99.0
        spoil(state)
        with pytest.raises(error, match=message):
            optimizer.load_state_dict(state)
        assert optimizer.state_dict() == before
    fresh = trained()
    fresh.load_state_dict(json.loads(json.dumps(before)))
    assert fresh.state_dict() == before and fresh.param_groups[1]["betas"] == (0.9, 0.999)
    optimizer.state[0]["step"] = 7  # what was saved is a copy
    assert before["state"][0]["step"] == 2


def test_an_optimiser_of_the_users_own():
    class Sign(nn.Optimizer):
        def update(self, p, grad, state, group):
            state["count"] = state.get("count", 0) + 1
            return p - group["lr"] * np.sign(grad)

    runs = []
    for compiled in (True, False):
        m = model()
        groups = [
            {"params": layer.parameters(), "lr": lr}
            for layer, lr in zip(m.layers, (0.1, 0.2), strict=True)
        ]
        runs.append(fitted(m, Sign(groups, lr=1.0), 3, compiled))
    assert_alike(runs)
    twin = Sign(runs[0][1].params, lr=0.1)
    with pytest.raises(ValueError, match="1 parameter groups, got 2"):
        twin.load_state_dict(runs[0][1].state_dict())


def test_a_step_without_gradients_says_so_once():
    model = nn.MLP(2, [2, 1])
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    with pytest.warns(UserWarning, match=r"SGD.step\(\) finds no gradients.*loss.backward\(\)"):
        optimizer.step()
    optimizer.step()  # once is enough: warnings are errors here
    for of_the_model in (True, False):
        optimizer = nn.Adam(model.parameters())
        model([1.0, -1.0]).backward()
        (model if of_the_model else optimizer).zero_grad()
        with pytest.warns(UserWarning, match=r"Adam.step\(\) finds no gradients"):
            optimizer.step()


def test_gradients_that_are_0_are_gradients():
    w, x = Value(1.0), Value(2.0)
    optimizer = nn.SGD([w, x], lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (w * 0.0).backward()
        optimizer.step()
        optimizer.step()  # the same gradient again
    model = nn.Perceptron(1, init="zeros")
    model.weights[0].data = 1.0
    for compiled in (True, False):  # every example on its side
        nn.fit(
            *(model, [[1.0], [-1.0]], [1, -1]),
            loss="perceptron_loss",
            compiled=compiled,
            progress=False,
        )
    assert (w.data, x.data, model.weights[0].data) == (1.0, 2.0, 1.0)


def test_reprs_name_what_differs_from_the_defaults():
    params = [Value(0.0) for _ in range(3)]
    assert repr(nn.SGD(params, 0.1)) == "SGD(lr=0.1; 3 parameters)"
    assert repr(nn.SGD(params[:1], 0.1, momentum=0.9)) == "SGD(lr=0.1, momentum=0.9; 1 parameter)"
    assert repr(nn.Adam(params, betas=(0.8, 0.99))) == (
        "Adam(lr=0.001, betas=(0.8, 0.99); 3 parameters)"
    )
    groups = [{"params": params[:1], "lr": 0.5}, {"params": params[1:]}]
    assert repr(nn.RMSprop(groups)) == "RMSprop(lr=[0.5, 0.01]; 3 parameters in 2 groups)"


@pytest.mark.parametrize("rows", [slice(None), [0, 2]])
@pytest.mark.parametrize(
    "sign",
    [lambda grad: 1.0 if grad > 0 else -1.0, lambda grad: math.copysign(1.0, grad)],
    ids=["if", "math"],
)
def test_an_update_that_cannot_take_arrays_is_told_that_it_gets_them(sign, rows):
    class SignSGD(nn.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, lr)

        def update(self, p, grad, state, group):
            return p - group["lr"] * sign(grad)

    model = nn.MLP(2, [2, 1], rng=0)
    params = np.array(model.parameters(), dtype=object)
    optimizer = SignSGD(params[rows].tolist(), lr=0.1)
    with pytest.raises((TypeError, ValueError), match=r"SignSGD.update` gets .* as one array.*np"):
        nn.fit(model, [[1.0, 2.0]], [1.0], loss="mse_loss", optimizer=optimizer, progress=False)
    nn.fit(
        *(model, [[1.0, 2.0]], [1.0]),
        loss="mse_loss",
        optimizer=optimizer,
        compiled=False,
        progress=False,
    )


def test_what_else_goes_wrong_in_an_update_comes_through():
    class Broken(nn.SGD):
        def update(self, p, grad, state, group):
            raise ValueError("out of luck")

    model = nn.MLP(2, [1])
    optimizer = Broken(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"^out of luck$"):
        nn.fit(model, [[1.0, 2.0]], [1.0], loss="mse_loss", optimizer=optimizer, progress=False)
