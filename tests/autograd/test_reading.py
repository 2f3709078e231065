"""Reading: a function of numbers, run on symbols, is found again, every branch of it."""

import gc
import math
import sys
from random import Random

import numpy as np
import pytest

import autograd
from autograd.custom.probes import agreement, close, outcomes, probes
from autograd.custom.reading import read
from autograd.engine.table import exp, maximum
from autograd.engine.table import select
from autograd.symbolic import Symbolic, greater, less

SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, math.inf, -math.inf, math.nan)


def same(a, b):
    return a == b or (a != a and b != b)


def assert_read(function, count=1):
    """The reading gives, number for number, what the function gives."""
    reading = read(function, count)
    rng = Random(0)
    for _ in range(200):
        point = [rng.choice(SPECIAL) for _ in range(count)]
        assert same(reading(*point)[0], float(function(*point))), point
    return reading


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 2 * x + x * 3 - 1 - x,
        lambda x: +x - (-x) + abs(x),
        lambda x: x if x > 0 else -2 * x,
        lambda x: 1 if x >= 1 else 2 if x <= -1 else 3,
        lambda x: max(x, 0) + min(x, 1, -x),
        lambda x: 1.0 if x == 0 or x != x else x,
        lambda x: 5.0 if x else 7.0,
        lambda x: 5.0 if not x else 7.0,
        lambda x: x and x + 1,
        lambda x: x or 4.0,
        lambda x: (x > 0) * 2 + (x < 1) * (x <= 0) - (x >= 2) + (x == 1) + (x != -1),
        lambda x: (0 < x) & (x < 2) | (x == -1),
        lambda x: 1.0 if -1 < x < 2 else 0.0,
        lambda x: sorted([x, 0.0, 1.0])[1] if x == x else 0.0,
        lambda x: autograd.where(x > 0, x, 1.0) * autograd.relu(x),
        lambda x: np.where(x > 0, 1, 0) + np.maximum(x, 0.5) * np.sign(x),
        lambda x: np.float64(2.0) * x,
        lambda x: sum(np.exp(np.array([x, x + 1]) - x)),
        lambda x: np.array([x, 2.0, 1.0]).max() if x == x else 0.0,
        lambda x: 3.0,
    ],
)
def test_what_is_read_is_what_was_written(function):
    with np.errstate(all="ignore"):
        assert_read(function)


def test_several_inputs_and_results():
    assert_read(lambda x, y: x if x > y else y if y > x else 0.5 * (x + y), 2)
    assert_read(lambda x, y, z: max(x, y, z) * (x <= y), 3)
    reading = read(lambda out, x: (out, x * x, 1), 2, 3)
    assert reading(5.0, 3.0) == (5.0, 9.0, 1.0)


def test_rows_and_branches_are_written_down_once():
    reading = read(lambda x: exp(x) * exp(x) if x > 0 else exp(x), 1)
    rows = [row for _, row, _ in reading.terms]
    assert rows.count(exp) == 1 and rows.count(greater) == 1 and rows.count(select) == 1
    both = read(lambda x: x * 2 if x > 0 else x * 2.0, 1)
    assert [row.name for _, row, _ in both.terms] == ["*"]


def test_a_reading_takes_arrays_and_other_symbols():
    reading = read(lambda x: max(x, 0.0), 1)
    assert reading(np.array([-1.0, 2.0]))[0].tolist() == [0.0, 2.0]
    outer = read(lambda x: reading(x)[0] + 1, 1)
    assert outer(-3.0) == (1.0,) and outer(3.0) == (4.0,)


def caught(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        return 0.0


def endless(x):
    while x > 1:
        x = x / 2
    return x


def many_ways(x):
    return sum(1.0 for i in range(8) if x * i > 1)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (math.exp, "works on numbers only: must be real number, not Symbol"),
        (lambda x: float(x), "works on numbers only"),
        (lambda x: int(x), "works on numbers only"),
        (lambda x: x.real, "works on numbers only: a symbol has no real"),
        (lambda x: np.modf(x)[0], "works on numbers only"),
        (lambda x: np.clip(x, 0, 1), "works on numbers only"),
        (lambda x: np.add.reduce([x, x], out=x), "works on numbers only"),
        (lambda x: None, "works on numbers only"),
        (lambda x: {x: 1}, "unhashable"),
        (lambda x: "a", "the string 'a'"),
        (caught, "catches exceptions"),
        (endless, "asks more than 16 questions"),
        (many_ways, "has more than 64 ways through it"),
        (lambda x: sum(x * i for i in range(3000)), "takes more than 2000 operations"),
    ],
)
def test_what_cannot_be_read(function, reason):
    with pytest.raises(TypeError, match=reason):
        read(function, 1)


def test_no_symbol_is_true():
    class Plain(Symbolic):
        def __apply_primitive__(self, primitive, inputs):
            return self

    with pytest.raises(TypeError, match="a symbol is neither true nor false"):
        bool(Plain() > 0)
    with pytest.raises(TypeError, match="a symbol is neither true nor false"):
        max(Plain(), 1.0)


