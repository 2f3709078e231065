"""Sources: the data sets that have a name, as they are before they are split and scaled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from nn.data.extra import require_sklearn
from nn.data.mnist import mnist
from nn.data.points import spirals, xor

Array = npt.NDArray[Any]

DIGITS = tuple(map(str, range(10)))
PLANE = ("x", "y")


@dataclass(frozen=True)
class Source:
    """All examples of a data set, and how they are usually scaled."""

    X: Array
    y: Array
    classes: tuple[str, ...]
    columns: tuple[str, ...] = ()
    shape: tuple[int, int, int] | None = None
    scale: str | None = None


def _digits(seed: int) -> Source:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return Source(X / 16.0, y, DIGITS, shape=(1, 8, 8))


def _iris(seed: int) -> Source:
    from sklearn.datasets import load_iris

    bunch = load_iris()
    classes, columns = (tuple(map(str, x)) for x in (bunch.target_names, bunch.feature_names))
    return Source(bunch.data, bunch.target, classes, columns, scale="minmax")


def _moons(seed: int) -> Source:
    from sklearn.datasets import make_moons

    X, y = make_moons(n_samples=250, noise=0.1, random_state=seed)
    return Source(X, y, ("upper", "lower"), PLANE)


def _circles(seed: int) -> Source:
    from sklearn.datasets import make_circles

    X, y = make_circles(n_samples=250, noise=0.08, factor=0.5, random_state=seed)
    return Source(X, y, ("outer", "inner"), PLANE)


def _xor(seed: int) -> Source:
    return Source(*xor(seed=seed), ("equal", "different"), PLANE)


def _spirals(seed: int) -> Source:
    return Source(*spirals(seed=seed), ("arm 0", "arm 1", "arm 2"), PLANE)


def _mnist(seed: int) -> Source:
    return Source(*mnist(), DIGITS, shape=(1, 28, 28))


SOURCES: dict[str, Callable[[int], Source]] = {
    "digits": _digits,
    "iris": _iris,
    "moons": _moons,
    "xor": _xor,
    "spirals": _spirals,
    "circles": _circles,
    "mnist": _mnist,
}
DATASETS = tuple(SOURCES)


def source(name: str, seed: int) -> Source:
    """Return the data set called `name`; `seed` draws those that are made up.

    Raises `ValueError` for an unknown name and `ImportError` without scikit-learn.
    """
    if name not in SOURCES:
        raise ValueError(f"unknown data set {name!r}: choose one of {', '.join(DATASETS)}")
    require_sklearn()
    return SOURCES[name](seed)
