"""Training steps through `fit`, compiled, beside NumPy by hand, PyTorch, JAX and micrograd.

python benchmarks/compiled.py [moons] [64-32-10] [784-30-10] [784-100-10] [convolution] [unrolled]

All in float64. "fit" is `nn.fit` with progress off: forward, reverse, SGD, loss and accuracy.
"Compile" is what the first call takes beside its steps, importing LLVM and all; JAX's is its first
step.
"""

import math
import random
import sys
import time
from itertools import pairwise
from typing import Any

import by_hand
from side_by_side import CompiledStep, Step, compare, table

import autograd
import nn


def _fit_step(model: Any, X: Any, y: Any, loss: Any, batch: int, *, timed: int = 5000) -> Step:
    """A step of fit: what `timed` steps more take, of the same call of fit.

    So all that a call does before its first step is in the seconds to compile.
    """
    steps = -(-len(X) // batch)
    epochs = -(-timed // steps)

    def train(epochs: int) -> float:
        start = time.perf_counter()
        nn.fit(
            model,
            X,
            y,
            loss=loss,
            optimizer=nn.SGD(model.parameters(), lr=0.01),
            epochs=epochs,
            batch_size=batch,
            shuffle=False,
            progress=False,
        )
        return time.perf_counter() - start

    def seconds() -> float:
        return (train(2 * epochs) - train(epochs)) / (epochs * steps)

    first = train(epochs)
    return CompiledStep(seconds, first - epochs * steps * seconds())


def moons_fit() -> Step:
    """The moons step through fit."""
    X, y = by_hand.moons_data()
    model = nn.MLP(2, [16, 16, 1])

    def loss(score: Any, label: Any) -> Any:
        penalty = sum(p * p for p in model.parameters())
        return (1 + -label * score).relu() + 1e-4 * penalty

    return _fit_step(model, X, y, loss, len(X))


def digits_fit() -> Step:
    """64-32-10, batch 32, through fit."""
    X, y = by_hand.random_images(50 * 32, 64)
    return _fit_step(nn.MLP(64, [32, 10], init="he"), X, y, nn.cross_entropy, 32)


def mnist30_fit() -> Step:
    """784-30-10, batch 32, through fit."""
    X, y = by_hand.random_images(50 * 32, 784)
    return _fit_step(nn.MLP(784, [30, 10], init="he"), X, y, nn.cross_entropy, 32)


def mnist100_fit() -> Step:
    """784-100-10, batch 128, through fit."""
    X, y = by_hand.random_images(50 * 128, 784)
    return _fit_step(nn.MLP(784, [100, 10], init="he"), X, y, nn.cross_entropy, 128, timed=1500)


class SmallConvolution(nn.Module):
    """8 filters of 3x3 on 8x8 images, relu, 2x2 max-pooling, dense to 10, in plain Python."""

    def __init__(self) -> None:
        rng = random.Random(0)
        self.filters = [nn.Neuron(9, activation="relu", init="he", rng=rng) for _ in range(8)]
        self.dense = nn.Layer(72, 10, nonlin=False, rng=rng)

    def forward(self, x: Any) -> Any:
        """Return the ten logits of an image of 64 pixels."""
        maps = []
        for neuron in self.filters:
            rows = [
                [
                    neuron([x[(r + i) * 8 + c + j] for i in range(3) for j in range(3)])
                    for c in range(6)
                ]
                for r in range(6)
            ]
            maps += [
                autograd.maximum(
                    autograd.maximum(rows[r][c], rows[r][c + 1]),
                    autograd.maximum(rows[r + 1][c], rows[r + 1][c + 1]),
                )
                for r in range(0, 6, 2)
                for c in range(0, 6, 2)
            ]
        return self.dense(maps)


def convolution_fit() -> Step:
    """The small convolutional network through fit."""
    X, y = by_hand.random_images(32 * 50, 64)
    return _fit_step(SmallConvolution(), X, y, nn.cross_entropy, 32)


def moons_micrograd() -> Step:
    """The moons step of micrograd's notebook."""
    from micrograd.engine import Value as MicrogradValue
    from micrograd.nn import MLP
    from moons_demo import training_step

    return training_step(MicrogradValue, MLP)


def _torch(sizes: list[int], batch: int, threads: int, moons: bool) -> Step:
    import torch

    torch.set_num_threads(threads)
    layers: list[Any] = []
    for nin, nout in pairwise(sizes):
        layers += [torch.nn.Linear(nin, nout, dtype=torch.float64), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    X, y = by_hand.moons_data() if moons else by_hand.random_images(50 * batch, sizes[0])
    Xt, yt = torch.tensor(X), torch.tensor(y)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    state = {"at": 0}

    def step() -> None:
        i = state["at"] = (state["at"] + batch) % len(X)
        i = 0 if moons else i
        x, t = Xt[i : i + batch], yt[i : i + batch]
        optimizer.zero_grad()
        out = model(x)
        if moons:
            penalty = sum((p * p).sum() for p in model.parameters())
            loss = (1 - t * out[:, 0]).relu().mean() + 1e-4 * penalty
        else:
            loss = torch.nn.functional.cross_entropy(out, t)
        loss.backward()
        optimizer.step()

    return step


def moons_torch1() -> Step:
    """PyTorch, one thread."""
    return _torch([2, 16, 16, 1], 100, 1, True)


def moons_torch2() -> Step:
    """PyTorch, two threads."""
    return _torch([2, 16, 16, 1], 100, 2, True)


def digits_torch1() -> Step:
    """PyTorch, one thread."""
    return _torch([64, 32, 10], 32, 1, False)


def digits_torch2() -> Step:
    """PyTorch, two threads."""
    return _torch([64, 32, 10], 32, 2, False)


def mnist30_torch1() -> Step:
    """PyTorch, one thread."""
    return _torch([784, 30, 10], 32, 1, False)


def mnist30_torch2() -> Step:
    """PyTorch, two threads."""
    return _torch([784, 30, 10], 32, 2, False)


def mnist100_torch1() -> Step:
    """PyTorch, one thread."""
    return _torch([784, 100, 10], 128, 1, False)


def mnist100_torch2() -> Step:
    """PyTorch, two threads."""
    return _torch([784, 100, 10], 128, 2, False)


def _jax(sizes: list[int], batch: int, moons: bool) -> Step:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    params = [jnp.array(w) for w in by_hand.weights(sizes)]
    X, y = by_hand.moons_data() if moons else by_hand.random_images(50 * batch, sizes[0])

    def loss(params: Any, x: Any, t: Any) -> Any:
        for k in range(0, len(params), 2):
            x = x @ params[k] + params[k + 1]
            if k + 2 < len(params):
                x = jax.nn.relu(x)
        if moons:
            penalty = sum((p * p).sum() for p in params)
            return jax.nn.relu(1 - t * x[:, 0]).mean() + 1e-4 * penalty
        logp = jax.nn.log_softmax(x)
        return -jnp.take_along_axis(logp, t[:, None], axis=1).mean()

    @jax.jit
    def update(params: Any, x: Any, t: Any) -> Any:
        value, slopes = jax.value_and_grad(loss)(params, x, t)
        return [p - 0.1 * g for p, g in zip(params, slopes, strict=True)], value

    batches = [
        (jnp.array(X[i : i + batch]), jnp.array(y[i : i + batch])) for i in range(0, len(X), batch)
    ]
    state: dict[str, Any] = {"params": params, "at": 0}

    def step() -> None:
        x, t = batches[state["at"] % len(batches)]
        state["at"] += 1
        state["params"], value = update(state["params"], x, t)
        value.block_until_ready()

    start = time.perf_counter()
    step()
    return CompiledStep(step, time.perf_counter() - start)


def moons_jax() -> Step:
    """JAX, jit, CPU."""
    return _jax([2, 16, 16, 1], 100, True)


def digits_jax() -> Step:
    """JAX, jit, CPU."""
    return _jax([64, 32, 10], 32, False)


def mnist30_jax() -> Step:
    """JAX, jit, CPU."""
    return _jax([784, 30, 10], 32, False)


def mnist100_jax() -> Step:
    """JAX, jit, CPU."""
    return _jax([784, 100, 10], 128, False)


def _moons_program(unrolled: bool) -> Step:
    X, y = by_hand.moons_data()
    model = nn.MLP(2, [16, 16, 1])

    def penalty() -> Any:
        return 1e-4 * sum(p * p for p in model.parameters())

    if unrolled:
        rows, labels = X.tolist(), y.tolist()

        def total(scale: Any) -> Any:
            scores = [model(row) for row in rows]
            losses = [(1 + -t * s).relu() for t, s in zip(labels, scores, strict=True)]
            return sum(losses) * (1.0 / len(losses)) * scale + penalty()

        program = autograd.compile(total)
        return lambda: program.value_and_grad(1.0)
    program = autograd.compile(lambda x, t: (1 + -t * model(x)).relu() + penalty(), batch=True)
    return lambda: program.value_and_grad(X, y)


def unrolled_loop() -> Step:
    """The loss summed by a Python loop over all 100 samples, compiled without `batch`."""
    return _moons_program(True)


def unrolled_batched() -> Step:
    """The same loss written for one row, compiled with `batch=True`."""
    return _moons_program(False)


WORK: dict[str, tuple[str, dict[str, str]]] = {
    "moons": (
        "NumPy by hand",
        {
            "seegrad, fit": "moons_fit",
            "NumPy by hand": "by_hand.moons",
            "PyTorch, 1 thread": "moons_torch1",
            "PyTorch, 2 threads": "moons_torch2",
            "JAX, jit": "moons_jax",
            "micrograd": "moons_micrograd",
        },
    ),
    "64-32-10": (
        "NumPy by hand",
        {
            "seegrad, fit": "digits_fit",
            "NumPy by hand": "by_hand.digits",
            "PyTorch, 1 thread": "digits_torch1",
            "PyTorch, 2 threads": "digits_torch2",
            "JAX, jit": "digits_jax",
        },
    ),
    "784-30-10": (
        "NumPy by hand",
        {
            "seegrad, fit": "mnist30_fit",
            "NumPy by hand": "by_hand.mnist30",
            "PyTorch, 1 thread": "mnist30_torch1",
            "PyTorch, 2 threads": "mnist30_torch2",
            "JAX, jit": "mnist30_jax",
        },
    ),
    "784-100-10": (
        "NumPy by hand",
        {
            "seegrad, fit": "mnist100_fit",
            "NumPy by hand": "by_hand.mnist100",
            "PyTorch, 1 thread": "mnist100_torch1",
            "PyTorch, 2 threads": "mnist100_torch2",
            "JAX, jit": "mnist100_jax",
        },
    ),
    "convolution": (
        "NumPy by hand",
        {"seegrad, fit": "convolution_fit", "NumPy by hand": "by_hand.convolution"},
    ),
    "unrolled": (
        "batched program",
        {"unrolled program": "unrolled_loop", "batched program": "unrolled_batched"},
    ),
}


def main() -> None:
    """Print a table for each work asked for."""
    for work in sys.argv[1:] or WORK:
        reference, peers = WORK[work]
        compiled: dict[str, float] = {}
        medians = compare("compiled", peers, rounds=11, compiled=compiled)
        head = f"{work}, one step", "median us", f"time / {reference}", "compile s"
        rows: list[tuple[Any, ...]] = [head]
        for name, seconds in medians.items():
            ratio, first = f"{seconds / medians[reference]:.2f}", compiled.get(name, math.nan)
            rows.append(
                (name, f"{1e6 * seconds:.0f}", ratio, "" if first != first else f"{first:.2f}")
            )
        print(table(rows), "\n", flush=True)


if __name__ == "__main__":
    main()
