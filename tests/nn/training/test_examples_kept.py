"""What is kept of the examples when a call has returned: nothing, and no search has to find it."""

import gc
import random
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from nn.sklearn import MLPClassifier

TRAININGS: dict[str, dict[str, Any]] = {
    "compiled": {},
    "eager": {"compiled": False},
    "many steps": {"epochs": 300},
    "with a callback": {"callbacks": [lambda news: None]},
    "with a share for validation": {"validation": 0.2},
    "until it gets no better": {"validation": 0.2, "early_stopping": 1, "epochs": 5},
    "weighted": {"class_weight": "balanced"},
}


def are_gone(use: Callable[[Any, Any], Any]) -> bool:
    """Whether the examples are free after a call, without the collector."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), rng.integers(0, 3, size=60)
    seen = weakref.ref(X)
    gc.collect()
    gc.disable()
    try:
        result = use(X, y)
        del X, y
        return result is not None and seen() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("how", TRAININGS)
def test_a_training_keeps_no_examples(how, noise):
    layers = [nn.MLP(4, [8, 3], rng=random.Random(0))]
    layers += [nn.Dropout(0.5, seed=1)] if noise else []
    model = nn.Sequential(*layers)

    def fit(X, y):
        options = {"epochs": 2, **TRAININGS[how]}
        return nn.fit(model, X, y, loss="cross_entropy", optimizer="sgd", progress=False, **options)

    assert are_gone(fit)


def test_predictions_keep_no_examples():
    model = nn.MLP(4, [8, 3], rng=random.Random(0))
    uses = [lambda X, y: nn.accuracy(model, X, y), lambda X, y: nn.predict(model, X)]
    for use in uses * 2:
        assert are_gone(use)


def test_an_estimator_keeps_no_examples():
    estimator = MLPClassifier(hidden_layer_sizes=(5,), tol=10.0)

    def use(X, y):
        return estimator.fit(X, y).predict_proba(X)

    assert are_gone(use)


def test_a_program_keeps_no_arguments():
    weights = [autograd.Value(0.5) for _ in range(4)]
    program = autograd.compile(lambda x, y: (autograd.dot(weights, x) - y).tanh(), batch=True)
    for call in [program, program.mean, program.value_and_grad] * 2:
        assert are_gone(call)
