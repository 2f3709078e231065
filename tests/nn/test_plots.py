"""Pictures: what is drawn is read back from the axes and compared with the history or model."""

import random
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from nn.training.history import History

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib, the extra `plot`, is missing")
matplotlib.use("Agg")
pyplot = pytest.importorskip("matplotlib.pyplot")

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def linear(weights, biases=None, **options):
    """A layer, as an MLP, with these weights, a row for each output."""
    model = nn.MLP(len(weights[0]), [len(weights)], **options)
    for neuron, row, bias in zip(
        model.layers[0].neurons, weights, biases or [0.0] * len(weights), strict=True
    ):
        neuron.bias.data = bias
        for weight, data in zip(neuron.weights, row, strict=True):
            weight.data = data
    return model


def curves(ax):
    """All lines of the figure by label."""
    return {line.get_label(): line for axes in ax.figure.axes for line in axes.lines}


def region_at(ax, x, y):
    """The class whose colour the plane has at the point."""
    image = ax.images[0]
    classes = image.get_array() if image.origin == "lower" else image.get_array()[::-1]
    left, right, bottom, top = image.get_extent()
    row = int((y - bottom) / (top - bottom) * classes.shape[0])
    return classes[row, int((x - left) / (right - left) * classes.shape[1])]


def points(ax):
    """The points of each class, by its name in the legend."""
    return {c.get_label(): np.array(c.get_offsets()).tolist() for c in ax.collections[-2:]}


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


def test_boundary_is_where_the_output_changes_sign():
    model = linear([[1.0, -1.0]])  # x - y
    ax = nn.plot_boundary(model, CORNERS, [-1, -1, 1, 1], resolution=50)
    assert region_at(ax, 0.9, 0.2) == 1 and region_at(ax, 0.2, 0.9) == 0
    assert points(ax) == {"-1": CORNERS[:2], "1": CORNERS[2:]}
    outline = ax.collections[0].get_paths()[0].vertices
    assert outline[:, 0] == pytest.approx(outline[:, 1], abs=1e-12)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["-1", "1"]
    assert all(ax.get_xlim()[0] < x < ax.get_xlim()[1] for x in (0.0, 1.0))


def test_every_cell_has_the_class_that_the_model_predicts():
    model = nn.MLP(2, [8, 3], activation="tanh", rng=random.Random(1))
    ax = nn.plot_boundary(model, CORNERS, [0, 1, 2, 0], resolution=20)
    classes = ax.images[0].get_array()
    left, right, bottom, top = ax.images[0].get_extent()
    for row in range(20):
        for column in range(20):
            x = left + (column + 0.5) / 20 * (right - left)
            y = bottom + (row + 0.5) / 20 * (top - bottom)
            scores = [v.data for v in model([x, y])]
            assert classes[row, column] == scores.index(max(scores))
    assert len(set(classes.flat)) > 1


@pytest.mark.parametrize(
    ("labels", "output", "loss", "level"),
    [
        ([-1, -1, 1, 1], "linear", None, 0.0),
        ([0, 0, 1, 1], "linear", None, 0.0),
        ([0, 0, 1, 1], "linear", "mse", 0.5),
        ([0, 0, 1, 1], "sigmoid", None, 0.5),
    ],
)
def test_threshold_is_that_of_accuracy(labels, output, loss, level):
    model = linear([[1.0, 0.0]], output=output)
    loss = nn.mse_loss if loss else None
    ax = nn.plot_boundary(model, CORNERS, labels, loss=loss)
    crossing = 0.5 if (output, level) == ("linear", 0.5) else 0.0  # sigmoid(0) = 0.5
    assert region_at(ax, crossing - 0.02, 0.5) == 0 and region_at(ax, crossing + 0.02, 0.5) == 1
    right = [
        region_at(ax, x, y) == (label > 0) for (x, y), label in zip(CORNERS, labels, strict=True)
    ]
    assert np.mean(right) == nn.accuracy(model, CORNERS, labels, loss)


def test_classes_differ_without_colour_and_can_be_named():
    model = linear(np.eye(12, 2).tolist())
    X, y = [[float(i), 0.0] for i in range(12)], list(range(12))
    names = np.array([f"class {i}" for i in y])
    ax = nn.plot_boundary(model, X, y, classes=names, resolution=10)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(names)
    looks = {
        (c.get_paths()[0].vertices.tobytes(), c.get_facecolor().tobytes())
        for c in ax.collections[-12:]
    }
    assert len(looks) == 12
    shapes = {c.get_paths()[0].vertices.tobytes() for c in ax.collections[-12:-2]}
    assert len(shapes) == 10


def test_one_hot_rows_are_classes():
    model = linear([[1.0, 0.0], [0.0, 1.0]])
    ax = nn.plot_boundary(model, [[2.0, 1.0], [1.0, 2.0]], [[1, 0], [0, 1]], resolution=10)
    assert points(ax) == {"0": [[2.0, 1.0]], "1": [[1.0, 2.0]]}


