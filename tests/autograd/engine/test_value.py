"""Value: recording, operators, backward, and what users of such engines trip over."""

import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.engine.node import assign, mark
from autograd.engine.primitive import CONSTANT, DETACHED
from autograd.engine.value import as_value


def test_f_is_x_plus_y_times_z():
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    f.backward()
    assert (q.data, f.data) == (3.0, -12.0)
    assert (x.grad, y.grad, z.grad, q.grad, f.grad) == (-4.0, -4.0, 3.0, -4.0, 1.0)


def test_a_value_used_twice_adds_up_its_gradients():
    a = Value(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert (c.data, a.grad, b.grad) == (12.0, 4.0, 2.0)
    assert b.parents == (a, a) and b.partials == (1.0, 1.0)


def test_a_value_used_by_two_functions_adds_up_its_gradients():
    x = Value(0.0)
    (x.exp() + x.sin()).backward()
    assert x.grad == 1.0 + 1.0


def test_x_times_x():
    x = Value(3.0)
    y = x * x
    y.backward()
    assert (y.data, x.grad, y.parents, y.partials) == (9.0, 6.0, (x, x), (3.0, 3.0))


def test_gradients_flow_in_topological_order_through_a_diamond():
    x = Value(2.0)
    a = x * 3
    b = a * x
    c = a + b
    (c * b).backward()  # (3x + 3x^2) 3x^2 = 9x^3 + 9x^4
    assert x.grad == 27 * 4 + 36 * 8


def test_backward_twice_gives_exactly_twice_the_gradient():
    xs = [Value(0.1 * i + 0.05) for i in range(7)]
    f = sum((x * y).tanh() * x.exp() for x, y in zip(xs, xs[::-1], strict=True)) ** 3
    f.backward()
    once, interior = [x.grad for x in xs], f.parents[0].grad
    f.backward()
    assert [x.grad for x in xs] == [2 * g for g in once]
    assert f.parents[0].grad == interior


def test_backward_of_an_interior_node_and_then_of_the_root():
    x = Value(2.0)
    h = x * x
    f = h * 3
    h.backward()
    f.backward()
    assert x.grad == 4.0 + 12.0


def test_backward_takes_a_gradient():
    x = Value(3.0)
    (x * x).backward(gradient=0.5)
    assert x.grad == 3.0
    with pytest.raises(TypeError, match="`gradient` must be a real number"):
        (x * x).backward("1")


def test_backward_on_a_leaf():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_changing_data_between_forward_and_backward_changes_no_gradient():
    x, y = Value(3.0), Value(4.0)
    f = x * y
    x.data = y.data = 100.0
    f.backward()
    assert (x.grad, y.grad) == (4.0, 3.0)


@pytest.mark.parametrize(
    ("expression", "value", "slope"),
    [
        (lambda v: v + 2, 5.0, 1.0),
        (lambda v: 2 + v, 5.0, 1.0),
        (lambda v: v - 2, 1.0, 1.0),
        (lambda v: 2 - v, -1.0, -1.0),
        (lambda v: v * 2, 6.0, 2.0),
        (lambda v: 2 * v, 6.0, 2.0),
        (lambda v: v / 2, 1.5, 0.5),
        (lambda v: 6 / v, 2.0, -6 / 9),
        (lambda v: v**2, 9.0, 6.0),
        (lambda v: 2**v, 8.0, 8 * math.log(2)),
        (lambda v: v**v, 27.0, 27 * (math.log(3) + 1)),
        (lambda v: v**-1, 1 / 3, -1 / 9),
        (lambda v: v**0.5, math.sqrt(3), 0.5 / math.sqrt(3)),
        (lambda v: -v, -3.0, -1.0),
        (lambda v: +v, 3.0, 1.0),
        (lambda v: abs(-v), 3.0, 1.0),
        (lambda v: sum([v, v, v]), 9.0, 3.0),
    ],
)
def test_operators_on_both_sides(expression, value, slope):
    v = Value(3.0)
    result = expression(v)
    result.backward()
    assert result.data == pytest.approx(value, rel=1e-15)
    assert v.grad == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize(
    "scalar",
    [
        *(2, 2.0, True, Fraction(2), Decimal(2)),
        *(np.float64(2), np.float32(2), np.longdouble(2), np.int64(2), np.uint8(2), np.bool_(True)),
    ],
    ids=lambda s: type(s).__name__,
)
@pytest.mark.parametrize(
    "op", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
)
def test_numbers_of_all_kinds_on_either_side(op, scalar):
    v = Value(3.0)
    for result, expected in (
        (op(v, scalar), op(3.0, float(scalar))),
        (op(scalar, v), op(float(scalar), 3.0)),
    ):
        assert type(result) is Value
        assert type(result.data) is float
        assert result.data == expected
    assert v < 4 and not v > np.float64(4) and np.float64(2) < v and v >= Fraction(3) and v <= 3


@pytest.mark.parametrize(
    "expression",
    [
        *(lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / y),
        *(lambda x, y: x + 1, lambda x, y: 2 * y, lambda x, y: -x, lambda x, y: x.tanh()),
    ],
)
def test_a_new_node_has_no_gradient_yet(expression):
    x, y = Value(2.0), Value(3.0)
    assert (expression(x, y).grad, x.grad, y.grad) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "op",
    [
        *(operator.add, operator.sub, operator.mul, operator.truediv, operator.pow),
        *(operator.mod, operator.floordiv),
    ],
    ids=lambda op: op.__name__,
)
def test_parents_stand_in_the_order_of_the_expression(op):
    v = Value(3.0)
    left, right = op(v, 2).parents, op(2, v).parents
    assert left[0] is v and left[1].data == 2.0 and right[0].data == 2.0 and right[1] is v


