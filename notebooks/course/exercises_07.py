"""Exercises of notebook 7, learning better."""

from typing import Any

from autograd import Value
from course.kinds import ByHand, Tested, between, exercise, one_of

Graph = tuple[Value, dict[str, Any]]


def l2() -> Graph:
    w = Value(-0.5)
    C = 0.01 * w**2
    return C, locals()


def l1() -> Graph:
    w = Value(-0.5)
    C = 0.01 * abs(w)
    return C, locals()


def adam() -> Graph:
    """Two steps of Adam: the gradients 4 and 1, the rate 0.1."""
    g1, g2, beta1, beta2, eta = Value(4.0), Value(1.0), Value(0.9), Value(0.999), Value(0.1)
    m1, v1 = (1 - beta1) * g1, (1 - beta2) * g1**2
    step1 = -eta * (m1 / (1 - beta1)) / (v1 / (1 - beta2)).sqrt()
    m2, v2 = beta1 * m1 + (1 - beta1) * g2, beta2 * v1 + (1 - beta2) * g2**2
    mean2, square2 = m2 / (1 - beta1**2), v2 / (1 - beta2**2)
    step2 = -eta * mean2 / square2.sqrt()
    root = step1 + step2
    return root, locals()


EXERCISES = {
    "07.1": exercise(
        Tested(
            best=one_of(
                0.01,
                known={
                    "0.1": "with 0.1 no weight can grow: look at the accuracy",
                    "0": "without a penalty the wrong labels are learnt, too",
                    "0.001": "0.001 helps less than ten times as much",
                },
            )
        ),
        hints=("trained(few, wrong_labels, penalty=lambda m: nn.l2_penalty(m, strength))",),
    ),
    "07.2": exercise(
        Tested(
            with_50=between(0.72, 0.88, below="the share of the *validation* digits"),
            with_800=between(0.94, 0.985, above="the share of the *validation* digits"),
        ),
        hints=("model, _ = trained(X[:n], y[:n]), then nn.accuracy(model, X_val, y_val)",),
    ),
    "07.3": exercise(
        ByHand(l2, l2_slope="w"),
        ByHand(l1, l1_slope="w"),
        hints=("The slope of w² is 2w, and that of |w| is the sign of w.",),
    ),
    "07.4": exercise(
        ByHand(adam, of="data", mean="mean2", square="square2", step1="step1", step2="step2"),
        hints=(
            "m = 0.9 m + 0.1 g and v = 0.999 v + 0.001 g², both from 0.",
            "m after two steps: 0.46. Divide it by 1 - 0.9².",
            "The first step is -0.1, whatever the gradient.",
        ),
    ),
    "07.5": exercise(
        Tested(
            adam=between(0.001, 0.15, above="optimizer=nn.Adam(...) belongs into the sweep"),
            accuracy=between(0.85, 1.0, below="five epochs with a fifth of the rate"),
        ),
        hints=("nn.find_learning_rate(model, X, y, optimizer=adam, batch_size=100, seed=0)",),
    ),
}
