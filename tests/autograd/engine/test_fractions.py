"""Exact arithmetic: fractions stay fractions, in value and gradient, and meet floats as floats."""

import copy
import math
import operator
import pickle
from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np
import pytest

import autograd
from autograd import Value, explain, grad, jacobian, jvp, value_and_grad
from autograd.engine.primitive import TABLE

THIRD = Fraction(1, 3)


def test_a_fraction_stays_exact_through_arithmetic_and_gradient():
    x, y, z = Value(Fraction(-2, 3)), Value(Fraction(5, 7)), Value(Fraction(-4))
    f = (x + y) * z
    f.backward()
    assert f.data == Fraction(-4, 21) and type(f.data) is Fraction
    assert (x.grad, y.grad, z.grad) == (Fraction(-4), Fraction(-4), Fraction(1, 21))
    assert all(type(v.grad) is Fraction for v in (x, y, z, f))


def test_a_third_taken_three_times_is_one():
    x = Value(THIRD)
    assert (x + x + x).data == 1 and (0.1 + 0.2 != 0.3)
    assert (3 * x).data == 1 and (x * 3).data == 1 and (x / 3).data == Fraction(1, 9)
    assert (1 - x).data == Fraction(2, 3) and (x - 1).data == Fraction(-2, 3)
    assert (1 / x).data == 3 and (-x).data == Fraction(-1, 3) and (+x).data == THIRD
    assert (x + Fraction(1, 6)).data == Fraction(1, 2)
    assert (Fraction(1, 6) + x).data == Fraction(1, 2)


@pytest.mark.parametrize("exponent", [-3, -1, 0, 1, 2, 5])
def test_whole_powers(exponent):
    x = Value(Fraction(-2, 3))
    y = x**exponent
    y.backward()
    assert y.data == Fraction(-2, 3) ** exponent
    assert x.grad == (exponent * Fraction(-2, 3) ** (exponent - 1) if exponent else 0)
    assert type(y.data) is type(x.grad) is Fraction


def test_random_rational_functions_against_differences_that_are_exact():
    """(f(x + h) - f(x)) / h of a polynomial in h: its value at h = 0 by exact interpolation."""
    rng = Random(0)
    for _ in range(30):
        a, b, x = (Fraction(rng.randint(-9, 9), rng.randint(1, 9)) for _ in range(3))

        def f(t, a=a, b=b):
            return (t * t - a) * (b + t) - 2 * t**3 + t / 7

        derivative = 3 * x * x + 2 * b * x - a - 6 * x * x + Fraction(1, 7)
        assert grad(f)(x) == derivative and type(grad(f)(x)) is Fraction


def test_a_quotient():
    x, y = Value(Fraction(3, 5)), Value(Fraction(2, 7))
    q = x / y
    q.backward()
    assert (q.data, x.grad, y.grad) == (Fraction(21, 10), Fraction(7, 2), Fraction(-147, 20))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x + 0.5,
        lambda x: 0.5 * x,
        lambda x: x * Value(2.0),
        lambda x: Value(2.0) - x,
        lambda x: x**0.5,
        lambda x: x**2.0,
        lambda x: 2**x,
        lambda x: x**x,
        lambda x: x.exp(),
        lambda x: x.tanh(),
        lambda x: autograd.maximum(x, 0.0),
        lambda x: autograd.minimum(0.5, x),
        lambda x: autograd.dot([x, x], [2, 0.5]),
        lambda x: autograd.where(True, x, 0.0) * 1.0,
        lambda x: autograd.logsumexp([x, 1]),
        lambda x: x / math.pi,
        lambda x: x + math.inf,
    ],
)
def test_anything_else_makes_a_float(make):
    x = Value(THIRD)
    y, z = make(x), make(Value(float(THIRD)))
    y.backward()
    z.backward()
    assert isinstance(y.data, float) and y.data == z.data
    assert isinstance(x.grad, float) and x.grad == grad(make)(float(THIRD))


def test_division_by_zero_is_ieee_as_everywhere():
    x = Value(Fraction(0))
    assert (1 / x).data == math.inf and (x**-1).data == math.inf and math.isnan((x / x).data)


