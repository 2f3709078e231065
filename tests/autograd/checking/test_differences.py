"""Differences: their steps, formulas and errors, and the verdicts that are drawn from them."""

import math
from itertools import islice, pairwise
from random import Random

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.checking.differences import (
    NOWHERE,
    UNSETTLED,
    WEIGHTS,
    Slope,
    best,
    differences,
    steps_at,
)
from autograd.checking.subject import EPSILON, gradient_rounding, paths_in, rounding
from autograd.checking.verdict import Tolerance, Verdict, examine, judge

EXACT = Tolerance(0.0, 0.0)
USUAL = Tolerance(1e-9, 1e-7)


def tries(f, x, eps=1e-3):
    """The steps and the slopes of a function with one output."""
    return [(h, slopes[0]) for h, slopes in differences(lambda x: [f(x)], x, [f(x)], eps)]


def all_slopes(f, x, rounding=0.0):
    """The best slopes: central, to the left, to the right."""
    tried = tries(f, x)
    return [
        best([(h, slopes[way]) for h, slopes in tried], weight * rounding)
        for way, weight in enumerate(WEIGHTS)
    ]


# Steps


@pytest.mark.parametrize("x", [1.0, -1.0, 0.3, 1000.0, -3e7])
def test_steps_are_powers_of_two_scaled_to_the_input(x):
    steps = list(steps_at(x, 1e-3))
    scale = max(1.0, abs(x))
    assert 0.5e-3 * scale < steps[0] <= 1e-3 * scale
    assert all(math.frexp(h)[0] == 0.5 for h in steps)
    assert all(b == a / 2 for a, b in pairwise(steps))
    assert x - steps[-1] < x < x + steps[-1]


def test_the_number_of_steps():
    assert len(list(steps_at(0.0, 1e-3))) == 44
    assert list(steps_at(0.0, 0.9))[:2] == [0.5, 0.25]
    assert list(steps_at(0.0, 1.9))[:2] == [1.0, 0.5]
    assert list(steps_at(0.0, 1e-3))[-1] == 2.0**-53
    assert list(steps_at(1.0, 1e-3))[-1] == 2.0**-52
    assert list(steps_at(1024.0, 1e-3))[-1] == 2.0**-42


def test_a_small_input_has_steps_on_its_own_scale_too():
    assert list(steps_at(2.0**-12, 1e-3))[-1] == 2.0**-64
    assert list(steps_at(-(2.0**-1000), 1e-3))[-1] == 2.0**-1052
    assert list(steps_at(5e-324, 1e-3))[-1] == 5e-324


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
def test_there_are_no_steps_at_what_is_not_finite(x):
    assert list(steps_at(x, 1e-3)) == []


# Formulas


def test_the_central_slope_is_exact_for_a_polynomial_of_degree_four():
    h, (central, _, _) = tries(lambda x: 1 + x * (2 + x * (3 + x * (4 + x * 5))), 1.0, eps=0.5)[0]
    assert h == 0.5
    assert central == pytest.approx(2 + 6 + 12 + 20, rel=1e-15)


def test_one_sided_slopes_are_exact_for_a_polynomial_of_degree_two_on_each_side():
    _, slopes = tries(lambda x: 3 * x * x + (2 * x if x > 0 else -7 * x), 0.0)[0]
    assert slopes == [-2.5, -7.0, 2.0]


def test_every_output_has_slopes_of_its_own():
    _, slopes = next(differences(lambda x: [x, 5.0, x * x], 3.0, [3.0, 5.0, 9.0], 1e-3))
    assert slopes == [[1.0] * 3, [0.0] * 3, [6.0] * 3]


def test_a_point_is_evaluated_once():
    seen = []
    tried = list(islice(differences(lambda x: [seen.append(x) or x], 1.0, [1.0], 1e-3), 3))
    h = tried[0][0]
    assert sorted(seen) == sorted(
        1.0 + sign * s for sign in (1, -1) for s in (2 * h, h, h / 2, h / 4)
    )


