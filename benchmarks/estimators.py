"""Estimators beside scikit-learn: OMP_NUM_THREADS=1 python benchmarks/estimators.py

Digits, breast cancer and wine, scaled. `MLPClassifier` of either side with the same arguments:
`fit`, five-fold `cross_val_score`, and 200 predictions of one row. `nn.predict` of 1,000 rows by a
network 64-100-10 beside the same model compiled by hand and kept, and what a callback of `fit`
costs at 2,410 parameters.
"""

import random
import warnings
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

from side_by_side import compare
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier as Theirs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import autograd
import nn
from nn.sklearn import MLPClassifier as Ours

Step = Callable[[], object]
warnings.simplefilter("ignore")  # trainings end by max_iter


def digits() -> tuple[Any, Any]:
    """Return images and labels, scaled to [0, 1]."""
    X, y = load_digits(return_X_y=True)
    return X / 16.0, y


def fitting(classifier: Any) -> Step:
    """Train on digits."""
    X, y = digits()
    return lambda: classifier(hidden_layer_sizes=(32,), max_iter=60, random_state=0).fit(X, y)


def validating(classifier: Any, load: Any) -> Step:
    """Train and score five times."""
    X, y = load(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), classifier(random_state=0))
    return lambda: cross_val_score(pipeline, X, y, cv=5)


def single_rows(classifier: Any) -> Step:
    """Predict 200 rows one by one."""
    X, y = digits()
    fitted = classifier(max_iter=5, random_state=0).fit(X, y)
    return lambda: [fitted.predict(X[i : i + 1]) for i in range(200)]


def predicting(by_hand: bool) -> Step:
    """Predict 1,000 rows, by `nn.predict` or by a program that is compiled by hand and kept."""
    model, X = nn.MLP(64, [100, 10], rng=random.Random(0)), digits()[0][:1000]
    program = autograd.compile(lambda x: model(x), batch=True)
    return (lambda: program(X)) if by_hand else (lambda: nn.predict(model, X))


def epochs(*callbacks: Any) -> Step:
    """Train 200 epochs of one batch."""
    X, y = (part[:64] for part in digits())
    model = nn.MLP(64, [32, 10], rng=random.Random(0))
    how = {"epochs": 200, "batch_size": 64, "progress": False, "callbacks": callbacks}
    return lambda: nn.fit(model, X, y, optimizer=nn.Adam(model.parameters(), lr=1e-6), **how)


def nothing(history: nn.History) -> None:
    """A callback that costs nothing itself."""


def sides(setup: Any, ours: Any, theirs: Any, *more: Any) -> SimpleNamespace:
    """The same work with two arguments."""
    return SimpleNamespace(ours=partial(setup, ours, *more), theirs=partial(setup, theirs, *more))


fit = sides(fitting, Ours, Theirs)
digits_cv = sides(validating, Ours, Theirs, load_digits)
cancer_cv = sides(validating, Ours, Theirs, load_breast_cancer)
wine_cv = sides(validating, Ours, Theirs, load_wine)
rows = sides(single_rows, Ours, Theirs)
predict = sides(predicting, False, True)
callback = SimpleNamespace(ours=partial(epochs, nothing), theirs=epochs)
WORK = {
    "fit": "fit, digits, 60 epochs of (32,)",
    "digits_cv": "cross_val_score, digits",
    "cancer_cv": "cross_val_score, breast cancer",
    "wine_cv": "cross_val_score, wine",
    "rows": "200 predictions of one row",
    "predict": "predict 1,000 rows; a kept program",
    "callback": "200 epochs with a callback; without",
}


def main() -> None:
    """Measure and print a line for each piece of work."""
    for name, title in WORK.items():
        peers = {side: f"{name}.{side}" for side in ("ours", "theirs")}
        seconds = compare("estimators", peers, rounds=3)
        ours, theirs = seconds["ours"], seconds["theirs"]
        print(f"{title:<36} {ours:9.4f} s {theirs:9.4f} s  ratio {ours / theirs:5.2f}")


if __name__ == "__main__":
    main()
