"""Direct: the short way says what the long one says, or nothing."""

import math
import threading

import numpy as np
import pytest

import autograd
from autograd import Value, detect_anomaly, no_grad
from autograd.compiler import native, straight
from autograd.compiler.direct import Direct

pytestmark = pytest.mark.skipif(bool(native.missing()), reason=native.missing())


@pytest.fixture(autouse=True)
def taken(monkeypatch):
    """Programs of any size become native; what the short way answered, None where it did not."""
    monkeypatch.setattr(straight, "FEWEST", 0)
    answers = []
    for name in ("value", "value_and_grad"):
        way = getattr(Direct, name)

        def noted(self, args, way=way):
            answers.append(way(self, args))
            return answers[-1]

        monkeypatch.setattr(Direct, name, noted)
    return answers


def spring(k, c):
    return lambda x, v: autograd.sin(k * x) * v - c * x * x


def test_the_second_call_goes_the_short_way(taken):
    k, c = Value(0.7), Value(0.2)
    program = autograd.compile(spring(k, c))
    assert program(0.3, 0.5) == program(0.3, 0.5) == taken[0] == spring(0.7, 0.2)(0.3, 0.5)
    first, second = program.value_and_grad(0.3, 0.5), program.value_and_grad(0.3, 0.5)
    assert taken[1] is None and taken[2] is second
    assert first[0] == second[0] and first[1].tolist() == second[1].tolist()
    third = program.value_and_grad(-1.0, 2.0)
    assert second[1].tolist() == first[1].tolist() != third[1].tolist()


@pytest.mark.parametrize(
    "args",
    [
        ([0.3, -0.4], np.array([[1.0, 2.0], [3.0, 4.0]]), 2.0),
        ([0.3, -0.4], np.array([[1.0, 2.0], [3.0, 4.0]]).T, 2.0),
    ],
)
def test_lists_and_arrays_have_their_places(args, taken):
    w = Value(0.5)

    def function(x, matrix, y):
        return {"a": [x[0] * matrix[0][1], x[1] / matrix[1][0]], "b": y * w - matrix[1][1]}

    program = autograd.compile(function)
    program([9.0, 8.0], np.full((2, 2), 7.0), 6.0)
    found = program(*args)
    assert taken[-1] is found
    expected = function(args[0], args[1], args[2])
    assert found["a"].tolist() == expected["a"] and found["b"] == expected["b"].data
    again = program([1.0, 1.0], args[1], 0.0)
    assert found["a"].tolist() == expected["a"] and again["a"].tolist() != expected["a"]


OTHERS = [
    (1, 0.5),
    (np.float64(0.3), 0.5),
    (True, 0.5),
    (Value(0.3), 0.5),
    (0.3, np.float32(0.5)),
]


@pytest.mark.parametrize("args", OTHERS)
def test_what_is_no_float_goes_the_long_way(args, taken):
    program = autograd.compile(spring(Value(0.7), Value(0.2)))
    program(0.3, 0.5)
    found = program(*args)
    assert taken == [None]
    numbers = [x.data if isinstance(x, Value) else float(x) for x in args]
    expected = spring(0.7, 0.2)(*numbers)
    assert (found.data if isinstance(found, Value) else found) == expected


def test_lists_of_another_length_or_kind(taken):
    w = Value(2.0)
    program = autograd.compile(lambda xs: sum(x * w for x in xs))
    assert program([1.0, 2.0]) == 6.0 == program([1.0, 2.0])
    assert program([1.0, 2.0, 3.0]) == 12.0 and taken[-1] is None
    assert program([1, 2.0]) == 6.0 and taken[-1] is None
    assert program(np.array([1.0, 2.0])) == 6.0 and taken[-1] is None
    with pytest.raises(TypeError):
        program(["a", 2.0])
    with pytest.raises(TypeError):
        program()


def test_what_was_assigned_counts():
    k, c = Value(0.7), Value(0.2)
    program = autograd.compile(spring(k, c))
    for x in (0.7, -0.1, 2.5):
        k.data = x
        assert program(0.3, 0.5) == spring(x, 0.2)(0.3, 0.5)
        assert program.value_and_grad(0.3, 0.5)[0] == spring(x, 0.2)(0.3, 0.5)


def test_a_row_of_another_path(taken):
    w, v = Value(2.0), Value(3.0)
    program = autograd.compile(lambda x: x * w if x > 0 else x * v * v)
    assert program.value_and_grad(1.0)[0] == 2.0 == program.value_and_grad(1.0)[0]
    value, gradient = program.value_and_grad(-1.0)
    assert taken[-1] is None and value == -9.0 and gradient.tolist() == [0.0, -6.0]
    for x in (1.0, -1.0, 2.0):
        value, gradient = program.value_and_grad(x)
        assert gradient.tolist() == ([x, 0.0] if x > 0 else [0.0, 6.0 * x])
        assert math.isclose(value, 2.0 * x if x > 0 else 9.0 * x)


def test_modes_are_seen(taken):
    w = Value(0.5)
    program = autograd.compile(lambda x: autograd.log(x * w))
    program(1.0)
    with no_grad():
        assert program(2.0) == 0.0
    with detect_anomaly(), np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        program(0.0)
    assert not taken and program(0.0) == -math.inf
    assert autograd.grad(lambda x: program(x) * 3.0)(2.0) == 1.5


def test_a_detached_leaf_is_read_and_has_no_gradient(taken):
    w, fixed = Value(2.0), Value(3.0).detach()
    program = autograd.compile(lambda x: fixed * x * w)
    for x in (1.0, 2.0):
        value, gradient = program.value_and_grad(x)
        assert value == 6.0 * x and gradient.tolist() == [3.0 * x]
    assert taken[-1] is not None


def test_keywords_and_static_arguments_go_the_long_way(taken):
    w = Value(2.0)
    program = autograd.compile(lambda x, n: x * w * n, static_argnames="n")
    assert program(1.5, 2) == program(1.5, 2) == 6.0 and program(1.5, 3) == 9.0
    other = autograd.compile(lambda x, y: x * w - y)
    assert other(y=1.0, x=2.0) == other(y=1.0, x=2.0) == 3.0 == other(2.0, 1.0)
    assert not any(taken)


def test_threads_have_workspaces_of_their_own():
    w = Value(1.5)
    program = autograd.compile(lambda x: autograd.sin(x * w) + x)
    program.value_and_grad(0.1)
    wrong = []

    def work(i):
        for k in range(300):
            x = 0.001 * k + i
            value, gradient = program.value_and_grad(x)
            if value != math.sin(x * 1.5) + x or gradient[0] != math.cos(x * 1.5) * x:
                wrong.append(x)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
