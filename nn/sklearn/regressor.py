"""MLPRegressor: a multi-layer perceptron for one or several numbers."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from nn.checks import Array
from nn.losses import Loss
from nn.sklearn.base import BaseMLP, counted


@dataclass(eq=False, repr=False)
class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-layer perceptron for one or several numbers, with scikit-learn's interface.

    Scale inputs and targets first; `sklearn.compose.TransformedTargetRegressor` does the latter.

    Args:
        loss: a loss of `nn` for numbers, by name or as a function: "squared_error" (half the sum
            of squares over the outputs), "mse_loss", "l1_loss", "huber_loss".

    The other arguments and what there is after `fit` are as for `MLPClassifier`, but for
    `class_weight` and `classes_`.
    """

    _: KW_ONLY
    loss: str | Loss = "squared_error"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new model on X, shape (n, features), and y, shape (n,) or (n, outputs).

        `sample_weight`, warnings and errors are as for `MLPClassifier.fit`.
        """
        X, y = self._checked(X, y, reset=self._is_new)
        X, y, weights = counted(X, y, sample_weight)
        self._start(X.shape[1], 1 if y.ndim == 1 else y.shape[1])
        self.out_activation_ = "identity"
        self._train_to_the_end(X, y, weights, self.loss)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the model one epoch more on X, shape (n, features), and y as for `fit`.

        `sample_weight`, shape (n,), is what each counts. Optimiser and random numbers go on where
        they were. Each call compiles the model anew. Raises as `fit` does, also where the number of
        outputs changes.
        """
        first = not hasattr(self, "model_")
        X, y = self._checked(X, y, reset=first)
        X, y, weights = counted(X, y, sample_weight)
        if first:
            self._start(X.shape[1], 1 if y.ndim == 1 else y.shape[1])
        self._train(X, y, weights, self.loss, epochs=1)
        self.out_activation_ = "identity"
        return self

    def predict(self, X: Any) -> Array:
        """Return the numbers for each row of X, shape (n,) or (n, outputs).

        Raises `NotFittedError` before `fit` and `ValueError` for unfit data.
        """
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        X, y = self._validated(X, y, multi_output=True, y_numeric=True, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y.astype(np.float64)
