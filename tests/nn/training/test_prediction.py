"""What a trained model says: predict, predict_proba, accuracy."""

import copy
import itertools
import random
import time
from functools import partial

import numpy as np
import pytest
from small_trainings import AND, CLASSES, POINTS, fit, network
from small_trainings import CORNERS as X
from small_trainings import gate as model

import nn
from autograd import Value


def test_accuracy_needs_classes():
    with pytest.raises(ValueError, match="`accuracy` needs classes in `y`"):
        nn.accuracy(model(1), X, [0.1, 0.2, 0.3, 0.4])
    with pytest.raises(ValueError, match="`X` has 4 examples and `y` has 3"):
        nn.accuracy(model(), X, [0, 1, 0])
    half = model(1)
    half.load_state_dict(dict.fromkeys(half.state_dict(), 0.0))
    assert nn.accuracy(half, X, AND) == 0.75  # 0 is not above 0


def test_accuracy_and_history_agree_where_one_output_decides():
    for output, loss in (("sigmoid", "mse_loss"), ("linear", "squared_error")):
        m = nn.MLP(2, [4, 1], activation="tanh", output=output, rng=random.Random(0))
        history = nn.fit(m, X, AND, loss=loss, epochs=600, batch_size=1, seed=0, progress=False)
        assert history.accuracy[-1] == nn.accuracy(m, X, AND, loss=loss) == 1.0
    column = [[label] for label in AND]
    assert nn.accuracy(m, X, column, loss="squared_error") == 1.0


def test_predict_records_nothing_and_returns_floats():
    m = model()
    outputs = nn.predict(m, X)
    assert outputs.shape == (4, 2) and outputs.dtype == np.float64
    assert outputs[1].tolist() == [v.data for v in m(X[1])]


def test_many_rows_are_predicted_by_a_program():
    m = model()
    rows = np.random.default_rng(0).normal(size=(200, 2))
    assert nn.predict(m, rows)[:5] == pytest.approx(nn.predict(m, rows[:5]), rel=1e-12)


class Constant(nn.Module):
    def __init__(self, x):
        self.x = Value(x)

    def forward(self, x):
        return (self.x + 0.0 * x[0]).sigmoid()


def test_an_accuracy_depends_neither_on_the_labels_that_occur_nor_on_a_wrapper():
    model = Constant(-2.0)  # says 0.12
    assert nn.accuracy(model, POINTS[:4], [1, 1, 1, 1]) == 0.0
    assert nn.accuracy(model, POINTS[:4], [0, 0, 0, 1]) == 0.75

    class Wrapper(nn.Module):
        def __init__(self):
            self.inner = model

        def forward(self, x):
            return self.inner(x)

    assert nn.accuracy(Wrapper(), POINTS[:4], [0, 0, 0, 1]) == 0.75
    assert nn.accuracy(model, POINTS[:4], [0, 0, 0, 1], threshold=0.1) == 0.25


def test_fit_and_accuracy_agree_on_the_threshold():
    model = network(1)
    history = fit(model, loss="mse_loss", optimizer=nn.SGD(model.parameters(), lr=1e-300))
    assert nn.accuracy(model, POINTS, CLASSES) == history.accuracy[-1]


def test_a_plateau_in_mode_max_watches_the_accuracy():
    model = network(8, 1)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    plateau = nn.ReduceLROnPlateau(optimizer, mode="max", patience=5)
    history = fit(model, optimizer=optimizer, schedule=plateau, epochs=8)
    assert history.accuracy[-1] > history.accuracy[0] and history.lr[-1] == 0.5


def test_probabilities():
    several = network(3)
    p = nn.predict_proba(several, POINTS)
    z = np.exp(nn.predict(several, POINTS))
    assert p == pytest.approx(z / z.sum(axis=1, keepdims=True))
    one = network(1)
    p = nn.predict_proba(one, POINTS)
    assert p[:, 1] == pytest.approx(1.0 / (1.0 + np.exp(-nn.predict(one, POINTS))))
    assert p.sum(axis=1) == pytest.approx(1.0)
    made = network(1, output="sigmoid")
    assert nn.predict_proba(made, POINTS)[:, 1].tolist() == nn.predict(made, POINTS).tolist()
    fit(several, y=np.stack([CLASSES] * 3, axis=1))  # three questions
    assert nn.predict_proba(several, POINTS).sum(axis=1).max() > 1.0
    fit(one, y=POINTS[:, 0])
    with pytest.raises(ValueError, match="trained to meet numbers"):
        nn.predict_proba(one, POINTS)


