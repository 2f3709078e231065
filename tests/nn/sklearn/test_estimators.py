"""The estimators: scikit-learn's own checks, and the same steps as its own perceptrons."""

import io
import itertools
import pickle
import subprocess
import sys
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits, make_moons
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nn
from nn.sklearn import MLPClassifier, MLPRegressor

# One test is about it; elsewhere a training may end by `max_iter`.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, LABELS = make_moons(60, noise=0.1, random_state=0)
Y = np.array(["lower", "upper"])[LABELS]
HEIGHTS = np.sin(X[:, 0]) + X[:, 1]

MINI_BATCHES = MLPClassifier((8,), solver="sgd", learning_rate_init=0.1, batch_size=4, max_iter=20)
SHORT = MLPClassifier((16,), learning_rate_init=0.01, max_iter=60)  # 200 prove no more
ESTIMATORS = [SHORT, MLPRegressor((16,), learning_rate_init=0.01), MINI_BATCHES]


def expected_failed_checks(estimator):
    if estimator.batch_size == "auto":
        return {}
    reason = "a batch of 4 examples is another one where examples are repeated or left out"
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failed_checks)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def classifier(**options):
    return MLPClassifier((8,), learning_rate_init=0.05, random_state=0, **options)


def weights(estimator):
    return np.array(list(estimator.model_.state_dict().values()))


def partly_fitted(estimator, *data, epochs=5, **options):
    for _ in range(epochs):
        estimator.partial_fit(*data, **options)
    return estimator


def test_a_pipeline_reads_digits():
    pipeline = make_pipeline(
        StandardScaler(),
        MLPClassifier((40,), learning_rate_init=0.01, tol=0.01, n_iter_no_change=3, random_state=0),
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    assert cross_val_score(pipeline, *load_digits(return_X_y=True), cv=folds).mean() >= 0.96


def test_a_grid_search_finds_that_the_moons_need_a_hidden_layer():
    grid = {"mlpclassifier__hidden_layer_sizes": [(), (8,)]}
    search = GridSearchCV(make_pipeline(StandardScaler(), classifier(tol=1e-3)), grid, cv=3)
    assert search.fit(X, Y).best_params_ == {"mlpclassifier__hidden_layer_sizes": (8,)}
    assert search.score(X, Y) == 1.0


def test_the_regressor_explains_what_diabetes_becomes():
    how = {"learning_rate_init": 0.01, "alpha": 1.0, "early_stopping": True}
    scores = []
    for seed in range(3):  # which examples are held out moves a score by 0.02
        regressor = TransformedTargetRegressor(
            MLPRegressor((8,), random_state=seed, **how), transformer=StandardScaler()
        )
        pipeline = make_pipeline(StandardScaler(), regressor)
        scores.append(cross_val_score(pipeline, *load_diabetes(return_X_y=True), cv=3).mean())
    assert np.mean(scores) > 0.4


@pytest.mark.parametrize(
    ("ours", "theirs", "activation", "y", "more"),
    [
        (MLPClassifier, TheirClassifier, "tanh", np.arange(60) % 3, {"classes": [0, 1, 2]}),
        (MLPRegressor, TheirRegressor, "logistic", HEIGHTS, {}),
        (MLPRegressor, TheirRegressor, "identity", HEIGHTS, {}),
    ],
)
def test_steps_are_those_of_scikit_learn(ours, theirs, activation, y, more):
    options = {
        "hidden_layer_sizes": (5, 4),
        "activation": activation,
        "solver": "sgd",
        "alpha": 3.0,
        "learning_rate_init": 0.3,
        "momentum": 0.0,
        "random_state": 0,
    }
    ours, theirs = ours(**options).partial_fit(X, y, **more), theirs(**options)
    theirs.partial_fit(X, y, **more)
    for layer, coefs, intercepts in zip(
        ours.model_.layers, theirs.coefs_, theirs.intercepts_, strict=True
    ):
        for neuron, column, intercept in zip(layer.neurons, coefs.T, intercepts, strict=True):
            neuron.bias.data = float(intercept)
            for weight, coef in zip(neuron.weights, column, strict=True):
                weight.data = float(coef)
    before = weights(ours)
    partly_fitted(ours, X, y), partly_fitted(theirs, X, y)
    rows = [
        np.vstack([coefs, intercepts]).T.ravel()
        for coefs, intercepts in zip(theirs.coefs_, theirs.intercepts_, strict=True)
    ]
    assert np.abs(weights(ours) - before).max() > 0.1
    np.testing.assert_allclose(weights(ours), np.concatenate(rows), rtol=1e-12, atol=1e-13)


def test_random_state_fixes_every_byte():
    first, again = classifier(batch_size=7).fit(X, Y), classifier(batch_size=7).fit(X, Y)
    assert (
        weights(first).tobytes() == weights(again).tobytes() == weights(first.fit(X, Y)).tobytes()
    )
    assert first.loss_curve_ == again.loss_curve_
    other = classifier(batch_size=7).set_params(random_state=1).fit(X, Y)
    assert weights(first).tobytes() != weights(other).tobytes()
    drawn = [
        classifier().set_params(random_state=np.random.RandomState(5)).fit(X, Y) for _ in range(2)
    ]
    assert weights(drawn[0]).tobytes() == weights(drawn[1]).tobytes()


def test_parameters_are_stored_untouched_and_cloned():
    sizes, state = [8, 4], np.random.RandomState(0)
    estimator = MLPClassifier(sizes, random_state=state, class_weight={"lower": 2.0})
    assert estimator.get_params()["hidden_layer_sizes"] is sizes and estimator.random_state is state
    assert clone(estimator.set_params(alpha=0.5)).alpha == 0.5


@pytest.mark.parametrize("module", [pickle, joblib])
def test_what_was_stored_predicts_and_learns_on(module):
    fitted, file = classifier().fit(X, Y), io.BytesIO()
    module.dump(fitted, file)
    file.seek(0)
    restored = module.load(file)
    assert restored.predict_proba(X).tobytes() == fitted.predict_proba(X).tobytes()
    before = weights(fitted)
    partly_fitted(fitted, X, Y, epochs=1), partly_fitted(restored, X, Y, epochs=1)
    assert weights(restored).tobytes() == weights(fitted).tobytes() != before.tobytes()


def test_the_model_is_an_mlp_of_logits_and_the_history_is_that_of_fit():
    fitted = classifier(max_iter=300).fit(X, Y)
    assert isinstance(fitted.model_, nn.MLP) and isinstance(fitted.history_, nn.History)
    assert fitted.history_.loss == fitted.loss_curve_ and fitted.loss_ == fitted.loss_curve_[-1]
    assert fitted.n_iter_ == len(fitted.loss_curve_) < 300
    assert fitted.classes_.tolist() == ["lower", "upper"] and fitted.n_features_in_ == 2
    odds = np.exp(nn.predict(fitted.model_, X))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.predict_proba(X), probabilities, rtol=1e-12)
    assert (fitted.predict(X) == fitted.classes_[probabilities.argmax(axis=1)]).all()


