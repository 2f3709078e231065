"""fit, predict, accuracy and the data that go in."""

import asyncio
import contextlib
import itertools
import random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, grad
from nn.data import load, minibatches

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND = [0, 0, 0, 1]


def model(outputs=2, seed=0):
    return nn.MLP(2, [4, outputs], activation="tanh", rng=random.Random(seed))


def test_fit_learns_and_the_history_tells():
    m = model()
    seen = []
    history = nn.fit(
        m,
        X,
        AND,
        optimizer=nn.SGD(m.parameters(), lr=0.5),
        epochs=100,
        batch_size=2,
        seed=1,
        validation=(X, AND),
        callbacks=[lambda h: seen.append(len(h.loss))],
    )
    assert seen == list(range(1, 101))
    for values in history.curves().values():
        assert len(values) == 100
    assert history.loss[-1] < 0.2 * history.loss[0]
    assert history.val_accuracy[-1] == history.accuracy[-1] == 1.0 == nn.accuracy(m, X, AND)
    assert history.val_loss[-1] == pytest.approx(
        np.mean([nn.cross_entropy(m(x), t).data for x, t in zip(X, AND, strict=True)])
    )
    assert "loss 0." in history.report() and "val accuracy 100.0 %" in history.report()
    assert nn.predict(m, X).argmax(axis=1).tolist() == AND


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        ("hinge_loss", [-1, -1, -1, 1]),
        ("binary_cross_entropy_with_logits", AND),
        ("mse_loss", [-1.0, -1.0, -1.0, 1.0]),
        ("squared_error", AND),
    ],
)
def test_one_output_and_its_losses(loss, labels):
    m = model(1)
    history = nn.fit(m, X, labels, loss=loss, epochs=300, seed=0, batch_size=1, progress=False)
    assert history.accuracy[-1] == 1.0
    assert nn.predict(m, X).shape == (4,)


def test_one_hot_targets_and_regression():
    m = model()
    history = nn.fit(m, X, np.eye(2)[AND], epochs=2, progress=False)
    assert len(history.accuracy) == 2
    m = model(1)
    history = nn.fit(m, X, [0.1, 0.5, 0.7, 2.0], loss="mse_loss", epochs=2, progress=False)
    assert history.accuracy == [] and len(history.loss) == 2
    m = model(2)
    history = nn.fit(m, X, [[0.1, 0.5]] * 4, loss="mse_loss", epochs=1, progress=False)
    assert history.accuracy == [] and nn.predict(m, X).shape == (4, 2)


def test_a_loss_of_the_users_own_with_a_penalty():
    m = model(1)

    def loss(output, target):
        return (output - target) ** 2 + 0.1 * sum(p * p for p in m.parameters())

    before = sum(p.data**2 for p in m.parameters())
    nn.fit(m, X, [0, 0, 0, 0], loss=loss, epochs=50, progress=False)
    assert sum(p.data**2 for p in m.parameters()) < 0.2 * before


def test_a_seed_fixes_the_run():
    weights = []
    for _ in range(2):
        m = model()
        nn.fit(m, X, AND, epochs=3, batch_size=1, seed=5, progress=False)
        weights.append(m.state_dict())
    m = model()
    nn.fit(m, X, AND, epochs=3, batch_size=1, seed=6, progress=False)
    assert weights[0] == weights[1] != m.state_dict()