def test_powers_at_the_edges():
    zero, x = Value(0.0), Value(-8.0)
    assert (zero**0).data == 1.0 and (zero ** Value(0.0)).data == 1.0
    power = zero**0
    power.backward()
    assert zero.grad == 0.0
    assert math.isnan((x ** (1 / 3)).data)
    cube = x**3
    cube.backward()
    assert (cube.data, x.grad) == (-512.0, 192.0)
    y = Value(2.0)
    (zero**y).backward()
    assert y.grad == 0.0
    base, exponent = Value(-2.0), Value(3.0)
    (base**exponent).backward()
    assert base.grad == 12.0 and math.isnan(exponent.grad)


def test_a_constant_exponent_needs_no_logarithm():
    x = Value(-2.0)
    f = x**2
    assert f.op == "**" and f.partials == (-4.0, 0.0)
    assert (x ** Value(2.0)).op == "pow"


def test_ieee_values_and_no_exception():
    with np.errstate(all="raise"):
        assert Value(1000).exp().data == math.inf
        assert (1 / Value(0.0)).data == math.inf
        assert (Value(-1) / Value(0.0)).data == -math.inf
        assert Value(0.0).log().data == -math.inf
        assert math.isnan(Value(-1).log().data)
        assert math.isnan(Value(-1).sqrt().data)
        assert math.isnan(Value(math.inf).sin().data)
        assert (Value(10.0) ** 400).data == math.inf
        assert (Value(1e200) * Value(1e200)).data == math.inf
        root = Value(0.0)
        root.sqrt().backward()
        assert root.grad == math.inf


