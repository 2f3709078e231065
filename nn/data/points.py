"""Points of the plane that no straight line separates, drawn by a seed."""

import numpy as np

from nn.checks import Array, check_size, not_negative


def xor(n: int = 200, *, noise: float = 0.15, seed: int = 0) -> tuple[Array, Array]:
    """Return `n` points around the corners of the unit square, X (n, 2), and labels (n,).

    The label is 1 where the corner's coordinates differ; the corners take turns, and `noise`, drawn
    by `seed`, is the standard deviation around them. Raises `ValueError` for an `n` below 1 or
    negative noise.
    """
    corners = np.arange(check_size("n", n)) % 4
    centers = np.stack([corners // 2, corners % 2], axis=1)
    rng = np.random.default_rng(seed)
    X = centers + not_negative("noise", noise) * rng.standard_normal(centers.shape)
    return X, centers.sum(axis=1) % 2


def spirals(
    n: int = 300, arms: int = 3, *, noise: float = 0.2, seed: int = 0
) -> tuple[Array, Array]:
    """Return `n` points on `arms` spirals inside the unit circle, X (n, 2), and arms (n,).

    Point i is on arm i % arms; on each arm the radius grows evenly and the angle by 4 radians, with
    `noise` as the standard deviation of the angle (as in Stanford's course CS231n), drawn by
    `seed`. Raises `ValueError` for sizes below 1 or negative noise.
    """
    n, arms = check_size("n", n), check_size("arms", arms)
    arm = np.arange(n) % arms
    radius = (np.arange(n) // arms + 1) / -(-n // arms)
    rng = np.random.default_rng(seed)
    blur = not_negative("noise", noise) * rng.standard_normal(n)
    angle = 2 * np.pi * arm / arms + 4 * radius + blur
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), arm
