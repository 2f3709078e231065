"""Sources: data sets by their name, as they are, and split by a seed and scaled."""

import http.client
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np

from nn.checks import Array, require
from nn.data.dataset import Dataset
from nn.data.partition import hold_out
from nn.data.points import spirals, xor
from nn.data.scaling import Scaling, fit_scaling
from nn.data.text import Text, names

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


@overload  # a str that is not this one gives a Dataset, which mypy cannot be told
def load(name: Literal["names"]) -> Text: ...  # type: ignore[overload-overlap]
@overload
def load(
    name: str, *, seed: int = 0, test_fraction: float = 0.2, scale: str | Scaling | None = "usual"
) -> Dataset: ...
def load(
    name: str, *, seed: int = 0, test_fraction: float = 0.2, scale: str | Scaling | None = "usual"
) -> Any:
    """Return the data set called `name`, split by `seed`, each class in its proportion.

    `test_fraction`, between 0 and 1, is the share of its examples that are for testing.

    `digits`: 1,797 images of 8x8 pixels, 64 inputs in [0, 1]; `iris`: 150 flowers, 4 inputs, the
    usual scaling is "minmax"; `moons`, `circles`, `xor` and three `spirals`: noisy points of the
    plane, drawn by `seed`; `mnist`: 70,000 images of 28x28 pixels, downloaded the first time.
    `scale` is "standard", "minmax", both fitted on the training part only, None, or a `Scaling`
    that has been fitted before. `names` is a `Text`, 5,163 first names, which is not split.

    Raises `ValueError` for an unknown name or scaling, `ConnectionError` where `mnist` cannot be
    downloaded, and `ImportError` without scikit-learn, which xor and spirals do not need.
    """
    if name in TEXTS:
        return TEXTS[name]()
    if name not in SOURCES:
        known = ", ".join((*DATASETS, *TEXTS))
        raise ValueError(f"unknown data set {name!r}: choose one of {known}")
    found = SOURCES[name](seed)
    X_train, y_train, X_test, y_test = hold_out(found.X, found.y, test_fraction, seed)
    kind = found.scale if scale == "usual" else scale
    scaling = fit_scaling(X_train, kind, found.columns) if isinstance(kind, str) else kind
    if scaling is not None:
        X_train, X_test = scaling.apply(X_train), scaling.apply(X_test)
    return Dataset(
        name,
        X_train,
        y_train,
        X_test,
        y_test,
        found.classes,
        found.columns,
        shape=found.shape,
        scaling=scaling,
    )


def _sklearn_datasets() -> Any:
    require("sklearn", "its data sets")
    import sklearn.datasets

    return sklearn.datasets


def _digits(seed: int) -> Source:
    X, y = _sklearn_datasets().load_digits(return_X_y=True)
    return Source(X / 16.0, y, DIGITS, shape=(1, 8, 8))


def _iris(seed: int) -> Source:
    bunch = _sklearn_datasets().load_iris()
    classes, columns = (tuple(map(str, x)) for x in (bunch.target_names, bunch.feature_names))
    return Source(bunch.data, bunch.target, classes, columns, scale="minmax")


def _plane(make: Callable[[int], tuple[Array, Array]], *classes: str) -> Callable[[int], Source]:
    return lambda seed: Source(*make(seed), classes, PLANE)


def _made(name: str, **how: Any) -> Callable[[int], Any]:
    """The same by a function of scikit-learn."""
    make = f"make_{name}"
    return lambda seed: getattr(_sklearn_datasets(), make)(250, random_state=seed, **how)


def _mnist(seed: int) -> Source:
    fetch = _sklearn_datasets().fetch_openml
    how = {"version": 1, "return_X_y": True, "as_frame": False, "parser": "liac-arff"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one for each attempt that failed
            X, y = fetch("mnist_784", n_retries=1, **how)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ConnectionError(
            "`mnist` is downloaded from openml.org once, and that failed "
            f"({' '.join(str(error).split()):.100}): connect to the network, or use `digits`"
        ) from None
    X, y = np.asarray(X, dtype=float) / 255.0, np.asarray(y).astype(int)
    return Source(X, y, DIGITS, shape=(1, 28, 28))


SOURCES: dict[str, Callable[[int], Source]] = {
    "digits": _digits,
    "iris": _iris,
    "moons": _plane(_made("moons", noise=0.1), "upper", "lower"),
    "xor": _plane(lambda seed: xor(seed=seed), "equal", "different"),
    "spirals": _plane(lambda seed: spirals(seed=seed), "arm 0", "arm 1", "arm 2"),
    "circles": _plane(_made("circles", noise=0.08, factor=0.5), "outer", "inner"),
    "mnist": _mnist,
}
DATASETS = tuple(SOURCES)
TEXTS: dict[str, Callable[[], Text]] = {"names": names}
