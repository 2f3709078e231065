"""Differences: their steps, formulas and errors, and the verdicts that are drawn from them."""

import math
from itertools import pairwise
from random import Random

import pytest

import autograd
from autograd import Value
from autograd.checking.differences import (
    CENTRAL,
    NONE,
    ONE_SIDED,
    STEPS,
    UNSETTLED,
    Differences,
    Slope,
    best,
    steps_at,
)
from autograd.checking.verdict import Finding, Tolerance, examine, judge
from autograd.checking.ways import EPSILON, gradient_rounding, rounding

EXACT = Tolerance(0.0, 0.0)
USUAL = Tolerance(1e-9, 1e-7)


def differences(f, x, eps=1e-3):
    return Differences(lambda x: [f(x)], x, [f(x)], eps)


def all_slopes(f, x, rounding=0.0):
    tried = differences(f, x)
    while tried.narrow():
        pass
    return tried.slopes(0, rounding)


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
    assert STEPS == 44
    assert len(list(steps_at(0.0, 1e-3))) == 44
    assert list(steps_at(0.0, 0.9))[:2] == [0.5, 0.25]
    assert list(steps_at(0.0, 1.9))[:2] == [1.0, 0.5]
    assert list(steps_at(1.0, 1e-3))[-1] == 2.0**-52
    assert list(steps_at(1024.0, 1e-3))[-1] == 2.0**-42


def test_a_small_input_has_steps_on_its_own_scale_too():
    steps = list(steps_at(1e-20, 1e-3))
    assert len(steps) == 44 + 44
    assert steps[43] == 2.0**-53 and 0.5e-23 < steps[44] <= 1e-23
    tail = list(steps_at(2.0**-12, 1e-3))
    assert all(b == a / 2 for a, b in pairwise(tail)) and len(tail) == 44 + 11
    assert len(list(steps_at(5e-324, 1e-3))) == 44


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
def test_there_are_no_steps_at_what_is_not_finite(x):
    assert list(steps_at(x, 1e-3)) == []


# Formulas


def test_the_central_slope_is_exact_for_a_polynomial_of_degree_four():
    tried = differences(lambda x: 1 + x * (2 + x * (3 + x * (4 + x * 5))), 1.0, eps=0.5)
    assert tried.narrow()
    assert tried.steps == [0.25 * 2]
    assert tried.central[0][0] == pytest.approx(2 + 6 + 12 + 20, rel=1e-15)


def test_one_sided_slopes_are_exact_for_a_polynomial_of_degree_two_on_each_side():
    tried = differences(lambda x: 3 * x * x + (2 * x if x > 0 else -7 * x), 0.0)
    tried.narrow()
    assert (tried.left[0][0], tried.right[0][0]) == (-7.0, 2.0)
    assert tried.central[0][0] == -2.5


def test_every_output_has_slopes_of_its_own():
    tried = Differences(lambda x: [x, 5.0, x * x], 3.0, [3.0, 5.0, 9.0], 1e-3)
    tried.narrow()
    assert tried.central == [[1.0, 0.0, 6.0]] == tried.left == tried.right


def test_a_point_is_evaluated_once():
    seen = []
    tried = Differences(lambda x: [seen.append(x) or x], 1.0, [1.0], 1e-3)
    for _ in range(3):
        tried.narrow()
    h = tried.steps[0]
    assert sorted(seen) == sorted(
        1.0 + sign * s for sign in (1, -1) for s in (2 * h, h, h / 2, h / 4)
    )


def test_where_the_function_raises_it_is_not_defined():
    def f(x):
        if x < 1.0:
            raise ZeroDivisionError
        return [x, 2 * x] if x < 1.0005 else [x]

    tried = Differences(f, 1.0, [1.0, 2.0], 1e-3)
    tried.narrow()
    assert math.isnan(tried.left[0][0]) and math.isnan(tried.right[0][1])
    tried.narrow()
    tried.narrow()
    assert tried.right[2] == [1.0, 2.0] and math.isnan(tried.central[2][0])


def test_rounding_is_weighted_as_the_formulas_weight_the_points():
    assert CENTRAL == (1 + 8 + 8 + 1) / 12
    assert ONE_SIDED == (3 + 4 + 1) / 2


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


