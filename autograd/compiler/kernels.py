"""Kernels: the loops of lanes in LLVM's text, compiled once a process for all programs.

In lanes each value of a row is a register: one number for each row of a block, side by side. A
layer, y_j = sum of w_jk x_k, reads each vector of four x_k once for four y_j, in eight sums:

    for each four j, each eight rows:  for each k:  y_j += w_jk * (x_k of eight rows)

and its gradient, w_jk' = sum over rows of d_j x_k, does so with four d_j and two x_k. A kernel gets
an instruction, ten whole numbers: its own address, six that say where in the memory W it reads and
writes and the addresses of tables, and how often it loops. W begins with what a step says about
itself, HEADER numbers. Invariant: rows beyond those of the block enter no sum.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

from autograd.compiler.native import FMA, VECTOR, Functions, Text

WORDS = 10  # of an instruction; what `machine` compiles reads eight, and the next is the count
COUNT = 8
ROWS, INPUTS, PLACES, LOSSES, OUTPUTS, SHARE, BAD, START = range(8)
DECAY, KEEP, TAKE, DIRECT, CARRIED, RATE, LATER_KEEP, LATER_TAKE = range(8, 16)
HEADER = 16
OUT, ROW, ACROSS = 4, 8, 2  # outputs and rows of a product's tile; x of a gradient's, beside OUT d
_V = f"<{VECTOR} x double>"
_SUM = f"llvm.vector.reduce.fadd.v{VECTOR}f64"


def _gather(t: Text) -> None:
    """W[to + i] = W[table[i]], n of them."""
    to, table = t.word(1), t.word(2, "ptr")

    def one(i: str, _: list[str]) -> None:
        place = t.load("i64", table, i, "i64")
        t.store("double", t.load("double", "%W", place), "%W", t.add(to, i))

    t.loop("%n", one)


def _total(t: Text) -> None:
    """W[to] = the sum of the W[table[i]], n of them."""
    to, table = t.word(1), t.word(2, "ptr")

    def one(i: str, found: list[str]) -> list[str]:
        place = t.load("i64", table, i, "i64")
        return [t.new(f"fadd double {found[0]}, {t.load('double', '%W', place)}")]

    (found,) = t.loop("%n", one, "double", ["0.0"])
    t.store("double", found, "%W", to)


def _product(t: Text) -> None:
    """A layer: words are outputs, weights (four by four), tiles, K, table of x, stride."""
    to, weights, tiles, inputs = map(t.word, range(1, 5))
    table, stride = t.word(5, "ptr"), t.word(6)
    halves = range(0, ROW, VECTOR)

    def tile(j: str, _: list[str]) -> None:
        mine = t.add(weights, t.times(t.times(j, inputs), OUT))
        first = t.add(to, t.times(t.times(j, OUT), stride))

        def rows(r: str, _: list[str]) -> None:
            row = t.times(r, ROW)

            def add(k: str, sums: list[str]) -> list[str]:
                x = t.at("%W", t.add(t.load("i64", table, k, "i64"), row))
                xs = [t.load(_V, x, half) for half in halves]
                four = t.at("%W", t.add(mine, t.times(k, OUT)))
                after = []
                for out in range(OUT):
                    w = t.spread(t.load("double", four, out))
                    for half, each in enumerate(xs):
                        after.append(t.fused(w, each, sums[out * len(xs) + half]))
                return after

            found = t.loop(inputs, add, _V, ["zeroinitializer"] * (OUT * len(halves)))
            for out in range(OUT):
                place = t.add(t.add(first, t.times(stride, out)), row)
                for half, at in enumerate(halves):
                    t.store(_V, found[out * len(halves) + half], "%W", t.add(place, at))

        t.loop("%n", rows)

    t.loop(tiles, tile)


def _outer(t: Text) -> None:
    """Its gradient: n tiles of the table, each OUT d, ACROSS x, and the places of the sums."""
    table, rows = t.word(1, "ptr"), t.load("i64", "%W", ROWS)
    whole = t.new(f"sdiv i64 {rows}, {VECTOR}")
    rest = t.new(f"srem i64 {rows}, {VECTOR}")
    mask = t.mask(rest)
    is_rest = t.new(f"icmp sgt i64 {rest}, 0")
    last = t.new(f"zext i1 {is_rest} to i64")

    def tile(i: str, _: list[str]) -> None:
        mine = t.at(table, t.times(i, OUT + ACROSS + OUT * ACROSS), "i64")
        places = [t.load("i64", mine, k, "i64") for k in range(OUT + ACROSS)]
        starts = [t.at("%W", place) for place in places]

        def products(xs: list[str], sums: list[str]) -> list[str]:
            return [
                t.fused(xs[d], xs[OUT + x], sums[d * ACROSS + x])
                for d in range(OUT)
                for x in range(ACROSS)
            ]

        def add(k: str, sums: list[str]) -> list[str]:
            at = t.times(k, VECTOR)
            return products([t.load(_V, start, at) for start in starts], sums)

        def add_rest(_: str, sums: list[str]) -> list[str]:
            at = t.times(whole, VECTOR)
            found = [t.load(_V, start, at) for start in starts]
            chosen = f"select <{VECTOR} x i1> {mask}, {_V}"
            return products([t.new(f"{chosen} {x}, {_V} zeroinitializer") for x in found], sums)

        sums = t.loop(whole, add, _V, ["zeroinitializer"] * (OUT * ACROSS))
        sums = t.loop(last, add_rest, _V, sums)
        for k, found in enumerate(sums):
            place = t.load("i64", mine, OUT + ACROSS + k, "i64")
            one = t.new(f"call reassoc double @{_SUM}(double -0.0, {_V} {found})")
            before = t.load("double", "%W", place)
            t.store("double", t.new(f"fadd double {before}, {one}"), "%W", place)

    t.loop("%n", tile)


def _rows(t: Text) -> None:
    """The arguments of the block's rows, each in its register; n rows, the last one repeated."""
    to, width, stride = map(t.word, range(1, 4))
    rows = t.add(t.load("i64", "%W", ROWS), -1)
    source = t.load("ptr", "%W", INPUTS)
    places = t.load("ptr", "%W", PLACES)

    def row(r: str, _: list[str]) -> None:
        known = t.new(f"icmp slt i64 {r}, {rows}")
        place = t.load("i64", places, t.new(f"select i1 {known}, i64 {r}, i64 {rows}"), "i64")
        mine, first = t.at(source, t.times(place, width)), t.add(to, r)

        def one(c: str, _: list[str]) -> None:
            t.store("double", t.load("double", mine, c), "%W", t.add(first, t.times(c, stride)))

        t.loop(width, one)

    t.loop("%n", row)


