"""Causes: why an operation passes no gradient, or a result or derivative is not finite: tables.

A line names operations ("" stands for any) and holds a sentence, a hint, and a test of the numbers
(None where none is needed); the first that fits is the cause. Where nothing is known, as of a row
of the user's own, the last lines say only that it is so. Invariant: a cause is stated only where
the numbers bear it out.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite, isinf, isnan

from autograd.engine.primitive import TABLE
from autograd.engine.value import Value
from autograd.words.numbers import numeral
from autograd.words.sweep import Use
from autograd.words.text import visible

OFF = (
    "A unit that is off for every input no longer learns: try another initialisation, a lower "
    "learning rate or the activation leaky_relu."
)
SCALE = "Scale the inputs, start with smaller weights or lower the learning rate."
FACTOR = "For an input or a mask 0 may be right; weights should start at random."
FLAT = "At a minimum this is as it should be; elsewhere start from another point."
SMOOTH = "Only the input that is chosen gets a gradient; logsumexp is a smooth maximum."
STEP = "Use sigmoid as a smooth step, or let autograd.where choose between two results."
EXPONENT = "Use autograd.engine.table.power(x, y) to differentiate by the exponent."
DOMAIN = "Keep it inside the domain, as by sqrt(x + 1e-12), or let autograd.where choose a branch."
DIVISION = "Keep the divisor away from 0, as in x / (y + 1e-12), or take another branch there."
WHERE = "A factor of 0 hides no infinity: let autograd.where choose the other branch."
SAFE = "logsumexp, softmax, sigmoid and softplus are safe for large inputs."


class Point:
    """The numbers at one use: first and last input `x` and `y`, that of the use `own`, and `out`.

    `i` is the position, `other` the number of the other factor and `by` its operation; `outside`
    says whether the inputs lie outside the domain of the row.
    """

    def __init__(self, use: Use, data: Mapping[Value, float]) -> None:
        node, self.i, self.local = use
        other = node.parents[partner(node, self.i)]
        domain = node.primitive.domain if node.primitive else None
        self.outside = not (domain is None or domain(*[data[x] for x in node.parents]))
        self.op = node.op if TABLE.get(node.op) is node.primitive else ""
        self.row = "the mean of a compiled program" if node.op == "program" else visible(node.op)
        self.x, self.y, self.own = (data[node.parents[k]] for k in (0, -1, self.i))
        self.other, self.by, self.out = data[other], other.op, data[node]


Line = tuple[str, str, str, Callable[[Point], bool] | None]

# Why a local derivative is 0.
ZERO: Sequence[Line] = (
    ("greater floor ceil sign floor_divide", "{row} is a step, flat on both sides", STEP, None),
    ("detach", "cut off by detach() or no_grad()", "Compute without them.", None),
    ("", "an input of {row} is nan", "", lambda p: isnan(p.own) or isnan(p.other)),
    ("relu", "relu is off", OFF, lambda p: p.x <= 0),
    ("leaky_relu", "leaky_relu is off, its slope is 0", OFF, lambda p: p.i == 0 and p.x <= 0),
    ("leaky_relu", "leaky_relu uses its slope below 0 only", "", lambda p: p.i == 1 and p.x >= 0),
    ("maximum minimum", "{row} chose the other input", SMOOTH, lambda p: p.x != p.y),
    ("abs", "abs has its kink at 0, where its derivative counts as 0", FLAT, lambda p: p.x == 0),
    ("* dot", "multiplied by a relu that is off", OFF, lambda p: (p.other, p.by) == (0, "relu")),
    ("* dot", "multiplied by 0", FACTOR, lambda p: p.other == 0),
    ("/", "divided by infinity", "", lambda p: p.i == 0 and isinf(p.y)),
    ("/", "the numerator is 0", FACTOR, lambda p: p.i == 1 and p.x == 0),
    ("**", "`x ** c` takes its exponent for a constant", EXPONENT, lambda p: p.i == 1),
    ("** pow", "anything to the power 0 is 1", "", lambda p: p.i == 0 and p.y == 0),
    ("** pow", "the base of a power is 0", FLAT, lambda p: p.x == 0),
    ("pow", "1 to any power is 1", "", lambda p: p.x == 1),
    ("sin cos cosh", "{row} is flat at this extremum", FLAT, lambda p: isfinite(p.x)),
    ("exp exp2 expm1", "{row} of so negative a number is flat", SCALE, lambda p: p.x < 0),
    ("logsumexp logaddexp", "too far below the largest input of {row}", SCALE, None),
    ("tanh sigmoid erf softplus arctan", "{row} is saturated", SCALE, None),
    ("", "{row} is flat at an infinite input", "", lambda p: isinf(p.own)),
    ("", "the local derivative of {row} is 0 at this point", "", None),
)
# Why a result is nan although no input is, or infinite although all inputs are finite.
RESULT: Sequence[Line] = (
    ("/", "{x} / {y}", DIVISION, lambda p: p.y == 0 or isnan(p.out)),
    ("mod floor_divide", "{row} by {y}", DIVISION, lambda p: p.outside or isnan(p.out)),
    ("** pow", "{x} to the power {y}", DOMAIN, lambda p: p.outside or isnan(p.out)),
    ("", "{row} of {x}", DOMAIN, lambda p: p.outside),
    ("+ -", "inf - inf", SCALE, lambda p: isnan(p.out)),
    ("*", "0 times inf", WHERE, lambda p: isnan(p.out)),
    ("sin cos tan", "{row} of {x}", SCALE, None),
    ("exp exp2 expm1 sinh cosh", "{row} of {x} is beyond the largest float, 1.8e308", SAFE, None),
    ("", "beyond the largest float, 1.8e308", SCALE, lambda p: p.op != "" and isinf(p.out)),
    ("", "{row} gives {out}", "", None),
)
# Why a local derivative is infinite or nan although the inputs and the result are finite.
SLOPE: Sequence[Line] = (
    ("/", "divided by {y}", DIVISION, None),
    ("** pow", "the derivative of x ** {y} at 0 is inf", DOMAIN, lambda p: p.i == p.x == 0),
    ("pow", "its derivative holds the log of the base {x}", DOMAIN, lambda p: p.i == 1),
    ("", "the derivative of {row} at {own} is {local}", DOMAIN, lambda p: p.op != ""),
    ("", "the local derivative of {row} is {local}", "", None),
)


def cause(table: Sequence[Line], use: Use, data: Mapping[Value, float]) -> tuple[str, str]:
    """Return what the first line that fits says of the operation `use.child`, and its hint."""
    point = Point(use, data)
    known = {name: numeral(x) if isinstance(x, float) else x for name, x in vars(point).items()}
    return next(
        (what.format_map(known), hint)
        for operations, what, hint, test in table
        if (not operations or point.op in operations.split()) and (test is None or test(point))
    )


def partner(node: Value, position: int) -> int:
    """The place of the other factor of an input of `x * y` or of a dot product."""
    half = len(node.parents) // 2
    return position + half if position < half else position - half
