"""fit, from its arguments to the history."""

import math
import random

import numpy as np
import pytest
from small_trainings import AND, both, classifier, dropout_model, fit_arguments
from small_trainings import CORNERS as X
from small_trainings import POINTS as INPUTS
from small_trainings import TILTED as Y
from small_trainings import briefly as fit
from small_trainings import gate as model

import nn
from nn.data import minibatches
from nn.training.modes import Modes


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


@both
def test_clipping_bounds_each_step(compiled):
    m = classifier()
    before = m.state_dict()
    optimizer = nn.SGD(m.parameters(), lr=1.0)
    fit(m, optimizer=optimizer, epochs=1, batch_size=60, clip_norm=1e-3, compiled=compiled)
    moves = [after - before[name] for name, after in m.state_dict().items()]
    assert math.hypot(*moves) == pytest.approx(1e-3, rel=1e-2)
    before = m.state_dict()
    fit(m, optimizer=optimizer, epochs=1, batch_size=60, clip_value=1e-4, compiled=compiled)
    moves = [after - before[name] for name, after in m.state_dict().items()]
    assert max(map(abs, moves)) == pytest.approx(1e-4, rel=1e-6)


def test_the_same_seed_gives_the_same_bytes_and_a_generator_goes_on():
    states = []
    for _ in range(2):
        m = classifier()
        fit(m, validation=0.2, optimizer=nn.Adam(m.parameters(), lr=0.01))
        states.append(m.state_dict())
    assert states[0] == states[1]
    whole, parts = classifier(), classifier()
    fit(whole, epochs=4, seed=np.random.default_rng(5))
    rng = np.random.default_rng(5)
    for _ in range(2):
        fit(parts, epochs=2, seed=rng)
    assert whole.state_dict() == parts.state_dict()


def test_predictions_are_made_in_evaluation_mode():
    m = nn.Sequential(nn.Dropout(0.5, seed=1), nn.Layer(2, 2, nonlin=False, rng=random.Random(2)))
    assert m.training and (nn.predict(m, INPUTS) == nn.predict(m, INPUTS)).all()
    m[0].eval()
    nn.accuracy(m, INPUTS, Y)
    assert m.training and not m[0].training


def test_a_refused_training_moves_no_generator():
    m = dropout_model()
    before = m[1].generator.bit_generator.state
    with pytest.raises(ValueError):
        fit(m, y=Y + 5)
    assert m[1].generator.bit_generator.state == before


def test_one_class_only_is_refused():
    with pytest.raises(ValueError, match="`y` holds one class only"):
        fit(classifier(), y=[1] * 60)


@both
def test_ctrl_c_in_a_step_waits_for_its_end(compiled):
    import signal

    class Interrupted(nn.SGD):
        def update(self, p, grad, state, group):
            moved = super().update(p, grad, state, group)
            signal.raise_signal(signal.SIGINT)
            return moved

    m, plain = classifier(), classifier()
    groups = [{"params": layer.parameters()} for layer in m.layers]
    history = fit(m, optimizer=Interrupted(groups, lr=0.1), epochs=3, compiled=compiled)
    assert history.stopped == "interrupted" and history.loss == []
    moved = [p.data != q.data for p, q in zip(m.parameters(), plain.parameters(), strict=True)]
    assert all(moved)  # all layers made the step, none is behind
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@both
def test_ctrl_c_while_a_training_ends_loses_nothing(compiled, monkeypatch):
    import signal

    plain, restore = dropout_model(), Modes.restore
    fit(plain, compiled=compiled)

    def interrupted(modes):
        signal.raise_signal(signal.SIGINT)
        restore(modes)

    monkeypatch.setattr(Modes, "restore", interrupted)
    m = dropout_model().eval()
    history = fit(m, compiled=compiled)
    assert history.stopped == "interrupted" and len(history.loss) == 5
    assert m.state_dict() == plain.state_dict() and not m.training


def test_an_optimizer_of_another_model_is_refused():
    with pytest.raises(ValueError, match="`optimizer` holds none of the model's parameters"):
        fit(classifier(), optimizer=nn.SGD(classifier().parameters(), lr=0.1))
