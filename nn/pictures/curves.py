"""The curves of a training: loss and accuracy over the epochs."""

from typing import TYPE_CHECKING

from nn.pictures.axes import axes_of, import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nn.training.history import History


MARKED = 20  # epochs of a curve that carry a marker, about


def plot_history(history: "History", ax: "Axes | None" = None) -> "Axes":
    """Draw the curves of `history`, as `History.plot` says."""
    pyplot = import_pyplot()
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    curves = history.curves()
    if not curves:
        raise ValueError("the history is empty: train for at least one epoch, then plot it")
    left = right = axes_of(pyplot, ax)
    if any(name.endswith("accuracy") for name in curves):
        right = left.twinx()
        right.set_ylabel("accuracy")
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        # Loss and legend lie above the accuracy, whose axes bring the background.
        left.set_zorder(right.get_zorder() + 1)
        left.patch.set_visible(False)
    lines = []
    for name, values in curves.items():
        accurate, held_out = name.endswith("accuracy"), name.startswith("val_")
        lines += (right if accurate else left).plot(
            range(1, len(values) + 1),
            values,
            label=f"{'validation' if held_out else 'training'} {name.removeprefix('val_')}",
            color="C1" if accurate else "C0",
            linestyle="--" if held_out else "-",
            marker="s" if accurate else "o",
            markersize=6 if accurate else 4,  # both are seen where they fall on each other
            markerfacecolor="white" if held_out else None,
            markevery=-(-len(values) // MARKED),
        )
    if right is not left and right.get_ylim()[1] > 1.02:
        right.set_ylim(top=1.02)
    if max(map(len, curves.values())) == 1:
        left.set_xlim(0.5, 1.5)
    left.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    left.set(xlabel="epoch", ylabel="loss")
    if right is left:
        left.legend()
    elif ax is not None:
        left.legend(handles=lines, loc="center right")
    else:  # there is room below: nothing is covered, and the top is free for a title
        left.legend(
            handles=lines, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False
        )
    return left
