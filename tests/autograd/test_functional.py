"""grad and its relatives: derivatives of plain functions, nested, in every order and structure."""

import asyncio
import math
import re
import tempfile
from collections import OrderedDict, defaultdict, namedtuple
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from random_programs import RandomProgram, condition
from samples import SAMPLES, moderate

import autograd
from autograd import (
    Value,
    compile,
    functional,
    grad,
    gradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    minimize,
    root,
    value_and_grad,
    vjp,
)
from autograd.engine.primitive import TABLE


def test_the_gradient_of_a_function_of_numbers():
    def f(x, y, z):
        return (x + y) * z

    assert grad(f)(-2, 5, -4) == -4.0
    assert grad(f, argnums=(0, 1, 2))(-2, 5, -4) == (-4.0, -4.0, 3.0)
    assert value_and_grad(f, argnums=2)(-2, 5, -4) == (-12.0, 3.0)
    assert grad(f, argnums=-1)(-2, 5, -4) == 3.0
    assert type(grad(f)(-2, 5, -4)) is float


def test_gradients_have_the_structure_of_the_argument():
    def f(p):
        return p["a"] * p["b"][0] + p["b"][1][0] ** 2

    assert grad(f)({"a": 2.0, "b": (3.0, [4.0])}) == {"a": 3.0, "b": (2.0, [8.0])}


def test_derivatives_of_derivatives():
    def f(x):
        return autograd.sin(x) * x**3

    x = 1.3
    s, c = math.sin(x), math.cos(x)
    first = c * x**3 + 3 * x**2 * s
    second = -s * x**3 + 6 * x**2 * c + 6 * x * s
    third = -c * x**3 - 9 * x**2 * s + 18 * x * c + 6 * s
    assert grad(f)(x) == pytest.approx(first, rel=1e-13)
    assert grad(grad(f))(x) == pytest.approx(second, rel=1e-13)
    assert grad(grad(grad(f)))(x) == pytest.approx(third, rel=1e-12)


