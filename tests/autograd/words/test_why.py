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
from autograd.lines import line_of
from autograd.words.why import NO_LINE, why


def lines(diagnosis):
    return str(diagnosis).splitlines()


def first(value, root=None, **names):
    return lines(why(value, root, names=names))[0]


def test_a_relu_that_is_off():
    x = Value(-1.5, "x")
    y = 2 * x.relu()
    found = why(x, y, names={"y": y})
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
    found = why(x, y)
    assert Path(found.line.rpartition(":")[0]).name == "test_why.py"
    assert found.line == line_of(found.culprit) and f"at x = -1.5 ({found.line}): " in found.text
    assert NO_LINE not in found.text


ZERO = [
    (lambda x: primitives.leaky_relu(-x, 0.0), 1.0, "leaky_relu is off, its slope is 0"),
    (
        lambda x: primitives.leaky_relu(3.0, x),
        1.0,
        "leaky_relu uses its slope below 0 only",
    ),
    (lambda x: autograd.maximum(x, Value(3.0, "y")), 1.0, "maximum chose the other input"),
    (lambda x: autograd.minimum(-2.0, x), 1.0, "minimum chose the other input"),
    (lambda x: primitives.greater(x, 0.0), 1.0, "greater is a step, flat on both sides"),
    (abs, 0.0, "abs has its kink at 0, where its derivative counts as 0"),
    (lambda x: x * Value(0.0, "y"), 1.0, "multiplied by 0"),
    (lambda x: x * 0, 1.0, "multiplied by 0"),
    (lambda x: x * x, 0.0, "multiplied by 0"),
    (lambda x: autograd.dot([x, 1.0], [Value(0.0, "y"), 2.0]), 1.0, "multiplied by 0"),
    (
        lambda x: x * Value(-1.0, "y").relu(),
        1.0,
        "multiplied by a relu that is off",
    ),
    (lambda x: x / math.inf, 1.0, "divided by infinity"),
    (lambda x: 0 / x, 1.0, "the numerator is 0"),
    (lambda x: x**0, 1.0, "anything to the power 0 is 1"),
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
    (Value.exp, -800.0, "exp of so negative a number is flat"),
    (Value.cos, 0.0, "cos is flat at this extremum"),
    (Value.sqrt, math.inf, "sqrt is flat at an infinite input"),
    (
        lambda x: autograd.logsumexp([x, 0.0]),
        -800.0,
        "too far below the largest input of logsumexp",
    ),
    (primitives.detach, 1.0, "cut off by detach() or no_grad()"),
    (Value.relu, math.nan, "an input of relu is nan"),
]


@pytest.mark.parametrize(("f", "at", "what"), ZERO, ids=[what for *_, what in ZERO])
def test_a_local_derivative_that_is_0(f, at, what):
    x = Value(at, "x")
    out = f(x)
    assert first(x, out, out=out) == f"∂out/∂x = 0: {what}."
    loss = out * 7
    found = why(x, loss)
    assert found.kind == "zero" and found.culprit is out and found.reasons == (what,)


def test_rows_of_the_users_own_get_the_generic_reason():
    def row(name, partial):
        return Primitive(name, lambda x: 1.0, lambda x: x, lambda out, x: (partial,))

    x = Value(-1.0, "x")
    assert first(x, row("own", 0.0)(x)) == (
        "∂v1/∂x = 0: the local derivative of own is 0 at this point."
    )
    assert "the local derivative of relu is 0 at this point" in first(x, row("relu", 0.0)(x))
    assert "the local derivative of own is inf" in first(x, row("own", math.inf)(x))
    assert "the local derivative of own is nan" in first(x, row("own", math.nan)(x))


def test_contributions_that_cancel():
    x = Value(2.0, "x")
    a, b = 3 * x, 3 * x
    y = a - b
    assert lines(why(x, y, names=locals()))[:2] == [
        "∂y/∂x = 0: contributions cancel, 3 + (-3) = 0.",
        "They come to x from a = 3 * x = 6 at x = 2 and b = 3 * x = 6 at x = 2.",
    ]


