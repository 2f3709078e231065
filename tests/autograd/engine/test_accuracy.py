"""The benchmark of accuracy counts ULP as it says: right numbers pass, wrong ones show."""

import numpy as np
import pytest
from accuracy import cell, line, partial_errors, second_errors, value_errors
from mpmath import mpf
from samples import SAMPLES

from autograd.engine.primitive import TABLE, Primitive

ULP = 2.0**-52  # of 1.0


def test_errors_are_counted_in_units_in_the_last_place_of_the_truth():
    found = [1.0, 1.0 + ULP, 1.0 - 2 * ULP]
    assert partial_errors(found, lambda x: mpf(1), [(0.5,)] * 3).tolist() == [0.0, 1.0, 2.0]
    assert partial_errors([1.0], lambda x: 1 + mpf(ULP) / 2, [(0.5,)]).tolist() == [0.5]
    assert partial_errors([np.inf], lambda x: mpf(1), [(0.5,)]).tolist() == [np.inf]


def test_where_terms_cancel_their_rounding_counts():
    point = (1.0, 1.0, 1.0, -1.0 + ULP)  # 1 * 1 + 1 * (-1 + ULP), which is ULP
    assert value_errors([2 * ULP], SAMPLES["dot"], [point]).tolist() == [1.0]


def test_second_derivatives_are_compared():
    exp, points = TABLE["exp"], [(0.3,), (1.7,)]
    assert second_errors(exp, SAMPLES["exp"], points).max() <= 1.0
    wrong = Primitive("wrong", exp.scalar, exp.array, lambda out, x: (1.001 * exp(x),))
    assert second_errors(wrong, SAMPLES["exp"], points).min() > 1e12


@pytest.mark.parametrize("name", ["tanh", "pow", "**", "greater", "logsumexp"])
def test_a_row_makes_a_line(name):
    cells = line(name, 20, 3)
    assert len(cells) == 6 and cells[0] == f"`{name}`"
    assert cells[3].count("(") == (2 if len(SAMPLES[name].partials) == 2 else 1)
    assert (cells[5] == "-") == (name == "greater")


def test_a_cell_holds_the_largest_error_and_the_99th_percentile():
    errors = np.array([0.0] * 99 + [250.0])
    assert cell(errors, np.zeros(3)) == "2e02 (2.50), 0 (0)"
