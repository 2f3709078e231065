"""Strips: loops over numbers that stand one after another, compiled once a process by LLVM.

A kernel works on one strip, `n` numbers of a result y and of operands: a step of `native.FORMS`
four lanes at a time, the last ones under a mask; a sum; a look-up by a table; a small product. For
y = x1 - x2, where x2 is one number for the whole strip:

    for each four i:  y[i .. i + 3] = x1[i .. i + 3] - (x2, x2, x2, x2)

`run` calls kernels one after another on a block of rows, and then on the next; an instruction has
WORDS numbers, a kernel and where its strips lie: n, q strips a row, bits, and for each array its
address and two steps in bytes, to the next row and to the next strip. Bit 0 says that all rows of a
block are one strip, bit 1 + k that array k has the rows of one block only. Nothing is fused into
one operation but in products, and functions may be libmvec's, to 4 units in the last place.
"""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from autograd.compiler.kernels import OUT
from autograd.compiler.native import VECTOR, Functions, Text, form

ARRAYS = 4  # a result and its operands, at most
WORDS = 4 + 3 * ARRAYS
_V = f"<{VECTOR} x double>"
_MASK, _BYTES = (f"<{VECTOR} x {kind}>" for kind in ("i1", "i8"))
Body = Callable[[str, str | None, list[str]], list[str]]


@dataclass(frozen=True)
class Kind:
    """What a kernel does, and how it reads and writes.

    `step` is one of `FORMS`, or "copy", "gather", "totals", "product"; `writes` is "v" for vectors,
    "b" for a mask of bytes, "one" for the sum, or extreme, of a strip. Each of `reads` is "v", "b",
    "s" for one number, or "g" for numbers that stand apart; "w" is a product of two vectors' width.
    """

    step: Any
    reads: str
    writes: str = "v"


@cache
def run() -> Any:
    """Return the function (instructions, how many, rows, rows of a block) that runs them."""
    takes = [ctypes.c_void_p, *[ctypes.c_int64] * 3]
    return ctypes.CFUNCTYPE(None, *takes)(_RUN.addresses([""])[0])


def _run_text(name: str, _: str) -> tuple[str]:
    t = Text(f"define void @{name}(ptr %all, i64 %count, i64 %rows, i64 %block) {{")

    def block(b: str, _: list[str]) -> list[str]:
        first = t.times(b, "%block")
        rows = t.least(t.new(f"sub i64 %rows, {first}"), "%block")

        def instruction(place: str, _: list[str]) -> list[str]:
            code = t.at("%all", t.times(place, WORDS), "i64")
            kernel = t.load("ptr", code, "0", "i64")
            n, q, bits = (t.load("i64", code, str(k), "i64") for k in (1, 2, 3))
            flat = t.new(f"trunc i64 {bits} to i1")
            n = t.new(f"select i1 {flat}, i64 {t.times(n, rows)}, i64 {n}")
            many = t.new(f"select i1 {flat}, i64 1, i64 {rows}")
            arrays = []
            for k in range(ARRAYS):
                base = t.load("ptr", code, str(4 + 3 * k), "i64")
                row, step = (t.load("i64", code, str(3 * k + j), "i64") for j in (5, 6))
                local = t.new(f"trunc i64 {t.new(f'lshr i64 {bits}, {k + 1}')} to i1")
                begin = t.new(f"select i1 {local}, i64 0, i64 {first}")
                arrays.append((t.at(base, t.times(begin, row), "i8"), row, step))

            def each_row(r: str, _: list[str]) -> list[str]:
                here = [(t.at(start, t.times(r, row), "i8"), step) for start, row, step in arrays]

                def each_strip(j: str, _: list[str]) -> list[str]:
                    at = [f"ptr {t.at(start, t.times(j, step), 'i8')}" for start, step in here]
                    t.lines.append(f"call void {kernel}({', '.join(at)}, i64 {n})")
                    return []

                t.loop(q, each_strip)
                return []

            t.loop(many, each_row)
            return []

        t.loop("%count", instruction)
        return []

    t.loop(t.new(f"sdiv i64 {t.add(t.add('%rows', '%block'), -1)}, %block"), block)
    return (t.end(),)


