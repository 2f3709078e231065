"""why: the reasons for a gradient that is zero, nan, infinite, enormous or tiny, in words."""

import copy
import gc
import math
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from random_programs import RandomProgram

import autograd
import nn
from autograd import Value, detect_anomaly, no_grad
from autograd.engine import table as primitives
from autograd.engine.primitive import TABLE, Primitive
from autograd.words.why import NO_LINE, why


def lines(diagnosis):
    return str(diagnosis).splitlines()


def first(value, root=None, **names):
    return lines(why(value, root, names=names))[0]


def test_a_relu_that_is_off():
    x = Value(-1.5, "x")
    y = 2 * x.relu()
    found = why(x, names={"y": y})
    assert lines(found) == [
        "∂y/∂x = 0: relu is off.",
        "v1 = relu(x) = 0 at x = -1.5: ∂v1/∂x = 0, so nothing of ∂y/∂v1 = 2 passes.",
        "A unit that is off for every input no longer learns: try another initialisation, a lower "
        "learning rate or the activation leaky_relu.",
        NO_LINE,
    ]
    assert (found.kind, found.gradient, found.line) == ("zero", 0.0, "")
    assert found.culprit is y.parents[1] and found.reasons == ("relu is off",)
    assert repr(found) == str(found) == found.text


def test_the_line_is_named_where_it_was_noted():
    x = Value(-1.5, "x")
    with detect_anomaly(check=False):
        y = x.relu() * 2
    found = why(x)
    assert Path(found.line.rpartition(":")[0]).name == "test_why.py"
    assert found.line == found.culprit.line and f"at x = -1.5 ({found.line}): " in found.text
    assert NO_LINE not in found.text
    del y


ZERO = [
    (lambda x: primitives.leaky_relu(-x, 0.0), 1.0, "leaky_relu is off, its slope is 0"),
    (
        lambda x: primitives.leaky_relu(3.0, x),
        1.0,
        "leaky_relu does not use its slope where its input is not negative",
    ),
    (lambda x: autograd.maximum(x, Value(3.0, "y")), 1.0, "maximum chose the other input, y = 3"),
    (lambda x: autograd.minimum(-2.0, x), 1.0, "minimum chose the other input, -2"),
    (lambda x: primitives.greater(x, 0.0), 1.0, "greater is a step, flat on both sides"),
    (abs, 0.0, "abs has its kink at 0, where its derivative counts as 0"),
    (lambda x: x * Value(0.0, "y"), 1.0, "multiplied by y = 0"),
    (lambda x: x * 0, 1.0, "multiplied by 0"),
    (lambda x: x * x, 0.0, "multiplied by x = 0"),
    (lambda x: autograd.dot([x, 1.0], [Value(0.0, "y"), 2.0]), 1.0, "multiplied by y = 0"),
    (
        lambda x: x * Value(-1.0, "y").relu(),
        1.0,
        "multiplied by v1 = 0, a relu that is off",
    ),
    (lambda x: x / math.inf, 1.0, "divided by inf"),
    (lambda x: 0 / x, 1.0, "the numerator is 0, whatever it is divided by"),
    (lambda x: x**0, 1.0, "the exponent is 0, and anything to the power 0 is 1"),
    (lambda x: (x - 1) ** 2, 1.0, "the base of a power is 0"),
    (lambda x: 1**x, 2.0, "1 to any power is 1"),
    (
        lambda x: primitives.power_constant(2.0, x),
        3.0,
        "`x ** c` takes its exponent for a constant",
    ),
    (Value.tanh, 800.0, "tanh is saturated"),
    (Value.sigmoid, -800.0, "sigmoid is saturated"),
    (Value.erf, 30.0, "erf is saturated"),
    (Value.softplus, -800.0, "softplus is saturated"),
    (Value.exp, -800.0, "exp of so negative a number underflows to 0"),
    (Value.cos, 0.0, "cos is flat at this extremum"),
    (Value.sqrt, math.inf, "sqrt is flat at an infinite input"),
    (
        lambda x: autograd.logsumexp([x, 0.0]),
        -800.0,
        "x = -800 is too far below the largest input of logsumexp",
    ),
    (primitives.detach, 1.0, "cut off by detach() or no_grad()"),
    (Value.relu, math.nan, "an input of relu is nan, and nothing passes there"),
]


@pytest.mark.parametrize(("f", "at", "what"), ZERO, ids=[what for *_, what in ZERO])
def test_a_local_derivative_that_is_0(f, at, what):
    x = Value(at, "x")
    out = f(x)
    assert first(x, out, out=out) == f"∂out/∂x = 0: {what}."
    loss = out * 7
    found = why(x, loss)
    assert found.kind == "zero" and found.culprit is out and found.reasons == (what,)


@pytest.mark.parametrize(
    ("f", "hint"),
    [
        (Value.exp, "Its input is too negative: "),
        (Value.softplus, "Its input is too large in size: "),
        (lambda x: autograd.logsumexp([x, 0.0]), "The inputs are too far apart: "),
    ],
)
def test_hints_for_inputs_that_are_hugely_negative(f, hint):
    x = Value(-1000.0, "x")
    assert lines(why(x, f(x)))[2].startswith(hint)


