"""A sweep of the learning rate."""

import random

import pytest
from small_trainings import POINTS as X
from small_trainings import TILTED as Y
from small_trainings import briefly as fit
from small_trainings import classifier as model

import nn


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


def test_a_sweep_is_one_short_line():
    sweep = nn.find_learning_rate(model(), X, Y, seed=0, low=1e-5, high=1e3)
    assert repr(sweep).startswith(f"RateSweep({len(sweep.rates)} rates, 1e-05 to ")
    assert repr(sweep).endswith(f"suggestion {sweep.suggestion:.2g})") and len(repr(sweep)) < 70


def test_the_sweep_is_drawn():
    pytest.importorskip("matplotlib").use("Agg")
    ax = nn.find_learning_rate(model(), X, Y, seed=0).plot()
    assert ax.get_xscale() == "log" and len(ax.lines) == 2
    import matplotlib.pyplot as plt

    plt.close("all")
