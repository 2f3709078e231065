"""Epochs in native calls: whatever is trained, it ends where single steps on arrays end."""

import io
import random
import sys
from types import MethodType

import numpy as np
import pytest
from small_trainings import CLASSES, POINTS, TILTED, briefly, classifier, dropout_model
from tqdm import tqdm

import nn
from autograd import detect_anomaly
from autograd.compiler import native
from autograd.compiler.lanes import Lanes
from nn.data.batches import order_of
from nn.optim.sgd import native_numbers as numbers
from nn.training import engine, runners
from nn.training.loop import Loop

pytestmark = pytest.mark.skipif(bool(native.missing()), reason=native.missing())


@pytest.fixture
def calls(monkeypatch):
    """Every training is worth native code; the rows of each native call of several steps."""
    seen = []
    descend = Lanes.descend

    def noted(self, flat, arguments, orders, results, momentum):
        done = descend(self, flat, arguments, orders, results, momentum)
        seen.append((orders.shape, done))
        return done

    monkeypatch.setattr(runners, "PAYS", 0)
    monkeypatch.setattr(Lanes, "descend", noted)
    return seen


def ends(m, optimizer, history):
    """All that a training leaves behind, as numbers."""
    return (
        [p.data for p in m.parameters()],
        [p.grad for p in m.parameters()],
        [x for state in optimizer.state for x in state.values()],
        [*history.loss, *history.accuracy, *history.val_loss, *history.lr],
    )


def on_arrays_and_native(monkeypatch, train):
    """What both ways leave behind; `train` returns model, optimiser and history."""
    native_way = ends(*train())
    monkeypatch.setattr(runners, "PAYS", 10**18)
    arrays = ends(*train())
    for found, expected in zip(native_way, arrays, strict=True):
        assert len(found) == len(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


RULES = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.01},
    {"weight_decay": 0.02},
]


@pytest.mark.parametrize("rule", RULES)
def test_numbers_are_those_of_sgd(rule):
    p = nn.MLP(1, [1]).parameters()
    optimizer = nn.SGD(p, lr=0.1, **rule)
    group, state = optimizer.param_groups[0], {}
    w, buffer = 0.7, 0.0
    for k, grad in enumerate((0.3, -1.1, 0.4)):
        n = numbers(group, not k)
        slope = grad + n.decay * w
        buffer = n.keep[0] * buffer + n.take[0] * slope
        moved = w - n.lr * (n.direct * slope + n.carried * buffer)
        w = optimizer.update(w, grad, state, group)
        assert w == pytest.approx(moved, rel=1e-15)
        assert numbers(group, False)[2:4] == ((n.keep[1],) * 2, (n.take[1],) * 2)


def test_orders():
    batches = np.array_split(np.random.default_rng(0).permutation(7), 3)
    assert order_of(batches).tolist() == np.concatenate(batches).tolist()
    assert order_of([slice(2, 4), slice(4, 5)]).tolist() == [2, 3, 4]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("batch_size", [7, 60])
def test_sgd_in_whole_epochs(rule, batch_size, calls, monkeypatch):
    def train():
        m = classifier()
        optimizer = nn.SGD(m.parameters(), lr=0.1, **rule)
        history = briefly(m, optimizer=optimizer, batch_size=batch_size, epochs=9)
        return m, optimizer, briefly(m, optimizer=optimizer, batch_size=batch_size) and history

    on_arrays_and_native(monkeypatch, train)
    assert calls == [((9, 60), 540), ((5, 60), 300)]


def l2_loss(m):
    return lambda score, label: (
        (1 - label * score).relu() + 1e-3 * sum(p * p for p in m.parameters())
    )