def test_no_gradient_passes_a_step_where_the_one_above_is_infinite():
    for step in (autograd.floor, autograd.ceil, autograd.sign, lambda x: x // 2.0):
        x = Value(-0.5 if step is autograd.ceil else 0.0)
        y = step(x).sqrt() + 3.0 * x
        y.backward()
        assert x.grad == 3.0


def test_bare_numbers_become_constants_in_the_graph():
    v = Value(3.0)
    f = 2 * v
    assert [p.data for p in f.parents] == [2.0, 3.0]
    assert f.parents[0].op == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("3", "the string '3': convert it with float"),
        (np.array([1.0, 2.0]), r"an array of shape \(2,\): make one Value for each element"),
        (np.array(3.0), r"an array of shape \(\): .*array.item\(\)"),
        (1 + 2j, r"the complex number \(1\+2j\): take its .real part"),
        (np.complex128(1j), "the complex number"),
        (Value(3.0), "a Value: use that Value itself, or its .data for the bare number"),
        (Value(3.0, label="w"), "the Value `w`: use that Value itself"),
        ([1.0], "a list of 1: pass its elements one by one"),
        (None, "None of type NoneType"),
    ],
)
def test_data_must_be_a_real_number(data, message):
    v, refused = Value(1.0), f"^`data` must be a real number, got {message}"
    with pytest.raises(TypeError, match=refused):
        Value(data)
    with pytest.raises(TypeError, match=refused):
        v.data = data
    assert v.data == 1.0


def test_what_is_no_number_cannot_be_taken_for_a_constant():
    with pytest.raises(TypeError, match="`data` must be a real number, got the string '3'"):
        as_value("3")


def test_data_become_floats():
    for data in (3, True, np.float32(0.5), np.int8(3), Decimal("0.1"), np.bool_(1)):
        assert type(Value(data).data) is float
    v = Value(0)
    v.data = np.float64(2.5)
    assert type(v.data) is float and v.data == 2.5
    v.data = 3
    assert type(v.data) is float and v.data == 3.0
    assert Value(10**400).data == math.inf and Value(-(10**400)).data == -math.inf


def test_numbers_are_assigned_in_bulk_one_for_each_node():
    x, y = Value(0.0), Value(0.0)
    before = mark()
    assign([x, y], [1.0, 2.0])
    assert (x.data, y.data) == (1.0, 2.0) and mark() is not before
    with pytest.raises(ValueError, match="zip"):
        assign([x, y], [3.0])


def test_operators_with_other_types_raise_type_error():
    for other in ("2", None, [1], 1j):
        for op in (operator.add, operator.mul, operator.pow, operator.lt, operator.ge):
            with pytest.raises(TypeError):
                op(Value(1.0), other)
            with pytest.raises(TypeError):
                op(other, Value(1.0))


def test_arrays_on_either_side_give_object_arrays_of_values():
    v = Value(2.0)
    for result in (np.array([1.0, 3.0]) * v, v * np.array([1.0, 3.0])):
        assert result.dtype == object and [r.data for r in result] == [2.0, 6.0]
        assert all(type(r) is Value for r in result)
    powers = v ** np.array([[1, 2]])
    assert powers.shape == (1, 2) and powers[0, 1].data == 4.0
    total = (np.array([1.0, 3.0]) * v).sum()
    total.backward()
    assert v.grad == 4.0
    weights = np.array([Value(1.0), Value(2.0)])
    assert (weights @ np.array([3.0, 4.0])).data == 11.0


def test_numpy_functions_record():
    v = Value(0.5)
    for name in ("sin", "tanh", "exp", "log1p", "arctan", "sqrt", "absolute", "negative"):
        result = getattr(np, name)(v)
        assert type(result) is Value and result.data == getattr(np, name)(0.5)
    assert np.maximum(v, 0.5).partials == (0.5, 0.5)
    assert np.minimum(np.float64(0.1), v).op == "minimum"
    assert (np.array([0.0, 1.0]) < v).tolist() == [True, False]
    with pytest.raises(TypeError):
        np.isnan(v)


def test_functions_work_on_floats_and_values():
    for name in (
        "exp log log1p expm1 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh "
        "arctanh sigmoid relu softplus abs erf"
    ).split():
        function = getattr(autograd, name)
        on_value, method = function(Value(0.3)), getattr(Value(0.3), name)()
        assert type(on_value) is Value
        assert function(0.3) == on_value.data == method.data
        assert on_value.partials == method.partials
    assert autograd.arccosh(2.0) == Value(2.0).arccosh().data
    with pytest.raises(TypeError):
        autograd.exp(Value(1.0), Value(2.0))


