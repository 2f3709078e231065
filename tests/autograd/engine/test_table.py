"""Every row of the table against mpmath, differences, its own array column, and at points apart."""

import dataclasses
import math
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest
from mpmath import mp, mpf
from repeats import repeats
from samples import SAMPLES, exact, five_point, moderate, ulps

import autograd
from autograd import Value, cbrt, grad, hessian
from autograd.engine.primitive import TABLE, row

POINTS = repeats(300)
NAMES = list(TABLE)


def evaluate(primitive, point):
    """Value and partials as recording stores them."""
    node = primitive(*map(Value, point))
    return node.data, node.partials


def same(a, b, tolerance=0.0):
    """Equal within a relative tolerance, nan for nan, inf for inf."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= tolerance * max(abs(a), abs(b)) or abs(a - b) <= 1e-320


def test_every_row_has_samples():
    assert set(SAMPLES) == set(TABLE)


@pytest.mark.parametrize("name", NAMES)
def test_partials_are_within_4_ulp_of_the_exact_derivative(name):
    sample, rng = SAMPLES[name], Random(name)
    for _ in range(POINTS):
        point = sample.draw(rng)
        _, partials = evaluate(TABLE[name], point)
        assert len(partials) == len(point)
        for i, partial in enumerate(partials):
            truth = exact(sample.partials[i], point)
            assert ulps(partial, truth) <= 4.0, (point, i, partial, float(truth))


@pytest.mark.parametrize("name", NAMES)
def test_values_are_exact_to_rounding(name):
    sample, rng = SAMPLES[name], Random(name)
    for _ in range(POINTS):
        point = sample.draw(rng)
        data, _ = evaluate(TABLE[name], point)
        truth = exact(sample.value, point)
        error = abs(data - float(truth))
        terms = sample.terms(point)
        assert ulps(data, truth) <= 4.0 or error <= 4.0 * math.ulp(terms), (point, data)


@pytest.mark.parametrize("name", NAMES)
def test_array_column_equals_scalar_column(name):
    sample, rng = SAMPLES[name], Random(name)
    points = [sample.draw(rng) for _ in range(200)]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    out = TABLE[name](*columns)
    with np.errstate(all="ignore"):
        partials = TABLE[name].partials(out, *columns)
    for k, point in enumerate(points):
        data, floats = evaluate(TABLE[name], point)
        assert same(out[k], data, 2e-15) or abs(out[k] - data) <= 1e-15 * sample.terms(point)
        for array, partial in zip(partials, floats, strict=True):
            assert same(np.broadcast_to(array, len(points))[k], partial, 4e-15)


@pytest.mark.parametrize("name", NAMES)
def test_partials_agree_with_central_differences(name):
    rng = Random(name)
    for _ in range(20):
        point = moderate(name, rng)
        data, partials = evaluate(TABLE[name], point)
        for i, partial in enumerate(partials):
            if name == "detach" or (name == "**" and i == 1):
                continue  # detached, or a constant exponent: nothing flows, by design

            def along(x, i=i, point=point):
                return TABLE[name](*point[:i], x, *point[i + 1 :])

            slope = five_point(along, point[i], 1e-3 * abs(point[i]))
            assert slope == pytest.approx(partial, rel=1e-7, abs=1e-9 * max(1.0, abs(data))), point


@pytest.mark.parametrize("name", [n for n in NAMES if SAMPLES[n].second_order])
def test_second_derivatives_come_from_the_same_row(name):
    rng = Random(name)
    primitive = TABLE[name]
    for _ in range(20):
        point = moderate(name, rng)
        leaves = [Value(x) for x in point]
        # As in a nested gradient, a constant exponent is a plain number.
        inputs = [leaves[0], point[1]] if name == "**" else leaves
        partials = primitive.partials(primitive(*inputs), *inputs)
        for i, partial in enumerate(partials):
            if not isinstance(partial, Value):
                continue
            for leaf in leaves:
                leaf.grad = 0.0
            partial.backward()
            for j, leaf in enumerate(leaves):
                if name == "**" and j == 1:
                    continue

                def first(x, i=i, j=j, point=point):
                    return evaluate(primitive, (*point[:j], x, *point[j + 1 :]))[1][i]

                slope = five_point(first, point[j], 1e-3 * abs(point[j]))
                assert leaf.grad == pytest.approx(slope, rel=1e-7, abs=1e-8), (point, i, j)


SMOOTH_AT_0 = "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh sigmoid softplus"
SMOOTH_AT_0 += " exp expm1 log1p erf"


@pytest.mark.parametrize("x", [0.0, -0.0, 0.3, -0.3])
@pytest.mark.parametrize("name", SMOOTH_AT_0.split())
@pytest.mark.exhaustive
def test_derivatives_up_to_order_5_are_those_of_the_function(name, x):
    """At 0, too, where the even partial of tanh must not have the slope of abs."""
    coefficients = mp.taylor(SAMPLES[name].value, mpf(x), 5)
    derivative = compiled = TABLE[name]
    for order, coefficient in enumerate(coefficients):
        truth = float(coefficient * mp.factorial(order))
        assert derivative(x) == pytest.approx(truth, rel=1e-12, abs=1e-12), order
        assert compiled(x) == pytest.approx(truth, rel=1e-12, abs=1e-12), order
        derivative = grad(derivative)
        compiled = autograd.compile(derivative)


@pytest.mark.parametrize("x", [1e9, -1e9, 3e9, 1e20])
@pytest.mark.parametrize("name", ["arctan", "arcsinh"])
def test_derivatives_of_every_order_in_the_tails(name, x):
    """At 1e9, too, where the rows go over to the formula of the tail."""
    with mp.workdps(150):
        coefficients = mp.taylor(SAMPLES[name].value, mpf(x), 4)
    derivative = TABLE[name]
    for order, coefficient in enumerate(coefficients):
        assert derivative(x) == pytest.approx(float(coefficient * mp.factorial(order)), rel=1e-14)
        derivative = grad(derivative)


EXPONENTS = [-2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.7, 3.0, 4.0, 5.0]


def derivative_of_power(x, c, order):
    """c (c - 1) ... x^(c - order), and IEEE 754's answer at 0 and outside the domain."""
    factor = math.prod(Fraction(c) - i for i in range(order))
    exponent = Fraction(c) - order
    if factor == 0:
        return 0.0
    if x == 0.0 or (x < 0.0 and exponent.denominator != 1):
        return float(factor) * TABLE["**"](x, float(exponent))
    power = mp.power(mpf(x), mpf(exponent.numerator) / exponent.denominator)
    return float(power * factor.numerator / factor.denominator)


