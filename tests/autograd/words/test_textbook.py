"""Textbook: graphs of derivatives as a reader wants to see them."""

import math
from fractions import Fraction
from random import Random

import pytest
from samples import SAMPLES, moderate

import autograd
from autograd import Value, draw, explain, grad, hessian, value_and_grad, vjp
from autograd.engine import primitive, table
from autograd.engine.graph import topological_order
from autograd.engine.primitive import CONSTANT, TABLE
from autograd.words.textbook import Presented


def written(f, *numbers, **options):
    """The formula of the gradient of `f`, as explain writes it."""
    values = [Value(x, name) for x, name in zip(numbers, "xyz", strict=False)]
    g = grad(f)(*values)
    first = str(explain(g, names={"g": g}, fold=True, **options)).splitlines()[0]
    return first.split("   ")[0].removeprefix("g = ").rpartition(" = ")[0]


@pytest.mark.parametrize(
    ("f", "form"),
    [
        (lambda x: x.tanh(), "1 - tanh(x) ** 2"),
        (lambda x: 3 * x.tanh(), "3 * (1 - tanh(x) ** 2)"),
        (lambda x: (2 * x).tanh(), "(1 - tanh(2 * x) ** 2) * 2"),
        (autograd.arctan, "1 / (1 + x ** 2)"),
        (autograd.arcsinh, "1 / sqrt(1 + x ** 2)"),
        (autograd.arcsin, "1 / sqrt(1 - x ** 2)"),
        (autograd.erf, "1.1284 * exp(-x ** 2)"),
        (abs, "sign(x)"),
        (lambda x: x**3, "3 * x ** 2"),
        (lambda x: x**2, "2 * x"),
        (lambda x: x**0.1, "0.1 * x ** (-0.9)"),
        (lambda x: autograd.maximum(x, 0.25) * 2, "2 * (x > 0.25)"),
        (lambda x: autograd.where(x > 0, x * x, -x), "x + x"),
        (lambda x: autograd.relu(x) * 2, "2 * (x > 0)"),
    ],
)
def test_derivatives_are_written_as_in_the_textbook(f, form):
    assert written(f, 0.5) == form


def test_the_operation_itself_is_shown_once():
    x = Value(0.5, "x")
    y, g = value_and_grad(lambda x: autograd.sigmoid(x))(x)
    drawing = draw([y, g], names={"y": y, "g": g})
    assert drawing.source.count("label=sigmoid") == 1
    assert drawing.source.count("y | data") == 1 and "magnitude" not in drawing.source


def test_what_a_cotangent_becomes_is_shown_as_it_was_computed():
    x = Value(0.3, "x")
    (pulled,) = vjp(lambda x: x * x, x)[1](1.0)
    assert str(explain(pulled)).splitlines()[0] == "v1 = x + x = 0.6   ∂v1/∂v1 = 1"


def test_the_operation_that_was_recorded_is_the_one_of_its_derivative():
    x = Value(0.3, "x")
    g = grad(lambda x: (x * x).tanh() * autograd.sigmoid(x))(x)
    assert draw(g).source.count("label=sigmoid") == draw(g).source.count("label=tanh") == 1


def test_softmax_in_a_gradient_is_an_exponential_of_a_difference():
    def loss(x, y, z):
        return autograd.logsumexp([x, y, z]) - x

    assert written(loss, 0.5, 1.0, -2.0) == "-1 + exp(x - logsumexp(x, y, z))"


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if row.textbook and n in SAMPLES])
def test_what_is_shown_has_the_numbers_that_were_recorded(name):
    row, rng = TABLE[name], Random(0)
    for _ in range(10):
        point = moderate(name, rng)
        values = [Value(x, f"x{i}") for i, x in enumerate(point)]
        for i in range(len(point)):
            recorded = grad(lambda *xs: row(*xs) * 1.5, argnums=i)(*values)
            found = Presented([recorded])
            (shown,) = found.roots
            assert shown.data == pytest.approx(recorded.data, rel=5e-6)
            order = topological_order(shown)
            assert {x.op for x in order} & {"copy", "where", "magnitude"} == set()
            for x in [*order, *values]:
                x.grad = 0.0
            shown.backward()
            forms = [v.grad for v in values]
            for v in values:
                v.grad = 0.0
            recorded.backward()
            count = 1 if name == "**" else len(point)  # its exponent counts as a constant
            expected = [v.grad for v in values[:count]]
            assert forms[:count] == pytest.approx(expected, rel=1e-5, abs=1e-9)


