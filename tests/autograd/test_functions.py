"""where, logsumexp, softmax, dot, take."""

import math
from random import Random

import numpy as np
import pandas as pd
import pytest
from mpmath import mp
from samples import ulps

from autograd import (
    Value,
    compile,
    dot,
    grad,
    logsumexp,
    maximum,
    softmax,
    take,
    vjp,
    where,
)


def test_where_sends_an_exact_zero_to_the_branch_not_taken():
    x = Value(0.0)
    f = where(x > 0, x.log(), x * 3)
    f.backward()
    assert (f.data, f.op, x.grad) == (0.0, "where", 3.0)
    y = Value(-1.0)
    where(y < 0, y * y, y.sqrt()).backward(math.inf)
    assert y.grad == -math.inf


def test_where_on_numbers_and_arrays():
    assert where(True, 1, 2) == 1.0
    assert where(np.array([True, False]), 1.0, 2.0).tolist() == [1.0, 2.0]
    assert where(Value(1.0) > 0, 5, Value(2.0)) == 5.0


def test_softmax_and_logsumexp_against_exact_arithmetic():
    for xs in (
        [0.1, 0.2, -3.0],
        [1000.0, 999.0, -1e4],
        [1e4, 1e4, 1e4],
        [-30.0, 2.0],
        [1e16, 1e16],
    ):
        values = [Value(x) for x in xs]
        probabilities = softmax(values)
        total = logsumexp(values)
        with mp.workprec(400):
            exponentials = [mp.exp(x) for x in xs]
            exact = [float(e / mp.fsum(exponentials)) for e in exponentials]
            assert total.data == pytest.approx(float(mp.log(mp.fsum(exponentials))), rel=1e-15)
        assert [p.data for p in probabilities] == pytest.approx(exact, rel=1e-13, abs=0)
        total.backward()
        assert [v.grad for v in values] == pytest.approx(exact, rel=1e-15, abs=0)


def test_the_gradient_of_softmax():
    xs = [Value(x) for x in (0.5, -1.0, 2.0)]
    p = softmax(xs)
    p[0].backward()
    expected = [p[0].data * ((i == 0) - q.data) for i, q in enumerate(p)]
    assert [x.grad for x in xs] == pytest.approx(expected, rel=1e-14)


def test_logsumexp_at_infinity():
    assert logsumexp([-math.inf, -math.inf]) == -math.inf
    assert logsumexp([math.inf, -math.inf, 0.0]) == math.inf
    assert math.isnan(logsumexp([math.nan, math.inf]))
    xs = [Value(-math.inf), Value(1.0)]
    logsumexp(xs).backward()
    assert [x.grad for x in xs] == [0.0, 1.0]


def test_the_gradient_of_logsumexp_at_infinity_is_nan_for_the_infinite_only():
    """inf - inf has no limit; what is finite beside it has none of the weight."""
    for xs, expected in (
        ([math.inf, 1.0], [math.nan, 0.0]),
        ([1.0, math.inf], [0.0, math.nan]),
        ([math.inf, 1.0, -math.inf, -1e308], [math.nan, 0.0, 0.0, 0.0]),
    ):
        values = [Value(x) for x in xs]
        logsumexp(values).backward()
        for found in (
            [v.grad for v in values],
            grad(logsumexp)(xs),
            compile(grad(logsumexp))(xs),
            compile(grad(logsumexp), batch=True)([xs, xs])[1],
            vjp(logsumexp, xs)[1](1.0)[0],
        ):
            assert list(found) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("xs", "expected"),
    [([0.0, 1e20], [0, 1]), ([-1e19, -2e19], [1, 0]), ([1e300, -1e300], [1, 0])],
)
def test_logsumexp_of_huge_numbers(xs, expected):
    values = [Value(x) for x in xs]
    logsumexp(values).backward()
    assert [v.grad for v in values] == expected