def test_rows_of_the_users_own_get_the_generic_reason():
    def row(name, partial):
        return Primitive(name, lambda x: 1.0, lambda x: x, lambda out, x: (partial,))

    x = Value(-1.0, "x")
    assert first(x, row("own", 0.0)(x)) == (
        "∂v1/∂x = 0: the local derivative of own is 0 at this point."
    )
    assert "the local derivative of relu is 0 at this point" in first(x, row("relu", 0.0)(x))
    assert "the local derivative of own is infinite at" in first(x, row("own", math.inf)(x))
    assert "the local derivative of own is not defined at" in first(x, row("own", math.nan)(x))


def test_contributions_that_cancel():
    x = Value(2.0, "x")
    a, b = 3 * x, 3 * x
    y = a - b
    assert lines(why(x, y, names=locals()))[:2] == [
        "∂y/∂x = 0: contributions cancel, 3 + -3 = 0.",
        "They come to x from a = 3 * x = 6 at x = 2 and b = 3 * x = 6 at x = 2.",
    ]


def test_a_product_that_underflows():
    x = Value(1.0, "x")
    y = x
    for _ in range(400):
        y = y * 0.1
    found = why(x, y, names={"y": y})
    assert lines(found)[0] == (
        "∂y/∂x = 0: underflow of a product of 324 factors below 1, 0.1 each in the geometric "
        "mean, 1.00e-324 together."
    )
    assert "upstream × local = 9.88131e-324 × 0.1 is below the smallest float" in lines(found)[1]
    assert found.kind == "zero"


def test_the_first_of_several_places_is_named_and_the_others_are_counted():
    x = Value(1.0, "x")
    y = (x * 0 + (-x).relu()) + (x - 5).relu()
    found = why(x, y)
    assert lines(found)[0] == "∂v7/∂x = 0: relu is off."
    assert lines(found)[2] == (
        "It is the first of 3 places: relu is off (2), multiplied by 0 (1). Of the 2 relu in the "
        "graph 2 are off."
    )
    assert found.reasons == ("relu is off", "multiplied by 0")


def test_a_sum_that_cancels_may_be_the_first_place():
    x = Value(-1.0, "x")
    h = x * 2
    y = (h - h) + x * 0
    found = why(x, y)
    assert lines(found)[0] == "∂v4/∂x = 0: contributions cancel, 1 + -1 = 0."
    assert found.reasons == ("contributions cancel, 1 + -1 = 0", "multiplied by 0")


def test_what_is_cut_above_is_not_blamed_below():
    x = Value(-1.0, "x")
    h = x.relu()
    y = h * 0
    assert first(x, y) == "∂v2/∂x = 0: multiplied by 0."
    assert first(h, y) == "∂v2/∂v1 = 0: multiplied by 0."


def test_a_way_that_stays_open_is_not_blamed():
    x = Value(1.0, "x")
    h = x * 2
    y = h.relu() + (-h).relu()  # the second is off, the first is not
    z = y * Value(0.0, "k")
    assert why(x, y).kind == "ordinary"
    assert first(x, z, z=z) == "∂z/∂x = 0: multiplied by k = 0."


def test_a_dead_neuron_is_found_at_the_neuron_itself():
    model = nn.MLP(2, [8, 8, 1], rng=Random(0))
    dead = model.layers[0].neurons[0]
    dead.bias.data = -50.0
    loss = sum(((model(x) - 1) ** 2 for x in ([0.5, 1.0], [-1.0, 0.3], [0.2, 0.8])), Value(0.0))
    found = why(dead.weights[1], names=dict(model.named_parameters()))
    name = "layers.0.neurons.0.weights.1"
    assert lines(found)[0].endswith(f"/∂{name} = 0: relu is off.")
    assert lines(found)[2].startswith("It is the first of 3 places: relu is off (3).")
    assert found.culprit.op == "relu" and found.culprit.data == 0.0
    assert found.culprit.parents[0].data < -45
    report = why(loss, names={**dict(model.named_parameters()), "loss": loss})
    assert report.kind == "zero" and "of 106 leaves" in lines(report)[0]
    assert len(lines(report)) <= 6


def test_0_times_inf():
    x = Value(0.0, "x")
    y = x.sqrt() * 0
    found = why(x)
    assert lines(found)[:3] == [
        "∂v2/∂x = nan: upstream × local is 0 × inf, the derivative of sqrt at 0 is infinite.",
        "v1 = sqrt(x) = 0 at x = 0: ∂v1/∂x = inf meets ∂v2/∂v1 = 0.",
        "A factor of 0 does not hide an infinite derivative: choose with autograd.where, whose "
        "branch not taken is out of the graph.",
    ]
    assert found.kind == "nan" and math.isnan(found.gradient) and found.culprit is y.parents[0]