def test_a_product_that_underflows():
    x = Value(1.0, "x")
    y = x
    for _ in range(400):
        y = y * 0.1
    found = why(x, y, names={"y": y})
    assert lines(found)[:4] == [
        "∂y/∂x = 0: underflow, a product of 324 factors below 1, 0.1 each in the geometric mean.",
        "v77 = v76 * 0.1 = 1e-77 at v76 = 1e-76: upstream × local is 9.8813e-324 × 0.1 = 0.",
        "The smallest: a factor of 0.1. y = v399 * 0.1 = 0 at v399 = 0: ∂y/∂v399 = 0.1.",
        "Use relu or tanh, weights that keep the scale (xavier, he), or fewer layers.",
    ]
    assert found.kind == "zero" and f"{found.culprit.data:.6g}" == "1e-77"


def test_of_several_places_the_nearest_is_explained_and_the_others_are_counted():
    x = Value(1.0, "x")
    y = (x * 0 + (-x).relu()) + (x - 5).relu()
    found = why(x, y)
    assert lines(found)[0] == "∂v7/∂x = 0: multiplied by 0."
    assert lines(found)[2] == "It is one of 3 places: multiplied by 0 (1), relu is off (2)."
    assert found.reasons == ("multiplied by 0", "relu is off")


def test_sums_that_cancel_and_products_that_underflow_are_counted_too():
    x = Value(-1.0, "x")
    h = x * 2
    found = why(x, (h - h) + x * 0)
    assert found.reasons == ("multiplied by 0", "contributions cancel")
    assert why(x, x * 0 + x * 1e-200 * 1e-200).reasons[0].startswith("underflow, a product of 2")
    found = why(x, (x * 1e-200 * 1e-200) + x.relu())
    assert found.reasons[1] in ("underflow", "relu is off") and len(found.reasons) == 2


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
    assert first(x, z, z=z) == "∂z/∂x = 0: multiplied by 0."


def test_a_dead_neuron_is_found_at_the_neuron_itself():
    model = nn.MLP(2, [8, 8, 1], rng=Random(0))
    dead = model.layers[0].neurons[0]
    dead.bias.data = -50.0
    loss = sum(((model(x) - 1) ** 2 for x in ([0.5, 1.0], [-1.0, 0.3], [0.2, 0.8])), Value(0.0))
    names = {**dict(model.named_parameters()), "loss": loss}
    found = why(dead.weights[1], loss, names=names)
    assert lines(found)[0] == "∂loss/∂layers.0.neurons.0.weights.1 = 0: relu is off."
    assert "places: relu is off (" in lines(found)[2]
    assert found.culprit.op == "relu" and found.culprit.parents[0].data < -45
    report = why(loss, names=names)
    assert report.kind == "zero" and lines(report)[2].startswith("Of its 106 leaves ")
    assert len(lines(report)) <= 8


def test_0_times_inf():
    x = Value(0.0, "x")
    y = x.sqrt() * 0
    found = why(x, y)
    assert lines(found)[:3] == [
        "∂v2/∂x = nan: upstream × local is 0 × inf, the derivative of sqrt at 0 is inf.",
        "v1 = sqrt(x) = 0 at x = 0: upstream × local is 0 × inf = nan.",
        "A factor of 0 hides no infinity: let autograd.where choose the other branch.",
    ]
    assert found.kind == "nan" and math.isnan(found.gradient) and found.culprit is y.parents[0]


def test_where_keeps_the_branch_not_taken_out():
    x = Value(0.0, "x")
    y = autograd.where(x > 0, x.sqrt(), Value(0.0))
    assert lines(why(x, y, names={"y": y})) == [
        "y was not computed from x, so the gradient is 0.",
        "Of a `where` only the branch taken is in the graph: in the other 0 is right.",
    ]
    trap = primitives.greater(x, 0.0) * x.sqrt()  # the same by a factor of 0
    assert why(x, trap).kind == "nan"