def test_a_power_too_long_to_write_down_becomes_a_float():
    x = Value(Fraction(1, 3))
    assert (x**1000).data == Fraction(1, 3**1000) and (x**10**9).data == 0.0
    assert isinstance((x ** (10**9)).data, float)
    two = TABLE["**"](Fraction(2), Fraction(500_000))  # a million bits, counted as 2 for each 2
    assert type(two) is Fraction and two == 2**500_000
    assert TABLE["**"](Fraction(2**100), Fraction(9901)) == math.inf  # one bit more


def test_fractions_too_large_for_a_float():
    x = Value(Fraction(10**400))
    assert (x / 10**399).data == 10 and x.exp().data == math.inf and f"{x:.1f}" == "inf"


def test_dot_where_and_rows_called_as_functions():
    x, y = Value(THIRD), Value(Fraction(2, 7))
    neuron = autograd.dot([x, y], [3, 7]) + Fraction(1, 2)
    neuron.backward()
    assert (neuron.data, x.grad, y.grad) == (Fraction(7, 2), 3, 7)
    assert autograd.where(True, x, 2.0).data == THIRD
    assert autograd.engine.table.multiply(x, y).data == Fraction(2, 21)
    assert isinstance(autograd.dot([x], [0.5]).data, float)


def test_gradients_add_up_over_passes():
    x = Value(THIRD)
    y = x * x
    y.backward()
    y.backward(3)
    assert x.grad == 4 * 2 * THIRD and y.grad == 3
    y.backward(0.5)
    assert isinstance(x.grad, float) and x.grad == pytest.approx(float(4.5 * 2 / 3), rel=1e-15)
    x.grad = 0.0
    y.backward()
    assert x.grad == 2 * THIRD and type(x.grad) is Fraction


def test_functions_of_fractions_have_fractions_as_derivatives():
    def f(p):
        return p["a"] * p["b"][0] / p["b"][1]

    point = {"a": THIRD, "b": [Fraction(2), Fraction(5, 7)]}
    value, slopes = value_and_grad(f)(point)
    assert value == Fraction(14, 15)
    assert slopes == {"a": Fraction(14, 5), "b": [Fraction(7, 15), Fraction(-98, 75)]}
    assert jacobian(lambda v: [v[0] * v[1], v[0] + 1])([THIRD, Fraction(2)]) == [[2, THIRD], [1, 0]]
    mixed = grad(lambda x, y: x * y, (0, 1))(THIRD, 0.5)
    assert mixed == (0.5, 1 / 3) and all(type(g) is float for g in mixed)
    assert grad(grad(lambda x: x**3))(THIRD) == 2


def test_vjp_and_jvp_of_fractions():
    for one in (1, Fraction(1), np.int64(1)):
        value, tangent = autograd.jvp(lambda x: x * x, (THIRD,), (one,))
        assert (value, tangent) == (Fraction(1, 9), Fraction(2, 3))
        value, pull_back = autograd.vjp(lambda x: x * x, THIRD)
        (pulled,) = pull_back(one)
        assert (value, pulled) == (Fraction(1, 9), Fraction(2, 3))
    value, tangent = autograd.jvp(lambda x: x * x, (THIRD,), (0.5,))
    assert value == Fraction(1, 9) and type(tangent) is float and tangent == pytest.approx(1 / 3)
    (pulled,) = autograd.vjp(lambda x: x * x, THIRD)[1](0.5)
    assert type(pulled) is float and pulled == pytest.approx(1 / 3)


def test_it_shows_its_fractions():
    x = Value(THIRD, label="x")
    f = 2 * x * x
    f.backward()
    assert repr(x) == "Value(data=1/3, grad=4/3, label='x')"
    assert f"{x:.3f}" == "0.333"
    assert str(explain(f, names={"f": f})).splitlines() == [
        "f = v1 * x = 2/9   ∂f/∂f = 1",
        "v1 = 2 * x = 2/3   ∂f/∂v1 = ∂f/∂f × x = 1 × 1/3 = 1/3",
        "x = 1/3            ∂f/∂x = ∂f/∂v1 × 2 + ∂f/∂f × v1 = 1/3 × 2 + 1 × 2/3 = 2/3 + 2/3 = 4/3",
    ]
    assert r"-\frac{1}{3}" in explain(-x)._repr_markdown_()
    assert "data 1/3" in autograd.draw(f).source and "grad 4/3" in autograd.draw(f).source
    assert "data 0.0123" in autograd.draw(f * f * Fraction(9**8, 4 * 9**8 + 1)).source


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
def test_comparisons(compare):
    x = Value(THIRD)
    assert compare(x, 1) == compare(THIRD, 1) and compare(1, x) == compare(1, THIRD)


