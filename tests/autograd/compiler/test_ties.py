"""Ties: comparisons that rounding decides are decided as eager code does, at every call."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from branchy_programs import BranchyProgram, eager, faults
from repeats import repeats

import autograd
from autograd import Value
from autograd.engine import table


def signed(x):
    return x[0] if sum(x) >= 1.0 else -x[0]


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_rows_that_a_rounding_error_decides(rows):
    assert reduce(add, [0.1] * 10) < 1.0 <= np.sum([0.1] * 10)
    program = autograd.compile(signed, batch=True)
    assert program([[0.1] * 10] * rows).tolist() == [-0.1] * rows


@pytest.mark.parametrize("batch", [True, False])
def test_an_answer_does_not_depend_on_earlier_calls(batch):
    program = autograd.compile(signed, batch=batch)
    for tenth in (0.1, 0.5, 0.1, 0.5, 0.1):
        found = program([[tenth] * 10])[0] if batch else program([tenth] * 10)
        assert found == (tenth if tenth == 0.5 else -tenth)


def test_a_row_is_undecided_next_to_rows_of_either_path():
    program = autograd.compile(signed, batch=True)
    X = np.array([[0.5] * 10, [0.1] * 10, [0.05] * 10, [0.1] * 10, [0.5] * 10])
    assert program(X).tolist() == [0.5, -0.1, -0.05, -0.1, 0.5]
    assert len(program._paths) == 2


def test_the_gradient_of_a_tie_is_that_of_the_branch_taken():
    w = [Value(-0.8), Value(0.8)]

    def leaky(x):
        s = x[0] * w[0] + x[1] * w[1]
        return s if s > 0 else 3 * s

    mean, gradient = (p := autograd.compile(leaky, batch=True)).value_and_grad([[0.1, 0.1]] * 2)
    assert mean == 0.0 and dict(zip(p.parameters, gradient, strict=True)) == {
        w[0]: pytest.approx(0.3),
        w[1]: pytest.approx(0.3),
    }


@pytest.mark.parametrize(
    "inner",
    [
        lambda x: autograd.logsumexp(x) - autograd.logsumexp(x[::-1]),
        lambda x: autograd.relu(sum(x) - 1.0),
        lambda x: autograd.sqrt(sum(x) - sum(x[::-1])),
        lambda x: autograd.maximum(sum(x), 1.0) - 1.0,
        lambda x: autograd.where(sum(x) > sum(x[::-1]), 1.0, 0.0) * (x[0] + 1.0),
        lambda x: autograd.dot(x, x) / sum(xi * xi for xi in x[::-1]) - 1.0,
        lambda x: table.greater(sum(x), sum(x[::-1])) - 0.5,
        lambda x: autograd.log(sum(x) / 1.0) * autograd.tanh(sum(x) - 1.0),
    ],
)
def test_what_follows_a_sum_is_undecided_with_it(inner):
    def f(x):
        return inner(x) + 5.0 if inner(x) > 0.0 else -1.0

    rng = np.random.default_rng(0)
    X = rng.integers(1, 10, size=(60, 10)) / 50
    program = autograd.compile(f, batch=True)
    expected = [f([Value(x) for x in row]) for row in X.tolist()]
    expected = [v.data if isinstance(v, Value) else v for v in expected]
    assert program(X) == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_comparisons_of_exact_numbers_need_no_bounds():
    program = autograd.compile(lambda x: x[0] * x[1] if x[0] - x[1] > 0.3 else x[1], batch=True)
    program([[1.0, 2.0], [2.0, 1.0]])
    assert "unclear" not in str(program) and "e-16" not in program.source


def test_zeros_are_no_rounding_errors():
    w = [Value(0.0), Value(0.0)]
    program = autograd.compile(lambda x: -1.0 if autograd.dot(w, x) > 0 else 1.0, batch=True)
    program([[1.0, 1.0]])
    seen = []
    next(iter(program._replayers.values()))._evaluate = lambda *args, **kwargs: seen.append(args)
    assert program([[0.1, 0.3], [2.0, 5.0]]).tolist() == [1.0, 1.0] and not seen


@pytest.mark.parametrize("block", range(repeats(2)))
def test_branches_on_numbers_with_one_decimal_equal_eager(block):
    for seed in range(30 * block, 30 * block + 30):
        assert faults(seed) == []


def test_branchy_programs_do_tie():
    from random import Random

    differ = 0
    for seed in range(300):
        program = BranchyProgram(Random(seed))
        for row in program.rows:
            near = [eager(program, [x * (1 + e) for x in row])[0] for e in (-1e-15, 0.0, 1e-15)]
            differ += max(near) - min(near) > 1e-6
    assert differ > 3


def test_straight_line_code_is_eager_bit_for_bit():
    def f(x):
        squares = autograd.dot(x, x) + x[0] ** 2 * x[1] ** 2
        return squares - sum(x) if squares > sum(x) else squares * autograd.exp(x[2])

    program = autograd.compile(f)
    for row in np.random.default_rng(0).normal(size=(2000, 3)).tolist():
        assert program(row) == f([Value(x) for x in row]).data


def test_a_number_on_a_branch_is_a_result():
    assert autograd.compile(lambda x: x if x > 0 else 0.0)(-1.0) == 0.0
    assert autograd.compile(lambda x: max(0, x), batch=True)([1.0, -1.0]).tolist() == [1.0, 0.0]
    assert autograd.compile(lambda x: max(0, x), batch=True)([-1.0, 1.0]).tolist() == [0.0, 1.0]
    w = Value(2.0)
    program = autograd.compile(lambda x: w * x if x > 0 else 0, batch=True)
    assert program.value_and_grad([-1.0, -2.0])[0] == 0.0
    value, gradient = program.value_and_grad([-1.0, 3.0])
    assert value == 3.0 and gradient.tolist() == [1.5]


@pytest.mark.parametrize("batch", [True, False])
def test_a_constant_function(batch):
    program = autograd.compile(lambda x: 5.0, batch=batch)
    found = program([1.0, 2.0] if batch else 1.0)
    assert np.array_equal(found, [5.0, 5.0] if batch else 5.0)
    value, gradient = program.value_and_grad([1.0, 2.0] if batch else 1.0)
    assert value == 5.0 and gradient.tolist() == []
