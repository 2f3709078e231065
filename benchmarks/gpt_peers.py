"""The GPT of `gpt.py` on arrays of documents, as PyTorch's and JAX's users write it."""

import time
from typing import Any

import numpy as np
from gpt import GPT, HEADS, VOCABULARY, WIDTH
from side_by_side import CompiledStep, Step

SIZE = WIDTH // HEADS


def torch_step(documents: Any) -> Step:
    """Value and gradient of documents, shape (documents, positions + 1), in PyTorch."""
    import torch

    torch.set_num_threads(1)
    data = torch.tensor(documents)
    W = {
        name: torch.tensor(m, dtype=torch.float64, requires_grad=True)
        for name, m in vars(GPT(float)).items()
    }
    tokens, targets = data[:, :-1], data[:, 1:]
    count, length = tokens.shape

    def norm(x: Any) -> Any:
        return x * ((x * x).mean(-1, keepdim=True) + 1e-5) ** -0.5

    def heads(x: Any) -> Any:
        return x.view(count, length, HEADS, SIZE).transpose(1, 2)

    def step() -> Any:
        x = norm(W["tokens"][tokens] + W["positions"])
        h = norm(x)
        q, k, v = (heads(h @ W[name].T) for name in ("query", "key", "value"))
        mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = mixed.transpose(1, 2).reshape(count, length, WIDTH) @ W["out"].T + x
        x = torch.relu(norm(x) @ W["up"].T) @ W["down"].T + x
        logits = (x @ W["head"].T).view(-1, VOCABULARY)
        loss = torch.nn.functional.cross_entropy(logits, targets.reshape(-1))
        return loss.item(), torch.autograd.grad(loss, list(W.values()))

    return step


def jax_step(documents: Any) -> Step:
    """Value and gradient of documents, shape (documents, positions + 1), by JAX's jit."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    data = jnp.asarray(documents)
    weights = {name: jnp.asarray(np.array(m)) for name, m in vars(GPT(float)).items()}
    count, length = documents.shape[0], documents.shape[1] - 1
    causal = jnp.tril(jnp.ones((length, length), bool))

    def norm(x: Any) -> Any:
        return x * ((x * x).mean(-1, keepdims=True) + 1e-5) ** -0.5

    def heads(x: Any) -> Any:
        return x.reshape(count, length, HEADS, SIZE).transpose(0, 2, 1, 3)

    @jax.jit
    @jax.value_and_grad
    def both(W: Any, tokens: Any, targets: Any) -> Any:
        x = norm(W["tokens"][tokens] + W["positions"])
        h = norm(x)
        q, k, v = (heads(h @ W[name].T) for name in ("query", "key", "value"))
        scores = jnp.where(causal, q @ k.swapaxes(-1, -2) / SIZE**0.5, -jnp.inf)
        mixed = jax.nn.softmax(scores) @ v
        x = mixed.transpose(0, 2, 1, 3).reshape(count, length, WIDTH) @ W["out"].T + x
        x = jax.nn.relu(norm(x) @ W["up"].T) @ W["down"].T + x
        shares = jax.nn.log_softmax(x @ W["head"].T)
        return -jnp.take_along_axis(shares, targets[..., None], axis=-1).mean()

    def step() -> Any:
        value, slopes = both(weights, data[:, :-1], data[:, 1:])
        return float(value), {name: np.asarray(slope) for name, slope in slopes.items()}

    start = time.process_time()
    step()
    return CompiledStep(step, time.process_time() - start)