def test_comparisons_are_rows_of_their_own():
    assert less(1.0, 2.0) == 1.0 and less(math.nan, 2.0) == 0.0
    assert less(np.array([1.0, 3.0]), 2.0).tolist() == [1.0, 0.0]
    assert select(0.0, 1.0, 2.0) == 2.0 and select(math.nan, 1.0, 2.0) == 1.0
    chosen = select(np.array([0.0, 1.0]), np.array([5.0, 6.0]), math.nan)
    assert math.isnan(chosen[0]) and chosen[1] == 6.0


# Probes


def test_probes_hold_ties_signs_and_special_numbers():
    for count in (1, 2, 3, 7):
        points = probes(count)
        assert points == probes(count) and len(points) % 2 == 0
        assert all(len(point) == count for point in points)
        assert any(math.isnan(point[0]) for point in points)
        assert any(len(set(point)) == 1 for point in points if point[0] == 1.0)
        assert {math.copysign(1.0, point[0]) for point in points[:4]} == {1.0, -1.0}
    assert (0.0, 0.0) in probes(2) and (math.inf, -math.inf) in probes(2)


def test_agreement_tells_apart():
    def double(x):
        return (2 * x,)

    points = probes(1)
    assert agreement(double, lambda wanted, x: (x + x,), points) == list(points)
    assert agreement(double, lambda wanted, x: wanted, points) == list(points)
    for wrong in (
        lambda wanted, x: (2 * x * (1 + 1e-10),),
        lambda wanted, x: (2 * x if x != 1.0 else 3.0,),
        lambda wanted, x: (2 * x, 1.0),
        lambda wanted, x: (1j,),
    ):
        assert agreement(double, wrong, points) == []
    positive = agreement(lambda x: (math.sqrt(x),), lambda wanted, x: (x**0.5,), points)
    assert positive and all(x >= 0.0 or math.isnan(x) for (x,) in positive)
    assert close(math.nan, math.nan) and not close(math.inf, 1.0) and not close(1.0, -1.0)


def test_a_function_that_does_not_end_is_stopped():
    def endless(x):
        while x > 0:
            pass
        return x

    traced = sys.gettrace()
    assert outcomes(endless, [(1.0,), (-1.0,), (2.0,), (-3.0,)]) == [None, -1.0, None, -3.0]
    assert sys.gettrace() is traced
    assert outcomes(maximum, [(1.0, 2.0)]) == [2.0]


def test_where_with_a_condition_that_is_known():
    assert_read(lambda x: np.where(True, x, 2.0) + np.where(False, 1.0, x))


def test_partials_of_another_number_cannot_be_read():
    with pytest.raises(TypeError, match=r"works on numbers only: returns \(<"):
        read(lambda out, x: (x, x), 2, 1)
    with pytest.raises(TypeError, match="works on numbers only: returns <"):
        read(lambda out, x: x, 2, 1)


def safe(a, b):
    try:
        return a / b
    except ZeroDivisionError:
        return 0.0


def test_a_function_is_not_read_where_what_it_calls_catches_exceptions():
    with pytest.raises(TypeError, match="safe catches exceptions, which symbols do not raise"):
        read(lambda x: safe(1.0, x - 5.0), 1)
    with pytest.raises(TypeError, match="catches exceptions"):
        read(safe, 2)
    before = sys.getprofile()
    assert read(lambda x: 1.0 / x, 1)(2.0) == (0.5,) and sys.getprofile() is before


def test_helpers_that_catch_exceptions_compile_to_what_they_do():
    def array(x):
        return np.divide(1.0, x - 5.0, out=np.zeros_like(x), where=(x - 5.0) != 0.0)

    inverse = autograd.primitive(
        "safe_inverse", lambda x: safe(1.0, x - 5.0), array, lambda out, x: (safe(-out, x - 5.0),)
    )
    slope = autograd.grad(inverse)
    for function, expected in ((inverse, [0.0, 1.0]), (slope, [0.0, -1.0])):
        assert [function(5.0), function(6.0)] == expected
        assert [autograd.compile(function)(x) for x in (5.0, 6.0)] == expected
        assert autograd.compile(function, batch=True)([5.0, 6.0]).tolist() == expected


@pytest.mark.parametrize("collecting", [True, False])
def test_what_the_garbage_collector_calls_is_not_the_functions(collecting):
    def callback(phase, info):
        try:
            calls.append(phase)
        finally:
            pass

    calls, before, thresholds = [], gc.isenabled(), gc.get_threshold()
    gc.callbacks.append(callback)
    try:
        gc.set_threshold(1)
        (gc.enable if collecting else gc.disable)()
        assert read(lambda x: [[x * 2.0] for _ in range(50)][-1][0], 1)(3.0) == (6.0,)
        assert gc.isenabled() is collecting
    finally:
        gc.callbacks.remove(callback)
        gc.set_threshold(*thresholds)
        (gc.enable if before else gc.disable)()
