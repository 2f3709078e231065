"""gradcheck: it finds every seeded mistake, in rows and in sweeps, and raises no false alarm."""

import math
import sys
from fractions import Fraction
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, functional
from autograd.gradcheck import gradcheck
from autograd.graph import topological_order
from autograd.primitive import TABLE, row


def verdicts(report):
    return [entry.verdict for entry in report]


def summary(report):
    """The first line of the table."""
    return str(report).splitlines()[0]


@pytest.fixture
def new_row():
    """Rows that a test adds to the table; they leave it with the test."""
    before = set(TABLE)
    yield lambda scalar, array, partials: row("of the test", scalar, array, partials)
    for name in set(TABLE) - before:
        del TABLE[name]


# What it reports


def test_the_table_of_a_right_gradient():
    def f(x, y, z):
        return (x + y) * z

    report = gradcheck(f, (-2, 5, -4))
    assert report and len(report) == 3
    assert str(report) == repr(report)
    assert str(report).splitlines() == [
        "gradcheck of f: 3 right",
        "input  analytic  numeric  error  verdict",
        "x      -4        -4       0      right",
        "y      -4        -4       0      right",
        "z      3         3        0      right",
    ]


def test_an_error_holds_the_table(new_row):
    square = new_row(lambda x: x * x, lambda x: x * x, lambda out, x: (3.0 * x,))

    def f(x, y):
        return square(x) + y

    with pytest.raises(ArithmeticError) as caught:
        gradcheck(f, [2.0, 1.0])
    assert str(caught.value).splitlines() == [
        "gradcheck of f: 1 wrong, 1 right",
        "input  analytic  numeric  error  verdict",
        "x      6         4        2      wrong",
        "y      1         1        0      right",
        "Compare the partials of the operations between these inputs and the result with their "
        "derivatives: explain(f(...)) prints them",
    ]
    report = gradcheck(f, [2.0, 1.0], raise_exception=False)
    assert not report and str(caught.value).startswith(str(report))
    assert [entry.error for entry in report.wrong] == [2.0]


def test_inputs_are_named_by_label_parameter_and_path():
    def f(scale, parts, *rest):
        return scale * parts["a"] * parts["b"][1] + rest[0] + rest[1] * parts["b"][0]

    inputs = (Value(2.0, "s"), {"a": 3.0, "b": [4.0, Value(5.0)]}, 6.0, Value(7.0, "last"))
    names = [entry.input for entry in gradcheck(f, inputs)]
    assert names == ["s", "parts['a']", "parts['b'][0]", "parts['b'][1]", "rest[0]", "last"]


def test_a_label_that_is_not_unique_gives_way_to_the_path():
    def f(x, y, z):
        return x * y * z

    for labels in (("w", "w", "w"), ("y", "", ""), ("w", "w", "x")):
        inputs = [Value(1.0, label) for label in labels]
        assert [entry.input for entry in gradcheck(f, inputs)] == ["x", "y", "z"]


def test_one_scalar_one_value_and_one_dict_are_the_only_argument():
    for inputs in (0.5, Value(0.5), (0.5,), [Value(0.5)], np.float64(0.5)):
        assert gradcheck(autograd.tanh, inputs).entries[0].input == "inputs[0]"
    assert gradcheck(lambda p: p["a"] ** 2, {"a": 3}).entries[0].input == "p['a']"
    assert gradcheck(lambda v: v[0] * v[1], ([1.0, 2.0],))


def test_a_jacobian_of_nested_results():
    def f(x, y):
        return {"sum": x + y, "others": (x * y, [x])}

    report = gradcheck(f, (2.0, 3.0))
    found = [(entry.output, entry.input, entry.analytic) for entry in report]
    assert found == [
        ("['sum']", "x", 1.0),
        ("['sum']", "y", 1.0),
        ("['others'][0]", "x", 3.0),
        ("['others'][0]", "y", 2.0),
        ("['others'][1][0]", "x", 1.0),
        ("['others'][1][0]", "y", 0.0),
    ]
    assert (
        str(report).splitlines()[1].split() == "input output analytic numeric error verdict".split()
    )


def test_one_value_returned_twice_counts_twice():
    def f(x):
        y = x * x
        return [y, y]

    assert [entry.analytic for entry in gradcheck(f, 3.0, order=2)] == [6.0, 6.0, 2.0, 2.0]