def test_where_keeps_the_branch_not_taken_out():
    x = Value(0.0, "x")
    y = autograd.where(x > 0, x.sqrt(), Value(0.0))
    assert lines(why(x, y, names={"y": y})) == [
        "y was not computed from x, so the gradient is 0.",
        "The graph holds 1 where: only the branch taken is in it.",
        "In a branch not taken a gradient of 0 is right.",
    ]
    trap = primitives.greater(x, 0.0) * x.sqrt()  # the same by a factor of 0
    assert why(x, trap).kind == "nan"


def test_inf_times_0():
    x = Value(2.0, "x")
    y = (x * 0).log()
    found = why(x, y)
    assert lines(found)[:3] == [
        "∂v2/∂x = nan: upstream × local is inf × 0.",
        "v1 = x * 0 = 0 at x = 2: ∂v1/∂x = 0 meets ∂v2/∂v1 = inf.",
        "The upstream is infinite because: log of 0.",
    ]


def test_inf_minus_inf():
    x = Value(0.0, "x")
    y = x.sqrt() - x.sqrt()
    found = why(x, y)
    assert lines(found)[0] == "∂v3/∂x = nan: contributions have no sum, inf + -inf."
    assert lines(found)[2] == (
        "The first is infinite because: the derivative of sqrt at 0 is infinite."
    )
    assert found.culprit.op == "sqrt"


NOT_FINITE = [
    (Value.log, 0.0, "log of 0"),
    (Value.log, 1e-310, "the derivative of log at 1e-310 is infinite"),
    (Value.log1p, -1.0, "log1p of -1"),
    (Value.sqrt, 0.0, "the derivative of sqrt at 0 is infinite"),
    (Value.sqrt, -1.0, "square root of a negative number"),
    (lambda x: x**0.5, 0.0, "the derivative of x ** 0.5 at 0 is infinite"),
    (lambda x: x**0.3, -8.0, "a negative number to a power that is not whole"),
    (lambda x: x**-2, 0.0, "0 to a negative power"),
    (
        lambda x: primitives.power(-8.0, x),
        3.0,
        "the derivative by the exponent holds the log of a negative base",
    ),
    (lambda x: primitives.power(0.0, x), -1.0, "0 to a negative power"),
    (lambda x: 1 / x, 0.0, "division by 0"),
    (lambda x: 0 / x, 0.0, "0 divided by 0"),
    (lambda x: 1e-309 / x, 1e-309, "divided by x = 1e-309"),
    (Value.exp, 1000.0, "exp of 1000 is beyond the largest float, 1.8e+308"),
    (Value.arcsin, 1.0, "the derivative of arcsin at 1 is infinite"),
    (Value.arcsin, 2.0, "arcsin at 2, outside its domain"),
    (Value.arccosh, 0.5, "arccosh of a number below 1"),
    (Value.arctanh, 1.0, "arctanh at 1, outside its domain"),
    (lambda x: x**2, 1e200, "a result beyond the largest float, 1.8e+308"),
    (lambda x: x * x, math.inf, "x itself is inf"),
    (lambda x: x * math.inf - 1, 2.0, "* gives inf"),
]


@pytest.mark.parametrize(("f", "at", "what"), NOT_FINITE, ids=[what for *_, what in NOT_FINITE])
def test_a_local_derivative_that_is_not_finite(f, at, what):
    x = Value(at, "x")
    y = f(x)
    if what == "a result beyond the largest float, 1.8e+308":
        y = y * y  # the derivative of the first is 2e200
    found = why(x, y, names={"y": y})
    gradient = f"{found.gradient:g}"
    assert lines(found)[0] == f"∂y/∂x = {gradient}: {what}."
    assert found.kind in ("nan", "infinite") and not math.isfinite(found.gradient)
    assert found.reasons == (what,)


def test_a_product_and_a_sum_that_overflow():
    x = Value(1.0, "x")
    y = x
    for _ in range(400):
        y = y * 10
    assert first(x, y, y=y) == (
        "∂y/∂x = inf: overflow of a product of 309 factors above 1, 10 each in the geometric "
        "mean, 1.00e+309 together."
    )
    z = x * 1e308 + x * 1e308
    assert first(x, z, z=z) == (
        "∂z/∂x = inf: contributions add up beyond the largest float, 1e+308 + 1e+308."
    )


def test_nan_in_the_data_below_is_traced_to_where_it_begins():
    x, w = Value(-1.0, "x"), Value(2.0, "w")
    y = (x.log() + 1) * w
    found = why(w, y, names={"y": y})
    assert lines(found)[:2] == [
        "∂y/∂w = nan: log of a negative number.",
        "v1 = log(x) = nan at x = -1 makes ∂y/∂w = nan in y = v2 * w = nan at v2 = nan, w = 2.",
    ]
    assert found.culprit.op == "log"
    # log'(-1) = -1: the gradient of x is a number all the same
    found = why(x, y, names={"y": y})
    assert lines(found)[0] == "∂y/∂x = -2: an ordinary gradient."
    assert "But y = nan: log of a negative number, v1 = log(x) = nan at x = -1." in lines(found)


def test_a_parameter_that_is_nan():
    w = Value(math.nan, "w")
    loss = (w * 2 - 1) ** 2
    found = why(w, loss)
    assert lines(found)[0] == "∂v3/∂w = nan: w itself is nan."
    assert found.culprit is w and NO_LINE not in found.text


