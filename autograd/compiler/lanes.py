"""Lanes: a batch's gradient, and whole epochs of SGD, as one native call, for small networks.

What a row computes stands in registers, a number for each row of a block side by side, as in the
machine; but what is computed alike is one instruction, and a layer's sums of products are one.
For relu(w0 x + b0) and relu(w1 x + b1), whose weights are the same for all rows, and the gradient:

    gather w b -> weights    rows -> x    product weights (x, 1) -> y0 y1    maximum y 0 -> h0 h1
    outer (d0, d1) (x, 1) -> the sums for w0 b0 w1 b1

Nothing is compiled but the kernels, once a process. Sums are added in another order than eager's,
as BLAS does, and functions may be libmvec's. Invariant: the same program gives the same bytes.
"""

import copy
import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd.compiler import kernels
from autograd.compiler.kernels import ACROSS, COUNT, HEADER, OUT, ROW
from autograd.compiler.machine import LOOPS
from autograd.compiler.native import VECTOR, MissingError, form
from autograd.compiler.parameters import FloatArray
from autograd.compiler.products import Sums, bits
from autograd.compiler.tape import Plan

MOST_ROWS = 128  # of a block
CACHE = 2**16  # numbers that its registers should hold at most: 512 KB
AT_ONCE = 10**9  # operations of a call: a tenth of a second, in which Ctrl-C waits
Order = npt.NDArray[np.int64]
Results = Sequence[FloatArray]  # losses and outputs


class Momentum(NamedTuple):
    """SGD's numbers, as `nn.SGD` writes it: what is kept and taken at first and later on."""

    lr: float
    decay: float
    keep: tuple[float, float]
    take: tuple[float, float]
    direct: float
    carried: float


