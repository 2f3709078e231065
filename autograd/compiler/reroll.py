"""Re-rolling: find the loops that the scalar program was unrolled from.

Three steps. Sums of products become dot products, longer sums become one sum. Dots of one level
whose left and right operand vectors form a full grid {left} x {right} become one matrix product:
a dense layer is weights x {inputs}, a convolution filters x {patches}, a batch unrolled by a
Python loop weights x {samples}. Then equal operations of one level on the same source arrays
become one array operation. In: slots. Out: an `ArrayProgram` and, for each slot, the array and
position where its number stands. Invariant: every slot stands in exactly one place; what fits no
pattern becomes an array of one element and still runs.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.compiler.arrays import Array, ArrayProgram, Index
from autograd.compiler.scalars import ARGUMENT, OPERATION, PARAMETER, ScalarProgram
from autograd.compiler.sums import Sum, find_sums
from autograd.engine import table as primitives

Place = tuple[Array, int]


class Reroller:
    """Turns one scalar program into an array program, level by level."""

    def __init__(
        self,
        program: ScalarProgram,
        widths: Sequence[int],
        batched: bool,
        n: int,
        results: Sequence[int],
    ) -> None:
        self.scalars = program
        self.sums = find_sums(program, results)
        self.levels = _levels(program, self.sums, results)
        self.arrays = ArrayProgram()
        self.places: dict[int, Place] = {}
        self.terms: dict[Array, int] = {}  # of the whole sum that an array is a part of
        self.arguments = [
            self.arrays.array("argument", (), (width,), batched, i)
            for i, width in enumerate(widths)
        ]
        self.parameters = self.arrays.array("parameters", (), (n,), False)
        starts = np.cumsum([0, *widths])
        for slot, kind in enumerate(program.kind):
            what = program.what[slot]
            if kind == ARGUMENT:
                which = int(np.searchsorted(starts, what, side="right")) - 1
                self.places[slot] = (self.arguments[which], int(what - starts[which]))
            elif kind == PARAMETER:
                self.places[slot] = (self.parameters, what)

    def run(self) -> None:
        """Place all slots that the results need."""
        for level in self.levels:
            groups: dict[Any, list[int]] = defaultdict(list)
            for slot in level:
                groups[self._kind_of(slot)].append(slot)
            for key, slots in groups.items():
                if key[0] == "sum":
                    self._place_sums(slots)
                elif key[0] == "look-up":
                    self._place_lookups(slots)
                elif key[0] == "reduce":
                    self._place_reductions(key[1], slots)
                else:
                    self._place_elementwise(key[0], slots)

    def _kind_of(self, slot: int) -> tuple[Any, ...]:
        """What has to be equal for two operations to become one."""
        total = self.sums.get(slot)
        if total is not None:
            sources = map(self._sources, (total.left, total.right, total.addends))
            return ("sum", len(total.left), len(total.addends), *sources)
        primitive, args = self.scalars.what[slot], self.scalars.args[slot]
        if primitive is primitives.take:
            return ("look-up", len(args), self._sources(args[:1]), self._sources(args[1:]))
        if primitive is primitives.logsumexp:
            return ("reduce", primitive, len(args), self._sources(args))
        if primitive is primitives.power_constant:  # 0.5 stays a square root, 2 a product
            return (primitive, self.scalars.number(args[1]), self._sources(args[:1]))
        return (primitive, *[self._sources((arg,)) for arg in args])

    def _sources(self, slots: tuple[int, ...]) -> Any:
        """Which arrays the operands come from; constants among them, as padding, do not count."""
        found = {self.places[s][0].number for s in slots if s in self.places}
        return tuple(sorted(found or {-1}))

    def _place_elementwise(self, primitive: Any, slots: list[int]) -> None:
        columns = list(zip(*[self.scalars.args[slot] for slot in slots], strict=True))
        order = self._natural_order(columns)
        slots = [slots[i] for i in order]
        operands = [self.gather([column[i] for i in order]) for column in columns]
        result = self.arrays.primitive(primitive, *operands)
        self._stand(slots, result)

    def _stand(self, slots: list[int], result: Array) -> None:
        for i, slot in enumerate(slots):
            self.places[slot] = (result, i)

    def _natural_order(self, columns: list[tuple[int, ...]]) -> list[int]:
        """Order a group as its most varied operand lies in memory, so that it is one slice."""

        def positions(column: tuple[int, ...]) -> list[int]:
            return [self.places[s][1] if s in self.places else 0 for s in column]

        varied = max(map(positions, columns), key=lambda p: len(set(p)), default=[])
        return sorted(range(len(varied)), key=varied.__getitem__)

    def gather(self, slots: list[int], shape: tuple[int, ...] | None = None) -> Any:
        """Return the slots as one operand: a literal, an array of one, a slice or a take."""
        numbers = [self.scalars.number(s) for s in slots]
        if shape is None and len(set(slots)) == 1:
            slots, numbers = slots[:1], numbers[:1]
            if numbers[0] is not None:
                return numbers[0]
        shape = shape or (len(slots),)
        if None not in numbers:
            return self._constants(numbers, shape)
        source, index = self._one_source(slots, numbers)
        return self.arrays.take(source, index.reshape(shape))

    def _constants(self, numbers: Sequence[Any], shape: tuple[int, ...]) -> Array:
        data = np.array(numbers, dtype=float).reshape(shape)
        return self.arrays.array("constants", (), shape, False, data)

    def _one_source(self, slots: list[int], numbers: list[float | None]) -> tuple[Array, Index]:
        """The source of all slots and their positions in it; several sources are joined."""
        parts: dict[Array, int] = {}
        constants: dict[int, int] = {}
        for slot, number in zip(slots, numbers, strict=True):
            if number is None:
                parts.setdefault(self.places[slot][0], 0)
            else:
                constants.setdefault(slot, len(constants))
        arrays = list(parts)
        if constants:
            values = [self.scalars.what[s] for s in constants]
            arrays.append(self._constants(values, (len(values),)))
        offsets = dict(
            zip(arrays, np.cumsum([0, *[a.shape[0] for a in arrays]]).tolist(), strict=False)
        )
        index = [
            offsets[self.places[s][0]] + self.places[s][1]
            if number is None
            else offsets[arrays[-1]] + constants[s]
            for s, number in zip(slots, numbers, strict=True)
        ]
        if len(arrays) == 1:
            return arrays[0], np.array(index, dtype=np.intp)
        size = sum(a.shape[0] for a in arrays)
        batched = any(a.batched for a in arrays)
        arrays = [self.arrays.take(a, np.arange(a.shape[0])) for a in arrays]
        joined = self.arrays.array("join", tuple(arrays), (size,), batched)
        return joined, np.array(index, dtype=np.intp)

    def _place_reductions(self, primitive: Any, slots: list[int]) -> None:
        args = [self.scalars.args[slot] for slot in slots]
        flat = [a for row in args for a in row]
        x = self.gather(flat, (len(slots), len(args[0])))
        self._stand(slots, self.arrays.array(primitive.name, (x,), (len(slots),), x.batched))

    def _place_lookups(self, slots: list[int]) -> None:
        """Each slot is the element of a row of places in one table that its index says."""
        rows = [self.scalars.args[slot] for slot in slots]
        index = self.gather([row[0] for row in rows])
        known = dict.fromkeys(x for row in rows for x in row[1:])
        for i, x in enumerate(known):
            known[x] = i
        table = self.gather(list(known), (len(known),))
        choices = np.array([[known[x] for x in row[1:]] for row in rows])
        self._stand(slots, self.arrays.pick(table, index, choices))

    def _place_sums(self, slots: list[int]) -> None:
        sums = [self.sums[slot] for slot in slots]
        n, extra = len(sums[0].left), len(sums[0].addends)
        if not n:
            x = self.gather([a for s in sums for a in s.addends], (len(slots), extra))
            self._stand(slots, self.arrays.array("sum", (x,), (len(slots),), x.batched))
            return
        for lefts, rights, members in _grids(sums):
            result = self._product(lefts, rights, n)
            chosen = [(slots[i], position) for i, position in members]
            if not extra:
                for slot, position in chosen:
                    self.places[slot] = (result, position)
                continue
            self._part_of(n + extra, result)
            chosen.sort(key=lambda c: c[1])
            index = np.array([position for _, position in chosen], dtype=np.intp)
            total = self.arrays.take(result, index)
            for j in range(extra):
                total = total + self.gather([self.sums[slot].addends[j] for slot, _ in chosen])
                self._part_of(n + extra, total)
            self._stand([slot for slot, _ in chosen], total)

    def _part_of(self, terms: int, array: Array) -> None:
        self.terms[array] = max(terms, self.terms.get(array, 0))

    def _product(
        self, lefts: list[tuple[int, ...]], rights: list[tuple[int, ...]], n: int
    ) -> Array:
        """The grid's products, right-major: element (r, l) stands at r * len(lefts) + l."""
        left = self.gather([s for row in lefts for s in row], (len(lefts), n))
        right = self.gather([s for row in rights for s in row], (len(rights), n))
        shape = (len(rights) * len(lefts),)
        return self.arrays.array("matmul", (right, left), shape, right.batched or left.batched)


