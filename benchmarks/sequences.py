"""Sequences in batches beside PyTorch and NumPy by hand: python benchmarks/sequences.py

Value and gradient, float64, one thread: 32 documents of 16 tokens through the scalar GPT of
`gpt.py`, whose text knows nothing of batches, beside the same network in PyTorch and JAX; and
an `nn.LSTM` of 32 numbers over 20 steps of 8, batch 32, with a mean squared error of a Linear on
the last of them, beside torch.nn.LSTM and NumPy by hand, forward and backward written out.
"""

import random
import time
from typing import Any

import numpy as np
from gpt import CONTEXT, GPT, VOCABULARY, loss_of
from gpt_peers import jax_step, torch_step
from side_by_side import CompiledStep, Step, compare, table

import autograd
import nn
from autograd import Value

DOCUMENTS = 32
INPUTS, HIDDEN, STEPS, BATCH = 8, 32, 20, 32


def documents() -> Any:
    """Random tokens: (documents, positions and one more)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, VOCABULARY, size=(DOCUMENTS, CONTEXT + 1))


def gpt_seegrad() -> Step:
    """The scalar GPT, compiled."""
    model, data = GPT(Value), documents()
    program = autograd.compile(lambda x, y: loss_of(model, x, y), batch=True)
    tokens, targets = data[:, :-1].tolist(), data[:, 1:].tolist()
    arrays = np.array(tokens, dtype=float), np.array(targets, dtype=float)
    start = time.process_time()
    program.value_and_grad(*arrays)
    return CompiledStep(lambda: program.value_and_grad(*arrays), time.process_time() - start)


def gpt_torch() -> Step:
    """The same in PyTorch."""
    return torch_step(documents())


def gpt_jax() -> Step:
    """The same in JAX."""
    return jax_step(documents())


def readings() -> tuple[Any, Any]:
    """Random sequences and targets."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(BATCH, STEPS, INPUTS)), rng.normal(size=BATCH)


def network() -> Any:
    """An LSTM and a Linear on its last state."""
    rng = random.Random(0)
    return nn.LSTM(INPUTS, HIDDEN, rng=rng), nn.Linear(HIDDEN, 1, rng=rng)


def lstm_seegrad() -> Step:
    """The LSTM of `nn`, compiled."""
    lstm, last = network()
    X, y = readings()

    @autograd.compile(batch=True)
    def error(x: Any, target: Any) -> Any:
        outputs, _ = lstm(x)
        (answer,) = last(outputs[-1])
        return (answer - target) ** 2

    start = time.process_time()
    error.value_and_grad(X, y)
    return CompiledStep(lambda: error.value_and_grad(X, y), time.process_time() - start)


def lstm_torch() -> Step:
    """The same by torch.nn.LSTM."""
    import torch

    torch.set_num_threads(1)
    lstm, last = (nn.to_torch(module) for module in network())
    X, y = map(torch.tensor, readings())
    parameters = [*lstm.parameters(), *last.parameters()]

    def step() -> Any:
        outputs, _ = lstm(X)
        loss = ((last(outputs[:, -1])[:, 0] - y) ** 2).mean()
        return loss.item(), torch.autograd.grad(loss, parameters)

    return step


def lstm_by_hand() -> Step:
    """The same in NumPy: one product for the inputs of all steps, one a step for the state."""
    lstm, last = network()

    def data(rows: Any) -> Any:
        return np.array(
            [[v.data for v in row] if isinstance(row, list) else row.data for row in rows]
        )

    W, V = data(lstm.weight_ih_l0), data(lstm.weight_hh_l0)
    b, c = data(lstm.bias_ih_l0), data(lstm.bias_hh_l0)
    w, bias = data(last.weight), last.neurons[0].bias.data
    X, y = readings()
    X = np.ascontiguousarray(X.transpose(1, 0, 2))
    sigmoids = np.ones(4 * HIDDEN)
    sigmoids[2 * HIDDEN : 3 * HIDDEN] = 2.0  # tanh(x) = 2 sigmoid(2 x) - 1

    def step() -> Any:
        H = np.zeros((STEPS + 1, BATCH, HIDDEN))
        C = np.zeros((STEPS + 1, BATCH, HIDDEN))
        G = (X.reshape(-1, INPUTS) @ W.T + (b + c)).reshape(STEPS, BATCH, 4 * HIDDEN)
        T = np.empty((STEPS, BATCH, HIDDEN))
        for t in range(STEPS):
            gates = G[t]
            gates += H[t] @ V.T
            gates *= -sigmoids
            np.exp(gates, out=gates)
            gates += 1.0
            np.divide(sigmoids, gates, out=gates)
            gates[:, 2 * HIDDEN : 3 * HIDDEN] -= 1.0
            i, f, g, o = np.split(gates, 4, axis=1)
            np.multiply(f, C[t], out=C[t + 1])
            C[t + 1] += i * g
            np.tanh(C[t + 1], out=T[t])
            np.multiply(o, T[t], out=H[t + 1])
        off = (H[-1] @ w.T)[:, 0] + bias - y
        loss = off @ off / BATCH
        to_answer = (2.0 / BATCH) * off[:, None]
        to_h, to_c = to_answer @ w, np.zeros((BATCH, HIDDEN))
        to_w, to_bias = to_answer.T @ H[-1], to_answer.sum(0)
        D = np.empty_like(G)
        for t in range(STEPS - 1, -1, -1):
            i, f, g, o = np.split(G[t], 4, axis=1)
            to_c += to_h * o * (1.0 - T[t] * T[t])
            d = D[t]
            d[:, :HIDDEN] = to_c * g * i * (1.0 - i)
            d[:, HIDDEN : 2 * HIDDEN] = to_c * C[t] * f * (1.0 - f)
            d[:, 2 * HIDDEN : 3 * HIDDEN] = to_c * i * (1.0 - g * g)
            d[:, 3 * HIDDEN :] = to_h * T[t] * o * (1.0 - o)
            to_h = d @ V
            to_c *= f
        flat = D.reshape(-1, 4 * HIDDEN)
        to_V = flat.T @ H[:-1].reshape(-1, HIDDEN)
        to_b = flat.sum(0)
        return loss, (flat.T @ X.reshape(-1, INPUTS), to_V, to_b, to_b, to_w, to_bias)

    return step


def rows(what: str, peers: dict[str, str], base: str) -> None:
    """Check that the peers agree, time them and print their table."""
    losses = {name: globals()[setup]() for name, setup in peers.items()}
    first, *others = [step()[0] for step in losses.values()]
    assert all(abs(other - first) <= 1e-12 * abs(first) for other in others), losses
    seconds: dict[str, float] = {}
    medians = compare("sequences", peers, rounds=15, compiled=seconds)
    found: list[tuple[Any, ...]] = [(what, "median us", "time", "to compile, s")]
    for name, median in medians.items():
        compiled = f"{seconds[name]:.1f}" if seconds[name] > 0.0 else ""
        found.append((name, f"{1e6 * median:.0f}", f"{median / medians[base]:.2f}", compiled))
    print(table(found))


def main() -> None:
    """Print the tables."""
    rows(
        "GPT, 32 documents of 16 tokens",
        {"seegrad, compiled": "gpt_seegrad", "PyTorch": "gpt_torch", "JAX, jit": "gpt_jax"},
        "PyTorch",
    )
    rows(
        "LSTM, 32 hidden, 20 steps, batch 32",
        {
            "seegrad, compiled": "lstm_seegrad",
            "NumPy by hand": "lstm_by_hand",
            "PyTorch": "lstm_torch",
        },
        "NumPy by hand",
    )


if __name__ == "__main__":
    main()
