"""Gradient clipping: PyTorch's formulas, on Values and on the compiled engine's flat gradient."""

import math

import numpy as np
import pytest

import nn
from autograd import Value
from nn.optim.clipping import Clipping, clipped_norm

GRADIENTS = [[3.0, -4.0], [0.3, 0.4], [1e-9, 0.0], [0.0, 0.0], [5.0, 0.0, -12.0]]
STRANGE = [[math.inf, 1.0], [math.nan, 1.0], [-math.inf, math.nan], [1e200, 1.0]]


def values(gradient):
    params = [Value(0.0) for _ in gradient]
    for p, g in zip(params, gradient, strict=True):
        p.grad = g
    return params


def test_a_long_gradient_is_scaled_and_its_norm_returned():
    params = values([3.0, -4.0])
    assert nn.clip_grad_norm(params, 1.0) == 5.0
    assert [p.grad for p in params] == pytest.approx([0.6, -0.8], rel=1e-6)
    assert math.hypot(*[p.grad for p in params]) < 1.0


def test_a_short_gradient_is_left_as_it_is():
    params = values([0.3, 0.4])
    assert nn.clip_grad_norm(params, 1.0) == pytest.approx(0.5, rel=1e-15)
    assert [p.grad for p in params] == [0.3, 0.4]
    assert nn.clip_grad_norm(params, math.inf) == pytest.approx(0.5, rel=1e-15)
    assert [p.grad for p in params] == [0.3, 0.4]


@pytest.mark.parametrize("gradient", GRADIENTS + STRANGE)
@pytest.mark.parametrize("limit", [0.1, 1.0, 5.0, math.inf])
def test_values_and_flat_arrays_agree_with_pytorch(gradient, limit):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for name in ("clip_grad_norm", "clip_grad_value"):
        params = values(gradient)
        tensor = torch.zeros(len(gradient), dtype=torch.float64, requires_grad=True)
        tensor.grad = torch.tensor(gradient, dtype=torch.float64)
        norm = getattr(nn, name)(params, limit)
        expected = getattr(torch.nn.utils, f"{name}_")([tensor], limit)
        assert [p.grad for p in params] == pytest.approx(
            tensor.grad.tolist(), rel=1e-12, nan_ok=True
        )
        if name == "clip_grad_norm":
            assert norm == pytest.approx(expected.item(), rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("gradient", GRADIENTS + STRANGE)
def test_one_formula_serves_values_and_flat_arrays(gradient):
    flat = np.array(gradient)
    for limit in (0.5, 1.0, math.inf):
        params = values(gradient)
        norm = nn.clip_grad_norm(params, limit)
        clipped, same = clipped_norm(flat, limit)
        assert np.array_equal([norm, *(p.grad for p in params)], [same, *clipped], equal_nan=True)
        params = values(gradient)
        assert nn.clip_grad_value(params, limit) is None
        clipped = Clipping(value=limit)(flat)
        assert np.array_equal([p.grad for p in params], clipped, equal_nan=True)
    assert np.array_equal(flat, gradient, equal_nan=True)  # the engine's buffer is its own


def test_values_are_cut_one_by_one():
    params = values([3.0, -4.0, 0.5, math.nan, math.inf])
    nn.clip_grad_value(params, 1.0)
    assert np.array_equal([p.grad for p in params], [1.0, -1.0, 0.5, math.nan, 1.0], equal_nan=True)


def test_a_norm_that_is_not_finite():
    params = values([math.inf, 1.0])
    with pytest.raises(ValueError, match="the norm of the gradients is inf and cannot be clipped"):
        nn.clip_grad_norm(params, 1.0, error_if_nonfinite=True)
    assert [p.grad for p in params] == [math.inf, 1.0]
    assert nn.clip_grad_norm(params, 1.0) == math.inf
    assert math.isnan(params[0].grad) and params[1].grad == 0.0
    assert math.isnan(nn.clip_grad_norm(params, 1.0)) and math.isnan(params[1].grad)


@pytest.mark.parametrize("bad", [0, -1.0, math.nan])
def test_limits_must_be_positive(bad):
    for clip, name in ((nn.clip_grad_norm, "max_norm"), (nn.clip_grad_value, "clip_value")):
        params = values([3.0])
        with pytest.raises(ValueError, match=f"`{name}` must be positive, got"):
            clip(params, bad)
        assert params[0].grad == 3.0


def test_bad_parameters():
    for clip in (nn.clip_grad_norm, nn.clip_grad_value):
        with pytest.raises(TypeError, match=r"pass \[value\]"):
            clip(Value(1.0), 1.0)
        with pytest.raises(ValueError, match="`params` is empty"):
            clip([], 1.0)
        with pytest.raises(ValueError, match="the same Value twice"):
            clip([Value(1.0)] * 2, 1.0)
        with pytest.raises(TypeError, match="`params` must hold Values, got 'w'"):
            clip(["w"], 1.0)
