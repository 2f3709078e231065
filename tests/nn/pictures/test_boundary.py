"""The decision boundary, read back from the axes."""

import random

import numpy as np
import pytest
from layer_examples import linear

import nn

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib, the extra `plot`, is missing")


matplotlib.use("Agg")


pyplot = pytest.importorskip("matplotlib.pyplot")
CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


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


def shade_at(ax, x, y):
    image = ax.images[0]
    shades = image.get_alpha()
    left, right, bottom, top = image.get_extent()
    row = int((y - bottom) / (top - bottom) * shades.shape[0])
    return shades[row, int((x - left) / (right - left) * shades.shape[1])]


def test_the_surer_the_model_the_darker():
    model = linear([[4.0, -4.0]])
    ax = nn.plot_boundary(model, CORNERS, [-1, -1, 1, 1], resolution=50, loss="hinge_loss")
    for x, y in ((0.9, 0.1), (0.1, 0.9), (0.6, 0.5), (0.5, 0.5)):
        p = 1 / (1 + np.exp(-4 * abs(x - y)))
        assert shade_at(ax, x, y) == pytest.approx(0.06 + 0.44 * (2 * p - 1), abs=0.04)


def test_where_there_are_no_probabilities_outputs_are_compared():
    ax = nn.plot_boundary(
        linear([[1.0, -1.0]]), CORNERS, [0, 0, 1, 1], resolution=50, loss="mse_loss"
    )
    shades = ax.images[0].get_alpha()
    assert shades.max() == pytest.approx(0.5) and 0.06 <= shades.min() < 0.08
