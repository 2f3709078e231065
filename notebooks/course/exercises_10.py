"""Exercises of notebook 10, a language model by hand."""

from typing import Any

from autograd import Value
from course.kinds import ByHand, Tested, between, exercise, one_of

Graph = tuple[Value, dict[str, Any]]


def three_steps() -> Graph:
    x, v = Value(0.5), Value(0.9)
    h1 = x.tanh()
    h2 = (v * h1).tanh()
    h3 = (v * h2).tanh()
    return h3, locals()


EXERCISES = {
    "10.1": exercise(
        Tested(largest=between(0.0, 1e-12, above="logarithms of `smooth`; is each pair weighted?")),
        hints=(
            "(weights[a, b] * nn.cross_entropy(best(a), b)).backward() for all 729 pairs.",
            "max(abs(w.grad) for w in best.parameters())",
        ),
    ),
    "10.2": exercise(
        Tested(
            surprise=between(
                2.30, 2.46,
                above="pairs that never occur count 0 times: leave them out",
                below="divide by the number of all pairs",
            ),
            a_name_with_qx=one_of(
                0, "impossible", known={"inf": "its surprise is infinite; asked is p"}
            ),
        ),
        hints=("share = counts / counts.sum(axis=1, keepdims=True); only where counts > 0.",),
    ),
    "10.3": exercise(
        Tested(
            table_part=one_of(
                "column", row="a neuron has one weight for each *input*, so it holds a column"
            )
        ),
        hints=("neuron i of the layer answers with the logit i, whatever the input is.",),
    ),
    "10.4": exercise(
        ByHand(three_steps, dh3_dh2="h2", dh3_dh1="h1", dh3_dx="x"),
        Tested(vanishes=one_of(0.9, known={"1.1": "above 1 it grows, until tanh is saturated"})),
        hints=(
            "Each step multiplies by v (1 - h²), with the *new* state h.",
            "h1 = 0.462, h2 = 0.394, h3 = 0.340.",
        ),
    ),
}  # fmt: skip