def test_a_slope_at_a_kink_is_that_of_each_side():
    central, left, right = all_slopes(lambda x: math.exp(abs(x)), 0.0, EPSILON)
    assert left.value == pytest.approx(-1.0, abs=1e-7)
    assert right.value == pytest.approx(1.0, abs=1e-7)
    assert central.value == pytest.approx(0.0, abs=1e-9)


def test_a_jump_has_an_infinite_slope_on_one_side():
    central, left, right = all_slopes(lambda x: 1.0 + x if x > 0 else x, 0.0)
    assert (left.value, right.value, central.value) == (1.0, math.inf, math.inf)
    assert right == Slope(math.inf, 0.0)
    _, _, falling = all_slopes(lambda x: x - 1.0 if x > 0 else x, 0.0)
    assert falling == Slope(-math.inf, 0.0)


def test_a_vertical_tangent_is_infinite_and_a_steep_one_is_not():
    assert all_slopes(lambda x: math.copysign(abs(x) ** (1 / 3), x), 0.0)[0].value == math.inf
    assert all_slopes(lambda x: math.tanh(1e10 * x), 0.0)[0].value == pytest.approx(1e10, rel=1e-6)


def test_what_does_not_settle_says_so():
    rng = Random(0)
    assert all_slopes(lambda x: rng.random(), 1.0)[0] == UNSETTLED == Slope(math.inf, math.inf)
    assert all_slopes(lambda x: math.sin(x), 1e60)[0] == UNSETTLED


def test_an_input_that_is_moved_by_too_much_adds_to_the_error():
    x = 1.0 - 2.0**-53  # its last bit does not fit beyond 1
    central, left, right = all_slopes(lambda x: x, x)
    misplaced, change = 2.0**-53, central.value - 1.0
    assert central.value > 1.0 and right.value > 1.0 and left.value == 1.0
    assert central.error == pytest.approx(1.5 * misplaced * 2.0**10 + 4 * change, rel=1e-6)
    assert left.error == 4.0 * misplaced * 2.0**10
    assert all_slopes(lambda x: x, 1.0 - 2.0**-20) == (Slope(1.0, 0.0, Slope(1.0, 0.0)),) * 3


@pytest.mark.parametrize(
    ("near", "edge", "rounding", "settled"),
    [
        (0.01, 0.01, 0.0, True),
        (0.011, 0.01, 0.0, False),
        (0.01, 0.011, 0.0, False),
        (0.5, 0.5, 0.00499, False),
        (0.5, 0.5, 0.005, True),
    ],
)
def test_a_function_settles_where_the_nearest_points_hardly_change_it(
    near, edge, rounding, settled
):
    def f(x):
        return {0.0: 0.0, 2.0**-53: near, 2.0**-52: near, 2.0**-51: edge}.get(abs(x), 1.0)

    central = all_slopes(f, 0.0, rounding)[0]
    assert central.value == (0.0 if settled else math.inf)


def test_each_side_settles_by_itself_and_the_middle_where_both_do():
    def restless(x):
        return (-1.0) ** math.frexp(x)[1] if x > 0.0 else 0.0

    central, left, right = all_slopes(restless, 0.0)
    assert (central, left.value, right) == (UNSETTLED, 0.0, UNSETTLED)
    central, left, right = all_slopes(lambda x: restless(-x), 0.0)
    assert (central, left, right.value) == (UNSETTLED, UNSETTLED, 0.0)


def test_best_needs_five_finite_slopes():
    steps = [2.0**-i for i in range(6)]
    noise = [0.0] * 6
    assert best(steps, [1.0] * 5 + [math.nan], noise).value == 1.0
    assert best(steps, [math.nan, 1.0, 1.0, 1.0, 1.0, math.inf], noise) is NONE
    assert best([], [], []) is NONE
    assert math.isnan(NONE.value) and NONE.error == math.inf and NONE.rival is None