def test_logarithms_are_exact_where_the_probability_rounds_to_0():
    fitted = classifier().fit(X, Y)
    logarithms = fitted.predict_log_proba(1e5 * X)
    assert np.isfinite(logarithms).all() and (fitted.predict_proba(1e5 * X) == 0.0).any()
    np.testing.assert_allclose(np.exp(logarithms).sum(axis=1), 1.0, rtol=1e-15)


def test_class_weights_move_the_boundary():
    rare = np.r_[np.flatnonzero(LABELS == 0), np.flatnonzero(LABELS)[:3]]
    X_rare, y_rare = X[rare] * [1.0, 0.0], Y[rare]  # one feature only: the classes overlap
    shares = {
        str(weight): (classifier(class_weight=weight).fit(X_rare, y_rare).predict(X) == "upper")
        for weight in (None, "balanced", {"upper": 1e-3}, {"lower": 1e-3})
    }
    plain, balanced, few, many = (share.mean() for share in shares.values())
    assert plain < balanced and few == 0.0 and many == 1.0


def test_a_weight_of_0_is_a_missing_example():
    counted = np.arange(60) % 4 > 0
    weighted = classifier().fit(X, Y, sample_weight=2.5 * counted)
    without = classifier(alpha=0.0001 / 2.5).fit(X[counted], Y[counted])
    assert weights(weighted).tobytes() == weights(without).tobytes()
    with pytest.raises(ValueError, match=r"zero|not 0"):
        classifier().fit(X, Y, sample_weight=np.zeros(60))
    with pytest.raises(ValueError, match="negative"):
        classifier().fit(X, Y, sample_weight=np.full(60, -1.0))
    with pytest.raises(ValueError, match="at least 2 classes"):
        classifier().fit(X, Y, sample_weight=LABELS)


def test_early_stopping_keeps_the_best_epoch():
    fitted = classifier(early_stopping=True, validation_fraction=0.25, n_iter_no_change=3)
    fitted.set_params(learning_rate_init=0.5).fit(X, Y)
    held_out = fitted.history_.val_loss
    assert fitted.n_iter_ == len(held_out) == fitted.history_.best_epoch + 3
    assert min(held_out) == held_out[-4]


