"""Axes given, or those of a new figure; matplotlib only where it is needed."""

import subprocess
import sys

import pytest
from layer_examples import linear

import nn
from nn.training.history import History

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib, the extra `plot`, is missing")


matplotlib.use("Agg")


pyplot = pytest.importorskip("matplotlib.pyplot")
CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_pictures_go_into_given_axes_and_make_no_figure():
    figure, open_figures = matplotlib.figure.Figure(), pyplot.get_fignums()
    first, second, third = figure.subplots(1, 3)
    assert History([1.0], [0.5]).plot(first) is first
    assert nn.plot_boundary(linear([[1.0, 1.0]]), CORNERS, [0, 0, 1, 1], ax=second) is second
    assert nn.plot_weights(linear([[1.0, 1.0]]), (1, 2), ax=third) is third
    assert pyplot.get_fignums() == open_figures
    with pytest.raises(TypeError, match="one matplotlib Axes"):
        History([1.0]).plot(figure.subplots(1, 2))


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
