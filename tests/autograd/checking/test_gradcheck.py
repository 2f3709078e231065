"""gradcheck: it finds every seeded mistake, in rows and in sweeps, and raises no false alarm."""

import dataclasses
import math
import re
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from repeats import repeats

import autograd
import nn
from autograd import Value, functional
from autograd.checking import subject
from autograd.checking.gradcheck import gradcheck
from autograd.checking.subject import unchanged
from autograd.engine.graph import topological_order
from autograd.engine.primitive import TABLE, row


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
    for _ in range(repeats(2)):
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
    def overwriting(order, seeds, partials, active):
        flows = dict(seeds)
        for node in reversed(order):
            for parent, partial in zip(node.parents, partials(node), strict=True):
                flows[parent] = flows[node] * partial
        return flows

    monkeypatch.setattr(functional, "pull_back", overwriting)
    monkeypatch.setattr(functional, "_add", lambda flows, node, flow: flows.update({node: flow}))
    found = {
        (e.input, e.by): e.verdict for e in gradcheck(shared, (2.0, 3.0), raise_exception=False)
    }
    assert found[("x", "backward()")] == "right"
    assert found[("x", "grad")] == found[("x", "jvp")] == "wrong"


def test_it_rejects_a_wrong_forward_sweep(monkeypatch):
    def backwards(self, given):
        return [2.0 * sum(given) for _ in self.results]

    monkeypatch.setattr(functional.Linearised, "tangents", backwards)
    found = {e.by: e.verdict for e in gradcheck(lambda x: 3.0 * x, 1.0, raise_exception=False)}
    assert found == {"backward(), grad": "right", "jvp": "wrong"}


def test_it_rejects_partials_that_were_recorded_wrong():
    def f(x):
        y = x * x
        if y.parents:
            y._to_left = 1.0
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
    for _ in range(repeats(35)):
        program, point = random_smooth_program(rng)
        assert gradcheck(program, point, order=2)


def test_an_error_of_a_tenth_of_a_percent_in_random_graphs_is_found(new_row):
    wrong = new_row(lambda x: x, lambda x: x, lambda out, x: (1.001,))
    rng = Random(2)
    for _ in range(repeats(25)):
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
    slopes = tuple(1.001 * partial for partial in twin.partials)
    twin.fill(twin.primitive, twin.parents, twin.data, slopes)
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
    assert entry.note == "f jumps, or is too rough, to the right"
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
    assert str(caught.value).splitlines()[-1] == (
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


CANCELLING = [
    (lambda x: (1 + x).log() / x, 1e-5),
    (lambda x: (x.exp() - 1) / x, 1e-5),
    (lambda x: (x.exp() - 1) / x, 1e-6),
    (lambda x: x.sin() / x, 1e-8),
]


@pytest.mark.parametrize(("f", "x"), CANCELLING)
def test_a_gradient_in_which_large_numbers_cancel_is_not_wrong(f, x):
    leaf = Value(x)
    for report in (gradcheck(f, x), gradcheck(lambda: f(leaf), leaf)):
        (entry,) = report
        assert entry.verdict == "uncertain" and not report
        assert re.fullmatch(
            r"the gradient itself is only known to ±\d\.\de-\d\d: large numbers cancel in it; "
            "rewrite f, with log1p or expm1 for example",
            entry.note,
        )
        known = float(entry.note.split("±")[1].split(":")[0])
        assert entry.error <= known <= 100.0 * entry.error
    report = gradcheck(lambda x: tenth_of_a_percent(f(x) + x), x, raise_exception=False)
    assert report.entries[0].verdict == "wrong"


def test_each_derivative_has_a_rounding_of_its_own():
    f, x = CANCELLING[0]
    assert verdicts(gradcheck(lambda y, x: [y, y + f(x)], (1.0, x))) == [
        *("right", "right"),
        *("right", "uncertain"),
    ]
    report = gradcheck(
        lambda x, y: [f(x), f(x) + tenth_of_a_percent(y)], (x, 1.0), raise_exception=False
    )
    assert verdicts(report) == ["uncertain", "right", "uncertain", "wrong"]


def test_what_a_gradient_cancels_to_is_right_when_it_is_written_well():
    assert gradcheck(lambda x: x.log1p() / x, 1e-2)
    assert gradcheck(lambda x: x.expm1(), 1e-8)


def test_rounding_excuses_no_mistake_of_a_row_that_knows_floats_only(new_row):
    sine = new_row(math.sin, np.sin, lambda out, x: (1.001 * math.cos(x),))
    report = gradcheck(lambda x: 1e3 * sine(x), 0.5, raise_exception=False)
    assert verdicts(report) == ["wrong"]


@pytest.mark.parametrize(
    "f",
    [
        lambda b: autograd.relu(b) ** 2 + 1.21,
        lambda b: autograd.relu(b) ** 2 + 1.21 + b,
        lambda b: autograd.relu(-b) ** 2 + 3.0 - 2.0 * b,
        lambda b: autograd.exp(b * abs(b)) + 3.0 * b,
    ],
)
def test_where_the_second_derivative_jumps_the_first_is_right(f):
    (entry,) = gradcheck(f, 0.0)
    assert entry.verdict == "right" and entry.error <= 1e-7
    for mistake in (
        lambda b: tenth_of_a_percent(f(b) + b),
        lambda b: f(b) + 1e-3 * (b - b.detach()),
    ):
        assert "wrong" in verdicts(gradcheck(mistake, 0.0, raise_exception=False))


@pytest.mark.parametrize("seed", range(5))
def test_a_relu_network_with_biases_of_0(seed):
    model = nn.MLP(2, [8, 1], activation="relu", rng=Random(seed))
    rows, targets = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]

    def loss():
        return sum((model(x) - y) ** 2 for x, y in zip(rows, targets, strict=True))

    assert gradcheck(loss, model.parameters())