def test_an_inner_derivative_does_not_mistake_an_outer_variable_for_its_own():
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(3.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 4 * 3.0  # d/dx (2 x x)
    assert grad(lambda w: grad(lambda x: w * x * x)(3.0))(2.0) == 6.0


def test_jacobian_and_hessian():
    def polar(v):
        r, t = v
        return [r * autograd.cos(t), r * autograd.sin(t)]

    r, t = 2.0, 0.5
    expected = [[math.cos(t), -r * math.sin(t)], [math.sin(t), r * math.cos(t)]]
    for mine, row in zip(jacobian(polar)([r, t]), expected, strict=True):
        assert mine == pytest.approx(row, rel=1e-14)

    def rosenbrock(v):
        return (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2

    x, y = 0.3, -0.7
    assert hessian(rosenbrock)([x, y]) == [
        pytest.approx([2 - 400 * (y - 3 * x * x), -400 * x], rel=1e-13),
        pytest.approx([-400 * x, 200.0], rel=1e-13),
    ]
    two = jacobian(lambda a, b: {"sum": a + b["k"], "product": a * b["k"]}, (0, 1))(2.0, {"k": 3.0})
    assert two == {"sum": (1.0, {"k": 1.0}), "product": (3.0, {"k": 2.0})}


def test_directional_derivatives():
    def f(v, w):
        return [v[0] * v[1] * w, autograd.exp(v[0])]

    value, tangent = jvp(f, ([2.0, 3.0], 4.0), ([1.0, 0.0], 0.5))
    assert value == [24.0, math.exp(2.0)] and tangent == [12.0 + 3.0, math.exp(2.0)]
    value, pull_back = vjp(f, [2.0, 3.0], 4.0)
    assert value == [24.0, math.exp(2.0)]
    assert pull_back([1.0, 0.0]) == ([12.0, 8.0], 6.0)
    assert pull_back([0.0, 1.0]) == ([math.exp(2.0), 0.0], 0.0)
    assert hvp(lambda v: v[0] ** 2 * v[1], [1.0, 2.0], [1.0, 1.0]) == [6.0, 2.0]


def test_a_result_that_is_not_asked_for_hands_on_nothing():
    """0 times an infinite partial would be nan."""
    assert jacobian(lambda v: [autograd.sqrt(v[0]), v[1]])([0.0, 2.0]) == [[math.inf, 0], [0, 1]]
    assert vjp(lambda x, y: [autograd.sqrt(x), y], 0.0, 2.0)[1]([0.0, 1.0]) == (0.0, 1.0)
    assert jvp(lambda x, y: autograd.sqrt(x) + y, (0.0, 2.0), (0.0, 1.0)) == (2.0, 1.0)


def test_a_result_returned_twice_has_two_equal_rows():
    def f(x):
        y = 3 * x
        return [y, y]

    assert jacobian(f)(2.0) == [3.0, 3.0]
    assert vjp(f, 2.0)[1]([1.0, 0.5]) == (4.5,)


def test_what_is_constant_or_unused_has_derivative_zero():
    assert grad(lambda x, y: 3.0)(1.0, 2.0) == 0.0
    assert grad(lambda x, y: x, argnums=(0, 1))(1.0, 2.0) == (1.0, 0.0)
    assert jacobian(lambda v: [v[0], 5.0])([1.0, 2.0]) == [[1.0, 0.0], [0.0, 0.0]]
    assert grad(lambda x: x.detach() * x)(3.0) == 3.0


def test_values_give_values_that_can_be_differentiated_further():
    w, x = Value(2.0), Value(3.0)
    slope = grad(lambda x: w * x * x)(x)
    assert slope.data == 12.0 and w.grad == x.grad == 0.0
    slope.backward()
    assert (w.grad, x.grad) == (6.0, 4.0)


def test_no_gradient_of_anybody_is_touched():
    w = Value(2.0)
    w.grad = 7.0
    assert grad(lambda x: w * x)(3.0) == 2.0 and w.grad == 7.0


def test_it_works_inside_no_grad_and_leaves_it_on():
    with autograd.no_grad():
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert not (Value(1.0) * 2).parents


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_first_and_second_derivatives_of_every_row(name):
    row, rng = TABLE[name], Random(0)
    for _ in range(10):
        point = list(moderate(name, rng))
        out = row.value(*point)
        expected = row.partials(out, *point)
        assert grad(lambda v: row(*v))(point) == pytest.approx(expected, rel=1e-13, abs=1e-300)
        if not SAMPLES[name].second_order:
            continue
        for i, line in enumerate(hessian(lambda v: row(*v))(point)):
            if name == "**" and i:
                continue
            for j, second in enumerate(line[: 1 if name == "**" else None]):  # a constant exponent
                h = 1e-5 * max(1.0, abs(point[j]))
                shifted = [[*point[:j], point[j] + d, *point[j + 1 :]] for d in (h, -h)]
                up, down = (row.partials(row.value(*p), *p)[i] for p in shifted)
                assert second == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-6)


def test_reverse_forward_and_backward_agree_on_random_programs():
    rng = Random(0)
    for _ in range(150):
        xs = [rng.uniform(-1, 1) for _ in range(3)]
        program = RandomProgram(rng, [xs])
        values = [Value(x) for x in xs]
        root = program(values)
        root.backward()
        bound = condition(root)
        reverse = grad(program)(xs)
        for i, v in enumerate(values):
            tangent = jvp(program, (xs,), ([float(j == i) for j in range(3)],))[1]
            scale = 1e-12 * max(abs(v.grad), bound.get(v, 0.0), 1e-300)
            assert abs(reverse[i] - v.grad) <= scale and abs(tangent - v.grad) <= scale


def test_nothing_flows_through_detach_in_a_compiled_derivative():
    program = autograd.compile(grad(lambda x: x.detach().log() + x))
    assert program(math.nan) == program(0.0) == 1.0


def test_compiled_derivatives():
    def f(v):
        return autograd.logsumexp(v) * v[0]

    X = np.random.default_rng(0).normal(size=(6, 3))
    for transformed in (grad(f), hessian(f)):
        program = autograd.compile(transformed, batch=True)
        expected = [transformed(x) for x in X.tolist()]
        assert program(X.tolist()) == pytest.approx(np.array(expected), rel=1e-12)


def test_a_deep_graph_needs_no_recursion():
    def f(x):
        for _ in range(20_000):
            x = x * 1.0001
        return x

    assert grad(f)(1.0) == pytest.approx(1.0001**20_000, rel=1e-9)
    assert jvp(f, (1.0,), (1.0,))[1] == pytest.approx(1.0001**20_000, rel=1e-9)


def test_bad_arguments_are_refused():
    for call, error, message in (
        (lambda: grad(lambda x: x)("a"), TypeError, "argument 0"),
        (lambda: grad(lambda x: [x])([1.0][0]), TypeError, "returned 1 of them: use jacobian"),
        (lambda: grad(lambda x: "y")(1.0), TypeError, "the result"),
        (lambda: grad(lambda x: x, argnums=2)(1.0), ValueError, "`argnums` is 2, but 1 arguments"),
        (lambda: jvp(lambda v: v[0], ([1.0],), (1.0,)), ValueError, "`tangents` must be nested"),
        (lambda: vjp(lambda v: v, [1.0])[1](2.0), ValueError, "`cotangent` must be nested"),
    ):
        with pytest.raises(error, match=message):
            call()
    mean = autograd.compile(lambda x: Value(2.0) * x, batch=True)
    with pytest.raises(TypeError):
        grad(lambda x: mean.mean([[1.0]]) * x)("x")


class Nameless:
    def __call__(self, x):
        return [x, x]


def test_the_mean_of_a_program_is_differentiated_again_and_again():
    def mean_of_program(v):
        return autograd.compile(lambda x: v * v * x, batch=True).mean([1.0, 2.0])

    assert grad(mean_of_program)(3.0) == 9.0
    assert grad(lambda a: a * grad(mean_of_program)(3.0))(2.0) == 9.0
    assert grad(grad(mean_of_program))(3.0) == 3.0


def test_errors_word_by_word():
    def pair(x):
        return [x, x]

    def print_only(x):
        pair(x)

    for call, error, message in (
        (
            lambda: grad(pair)(1.0),
            TypeError,
            "`grad` and `hessian` need a function that returns one scalar, pair returned 2 of "
            "them: use jacobian",
        ),
        (
            lambda: grad(Nameless())(1.0),
            TypeError,
            "`grad` and `hessian` need a function that returns one scalar, the function returned "
            "2 of them: use jacobian",
        ),
        (
            lambda: grad(lambda x: x, argnums=1)(1.0),
            ValueError,
            "`argnums` is 1, but 1 arguments were given by position; positions count from 0",
        ),
        (
            lambda: grad(lambda x: x, argnums=(0, -2))(1.0),
            ValueError,
            "`argnums` is (0, -2), but 1 arguments were given by position; positions count from 0",
        ),
        (
            lambda: grad(lambda x: x, "x"),
            TypeError,
            "`argnums` must be the position of an argument or a tuple of positions, got 'x'; for "
            "the derivative at a point write grad(f)(x)",
        ),
        (
            lambda: jacobian(lambda x: x, (0, 1.0)),
            TypeError,
            "`argnums` must be the position of an argument or a tuple of positions, got (0, 1.0); "
            "for the derivative at a point write jacobian(f)(x)",
        ),
        (
            lambda: value_and_grad(5.0),
            TypeError,
            "`value_and_grad` needs a function, got 5.0: value_and_grad(f)(x) for f at x",
        ),
        (
            lambda: hessian([1.0]),
            TypeError,
            "`grad` needs a function, got [1.0]: grad(f)(x) for f at x",
        ),
        (
            lambda: jvp(lambda x: x, 2.0, (1.0,)),
            TypeError,
            "`primals` and `tangents` must be tuples with an entry for each argument, as in "
            "jvp(f, (2.0,), (1.0,)); got 2.0 and (1.0,)",
        ),
        (
            lambda: jvp(lambda x: x, (2.0,), 1.0),
            TypeError,
            "`primals` and `tangents` must be tuples with an entry for each argument, as in "
            "jvp(f, (2.0,), (1.0,)); got (2.0,) and 1.0",
        ),
        (
            lambda: hvp(lambda v: v[0], [2.0, 3.0], [1.0]),
            ValueError,
            "`v` must be nested as `x`, [2.0, 3.0], got [1.0]",
        ),
        (
            lambda: grad(print_only)(1.0),
            TypeError,
            "print_only returned None: is its `return` missing?",
        ),
        (
            lambda: vjp(lambda v: v, [1.0])[1](2.0),
            ValueError,
            "`cotangent` must be nested as what it belongs to, got 2.0",
        ),
        (
            lambda: grad(lambda x, y: "y", argnums=1)(1.0, 2.0),
            TypeError,
            "`the result` must be a real number, got the string 'y': convert it with float(...) "
            "first",
        ),
        (
            lambda: grad(lambda x, y: x, argnums=1)(1.0, "y"),
            TypeError,
            "`argument 1` must be a real number, got the string 'y': convert it with float(...) "
            "first",
        ),
    ):
        with pytest.raises(error) as caught:
            call()
        assert str(caught.value) == message


def test_every_number_of_an_argument():
    def f(x, y, z):
        return x + 2 * y + 3 * z

    assert [grad(f, i)(1.0, 1.0, 1.0) for i in (-3, -2, -1, 0, 1, 2)] == [1, 2, 3, 1, 2, 3]
    for number in (-4, 3):
        with pytest.raises(ValueError):
            grad(f, number)(1.0, 1.0, 1.0)


def test_directions_made_of_values_give_values_and_only_then():
    t = Value(2.0)
    value, tangent = jvp(lambda x: x * x, (3.0,), (t,))
    assert isinstance(value, Value) and tangent.data == 12.0
    tangent.backward()
    assert t.grad == 6.0
    _, tangent = jvp(lambda x: x * x, (Value(3.0),), (1.0,))
    assert isinstance(tangent, Value)
    value, tangent = jvp(lambda x: x * x, (3.0,), (1.0,))
    assert (value, tangent) == (9.0, 6.0) and type(tangent) is float
    _, pull_back = vjp(lambda x: x * x, 3.0)
    for _ in range(2):
        (slope,) = pull_back(t)
        assert isinstance(slope, Value) and slope.data == 12.0
        (slope,) = pull_back(2.0)
        assert type(slope) is float and slope == 12.0
    x = Value(3.0)
    _, pull_back = vjp(lambda x: x * x, x)
    for _ in range(2):
        assert isinstance(pull_back(2.0)[0], Value)


def test_the_order_of_keys_does_not_matter():
    def f(d):
        return d["a"] * 10 + d["b"] ** 2

    there, back = {"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}
    assert grad(f)(there) == grad(f)(back) == {"a": 10.0, "b": 4.0}
    assert jvp(f, (there,), ({"b": 0.0, "a": 1.0},)) == (14.0, 10.0)
    assert hvp(f, there, {"b": 1.0, "a": 0.0}) == {"a": 0.0, "b": 2.0}
    pull_back = vjp(lambda x: {"b": 100 * x, "a": x}, 1.0)[1]
    assert pull_back({"a": 1.0, "b": 0.0}) == pull_back({"b": 0.0, "a": 1.0}) == (1.0,)
    program = autograd.compile(f)
    assert program(there) == program(back) == 14.0
    branches = autograd.compile(
        lambda x: {"a": x, 3: 2 * x} if x > 0 else {3: x * 5, "a": x}, batch=True
    )
    found = branches([1.0, -1.0])
    assert found["a"].tolist() == [1.0, -1.0] and found[3].tolist() == [2.0, -5.0]


def test_an_argument_is_named_once():
    with pytest.raises(ValueError) as caught:
        grad(lambda x, y: x * y, (0, -2))(3.0, 4.0)
    assert str(caught.value) == "`argnums` is (0, -2): name each of the 2 arguments once"


def test_named_tuples_keep_their_names():
    Point = namedtuple("Point", "x y")
    slopes = grad(lambda p: p.x * p.y)(Point(2.0, 3.0))
    assert slopes == Point(3.0, 2.0) and slopes.x == 3.0


def test_long_lists():
    assert grad(lambda v: sum(v))([1.0] * 20_000) == [1.0] * 20_000


def test_a_function_sees_dicts_in_the_order_in_which_they_were_built():
    def run(d):
        x = 2.0
        for name, number in d.items():
            x = x * number if name == "scale" else x + number
        return x

    d = {"scale": 3.0, "add": 1.0}
    expected = 2.0 * 3.0 + 1.0
    assert run(d) == expected == value_and_grad(run)(d)[0] == compile(run)(d)
    assert jvp(run, (d,), ({"add": 1.0, "scale": 0.0},)) == (expected, 1.0)
    assert vjp(run, d)[1](1.0) == ({"scale": 2.0, "add": 1.0},)
    assert list(grad(run)(d)) == ["scale", "add"]
    assert list(jacobian(lambda x: {"z": x, "a": 2 * x})(1.0)) == ["z", "a"]
    assert minimize(lambda d: run(d) ** 2, d).fun == pytest.approx(0.0, abs=1e-9)
    found = root(lambda d: [a - b for a, b in zip(d.values(), (1.0, 2.0), strict=True)], d).x
    assert list(found.items()) == [("scale", pytest.approx(1.0)), ("add", pytest.approx(2.0))]


def test_equal_dicts_fit_whatever_their_order():
    """1 and 1.0 are one key, 2.0 and 2 another; and two keys may look alike."""
    p, q = {1: 2.0, 2.0: 3.0}, {2: 0.0, 1.0: 1.0}
    assert jvp(lambda d: d[1] * d[2], (p,), (q,)) == (6.0, 3.0)
    assert vjp(lambda x: {1: x, 2.0: 10 * x}, 1.0)[1](q) == (1.0,)
    program = compile(lambda d: d[1] - d[2])
    assert program(p) == -1.0 == program({2: 3.0, 1.0: 2.0})

    class Key:
        def __repr__(self):
            return "key"

    a, b = Key(), Key()
    found = hvp(lambda d: d[a] ** 2 * d[b], {a: 2.0, b: 3.0}, {b: 0.0, a: 1.0})
    assert found == {a: 6.0, b: 4.0}


def test_results_of_the_paths_of_a_program_are_put_in_one_order():
    def f(x):
        return {"a": x, "b": 2 * x} if x > 0.0 else {"b": 3 * x, "a": 4 * x}

    program = compile(f, batch=True)
    found = program([1.0, -1.0])
    assert {key: part.tolist() for key, part in found.items()} == {"a": [1, -4], "b": [2, -3]}


def test_kinds_of_dicts_and_named_tuples_are_kept():
    class Pair(NamedTuple):
        x: Any
        y: Any

    counts = defaultdict(lambda: 10.0, a=2.0)
    assert grad(lambda d: d["a"] * d["other"])(counts) == {"a": 10.0}
    assert grad(lambda d: d["a"] * d["other"])(counts)["new"] == 10.0
    ordered = OrderedDict(b=1.0, a=2.0)
    assert grad(lambda d: d["a"] * d["b"])(ordered) == OrderedDict(b=2.0, a=1.0)
    found = compile(lambda p: Pair(p.x * p.y, [p.x]))(Pair(2.0, 3.0))
    assert isinstance(found, Pair) and (found.x, found.y.tolist()) == (6.0, [2.0])


def test_derivatives_that_can_be_differentiated_need_the_numbers_of_then():
    w = Value(3.0, label="w")

    def f(x):
        w.data = 3.0
        y = x * w
        w.data = 10.0
        return y

    assert grad(f)(2.0) == 3.0
    with pytest.raises(ValueError, match=r"has not the number that it was recorded with"):
        hessian(lambda x: x * f(x))(2.0)
    with pytest.raises(ValueError) as raised:
        grad(f)(Value(2.0))
    assert str(raised.value) == (
        "an input of `*`, 2.0, 10.0, has not the number that it was recorded with, and "
        "derivatives that can be differentiated again are computed from it: change `.data` after "
        "the derivative has been computed"
    )


def test_changed_data_are_told_with_three_inputs_of_many():
    weights = [Value(float(i), label=f"w{i}") for i in range(5)]

    def f(x):
        y = autograd.dot([x] * 5, weights)
        weights[0].data = 9.0
        return y

    with pytest.raises(ValueError) as raised:
        grad(f)(Value(2.0))
    assert "an input of `dot`, 2.0, 2.0, 2.0, has not" in str(raised.value)


def test_a_partial_that_is_nan_has_not_been_changed():
    assert math.isnan(grad(grad(autograd.log1p))(math.nan))
    assert math.isnan(grad(grad(autograd.sqrt))(-1.0))


def cubed(x):
    return x**3


def slope_by_jvp(x):
    return jvp(cubed, (x,), (1.0,))[1]


def slope_by_vjp(x):
    return vjp(cubed, x)[1](1.0)[0]


def jacobian_of_one(x):
    return jacobian(cubed)(x)


@pytest.mark.parametrize("slope", [grad(cubed), slope_by_jvp, slope_by_vjp, jacobian_of_one])
def test_what_no_grad_surrounds_is_cut_off_from_what_is_differentiated(slope):
    def f(x):
        with autograd.no_grad():
            y = slope(x)
        return y * x

    assert (grad(f)(2.0), compile(grad(f))(2.0), hessian(f)(2.0)) == (12.0, 12.0, 0.0)
    assert grad(lambda x: slope(x) * x)(2.0) == 36.0


def test_what_no_grad_surrounds_is_a_leaf():
    x = Value(2.0)
    with autograd.no_grad():
        value, slope = value_and_grad(cubed)(x)
        curved = hvp(cubed, x, 1.0)
        primal, _ = vjp(cubed, x)
        assert hessian(cubed)(2.0) == 12.0
    assert [v.data for v in (value, slope, curved, primal)] == [8.0, 12.0, 12.0, 8.0]
    assert not any(v.parents for v in (value, slope, curved, primal))
    pulled = vjp(cubed, x)[1]
    with autograd.no_grad():
        assert pulled(1.0)[0].parents == ()
    assert pulled(1.0)[0].parents != ()


def test_the_point_of_an_inner_derivative_is_no_parameter_of_a_program():
    w = Value(1.5)
    for point in (2.0, 2, Fraction(2)):
        program = compile(lambda a, point=point: w * grad(lambda x: a * x * x)(point))
        assert (program(3.0), program.parameters) == (18.0, [w])
        assert program.value_and_grad(3.0)[1].tolist() == [12.0]


def test_what_no_grad_surrounds_is_a_constant_factor_of_a_later_cotangent():
    def f(x):
        with autograd.no_grad():
            _, pull_back = vjp(cubed, x)
        return pull_back(x)[0]

    assert (grad(f)(2.0), compile(grad(f))(2.0)) == (12.0, 12.0)
    with autograd.no_grad():
        _, pull_back = vjp(cubed, 2.0)
    assert hessian(lambda c: pull_back(c * c)[0])(1.0) == 24.0
    c = Value(1.0)
    pull_back(c * 3.0)[0].backward()
    assert c.grad == 36.0


def test_a_derivative_is_a_node_of_its_own():
    """The partials of a product are its factors, that of exp is its result."""
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    h = w * 2.0
    assert grad(autograd.sin)(x).op == "cos"
    slopes = grad(lambda v: h * v[0] + h * v[1] + (v[2] + v[3]) ** 2)([x, x, x, x])
    slopes.append(grad(lambda x: w * x)(x))
    slopes.append(grad(lambda x: 5.0 * x)(x))
    slopes += value_and_grad(autograd.exp)(x)
    slopes += jvp(autograd.exp, (x,), (1.0,))
    slopes += jvp(lambda x: x, (x,), (w,))
    slopes += vjp(lambda x: x + 1.0, x)[1](h)
    assert len({*slopes, x, w, h}) == len(slopes) + 3
    numbers = [slope.data for slope in slopes]
    for slope in slopes:
        slope.data *= 0.5
        slope.label = "slope"
    assert [slope.data for slope in slopes] == [0.5 * number for number in numbers]
    assert (x.data, w.data, h.data, x.label, w.label, h.label) == (2.0, 3.0, 6.0, "x", "w", "")
    with autograd.no_grad():
        assert grad(lambda x: w * x)(x).label == ""


def test_a_derivative_leads_to_nothing_but_what_the_function_used():
    x, w = Value(3.0, label="x"), Value(2.0, label="w")
    for slope in (grad(lambda x: x**w)(x), grad(autograd.arctan)(x) * w):
        program = compile(lambda a, slope=slope: (slope - a) ** 2, batch=True)
        assert program([1.0]).shape == (1,) and set(program.parameters) == {x, w}
        assert "detach" not in str(autograd.why(Value(1.0, label="z"), slope))


def test_an_exponent_that_is_an_argument_is_read_at_each_replay():
    program = compile(lambda x, c: grad(lambda x: TABLE["**"](x, c))(x))
    assert (program(2.0, 3.0), program(2.0, 4.0), program(2.0, 1.0)) == (12.0, 32.0, 1.0)


def test_a_pull_back_keeps_the_numbers_of_its_run_or_says_that_they_are_gone():
    w = Value(3.0)
    value, pull_back = vjp(lambda x: x * x * w, 2.0)
    _, pull_back_values = vjp(lambda x: x * x * w, Value(2.0))
    assert pull_back_values(1.0)[0].data == 12.0
    w.data = 10.0
    assert (value, pull_back(1.0)) == (12.0, (12.0,))
    with pytest.raises(ValueError, match="has not the number that it was recorded with"):
        pull_back_values(1.0)


def test_a_task_that_outlives_the_function_that_started_it_is_on_its_own():
    async def late(go):
        await go.wait()
        return Value(3.0).data, grad(lambda x: x * x)(3.0)

    async def main(differentiate):
        go, tasks = asyncio.Event(), []

        def f(x):
            tasks.append(asyncio.create_task(late(go)))
            return x * x

        differentiate(f)(2.0)
        go.set()
        return await tasks[0]

    for differentiate in (grad, compile):
        assert asyncio.run(main(differentiate)) == (3.0, 6.0)


def test_no_sweep_goes_below_the_variables():
    """Steps of an outer function, each with a gradient of its own, do not walk all steps before."""
    seen = []

    def counting(order):
        seen.append(len(order))
        return order

    x, expected = 0.5, 1.0
    for _ in range(50):
        x, expected = x - 0.03 * x * x, expected * (1.0 - 0.06 * x)

    def f(x):
        for _ in range(50):
            x = x - 0.01 * grad(lambda y: y * y * y)(x)
        return x

    with pytest.MonkeyPatch.context() as patch:
        whole = functional.topological_order
        patch.setattr(
            functional,
            "topological_order",
            lambda *nodes, **below: counting(whole(*nodes, **below)),
        )
        slope = grad(f)(0.5)
    assert max(seen[:-1]) < 10 < seen[-1] and slope == pytest.approx(expected, rel=1e-12)


def test_an_outcome_of_a_comparison_is_no_result():
    for differentiate in (grad, jacobian, lambda f: lambda x: minimize(f, x)):
        message = (
            "the function returned True, the outcome of a comparison: return a number, as "
            "autograd.where(x > y, 1.0, 0.0)"
        )
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            differentiate(lambda x: x > 1)(3.0)


def test_arrays_of_one_number_are_numbers():
    assert grad(lambda x: x * x)(np.array(2.0)) == 4.0


ROW, GRID = np.array([1.0, 2.0]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def squares(v):
    return sum(x * x for x in np.ravel(v).tolist())


def test_arrays_have_arrays_as_gradients():
    for point in (ROW, GRID, GRID[None], np.array([[7.0]]), GRID.T, GRID[:, ::2]):
        for slopes in (grad(squares)(point), value_and_grad(squares)(point)[1]):
            assert type(slopes) is np.ndarray and slopes.dtype == float
            assert slopes.shape == point.shape and np.array_equal(slopes, 2 * point)
    assert grad(squares)(np.arange(3)).tolist() == [0.0, 2.0, 4.0]
    assert grad(squares)(np.float32([0.5])).tolist() == [1.0]
    assert grad(squares)(np.zeros((0,))).shape == (0,)
    assert grad(lambda x: x * x)(np.float64(3.0)) == 6.0


def test_a_function_sees_an_array_of_values_where_an_array_was_passed():
    def f(v):
        assert type(v) is np.ndarray and v.shape == (2, 3) and isinstance(v[0, 0], Value)
        return (np.tanh(v) * GRID).sum() + (v @ v.T).trace()

    expected = GRID / np.cosh(GRID) ** 2 + 2 * GRID
    assert grad(f)(GRID) == pytest.approx(expected, rel=1e-12)
    assert grad(lambda v: v @ v)(ROW).tolist() == [2.0, 4.0]


def with_units(x):
    return x.view(type("Units", (np.ndarray,), {}))


def on_disk(x):
    with tempfile.TemporaryFile() as file:
        kept = np.memmap(file, dtype=float, shape=x.shape, mode="w+")
    kept[:] = x
    return kept


def nothing_masked(x):
    return np.ma.masked_array(x, mask=False)


WAYS = {
    "grad": grad,
    "jacobian": jacobian,
    "hessian": hessian,
    "hvp": lambda f: lambda x: hvp(f, x, x),
    "jvp": lambda f: lambda x: jvp(f, (x,), (np.ones(np.shape(x)),)),
    "vjp": lambda f: lambda x: vjp(f, x)[1](1.0),
    "minimize": lambda f: lambda x: autograd.minimize(f, x).x,
    "gradcheck": lambda f: lambda x: gradcheck(f, x),
    "compile": compile,
    "compile, batch": lambda f: compile(f, batch=True),
    "compile, grad": lambda f: compile(grad(f)),
    "the mean": lambda f: lambda x: compile(f, batch=True).mean(x),
    "a batch of Values": lambda f: (
        lambda x: grad(lambda w, x: compile(lambda x, w: f(x) * w, batch=True)(x, [w] * len(x))[0])(
            1.0, x
        )
    ),
}


def summed(x):
    return np.asarray(x * x).sum()


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("kind", [with_units, on_disk, nothing_masked], ids=lambda f: f.__name__)
def test_kinds_of_arrays_are_taken_as_arrays(name, kind):
    found, expected = WAYS[name](summed)(kind(ROW)), WAYS[name](summed)(ROW)
    if name == "gradcheck":
        assert found
    else:
        assert type(found) is type(expected)
        assert repr(found) == repr(expected)


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize(
    ("point", "message"),
    [
        (np.ma.masked_array(ROW, [False, True]), "masked numbers"),
        (np.ma.masked_array(GRID, GRID > 3.0), "masked numbers"),
        (np.ma.masked_greater(GRID, 5.0), "masked numbers"),
        ([np.ma.masked_array(ROW, [False, True]), ROW], "masked numbers"),
        (GRID.view(np.matrix), "np.matrix, whose"),
        ([GRID.view(np.matrix), GRID.view(np.matrix)], "np.matrix, whose"),
        ([GRID.view(np.matrix).T], "np.matrix, whose"),
    ],
)
def test_arrays_that_mean_more_than_their_numbers_are_refused(name, point, message):
    with pytest.raises(TypeError, match=message):
        WAYS[name](lambda x: np.sum(np.asarray(x) * 2.0))(point)


def test_arrays_among_other_arguments():
    def f(p, x):
        return p["W"][0] @ x * p["b"] + p["c"][0]

    point = {"W": GRID, "b": 2.0, "c": [1.0]}
    slopes = grad(f)(point, np.array([1.0, 0.0, -1.0]))
    assert slopes["W"].tolist() == [[2.0, 0.0, -2.0], [0.0, 0.0, 0.0]]
    assert (slopes["b"], slopes["c"]) == (-2.0, [1.0])
    by_both = grad(lambda x, y: (x * y).sum(), (0, 1))(ROW, np.array([3.0, 4.0]))
    assert type(by_both) is tuple and [part.tolist() for part in by_both] == [[3, 4], [1, 2]]


def test_jacobians_of_arrays_have_the_shapes_of_both():
    def f(v):
        return np.array([[v[0] * v[1], v[0]], [v[1], v[1] ** 2], [3.0, -v[0]]])

    found = jacobian(f)(ROW)
    assert type(found) is np.ndarray and found.dtype == float and found.shape == (3, 2, 2)
    assert found[0].tolist() == [[2.0, 1.0], [1.0, 0.0]]
    assert found[2].tolist() == [[0.0, 0.0], [-1.0, 0.0]]
    assert jacobian(lambda v: np.array(v) * 2)([1.0, 2.0]).tolist() == [[2, 0], [0, 2]]
    assert jacobian(lambda v: v * 2)(ROW).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert jacobian(lambda v: np.outer(v, v))(ROW).shape == (2, 2, 2)
    assert jacobian(lambda v: GRID.T @ v)(ROW) == pytest.approx(GRID.T)
    assert jacobian(lambda x: np.array([x, x * x]))(3.0).tolist() == [1.0, 6.0]
    (row,) = jacobian(lambda v: [v[0] * v[1]])(ROW)
    assert type(row) is np.ndarray and row.tolist() == [2.0, 1.0]
    parts = jacobian(lambda v, w: v * w, (0, 1))(ROW, 3.0)
    assert [(by_v.tolist(), by_w) for by_v, by_w in parts] == [([3.0, 0.0], 1.0), ([0.0, 3.0], 2.0)]


def test_hessians_of_arrays():
    found = hessian(squares)(GRID)
    assert found.shape == (2, 3, 2, 3) and found.dtype == float
    assert np.array_equal(found.reshape(6, 6), 2 * np.eye(6))
    mixed = hessian(lambda v: v[0] ** 2 * v[1])(ROW)
    assert mixed.tolist() == [[4.0, 2.0], [2.0, 0.0]]


def test_directions_that_are_arrays():
    value, tangent = jvp(lambda v: v * v, (ROW,), (np.array([1.0, -1.0]),))
    assert (value.tolist(), tangent.tolist()) == ([1.0, 4.0], [2.0, -4.0])
    value, pull_back = vjp(lambda v: v * v, ROW)
    (pulled,) = pull_back(np.array([1.0, 10.0]))
    assert (value.tolist(), pulled.tolist()) == ([1.0, 4.0], [2.0, 40.0])
    assert value.dtype == tangent.dtype == pulled.dtype == float
    product = hvp(lambda v: v[0] ** 2 * v[1], ROW, np.array([1.0, 1.0]))
    assert product.tolist() == [6.0, 2.0] and product.dtype == float
    value, tangent = jvp(squares, (GRID,), (np.ones((2, 3)),))
    assert (value, tangent) == (91.0, 42.0) and type(tangent) is float


def test_directions_of_another_shape_are_refused():
    for call in (
        lambda: jvp(squares, (ROW,), (np.ones(3),)),
        lambda: jvp(squares, (GRID,), (np.ones((3, 2)),)),
        lambda: jvp(squares, (ROW,), (1.0,)),
        lambda: vjp(lambda v: v * v, ROW)[1](np.ones((2, 1))),
        lambda: vjp(lambda v: v * v, ROW)[1](1.0),
        lambda: hvp(squares, ROW, np.ones(3)),
    ):
        with pytest.raises(ValueError, match="must be nested as"):
            call()


def test_arrays_that_hold_no_real_numbers_are_refused():
    for array in (np.array(["a", "b"]), np.array([1j, 2.0]), np.array([None, 1.0])):
        with pytest.raises(TypeError, match="argument 0"):
            grad(squares)(array)


def test_arrays_of_values_have_arrays_of_values_as_gradients():
    w = [Value(1.0), Value(2.0)]
    slopes = grad(squares)(np.array(w))
    assert type(slopes) is np.ndarray and slopes.dtype == object
    assert [slope.data for slope in slopes] == [2.0, 4.0]
    (slopes[0] * slopes[1]).backward()
    assert [x.grad for x in w] == [2.0 * 4.0, 2.0 * 2.0]


def test_an_inner_derivative_of_an_array_can_be_differentiated():
    def f(v):
        return sum(grad(squares)(v) ** 2)

    assert grad(f)(ROW).tolist() == [8.0, 16.0]
    assert grad(lambda x: grad(squares)(np.array([x, 2.0 * x]))[1])(5.0) == 4.0
    program = compile(grad(squares))
    assert np.array_equal(program(ROW), [2.0, 4.0])


def test_fractions_in_arrays():
    third = np.array([Fraction(1, 3), Fraction(2)], dtype=object)
    slopes = grad(lambda v: v[0] * v[1])(third)
    assert slopes.dtype == object and slopes.tolist() == [2, Fraction(1, 3)]


def test_a_value_that_equals_a_variable_is_another():
    """Nodes are told apart by what they are, not by their numbers."""
    for f, x, slope in (
        (autograd.relu, 0.5, 1.0),
        (lambda x: x * 1.0 * x, 1.0, 2.0),
        (lambda x: abs(x) * 3.0, 2.0, 3.0),
        (lambda x: x * x + 0.0 * x, 1.0, 2.0),
        (lambda x: x**3, 1.0, 3.0),
    ):
        assert jvp(f, (x,), (1.0,))[1] == grad(f)(x) == vjp(f, x)[1](1.0)[0] == slope
        assert grad(grad(f))(x) == hvp(f, x, 1.0) == jvp(grad(f), (x,), (1.0,))[1]
    assert jacobian(lambda v: [v[0], v[1], v[0] * v[1]])([1.0, 1.0]) == [[1, 0], [0, 1], [1, 1]]


def test_variables_of_an_inner_derivative_are_copies():
    x = Value(2.0)
    slope = grad(lambda y: y * y * y)(x)
    ops = {node.op for node in functional.topological_order(slope)}
    assert "copy" in ops and "where" not in ops


def test_a_hessian_of_an_array_beside_a_number():
    def f(x):
        return (x[0][0] - 1.0) ** 2 * x[1] + x[0][1] * x[1] ** 2

    h = autograd.hessian(f)([np.array([2.0, 2.5]), 3.0])
    assert h[0][0][0].tolist() == [6.0, 0.0] and h[0][0][1] == 2.0
    assert h[0][1][0].tolist() == [0.0, 0.0] and h[0][1][1] == 6.0
    assert h[1][0].tolist() == [2.0, 6.0] and h[1][1] == 5.0


class P(NamedTuple):
    x: float
    y: float


class Q(NamedTuple):
    y: float
    x: float


def test_tangents_and_cotangents_have_the_names_of_what_they_belong_to():
    def f(p):
        return P(p.x * p.x, p.y)

    at = P(3.0, 1.0)
    assert jvp(f, (at,), (P(1.0, 0.0),)) == (P(9.0, 1.0), P(6.0, 0.0))
    with pytest.raises(ValueError, match="`tangents` must be nested"):
        jvp(f, (at,), (Q(0.0, 1.0),))
    with pytest.raises(ValueError, match="`cotangent` must be nested"):
        vjp(f, at)[1](Q(0.0, 1.0))
    with pytest.raises(ValueError, match="`v` must be nested"):
        hvp(lambda p: p.x * p.y, at, Q(0.0, 1.0))


def test_tangents_are_taken_by_their_keys():
    def f(d):
        return d["a"] ** 2 * d["b"]

    at, along = {"a": 1.0, "b": 2.0}, {"b": 0.0, "a": 1.0}
    assert jvp(f, (at,), (along,))[1] == 4.0
    assert hvp(f, at, along) == {"a": 4.0, "b": 2.0}


@pytest.mark.parametrize("seed", range(40))
def test_one_forward_sweep_gives_what_one_for_each_input_gives(seed):
    rng = Random(seed)
    xs = [rng.uniform(-1.5, 1.5) for _ in range(4)]
    program = RandomProgram(rng, [xs])

    def f(xs):
        y = program(xs)
        return [y, xs[1], y * xs[3], 2.0]

    columns = functional.Linearised(f, (xs,), 0, {}).columns()
    for i, unit in enumerate(np.eye(4).tolist()):
        assert [row[i] for row in columns] == jvp(f, (xs,), (unit,))[1]
    assert columns[1:2] + columns[3:] == [[0.0, 1.0, 0.0, 0.0], [0.0] * 4]


def test_one_forward_sweep_multiplies_no_zero_by_infinity():
    root_of_zero = functional.Linearised(lambda x, y: x.sqrt() + y, (0.0, 1.0), (0, 1), {})
    assert root_of_zero.columns() == [[math.inf, 1.0]]
