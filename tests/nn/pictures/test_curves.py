"""The curves of a history, read back from the axes."""

import pytest

from nn.training.history import History

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib, the extra `plot`, is missing")


matplotlib.use("Agg")


pyplot = pytest.importorskip("matplotlib.pyplot")


def curves(ax):
    """All lines of the figure by label."""
    return {line.get_label(): line for axes in ax.figure.axes for line in axes.lines}


def test_history_shows_each_list_over_the_epochs():
    history = History([0.9, 0.5, 0.3], [0.4, 0.7, 0.8], [1.0, 0.8, 0.7], [0.3, 0.5, 0.6])
    ax = history.plot(pyplot.figure().add_subplot())
    lines = {n: line for n, line in curves(ax).items() if n != "best epoch, 3"}
    assert list(curves(ax)["best epoch, 3"].get_xdata()) == [3, 3]
    for label, values in {
        "training loss": history.loss,
        "training accuracy": history.accuracy,
        "validation loss": history.val_loss,
        "validation accuracy": history.val_accuracy,
    }.items():
        assert list(lines[label].get_xdata()) == [1, 2, 3]
        assert list(lines[label].get_ydata()) == values
    assert {text.get_text() for text in ax.get_legend().get_texts()} == set(curves(ax))
    right = ax.figure.axes[-1]
    assert [ax.get_xlabel(), ax.get_ylabel(), right.get_ylabel()] == ["epoch", "loss", "accuracy"]
    assert len(ax.lines) == 3 and len(right.lines) == 2


def test_history_has_a_panel_for_the_loss_and_one_for_what_grows():
    history = History([0.9, 0.5, 0.3], [0.4, 0.7, 0.8], [1.0, 0.7, 0.8], [0.3, 0.5, 0.6])
    top = history.plot()
    bottom = top.figure.axes[-1]
    assert len(top.figure.axes) == 2 and top.get_position().y0 > bottom.get_position().y0
    assert [top.get_ylabel(), bottom.get_ylabel(), bottom.get_xlabel()] == [
        "loss",
        "accuracy",
        "epoch",
    ]
    labels = [[text.get_text() for text in p.get_legend().get_texts()] for p in (top, bottom)]
    assert labels[0] == ["training loss", "validation loss", "best epoch, 2"]
    assert labels[1] == ["training accuracy", "validation accuracy"]
    history.metrics["f1"] = [0.1, 0.2, 1.3]
    history.best_epoch = 1
    bottom = history.plot().figure.axes[-1]
    assert bottom.get_ylabel() == "metrics" and "training f1" in curves(bottom)
    assert bottom.get_ylim()[1] > 1.3


def test_curves_differ_without_colour():
    ax = History([0.9, 0.5], [0.4, 0.7], [1.0, 0.8], [0.3, 0.5]).plot()
    looks = {(line.get_linestyle(), line.get_marker()) for line in curves(ax).values()}
    looks -= {(":", "None")}  # the best epoch
    assert looks == {("-", "o"), ("-", "s"), ("--", "o"), ("--", "s")}


def test_loss_alone_has_one_scale():
    ax = History([2.0, 1.0]).plot()
    assert ax.figure.axes == [ax] and list(curves(ax)) == ["training loss"]


@pytest.mark.parametrize("epochs", [1, 2, 7, 300])
def test_ticks_are_whole_epochs(epochs):
    ax = History([1.0 / (i + 1) for i in range(epochs)], [1.0] * epochs).plot()
    ax.figure.canvas.draw()
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks and all(tick == int(tick) for tick in ticks)
    assert ax.figure.axes[-1].get_ylim()[1] < 1.05  # no accuracy of 110 %


def test_a_loss_that_diverged_is_drawn_as_far_as_it_goes():
    ax = History([1.0, 1e300, float("inf"), float("nan")]).plot()
    ax.figure.canvas.draw()
    assert ax.lines[0].get_ydata()[1] == 1e300


def test_an_empty_history_is_refused_and_leaves_no_figure():
    with pytest.raises(ValueError, match="history is empty"):
        History().plot()
    assert not pyplot.get_fignums()
