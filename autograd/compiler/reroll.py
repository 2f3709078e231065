"""Re-rolling: find the loops that the scalar program was unrolled from.

Sums of products become dot products, longer sums one sum, chains of maxima one maximum (`sums`).
Operations of one kind that are ready together (`schedule`) and take their operands from the same
arrays become one array operation; dot products matrix products (`grids`): a dense layer is weights
x {inputs}, a convolution filters x {patches}, a batch unrolled by a Python loop weights x
{samples}. Sums over 1, 2, 3, ... elements are filled up to one length where at least half is
wanted, as those of the causal attention of three positions, `sum(s * v for s, v in zip(S[i], V))`:

    S[0] = s0, S[1] = s0 s1, S[2] = s0 s1 s2      |s0 0 0 | s0 s1 0 | s0 s1 s2|  times  |v0 v1 v2|

In: slots. Out: an `ArrayProgram` and, for each slot, the array and position where its number
stands. Invariant: every slot stands in exactly one place; what fits no pattern becomes an array of
one element and still runs; what fills up never reaches a result.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.compiler.arrays import Array, ArrayProgram, Index
from autograd.compiler.grids import Stack, padded, stacks
from autograd.compiler.scalars import ARGUMENT, CONSTANT, OPERATION, PARAMETER, ScalarProgram
from autograd.compiler.schedule import depths, schedule
from autograd.compiler.sums import Extreme, find_extremes, find_sums, uses_of
from autograd.compiler.views import is_block
from autograd.engine import table as primitives

ROWS = 16  # of a batch, where it is counted what is worth an instruction
# How many elements that fill up are worth the instructions of one more length.
FILLED = 1_000
# Constants that fill up, as slots behind those of the program; -0.0 is what changes no sum.
ZERO, NOTHING, LOWEST, HIGHEST = range(4)
FILLERS = (0.0, -0.0, -math.inf, math.inf)


class Reroller:
    """Turns one scalar program into an array program."""

    def __init__(
        self,
        program: ScalarProgram,
        widths: Sequence[int],
        batched: bool,
        n: int,
        results: Sequence[int],
    ) -> None:
        self.scalars, self.batched = program, batched
        uses = uses_of(program, results)
        self.sums = find_sums(program, uses)
        self.extremes = find_extremes(program, uses)
        self._inputs = list(program.args)
        for slot, total in self.sums.items():
            self._inputs[slot] = total.inputs
        for slot, extreme in self.extremes.items():
            self._inputs[slot] = extreme.items
        size = len(program)
        kinds = np.array(program.kind, dtype=np.int8)
        wanted = program.needed(results, self._inputs)
        self.slots = [slot for slot in wanted if program.kind[slot] == OPERATION]
        self._depth = depths(self._inputs, self.slots)
        self.depth = max([self._depth[slot] for slot in self.slots], default=0)
        self.arrays = ArrayProgram()
        self.filled = False  # whether some products are computed that nobody asked for
        self.checked: list[Array] = []  # where what fills up might leak, and has if not finite
        self.terms: dict[Array, int] = {}  # of the whole sum that an array is a part of
        self.arguments = [
            self.arrays.array("argument", (), (width,), batched, i)
            for i, width in enumerate(widths)
        ]
        self.parameters = self.arrays.array("parameters", (), (n,), False)
        # Where each slot stands: the number of an array in `sources`, and the position in it.
        self.sources: list[Array] = [*self.arguments, self.parameters]
        self._number = {array: i for i, array in enumerate(self.sources)}
        self.home = np.full(size + len(FILLERS), -1)
        self.position = np.zeros(size + len(FILLERS), dtype=np.intp)
        self.constant = np.full(size + len(FILLERS), np.nan)
        self.is_constant = np.zeros(size + len(FILLERS), dtype=bool)
        starts = np.cumsum([0, *widths])  # the parameters come last
        for kind, first in ((ARGUMENT, 0), (PARAMETER, starts[-1])):
            mine = np.flatnonzero(kinds == kind)
            number = first + np.array([program.what[slot] for slot in mine.tolist()], dtype=np.intp)
            self.home[mine] = np.searchsorted(starts, number, side="right") - 1
            self.position[mine] = number - starts[self.home[mine]]
        mine = np.flatnonzero(kinds == CONSTANT)
        self.constant[mine] = [program.what[slot] for slot in mine.tolist()]
        self.is_constant[mine] = True
        self.constant[size:], self.is_constant[size:] = FILLERS, True
        self._homes: list[int] = self.home.tolist()

    def run(self) -> None:
        """Place all slots that the results need."""
        place = {
            "sum": self._place_sums,
            "extreme": self._place_extremes,
            "look-up": self._place_lookups,
            "logsumexp": self._place_logsumexps,
        }
        for slots in schedule(self._inputs, self.slots, self._depth, self._kind):
            groups: dict[Any, list[int]] = defaultdict(list)
            for slot in slots:
                groups[self._kind_here(slot)].append(slot)
            for key, group in groups.items():
                place.get(key[0], self._place_elementwise)(group)

    def _kind(self, slot: int) -> Any:
        """What an operation is, whatever it is applied to: those of one kind wait to meet."""
        total = self.sums.get(slot)
        if total is not None:
            return self.scalars.kind[total.left[0]] if total.left else "addends"
        extreme = self.extremes.get(slot)
        return self.scalars.what[slot] if extreme is None else (extreme.row, extreme.detached)

    def _kind_here(self, slot: int) -> tuple[Any, ...]:
        """What has to be equal for two operations to become one, if need be filled up."""
        total = self.sums.get(slot)
        if total is not None:
            sources = map(self._sources, (total.left, total.right, total.addends))
            return ("sum", bool(total.left), bool(total.addends), *sources)
        extreme = self.extremes.get(slot)
        if extreme is not None:
            return ("extreme", extreme.row, extreme.detached, self._sources(extreme.items))
        primitive, args = self.scalars.what[slot], self.scalars.args[slot]
        if primitive is primitives.take:
            return ("look-up", len(args), self._sources(args[:1]), self._sources(args[1:]))
        if primitive is primitives.logsumexp:
            return ("logsumexp", self._sources(args))
        if primitive is primitives.power_constant:  # 0.5 stays a square root, 2 a product
            return (primitive, self.scalars.number(args[1]), self._sources(args[:1]))
        return (primitive, *[self._sources((arg,)) for arg in args])

    def _sources(self, slots: tuple[int, ...]) -> Any:
        """Which arrays the operands come from; constants among them, as padding, do not count."""
        found = set(map(self._homes.__getitem__, slots))
        if len(found) > 1:
            found.discard(-1)
        return tuple(sorted(found))

    def _stand(self, slots: Sequence[int], array: Array, positions: Any = None) -> None:
        """Note where slots stand: one after another where no positions are given."""
        number = self._number.setdefault(array, len(self.sources))
        if number == len(self.sources):
            self.sources.append(array)
        chosen = list(slots)
        for slot in chosen:
            self._homes[slot] = number
        self.home[chosen] = number
        self.position[chosen] = np.arange(len(chosen)) if positions is None else positions

    def _place_elementwise(self, slots: list[int]) -> None:
        columns = np.array([self.scalars.args[slot] for slot in slots]).T
        order = self._natural_order(columns)
        operands = [self.gather(column[order]) for column in columns]
        result = self.arrays.primitive(self.scalars.what[slots[0]], *operands)
        self._stand(np.array(slots)[order].tolist(), result)

    def _natural_order(self, columns: Any) -> Any:
        """Order a group as its most varied operand lies in memory, so that it is one slice."""
        positions = [self.position[column] for column in columns]
        varied = max(positions, key=lambda p: len(np.unique(p)))
        return np.argsort(varied, kind="stable")

    def gather(self, slots: Any, shape: tuple[int, ...] | None = None) -> Any:
        """Return the slots as one operand: a literal, an array of one, a slice or a take."""
        slots = np.asarray(slots, dtype=np.intp).ravel()
        if shape is None and (slots == slots[0]).all():
            slots = slots[:1]
            if self.is_constant[slots[0]]:
                return float(self.constant[slots[0]])
        shape = shape or (len(slots),)
        if self.is_constant[slots].all():
            return self._constants(self.constant[slots], shape)
        source, index = self._one_source(slots)
        return self.arrays.take(source, index.reshape(shape))

    def _constants(self, numbers: Any, shape: tuple[int, ...]) -> Array:
        return self.arrays.array("constants", (), shape, False, numbers.reshape(shape))

    def _one_source(self, slots: Any) -> tuple[Array, Index]:
        """The source of all slots and their positions in it; several sources are joined."""
        homes, index = self.home[slots], self.position[slots]
        _, first = np.unique(homes, return_index=True)
        numbers = homes[np.sort(first)].tolist()
        arrays = [self.sources[number] for number in numbers if number >= 0]
        if len(numbers) == 1:
            return arrays[0], index
        offset = dict(zip(numbers, [0] * len(numbers), strict=True))
        size = 0
        for i, number in enumerate(n for n in numbers if n >= 0):
            used = np.unique(index[homes == number])
            if 2 * len(used) <= arrays[i].shape[0] and is_block(used):  # as one of many positions
                arrays[i] = self.arrays.take(arrays[i], used)
                index[homes == number] -= used[0]
            offset[number], size = size, size + arrays[i].shape[0]
        if -1 in offset:
            here = homes == -1
            values, inverse = np.unique(
                self.constant[slots[here]].view(np.int64), return_inverse=True
            )
            index[here] = inverse.ravel()
            offset[-1], size = size, size + len(values)
            arrays.append(self._constants(values.view(np.float64), values.shape))
        for number, start in offset.items():
            index[homes == number] += start
        batched = any(a.batched for a in arrays)
        arrays = [self.arrays.take(a, np.arange(a.shape[0])) for a in arrays]
        return self.arrays.array("join", tuple(arrays), (size,), batched), index

    def _matrix(self, rows: Sequence[tuple[int, ...]], filler: int) -> Any:
        """Rows of slots, of several lengths, filled up to a matrix of slots."""
        size = max(map(len, rows))
        filler += len(self.home) - len(FILLERS)
        return np.array([row + (filler,) * (size - len(row)) for row in rows])

    def _rows(self, rows: Sequence[tuple[int, ...]], filler: int) -> Array:
        matrix = self._matrix(rows, filler)
        x: Array = self.gather(matrix, matrix.shape)
        return x

    def _place_logsumexps(self, slots: list[int]) -> None:
        for chosen in _alike(slots, lambda slot: len(self.scalars.args[slot])):
            x = self._rows([self.scalars.args[slot] for slot in chosen], LOWEST)
            self._stand(chosen, self.arrays.array("logsumexp", (x,), x.shape[:1], x.batched))

    def _place_extremes(self, slots: list[int]) -> None:
        extremes = self.extremes
        first: Extreme = extremes[slots[0]]
        largest = first.row is primitives.maximum

        def length(slot: int) -> int:
            return len(extremes[slot].items)

        # Of all that is filled up by infinity one with a gradient might tie with it.
        for chosen in _alike(slots, length, half=first.detached):
            x = self._rows([extremes[s].items for s in chosen], LOWEST if largest else HIGHEST)
            result = self.arrays.array(first.row.name, (x,), x.shape[:1], x.batched)
            if first.detached:
                result = self.arrays.primitive(primitives.detach, result)
            self._stand(chosen, result)

    def _place_lookups(self, slots: list[int]) -> None:
        """Each slot is the element of a row of places in one table that its index says."""
        rows = np.array([self.scalars.args[slot] for slot in slots])
        index = self.gather(rows[:, 0])
        known, choices = np.unique(rows[:, 1:], return_inverse=True)
        table = self.gather(known, known.shape)
        choices = choices.reshape(rows[:, 1:].shape)
        self._stand(slots, self.arrays.pick(table, index, choices))

    def _place_sums(self, slots: list[int]) -> None:
        sums = self.sums
        if not sums[slots[0]].left:
            for chosen in _alike(slots, lambda slot: len(sums[slot].addends)):
                total = self._total(chosen)
                one = total.shape == (1,)  # equal sums of the same addends are one number
                self._stand(chosen, total, 0 if one else None)
            return
        for chosen in _alike(slots, lambda slot: len(sums[slot].left)):
            vectors = [(sums[slot].left, sums[slot].right) for slot in chosen]
            pairs, leaks = padded(vectors, len(self.home) - len(FILLERS) + ZERO)
            for stack in stacks(pairs, ROWS if self.batched else 1):
                result = self._of_two(stack, chosen)
                if result is None:
                    result = self._products(stack, len(pairs[0][0]))
                if len(pairs[0][0]) == 1:
                    result = result + 0.0  # as a sum of one product is: -0.0 is none
                self.filled = self.filled or stack.filled or leaks
                if leaks:
                    self.checked.append(result)
                stack.members.sort(key=lambda member: member[1])
                mine = [chosen[which] for which, _ in stack.members]
                positions = np.array([position for _, position in stack.members], dtype=np.intp)
                if sums[slots[0]].addends:
                    self._add(mine, self.arrays.take(result, positions))
                else:
                    self._stand(mine, result, positions)

    def _add(self, slots: list[int], products: Array) -> None:
        """Slots that are products and addends."""
        counts = [len(self.sums[slot].addends) for slot in slots]
        terms = max(len(self.sums[s].left) + n for s, n in zip(slots, counts, strict=True))
        self._part_of(terms, products)
        for chosen in _alike(list(range(len(slots))), counts.__getitem__):
            mine = [slots[i] for i in chosen]
            part = self.arrays.take(products, np.array(chosen, dtype=np.intp))
            total = part + self._total(mine, terms)
            self._part_of(terms, part)
            self._part_of(terms, total)
            self._stand(mine, total)

    def _total(self, slots: Sequence[int], terms: int = 0) -> Any:
        """The sums of the addends, as part of sums of so many `terms`."""
        matrix = self._matrix([self.sums[slot].addends for slot in slots], NOTHING)
        if matrix.shape[1] > 2:
            x = self.gather(matrix, matrix.shape)
            total = self.arrays.array("sum", (x,), x.shape[:1], x.batched)
        else:
            first, *others = [self.gather(column) for column in matrix.T]
            if terms and not others:
                return first
            total = first + (others[0] if others else 0.0)
        if terms:
            self._part_of(terms, total)
        return total

    def _part_of(self, terms: int, array: Array) -> None:
        self.terms[array] = max(terms, self.terms.get(array, 0))

    def _of_two(self, stack: Stack, slots: list[int]) -> Array | None:
        """The sums x y + z w, row by row, where each of the four is a block: nothing is copied.

        So the state of an LSTM is computed: it takes 0.93 of the time, all in all.
        """
        if not stack.rows or any(
            self.scalars.what[a] is not primitives.multiply
            for slot in slots
            for a in self.scalars.args[slot]
        ):
            return None
        sides = np.array(stack.lefts)[:, 0], np.array(stack.rights)[:, 0]
        if sides[0].shape[1] != 2:
            return None
        columns = [column for side in sides for column in side.T]
        if not all(map(self._is_block, columns)):
            return None
        x, z, y, w = [self.gather(column, column.shape) for column in columns]
        total: Array = x * y + z * w
        return total

    def _is_block(self, slots: Any) -> bool:
        """Whether slots stand one after another in one array."""
        homes = self.home[slots]
        return bool((homes == homes[0]).all() and homes[0] >= 0 and is_block(self.position[slots]))

    def _products(self, stack: Stack, n: int) -> Array:
        """The products of a stack, one grid after another, right before left in each."""
        left, right = np.array(stack.lefts), np.array(stack.rights)
        count, m, k = len(left), left.shape[1], right.shape[1]
        if stack.rows:
            x = self.gather(left, (count, n))
            y = self.gather(right, (count, n))
            return self.arrays.array("sum", (x * y,), (count,), x.batched or y.batched)
        lead = (count,) if count > 1 else ()
        a, b = self.gather(left, (*lead, m, n)), self.gather(right, (*lead, k, n))
        return self.arrays.array("matmul", (b, a), (count * m * k,), a.batched or b.batched)


def _alike(slots: list[int], length: Any, half: bool = True) -> list[list[int]]:
    """Split by length; those of several lengths stay together where `half` of it is wanted.

    And where what fills up costs less than the instructions saved.
    """
    lengths = [length(slot) for slot in slots]
    longest, wanted, kinds = max(lengths), sum(lengths), len(set(lengths))
    wasted = longest * len(slots) - wanted
    if kinds == 1 or (half and wasted <= wanted and wasted <= FILLED * (kinds - 1)):
        return [slots]
    found: dict[int, list[int]] = defaultdict(list)
    for slot, n in zip(slots, lengths, strict=True):
        found[n.bit_length() if half else n].append(slot)
    if len(found) > 1:
        return [part for mine in found.values() for part in _alike(mine, length, half)]
    return _alike(slots, length, half=False)
