"""Views: the names of arrays in the source, and regular elements of them without copying.

A slice, a stride, a matrix whose rows lie at equal distances: each has an expression that makes
a view, and only what is irregular has to be gathered. Elements 1, 3, 5 of every row of t4 are
`t4[:, 1:6:2]`. Invariant: views and buffers are made once, in the setup, but for views of the
arguments, which are others in each call.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.compiler.arrays import Array, Index, is_everything


def view(name: str, size: int, batched: bool, index: Index) -> str | None:
    """Return an expression for the elements `index` of the array `name`, trailing shape (size,).

    The view has the shape of `index`, behind the batch axis; None where there is no such view.
    """
    flat = index.ravel()
    comma = ":, " if batched else ""
    lead = "B, " if batched else ""
    if index.ndim == 2 and is_everything(index, size):
        return f"{name}.reshape({lead}{index.shape[0]}, {index.shape[1]})"
    if index.ndim == 2 and not batched and is_block(index.T) and min(index.shape) > 1:
        return f"{view(name, size, batched, index.T)}.T"
    if index.ndim == 1 or (len(index) == 1 and not batched):
        step = int(flat[1] - flat[0]) if len(flat) > 1 else 1
        if not len(flat) or step < 1 or (np.diff(flat) != step).any():
            return None
        stride = "" if step == 1 else f":{step}"
        add_axis = "" if index.ndim == 1 else "[None]"
        return f"{name}[{comma}{int(flat[0])}:{int(flat[-1]) + 1}{stride}]{add_axis}"
    if batched or index.ndim != 2 or len(index) < 2:
        return None
    rows, columns = index.shape
    row = int(index[1, 0] - index[0, 0])
    column = int(index[0, 1] - index[0, 0]) if columns > 1 else 1
    regular = index[0, 0] + row * np.arange(rows)[:, None] + column * np.arange(columns)
    if row < column * columns or column < 1 or not (index == regular).all():
        return None
    first = max(0, int(index[0, 0]) + row * rows - size)
    start = int(index[0, 0]) - first
    if start < 0 or first + column * (columns - 1) >= row:
        return None
    stride = "" if column == 1 else f":{column}"
    if row == columns:
        return f"{name}[{start}:{start + rows * row}].reshape({rows}, {row})"
    return (
        f"{name}[{start}:{start + row * rows}].reshape({rows}, {row})"
        f"[:, {first}:{first + column * (columns - 1) + 1}{stride}]"
    )


def is_block(index: Index) -> bool:
    """Whether the elements stand one after another: their view is contiguous."""
    flat = index.ravel()
    return bool((flat == flat[:1] + np.arange(len(flat))).all())


class Writer:
    """Names arrays, buffers and views; index arrays, constants and functions go into `names`."""

    def __init__(self, instructions: Sequence[Array]) -> None:
        self.setup: list[str] = []
        self.body: list[str] = []
        self.dynamic: dict[str, str] = {}  # views of arguments, made in each call
        self.loose: set[str] = set()  # views that are not contiguous: to reshape one is to copy
        self.names: dict[str, Any] = {"np": np}
        self._counts: Counter[str] = Counter()  # of names with each prefix
        self._once: set[str] = set()
        self.name: dict[Array, str] = {}
        self.rank = {array: i for i, array in enumerate(instructions)}

    def bind(self, prefix: str, item: Any) -> str:
        """Give `item` a name in the source's own namespace."""
        name = f"{prefix}{self._counts[prefix]}"
        self._counts[prefix] += 1
        self.names[name] = item
        return name

    def buffer(self, array: Array, out: str | None = None, zero: bool = False) -> str:
        """Name the buffer of `array`, made once in the setup."""
        name = f"t{self.rank[array]}"
        self.name[array] = name
        if out is not None:
            self.setup.append(f"{name} = {out}")
            return name
        shape = ", ".join(map(str, array.shape))
        shape = f"(B, {shape})" if array.batched else f"({shape},)"
        kind = {"bool": ", bool", "places": ", np.intp"}.get(array.dtype, "")
        self.setup.append(f"{name} = np.{'zeros' if zero else 'empty'}({shape}{kind})")
        return name

    def operand(self, x: Any) -> str:
        """Return a literal or the name of an array; the seed is `weight` in every row."""
        if isinstance(x, Array):
            return "weight" if x.op == "seed" else self.name[x]
        if x != x or x in (float("inf"), float("-inf")):
            return "np.nan" if x != x else ("np.inf" if x > 0 else "-np.inf")
        return repr(float(x))

    def view(self, source: Array, index: Index) -> str | None:
        """Return the elements `index` of a source as a view of it, None where there is none."""
        return view(self.name[source], source.shape[0], source.batched, index)

    def define(self, array: Array, view: str) -> None:
        """Name a view: once in the setup, or in each call where it is one of an argument."""
        name = self.name[array] = f"t{self.rank[array]}"
        self.loose.add(name)
        if self.is_dynamic(self.name[array.args[0]]):
            self.dynamic[name] = view
        else:
            self.setup.append(f"{name} = {view}")

    def is_dynamic(self, name: str) -> bool:
        """Return whether it is, or is a view of, an argument."""
        return name.startswith("a") or name in self.dynamic

    def number(self, array: Array) -> str:
        """Name a number, which has no buffer."""
        name = self.name[array] = f"t{self.rank[array]}"
        return name

    def matrix(self, array: Array, rows: int, columns: int) -> str:
        """Return the array, trailing shape (rows, columns), as one matrix over the batch."""
        if array.op == "take" and is_everything(array.data, array.args[0].shape[0]):
            array = array.args[0]
        name = self.name[array]
        if not array.batched:
            fits = array.shape == (rows, columns)
            return name if fits else self.static(name, f"{name}.reshape({rows}, {columns})")
        if rows == 1 and array.shape == (columns,):
            return name
        batch = "B" if rows == 1 else f"B * {rows}"
        return self.static(name, f"{name}.reshape({batch}, {columns})")

    def static(self, source: str, view: str) -> str:
        """Name a view in the setup, where its source has been made there."""
        if self.is_dynamic(source) or source in self.loose:
            return view
        return self.note(view)

    def note(self, view: str) -> str:
        """Name a view in the setup."""
        name = f"m{self._counts['m']}"
        self._counts["m"] += 1
        self.setup.append(f"{name} = {view}")
        return name

    def set_up(self, line: str) -> None:
        """Write a line of the setup that several instructions need, once."""
        if line not in self._once:
            self._once.add(line)
            self.setup.append(line)

    def turned(self, name: str) -> str:
        """The transposed matrix, named in the setup."""
        return f"{name}.T" if self.is_dynamic(name) else self.note(f"{name}.T")

    def reshaped(self, array: Array, *shape: int) -> str:
        """Return the array with another trailing shape."""
        if array.shape == shape:
            return self.name[array]
        lead = "B, " if array.batched else ""
        return f"{self.name[array]}.reshape({lead}{', '.join(map(str, shape))})"
