"""Optimisers: PyTorch's formulas step by step, on floats and on arrays."""

import json
import math

import numpy as np
import pytest
from trajectories import OPTIMIZERS, RECORDED, START, objective, torch_trajectory

import nn
from autograd import Value

PATHS = json.loads(RECORDED.read_text())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trajectories_equal_pytorch(name):
    kind, options = OPTIMIZERS[name]
    p = [Value(x) for x in START]
    optimizer = getattr(nn, kind)(p, **options)
    for point in PATHS[name]:
        optimizer.zero_grad()
        objective(p).backward()
        optimizer.step()
        assert [x.data for x in p] == pytest.approx(point, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_recorded_trajectories_are_those_of_the_installed_pytorch(name):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    for here, recorded in zip(torch_trajectory(*OPTIMIZERS[name]), PATHS[name], strict=True):
        assert here == pytest.approx(recorded, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_one_formula_serves_floats_and_arrays(name):
    kind, options = OPTIMIZERS[name]
    optimizer = getattr(nn, kind)([Value(0.0)], **options)
    p, state = np.array(START), {}
    floats, states = list(START), [{} for _ in START]
    for step in range(5):
        grad = [math.sin(step + i) for i in range(3)]
        p = optimizer.update(p, np.array(grad), state)
        floats = [optimizer.update(x, g, s) for x, g, s in zip(floats, grad, states, strict=True)]
    assert p.tolist() == floats


def test_step_moves_data_and_keeps_gradients():
    w = Value(3.0)
    optimizer = nn.SGD([w], lr=0.1)
    w.grad = 2.0
    optimizer.step()
    assert (w.data, w.grad) == (2.8, 2.0)
    optimizer.zero_grad()
    assert w.grad == 0.0


@pytest.mark.parametrize("lr", [0, -1, math.inf, math.nan, -0.0])
def test_the_learning_rate_must_be_positive_and_finite(lr):
    with pytest.raises(ValueError, match="`lr` must be positive and finite, got"):
        nn.SGD([Value(1.0)], lr=lr)
    optimizer = nn.SGD([Value(1.0)], lr=0.5)
    with pytest.raises(ValueError, match="`lr` must be positive and finite"):
        optimizer.lr = lr
    assert optimizer.lr == 0.5


@pytest.mark.parametrize("name", ["momentum", "dampening", "weight_decay"])
@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_other_arguments_must_not_be_negative(name, bad):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 0 and finite, got"):
        nn.SGD([Value(1.0)], lr=0.1, **{name: bad})


def test_nesterov_needs_momentum_without_dampening():
    with pytest.raises(ValueError, match="`nesterov` needs a positive `momentum`"):
        nn.SGD([Value(1.0)], lr=0.1, nesterov=True)
    with pytest.raises(ValueError, match=r"dampening=0.5"):
        nn.SGD([Value(1.0)], lr=0.1, momentum=0.9, dampening=0.5, nesterov=True)


def test_bad_parameters():
    w = Value(1.0)
    with pytest.raises(TypeError, match=r"pass \[value\]"):
        nn.SGD(w, lr=0.1)
    with pytest.raises(TypeError, match=r"`params` must hold Values, got 1.0"):
        nn.SGD([1.0], lr=0.1)
    with pytest.raises(ValueError, match=r"`params` must hold leaves, got a result of \*"):
        nn.SGD([w * 2], lr=0.1)
    with pytest.raises(ValueError, match="`params` is empty"):
        nn.SGD([], lr=0.1)
    with pytest.raises(ValueError, match="the same Value twice"):
        nn.SGD([w, w], lr=0.1)
    with pytest.raises(TypeError, match="`lr` must be a real number, got the string"):
        nn.SGD([w], lr="0.1")