def ulps(x):
    """x^2 from a difference that leaves ten digits."""
    return (1.0 - math.cos(1e-3 * x)) * 2e6


@pytest.mark.parametrize(
    ("scalar", "slope"),
    [
        (ulps, lambda x: 2e3 * math.sin(1e-3 * x)),
        (lambda x: float(np.float32(x * x)), lambda x: 2.0 * x),
        (lambda x: round(x * x, 9), lambda x: 2.0 * x),
    ],
)
def test_a_noisy_row_is_judged_within_its_noise(scalar, slope, new_row):
    def add(factor):
        for name in set(TABLE) & {"of the test"}:
            del TABLE[name]
        return new_row(scalar, np.vectorize(scalar), lambda out, x: (factor * slope(x),))

    for x in (0.7, 1.0, 1.3, 2.0):
        assert gradcheck(add(1.0 - 1e-7), x).wrong == ()
        for factor in (1.01, 0.0):
            assert verdicts(gradcheck(add(factor), x, raise_exception=False)) == ["wrong"]


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
        (
            {"eps": "1"},
            TypeError,
            "`eps` must be a real number, got the string '1': convert it with float(...) first",
        ),
        ({"atol": -1.0}, ValueError, "`atol` must be at least 0 and finite, got -1.0"),
        ({"rtol": math.nan}, ValueError, "`rtol` must be at least 0 and finite, got nan"),
        ({"rtol": math.inf}, ValueError, "`rtol` must be at least 0 and finite, got inf"),
        ({"rtol": None}, TypeError, "`rtol` must be a real number, got None of type NoneType"),
        ({"order": 3}, ValueError, "`order` must be 1 or 2, got 3"),
        ({"order": 0}, ValueError, "`order` must be 1 or 2, got 0"),
        ({"f": 3.0}, TypeError, "`f` must be a function, got 3.0"),
        (
            {"inputs": ()},
            TypeError,
            "`f` takes (x), and `inputs`, the tuple of its arguments, holds 0; for one argument "
            "that is a list, pass ([1.0, 2.0],)",
        ),
        ({"inputs": ([],)}, ValueError, "`inputs` holds nothing to differentiate by: ([],)"),
        (
            {"inputs": (1.0, 2.0)},
            TypeError,
            "`f` takes (x), and `inputs`, the tuple of its arguments, holds 2; for one argument "
            "that is a list, pass ([1.0, 2.0],)",
        ),
        (
            {"inputs": ([1.0, "a"],)},
            TypeError,
            "`x[1]` must be a real number, got the string 'a': convert it with float(...) first",
        ),
        (
            {"f": lambda x: "a"},
            TypeError,
            "`the result` must be a real number, got the string 'a': "
            "convert it with float(...) first",
        ),
        (
            {"f": lambda x: []},
            ValueError,
            "`f` returned nothing to differentiate: return scalars, or nests of them",
        ),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error) as caught:
        gradcheck(**{"f": lambda x: x, "inputs": 1.0, **arguments})
    assert str(caught.value) == message


