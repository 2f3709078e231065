"""`take` in programs: a gather by a whole number, and additions at the places in reverse."""

import math

import numpy as np
import pytest

import autograd
from autograd import Value, take
from autograd.compiler import paths, straight


def matrix(rows, columns):
    return [[Value(0.3 * i - 0.7 * j + 0.1) for j in range(columns)] for i in range(rows)]


def loss_of(table):
    return lambda tokens: sum(
        sum(x * (j + 1.0) for j, x in enumerate(take(table, t))) ** 2 for t in tokens
    )


def eager(function, row, parameters):
    for p in parameters:
        p.grad = 0.0
    result = function(row)
    result.backward()
    return result.data, [p.grad for p in parameters]


@pytest.mark.parametrize("as_values", [False, True])
def test_an_embedding_equals_indexing_by_whole_numbers(as_values):
    table = matrix(5, 3)
    flat = [p for row in table for p in row]
    function = loss_of(table)
    rows = [[0, 4, 4, 1], [2, 2, 2, 2], [3, 1, 0, 4]]
    expected = [
        eager(lambda r: function([Value(float(t)) for t in r] if as_values else r), row, flat)
        for row in rows
    ]
    single, batch = autograd.compile(function), autograd.compile(function, batch=True)
    mean, gradient = batch.value_and_grad(rows)
    assert batch(rows) == pytest.approx([value for value, _ in expected], rel=1e-14)
    assert mean == pytest.approx(np.mean([value for value, _ in expected]), rel=1e-14)
    slopes = dict(zip(batch.parameters, gradient, strict=True))
    for i, p in enumerate(flat):
        assert slopes[p] == pytest.approx(np.mean([g[i] for _, g in expected]), rel=1e-13)
    for row, (value, by_hand) in zip(rows, expected, strict=True):
        found, gradient = single.value_and_grad(row)
        slopes = dict(zip(single.parameters, gradient, strict=True))
        assert found == pytest.approx(value, rel=1e-14)
        assert [slopes[p] for p in flat] == pytest.approx(by_hand, rel=1e-13)


def test_a_look_up_is_one_gather_and_one_addition_at_the_places():
    table = matrix(27, 16)
    program = autograd.compile(loss_of(table), batch=True)
    program.value_and_grad([[1] * 8] * 4)
    assert program.source.count("bincount") == 1 and program.source.count("\n") < 60


def test_a_computed_table_and_a_computed_index():
    w = [Value(0.5), Value(-1.5)]

    def f(x):
        scores = [w[0] * x[0], w[1] * x[1], w[0] * w[1]]
        return autograd.logsumexp(scores) - take(scores, autograd.floor(x[2] / 2.0))

    rows = [[0.3, 0.7, 1.0], [1.3, -0.7, 2.5], [2.0, 0.1, 5.9], [2.0, 0.1, 0.0]]
    program = autograd.compile(f, batch=True)
    expected = [eager(f, list(map(Value, row)), w) for row in rows]
    _, gradient = program.value_and_grad(rows)
    assert program(rows) == pytest.approx([value for value, _ in expected], rel=1e-14)
    slopes = [dict(zip(program.parameters, gradient, strict=True))[p] for p in w]
    assert slopes == pytest.approx(np.mean([g for _, g in expected], axis=0), rel=1e-13)


def test_infinite_elements_elsewhere_do_no_harm():
    logits = [Value(1.0), Value(-math.inf), Value(0.5)]

    def loss(target):
        chosen = take(logits, target)
        return autograd.logsumexp([x - chosen for x in logits])

    value, gradient = autograd.compile(loss, batch=True).value_and_grad([0, 2])
    p = 1 / (1 + math.exp(-0.5))
    assert value == pytest.approx(-(math.log(p) + math.log(1 - p)) / 2)
    assert gradient == pytest.approx([p - 0.5, 0.0, 0.5 - p])


@pytest.mark.parametrize("first", [[0, 1, 2], [5, 5, 5]])
def test_an_index_outside_is_an_error_with_row_and_value(first):
    table = matrix(3, 2)
    program = autograd.compile(lambda t: sum(take(table, t)), batch=True)
    if first[0] == 0:
        program(first)
    with pytest.raises(IndexError, match="index 5 is outside the 3 elements") as error:
        program([1, 5, 2] if first[0] == 0 else first)
    assert error.value.__notes__ == [f"in row {1 if first[0] == 0 else 0} of the batch"]
    with pytest.raises(IndexError, match="index -1 is outside"):
        program([0, -1])
    with pytest.raises(ValueError, match=r"whole number as index, got 1\.5"):
        program([0, 1.5])
    with pytest.raises(IndexError, match="index nan is outside"):
        program([math.nan])
    assert program([2, 0]) == pytest.approx([sum(p.data for p in table[i]) for i in (2, 0)])


def test_where_a_branch_does_not_look_up_any_number_will_do():
    w = [Value(1.0), Value(3.0)]
    program = autograd.compile(lambda x: take(w, x) if x >= 0 else -x, batch=True)
    assert program([1, -7, 0]).tolist() == [3.0, 7.0, 1.0]
    assert program([-7, 1, 0]).tolist() == [7.0, 3.0, 1.0]


def test_an_index_known_while_recording_is_no_look_up():
    w = [Value(1.0), Value(3.0)]
    program = autograd.compile(lambda x: x * take(w, 1) + take(w, Value(0.0)))
    assert program(2.0) == 7.0 and len(program.parameters) == 2 and "take" not in program.source


def test_a_list_indexed_by_an_argument_says_what_to_do():
    with pytest.raises(TypeError, match=r"autograd.take\(values, v\)"):
        autograd.compile(lambda i: [1.0, 2.0][i])(1)


@pytest.mark.parametrize("steps", [1, 200])  # in Python or on arrays, and as native code
@pytest.mark.parametrize("batch", [False, True])
def test_what_is_not_taken_gets_0_though_its_own_slope_is_infinite(batch, steps):
    values = [Value(0.0), Value(4.0)]

    def function(i):
        y = take([v.sqrt() for v in values], i)
        for k in range(steps):
            y = (y + k).sin()
        return y

    value, slopes = eager(function, 1.0, values)
    program = autograd.compile(function, batch=batch)
    for _ in range(3):  # the short way, too
        found = program.value_and_grad([1.0, 1.0] if batch else 1.0)
        assert found[0] == pytest.approx(value, rel=1e-13)
        assert list(found[1]) == pytest.approx(slopes, rel=1e-11)
    assert math.isinf(program.value_and_grad([0.0] if batch else 0.0)[1][0])


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan, 2.0])
@pytest.mark.parametrize("way", ["Python", "native", "arrays", "slots"])
def test_what_is_not_taken_gets_0_whatever_comes_from_above(way, x, monkeypatch):
    values = [Value(1.0), Value(2.0), Value(3.0)]
    monkeypatch.setattr(straight, "FEWEST", 0 if way == "native" else math.inf)
    if way == "arrays":
        monkeypatch.setattr(paths, "NATIVE_A_CALL", 0)
        monkeypatch.setattr(paths, "FEW", 0)
        monkeypatch.setattr(paths, "OPERATIONS_A_CALL", 0)
    program = autograd.compile(lambda i, x: take(values, i) * x)
    program(0.0, 1.0)
    if way == "slots":
        recording = program._paths[0].recording
        numbers = recording.program.evaluate([1.0, x], [v.data for v in program.parameters])
        slopes = recording.program.slopes(numbers, recording.results[0], 3)
    else:
        _, slopes = program.value_and_grad(1.0, x)
    assert list(slopes) == pytest.approx([0.0, x, 0.0], nan_ok=True)