def test_copies_and_pickles_stay_exact():
    x = Value(THIRD, label="x")
    f = x * x + 1
    for twin in (copy.deepcopy(f), pickle.loads(pickle.dumps(f)), copy.copy(f)):
        twin.backward()
        assert twin.data == Fraction(10, 9)
        (product, _) = twin.parents
        assert product.parents[0].grad == 2 * THIRD


def test_assigning_data():
    x = Value(THIRD)
    y = x * 3
    x.data -= Fraction(1, 12)
    assert x.data == Fraction(1, 4) and y.data == 1
    assert str(autograd.explain(y)).endswith("what was recorded.")
    x.data = 2
    assert x.data == 2 and type(x.data) is Fraction
    x.data = 0.5
    assert type(x.data) is float and type((x * 3).data) is float
    with pytest.raises(TypeError, match="must be a real number"):
        x.data = "1/3"


def test_detach_and_no_grad_stay_exact():
    x = Value(THIRD)
    assert x.detach().data == THIRD
    with autograd.no_grad():
        product = x * x
    assert product.data == Fraction(1, 9) and not product.parents


def test_an_exact_parameter_in_a_compiled_function_is_a_float():
    w = Value(THIRD)
    program = autograd.compile(lambda x: w * 3 * x, batch=True)
    assert program([1.0, 2.0]).tolist() == [1.0, 2.0]
    with pytest.raises(TypeError, match="compiled"):
        autograd.compile(lambda x: w.data * x)(1.0)
    with pytest.raises(TypeError, match="compiled"):
        autograd.compile(lambda x: w.backward() or x)(1.0)
    program = autograd.compile(lambda x: w.detach() * x, batch=True)
    assert program.value_and_grad([3.0])[1].tolist() == [] and not program.parameters


def test_a_deep_chain_needs_no_recursion():
    x = Value(Fraction(1, 2))
    y = x
    for _ in range(20_000):
        y = y + 1
    y.backward()
    assert y.data == Fraction(40_001, 2) and x.grad == 1


def test_comparisons_do_not_round():
    above = 1 + Fraction(1, 10**17)
    assert grad(lambda x: x * x if x > 1 else -x)(above) == 2 * above
    tiny = Value(Fraction(1, 10**400))
    assert tiny and tiny > 0 and not tiny <= 0 and not Value(Fraction(0))
    assert Value(THIRD) < THIRD + Fraction(1, 10**30) and Value(THIRD) > 1 / 3
    assert Value(THIRD) < Value(1.0) and Value(THIRD) <= Value(THIRD) and 1 >= Value(THIRD)
    assert Value(THIRD) < np.float32(1) and Value(THIRD) == THIRD != 1 / 3
    assert Value(THIRD) == Value(THIRD) != Value(1 / 3) and Value(THIRD) != 1 / 3
    assert Value(Fraction(1, 2)) == 0.5 == Value(Fraction(1, 2)) and Value(Fraction(4)) == 4
    assert Value(Fraction(1, 2)) == Decimal("0.5") and Decimal("0.5") == Value(Fraction(1, 2))
    w = Value(THIRD)
    program = autograd.compile(lambda x: x if w < x else w)
    assert (program(1.0), program(0.0)) == (1.0, 1 / 3)
    program = autograd.compile(lambda x: x if w else -x)
    assert program(1.0) == 1.0


def test_whole_numbers_beside_fractions():
    slopes = grad(lambda a, b: a * b / 3, (0, 1))(THIRD, 2)
    assert slopes == (Fraction(2, 3), Fraction(1, 9))
    assert all(type(slope) is Fraction for slope in slopes)


def test_gradients_of_other_seeds():
    x = Value(THIRD)
    y = x * x
    y.backward(Fraction(1, 2))
    assert x.grad == THIRD and type(x.grad) is Fraction
    y.backward(math.inf)
    assert x.grad == math.inf


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint32, int])
def test_numpys_integers_are_exact_and_do_not_overflow(kind):
    x = Value(Fraction(1, 3))
    four = kind(4)
    found = [x * four, four * x, x + four, four - x, x / four, four / x, x**four]
    third = Fraction(1, 3)
    expected = [third * 4, third * 4, third + 4, 4 - third, third / 4, 4 / third, third**4]
    assert [y.data for y in found] == expected
    hundredth = Value(Fraction(kind(1), kind(100)))
    assert (hundredth**20).data == Fraction(1, 100**20)
    (x * x).backward(kind(3))
    assert x.grad == 2
    x.data = kind(7)
    assert (x.data, type(x.data)) == (7, Fraction)


