"""Plots of the course: one line in a notebook in place of ten of Matplotlib.

They show themselves. Curves differ by their dashes as well as by colour.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

import nn

STYLES = "-", "--", ":", "-."
MARKERS = ".os^"


def lines(
    curves: Mapping[str, Any],
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    log: str = "",
    grey: str = "",
    level: float | None = None,
    legend: str | None = None,
    groups: int = 1,
    ax: Any = None,
    size: tuple[float, float] = (6, 3.5),
    **settings: Any,
) -> None:
    """Draw named curves: y over its number, or a pair (x, y); a name "o: …" gives a marker.

    `groups` curves after each other look alike. `log` names logarithmic axes, such as "xy";
    `grey` the curve that stays in the background; `level` is a grey line across; what else is
    given goes to `Axes.set`.
    """
    own = ax is None
    if own:
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    style = 0
    for name, curve in curves.items():
        marked = name[:1] in MARKERS and name[1:3] == ": "
        marker, label = name.split(": ", 1) if marked else ("", name)
        x, y = curve if isinstance(curve, tuple) else (np.arange(1, len(curve) + 1), curve)
        options: dict[str, Any] = {"marker": marker or None, "markersize": 4, "label": label}
        if label == grey:
            options |= {"color": "0.7", "linestyle": "-"}
        else:
            alone = marker and label.startswith("at ")
            kind = style // groups
            options |= {"color": f"C{kind}", "linestyle": "" if alone else STYLES[kind % 4]}
            style += 1
        ax.plot(x, y, **options)
    if level is not None:
        ax.axhline(level, color="0.7", linewidth=0.8)
    for axis in log:
        getattr(ax, f"set_{axis}scale")("log")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, **settings)
    if not log.count("x") and xlabel in ("epoch", "update", "step"):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(curves) > 1:
        ax.legend(title=legend, fontsize="small")
    if own:
        plt.show()


def panels(count: int, size: tuple[float, float], **settings: Any) -> Any:
    """Return Axes side by side."""
    return plt.subplots(1, count, figsize=size, layout="constrained", **settings)[1]


def show() -> None:
    """Show what was drawn into panels."""
    plt.show()


def images(rows: Sequence[Any], titles: Sequence[str], columns: int = 10, side: int = 8) -> None:
    """Draw images, given as rows of numbers, dark where the number is large."""
    height = -(-len(rows) // columns)
    _, axes = plt.subplots(
        height, columns, figsize=(0.85 * columns, 1.05 * height), layout="constrained"
    )
    for ax in np.ravel(axes):
        ax.set_axis_off()
    for ax, row, title in zip(np.ravel(axes), rows, titles, strict=False):
        ax.imshow(np.reshape(row, (side, side)), cmap="gray_r")
        ax.set_title(title, fontsize="small")
    plt.show()


def filters(rows: Sequence[Any], side: int = 3) -> None:
    """Draw the weights of filters: red where they are positive, blue where negative."""
    largest = max(abs(w) for row in rows for w in row)
    _, axes = plt.subplots(1, len(rows), figsize=(len(rows), 1.3), layout="constrained")
    for ax, row in zip(axes, rows, strict=True):
        ax.imshow(np.reshape(row, (side, side)), cmap="RdBu_r", vmin=-largest, vmax=largest)
        ax.set(xticks=[], yticks=[])
    plt.show()


def table(counts: Any, xlabel: str, ylabel: str, names: Sequence[Any]) -> None:
    """Draw a table of counts, its numbers written in where there are few."""
    few = len(names) <= 12
    _, ax = plt.subplots(figsize=(5, 4.5) if few else (7, 6), layout="constrained")
    ax.imshow(np.sqrt(counts), cmap="Blues")
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    for i, j in np.argwhere(np.asarray(counts) > 0) if few else ():
        dark = counts[i, j] > np.max(counts) / 2
        ax.text(j, i, counts[i, j], ha="center", va="center", color="white" if dark else "black")
    plt.show()


def network(layers: Sequence[Sequence[str]], prefix: str = "w") -> None:
    """Draw neurons in layers, from left to right, with the names of the weights between them."""
    place = {
        name: (i, (len(layer) - 1) / 2 - j)
        for i, layer in enumerate(layers)
        for j, name in enumerate(layer)
    }
    _, ax = plt.subplots(figsize=(3 * (len(layers) - 1), 2.6))
    count = 0
    for left, right in pairwise(layers):
        for end in right:
            for start in left:
                count += 1
                (x0, y0), (x1, y1) = place[start], place[end]
                ax.plot([x0, x1], [y0, y1], color="gray", zorder=1)
                x, y = x0 + 0.3 * (x1 - x0), y0 + 0.3 * (y1 - y0)
                ax.text(
                    x, y, f"{prefix}{count}", color="tab:red", backgroundcolor="white",
                    ha="center", va="center",
                )  # fmt: skip
    for name, (x, y) in place.items():
        ax.scatter(x, y, s=900, color="lightblue", edgecolor="black", zorder=2)
        ax.text(x, y, name, ha="center", va="center")
    ax.margins(0.15, 0.35)
    ax.axis("off")
    plt.show()


def classes(X: Any, y: Any, xlabel: str, ylabel: str) -> None:
    """Draw points of the plane by their class."""
    _, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for label, marker in zip(np.unique(y), "os^", strict=False):
        ax.scatter(*X[y == label].T, marker=marker, edgecolors="black", label=f"class {label}")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend()
    plt.show()


class Boundaries:
    """A callback for `nn.fit`: the decision boundary after some of the epochs, side by side."""

    def __init__(self, model: Any, X: Any, y: Any, epochs: Sequence[int]) -> None:
        axes = panels(len(epochs), (3 * len(epochs), 3), sharey=True)
        self.model, self.X, self.y = model, X, y
        self.axes = dict(zip(epochs, axes, strict=True))
        if 0 in self.axes:
            self.draw(0)

    def __call__(self, history: Any) -> None:
        """Draw the boundary, if this epoch is one of them."""
        if len(history.loss) in self.axes:
            self.draw(len(history.loss))

    def draw(self, epoch: int) -> None:
        """Draw the boundary of now, and how many examples are right."""
        ax = nn.plot_boundary(self.model, self.X, self.y, ax=self.axes[epoch])
        if legend := ax.get_legend():
            legend.remove()
        ax.set_title(f"epoch {epoch}: {nn.accuracy(self.model, self.X, self.y):.0%} right")
        ax.label_outer()


def paths(height: Any, walks: Mapping[str, Any]) -> None:
    """Draw walks in a plane over the lines of equal height, for a function of two numbers."""
    across, up = np.linspace(-3.5, 3.5, 36), np.linspace(-5, 1.5, 36)
    heights = [[height(x, y) for x in across] for y in up]
    _, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    ax.contour(across, up, heights, levels=20, colors="0.8", linewidths=0.8)
    for (name, path), style in zip(walks.items(), ["o-", "s-", "-"], strict=False):
        label = f"{name}: {len(path) - 1} updates"
        ax.plot(*path.T, style, markersize=3, linewidth=1, label=label)
    ax.set(xlabel="weight of input 0", ylabel="weight of input 1")
    ax.legend(fontsize="small")
    plt.show()


def histogram(numbers: Any, limits: tuple[float, float], title: str, xlabel: str, ax: Any) -> None:
    """Draw how often numbers occur."""
    ax.hist(numbers, bins=60, range=limits)
    ax.set(title=title, xlabel=xlabel, yticks=[])


def gains(found: Mapping[str, Any], title: str, ax: Any) -> None:
    """Draw several measurements of each kind as dots in a row, and their mean."""
    for row, gain in enumerate(found.values()):
        ax.plot(gain, [row] * len(gain), "o", alpha=0.5, color="C0")
        ax.plot(np.mean(gain), row, "|", markersize=18, markeredgewidth=2, color="C1")
    ax.axvline(0, color="0.5", linewidth=0.8)
    ax.set_title(title, fontsize="medium")
    ax.set_yticks(range(len(found)), list(found))
    if not ax.yaxis_inverted():
        ax.invert_yaxis()


def mistakes(X: Any, truth: Any, answers: Any, probabilities: Any) -> None:
    """Draw images that were read wrongly, and below each the ten probabilities."""
    _, axes = plt.subplots(
        2, len(X), figsize=(1.7 * len(X), 3.4), layout="constrained", sharey="row"
    )
    for (top, below), image, t, a, p in zip(axes.T, X, truth, answers, probabilities, strict=True):
        top.imshow(np.reshape(image, (8, 8)), cmap="gray_r")
        top.set_title(f"a {t}, read as {a}", fontsize="medium")
        top.set_axis_off()
        colors = ["C0" if k == t else "C1" if k == a else "0.7" for k in range(10)]
        below.bar(range(10), p, color=colors)
        below.set(xticks=range(10), xlabel="digit", ylim=(0, 1))
    axes[1, 0].set_ylabel("probability")
    plt.show()


def letters(names: Sequence[str], points: Any, marked: str) -> None:
    """Draw names at points of the plane, some of them in another colour."""
    _, ax = plt.subplots(figsize=(6, 6), layout="constrained")
    for name, (u, v) in zip(names, points, strict=True):
        color = "C3" if name in marked else "C0"
        weight = "bold" if name in marked else "normal"
        ax.text(u, v, name, fontsize=16, color=color, fontweight=weight, ha="center", va="center")
    (left, low), (right, high) = np.min(points, axis=0) - 0.5, np.max(points, axis=0) + 0.5
    ax.set(xlim=(left, right), ylim=(low, high))
    plt.show()