@pytest.mark.parametrize("x", [0.0, -0.0, 1e-200, 1e-103, 1e-60, 0.3, -0.3, -2.0, 1e70])
@pytest.mark.parametrize("c", EXPONENTS)
@pytest.mark.exhaustive
def test_derivatives_of_powers_up_to_order_5(x, c):
    """Near 0 the factor that puts a rounding error back must not be differentiated."""

    def forward(f):
        return lambda x: autograd.jvp(f, (x,), (1.0,))[1]

    exponents = [c] if 0.0 < abs(x) < 1e-60 else [c, Value(c)]  # 0 times x^-2 would be nan
    for exponent in exponents:
        power = derivative = by_forward = lambda x, exponent=exponent: x**exponent
        for order in range(1, 6):
            derivative, by_forward = grad(derivative), forward(by_forward)
            truth = pytest.approx(derivative_of_power(x, c, order), rel=1e-13, nan_ok=True)
            assert derivative(x) == truth, (power(x), order)
            assert by_forward(x) == truth, (power(x), order)
            if order in (1, 2, 5):  # a program of the fifth holds what the others hold
                assert autograd.compile(derivative)(x) == truth, (power(x), order)


def test_the_derivative_of_a_power_is_the_product_that_a_teacher_writes():
    x = Value(3.0, label="x")
    slope = grad(lambda x: x**2)(x)
    assert (slope.op, slope.parents[0].data, slope.parents[1].parents) == ("*", 2.0, (x,))


def legendre(n, x):
    """The Legendre polynomial of degree n by the formula of Rodrigues."""

    def derivative(x):
        return (x**2 - 1.0) ** n

    for _ in range(n):
        derivative = grad(derivative)
    return derivative(x) / (2**n * math.factorial(n))


