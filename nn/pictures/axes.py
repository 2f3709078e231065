"""Axes to draw into: the caller's, or those of a new figure."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def import_pyplot() -> Any:
    """Return `matplotlib.pyplot`; raises `ImportError` that names the extra to install."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'seegrad[plot]'") from None
    return pyplot


def axes_of(pyplot: Any, ax: "Axes | None", size: tuple[float, float] = (6.4, 4.4)) -> "Axes":
    """Return `ax`, or the only Axes of a new figure; raises `TypeError` for anything else."""
    from matplotlib.axes import Axes

    if ax is None:
        ax = pyplot.figure(figsize=size, layout="constrained").add_subplot()
    if not isinstance(ax, Axes):
        raise TypeError(f"`ax` must be one matplotlib Axes, got {ax!r:.60}")
    return ax
