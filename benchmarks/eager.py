"""Eager speed and memory, beside the `micrograd` package: python benchmarks/eager.py

One training step of micrograd's demo (forward, backward, update), with the garbage collector as
Python sets it and with it off. "scalar nodes" runs micrograd's own network code on this engine's
Value, so both record the same products and sums one by one; "nn" is this package's network,
whose neuron is one `dot`. Then bytes and time a node, from 1,000 to 1,000,000 nodes.
"""

import gc
import importlib.util
import random
import time
import tracemalloc
from typing import Any

from moons_demo import training_step
from side_by_side import Step, compare, table

import nn
from autograd import Value


def micrograd() -> Step:
    """The demo's step on micrograd itself."""
    from micrograd.engine import Value as MicrogradValue
    from micrograd.nn import MLP

    return training_step(MicrogradValue, MLP)


def scalar_nodes() -> Step:
    """The demo's step on this Value, with micrograd's network: one node for each operation."""
    spec = importlib.util.find_spec("micrograd.nn")
    if spec is None or spec.loader is None:
        raise ImportError("micrograd", name="micrograd")
    network = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(network)
    vars(network)["Value"] = Value
    return training_step(Value, network.MLP)


def network() -> Step:
    """The demo's step on this package's own network."""
    return training_step(Value, lambda nin, nouts: nn.MLP(nin, nouts, rng=random.Random(1337)))


def bytes_a_node(n: int) -> float:
    """Memory of a graph of `n` products after backward, gradients included."""
    factors = [Value(1.0 + 1e-9 * i) for i in range(16)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    v = factors[0]
    for i in range(n):
        v = v * factors[i % 16]
    v.backward()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / n


def seconds_a_node(n: int) -> float:
    """Time to record, differentiate and free a chain of `n` products and sums, over n."""
    a, b = Value(0.999), Value(0.001)
    repeats = max(1, 100_000 // n)
    start = time.perf_counter()
    for _ in range(repeats):
        v = a
        for _ in range(n // 2):
            v = v * a + b
        v.backward()
        del v
    return (time.perf_counter() - start) / (n * repeats)


def main() -> None:
    """Print all tables."""
    peers = {
        "micrograd": "micrograd",
        "seegrad, scalar nodes": "scalar_nodes",
        "seegrad, nn": "network",
    }
    rows: list[tuple[Any, ...]] = [("moons demo, one step", "collector", "median ms", "ratio")]
    for collect in (True, False):
        medians = compare("eager", peers, rounds=15, collect=collect)
        for name, seconds in medians.items():
            ratio = f"{medians['micrograd'] / seconds:.1f} x faster"
            state = "as Python sets it" if collect else "off"
            rows.append((name, state, f"{1e3 * seconds:.1f}", ratio))
    print(table(rows), "\n")
    print(f"bytes a node: {bytes_a_node(100_000):.0f}\n")
    rows = [("nodes", "collector", "ns a node", "against 1,000")]
    for collect in (True, False):
        (gc.enable if collect else gc.disable)()
        state = "as Python sets it" if collect else "off"
        sizes = (1_000, 10_000, 100_000, 1_000_000)
        times = {n: min(seconds_a_node(n) for _ in range(3)) for n in sizes}
        for n, t in times.items():
            rows.append((f"{n:,}", state, f"{1e9 * t:.0f}", f"{t / times[1_000]:.2f}"))
    print(table(rows))


if __name__ == "__main__":
    main()
