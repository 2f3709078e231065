"""What `fit` offers beyond the loop: validation, early stopping, schedules, weights, errors."""

import math
import random

import numpy as np
import pytest

import nn
from autograd import Value

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
Y = (X[:, 0] + 0.5 * X[:, 1] > 0.2).astype(int)


def model(seed=1, outputs=2):
    return nn.MLP(2, [6, outputs], activation="tanh", rng=random.Random(seed))


def fit(m, **options):
    options = {"epochs": 5, "batch_size": 8, "seed": 3, "progress": False, **options}
    if "optimizer" not in options and "schedule" not in options:
        options["optimizer"] = nn.SGD(m.parameters(), lr=0.3)
    return nn.fit(m, options.pop("X", X), options.pop("y", Y), **options)


both = pytest.mark.parametrize("compiled", [True, False])


@both
def test_a_share_is_held_out_by_the_seed(compiled):
    runs = [fit(model(), validation=0.25, compiled=compiled) for _ in range(2)]
    assert runs[0] == runs[1] and len(runs[0].val_loss) == 5
    assert runs[0].val_loss != runs[0].loss
    with pytest.raises(ValueError, match="hold out 0 of 60"):
        fit(model(), validation=0.001)
    with pytest.raises(ValueError, match="`validation` must be between 0 and 1"):
        fit(model(), validation=1.5)


@both
def test_early_stopping_restores_the_best_weights(compiled):
    m, seen = model(), []

    def spoil(history):
        """Push the weights away after the third epoch, so that it was the best one."""
        seen.append(m.state_dict())
        if len(seen) >= 3:
            for p in m.parameters():
                p.data += 0.5

    history = fit(
        m, epochs=50, validation=(X, Y), early_stopping=4, callbacks=[spoil], compiled=compiled
    )
    best = int(np.argmin(history.val_loss))
    assert history.best_epoch == best + 1 and len(history.loss) == best + 5
    assert history.stopped == "no better loss for 4 epochs"
    error = [nn.cross_entropy(m(x), int(t)).data for x, t in zip(X, Y, strict=True)]
    if best < 2:
        assert np.mean(error) == pytest.approx(history.val_loss[best], rel=1e-9)


@both
def test_a_callback_that_returns_true_ends_the_training(compiled):
    history = fit(model(), callbacks=[lambda h: len(h.loss) == 2], compiled=compiled)
    assert len(history.loss) == 2 and history.stopped == "a callback returned True"


def test_both_engines_agree_on_every_option():
    states = []
    for compiled in (True, False):
        m = model()
        optimizer = nn.Adam(m.parameters(), lr=0.05)
        fit(
            m,
            compiled=compiled,
            optimizer=optimizer,
            schedule=nn.StepLR(optimizer, 2, gamma=0.5),
            clip_norm=0.5,
            clip_value=0.2,
            class_weight="balanced",
            sample_weight=np.linspace(0.5, 1.5, 60),
            validation=(X, Y),
        )
        states.append(m.state_dict())
    assert states[0] == pytest.approx(states[1], rel=1e-10)


def test_schedules_step_by_epoch_and_by_batch():
    m = model()
    optimizer = nn.SGD(m.parameters(), lr=1.0)
    history = fit(m, schedule=nn.ExponentialLR(optimizer, 0.5))
    assert history.lr == [0.5, 0.25, 0.125, 0.0625, 0.03125]
    optimizer = nn.SGD(m.parameters(), lr=1.0)
    schedule = nn.OneCycleLR(optimizer, max_lr=0.4, total_steps=40)
    fit(m, optimizer=optimizer, schedule=schedule)
    assert schedule.step_count == 5 * 8
    with pytest.raises(ValueError, match="has 0 steps left, but this training takes 8"):
        fit(m, optimizer=optimizer, schedule=schedule, epochs=1)
    plateau = nn.ReduceLROnPlateau(nn.SGD(m.parameters(), lr=1e-4), patience=0, threshold=0.5)
    history = fit(m, schedule=plateau)
    assert history.lr[-1] < 1e-4


@both
def test_clipping_bounds_each_step(compiled):
    m = model()
    before = m.state_dict()
    optimizer = nn.SGD(m.parameters(), lr=1.0)
    fit(m, optimizer=optimizer, epochs=1, batch_size=60, clip_norm=1e-3, compiled=compiled)
    moves = [after - before[name] for name, after in m.state_dict().items()]
    assert math.hypot(*moves) == pytest.approx(1e-3, rel=1e-2)
    before = m.state_dict()
    fit(m, optimizer=optimizer, epochs=1, batch_size=60, clip_value=1e-4, compiled=compiled)
    moves = [after - before[name] for name, after in m.state_dict().items()]
    assert max(map(abs, moves)) == pytest.approx(1e-4, rel=1e-6)


