"""Lists whose length differs from call to call, or from row to row, and what a call costs."""

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compiler import program as programs


def mean_of(w):
    return lambda xs, scale: sum(w * x * x for x in xs) * scale / len(xs)


def test_each_length_has_a_recording_of_its_own():
    w = Value(2.0)
    program = autograd.compile(mean_of(w))
    for xs in ([1.0, 2.0], [3.0], [1.0, 2.0, 3.0], [5.0, 1.0], [2.0]):
        expected = sum(2.0 * x * x for x in xs) / len(xs)
        assert program(xs, 1.0) == pytest.approx(expected, rel=1e-15)
        value, gradient = program.value_and_grad(xs, 3.0)
        assert (value, *gradient) == pytest.approx((3.0 * expected, 1.5 * expected))
    assert len(program._paths) == 3 and program.parameters == [w]


def test_nested_lists_of_other_lengths():
    program = autograd.compile(lambda rows: sum(sum(row) for row in rows))
    assert program([[1.0], [2.0, 3.0]]) == 6.0 and program([[1.0, 2.0], [3.0]]) == 6.0
    assert program([]) == 0.0
    with pytest.raises(
        ValueError, match="argument `rows` has a list of 2, in it a tuple of 1, but"
    ):
        program([(1.0,), (2.0,)])


def test_the_least_recently_used_length_goes(monkeypatch):
    monkeypatch.setattr(programs, "MOST_KINDS", 3)
    recorded = []

    def f(xs):
        recorded.append(len(xs))
        return sum(xs)

    program = autograd.compile(f)
    for n in (1, 2, 3, 1, 4, 1, 3, 2):
        assert program([1.0] * n) == n
    assert recorded == [1, 2, 3, 4, 2]


def test_ragged_rows_are_grouped_by_length():
    w = Value(2.0)
    program = autograd.compile(mean_of(w), batch=True)
    rows, scales = [[1.0, 2.0], [3.0], [5.0, 6.0], [1.0, 1.0, 1.0]], [1.0, 2.0, 3.0, 4.0]
    expected = [
        sum(2.0 * x * x for x in xs) * scale / len(xs)
        for xs, scale in zip(rows, scales, strict=True)
    ]
    assert program(rows, scales).tolist() == pytest.approx(expected, rel=1e-15)
    value, gradient = program.value_and_grad(rows, np.array(scales))
    assert (value, *gradient) == pytest.approx((np.mean(expected), np.mean(expected) / 2.0))
    assert program.mean(rows, scales).data == pytest.approx(np.mean(expected))
    assert len(program._paths) == 3


def test_ragged_rows_with_results_of_one_shape_or_not():
    pairs = autograd.compile(lambda xs: (sum(xs), {"first": [xs[0], xs[-1]]}), batch=True)
    total, rest = pairs([[1.0, 2.0], [3.0]])
    assert total.tolist() == [3.0, 3.0] and rest["first"].tolist() == [[1.0, 2.0], [3.0, 3.0]]
    doubled = autograd.compile(lambda xs: [2.0 * x for x in xs], batch=True)
    with pytest.raises(ValueError, match=r"results of different shapes, .* \[\(1,\), \(2,\)\]"):
        doubled([[1.0, 2.0], [3.0]])


def test_an_error_in_a_ragged_batch_names_the_rows():
    program = autograd.compile(lambda xs: xs[0] * xs[1], batch=True)
    with pytest.raises(IndexError) as error:
        program([[1.0, 2.0], [3.0], [4.0]])
    assert error.value.__notes__[-1] == "of the rows of one length, which are [1, 2]"


def test_parameters_are_read_again_once_one_was_assigned():
    ws = [Value(float(i)) for i in range(3)]
    program = autograd.compile(lambda x: sum(w * x for w in ws))
    for i in range(3):
        assert program(1.0) == sum(w.data for w in ws)
        ws[i].data += 1.0
    assert program._parameters.read() is not program._parameters.read().copy()
    known = program._parameters.read()
    assert program(1.0) == 6.0 and program._parameters.read() is known


@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "bool", "object"])
def test_arrays_are_read_as_arrays(kind):
    X = np.array([[0, 1], [1, 1]]).astype(kind)
    program = autograd.compile(lambda X: sum(sum(row) for row in X))
    assert program(X) == 3.0 and program(X.tolist()) == 3.0