def test_a_chain_of_sigmoids_vanishes():
    x = Value(0.5, "x")
    y = x
    for _ in range(50):
        y = y.sigmoid()
    found = why(x, names={"y": y})
    assert lines(found)[0] == (
        "∂y/∂x = 4.04042e-33: a product of 50 factors below 1, 0.225 each in the geometric mean, "
        "4.04e-33 together."
    )
    assert "Gradients vanish like this in deep chains" in found.text and found.kind == "tiny"


def test_saturated_units_are_named_the_worst_first():
    x = Value(8.0, "x")
    h = (x.tanh() * 9).sigmoid()
    y = (h * 5).tanh()
    found = why(x, y, names=locals())
    assert lines(found)[0].startswith("∂y/∂x = 4.54376e-13: a product of 3 factors below 1")
    assert lines(found)[1] == (
        "3 of 3 units on the way are saturated, the worst first: v1 = tanh(8) with the derivative "
        "4.5e-07, h = sigmoid(9) with the derivative 0.00012, y = tanh(4.99938) with the "
        "derivative 0.00018."
    )
    z = Value(30.0, "z")
    assert first(z, z.tanh()) == "∂v1/∂z = 3.5026e-26: tanh is saturated."


def test_a_chain_that_explodes():
    x = Value(1.0, "x")
    y = x
    for _ in range(40):
        y = y * 3.5
    found = why(x, names={"y": y})
    assert lines(found)[0] == (
        "∂y/∂x = 5.79058e+21: a product of 40 factors above 1, 3.5 each in the geometric mean, "
        "5.79e+21 together."
    )
    assert found.kind == "enormous" and found.culprit is y and "clip the gradients" in found.text


def test_one_factor_dominates():
    x = Value(1e-7, "x")
    y = 3 * (1 / x)
    assert lines(why(x, names={"y": y}))[:3] == [
        "∂y/∂x = -3e+14: one factor, -1e+14, does most of it.",
        "v1 = 1 / x = 1e+07 at x = 1e-07: ∂v1/∂x = -1e+14.",
        "Keep the divisor away from 0, as in x / (y + 1e-12), or take another branch there.",
    ]
    w = Value(1.0, "w")
    loss = (w - (1 - 1e-9)) ** 2
    found = why(w, names={"loss": loss})
    assert lines(found)[0] == "∂loss/∂w = 2e-09: one factor, 2e-09, does most of it."
    assert "Near the minimum of a square this is as it should be" in found.text


def test_many_ways_that_add_up_and_nearly_cancel():
    x = Value(1.0, "x")
    y = x
    for _ in range(40):
        y = y + y
    assert lines(why(x, names={"y": y}))[:2] == [
        "∂y/∂x = 1.09951e+12: contributions over many ways add up.",
        "The largest single way gives 1, but x is used 2 times, and 39 more values on the way "
        "more than once.",
    ]
    w = Value(1.0, "w")
    z = w * 1.0 - w * 0.99999999
    assert first(w, z, z=z) == "∂z/∂w = 1e-08: contributions nearly cancel, 1 + -0.99999999."
    assert " and v2 = w * 0.99999999 = 1 at w = 1." in why(w, z).text


def test_terms_that_cancel_have_all_their_digits():
    x = Value(1.0, "x")
    y = x * (2 / 3) - x * (1 / 3) - x * (1 / 3)
    assert first(x, y, y=y) == (
        "∂y/∂x = 0: contributions cancel, 0.6666666666666666 + -0.3333333333333333 + "
        "-0.3333333333333333 = 0."
    )
    z = x * 1e-320 - x * 1e300 + x * 1e300  # what is left is too small a share for a float
    assert first(x, z, z=z) == (
        "∂z/∂x = 9.99989e-321: contributions nearly cancel, 1e-320 + -1e+300 + 1e+300."
    )


def test_sums_are_named_beside_the_factors():
    w = Value(0.5, "w")
    loss = sum(((w * (200.0 + i % 50) - 1) ** 2 for i in range(1000)), Value(0.0))
    assert lines(why(w, names={"loss": loss}))[0] == (
        "∂loss/∂w = 5.01595e+07: a product of 2 factors above 1, 248 each in the geometric mean, "
        "6.15e+04 together, times 815.6 from 1000 uses of w."
    )
    y = sum((w * 1e4 for _ in range(1000)), Value(0.0))
    found = why(w, y, names={"y": y})
    assert lines(found)[0] == "∂y/∂w = 1e+07: one factor, 10000, times 1000 from 1000 uses of w."
    assert "Scale the inputs" in found.text and "deep chains" not in found.text


def test_contributions_that_cancel_beside_a_small_factor():
    x = Value(1.0, "x")
    h = x * 1e-5
    y = h * 1.0009765625 - h
    assert first(x, y, h=h, y=y) == (
        "∂y/∂x = 9.76563e-09: one factor, 1e-05, times 0.0009756 from 2 uses of h, whose "
        "contributions nearly cancel."
    )


