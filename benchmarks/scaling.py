"""How compiling grows with the program: python benchmarks/scaling.py

CPU time and memory, each in a process of its own, to record and compile programs of 5,000 to
500,000 nodes: wide (sums of small terms), dense (layers), deep (one chain). Then one evaluation of
a chain of 40,000 operations beside one of 10,000, with native code and without; and what is left
of programs that are compiled, called and dropped.
"""

import multiprocessing
import os
import random
import resource
import time
from collections.abc import Callable
from typing import Any

from side_by_side import table

import autograd
from autograd import Value, dot

DROPPED = 5000


def wide(nodes: int) -> Callable[[], Value]:
    """A sum of terms of four nodes, of a weight each."""
    weights = [Value(random.gauss(0.0, 1.0)) for _ in range(nodes // 5)]
    return lambda: sum(((w * w).tanh() + abs(w) for w in weights), Value(0.0))


def dense(nodes: int) -> Callable[[], Value]:
    """A layer of products on 20 inputs."""
    width = int((nodes / 40) ** 0.5) + 1
    inputs = [[random.gauss(0.0, 1.0) for _ in range(width)] for _ in range(20)]
    weights = [[Value(random.gauss(0.0, 1.0)) for _ in range(width)] for _ in range(width)]

    def function() -> Value:
        sums = (sum(map(Value.__mul__, row, x), Value(0.0)) for x in inputs for row in weights)
        return sum((s.tanh() for s in sums), Value(0.0))

    return function


def deep(nodes: int) -> Callable[[], Value]:
    """A chain."""
    weight = Value(0.9)

    def function() -> Value:
        x = weight
        for _ in range(nodes // 3):
            x = (x * weight + 0.1).tanh()
        return x

    return function


def compiled(make: Callable[[int], Callable[[], Value]], nodes: int) -> tuple[float, float]:
    """Return seconds to record and compile, and the megabytes by which the process grows."""
    program = autograd.compile(make(nodes))
    before, start = _most(), time.process_time()
    program.value_and_grad()
    return time.process_time() - start, _most() - before


def chain(operations: int, native: bool) -> float:
    """Return seconds of one evaluation of a chain, the best of some."""
    if not native:
        os.environ["SEEGRAD_NATIVE"] = "0"
    program = autograd.compile(deep(operations))
    program.value_and_grad()
    times = []
    for _ in range(20):
        start = time.perf_counter()
        program.value_and_grad()
        times.append(time.perf_counter() - start)
    return min(times)


def dropped(programs: int) -> float:
    """Return the bytes a program by which the process grows after the first tenth of them."""
    for i in range(programs):
        if i == programs // 10:
            before = _resident()
        weight = Value(0.5)
        program = autograd.compile(lambda x, w=weight: dot([w, x], [x, w]).sin() * w)
        program.value_and_grad(1.0 + i)
    return (_resident() - before) / programs


def _most() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def alone(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def main() -> None:
    """Print the tables."""
    rows: list[tuple[Any, ...]] = [("program", "nodes", "us a node", "against 5,000", "MB")]
    for make in (wide, dense, deep):
        first = 0.0
        for nodes in (5_000, 50_000, 500_000):
            seconds, megabytes = alone(compiled, make, nodes)
            each = 1e6 * seconds / nodes
            first = first or each
            ratio = f"{each / first:.2f}"
            rows.append((make.__name__, f"{nodes:,}", f"{each:.1f}", ratio, f"{megabytes:.0f}"))
    print(table(rows) + "\n")
    rows = [("one evaluation of a chain", "10,000, ms", "40,000, ms", "against four")]
    for way in ("native code", "Python"):
        short, long = (1e3 * alone(chain, n, way == "native code") for n in (10_000, 40_000))
        rows.append((way, f"{short:.2f}", f"{long:.2f}", f"{long / short / 4:.2f}"))
    print(table(rows))
    print(f"\n{DROPPED:,} programs compiled and dropped: {alone(dropped, DROPPED):.0f} bytes each")


if __name__ == "__main__":
    main()
