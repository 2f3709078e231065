"""Plots of the course: one line in a notebook in place of ten of Matplotlib.

They show themselves. Curves differ by their dashes as well as by colour.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

STYLES = "-", "--", ":", "-."


def lines(
    curves: Mapping[str, Any],
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    log: str = "",
    grey: str = "",
    level: float | None = None,
    legend: str | None = None,
    ax: Any = None,
    size: tuple[float, float] = (6, 3.5),
    **settings: Any,
) -> None:
    """Draw named curves: y over its number, or a pair (x, y); a name "o: …" gives a marker.

    `log` names logarithmic axes, such as "xy"; `grey` the curve that stays in the background;
    `level` is a grey line across; what else is given goes to `Axes.set`.
    """
    own = ax is None
    if own:
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    style = 0
    for name, curve in curves.items():
        marker, label = name.split(": ", 1) if name[1:3] == ": " else ("", name)
        x, y = curve if isinstance(curve, tuple) else (np.arange(1, len(curve) + 1), curve)
        options: dict[str, Any] = {"marker": marker or None, "markersize": 4, "label": label}
        if label == grey:
            options |= {"color": "0.7", "linestyle": "-"}
        else:
            alone = marker and label.startswith("at ")
            options |= {"color": f"C{style}", "linestyle": "" if alone else STYLES[style % 4]}
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