def test_tolerances_and_step_where_none_are_given(new_row):
    def line(height, slope):
        for name in set(TABLE) & {"of the test"}:
            del TABLE[name]
        return new_row(lambda x: height * x, lambda x: height * x, lambda out, x: (slope,))

    for height, slope, verdict in (
        (0.0, 0.9e-9, "right"),
        (0.0, 1.5e-9, "wrong"),
        (1.0, 1.0 + 0.9e-7, "right"),
        (1.0, 1.0 + 1.5e-7, "wrong"),
    ):
        report = gradcheck(line(height, slope), 1.0, raise_exception=False)
        assert verdicts(report) == [verdict]
    seen = []
    gradcheck(lambda x: seen.append(x.data) or 2.0 * x, 1.0)
    assert max(seen) == 1.0 + 2.0 * 2.0**-10  # the power of two below 1e-3, twice


def test_order_and_nothing_else_is_a_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        gradcheck(autograd.tanh, 1.0, 1e-3, 1e-9, 1e-7, True, 2)


def test_a_function_that_is_not_the_same_each_time_is_refused():
    rng = Random(0)
    with pytest.raises(
        ValueError,
        match=r"^`f` returned \[0\.\d+\] and then \[0\.\d+\] for the same inputs: leave out what "
        r"is random; model\.eval\(\) turns dropout off$",
    ):
        gradcheck(lambda x: x * rng.random(), 1.0)
    growing = []

    def f(x):
        growing.append(x)
        return growing[:]

    with pytest.raises(ValueError):
        gradcheck(f, 1.0)


def by_run(*results):
    """A function that returns the results one after the other, and then 1."""
    rest = iter(results)
    return lambda x: x * 0.0 + next(rest, 1.0)


def test_runs_are_the_same_within_a_billionth():
    below, above = 1.0 + 0.9e-9, 1.0 + 1.1e-9
    assert gradcheck(by_run(below), 1.0)
    for first in (above, 1.5, math.nan, -1.0):
        with pytest.raises(ValueError, match=rf"^`f` returned \[{first}\] and then \[1\.0\] for"):
            gradcheck(by_run(first), 1.0)
    with pytest.raises(ValueError, match=r"^`f` returned \[1\.0\] and then \[nan\] for the same"):
        gradcheck(by_run(1.0, math.nan), 1.0)


def test_it_cannot_be_compiled():
    with pytest.raises(
        TypeError, match=r"^gradcheck was called in a function being compiled: call it outside$"
    ):
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
    assert [e.input for e in gradcheck(loss, list(parameters.values())[:2])] == list(parameters)[:2]
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
    needed = "`f` takes no arguments, so `inputs` must hold leaf Values that it uses, got "
    product = w * 2.0
    for inputs, error, message in (
        ([w, 2.0], TypeError, f"{needed}2.0"),
        ([product], TypeError, f"{needed}{product!r:.60}"),
        ([w, w], ValueError, f"`inputs` holds {w!r} twice: pass each leaf once"),
    ):
        with pytest.raises(error) as caught:
            gradcheck(lambda: w * w, inputs)
        assert str(caught.value) == message
    with pytest.raises(
        ValueError,
        match=r"^`order=2` needs a function that takes its inputs as arguments, and `f` uses them "
        r"as leaves$",
    ):
        gradcheck(lambda: w * w, w, order=2)
    assert gradcheck(lambda: w * w, w).entries[0].input == "inputs[0]"


def test_a_leaf_that_is_a_result_itself():
    w, third = Value(2.0), Value(Fraction(1, 3))
    assert gradcheck(lambda: w, w).entries[0].numeric == 1.0
    report = gradcheck(lambda: {"a": w, "b": [w * w, third]}, (w, third))
    assert [entry.analytic for entry in report] == [1.0, 0.0, 4.0, 0.0, 0.0, 1.0] and report


def test_leaves_that_the_function_uses_are_no_values_for_its_defaults():
    w, v = Value(3.0, label="w"), Value(5.0, label="v")

    def loss(scale=1.0):
        return scale * w * w

    for inputs in ([w], w, {"weight": w}):
        (entry,) = gradcheck(loss, inputs)
        assert (entry.input, entry.analytic, entry.by) == ("w", 6.0, "backward()")
    for i in range(3):
        assert gradcheck(lambda i=i: w**i * v, (w,)).entries[0].analytic == i * 3.0 ** (i - 1) * 5.0
    with autograd.no_grad():
        assert gradcheck(loss, w).entries[0].analytic == 6.0
    slopes = [entry.analytic for entry in gradcheck(lambda a=1.0, b=2.0: a * w + b * v, (w, v))]
    assert slopes == [1.0, 2.0]