@pytest.mark.parametrize("seed", range(5))
def test_each_class_is_held_out_in_its_proportion(seed):
    rare, nothing_to_tell = np.arange(60) % 10 == 0, np.ones((60, 1))
    fitted = classifier(early_stopping=True, validation_fraction=1 / 3)
    fitted.set_params(random_state=seed).fit(nothing_to_tell, rare)
    assert fitted.history_.val_accuracy[-1] == 18 / 20


def test_training_stops_where_the_loss_stands_still():
    losses = classifier(tol=0.01, n_iter_no_change=4, max_iter=1000).fit(X, Y).loss_curve_
    falls = [loss <= min(losses[:i]) - 0.01 for i, loss in enumerate(losses) if i]
    assert falls[-5:] == [False] * 5 and falls[-6]


def test_max_iter_is_the_end_and_a_warning():
    with pytest.warns(ConvergenceWarning, match="after 3 epochs") as record:
        assert classifier(max_iter=3).fit(X, Y).n_iter_ == 3
    assert record[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier(tol=0.1).fit(X, Y)


def test_partial_fit_goes_on():
    parts = [(X[::2], Y[::2]), (X[1::2], Y[1::2])]
    estimator = classifier().partial_fit(X[:1], Y[:1], classes=["upper", "lower"])
    for part in 30 * parts:
        estimator.partial_fit(*part)
    assert estimator.score(X, Y) > 0.95
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 61
    with pytest.raises(ValueError, match="which is none of"):
        estimator.partial_fit(X[:1], ["middle"])
    with pytest.raises(ValueError, match="must stay"):
        estimator.partial_fit(X[:1], Y[:1], classes=["lower", "middle"])
    with pytest.raises(ValueError, match="needs `classes`"):
        classifier().partial_fit(X, Y)
    with pytest.raises(ValueError, match="balance"):
        classifier(class_weight="balanced").partial_fit(X, Y, classes=["upper", "lower"])


def test_several_numbers_at_once():
    both = np.stack([HEIGHTS, -2.0 * X[:, 0]], axis=1)
    options = {"learning_rate_init": 0.02, "max_iter": 500, "random_state": 0}
    regressor = MLPRegressor((16,), **options).fit(X, both)
    assert regressor.predict(X).shape == (60, 2) and regressor.score(X, both) > 0.95
    assert regressor.predict(X[:1]).shape == (1, 2)
    assert MLPRegressor((16,), **options).fit(X, HEIGHTS).predict(X).shape == (60,)


def test_a_robust_loss_ignores_an_outlier():
    line = 2.0 * X[:, 0]
    line[7] = 1000.0
    options = {"learning_rate_init": 0.02, "max_iter": 400, "alpha": 0.0, "random_state": 0}
    errors = {}
    for loss in ("squared_error", "huber_loss"):
        regressor = MLPRegressor((), loss=loss, **options)
        errors[loss] = np.abs(regressor.fit(X, line).predict(X) - 2.0 * X[:, 0]).mean()
    assert errors["huber_loss"] < 0.1 < 1.0 < errors["squared_error"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"solver": "lbfgs"}, ValueError, "choose `sgd` or `adam`"),
        ({"activation": "logistics"}, ValueError, "did you mean `logistic`"),
        ({"hidden_layer_sizes": (3, 0)}, ValueError, "size of the MLP"),
        ({"batch_size": 0}, ValueError, "`batch_size`"),
        ({"batch_size": "all"}, ValueError, "`batch_size`"),
        ({"alpha": -1.0}, ValueError, "`alpha`"),
        ({"learning_rate_init": 0.0}, ValueError, "`learning_rate_init`"),
        ({"max_iter": 0}, ValueError, "`max_iter`"),
        ({"n_iter_no_change": 0}, ValueError, "`n_iter_no_change`"),
        ({"tol": -1.0}, ValueError, "`tol`"),
        ({"class_weight": "fair"}, ValueError, "class_weight"),
        ({"solver": "sgd", "learning_rate_init": 1e200}, FloatingPointError, "no longer finite"),
    ],
)
def test_wrong_parameters_are_found_by_fit(options, error, message):
    with pytest.raises(error, match=message):
        MLPClassifier(**options).fit(X, Y)


def test_nothing_is_predicted_before_fit():
    with pytest.raises(NotFittedError):
        MLPClassifier().predict_proba(X)


def test_nn_alone_imports_neither_scikit_learn_nor_pytorch():
    code = "import sys, nn; print([m for m in ('sklearn', 'torch') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_attributes_are_those_of_scikit_learns():
    how = {"hidden_layer_sizes": (5, 4), "max_iter": 2, "random_state": 0}
    with warnings.catch_warnings(action="ignore"):
        ours, theirs = MLPClassifier(**how).fit(X, Y), TheirClassifier(**how).fit(X, Y)
    assert [a.shape for a in ours.coefs_] == [(2, 5), (5, 4), (4, 2)]  # theirs end in one output
    assert [a.shape for a in ours.coefs_[:2]] == [a.shape for a in theirs.coefs_[:2]]
    assert [a.shape for a in ours.intercepts_] == [(5,), (4,), (2,)]
    assert ours.n_layers_ == theirs.n_layers_ == 4 and ours.out_activation_ == "softmax"