def test_logsumexp_of_many_numbers_stays_within_4_ulp():
    rng = Random(0)
    xs = [Value(rng.uniform(-1, 1)) for _ in range(1000)]
    logsumexp(xs).backward()
    with mp.workprec(200):
        exponentials = [mp.exp(x.data) for x in xs]
        total = mp.fsum(exponentials)
        assert max(ulps(x.grad, e / total) for x, e in zip(xs, exponentials, strict=True)) <= 4


def test_dot_is_one_node():
    a, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    f = dot(a, b)
    f.backward()
    assert (f.data, f.op) == (11.0, "dot")
    assert all(p is v for p, v in zip(f.parents, (*a, *b), strict=True))
    assert [v.grad for v in a + b] == [3.0, 4.0, 1.0, 2.0]
    assert dot(np.array([1.0, 2.0]), b).data == 11.0
    assert dot([1, 2], [3, 4]) == 11.0 and dot([], []) == 0.0
    x = Value(3.0)
    dot([x, x], [x, 1]).backward()
    assert x.grad == 7.0


SERIES = pd.Series([5.0, 6.0], index=[1, 0])  # as after a shuffle: labels are no positions


@pytest.mark.parametrize(
    "call",
    [
        lambda xs: logsumexp(xs),
        lambda xs: softmax(xs)[1],
        lambda xs: dot(xs, [1.0, 2.0]),
        lambda xs: dot((1.0, 2.0), xs),
        lambda xs: take(xs, 1),
        lambda xs: take(xs, Value(1.0)).data,
        lambda xs: grad(lambda i: take(xs, i))(1.0) + take(xs, 1),
        lambda xs: compile(lambda i: take(xs, i))(1.0),
    ],
)
def test_a_list_may_be_a_series_or_an_array(call):
    assert call(SERIES) == call(np.array([5.0, 6.0])) == call([5.0, 6.0])


def test_take_takes_rows_of_a_table_and_what_comes_one_by_one():
    assert take(SERIES, 0) == 5.0 and take(iter([5.0, 6.0]), 1) == 6.0
    assert take(pd.DataFrame([[1.0, 2.0], [3.0, 4.0]]), 1).tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("xs", "told"),
    [
        ({0: 5.0, 1: 6.0}, "takes a list, got a dict, which gives its keys: pass list(x.values())"),
        ({5.0, 6.0}, "takes a list, got a set, which has no order"),
        (3, "takes a list, got 3 of type int"),
        (None, "takes a list, got None of type NoneType"),
    ],
)
def test_what_is_no_list_is_refused_by_the_functions_name(xs, told):
    for name, call in (
        ("softmax", softmax),
        ("logsumexp", logsumexp),
        ("dot", lambda xs: dot(xs, xs)),
        ("dot", lambda xs: dot([1.0, 2.0], xs)),
        ("take", lambda xs: take(xs, 0)),
    ):
        with pytest.raises(TypeError) as error:
            call(xs)
        assert str(error.value) == f"`{name}` {told}"


def test_an_array_of_several_axes_is_no_list():
    calls = {"softmax": softmax, "logsumexp": logsumexp, "dot": lambda xs: dot(xs, [1.0, 2.0])}
    for name, call in calls.items():
        for xs in (np.eye(2), pd.DataFrame(np.eye(2)), np.array([[Value(1.0)], [Value(2.0)]])):
            told = f"`{name}` takes one list, got shape {xs.shape}: call it for each row"
            with pytest.raises(TypeError) as error:
                call(xs)
            assert str(error.value) == told
    assert dot(list(np.eye(2)), [1.0, 2.0]).tolist() == [1.0, 2.0]  # as many dots as columns


def test_a_list_is_no_condition():
    for condition in ([False], (False, True), [], "no"):
        with pytest.raises(TypeError) as error:
            where(condition, 1.0, 2.0)
        assert str(error.value) == (
            f"`where` asks whether one condition holds, got {condition!r}: pass np.array(x), or "
            "call it for each element"
        )


