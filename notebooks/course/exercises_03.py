"""Exercises of notebook 3, Mazur's network."""

from typing import Any

from autograd import Value
from course.kinds import ByHand, Tested, between, exercise, one_of

Graph = tuple[Value, dict[str, Any]]


def mazur() -> Graph:
    i1, i2 = Value(0.05), Value(0.10)
    w1, w2, w3, w4 = slopes = [Value(w) for w in (0.15, 0.20, 0.25, 0.30)]
    w5, w6, w7, w8 = [Value(w) for w in (0.40, 0.45, 0.50, 0.55)]
    b1, b2 = Value(0.35), Value(0.60)
    net_h1 = w1 * i1 + w2 * i2 + b1
    net_h2 = w3 * i1 + w4 * i2 + b1
    out_h1, out_h2 = net_h1.sigmoid(), net_h2.sigmoid()
    net_o1 = w5 * out_h1 + w6 * out_h2 + b2
    net_o2 = w7 * out_h1 + w8 * out_h2 + b2
    out_o1, out_o2 = net_o1.sigmoid(), net_o2.sigmoid()
    E = 0.5 * (0.01 - out_o1) ** 2 + 0.5 * (0.99 - out_o2) ** 2
    slopes = [*slopes, w5, w6, w7, w8]
    return E, locals()


def chain() -> Graph:
    x, y = Value(0.7), Value(-0.3)
    w1, w2, w3 = Value(0.5), Value(-1.2), Value(0.8)
    s_i = w1 * x
    z_i = s_i.sigmoid()
    s_k = w2 * z_i
    z_k = s_k.sigmoid()
    y_hat = w3 * z_k
    E = 0.5 * (y_hat - y) ** 2
    return E, locals()


EXERCISES = {
    "03.1": exercise(
        ByHand(mazur, dE_dw6="w6", dE_dw3="w3"),
        hints=(
            "The error signal at the end of the weight times the signal at its start.",
            "w6 leads from h2 to o1; w3 leads from i1 to h2.",
        ),
    ),
    "03.2": exercise(
        ByHand(mazur, slopes="slopes"),
        hints=(
            "Copy `start`, raise one entry by h, lower it by h in another copy.",
            "(error(right) - error(left)) / (2 * h), rounded to 8 decimals.",
        ),
    ),
    "03.3": exercise(
        ByHand(mazur, dE_db1="b1", dE_db2="b2"),
        hints=("The local derivative of a bias is 1, and each bias is used by two neurons.",),
    ),
    "03.4": exercise(
        Tested(
            at_0_1=between(5440, 5450, below="count until the error is below 0.001"),
            at_0_5=between(1085, 1091, above="the rate is 0.5: a step is half the gradient"),
            at_2=between(270, 272),
        ),
        hints=("Count in a while loop: `while error(weights).data >= 0.001`.",),
    ),
    "03.5": exercise(
        Tested(
            w1_equals_w3=one_of(True),
            needed=one_of("different", "random", equal="equal weights stay equal for ever"),
        ),
        hints=(
            "Print the eight weights after training.",
            "Equal neurons with equal inputs get equal error signals, and make equal steps.",
        ),
    ),
    "03.6": exercise(
        ByHand(chain, delta_o="y_hat", delta_k="s_k", delta_i="s_i"),
        hints=(
            "The output is linear: δ_o = ŷ - y.",
            "δ_k = σ'(s_k) w3 δ_o, with σ' = z_k (1 - z_k).",
            "δ_i = σ'(s_i) w2 δ_k.",
        ),
    ),
}
