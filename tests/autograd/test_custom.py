"""Rows of the user's own: everything that a built-in row can do, and errors that name the row."""

import copy
import doctest
import functools
import itertools
import math
import operator
import pickle
import re
from random import Random

import numpy as np
import pytest
from pages import assert_equal_to_the_engine, graph_in, rebuilt, table
from samples import five_point

import autograd
import nn
from autograd import Value, custom
from autograd.checking.gradcheck import gradcheck
from autograd.compiler.paths import DEEPEST
from autograd.custom import primitive
from autograd.engine.primitive import TABLE
from autograd.pictures.javascript import Table, literal

SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 5e-324, 1e300, -1e300, math.inf, -math.inf, math.nan)


@pytest.fixture(autouse=True)
def restored_table():
    """Tests define rows; other tests, which go through the table, do not see them."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


def swish():
    """Smooth."""
    return primitive(
        "swish",
        lambda x: x * autograd.sigmoid(x),
        lambda x: x * autograd.sigmoid(x),
        lambda out, x: (out + autograd.sigmoid(x) * (1 - out),),
    )


def leaky():
    """With a kink, which symbols go through by `np.where`."""
    return primitive(
        "leaky",
        lambda x: x if x > 0 else 0.1 * x,
        lambda x: np.where(x > 0, x, 0.1 * x),
        lambda out, x: (np.where(x > 0, 1.0, 0.1),),
    )


def ramp():
    """With a kink by `if`, which asks one number, and without an array column."""
    return primitive(
        "ramp", lambda x: x if x > 0 else 0.1 * x, partials=lambda out, x: (1.0 if x > 0 else 0.1,)
    )


def gauss():
    """Of two inputs, with a partial that only NumPy saves from a division by 0."""
    return primitive(
        "gauss",
        lambda x, width: math.exp(-((x / width) ** 2)),
        lambda x, width: np.exp(-((x / width) ** 2)),
        lambda out, x, width: (-2 * x / width**2 * out, 2 * x**2 / width**3 * out),
    )


def power_mean():
    """Of any number of inputs."""
    return primitive(
        "power_mean",
        lambda *xs: math.sqrt(sum(x * x for x in xs) / len(xs)),
        lambda *xs: np.sqrt(sum(x * x for x in xs) / len(xs)),
        lambda out, *xs: tuple(x / (len(xs) * out) for x in xs),
    )


ROWS = {
    swish: [(0.7,), (-1.3,)],
    leaky: [(0.7,), (-1.3,)],
    ramp: [(0.7,), (-1.3,)],
    gauss: [(0.7, 1.9), (-1.3, 0.8)],
    power_mean: [(0.7, -1.2, 2.0), (-1.3, 0.4, 0.1)],
}
each_row = pytest.mark.parametrize("define", ROWS, ids=lambda define: define.__name__)
READABLE_ROWS = [define for define in ROWS if define is not ramp]
each_readable_row = pytest.mark.parametrize("define", READABLE_ROWS, ids=lambda d: d.__name__)


def slopes(row, point):
    """The partials by differences of the scalar column."""
    return [
        five_point(lambda x, i=i: row(*point[:i], x, *point[i + 1 :]), point[i], 1e-3)
        for i in range(len(point))
    ]


def same(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= 1e-12 * max(abs(a), abs(b))


# What a row is called on


@each_row
def test_numbers_arrays_and_values(define):
    row = define()
    for point in ROWS[define]:
        data = row(*point)
        assert type(data) is float
        assert type(row(*map(np.float64, point))) is np.float64
        columns = [np.array([x, x]) for x in point]
        assert row(*columns) == pytest.approx([data, data], rel=1e-14)
        node = row(*map(Value, point))
        assert node.data == data and node.op == row.name and node.primitive is row
        assert all(type(d) is float for d in (node.data, *node.partials))
        objects = np.array([*map(Value, point), Value(1.0)], dtype=object)[:1]
        assert [v.data for v in row(objects, *point[1:])] == [data]
    assert TABLE[row.name] is row and repr(row) == f"<primitive {row.name}>"
    with pytest.raises(TypeError, match=rf"`{row.name}` must be a real number, got the string"):
        row(*["x"] * len(point))


@each_row
def test_backward_and_grad_agree_with_differences(define):
    row = define()
    for point in ROWS[define]:
        expected = slopes(row, point)
        leaves = [Value(x) for x in point]
        row(*leaves).backward()
        assert [v.grad for v in leaves] == pytest.approx(expected, rel=1e-9)
        assert autograd.grad(lambda xs: row(*xs))(list(point)) == pytest.approx(expected, rel=1e-9)


@each_row
def test_second_derivatives(define):
    row = define()
    for point in ROWS[define]:
        hessian = autograd.hessian(lambda xs: row(*xs))(list(point))
        for i, found in enumerate(hessian):

            def slope(*xs, i=i):
                return row(*map(Value, xs)).partials[i]

            assert found == pytest.approx(slopes(slope, point), rel=1e-8, abs=1e-9)
        first = autograd.grad(lambda *xs: row(*xs))
        assert autograd.grad(first)(*point) == pytest.approx(hessian[0][0], rel=1e-12)


def test_whole_numbers_and_numpys_numbers_do_not_leak_into_a_graph():
    row = primitive(
        "stepped",
        lambda x, y: np.where(x > y, 1, 0),
        lambda x, y: np.where(x > y, 1, 0),
        lambda out, x, y: [0, np.float64(0.0) * y],
    )
    node = row(Value(2.0), Value(1.0))
    assert [type(d) for d in (node.data, *node.partials)] == [float] * 3
    assert row(np.array([2.0, 0.0]), np.ones(2)).dtype == float


# Where Python's floats raise


def test_where_the_scalar_column_raises_the_array_column_stands():
    row = primitive(
        "inverse_root",
        lambda x: 1 / math.sqrt(x),
        lambda x: 1 / np.sqrt(x),
        lambda out, x: (-0.5 * out / x,),
    )
    assert row(0.0) == math.inf and math.isnan(row(-1.0))
    node = row(Value(0.0))
    assert node.data == math.inf and node.partials == (-math.inf,)
    program = autograd.compile(row, batch=True)
    assert program([4.0, 0.0]).tolist() == [0.5, math.inf]


def test_what_python_makes_complex_is_nan():
    row = primitive("root", lambda x: x**0.5, lambda x: x**0.5, lambda out, x: (0.5 * x**-0.5,))
    node = row(Value(-4.0))
    assert math.isnan(node.data) and math.isnan(node.partials[0])
    assert row(-math.inf) == math.inf
    assert_compiled_equals_eager(row, grid(1))


def test_partials_that_raise_even_on_numpys_floats_are_nan():
    row = primitive("root", math.sqrt, np.sqrt, lambda out, x: (0.5 / math.sqrt(x),))
    assert row(Value(4.0)).partials == (0.25,)
    node = row(Value(0.0))
    assert node.data == 0.0 and math.isnan(node.partials[0])
    assert_compiled_equals_eager(row, [(4.0,), (0.0,), (-1.0,)])


# Compiled


def assert_compiled_equals_eager(row, points):
    """Values and gradients of all points, one by one and as a batch."""
    count = len(points[0])
    leaves = [Value(0.0) for _ in range(count)]
    numbers, gradients = [], []
    for point in points:
        for leaf, x in zip(leaves, point, strict=True):
            leaf.data, leaf.grad = x, 0.0
        result = row(*leaves)
        result.backward()
        numbers.append(result.data)
        gradients.append([leaf.grad for leaf in leaves])
    single = autograd.compile(lambda *xs: row(*xs))
    batched = autograd.compile(lambda *xs: row(*xs), batch=True)
    found = batched(*np.array(points).T)
    assert all(map(same, numbers, found))
    assert all(same(a, single(*point)) for a, point in zip(numbers, points, strict=True))
    for batch in (False, True):
        program = autograd.compile(lambda one: row(*leaves) * one, batch=batch)
        for point, expected in zip(points, gradients, strict=True):
            for leaf, x in zip(leaves, point, strict=True):
                leaf.data = x
            _, gradient = program.value_and_grad([1.0] if batch else 1.0)
            slope = dict(zip(program.parameters, gradient, strict=True))
            assert all(same(a, slope[leaf]) for a, leaf in zip(expected, leaves, strict=True))
    return batched


def grid(count):
    if count <= 2:
        return list(itertools.product(SPECIAL, repeat=count))
    rng = Random(count)
    return [tuple(rng.choice(SPECIAL) for _ in range(count)) for _ in range(200)]


@each_row
def test_compiled_equals_eager_on_all_branches_and_at_special_values(define):
    row, points = define(), ROWS[define]
    program = assert_compiled_equals_eager(row, [*points, *grid(len(points[0]))])
    assert len(program._paths) == 1
    called = bool(re.search(r"\bf\d", program.source))
    assert called == (define is ramp), "a row that symbols go through runs as NumPy's own"


@each_row
def test_a_batch_takes_gradients_on_all_branches(define):
    row = define()
    for batch in (False, True):
        weights = [Value(0.3 * i + 0.5) for i in range(len(ROWS[define][0]))]

        def f(x, weights=weights):
            return row(*[w * x[0] + x[1] for w in weights]) * x[1]

        rng = Random(0)
        rows = [[rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)] for _ in range(9)]
        for x in rows:
            f([Value(a) for a in x]).backward(1 / len(rows))
        program = autograd.compile(f, batch=batch)
        if batch:
            gradient = program.value_and_grad(rows)[1]
        else:
            gradient = np.mean([program.value_and_grad(x)[1] for x in rows], axis=0)
        assert gradient == pytest.approx([w.grad for w in weights], rel=1e-12)


UNREADABLE = {
    "math": lambda out, x: (math.cos(x) * 2,),
    "math in a branch": lambda out, x: (math.cos(x) * 2 if x < 50 else 2 * autograd.cos(x),),
    "a method of floats": lambda out, x: (2 * autograd.cos(x) + 0 * x.is_integer(),),
    "a test of the type": lambda out, x: (
        2 * autograd.cos(x) if isinstance(x, float | Value) else 0.0,
    ),
    "rounding": lambda out, x: (2 * autograd.cos(x) + 0 * round(out),),
    "an array": lambda out, x: tuple(2 * np.cos(np.array([x]))),
    "powers": lambda out, x: (2 * (1 - autograd.sin(x) ** 2) ** 0.5 * _sign(autograd.cos(x)),),
    "max": lambda out, x: (2 * autograd.cos(max(abs(x), 0)),),
    "and, or, not": lambda out, x: (
        2 * autograd.cos(x) if (x > 0 and x < 9) or not x > 9 else 2 * autograd.cos(-x),
    ),
}
READABLE = {
    "numpy": lambda out, x: (2 * np.cos(x),),
    "numpy's where": lambda out, x: (np.where(x > 0, 2 * np.cos(x), 2 * np.cos(-x)),),
    "abs": lambda out, x: [2 * autograd.cos(abs(x))],
}


def _sign(x):
    return 1 if x > 0 else -1 if x < 0 else 0


def doubled_sine(partials):
    return primitive("doubled_sine", lambda x: 2 * math.sin(x), lambda x: 2 * np.sin(x), partials)


@pytest.mark.parametrize("kind", [*UNREADABLE, *READABLE])
def test_however_the_partials_are_written_compiled_equals_eager(kind):
    row = doubled_sine((UNREADABLE | READABLE)[kind])
    points = [(0.3,), (-2.0,), (0.0,), (3.0,), (60.0,)]
    assert_compiled_equals_eager(row, points)
    weight = Value(1.5)
    program = autograd.compile(lambda x: row(weight * x), batch=True)
    program.value_and_grad([1.0, 2.0])
    called = re.search(r"= f\d+\(", program.source)
    assert bool(called) == (kind in UNREADABLE)


def test_truth_of_a_symbol_is_never_taken_for_granted():
    """`if x > 0` once was always true in a compiled program."""
    row = ramp()
    x = Value(-2.0)
    program = autograd.compile(lambda one: row(x) * one, batch=True)
    assert program.value_and_grad([1.0])[1].tolist() == [0.1]


def test_partials_that_catch_exceptions_are_called():
    def partials(out, x):
        try:
            return (1 / (x - 3),)
        except ZeroDivisionError:
            return (7.0,)

    row = primitive("caught", lambda x: x, lambda x: x, partials)
    assert_compiled_equals_eager(row, [(1.0,), (3.0,)])


def test_partials_that_remember_are_called():
    calls = []
    row = primitive(
        "counted", lambda x: x, lambda x: x, lambda out, x: (calls.append(x) or float(len(calls)),)
    )
    x = Value(2.0)
    program = autograd.compile(lambda one: row(x) * one)
    first, second = [program.value_and_grad(1.0)[1].tolist() for _ in range(2)]
    assert second[0] == first[0] + 1


def test_numbers_from_outside_are_those_of_the_time_of_compiling():
    slope = 0.1
    row = primitive(
        "sloped",
        lambda x: x if x > 0 else slope * x,
        lambda x: np.where(x > 0, x, slope * x),
        lambda out, x: (1.0 if x > 0 else slope,),
    )
    for slope_now in (0.1, 0.5):
        slope = slope_now  # which the columns read
        assert_compiled_equals_eager(row, [(2.0,), (-2.0,)])


def test_functions_that_would_not_end_elsewhere_are_not_waited_for():
    def babylonian(x):
        root = x
        while not abs(root * root - x) <= 1e-12 * x:
            root = 0.5 * (root + x / root)
        return root

    row = primitive("babylonian", babylonian, np.sqrt, lambda out, x: (0.5 / out,))
    assert_compiled_equals_eager(row, [(2.0,), (9.0,)])
    assert "babylonian(a) = 1.4142 " in str(autograd.explain(row(Value(2.0, "a"))))


@pytest.mark.parametrize(
    "array",
    [
        lambda x: (x.__setitem__(x < 0, 0.0), x)[1],  # of a copy
        np.vectorize(lambda x: max(x, 0.0)),
        np.frompyfunc(lambda x: max(x, 0.0), 1, 1),
        lambda x: np.clip(x, 0.0, None),
        lambda x: np.where(x > 0, x, 0.0),
        None,
    ],
)
def test_however_the_array_column_is_written_compiled_equals_eager(array):
    def scalar(x):
        return x if math.copysign(1.0, x) > 0 else 0.0

    row = primitive("positive", scalar, array, lambda out, x: (1.0 if x > 0 else 0.0,))
    weight = Value(-1.0)

    def f(x):
        y = weight * x
        return row(y) - y

    program = autograd.compile(f, batch=True)
    assert program([2.0, -3.0, 4.0]).tolist() == [2.0, 0.0, 4.0]
    assert autograd.compile(row)(-2.0) == 0.0
    numbers = np.array([[2.0, -3.0]])
    assert row(numbers).tolist() == [[2.0, 0.0]] and numbers.tolist() == [[2.0, -3.0]]


@pytest.mark.parametrize(
    "array",
    [
        lambda x: x if x > 0 else 0.0,
        lambda x: math.fabs(x) if x > 0 else 0.0,
        lambda x: [max(a, 0.0) for a in x[0]],
        lambda x: 3 * np.maximum(x, 0.0),
        lambda x: np.where(x > 0, x + 1, x),
    ],
)
def test_an_array_column_that_is_seen_to_be_wrong_does_not_matter_to_a_program(array):
    row = primitive("positive", lambda x: max(x, 0.0), array, lambda out, x: (1.0 if x > 0 else 0,))
    weight = Value(2.0)
    program = autograd.compile(lambda x: row(weight * x), batch=True)
    assert program([2.0, -3.0, 4.0]).tolist() == [4.0, 0.0, 8.0]


def test_where_python_raises_a_program_has_what_the_array_column_says():
    row = primitive(
        "inverse",
        lambda x: 1 / x,
        lambda x: np.where(x == 0, 7.0, 1 / x),
        lambda out, x: (-out * out,),
    )
    assert_compiled_equals_eager(row, [(2.0,), (0.0,)])
    assert row(0.0) == 7.0


def test_nothing_is_called_at_a_point_that_nobody_asked_for():
    asked = []

    def noted(*inputs):
        asked.extend(x for x in inputs if isinstance(x, float))
        return math.fabs(inputs[-1])

    row = primitive("noted", noted, partials=lambda out, x: (noted(x) / x,))
    assert asked == []
    x = Value(-2.0, "x")
    y = row(x)
    autograd.explain(y)
    autograd.stepper(y)
    program = autograd.compile(lambda one: row(x) * one, batch=True)
    assert program.value_and_grad([1.0])[1].tolist() == [-1.0]
    assert set(asked) == {-2.0}


def test_what_differs_on_symbols_is_called_on_numbers():
    def scalar(x):
        return 2 * x if isinstance(x, float) else 3 * x

    row = primitive("two_faced", scalar, partials=lambda out, x: (scalar(x) / x,))
    assert_compiled_equals_eager(row, [(1.0,), (3.0,)])
    with pytest.raises(TypeError, match="`scalar` does something else on symbols than on numbers"):
        row.read(1, "scalar")
    assert "∂v1/∂a = 1 × 2 = 2" in str(autograd.explain(row(Value(1.0, "a"))))


def safe(a, b):
    try:
        return a / b
    except ZeroDivisionError:
        return 0.0


def test_helpers_that_catch_exceptions_compile_to_what_they_do():
    inverse = primitive(
        "safe_inverse",
        lambda x: safe(1.0, x - 5.0),
        partials=lambda out, x: (safe(-out, x - 5.0),),
    )
    slope = autograd.grad(inverse)
    for function, expected in ((inverse, [0.0, 1.0]), (slope, [0.0, -1.0])):
        assert [function(5.0), function(6.0)] == expected
        assert [autograd.compile(function)(x) for x in (5.0, 6.0)] == expected
        assert autograd.compile(function, batch=True)([5.0, 6.0]).tolist() == expected
    with pytest.raises(TypeError, match="`safe_inverse` can be differentiated once only"):
        autograd.grad(slope)(6.0)


def test_branches_by_equality_are_read():
    row = primitive(
        "sinc",
        lambda x: math.sin(x) / x if x != 0 else 1.0,
        lambda x: np.where(x == 0, 1.0, np.sin(x) / x),
        lambda out, x: (np.where(x == 0, 0.0, (np.cos(x) - out) / x),),
    )
    with np.errstate(all="ignore"):
        program = autograd.compile(lambda x: row(x), batch=True)
        assert program([1.0, 0.0]).tolist() == [math.sin(1.0), 1.0]
    assert not re.search(r"\bf\d", program.source)


def test_a_value_that_leaves_an_input_out_keeps_its_shape():
    row = primitive("second", lambda x, y: y, lambda x, y: y, lambda out, x, y: (0.0, 1.0))
    p = Value(5.0)
    program = autograd.compile(lambda x: [row(x[0], p), row(x[1], p) + x[0]], batch=True)
    assert program([[1.0, 2.0], [3.0, 4.0]]).tolist() == [[5.0, 6.0], [5.0, 8.0]]
    always = primitive("always", lambda x: 2.5, lambda x: x * 0 + 2.5, lambda out, x: (0.0,))
    assert autograd.compile(always, batch=True)([1.0, 2.0]).tolist() == [2.5, 2.5]


def test_derivatives_compile():
    for define, points in ROWS.items():
        row = define()
        for f in (autograd.value_and_grad, autograd.hessian):
            derivative = f(lambda xs, row=row: row(*xs) * xs[0])
            flat = np.ravel(autograd.compile(derivative)(list(points[0]))[-1])
            assert flat == pytest.approx(np.ravel(derivative(list(points[0]))[-1]), rel=1e-12)


def test_partials_on_numbers_have_one_derivative():
    row = doubled_sine(UNREADABLE["math"])
    first = 2 * math.cos(0.4)
    assert autograd.grad(row)(0.4) == first
    assert autograd.compile(autograd.grad(row))(0.4) == first
    message = "`doubled_sine` can be differentiated once only: .* such as autograd.exp for math.exp"
    for second in (autograd.grad(autograd.grad(row)), autograd.compile(autograd.hessian(row))):
        with pytest.raises(TypeError, match=message):
            second(0.4)
    x = Value(0.4)
    program = autograd.compile(lambda one: autograd.grad(row)(x) * one)
    value, gradient = program.value_and_grad(1.0)
    assert value == first and math.isnan(gradient[0])


@pytest.mark.exhaustive
def test_a_program_too_deep_for_source_takes_rows_as_they_are():
    row = primitive(
        "doubled",
        lambda x: 2 * math.fabs(x),
        lambda x: 2 * np.abs(x),
        lambda out, x: (math.copysign(2.0, x),),
    )
    weight = Value(1.0)

    def f(x):
        y = weight * x
        for _ in range(DEEPEST):
            y = -(y - 1.0)
        return row(y)

    program = autograd.compile(f, batch=True)
    assert program([3.0, -4.0]).tolist() == [6.0, 8.0] and "def part1(" in program.source
    assert program.value_and_grad([3.0, -4.0])[1].tolist() == [7.0]
    assert autograd.compile(f)(-4.0) == 8.0


def test_a_row_that_calls_another():
    gate = primitive(
        "gate",
        lambda x: 1.0 if x > 0 else 0.5,
        lambda x: np.where(x > 0, 1.0, 0.5),
        lambda out, x: (0.0,),
    )
    row = primitive(
        "gated", lambda x: x * gate(x), lambda x: x * gate(x), lambda out, x: (gate(x),)
    )
    assert_compiled_equals_eager(row, [(2.0,), (-2.0,)])
    text = str(autograd.explain(row(Value(-2.0, "a"))))
    assert "∂v1/∂a = ∂v1/∂v1 × gate(a) = 1 × 0.5 = 0.5" in text


def test_no_name_reaches_the_source():
    def evil(x):
        return 2 * x

    evil.__name__ = evil.__qualname__ = "exp(0); __import__('os').abort("
    row = primitive("twice", evil, np.frompyfunc(evil, 1, 1), lambda out, x: (math.fabs(2.0),))
    for batch in (False, True):
        program = autograd.compile(row, batch=batch)
        assert np.ravel(program([3.0] if batch else 3.0)).tolist() == [6.0]
        assert "abort" not in program.source and "twice" not in program.source


def test_a_network_learns_with_a_row_of_ones_own():
    row = swish()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2))
    weights = []
    for compiled in (True, False):
        model = nn.MLP(2, [4, 1], activation=row, rng=Random(0))
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        nn.fit(
            *(model, X, X[:, 0] * X[:, 1]),
            **{"loss": "mse_loss", "optimizer": optimizer, "epochs": 2, "seed": 0},
            **{"progress": False, "compiled": compiled},
        )
        weights.append([p.data for p in model.parameters()])
    assert weights[0] == pytest.approx(weights[1], rel=1e-11)


# Seen


EXPLAINED = {
    swish: """\
