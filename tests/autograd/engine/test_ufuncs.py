"""NumPy's functions on Values, rows on arrays, and what is written with rows: clip and gelu."""

import math

import numpy as np
import pytest

import autograd
from autograd import Value, clip, compile, erf, grad, maximum, minimum, relu, sin, where
from autograd.engine.table import select


def test_select_takes_the_branch_and_nothing_of_the_other():
    for c, chosen in ((1.0, 0), (-2.0, 0), (math.nan, 0), (0.0, 1), (-0.0, 1)):
        for other in (0.0, math.nan, math.inf):
            branches = [Value(3.0), Value(3.0)]
            branches[1 - chosen].data = other
            node = select(Value(c), *branches)
            node.backward()
            assert node.data == 3.0
            assert (branches[chosen].grad, branches[1 - chosen].grad) == (1.0, 0.0)
            assert select(c, *(b.data for b in branches)) == 3.0
    assert select(np.array([0.0, 2.0]), np.array([1.0, 1.0]), 5.0).tolist() == [5.0, 1.0]
    assert grad(lambda c, x: select(c, x * x, -x), (0, 1))(1.0, 3.0) == (0.0, 6.0)
    program = compile(lambda c, x: select(c, x * x, -x), batch=True)
    assert program([1.0, 0.0], [3.0, 3.0]).tolist() == [9.0, -3.0]


def test_functions_on_object_arrays_record_their_own_row():
    w = Value(0.0)
    relu(np.array([w]))[0].backward()
    assert w.grad == 0.0
    assert [v.op for v in maximum(w, np.array([1.0, 2.0]))] == ["maximum"] * 2
    assert erf(np.array([w]))[0].op == "erf"
    both = where(np.array([True, False]), w, 2.0)
    assert both[0].op == "where" and both[1] == 2.0


def test_arrays_of_numbers_stay_real():
    assert sin(np.array([0, 1])).dtype == float
    with pytest.raises(
        TypeError, match=r"^`sin` works on real numbers, got an array of complex128$"
    ):
        sin(np.array([1j]))
    with pytest.raises(TypeError, match=r"the complex number"):
        sin(np.complex128(1j))
    assert type(sin(np.float32(1))) is float


def test_maximum_and_minimum_take_numbers_on_either_side():
    x = Value(3.0)
    assert maximum(x, 5).data == 5.0 and minimum(2, x).data == 2.0
    maximum(x, 3).backward()
    assert x.grad == 0.5
    assert math.isnan(maximum(x, math.nan).data)


@pytest.mark.parametrize("ufunc", [np.fmax, np.fmin])
def test_numpys_fmax_and_fmin_pass_over_nan(ufunc):
    x = Value(2.0)
    assert ufunc(x, math.nan) is x and ufunc(math.nan, x) is x
    assert math.isnan(ufunc(Value(math.nan), Value(math.nan)).data)
    assert autograd.grad(lambda v: 3.0 * ufunc(v, math.nan))(1.0) == 3.0


def numbers(found):
    return [v.data for v in np.ravel(found)]


@pytest.mark.parametrize("name", ["arctan2", "hypot", "mod", "floor_divide", "logaddexp", "fmax"])
def test_numpys_functions_of_two_inputs_make_values(name):
    """With a Value on either side, beside numbers and arrays."""
    ufunc = getattr(np, name)
    for x, y in ((Value(2.5), Value(-0.7)), (2.5, Value(-0.7)), (Value(2.5), np.float64(-0.7))):
        found = ufunc(x, y)
        assert isinstance(found, Value) and found.data == pytest.approx(ufunc(2.5, -0.7), rel=1e-15)
    many = np.array([2.5, -3.0])
    assert numbers(ufunc(many, Value(-0.7))) == pytest.approx(ufunc(many, -0.7), rel=1e-15)


@pytest.mark.parametrize("name", ["sign", "floor", "ceil", "log2", "log10", "exp2", "cbrt"])
def test_numpys_functions_of_one_input_make_values(name):
    ufunc = getattr(np, name)
    found = ufunc(Value(2.5))
    assert found.op == name and found.data == pytest.approx(ufunc(2.5), rel=1e-15)
    if name != "sign":  # which compares, and gives bare numbers: autograd.sign takes arrays
        assert ufunc(np.array([Value(2.5)]))[0].op == name
    assert getattr(autograd, name)(np.array([Value(2.5)]))[0].op == name


