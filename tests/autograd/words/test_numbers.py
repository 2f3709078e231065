"""Numbers as they are read: one rule in pictures, explanations and pages."""

import math
from fractions import Fraction
from random import Random

import pytest

from autograd import Value, draw, explain
from autograd.pictures.javascript import source
from autograd.pictures.stepper import stepper
from autograd.words.numbers import exact_numeral, joined, numeral


@pytest.mark.parametrize(
    ("x", "written"),
    [
        *((3.0, "3"), (-4.0, "-4"), (0.0, "0"), (-0.0, "0"), (0.5, "0.5"), (0.1 + 0.2, "0.3")),
        *((0.99999999, "1.0000"), (2.9999999999999996, "3"), (12345.4, "12345")),
        *((2 / 3, "0.66667"), (1234.5678, "1234.6"), (123456.7, "123457"), (99999.7, "100000")),
        *((1234567.0, "1234567"), (12345678.9, "1.2346e7"), (2.0**40, "1.0995e12")),
        *((0.00012346, "0.00012346"), (1e-5, "1e-5"), (1e300, "1e300"), (-1.5e-300, "-1.5e-300")),
        *((math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan")),
        *((Fraction(-2, 3), "-2/3"), (Fraction(6, 2), "3"), (Fraction(1, 3**40), "8.2253e-20")),
        (Fraction(10**400), "inf"),
    ],
)
def test_the_shortest_text_of_five_digits(x, written):
    assert numeral(x) == written


def test_no_number_but_0_is_written_as_0_whatever_the_format():
    assert numeral(1e-9, ".4f") == "1e-9" and numeral(-1e-9, ".4f") == "-1e-9"
    assert numeral(0.0, ".4f") == numeral(-0.0, ".4f") == "0.0000"
    assert numeral(1e300, ".4f") == "1e300" and numeral(1 / 3, ".30f").startswith(
        "0.33333333333333"
    )


def test_all_digits_where_five_are_not_all():
    rng = Random(0)
    for x in (
        0.5,
        1e300,
        2 / 3,
        *(rng.uniform(-1, 1) * 10 ** rng.randint(-9, 9) for _ in range(99)),
    ):
        assert float(exact_numeral(x)) == x
    assert exact_numeral(0.5) == "0.5" and exact_numeral(2 / 3) == "0.6666666666666666"


def test_what_is_negative_stands_in_brackets_after_an_operator_only():
    assert joined(["1", "-4"], "×") == "1 × (-4)"
    assert joined(["-4", "1"], "×") == "-4 × 1"
    assert joined(["3", "-4 × 2", "5"]) == "3 + (-4 × 2) + 5"


def test_pictures_explanations_and_pages_write_a_number_alike():
    x = Value(2 / 3, "x")
    y = x * -1234.5678
    y.backward()
    written = str(explain(y))
    assert "v1 = x * (-1234.6) = -823.05" in written and "1 × (-1234.6) = -1234.6" in written
    shown = explain(y)._repr_markdown_()
    assert r"x \cdot \left(-1234.6\right) = -823.05" in shown
    source = draw(y).source
    assert "{x | data 0.66667 | grad -1234.6}" in source and "{-1234.6}" in source
    assert '" * (-1234.6)"' in stepper(y).html


def test_javascript_writes_numbers_as_python_does(browser):
    function = source("numbers.js")
    rng = Random(1)
    numbers = [
        0.0,
        -0.0,
        0.5,
        3.0,
        1e9,
        1e300,
        99999.7,
        0.00009999999,
        12345678.9,
        5e-324,
        0.99999999,
        2.9999999999999996,
        12345.4,
    ]
    numbers += [rng.uniform(-1, 1) * 10 ** rng.randint(-12, 12) for _ in range(2000)]
    numbers += [float(rng.randint(-(10**k), 10**k)) for k in range(12)]
    page = browser.new_page()
    found = page.evaluate(
        f"(texts) => {{ {function}; return texts.map((x) => shown(Number(x))); }}",
        list(map(repr, numbers)),
    )
    page.close()
    assert found == list(map(numeral, numbers))