def test_float_of_a_value_is_refused_with_advice():
    with pytest.raises(TypeError, match=r"use v.data"):
        float(Value(1.0))
    with pytest.raises(TypeError, match=r"use v.data"):
        math.exp(Value(1.0))
    with pytest.raises(TypeError):
        np.array([Value(1.0)], dtype=float)


def test_item_detach_and_truth():
    x = Value(3.0, label="x")
    h = x * 2
    d = h.detach()
    assert d.data == h.item() == 6.0 and d.parents == () and d.op == ""
    assert x.detach().label == "x"
    (d * x).backward()
    assert x.grad == 6.0
    assert Value(0.5) and not Value(0.0)


def test_equality_compares_numbers():
    a, b = Value(1.0), Value(1.0)
    assert a == b and a == a and not a != b and a == 1 and 1.0 == a and a != 2 and 2 != a
    assert Value(2) * 3 == 6
    assert (a == b) is True and (a != b) is False
    assert a in (0.0, 1.0) and a not in (0.0, 2.0) and [0.0, 1.0].index(a) == 1
    assert Value(math.nan) != Value(math.nan) and Value(0.0) == -0.0
    nan = Value(math.nan)
    assert nan != nan and not nan == nan


@pytest.mark.parametrize(
    "number",
    [
        *(1, 1.0, True, Fraction(1), Decimal(1), 1 + 0j),
        *(np.float64(1), np.float32(1), np.int8(1), np.bool_(True), np.longdouble(1)),
    ],
    ids=lambda x: type(x).__name__,
)
def test_equality_with_numbers_of_all_kinds_on_either_side(number):
    v, w = Value(1.0), Value(2.0)
    for outcome in (v == number, number == v, w != number, number != w):
        assert isinstance(outcome, bool | np.bool_) and outcome
    for outcome in (v != number, number != v, w == number, number == w):
        assert isinstance(outcome, bool | np.bool_) and not outcome


@pytest.mark.parametrize("other", [None, "1.0", (1.0,), [1.0], {1.0}, object(), Value, ...])
def test_what_is_no_number_is_unequal(other):
    v = Value(1.0)
    assert v != other and other != v and not v == other and not other == v


def test_values_are_compared_with_pytests_approx():
    v = Value(0.1) + Value(0.2)
    assert v != 0.3 and v == pytest.approx(0.3) and Value(2) * 3 == pytest.approx(6)
    assert v != pytest.approx(0.4) and not v == pytest.approx(0.4)
    assert [v, 2 * v] == pytest.approx([0.3, 0.6])


def test_hash_is_identity():
    a, b = Value(1.0), Value(1.0)
    assert len({a, b, a}) == 2 and {a: "a", b: "b"}[b] == "b" and hash(a) != hash(b)
    a.data = 5.0
    assert a in {a} and b not in {a} and 5.0 not in {a}


def test_equality_of_arrays_is_element_by_element():
    v = Value(1.0)
    assert (np.array([1.0, 2.0]) == v).tolist() == [True, False]
    assert (v == np.array([1.0, 2.0])).tolist() == [True, False]
    assert (np.array([v, Value(2.0)]) != np.array([1.0, 1.0])).tolist() == [False, True]


def test_repr_and_format():
    x, y = Value(-2, label="x"), Value(6.0)
    assert repr(Value(-12)) == "Value(data=-12.0, grad=0.0)"
    assert repr(x) == "Value(data=-2.0, grad=0.0, label='x')"
    f = x * y
    f.label = "f"
    assert repr(f) == "Value(data=-12.0, grad=0.0, label='f', op='*')"
    assert f"{f:.2f}" == "-12.00" and f"{f}" == repr(f) == str(f)


