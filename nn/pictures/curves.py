"""The curves of a training over the epochs: the loss, and accuracy and metrics below it."""

import math
from typing import TYPE_CHECKING, Any

from nn.pictures.axes import axes_of, import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nn.training.history import History


MARKED = 20  # epochs of a curve that carry a marker, about


def plot_history(history: "History", ax: "Axes | None" = None) -> "Axes":
    """Draw the curves of `history`, as `History.plot` says."""
    pyplot = import_pyplot()
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    curves = {**history.curves(), **{n: v for n, v in history.metrics.items() if v}}
    if not history.curves():
        raise ValueError("the history is empty: train for at least one epoch, then plot it")
    rates = [name for name in curves if not name.endswith("loss")]
    accurate_only = all(name.endswith("accuracy") for name in rates)
    left: Any
    right: Any
    if ax is None and rates:  # a panel for the loss, one for what is to grow
        figure = pyplot.figure(figsize=(6.4, 5.6), layout="constrained")
        left, right = figure.subplots(2, sharex=True)
    else:
        left = right = axes_of(pyplot, ax)
        if rates:  # in one panel, with a scale of its own
            right = left.twinx()
            # Loss and legend lie above the accuracy, whose axes bring the background.
            left.set_zorder(right.get_zorder() + 1)
            left.patch.set_visible(False)
    if rates:
        right.set_ylabel("accuracy" if accurate_only else "metrics")
        if accurate_only:
            right.yaxis.set_major_formatter(PercentFormatter(1.0))
    colours = {name: f"C{i + 1}" for i, name in enumerate(dict.fromkeys(map(_bare, rates)))}
    lines: list[Any] = []
    for name, values in curves.items():
        accurate, held_out = name in rates, name.startswith("val_")
        lines += (right if accurate else left).plot(
            range(1, len(values) + 1),
            values,
            label=f"{'validation' if held_out else 'training'} {_bare(name)}",
            color=colours.get(_bare(name), "C0"),
            linestyle="--" if held_out else "-",
            marker="s" if accurate else "o",
            markersize=6 if accurate else 4,  # both are seen where they fall on each other
            markerfacecolor="white" if held_out else None,
            markevery=-(-len(values) // MARKED),
        )
    if rates and accurate_only and right.get_ylim()[1] > 1.02:
        right.set_ylim(top=1.02)
    if max(map(len, curves.values())) == 1:
        left.set_xlim(0.5, 1.5)
    left.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    left.set_ylabel("loss")
    panels = dict.fromkeys((left, right) if ax is None else (left,))
    best = history.best_epoch
    if best is None and history.val_loss:
        finite = [loss if math.isfinite(loss) else math.inf for loss in history.val_loss]
        best = 1 + finite.index(min(finite))
    if best is not None:
        for panel in panels:
            label = f"best epoch, {best}" if panel is left else None
            lines.append(panel.axvline(best, color="0.5", linestyle=":", label=label))
    (left if ax is not None else right).set_xlabel("epoch")
    if ax is not None and rates:
        left.legend(handles=lines, loc="center right")
    else:
        for panel in panels:
            panel.legend()
    drawn: Axes = left
    return drawn


def _bare(name: str) -> str:
    return name.removeprefix("val_")
