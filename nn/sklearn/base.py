"""What classifier and regressor share: from scikit-learn's parameters to one call of `nn.fit`.

Invariant: all random numbers come from `random_state`, drawn in one order: weights, held-out
examples, shuffling. So an int gives the same bytes in every fit.
"""

import math
import random
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from autograd.nesting import check_masks
from nn.checks import Array, by_name, check_size, not_negative, positive
from nn.layers import MLP
from nn.layers.activations import ACTIVATIONS, Activation
from nn.losses import Loss
from nn.optim import SGD, Adam, Optimizer
from nn.training.fit import fit
from nn.training.history import History, Observer
from nn.training.predictor import predictor_of
from nn.training.twins import architecture_of, call_twin

# Two of them scikit-learn calls differently.
ALL_ACTIVATIONS = {
    **ACTIVATIONS,
    "identity": ACTIVATIONS["linear"],
    "logistic": ACTIVATIONS["sigmoid"],
}


@dataclass(eq=False, repr=False)
class BaseMLP(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Builds the model and trains it; a subclass checks the targets and names the loss."""

    hidden_layer_sizes: int | Sequence[int] = (100,)
    activation: str | Activation = "relu"
    _: KW_ONLY
    solver: str = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate_init: float = 0.001
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: int = 10
    learning_rate: str = "constant"
    warm_start: bool = False

    def __getstate__(self) -> Any:
        """Return what copies and pickles hold; a copy in another process has twins again."""
        model = getattr(self, "model_", None)
        architecture = None if model is None else architecture_of(model)
        return {**super().__getstate__(), "_architecture": architecture}

    def __setstate__(self, state: Any) -> None:
        state = dict(state)
        architecture = state.pop("_architecture", None)
        super().__setstate__(state)
        if architecture is not None:
            call_twin(self.model_, architecture)

    @property
    def _is_new(self) -> bool:
        """Whether the next `fit` makes a model, so that its data say what there is to be."""
        return not (self.warm_start and hasattr(self, "model_"))

    def _start(self, features: int, outputs: int) -> None:
        """Make a new model, its optimiser and the source of all random numbers.

        With `warm_start` those of an earlier `fit` go on, where they fit.
        """
        if not self._is_new:
            shape = self.coefs_[0].shape[0], self.n_outputs_
            if shape != (features, outputs):
                raise ValueError(
                    f"`warm_start` goes on with a model of {shape[0]} features and {shape[1]} "
                    f"outputs, but these data have {features} and {outputs}: pass warm_start=False"
                )
            made = self.hidden_layer_sizes, self.activation
            if made != self._made:
                raise ValueError(
                    "`warm_start` goes on with the model as it is: `hidden_layer_sizes` and "
                    f"`activation` were {self._made}, now they are {made}"
                )
            self._optimizer = self._new_optimizer()
            return
        self._made: Any = self.hidden_layer_sizes, self.activation
        self._random = check_random_state(self.random_state)
        widths = self.hidden_layer_sizes
        hidden = list(widths) if isinstance(widths, Iterable) else [widths]
        activation = by_name("activation", self.activation, ALL_ACTIVATIONS)
        rng = random.Random(self._seed())
        sizes = [*hidden, outputs]
        self.model_ = MLP(features, sizes, activation=activation, init="xavier", rng=rng)
        if activation in ALL_ACTIVATIONS.values():
            call_twin(self.model_, (features, *self.model_.nouts, activation))
        self._optimizer = self._new_optimizer()
        self.loss_curve_: list[float] = []
        self.n_iter_ = 0

    def _new_optimizer(self) -> Optimizer:
        """Return the optimiser; its first group are the weights, which decay, then the biases."""
        neurons = [neuron for layer in self.model_.layers for neuron in layer.neurons]
        groups: list[dict[str, Any]] = [
            {"params": [weight for neuron in neurons for weight in neuron.weights]},
            {"params": [neuron.bias for neuron in neurons]},
        ]
        lr = positive("learning_rate_init", self.learning_rate_init)
        if self.solver == "sgd":
            nesterov = bool(self.nesterovs_momentum and self.momentum)
            return SGD(groups, lr, momentum=self.momentum, nesterov=nesterov)
        if self.solver == "adam":
            return Adam(groups, lr, betas=(self.beta_1, self.beta_2), eps=self.epsilon)
        raise ValueError(f"unknown solver {self.solver!r}: choose `sgd` or `adam`")

    def _train_to_the_end(self, X: Array, y: Array, weights: Array, loss: str | Loss) -> None:
        """Train until nothing improves, and warn where that does not happen."""
        epochs = check_size("max_iter", self.max_iter)
        patience = check_size("n_iter_no_change", self.n_iter_no_change)
        how: dict[str, Any] = {"epochs": epochs}
        adaptive = self.learning_rate == "adaptive"
        if self.learning_rate not in ("constant", "adaptive"):
            raise ValueError(
                f"`learning_rate` must be 'constant' or 'adaptive', got {self.learning_rate!r}"
            )
        if self.early_stopping:
            how.update(validation=float(self.validation_fraction), early_stopping=patience)
        else:
            optimizer = self._optimizer if adaptive and self.solver == "sgd" else None
            tol = not_negative("tol", self.tol)
            how.update(callbacks=[Standstill(tol, patience, optimizer)])
        history = self._train(X, y, weights, loss, **how)
        if history.stopped in ("", "interrupted"):
            reason = f"reached after {epochs} epochs" if not history.stopped else "interrupted"
            warnings.warn(
                f"the end of the training was {reason}, before the loss stood still: a larger "
                "`max_iter`, another `learning_rate_init` or scaled inputs help",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _train(self, X: Array, y: Array, weights: Array, loss: str | Loss, **how: Any) -> History:
        """Run `nn.fit` on the model as it is and note what it saw."""
        auto = isinstance(self.batch_size, str) and self.batch_size == "auto"
        batch = min(200 if auto else check_size("batch_size", self.batch_size), len(X))
        # scikit-learn's penalty, alpha |w|^2 / 2 over the batch's sum of weights, as a gradient.
        decay = not_negative("alpha", self.alpha) / (batch * float(weights.mean()))
        self._optimizer.param_groups[0]["weight_decay"] = decay
        alike = bool((weights == weights[0]).all())
        if self.verbose:
            how["callbacks"] = [*how.get("callbacks", ()), Lines(self.n_iter_)]
        history = fit(
            self.model_,
            X,
            y,
            loss=loss,
            optimizer=self._optimizer,
            batch_size=batch,
            shuffle=bool(self.shuffle),
            sample_weight=None if alike else weights / weights.mean(),
            seed=self._seed(),
            progress=False,
            **how,
        )
        self.history_ = history
        self.loss_curve_ = self.loss_curve_ + history.loss
        self.n_iter_ = len(self.loss_curve_)
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else math.nan
        return history

    def _validated(self, X: Any, *y: Any, **how: Any) -> Any:
        """Return X, and y if given, as scikit-learn checks them, who takes what is masked."""
        for name, data in zip(("`X`", "`y`"), (X, *y), strict=False):
            check_masks(data, name)
        return validate_data(self, X, *y, dtype=np.float64, **how)

    def _outputs(self, X: Any) -> Array:
        """Return what the model says, shape (n,) or (n, outputs), for X (n, features)."""
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        neurons = [neuron for layer in self.model_.layers for neuron in layer.neurons]
        marks = [*map(id, self.model_.layers), *map(id, neurons)]  # a look at all takes 2 ms
        marks += [id(neuron.activation) for neuron in neurons]
        predictor = predictor_of(self.model_, marks)
        outputs = predictor(X)
        return outputs[:, 0] if predictor.bare else outputs

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer, shape (inputs, units)."""
        return [
            np.array([[w.data for w in neuron.weights] for neuron in layer.neurons]).T
            for layer in self.model_.layers
        ]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer, shape (units,)."""
        biases = [[neuron.bias for neuron in layer.neurons] for layer in self.model_.layers]
        return [np.array([0.0 if b is None else b.data for b in layer]) for layer in biases]

    @property
    def n_layers_(self) -> int:
        """How many layers there are, the inputs counted as one."""
        return len(self.model_.layers) + 1

    @property
    def n_outputs_(self) -> int:
        """How many numbers the model returns."""
        return len(self.model_.layers[-1].neurons)

    def _seed(self) -> int:
        return int(self._random.randint(2**31 - 1))


class Standstill(Observer):
    """Stops the training where the loss has not fallen by `tol` for more than `patience` epochs.

    With an `optimizer` its learning rate is divided by 5 instead, until it is below 1e-6. This is
    scikit-learn's rule. The weights stay those of the last epoch.
    """

    def __init__(self, tol: float, patience: int, optimizer: Optimizer | None = None) -> None:
        self.tol, self.patience, self.optimizer = tol, patience, optimizer
        self.best, self.waited = math.inf, 0

    def __call__(self, history: History) -> bool:
        """Note the epoch that ended; return whether to stop."""
        loss = history.loss[-1]
        self.waited = self.waited + 1 if loss > self.best - self.tol else 0
        self.best = min(self.best, loss)
        if self.waited <= self.patience:
            return False
        if self.optimizer is None or history.lr[-1] <= 1e-6:
            return True
        for group in self.optimizer.param_groups:
            group["lr"] /= 5.0
        self.waited = 0
        return False


class Lines(Observer):
    """Prints a line an epoch, as scikit-learn does."""

    def __init__(self, before: int) -> None:
        self.before = before

    def __call__(self, history: History) -> None:
        """Print the epoch that ended."""
        print(f"Iteration {self.before + len(history.loss)}, {history.report()}")


def counted(X: Array, y: Array, sample_weight: Any) -> tuple[Array, Array, Array]:
    """Return the examples whose weight is not 0, and their weights, shape (n,).

    Leaving the others out makes a weight of 0 and a missing example the same. Raises `ValueError`
    for weights of another shape, negative or not finite, and where all are 0.
    """
    check_masks(sample_weight, "`sample_weight`")
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weights < 0.0).any() or not weights.any():
        raise ValueError("`sample_weight` must not be negative, and not 0 for all examples")
    kept = weights > 0.0
    return X[kept], y[kept], weights[kept]