def test_shuffling_is_of_the_examples_and_can_be_turned_off():
    batches = [b.tolist() for b in minibatches(10, 4, np.random.default_rng(0))]
    assert [len(b) for b in batches] == [4, 4, 2]
    order = [i for batch in batches for i in batch]
    assert sorted(order) == list(range(10)) != order
    assert list(minibatches(5, 2, None)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    runs = []
    for seed in (1, 2):
        m = model()
        nn.fit(m, X, AND, epochs=2, batch_size=1, shuffle=False, seed=seed, progress=False)
        runs.append(m.state_dict())
    assert runs[0] == runs[1]


def fit_arguments(**changes):
    m = model()
    arguments = {"X": X, "y": AND, "optimizer": nn.SGD(m.parameters(), lr=0.1, momentum=0.9)}
    arguments |= {"epochs": 1, "progress": False}
    return m, arguments | changes


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": [], "y": []}, ValueError, r"`X` is empty, shape \(0,\)"),
        ({"X": np.empty((0, 2)), "y": []}, ValueError, r"`X` is empty, shape \(0, 2\)"),
        ({"y": [0, 1]}, ValueError, "`X` has 4 examples and `y` has 2: they must match"),
        ({"X": [1.0, 2.0, 3.0, 4.0]}, ValueError, r"shape \(n, features\); got shape \(4,\)"),
        ({"X": [[1.0], [1.0, 2.0]]}, ValueError, "the rows of `X` have unequal lengths"),
        ({"X": [["a", "b"]] * 4}, ValueError, "`X` must hold real numbers, got dtype <U1"),
        ({"X": [[1, 2, 3]] * 4}, ValueError, r"Layer\(2, 4, .*takes 2 inputs, got 3"),
        ({"y": [0, 1, 2, 0]}, ValueError, r"`y\[2\]` is 2, but the model has 2 outputs"),
        ({"y": np.empty((4, 0))}, ValueError, r"`y` must have shape \(n,\) or \(n, outputs\)"),
        ({"optimizer": 5}, TypeError, r"`optimizer` must be an optimiser such as nn.SGD"),
        ({"optimizer": "adma"}, ValueError, "unknown optimizer 'adma'.* did you mean `adam`"),
        ({"callbacks": [5]}, TypeError, "`callbacks` must be a list of functions"),
        ({"callbacks": print}, TypeError, "`callbacks` must be a list of functions"),
        (
            {"validation": [[1.0]]},
            ValueError,
            r"`validation` must be \(X, y\), .* or a share",
        ),
        ({"y": [0, 1, -1, 0]}, ValueError, r"is -1, .* a class index is a whole number in 0..1"),
        ({"y": [0, 1, 0.5, 0]}, ValueError, r"`y\[2\]` is 0.5, .* other targets are rows of 2"),
        ({"y": ["no", "yes", "no", "no"]}, ValueError, "`y` must hold real numbers"),
        ({"loss": "cross_entrpy"}, ValueError, "unknown loss 'cross_entrpy'.*`cross_entropy`"),
        ({"loss": lambda output, target: 1.0}, TypeError, "the loss must return a Value, got 1.0"),
        ({"batch_size": 0}, ValueError, "`batch_size` must be a whole number of at least 1"),
        ({"epochs": -1}, ValueError, "`epochs` must be a whole number of at least 0, got -1"),
        ({"epochs": 1.5}, ValueError, "`epochs` must be a whole number"),
        ({"validation": (X, AND[:2])}, ValueError, "`validation y` has 2: they must match"),
        ({"validation": ([[1.0]], [0])}, ValueError, "takes 2 inputs, got 1"),
    ],
)
def test_bad_arguments_leave_model_and_optimiser_as_they_were(changes, error, message):
    m, arguments = fit_arguments(**changes)
    m.parameters()[0].grad = 7.0
    before = m.state_dict()
    with pytest.raises(error, match=message):
        nn.fit(m, **arguments)
    assert m.state_dict() == before
    assert m.parameters()[0].grad == 7.0
    assert not any(getattr(arguments["optimizer"], "state", []))


def test_accuracy_needs_classes():
    with pytest.raises(ValueError, match="`accuracy` needs classes in `y`"):
        nn.accuracy(model(1), X, [0.1, 0.2, 0.3, 0.4])
    with pytest.raises(ValueError, match="`X` has 4 examples and `y` has 3"):
        nn.accuracy(model(), X, [0, 1, 0])
    half = model(1)
    half.load_state_dict(dict.fromkeys(half.state_dict(), 0.0))
    assert nn.accuracy(half, X, [0, 0, 1, 1]) == 0.5