def test_times_are_no_numbers():
    for kind in ("timedelta64[ns]", "timedelta64[D]", "datetime64[ns]"):
        times = np.array([1, 2], dtype=kind)
        told = (
            f"an array of {kind} holds times, which are no numbers: divide what lies between two "
            "by a unit, such as np.timedelta64(1, 's')"
        )
        for call in (
            grad(lambda v: v[0] * v[1]),
            compile(lambda v: v[0] * 2),
            lambda times: Value(1.0) * times,
        ):
            with pytest.raises(TypeError) as error:
                call(times)
            assert str(error.value) == told
        for call in (lambda t: maximum(Value(1.0), t), Value):
            with pytest.raises(TypeError, match="must be a real number, got"):
                call(times[0])


@pytest.mark.parametrize("function", [softmax, logsumexp])
def test_what_is_no_number_in_a_sequence_is_refused(function):
    with pytest.raises(TypeError, match="must be a real number, got the string"):
        function([Value(1.0), "2"])


def test_take_is_the_element_and_no_gradient_flows_to_the_index():
    xs, place = [Value(2.0), Value(3.0), 4.0], Value(1.0)
    assert take(xs, 1) is xs[1] and take(xs, 2.0) == 4.0 and take(xs, np.int64(0)) is xs[0]
    chosen = take(xs, place)
    assert chosen.op == "take" and chosen.parents == (place, xs[1])
    (chosen * xs[1]).backward()
    assert (xs[0].grad, xs[1].grad, place.grad) == (0.0, 6.0, 0.0)
    assert [v.data for v in take([[1.0, xs[0]], [xs[1], 5.0]], place)] == [3.0, 5.0]
    assert grad(lambda v: take([v, v * v], Value(1.0)))(3.0) == 6.0
    assert grad(lambda i: take([1.0, 2.0], i))(1.0) == 0.0


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (3, IndexError),
        (-1, IndexError),
        (0.5, ValueError),
        (math.nan, IndexError),
        ("0", TypeError),
    ],
)
def test_take_refuses_an_index_that_is_none(index, error):
    for given in [index] if isinstance(index, str) else [index, Value(index)]:
        with pytest.raises(error, match="index"):
            take([1.0, 2.0, Value(3.0)], given)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: dot([x], [1, 2]),
            ValueError,
            "`dot` needs two sequences of equal length, got 1 and 2",
        ),
        (
            lambda x: softmax([]),
            ValueError,
            "`softmax` of an empty sequence: pass at least one number or Value",
        ),
        (
            lambda x: logsumexp([]),
            ValueError,
            "`logsumexp` of an empty sequence: pass at least one number or Value",
        ),
        (
            lambda x: take([x, 2.0], 2),
            IndexError,
            "index 2 is outside the 2 elements that `take` chooses from",
        ),
        (
            lambda x: take([x, 2.0], Value(0.5)),
            ValueError,
            "`take` needs a whole number as index, got 0.5",
        ),
        (
            lambda x: take([x, 2.0], "0"),
            TypeError,
            "`index` must be a real number, got the string '0': convert it with float(...) first",
        ),
        (
            np.isnan,
            TypeError,
            "`np.isnan` takes no Values, as the table has no row for it: write it with autograd's "
            "functions, define it by autograd.primitive, or pass the bare number v.data",
        ),
        (
            lambda x: x.clip(0, 1, out=np.zeros(())),
            TypeError,
            "`out` cannot take a Value: write y = np.clip(v, low, high)",
        ),
    ],
)
def test_what_is_refused_is_told_in_full(call, error, message):
    with pytest.raises(error) as caught:
        call(Value(1.0))
    assert str(caught.value) == message


def test_rows_of_different_lengths_cannot_be_chosen_from_by_an_argument():
    with pytest.raises(ValueError, match="shorter"):
        compile(lambda i: sum(take([[1.0, 2.0], [3.0]], i)))(0.0)