def test_best_takes_the_step_where_the_error_is_least():
    steps = [2.0**-i for i in range(8)]
    slopes = [5.0, 4.0, 3.5, 3.25, 3.25, 3.25, 3.25, 3.25]
    chosen = best(steps, slopes, [0.0] * 8)
    assert (chosen.value, chosen.error) == (3.25, 0.0)
    # rounding / h: 2^-10 at the first step of those that agree
    chosen = best(steps, slopes, [2.0**-13] * 8)
    assert (chosen.value, chosen.error) == (3.25, 2.0**-10)
    chosen = best(steps[:7], [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0], [0.0] * 7)
    # scatter: 1 * 2^-3 over the step, and four times the change
    assert (chosen.value, chosen.error) == (1.0, 2.0**-3 + 4.0)


def test_a_coarse_slope_that_finer_ones_contradict_is_out_of_question():
    steps = [2.0**-i for i in range(9)]
    slopes = [0.0, 0.0, 0.0, 0.0, 6.0, 6.0, 6.0, 6.0, 6.0]
    assert best(steps, slopes, [0.0] * 9).value == 6.0
    # with rounding of 2^-5 the finest is known to 2 * 2^-5 / 2^-8 = 16, the fifth to 1
    chosen = best(steps, slopes, [2.0**-5] * 9)
    assert (chosen.value, chosen.error) == (6.0, 0.5)
    # with 0.14, the fifth by 6 - 2 * 0.14 / 2^-4 contradicts the first, no more than 1.52
    chosen = best(steps, slopes, [0.14] * 9)
    assert (chosen.value, chosen.error) == (0.0, pytest.approx(1.52, rel=1e-14))
    # with rounding of 1 nothing contradicts the first
    chosen = best(steps, slopes, [1.0] * 9)
    assert (chosen.value, chosen.error) == (0.0, 1.0)


def test_the_rival_is_what_the_coarsest_steps_say():
    steps = [2.0**-i for i in range(8)]
    slopes = [1.0, 1.25, 1.125, 1.125, 1.0, 9.0, 9.0, 9.0]
    assert best(steps, slopes, [0.0] * 8).rival == Slope(1.0, 1.0)


def test_slopes_grow_without_bound_when_they_do_so_eight_times_by_a_quarter():
    steps = [2.0**-i for i in range(9)]
    powers = [1.25**i for i in range(9)]
    assert best(steps, powers, [0.0] * 9).value == math.inf
    assert best(steps, [-p for p in powers], [0.0] * 9).value == -math.inf
    assert best(steps[:8], powers[:8], [0.0] * 8).value == math.inf
    assert best(steps[:7], powers[:7], [0.0] * 7).value < math.inf
    assert best(steps, [1.24**i for i in range(9)], [0.0] * 9).value < math.inf
    assert best(steps, [0.0, *powers[1:]], [0.0] * 9).value == math.inf
    assert best(steps, [1.0, 0.0, *powers[2:]], [0.0] * 9).value < math.inf
    assert best(steps, [*powers[:4], -powers[4], *powers[5:]], [0.0] * 9).value < math.inf
    # not where rounding alone may be as large: 1.25^8 = 5.96
    assert best(steps, powers, [5.0 * 2.0**-8] * 9).value == math.inf
    assert best(steps, powers, [6.0 * 2.0**-8] * 9).value < math.inf
    assert best(steps, powers, [powers[8] * 2.0**-8] * 9).value < math.inf


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
    node.partials = (0.0, 0.0)
    assert rounding(node) == EPSILON * ((1e6 + 3.0) + (1e6 + 3.0))
    assert rounding((big * 0.0) * big) == 0.0 + EPSILON * 0.0
    zero = Value(2.0) * 0.0
    node = zero + 1.0
    node.partials = (0.0, 0.0)
    assert rounding(node) == EPSILON


def test_rounding_is_finite():
    x = Value(0.0)
    assert rounding((1.0 + x) * (x**-0.5)) >= 0.0
    assert math.isfinite(rounding((x**-0.5 + 1.0) * x + 1.0))


# Verdicts


def test_a_tolerance_is_joint():
    tolerance = Tolerance(0.5, 0.25)
    assert tolerance.at(4.0, -8.0) == 2.5
    assert tolerance.agree(8.0, 5.5) and not tolerance.agree(8.0, 5.25)
    assert tolerance.agree(5.5, 8.0) and tolerance.agree(-5.5, -8.0)
    assert not tolerance.agree(8.0, math.inf) and not tolerance.agree(math.inf, 8.0)
    assert not tolerance.agree(math.inf, math.inf) and not tolerance.agree(math.nan, 0.0)