def test_where_the_function_raises_it_is_not_defined():
    def f(x):
        if x < 1.0:
            raise ZeroDivisionError
        return [x, 2 * x] if x < 1.0005 else [x]

    (_, first), _, (_, third) = islice(differences(f, 1.0, [1.0, 2.0], 1e-3), 3)
    assert math.isnan(first[0][1]) and math.isnan(first[1][2])
    assert [right for _, _, right in third] == [1.0, 2.0] and math.isnan(third[1][0])


def test_rounding_is_weighted_as_the_formulas_weight_the_points():
    assert WEIGHTS == ((1 + 8 + 8 + 1) / 12, (3 + 4 + 1) / 2, (3 + 4 + 1) / 2)


# The slope with the least error


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (math.exp, 1.0, math.e),
        (math.sin, 2.0, math.cos(2.0)),
        (math.tanh, -0.5, 1 - math.tanh(0.5) ** 2),
        (lambda x: math.sin(1e5 * x), 0.3, 1e5 * math.cos(3e4)),
        (lambda x: 1 / x, 1e-7, -1e14),
        (lambda x: x**3, 1e5, 3e10),
        (lambda x: 7.0, 1.0, 0.0),
        (lambda x: x * abs(x), 0.0, 0.0),
    ],
)
def test_the_error_of_a_slope_is_a_bound_and_a_small_one(f, x, slope):
    for found in all_slopes(f, x, EPSILON * abs(f(x))):
        assert abs(found.value - slope) <= found.error
        assert found.error <= 1e-6 * max(abs(slope), 1.0)


def test_the_error_holds_where_slopes_converge_slowly():
    for power in (1.5, 1.75, 2.5):
        _, _, right = all_slopes(lambda x, power=power: abs(x) ** power, 0.0)
        assert abs(right.value) <= right.error


def test_a_slope_at_a_kink_is_that_of_each_side():
    central, left, right = all_slopes(lambda x: math.exp(abs(x)), 0.0, EPSILON)
    assert left.value == pytest.approx(-1.0, abs=1e-7)
    assert right.value == pytest.approx(1.0, abs=1e-7)
    assert central.value == pytest.approx(0.0, abs=1e-9)


def test_at_a_jump_one_side_does_not_settle():
    for jump in (1.0, -1.0, 1e-6):
        central, left, right = all_slopes(lambda x, jump=jump: jump + x if x > 0 else x, 0.0)
        assert left.value == 1.0 and (central, right) == (UNSETTLED, UNSETTLED)


def test_a_vertical_tangent_has_a_large_error_and_a_steep_one_has_not():
    slope = all_slopes(lambda x: math.copysign(abs(x) ** (1 / 3), x), 0.0)[0]
    assert slope.error > 0.1 * slope.value > 1e6
    assert all_slopes(lambda x: math.tanh(1e10 * x), 0.0)[0].value == pytest.approx(1e10, rel=1e-6)


def test_what_does_not_settle_says_so():
    rng = Random(0)
    assert all_slopes(lambda x: rng.random(), 1.0)[0] == UNSETTLED == Slope(math.inf, math.inf)
    assert all_slopes(lambda x: math.sin(x), 1e60)[0] == UNSETTLED


def test_each_side_settles_by_itself_and_the_middle_where_both_do():
    def restless(x):
        return (-1.0) ** math.frexp(x)[1] if x > 0.0 else 0.0

    central, left, right = all_slopes(restless, 0.0)
    assert (central, left.value, right) == (UNSETTLED, 0.0, UNSETTLED)
    central, left, right = all_slopes(lambda x: restless(-x), 0.0)
    assert (central, left, right.value) == (UNSETTLED, UNSETTLED, 0.0)


def halved(*slopes):
    """The slopes at steps of 1, 1/2, 1/4 and so on."""
    return [(2.0**-i, slope) for i, slope in enumerate(slopes)]