def test_a_label_must_be_a_string():
    with pytest.raises(TypeError, match="`label` must be a string, got 3"):
        Value(1.0, label=3)
    x = Value(1.0, label="x")
    for node in (x, x * 2, x.detach()):
        before = node.label
        for label in (5, None, b"x", Value(1.0)):
            with pytest.raises(TypeError, match=r"^`label` must be a string, got "):
                node.label = label
        assert node.label == before
        node.label = "new"
        assert node.label == "new"


def test_a_gradient_that_is_no_number_is_refused_and_nothing_changes():
    x, z = Value(2.0), Value(3.0)
    x.grad, z.grad = "0", 5.0
    with pytest.raises(TypeError, match="`grad` must be a real number, got the string"):
        (x * z).backward()
    assert x.grad == "0" and z.grad == 5.0


def test_an_interrupted_backward_leaves_the_leaves_as_they_were():
    class Broken(float):
        def __rmul__(self, other):
            raise KeyboardInterrupt

    x, y = Value(2.0), Value(3.0)
    x.grad, y.grad = 7.0, 0.5
    f = (x * y).exp() + y
    product = f.parents[0].parents[0]
    product._to_right = Broken(2.0)
    with pytest.raises(KeyboardInterrupt):
        f.backward()
    assert (x.grad, y.grad) == (7.0, 0.5)
    product._to_right = 2.0
    f.backward()
    assert (x.grad, y.grad) == (7.0 + 3.0 * math.exp(6.0), 0.5 + 2.0 * math.exp(6.0) + 1.0)


def test_parents_partials_and_operation_are_read_only():
    x = Value(2.0)
    for node in (x, x * x):
        for name in ("parents", "partials", "op", "_prev", "_op", "_backward"):
            with pytest.raises(AttributeError):
                setattr(node, name, ())
        with pytest.raises(AttributeError):
            node.gradient = 1.0  # a slip of the pen


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: x.exp(),
        lambda x, y: x * y,
        lambda x, y: y - x,
        lambda x, y: x + x,
        lambda x, y: x * 2,
        lambda x, y: 2 * x,
        lambda x, y: x**2,
        lambda x, y: autograd.logsumexp([x, y, x]),
        lambda x, y: autograd.dot([x, 2.0, x], [y, y, 1.0]),
        lambda x, y: autograd.dot([x], [y]),
    ],
)
def test_parents_and_partials_of_any_number_of_inputs(make):
    x, y = Value(0.5), Value(1.5)
    node = make(x, y)
    assert type(node.parents) is type(node.partials) is tuple
    assert len(node.parents) == len(node.partials) > 0
    assert all(type(parent) is Value for parent in node.parents)
    inputs = [parent.data for parent in node.parents]
    assert node.primitive.value(*inputs) == node.data
    assert node.partials == tuple(node.primitive.partials(node.data, *inputs))
    by_hand = [0.0, 0.0]
    for parent, partial in zip(node.parents, node.partials, strict=True):
        for i, leaf in enumerate((x, y)):
            by_hand[i] += partial if parent is leaf else 0.0
    node.backward()
    assert [x.grad, y.grad] == by_hand


def test_what_readers_of_micrograds_graphs_look_at():
    x, y = Value(2.0), Value(3.0)
    f = x * y + x
    product = f.parents[0]
    assert f._prev == {product, x} and type(f._prev) is set and f._op == "+"
    assert (x._prev, x._op) == (set(), "") and (x * x)._prev == {x}
    f.grad = 1.0
    for node in (f, product, x, y):  # micrograd's own backward, as its notebooks spell it out
        node._backward()
    assert (product.grad, x.grad, y.grad) == (1.0, 4.0, 2.0)