def _results(t: Text) -> None:
    """The registers of a table to where the rows' results stand; words: width, header's place."""
    table, width, where = t.word(1, "ptr"), t.word(2), t.word(3)
    results, places = t.load("ptr", "%W", where), t.load("ptr", "%W", PLACES)

    def row(r: str, _: list[str]) -> None:
        mine = t.at(results, t.times(t.load("i64", places, r, "i64"), width))

        def one(k: str, _: list[str]) -> None:
            x = t.load("double", "%W", t.add(t.load("i64", table, k, "i64"), r))
            t.store("double", x, mine, k)

        t.loop(width, one)

    t.loop(t.load("i64", "%W", ROWS), row)


def _sound(t: Text) -> None:
    """Note in the header whether one of the rows of a register is infinite or nan."""
    mine = t.at("%W", t.word(1))

    def one(r: str, found: list[str]) -> list[str]:
        nothing = t.new(f"fmul double {t.load('double', mine, r)}, 0.0")
        return [t.new(f"fadd double {found[0]}, {nothing}")]

    before = t.load("double", "%W", BAD)
    (found,) = t.loop(t.load("i64", "%W", ROWS), one, "double", [before])
    t.store("double", found, "%W", BAD)


def _mean(t: Text) -> None:
    """The gradient: sums over rows by their number, and what is the same for all rows."""
    sums, table, to = t.word(1), t.word(2, "ptr"), t.word(3)
    share = t.load("double", "%W", SHARE)

    def one(i: str, found: list[str]) -> list[str]:
        mean = t.new(f"fmul double {t.load('double', '%W', t.add(sums, i))}, {share}")
        more = t.load("double", "%W", t.load("i64", table, i, "i64"))
        slope = t.new(f"fadd double {mean}, {more}")
        t.store("double", slope, "%W", t.add(to, i))
        t.store("double", "0.0", "%W", t.add(sums, i))
        nothing = t.new(f"fmul double {slope}, 0.0")
        return [t.new(f"fadd double {found[0]}, {nothing}")]

    (found,) = t.loop("%n", one, "double", [t.load("double", "%W", BAD)])
    t.store("double", found, "%W", BAD)


def _descend(t: Text) -> None:
    """A step of SGD, as `nn.SGD` writes it, on n vectors; words: parameters, gradient, momentum
    and where the gradient is kept that was followed.
    """
    params, slopes, buffers, followed = (t.at("%W", t.word(k)) for k in (1, 2, 3, 4))
    decay, keep, take, direct, carried, rate = (
        t.spread(t.load("double", "%W", k)) for k in range(DECAY, RATE + 1)
    )

    def one(i: str, _: list[str]) -> None:
        at = t.times(i, VECTOR)
        p, slope, buffer = (t.load(_V, base, at) for base in (params, slopes, buffers))
        t.store(_V, slope, followed, at)
        slope = t.new(f"fadd {_V} {slope}, {t.new(f'fmul {_V} {decay}, {p}')}")
        kept, taken = t.new(f"fmul {_V} {keep}, {buffer}"), t.new(f"fmul {_V} {take}, {slope}")
        buffer = t.new(f"fadd {_V} {kept}, {taken}")
        t.store(_V, buffer, buffers, at)
        own, old = t.new(f"fmul {_V} {direct}, {slope}"), t.new(f"fmul {_V} {carried}, {buffer}")
        way = t.new(f"fmul {_V} {rate}, {t.new(f'fadd {_V} {own}, {old}')}")
        t.store(_V, t.new(f"fsub {_V} {p}, {way}"), params, at)

    t.loop("%n", one)
    for later, now in ((LATER_KEEP, KEEP), (LATER_TAKE, TAKE)):
        t.store("double", t.load("double", "%W", later), "%W", now)