def test_best_needs_five_finite_slopes():
    assert best(halved(*[0.0] * 5, math.nan), 0.0).value == 0.0
    assert best(halved(math.nan, 0.0, 0.0, 0.0, 0.0, math.inf), 0.0) is NOWHERE
    assert best([], 0.0) is NOWHERE
    assert math.isnan(NOWHERE.value) and NOWHERE.error == math.inf


def test_best_takes_the_step_where_the_error_is_least():
    slopes = halved(5.0, 4.0, 3.5, 3.25, *[3.25] * 9)
    assert best(slopes, 0.0) == (3.25, 0.0)
    # twice the rounding over the step, at the first of those that agree
    assert best(slopes, 2.0**-15) == (3.25, 2.0**-14 * 8)


def test_rounding_is_seen_from_the_scatter_of_the_finest_slopes():
    slopes = halved(*[1.0] * 12, 1.0, 1.5, 1.0, 1.0, 1.0)
    # a change of 0.5 at a step of 2^-13, twice, over a step of 1
    assert best(slopes, 0.0) == (1.0, 2.0**-13)
    assert best(halved(*[1.0] * 12, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 0.0) == (1.0, 0.0)


def test_a_coarse_slope_that_finer_ones_contradict_is_out_of_question():
    slopes = halved(*[1.0] * 5, *[6.0] * 9)
    assert best(slopes, 0.0) == (6.0, 0.0)
    # the sixth is known to 2^-7 * 2^5; the first is contradicted by 5 - 2^-7 * 2^5
    assert best(slopes, 2.0**-8) == (6.0, 0.25)
    assert best(slopes, 2.0**-4) == (1.0, 0.125 + 5.0 - 0.125 * 2.0**5)
    assert best(slopes, 1.0) == (1.0, 2.0)


def test_the_change_to_the_next_slope_counts_four_times():
    slopes = halved(1.0, 2.0, *[2.25] * 8)
    assert best(slopes, 1.0) == (2.0, 4.0 + 4.0 * 0.25)
    assert best(slopes, 0.125) == (2.25, 1.0)


def test_an_output_that_moves_no_more_has_been_rounded():
    slopes = halved(*[1.0] * 8, 1.25, 0.75, *[0.0] * 20)
    chosen = best(slopes, 0.0)
    assert (chosen.value, chosen.error) == (1.0, 2.0**-9)
    assert best(halved(*[0.0] * 20), 0.0) == (0.0, 0.0)
    # five slopes at least remain
    assert best(halved(1.0, *[0.0] * 20), 0.0).error > 0.1


# Rounding


def test_rounding_is_one_unit_in_the_last_place_of_each_operation():
    x, y = Value(3.0), Value(4.0)
    assert rounding(x) == 0.0
    assert rounding(x + y) == EPSILON * 7.0
    assert rounding((x + y) * -2.0) == EPSILON * (14.0 + 2.0 * 7.0)
    assert rounding((1e8 + x) - 1e8) == EPSILON * (3.0 + (1e8 + 3.0))
    q = x * y
    assert rounding(q + q) == EPSILON * (24.0 + 2.0 * 12.0)
    assert rounding(-1.0 * q - q) == EPSILON * (24.0 + 12.0 + 2.0 * 12.0)
    assert EPSILON == 2.0**-52


def test_rounding_is_passed_on_where_a_partial_is_0():
    big = Value(1e6) * 1.0
    node = big + 3.0
    node.fill(node.primitive, node.parents, node.data, (0.0, 0.0))
    assert rounding(node) == EPSILON * ((1e6 + 3.0) + (1e6 + 3.0))
    assert rounding((big * 0.0) * big) == 0.0 + EPSILON * 0.0
    zero = Value(2.0) * 0.0
    node = zero + 1.0
    node.fill(node.primitive, node.parents, node.data, (0.0, 0.0))
    assert rounding(node) == EPSILON


def test_rounding_is_finite():
    x = Value(0.0)
    assert rounding((1.0 + x) * (x**-0.5)) >= 0.0
    assert math.isfinite(rounding((x**-0.5 + 1.0) * x + 1.0))


def test_the_rounding_of_a_derivative_holds_that_of_the_values_in_it():
    x = Value(3.0)
    assert gradient_rounding(x, x) == gradient_rounding(Value(1.0), x + x) == 0.0
    assert gradient_rounding(x, x + x) == EPSILON * 2.0  # products by 1 are not computed
    shifted = 1e8 + x
    # the partials 1 × shifted, twice; each is off by its product, and by the rounding of 1e8 + x
    part = 1e8 + 3.0
    assert gradient_rounding(shifted, shifted * shifted) == EPSILON * (6 * part)


def test_recorded_partials_stand_for_a_row_that_knows_no_others():
    w = Value(0.5)
    mean = autograd.compile(lambda v: autograd.tanh(w * v), batch=True).mean([1.0, 2.0])
    (slope,) = mean.partials
    assert gradient_rounding(w, mean) == EPSILON * abs(slope)


def test_the_rounding_of_a_derivative_is_found_in_every_block():
    x, zero = Value(3.0), Value(0.0)
    square, root = x * x, zero.sqrt()
    bound = gradient_rounding(x, square)
    with autograd.no_grad(), autograd.detect_anomaly():
        assert gradient_rounding(x, square) == bound == EPSILON * (3.0 + 3.0 + 6.0)
        assert gradient_rounding(zero, root) == 0.0  # of inf, which is not finite anyway


def test_scalars_in_arrays_have_paths_of_their_own():
    nest = {"a": np.array([[1.0, 2.0]]), "b": (np.array(3.0), [4.0])}
    assert list(paths_in(nest, "w")) == [
        *("w['a'][0][0]", "w['a'][0][1]"),
        *("w['b'][0]", "w['b'][1][0]"),
    ]


# Verdicts


def test_a_tolerance_is_joint():
    tolerance = Tolerance(0.5, 0.25)
    assert tolerance.at(4.0, -8.0) == 2.5
    assert tolerance.agree(8.0, 5.5) and not tolerance.agree(8.0, 5.25)
    assert tolerance.agree(5.5, 8.0) and tolerance.agree(-5.5, -8.0)
    assert not tolerance.agree(8.0, math.inf) and not tolerance.agree(math.inf, 8.0)
    assert not tolerance.agree(math.inf, math.inf) and not tolerance.agree(math.nan, 0.0)


def verdict(analytic, central, left=None, right=None, tolerance=EXACT):
    return judge(analytic, central, left or central, right or central, tolerance=tolerance)


def test_right_wrong_and_what_lies_between():
    exact = Slope(2.0, 0.0)
    assert verdict(2.0, exact) == Verdict(2.0, "right")
    assert verdict(2.0 + 1e-9, exact) == Verdict(2.0, "wrong")
    assert verdict(2.5, exact, tolerance=Tolerance(0.5, 0.0)) == Verdict(2.0, "right")
    assert verdict(2.5, exact, tolerance=Tolerance(0.25, 0.0)) == Verdict(2.0, "wrong")
    assert verdict(2.5, exact, tolerance=Tolerance(0.25, 0.1)) == Verdict(2.0, "right")
    fine, coarse = Slope(2.0, 2e-4), Slope(2.0, 2.1e-4)
    note = "the differences are only known to ±2.{}e-04"
    assert verdict(2.0 + 1e-4, fine) == Verdict(2.0, "right", note.format(0))
    assert verdict(2.0 + 1e-4, coarse) == Verdict(2.0, "uncertain", note.format(1))
    assert verdict(2.0 + 3e-4, coarse) == Verdict(2.0, "wrong")
    assert verdict(2.0, coarse) == Verdict(2.0, "right")
    assert verdict(2.5, Slope(2.0, 0.5)).word == "uncertain"
    # who does not know the derivative itself convicts nobody
    assert verdict(4.0, Slope(2.0, 0.125)).word == verdict(2.0, Slope(4.0, 0.125)).word == "wrong"
    assert verdict(4.0, Slope(2.0, 0.126)).word == "uncertain"
    for analytic, numeric in ((2.0001, 2.0), (2.0, 2.0001)):  # the larger of the two counts
        assert verdict(analytic, Slope(numeric, 2.00005e-4)).word == "right"


def test_an_error_within_the_absolute_tolerance_is_small():
    slope, tolerance = Slope(0.0, 1e-9), Tolerance(1e-9, 0.0)
    assert verdict(1.5e-9, slope, tolerance=tolerance).word == "right"
    assert verdict(2.1e-9, slope, tolerance=tolerance).word == "wrong"
    assert verdict(1.5e-9, Slope(0.0, 1.1e-9), tolerance=tolerance).word == "uncertain"


def test_two_sides_that_are_known_better_than_the_middle_decide():
    middle, left, right = Slope(2e-8, 5e-8), Slope(2.0**-30, 2e-9), Slope(2.0**-31, 1e-9)
    tolerance = Tolerance(1e-9, 0.0)
    assert verdict(0.0, middle, left, right, tolerance) == Verdict(1.5 * 2.0**-31, "right")
    assert verdict(1e-7, middle, left, right, tolerance).word == "wrong"
    assert verdict(3e-9, middle, left, right, tolerance).note.endswith("±2.0e-09")
    fine = Slope(2e-8, 1e-9)
    assert verdict(0.0, fine, left, right, tolerance) == Verdict(2e-8, "wrong")
    for lost in (NOWHERE, UNSETTLED):
        assert verdict(0.0, lost, left, right, tolerance).word == "right"


def test_kinks():
    left, right = Slope(-1.0, 0.0), Slope(1.0, 0.0)
    note = "a kink: slope -1 to the left, 1 to the right"
    for analytic, expected in ((-1.0, "kink"), (1.0, "kink"), (0.3, "kink"), (1.1, "wrong")):
        found = verdict(analytic, Slope(0.0, 0.0), left, right)
        assert found == Verdict(0.0, expected, note)
    assert verdict(-1.1, Slope(0.0, 0.0), left, right).word == "wrong"
    assert verdict(0.0, Slope(0.0, 0.0), right, left).note == (
        "a kink: slope 1 to the left, -1 to the right"
    )
    assert verdict(1.1, Slope(0.0, 0.0), left, Slope(1.0, 0.125)).word == "kink"
    assert verdict(1.1, Slope(0.0, 0.0), Slope(-1.0, 0.125), right).word == "kink"
    assert verdict(1.1, Slope(0.0, 0.0), left, right, Tolerance(0.0, 0.11)).word == "kink"
    zero = Slope(-0.0, 0.0)
    assert "slope 0 to the left, 1 to" in verdict(0.0, zero, zero, right).note
    assert "slope 1 to the left, 0 to" in verdict(0.0, zero, right, zero).note
    assert verdict(2.0, zero, Slope(1.0, 0.0), Slope(2.0, 0.0)).numeric == 1.5
    small = Slope(0.125, 0.0), Slope(0.25, 0.0)
    assert verdict(0.125, small[0], *small, Tolerance(0.0, 0.25)).word == "kink"


def test_slopes_of_two_sides_that_agree_within_their_errors_are_no_kink():
    central = Slope(1.0, 0.0)
    for left, right in (
        (Slope(1.0, 0.5), Slope(2.0, 0.5)),
        (Slope(1.0, 1.0), Slope(2.0, 0.0)),
        (Slope(1.0, 0.0), Slope(2.0, 1.0)),
    ):
        assert verdict(1.0, central, left, right) == Verdict(1.0, "right")
        assert verdict(1.0, central, right, left) == Verdict(1.0, "right")
    found = verdict(1.0, central, Slope(1.0, 0.25), Slope(2.0, 0.5))
    assert found.word == "kink"
    for tolerance in (Tolerance(1.0, 0.0), Tolerance(0.0, 0.5)):
        assert verdict(1.0, central, Slope(1.0, 0.0), Slope(2.0, 0.0), tolerance).note == ""


def test_beside_a_jump_the_other_side_decides():
    one = Slope(1.0, 0.0)
    note = "f jumps, or is too rough, to the {}"
    assert verdict(1.0, UNSETTLED, one, UNSETTLED) == (1.0, "kink", note.format("right"))
    assert verdict(1.0, UNSETTLED, UNSETTLED, one) == (1.0, "kink", note.format("left"))
    assert verdict(7.0, UNSETTLED, one, UNSETTLED).word == "wrong"
    assert verdict(0.9, UNSETTLED, one, UNSETTLED).word == "wrong"
    rough = verdict(0.9, UNSETTLED)
    assert math.isnan(rough.numeric)
    assert rough[1:] == ("uncertain", "f jumps, or is too rough, around this point")


def test_at_a_border_one_side_decides():
    slope = Slope(2.0, 0.0)
    assert verdict(2.0, NOWHERE, NOWHERE, slope) == (2.0, "right", "f is not finite to the left")
    assert verdict(3.0, NOWHERE, slope, NOWHERE) == (2.0, "wrong", "f is not finite to the right")
    found = verdict(2.0 + 1e-4, NOWHERE, NOWHERE, Slope(2.0, 2e-4))
    assert found.note == "f is not finite to the left; the differences are only known to ±2.0e-04"
    found = verdict(2.0, NOWHERE)
    assert math.isnan(found.numeric)
    assert found[1:] == ("uncertain", "f is not finite around this point")


def test_a_gradient_that_is_not_finite():
    note = "the gradient is nan"
    slope = Slope(2.0, 0.0)
    assert verdict(math.nan, slope) == Verdict(2.0, "not finite", note)
    assert verdict(math.nan, NOWHERE, UNSETTLED, slope) == Verdict(2.0, "not finite", note)
    assert verdict(math.nan, NOWHERE, slope, NOWHERE) == Verdict(2.0, "not finite", note)
    found = verdict(-math.inf, NOWHERE)
    assert (math.isnan(found.numeric), found.note) == (True, "the gradient is -inf")


def doubted(analytic, doubt, f=lambda x: 2.0 * x, tolerance=EXACT):
    """The verdicts where the derivatives themselves are rounded by `doubt`."""
    return examine(tries(f, 0.0), analytic, 0.0, tolerance, lambda: doubt)


def test_what_rounding_of_the_derivative_explains_is_not_wrong():
    known = (
        "the gradient itself is only known to ±5.0e-01: large numbers cancel in it; rewrite f, "
        "with log1p or expm1 for example"
    )
    assert doubted([2.5], 0.5) == [Verdict(2.0, "uncertain", known)]
    assert doubted([2.5, 2.0, 3.0], 0.5) == [
        Verdict(2.0, "uncertain", known),
        Verdict(2.0, "right"),
        Verdict(2.0, "wrong"),
    ]
    assert doubted([2.5], 0.25) == doubted([2.5], 0.0) == [Verdict(2.0, "wrong")]
    assert doubted([math.inf], 0.5)[0].word == "not finite"
    # what is tolerated anyway comes on top
    assert doubted([3.0], 0.5, tolerance=Tolerance(0.5, 0.0))[0].word == "uncertain"
    assert doubted([3.1], 0.5, tolerance=Tolerance(0.5, 0.0))[0].word == "wrong"
    assert [v.word for v in doubted([-1.5, 1.5, 0.5], 1.5, abs)] == ["uncertain"] * 2 + ["kink"]
    assert doubted([2.5], 1.5, abs)[0].word == "wrong"


# How many steps it takes


def count_steps(f, x, *analytic, rounding=0.0, tolerance=USUAL):
    taken = []
    steps = (taken.append(h) or (h, slopes) for h, slopes in tries(f, x))
    verdicts = examine(steps, list(analytic), rounding, tolerance)
    return len(taken), [verdict.word for verdict in verdicts]


def test_two_steps_are_enough_where_they_agree():
    assert count_steps(math.exp, 0.0, 1.0) == (2, ["right"])
    assert count_steps(math.exp, 0.0, 1.0, 1.0 + 1e-9) == (2, ["right", "right"])
    assert count_steps(math.exp, 0.0, 1.001) == (44, ["wrong"])
    assert count_steps(math.exp, 0.0, 1.0, 1.001) == (44, ["right", "wrong"])
    assert count_steps(abs, 0.0, 0.0) == (44, ["kink"])


def read(*lines, rounding=0.0, allowed=0.5):
    """The steps taken until the derivative 1.0 is right, and the numerical one; None if never.

    A line holds a step and its slopes: central, to the left, to the right.
    """
    taken = []
    steps = (taken.append(h) or (h, slopes) for h, *slopes in lines)
    (verdict,) = examine(steps, [1.0], rounding, Tolerance(allowed, 0.0))
    return (len(taken), verdict.numeric) if verdict.word == "right" else None


def test_the_last_two_steps_decide_and_the_last_is_told():
    assert read((1.0, 9.0, 1.0, 1.0), (0.5, 1.0, 1.0, 1.0), (0.25, 1.25, 1.0, 1.0)) == (3, 1.25)
    assert read((1.0, 1.0, 1.0, 1.0), (0.5, 9.0, 1.0, 1.0), (0.25, 1.0, 1.0, 1.0)) is None
    assert read((1.0, 1.0, 1.0, 1.0)) is None
    assert read((1.0, 1.5, 1.0, 1.0), (0.5, 0.5, 1.0, 1.0)) == (2, 0.5)
    assert read((1.0, 1.5, 1.0, 1.0), (0.5, 0.4375, 1.0, 1.0)) is None


def test_the_slopes_of_both_sides_of_the_last_step_agree_but_for_rounding():
    first = (1.0, 1.0, 8.0, -8.0)
    for left, right, agree in ((3.0, 0.5, True), (0.5, 3.0, True), (3.0, 0.375, False)):
        # tolerance 0.5, and twice 4 * 0.125 / 0.5
        for sides in ((left, right), (right, left)):
            found = read(first, (0.5, 1.0, *sides), rounding=0.125)
            assert found == ((2, 1.0) if agree else None)


def test_rounding_at_the_last_step_is_within_the_tolerance():
    same = [(h, 1.0, 1.0, 1.0) for h in (1.0, 0.5, 0.25)]
    assert read(*same[:2], rounding=0.25, allowed=0.75) == (2, 1.0)
    assert read(*same[:2], rounding=0.2578125, allowed=0.75) is None


def test_two_steps_in_a_row_have_to_agree():
    # At h = 2^-10 the slope is exact by chance: two errors cancel.
    h = 2.0**-10
    wrong = {h: -8e-6 * h, -h: 8e-6 * h, 2 * h: -64e-6 * h, -2 * h: 64e-6 * h}
    steps, words = count_steps(lambda x: x + wrong.get(x, 0.0), 0.0, 1.0)
    assert steps > 2 and words == ["right"]


def test_steps_at_which_rounding_exceeds_the_tolerance_do_not_count():
    allowed = 1e-9 + 1e-7
    h = 2.0**-11
    below, above = allowed * h / 1.5 * 0.999, allowed * h / 1.5 * 1.001
    assert count_steps(lambda x: x, 0.0, 1.0, rounding=below)[0] == 2
    assert count_steps(lambda x: x, 0.0, 1.0, rounding=above)[0] == 44


def test_an_output_that_does_not_move_at_all_needs_two_steps():
    assert count_steps(lambda x: 1e12, 0.0, 0.0, rounding=1e-4) == (2, ["right"])
    assert count_steps(lambda x: 1e12, 0.0, 1e-3, rounding=1e-16) == (44, ["wrong"])
    # It moves at first, and not at the finest steps: rounding, not a derivative of 0.
    rounded = 2.0**-20
    assert count_steps(lambda x: round(x / rounded) * rounded, 0.0, 0.0, rounding=rounded) == (
        44,
        ["wrong"],
    )
