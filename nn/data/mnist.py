"""MNIST: 70,000 handwritten digits of 28x28 pixels, downloaded from openml.org."""

import http.client
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def mnist() -> tuple[Array, Array]:
    """Return X (70000, 784) in [0, 1] and labels (70000,), kept on disk by scikit-learn.

    Raises `ConnectionError` where the data cannot be had.
    """
    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one for each attempt that failed
            X, y = fetch_openml(
                "mnist_784",
                version=1,
                return_X_y=True,
                as_frame=False,
                parser="liac-arff",
                n_retries=1,
            )
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ConnectionError(
            "`mnist` is downloaded from openml.org once, and that failed "
            f"({' '.join(str(error).split()):.100}): connect to the network, or use `digits`"
        ) from None
    return np.asarray(X, dtype=float) / 255.0, np.asarray(y).astype(int)
