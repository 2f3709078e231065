"""Breaking: formulas in LaTeX stay within the page."""

from random import Random

import pytest
from networks import mazur
from random_programs import RandomProgram

import nn
from autograd import Value, explain, logsumexp
from autograd.words.breaking import PAGE, broken, width
from autograd.words.latex import LATEX


def rows(explanation):
    """The rows of the aligned formula."""
    inside = explanation._repr_markdown_().split("\\begin{aligned}\n")[1].split("\n\\end")[0]
    return inside.split(" \\\\\n")


@pytest.mark.parametrize(
    ("formula", "wide"),
    [
        ("x", 1.0),
        (r"\frac{\partial f}{\partial \text{abc}}", 4.5),
        (r"\operatorname{relu}\left(w_{12}\right)", 4 + 2 + 1 + 1.4),
        (r"\tanh\left(x\right) + 2", 4 + 2 + 1 + 2.2 + 1),
    ],
)
def test_widths_are_those_of_what_is_seen(formula, wide):
    assert width(formula) == pytest.approx(wide)


def test_a_line_breaks_before_equals_signs_then_terms_then_factors():
    assert broken("a = bb + cc = dd", 10.0) == ["a = bb + cc", "= dd"]
    assert broken("a = bb + cc - dd", 9.0) == ["a = bb", "+ cc - dd"]
    assert broken(r"a = bb \cdot cc \cdot -4", 9.0) == [r"a = bb \cdot cc", r"\cdot -4"]
    assert broken("a = -4", 1.0) == ["a", "= -4"]  # no sign of a number stands at an end


def test_brackets_break_last_and_are_then_written_apart():
    line = r"a = \left(bbb + ccc\right)^{2} + \left(d + e\right)"
    assert broken(line, 16.0) == [r"a = \left(bbb + ccc\right)^{2}", r"+ \left(d + e\right)"]
    assert broken(line, 10.0) == [
        r"a = \bigl(bbb",
        r"+ ccc\bigr)^{2}",
        r"+ \left(d + e\right)",
    ]


def explained():
    E, names = mazur()
    yield explain(E, names=names)
    yield explain(E, names=names, fold=True)
    model = nn.MLP(3, [8, 2], activation="tanh", rng=0)
    a, b = model([1.0, 2.0, 3.0])
    yield explain((a - b) ** 2, fold=True)
    xs = [Value(0.1 * i, f"x{i}") for i in range(40)]
    yield explain(logsumexp(xs))
    yield explain(sum((x * x * 12345.678 for x in xs), Value(0.0, "start")), fold=True, fmt=".15g")
    for seed in range(40):
        rng = Random(seed)
        inputs = [rng.uniform(-1, 1) for _ in range(3)]
        root = RandomProgram(rng, [inputs])([Value(x, f"x{i}") for i, x in enumerate(inputs)])
        yield explain(root, fold=True)


def test_no_row_is_wider_than_the_page_and_nothing_is_lost():
    for explanation in explained():
        found = rows(explanation)
        # A stack of fractions, or cases of `where`, is one piece however wide.
        apart = [row for row in found if r"\begin" not in row and row.count(r"\frac") < 3]
        assert max(map(width, apart)) <= PAGE
        for row in found:
            assert row.count("{") == row.count("}") and row.count(r"\left") == row.count(r"\right")
        joined = "".join(found).replace(r"\bigl", r"\left").replace(r"\bigr", r"\right")
        for line in explanation:
            left, right = explanation._sides(line, LATEX)
            assert squeezed(left) in squeezed(joined) and squeezed(right) in squeezed(joined)


def squeezed(formula):
    for space in (" ", "&", r"\qquad", r"\quad", "{}"):
        formula = formula.replace(space, "")
    return formula