@pytest.mark.parametrize("x", [-1.0, 0.0, 0.5, 1.0])
def test_legendre_polynomials_by_rodrigues(x):
    for n in range(6):
        assert legendre(n, x) == pytest.approx(float(mp.legendre(n, x)), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("wrong", [lambda d: 1.001 * d, lambda d: -d, lambda d: 2 * d])
def test_the_checks_reject_a_wrong_rule(wrong):
    for name in ("tanh", "exp", "sigmoid", "log"):
        sample, rng = SAMPLES[name], Random(0)
        points = [sample.draw(rng) for _ in range(50)]
        worst = max(
            ulps(wrong(evaluate(TABLE[name], p)[1][0]), exact(sample.partials[0], p))
            for p in points
        )
        assert worst > 4.0


def test_two_rows_cannot_share_a_name():
    with pytest.raises(
        ValueError, match=r"^the table already has a primitive named `tanh`; choose another name$"
    ):
        row("tanh", math.tanh, np.tanh, lambda out, x: (1.0,))


def test_a_row_stays_as_it_is():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TABLE["tanh"].scalar = math.tan


def test_a_row_is_a_function_on_numbers_arrays_and_values():
    tanh = TABLE["tanh"]
    assert tanh(0) == 0.0 and type(tanh(1)) is float
    assert tanh(np.array([0.0, 1.0])).tolist() == [0.0, math.tanh(1.0)]
    assert isinstance(tanh(Value(1.0)), Value)
    assert repr(tanh) == "<primitive tanh>"
    with pytest.raises(TypeError, match="`tanh` must be a real number, got the string 'x'"):
        tanh("x")


@pytest.mark.parametrize(
    ("name", "point", "partials"),
    [
        ("**", (0.0, 0.0), (0.0, 0.0)),
        ("**", (0.0, -1.0), (-math.inf, 0.0)),
        ("**", (0.0, 0.5), (math.inf, 0.0)),
        ("**", (math.inf, 2.0), (math.inf, 0.0)),
        ("pow", (0.0, 2.0), (0.0, 0.0)),
        ("pow", (0.0, 0.0), (0.0, 0.0)),
        ("pow", (0.0, -1.0), (-math.inf, -math.inf)),
        ("pow", (-2.0, 3.0), (12.0, math.nan)),
        ("/", (1.0, 0.0), (math.inf, -math.inf)),
        ("/", (0.0, 0.0), (math.inf, math.nan)),
        ("/", (1.0, math.inf), (0.0, 0.0)),
        ("*", (0.0, math.inf), (math.inf, 0.0)),
        ("sqrt", (0.0,), (math.inf,)),
        ("sqrt", (-1.0,), (math.nan,)),
        ("log", (0.0,), (math.inf,)),
        ("exp", (math.inf,), (math.inf,)),
        ("exp", (-math.inf,), (0.0,)),
        ("tanh", (math.inf,), (0.0,)),
        ("sigmoid", (-math.inf,), (0.0,)),
        ("softplus", (math.inf,), (1.0,)),
        ("arctan", (math.inf,), (0.0,)),
        ("arcsin", (1.0,), (math.inf,)),
        ("arctanh", (1.0,), (math.inf,)),
        ("erf", (math.inf,), (0.0,)),
        ("relu", (math.inf,), (1.0,)),
        ("leaky_relu", (3.0, 1e20), (1.0, 0.0)),
        ("logsumexp", (-math.inf, 0.0, 0.0), (0.0, 0.5, 0.5)),
    ],
)
def test_partials_at_special_points(name, point, partials):
    _, found = evaluate(TABLE[name], point)
    assert all(map(same, found, partials)), found


def test_the_mixed_derivative_of_a_power_at_exponent_0():
    """d/dy of y x^(y - 1) at y = 0 is 1 / x; at x = 0, too, the first derivative by x is 0."""
    for x in (0.5, 2.0, 3e200):
        (_, mixed), (other, _) = hessian(lambda v: v[0] ** v[1])([x, 0.0])
        assert mixed == other == pytest.approx(1.0 / x, rel=1e-15)
    for x in (0.0, 5e-324, math.inf, math.nan):
        assert evaluate(TABLE["pow"], (x, 0.0))[1][0] == 0.0


def test_the_least_of_floats_outweighs_minus_infinity():
    least = -1.7976931348623157e308
    assert evaluate(TABLE["logsumexp"], (least, least, -math.inf)) == (least, (0.5, 0.5, 0.0))
    assert evaluate(TABLE["logsumexp"], (least, 0.999 * least)) == (0.999 * least, (0.0, 1.0))


def test_a_place_half_way_between_two_is_the_lower_one():
    take, values = TABLE["take"], (3.0, 4.0, 5.0)
    assert [take(place, *values) for place in (-0.5, 0.5, 1.5, 2.5)] == [3.0, 3.0, 4.0, 5.0]
    columns = [np.full(4, value) for value in values]
    assert take(np.array([-0.5, 0.5, 1.5, 2.5]), *columns).tolist() == [3.0, 3.0, 4.0, 5.0]


def test_the_cube_root_is_the_nearest_number_or_beside_it():
    """libm's alone, which NumPy's may be, is up to 3 units in the last place off."""
    points = np.random.default_rng(0).uniform(0.5, 8.0, 2000)
    for x, of_array in zip(points.tolist(), cbrt(points).tolist(), strict=True):
        truth = exact(SAMPLES["cbrt"].value, (x,))
        assert ulps(cbrt(x), truth) <= 1.0 and ulps(of_array, truth) <= 1.0, x


def test_exponents_in_an_array_have_their_square_roots():
    exponents = np.array([0.5, 0.5, 0.5, 1.5, 1.0 / 3.0])
    found = TABLE["**"](np.array([-math.inf, -0.0, 2.0, 4.0, -8.0]), exponents)
    assert same(found[0], math.nan) and math.copysign(1.0, found[1]) == -1.0
    assert found[2:4].tolist() == [math.sqrt(2.0), 8.0] and same(found[4], math.nan)
    plain = TABLE["**"](np.array([-math.inf, 9.0]), 0.5)
    assert same(plain[0], math.nan) and plain[1] == 3.0


def test_kinks_follow_pytorch():
    assert evaluate(TABLE["relu"], (0.0,)) == (0.0, (0.0,))
    assert evaluate(TABLE["abs"], (0.0,)) == (0.0, (0.0,))
    assert evaluate(TABLE["magnitude"], (0.0,)) == (0.0, (-1.0,))
    assert evaluate(TABLE["maximum"], (2.0, 2.0)) == (2.0, (0.5, 0.5))
    assert evaluate(TABLE["minimum"], (2.0, 2.0)) == (2.0, (0.5, 0.5))
    assert evaluate(TABLE["maximum"], (math.inf, math.inf)) == (math.inf, (0.5, 0.5))
    assert evaluate(TABLE["leaky_relu"], (0.0, 0.01))[1][0] == 0.01


def test_steps_are_flat_and_remainders_have_the_sign_of_the_divisor():
    for name in ("floor", "ceil", "sign"):
        for x in (-1.0, -0.5, 0.0, 0.5, 2.0):
            assert evaluate(TABLE[name], (x,)) == (float(getattr(np, name)(x)), (0.0,))
    assert evaluate(TABLE["mod"], (-7.0, 3.0)) == (2.0, (1.0, 3.0))
    assert evaluate(TABLE["mod"], (7.0, -3.0)) == (-2.0, (1.0, 3.0))
    assert evaluate(TABLE["floor_divide"], (-7.0, 3.0)) == (-3.0, (0.0, 0.0))
    assert math.copysign(1.0, evaluate(TABLE["ceil"], (-0.5,))[0]) == -1.0
    assert math.copysign(1.0, evaluate(TABLE["floor"], (-0.0,))[0]) == -1.0


@pytest.mark.parametrize("name", NAMES)
def test_the_domain_says_where_there_is_a_finite_value(name):
    row, count = TABLE[name], len(SAMPLES[name].draw(Random(0)))
    for point in product((-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0), repeat=count):
        inside = row.domain is None or row.domain(*point)
        assert inside == math.isfinite(row(*point)), point


def test_tails_keep_their_derivative():
    assert evaluate(TABLE["tanh"], (20.0,))[1][0] == pytest.approx(4 * math.exp(-40), rel=1e-15)
    assert evaluate(TABLE["sigmoid"], (-700.0,))[1][0] == pytest.approx(math.exp(-700), rel=1e-14)
    assert evaluate(TABLE["sigmoid"], (40.0,))[1][0] == pytest.approx(math.exp(-40), rel=1e-15)
    assert evaluate(TABLE["arcsinh"], (1e200,))[1][0] == pytest.approx(1e-200, rel=1e-15)
