"""What programs written for copies of micrograd and microgpt do with their Values."""

import itertools
import math
import random

import pytest

import autograd
import nn
from autograd import Value


def test_grad_none_is_a_fresh_start():
    x = Value(3.0)
    for _ in range(2):
        x.grad = None
        (x * 2.0).backward()
        assert x.grad == 2.0
    layer = nn.Linear(1, 1)
    for p in layer.parameters():
        p.grad = None
    assert all(p.grad == 0.0 for p in layer.parameters())


@pytest.mark.parametrize(
    "name", ["m", "v", "momentum", "velocity", "cache", "state", "step", "name"]
)
def test_what_is_kept_on_parameters_says_how(name):
    x = Value(1.0)
    label = "; a name for pictures is its `label`" if name == "name" else ""
    with pytest.raises(AttributeError) as caught:
        setattr(x, name, 0.0)
    assert str(caught.value) == (
        f"a Value has no room for an attribute '{name}' of your own: keep it in a dict, whose keys "
        f"may be Values, or compute with `class Parameter(Value): pass`{label}"
    )
    with pytest.raises(AttributeError, match=rf"^'Value' object has no attribute '{name}'$"):
        getattr(x, name)


def test_a_subclass_has_room_for_moments():
    class Parameter(Value):
        pass

    p = Parameter(3.0)
    p.m, p.anything = 0.0, "kept"
    for _ in range(100):
        p.grad = None
        (p * p).backward()
        p.m = 0.5 * p.m + p.grad
        p.data -= 0.1 * p.m
    assert abs(p.data) < 1e-3 and p.anything == "kept" and not hasattr(p, "v")


def test_moments_in_a_dict_keyed_by_values():
    x, y = Value(1.0), Value(1.0)
    moments = {x: 0.0, y: 5.0}
    assert (moments[x], moments[y]) == (0.0, 5.0)


def test_a_softmax_and_a_table_as_microgpt_writes_them():
    rng = random.Random(0)
    table = [[Value(rng.gauss(0.0, 0.1)) for _ in range(4)] for _ in range(5)]

    def softmax(logits):
        largest = max(value.data for value in logits)
        exps = [(value - largest).exp() for value in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def score(table):
        """How surprised a bigram model is by the tokens 1, 3, 0, 1."""
        losses = []
        for token, target in itertools.pairwise(int(c) for c in "1301"):
            x = table[token]
            logits = [sum(a * b for a, b in zip(row, x, strict=True)) for row in table]
            losses.append(-softmax(logits)[target].log())
        return (1 / len(losses)) * sum(losses)

    loss = score(table)
    loss.backward()
    assert loss.data == pytest.approx(math.log(5), rel=0.02)
    assert any(v.grad for row in table for v in row)
    assert autograd.gradcheck(score, ([[v.data for v in row] for row in table],))