def test_warm_start_goes_on_and_refuses_other_data():
    how = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0, "warm_start": True}
    with warnings.catch_warnings(action="ignore"):
        model = MLPClassifier(**how).fit(X, Y)
        first = model.model_
        model.fit(X, Y)
    assert model.model_ is first and model.n_iter_ == 6
    assert model.loss_curve_[3] < model.loss_curve_[0]
    with pytest.raises(ValueError, match="X has 4 features, but MLPClassifier is expecting 2"):
        model.fit(np.hstack([X, X]), Y)
    assert model.predict(X).shape == (60,)
    with pytest.raises(ValueError, match="with the classes"):
        model.fit(X, LABELS + 5)


def test_an_adaptive_rate_falls_where_the_loss_stands_still():
    how = {"solver": "sgd", "learning_rate_init": 0.5, "tol": 0.5, "n_iter_no_change": 2}
    model = MLPClassifier((4,), learning_rate="adaptive", random_state=0, **how)
    rates = model.fit(X, Y).history_.lr
    assert rates[0] == 0.5 and rates[-1] <= 1e-6
    steps = {round(a / b, 6) for a, b in itertools.pairwise(rates) if a != b}
    assert steps == {5.0}
    with pytest.raises(ValueError, match="`learning_rate` must be 'constant' or 'adaptive'"):
        MLPClassifier(learning_rate="fast").fit(X, Y)


def test_several_questions_at_once():
    both = np.stack([X[:, 0] > 0, X[:, 1] > 0], axis=1).astype(int)
    model = MLPClassifier((8,), learning_rate_init=0.05, tol=1e-3, random_state=0)
    model.fit(X, both)
    assert (model.predict(X) == both).mean() > 0.95 and model.out_activation_ == "logistic"
    assert model.predict_proba(X).shape == both.shape and model.score(X, both) > 0.9


def test_early_stopping_with_a_class_of_one_example_and_lines(capsys):
    labels = np.array(["b", "c"])[LABELS].astype(object)
    labels[0] = "a"
    model = MLPClassifier((4,), early_stopping=True, max_iter=3, random_state=0, verbose=True)
    with warnings.catch_warnings(action="ignore"):
        model.fit(X, labels)
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert capsys.readouterr().out.splitlines()[2].startswith("Iteration 3, loss")


def test_a_fit_that_fails_leaves_the_estimator_as_it_was():
    model = MLPClassifier((4,), max_iter=2, random_state=0).fit(X, Y)
    before = model.predict_proba(X).tobytes()
    with pytest.raises(ValueError, match="at least 2 classes"):
        model.fit(X, np.zeros(len(X)))
    assert model.predict_proba(X).tobytes() == before
    model.model_.layers[-1] = nn.Layer(4, 2, rng=1)
    assert model.predict_proba(X).tobytes() != before


def test_warm_start_makes_a_new_optimiser_and_keeps_the_architecture():
    model = MLPClassifier((4,), max_iter=2, random_state=0, warm_start=True).fit(X, Y)
    model.set_params(solver="sgd", learning_rate_init=0.1).fit(X, Y)
    assert model.history_.lr[0] == 0.1
    with pytest.raises(ValueError, match="`hidden_layer_sizes` and `activation` were"):
        model.set_params(hidden_layer_sizes=(5,)).fit(X, Y)


@pytest.mark.parametrize("estimator", [MLPClassifier((2,), max_iter=1), MLPRegressor((2,))])
def test_masked_numbers_are_refused(estimator):
    y = HEIGHTS > 0.5
    masked, masked_y = np.ma.masked_greater(X, 1.0), np.ma.masked_array(y * 1.0, X[:, 0] > 1.0)
    fitted = clone(estimator).set_params(max_iter=1).fit(X, y)
    classes = {"classes": [0, 1]} if isinstance(estimator, MLPClassifier) else {}
    for call in (
        lambda: estimator.fit(masked, y),
        lambda: estimator.fit(X, masked_y),
        lambda: estimator.fit(X, y, masked_y),
        lambda: clone(estimator).partial_fit(masked, y, **classes),
        lambda: fitted.predict(masked),
        lambda: fitted.score(masked, y),
    ):
        with pytest.raises(TypeError, match="holds masked numbers"):
            call()