def test_arrays_of_integers_times_a_fraction():
    products = np.array([1, 2, 3]) * Value(Fraction(1, 3))
    assert [y.data for y in products] == [Fraction(1, 3), Fraction(2, 3), 1]


def test_results_that_depend_on_nothing_are_exact_too():
    third, two = Fraction(1, 3), Fraction(2, 3)
    for value, slope in (
        value_and_grad(lambda x: two)(third),
        value_and_grad(lambda x: Value(two))(third),
    ):
        assert (value, slope) == (two, 0) and type(value) is type(slope) is Fraction
    rows = jacobian(lambda x: [x * x, 5])(third)
    assert rows == [two, 0] and all(type(row) is Fraction for row in rows)


def test_numpys_integers_beside_fractions_in_the_arguments():
    slopes = grad(lambda x, y: x * y, (0, 1))(Fraction(1, 3), np.int64(2))
    assert slopes == (2, Fraction(1, 3)) and all(type(s) is Fraction for s in slopes)


def test_comparisons_are_exact_on_both_sides_with_every_kind_of_number():
    large = Value(Fraction(2**53 + 1))
    for number in (2**53, np.int64(2**53), Decimal(2**53), float(2**53), np.float32(2**53)):
        assert large > number and number < large and not large <= number
    assert Value(Fraction(10**30)) > np.int64(1)
    third = Value(Fraction(1, 3))
    for rounded in (Value(1 / 3), Value(1 / 3).detach()):
        assert rounded < third and third > rounded and not rounded >= third
    assert third < math.inf and third > Decimal("-Infinity") and not third < math.nan


def test_a_whole_power_may_be_a_fraction():
    assert (Value(Fraction(1, 3)) ** Fraction(2)).data == Fraction(1, 9)
    assert type((Value(Fraction(1, 4)) ** Fraction(1, 2)).data) is float


@pytest.mark.parametrize("grad", ["a", 1j])
def test_a_gradient_that_is_no_number_changes_nothing(grad):
    x, y = Value(Fraction(1, 3)), Value(Fraction(2, 3))
    x.grad = grad
    with pytest.raises(TypeError, match="`grad` must be a real number"):
        (x * y).backward()
    assert (x.grad, y.grad) == (grad, 0.0)