def test_one_factor_among_many_small_ones_is_no_deep_chain():
    x = Value(1.0, "x")
    y = x * 1e10
    for _ in range(12):
        y = y * 1.1
    z = sum((y * 1.0 for _ in range(1000)), Value(0.0))
    found = why(x, z)
    assert "one factor, 1e+10, times 1000 from 1000 uses of " in found.text
    assert "Scale the inputs" in found.text and "deep chains" not in found.text


def test_few_factors_are_no_deep_chain():
    x = Value(1.0, "x")
    for factor in (1e4, 1e-4):
        y = x * factor * factor * factor
        found = why(x, y)
        assert "a product of 3 factors" in found.text and "Scale the inputs" in found.text
        assert "deep chains" not in found.text


def test_an_ordinary_gradient_and_what_it_is_made_of():
    x, w = Value(3.0, "x"), Value(2.0, "w")
    y = x * w + w
    y.backward()
    found = why(w, names={"y": y})
    assert lines(found) == [
        "∂y/∂w = 4: an ordinary gradient.",
        "The largest of its 2 contributions is ∂y/∂v1 × ∂v1/∂w = 1 × 3 = 3, from v1 = x * w = 6 "
        "at x = 3, w = 2.",
    ]
    assert (found.kind, found.gradient, found.culprit) == ("ordinary", 4.0, None)
    assert lines(why(x, names={"y": y}))[1].startswith("Its only contribution is ")


def test_a_grad_that_is_not_this_gradient():
    w = Value(2.0, "w")
    y = w * 3
    assert "Its .grad is 0: backward() has not been called on v1." in lines(why(w))
    y.backward()
    assert ".grad" not in why(w).text
    y.backward()
    added = "other passes have added to it, or it has been changed since."
    assert f"Its .grad is 6, 2 times this gradient: {added}" in lines(why(w))
    w.grad = 0.0
    assert "Its .grad is 0: it has been reset since v1.backward()." in lines(why(w))
    y.backward(1.0)
    y.backward(0.5)
    assert f"Its .grad is 4.5, 1.5 times this gradient: {added}" in lines(why(w))
    nn.clip_grad_norm([w], 1.0)
    assert f"Its .grad is 1, 0.333333 times this gradient: {added}" in lines(why(w))
    w.grad = 0.0
    y.backward(10.0)
    assert ".grad" not in why(w).text
    y.backward(0.0)
    assert f"Its .grad is 30, 10 times this gradient: {added}" in lines(why(w))
    w.grad = math.inf
    assert f"Its .grad is inf: {added}" in lines(why(w))
    w.grad = 5.0
    assert f"Its .grad is 5: {added}" in lines(why(w, w * 0))


def test_a_grad_of_several_results():
    w = Value(2.0, "w")
    h = w * 1.5
    one, three = h * 2, h * 6
    one.backward(), three.backward()
    assert lines(why(w, one))[-1] == (
        "Its .grad is 12, 4 times this gradient: other passes have added to it, or it has been "
        "changed since."
    )
    assert lines(why(h, one, names={"h": h}))[-1] == (  # a result's are not added up
        "Its .grad is 6, 3 times this gradient: it is that of another pass, or it has been "
        "changed since."
    )
    (h * 0).backward()
    assert lines(why(h, one))[-1] == (
        "Its .grad is 0: it is that of another pass, or it has been changed since."
    )


def test_the_arguments_the_other_way_round():
    w = Value(2.0, "w")
    loss = (w * 3) ** 2
    with pytest.raises(ValueError, match=r"`root`, w = 2, .* `value`, L = 36: .* why\(w, L\)$"):
        why(loss, w, names={"L": loss})
    with pytest.raises(ValueError, match=r"`value`, v2 = 36: .* write why\(x, loss\)$"):
        why(loss, loss.parents[0])


def test_an_unused_parameter():
    w, loss = Value(1.0, "w"), Value(2.0) * 3
    found = why(w, loss, names=locals())
    assert lines(found) == [
        "loss was not computed from w, so the gradient is 0.",
        "It is not among the nodes of the graph.",
    ]
    assert (found.kind, found.gradient, found.culprit) == ("unconnected", 0.0, None)


def test_a_detached_copy():
    w = Value(1.25, "w")
    loss = (w.detach() * 3 + 1) ** 2
    found = why(w, loss, names={"loss": loss})
    assert lines(found)[:2] == [
        "loss was not computed from w, so the gradient is 0.",
        "Perhaps a detached copy of w is used: w (2) = 1.25 was cut off by detach() or no_grad().",
    ]
    assert found.culprit.label == "w" and found.culprit is not w
    with detect_anomaly(check=False):
        copy = w.detach()
        copy.label, copy.data = "", 7.0
        other = copy * 3
    assert (
        f"A detached copy of w is used: v1 = 7 was cut off by detach() or no_grad() ({copy.line}"
        in (why(w, other).text)
    )
    assert "Perhaps a detached copy of this value is used" in why(Value(1.25), loss).text
    other = Value(2.0, "w").detach() * 3
    assert "Another Value labelled w is used: w (2) = 2." in lines(why(w, other))