def test_micrograds_topological_sort_runs_on_our_nodes():
    x, y = Value(-4.0), Value(2.0)
    g = (x + y) * x + (x * y + y**3).relu() / 2.0
    g.backward()
    expected = x.grad, y.grad
    order, visited = [], set()

    def build(v):
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build(child)
            order.append(v)

    build(g)
    for node in order:
        node.grad = 0.0
    g.grad = 1.0
    for node in reversed(order):
        node._backward()
    assert (x.grad, y.grad) == expected


def compiled(f):
    autograd.compile(f)(1.0)


def frozen(x):
    return x * x.data


NO_WHOLE_NUMBER = (
    "a Value is no whole number for range, an index or a repetition: pass int(v.data), for "
    "values[v] write autograd.take(values, v), or pass a compiled function the number itself, "
    "named in compile(f, static_argnames=...)"
)
LINE = f"{__file__}:{frozen.__code__.co_firstlineno + 1}"


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Value(1.0, label=3), "`label` must be a string, got 3"),
        (
            lambda: float(Value(1.0)),
            "float(v) would silently drop the gradient of a Value: use v.data for the bare number, "
            "or a function that records, such as autograd.exp(v) for math.exp(v)",
        ),
        (lambda: int(Value(1.0)), NO_WHOLE_NUMBER),
        (lambda: list(range(Value(3.0))), NO_WHOLE_NUMBER),
        (lambda: [1, 2, 3][Value(1.0)], NO_WHOLE_NUMBER),
        (
            lambda: compiled(frozen),
            "`.data` reads the bare number of a Value while the function is being compiled, at "
            f"{LINE}: it would be frozen into the program. Compute with the Value itself, or "
            "v.detach(); the shift of a softmax is max(logits)",
        ),
        (
            lambda: compiled(lambda x: x.backward()),
            "backward() was called while the function is being compiled: return the Value and call "
            "value_and_grad on the program",
        ),
    ],
)
def test_errors_word_by_word(call, message):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == message


def test_two_values_are_compared_by_their_numbers_while_compiling():
    program = autograd.compile(lambda x: x * 2 if x == x else x + 1)
    assert program(1.0) == 2.0 and math.isnan(program(math.nan))
    other = Value(1.0)
    program = autograd.compile(lambda x: x * 2 if x == other else -x)
    assert (program(1.0), program(3.0)) == (2.0, -3.0)
    other.data = 3.0
    assert (program(1.0), program(3.0)) == (-1.0, 6.0)
    program = autograd.compile(lambda x: x * 2 if x is other else -x)
    assert program(3.0) == -3.0


def test_comparisons_and_truth_are_guards_of_a_compiled_function():
    for f in (
        lambda x: x * 2 if x > 1 else x,
        lambda x: x * 2 if x - 1 else x,
        lambda x: x * 2 if x else x - 1,
        lambda x: x * 2 if x == 1 else x - 1,
        lambda x: x * 2 if x != 1 else x - 1,
        lambda x: x * 2 if x in (0.0, 2.0) else x - 1,
        lambda x: x * 2 if 1 == x else x - 1,
    ):
        for order in ([2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [1.0, 0.0, 2.0]):
            program = autograd.compile(f)
            assert [program(x) for x in order] == [f(x) for x in order]


def test_results_have_no_label():
    x = Value(2.0, label="x")
    with autograd.no_grad():
        assert (x * x).label == x.exp().label == ""
    assert (x * x).label == x.exp().label == (x + 1).parents[1].label == ""
    assert x.detach().label == "x"


def test_leaves_start_without_gradient_and_operation():
    x = Value(2.0, label="x")
    with autograd.no_grad():
        product = x * x
    for leaf, kind in (
        (x, None),
        (x.detach(), DETACHED),
        (product, DETACHED),
        (product.detach(), DETACHED),
        ((x + 1).parents[1], CONSTANT),
        (as_value(2.0), CONSTANT),
    ):
        assert leaf.primitive is kind
        assert (leaf.grad, leaf.op, leaf.parents, leaf.partials) == (0.0, "", (), ())