@pytest.mark.parametrize(
    ("result", "field"), [(NONE, "value"), (USUAL, "absolute"), (Finding(1.0, "right"), "numeric")]
)
def test_results_do_not_change(result, field):
    with pytest.raises(AttributeError):
        setattr(result, field, 1.0)


def verdict(analytic, central, left=None, right=None, tolerance=EXACT):
    return judge(analytic, central, left or central, right or central, tolerance)


def test_right_wrong_and_what_lies_between():
    exact = Slope(2.0, 0.0)
    assert verdict(2.0, exact) == Finding(2.0, "right")
    assert verdict(2.0 + 1e-9, exact) == Finding(2.0, "wrong")
    assert verdict(2.5, exact, tolerance=Tolerance(0.5, 0.0)) == Finding(2.0, "right")
    assert verdict(2.5, exact, tolerance=Tolerance(0.25, 0.0)) == Finding(2.0, "wrong")
    assert verdict(2.5, exact, tolerance=Tolerance(0.25, 0.1)) == Finding(2.0, "right")
    fine, coarse = Slope(2.0, 2e-4), Slope(2.0, 2.1e-4)
    note = "the differences are only known to ±2.{}e-04"
    assert verdict(2.0 + 1e-4, fine) == Finding(2.0, "right", note.format(0))
    assert verdict(2.0 + 1e-4, coarse) == Finding(2.0, "uncertain", note.format(1))
    assert verdict(2.0 + 3e-4, coarse) == Finding(2.0, "wrong")
    assert verdict(2.0, coarse) == Finding(2.0, "right")
    assert verdict(2.5, Slope(2.0, 0.5)).verdict == "uncertain"
    for analytic, numeric in ((2.0001, 2.0), (2.0, 2.0001)):  # the larger of the two counts
        assert verdict(analytic, Slope(numeric, 2.00005e-4)).verdict == "right"


def test_an_error_within_the_absolute_tolerance_is_small():
    slope = Slope(0.0, 1e-9)
    assert verdict(1.5e-9, slope, tolerance=Tolerance(1e-9, 0.0)).verdict == "right"
    assert verdict(2.1e-9, slope, tolerance=Tolerance(1e-9, 0.0)).verdict == "wrong"
    assert (
        verdict(1.5e-9, Slope(0.0, 1.1e-9), tolerance=Tolerance(1e-9, 0.0)).verdict == "uncertain"
    )


def test_a_rival_makes_wrong_uncertain():
    def with_rival(value, error):
        return Slope(0.0, 1e-6, Slope(value, error))

    contradiction = Finding(2.0, "uncertain", "the differences contradict each other")
    assert verdict(2.0, with_rival(2.0, 1e-4)) == contradiction
    assert verdict(2.0, with_rival(2.0, 2e-4)) == contradiction
    assert verdict(2.0, with_rival(2.0 - 2.0**-14, 2.0**-14)).verdict == "uncertain"
    assert verdict(2.0, with_rival(2.0, 2.1e-4)) == Finding(0.0, "wrong")
    assert verdict(2.0, with_rival(2.0 + 2e-4, 1e-4)) == Finding(0.0, "wrong")
    assert verdict(-2.0, with_rival(-2.0, 1e-4)) == Finding(-2.0, "uncertain", contradiction.note)


def test_two_sides_that_are_known_better_than_the_middle_decide():
    middle, fine, coarse = Slope(2e-8, 5e-8), Slope(0.0, 1e-9), Slope(0.0, 1.1e-9)
    tolerance = Tolerance(1e-9, 0.0)
    left, right = Slope(-(2.0**-30), 1e-9), Slope(-(2.0**-31), 1e-9)
    assert verdict(0.0, middle, left, right, tolerance) == Finding(-1.5 * 2.0**-31, "right")
    assert verdict(2e-9, middle, fine, fine, tolerance) == Finding(
        0.0, "right"
    )  # 1e-9 allowed, and as much for the error
    uncertain = Finding(2e-8, "uncertain", "the differences are only known to ±5.0e-08")
    assert verdict(2.1e-9, middle, fine, fine, tolerance) == uncertain
    assert verdict(0.0, middle, coarse, fine, tolerance) == uncertain
    assert verdict(0.0, middle, fine, coarse, tolerance) == uncertain
    far = Slope(2.5e-9, 1e-9)
    assert verdict(0.0, middle, fine, far, tolerance) == uncertain
    assert verdict(0.0, middle, far, fine, tolerance) == uncertain
    assert verdict(1e-7, middle, fine, fine, tolerance) == Finding(2e-8, "wrong")