def again(f, x):
    """The formula of the second derivative of `f`, as explain writes it."""
    h = grad(grad(f))(Value(x, "x"))
    first = str(explain(h, names={"h": h}, fold=True)).splitlines()[0]
    return first.split("   ")[0].removeprefix("h = ").rpartition(" = ")[0]


@pytest.mark.parametrize(
    ("f", "form"),
    [
        (autograd.tanh, "-(2 * v1) * (1 - v1 ** 2)"),
        (autograd.sigmoid, "(v2 + (-v1)) * (v1 * v2)"),
        (autograd.softplus, "v1 * (1 - v1)"),
        (autograd.arctan, "-(1 / v2) / v2 * (2 * x)"),
        (autograd.erf, "-(1.1284 * exp(-x ** 2)) * (2 * x)"),
        (lambda x: x**2.5, "2.5 * (1.5 * x ** 0.5)"),
        (lambda x: x**3, "3 * (2 * x)"),
    ],
)
def test_second_derivatives_are_those_of_the_textbooks_form(f, form):
    assert again(f, 0.5) == form


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if row.textbook and n in SAMPLES])
@pytest.mark.exhaustive
def test_second_derivatives_have_the_numbers_that_were_recorded_in_no_more_operations(name):
    row, rng = TABLE[name], Random(1)
    for _ in range(5):
        point = moderate(name, rng)
        values = [Value(x, f"x{i}") for i, x in enumerate(point)]
        recorded = hessian(lambda xs: row(*xs) * (xs[0] + 0.5))(values)
        for h in [h for line in recorded for h in line]:
            (shown,) = Presented([h]).roots
            assert shown.data == h.data
            nodes = topological_order(shown)
            assert len(nodes) <= len(topological_order(h))
            for node in nodes:  # what is shown is what these operations give
                if node.parents:
                    found = node.primitive.value(*[parent.data for parent in node.parents])
                    assert found == pytest.approx(node.data, rel=2e-5, abs=1e-12)


def test_all_second_derivatives_of_a_network_share_what_they_share():
    w = [Value(0.1 * i - 0.3, f"w{i}") for i in range(6)]
    lines = hessian(lambda w: (w[0] * 0.5 + w[1]).tanh() * w[2] + (w[3] * w[4]).tanh() * w[5])(w)
    total = sum(h for line in lines for h in line)
    shown = topological_order(*Presented([total]).roots)
    assert len(shown) < len(topological_order(total))
    assert sum(node.op == "tanh" for node in shown) == 2


def test_third_derivatives_and_gradients_of_gradients():
    x = Value(0.5, "x")
    third = grad(grad(grad(autograd.tanh)))(x)
    assert len(topological_order(*Presented([third]).roots)) < len(topological_order(third)) / 3

    def penalty(ws):
        return sum(d * d for d in grad(lambda v: (v[0] * 0.5 + v[1]).tanh())(ws))

    (g, _) = grad(penalty)([Value(0.3), Value(-0.2)])
    assert "exp" not in str(explain(g)) and "tanh" in str(explain(g))


def test_a_variable_beside_another_of_the_same_number_is_not_differentiated():
    x = Value(0.5, "x")
    g = grad(lambda t: grad(lambda s: (s * t * x).tanh())(t))(x)  # by t alone
    (shown,) = Presented([g]).roots
    assert shown.data == g.data and len(topological_order(shown)) < len(topological_order(g))
    recorded = grad(lambda t: (t * t * x).tanh() * x)(x)
    assert Presented([recorded]).roots[0].data == pytest.approx(recorded.data)


def test_second_derivatives_in_the_tails_stand_as_recorded():
    x = Value(20.0, "x")
    h = grad(grad(autograd.tanh))(x)
    assert "exp(" in str(explain(h, fold=True)) and "-3.3987e-17" in str(explain(h))


def test_in_the_tails_what_was_recorded_stands():
    x = Value(20.0, "x")
    g = grad(autograd.tanh)(x)
    shown = str(explain(g, fold=True))
    assert "tanh" not in shown and "exp(-abs(2 * x))" in shown and "1.6993e-17" in shown


