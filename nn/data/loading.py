"""Loading: a data set by its name, split by a seed and scaled."""

from nn.data.dataset import Dataset
from nn.data.partition import hold_out
from nn.data.scaling import Scaling, fit_scaling
from nn.data.sources import source


def load(
    name: str,
    *,
    seed: int = 0,
    test_fraction: float = 0.2,
    scale: str | Scaling | None = "usual",
) -> Dataset:
    """Return the data set called `name`, split by `seed`, each class in its proportion.

    `digits`: 1,797 images of 8x8 pixels, 64 inputs in [0, 1]; `iris`: 150 flowers, 4 inputs, the
    usual scaling is "minmax"; `moons`, `circles`, `xor` and three `spirals`: noisy points of the
    plane, drawn by `seed`; `mnist`: 70,000 images of 28x28 pixels, downloaded the first time.
    `scale` is "standard", "minmax", both fitted on the training part only, None, or a `Scaling`
    that has been fitted before.

    Raises `ValueError` for an unknown name or scaling, `ConnectionError` where `mnist` cannot be
    downloaded, and `ImportError` without scikit-learn.
    """
    found = source(name, seed)
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