def test_what_does_not_depend_on_an_input_has_derivative_0():
    report = gradcheck(lambda x, y: [3.0, y], (1.0, 2.0))
    assert [(e.analytic, e.numeric, e.verdict) for e in report] == [
        (0.0, 0.0, "right"),
        (0.0, 0.0, "right"),
        (0.0, 0.0, "right"),
        (1.0, 1.0, "right"),
    ]


def test_html_escapes_what_the_user_wrote(new_row):
    wrong = new_row(lambda x: x, lambda x: x, lambda out, x: (2.0,))

    def f(x, y):
        return wrong(x) + y

    f.__name__ = "<i>f"
    labels = "<script>alert(1)</script>", "a\n&b"
    inputs = [Value(1.0, label) for label in labels]
    assert gradcheck(f, inputs, raise_exception=False)._repr_html_() == (
        '<table style="text-align: left"><caption>gradcheck of &lt;i&gt;f: 1 wrong, 1 right'
        "</caption><thead><tr><th>input</th><th>analytic</th><th>numeric</th><th>error</th>"
        "<th>verdict</th></tr></thead><tbody>"
        '<tr style="color: #c0392b; font-weight: bold"><td>&lt;script&gt;alert(1)&lt;/script&gt;'
        "</td><td>2</td><td>1</td><td>1</td><td>wrong</td></tr>"
        "<tr><td>a␊&amp;b</td><td>1</td><td>1</td><td>0</td><td>right</td></tr></tbody></table>"
    )


def test_a_long_table_shows_what_is_not_right_first():
    def f(v):
        return sum(v[:150], v[150] * 0.0) + 1e14 * autograd.relu(v[150]) + abs(v[151])

    report = gradcheck(f, ([1.0] * 150 + [-1.0, 0.0],), raise_exception=False)
    assert len(report) == 152
    lines = str(report).splitlines()
    assert len(lines) == 2 + 100 + 1
    assert lines[2].split()[0] == "v[0]" and lines[-3].split()[0] == "v[98]"
    assert lines[-2].split()[0] == "v[151]" and lines[-2].split()[4] == "kink"
    assert lines[-1] == "and 52 more: 52 right"
    page = report._repr_html_()
    assert page.count("<tr>") == 1 + 100 + 1
    assert '<tr><td colspan="6">and 52 more: 52 right</td></tr></tbody>' in page


# Mistakes that it must find

