"""What seldom happens: callables without a signature, odd columns, late throws, and the like."""

import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compiler.arrays import LoweredProgram
from autograd.compiler.views import view
from autograd.pictures.boxes import Boxes
from autograd.pictures.graphviz_display import Drawing


def test_a_callable_without_a_signature_has_numbered_arguments():
    program = autograd.compile(max)
    assert (program(1.0, 2.0), program(5.0, 2.0)) == (2.0, 5.0)
    with pytest.raises(TypeError, match="argument 1"):
        autograd.compile(max)(1.0, "2")


def test_an_argument_of_another_structure_is_described():
    program = autograd.compile(lambda p: p["a"] * p["b"])
    assert program({"a": 2.0, "b": 3.0}) == 6.0
    with pytest.raises(ValueError, match=r"has a number, .* with a dict of \['a', 'b'\]"):
        program(2.0)


def test_a_program_says_that_it_is_not_recorded_yet():
    program = autograd.compile(lambda x: x * 2)
    assert "0 paths" in str(program) and "not recorded yet" in str(program)
    program(1.0)
    assert "not recorded yet" not in str(program)


@pytest.mark.parametrize("batch", [False, True])
def test_a_path_recorded_again_is_the_path_known(batch):
    w = Value(2.0)
    program = autograd.compile(lambda x: x * w * math.nan + 3.0, batch=batch)
    program([1.0] if batch else 1.0)
    assert next(iter(program._replayers.values())).record([np.array([2.0])]) is program._paths[0]
    assert len(program._paths) == 1


def test_a_compiled_function_may_return_a_numpy_array_of_values():
    program = autograd.compile(lambda x: np.array([x * 2, x * 3]))
    assert program(5.0).tolist() == [10.0, 15.0]


def test_exact_nodes_in_a_compiled_function_are_parameters():
    third, half = Value(Fraction(1, 3)), Value(Fraction(1, 2))
    program = autograd.compile(lambda x: autograd.dot([third, half], [half, third]) * x)
    value, slopes = program.value_and_grad(6.0)
    assert value == pytest.approx(2.0)
    assert dict(zip(program.parameters, slopes, strict=True)) == {third: 6.0, half: 4.0}


def test_single_calls_go_from_one_array_path_to_the_next():
    n = 50  # which are too many operations for native code
    W = [[Value(math.sin(i * n + j)) for j in range(n)] for i in range(n)]

    def f(x):
        sign = 2.0 if x[0] > 0 else -1.0
        h = [sum(w * xi for w, xi in zip(row, x, strict=True)).tanh() for row in W]
        return sum(h) * sign

    program = autograd.compile(f)
    for sign in (1.0, -1.0, 1.0):
        x = [sign, *[0.01 * i for i in range(1, n)]]
        assert program(x) == pytest.approx(f([Value(xi) for xi in x]).data, rel=1e-12)
    assert [path.arrays is not None for path in program._paths] == [True, True]


def test_a_view_is_what_indexing_gives_or_none():
    source = np.arange(6)
    for row in range(1, 5):
        for start in range(6):
            for column in range(1, 4):
                index = start + row * np.arange(2)[:, None] + column * np.arange(2)
                if index.max() < 6:
                    text = view("t", 6, False, index)
                    found = index if text is None else eval(text, {"t": source})
                    assert (found == source[index]).all()


def test_products_of_rows_computed_from_each_row_of_the_batch():
    W = [[Value(0.3 * i - 0.2 * j + 0.1) for j in range(3)] for i in range(6)]

    def f(x):
        h = [autograd.dot(row, x).tanh() for row in W]
        q, k = [h[:3], h[3:]], [[a * a for a in h[:3]], [a.exp() for a in h[3:]]]
        return sum(autograd.dot(a, b).tanh() for a in q for b in k)

    rows = [[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]]
    total = sum(f([Value(xi) for xi in x]) for x in rows) / 2
    total.backward()
    program = autograd.compile(f, batch=True)
    mean, slopes = program.value_and_grad(rows)
    assert mean == pytest.approx(total.data, rel=1e-12)
    expected = [p.grad for p in program.parameters]
    assert slopes == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_tangent_of_a_result_that_depends_on_nothing_checked():
    with autograd.detect_anomaly():
        value, tangent = autograd.jvp(lambda x: [x * 2.0, Value(3.0) * 2.0], (1.0,), (1.0,))
    assert (value, tangent) == ([2.0, 6.0], [2.0, 0.0])


def test_rows_of_numbers_only_are_computed_at_once():
    program = LoweredProgram()
    assert program.elementwise(np.exp, 0.0) == 1.0
    assert program.primitive(autograd.engine.table.multiply, 2.0, 3.0) == 6.0
    assert program.instructions == []


def test_rows_of_the_users_own_that_use_a_power_of_a_number():
    doubled = autograd.primitive(
        "rare_doubled",
        lambda x: 2.0**x,
        lambda x: np.where(True, 2.0**x, 0.0),
        lambda out, x: (2.0**x * math.log(2.0),),
    )
    clipped = autograd.primitive(
        "rare_clipped", lambda x: x, lambda x: np.clip(x, -9.0, 9.0), lambda out, x: (1.0,)
    )
    w = Value(0.5)
    program = autograd.compile(lambda x: clipped(doubled(w * x)), batch=True)
    assert program([2.0, 4.0]) == pytest.approx([2.0, 4.0])
    slope = program.value_and_grad([2.0, 4.0])[1]
    assert slope == pytest.approx([math.log(2.0) * (2.0 * 2.0 + 4.0 * 4.0) / 2])


