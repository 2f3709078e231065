"""Reading: a function of numbers, called on symbols once, is found again as a rule."""

import functools
import math
import types
from random import Random

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.engine.primitive import TABLE, Primitive
from autograd.engine.table import select
from autograd.symbolic import (
    Symbolic,
    catches_exceptions,
    greater,
    less,
    read,
)

SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, math.inf, -math.inf, math.nan)


def same(a, b):
    return a == b or (a != a and b != b)


def assert_read(function, count=1):
    """The rule gives, number for number, what the function gives."""
    rule = read(function, count)
    rng = Random(0)
    for _ in range(200):
        point = [rng.choice(SPECIAL) for _ in range(count)]
        with np.errstate(all="ignore"):
            assert same(rule(*point)[0], float(function(*map(np.float64, point)))), point
    return rule


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 2 * x + x * 3 - 1 - x,
        lambda x: 2 - x / 4 + 1 / x + x**2 + 2.0**x,
        lambda x: +x - (-x) + abs(x),
        lambda x: (x > 0) * 2.0 + (x < 1) * (x <= 0) * 1.0 - 1.0 * (x >= 2) + (x == 1) + (x != -1),
        lambda x: np.where(x > 0, 1, 0) + np.maximum(x, 0.5) * np.sign(x),
        lambda x: np.where(x == 0, 1.0, np.where(x, x, 2.0)),
        lambda x: np.float64(2.0) * x,
        lambda x: sum(np.array([x, x + 1]) * np.array([x, 2.0])),
        lambda x: np.where(True, x, 2.0),
        lambda x: 3.0,
    ],
)
def test_what_is_read_is_what_was_written(function):
    assert_read(function)


def test_several_inputs_and_results():
    assert_read(lambda x, y: 0.5 * (x + y) * (x <= y), 2)
    rule = read(lambda out, x: (out, x * x, 1), 2, 3)
    assert rule(5.0, 3.0) == (5.0, 9.0, 1.0)
    assert read(lambda *xs: [x + 1 for x in xs], 3, 3)(1.0, 2.0, 3.0) == (2.0, 3.0, 4.0)


def test_a_rule_takes_arrays_values_and_other_symbols():
    rule = read(lambda x: autograd.maximum(x, 0.0), 1)
    assert rule(np.array([-1.0, 2.0]))[0].tolist() == [0.0, 2.0]
    assert rule(Value(2.0))[0].partials == (1.0, 0.0)
    outer = read(lambda x: rule(x)[0] + 1, 1)
    assert outer(-3.0) == (1.0,) and outer(3.0) == (4.0,)


def kept(memo=[]):  # noqa: B006  # what the test is about
    return lambda x: memo.append(x) or memo[0] * 2


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (math.exp, "works on numbers only: must be real number, not Term"),
        (float, "works on numbers only"),
        (lambda x: int(x), "works on numbers only"),
        (lambda x: x if x > 0 else 0.0, "a symbol is neither true nor false"),
        (lambda x: x in (0.0, 1.0), "a symbol is neither true nor false"),
        (lambda x: max(x, 0.0), "a symbol is neither true nor false"),
        (lambda x: x.real, "'Term' object has no attribute 'real'"),
        (lambda x: np.modf(x)[0], "works on numbers only"),
        (lambda x: np.clip(x, 0, 1), "works on numbers only"),
        (lambda x: np.add.reduce([x, x], out=x), "works on numbers only"),
        (lambda x: np.frompyfunc(abs, 1, 1)(x), "abs.* is none of NumPy's functions"),
        (lambda x: np.array([x, x + 1]) - x, "works on numbers only"),
        (lambda x: None, "works on numbers only"),
        (lambda x: {0.0: 1.0}.get(x, 2.0), "unhashable"),
        (lambda x: "a", "the string 'a'"),
        (lambda x: autograd.exp(x) + np.ones(2), "works on numbers only"),
    ],
)
def test_what_cannot_be_read(function, reason):
    with pytest.raises(TypeError, match=reason):
        read(function, 1)


def test_a_symbol_of_another_reading_is_no_number():
    function = kept()
    assert read(function, 1)(3.0) == (6.0,)
    with pytest.raises(TypeError, match="works on numbers only"):
        read(function, 1)
    remembered = []
    with pytest.raises(TypeError, match="works on numbers only"):
        read(lambda x: remembered.append(x) or remembered[0], 1) and read(
            lambda x: remembered[0], 1
        )


