"""Losses: values and gradients by hand, stability, and targets that make no sense."""

import math

import numpy as np
import pytest
from mpmath import mp

import nn
from autograd import Value


def graded(loss, outputs, target):
    """(value, gradients) of the loss on a number or a list of numbers."""
    leaves = [Value(x) for x in (outputs if isinstance(outputs, list) else [outputs])]
    result = loss(leaves if isinstance(outputs, list) else leaves[0], target)
    result.backward()
    return result.data, [leaf.grad for leaf in leaves]


def test_squared_losses_by_hand():
    assert graded(nn.mse_loss, 3.0, 1) == (4.0, [4.0])
    assert graded(nn.mse_loss, [3.0, 0.0], [1.0, 1.0]) == (2.5, [2.0, -1.0])
    assert graded(nn.squared_error, 3.0, 1) == (2.0, [2.0])
    assert graded(nn.squared_error, [3.0, 0.0], np.array([1.0, 1.0])) == (2.5, [2.0, -1.0])


def test_hinge_by_hand():
    assert graded(nn.hinge_loss, 0.25, 1) == (0.75, [-1.0])
    assert graded(nn.hinge_loss, 0.25, -1) == (1.25, [1.0])
    assert graded(nn.hinge_loss, 2.0, 1) == (0.0, [0.0])
    assert graded(nn.hinge_loss, [2.0, 0.0], [1, -1]) == (0.5, [0.0, 0.5])


@pytest.mark.parametrize(
    "logits", [[0.5, -1.0, 2.0], [1e4, -1e4, 0.0], [-1e4, -1e4 + 1, -1e4], [40.0, 0.0, 0.0]]
)
@pytest.mark.parametrize("target", [0, 1, 2])
def test_cross_entropy_against_exact_arithmetic(logits, target):
    value, gradient = graded(nn.cross_entropy, logits, target)
    with mp.workprec(60_000):
        e = [mp.exp(x) for x in logits]
        total = mp.fsum(e)
        assert value == pytest.approx(float(mp.log(total) - logits[target]), rel=1e-14)
        exact = [float(x / total - (i == target)) for i, x in enumerate(e)]
    assert gradient == pytest.approx(exact, rel=1e-14, abs=1e-16)
    one_hot = [float(i == target) for i in range(3)]
    again, gradient = graded(nn.cross_entropy, logits, one_hot)
    assert again == pytest.approx(value, rel=1e-12, abs=1e-11)
    assert gradient == pytest.approx(exact, rel=1e-12, abs=1e-15)


def test_cross_entropy_with_probabilities():
    logits, target = [0.2, -0.3, 1.1], [0.2, 0.3, 0.5]
    value, gradient = graded(nn.cross_entropy, logits, target)
    p = np.exp(logits) / np.exp(logits).sum()
    assert value == pytest.approx(-(np.array(target) * np.log(p)).sum(), rel=1e-14)
    assert gradient == pytest.approx(p - target, rel=1e-13)


@pytest.mark.parametrize("logit", [-1e4, -800.0, -40.0, -1.0, 0.0, 0.3, 40.0, 800.0, 1e4])
@pytest.mark.parametrize("target", [0, 1, 0.25])
def test_binary_cross_entropy_against_exact_arithmetic(logit, target):
    value, gradient = graded(nn.binary_cross_entropy_with_logits, logit, target)
    with mp.workprec(60_000):
        p = 1 / (1 + mp.exp(-mp.mpf(logit)))
        exact = -target * mp.log(p) - (1 - target) * mp.log(1 - p)
        slope = p - target
        assert value == pytest.approx(float(exact), rel=1e-14, abs=1e-320)
        assert gradient[0] == pytest.approx(float(slope), rel=1e-14, abs=1e-320)


@pytest.mark.parametrize("target", [3, -1])
def test_a_class_outside_the_classes(target):
    with pytest.raises(ValueError, match=f"class index {target} is outside the 3 classes 0..2"):
        nn.cross_entropy([Value(0.0)] * 3, target)


def test_targets_that_make_no_sense():
    logits = [Value(0.0), Value(1.0)]
    with pytest.raises(TypeError, match=r"takes a class index or a sequence .*, got 1.5"):
        nn.cross_entropy(logits, 1.5)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\] and sum to 1"):
        nn.cross_entropy(logits, [0.5, 0.6])
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        nn.cross_entropy(logits, [1.5, -0.5])
    with pytest.raises(ValueError, match="got 2 outputs and 3 targets"):
        nn.cross_entropy(logits, [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match="use binary_cross_entropy_with_logits"):
        nn.cross_entropy(Value(0.0), 0)
    with pytest.raises(ValueError, match=r"labels -1 and \+1, got 0.0: use 2 \* y - 1"):
        nn.hinge_loss(Value(0.0), 0)
    with pytest.raises(ValueError, match=r"takes targets from 0 to 1, got -1.0"):
        nn.binary_cross_entropy_with_logits(Value(0.0), -1)
    with pytest.raises(ValueError, match="one target for each output, got 1 outputs and 2"):
        nn.mse_loss(Value(0.0), [1, 2])
    with pytest.raises(TypeError, match="`target` must be a real number, got the string 'a'"):
        nn.mse_loss(Value(0.0), "a")


def test_losses_are_finite_and_graded_at_the_limits():
    for x in (-1e4, 1e4):
        for loss, target in (
            (nn.binary_cross_entropy_with_logits, 1),
            (nn.hinge_loss, 1),
            (nn.mse_loss, 0),
        ):
            value, (gradient,) = graded(loss, x, target)
            assert math.isfinite(value) and math.isfinite(gradient)