def test_the_inputs_are_arguments_where_the_function_does_without_them_otherwise():
    w, v = Value(3.0, label="w"), Value(5.0, label="v")

    def loss(scale=1.0):
        return scale * w * w

    for inputs in (2.0, v, (v * 1.0,), (Value(2.0),)):  # no leaf that it uses
        (entry,) = gradcheck(loss, inputs)
        assert (entry.analytic, entry.by) == (9.0, "backward(), grad, jvp")
    product = w * 2.0
    assert gradcheck(lambda scale=1.0: scale * product, product).entries[0].analytic == 6.0
    # without arguments these raise or depend on nothing
    assert [e.analytic for e in gradcheck(lambda *x: x[0] * x[1], (w, v))] == [5.0, 3.0]
    assert [e.analytic for e in gradcheck(lambda *x: sum(x), (w, v))] == [1.0, 1.0]
    assert gradcheck(lambda x=2.0: 3.0 * autograd.tanh(x), w, order=2)


# What it leaves alone


def step_of_training(w, v, third):
    """A closure as optimisers take them, which moves its own leaves."""
    optimizer = nn.SGD([w, v], lr=0.1)

    def closure():
        loss = (w * v - 1.0) ** 2 + third
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        third.data = 0.5
        return loss

    return closure


def test_a_step_of_training_leaves_data_and_gradient_of_the_leaves():
    w, v, third = Value(1.5), Value(-0.5), Value(0.25)
    closure = step_of_training(w, v, third)
    w.grad, v.grad, third.grad = 7.0, 3.0, 2.0
    report = gradcheck(closure, [w, v, third])
    assert [entry.analytic for entry in report] == [1.75, -5.25, 1.0] and report
    assert [(x.data, x.grad) for x in (w, v, third)] == [(1.5, 7.0), (-0.5, 3.0), (0.25, 2.0)]

    def raises():
        closure()
        raise KeyError("after the step")

    with pytest.raises(KeyError):
        gradcheck(raises, [w, v, third])
    assert [(x.data, x.grad) for x in (w, v, third)] == [(1.5, 7.0), (-0.5, 3.0), (0.25, 2.0)]


def test_a_step_of_training_leaves_fractions():
    w, v, third = Value(1.5), Value(-0.5), Value(Fraction(1, 3))
    third.grad = 2.0
    report = gradcheck(step_of_training(w, v, third), [w, v, third])
    assert [entry.analytic for entry in report] == [1.75, -5.25, 1.0] and report
    assert (third.data, third.grad) == (Fraction(1, 3), 2.0)


def test_a_step_with_a_default_leaves_data_and_gradient_too():
    w = Value(1.5)
    w.grad = 7.0

    def step(rate=0.1):
        loss = w * w
        w.grad = 2.0 * w.data
        w.data -= rate * w.grad
        return loss

    assert gradcheck(step, w).entries[0].analytic == 3.0
    assert (w.data, w.grad) == (1.5, 7.0)


def test_values_that_are_arguments_keep_data_and_gradient():
    w = Value(1.5)
    w.grad = 7.0

    def f(x):
        (x * w).backward()
        w.data += 1.0
        return x * w.data

    assert [entry.analytic for entry in gradcheck(f, [w])] == [2.5]
    assert (w.data, w.grad) == (1.5, 7.0)


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


def test_no_false_alarm_on_random_smooth_graphs():
    rng = Random(0)
    for _ in range(repeats(250)):
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
        assert notes == ["", "no operation leads from it to a result"]
    assert "no operation leads" not in str(autograd.gradcheck(lambda x: 2 * x, 3.0, order=2))