MISTAKES = {
    "wrong sign": (lambda x, y: x * y, lambda out, x, y: (y, -x)),
    "factor 2": (lambda x, y: x * y, lambda out, x, y: (2.0 * y, x)),
    "missing term": (lambda x, y: x * x * y + x, lambda out, x, y: (2.0 * x * y, x * x)),
    "missing factor": (lambda x, y: x * y * y, lambda out, x, y: (y * y, x * y)),
    "swapped partials": (lambda x, y: x / y, lambda out, x, y: (-out / y, 1.0 / y)),
    "forgotten partial": (lambda x, y: x - y, lambda out, x, y: (1.0, 0.0)),
    "the input for the output": (lambda x, y: math.exp(x) - y, lambda out, x, y: (x, -1.0)),
    "the output for the input": (lambda x, y: x * x + y, lambda out, x, y: (2.0 * out, 1.0)),
    "another function": (lambda x, y: math.sin(x) + y, lambda out, x, y: (autograd.sin(x), 1.0)),
    "0.1 % too much": (lambda x, y: x * y, lambda out, x, y: (y, 1.001 * x)),
    "0.1 % too little": (lambda x, y: x * y, lambda out, x, y: (0.999 * y, x)),
    "a constant too much": (lambda x, y: x * y, lambda out, x, y: (y + 1e-3, x)),
    "minus infinity": (lambda x, y: x * y, lambda out, x, y: (y, x - math.inf)),
    "nan": (lambda x, y: x * y, lambda out, x, y: (y * math.nan, x)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_rejects_a_row_with_a_mistake(mistake, new_row):
    scalar, partials = MISTAKES[mistake]
    wrong = new_row(scalar, np.vectorize(scalar), partials)
    rng = Random(mistake)
    for _ in range(5):
        x, y = rng.uniform(0.3, 2.0), rng.uniform(-2.0, -0.3)
        for f in (
            wrong,
            lambda x, y: autograd.tanh(wrong(x, y) * 0.3) - x,
            lambda x, y: [x, wrong(x, y)],
        ):
            with pytest.raises(ArithmeticError, match=r"1 (wrong|not finite)|2 wrong"):
                gradcheck(f, (x, y))
            report = gradcheck(f, (x, y), raise_exception=False)
            assert not report and report.wrong and not report.wrong[0].note.startswith("differs")


def test_it_accepts_the_same_rows_without_the_mistake(new_row):
    def add(name, partials):
        scalar = MISTAKES[name][0]
        return row(f"right {name}", scalar, np.vectorize(scalar), partials)

    right = [
        add("factor 2", lambda out, x, y: (y, x)),
        add("missing term", lambda out, x, y: (2.0 * x * y + 1.0, x * x)),
        add("swapped partials", lambda out, x, y: (1.0 / y, -out / y)),
        add("the input for the output", lambda out, x, y: (autograd.exp(x), -1.0)),
        add("another function", lambda out, x, y: (autograd.cos(x), 1.0)),
    ]
    rng = Random(0)
    for f in right:
        for _ in range(20):
            assert gradcheck(f, (rng.uniform(0.3, 2.0), rng.uniform(-2.0, -0.3)), order=2)


def overwriting_backward(self, gradient=1.0):
    """The sweep with `=` instead of `+=`."""
    order = topological_order(self)
    for node in order:
        node.grad = 0.0
    self.grad = gradient
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad = node.grad * partial


def shared(x, y):
    return (x + y) * x


def test_it_rejects_a_backward_sweep_that_does_not_add_up(monkeypatch):
    assert gradcheck(shared, (2.0, 3.0))
    monkeypatch.setattr(Value, "backward", overwriting_backward)
    report = gradcheck(shared, (2.0, 3.0), raise_exception=False)
    assert not report
    assert str(report).splitlines() == [
        "gradcheck of shared: 1 wrong, 2 right",
        "input  by                     analytic  numeric  error  verdict  note",
        "x      backward()             2         7        5      wrong    differs from grad, jvp",
        "x      grad, jvp              7         7        0      right    differs from backward()",
        "y      backward(), grad, jvp  2         2        0      right",
    ]


def test_it_rejects_a_functional_sweep_that_does_not_add_up(monkeypatch):
    monkeypatch.setattr(functional, "_add", lambda flows, node, flow: flows.update({node: flow}))
    found = {
        (e.input, e.by): e.verdict for e in gradcheck(shared, (2.0, 3.0), raise_exception=False)
    }
    assert found[("x", "backward()")] == "right"
    assert found[("x", "grad")] == found[("x", "jvp")] == "wrong"


def test_it_rejects_a_wrong_forward_sweep(monkeypatch):
    def backwards(self, tangents):
        return [2.0 * sum(tangents) for _ in self.results]

    monkeypatch.setattr(functional._Linearised, "push_forward", backwards)
    found = {e.by: e.verdict for e in gradcheck(lambda x: 3.0 * x, 1.0, raise_exception=False)}
    assert found == {"backward(), grad": "right", "jvp": "wrong"}


def test_it_rejects_partials_that_were_recorded_wrong():
    def f(x):
        y = x * x
        if y.parents:
            y.partials = (1.0, y.partials[1])
        return y

    found = {e.by: (e.analytic, e.verdict) for e in gradcheck(f, 3.0, raise_exception=False)}
    assert found == {"backward(), grad, jvp": (4.0, "wrong")}


def test_second_order_finds_what_first_order_cannot(new_row):
    def partials(out, x):
        return (2.0 * (x.detach() if isinstance(x, Value) else x),)

    square = new_row(lambda x: x * x, lambda x: x * x, partials)
    assert gradcheck(square, 3.0)
    report = gradcheck(square, 3.0, order=2, raise_exception=False)
    assert [(e.input, e.analytic, e.numeric, e.verdict) for e in report] == [
        ("inputs[0]", 6.0, 6.0, "right"),
        ("inputs[0], inputs[0]", 0.0, pytest.approx(2.0, rel=1e-12), "wrong"),
    ]


def test_second_order_of_a_function_of_several_inputs():
    def f(x, y):
        return [x * x * y, autograd.exp(x)]

    report = gradcheck(f, (2.0, 3.0), order=2)
    e2 = math.exp(2.0)
    assert [(e.input, e.output, e.analytic) for e in report.entries[4:]] == [
        ("x, x", "[0]", 6.0),
        ("x, y", "[0]", 4.0),
        ("y, x", "[0]", 4.0),
        ("y, y", "[0]", 0.0),
        ("x, x", "[1]", pytest.approx(e2, rel=1e-15)),
        ("x, y", "[1]", 0.0),
        ("y, x", "[1]", 0.0),
        ("y, y", "[1]", 0.0),
    ]


def test_a_row_that_knows_floats_only_has_a_first_derivative(new_row):
    sine = new_row(math.sin, np.sin, lambda out, x: (math.cos(x),))
    (entry,) = gradcheck(sine, 0.5)
    assert (entry.analytic, entry.by) == (math.cos(0.5), "backward(), grad, jvp")
    with pytest.raises(TypeError, match="would silently drop the gradient"):
        gradcheck(sine, 0.5, order=2)


def test_differences_see_what_detach_cuts_off():
    report = gradcheck(lambda x: x.detach() * x, 3.0, raise_exception=False)
    assert [(e.analytic, e.numeric, e.verdict) for e in report] == [(3.0, 6.0, "wrong")]


# No false alarm on smooth functions

SMOOTH = [
    *(autograd.exp, autograd.expm1, autograd.sin, autograd.cos, autograd.arctan, autograd.tanh),
    *(autograd.arcsinh, autograd.sigmoid, autograd.softplus, autograd.erf, autograd.sinh),
    lambda x: -x,
    lambda x: 1.5 * x,
    lambda x: x**2,
    lambda x: x**3,
    lambda x: 2**x,
    lambda x: 1 / (2 + x * x),
    lambda x: autograd.log(1.5 + x * x),
    lambda x: autograd.sqrt(0.5 + x * x),
    lambda x: autograd.arcsin(0.9 * autograd.tanh(x)),
    lambda x: autograd.arccosh(1.5 + x * x),
]
SMOOTH_OF_TWO = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / (1.5 + y * y),
    lambda x, y: (0.5 + x * x) ** y,
    lambda x, y: autograd.logsumexp([x, y, 0.5]),
    lambda x, y: autograd.dot([x, y], [y, 1.5]),
]


def random_smooth_program(rng):
    """A function of one to three numbers, of four to eight operations, and a point for it."""
    point = [rng.uniform(-2.0, 2.0) for _ in range(rng.randint(1, 3))]
    values, steps = list(point), []
    count = rng.randint(3, 7)
    while len(steps) < count:
        arity = rng.randint(1, 2)
        function = rng.choice(SMOOTH if arity == 1 else SMOOTH_OF_TWO)
        picks = [rng.randrange(len(values)) for _ in range(arity)]
        out = function(*[values[i] for i in picks])
        if abs(out) < 100.0:
            values.append(out)
            steps.append((function, picks))

    def program(*inputs):
        values = list(inputs)
        for function, picks in steps:
            values.append(function(*[values[i] for i in picks]))
        return values[-1] + values[0]

    return program, point


def test_no_false_alarm_in_second_order_on_random_smooth_graphs():
    rng = Random(1)
    for _ in range(200):
        program, point = random_smooth_program(rng)
        assert gradcheck(program, point, order=2)


def test_an_error_of_a_tenth_of_a_percent_in_random_graphs_is_found(new_row):
    wrong = new_row(lambda x: x, lambda x: x, lambda out, x: (1.001,))
    rng = Random(2)
    for _ in range(150):
        program, point = random_smooth_program(rng)
        report = gradcheck(
            lambda *inputs, program=program: wrong(program(*inputs)), point, raise_exception=False
        )
        for entry in report:
            assert entry.verdict == ("wrong" if abs(entry.analytic) > 2e-6 else "right"), report


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (autograd.log, 1e-12),
        (autograd.log, 1e-300),
        (autograd.sqrt, 1e-9),
        (autograd.sqrt, 1e12),
        (lambda x: 1 / x, 1e-6),
        (lambda x: 1 / x, -1e200),
        (autograd.arcsin, 1 - 1e-9),
        (autograd.arctanh, -1 + 1e-12),
        (autograd.arccosh, 1 + 1e-10),
        (autograd.sin, 1e6),
        (autograd.exp, 700.0),
        (autograd.exp, -700.0),
        (autograd.tanh, 20.0),
        (lambda x: autograd.tanh(1e9 * x), 0.0),
        (lambda x: autograd.softplus(1e6 * x) / 1e6, 0.0),
        (lambda x: autograd.sin(2 * math.pi * 1024 * x), 0.1),  # the first steps see whole periods
        (lambda x: x * 1e300, 0.5),
        (lambda x: x * 1e-300, 0.5),
        (lambda x: 1e6 + autograd.sin(x), 1.0),
        (lambda x: (1e5 + x) ** 2 - 1e10, 0.1),
        (lambda x: autograd.relu(x), 1e-6),
        (lambda x: abs(x), -1e-12),
    ],
)
def test_no_false_alarm_near_poles_borders_kinks_and_at_any_scale(f, x):
    assert verdicts(gradcheck(f, x)) == ["right"]
    wrong = gradcheck(lambda x: tenth_of_a_percent(f(x)), x, raise_exception=False)
    small = abs(wrong.entries[0].analytic) < 1e-6
    assert verdicts(wrong) == (["right"] if small else ["wrong"]), wrong


