"""Searches, validations and ensembles of the estimators in other processes: the serial numbers."""

import os
import pickle

import joblib
import numpy as np
import pytest
from sklearn.datasets import make_moons
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nn.sklearn import MLPClassifier, MLPRegressor

# Warnings of other processes and of Dask are not ours to mend; these trainings are short.
pytestmark = pytest.mark.filterwarnings("default", "ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_moons(80, noise=0.2, random_state=0)
HEIGHTS = np.sin(X[:, 0]) + X[:, 1]


def classifier(**options):
    return MLPClassifier((6,), learning_rate_init=0.05, max_iter=20, random_state=0, **options)


def searched():
    pipeline = make_pipeline(StandardScaler(), classifier())
    grid = {"mlpclassifier__hidden_layer_sizes": [(4,), (6,)], "mlpclassifier__alpha": [0.0, 0.1]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)
    return search.cv_results_["mean_test_score"].tolist(), search.best_params_, search.score(X, Y)


def validated():
    regressor = MLPRegressor((6,), learning_rate_init=0.05, max_iter=20, random_state=0)
    return cross_val_score(regressor, X, HEIGHTS, cv=4).tolist()


def bagged():
    ensemble = BaggingClassifier(classifier(), n_estimators=4, random_state=1).fit(X, Y)
    return ensemble.predict_proba(X)


def close_to(serial, work):
    """Scores are the same; scikit-learn adds an ensemble's answers up by process."""
    return pytest.approx(np.array(serial), rel=1e-12) if work is bagged else serial


@pytest.mark.parametrize("work", [searched, validated, bagged])
def test_dask_gives_the_serial_numbers(client, work):
    serial = work()
    with joblib.parallel_config(backend="dask"):
        assert work() == close_to(serial, work)


@pytest.mark.parametrize("work", [searched, validated, bagged])
def test_loky_gives_the_serial_numbers(work):
    serial = work()
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert work() == close_to(serial, work)


def recorded(estimator, cut):
    """Fit and answer in some process; which, and how many programs that has recorded so far."""
    from nn.training import twins

    estimator.fit(X[cut:], Y[cut:]).predict(X)
    kept = twins._kept[twins.architecture_of(estimator.model_)]
    return os.getpid(), len(kept), len(pickle.dumps(estimator))


def own():
    """An estimator of an architecture that no other test trains."""
    return classifier().set_params(hidden_layer_sizes=(7,))


def test_each_process_records_once_and_programs_do_not_travel(client):
    unfitted = len(pickle.dumps(own()))
    futures = [client.submit(recorded, own(), cut, pure=False) for cut in range(8)]
    found = client.gather(futures)
    assert len({process for process, _, _ in found}) == 2
    assert {kept for _, kept, _ in found} == {2}  # one for training and one for answers
    assert unfitted < 2_000
    serial = [recorded(own(), cut)[2] for cut in range(8)]
    assert [size for _, _, size in found] == pytest.approx(serial, rel=0.01)