def test_what_was_cut_off_further_up_is_traced_with_its_line():
    w = Value(1.25, "w")
    with detect_anomaly(check=False):
        h = (w * 2).detach()
        loss = h * 3
    found = why(w, loss, names=locals())
    assert lines(found)[1] == (
        f"What was computed from w was detached: h = 2.5 was cut off by detach() or no_grad() "
        f"({h.line})."
    )
    assert found.culprit is h and found.line == h.line


def test_no_grad():
    w = Value(1.25, "w")
    with no_grad():
        h = w * 3
    loss = h * Value(2.0, "k")
    found = why(w, loss, names=locals())
    assert lines(found)[1] == (
        "Cut off by detach() or no_grad() are h = 3.75: perhaps w lies there."
    )
    assert found.culprit is h


def test_a_new_value_in_the_place_of_the_parameter():
    w = Value(0.7, "w")
    loss = w**2
    new = w - 0.1 * 1.4
    assert lines(why(new, loss, names=locals())) == [
        "loss was not computed from new, so the gradient is 0.",
        "It depends on w, from which new was computed: a new Value, made later or beside it.",
        "Change a parameter in place, as in `w.data -= rate * w.grad`.",
    ]


def test_a_bare_number_and_a_namesake():
    w, k = Value(1.25, "w"), Value(2.0, "k")
    loss = k * w.data
    assert lines(why(w, loss))[1] == (
        "A constant 1.25, its number, is used: perhaps w.data was written."
    )
    assert lines(why(Value(5.0, "k"), loss))[1] == "Another Value labelled k is used: k (2) = 2."
    assert "It is not among the nodes" in why(Value(2.0, "other"), k * 2.0).text


def test_no_result_is_alive():
    w = Value(2.0, "w")
    y = w * 3
    y.backward()
    del y
    assert lines(why(w)) == [
        "No result that is still alive depends on w.",
        "But its .grad is 3, so a result that is gone did depend on it.",
        "If the result has been deleted, compute it again and pass it: why(value, root=loss).",
    ]
    w.grad = Fraction(1, 4)
    assert lines(why(w))[1].startswith("But its .grad is 0.25, so")
    w.grad = 0.0
    assert lines(why(w))[1] == (
        "It is on no path to a root: never used, used inside no_grad(), or after detach()."
    )
    assert why(Value(1.0)).text.startswith("No result that is still alive depends on this value.")


def test_of_several_roots_that_with_a_gradient_is_meant():
    w = Value(2.0, "w")
    loss, other = w * 3, w * 5
    with pytest.raises(
        ValueError, match=r"2 results that are alive .* loss = 6, a result of [*] ="
    ):
        why(w, names={"loss": loss})
    assert why(w, loss).gradient == 3.0 and why(w, other).gradient == 5.0
    loss.backward()
    assert why(w).gradient == 3.0
    other.backward()
    with pytest.raises(ValueError, match="pass the one that is meant, as in why"):
        why(w)


def test_several_roots_that_agree():
    w = Value(-2.0, "w")
    h = w.relu()
    roots = [h * i for i in range(1, 4)]
    assert "All 3 results alive that depend on it give this gradient." in lines(why(w))
    roots += [h * i for i in range(4, 10)]
    with pytest.raises(ValueError, match=r"9 results that are alive .* and 6 more"):
        why(w)


def test_an_error_keeps_no_result_alive():
    w = Value(2.0, "w")
    a, b = w * 3, w * 5
    with pytest.raises(ValueError) as caught:
        why(w)
    del a
    assert why(w).gradient == 5.0 and "a result of * = 6" in str(caught.value)
    del b


def test_the_search_looks_at_values_only():
    class Odd:
        @property
        def __class__(self):
            raise RuntimeError("looked into")

    odd, w = Odd(), Value(2.0, "w")
    y = w * 3
    assert why(w).gradient == 3.0
    del odd, y


def test_a_root_reports_on_its_leaves():
    x, b = Value(3.0, "x"), Value(0.0, "b")
    y = x * b
    found = why(y, names={"y": y})
    assert lines(found)[:3] == [
        "y = 0 is finite, but not all gradients below it are ordinary: 1 zero, of 2 leaves.",
        "∂y/∂x = 0: multiplied by b = 0.",
        "y = x * b = 0 at x = 3, b = 0: ∂y/∂x = 0, so nothing of ∂y/∂y = 1 passes.",
    ]
    assert (found.kind, found.gradient, found.culprit) == ("zero", 1.0, y)
    assert why(y, y).text == why(y).text


def test_a_root_with_many_odd_leaves_names_some():
    dead = [Value(float(i), f"w{i}") for i in range(9)]
    z, ok = Value(0.0, "z"), Value(1.0, "ok")
    y = sum((w * 0 for w in dead), z.sqrt() + ok)
    found = why(y, names={"y": y})
    assert lines(found)[0] == (
        "y = 1 is finite, but not all gradients below it are ordinary: 1 infinite, 9 zero, of 11 "
        "leaves."
    )
    assert lines(found)[1] == "∂y/∂z = inf: the derivative of sqrt at 0 is infinite."
    assert lines(found)[2].startswith("Zero for w0, w1, w2 and 6 more. ∂y/∂w0 = 0: multiplied by 0")
    assert found.kind == "infinite" and found.reasons[1] == "multiplied by 0"