def tenth_of_a_percent(y):
    """The same value with partials that are 0.1 % too large."""
    twin = y + 0.0
    twin.partials = tuple(1.001 * partial for partial in twin.partials)
    return twin


# Kinks, borders, and what cannot be judged


def triangle(x):
    """A branch of Python: slope 1 to the left of 0, -2 to the right."""
    return 1 + x if x < 0 else 1 - 2 * x


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (autograd.relu, 0.0, 0, 1),
        (abs, 0.0, -1, 1),
        (lambda x: 3.0 - abs(x - 2.0) * 1e3, 2.0, 1000, -1000),
        (lambda x: autograd.maximum(x, 1.0), 1.0, 0, 1),
        (lambda x: autograd.minimum(x * x, x), 1.0, 2, 1),
        (lambda x: autograd.where(x > 0.5, 3.0 * x, x + 1.0), 0.5, 1, 3),
        (triangle, 0.0, 1, -2),
        (lambda x: autograd.exp(abs(x)), 0.0, -1, 1),
        (lambda x: autograd.relu(x * 1e-8), 0.0, 0, 1e-8),
    ],
)
def test_it_says_when_an_input_sits_on_a_kink(f, x, left, right):
    report = gradcheck(f, x)
    (entry,) = report
    assert entry.verdict == "kink" and report
    assert entry.note == f"a kink: slope {left:.6g} to the left, {right:.6g} to the right"


