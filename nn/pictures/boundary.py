"""The decision boundary of a classifier of points of the plane."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.checks import check_size
from nn.data import check_examples
from nn.losses import Loss
from nn.module import Module
from nn.pictures.axes import axes_of, import_pyplot
from nn.training.examples import Examples
from nn.training.prediction import loss_of, predict, predict_proba

if TYPE_CHECKING:
    from matplotlib.axes import Axes


PALEST = 0.06  # of a colour, where two classes are level; it is 0.5 where one is certain
MARKERS = "os^DvP*Xd<"  # one for each of the ten colours of matplotlib's palette


def plot_boundary(
    model: Module,
    X: Any,
    y: Any,
    *,
    ax: "Axes | None" = None,
    resolution: int = 200,
    classes: Sequence[str] | None = None,
    loss: str | Loss | None = None,
) -> "Axes":
    """Draw which class `model` finds at each point of the plane, how surely, and the examples.

    The paler, the nearer are the two best classes: in their probabilities, where `predict_proba`
    has any, else in their outputs, measured by the largest difference in the picture. `X` has shape
    (n, 2); `y`, shape (n,), holds -1 and 1 or 0 and 1 for one output, class indices or one-hot rows
    for several. Classes are told apart as by `nn.accuracy(model, X, y, loss)`: a single output's
    threshold depends on the labels and on `loss`. `resolution` is the number of grid points along
    each axis, `classes` the names for the legend. Returns the Axes, `ax` if given.

    Raises `ValueError` where `X` is not of shape (n, 2) and finite, `y` does not fit it or holds
    no classes, or `classes` has the wrong length, and `ImportError` without matplotlib.
    """
    pyplot = import_pyplot()
    from matplotlib.colors import ListedColormap

    points = check_examples(X)
    if points.shape[1:] != (2,):
        raise ValueError(f"`X` must be points of a plane, shape (n, 2); got shape {points.shape}")
    resolution = check_size("resolution", resolution, 2)
    examples = Examples(model, X, y, loss_of(model, loss))
    if examples.labels is None:
        raise ValueError(
            "`y` must hold classes: indices or one-hot rows for several outputs, 0 and 1 or -1 "
            "and 1 for one output"
        )
    targets, single = examples.labels, examples.outputs == 1
    names = [str(i) for i in range(max(examples.outputs, 2))]
    if single:
        names[0] = "-1" if -1 in targets else "0"
        targets = (targets > 0).astype(int)
    if classes is not None and len(classes) != len(names):
        raise ValueError(f"`classes` must be {len(names)} names, got {classes!r:.80}")
    names = names if classes is None else list(classes)

    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.1 * (high - low), 0.5)
    low, high = low - margin, high + margin
    middles = (np.arange(resolution) + 0.5) / resolution  # of the grid's cells
    across, up = (high - low)[:, None] * middles + low[:, None]
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    scores = predict(model, grid).reshape(resolution, resolution, -1)
    if single:  # the second class is where the output is above the threshold
        scores = scores - examples.threshold
        scores = np.concatenate([-scores, scores], axis=-1)
    regions = scores.argmax(axis=-1)

    ax = axes_of(pyplot, ax)
    ax.imshow(
        regions,
        cmap=ListedColormap([f"C{i % 10}" for i in range(len(names))]),
        vmin=-0.5,
        vmax=len(names) - 0.5,
        alpha=PALEST + (0.5 - PALEST) * _confidence(model, grid, scores, loss),
        extent=(low[0], high[0], low[1], high[1]),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
    )
    for i in range(1, len(names)):  # the lines along which a class is level with the best other
        with np.errstate(invalid="ignore", over="ignore"):  # a model that diverged
            lead = scores[..., i] - np.delete(scores, i, axis=-1).max(axis=-1)
        lead = np.ma.masked_invalid(lead)
        if lead.min() < 0.0 < lead.max():
            lead /= np.abs(lead).max()
            ax.contour(across, up, lead, levels=[0.0], colors="0.2", linewidths=1.0)
    for i in np.union1d(regions, targets):
        ax.scatter(
            *points[targets == i].T,
            color=f"C{i % 10}",
            marker=MARKERS[(i + i // 10) % 10],
            edgecolors="black",
            linewidths=0.6,
            zorder=3,
            label=names[i],
        )
    ax.set(xlabel="X[:, 0]", ylabel="X[:, 1]")
    ax.legend(title="class", framealpha=0.9)
    return ax


def _confidence(model: Module, grid: Any, scores: Any, loss: str | Loss | None) -> Any:
    """How far the best class is ahead of the next at each point, from 0 to 1."""
    with np.errstate(invalid="ignore", over="ignore"):  # a model that diverged
        try:
            chances = predict_proba(model, grid, loss).reshape(*scores.shape[:2], -1)
        except ValueError:  # the outputs are numbers to be met
            chances = scores
        best, second = np.moveaxis(np.sort(chances, axis=-1)[..., -2:][..., ::-1], -1, 0)
        lead = np.nan_to_num(best - second, posinf=0.0)
        largest = lead.max() if chances is scores else 1.0
    return np.clip(lead / (largest or 1.0), 0.0, 1.0)