def test_a_root_whose_gradients_are_ordinary():
    x, w = Value(3.0, "x"), Value(2.0, "w")
    y = x * w + 1
    assert lines(why(y, names={"y": y})) == [
        "∂y/∂y = 1: it is the root itself.",
        "The gradients of the 2 leaves below it lie between 2 and 3 in size.",
    ]
    assert lines(why(x, x))[1] == "It depends on no leaf that has a gradient."


def test_a_root_that_is_not_finite():
    x = Value(-1.0, "x")
    with detect_anomaly(check=False):
        h = x.log()
    y = h * 2 + 1
    found = why(y, names=locals())
    assert lines(found)[:2] == [
        "y = nan: log of a negative number.",
        f"It begins at h = log(x) = nan at x = -1 ({h.line}); 3 of the 6 values in the graph are "
        "not finite.",
    ]
    assert (found.kind, found.culprit, found.line) == ("nan", h, h.line)


def test_inf_minus_inf_in_the_data():
    x = Value(1e200, "x")
    a = x * x
    y = a - a
    assert lines(why(y, names=locals()))[:3] == [
        "y = nan: inf - inf.",
        "It begins at y = a - a = nan at a = inf; 2 of the 3 values in the graph are not finite.",
        "a is infinite since a = x * x = inf at x = 1e+200.",
    ]
    assert "A factor of 0 does not hide an inf" in why(a * 0).text


def test_leaves_that_changed_since_are_pointed_out():
    x, w = Value(0.0, "x"), Value(3.0, "w")
    y = x * w
    x.data = 5.0
    found = why(w, y)
    assert lines(found)[0] == "∂v1/∂w = 0: the local derivative of * is 0 at this point."
    assert "Leaves have changed since this graph was recorded" in found.text


def test_exact_graphs_are_explained_in_floats():
    x = Value(Fraction(1, 3), "x")
    y = x * 3
    y.backward()
    assert why(x, y).gradient == 3.0 and ".grad" not in why(x, y).text
    z = x * Fraction(0)
    assert first(x, z) == "∂v1/∂x = 0: multiplied by 0."


def test_the_graph_is_left_alone():
    x = Value(-1.0, "x")
    y = x.relu() * 2
    y.backward()
    before = [(node.data, node.grad, node.label) for node in (x, y.parents[0], y)]
    why(x), why(y), why(x, Value(1.0))
    assert before == [(node.data, node.grad, node.label) for node in (x, y.parents[0], y)]
    gc.disable()
    try:
        why(x)
        left = sum(type(o) is Value for o in gc.get_objects())
        why(x)
        assert sum(type(o) is Value for o in gc.get_objects()) == left
    finally:
        gc.enable()


def test_gradients_are_those_of_backward():
    rng = Random(1)
    for _ in range(30):
        xs = [rng.uniform(-1, 1) for _ in range(3)]
        program = RandomProgram(rng, [xs])
        values = [Value(x, f"x{i}") for i, x in enumerate(xs)]
        root = program(values)
        root.backward()
        for x in values:
            found = why(x, root)
            assert found.gradient == x.grad and "Its .grad" not in found.text


SPECIAL = [0.0, -0.0, 1.0, -1.0, 1e-310, -1e300, math.inf, -math.inf, math.nan, 0.5, -3.0, 800.0]


def test_every_row_at_special_values_has_an_answer():
    rng = Random(2)
    arity = {"logsumexp": 3, "dot": 4, "leaky_relu": 2, "maximum": 2, "minimum": 2, "greater": 2}
    arity |= dict.fromkeys(["+", "-", "*", "/", "**", "pow"], 2)
    for _ in range(300):
        pool = [Value(rng.choice(SPECIAL), f"x{i}") for i in range(3)]
        for _ in range(rng.randint(1, 10)):
            op = rng.choice(list(TABLE))
            pool.append(TABLE[op](*(rng.choice(pool) for _ in range(arity.get(op, 1)))))
        pool[-1].backward()
        for value in pool:
            found = why(value, pool[-1])
            assert len(lines(found)) <= 8
            assert (found.culprit is None) <= (found.kind in ("ordinary", "unconnected"))
            if value is not pool[-1]:
                assert "times this gradient" not in found.text


def test_a_deep_graph_needs_no_recursion():
    x = Value(-1.0, "x")
    y = x.relu()
    for _ in range(100_000):
        y = y * 1.0
    assert first(x, y=y) == "∂y/∂x = 0: relu is off."
    z = Value(1.0, "z")
    y = z
    for _ in range(100_000):
        y = y * 0.999
    assert "a product of 100000 factors below 1, 0.999 each in the geometric mean" in first(z, y)
    del y
    gc.collect()