def test_a_jump():
    def f(x):
        return autograd.where(x > 0, x + 1.0, x)

    (entry,) = gradcheck(f, 0.0)
    assert entry.verdict == "kink"
    assert entry.note == "f jumps, or its slope is infinite, to the right"
    (entry,) = gradcheck(lambda x: f(x) + 5 * (x - x.detach()), 0.0, raise_exception=False)
    assert entry.verdict == "wrong"
    (entry,) = gradcheck(lambda x: abs(x) ** 0.5 + x, 0.0, raise_exception=False)
    assert entry.verdict in ("uncertain", "not finite")


def test_a_kink_is_told_for_each_input_and_output_by_itself():
    report = gradcheck(lambda x, y: [abs(x - y), x * y], (2.0, 2.0))
    assert verdicts(report) == ["kink", "kink", "right", "right"] and report


def test_a_gradient_outside_of_the_slopes_at_a_kink_is_wrong(new_row):
    def add(slope):
        for name in set(TABLE) & {"of the test"}:
            del TABLE[name]
        return new_row(lambda x: max(x, 0.0), lambda x: np.maximum(x, 0.0), lambda out, x: (slope,))

    for slope, verdict in ((0.0, "kink"), (0.5, "kink"), (1.0, "kink"), (1.001, "wrong")):
        report = gradcheck(add(slope), 0.0, raise_exception=False)
        assert verdicts(report) == [verdict] and bool(report) == (verdict == "kink")
    assert verdicts(gradcheck(add(-0.001), 0.0, raise_exception=False)) == ["wrong"]


def test_the_second_derivative_has_kinks_of_its_own():
    report = gradcheck(lambda x: x * abs(x), 0.0, order=2)
    assert verdicts(report) == ["right", "kink"]


def only_from_one(x):
    if x < 1.0:
        raise ValueError("below 1")
    return x * x


def test_at_the_border_of_the_domain_the_slope_of_one_side_decides():
    (entry,) = gradcheck(only_from_one, 1.0)
    assert (entry.analytic, entry.numeric) == (2.0, pytest.approx(2.0, rel=1e-7))
    assert (entry.verdict, entry.note) == ("right", "f is not finite to the left")
    (entry,) = gradcheck(lambda x: only_from_one(2.0 - x), 1.0)
    assert (entry.verdict, entry.note) == ("right", "f is not finite to the right")
    report = gradcheck(lambda x: tenth_of_a_percent(only_from_one(x)), 1.0, raise_exception=False)
    assert verdicts(report) == ["wrong"]
    assert report.entries[0].note == "f is not finite to the left"


def test_only_arithmetic_and_value_errors_are_a_border():
    def f(x):
        if x > 1.0:
            raise KeyError("a mistake in f")
        return x * x

    with pytest.raises(KeyError, match="a mistake in f"):
        gradcheck(f, 1.0)
    with pytest.raises(ValueError, match="below 1"):
        gradcheck(only_from_one, 0.5)