@both
def test_an_example_of_weight_two_counts_as_two(compiled):
    twice, weighted = model(), model()
    X2, Y2 = np.concatenate([X, X[:10]]), np.concatenate([Y, Y[:10]])
    fit(twice, X=X2, y=Y2, batch_size=70, compiled=compiled)
    weights = np.where(np.arange(60) < 10, 2.0, 1.0) * 60 / 70
    fit(weighted, sample_weight=weights, batch_size=60, compiled=compiled)
    assert weighted.state_dict() == pytest.approx(twice.state_dict(), rel=1e-9)


def test_classes_can_be_weighted():
    mapped, listed, balanced = model(), model(), model()
    shares = [60 / (2 * (Y == c).sum()) for c in (0, 1)]
    fit(mapped, class_weight=dict(enumerate(shares)))
    fit(listed, class_weight=shares)
    fit(balanced, class_weight="balanced")
    assert mapped.state_dict() == listed.state_dict() == balanced.state_dict()
    for wrong, message in (
        ({"class_weight": {0: 1.0}}, "says nothing of class 1"),
        ({"class_weight": "heavy"}, "must be 'balanced'"),
        ({"sample_weight": [1.0]}, r"must have shape \(60,\)"),
        ({"sample_weight": np.zeros(60)}, "not all 0"),
        ({"sample_weight": -np.ones(60)}, "got -1.0 for example 0"),
    ):
        m = model()
        before = m.state_dict()
        with pytest.raises(ValueError, match=message):
            fit(m, **wrong)
        assert m.state_dict() == before


@both
def test_a_loss_that_is_no_longer_finite_names_epoch_batch_and_operation(compiled):
    m = model(outputs=1)
    calls = []

    def loss(output, target):
        return (output * 0.0 + scale).log() + output * target

    scale = Value(1.0)

    def callback(history):
        calls.append(m.state_dict())
        scale.data = -1.0

    with pytest.raises(
        FloatingPointError, match=r"epoch 2, batch 1: in example \d+, log\(-1\) gives nan"
    ):
        fit(m, loss=loss, y=Y, callbacks=[callback], compiled=compiled)
    assert m.state_dict() == calls[0] and all(map(math.isfinite, m.state_dict().values()))


@both
def test_exploding_weights_end_the_training_while_they_are_finite(compiled):
    m = model(outputs=1)
    optimizer = nn.SGD(m.parameters(), lr=1e200)
    with pytest.raises(FloatingPointError, match="a smaller learning rate"):
        fit(m, optimizer=optimizer, loss="mse_loss", y=Y * 1.5, compiled=compiled, epochs=50)
    assert all(map(math.isfinite, m.state_dict().values()))


def test_a_label_that_never_occurs_in_training_is_refused():
    three = model(outputs=3)
    with pytest.raises(ValueError, match="`validation y` has class 2 at row 1, which never occurs"):
        fit(three, validation=(X[:2], [0, 2]))


def test_the_same_seed_gives_the_same_bytes_and_a_generator_goes_on():
    states = []
    for _ in range(2):
        m = model()
        fit(m, validation=0.2, optimizer=nn.Adam(m.parameters(), lr=0.01))
        states.append(m.state_dict())
    assert states[0] == states[1]
    whole, parts = model(), model()
    fit(whole, epochs=4, seed=np.random.default_rng(5))
    rng = np.random.default_rng(5)
    for _ in range(2):
        fit(parts, epochs=2, seed=rng)
    assert whole.state_dict() == parts.state_dict()


def test_the_schedule_must_be_made_for_the_optimizer():
    m = model()
    schedule = nn.StepLR(nn.SGD(m.parameters(), lr=1.0), 1)
    with pytest.raises(ValueError, match="must be made for the `optimizer`"):
        fit(m, optimizer=nn.SGD(m.parameters(), lr=1.0), schedule=schedule)
    with pytest.raises(TypeError, match="`schedule` must be a schedule"):
        fit(m, optimizer=nn.SGD(m.parameters(), lr=1.0), schedule=0.1)


def test_finding_a_learning_rate_changes_nothing():
    m = nn.Sequential(
        nn.Layer(2, 6, activation="tanh", rng=random.Random(1)), nn.Dropout(0.1, seed=1)
    )
    m = nn.Sequential(*m, nn.Layer(6, 2, nonlin=False, rng=random.Random(2)))
    optimizer = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)
    fit(m, optimizer=optimizer, epochs=1)
    m.eval()
    before = m.state_dict(), optimizer.state_dict(), m[1].generator.bit_generator.state
    sweep = nn.find_learning_rate(m, X, Y, optimizer=optimizer, seed=0, high=1e4)
    assert (m.state_dict(), optimizer.state_dict(), m[1].generator.bit_generator.state) == before
    assert not m.training and not m[1].training
    assert sweep.rates == sorted(sweep.rates) and 1e-4 < sweep.suggestion < 100
    assert len(sweep.losses) == len(sweep.rates) <= 100
    with pytest.raises(ValueError, match="`low` must be below `high`"):
        nn.find_learning_rate(m, X, Y, low=1.0, high=0.1)


