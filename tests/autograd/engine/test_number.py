"""What counts as a real number, and what is said of anything else."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from autograd import Value
from autograd.engine.number import as_float, as_number, as_numbers
from autograd.words.formula import Formula


def test_a_number_beyond_the_floats_is_infinite():
    assert (as_float(10**400), as_float(-(10**400))) == (math.inf, -math.inf)
    assert as_float(Fraction(-(10**400), 3)) == -math.inf


def test_a_signalling_nan_is_nan():
    assert math.isnan(as_float(Decimal("sNaN")))


class Named:
    """Something with a long name."""

    def __repr__(self):
        return "x" * 70


DAY = np.timedelta64(1, "D")
SHOULD = "`data` must be a real number, got "
NO_NUMBERS = {
    "the string '1.5': convert it with float(...) first": "1.5",
    f"the string {'7' * 40!r}: convert it with float(...) first": "7" * 41,
    "the string b'2': convert it with float(...) first": b"2",
    "an array of shape (2,): make one Value for each element, [Value(x) for x in array], "
    "or take the element with array.item()": np.ones(2),
    "the complex number 2j: take its .real part, .imag part or abs(...)": 2j,
    "a Value: use that Value itself, or its .data for the bare number": Value(1.0),
    "the Value `w`: use that Value itself, or its .data for the bare number": Value(1.0, "w"),
    "a list of 3: pass its elements one by one": [1, 2, 3],
    "a tuple of 1: pass its elements one by one": (1,),
    "a set of 2: pass its elements one by one": {1, 2},
    "a dict of 0: pass its elements one by one": {},
    "None of type NoneType": None,
    "a range: pass its elements one by one, or list(x) where a list is meant": range(3),
    "a list_iterator: pass its elements one by one, or list(x) where a list is meant": iter([1]),
    "a Series of shape (2,): pass its elements one by one, or np.asarray(x) where an array is "
    "meant": pd.Series([1.0, 2.0]),
    "a DataFrame of shape (1, 2): pass its elements one by one, or np.asarray(x) where an array "
    "is meant": pd.DataFrame([[1.0, 2.0]]),
    f"{'x' * 60} of type Named": Named(),
    f"{DAY!r} of type timedelta64": DAY,
}


@pytest.mark.parametrize("said", NO_NUMBERS)
def test_what_is_no_number_is_described(said):
    for convert in (as_float, as_number):
        with pytest.raises(TypeError) as error:
            convert(NO_NUMBERS[said])
        assert str(error.value) == SHOULD + said


def test_a_symbol_is_described_as_a_value_without_a_label():
    with pytest.raises(TypeError, match="got a Value: use that Value itself"):
        as_float(Formula("x"))


def test_the_argument_is_named():
    with pytest.raises(TypeError, match=r"^`rate` must be a real number, got the string 'x'"):
        as_float("x", "rate")
    with pytest.raises(TypeError, match=r"^`log` must be a real number, got the string 'x'"):
        as_numbers([1.0, "x"], "log")


def test_a_fraction_stays_one_among_whole_numbers_and_fractions_only():
    third = Fraction(1, 3)
    assert as_number(third) == third and type(as_number(3)) is float
    assert as_numbers([third, 2, np.int8(3)], "x") == [third, Fraction(2), Fraction(3)]
    assert all(type(x) is Fraction for x in as_numbers([third, 2, np.int8(3)], "x"))
    mixed = as_numbers([third, 2, 0.5], "x")
    assert mixed == [third, 2.0, 0.5] and [type(x) for x in mixed] == [Fraction, float, float]
    assert [type(x) for x in as_numbers([2, 3], "x")] == [float, float]


def test_a_fraction_of_numpys_integers_does_not_overflow():
    big = np.int64(2**62)
    assert as_number(Fraction(big)) * 4 == Fraction(2**64)