def _run() -> str:
    """`count` instructions from `first` on."""
    t = Text("define internal void @run(ptr %code, i64 %first, i64 %count, ptr %W) {")

    def one(i: str, _: list[str]) -> None:
        code = t.at("%code", t.times(t.add("%first", i), WORDS), "i64")
        count = t.load("i64", code, str(WORDS - 2), "i64")
        function = t.new(f"load ptr, ptr {code}")
        t.lines.append(f"call void {function}(ptr {code}, ptr %W, i64 {count})")

    t.loop("%count", one)
    return t.end()


def _epochs(name: str) -> str:
    """Steps of `batch` rows of the `count` of each epoch, whose places in the `order` follow.

    The parts of the code are done once a step, once a block, once a step again, and, where loss and
    gradient are finite, last. Results of one epoch stand behind those of another. Returns how many
    rows were finished.
    """
    parts = ", ".join(f"i64 %part{k}" for k in range(4))
    t = Text(
        f"define i64 @{name}(ptr %code, {parts}, ptr %W, ptr %order, i64 %count, i64 %batch, "
        "i64 %most, i64 %epochs, i64 %outputs) {"
    )
    losses, outputs = (t.load("ptr", "%W", k) for k in (LOSSES, OUTPUTS))
    ends = ["0"]
    for k in range(4):
        ends.append(t.add(ends[-1], f"%part{k}"))

    def run(k: int) -> None:
        t.lines.append(f"call void @run(ptr %code, i64 {ends[k]}, i64 %part{k}, ptr %W)")

    total = t.times("%count", "%epochs")
    t.lines += [
        *("br label %next", "next:", "%at = phi i64 [0, %entry], [%then, %moved]"),
        *(f"%more = icmp slt i64 %at, {total}", "br i1 %more, label %step, label %finished"),
        "step:",
    ]
    t.label = "step"
    row = t.new("srem i64 %at, %count")
    first = t.new(f"sub i64 %at, {row}")
    t.store("ptr", t.at(losses, first), "%W", LOSSES)
    t.store("ptr", t.at(outputs, t.times(first, "%outputs")), "%W", OUTPUTS)
    rows = t.least("%batch", t.new(f"sub i64 %count, {row}"))
    share = t.new(f"fdiv double 1.0, {t.new(f'sitofp i64 {rows} to double')}")
    t.store("double", share, "%W", SHARE)
    t.store("double", "0.0", "%W", BAD)
    run(0)
    blocks = t.new(f"sdiv i64 {t.add(t.add(rows, '%most'), -1)}, %most")

    def block(b: str, _: list[str]) -> None:
        done = t.times(b, "%most")
        t.store("i64", t.least("%most", t.new(f"sub i64 {rows}, {done}")), "%W", ROWS)
        t.store("ptr", t.at("%order", t.add("%at", done), "i64"), "%W", PLACES)
        run(1)

    t.loop(blocks, block)
    run(2)
    t.lines += [
        f"%sound = fcmp oeq double {t.load('double', '%W', BAD)}, 0.0",
        *("br i1 %sound, label %moved, label %finished", "moved:"),
    ]
    run(3)
    t.lines += [f"%then = add i64 %at, {rows}", "br label %next", "finished:"]
    return t.end("ret i64 %at")


def _text(name: str, write: Any) -> tuple[str, str]:
    if write is _epochs:
        return _run() + _epochs(name), ""
    t = Text(f"define void @{name}(ptr %code, ptr %W, i64 %n) {{")
    write(t)
    return t.end(), f"declare {_V} @{FMA}({_V}, {_V}, {_V})\ndeclare double @{_SUM}(double, {_V})\n"


KERNELS = (_gather, _total, _product, _outer, _rows, _results, _sound, _mean, _descend)
FUNCTIONS = Functions(_text)


@cache
def address(name: str) -> int:
    """Where a kernel begins."""
    every = FUNCTIONS.addresses(KERNELS)
    return {write.__name__[1:]: at for write, at in zip(KERNELS, every, strict=True)}[name]


@cache
def epochs() -> Callable[..., int]:
    """The function that runs epochs of steps."""
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    takes = [pointer, *[number] * 4, pointer, pointer, *[number] * 5]
    return ctypes.CFUNCTYPE(number, *takes)(FUNCTIONS.addresses([_epochs])[0])