y = swish(a) = 0.46773   ∂y/∂y = 1
a = 0.7                  ∂y/∂a = ∂y/∂y × (y + sigmoid(a) * (1 - y)) = 1 × 0.82339 = 0.82339""",
    leaky: """\
y = leaky(a) = 0.7   ∂y/∂y = 1
a = 0.7              ∂y/∂a = ∂y/∂y × (1 if a > 0 else 0.1) = 1 × 1 = 1""",
    ramp: """\
y = ramp(a) = 0.7   ∂y/∂y = 1
a = 0.7             ∂y/∂a = 1 × 1 = 1""",
    gauss: """\
y = gauss(a, b) = 0.87307   ∂y/∂y = 1
a = 0.7                     ∂y/∂a = ∂y/∂y × (-2 * a / b ** 2 * y) = 1 × (-0.33859) = -0.33859
b = 1.9                     ∂y/∂b = ∂y/∂y × (2 * a ** 2 / b ** 3 * y) = 1 × 0.12474 = 0.12474""",
    power_mean: """\
y = power_mean(a, b, c) = 1.4059   ∂y/∂y = 1
a = 0.7                            ∂y/∂a = ∂y/∂y × (a / (3 * y)) = 1 × 0.16596 = 0.16596
b = -1.2                           ∂y/∂b = ∂y/∂y × (b / (3 * y)) = 1 × (-0.28451) = -0.28451
c = 2                              ∂y/∂c = ∂y/∂y × (c / (3 * y)) = 1 × 0.47418 = 0.47418""",
}


def labelled(define):
    """The row on a, b, ..., as y."""
    leaves = [Value(x, label) for x, label in zip(ROWS[define][0], "abc", strict=False)]
    y = define()(*leaves)
    y.label = "y"
    return y


@each_row
def test_explained_by_its_own_partials(define):
    assert str(autograd.explain(labelled(define))) == EXPLAINED[define]


def test_in_latex_branches_are_cases():
    markdown = autograd.explain(labelled(leaky))._repr_markdown_()
    assert r"\begin{cases} 1 & a \gt 0 \\ 0.1 & \text{else} \end{cases}" in markdown
    inside = primitive(
        "inside", lambda x: x, lambda x: x, lambda out, x: (1.0 * (-1 <= x) * (x != 3),)
    )
    text = autograd.explain(inside(Value(1.0, "a")))
    assert "∂v1/∂v1 × ((a >= -1) * (a != 3))" in str(text)
    assert r"\left[a \ge -1\right] \cdot \left[a \ne 3\right]" in text._repr_markdown_()


def test_rules_that_cannot_be_read_leave_the_numbers():
    row = doubled_sine(UNREADABLE["math"])
    lines = str(autograd.explain(row(Value(0.0, "a")))).splitlines()
    assert lines[1].endswith("∂v1/∂a = 1 × 2 = 2")


def test_names_are_put_into_a_formula_once():
    row = primitive(
        "own",
        lambda x, y: x + y,
        lambda x, y: x + y,
        lambda out, x, y: (autograd.exp(x - y) * autograd.exp(x - y), 1.0),
    )
    x, y = Value(1.0, "y"), Value(1.0, "x")
    assert "∂v1/∂v1 × (exp(y - x) * exp(y - x))" in str(autograd.explain(row(x, y)))


def test_a_formula_does_not_double_with_each_use():
    def partials(out, x):
        for _ in range(60):
            x = x * x
        return (x,)

    row = primitive("long", lambda x: x, lambda x: x, partials)
    assert "∂v1/∂a = 1 × 1 = 1" in str(autograd.explain(row(Value(1.0, "a"))))
    assert_compiled_equals_eager(row, [(1.0,), (0.5,)])


@each_row
def test_drawn_with_its_name(define):
    drawing = autograd.draw(labelled(define), partials=True)
    assert f'label="{define.__name__}"' in drawing.source or (
        f"label={define.__name__}" in drawing.source
    )


@each_readable_row
def test_stepped_with_leaves_that_move(define, show):
    first, second = ROWS[define]
    leaves = [Value(x, label) for x, label in zip(first, "abc", strict=False)]
    root = define()(*leaves) * 3
    page = show(root)
    assert graph_in(page.content())["frozen"] == []
    assert_equal_to_the_engine(page, root)
    for leaf, x in zip(leaves, second, strict=True):
        leaf.data = x
        page.fill(f"input[aria-label='{leaf.label}, number']", repr(x))
    assert_equal_to_the_engine(page, rebuilt(root))


@each_readable_row
def test_the_page_computes_what_the_engine_does_at_special_values(define, show):
    row = define()
    points = grid(len(ROWS[define][0]))
    page = show(row(*map(Value, ROWS[define][0])))
    found = page.evaluate(
        """points => points.map((point) => {
            const x = point.map(decode), out = VALUES["own0"](...x);
            return [out, ...PARTIALS[`own0/${x.length}`](out, x)].map(exact);
        })""",
        [[x if math.isfinite(x) else repr(x) for x in point] for point in points],
    )
    for point, numbers in zip(points, found, strict=True):
        node = row(*map(Value, point))
        assert all(map(same, map(float, numbers), (node.data, *node.partials))), point


def test_numbers_are_written_as_javascript_reads_them():
    written = [literal(x) for x in (0.1, -1e300, math.inf, -math.inf, math.nan)]
    assert written == ["0.1", "-1e+300", "Infinity", "-Infinity", "NaN"]


def test_infinite_and_undefined_constants_stand_in_the_page(show):
    row = primitive(
        "bounded",
        lambda x: math.nan if x < -2 else -math.inf if x < -1 else x,
        lambda x: np.where(x < -2, math.nan, np.where(x < -1, -math.inf, x)),
        lambda out, x: (np.where(x == 0, math.inf, 1.0),),
    )
    page = show(row(Value(1.0, "a")))
    page.click("#last")
    for x in (0.0, -1.5, -3.0, 2.0):
        page.fill("input[aria-label='a, number']", repr(x))
        node = row(Value(x))
        found = (table(page)["v1"][0], table(page)["a"][1])
        assert all(map(same, found, (node.data, *node.partials)))


def test_the_rule_stands_in_the_page_with_its_numbers(show):
    page = show(labelled(leaky))
    page.click("#last")
    assert "local ∂y/∂a = 1 if a > 0 else 0.1 = 1 if 0.7 > 0 else 0.1 = 1" in page.inner_text(
        "#panel"
    )
    page.fill("input[aria-label='a, number']", "-2")
    assert table(page)["a"] == (-2.0, 0.1)
    assert "1 if (-2) > 0 else 0.1 = 0.1" in page.inner_text("#panel")


CANNOT_COMPUTE = pytest.mark.parametrize(
    ("scalar", "array", "partials", "reason"),
    [
        (
            math.gamma,
            np.vectorize(math.gamma),
            lambda out, x: (out,),
            "`array` works on numbers only",
        ),
        (math.gamma, None, lambda out, x: (out,), "`scalar` works on numbers only"),
        (math.sin, np.sin, lambda out, x: (math.cos(x),), "`partials` works on numbers only"),
        (math.sin, np.sin, lambda out, x: (np.spacing(x),), "the page does not know `spacing`"),
        (
            lambda x: x if x > 0 else 0.1 * x,
            None,
            lambda out, x: (1.0 if x > 0 else 0.1,),
            "`partials` works on numbers only: a symbol is neither true nor false",
        ),
    ],
)


@CANNOT_COMPUTE
def test_a_row_that_a_page_cannot_compute_has_its_reason(scalar, array, partials, reason):
    row = primitive("own", scalar, array, partials)
    frozen = Table([(row, 1)]).frozen
    assert list(frozen) == ["own"] and reason in frozen["own"]


@CANNOT_COMPUTE
def test_a_page_that_cannot_compute_a_row_says_why(scalar, array, partials, reason, show):
    row = primitive("own", scalar, array, partials)
    page = show(row(Value(2.0, "a")) * 2)
    assert graph_in(page.content())["frozen"] == ["own"]
    text = page.inner_text("#panel")
    assert "cannot compute own: " in text and reason in text
    assert page.locator("#leaves input").count() == 0
    page.click("#last")
    assert table(page)["a"][1] == pytest.approx(2 * row(Value(2.0)).partials[0])
    assert "local ∂v1/∂a" in page.inner_text("#panel")


NAMES = [
    "constructor",
    "__proto__",
    "toString",
    "x",
    "y",
    "out",
    "pi",
    "step",
    "nan",
    "größe",
    "a" * 90,
]


def product(name):
    return primitive(
        name,
        lambda x, y: x * y,
        lambda x, y: x * y,
        lambda out, x, y: (y * 1.0, np.where(x > 0, x, 1.0 * x)),
    )


def test_any_identifier_is_a_name_in_a_page(show):
    a, b = Value(3.0, "a"), Value(4.0, "b")
    rows = [product(name) for name in NAMES]
    page = show(sum(2.0**i * (row(a, b) + row(b, a)) for i, row in enumerate(rows)))
    page.fill("input[aria-label='a, number']", "-5")
    page.click("#last")
    times = 2.0 ** len(NAMES) - 1.0
    assert table(page)["a"] == (-5.0, 8.0 * times) and table(page)["b"] == (4.0, -10.0 * times)
    assert page.locator("script").count() == 2


@pytest.mark.parametrize("name", NAMES)
def test_any_identifier_is_a_name(name):
    row = product(name)
    a, b = Value(3.0, "a"), Value(4.0, "b")
    root = row(a, b) + row(b, a)
    assert "∂v2/∂v2 × 1" in str(autograd.explain(root)) or "1 × 1" in str(autograd.explain(root))
    autograd.explain(root)._repr_markdown_()
    assert autograd.draw(root).source
    outer = primitive("outer", lambda x: x, lambda x: x, lambda out, x: (row(x, x) / x,))
    text = str(autograd.explain(outer(a)))
    assert "1 × 3 = 3" in text
    assert f"∂v1/∂v1 × ({name}(a, a) / a)" in text or len(name) > 40
    assert_compiled_equals_eager(outer, [(2.0,), (-3.0,)])


def test_gradcheck_reports_a_wrong_partial():
    assert gradcheck(swish(), (0.7,), order=2) and gradcheck(power_mean(), (0.7, -1.2, 2.0))
    wrong = primitive(
        "wrong", lambda x, y: x * y, lambda x, y: x * y, lambda out, x, y: (y, 1.001 * x)
    )
    with pytest.raises(ArithmeticError, match=r"inputs\[1\] +2.002 +2 +0.002 +wrong"):
        gradcheck(wrong, (2.0, 3.0))


# Copied


@each_row
def test_graphs_are_copied_and_pickled(define):
    y = labelled(define)
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y)), copy.copy(y)):
        assert twin.primitive is y.primitive and twin.partials == y.partials
    row = y.primitive
    assert copy.deepcopy([row])[0] is row and pickle.loads(pickle.dumps(row)) is row


def test_a_pickle_of_a_row_that_is_not_defined_says_what_to_do():
    data = pickle.dumps(labelled(swish))
    del TABLE["swish"]
    with pytest.raises(
        LookupError,
        match=r"^the table has no primitive named `swish`: a graph that uses one of your own can "
        r"be loaded only after the autograd\.primitive\(\.\.\.\) that defines it has run$",
    ):
        pickle.loads(data)
    row = swish()
    assert pickle.loads(data).primitive is row


# Defined again


def test_a_cell_may_be_run_twice_and_graphs_keep_the_row_they_were_recorded_with():
    before = primitive("own", lambda x: 2 * x, lambda x: 2 * x, lambda out, x: (2.0,))
    x = Value(3.0, "x")
    recorded = before(x)
    program = autograd.compile(lambda x: before(x))
    after = primitive("own", lambda x: 5 * x, lambda x: 5 * x, lambda out, x: (5.0,))
    assert TABLE["own"] is after and after(3.0) == 15.0 and program(3.0) == 6.0
    assert copy.deepcopy(before) is before and copy.deepcopy(recorded).primitive is before
    root = recorded + after(x)
    root.backward()
    assert x.grad == 7.0
    page = graph_in(autograd.stepper(root).html)
    assert page["frozen"] == [] and [n["row"] for n in page["nodes"]] == ["", "own0", "own1", "+"]


def test_both_rows_of_one_name_are_stepped(show):
    x = Value(3.0, "x")
    first = primitive("own", lambda x: 2 * x, lambda x: 2 * x, lambda out, x: (2.0,))(x)
    second = primitive("own", lambda x: 5 * x, lambda x: 5 * x, lambda out, x: (5.0,))(x)
    page = show(first + second)
    page.fill("input[aria-label='x, number']", "1")
    page.click("#last")
    assert table(page)["x"] == (1.0, 7.0) and table(page)["v3"][0] == 7.0


def test_names_that_are_taken():
    with pytest.raises(ValueError, match="`tanh` is a primitive of autograd: choose another name"):
        primitive("tanh", math.tanh, np.tanh, lambda out, x: (1.0,))
    swish()
    namespace = {"__name__": "elsewhere"}
    exec("columns = [lambda x: x, lambda x: x, lambda out, x: (1.0,)]", namespace)
    with pytest.raises(ValueError, match=rf"`swish` is a primitive of {__name__}: choose another"):
        primitive("swish", *namespace["columns"])
    assert TABLE["swish"](0.0) == 0.0


# Errors


def one(x):
    return x


def two(x, y):
    return x + y


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3, one, one, two), TypeError, "the name of a primitive must be a string, got 3"),
        (("", one, one, two), ValueError, "must be a Python identifier, such as swish, got ''"),
        (("a b", one, one, two), ValueError, "must be a Python identifier"),
        (("<b>", one, one, two), ValueError, "must be a Python identifier"),
        (("lambda", one, one, two), ValueError, "must be a Python identifier"),
        (("own", 3.0, one, two), TypeError, "`scalar` of `own` must be a function, got 3.0"),
        (("own", one, 2.0, two), TypeError, "`array` of `own` must be a function, got 2.0"),
        (("own", one), TypeError, "`partials` of `own` must be a function, got None"),
        (("own", one, one, (1.0,)), TypeError, r"`partials` of `own` must be a function"),
    ],
)
def test_wrong_definitions(arguments, error, message):
    with pytest.raises(error, match=message):
        primitive(*arguments)
    assert "own" not in TABLE


@pytest.mark.parametrize(
    ("define", "count"), [(swish, 2), (swish, 0), (gauss, 1)], ids=["two", "none", "one"]
)
def test_wrong_numbers_of_inputs(define, count):
    row = define()
    for x in (1.0, Value(1.0), np.ones(2)):
        with pytest.raises(TypeError, match="positional argument"):
            row(*[x] * count)


def test_defaults_and_columns_without_a_signature():
    row = primitive(
        "scaled",
        lambda x, scale=2.0: x * scale,
        lambda x, scale=2.0: x * scale,
        lambda out, x, *scale: (scale[0], x) if scale else (2.0,),
    )
    assert row(3.0) == 6.0 and row(Value(3.0), 5.0).partials == (5.0, 3.0)
    logarithm = primitive("logarithm", math.log, np.log, lambda out, x: (1 / x,))
    assert logarithm(1.0) == 0.0  # math.log has none


@pytest.mark.parametrize("returned", [None, "1.0", [1.0], np.ones(2), Value(1.0), np.array("a")])
def test_a_scalar_column_returns_a_real_number(returned):
    row = primitive("own", lambda x: returned, one, lambda out, x: (1.0,))
    for x in (2.0, Value(2.0)):
        with pytest.raises(TypeError, match="`scalar` of `own` must return a real number, got "):
            row(x)


@pytest.mark.parametrize("returned", [None, 1.0, (), (1.0, 2.0), np.ones(1), {1.0: 2.0}])
def test_partials_return_one_for_each_input(returned):
    row = primitive("own", one, one, lambda out, x: returned)
    message = "`partials` of `own` must return a tuple with one entry for each input, here 1, got "
    with pytest.raises(TypeError, match=message):
        row(Value(2.0))
    assert row(2.0) == 2.0


@pytest.mark.parametrize("entry", [None, "1.0", np.ones(2), Value(1.0)])
def test_partials_are_real_numbers(entry):
    row = primitive("own", one, one, lambda out, x: (entry,))
    message = "`partials` of `own` must return a real number for each input, got "
    with pytest.raises(TypeError, match=message):
        row(Value(2.0))


@pytest.mark.parametrize("array", [np.sum, lambda x: 1.0, lambda x: x + 1j, lambda x: x[:1]])
def test_an_array_column_works_element_by_element(array):
    row = primitive("own", one, array, lambda out, x: (1.0,))
    with pytest.raises(TypeError, match="`array` of `own` must work element by element: for inp"):
        row(np.ones(3))


def test_the_example():
    """The one in the documentation of `primitive`."""
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    names = {"autograd": autograd, "math": math, "np": np}
    example = parser.get_doctest(primitive.__doc__, names, "primitive", custom.__file__, 0)
    result = runner.run(example)
    assert result.failed == 0 and result.attempted == 4


# What seldom happens


def by_math():
    """A row whose partials work on numbers only."""
    return primitive("by_math", math.exp, np.exp, lambda out, x: (math.exp(x),))


def test_a_partial_that_python_makes_complex_is_nan():
    row = primitive("same", lambda x: x, lambda x: x, lambda out, x: (x**0.5,))
    assert row(Value(4.0)).partials == (2.0,)
    y = row(Value(-4.0))
    assert y.data == -4.0 and math.isnan(y.partials[0])


def test_a_row_of_callables_that_are_no_functions_belongs_to_no_module():
    thrice = functools.partial(operator.mul, 3.0)
    slope = functools.partial(lambda slope, out, x: (slope,), 3.0)
    for _ in range(2):  # defined again, as in a notebook
        row = primitive("thrice", thrice, thrice, slope)
    y = row(Value(2.0))
    assert row.module is None and (y.data, y.partials) == (6.0, (3.0,))


def test_partials_that_work_on_numbers_only_refuse_arrays():
    xs = np.array([1.0, 2.0])
    with pytest.raises(TypeError, match="can be converted to Python scalars"):
        by_math().partials(np.exp(xs), xs)


def test_a_row_known_at_a_few_points_only_is_called_number_by_number():
    squares = {2.0: 4.0, 3.0: 9.0}
    row = primitive("known", lambda x: squares[x], partials=lambda out, x: (2 * x,))
    column = row.on_arrays(1)
    assert column(np.array([2.0, 3.0])).tolist() == [4.0, 9.0]
    with pytest.raises(KeyError):
        column(np.array([2.0, 5.0]))


def test_a_column_takes_arrays_and_numbers_together():
    column = gauss().on_arrays(2)
    assert column(np.array([0.0, 2.0]), 2.0) == pytest.approx([1.0, math.exp(-1.0)])


def test_a_number_itself_may_be_the_condition_of_a_formula():
    row = primitive("if_any", lambda x: 2 * x, None, lambda out, x: (np.where(x, 2, 3),))
    assert "× (2 if x != 0 else 3) = 1 × 2 = 2" in str(autograd.explain(row(Value(5.0, "x"))))
    assert "× (2 if x != 0 else 3) = 1 × 3 = 3" in str(autograd.explain(row(Value(0.0, "x"))))


def test_a_rule_by_the_slope_of_another_row_is_not_shown():
    inner = by_math()
    row = primitive("outer", inner, inner, lambda out, x: inner.partials(out, x))
    assert "= 1 × 1 = 1" in str(autograd.explain(row(Value(0.0, "x"))))


def test_numpys_functions_are_written_into_the_page():
    row = primitive(
        "cubed",
        lambda x: np.square(x) * x,
        lambda x: np.square(x) * x,
        lambda out, x: (3 * np.square(x),),
    )
    page = autograd.stepper(row(Value(2.0, "x"))).html
    assert graph_in(page)["frozen"] == []
    assert (
        '(out, x) => { const t0 = VALUES["square"](x[0]); const t1 = VALUES["*"](3.0, t0);' in page
    )
    assert '"square": (x) => x * x' in page


def test_gradcheck_of_partials_that_work_on_numbers_only():
    assert gradcheck(by_math(), 1.0)
    wrong = primitive("wrong", math.exp, np.exp, lambda out, x: (2 * math.exp(x),))
    with pytest.raises(ArithmeticError, match="gradcheck of wrong: 1 wrong"):
        gradcheck(wrong, 1.0)