def test_the_suggested_rate_trains():
    m = model()
    rate = nn.find_learning_rate(m, X, Y, seed=0).suggestion
    history = fit(m, optimizer=nn.SGD(m.parameters(), lr=rate), epochs=60)
    assert history.loss[-1] < 0.5 * history.loss[0]


def test_the_sweep_is_drawn():
    pytest.importorskip("matplotlib").use("Agg")
    ax = nn.find_learning_rate(model(), X, Y, seed=0).plot()
    assert ax.get_xscale() == "log" and len(ax.lines) == 2
    import matplotlib.pyplot as plt

    plt.close("all")


def test_predictions_are_made_in_evaluation_mode():
    m = nn.Sequential(nn.Dropout(0.5, seed=1), nn.Layer(2, 2, nonlin=False, rng=random.Random(2)))
    assert m.training and (nn.predict(m, X) == nn.predict(m, X)).all()
    m[0].eval()
    nn.accuracy(m, X, Y)
    assert m.training and not m[0].training


def dropout_model():
    return nn.Sequential(
        nn.Layer(2, 6, activation="tanh", rng=random.Random(1)),
        nn.Dropout(0.3, seed=4),
        nn.Layer(6, 2, nonlin=False, rng=random.Random(2)),
    )


@both
def test_a_checkpoint_resumes_to_the_same_bytes_with_dropout(compiled, tmp_path):
    def train(m, optimizer, rng, epochs):
        fit(m, optimizer=optimizer, seed=rng, epochs=epochs, validation=(X, Y), compiled=compiled)

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


def test_a_refused_training_moves_no_generator():
    m = dropout_model()
    before = m[1].generator.bit_generator.state
    with pytest.raises(ValueError):
        fit(m, y=Y + 5)
    assert m[1].generator.bit_generator.state == before


def test_one_class_only_is_refused():
    with pytest.raises(ValueError, match="`y` holds one class only"):
        fit(model(), y=[1] * 60)


@both
def test_an_error_names_the_operation_in_both_engines(compiled):
    m = nn.MLP(1, [1], rng=random.Random(0))
    with pytest.raises(FloatingPointError, match=r"in example \d, .* \*\* 2 gives inf"):
        fit(
            m,
            X=[[1.0], [2.0]] * 4,
            y=[1.0, 2.5] * 4,
            loss="mse_loss",
            epochs=500,
            compiled=compiled,
            optimizer=nn.SGD(m.parameters(), lr=5.0),
        )
    assert all(map(math.isfinite, m.state_dict().values()))


@pytest.mark.filterwarnings("ignore:inputs up to")
@both
def test_a_step_that_makes_a_weight_infinite_goes_back_to_the_epochs_start(compiled):
    m = nn.MLP(1, [1], rng=random.Random(0))
    before = m.state_dict()
    optimizer = nn.SGD(m.parameters(), lr=1e200)
    with pytest.raises(FloatingPointError, match="weight after a step is no longer finite"):
        fit(
            m,
            X=[[1e150]] * 4,
            y=[1e3] * 4,
            loss="l1_loss",
            epochs=1,
            optimizer=optimizer,
            batch_size=4,
            compiled=compiled,
        )
    assert m.state_dict() == before


@both
def test_an_error_in_a_callback_keeps_what_callbacks_changed(compiled):
    m = model()

    def callback(history):
        m.layers[0].neurons[0].bias.data = 77.0
        raise RuntimeError("stop here")

    with pytest.raises(RuntimeError, match="stop here"):
        fit(m, callbacks=[callback], compiled=compiled)
    assert m.layers[0].neurons[0].bias.data == 77.0


@both
def test_modes_of_parts_are_put_back_and_a_callback_can_change_them(compiled):
    m = dropout_model()
    m[0].eval()
    seen = []

    def freeze(history):
        seen.append(m[1].training)
        m[1].eval()

    state = None

    def watch(history):
        nonlocal state
        now = m[1].generator.bit_generator.state
        if len(history.loss) > 2:
            assert now == state
        state = now

    fit(m, callbacks=[freeze, watch], compiled=compiled)
    assert (m[0].training, m[1].training, m[2].training) == (False, False, True)
    assert seen == [True, False, False, False, False]


@both
def test_ctrl_c_in_a_step_waits_for_its_end(compiled):
    import signal

    class Interrupted(nn.SGD):
        def update(self, p, grad, state, group):
            moved = super().update(p, grad, state, group)
            signal.raise_signal(signal.SIGINT)
            return moved

    m, plain = model(), model()
    groups = [{"params": layer.parameters()} for layer in m.layers]
    history = fit(m, optimizer=Interrupted(groups, lr=0.1), epochs=3, compiled=compiled)
    assert history.stopped == "interrupted" and history.loss == []
    moved = [p.data != q.data for p, q in zip(m.parameters(), plain.parameters(), strict=True)]
    assert all(moved)  # all layers made the step, none is behind
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_optimizer_of_another_model_is_refused():
    with pytest.raises(ValueError, match="`optimizer` holds none of the model's parameters"):
        fit(model(), optimizer=nn.SGD(model().parameters(), lr=0.1))