def test_inf_times_0():
    x = Value(2.0, "x")
    y = (x * 0).log()
    found = why(x, y)
    assert lines(found)[:3] == [
        "∂v2/∂x = nan: upstream × local is inf × 0, log of 0.",
        "v1 = x * 0 = 0 at x = 2: upstream × local is inf × 0 = nan.",
        "v2 = log(v1) = -inf at v1 = 0: upstream × local is 1 × inf = inf.",
    ]
    assert found.culprit is y.parents[0]


def test_inf_minus_inf():
    x = Value(0.0, "x")
    y = x.sqrt() - x.sqrt()
    found = why(x, y)
    assert lines(found)[:3] == [
        "∂v3/∂x = nan: contributions have no sum, inf + (-inf): the derivative of sqrt at 0 "
        "is inf.",
        "They come to x from v1 = sqrt(x) = 0 at x = 0 and v2 = sqrt(x) = 0 at x = 0.",
        "v1 = sqrt(x) = 0 at x = 0: upstream × local is 1 × inf = inf.",
    ]
    assert found.culprit.op == "sqrt"


NOT_FINITE = [
    (Value.log, 0.0, "log of 0"),
    (Value.log, 1e-310, "the derivative of log at 1e-310 is inf"),
    (Value.log1p, -1.0, "log1p of -1"),
    (Value.sqrt, 0.0, "the derivative of sqrt at 0 is inf"),
    (Value.sqrt, -1.0, "sqrt of -1"),
    (lambda x: x**0.5, 0.0, "the derivative of x ** 0.5 at 0 is inf"),
    (lambda x: x**0.3, -8.0, "-8 to the power 0.3"),
    (lambda x: x**-2, 0.0, "0 to the power -2"),
    (lambda x: primitives.power(-8.0, x), 3.0, "its derivative holds the log of the base -8"),
    (lambda x: primitives.power(0.0, x), -1.0, "0 to the power -1"),
    (lambda x: 1 / x, 0.0, "1 / 0"),
    (lambda x: 0 / x, 0.0, "0 / 0"),
    (lambda x: 1e-309 / x, 1e-309, "divided by 1e-309"),
    (Value.exp, 1000.0, "exp of 1000 is beyond the largest float, 1.8e308"),
    (Value.arcsin, 1.0, "the derivative of arcsin at 1 is inf"),
    (Value.arcsin, 2.0, "arcsin of 2"),
    (Value.arccosh, 0.5, "arccosh of 0.5"),
    (Value.arctanh, 1.0, "arctanh of 1"),
    (lambda x: x**2, 1e200, "beyond the largest float, 1.8e308"),
    (lambda x: x * x, math.inf, "it begins with x = inf"),
    (lambda x: x * math.inf - 1, 2.0, "it begins with inf"),
    (lambda x: x * Value(1e300, "a").sin() * math.nan, 2.0, "it begins with nan"),
]


@pytest.mark.parametrize(("f", "at", "what"), NOT_FINITE, ids=[what for *_, what in NOT_FINITE])
def test_a_local_derivative_that_is_not_finite(f, at, what):
    x = Value(at, "x")
    y = f(x)
    if what == "beyond the largest float, 1.8e308":
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
        "∂y/∂x = inf: overflow, a product of 309 factors above 1, 10 each in the geometric mean."
    )
    z = x * 1e308 + x * 1e308
    assert first(x, z, z=z) == "∂z/∂x = inf: contributions overflow, 1e308 + 1e308."


def test_nan_in_the_data_below_is_traced_to_where_it_begins():
    x, w = Value(-1.0, "x"), Value(2.0, "w")
    y = (x.log() + 1) * w
    found = why(w, y, names={"y": y})
    assert lines(found)[:3] == [
        "∂y/∂w = nan: log of -1.",
        "y = v2 * w = nan at v2 = nan, w = 2: upstream × local is 1 × nan = nan.",
        "It begins at v1 = log(x) = nan at x = -1.",
    ]
    assert found.culprit.op == "log"
    # log'(-1) = -1: the gradient of x is a number all the same
    found = why(x, y, names={"y": y})
    assert lines(found)[0] == "∂y/∂x = -2: an ordinary gradient."
    assert "But y = nan: log of -1." in lines(found)