def _text(name: str, kind: Kind) -> tuple[str, ...]:
    """A kernel, and the declarations of what it calls."""
    t = Text(f"define void @{name}(ptr %y, ptr %a1, ptr %a2, ptr %a3, i64 %n) {{")
    special = {"gather": _gather, "totals": _totals}.get(str(kind.step))
    if kind.writes == "one":
        return _reduction(t, kind.step), _MASKED
    if special:
        return special(t), _MASKED
    if kind.step == "product":
        return _product(t, kind), _MASKED
    return *_elementwise(t, kind), _MASKED


def _elementwise(t: Text, kind: Kind) -> tuple[str, str]:
    """y = step(a1, ...)."""
    text, declared = ("", "") if kind.step == "copy" else form(kind.step, VECTOR, False)
    names = [(f"%a{k}", each) for k, each in enumerate(kind.reads, start=1)]
    spread = {a: t.spread(t.load("double", a, "0")) for a, each in names if each == "s"}

    def vector(i: str, mask: str | None, _: list[str]) -> list[str]:
        xs = [spread.get(a) or _load(t, each, a, i, mask) for a, each in names]
        _store(t, kind.writes, t.apply(text, *xs) if text else xs[0], "%y", i, mask)
        return []

    _vectors(t, vector)
    return t.end(), declared


def _reduction(t: Text, step: Any) -> str:
    """y[0] = the sum, maximum or minimum of a1."""
    infinity = "0xFFF0000000000000" if step is np.maximum else "0x7FF0000000000000"
    one = f"double {'-0.0' if step is np.add else infinity}"  # which changes nothing
    neutral = f"<{', '.join([one] * VECTOR)}>"
    (text, _), (alone, _) = form(step, VECTOR), form(step)

    def vector(i: str, mask: str | None, carried: list[str]) -> list[str]:
        return [t.apply(text, carried[0], _load(t, "v", "%a1", i, mask, neutral))]

    (found,) = _vectors(t, vector, [neutral])
    lanes = [t.new(f"extractelement {_V} {found}, i64 {i}") for i in range(VECTOR)]
    while len(lanes) > 1:
        lanes = [t.apply(alone, *lanes[i : i + 2]) for i in range(0, len(lanes), 2)]
    t.store("double", lanes[0], "%y", "0")
    return t.end()


def _gather(t: Text) -> str:
    """y[i] = what stands a2[i] bytes behind a1."""

    def one(i: str, _: list[str]) -> list[str]:
        place = t.at("%a1", t.load("i64", "%a2", i, "i64"), "i8")
        t.store("double", t.load("double", place, "0"), "%y", i)
        return []

    t.loop("%n", one)
    return t.end()


def _totals(t: Text) -> str:
    """y[i] = the sum of what stands a2[k] bytes behind a1, for k from a3[i] to below a3[i + 1]."""

    def one(i: str, _: list[str]) -> list[str]:
        start, stop = (t.load("i64", "%a3", k, "i64") for k in (i, t.add(i, 1)))
        table = t.at("%a2", start, "i64")

        def add(k: str, carried: list[str]) -> list[str]:
            place = t.at("%a1", t.load("i64", table, k, "i64"), "i8")
            return [t.new(f"fadd double {carried[0]}, {t.load('double', place, '0')}")]

        (found,) = t.loop(t.new(f"sub i64 {stop}, {start}"), add, "double", ["-0.0"])
        t.store("double", found, "%y", i)
        return []

    t.loop("%n", one)
    return t.end()


