"""The weights of the first layer, an image for each neuron."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.checks import check_kind, check_size
from nn.layers import Layer
from nn.module import Module
from nn.pictures.axes import axes_of, import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_weights(
    model: Module,
    shape: tuple[int, int] | None = None,
    *,
    max_images: int = 64,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the weights of each neuron of the first `Layer` in `model` as an image.

    `shape` is (rows, columns) of an image, by default a square where the number of inputs is one.
    All images share one scale, symmetric about 0, which is white. Neurons are numbered from 0;
    `max_images` of them are shown at most. Returns the Axes, `ax` if given, with an image for each.

    Raises `TypeError` where `model` is no Module, `ValueError` where it has no `Layer` or `shape`
    does not fit the number of inputs, and `ImportError` without matplotlib.
    """
    pyplot = import_pyplot()
    check_kind("model", model, Module, "a Module such as nn.MLP")
    layer = next((part for part in model.modules() if isinstance(part, Layer)), None)
    if layer is None:
        raise ValueError(f"{model!r:.60} holds no Layer whose weights could be shown")
    rows, columns = _image_shape(layer, shape)
    neurons = layer.neurons[: check_size("max_images", max_images)]
    weights = np.array([[w.data for w in neuron.weights] for neuron in neurons])
    largest = np.abs(weights[np.isfinite(weights)]).max(initial=0.0) or 1.0

    gap = 0.18 * math.sqrt(rows * columns)
    width, height = columns + gap, rows + 2.0 * gap  # each image has its number above it
    across = min(len(neurons), math.ceil(math.sqrt(len(neurons) * height / width)))
    down = -(-len(neurons) // across)
    inch = max(across * width, down * height) / 5.5
    ax = axes_of(pyplot, ax, (across * width / inch + 1.5, down * height / inch + 0.5))
    for i, image in enumerate(weights.reshape(-1, rows, columns)):
        x, y = i % across * width, i // across * height
        shown = ax.imshow(
            image,
            cmap="RdBu_r",
            vmin=-largest,
            vmax=largest,
            extent=(x, x + columns, y + rows, y),
            interpolation="nearest",
        )
        ax.plot([x, x + columns, x + columns, x, x], [y, y, y + rows, y + rows, y], "0.5", lw=0.8)
    ax.set(xlim=(-gap, across * width), ylim=(down * height - gap, -2.0 * gap))
    ax.figure.colorbar(shown, ax=ax, label="weight")
    unit = min(ax.bbox.width / (across * width), ax.bbox.height / (down * height))  # in pixels
    size = min(8.0, 1.4 * gap * unit * 72.0 / ax.figure.dpi)
    for i in range(len(neurons)):
        x, y = i % across * width + columns / 2, i // across * height - 0.2 * gap
        ax.text(x, y, str(i), ha="center", va="bottom", fontsize=size)
    ax.set_axis_off()
    some = f", the first {len(neurons)}" if len(neurons) < len(layer.neurons) else ""
    ax.set_title(f"weights of {layer!r}{some}", fontsize="medium")
    return ax


def _image_shape(layer: Layer, shape: Any) -> tuple[int, int]:
    """Return `shape`, or a square, as (rows, columns) of an image of the layer's inputs."""
    advice = f"pass shape=(rows, columns) with rows * columns = {layer.nin}"
    if shape is None:
        side = math.isqrt(layer.nin)
        if side**2 != layer.nin:
            raise ValueError(f"the {layer.nin} inputs of {layer!r} make no square image: {advice}")
        return side, side
    if not isinstance(shape, tuple | list) or len(shape) != 2 or math.prod(shape) != layer.nin:
        raise ValueError(f"`shape` {shape!r:.40} does not fit {layer!r}: {advice}")
    return check_size("rows", shape[0]), check_size("columns", shape[1])
