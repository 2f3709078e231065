"""The user's line: where, in code that is neither ours nor NumPy's, something happened.

Errors name it, and so do the notes that `detect_anomaly` puts on nodes; those on derivatives say
what they are derivatives of, so that pictures can show the textbook's form. In a notebook, whose
cells are files that nobody has seen, it is quoted.
"""

import copy
import linecache
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

# The packages of this distribution stand side by side; NumPy's functions call ours, too.
_HERE = Path(__file__).parents[1]
_INSIDE = (
    *(f"{_HERE / package}{os.sep}" for package in ("autograd", "nn")),
    np.__path__[0] + os.sep,
    copy.__file__,
)


@dataclass(frozen=True, slots=True)
class Note:
    """The user's `line` that made a node, and the `origin` that a detached leaf was cut from."""

    line: str
    origin: Any = None


@dataclass(frozen=True, slots=True)
class PartialNote(Note):
    """On a local derivative that was recorded: which of which operation on which inputs it is."""

    primitive: Any = None
    inputs: tuple[Any, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class DerivativeNote(Note):
    """On a derivative that was recorded: of which result by which variable it is."""

    result: Any = None
    variable: Any = None


def line_of(node: Any) -> str:
    """Return the line of the user's that made a node, "" where nobody noted it."""
    note = getattr(node, "_note", None)
    return note.line if isinstance(note, Note) else ""


def origin_of(node: Any) -> Any:
    """Return the Value that a detached leaf was cut from, None where nobody noted it."""
    note = getattr(node, "_note", None)
    return note.origin if isinstance(note, Note) else None


def users_frame() -> FrameType:
    """Return the innermost frame of the user's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    return frame


def users_line() -> str:
    """Return `file:line` of the innermost frame of the user's; of a notebook, the line."""
    frame = users_frame()
    name, number = frame.f_code.co_filename, frame.f_lineno
    if "ipykernel_" in name or name.startswith("<ipython-input"):
        return f"line {number} of a cell, `{linecache.getline(name, number).strip()}`"
    return f"{name}:{number}"