def _product(t: Text, kind: Kind) -> str:
    """y[i, j] = the sum over k of a1[i, k] a2[k, j]: n rows, in tiles of OUT and of one or two V.

    a3 has the columns, K, and in bytes the steps of a1 down and across, of a2, and of y down.
    What a tile would have beyond the edges are the last row once more, and no columns.
    """
    vectors = 2 if "w" in kind.reads else 1
    columns, inner, row, along, down, across, to = (
        t.load("i64", "%a3", str(k), "i64") for k in range(7)
    )
    wide, last, bottom = VECTOR * vectors, t.add(columns, -1), t.add("%n", -1)

    def tile(j: str, _: list[str]) -> list[str]:
        starts = [t.add(t.times(j, wide), half * VECTOR) for half in range(vectors)]
        masks = [t.mask(t.new(f"sub i64 {columns}, {start}")) for start in starts]
        places = starts
        if kind.reads[1] == "g":
            lanes = [[t.least(t.add(s, lane), last) for lane in range(VECTOR)] for s in starts]
            places = [t.times(x, across) for each in lanes for x in each]

        def right(k: str) -> list[str]:
            line = t.at("%a2", t.times(k, down), "i8")
            if kind.reads[1] == "v":
                return [_load(t, "v", line, p, m) for p, m in zip(places, masks, strict=True)]
            found = []
            for half in range(vectors):
                vector = "poison"
                for lane, place in enumerate(places[VECTOR * half : VECTOR * (half + 1)]):
                    x = t.load("double", t.at(line, place, "i8"), "0")
                    vector = t.new(f"insertelement {_V} {vector}, double {x}, i64 {lane}")
                found.append(vector)
            return found

        def rows(i: str, _: list[str]) -> list[str]:
            mine = [t.least(t.add(t.times(i, OUT), r), bottom) for r in range(OUT)]
            lefts = [t.at("%a1", t.times(r, row), "i8") for r in mine]

            def add(k: str, sums: list[str]) -> list[str]:
                ys, step = right(k), t.times(k, along)
                xs = [t.spread(t.load("double", t.at(left, step, "i8"), "0")) for left in lefts]
                pairs = [(x, y) for x in xs for y in ys]
                return [t.fused(x, y, total) for (x, y), total in zip(pairs, sums, strict=True)]

            sums = t.loop(inner, add, _V, ["zeroinitializer"] * (OUT * vectors))
            for r, place in enumerate(mine):
                line = t.at("%y", t.times(place, to), "i8")
                for half, (start, mask) in enumerate(zip(starts, masks, strict=True)):
                    _store(t, "v", sums[r * vectors + half], line, start, mask)
            return []

        t.loop(t.new(f"sdiv i64 {t.add('%n', OUT - 1)}, {OUT}"), rows)
        return []

    t.loop(t.new(f"sdiv i64 {t.add(columns, wide - 1)}, {wide}"), tile)
    return t.end()


def _vectors(t: Text, body: Body, start: Sequence[str] = ()) -> list[str]:
    """Let `body(i, mask, carried)` work on the vector from number i on; the last has a mask."""
    whole, rest = t.new(f"sdiv i64 %n, {VECTOR}"), t.new(f"srem i64 %n, {VECTOR}")
    carried = t.loop(whole, lambda i, c: body(t.times(i, VECTOR), None, c), _V, start)
    last = t.new(f"zext i1 {t.new(f'icmp sgt i64 {rest}, 0')} to i64")
    end = t.times(whole, VECTOR)
    return t.loop(last, lambda _, c: body(end, t.mask(rest), c), _V, carried)


def _memory(kind: str) -> tuple[str, str, str, int]:
    """The type of a vector in memory, LLVM's short name of it, that of a number, and its bytes."""
    return (_BYTES, f"v{VECTOR}i8", "i8", 1) if kind == "b" else (_V, f"v{VECTOR}f64", "double", 8)


_MASKED = "".join(
    f"declare {vector} @llvm.masked.load.{name}.p0(ptr, i32, {_MASK}, {vector})\n"
    f"declare void @llvm.masked.store.{name}.p0({vector}, ptr, i32, {_MASK})\n"
    for vector, name, _, _ in map(_memory, "vb")
)


def _load(
    t: Text, kind: str, base: str, i: str, mask: str | None, other: str = "zeroinitializer"
) -> str:
    """The vector from number i on, `other` where the mask is not; bytes become 1.0 and 0.0."""
    vector, name, number, size = _memory(kind)
    place = t.at(base, i, number)
    if mask is None:
        found = t.new(f"load {vector}, ptr {place}, align {size}")
    else:
        call = f"{vector} @llvm.masked.load.{name}.p0"
        found = t.new(f"call {call}(ptr {place}, i32 {size}, {_MASK} {mask}, {vector} {other})")
    return t.new(f"uitofp {_BYTES} {found} to {_V}") if kind == "b" else found


def _store(t: Text, kind: str, value: str, base: str, i: str, mask: str | None) -> None:
    """Write the vector from number i on, where the mask is."""
    vector, name, number, size = _memory(kind)
    if kind == "b":
        value = t.new(f"fptoui {_V} {value} to {_BYTES}")
    place = t.at(base, i, number)
    if mask is None:
        t.lines.append(f"store {vector} {value}, ptr {place}, align {size}")
    else:
        given = f"{vector} {value}, ptr {place}, i32 {size}, {_MASK} {mask}"
        t.lines.append(f"call void @llvm.masked.store.{name}.p0({given})")


addresses, _RUN = Functions(_text).addresses, Functions(_run_text)
