"""Dropout: what it draws, and that compiled training draws the same."""

import copy
import random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

RNG = np.random.default_rng(3)
X = RNG.normal(size=(10, 4))
Y = RNG.integers(0, 2, 10)


def test_a_share_p_is_dropped_and_the_rest_scaled_up():
    n, p = 10_000, 0.3
    out = np.array([v.data for v in nn.Dropout(p, seed=0)([1.0] * n)])
    assert set(out.tolist()) == {0.0, 1 / (1 - p)}
    deviation = np.sqrt(p * (1 - p) / n)
    assert abs(np.mean(out == 0.0) - p) < 4 * deviation
    assert abs(out.mean() - 1.0) < 4 * deviation / (1 - p)


def test_the_gradient_reaches_what_is_kept():
    x = [Value(2.0) for _ in range(50)]
    out = nn.Dropout(0.5, seed=1)(x)
    sum(out).backward()
    assert [v.grad for v in x] == [o.data / 2.0 for o in out]
    assert {v.grad for v in x} == {0.0, 2.0}


def test_a_seed_fixes_the_numbers_and_copies_go_on_from_the_same_state():
    def draws(layer):
        return [[v.data for v in layer([1.0] * 20)] for _ in range(3)]

    first = nn.Dropout(seed=7)
    twin = copy.deepcopy(first)
    drawn = draws(first)
    assert drawn == draws(twin) == draws(nn.Dropout(seed=7))
    assert drawn != draws(nn.Dropout(seed=8)) and drawn[0] != drawn[1]
    assert draws(nn.Dropout()) != draws(nn.Dropout())


def test_evaluation_changes_nothing_and_draws_nothing():
    layer = nn.Dropout(0.9, seed=0).eval()
    before = copy.deepcopy(layer.generator.bit_generator.state)
    x = [Value(1.0), Value(2.0)]
    assert layer(x) is x
    assert layer.generator.bit_generator.state == before


def test_images_keep_their_shape_and_p_0_keeps_all():
    out = nn.Dropout(0.0)(np.arange(12.0).reshape(3, 2, 2))
    assert [[[v.data for v in r] for r in p] for p in out] == np.arange(12.0).reshape(
        3, 2, 2
    ).tolist()


@pytest.mark.parametrize("p", [-0.1, 1.0, 2, float("nan")])
def test_p_is_a_probability_below_1(p):
    with pytest.raises(ValueError, match="`p` must be at least 0 and below 1, got"):
        nn.Dropout(p)


def plain():
    rng = random.Random(0)
    return nn.Sequential(
        nn.Dropout(0.2, seed=1),
        nn.Layer(4, 6, activation="tanh", rng=rng),
        nn.Dropout(0.5, seed=2),
        nn.Layer(6, 2, nonlin=False, rng=rng),
    )


class Shared(nn.Module):
    """One Dropout called twice, around another."""

    def __init__(self):
        rng = random.Random(0)
        self.drop, self.other = nn.Dropout(0.4, seed=1), nn.Dropout(0.3, seed=2)
        self.first = nn.Layer(4, 5, activation="tanh", rng=rng)
        self.second = nn.Layer(5, 2, activation="linear", rng=rng)

    def forward(self, x):
        return self.second(self.drop(self.other(self.first(self.drop(x)))))


def convolutional():
    rng = random.Random(0)
    return nn.Sequential(
        nn.Reshape(1, 2, 2),
        nn.Conv2d(1, 3, 2, padding=1, rng=rng),
        nn.Dropout(0.5, seed=4),
        nn.Flatten(),
        nn.Layer(27, 2, nonlin=False, rng=rng),
    )


def state_of_generators(model):
    return [m.generator.bit_generator.state for m in model.modules() if isinstance(m, nn.Dropout)]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("build", [plain, Shared, convolutional])
