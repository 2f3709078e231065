"""MLPClassifier: the softmax of a multi-layer perceptron, trained by cross-entropy."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from scipy.special import log_expit, log_softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from nn.checks import Array
from nn.sklearn.base import BaseMLP, counted


@dataclass(eq=False, repr=False)
class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-layer perceptron for two or more classes, with scikit-learn's interface.

    One output for each class, also where there are two. Scale the inputs first, as in
    `make_pipeline(StandardScaler(), MLPClassifier())`.

    Args:
        hidden_layer_sizes: the widths of the hidden layers; () for logistic regression.
        activation: "identity", "logistic", "tanh", "relu", or such as `autograd.softplus`.
        solver: "adam" or "sgd".
        alpha: L2 penalty on the weights, not on the biases; divided by what a batch counts.
        batch_size: examples in a step; "auto" is min(200, n).
        learning_rate_init: the learning rate at the start.
        learning_rate: "constant", or "adaptive": of "sgd" it is divided by 5 where the loss stands
            still, and the training ends where it is below 1e-6.
        warm_start: a further `fit` goes on with the model, as far as it fits the data.
        max_iter: epochs at most.
        shuffle: draw a new order of the examples for each epoch.
        random_state: an int, a `numpy.random.RandomState` or None; an int gives the same bytes.
        tol: what the loss must fall by to count as better; not used with `early_stopping`.
        verbose: print a line an epoch.
        momentum, nesterovs_momentum: of "sgd".
        early_stopping: hold out examples, stop when their loss has not fallen for
            `n_iter_no_change` epochs, and keep the weights of the best epoch.
        validation_fraction: the share to hold out, each class in its proportion; a class of one
            example is trained on.
        beta_1, beta_2, epsilon: of "adam".
        n_iter_no_change: epochs to wait for a better loss before stopping.
        class_weight: what each class counts, by label (1 where it says nothing); "balanced" makes
            all count alike.

    After `fit`: `classes_`, `n_features_in_`, `feature_names_in_` (where X has names), `model_`
    (the `nn.MLP`, which returns logits), `history_` (the last `nn.History`), `loss_curve_`,
    `loss_`, `n_iter_`, `coefs_`, `intercepts_`, `n_layers_`, `n_outputs_` and `out_activation_`.
    Where y is a matrix of 0 and 1, shape (n, questions), each column is a question of its own: the
    loss is binary cross-entropy, answers and probabilities have y's shape. Losses are means over
    the epoch, without the penalty.
    """

    _: KW_ONLY
    class_weight: str | Mapping[Any, float] | None = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new model on X, shape (n, features), and labels y, shape (n,) or (n, questions).

        `sample_weight`, shape (n,), is what each example counts: 2 is as good as having it twice,
        where a batch holds all examples. Warns with `ConvergenceWarning` where `max_iter` comes
        first. Raises `ValueError` for data that do not fit each other, fewer than two classes, or
        parameters out of range, and `FloatingPointError` where the loss stops being finite.
        """
        X, y = self._checked(X, y, reset=self._is_new)
        if y.ndim == 2:
            X, y, weights = counted(X, y, sample_weight)
            if self.class_weight is not None:
                raise ValueError("`class_weight` needs one label for each example")
            self._start(X.shape[1], y.shape[1])
            self.classes_, self.out_activation_ = np.arange(y.shape[1]), "logistic"
            self._train_to_the_end(X, y * 1.0, weights, "binary_cross_entropy_with_logits")
            return self
        known, classes = getattr(self, "classes_", None), np.unique(y)
        if self.warm_start and known is not None and not np.array_equal(known, classes):
            raise ValueError(f"`warm_start` goes on with the classes {known.tolist()} only")
        X, y, weights = counted(X, y, sample_weight)
        present = len(np.unique(y))
        if present < 2:
            raise ValueError(f"a classifier needs at least 2 classes, `y` has {present} class")
        weights = weights * compute_sample_weight(self.class_weight, y)
        self._start(X.shape[1], len(classes))
        self.classes_, self.out_activation_ = classes, "softmax"
        self._train_to_the_end(X, np.searchsorted(classes, y), weights, "cross_entropy")
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train the model one epoch more on X, shape (n, features), and labels y, shape (n,).

        The first call, unless `fit` came before, needs `classes`: all that will ever occur.
        `sample_weight`, shape (n,), is what each example counts. Optimiser and random numbers go on
        where they were. Each call compiles the model anew. Raises as `fit` does, and `ValueError`
        for unknown classes or class_weight="balanced".
        """
        first = not hasattr(self, "model_")
        if first and classes is None:
            raise ValueError("the first call of `partial_fit` needs `classes`, all there will be")
        if isinstance(self.class_weight, str):
            raise ValueError("`partial_fit` cannot balance classes: pass weights by label")
        X, y = self._checked(X, y, reset=first)
        if y.ndim == 2:
            raise ValueError("`partial_fit` takes one label for each example")
        known = unique_labels(classes) if first else self.classes_
        if not first and classes is not None and not np.array_equal(known, unique_labels(classes)):
            raise ValueError(f"`classes` must stay {known.tolist()}, got {classes!r:.60}")
        unknown = np.setdiff1d(y, known)
        if len(unknown):
            raise ValueError(f"`y` has class {unknown[0]!r}, which is none of {known.tolist()}")
        X, y, weights = counted(X, y, sample_weight)
        weights = weights * compute_sample_weight(self.class_weight, y)
        if first:
            self.classes_ = known
            self._start(X.shape[1], len(known))
        self._train(X, np.searchsorted(known, y), weights, "cross_entropy", epochs=1)
        self.out_activation_ = "softmax"
        return self

    def predict(self, X: Any) -> Array:
        """Return the most probable class of each row of X, shape (n,).

        Raises `NotFittedError` before `fit` and `ValueError` for unfit data.
        """
        logits = self._outputs(X)
        if self.out_activation_ == "logistic":
            return np.asarray((logits.reshape(len(logits), -1) > 0.0).astype(int))
        return np.asarray(self.classes_[logits.argmax(axis=1)])

    def predict_proba(self, X: Any) -> Array:
        """Return each class's probability for each of X, shape (n, classes), as in `classes_`.

        Raises `ValueError` before `fit`, and for an X of another width.
        """
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of `predict_proba` of X, exact also where those round to 0."""
        logits = self._outputs(X)
        if self.out_activation_ == "logistic":
            return np.asarray(log_expit(logits.reshape(len(logits), -1)))
        return np.asarray(log_softmax(logits, axis=1))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        shape = np.asarray(y, dtype=object).shape
        many = len(shape) == 2 and shape[1] > 1
        X, y = self._validated(X, y, multi_output=many, reset=reset)
        check_classification_targets(y)
        if many and type_of_target(y) != "multilabel-indicator":
            raise ValueError("`y` of several columns must hold 0 and 1, a question in each column")
        return X, y
