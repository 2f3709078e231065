"""What each example counts."""

import copy
import math
import random

import numpy as np
import pandas as pd
import pytest
from small_trainings import POINTS as X
from small_trainings import TILTED as Y
from small_trainings import both
from small_trainings import briefly as fit
from small_trainings import classifier as model

import nn


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


def test_a_series_of_class_weights_is_read_by_its_labels():
    mapped, labelled = model(), model()
    shares = 60 / (2 * pd.Series(Y).value_counts(ascending=Y.mean() < 0.5))
    assert shares.index.tolist() == [1, 0] and shares[0] != shares[1]
    fit(mapped, class_weight={0: shares[0], 1: shares[1]})
    fit(labelled, class_weight=shares)
    assert labelled.state_dict() == mapped.state_dict()
    with pytest.raises(TypeError, match="a set, which has no order"):
        fit(model(), class_weight={0.5, 2.0})


@both
def test_exploding_weights_end_the_training_while_they_are_finite(compiled):
    m = model(outputs=1)
    optimizer = nn.SGD(m.parameters(), lr=1e200)
    with pytest.raises(FloatingPointError, match="a smaller learning rate"):
        fit(m, optimizer=optimizer, loss="mse_loss", y=Y * 1.5, compiled=compiled, epochs=50)
    assert all(map(math.isfinite, m.state_dict().values()))


@pytest.mark.filterwarnings("ignore:inputs up to")
@both
def test_a_step_that_makes_a_weight_infinite_goes_back_to_the_epochs_start(compiled):
    m = nn.MLP(1, [1], rng=random.Random(0))
    before = m.state_dict()
    optimizer = nn.SGD(m.parameters(), lr=1e200)
    message = "weight after a step is no longer finite in epoch 1, batch 1"
    with pytest.raises(FloatingPointError, match=message):
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
def test_the_optimisers_state_goes_back_with_the_weights(compiled):
    def steep(output, target):
        return 100.0 * nn.cross_entropy(output, target)

    m = model()
    optimizer = nn.SGD(m.parameters(), lr=1e-4, momentum=0.9)
    fit(m, optimizer=optimizer, loss=steep, epochs=1, compiled=compiled)
    weights, state = m.state_dict(), copy.deepcopy(optimizer.state)
    optimizer.lr = 1e308
    with pytest.raises(FloatingPointError, match="the weight after a step is no longer finite"):
        fit(m, optimizer=optimizer, loss=steep, batch_size=60, compiled=compiled)
    assert m.state_dict() == weights and optimizer.state == state
    optimizer.lr = 1e-4
    fit(m, optimizer=optimizer, loss=steep, epochs=1, compiled=compiled)
