"""The graph of a loss before and after a step."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib, the extra `plot`, is missing")


matplotlib.use("Agg")


pyplot = pytest.importorskip("matplotlib.pyplot")


def has_graphviz():
    try:
        return bool(autograd.draw(Value(1.0)).pipe(format="png"))
    except ImportError:
        return False


@pytest.fixture
def graphviz():
    if not has_graphviz():
        pytest.skip("neither `dot` nor pygraphviz is there to draw graphs")


def test_step_shows_the_graph_before_and_after(graphviz, monkeypatch):
    w = Value(3.0, "w")
    x = Value(2.0, "x")  # no parameter: its gradient must not add up over the two sweeps
    drawn = []
    draw = autograd.draw

    def spy(root, **options):
        drawn.append((root.data, w.data, w.grad, x.grad, options))
        return draw(root, **options)

    monkeypatch.setattr(autograd, "draw", spy)
    elsewhere = Value(7.0)  # a parameter that this loss does not use: a step leaves it alone
    w.grad = elsewhere.grad = 100.0
    before, after = nn.plot_step(lambda: w * x, nn.SGD([w, elsewhere], lr=0.5), rankdir="TB")
    # d(wx)/dw = x = 2, so the step takes 0.5 * 2 from w
    options = {"rankdir": "TB"}
    assert drawn == [(6.0, 3.0, 2.0, 3.0, options), (4.0, 2.0, 2.0, 2.0, options)]
    assert (w.data, elsewhere.data) == (2.0, 7.0)
    assert before.get_title() == "before the step: loss 6"
    assert after.get_title() == "after the step: loss 4\nw: 3 - 0.5 × 2 = 2"
    assert before.figure is after.figure
    pictures = [np.array(ax.images[0].get_array()) for ax in (before, after)]
    assert all(p.ndim == 3 and 0.0 < p.mean() < 1.0 for p in pictures)
    assert pictures[0].shape != pictures[1].shape or (pictures[0] != pictures[1]).any()


def test_step_moves_nothing_where_it_is_refused(graphviz):
    w = Value(3.0)
    optimizer = nn.SGD([w], lr=0.5)
    with pytest.raises(TypeError, match="must return the loss, a Value"):
        nn.plot_step(lambda: 1.0, optimizer)
    with pytest.raises(TypeError, match="must be an optimiser"):
        nn.plot_step(lambda: w * 2, w)
    with pytest.raises(ValueError, match="rankdir"):
        nn.plot_step(lambda: w * 2, optimizer, rankdir="RL")
    assert w.data == 3.0
    loss = w * 2
    with pytest.raises(ValueError, match="same Value again"):
        nn.plot_step(lambda: loss, optimizer)
    assert not pyplot.get_fignums()
