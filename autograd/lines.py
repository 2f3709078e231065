"""The user's line: where, in code that is neither ours nor NumPy's, something happened.

Errors and notes name it. In a notebook, whose cells are files that nobody has seen, it is quoted.
"""

import linecache
import os
import sys
from pathlib import Path

import numpy as np

# The packages of this distribution stand side by side; NumPy's functions call ours, too.
_HERE = Path(__file__).parents[1]
_INSIDE = (f"{_HERE / 'autograd'}{os.sep}", f"{_HERE / 'nn'}{os.sep}", np.__path__[0] + os.sep)


def users_line() -> str:
    """Return `file:line` of the innermost frame of the user's; of a notebook, the line."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    if "ipykernel_" in name or name.startswith("<ipython-input"):
        return f"line {number} of a cell, `{linecache.getline(name, number).strip()}`"
    return f"{name}:{number}"


def is_users(code: object) -> bool:
    """Whether code is the user's."""
    return not code.co_filename.startswith(_INSIDE)  # type: ignore[attr-defined]