@pytest.mark.parametrize(
    ("f", "x", "analytic", "note"),
    [
        (autograd.sqrt, 0.0, math.inf, "the gradient is inf"),
        (autograd.log, 0.0, math.inf, "f is -inf"),
        (autograd.log, -1.0, -1.0, "f is nan"),
        (lambda x: x * autograd.sqrt(x), 0.0, math.nan, "the gradient is nan"),
        (lambda x: 0.0 * x, math.inf, 0.0, "f is nan"),
    ],
)
def test_what_is_not_finite_is_an_error(f, x, analytic, note):
    with pytest.raises(ArithmeticError) as caught:
        gradcheck(f, x)
    assert summary(caught.value) == "gradcheck of " + getattr(f, "__name__", "") + ": 1 not finite"
    assert str(caught.value).endswith(
        "detect_anomaly() stops at the operation where nan or inf arises"
    )
    (entry,) = gradcheck(f, x, raise_exception=False)
    assert entry.analytic == pytest.approx(analytic, nan_ok=True)
    assert (entry.verdict, entry.note) == ("not finite", note)
    page = gradcheck(f, x, raise_exception=False)._repr_html_()
    assert '<tr style="color: #c0392b; font-weight: bold">' in page


def test_a_gradient_that_is_not_finite_stands_beside_the_numeric_one():
    (entry,) = gradcheck(lambda x: autograd.sqrt(x * x) + 2.0 * x, 0.0, raise_exception=False)
    assert entry.verdict == "not finite" and entry.numeric == 2.0


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: 1e16 + x, 1.0),
        (lambda x: (1e16 + x) - 1e16, 1.0),
        (autograd.sin, 1e90),
        (autograd.tanh, math.inf),
        (lambda x: autograd.tanh(1e14 * x), 0.0),
    ],
)
def test_what_differences_cannot_judge_does_not_raise_and_is_not_true(f, x):
    report = gradcheck(f, x)
    assert verdicts(report) == ["uncertain"] and not report and not report.wrong
    assert summary(report).endswith(": 1 uncertain")
    page = report._repr_html_()
    assert '<tr style="color: #b9770e; font-weight: bold">' in page


def test_between_tolerance_and_noise_the_error_of_the_differences_is_told(new_row):
    (entry,) = gradcheck(lambda x: 1e7 + autograd.sin(x), 1.0)
    assert entry.verdict == "right" and entry.error > 1e-7
    assert entry.note.startswith("the differences are only known to ±")
    wrong = new_row(lambda x: x, lambda x: x, lambda out, x: (1.001,))
    report = gradcheck(lambda x: 1e7 + wrong(autograd.sin(x)), 1.0, raise_exception=False)
    assert verdicts(report) == ["wrong"]


def test_a_noisy_row_is_judged_within_its_noise(new_row):
    def add(factor):
        for name in set(TABLE) & {"of the test"}:
            del TABLE[name]
        return new_row(
            lambda x: (1.0 - math.cos(1e-3 * x)) * 2e6,  # x^2, wrong in the tenth digit
            lambda x: (1.0 - np.cos(1e-3 * x)) * 2e6,
            lambda out, x: (factor * 2.0 * x,),
        )

    for x in (0.7, 1.0, 1.3, 2.0):
        assert gradcheck(add(1.0 - 1e-7), x).wrong == ()
        assert verdicts(gradcheck(add(1.01), x, raise_exception=False)) == ["wrong"]


# How it is called


