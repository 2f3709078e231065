"""Exercises of notebook 4, training."""

import math
from typing import Any

from autograd import Value
from course.kinds import ByHand, Tested, Wrong, agrees, between, exercise

Graph = tuple[Value, dict[str, Any]]
BIAS = "layers.1.neurons.0.bias"


def moved(answer: list[str]) -> Wrong | None:
    names = [name.strip() for name in answer]
    if names == [BIAS]:
        return None
    if BIAS not in names:
        return Wrong("one that moved is not among them", "the last bias has no weight behind it")
    why = "their gradients are products with a 0: compare p.data with 0 after the training"
    return Wrong(f"{len(names)} parameters are too many", why, [BIAS])


def quadratic() -> Graph:
    s = Value(6.0)
    a = s.sigmoid()
    C = 0.5 * a**2
    return C, locals()


def cross_entropy() -> Graph:
    s = Value(6.0)
    a = s.sigmoid()
    C = -(1 - a).log()
    return C, locals()


def _bce(score: Any, target: float) -> float:
    s = float(getattr(score, "data", score))
    return math.log1p(math.exp(-s)) + (1 - target) * s


def _penalised(strength: float = 0.01, power: int = 2, mean: bool = False) -> Any:
    def penalised(score: Any, target: float, weights: list[Any]) -> float:
        penalty: float = sum(abs(w.data) ** power for w in weights)
        return _bce(score, target) + strength * penalty / (len(weights) if mean else 1)

    return penalised


CASES = (
    (Value(0.3), 1, [Value(2.0), Value(-3.0)]),
    (Value(-1.2), 0, [Value(0.5), Value(-0.4), Value(7.0)]),
)
EXERCISES = {
    "04.1": exercise(
        Tested(moved=moved),
        hints=(
            "[name for name, p in model.named_parameters() if p.data != 0]",
            "The gradient of a last weight is the error signal times tanh(0).",
        ),
    ),
    "04.2": exercise(
        Tested(
            without=between(20, 70, below="the loss of the whole epoch, as in history.loss"),
            with_momentum=between(3, 15, above="is momentum=0.9 there, and the network fresh?"),
        ),
        hints=("next(i for i, loss in enumerate(history.loss, start=1) if loss < 0.1)",),
    ),
    "04.3": exercise(
        Tested(
            ratio=between(
                1.85, 2.15,
                above="that is the ratio of the squares: take the root",
                below="the larger scatter, that of 4, stands above",
            )
        ),
        hints=(
            "means = [wishes[rng.integers(0, 200, n)].mean(axis=0) for _ in range(2000)]",
            "np.sqrt(np.mean(np.sum((means - whole) ** 2, axis=1)))",
        ),
    ),
    "04.4": exercise(
        ByHand(quadratic, slope_quadratic="s"),
        ByHand(cross_entropy, slope_cross_entropy="s"),
        Tested(
            epochs_quadratic=between(1000, 3000, below="is `start` 3.0? w and b start there"),
            epochs_cross_entropy=between(10, 60),
        ),
        hints=(
            "∂C/∂s = ∂C/∂a · σ'(s), and σ'(s) = a (1 - a).",
            "For the epochs: learn(cost, start=3.0, epochs=5000), and the first output below 0.5.",
        ),
    ),
    "04.5": exercise(
        Tested(
            penalised=agrees(
                _penalised(),
                *CASES,
                the_weights_are_squared_in_L2=_penalised(power=1),
                the_penalty_is_the_sum_not_the_mean=_penalised(mean=True),
                the_factor_001_is_missing=_penalised(strength=1.0),
                the_penalty_is_missing=_penalised(strength=0.0),
            )
        ),
        hints=("bce(score, target) + 0.01 * sum(w**2 for w in weights)",),
    ),
}  # fmt: skip
