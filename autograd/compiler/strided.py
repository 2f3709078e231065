"""Strided: which kernel of `strips` does a line's work, for arrays with these shapes and steps.

Any view will do whose numbers lie at equal distances. Of each row of the batch (or each B-th part
of an array that has no batch) what follows one another is a strip: of c = a + b[:, None], with
shapes (B, 16, 27), (B, 16, 27) and (B, 16), 16 strips of 27 numbers, of which b has one a strip.
A block is loops that run one after another on the same few rows. Invariant: what a block writes it
reads and writes in whole rows, so that no row asks for what another block has not computed yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler import strips
from autograd.compiler.arrays import BOOLEAN
from autograd.compiler.native import VECTOR, MissingError, form
from autograd.compiler.strips import Kind

CACHE = 2**14  # numbers that a block of rows should write at most: 128 KB
LARGEST = 2**12  # numbers of a matrix that is multiplied by here and not by BLAS
Array = npt.NDArray[Any]
Steps = list[int]  # in bytes, of each array
Axis = tuple[int, Steps]  # how many, and how far apart


@dataclass(frozen=True)
class Loop:
    """A kernel and its arrays, the result first: in each row q strips of n numbers.

    `flat` where rows are strips of equal steps, so that those of a block are one strip.
    """

    kind: Kind
    arrays: list[Array]
    rows: Steps
    q: Axis
    n: int
    flat: bool
    tables: tuple[Array, ...] = ()

    def code(self, address: int, local: dict[int, Array]) -> list[int]:
        """The instruction; `local` are the rows of a block, by the array that they stand for."""
        q, steps = self.q
        words = [address, self.n, q, int(self.flat)]
        for k, (array, row, step) in enumerate(zip(self.arrays, self.rows, steps, strict=True)):
            owner, place = owner_of(array), array.ctypes.data
            if id(owner) in local:
                place += local[id(owner)].ctypes.data - owner.ctypes.data
                words[3] |= 2 << k
            words += [place, row, step]
        for table in self.tables:
            words += [table.ctypes.data, 0, 0]
        return words + [0] * (strips.WORDS - len(words))


class Call(partial[int]):
    """What runs a block; it `keeps` what its instructions point to."""

    keeps: tuple[Array, dict[int, Array], list[Loop]]


class Block:
    """Loops that run one after another on a few rows, `rows` in all."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.loops: list[Loop] = []
        self.owners: dict[int, Array] = {}  # of all that is touched
        self._written: set[int] = set()
        self._strides: dict[int, int | None] = {}  # from row to row

    def add(self, loop: Loop) -> bool:
        """Add a loop, unless it needs other rows of what the block writes; returns whether."""
        owners = {id(owner): owner for owner in map(owner_of, loop.arrays)}
        written = id(owner_of(loop.arrays[0]))
        strides = {owner: self._strides.get(owner) for owner in owners}
        for owner, row in zip(map(owner_of, loop.arrays), loop.rows, strict=True):
            step = row if self.rows > 1 else owner.nbytes  # of one row NumPy's means nothing
            before = strides[id(owner)]
            strides[id(owner)] = step if before is None or before == step else -1
        for owner, step in strides.items():
            if owner == written or owner in self._written:
                if step is None or step * self.rows != owners[owner].nbytes:
                    return False
        self._written.add(written)
        self._strides.update(strides)
        self.owners.update(owners)
        self.loops.append(loop)
        return True

    def call(self, addresses: Iterator[int], private: set[int]) -> "Call":
        """What runs it; of what is `private` there are the rows of one block only."""
        numbers = sum(loop.arrays[0].size for loop in self.loops)
        count = min(self.rows, max(1, CACHE * self.rows // numbers))
        local = {
            owner: array[: len(array) * count // self.rows].copy()
            for owner, array in self.owners.items()
            if owner in private and owner in self._written
        }
        code = np.array([loop.code(next(addresses), local) for loop in self.loops], dtype=np.int64)
        call = Call(strips.run(), code.ctypes.data, len(code), self.rows, count)
        call.keeps = code, local, self.loops
        return call


def owner_of(array: Any) -> Any:
    """Return the array whose memory a view shows."""
    while getattr(array, "base", None) is not None:  # of a view, or of what holds its steps
        array = array.base
    return array


def loop_of(step: Any, values: Sequence[Any], known: set[int], rows: int) -> Loop | None:
    """Return the loop for a line's result and operands, None where there is none.

    What has none of the `known` owners is no view but a copy, made once.
    """
    arrays = [x for x in values if isinstance(x, np.ndarray)]
    if not rows or not known.issuperset(id(owner_of(x)) for x in arrays):
        return None
    result, *operands = [x if isinstance(x, np.ndarray) else np.array([float(x)]) for x in values]
    if result.ndim == 0 or not result.size or len(result) % rows or result.dtype == np.intp:
        return None
    if step == "product":
        return _multiplied(rows, result, *operands)
    if step == "gather":
        return _gathered(rows, result, *operands)
    if step == "totals":
        return _totalled(rows, result, *operands)
    if step == "sum of columns":
        return _reduced(rows, np.add, result[:, 0], *operands)
    if isinstance(step, tuple):
        keeps, function = step
        result = result[..., 0] if keeps == "keep" else result
        return _reduced(rows, function, result, *operands)
    if step == "copy" and operands[0].ndim and operands[0].size == result.size:
        view = result.reshape(operands[0].shape)
        if owner_of(view) is not owner_of(result) or len(view) % rows:
            return None
        result = view
    try:
        spread = [np.broadcast_to(x, result.shape) for x in operands]
    except ValueError:
        return None
    return _elementwise(step, [result, *spread], rows)


def _elementwise(step: Any, arrays: list[Array], rows: int) -> Loop | None:
    """Arrays of one shape."""
    own, axes = _axes(arrays, rows)
    if len(axes) > 2:
        return None
    n, steps = axes.pop() if axes else (1, [array.itemsize for array in arrays])
    q = axes.pop() if axes else (1, [0] * len(arrays))
    reads = [_reading(array, by) for array, by in zip(arrays, steps, strict=True)]
    if "" in reads or reads[0] == "s" or not _are_numbers(step, reads):
        return None
    try:
        if step != "copy":
            form(step, VECTOR, False)
    except MissingError:
        return None
    flat = q[0] == 1 and all(row == n * by for row, by in zip(own, steps, strict=True))
    return Loop(Kind(step, "".join(reads[1:]), reads[0]), arrays, own, q, n, flat)


def _are_numbers(step: Any, reads: Sequence[str]) -> bool:
    """Whether masks count as 1.0 and 0.0 here, as NumPy has it too where a number stands beside.

    Of masks alone it makes masks: their sum is "or". And what is written to one must be a mask.
    """
    result, *operands = reads
    if step in BOOLEAN:
        return result == "b"
    if "b" in operands and {*operands} == {"b"}:
        return step in ("copy", np.multiply)
    return result == "v"


def _reading(array: Array, step: int) -> str:
    """How a kernel reads numbers so far apart, "" where it cannot."""
    if array.dtype == bool:
        return "b" if step == 1 else ""
    return {8: "v", 0: "s"}.get(step, "") if array.dtype == float else ""


def _reduced(rows: int, step: Any, result: Array, x: Array) -> Loop | None:
    """The sum, or largest or smallest, of the last axis of `x`."""
    if not result.ndim or x.shape[:-1] != result.shape:
        return None
    if x.strides[-1] != 8 or not _are_floats(result, x):
        return None
    own, axes = _axes([result, x[..., 0]], rows)
    if len(axes) > 1:
        return None
    q = axes[0] if axes else (1, [0, 0])
    return Loop(Kind(step, "v", "one"), [result, x], own, q, x.shape[-1], False)


def _gathered(rows: int, result: Array, x: Array, index: Array) -> Loop | None:
    """`result` = x[:, index]."""
    if len(x) != rows or x.ndim != 2 or not (_are_floats(result, x) and _is_row(result)):
        return None
    flat = index.ravel().astype(np.int64)
    if flat.min() < 0 or flat.max() >= x.shape[1]:
        return None
    row, by = x.strides
    result = result.reshape(rows, flat.size)
    for width in (_first(flat != flat[0]), _first(np.diff(flat) != 1) + 1):
        places = flat.reshape(-1, width) if width > 1 and flat.size % width == 0 else flat[None, :0]
        step = int(places[1, 0] - places[0, 0]) if len(places) > 1 else 0
        regular = (
            flat[0]
            + step * np.arange(len(places))[:, None]
            + (flat[1:2] - flat[0]) * np.arange(width)
        )
        if places.size and (places == regular).all():  # equal, or one after another: strips
            apart = row, step * by, int(flat[1] - flat[0]) * by
            view = np.lib.stride_tricks.as_strided(x[:, flat[0] :], (rows, *places.shape), apart)
            return _elementwise("copy", [result.reshape(view.shape), view], rows)
    steps, q = [result.strides[0], row], (1, [0, 0])
    return Loop(Kind("gather", "v"), [result, x], steps, q, flat.size, False, (flat * by,))


def _first(holds: Array) -> int:
    """The number of the first that holds, or how many there are."""
    return int(np.argmax(holds)) if holds.any() else len(holds)


def _totalled(rows: int, result: Array, x: Array, order: Array, starts: Array) -> Loop | None:
    """`result` = the sums of stretches of x[:, order]."""
    ends = np.append(starts, len(order)).astype(np.int64)
    fits = len(x) == rows and x.ndim == 2 and _are_floats(result, x) and _is_row(result)
    if not fits or (np.diff(ends) < 1).any():
        return None
    tables = order.astype(np.int64) * x.strides[1], ends
    steps, q = [result.strides[0], x.strides[0]], (1, [0, 0])
    return Loop(Kind("totals", "v"), [result, x], steps, q, len(starts), False, tables)


def _multiplied(rows: int, result: Array, left: Array, right: Array) -> Loop | None:
    """A product of all rows with one matrix, or one for each matrix of a stack."""
    if not _are_floats(result, left, right) or result.strides[-1] != 8 or result.ndim < 2:
        return None
    (m, n), k = result.shape[-2:], left.shape[-1]
    if n * k > LARGEST:
        return None
    if result.ndim == 2:
        m //= rows
        own, q = [m * result.strides[0], m * left.strides[0], 0], (1, [0, 0, 0])
    else:
        lead = result.shape[:-2]
        stacks = [np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (left, right)]
        own, axes = _axes([x[..., 0, 0] for x in (result, *stacks)], rows)
        if len(axes) > 1:
            return None
        q = axes[0] if axes else (1, [0, 0, 0])
    table = [n, k, *left.strides[-2:], *right.strides[-2:], result.strides[-2]]
    reads = ("vv" if right.strides[-1] == 8 else "vg") + ("w" if n > VECTOR else "")
    tables = (np.array(table, dtype=np.int64),)
    flat = result.ndim == 2
    return Loop(Kind("product", reads), [result, left, right], own, q, m, flat, tables)


def _are_floats(*arrays: Array) -> bool:
    return all(array.dtype == float for array in arrays)


def _is_row(array: Array) -> bool:
    """Whether the numbers of a row follow one another."""
    return bool(array[0].flags.c_contiguous)


def _axes(arrays: Sequence[Array], rows: int) -> tuple[Steps, list[Axis]]:
    """The steps from row to row, and the axes of a row, joined where they are one."""
    length, *inner = arrays[0].shape[0] // rows, *arrays[0].shape[1:]
    axes: list[Axis] = []
    for i, size in enumerate([length, *inner]):
        steps = [array.strides[i] for array in arrays]
        if size == 1:
            continue
        if axes and all(a == size * b for a, b in zip(axes[-1][1], steps, strict=True)):
            axes[-1] = axes[-1][0] * size, steps
        else:
            axes.append((size, steps))
    return [array.strides[0] * length for array in arrays], axes