def test_a_parameter_that_is_nan():
    w = Value(math.nan, "w")
    loss = (w * 2 - 1) ** 2
    found = why(w, loss)
    assert lines(found)[0] == "∂v3/∂w = nan: it begins with w = nan."
    assert found.culprit is w and NO_LINE not in found.text


def test_a_chain_of_sigmoids_vanishes():
    x = Value(0.5, "x")
    y = x
    for _ in range(50):
        y = y.sigmoid()
    found = why(x, y, names={"y": y})
    assert lines(found)[:3] == [
        "∂y/∂x = 4.0404e-33: a product of 50 factors below 1, 0.225 each in the geometric mean.",
        "The smallest: a factor of 0.2247. y = sigmoid(v49) = 0.65905 at v49 = 0.65905: "
        "∂y/∂v49 = 0.2247.",
        "Use relu or tanh, weights that keep the scale (xavier, he), or fewer layers.",
    ]
    assert found.kind == "tiny" and found.culprit is y


def test_a_saturated_unit_is_named():
    x = Value(8.0, "x")
    h = (x.tanh() * 9).sigmoid()
    y = (h * 5).tanh()
    found = why(x, y, names=locals())
    assert lines(found)[:3] == [
        "∂y/∂x = 4.5438e-13: a product of 3 factors below 1, 2.16e-5 each in the geometric mean.",
        "The smallest: tanh is saturated. v1 = tanh(x) = 1.0000 at x = 8: ∂v1/∂x = 4.5014e-7.",
        "Scale the inputs, start with smaller weights or lower the learning rate.",
    ]
    z = Value(30.0, "z")
    assert first(z, z.tanh()) == "∂v1/∂z = 3.5026e-26: tanh is saturated."


def test_a_chain_that_explodes():
    x = Value(1.0, "x")
    y = x
    for _ in range(40):
        y = y * 3.5
    found = why(x, y, names={"y": y})
    assert lines(found)[0] == (
        "∂y/∂x = 5.7906e21: a product of 40 factors above 1, 3.5 each in the geometric mean."
    )
    assert found.kind == "enormous" and found.culprit is y and "clip the gradients" in found.text


def test_one_factor_dominates():
    x = Value(1e-7, "x")
    y = 3 * (1 / x)
    assert lines(why(x, y, names={"y": y}))[:3] == [
        "∂y/∂x = -3e14: a factor of -1e14.",
        "v1 = 1 / x = 10000000 at x = 1e-7: ∂v1/∂x = -1e14.",
        "Keep the divisor away from 0, as in x / (y + 1e-12), or take another branch there.",
    ]
    w = Value(1.0, "w")
    loss = (w - (1 - 1e-9)) ** 2
    found = why(w, loss, names={"loss": loss})
    assert lines(found)[0] == "∂loss/∂w = 2e-9: a factor of 2e-9."
    assert "Near the minimum of a square this is as it should be" in found.text


def test_sums_that_add_up_and_that_nearly_cancel():
    x = Value(1.0, "x")
    y = x
    for _ in range(40):
        y = y + y
    found = why(x, y, names={"y": y})
    assert lines(found)[:2] == [
        "∂y/∂x = 1.0995e12: a product of 40 factors above 1, 2 each in the geometric mean.",
        "The largest: contributions to v39 add up, 1 + 1. They come to v39 from y = v39 + v39 = "
        "1.0995e12 at v39 = 5.4976e11.",
    ]
    w = Value(1.0, "w")
    z = w * 1.0 - w * 0.99999999
    assert lines(why(w, z, names={"z": z}))[:3] == [
        "∂z/∂w = 1e-8: contributions to w nearly cancel, 1 + (-0.99999999).",
        "They come to w from v1 = w * 1 = 1 at w = 1 and v2 = w * 1.0000 = 1.0000 at w = 1.",
        "Is that meant? Terms such as x - x, or opposite errors of a batch, do so.",
    ]