def doubted(analytic, doubt, f=lambda x: 2.0 * x, tolerance=EXACT, rounding=0.0):
    """The findings where the derivatives themselves are rounded by `doubt`."""
    tried = differences(f, 0.0)
    (found,) = examine(tried, [analytic], [rounding], tolerance, lambda output: doubt)
    return found


def test_what_rounding_of_the_derivative_explains_is_not_wrong():
    known = (
        "the gradient itself is only known to ±5.0e-01: large numbers cancel in it; rewrite f, "
        "with log1p or expm1 for example"
    )
    assert doubted([2.5], 0.5) == [Finding(2.0, "uncertain", known)]
    assert doubted([2.5, 2.0, 3.0], 0.5) == [
        Finding(2.0, "uncertain", known),
        Finding(2.0, "right"),
        Finding(2.0, "wrong"),
    ]
    assert doubted([2.5], 0.25) == doubted([2.5], 0.0) == [Finding(2.0, "wrong")]
    assert doubted([math.inf], 0.5)[0].verdict == "not finite"
    # rounding of f adds 1.5 * 2^-12 / 2^-10 = 0.375
    assert doubted([2.875], 0.5, rounding=2.0**-12) == [Finding(2.0, "uncertain", known)]
    assert doubted([2.876], 0.5, rounding=2.0**-12) == [Finding(2.0, "wrong")]
    # no more than what is tolerated anyway
    assert doubted([2.75], 0.5, tolerance=Tolerance(0.5, 0.0))[0].verdict == "wrong"
    assert doubted([2.75], 0.51, tolerance=Tolerance(0.5, 0.0))[0].verdict == "uncertain"
    assert doubted([-1.5, 1.5, 2.5], 0.5, abs)[0].verdict == "uncertain"
    assert doubted([-2.5, 2.5], 0.5, abs)[1].verdict == "wrong"


def test_the_rounding_of_a_derivative_holds_that_of_the_values_in_it():
    x = Value(3.0)
    assert gradient_rounding([x], x) == [0.0]
    assert gradient_rounding([x, Value(1.0)], x + x) == [EPSILON * (1.0 + 1.0 + 2.0), 0.0]
    shifted = 1e8 + x
    # the partials 1 × shifted, twice; each is off by its product, and by the rounding of 1e8 + x
    part = 1e8 + 3.0
    total = EPSILON * (2 * part + 2 * part + 2 * part)
    assert gradient_rounding([shifted], shifted * shifted) == [total]


def test_recorded_partials_stand_for_a_row_that_knows_no_others():
    w = Value(0.5)
    mean = autograd.compile(lambda v: autograd.tanh(w * v), batch=True).mean([1.0, 2.0])
    (slope,) = mean.partials
    assert gradient_rounding([w], mean) == [EPSILON * abs(slope)]


def test_the_rounding_of_a_derivative_is_found_in_every_block():
    x, zero = Value(3.0), Value(0.0)
    square, root = x * x, zero.sqrt()
    bound = gradient_rounding([x], square)
    with autograd.no_grad(), autograd.detect_anomaly():
        assert gradient_rounding([x], square) == bound == [EPSILON * (3.0 + 3.0 + 6.0)]
        assert gradient_rounding([zero], root) == [0.0]  # of inf, which is not finite anyway


