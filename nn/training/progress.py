"""Progress: a bar with loss and accuracy, on a terminal and in Jupyter.

tqdm shows nothing where the error stream is no terminal, and in Jupyter it never is. There its
widget is taken, or, without ipywidgets, a line of text that is written over.
"""

import importlib.util
import sys
from typing import Any

from tqdm import tqdm


def progress_bar(total: int, wanted: bool) -> Any:
    """Return a bar over `total` batches: tqdm's, disabled where nobody would see it."""
    if wanted and in_notebook():
        if importlib.util.find_spec("ipywidgets") is not None:
            from tqdm.notebook import tqdm as widget

            return widget(total=total, unit="batch")
        return tqdm(total=total, unit="batch", file=sys.stdout, mininterval=0.5)
    return tqdm(total=total, unit="batch", disable=None if wanted else True)


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"