def test_terms_that_cancel_have_all_their_digits():
    x = Value(1.0, "x")
    y = x * (2 / 3) - x * (1 / 3) - x * (1 / 3)
    assert first(x, y, y=y) == (
        "∂y/∂x = 0: contributions cancel, 0.6666666666666666 + "
        "(-0.3333333333333333) + (-0.3333333333333333) = 0."
    )
    z = x * 1e-320 - x * 1e300 + x * 1e300  # what is left is too small a share for a float
    assert first(x, z, z=z) == (
        "∂z/∂x = 9.9999e-321: contributions to x nearly cancel, 9.9999e-321 + (-1e300) + 1e300."
    )


def test_a_sum_may_be_the_largest_factor():
    w = Value(0.5, "w")
    loss = sum(((w * (200.0 + i % 50) - 1) ** 2 for i in range(1000)), Value(0.0))
    found = why(w, loss, names={"loss": loss})
    assert lines(found)[0] == (
        "∂loss/∂w = 50159500: a product of 3 factors above 1, 369 each in the geometric mean."
    )
    assert lines(found)[1].startswith(
        "The largest: contributions to w add up, 39600 + 39999 + 40400 + 40803 + …. They come to w"
    )
    assert " and 998 more." in lines(found)[1]
    assert "Scale the inputs" in found.text and "fewer layers" not in found.text


def test_one_factor_among_many_small_ones_is_no_deep_chain():
    x = Value(1.0, "x")
    y = x * 1e10
    for _ in range(12):
        y = y * 1.1
    found = why(x, y)
    assert found.reasons == ("a factor of 1e10",)
    assert "Scale the inputs" in found.text and "fewer layers" not in found.text


def test_few_factors_are_no_deep_chain():
    x = Value(1.0, "x")
    for factor in (1e4, 1e-4):
        y = x * factor * factor * factor
        found = why(x, y)
        assert "a product of 3 factors" in found.text and "Scale the inputs" in found.text
        assert "fewer layers" not in found.text


def test_an_ordinary_gradient():
    x, w = Value(3.0, "x"), Value(2.0, "w")
    y = x * w + w
    y.backward()
    found = why(w, y, names={"y": y})
    assert lines(found) == [
        "∂y/∂w = 4: an ordinary gradient.",
        "`explain` shows step by step how it comes about.",
    ]
    assert (found.kind, found.gradient, found.culprit) == ("ordinary", 4.0, None)


def test_a_grad_that_is_not_this_gradient():
    w = Value(2.0, "w")
    y = w * 3
    assert "Its .grad is 0: backward() has not been called on v1." in lines(why(w, y))
    y.backward()
    assert ".grad" not in why(w, y).text
    y.backward()
    added = "not this gradient: other passes add to it, or it was changed. Set it to 0 before each "
    added += "pass, as zero_grad() of a model or an optimiser does."
    assert f"Its .grad is 6, {added}" in lines(why(w, y))
    w.grad = 0.0
    assert f"Its .grad is 0, {added}" in lines(why(w, y))
    y.backward(10.0)
    assert ".grad" not in why(w, y).text
    w.grad = math.inf
    assert f"Its .grad is inf, {added}" in lines(why(w, y))
    w.grad = 5.0
    assert f"Its .grad is 5, {added}" in lines(why(w, w * 0))


def test_the_arguments_the_other_way_round():
    w = Value(2.0, "w")
    loss = (w * 3) ** 2
    with pytest.raises(ValueError, match=r"`root`, w = 2, is below `value`, L: .* why\(w, L\)$"):
        why(loss, w, names={"L": loss})
    with pytest.raises(ValueError, match=r"`value`, this value: .* write why\(v1, loss\)$"):
        why(loss, loss.parents[0])


def test_an_unused_parameter():
    w, loss = Value(1.0, "w"), Value(2.0) * 3
    found = why(w, loss, names=locals())
    assert lines(found) == [
        "loss was not computed from w, so the gradient is 0.",
        "It is not among the nodes of the graph.",
    ]
    assert (found.kind, found.gradient, found.culprit) == ("unconnected", 0.0, None)


