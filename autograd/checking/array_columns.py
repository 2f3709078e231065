"""The `array` columns of the user's own rows, beside what `scalar` gave to a recorded graph.

Differences see values on floats only. A compiled program takes no `array` that differs from
`scalar`, but who calls the row on arrays gets its answer. Invariant: rows that agree say nothing.
"""

import math
from collections.abc import Iterable

import numpy as np

from autograd.checking.gradient_report import Entry
from autograd.checking.verdict import Tolerance
from autograd.custom import CustomPrimitive
from autograd.engine.value import Value


def array_entries(graph: Iterable[Value], tolerance: Tolerance) -> list[Entry]:
    """Return an entry for each row of the user's own whose `array` is wrong in `graph`."""
    entries: dict[CustomPrimitive, Entry] = {}
    for node in graph:
        if isinstance(node.primitive, CustomPrimitive) and node.primitive not in entries:
            row, inputs = node.primitive, tuple(parent._data for parent in node.parents)
            found, note = _on_arrays(row, inputs)
            both_nan = math.isnan(found) and math.isnan(node._data)
            if note or not (found == node._data or both_nan or tolerance.agree(found, node._data)):
                note = note or f"`array` of `{row.name}` differs from its `scalar`"
                place = f"{row.name}({', '.join(f'{x:.6g}' for x in inputs)})"
                entries[row] = Entry(place, "", "array", found, node._data, "wrong", note)
    return list(entries.values())


def _on_arrays(row: CustomPrimitive, inputs: tuple[float, ...]) -> tuple[float, str]:
    """What `array` gives for arrays of one element; nan and the error where it raises one."""
    try:
        with np.errstate(all="ignore"):
            return row.array(*[np.array([x]) for x in inputs]).item(), ""
    except Exception as error:
        return math.nan, f"`array` of `{row.name}` raised {type(error).__name__}: {error}"
