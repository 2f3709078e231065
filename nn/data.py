"""Data: real data sets at hand, and cutting a training set into mini-batches.

A data set is split into training and test examples by a seed, each class in its proportion, so
that what is measured on the test set was never trained on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Dataset:
    """Examples and labels: `X_train` (n, features), `y_train` (n,), and the same for testing."""

    name: str
    X_train: Array
    y_train: Array
    X_test: Array
    y_test: Array
    classes: tuple[str, ...]


Rows = slice | Array


def minibatches(n: int, batch_size: int, rng: np.random.Generator | None) -> Iterator[Rows]:
    """Yield the rows of each batch, `batch_size` or, at the end, fewer of the rows 0..n-1.

    Shuffled rows are arrays of indices; without `rng` they are slices, in order.
    """
    order = None if rng is None else rng.permutation(n)
    for start in range(0, n, batch_size):
        rows = slice(start, min(start + batch_size, n))
        yield rows if order is None else order[rows]


def load(name: str, *, seed: int = 0, test_fraction: float = 0.2) -> Dataset:
    """Return the data set called `digits`, `iris` or `moons`, split by `seed`.

    Digits are 8x8 images of handwritten digits, 64 inputs in [0, 1]; iris has 4 inputs, scaled
    to [0, 1] by the range of the training set; moons are two noisy half circles in the plane.
    Raises `ImportError` without scikit-learn and `ValueError` for an unknown name.
    """
    try:
        from sklearn import datasets
        from sklearn.model_selection import train_test_split
        from sklearn.preprocessing import MinMaxScaler
    except ImportError:
        raise ImportError(
            "the data sets come with scikit-learn: pip install 'scalargrad[data]'"
        ) from None
    if name == "digits":
        X, y = datasets.load_digits(return_X_y=True)
        X, classes = X / 16.0, tuple(map(str, range(10)))
    elif name == "iris":
        bunch = datasets.load_iris()
        X, y, classes = bunch.data, bunch.target, tuple(map(str, bunch.target_names))
    elif name == "moons":
        X, y = datasets.make_moons(n_samples=250, noise=0.1, random_state=seed)
        classes = ("upper", "lower")
    else:
        raise ValueError(f"unknown data set {name!r}: choose one of {', '.join(DATASETS)}")
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=test_fraction, random_state=seed, stratify=y
    )
    if name == "iris":
        scaler = MinMaxScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    return Dataset(name, X_train, y_train, X_test, y_test, classes)


DATASETS = ("digits", "iris", "moons")


def check_examples(X: Any, name: str = "X") -> list[list[float]]:
    """Return `X` as rows of floats.

    Raises `ValueError` unless it holds at least one row, all rows of one width, all numbers.
    """
    array = _numbers(X, name)
    if array.size == 0:
        raise ValueError(f"`{name}` is empty, shape {array.shape}: pass at least one example")
    if array.ndim != 2:
        raise ValueError(
            f"`{name}` must have one row for each example, shape (n, features); got shape "
            f"{array.shape}"
        )
    rows: list[list[float]] = array.astype(float).tolist()
    return rows


def check_targets(y: Any, n: int, name: str = "y") -> list[Any]:
    """Return `y` as a list of `n` numbers, or of rows of two or more numbers.

    Where all of shape (n,) or (n, 1) are whole they come as int, so that 2.0 can be a class.
    Raises `ValueError` where there are not `n` of them or they are not numbers.
    """
    array = _numbers(y, name)
    if array.ndim not in (1, 2) or array.shape[1:] == (0,):
        raise ValueError(f"`{name}` must have shape (n,) or (n, outputs), got {array.shape}")
    if len(array) != n:
        raise ValueError(f"`X` has {n} examples and `{name}` has {len(array)}: they must match")
    if array.shape[1:] == (1,):
        array = array[:, 0]
    if array.ndim == 1 and (np.abs(array) < 2**53).all() and (array == np.rint(array)).all():
        array = array.astype(int)
    targets: list[Any] = array.tolist()
    return targets


def _numbers(data: Any, name: str) -> Array:
    try:
        array = np.asarray(data)
    except ValueError:
        raise ValueError(f"the rows of `{name}` have unequal lengths") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"`{name}` must hold real numbers, got dtype {array.dtype}: convert strings and "
            "objects first"
        )
    return array
