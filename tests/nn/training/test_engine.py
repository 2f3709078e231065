"""Both engines reach the same weights, and what they refuse."""

import asyncio
import contextlib
import itertools
import math
import random
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from small_trainings import (
    AND,
    CLASSES,
    POINTS,
    both,
    briefly,
    classifier,
    dropout_model,
    fit,
    network,
)
from small_trainings import CORNERS as X
from small_trainings import POINTS as INPUTS
from small_trainings import TILTED as Y
from small_trainings import gate as model

import autograd
import nn
from autograd import Value, grad
from nn.training.engine import Clipping, Engine, NotFiniteError
from nn.training.examples import Examples
from nn.training.interrupts import Interrupts
from nn.training.runners import Compiled, Eager


class Bent(nn.Module):
    """A network and its own slope, at the input or at one point, as in physics-informed losses."""

    def __init__(self, point=None):
        self.net = nn.MLP(1, [4, 1], activation="tanh", output="linear", rng=random.Random(0))
        self.point = point

    def __call__(self, x):
        return self.net(x) + grad(lambda t: self.net([t]))(self.point or x[0])


class Force(nn.Module):
    """The slope of a network of energy, and nothing else."""

    def __init__(self):
        self.energy = nn.MLP(1, [4, 1], activation="tanh", output="linear", rng=random.Random(0))

    def __call__(self, x):
        return grad(lambda t: self.energy([t]))(x[0])


class Branching(nn.Module):
    """Of some rows the slope knows no parameter."""

    def __init__(self):
        self.net = nn.MLP(1, [3, 1], activation="tanh", output="linear", rng=random.Random(0))
        self.drop = nn.Dropout(0.3, seed=1)

    def __call__(self, x):
        [hidden] = self.drop([self.net(x)])
        w = self.net.parameters()[0]
        bent = grad(lambda t: w * t * t if t > 0.5 else t * t)
        return hidden + bent(x[0]).tanh() + bent(0.5).tanh()