def test_eager_and_compiled_training_draw_the_same_and_reach_the_same_weights(build, shuffle):
    runs = []
    for compiled in (True, False):
        model = build()
        history = nn.fit(
            model,
            X,
            Y,
            epochs=4,
            batch_size=4,
            shuffle=shuffle,
            seed=0,
            validation=(X, Y),
            compiled=compiled,
            progress=False,
        )
        runs.append((model, history))
    (model, history), (twin, expected) = runs
    assert model.state_dict() == pytest.approx(twin.state_dict(), rel=1e-10, abs=1e-14)
    assert state_of_generators(model) == state_of_generators(twin) != state_of_generators(build())
    assert history.loss == pytest.approx(expected.loss, rel=1e-11)
    assert history.val_loss == pytest.approx(expected.val_loss, rel=1e-11)


def test_every_example_of_every_batch_gets_fresh_numbers():
    """The loss of an example is its one surviving factor, to be seen in the means of batches."""

    class Scaled(nn.Module):
        def __init__(self):
            self.w, self.drop = Value(1.0), nn.Dropout(0.5, seed=0)

        def forward(self, x):
            return self.w * self.drop(x)[0]

    model = Scaled()
    history = nn.fit(
        model,
        np.ones((50, 1)),
        np.zeros(50),
        loss=lambda output, target: output - target,
        optimizer=nn.SGD(model.parameters(), lr=1e-300),
        epochs=20,
        batch_size=5,
        progress=False,
    )
    kept = np.array(history.loss) * 25  # of 50 factors, each 0 or 2
    assert len(set(np.rint(kept))) > 5  # a number of its own in each epoch
    assert 0 < kept.min() and kept.max() < 50  # and within an epoch not all are equal
    assert abs(kept.mean() - 25) < 4 * np.sqrt(50 / 4 / 20)


@pytest.mark.parametrize("compiled", [True, False])
def test_evaluation_and_validation_are_without_noise(compiled):
    model = plain()
    history = nn.fit(model, X, Y, epochs=1, validation=(X, Y), compiled=compiled, progress=False)
    model.eval()
    expected = np.mean([nn.cross_entropy(model(x), t).data for x, t in zip(X, Y, strict=True)])
    assert history.val_loss[-1] == pytest.approx(expected, rel=1e-12)
    many = np.tile(X, (10, 1))
    assert nn.predict(model, many)[:10] == pytest.approx(nn.predict(model, X), rel=1e-12)


def test_p_may_be_changed_while_training():
    runs = []
    for compiled in (True, False):
        model = plain()

        def less(history, model=model):
            model[0].p *= 0.5

        nn.fit(model, X, Y, epochs=3, seed=0, callbacks=[less], compiled=compiled, progress=False)
        runs.append(model.state_dict())
    assert runs[0] == pytest.approx(runs[1], rel=1e-10, abs=1e-14)


def test_a_program_of_the_users_own_freezes_no_noise():
    model = plain()
    with pytest.raises(TypeError, match=r"Dropout\(0.2\) draws random numbers.*call eval\(\)"):
        autograd.compile(model, batch=True)(X)
    model.eval()
    assert autograd.compile(model, batch=True)(X) == pytest.approx(nn.predict(model, X), rel=1e-12)


def test_a_dropout_that_fit_cannot_see_says_what_to_do():
    hidden = nn.Dropout(seed=0)

    class Hiding(nn.Module):
        def __init__(self):
            self.layer = nn.Layer(4, 2, activation="linear")

        def forward(self, x):
            return self.layer(hidden(x))

    with pytest.raises(TypeError, match="layers that are attributes of the model") as caught:
        nn.fit(Hiding(), X, Y, progress=False)
    assert "compiled=False" in caught.value.__notes__[-1]
    nn.fit(Hiding(), X, Y, epochs=1, compiled=False, progress=False)


def test_examples_that_ask_differently_cannot_be_compiled():
    class Branching(nn.Module):
        def __init__(self):
            self.layer = nn.Layer(4, 2, activation="linear")
            self.drop = nn.Dropout(seed=0)

        def forward(self, x):
            return self.layer(self.drop(x) if x[0] > 0.5 else x)

    with pytest.raises(TypeError, match="differently from one example to another"):
        nn.fit(Branching(), X, Y, progress=False)
