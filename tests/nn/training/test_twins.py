"""Twins: clones of one architecture are compiled once, and never answer as another model."""

import copy
import gc
import pickle
import weakref
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone

import autograd
import nn
from autograd import Value
from nn.sklearn import MLPClassifier, MLPRegressor
from nn.training import runners, twins

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6))
Y = (X[:, 0] * X[:, 1] > 0.0) + 1 * (X[:, 2] > 0.5)
CLASSIFIER = MLPClassifier((24,), learning_rate_init=0.05, max_iter=6, random_state=0)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(twins, "_kept", {})


@pytest.fixture
def recordings(monkeypatch):
    """What is recorded anew: an entry each time."""
    found, keep = [], twins.keep
    monkeypatch.setattr(twins, "keep", lambda *args: (found.append(args[1]), keep(*args)))
    return found


def answers(fitted):
    """Weights and probabilities, bit by bit."""
    return repr(list(fitted.model_.state_dict().items())), fitted.predict_proba(X).tobytes()


def agrees(model):
    """Whether compiled answers are the eager ones."""
    with model.evaluating(), autograd.no_grad():
        expected = [[v.data for v in model(x)] for x in X[:8].tolist()]
    return nn.predict(model, X)[:8] == pytest.approx(np.array(expected), rel=1e-9)


def test_clones_are_compiled_once_and_give_the_same_bytes(recordings, monkeypatch):
    alone = answers(clone(CLASSIFIER).fit(X, Y))
    assert len(recordings) == 2  # training, and the answers
    assert answers(clone(CLASSIFIER).fit(X, Y)) == alone
    other = clone(CLASSIFIER).set_params(random_state=1).fit(X[:50], Y[:50])
    assert len(recordings) == 2
    found = answers(other)
    assert len(recordings) == 2
    assert agrees(other.model_)
    twins._kept.clear()
    assert answers(clone(other).fit(X[:50], Y[:50])) == found


def test_what_a_recording_depends_on_makes_another_one(recordings):
    clone(CLASSIFIER).fit(X, Y)
    kinds = [
        {"hidden_layer_sizes": (25,)},
        {"activation": "tanh"},
        {"class_weight": "balanced"},
        {"hidden_layer_sizes": (24, 24)},
    ]
    for i, options in enumerate(kinds):
        clone(CLASSIFIER).set_params(**options).fit(X, Y)
        assert len(recordings) == i + 2
    clone(CLASSIFIER).fit(X, Y % 2)  # two outputs
    MLPRegressor((24,), max_iter=2, random_state=0).fit(X, X @ np.ones((6, 3)))  # another loss
    assert len(recordings) == len(kinds) + 3


def test_early_stopping_and_further_fits_share_it_too(recordings):
    stopped = clone(CLASSIFIER).set_params(early_stopping=True, warm_start=True).fit(X, Y)
    stopped.fit(X, Y)
    parts = clone(CLASSIFIER).partial_fit(X, Y, classes=np.unique(Y))
    parts.partial_fit(X[:40], Y[:40])
    assert len(recordings) == 1


def without_a_bias(model):
    model.layers[0].neurons[3].bias = None


def with_another_activation(model):
    model.layers[0].neurons[3].activation = autograd.tanh


def with_another_layer(model):
    model.layers[0] = nn.Layer(6, 24, activation="sigmoid", rng=1)


def with_tied_weights(model):
    model.layers[0].neurons[3].weights = model.layers[0].neurons[4].weights


def with_weights_in_another_order(model):
    model.layers[0].neurons[3].weights.reverse()


def with_a_number(model):
    model.layers[0].neurons[3].weights[2] = 0.25


def with_a_forward_of_its_own(model):
    plain = model.forward
    model.forward = lambda x: [2.0 * v for v in plain(x)]