def test_a_target_may_be_learnt_through_a_leaf():
    m = model(1)
    scale = Value(1.0)
    nn.fit(
        m,
        X,
        [2.0] * 4,
        loss=lambda output, target: (scale * output - target) ** 2,
        optimizer=nn.SGD([scale, *m.parameters()], lr=0.05),
        epochs=100,
        progress=False,
    )
    assert scale.data != 1.0 and nn.predict(m, X) * scale.data == pytest.approx([2] * 4, rel=0.1)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.8, "dampening": 0.1, "weight_decay": 0.01},
        {"momentum": 0.9, "nesterov": True},
    ],
)
@pytest.mark.parametrize(
    ("outputs", "loss", "labels"),
    [
        (2, "cross_entropy", AND),
        (2, "cross_entropy", np.eye(2)[AND]),
        (2, "mse_loss", [[0.5, 1.0]] * 4),
        (1, "hinge_loss", [-1, -1, -1, 1]),
        (1, "binary_cross_entropy_with_logits", AND),
        (1, "squared_error", [0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_the_eager_and_the_compiled_engine_reach_the_same_weights(options, outputs, loss, labels):
    runs = []
    for compiled in (True, False):
        m = model(outputs)
        optimizer = nn.SGD(m.parameters(), lr=0.1, **options)
        arguments = {"loss": loss, "optimizer": optimizer, "batch_size": 3, "seed": 2}
        arguments |= {"compiled": compiled, "progress": False, "validation": (X, labels)}
        histories = [nn.fit(m, X, labels, epochs=n, **arguments) for n in (3, 2)]
        runs.append((m, optimizer, histories))
    (m, optimizer, histories), (twin, other, expected) = runs
    for p, q in zip(m.parameters(), twin.parameters(), strict=True):
        assert p.data == pytest.approx(q.data, rel=1e-11) and p.grad == pytest.approx(q.grad)
    for here, there in zip(optimizer.state, other.state, strict=True):
        assert here == pytest.approx(there, rel=1e-9, abs=1e-14)
    for here, there in zip(histories, expected, strict=True):
        for name, values in here.curves().items():
            assert values == pytest.approx(vars(there)[name], rel=1e-11)


@pytest.mark.parametrize("point", [0.5, None])
def test_both_engines_train_through_a_derivative_in_the_model(point):
    xs, ys = [0.1, 0.4, 0.9], [0.0, 1.0, 0.0]
    by_hand = Bent(point)
    for _ in range(5):
        by_hand.zero_grad()
        for x, y in zip(xs, ys, strict=True):
            at = Value(point or x)  # Values, so that the result is one
            output = by_hand.net([x]) + grad(lambda t: by_hand.net([t]))(at)
            ((output - y) ** 2).backward(1.0 / 3.0)
        for p in by_hand.parameters():
            p.data -= 0.1 * p.grad
    expected = [p.data for p in by_hand.parameters()]
    for compiled in (True, False):
        m = Bent(point)
        history = nn.fit(
            m,
            [[x] for x in xs],
            ys,
            loss="mse_loss",
            optimizer=nn.SGD(m.parameters(), lr=0.1),
            epochs=5,
            compiled=compiled,
            progress=False,
            validation=([[0.2]], [1.0]),
        )
        assert [p.data for p in m.parameters()] == pytest.approx(expected, rel=1e-11)
        assert len(history.val_loss) == 5


def test_a_model_may_be_a_derivative():
    histories, predictions = [], []
    for compiled in (True, False):
        m = Force()
        settings = {"epochs": 3, "compiled": compiled, "progress": False}
        history = nn.fit(m, X, AND, loss=lambda o, t: (o.tanh() - t) ** 2, **settings)
        histories.append(history.loss)
        predictions.append(nn.predict(m, X))
    assert histories[0] == pytest.approx(histories[1], rel=1e-11)
    assert predictions[0] == pytest.approx(predictions[1], rel=1e-11)


def test_the_loss_of_a_model_may_be_its_derivative_and_nothing_else():
    def loss(o, t):
        return (grad(lambda u: o * u * u)(0.5) - t) ** 2

    losses = []
    for compiled in (True, False):
        m = model(1)
        history = nn.fit(m, X, AND, loss=loss, epochs=3, compiled=compiled, progress=False)
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-11) and losses[0][-1] < losses[0][0]


def test_every_run_of_a_model_takes_derivatives_as_values():
    """The rehearsal, what counts the noise, anomaly detection, prediction, and pictures."""
    xs, losses, predictions = [[1.0], [0.2], [0.7], [0.4]], [], []
    for compiled in (True, False):
        for anomaly in (True, False):
            m = Branching()
            with autograd.detect_anomaly() if anomaly else contextlib.nullcontext():
                settings = {"loss": "mse_loss", "epochs": 2, "seed": 0, "progress": False}
                history = nn.fit(m, xs, AND, compiled=compiled, **settings)
            losses.append(history.loss)
            predictions.append(nn.predict(m, xs).tolist())
            predictions.append(nn.predict(m, xs * 10).tolist()[:4])
            assert "tanh" in nn.draw(m, xs[0]).source
    assert losses == [pytest.approx(losses[0], rel=1e-11)] * 4
    for one, other in itertools.pairwise(predictions):
        assert one == pytest.approx(other, rel=1e-11)


def test_a_task_that_a_model_started_is_not_attached_afterwards():
    w, started = Value(3.0), []

    async def later():
        await asyncio.sleep(0)
        return grad(lambda u: w * u * u)(2.0)

    class Starting(nn.Module):
        def __init__(self):
            self.w = Value(0.5)

        def __call__(self, x):
            started.append(asyncio.get_running_loop().create_task(later()))
            return self.w * x[0]

    async def run():
        settings = {"loss": "mse_loss", "epochs": 1, "progress": False, "compiled": False}
        nn.fit(Starting(), [[1.0]], [1.0], **settings)
        return [await task for task in started]

    assert set(asyncio.run(run())) == {12.0}


def test_solvers_work_in_an_eager_loss():
    pytest.importorskip("scipy")
    m = model(1)

    def loss(output, target):
        point = autograd.minimize(lambda t: (t - 1.5) ** 2, 0.5).x
        root = autograd.root(lambda t: output * t - 1.0, 0.5).x
        return (output * point - target) ** 2 + root

    history = nn.fit(m, X, AND, loss=loss, epochs=2, compiled=False, progress=False)
    assert len(history.loss) == 2


def test_parameters_frozen_shared_and_unused_agree_between_the_engines():
    class Odd(nn.Module):
        def __init__(self):
            self.unused = Value(3.0)
            self.frozen = Value(0.5)
            self.w = [Value(0.1), Value(-0.2)]

        def forward(self, x):
            return self.w[1] * x[0] + self.w[0] * x[1] * self.frozen + self.w[1]

    runs = []
    for compiled in (True, False):
        m = Odd()
        optimizer = nn.SGD([m.w[0], m.unused, m.w[1]], lr=0.1, weight_decay=0.1)
        nn.fit(
            m,
            X,
            AND,
            loss="mse_loss",
            optimizer=optimizer,
            epochs=5,
            seed=0,
            batch_size=2,
            compiled=compiled,
            progress=False,
        )
        runs.append(m.state_dict())
    assert runs[0] == pytest.approx(runs[1], rel=1e-12)
    assert runs[0]["frozen"] == 0.5 and runs[0]["unused"] < 3.0


def test_branches_and_penalties_agree_between_the_engines():
    class Branching(nn.Module):
        def __init__(self):
            self.left, self.right = nn.Layer(2, 1, rng=random.Random(0)), Value(0.3)

        def forward(self, x):
            return self.left(x)[0] if x[0] > x[1] else self.right * x[1] + 0.1

    runs = []
    for compiled in (True, False):
        m = Branching()

        def loss(output, target, m=m):
            return (output - target) ** 2 + 0.01 * sum(p * p for p in m.parameters())

        nn.fit(
            m, X, AND, loss=loss, epochs=6, seed=0, batch_size=2, compiled=compiled, progress=False
        )
        runs.append(m.state_dict())
    assert runs[0] == pytest.approx(runs[1], rel=1e-12)


def test_what_cannot_be_compiled_says_how_to_go_on():
    with pytest.raises(TypeError, match=r"would be frozen") as caught:
        nn.fit(model(1), X, [2.0] * 4, loss=lambda o, t: (o - o.data * t) ** 2)
    assert "compiled=False" in caught.value.__notes__[-1]


def test_branches_that_depend_on_the_weights_follow_them():
    class Line(nn.Module):
        def __init__(self):
            self.w = Value(1.0)

        def forward(self, x):
            return self.w * x[0]

    def loss(output, target):
        return output * 2.0 if output > 0 else (output + 5.0) ** 2

    runs = []
    for compiled in (True, False):
        m = Line()
        optimizer = nn.SGD(m.parameters(), lr=0.3)
        nn.fit(
            m,
            [[1.0]] * 4,
            [0.5] * 4,
            loss=loss,
            optimizer=optimizer,
            epochs=5,
            batch_size=2,
            compiled=compiled,
            progress=False,
        )
        runs.append(m.w.data)
    assert runs[0] == pytest.approx(runs[1], rel=1e-12) and runs[0] < -4


def test_a_perceptrons_validation_loss_is_the_loss_that_it_trains_on():
    model, signs = nn.Perceptron(2), 2 * CLASSES - 1
    optimizer = nn.SGD(model.parameters(), lr=1e-300)
    how = {"loss": "perceptron_loss", "optimizer": optimizer, "batch_size": 1}
    history = fit(model, y=signs, validation=(POINTS, signs), **how)
    assert history.val_loss == pytest.approx(history.loss, rel=1e-12)
    assert history.val_accuracy == history.accuracy


@both
def test_a_logit_of_minus_infinity_beside_the_target_trains(compiled):
    class Masked(nn.Module):
        def __init__(self):
            self.w = Value(0.5)

        def forward(self, x):
            return [self.w * x[0], 1.0, -np.inf]

    model = Masked()
    history = fit(model, y=CLASSES, loss="cross_entropy", compiled=compiled)
    assert np.isfinite(history.loss).all() and model.w.data != 0.5


@both
def test_inputs_have_any_number_of_dimensions(compiled):
    class Table(nn.Module):
        def __init__(self):
            self.w = Value(0.1)

        def forward(self, x):
            return self.w * (x[0][1] + x[1][0])

    X = POINTS.reshape(30, 2, 2)
    model = Table()
    fit(model, X, y=X[:, 0, 1] + X[:, 1, 0], epochs=200, compiled=compiled)
    assert model.w.data == pytest.approx(1.0)
    assert nn.predict(model, X) == pytest.approx(X[:, 0, 1] + X[:, 1, 0])


@both
def test_what_is_not_trained_keeps_its_gradient(compiled):
    model = network(2, 1)
    frozen = model.layers[0].parameters()
    for p in frozen:
        p.grad = 7.0
    fit(model, optimizer=nn.SGD(model.layers[1].parameters(), lr=0.1), compiled=compiled)
    assert {p.grad for p in frozen} == {7.0}


@both
def test_what_a_model_computed_before_it_was_called_is_refused(compiled):
    class Derived(nn.Module):
        def __init__(self):
            self.a = Value(1.0)
            self.b = self.a * 2
            self.last = None

        def forward(self, x):
            self.last = self.a * x[0]  # kept and not used again: no fault
            return self.last if self.b is None else self.last + self.b

    model = Derived()
    with pytest.raises(ValueError, match="computed once, before it was called"):
        fit(model, y=3.0 * POINTS[:, 0], compiled=compiled)
    assert model.a.data == 1.0
    model.b = None
    fit(model, y=3.0 * POINTS[:, 0], compiled=compiled)
    assert model.a.data != 1.0


def test_random_numbers_that_would_be_frozen_are_named():
    class Noisy(nn.Module):
        def __init__(self):
            self.w = Value(0.5)

        def forward(self, x):
            return self.w * x[0] + random.random()

    with pytest.raises(TypeError, match=r"nn\.layers\.NoisyLayer, as nn\.Dropout is"):
        fit(Noisy(), y=POINTS[:, 0])
    fit(Noisy(), y=POINTS[:, 0], compiled=False)


def test_another_dict_in_the_place_of_a_group_counts():
    model = network(1)
    optimizer = nn.SGD(model.parameters(), lr=0.1)

    def stop(history):
        optimizer.param_groups[0] = {**optimizer.param_groups[0], "lr": 1e-300}

    history = fit(model, optimizer=optimizer, callbacks=[stop], batch_size=60)
    assert history.loss[1] == history.loss[2] != history.loss[0]


def test_a_branch_may_be_a_bare_number_and_what_compiles_not_runs_as_it_is():
    class Branch(nn.Module):
        def forward(self, x):
            return Value(1.0) * x[0] if x[0] > 0 else 0.0

    class Table(nn.Module):
        def forward(self, x):
            return Value({True: 1.0, False: 2.0}[bool(x[0] > 0)]) * {1.0: 3.0}.get(x[1], 4.0)

    assert nn.predict(Branch(), POINTS).tolist() == np.maximum(POINTS[:, 0], 0.0).tolist()
    assert set(nn.predict(Table(), POINTS).tolist()) == {4.0, 8.0}


def test_both_engines_agree_on_every_option():
    states = []
    for compiled in (True, False):
        m = classifier()
        optimizer = nn.Adam(m.parameters(), lr=0.05)
        briefly(
            m,
            compiled=compiled,
            optimizer=optimizer,
            schedule=nn.StepLR(optimizer, 2, gamma=0.5),
            clip_norm=0.5,
            clip_value=0.2,
            class_weight="balanced",
            sample_weight=np.linspace(0.5, 1.5, 60),
            validation=(INPUTS, Y),
        )
        states.append(m.state_dict())
    assert states[0] == pytest.approx(states[1], rel=1e-10)


@both
def test_a_checkpoint_resumes_to_the_same_bytes_with_dropout(compiled, tmp_path):
    def train(m, optimizer, rng, epochs):
        briefly(
            m,
            optimizer=optimizer,
            seed=rng,
            epochs=epochs,
            validation=(INPUTS, Y),
            compiled=compiled,
        )

    whole = dropout_model()
    train(whole, nn.Adam(whole.parameters(), lr=0.01), np.random.default_rng(5), 4)
    m = dropout_model()
    optimizer, rng = nn.Adam(m.parameters(), lr=0.01), np.random.default_rng(5)
    train(m, optimizer, rng, 2)
    nn.save_checkpoint(m, tmp_path / "half.json", optimizer=optimizer, rng=rng)
    m = dropout_model()
    optimizer, rng = nn.Adam(m.parameters(), lr=0.01), np.random.default_rng(0)
    nn.load_checkpoint(tmp_path / "half.json", m, optimizer=optimizer, rng=rng)
    train(m, optimizer, rng, 2)
    assert m.state_dict() == whole.state_dict()


@both
def test_an_error_names_the_operation_in_both_engines(compiled):
    m = nn.MLP(1, [1], rng=random.Random(0))
    with pytest.raises(FloatingPointError, match=r"in example \d, .* \*\* 2 gives inf"):
        briefly(
            m,
            X=[[1.0], [2.0]] * 4,
            y=[1.0, 2.5] * 4,
            loss="mse_loss",
            epochs=500,
            compiled=compiled,
            optimizer=nn.SGD(m.parameters(), lr=5.0),
        )
    assert all(map(math.isfinite, m.state_dict().values()))


class Slope(nn.Module):
    """w * x, whose squared error against 0 has the slope 2 * w * x^2."""

    def __init__(self, w=2.0):
        self.w = Value(w)

    def forward(self, x):
        return self.w * x[0]


def slope_engine(compiled, optimizer_type=nn.SGD, **options):
    """An engine at the start of an epoch on x = 1, 3 with targets 0; and w, the optimiser."""
    m = Slope()
    optimizer = optimizer_type([m.w], lr=0.1, **options)
    runner = (Compiled if compiled else Eager)(m, nn.mse_loss, [m.w])
    engine = Engine(runner, optimizer, Clipping(), Interrupts())
    engine.epoch(Examples(m, [[1.0], [3.0]], [0.5, 0.0], nn.mse_loss))
    return engine, m.w, optimizer


def test_clipping_does_what_it_is_told_and_cannot_be_changed():
    gradient = np.array([3.0, -4.0])
    assert Clipping()(gradient).tolist() == [3.0, -4.0]
    assert Clipping(value=3.5)(gradient).tolist() == [3.0, -3.5]
    assert Clipping(norm=1.0)(gradient) == pytest.approx([0.6, -0.8])
    both_ways = Clipping(norm=2.5, value=3.0)(gradient)  # first to (3, -3), then its norm
    assert both_ways == pytest.approx([2.5 / math.sqrt(2), -2.5 / math.sqrt(2)])
    with pytest.raises(FrozenInstanceError):
        Clipping().norm = 1.0


@both
def test_a_step_by_hand(compiled):
    engine, w, optimizer = slope_engine(compiled, momentum=0.5)
    engine.write_back()
    assert optimizer._elsewhere is None  # nothing has moved, so nothing is left in arrays
    engine.step(np.array([0, 1]))  # ((2 * 1.5 * 1) + (2 * 6 * 3)) / 2 = 19.5
    assert engine.losses.tolist() == [[2.25], [36.0]]
    assert engine.outputs.tolist() == [[2.0], [6.0]]
    assert engine.gradient == pytest.approx([19.5])
    engine.write_back()
    assert w.data == pytest.approx(0.05) and w.grad == pytest.approx(19.5)
    w.data = 5.0
    engine.write_back()  # nothing has moved since: what a user wrote stays
    assert w.data == 5.0
    assert list(optimizer.state[0].values()) == pytest.approx([19.5])
    engine.gather()
    engine.evaluate(engine.examples)
    assert engine.losses.tolist() == [[20.25], [225.0]]


@both
def test_weights_that_are_not_finite_go_back_to_the_start_of_the_epoch(compiled):
    engine, w, optimizer = slope_engine(compiled, momentum=0.5)
    engine.step(np.array([0, 1]))
    engine.check_weights()
    engine.epoch(engine.examples)
    engine.step(np.array([0]))  # slope 2 * (0.05 - 0.5) = -0.9, momentum 9.75 - 0.9
    added = Value(7.0)
    optimizer.add_param_group({"params": [added]})
    engine.write_back()
    engine.gather()
    engine.flat.data[...] = math.inf
    with pytest.raises(NotFiniteError, match="weight after a step") as caught:
        engine.check_weights()
    assert caught.value.what == "weight after a step" and caught.value.examples == []
    engine.go_back()
    assert w.data == pytest.approx(0.05) and added.data == 7.0
    if compiled:  # eager steps keep the momentum of the last finite one
        assert list(optimizer.state[0].values()) == pytest.approx([19.5])
    engine.step(np.array([0]))
    engine.write_back()
    assert math.isfinite(w.data) and w.data != pytest.approx(0.05)


def test_finite_weights_stay_where_they_are():
    engine, w, _ = slope_engine(compiled=True)
    engine.step(np.array([0, 1]))
    engine.go_back()
    assert w.data == pytest.approx(0.05)


@both
def test_an_optimisers_own_step_is_taken(compiled):
    class Own(nn.SGD):
        steps = 0

        def step(self):
            self.steps += 1
            for p in self.params:
                p.data -= 0.01 * p.grad

    engine, w, optimizer = slope_engine(compiled, Own)
    engine.step(np.array([0, 1]))
    engine.step(np.array([0, 1]))
    engine.write_back()
    first = 2.0 - 0.01 * 19.5
    assert optimizer.steps == 2
    assert w.data == pytest.approx(first - 0.01 * (10.0 * first - 0.5))


@both
def test_restored_weights_leave_what_was_added_since_as_it_is(compiled):
    engine, w, optimizer = slope_engine(compiled)
    kept = engine.weights()
    engine.step(np.array([0, 1]))
    added = Value(7.0)
    optimizer.add_param_group({"params": [added]})
    engine.write_back()
    engine.gather()
    engine.restore(kept)
    engine.write_back()
    assert (w.data, added.data) == (2.0, 7.0)


@pytest.mark.parametrize(
    ("losses", "gradient", "raised"),
    [
        ([1.0, 2.0], 3.0, None),
        ([1.7e308, 1.7e308], 3.0, None),  # a sum that overflows is no fault of its terms
        ([1.0, 2.0], 1e200, None),
        ([1.0, math.nan], 3.0, ("loss", [2])),
        ([math.inf, -math.inf], 3.0, ("loss", [0, 2])),
        ([math.inf, 2.0], math.nan, ("loss", [0])),
        ([1.0, 2.0], math.inf, ("gradient", [0, 2])),
        ([1.0, 2.0], math.nan, ("gradient", [0, 2])),
    ],
)
def test_numbers_that_are_not_finite_are_told_with_their_examples(losses, gradient, raised):
    engine, w, _ = slope_engine(compiled=True)
    examples = Examples(Slope(), [[1.0], [3.0], [4.0]], [0.5, 0.0, 0.0], nn.mse_loss)
    engine.epoch(examples)

    def run(rows, flat, reverse):
        return np.array(losses)[:, None], np.zeros((2, 1)), np.array([gradient])

    engine.runner.run = run
    with np.errstate(all="ignore"):  # as in the loop of a training
        if raised is None:
            engine.step(np.array([0, 2]))
            return
        with pytest.raises(NotFiniteError) as caught:
            engine.step(np.array([0, 2]))
    assert (caught.value.what, caught.value.examples) == raised
    engine.write_back()
    assert w.data == 2.0
