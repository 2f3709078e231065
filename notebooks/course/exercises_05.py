"""Exercises of notebook 5: perceptron, Adaline and logistic regression."""

from collections.abc import Mapping
from typing import Any

import nn
from autograd import Value
from course.kinds import ByHand, Numbers, Tested, agrees, between, exercise

Graph = tuple[Value, dict[str, Any]]


def criterion() -> Graph:
    w1, w2, b = Value(0.5), Value(-1.0), Value(0.25)
    score = w1 * 1.0 + w2 * 2.0 + b
    C = (-1.0 * score).relu()
    return C, locals()


def rule(w: list[float], b: float, x: list[float], y: int, rate: float) -> tuple[Any, float]:
    score = sum(p * q for p, q in zip(w, x, strict=True)) + b
    if y * score >= 0:
        return w, b
    return [p + rate * y * q for p, q in zip(w, x, strict=True)], b + rate * y


def always(w: Any, b: float, x: Any, y: int, rate: float) -> tuple[Any, float]:
    return [p + rate * y * q for p, q in zip(w, x, strict=True)], b + rate * y


def without_label(w: Any, b: float, x: Any, y: int, rate: float) -> tuple[Any, float]:
    new, c = rule(w, b, x, y, rate)
    return (new, c) if new is w else always(w, b, x, 1, rate)


def away(w: Any, b: float, x: Any, y: int, rate: float) -> tuple[Any, float]:
    new, c = rule(w, b, x, y, rate)
    return (new, c) if new is w else always(w, b, x, y, -rate)


def still(w: Any, b: float, x: Any, y: int, rate: float) -> tuple[Any, float]:
    return rule(w, b, x, y, rate)[0], b


def logistic() -> Graph:
    w, b, x, y = Value(0.5), Value(-0.2), 2.0, 1.0
    s = w * x + b
    a = s.sigmoid()
    C = -y * a.log() - (1.0 - y) * (1.0 - a).log()
    return C, locals()


def sgd(names: Mapping[str, Any]) -> Any:
    return nn.SGD([names[name] for name in ("w1", "w2", "b")], lr=0.1)


CASES = (
    ([0.5, -1.0], 0.25, [1.0, 2.0], 1, 0.1),
    ([0.5, 1.0], 0.25, [1.0, 2.0], -1, 0.2),
    ([0.5, 1.0], 0.25, [1.0, 2.0], 1, 0.1),
)
EXERCISES = {
    "05.1": exercise(
        ByHand(criterion, step=sgd, w1="w1", w2="w2", b="b"),
        hints=(
            "The score is 0.5 · 1 - 1 · 2 + 0.25 = -1.25, the label +1: wrong, so it learns.",
            "w + η y x, for the bias with an input of 1.",
        ),
    ),
    "05.2": exercise(
        Tested(
            rule=agrees(
                rule,
                *CASES,
                where_the_answer_is_right_nothing_changes=always,
                the_label_is_missing_so_it_always_moves_towards_x=without_label,
                it_moves_away_from_the_right_answer=away,
                the_bias_learns_too=still,
            )
        ),
        hints=(
            "score = sum of w · x, plus b. Is y * score below 0?",
            "Then return [w_i + rate * y * x_i …], b + rate * y; else w, b.",
        ),
    ),
    "05.3": exercise(
        Tested(
            edge=between(
                1.09, 1.105,
                above="a step multiplies by 1 - η λ, which must stay above -1",
                below="the largest eigenvalue counts, and the bound is 2 / λ",
            )
        ),
        hints=(
            "np.linalg.eigvalsh(A.T @ A / 100).max()",
            "Try adaline(100, lr=…) a little below and above.",
        ),
    ),
    "05.4": exercise(
        ByHand(logistic, dC_ds="s", dC_dw="w", dC_db="b"),
        Numbers(
            {-0.3100255: "that is a - y, the gradient; asked is the probability"},
            probability=0.6899744811276125,
        ),
        hints=(
            "s = 0.5 · 2 - 0.2 = 0.8, and a = σ(0.8).",
            "∂C/∂s = a - y: the slope of the sigmoid has cancelled.",
            "∂C/∂w = ∂C/∂s · x.",
        ),
    ),
}  # fmt: skip