def test_arrays_that_note_choose_by_a_number_and_refuse_what_cannot_be_read():
    x = LoweredProgram().array("argument", (), (3,), True, 0)
    assert np.where(True, x, 0.0) is x and np.where(False, x, 0.5) == 0.5
    with pytest.raises(TypeError, match="no implementation found"):
        np.clip(x, 0.0, 1.0)


def test_a_shared_bias_of_more_terms_than_a_product_with_ones_sums():
    w, b = [Value(math.sin(i)) for i in range(1001)], Value(0.3)

    def f(x):
        return sum((wi * x + b).tanh() for wi in w)

    rows = [0.5, 1.0, -2.0]
    total = sum(f(Value(x)) for x in rows) / 3
    total.backward()
    mean, slopes = (program := autograd.compile(f, batch=True)).value_and_grad(rows)
    assert mean == pytest.approx(total.data, rel=1e-12)
    assert slopes == pytest.approx([p.grad for p in program.parameters], rel=1e-12)


@pytest.mark.parametrize("rows", [slice(1, 3), np.array([1, 2])])
def test_some_rows_of_the_arguments_are_replayed(rows):
    w = Value(3.0)
    program = autograd.compile(lambda x: w * x[0] * x[1], batch=True)
    data = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert program(data).tolist() == [6.0, 36.0, 90.0]
    found = next(iter(program._replayers.values())).replay([data], 2, rows, True)
    assert [part.tolist() for part in found[0]] == [[[36.0], [90.0]]]
    assert found[1].tolist() == [(12.0 + 30.0) / 2]


def test_a_function_that_fails_on_another_path_keeps_those_known():
    w = Value(2.0)

    def f(x):
        if x < 0.0:
            raise RuntimeError("no debts")
        return w * x

    program = autograd.compile(f)
    assert program(3.0) == 6.0
    with pytest.raises(RuntimeError, match="no debts"):
        program(-1.0)
    assert program(4.0) == 8.0
    assert program.value_and_grad(5.0) == (10.0, pytest.approx([5.0]))


def test_constants_beside_a_fraction_stay_exact_or_are_floats():
    x = Value(Fraction(1, 3))
    twice = x * Fraction(2, 5)
    (constant,) = (parent for parent in twice.parents if parent is not x)
    assert (x + constant).data == Fraction(11, 15)
    rounded = (Value(1.0) + 0.4).parents[1]
    assert type((x + rounded).data) is float


def test_boxes_may_leave_out_gradients_and_mark_inputs():
    x = Value(2.0, label="x")
    out = x * 3.0
    boxes = Boxes({x: "x", out: "y"}, [out], ".1f", "", [x])
    assert (boxes.fields(x), boxes.fields(out)) == (["x", "data 2.0"], ["y", "data 6.0"])
    boxes.add(drawing := Drawing(), x, "n0")
    assert "#ede9fe" in drawing.source and "rounded" in drawing.source


def test_names_of_values_elsewhere_are_not_used():
    x, other = Value(2.0), Value(5.0)
    source = autograd.draw(x * x, names={"elsewhere": other, "x": x}).source
    assert "x" in source and "elsewhere" not in source


@pytest.mark.parametrize("name", ["autograd_demo.py", "nn_lesson/first.py"])
def test_files_that_are_named_like_the_packages_are_the_users(name):
    file = Path(autograd.__file__).parents[1] / name
    source = "def ratio(a, b):\n    return (a / b).log()\n\nratio(Value(0.0), Value(1.0))\n"
    with pytest.raises(FloatingPointError, match=rf"{re.escape(name)}:2$"):
        with autograd.detect_anomaly():
            exec(compile(source, str(file), "exec"), {"Value": Value})


def test_the_line_of_what_numpy_calls_is_the_users():
    large = np.array([Value(1e308), Value(1e308)])
    for function in (np.sum, np.mean, np.prod):
        with pytest.raises(FloatingPointError, match=r"test_rare_paths\.py:\d+$"):
            with autograd.detect_anomaly():
                function(large)


def by_reciprocal(x, y):
    """x / y by a row of the user's own, whose array column raises where y is 0."""
    row = autograd.primitive(
        "test_by_reciprocal",
        lambda x, y: x / y,
        array=lambda x, y: x * (1.0 / y),
        partials=lambda out, x, y: (1.0 / y, -out / y),
    )
    return row(x, y)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: w * x / 0.0,
        lambda x, w: w * x / -0.0,
        lambda x, w: 0.0 / (w * x),
        lambda x, w: by_reciprocal(w * x, 0.0),
        lambda x, w: w * x // 0.0 + w,
        lambda x, w: 0.0 ** (-w * x),
        lambda x, w: sum(x * autograd.sin(w + i) for i in range(60)) + w * x / 0.0,
    ],
)
def test_what_raises_on_numbers_has_the_slope_that_eager_code_has(f, batch):
    w = Value(2.0)
    out = f(Value(3.0), w)
    out.backward()
    program = autograd.compile(lambda x: f(x, w), batch=batch)
    value, slopes = program.value_and_grad([3.0] if batch else 3.0)
    assert (value, *slopes) == pytest.approx((out.data, w.grad), nan_ok=True)