def test_object_arrays_call_the_methods():
    pair = np.array([Value(2.0), Value(-3.0)])
    assert numbers(np.arctan2(pair, pair[::-1])) == [math.atan2(2, -3), math.atan2(-3, 2)]
    assert numbers(np.hypot(pair, pair)) == [math.hypot(2, 2), math.hypot(3, 3)]
    assert numbers(pair % 2) == [0.0, 1.0] and numbers(7 // pair) == [3.0, -3.0]
    assert np.add.reduce(pair).data == -1.0 and np.maximum.reduce(pair) is pair[0]


def test_remainders_on_both_sides():
    x = Value(-7.0)
    assert [(x % 3).data, (x // 3).data, (3 % x).data, (3 // x).data] == [2.0, -3.0, -4.0, -1.0]
    y = Value(3.0)
    (x % y).backward()
    assert (x.grad, y.grad) == (1.0, 3.0)
    assert math.floor(Value(2.5)).data == 2.0 and math.ceil(Value(2.5)).op == "ceil"


def test_comparisons_by_numpy_are_bools():
    x = Value(2.0)
    assert np.greater(x, 1) and not np.less(x, 1) and np.equal(x, 2.0)
    assert np.greater(np.array([x, Value(0.0)]), 1).tolist() == [True, False]


@pytest.mark.parametrize("name", ["isnan", "rint", "fmod", "deg2rad", "logaddexp2", "modf"])
def test_numpys_functions_without_a_row_are_refused_by_name(name):
    ufunc = getattr(np, name)
    with pytest.raises(TypeError, match=rf"`np\.{name}` takes no Values.*write it with autograd's"):
        ufunc(*[Value(1.0)] * ufunc.nin)


def test_functions_that_are_not_numpys_go_through_element_by_element():
    double = np.frompyfunc(lambda x: 2 * x, 1, 1)
    assert double(Value(2.0)).data == 4.0


def test_clip():
    x = Value(2.0)
    assert np.clip(x, 0, 1).data == x.clip(0, 1).data == clip(x, 0, 1).data == 1.0
    assert clip(x, high=Value(1.5)).data == 1.5 and clip(x, 3).data == 3.0 and clip(x) is x
    assert clip(5, 0, 1) == 1.0 and clip(np.array([-1.0, 0.5]), 0, 1).tolist() == [0.0, 0.5]
    assert numbers(clip(np.array([x, Value(0.5)]), 0, 1)) == [1.0, 0.5]
    with pytest.raises(TypeError, match="`out` cannot take a Value"):
        x.clip(0, 1, out=np.zeros(()))
    for data, slope in ((0.5, 1.0), (2.0, 0.0), (-1.0, 0.0)):
        x = Value(data)
        np.clip(x, 0, 1).backward()
        assert x.grad == slope


def test_gelu_is_a_method():
    x = Value(0.7)
    y = x.gelu()
    y.backward()
    share = 0.5 * (1.0 + math.erf(0.7 / math.sqrt(2.0)))
    density = math.exp(-0.7 * 0.7 / 2.0) / math.sqrt(2.0 * math.pi)
    assert y.data == pytest.approx(0.7 * share, rel=1e-15)
    assert x.grad == pytest.approx(share + 0.7 * density, rel=1e-15)
    assert autograd.gradcheck(lambda v: v.gelu(), (-0.4,))
    assert autograd.compile(lambda v: v.gelu())(0.7) == pytest.approx(y.data, rel=1e-15)


def test_a_layer_of_maxima_on_an_object_array_also_compiled():
    W = np.array([[Value(1.0), Value(-2.0)], [Value(0.5), Value(1.5)]])

    def layer(x):
        return sum(maximum(W @ np.array(x), 0.0))

    assert layer([3.0, 1.0]).data == 4.0
    program = autograd.compile(layer, batch=True)
    assert program([[3.0, 1.0], [1.0, 3.0]]).tolist() == [4.0, 5.0]
    value, gradient = program.value_and_grad([[3.0, 1.0]])
    assert value == 4.0 and dict(zip(map(id, program.parameters), gradient, strict=True)) == {
        id(w): slope for w, slope in zip(W.ravel(), [3.0, 1.0, 3.0, 1.0], strict=True)
    }
