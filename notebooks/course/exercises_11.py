"""Exercises of notebook 11, microgpt."""

from typing import Any

from autograd import Value, dot, softmax
from course.kinds import ByHand, Numbers, Tested, Wrong, exercise, one_of

Graph = tuple[Value, dict[str, Any]]


def cold() -> Graph:
    p = softmax([Value(z) / 0.5 for z in (2.0, 1.0, 0.0)])
    root = dot(p, [1.0, 2.0, 3.0])
    return root, locals()


def attention() -> Graph:
    s = [Value(2.0), Value(0.0)]
    v = [Value(10.0), Value(20.0)]
    p = softmax(s)
    heard = dot(p, v)
    return heard, locals()


def positions(answer: list[int]) -> Wrong | None:
    found = sorted(int(i) for i in answer)
    if found == [0]:
        return None
    why = "the first answer is made before the others are read" if 0 in found else ""
    return Wrong("the gradient reaches another set of positions", why, [0])


EXERCISES = {
    "11.1": exercise(
        Tested(positions=positions),
        hints=(
            "sum(gpt(w, tokens)[0]).backward(), with all gradients at None before.",
            "[i for i, row in enumerate(w['wpe']) if any(p.grad for p in row)]",
        ),
    ),
    "11.2": exercise(
        Tested(
            tied_is=one_of(
                "sum", mean="contributions add up", product="contributions add up",
                difference="contributions add up",
            )
        ),
        hints=("w | {'head': a copy of wte with new Values}, then compare the three gradients.",),
    ),
    "11.3": exercise(
        ByHand(cold, of="data", p="p"),
        hints=("Divide first: the logits become 4, 2 and 0.",),
    ),
    "11.4": exercise(
        ByHand(attention, of="data", heard="heard"),
        ByHand(attention, dheard_ds="s", dheard_dv="v"),
        Numbers(first_share=1),
        hints=(
            "p = (0.8808, 0.1192): softmax of 2 and 0.",
            "∂heard/∂v_j = p_j, and ∂heard/∂s_j = p_j (v_j - heard).",
            "The first position sees nobody but itself.",
        ),
    ),
}  # fmt: skip