def test_kinks():
    left, right = Slope(-1.0, 0.0), Slope(1.0, 0.0)
    note = "a kink: slope -1 to the left, 1 to the right"
    for analytic, expected in ((-1.0, "kink"), (1.0, "kink"), (0.3, "kink"), (1.1, "wrong")):
        found = verdict(analytic, Slope(0.0, 0.0), left, right)
        assert found == Finding(0.0, expected, note)
    assert verdict(-1.1, Slope(0.0, 0.0), left, right).verdict == "wrong"
    assert verdict(0.0, Slope(0.0, 0.0), right, left).note == (
        "a kink: slope 1 to the left, -1 to the right"
    )
    assert verdict(1.1, Slope(0.0, 0.0), left, Slope(1.0, 0.125)).verdict == "kink"
    assert verdict(1.1, Slope(0.0, 0.0), Slope(-1.0, 0.125), right).verdict == "kink"
    assert verdict(1.1, Slope(0.0, 0.0), left, right, Tolerance(0.0, 0.11)).verdict == "kink"
    zero = Slope(-0.0, 0.0)
    assert "slope 0 to the left, 1 to" in verdict(0.0, zero, zero, right).note
    assert "slope 1 to the left, 0 to" in verdict(0.0, zero, right, zero).note
    assert verdict(2.0, zero, Slope(1.0, 0.0), Slope(2.0, 0.0)).numeric == 1.5
    small = Slope(0.125, 0.0), Slope(0.25, 0.0)
    assert verdict(0.125, small[0], *small, Tolerance(0.0, 0.25)).verdict == "kink"


def test_slopes_of_two_sides_that_agree_within_their_errors_are_no_kink():
    central = Slope(1.0, 0.0)
    for left, right in (
        (Slope(1.0, 0.5), Slope(2.0, 0.5)),
        (Slope(1.0, 1.0), Slope(2.0, 0.0)),
        (Slope(1.0, 0.0), Slope(2.0, 1.0)),
    ):
        assert verdict(1.0, central, left, right) == Finding(1.0, "right")
        assert verdict(1.0, central, right, left) == Finding(1.0, "right")
    found = verdict(1.0, central, Slope(1.0, 0.25), Slope(2.0, 0.5))
    assert found.verdict == "kink"
    for tolerance in (Tolerance(1.0, 0.0), Tolerance(0.0, 0.5)):
        assert verdict(1.0, central, Slope(1.0, 0.0), Slope(2.0, 0.0), tolerance).note == ""


def test_beside_a_jump_the_other_side_decides():
    up, one = Slope(math.inf, 0.0), Slope(1.0, 0.0)
    assert judge(1.0, up, one, up, EXACT) == Finding(
        1.0, "kink", "f jumps, or its slope is infinite, to the right"
    )
    assert judge(1.0, up, up, one, EXACT) == Finding(
        1.0, "kink", "f jumps, or its slope is infinite, to the left"
    )
    assert judge(7.0, up, one, up, EXACT).verdict == "wrong"
    assert judge(0.9, up, one, up, EXACT).verdict == "wrong"
    assert judge(0.9, up, up, up, EXACT) == Finding(
        math.inf, "uncertain", "the differences do not settle as the step shrinks"
    )
    cusp = judge(0.9, up, Slope(-math.inf, 0.0), up, EXACT)
    assert (cusp.verdict, cusp.note) == ("uncertain", "f jumps here, or its slope is infinite")
    assert verdict(0.9, UNSETTLED).verdict == "uncertain"


def test_at_a_border_one_side_decides():
    slope = Slope(2.0, 0.0)
    assert judge(2.0, NONE, NONE, slope, EXACT) == Finding(
        2.0, "right", "f is not finite to the left"
    )
    assert judge(3.0, NONE, slope, NONE, EXACT) == Finding(
        2.0, "wrong", "f is not finite to the right"
    )
    found = judge(2.0 + 1e-4, NONE, NONE, Slope(2.0, 2e-4), EXACT)
    assert found.note == "f is not finite to the left; the differences are only known to ±2.0e-04"
    found = judge(2.0, NONE, NONE, NONE, EXACT)
    assert math.isnan(found.numeric)
    assert (found.verdict, found.note) == (
        "uncertain",
        "f has no finite values around this point",
    )


def test_a_gradient_that_is_not_finite():
    note = "the gradient is nan"
    slope = Slope(2.0, 0.0)
    assert verdict(math.nan, slope) == Finding(2.0, "not finite", note)
    assert judge(math.nan, NONE, NONE, slope, USUAL) == Finding(2.0, "not finite", note)
    assert judge(math.nan, NONE, slope, NONE, USUAL) == Finding(2.0, "not finite", note)
    found = judge(-math.inf, NONE, NONE, NONE, USUAL)
    assert (math.isnan(found.numeric), found.note) == (True, "the gradient is -inf")


