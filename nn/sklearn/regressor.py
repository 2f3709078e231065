"""MLPRegressor: a multi-layer perceptron for one or several numbers."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d, validate_data

from nn.layers.activations import Activation
from nn.losses import Loss
from nn.sklearn.base import Array, BaseMLP, counted


class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-layer perceptron for one or several numbers, with scikit-learn's interface.

    Scale inputs and targets first; `sklearn.compose.TransformedTargetRegressor` does the latter.

    Args:
        loss: a loss of `nn` for numbers, by name or as a function: "squared_error" (half the sum
            of squares over the outputs), "mse_loss", "l1_loss", "huber_loss".

    The other arguments and what there is after `fit` are as for `MLPClassifier`, but for
    `class_weight` and `classes_`.
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Activation = "relu",
        *,
        loss: str | Loss = "squared_error",
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        learning_rate: str = "constant",
        warm_start: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.loss = loss
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.learning_rate = learning_rate
        self.warm_start = warm_start

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

        Optimiser and random numbers go on where they were. Each call compiles the model anew.
        Raises as `fit` does, also where the number of outputs changes.
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
        X, y = validate_data(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, reset=reset
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y.astype(np.float64)