def test_accuracy_and_history_agree_where_one_output_decides():
    for output, loss in (("sigmoid", "mse_loss"), ("linear", "squared_error")):
        m = nn.MLP(2, [4, 1], activation="tanh", output=output, rng=random.Random(0))
        history = nn.fit(m, X, AND, loss=loss, epochs=600, batch_size=1, seed=0, progress=False)
        assert history.accuracy[-1] == nn.accuracy(m, X, AND, loss=loss) == 1.0
    column = [[label] for label in AND]
    assert nn.accuracy(m, X, column, loss="squared_error") == 1.0


def test_float_labels_and_numpy_numbers():
    m = nn.MLP(np.int64(2), np.array([3, 2]))
    history = nn.fit(m, X, np.array([0.0, 1.0, 1.0, 1.0]), epochs=np.int64(2), seed=np.int64(1))
    assert len(history.accuracy) == 2


def test_the_mode_of_the_model_is_kept_and_set_while_training():
    modes = []

    class Watched(nn.Module):
        def __init__(self):
            self.inner = model()

        def forward(self, x):
            modes.append(self.training)
            return tuple(self.inner(x))

    m = Watched().eval()
    nn.fit(m, X, AND, epochs=1, validation=(X, AND), progress=False, compiled=False)
    assert modes == [False, False, *[True] * 4, *[False] * 4] and not m.training
    modes.clear()
    nn.fit(m, X, AND, epochs=2, validation=(X, AND), progress=False)
    # two rehearsals; training recorded, and twice more to see that it repeats; validation
    assert modes == [False, False, True, True, True, False] and not m.training
    m.train()
    nn.fit(m, X, AND, epochs=1, progress=False)
    assert m.training and m.inner.training
    assert nn.predict(m, X).shape == (4, 2)


def test_errors_of_the_users_own_loss_come_through():
    class Two(ValueError):
        def __init__(self, a, b):
            super().__init__(a, b)

    def loss(output, target):
        raise Two(1, 2)

    with pytest.raises(Two) as caught:
        nn.fit(model(), X, AND, loss=loss)
    assert caught.value.__notes__ == [
        "in the loss of example 0 of 4, before any training",
        "classes of several outputs reach a loss as one-hot rows",
    ]


def test_predict_records_nothing_and_returns_floats():
    m = model()
    outputs = nn.predict(m, X)
    assert outputs.shape == (4, 2) and outputs.dtype == np.float64
    assert outputs[1].tolist() == [v.data for v in m(X[1])]


def test_the_progress_bar_is_silent_off_a_terminal(capsys):
    m, arguments = fit_arguments()
    nn.fit(m, **(arguments | {"progress": True}))
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == ""


@pytest.mark.parametrize(
    ("name", "shape", "classes"), [("digits", 64, 10), ("iris", 4, 3), ("moons", 2, 2)]
)
def test_real_data_are_split_by_a_seed_and_scaled(name, shape, classes):
    data, again, other = load(name), load(name), load(name, seed=1)
    assert data.X_train.shape[1] == data.X_test.shape[1] == shape
    assert len(data.classes) == classes
    assert np.array_equal(data.X_train, again.X_train)
    assert not np.array_equal(data.X_train, other.X_train)
    assert len(data.X_test) == pytest.approx(0.2 * (len(data.X_train) + len(data.X_test)), abs=1)
    if name != "moons":
        assert data.X_train.min() == 0.0 and data.X_train.max() == 1.0
    assert set(data.y_test) == set(range(classes))
    both = {tuple(x) for x in data.X_train} & {tuple(x) for x in data.X_test}
    assert len(both) <= 1  # iris holds one flower twice


def test_an_unknown_data_set():
    with pytest.raises(ValueError, match="unknown data set 'mnits': choose one of digits"):
        load("mnits")


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


class Bent(nn.Module):
    """A network and its own slope, at the input or at one point, as in physics-informed losses."""

    def __init__(self, point=None):
        self.net = nn.MLP(1, [4, 1], activation="tanh", output="linear", rng=random.Random(0))
        self.point = point

    def __call__(self, x):
        return self.net(x) + grad(lambda t: self.net([t]))(self.point or x[0])


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