# How many steps it takes


def count_steps(f, x, *analytic, rounding=0.0, tolerance=USUAL):
    tried = differences(f, x)
    findings = examine(tried, [list(analytic)], [rounding], tolerance)
    return len(tried.steps), [finding.verdict for finding in findings[0]]


def test_two_steps_are_enough_where_they_agree():
    assert count_steps(math.exp, 0.0, 1.0) == (2, ["right"])
    assert count_steps(math.exp, 0.0, 1.0, 1.0 + 1e-9) == (2, ["right", "right"])
    assert count_steps(math.exp, 0.0, 1.001) == (44, ["wrong"])
    assert count_steps(math.exp, 0.0, 1.0, 1.001) == (44, ["right", "wrong"])
    assert count_steps(abs, 0.0, 0.0) == (44, ["kink"])


class Script:
    """Differences of one output, as they are written down: step, central, left, right."""

    def __init__(self, *lines):
        self.values, self.lines = [0.0], list(lines)
        self.steps, self.central, self.left, self.right = [], [], [], []

    def narrow(self):
        if not self.lines:
            return False
        columns = self.steps, self.central, self.left, self.right
        h, *slopes = self.lines.pop(0)
        for column, item in zip(columns, [h, *([slope] for slope in slopes)], strict=True):
            column.append(item)
        return True

    def slopes(self, output, rounding):
        return (Slope(-9.0, 0.0),) * 3


def read(*lines, rounding=0.0, allowed=0.5):
    """The steps taken until the derivative 1.0 is right, and the numerical one; None if never."""
    script = Script(*lines)
    ((finding,),) = examine(script, [[1.0]], [rounding], Tolerance(allowed, 0.0))
    return (len(script.steps), finding.numeric) if finding.verdict == "right" else None


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
        found = read(first, (0.5, 1.0, left, right), rounding=0.125)
        assert found == ((2, 1.0) if agree else None)
        found = read(first, (0.5, 1.0, right, left), rounding=0.125)
        assert found == ((2, 1.0) if agree else None)


def test_rounding_at_the_last_step_is_within_the_tolerance():
    same = [(h, 1.0, 1.0, 1.0) for h in (1.0, 0.5, 0.25)]
    assert read(*same[:2], rounding=0.25, allowed=0.75) == (2, 1.0)
    assert read(*same[:2], rounding=0.2578125, allowed=0.75) is None
    first = (2.0, 9.0, 1.0, 1.0)
    assert read(first, *same[:2], rounding=0.25, allowed=0.75) == (3, 1.0)
    assert read(first, *same[:2], rounding=0.375, allowed=0.75) is None


def test_two_steps_in_a_row_have_to_agree():
    # At h = 2^-10 the slope is exact by chance: two errors cancel.
    h = 2.0**-10
    wrong = {h: -8e-6 * h, -h: 8e-6 * h, 2 * h: -64e-6 * h, -2 * h: 64e-6 * h}
    steps, verdicts = count_steps(lambda x: x + wrong.get(x, 0.0), 0.0, 1.0)
    assert steps > 2 and verdicts == ["right"]


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
    assert count_steps(
        lambda x: round(x / rounded) * rounded, 0.0, 0.0, rounding=rounded, tolerance=USUAL
    ) == (44, ["wrong"])


def test_what_is_not_finite_takes_no_steps():
    tried = differences(lambda x: math.nan, 1.0)
    findings = examine(tried, [[1.0, 2.0]], [0.0], USUAL)
    assert tried.steps == []
    assert [(f.verdict, f.note) for f in findings[0]] == [("not finite", "f is nan")] * 2


def test_outputs_are_judged_one_by_one():
    tried = Differences(
        lambda x: [x, math.inf, abs(x), 2 * x], 0.0, [0.0, math.inf, 0.0, 0.0], 1e-3
    )
    findings = examine(tried, [[1.0], [0.0], [1.0], [2.5]], [0.0] * 4, USUAL)
    assert [[f.verdict for f in found] for found in findings] == [
        ["right"],
        ["not finite"],
        ["kink"],
        ["wrong"],
    ]
    assert findings[0][0].numeric == 1.0