def test_tolerances_are_joint_and_may_be_changed(new_row):
    twice = new_row(lambda x: 2.0 * x, lambda x: 2.0 * x, lambda out, x: (2.1,))
    for atol, rtol, right in (
        (0.11, 0.0, True),
        (0.09, 0.0, False),
        (0.0, 0.048, True),
        (0.0, 0.047, False),
        (0.05, 0.03, True),
        (0.05, 0.02, False),
    ):
        report = gradcheck(twice, 1.0, atol=atol, rtol=rtol, raise_exception=False)
        assert bool(report) == right
    assert gradcheck(autograd.tanh, 0.3, 1e-5, 1e-8, 1e-6, True)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"eps": 0.0}, ValueError, "`eps` must be positive and finite, got 0.0"),
        ({"eps": -1e-3}, ValueError, "`eps` must be positive and finite, got -0.001"),
        ({"eps": math.inf}, ValueError, "`eps` must be positive and finite, got inf"),
        ({"eps": "1"}, TypeError, "`eps` must be a real number, got the string '1'"),
        ({"atol": -1.0}, ValueError, "`atol` must be at least 0 and finite, got -1.0"),
        ({"rtol": math.nan}, ValueError, "`rtol` must be at least 0 and finite, got nan"),
        ({"rtol": math.inf}, ValueError, "`rtol` must be at least 0 and finite, got inf"),
        ({"rtol": None}, TypeError, "`rtol` must be a real number, got None"),
        ({"order": 3}, ValueError, "`order` must be 1 or 2, got 3"),
        ({"order": 0}, ValueError, "`order` must be 1 or 2, got 0"),
        ({"f": 3.0}, TypeError, "`f` must be a function, got 3.0"),
        ({"inputs": ()}, TypeError, "holds 0; for one argument that is a list, pass"),
        ({"inputs": ([],)}, ValueError, r"`inputs` holds nothing to differentiate by: \(\[\],\)"),
        ({"inputs": (1.0, 2.0)}, TypeError, r"`f` takes \(x\), and `inputs`, the tuple of its"),
        ({"inputs": ([1.0, "a"],)}, TypeError, r"`x\[1\]` must be a real number, got the string"),
        ({"f": lambda x: "a"}, TypeError, "`the result` must be a real number, got the string"),
        ({"f": lambda x: []}, ValueError, "`f` returned nothing to differentiate"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        gradcheck(**{"f": lambda x: x, "inputs": 1.0, **arguments})


def test_order_and_nothing_else_is_a_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        gradcheck(autograd.tanh, 1.0, 1e-3, 1e-9, 1e-7, True, 2)


def test_a_function_that_is_not_the_same_each_time_is_refused():
    rng = Random(0)
    with pytest.raises(ValueError, match=r"returned \[.*\] and then \[.*\] for the same inputs"):
        gradcheck(lambda x: x * rng.random(), 1.0)
    growing = []

    def f(x):
        growing.append(x)
        return growing[:]

    with pytest.raises(ValueError):
        gradcheck(f, 1.0)


def test_it_cannot_be_compiled():
    with pytest.raises(TypeError, match="gradcheck was called in a function being compiled"):
        autograd.compile(lambda x: gradcheck(autograd.tanh, x) and x)(1.0)


def test_functions_without_a_signature_have_numbered_inputs():
    assert [e.input for e in gradcheck(max, (1.0, 2.0))] == ["inputs[0]", "inputs[1]"]


def test_a_callable_object_is_named_after_its_class():
    class Square:
        def __call__(self, x):
            return x * x

    assert summary(gradcheck(Square(), 2.0)) == "gradcheck of Square: 1 right"


# Leaves instead of arguments


def test_the_parameters_of_a_model():
    model = nn.MLP(2, [3, 1], activation="tanh", rng=Random(0))
    parameters = dict(model.named_parameters())
    before = model.state_dict()
    for parameter in parameters.values():
        parameter.grad = 7.0

    def loss():
        return nn.mse_loss(model([0.5, -1.0]), 0.3)

    report = gradcheck(loss, parameters)
    assert [entry.input for entry in report] == list(parameters)
    assert verdicts(report) == ["right"] * 13
    assert {entry.by for entry in report} == {"backward()"}
    assert [e.input for e in gradcheck(loss, list(parameters.values())[:2])] == [
        "inputs[0]",
        "inputs[1]",
    ]
    assert model.state_dict() == before
    assert {parameter.grad for parameter in parameters.values()} == {7.0}


def test_the_mean_of_a_compiled_program():
    w, b = Value(0.5, "w"), Value(-0.2, "b")
    program = autograd.compile(lambda x: autograd.tanh(w * x + b), batch=True)
    report = gradcheck(lambda: program.mean([1.0, 2.0, 3.0]), [w, b])
    assert [(entry.input, entry.verdict) for entry in report] == [("w", "right"), ("b", "right")]
    report = gradcheck(lambda x: program.mean([1.0, 2.0]) * x, 2.0)
    assert verdicts(report) == ["right"]


def test_leaves_have_their_data_back_when_the_function_raises():
    w = Value(2.0)

    def f():
        if w > 2.0:
            raise KeyError("above 2")
        return w * w

    with pytest.raises(KeyError):
        gradcheck(f, [w])
    assert w.data == 2.0 and w.grad == 0.0


def test_exact_leaves_stay_exact():
    w, x = Value(Fraction(1, 3), "w"), Value(Fraction(2, 7))
    report = gradcheck(lambda: w * w * x, (w, x))
    assert verdicts(report) == ["right", "right"]
    assert (w.data, x.data) == (Fraction(1, 3), Fraction(2, 7))
    assert report.entries[0].analytic == pytest.approx(4 / 21, rel=1e-15)
    assert gradcheck(lambda w, x: w * w * x, (w, x), order=2)


def test_leaves_are_checked():
    w = Value(1.0)
    for inputs, error, message in (
        ([w, 2.0], TypeError, "takes no arguments, so `inputs` must hold leaf Values.*got 2.0"),
        ([w * 2.0], TypeError, "must hold leaf Values"),
        ([w, w], ValueError, r"`inputs` holds Value\(data=1.0, grad=0.0\) twice"),
    ):
        with pytest.raises(error, match=message):
            gradcheck(lambda: w * w, inputs)
    with pytest.raises(ValueError, match="`order=2` needs a function that takes its inputs"):
        gradcheck(lambda: w * w, w, order=2)
    assert gradcheck(lambda: w * w, w).entries[0].input == "inputs[0]"


# What it leaves alone


def test_nobodys_data_and_gradient_change():
    w = Value(3.0)
    q = w * 2.0
    x = Value(0.5)
    w.grad, q.grad, x.grad = 1.0, 2.0, 3.0

    def f(v):
        assert (w.grad, q.grad, x.grad) == (1.0, 2.0, 3.0)
        return q * v * w

    assert gradcheck(f, x, order=2)
    assert (w.data, q.data, x.data) == (3.0, 6.0, 0.5)
    assert (w.grad, q.grad, x.grad) == (1.0, 2.0, 3.0)


def test_it_works_inside_no_grad_and_detect_anomaly():
    with autograd.no_grad():
        assert gradcheck(lambda x: x**3, 2.0, order=2)
        w = Value(2.0)
        assert gradcheck(lambda: w**3, w)
        assert not (Value(1.0) * 2).parents
    with autograd.detect_anomaly():
        assert gradcheck(autograd.log, 1e-5)
        assert gradcheck(autograd.arcsin, 1.0 - 1e-6)


def test_arguments_are_the_functions_own():
    given = [1.0, 2.0]

    def f(v):
        return v.pop() * v.pop()

    assert gradcheck(f, (given,)) and given == [1.0, 2.0]


# Last, as it takes longest


def test_no_false_alarm_on_ten_thousand_random_smooth_graphs():
    rng = Random(0)
    for _ in range(10_000 if sys.gettrace() is None else 1_000):  # coverage takes its time
        program, point = random_smooth_program(rng)
        report = gradcheck(program, point)
        assert set(verdicts(report)) == {"right"}, report


def test_leaves_that_are_fractions_are_checked_where_the_result_cancels():
    third = Value(Fraction(1, 3), label="third")
    report = autograd.gradcheck(lambda: 3 * third - 1, [third])
    assert report and report.entries[0].analytic == 3.0


def test_an_input_that_the_result_does_not_use_is_noted():
    weight = Value(3.0)
    for report in (
        autograd.gradcheck(lambda x, y: x * weight, (2.0, 5.0)),
        autograd.gradcheck(lambda x, y: x * y.detach(), (2.0, 0.0), raise_exception=False),
    ):
        notes = [entry.note for entry in report]
        assert notes[0] == "" and notes[1].startswith("no operation leads from it to a result")
    assert "no operation leads" not in str(autograd.gradcheck(lambda x: 2 * x, 3.0, order=2))


def test_the_array_of_a_users_own_row_is_compared_with_its_scalar():
    def twice(name, array):
        row = autograd.primitive(name, lambda x: 2.0 * x, array, lambda out, x: (2.0,))
        return lambda x: row(x) + row(x * x)

    right = autograd.gradcheck(twice("twice_right", lambda x: x + x), 3.0)
    assert len(right) == 1 and right
    with pytest.raises(ArithmeticError, match=r"`array` of `twice_wrong` differs .*") as error:
        autograd.gradcheck(twice("twice_wrong", lambda x: 2.5 * x), 3.0, order=2)
    lines = str(error.value).splitlines()
    assert lines[0].endswith("1 wrong, 2 right") and lines[-1].endswith("mend `array`")
    assert lines[3].split()[:5] == ["twice_wrong(3)", "array", "7.5", "6", "1.5"]
    odd = twice("twice_odd", lambda x: missing * x)  # noqa: F821
    report = autograd.gradcheck(odd, 3.0, raise_exception=False)
    assert "raised NameError: name 'missing'" in report.wrong[0].note