def test_second_derivatives_show_no_helpers():
    x = Value(0.5, "x")
    for f in (
        autograd.tanh,
        autograd.sigmoid,
        autograd.arctan,
        autograd.erf,
        lambda x: x / (x + 1),
    ):
        ((h,),) = hessian(lambda v, f=f: f(v[0]))([x])
        seen = draw(h).source + str(explain(h, fold=True))
        assert not any(word in seen for word in ("magnitude", "copy", "where"))
        order = topological_order(*Presented([h]).roots)
        for node in order:
            parents = node.parents
            assert not (node.op == "-" and parents[0] is parents[1])
            divided = node.op == "/" and parents[1].primitive is CONSTANT
            assert not (divided and parents[1].data == 1.0)


def test_the_graph_is_left_alone_and_gradients_are_shown():
    x = Value(0.5, "x")
    g = grad(autograd.tanh)(x) * 3
    g.backward()
    before = [(v, v.data, v.grad, v.parents) for v in topological_order(g)]
    source = draw(g, names={"g": g}).source
    assert "{x | data 0.5 | grad -2.1806}" in source and "g | data 2.3593 | grad 1}" in source
    assert "tanh" in source and source.count("grad 0}") == 0
    explain(g)
    after = [(v, v.data, v.grad, v.parents) for v in topological_order(g)]
    assert all(a[0] is b[0] and a[1:3] == b[1:3] for a, b in zip(before, after, strict=True))


def test_an_ordinary_graph_is_shown_as_it_is():
    x = Value(0.5, "x")
    y = x.tanh() * 1 - x / 1
    found = Presented([y])
    assert found.roots[0] is y and not found.twins


def test_what_has_a_name_is_shown():
    x = Value(0.5, "x")
    y = autograd.where(x > 0, x * x, x)
    z = y * 2
    assert str(explain(z, names={"z": z, "y": y})).splitlines()[1].startswith("y = v1 = 0.25 ")
    assert "where" not in str(explain(z, names={"z": z}))
    y.label = "branch"
    assert "branch = v1 = 0.25 " in str(explain(z))


def test_a_graph_that_is_stale_is_still_called_so():
    x = Value(0.5, "x")
    g = grad(autograd.tanh)(x) * 3
    assert "have changed" not in str(explain(g))
    x.data = 0.75
    assert "have changed" in str(explain(g))


def test_inside_no_grad_and_detect_anomaly_the_form_is_shown():
    x = Value(0.5, "x")
    with autograd.detect_anomaly():
        g = grad(autograd.tanh)(x) * 3
        assert "tanh" in str(explain(g))
    with autograd.no_grad():
        assert "tanh" in str(explain(g))
    assert autograd.why(x, g).kind == "ordinary"


def test_fractions_and_points_outside_the_domain_raise_nothing():
    third = Value(Fraction(1, 3), "x")
    assert written(lambda x: x * abs(x), Fraction(1, 3)) == "abs(x) + x * sign(x)"
    for f, x in ((autograd.arcsin, 1.0), (autograd.arccosh, 1.0), (table.log, 0.0)):
        explain(grad(lambda v, f=f: f(v) * 2)(Value(x, "x")))
    explain(grad(autograd.tanh)(Value(math.nan, "x")))
    assert third.grad == 0.0


def test_both_partials_of_an_operation_are_looked_up_once():
    x, y = Value(0.5, "x"), Value(0.25, "y")
    gx, gy = grad(lambda x, y: autograd.maximum(x, y) * 2, argnums=(0, 1))(x, y)
    shown = str(explain(gx + gy, fold=True)).splitlines()[0]
    assert "(x > y)" in shown and "(y > x)" in shown
    assert draw([gx, gy]).source.count("label=maximum") <= 1


def test_what_a_sweep_takes_from_itself_is_not_shown():
    x = Value(0.5, "x")
    g = grad(lambda x: x.tanh())(x)
    h = (g + (g - g)) * 3
    assert "h = (1 - tanh(x) ** 2) * 3 = " in str(explain(h, names={"h": h}, fold=True))


def test_a_textbook_form_may_be_the_input_itself():
    half = primitive.row(
        "half_square",
        lambda x: x * x / 2,
        lambda x: x * x / 2,
        lambda out, x: (x * 4.0 / 4.0,),
        textbook=lambda out, x: (x,),
    )
    x = Value(0.5, "x")
    g = grad(lambda x: 3 * half(x))(x)
    assert "g = 3 * x = 1.5" in str(explain(g, names={"g": g}, fold=True))
    assert x.data == 0.5 and x.label == "x"