@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("weight", [0.0, float("nan"), float("inf"), 1e308])
def test_boundary_of_a_model_that_has_diverged_or_always_answers_the_same(weight, outputs):
    model = linear([[weight, weight], [-weight, 1.0], [0.0, 0.0]][:outputs])
    for X in ([[1.0, 1.0]], [[-3.0, 1.0], [3.0, -1.0], [3.0, 3.0]]):
        y = [1] * len(X)
        ax = nn.plot_boundary(model, X, y, resolution=201)
        ax.figure.canvas.draw()
        right = [region_at(ax, *x) == 1 for x in X]
        assert np.mean(right) == nn.accuracy(model, X, y)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1.0, 2.0, 3.0]], [1], r"shape \(n, 2\); got shape \(1, 3\)"),
        ([1.0, 2.0], [1, 1], "one row for each example"),
        ([[1.0, float("nan")]], [1], "inf or nan"),
        (CORNERS, [0, 1], "4 examples and `y` has 2"),
        (CORNERS, [0.5, 1, 0, 1], "must hold classes"),
        (CORNERS, [0, 1, 2, 3], "must hold classes"),
    ],
)
def test_boundary_refuses_data_that_do_not_fit(X, y, message):
    with pytest.raises(ValueError, match=message):
        nn.plot_boundary(linear([[1.0, 1.0]]), X, y)
    assert not pyplot.get_fignums()


def test_boundary_refuses_too_few_names_and_a_model_of_another_size():
    with pytest.raises(ValueError, match="`classes` must be 2 names"):
        nn.plot_boundary(linear([[1.0, 1.0]]), CORNERS, [0, 0, 1, 1], classes=["a"])
    with pytest.raises(ValueError, match="takes 3 inputs"):
        nn.plot_boundary(linear([[1.0, 1.0, 1.0]]), CORNERS, [0, 0, 1, 1])


def test_weights_are_images_on_one_symmetric_scale():
    model = linear([[1.0, 2.0, 3.0, -4.0], [0.0, 0.5, 0.25, 5.0]])
    ax = nn.plot_weights(model)
    first, second = ax.images
    assert first.get_array().tolist() == [[1.0, 2.0], [3.0, -4.0]]
    assert second.get_array().tolist() == [[0.0, 0.5], [0.25, 5.0]]
    assert first.get_clim() == second.get_clim() == (-5.0, 5.0)
    assert [text.get_text() for text in ax.texts] == ["0", "1"]
    bar = ax.figure.axes[-1]
    assert bar is not ax and bar.get_ylabel() == "weight"


def test_images_do_not_overlap_and_stand_upright():
    ax = nn.plot_weights(nn.Layer(6, 10, rng=random.Random(0)), (2, 3))
    boxes = [image.get_extent() for image in ax.images]
    for i, (left, right, bottom, top) in enumerate(boxes):
        assert (right - left, bottom - top) == pytest.approx((3.0, 2.0))  # row 0 is at the top
        for other_left, other_right, other_bottom, other_top in boxes[:i]:
            apart = left >= other_right or other_left >= right
            assert apart or top >= other_bottom or other_top >= bottom
    low, high = ax.get_xlim()
    assert all(low <= left and right <= high for left, right, _, _ in boxes)
    assert ax.yaxis_inverted()


def test_weights_of_the_first_layer_inside_a_module():
    class Model(nn.Module):
        def __init__(self):
            self.scale = Value(1.0)
            self.parts = {"in": nn.Layer(4, 3, rng=random.Random(0)), "out": nn.Layer(3, 1)}

    model = Model()
    ax = nn.plot_weights(model, max_images=2)
    assert len(ax.images) == 2 and "the first 2" in ax.get_title()
    weights = [[w.data for w in neuron.weights] for neuron in model.parts["in"].neurons]
    assert [image.get_array().ravel().tolist() for image in ax.images] == weights[:2]


@pytest.mark.parametrize("shape", [None, (2, 2), (-1, -2), (2,), 2, "12", (1.0, 2.0)])
def test_weights_refuse_a_shape_that_does_not_fit(shape):
    with pytest.raises(ValueError, match=r"whole number|rows \* columns = 2"):
        nn.plot_weights(nn.MLP(2, [3, 1]), shape)
    assert not pyplot.get_fignums()


def test_weights_need_a_layer():
    with pytest.raises(ValueError, match="holds no Layer"):
        nn.plot_weights(nn.Neuron(4))
    with pytest.raises(TypeError, match="must be a Module"):
        nn.plot_weights([[1.0]])


def test_pictures_go_into_given_axes_and_make_no_figure():
    figure = matplotlib.figure.Figure()
    first, second, third = figure.subplots(1, 3)
    assert History([1.0], [0.5]).plot(first) is first
    assert nn.plot_boundary(linear([[1.0, 1.0]]), CORNERS, [0, 0, 1, 1], ax=second) is second
    assert nn.plot_weights(linear([[1.0, 1.0]]), (1, 2), ax=third) is third
    assert not pyplot.get_fignums()
    with pytest.raises(TypeError, match="one matplotlib Axes"):
        History([1.0]).plot(figure.subplots(1, 2))


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


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_nn_does_not_import_matplotlib():
    assert run("import sys, nn; print('matplotlib' in sys.modules)") == "False\n"


def test_without_matplotlib_the_error_names_the_extra():
    code = """
import sys
sys.modules["matplotlib"] = None
import nn
from autograd import Value
w = Value(1.0)
for picture in (
    nn.History([1.0]).plot,
    lambda: nn.plot_boundary(nn.MLP(2, [1]), [[1.0, 2.0]], [1]),
    lambda: nn.plot_weights(nn.MLP(4, [1])),
    lambda: nn.plot_step(lambda: w * 2, nn.SGD([w], lr=1.0)),
):
    try:
        picture()
    except ImportError as error:
        print(error)
print(w.data)
"""
    lines = run(code).splitlines()
    assert lines == ["pictures need matplotlib: pip install 'seegrad[plot]'"] * 4 + ["1.0"]