CHANGES = [
    without_a_bias,
    with_another_activation,
    with_another_layer,
    with_tied_weights,
    with_weights_in_another_order,
    with_a_number,
    with_a_forward_of_its_own,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_model_that_was_changed_is_no_twin(change):
    clone(CLASSIFIER).fit(X, Y).predict(X)  # all is known
    model = clone(CLASSIFIER).fit(X, Y).model_
    change(model)
    assert agrees(model)
    start, weights = model.state_dict(), []
    for compiled in (True, False):
        model.load_state_dict(start)
        nn.fit(model, X[:12], Y[:12], epochs=1, seed=0, progress=False, compiled=compiled)
        weights.append(list(model.state_dict().values()))
    assert weights[0] == pytest.approx(weights[1], rel=1e-9, abs=1e-12)


def test_copies_and_pickles_of_an_estimator_have_its_twins(recordings):
    fitted = clone(CLASSIFIER).fit(X, Y)
    expected = answers(fitted)
    assert len(recordings) == 2
    for again in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert answers(again) == expected and agrees(again.model_)
    assert len(recordings) == 2
    models = copy.deepcopy(fitted.model_), pickle.loads(pickle.dumps(fitted.model_))
    assert not any("_twins" in vars(model) for model in models)  # of a model nobody knows


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_copies_of_a_model_that_was_changed_have_no_twins(change):
    fitted = clone(CLASSIFIER).fit(X, Y)
    fitted.predict(X)
    change(fitted.model_)
    again = copy.deepcopy(fitted)
    assert "_twins" not in vars(again.model_) and agrees(again.model_)


def test_a_twin_may_run_natively():
    pytest.importorskip("llvmlite")
    small = MLPClassifier((4,), solver="sgd", batch_size=4, max_iter=600, random_state=0, tol=0.0)
    first, second = (clone(small).fit(X, Y) for _ in range(2))
    assert first.coefs_[0].tolist() == second.coefs_[0].tolist()


def test_a_loss_of_the_users_is_recorded_each_time():
    factor = [1.0]

    def scaled(output, target):
        return nn.cross_entropy(output, target) * factor[0]

    model = clone(CLASSIFIER).fit(X, Y).model_
    for loss in (scaled, partial(scaled)):
        losses = []
        for factor[0] in (1.0, 3.0):
            once = {"epochs": 1, "batch_size": 60, "optimizer": nn.SGD(model.parameters(), lr=1e-9)}
            losses += nn.fit(model, X, Y, loss=loss, progress=False, **once).loss
        assert losses[1] == pytest.approx(3.0 * losses[0], rel=1e-6)


def test_an_activation_of_the_users_is_recorded_each_time():
    def bent(slope, v):
        return v * slope

    for slope in (0.1, 0.2):
        own = MLPClassifier((24,), partial(bent, slope), max_iter=2, random_state=0).fit(X, Y)
        assert agrees(own.model_)
    assert twins._kept == {}


def test_what_is_kept_is_bounded_and_holds_no_values(monkeypatch):
    for width in range(20, 26):
        fitted = clone(CLASSIFIER).set_params(hidden_layer_sizes=(width,), max_iter=1).fit(X, Y)
        fitted.predict(X)
    assert [key[1] for key in twins._kept] == [22, 23, 24, 25]
    model = weakref.ref(fitted.model_)
    marked = fitted.model_.layers[0].neurons[0].weights[0]
    marked.label = "marked"
    del fitted, marked
    gc.collect()
    assert model() is None
    assert not [x for x in gc.get_objects() if type(x) is Value and x.label == "marked"]
    monkeypatch.setattr(twins, "LARGEST", 100)
    clone(CLASSIFIER).fit(X, Y)
    assert [key[1] for key in twins._kept] == [22, 23, 24, 25]


def test_a_twin_is_checked_for_random_numbers_once(monkeypatch):
    checked, check = [], runners.check_repeats
    monkeypatch.setattr(runners, "check_repeats", lambda *a: (checked.append(1), check(*a)))
    for _ in range(2):
        clone(CLASSIFIER).fit(X, Y)
    assert checked == [1]