def test_a_wide_graph_takes_linear_time():
    x = Value(1.0, "x")
    y = autograd.dot([x] * 50_000, [Value(0.0) for _ in range(50_000)])
    found = why(x, y)
    assert lines(found)[2] == "It is the first of 50000 places: multiplied by 0 (50000)."


def test_names_are_text():
    x = Value(-1.0, "two\nlines")
    y = x.relu()
    assert first(x, y) == "∂v1/∂two␊lines = 0: relu is off."


def test_what_is_not_a_value_is_refused():
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"`why` explains the gradient of one Value.*got 3.0"):
        why(3.0)
    with pytest.raises(TypeError, match="pass the Value at the root"):
        why(x, [x * 2])
    with pytest.raises(TypeError, match="`names` must be a mapping"):
        why(x, x * 2, names=["x"])


def test_inf_over_inf_in_the_data():
    a, b = Value(1e300, "a"), Value(1e300, "b")
    y = (a * a) / (b * b)
    assert lines(why(y, names={"y": y}))[0] == "y = nan: inf / inf."


def test_one_factor_and_a_sum_overflow():
    x = Value(1e-10, "x")
    m = x * 1.7e308
    y = m + m
    assert lines(why(x, names={"m": m, "y": y}))[:2] == [
        "∂y/∂x = inf: overflow of one factor above 1, 1.70e+308.",
        "At m = x * 1.7e+308 = 1.7e+298 at x = 1e-10 upstream × local = 2 × 1.7e+308 is beyond "
        "the largest float, 1.8e+308.",
    ]


def test_sums_that_overflow_and_that_underflow():
    x = Value(1e-300, "x")
    first_sum = h = x * 2
    for _ in range(1023):
        h = h + h
    found = why(x, h, names={"y": h, "a": first_sum})
    assert lines(found)[0] == "∂y/∂x = inf: overflow, contributions over many ways add up."
    assert lines(found)[2] == (
        "The largest single way gives 2, but a is used 2 times, and 1022 more values on the way "
        "more than once."
    )
    h = x * 1e-20
    for _ in range(21):
        h = h * (1 + 2**-50) - h
    assert "= 0: underflow, contributions nearly cancel, 9.33263618503" in first(x, h)


def test_factors_and_sums_that_overflow_together():
    x = Value(1e-300, "x")
    h = x * 1e200
    y = h
    for _ in range(400):
        y = y + y
    assert first(x, y, h=h, y=y) == (
        "∂y/∂x = inf: overflow of one factor above 1, 1e+200, times 2.582e+120 from 2 uses of h "
        "and the sums at 399 more values."
    )


def test_the_mean_of_a_compiled_program():
    w = Value(0.0, "w")
    square = autograd.compile(lambda x: w * w * x, batch=True)
    mean = square.mean([1.0, 2.0])
    assert lines(why(w, mean, names={"mean": mean})) == [
        "∂mean/∂w = 0: the local derivative of the mean of a compiled program is 0 at this point.",
        "mean = program(w) = 0 at w = 0: ∂mean/∂w = 0, so nothing of ∂mean/∂mean = 1 passes.",
        "What it was computed from is inside the program: ask about the function itself, on one "
        "row, as in why(w, f(row)).",
    ]
    w.data = math.nan
    assert "nan: w itself is nan" in why(square.mean([1.0])).text
    w.data = 1.0
    assert "= inf: the mean of a compiled program gives inf." in first(square.mean([math.inf]))


def test_one_value_that_is_used_very_often():
    x = Value(1.0, "x")
    m = x * 900.0
    y = autograd.dot([m] * 2000, [1.0] * 2000)
    assert lines(why(x, names={"m": m, "y": y}))[:2] == [
        "∂y/∂x = 1.8e+06: contributions over many ways add up.",
        "The largest single way gives 900, but m is used 2000 times.",
    ]


def test_what_was_cut_off_from_another_value_is_not_called_a_copy():
    x, other, z = Value(2.0, "x"), Value(3.0, "other"), Value(1.5, "z")
    with detect_anomaly(check=False):  # notes from what it was cut off
        h = (other * 3).detach()
        y = h * z
    found = why(x, y, names={"h": h, "y": y})
    assert lines(found)[1] == (
        f"Cut off by detach() or no_grad() are h = 9 ({h.line}): perhaps x lies there."
    )
    assert "What was computed from other was detached" in why(other, y).text


def test_what_is_off_below_is_named_where_all_is_cut_above_too():
    x = Value(-1.0, "x")
    h = x.relu()
    y = h * Value(0.0, "a") + h * Value(0.0, "b")
    assert lines(why(x, names={"h": h, "y": y}))[:2] == [
        "∂y/∂x = 0: relu is off.",
        "h = relu(x) = 0 at x = -1: ∂h/∂x = 0, so nothing would pass, whatever came from above.",
    ]


def test_copies_of_a_detached_value_do_not_know_where_it_came_from():
    x = Value(2.0, label="x")
    with detect_anomaly(check=False):
        loss = (x * 2.0).detach() * Value(3.0, label="w")
    assert "What was computed from x was detached" in str(why(x, loss))
    assert "What was computed" not in str(why(x, copy.deepcopy(loss)))