def test_the_array_of_a_users_own_row_is_compared_with_its_scalar():
    def twice(name, array):
        row = autograd.primitive(name, lambda x: 2.0 * x, array, lambda out, x: (2.0,))
        return lambda x: row(x) + row(x * x)

    right = autograd.gradcheck(twice("twice_right", lambda x: x + x), 3.0)
    assert len(right) == 1 and right
    assert 20.0 * (0.1 * 3.0) != 2.0 * 3.0
    assert autograd.gradcheck(twice("twice_rounded", lambda x: 20.0 * (0.1 * x)), 3.0)
    with pytest.raises(ArithmeticError, match=r"`array` of `twice_wrong` differs .*") as error:
        autograd.gradcheck(twice("twice_wrong", lambda x: 2.5 * x), 3.0, order=2)
    lines = str(error.value).splitlines()
    assert lines[0].endswith("1 wrong, 2 right")
    assert lines[-1] == ("Compiled programs call `scalar` instead, number by number: mend `array`")
    assert lines[3].endswith("  `array` of `twice_wrong` differs from its `scalar`")
    assert lines[3].split()[:5] == ["twice_wrong(3)", "array", "7.5", "6", "1.5"]
    assert autograd.gradcheck(twice("raised_twice", lambda x: x * 2.0), 3.0)
    odd = twice("twice_odd", lambda x: missing * x)  # noqa: F821  # the mistake itself
    report = autograd.gradcheck(odd, 3.0, raise_exception=False)
    assert report.wrong[0].note == (
        "`array` of `twice_odd` raised NameError: name 'missing' is not defined"
    )


def test_a_row_of_the_users_own_is_named_with_the_numbers_it_was_given():
    row = autograd.primitive(
        "times_wrong", lambda x, y: x * y, lambda x, y: x + y, lambda out, x, y: (y, x)
    )
    report = gradcheck(row, (3.0, 0.5), raise_exception=False)
    assert [entry.input for entry in report.wrong] == ["times_wrong(3, 0.5)"]


def test_several_notes_stand_one_after_the_other():
    _, entry = gradcheck(lambda x, y: x + abs(y.detach()), (2.0, 0.0), raise_exception=False)
    assert entry.note == (
        "no operation leads from it to a result; a kink: slope -1 to the left, 1 to the right"
    )


def with_many_inputs():
    """Functions of 15 inputs, and the inputs: smooth, with kinks and branches, and wrong."""
    rng = Random(0)
    W = [Value(rng.gauss(0.0, 1.0)) for _ in range(15)]
    wrong = autograd.primitive(
        "gradcheck_wrong", scalar=lambda x: x * x, partials=lambda out, x: (2.01 * x,)
    )

    def branches(xs):
        total = sum(x * x if x > 0 else -x for x in xs)
        return total * 2.0 if total > 10.0 else total

    def outside(xs):
        if xs[0] < 0.0:
            raise ValueError("no debts")
        return sum(x.sqrt() for x in xs)

    xs = [rng.gauss(0.0, 1.0) for _ in range(15)]
    yield lambda: sum((w * 0.3).tanh() * w for w in W), W
    yield lambda: sum(w * w for w in W) * W[0].detach(), W
    yield branches, (xs,)
    yield lambda xs: [sum(xs), autograd.maximum(xs[0], xs[1])], ([0.0] * 15,)
    yield lambda xs: sum(autograd.abs(x) for x in xs), ([0.0, *xs[1:]],)
    yield outside, ([0.0, *map(abs, xs[1:])],)
    yield lambda xs: sum(map(wrong, xs[:4])) + sum(xs), (xs,)
    yield lambda xs: sum(math.floor(x.data) * x for x in xs), (xs,)
    yield lambda xs: sum(x * Fraction(1, 3) for x in xs), ([Fraction(1, 7)] * 15,)


@pytest.mark.parametrize("case", range(9))
def test_many_inputs_are_checked_through_a_program_and_no_verdict_changes(case, monkeypatch):
    reports = []
    for many in (8, 10**9):
        monkeypatch.setattr(subject, "MANY", many)
        f, inputs = list(with_many_inputs())[case]
        found = autograd.gradcheck(f, inputs, raise_exception=False)
        reports.append(
            [
                dataclasses.replace(e, analytic=repr(e.analytic), numeric=repr(e.numeric))
                for e in found
            ]
        )
    assert reports[0] == reports[1]


def test_a_function_of_many_inputs_runs_a_few_times():
    calls = []

    def f(xs):
        calls.append(1)
        return sum(x * x for x in xs)

    xs = [0.1 * i for i in range(40)]
    assert autograd.gradcheck(f, (xs,))
    assert len(calls) < 10  # recorded, run again, compiled, compared, forward mode


def test_programs_see_what_is_put_back():
    x = Value(2.0)
    program = autograd.compile(lambda: x * x)
    with unchanged([x]):
        x.data = 5.0
        assert program() == 25.0
    assert program() == 4.0