def test_partials_of_another_number_cannot_be_read():
    with pytest.raises(TypeError, match="works on numbers only: it returns 2 numbers"):
        read(lambda out, x: (x, x), 2, 1)
    with pytest.raises(TypeError, match="works on numbers only: 'Term' object is not iterable"):
        read(lambda out, x: x, 2, 1)


def test_no_symbol_is_true():
    class Plain(Symbolic):
        def __apply_primitive__(self, primitive, inputs):
            return self

    with pytest.raises(TypeError, match="a symbol is neither true nor false"):
        bool(Plain() > 0)
    with pytest.raises(TypeError, match="a symbol is neither true nor false"):
        max(Plain(), 1.0)


def test_every_operator_of_symbols_is_a_row():
    met = []

    class Plain(Symbolic):
        def __apply_primitive__(self, primitive, inputs):
            met.append((primitive.name, inputs.index(self)))

    x = Plain()
    for use in (
        lambda: (x + 1, 1 + x, x - 1, 1 - x, x * 1, 1 * x, x / 1, 1 / x, x**1, 1**x),
        lambda: (-x, abs(x), x > 1, x < 1, x >= 1, x <= 1, +x is x),
    ):
        use()
    names = ["+", "+", "-", "-", "*", "*", "/", "/", "pow", "pow"]
    assert met[:10] == [(name, i % 2) for i, name in enumerate(names)]
    comparisons = ["greater", "less", "greater_equal", "less_equal"]
    assert met[10:] == [(name, 0) for name in ["neg", "abs", *comparisons]]


def test_comparisons_are_rows_of_their_own():
    assert less(1.0, 2.0) == 1.0 and less(math.nan, 2.0) == 0.0
    assert less(np.array([1.0, 3.0]), 2.0).tolist() == [1.0, 0.0]
    assert greater.partials(1.0, 2.0, 1.0) == less.partials(1.0, 2.0, 1.0) == (0.0, 0.0)
    assert select(0.0, 1.0, 2.0) == 2.0 and select(math.nan, 1.0, 2.0) == 1.0
    chosen = select(np.array([0.0, 1.0]), np.array([5.0, 6.0]), math.nan)
    assert math.isnan(chosen[0]) and chosen[1] == 6.0
    assert select.partials(2.0, 0.0, 1.0, 2.0) == (0.0, 0.0, 1.0)


def test_numpys_functions_are_rows_of_the_table_where_it_has_them():
    assert read(np.exp, 1)(TABLE["exp"](0.0)) == (math.exp(1.0),)
    met = []

    class Plain(Symbolic):
        def __apply_primitive__(self, primitive, inputs):
            met.append(primitive)

    read(np.exp, 1)(Plain())
    read(np.square, 1)(Plain())
    assert met[0] is TABLE["exp"]
    assert type(met[1]) is Primitive and met[1].array is np.square
    assert math.isnan(met[1].partials(4.0, 2.0)[0])


# Exceptions that symbols do not raise


def caught(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        return 0.0


def opened(x):
    with np.errstate(all="ignore"):
        return 1 / x


class Called:
    """A function that is none."""

    def __call__(self, x):
        return caught(x)

    def method(self, x):
        return caught(x)


helpers = types.ModuleType("helpers")
helpers.caught = caught


def inner():
    helper = caught

    def later(x):
        return after(x) + x

    assert not catches_exceptions(later)  # `after` is not there yet
    after = caught
    return later, lambda x: helper(x)


@pytest.mark.parametrize(
    "function",
    [
        caught,
        opened,
        lambda x: caught(x - 5.0),
        lambda x: helpers.caught(x),
        lambda x: sum(caught(x - i) for i in range(3)),
        *inner(),
        functools.partial(lambda y, x: caught(x), 1.0),
        np.vectorize(caught),
        Called(),
        Called().method,
    ],
)
def test_a_function_is_not_read_where_it_or_what_it_calls_catches_exceptions(function):
    with pytest.raises(TypeError, match="it catches exceptions, which symbols do not raise"):
        read(function, 1)


def recursive(x, n=3):
    return x if n == 0 else recursive(x * x, n - 1)


@pytest.mark.parametrize(
    "function",
    [
        math.exp,
        np.exp,
        autograd.exp,
        recursive,
        lambda *xs: sum(x * x for x in xs),
        lambda x: [x * i for i in range(3)],
        lambda x: autograd.softplus(x) + autograd.logsumexp([x, x]),
    ],
)
def test_functions_that_catch_nothing(function):
    assert not catches_exceptions(function)