class Lanes:
    """The steps of a plan whose slopes are gradients, for batches of at most so many rows.

    `places` says where each parameter stands in the caller's flat array. For one thread. Raises
    `MissingError` where a step has no native form, and for a result that all rows share.
    """

    def __init__(self, plan: Plan, places: Sequence[int], batch: int) -> None:
        sums = Sums(plan)
        self.size = plan.sizes[1]
        self.at_once = max(1, AT_ONCE // (batch * len(plan.steps)))  # steps of one call
        writer = _Writer(sums, plan, places, batch)
        self.batch, self._rows = batch, writer.rows
        self._parts = [len(part) for part in writer.parts]
        self._code = np.array([x for part in writer.parts for x in part], dtype=np.int64)
        self._tables = writer.tables  # which the code points to
        self._vectors = writer.vectors
        memory = np.zeros(writer.size)
        for place, x in writer.filled:
            memory[place] = x
        self._use(memory)

    def twin(self) -> "Lanes":
        """Return the same with memory of its own, for another thread or another model."""
        twin = copy.copy(self)
        twin._use(self._memory.copy())
        return twin

    def _use(self, memory: FloatArray) -> None:
        self._memory, self._header = memory, memory[:HEADER]
        # `taken` is the gradient of the last step of SGD.
        self._own, self.gradient, self.momentum, self.taken = (
            memory[start : start + self.size] for start in self._vectors
        )

    def gradients(
        self, flat: FloatArray, arguments: FloatArray, rows: Order, results: Results
    ) -> FloatArray:
        """Fill these rows of loss and outputs; returns the gradient of the mean, a buffer.

        `arguments`, (n, all), and the results, (n, 1) and (n, outputs), are contiguous.
        """
        self._own[:] = flat
        self._run(arguments, rows[None], results, len(rows), [*self._parts[:3], 0])
        return self.gradient

    def descend(
        self,
        flat: FloatArray,
        arguments: FloatArray,
        orders: Order,
        results: Results,
        momentum: Momentum,
    ) -> int:
        """Take steps of SGD for the rows of `orders`, (epochs, rows), a batch each; move `flat`.

        Results are filled as by `gradients`, of several epochs one after another. Returns how many
        rows were trained on: fewer than all where loss or gradient of the batch that would come
        next are infinite or nan, of which nothing has moved.
        """
        self._own[:] = flat
        (keep, later_keep), (take, later_take) = momentum.keep, momentum.take
        self._header[kernels.DECAY :] = (
            *(momentum.decay, keep, take, momentum.direct, momentum.carried, momentum.lr),
            *(later_keep, later_take),
        )
        done = self._run(arguments, orders, results, self.batch, self._parts)
        flat[:] = self._own
        return done

    def _run(
        self,
        arguments: FloatArray,
        orders: Order,
        results: Results,
        batch: int,
        parts: Sequence[int],
    ) -> int:
        losses, outputs = results
        places = self._header.view(np.int64)
        places[kernels.INPUTS] = arguments.ctypes.data
        places[kernels.LOSSES], places[kernels.OUTPUTS] = losses.ctypes.data, outputs.ctypes.data
        code, memory = self._code.ctypes.data, self._memory.ctypes.data
        sizes = orders.shape[1], batch, self._rows, len(orders), outputs.shape[-1]
        return kernels.epochs()(code, *parts, memory, orders.ctypes.data, *sizes)


class _Writer:
    """Writes the instructions: once a step, once a block, once a step again, and the step of SGD.

    Places are of the memory W: a number of all rows has one, a register `rows` of them.
    """

    def __init__(self, sums: Sums, plan: Plan, places: Sequence[int], batch: int) -> None:
        self.sums, self.size = sums, HEADER
        self.parts: list[list[list[int]]] = [[], [], [], []]
        self.tables: list[Any] = []
        self.filled: list[tuple[int, float]] = []
        self._constants: dict[bytes, int] = {}
        self._spread: dict[int, int] = {}
        arguments, parameters = plan.sizes
        registers = arguments + sum(map(sums.is_row, sums.used))
        most = min(-(-batch // ROW) * ROW, MOST_ROWS, CACHE // registers // ROW * ROW)
        self.rows = max(ROW, most)
        self.vectors = tuple(self._room(parameters) for _ in range(4))
        self.sums_at = self._room(parameters + 1)  # the last is for what nobody wants
        self.places = list(places)
        self.at = {arguments + i: self.vectors[0] + places[i] for i in range(parameters)}
        inputs = self._room(arguments * self.rows)
        self.at.update({i: inputs + i * self.rows for i in range(arguments)})
        self.one = self._room(self.rows)
        self.filled += [(self.one + i, 1.0) for i in range(self.rows)]
        self._kernel(1, "rows", [inputs, arguments, self.rows], self.rows)
        self._compile()
        self._values()
        self._results(plan.results)
        self._gradient()
        vectors = -(-parameters // VECTOR)
        self._kernel(3, "descend", list(self.vectors), vectors)

    def _room(self, count: int) -> int:
        """The beginning of so many numbers, and some more up to a whole vector."""
        start = self.size
        self.size += -(-count // VECTOR) * VECTOR
        return start

    def _kernel(self, part: int, name: str, words: Sequence[int], count: int) -> None:
        self._add(part, kernels.address(name), words, count)

    def _add(self, part: int, function: int, words: Sequence[int], count: int) -> None:
        more = [0] * (COUNT - 1 - len(words))
        self.parts[part].append([function, *words, *more, count, 0])

    def _table(self, places: Iterable[int]) -> int:
        """The address of a list of places."""
        self.tables.append(np.array(list(places), dtype=np.int64))
        address: int = self.tables[-1].ctypes.data
        return address

    def _constant(self, x: float) -> int:
        """A vector of equal numbers."""
        key = struct.pack("d", x)
        if key not in self._constants:
            place = self._constants[key] = self._room(VECTOR)
            self.filled += [(place + i, x) for i in range(VECTOR)]
        return self._constants[key]

    def _shared(self, x: Any) -> int:
        """Where a number stands that is the same for all rows."""
        return self._constant(x) if x.__class__ is float else self.at[x]

    def _vector(self, x: Any) -> int:
        """Where it stands four times."""
        if x.__class__ is float:
            return self._constant(x)
        if x not in self._spread:
            place = self._spread[x] = self._room(VECTOR)
            self._kernel(0, "gather", [place, self._table([self.at[x]] * VECTOR)], VECTOR)
        return self._spread[x]

    def _register(self, x: Any) -> int:
        """Where the first row's number stands."""
        return self.one if x.__class__ is float else self.at[x]

    def _compile(self) -> None:
        sums = self.sums
        steps = [sums.steps[x - sums.first] for x in sums.used if x not in sums.pairs]
        counts = {step: len(operands) for step, operands in steps}
        kinds = [(form(step, VECTOR, False), count, VECTOR) for step, count in counts.items()]
        self.loops = dict(zip(counts, LOOPS.addresses(kinds), strict=True))

    def _values(self) -> None:
        """Instructions for all values: level by level, what is computed alike together."""
        sums = self.sums
        level: dict[Any, int] = {}
        groups: dict[tuple[Any, ...], list[int]] = {}
        for x in sums.used:
            pairs, is_row, operands = sums.pairs.get(x), sums.is_row(x), sums.operands(x)
            level[x] = 1 + max(
                (level.get(a, 0) for a in operands if self._moves(a, is_row)), default=0
            )
            if pairs is None:
                same = [None if self._moves(a, is_row) else bits(a) for a in operands]
                kind: tuple[Any, ...] = (sums.steps[x - sums.first][0], *same)
            else:
                kind = tuple(map(bits, operands[1::2])) if is_row else (x,)
            groups.setdefault((is_row, level[x], pairs is None, kind), []).append(x)
        for key in sorted(groups, key=lambda key: key[:2]):
            is_row, _, plain, _ = key
            group = groups[key]
            if plain:
                self._alike(group, is_row)
            elif is_row:
                self._product(group, sums.operands(group[0])[1::2])
            else:
                self.at[group[0]] = to = self._room(1)
                table = [self._shared(u) for u, _ in sums.pairs[group[0]]]
                self._kernel(0, "total", [to, self._table(table)], len(table))

    def _moves(self, x: Any, is_row: bool) -> bool:
        """Whether an operand stands beside others of its kind, and is no number for all of them."""
        return x.__class__ is not float and self.sums.is_row(x) == is_row

    def _alike(self, group: Sequence[int], is_row: bool) -> None:
        """One instruction for all whose operands stand side by side."""
        sums, unit = self.sums, self.rows if is_row else 1
        step, operands = sums.steps[group[0] - sums.first]
        moving = [k for k, a in enumerate(operands) if self._moves(a, is_row)]

        def places(x: int) -> list[int]:
            mine = sums.operands(x)
            return [self.at[mine[k]] for k in moving]

        order = sorted(group, key=places)
        runs: list[list[int]] = []
        for x in order:
            if runs and places(x) == [
                place + unit * len(runs[-1]) for place in places(runs[-1][0])
            ]:
                runs[-1].append(x)
            else:
                runs.append([x])
        for run in runs:
            to = self._room(len(run) * unit)
            self.at.update({x: to + i * unit for i, x in enumerate(run)})
            words = [to]
            for a in sums.operands(run[0]):
                words += [self.at[a], VECTOR] if self._moves(a, is_row) else [self._vector(a), 0]
            vectors = -(-len(run) * unit // VECTOR)
            self._add(int(is_row), self.loops[step], words, vectors)

    def _product(self, group: Sequence[int], inputs: Sequence[Any]) -> None:
        """Sums of the same numbers of a row, each with weights of its own.

        They stand in the order of those that they will meet, such as the slopes of a layer.
        """
        group = sorted(group, key=lambda x: self.at.get(self.sums.partner.get(x, -1), 0))
        pairs = [self.sums.pairs[x] for x in group]
        count, tiles = len(inputs), -(-len(group) // OUT)
        zero = self._constant(0.0)
        weights = self._room(tiles * count * OUT)
        table = []
        for tile in range(tiles):
            mine = pairs[tile * OUT : (tile + 1) * OUT]
            for k in range(count):
                table += [self._shared(each[k][0]) for each in mine] + [zero] * (OUT - len(mine))
        self._kernel(0, "gather", [weights, self._table(table)], len(table))
        to = self._room(tiles * OUT * self.rows)
        self.at.update({x: to + i * self.rows for i, x in enumerate(group)})
        registers = self._table(map(self._register, inputs))
        words = [to, weights, tiles, count, registers, self.rows]
        self._kernel(1, "product", words, self.rows // ROW)

    def _results(self, results: Sequence[Any]) -> None:
        if not all(map(self.sums.is_row, results)):
            raise MissingError("a result is the same for all rows")
        loss, *outputs = map(self._register, results)
        self._kernel(1, "results", [self._table([loss]), 1, kernels.LOSSES], 0)
        self._kernel(1, "results", [self._table(outputs), len(outputs), kernels.OUTPUTS], 0)
        self._kernel(1, "sound", [loss], 0)

    def _gradient(self) -> None:
        """The sums over rows, four factors by two at a time, and their mean."""
        wanted: dict[int, dict[int, list[int]]] = {}
        for pairs, place in zip(self.sums.slopes, self.places, strict=True):
            for pair in pairs:
                d, x = map(self._register, pair)
                wanted.setdefault(d, {}).setdefault(x, []).append(self.sums_at + place)
        alike: dict[tuple[int, ...], list[int]] = {}
        for d, each in wanted.items():
            alike.setdefault(tuple(each), []).append(d)
        table: list[int] = []
        for xs, ds in alike.items():
            while any(any(wanted[d].values()) for d in ds):
                ends = {(d, x): wanted[d][x].pop() for d in ds for x in xs if wanted[d][x]}
                table += self._tiles(ds, xs, ends)
        nothing = OUT + ACROSS + OUT * ACROSS
        self._kernel(1, "outer", [self._table(table)], len(table) // nothing)
        shared = [0] * len(self.places)
        for x, place in zip(self.sums.shared, self.places, strict=True):
            shared[place] = self._shared(x)
        words = [self.sums_at, self._table(shared), self.vectors[1]]
        self._kernel(2, "mean", words, len(self.places))

    def _tiles(
        self, ds: Sequence[int], xs: Sequence[int], ends: dict[tuple[int, int], int]
    ) -> list[int]:
        nobody = self.sums_at + len(self.places)
        if len(ds) < OUT and len(xs) > len(ds):
            ds, xs, ends = xs, ds, {(x, d): place for (d, x), place in ends.items()}
        table = []
        for i in range(0, len(ds), OUT):
            four = [*ds[i : i + OUT], *[ds[i]] * OUT][:OUT]
            for k in range(0, len(xs), ACROSS):
                two = [*xs[k : k + ACROSS], *[xs[k]] * ACROSS][:ACROSS]
                table += [*four, *two]
                for a, d in enumerate(four):
                    for b, x in enumerate(two):
                        known = i + a < len(ds) and k + b < len(xs)
                        table.append(ends.get((d, x), nobody) if known else nobody)
        return table