def test_steps_and_remainders_of_fractions_are_fractions():
    x, y = Value(Fraction(7, 2)), Value(Fraction(-2, 3))
    found = [x % y, x // y, 7 % y, x % 2, x.floor(), y.ceil(), y.sign(), autograd.clip(x, 0, 1)]
    expected = [Fraction(-1, 2), -6, Fraction(-1, 3), Fraction(3, 2), 3, 0, -1, 1]
    assert [v.data for v in found] == expected
    assert all(type(v.data) is Fraction for v in found)
    found[0].backward()
    assert (x.grad, y.grad) == (1, 6) and type(y.grad) is Fraction
    assert math.isnan((x % Value(Fraction(0))).data)


HALF, TWO = Fraction(1, 2), Fraction(2)
EXACT = {  # name: function, its value and its derivatives at (1/3, 2)
    "relu": (lambda x, y: autograd.relu(x) * y, (Fraction(2, 3), TWO, THIRD)),
    "relu below 0": (lambda x, y: autograd.relu(-x) + y, (TWO, 0, 1)),
    "relu at 0": (lambda x, y: autograd.relu(x - x) + y, (TWO, 0, 1)),
    "abs": (lambda x, y: abs(x - y), (Fraction(5, 3), -1, 1)),
    "abs at 0": (lambda x, y: abs(x - THIRD) * y, (0, 0, 0)),
    "maximum": (lambda x, y: autograd.maximum(x, y) * x, (Fraction(2, 3), 2, THIRD)),
    "maximum at a tie": (lambda x, y: autograd.maximum(x * y, TWO * x), (2 * THIRD, 2, THIRD / 2)),
    "minimum": (lambda x, y: autograd.minimum(x, y) * x, (Fraction(1, 9), Fraction(2, 3), 0)),
    "minimum and a whole number": (lambda x, y: autograd.minimum(x, 0) + y, (2, 0, 1)),
    "where": (lambda x, y: autograd.where(x > y, x, y) * x, (Fraction(2, 3), 2, THIRD)),
    "select": (lambda x, y: TABLE["select"](x, y, x), (2, 0, 1)),
    "a branch": (lambda x, y: x if x < y else y, (THIRD, 1, 0)),
    "dot": (lambda x, y: autograd.dot([x, y, 3], [y, HALF, x]), (Fraction(8, 3), 5, HALF + THIRD)),
    "leaky_relu": (lambda x, y: TABLE["leaky_relu"](-x, HALF) * y, (-THIRD, -1, -THIRD / 2)),
    "copy": (lambda x, y: copy.copy(x) * copy.deepcopy(y), (Fraction(2, 3), 2, THIRD)),
    "a quotient": (lambda x, y: x / y, (Fraction(1, 6), HALF, -THIRD / 4)),
    "a sum": (lambda x, y: sum([x, y, x, 1]), (Fraction(11, 3), 2, 1)),
    "minus": (lambda x, y: 1 - x - -y, (Fraction(8, 3), -1, 1)),
    "a power": (lambda x, y: (x * y) ** -2, (Fraction(9, 4), Fraction(-27, 2), Fraction(-9, 4))),
}


@pytest.mark.parametrize("name", EXACT)
def test_every_way_to_a_derivative_is_exact(name):
    f, (value, by_x, by_y) = EXACT[name]
    point = (THIRD, TWO)

    def backward():
        leaves = [Value(number) for number in point]
        root = f(*leaves)
        root.backward()
        return root.data, *[Fraction(0) if v.grad == 0 else v.grad for v in leaves]

    def by_jvp():
        (data, first), (_, second) = (
            autograd.jvp(f, point, direction) for direction in ((1, 0), (0, 1))
        )
        return data, first, second

    def by_vjp():
        data, pull_back = autograd.vjp(f, *point)
        return data, *pull_back(1)

    def by_grad():
        data, slopes = value_and_grad(f, (0, 1))(*point)
        return data, *slopes

    def by_jacobian():
        (slopes,) = jacobian(lambda x, y: [f(x, y)], (0, 1))(*point)
        return f(*point) if name not in SYNTAX else value, *slopes

    if name in SYNTAX:
        ways = (by_jvp, by_vjp, by_grad, by_jacobian)
    else:
        ways = (backward, by_jvp, by_vjp, by_grad, by_jacobian)
    for way in ways:
        found = way()
        assert found == (value, by_x, by_y), way.__name__
        assert all(type(number) is Fraction for number in found), (way.__name__, found)


SYNTAX = ("copy",)  # outside of `grad` copies are graphs of their own


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda v: v[0] ** 3 * v[1], [[4, THIRD], [THIRD, 0]]),
        (lambda v: v[0] / v[1], [[0, -Fraction(1, 4)], [-Fraction(1, 4), THIRD / 4]]),
        (lambda v: autograd.relu(v[0]) ** 2 * v[1], [[4, 2 * THIRD], [2 * THIRD, 0]]),
        (lambda v: abs(v[0] - v[1]) ** 3, [[10, -10], [-10, 10]]),
        (lambda v: autograd.maximum(*v) * v[0], [[0, 1], [1, 0]]),
        (lambda v: autograd.dot(v, v), [[2, 0], [0, 2]]),
    ],
)
def test_second_derivatives_are_exact(f, expected):
    point = [THIRD, TWO]
    rows = autograd.hessian(f)(point)
    assert rows == expected
    assert all(type(number) is Fraction for row in rows for number in row)
    for i, direction in enumerate(([1, 0], [0, 1])):
        column = autograd.hvp(f, point, direction)
        assert column == [row[i] for row in expected]
        assert all(type(number) is Fraction for number in column)


def test_third_derivatives_are_exact():
    third = grad(grad(grad(lambda x: x**5 / 7)))(THIRD)
    assert third == Fraction(60, 63) and type(third) is Fraction