def test_what_was_cut_off_is_listed():
    w = Value(1.25, "w")
    with no_grad():
        h = w * 3
    loss = h * Value(2.0, "k")
    found = why(w, loss, names=locals())
    assert lines(found) == [
        "loss was not computed from w, so the gradient is 0.",
        "Cut off by detach() or no_grad(), so that nothing before it is in the graph: h = 3.75.",
        "Use the Value itself, without detach(), no_grad() or .data, where its gradient matters.",
    ]
    assert found.culprit is h and found.kind == "unconnected"
    assert "so that nothing before it is in the graph: w (2) = 1.25" in (
        why(w, w.detach() * 3).text
    )
    assert lines(why(Value(1.0), loss))[0] == (
        "v2 was not computed from this value, so the gradient is 0."
    )


def test_where_it_was_noted_what_was_cut_off_is_traced_to_the_value():
    w, other = Value(1.25, "w"), Value(3.0, "other")
    with detect_anomaly(check=False):
        k = (other * 3).detach()
        h = (w * 2).detach()
        loss = k * h
    found = why(w, loss, names=locals())
    assert lines(found)[1] == (
        f"Computed from w, but cut off by detach() or no_grad(): h = 2.5 ({line_of(h)})."
    )
    assert found.culprit is h and found.line == line_of(h)
    assert "Computed from" not in why(w, copy.deepcopy(loss)).text  # a copy does not know it


def test_a_new_value_in_the_place_of_the_parameter():
    w = Value(0.7, "w")
    loss = w**2
    new = w - 0.1 * 1.4
    assert lines(why(new, loss, names=locals())) == [
        "loss was not computed from new, so the gradient is 0.",
        "It depends on w, from which new was computed: a new Value, made later or beside it.",
        "Change a parameter in place, as in `w.data -= rate * w.grad`.",
    ]


def test_the_answer_follows_from_the_arguments_alone():
    w = Value(2.0, "w")
    before = why(w)
    results = [w * 3, (w - 5).relu()]
    results[0].backward(0.0)
    assert lines(why(w)) == lines(before)
    assert lines(before) == [
        "w is the root itself, so its gradient is 1.",
        "For the gradient of a result by it, name it: why(w, root=result).",
    ]
    assert (before.kind, before.gradient, before.culprit) == ("ordinary", 1.0, None)
    assert first(Value(1.0)) == "v1 is the root itself, so its gradient is 1."


def test_a_root_reports_on_its_worst_leaves():
    x, b = Value(3.0, "x"), Value(0.0, "b")
    y = x * b
    found = why(y, names={"y": y})
    assert lines(found)[:5] == [
        "y is the root itself, so its gradient is 1.",
        "For the gradient of a result by it, name it: why(y, root=result).",
        "Of its 2 leaves 1 have a gradient that is zero: x.",
        "∂y/∂x = 0: multiplied by 0.",
        "y = x * b = 0 at x = 3, b = 0: ∂y/∂x = 0, so nothing of ∂y/∂y = 1 passes.",
    ]
    assert (found.kind, found.gradient, found.culprit) == ("zero", 1.0, y)
    assert why(y, y).text == why(y).text


def test_a_root_names_the_worst_kind_of_leaves():
    dead = [Value(float(i), f"w{i}") for i in range(9)]
    z, ok = Value(0.0, "z"), Value(1.0, "ok")
    y = sum((w * 0 for w in dead), ok + 0)
    assert lines(why(y))[2] == (
        "Of its 10 leaves 9 have a gradient that is zero: w0, w1, w2 and 6 more."
    )
    found = why(y + z.sqrt())
    assert lines(found)[2] == "Of its 11 leaves 1 have a gradient that is infinite: z."
    assert found.kind == "infinite" and found.culprit.op == "sqrt"


def test_a_root_whose_leaves_have_ordinary_gradients():
    x, w = Value(3.0, "x"), Value(2.0, "w")
    found = why(x * w + 1)
    assert found.kind == "ordinary" and len(lines(found)) == 2


def test_a_root_that_is_not_finite():
    x = Value(-1.0, "x")
    with detect_anomaly(check=False):
        h = x.log()
    y = h * 2 + 1
    found = why(y, names=locals())
    assert lines(found) == [
        "y = nan: log of -1.",
        f"It begins at h = log(x) = nan at x = -1 ({line_of(h)}).",
        "Keep it inside the domain, as by sqrt(x + 1e-12), or let autograd.where choose a branch.",
    ]
    assert (found.kind, found.culprit, found.line) == ("nan", h, line_of(h))