def test_threshold_and_kind_of_held_out_examples_are_those_of_training():
    signs, ups = 2 * CLASSES - 1, POINTS[CLASSES == 1]
    model = network(4, 1, output="tanh")
    history = fit(model, y=signs, validation=(ups, np.ones(len(ups))), epochs=1)
    assert history.val_accuracy[0] == np.mean(nn.predict(model, ups) > 0.0)
    counts = np.round(2 * POINTS[:, 0] + 3)
    kept = []
    fit(
        network(1),
        y=counts,
        loss="mse_loss",
        validation=(POINTS[:4], [0, 1, 1, 0]),
        metrics={"seen": lambda t, a: kept.append(a.dtype) or 0.0},
    )
    assert set(kept) == {np.dtype(float)}
    with pytest.raises(ValueError, match="`validation y` holds no classes, but `y` does"):
        fit(network(1), y=CLASSES, validation=(POINTS[:2], [0.5, 1.0]))


def test_answers_of_sigmoids_are_judged_at_a_half():
    two = np.stack([CLASSES, 1 - CLASSES], axis=1) * np.array([1, 1])
    two[0] = 1  # not one-hot
    model = network(8, 2, output="sigmoid")
    fit(model, y=two, epochs=30, optimizer="adam")
    right = np.mean(((nn.predict(model, POINTS) > 0.5) == two).all(axis=1))
    assert nn.accuracy(model, POINTS, two) == right
    assert nn.accuracy(model, POINTS, two, threshold=-1.0) == np.mean(two.all(axis=1))
    with pytest.raises(ValueError, match="here the largest wins"):
        nn.accuracy(network(2), POINTS, CLASSES, threshold=0.5)
    with pytest.raises(ValueError, match="`threshold` is nan"):
        nn.accuracy(network(1), POINTS, CLASSES, threshold=float("nan"))


def test_the_loss_goes_with_copies_and_is_known_while_training():
    model, seen = network(1), []
    fit(
        model,
        loss="mse_loss",
        callbacks=[lambda h: seen.append(nn.accuracy(model, POINTS, CLASSES)) and None],
        validation=(POINTS, CLASSES),
    )
    history = fit(model, loss="mse_loss", validation=(POINTS, CLASSES), epochs=1)
    twin = copy.deepcopy(model)
    assert nn.accuracy(twin, POINTS, CLASSES) == history.val_accuracy[-1] and len(seen) == 3


class Scaled(nn.Module):
    """Its input times a number that comes from elsewhere, from the third example on."""

    def __init__(self, draw, positive):
        self.w, self.draw, self.positive = Value(1.0), draw, positive

    def forward(self, x):
        return self.w * x[0] * (self.draw() if x[0] > self.positive else 1.0)


def from_a_closure():
    count = 0

    def draw():
        nonlocal count
        count += 1
        return 1.0 / count

    return draw


OWN = np.random.default_rng(0)
DRAWS = {
    "random": lambda: random.random,
    "numpy": lambda: np.random.rand,
    "a generator of the user's": lambda: OWN.random,
    "a closure": from_a_closure,
    "a count": lambda: partial(next, itertools.count(0.0, 0.001)),
    "a clock": lambda: lambda: time.perf_counter() % 1.0,
    "the system": lambda: partial(random.SystemRandom().uniform, 0.0, 1.0),
}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("ask", [nn.predict, lambda m, X: nn.predict_proba(m, X, "cross_entropy")])
def test_a_model_that_draws_numbers_draws_them_for_each_row(draw, ask):
    model = Scaled(DRAWS[draw](), positive=0.0)
    for _ in range(3):
        answers = ask(model, np.ones((100, 1))).ravel()
        assert len(set(answers.tolist())) >= 100


@pytest.mark.parametrize("draw", ["random", "numpy"])
def test_a_model_may_draw_numbers_on_one_branch(draw):
    model, X = Scaled(DRAWS[draw](), positive=0.0), np.array([-1.0, 1.0] * 50)[:, None]
    assert len(set(nn.predict(model, -np.ones((100, 1))).tolist())) == 1  # compiled
    answers = nn.predict(model, X)
    assert set(answers[::2].tolist()) == {-1.0} and len(set(answers[1::2].tolist())) == 50


@pytest.mark.parametrize("swapped", [[[1.0, 2.0]], 3, None, nn.MLP, lambda x: x[0]])
def test_what_is_no_model_is_told_by_name(swapped):
    for call in (
        lambda: nn.predict(swapped, X),
        lambda: nn.predict_proba(swapped, X),
        lambda: nn.accuracy(swapped, X, [0, 1, 0, 1]),
        lambda: nn.fit(swapped, X, [0, 1, 0, 1]),
    ):
        with pytest.raises(TypeError, match=r"^`model` must be a Module such as nn.MLP"):
            call()


def test_targets_of_another_width_than_the_outputs_are_no_classes():
    for y in ([[0, 1]] * 4, [[0, 1, 0, 0]] * 4):
        with pytest.raises(ValueError, match="`accuracy` needs classes in `y`"):
            nn.accuracy(model(3), X, y)