OPTIONS = {
    "one output": {},
    "weights": {"sample_weight": np.linspace(0.5, 1.5, 60)},
    "validation": {"validation": 0.25},
    "early stopping": {"validation": 0.25, "early_stopping": 2},
    "a metric": {"metrics": {"share": lambda targets, answers: float(np.mean(answers))}},
    "a callback": {"callbacks": [lambda history: len(history.loss) == 4]},
    "a callback for batches": {"batch_callbacks": [lambda loss: None]},
    "a schedule by epochs": {"schedule": lambda o: nn.StepLR(o, 2)},
    "a schedule by batches": {"schedule": lambda o: nn.StepLR(o, 2, per="batch")},
    "clipped": {"clip_norm": 0.1},
    "in order": {"shuffle": False},
    "one by one": {"batch_size": 1},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_whatever_fit_is_asked_for(name, calls, monkeypatch):
    def train():
        m = nn.MLP(2, [5, 4, 1], rng=random.Random(2))
        optimizer = nn.SGD(m.parameters(), lr=0.05, momentum=0.5)
        options = dict(OPTIONS[name])
        if callable(options.get("schedule")):
            options["schedule"] = options["schedule"](optimizer)
        y = 2 * TILTED - 1
        return m, optimizer, briefly(m, y=y, optimizer=optimizer, loss=l2_loss(m), **options)

    on_arrays_and_native(monkeypatch, train)
    single = name in ("a callback for batches", "a schedule by batches", "clipped")
    assert bool(calls) != single


def test_other_optimisers_get_their_gradients_from_lanes(monkeypatch, calls):
    used = []
    gradients = Lanes.gradients
    monkeypatch.setattr(
        Lanes, "gradients", lambda self, *args: used.append(1) or gradients(self, *args)
    )

    def train():
        m = classifier()
        optimizer = nn.Adam(m.parameters(), lr=0.05)
        return m, optimizer, briefly(m, optimizer=optimizer)

    on_arrays_and_native(monkeypatch, train)
    assert len(used) == 5 * 8 and not calls


class OwnUpdate(nn.SGD):
    """SGD with half the rate."""

    def update(self, p, grad, state, group):
        return p - 0.5 * group["lr"] * grad


class OwnStep(nn.SGD):
    """SGD that notes its steps."""

    def step(self):
        self.lr = 0.9 * self.lr
        super().step()


@pytest.mark.parametrize("kind", [OwnUpdate, OwnStep])
def test_a_rule_of_the_users_own_moves_the_weights(kind, monkeypatch, calls):
    def train():
        m = classifier()
        optimizer = kind(m.parameters(), lr=0.1)
        return m, optimizer, briefly(m, optimizer=optimizer)

    on_arrays_and_native(monkeypatch, train)
    assert not calls


def set_update(optimizer):
    optimizer.update = MethodType(OwnUpdate.update, optimizer)


def set_step(optimizer):
    def step():
        optimizer.lr = 0.9 * optimizer.lr
        nn.SGD.step(optimizer)

    optimizer.step = step


@pytest.mark.parametrize(("kind", "put"), [(OwnUpdate, set_update), (OwnStep, set_step)])
@pytest.mark.parametrize("compiled", [True, False])
def test_a_rule_set_on_the_optimiser_is_as_one_of_its_class(kind, put, compiled, calls):
    def train(kind, put):
        m = classifier()
        optimizer = kind(m.parameters(), lr=0.1)
        put(optimizer)
        return ends(m, optimizer, briefly(m, optimizer=optimizer, compiled=compiled))

    assert train(nn.SGD, put) == train(kind, lambda optimizer: None)
    assert not calls


def test_two_groups_go_step_by_step(monkeypatch, calls):
    def train():
        m = classifier()
        first, second = m.parameters()[:10], m.parameters()[10:]
        groups = [{"params": first, "lr": 0.3}, {"params": second}]
        optimizer = nn.SGD(groups, lr=0.1)
        return m, optimizer, briefly(m, optimizer=optimizer)

    on_arrays_and_native(monkeypatch, train)
    assert not calls


def test_noise_and_anomaly_checks_are_left_to_arrays(calls):
    briefly(dropout_model())
    with detect_anomaly():
        briefly(classifier())
    assert not calls


def diverging(epochs, **options):
    """A training whose weights explode after some epochs; what it raised, and what it left."""
    m = nn.MLP(2, [4, 1], activation="linear", output="linear", rng=random.Random(0))
    optimizer = nn.SGD(m.parameters(), lr=0.8, momentum=0.5)
    rng = np.random.default_rng(5)
    with pytest.raises(FloatingPointError) as found:
        nn.fit(
            m,
            POINTS * 3,
            POINTS[:, 0] * 10 + 0.5,
            optimizer=optimizer,
            loss=nn.mse_loss,
            epochs=epochs,
            batch_size=20,
            seed=rng,
            progress=False,
            **options,
        )
    history = found.value.history
    return str(found.value), rng.random(), ends(m, optimizer, history)


@pytest.mark.parametrize("options", [{}, {"callbacks": [lambda history: None]}])
def test_what_diverges_says_and_leaves_the_same(options, calls, monkeypatch):
    found = diverging(500, **options)
    assert calls and calls[-1][1] < 60 * calls[-1][0][0]
    monkeypatch.setattr(runners, "PAYS", 10**18)
    expected = diverging(500, **options)
    for k in (0, 2, 3):  # weights, state and history, after growing without bound
        np.testing.assert_allclose(found[2][k], expected[2][k], rtol=1e-6)
    assert np.isfinite(found[2][1]).all()
    where = "no longer finite in epoch 2, batch 3"
    assert where in found[0] and where in expected[0]
    assert found[0].split(",")[:2] == expected[0].split(",")[:2]
    assert found[1] == expected[1]


@pytest.mark.parametrize(
    ("steps", "epochs", "shapes"),
    [
        (10**6, 9, [(4, 60), (4, 60), (1, 60)]),  # as many numbers as are held at once
        (17, 4, [(2, 60), (2, 60)]),  # of 8 rows each, so that two epochs of 60 rows go in one call
        (3, 2, [(1, 24), (1, 24), (1, 12)] * 2),
    ],
)
def test_long_trainings_go_in_several_calls(steps, epochs, shapes, calls, monkeypatch):
    monkeypatch.setattr(engine, "AT_ONCE", 60 * 3 * 4)
    at_once = property(lambda self: steps, lambda self, own: None)
    monkeypatch.setattr(Lanes, "at_once", at_once, raising=False)

    def train():
        m = classifier()
        optimizer = nn.SGD(m.parameters(), lr=0.1)
        return m, optimizer, briefly(m, optimizer=optimizer, epochs=epochs)

    on_arrays_and_native(monkeypatch, train)
    assert [shape for shape, _ in calls] == shapes


@pytest.mark.parametrize("options", [{}, {"validation": 0.25}, {"clip_norm": 1.0}])
def test_the_bar_counts_every_batch_and_shows_the_last_epoch(options, calls, monkeypatch):
    bars = []

    def bar(total, wanted):
        bars.append(tqdm(total=total, file=io.StringIO()))
        return bars[-1]

    monkeypatch.setattr(sys.modules["nn.training.fit"], "progress_bar", bar)
    history = briefly(classifier(), **options)
    batches = 6 if "validation" in options else 8  # of 45 or 60 examples
    assert bars[0].n == bars[0].total == 5 * batches
    assert bars[0].postfix == history.report()


def test_the_same_training_gives_the_same_bytes(calls):
    runs = []
    for _ in range(2):
        m = classifier()
        history = briefly(m, epochs=20)
        runs.append(([p.data for p in m.parameters()], history.loss))
    assert runs[0] == runs[1] and calls


def test_ctrl_c_between_calls_keeps_whole_epochs(calls, monkeypatch):
    monkeypatch.setattr(engine, "AT_ONCE", 60 * 3 * 4)
    at_once = Loop._at_once

    def interrupted(self, most):
        if len(self.history.loss) == 8:
            raise KeyboardInterrupt
        return at_once(self, most)

    monkeypatch.setattr(Loop, "_at_once", interrupted)
    m = classifier()
    history = briefly(m, epochs=50)
    assert history.stopped == "interrupted" and len(history.loss) == len(history.lr) == 8
    monkeypatch.setattr(Loop, "_at_once", at_once)
    other = classifier()
    briefly(other, epochs=8)
    assert [p.data for p in m.parameters()] == [p.data for p in other.parameters()]


def test_few_steps_do_not_pay(monkeypatch):
    made = []
    monkeypatch.setattr(
        "autograd.compiler.bound.BoundProgram.lanes", lambda self, batch: made.append(batch)
    )
    briefly(classifier())
    assert not made
    nn.fit(classifier(), POINTS, CLASSES, epochs=0, progress=False)
    rows = runners.ROWS_A_STEP + 60
    nn.fit(
        classifier(), POINTS, CLASSES, epochs=2, batch_size=60, progress=False, loss="cross_entropy"
    )
    assert not made
    monkeypatch.setattr(runners, "PAYS", 2 * rows)
    nn.fit(classifier(), POINTS, CLASSES, epochs=2, batch_size=60, progress=False)
    assert made == [60]
