"""The programs of `irregular.py` as JAX is written: on arrays, with scans over time, and jit."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from side_by_side import CompiledStep, Step

STEPS = 100


def _compiled(function: Callable[..., Any], *given: Any, argnums: int = 0) -> Step:
    """Value and gradient of a function, and the time of the first call."""
    import jax

    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.value_and_grad(function, argnums=argnums))
    arrays = [jax.numpy.asarray(np.asarray(x, dtype=float)) for x in given]

    def step() -> Any:
        value, slopes = both(*arrays)
        return float(value), np.asarray(slopes).ravel()

    start = time.perf_counter()
    step()
    return CompiledStep(step, time.perf_counter() - start)


def _swing(start: Any, length: Any, damping: Any) -> Any:
    """The angle of a pendulum after STEPS steps of 0.05 s by Runge and Kutta's method."""
    import jax
    import jax.numpy as jnp

    h = 0.05

    def slope(state: Any) -> Any:
        angle, speed = state
        return jnp.array([speed, -9.81 / length * jnp.sin(angle) - damping * speed])

    def step(state: Any, _: Any) -> Any:
        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        k3 = slope(state + h / 2 * k2)
        k4 = slope(state + h * k3)
        return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    return jax.lax.scan(step, start, None, length=STEPS)[0][0]


def pendulum(numbers: list[float]) -> Step:
    """One pendulum, by all its four numbers."""
    return _compiled(lambda p: _swing(p[:2], p[2], p[3]), numbers)


def rows(starts: Any, shared: list[float]) -> Step:
    """Many of them, mapped: the mean angle, by length and damping."""

    def mean(starts: Any, shared: Any) -> Any:
        import jax

        return jax.vmap(_swing, in_axes=(0, None, None))(starts, shared[0], shared[1]).mean()

    return _compiled(mean, starts, shared, argnums=1)


def bodies(numbers: list[float]) -> Step:
    """Five bodies, all pairs at once."""
    n = 5

    def apart(p: Any) -> Any:
        import jax
        import jax.numpy as jnp

        masses, place = p[:n], p[n:].reshape(2, n).T
        speed = jnp.array([[0.3 * math.sin(2.0 * i), 0.2 * math.cos(i)] for i in range(n)])

        def step(state: Any, _: Any) -> Any:
            place, speed = state
            d = place[None] - place[:, None]
            near = (d * d).sum(axis=2) + 0.05
            strength = 0.02 / (near * jnp.sqrt(near)) * masses[None]
            speed = speed + (strength[:, :, None] * d).sum(axis=1)
            return (place + 0.1 * speed, speed), None

        place, _ = jax.lax.scan(step, (place, speed), None, length=20)[0]
        return ((place[0] - place[1]) ** 2).sum()

    return _compiled(apart, numbers)


def lstm(numbers: list[float], hidden: int) -> Step:
    """The cell over 50 steps, four matrices in one."""

    def remember(p: Any) -> Any:
        import jax
        import jax.numpy as jnp

        weights = p.reshape(4 * hidden, hidden + 2)

        def step(carried: Any, x: Any) -> Any:
            state, cell = carried
            keep, write, show, new = jnp.split(
                weights @ jnp.concatenate([state, jnp.array([x, 1.0])]), 4
            )
            cell = jax.nn.sigmoid(keep) * cell + jax.nn.sigmoid(write) * jnp.tanh(new)
            return (jax.nn.sigmoid(show) * jnp.tanh(cell), cell), None

        inputs = jnp.sin(0.3 * jnp.arange(50.0))
        start = jnp.zeros(hidden), jnp.zeros(hidden)
        return (jax.lax.scan(step, start, inputs)[0][0] ** 2).sum()

    return _compiled(remember, numbers)


def springs(numbers: list[float]) -> Step:
    """The energy of all springs at once."""
    pairs = [(k, k % 40, (7 * k + k // 40 + 1) % 40) for k in range(300)]
    k, i, j = np.array([pair for pair in pairs if pair[1] != pair[2]]).T

    def energy(p: Any) -> Any:
        import jax.numpy as jnp

        d = p.reshape(40, 2)[i] - p.reshape(40, 2)[j]
        length = jnp.sqrt((d * d).sum(axis=1) + 1e-6)
        return ((length - (0.3 + 0.001 * k)) ** 2 * (1.0 + k % 3)).sum()

    return _compiled(energy, numbers)