def _grids(
    sums: list[Sum],
) -> list[tuple[list[tuple[int, ...]], list[tuple[int, ...]], list[tuple[int, int]]]]:
    """Split dots into full grids {left vectors} x {right vectors}.

    Left vectors that meet the same set of right vectors make one grid. Returns (lefts, rights,
    [(which sum, position)]) for each.
    """
    partners: dict[tuple[int, ...], dict[tuple[int, ...], None]] = {}
    for s in sums:
        partners.setdefault(s.left, {})[s.right] = None
    grids: dict[tuple[tuple[int, ...], ...], list[tuple[int, ...]]] = defaultdict(list)
    for left, rights in partners.items():
        grids[tuple(sorted(rights))].append(left)
    home: dict[tuple[Any, Any], tuple[int, int]] = {}
    result: list[Any] = []
    for lefts in grids.values():
        ordered = list(partners[lefts[0]])
        for r, right in enumerate(ordered):
            for i, left in enumerate(lefts):
                home[left, right] = (len(result), r * len(lefts) + i)
        result.append((lefts, ordered, []))
    for i, s in enumerate(sums):
        grid, position = home[s.left, s.right]
        result[grid][2].append((i, position))
    return result


def _levels(
    program: ScalarProgram, sums: dict[int, Sum], results: Sequence[int]
) -> list[list[int]]:
    """The slots that the results need, by the length of the longest way from a leaf."""

    def inputs(slot: int) -> tuple[int, ...]:
        total = sums.get(slot)
        return program.args[slot] if total is None else total.left + total.right + total.addends

    needed = [False] * len(program)
    for slot in results:
        needed[slot] = True
    for slot in range(len(program) - 1, -1, -1):
        if needed[slot]:
            for arg in inputs(slot):
                needed[arg] = True
    depth = [0] * len(program)
    levels: dict[int, list[int]] = defaultdict(list)
    for slot in range(len(program)):
        if needed[slot] and program.kind[slot] == OPERATION:
            depth[slot] = 1 + max((depth[a] for a in inputs(slot)), default=0)
            levels[depth[slot]].append(slot)
    return [levels[d] for d in sorted(levels)]
