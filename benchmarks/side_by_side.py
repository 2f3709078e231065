"""Timing peers side by side: each in a process of its own, taking turns, medians and ratios.

A peer is a function that sets up its work and returns the step to time. Own processes, so that
one peer's garbage, threads and caches are not on another's bill; turns, so that all of them see
the same drifting machine.
"""

import gc
import importlib
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from operator import attrgetter
from typing import Any

Step = Callable[[], object]


@dataclass(frozen=True)
class CompiledStep:
    """A step, and the seconds that it took to compile."""

    step: Step
    compiled: float

    def __call__(self) -> object:
        """Take the step."""
        return self.step()


REST = 0.3  # seconds before a turn, so that the last peer's threads have stopped spinning


def compare(
    module: str,
    peers: Mapping[str, str],
    *,
    rounds: int,
    collect: bool = True,
    compiled: dict[str, float] | None = None,
) -> dict[str, float]:
    """Return each peer's median seconds a step, or nan where its package is not installed.

    `peers` maps a name to the function in `module` that sets the peer up. `rounds` steps of each
    are timed in turn, after two that are not; `collect=False` switches the garbage collector off.
    `compiled` is filled with the seconds that a step says, as its attribute, it took to compile.
    """
    context = multiprocessing.get_context("spawn")
    lines: dict[str, Connection] = {}
    processes = []
    asks = compiled is not None
    for name, setup in peers.items():
        here, there = context.Pipe()
        process = context.Process(
            target=_serve, args=(module, setup, collect, asks, there), daemon=True
        )
        process.start()
        processes.append(process)
        lines[name] = here
    missing = {name: line.recv() for name, line in lines.items()}
    if compiled is not None:
        compiled.update((name, line.recv()) for name, line in lines.items() if not missing[name])
    for name, package in missing.items():
        if package:
            print(f"{name}: MISSING, {package} is not installed")
    seconds: dict[str, list[float]] = {name: [] for name in peers if not missing[name]}
    for turn in range(rounds + 2):
        for name, taken in seconds.items():
            time.sleep(REST)
            lines[name].send("step")
            taken.append(lines[name].recv())
            if turn < 2:
                taken.clear()
    for line in lines.values():
        line.close()
    for process in processes:
        process.join(5.0)
    return {n: statistics.median(seconds[n]) if n in seconds else float("nan") for n in peers}


def _serve(module: str, setup: str, collect: bool, asks: bool, line: Connection) -> None:
    try:
        step = attrgetter(setup)(importlib.import_module(module))()
    except ImportError as error:
        line.send(error.name or str(error))
        return
    line.send("")
    if asks:
        line.send(getattr(step, "compiled", float("nan")))
    gc.collect()
    if not collect:
        gc.disable()
    while True:
        try:
            line.recv()
        except EOFError:
            return
        seconds = _time(step)
        if not collect:
            gc.collect()
        line.send(seconds)


def _time(step: Step) -> float:
    """Seconds a step: the best of three means over 30 ms; a step may time itself and say so."""
    start = time.perf_counter()
    answer = step()
    once = time.perf_counter() - start
    if isinstance(answer, float):
        return answer
    repeats = int(0.03 / once)
    if repeats < 2:
        return once
    means = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(repeats):
            step()
        means.append((time.perf_counter() - start) / repeats)
    return min(means)


def table(rows: list[tuple[Any, ...]]) -> str:
    """Return the rows, the first of them headings, as an aligned table in Markdown."""
    text = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*text, strict=True)]
    text.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in text
    )