class Force(nn.Module):
    """The slope of a network of energy, and nothing else."""

    def __init__(self):
        self.energy = nn.MLP(1, [4, 1], activation="tanh", output="linear", rng=random.Random(0))

    def __call__(self, x):
        return grad(lambda t: self.energy([t]))(x[0])


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
    losses = []
    for compiled in (True, False):
        m = model(1)
        loss = lambda o, t: (grad(lambda u: o * u * u)(0.5) - t) ** 2  # noqa: E731
        history = nn.fit(m, X, AND, loss=loss, epochs=3, compiled=compiled, progress=False)
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-11) and losses[0][-1] < losses[0][0]


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


@pytest.mark.parametrize("compiled", [True, False])
def test_what_is_not_finite_in_a_derivative_is_named(compiled):
    class Root(nn.Module):
        def __init__(self):
            self.w = Value(2.0)

        def __call__(self, x):
            return grad(lambda t: (self.w * t).sqrt())(x[0])

    settings = {"loss": "mse_loss", "epochs": 1, "progress": False, "compiled": compiled}
    with pytest.raises(FloatingPointError, match=r"in example 1, sqrt\(-2.*\) gives nan"):
        nn.fit(Root(), [[1.0], [-1.0]], [0.0, 0.0], **settings)


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
    assert "compiled=False" in caught.value.__notes__[0]


def test_callbacks_see_the_weights_and_ctrl_c_keeps_them():
    m = model()
    seen = [m.state_dict()]

    def callback(history):
        assert m.state_dict() != seen[-1]
        seen.append(m.state_dict())
        if len(seen) == 4:
            raise KeyboardInterrupt

    history = nn.fit(m, X, AND, epochs=50, callbacks=[callback], progress=False)
    assert m.state_dict() == seen[-1] and len(seen) == 4
    assert history.stopped == "interrupted" and len(history.loss) == 3


def test_many_rows_are_predicted_by_a_program():
    m = model()
    rows = np.random.default_rng(0).normal(size=(200, 2))
    assert nn.predict(m, rows)[:5] == pytest.approx(nn.predict(m, rows[:5]), rel=1e-12)


@pytest.mark.parametrize("compiled", [True, False])
def test_what_a_callback_changes_counts(compiled):
    m = model()
    optimizer = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)

    def reset(history):
        for p in m.parameters():
            p.data = 0.25

    nn.fit(m, X, AND, optimizer=optimizer, epochs=2, callbacks=[reset], compiled=compiled)
    assert set(m.state_dict().values()) == {0.25}


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


@pytest.mark.parametrize("change", ["data", "state", "frozen"])
def test_all_that_a_callback_changes_is_seen_by_both_engines(change):
    runs = []
    for compiled in (True, False):
        m, frozen = model(1), Value(1.0)
        optimizer = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)

        def callback(history, m=m, frozen=frozen, optimizer=optimizer):
            if change == "data":
                for p in m.parameters():
                    p.data = max(-0.2, min(0.2, p.data))
            elif change == "state":
                for state in optimizer.state:
                    state.clear()
            else:
                frozen.data *= 0.5

        history = nn.fit(
            m,
            X,
            AND,
            loss=lambda o, t, f=frozen: (o - t) ** 2 * f,
            epochs=4,
            seed=0,
            optimizer=optimizer,
            callbacks=[callback],
            compiled=compiled,
        )
        runs.append(history.loss)
    assert runs[0] == pytest.approx(runs[1], rel=1e-11)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_loss_of_ones_own_is_given_one_hot_rows_however_it_runs(compiled):
    m = model()

    def penalised(output, target):
        return nn.cross_entropy(output, target) + 0.01 * sum(p * p for p in m.parameters())

    def squared(output, target):
        return sum((o - t) ** 2 for o, t in zip(output, target, strict=True))

    for loss in (penalised, squared):
        nn.fit(m, X, AND, loss=loss, epochs=2, progress=False, compiled=compiled)
    with pytest.raises(TypeError) as caught:
        nn.fit(m, X, AND, loss=lambda o, t: o[t], compiled=compiled)
    assert "classes of several outputs reach a loss as one-hot rows" in caught.value.__notes__