def test_a_fraction_never_stands_behind_an_ordinary_number():
    """One number, exact or rounded: nothing carries both."""
    for make in (lambda x: x.relu(), lambda x: abs(x), lambda x: autograd.maximum(x, 0)):
        y = make(Value(THIRD))
        assert type(y.data) is Fraction and type((y * 3).data) is Fraction and (y * 3) == 1
    y = Value(THIRD).exp()
    assert type(y.data) is float and type((y * 3).data) is float and y.partials == (y.data,)


def test_the_stored_partials_of_an_exact_node_are_exact():
    x, y = Value(THIRD), Value(TWO)
    for node in (x + y, x - y, x * y, x / y, -x, abs(x), x**2, x.relu(), autograd.maximum(x, y)):
        assert all(type(partial) is Fraction for partial in node.partials), node.op


def test_a_float_anywhere_on_the_way_makes_floats_from_there_on():
    x = Value(THIRD)
    exact = x * 3
    root = exact * 0.5
    root.backward()
    assert (exact.data, root.data, x.grad) == (1, 0.5, 1.5)
    assert type(exact.data) is Fraction and type(root.data) is float and type(x.grad) is float


class Money(Fraction):
    """A fraction of somebody else's kind."""


def test_fractions_of_other_kinds_compute_as_fractions():
    x = Value(Money(1, 3))
    y = x * 3 + Money(1, 2)
    y.backward()
    assert (y.data, x.grad) == (Fraction(3, 2), 3) and type(y.data) is Fraction
    assert x.data == THIRD and isinstance(x.data, Fraction)
    assert grad(lambda x: x * x)(Money(1, 3)) == Fraction(2, 3)


def test_a_gradient_of_fractions_is_a_fraction_where_it_is_zero():
    slopes = grad(lambda x, y: x * x, (0, 1))(THIRD, TWO)
    assert slopes == (Fraction(2, 3), 0) and all(type(slope) is Fraction for slope in slopes)


def test_fractions_on_a_leaf_used_by_two_graphs():
    x = Value(THIRD)
    (x * x).backward()
    (x * 0.5).backward()
    assert type(x.grad) is float and x.grad == 2 / 3 + 0.5
    x.grad = 0.0
    (x * 3).backward()
    assert x.grad == 3 and type(x.grad) is Fraction


HUGE = Fraction(10) ** 400


def test_fractions_above_the_floats_beside_floats_are_infinite():
    for huge, sign in ((HUGE, 1.0), (-HUGE, -1.0)):
        for f in (lambda x, y: x * y, lambda x, y: y * x, lambda x, y: x + y, lambda x, y: x - y):
            found = f(Value(huge), Value(1.0))
            assert found.data == sign * math.inf and type(found.data) is float
    x = Value(HUGE)
    (x * x).backward(0.5)
    assert x.grad == math.inf
    x = Value(HUGE)
    (x * Value(1.0)).backward()
    assert x.grad == 1.0
    x = Value(2.0)
    x.grad = 1.0
    (x * Value(HUGE)).backward()
    assert x.grad == math.inf
    x = Value(2.0)
    (x * 1.0).backward(HUGE)
    assert x.grad == math.inf


def test_derivatives_of_fractions_above_the_floats():
    def f(x):
        return x * x * 1.5

    assert grad(f)(HUGE) == grad(f)(Value(HUGE)).data == math.inf
    assert jvp(f, (HUGE,), (1.0,))[1] == math.inf
    assert grad(lambda x: x * x)(HUGE) == 2 * HUGE


@pytest.mark.parametrize("exponent", [3, 0, -2, 400])
@pytest.mark.parametrize("base", [Fraction(2), Fraction(-3, 2), Fraction(1), HUGE])
def test_a_power_of_two_values_is_exact(base, exponent):
    x, y = Value(base), Value(Fraction(exponent))
    out = x**y
    assert out.data == base**exponent and type(out.data) is Fraction
    out.backward()
    assert x.grad == exponent * base ** (exponent - 1) and type(x.grad) is Fraction
    if base == 1:
        assert y.grad == 0
    elif 1 < base < 10 and exponent < 400:  # by the exponent there is a logarithm
        assert y.grad == pytest.approx(float(out.data) * math.log(base)) and type(y.grad) is float
    assert (2 ** Value(Fraction(5))).data == 32
    assert grad(lambda b: b ** Value(Fraction(exponent)))(base) == x.grad