def test_results_that_have_no_number():
    x = Value(1e200, "x")
    a = x * x
    y = a - a
    assert lines(why(y, names=locals()))[:2] == [
        "y = nan: inf - inf.",
        "It begins at y = a - a = nan at a = inf.",
    ]
    assert "A factor of 0 hides no infinity" in why(a * 0).text
    assert first(a / a) == "v2 = nan: inf / inf."
    assert first(a.sin()) == "v2 = nan: sin of inf."


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
    why(x, y), why(y), why(x, Value(1.0))
    assert before == [(node.data, node.grad, node.label) for node in (x, y.parents[0], y)]


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
    arity = {"logsumexp": 3, "dot": 4, "select": 3, "take": 3}
    twos = ("leaky_relu", "maximum", "minimum", "greater", "+", "-", "*", "/", "**", "pow", "mod")
    twos += ("floor_divide", "arctan2", "hypot", "logaddexp")
    arity |= dict.fromkeys(twos, 2)
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


@pytest.mark.exhaustive
def test_a_deep_graph_needs_no_recursion():
    x = Value(-1.0, "x")
    y = x.relu()
    for _ in range(10_000):
        y = y * 1.0
    assert first(x, y, y=y) == "∂y/∂x = 0: relu is off."
    assert first(y) == "v10001 is the root itself, so its gradient is 1."
    z = Value(1.0, "z")
    y = z
    for _ in range(10_000):
        y = y * 0.99
    assert "a product of 10000 factors below 1, 0.99 each in the geometric mean" in first(z, y)
    del y
    gc.collect()


@pytest.mark.exhaustive
def test_a_wide_graph_takes_linear_time():
    x = Value(1.0, "x")
    y = autograd.dot([x] * 20_000, [Value(0.0) for _ in range(20_000)])
    found = why(x, y)
    assert lines(found)[2] == "It is one of 20000 places: multiplied by 0 (20000)."


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


def test_one_factor_that_overflows():
    x = Value(1e-10, "x")
    m = x * 1.7e308
    y = m + m
    assert lines(why(x, y, names={"m": m, "y": y}))[:2] == [
        "∂y/∂x = inf: overflow, a factor of 1.7e308.",
        "m = x * 1.7e308 = 1.7e298 at x = 1e-10: upstream × local is 2 × 1.7e308 = inf.",
    ]


def test_sums_that_overflow():
    x = Value(1e-300, "x")
    h = x * 2
    for _ in range(1023):
        h = h + h
    assert first(x, h, y=h) == (
        "∂y/∂x = inf: overflow, a product of 1024 factors above 1, 2 each in the geometric mean."
    )


def test_the_mean_of_a_compiled_program():
    w = Value(0.0, "w")
    square = autograd.compile(lambda x: w * w * x, batch=True)
    mean = square.mean([1.0, 2.0])
    assert lines(why(w, mean, names={"mean": mean})) == [
        "∂mean/∂w = 0: the local derivative of the mean of a compiled program is 0 at this point.",
        "mean = program(w) = 0 at w = 0: ∂mean/∂w = 0, so nothing of ∂mean/∂mean = 1 passes.",
        "Its operations are inside the program: ask about the function itself on one row, f(row).",
    ]
    w.data = math.nan
    assert "nan: it begins with w = nan" in why(square.mean([1.0])).text
    w.data = 1.0
    assert "= inf: the mean of a compiled program gives inf." in first(square.mean([math.inf]))


def test_one_value_that_is_used_very_often():
    x = Value(1.0, "x")
    m = x * 900.0
    y = autograd.dot([m] * 2000, [1.0] * 2000)
    assert lines(why(x, y, names={"m": m, "y": y}))[1] == (
        "The largest: contributions to m add up, 1 + 1 + 1 + 1 + …. They come to m from "
        "y = m * 1 + m * 1 + m * 1 + … = 1800000 at m = 900."
    )
