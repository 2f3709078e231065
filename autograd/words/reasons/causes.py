"""Causes: why the local derivative of one operation is 0.

Read off the operation and the numbers at its inputs. Where none of the reasons known here fits,
as for a row of the user's own or where a leaf has been changed since, the cause only says that it
is so. Invariant: a cause is stated only where the numbers bear it out.
"""

import math
from dataclasses import dataclass

from autograd.engine.primitive import TABLE
from autograd.engine.value import Value
from autograd.words.reasons.wording import Words, partner, row
from autograd.words.sweep import Use
from autograd.words.text import visible

SATURATING = ("tanh", "sigmoid", "erf", "softplus", "arctan")

OFF = (
    "A unit that is off for every input no longer learns: try another initialisation, a lower "
    "learning rate or the activation leaky_relu."
)
SATURATED = (
    "Its input is too large in size: scale the inputs, start with smaller weights or lower the "
    "learning rate."
)
NEGATIVE = (
    "Its input is too negative: compute with the exponent itself, as autograd.logsumexp does, or "
    "scale the inputs."
)
APART = (
    "The inputs are too far apart: scale them, start with smaller weights or lower the learning "
    "rate."
)
FACTOR = (
    "For an input or a mask 0 may be right; weights should start at random, as a weight of 0 stops "
    "the gradient to all before it."
)
FLAT = "At a minimum this is as it should be; elsewhere start from another point."


@dataclass(frozen=True)
class Cause:
    """A reason in a few words, what one may do about it, and how it is called among others."""

    what: str
    hint: str = ""
    group: str = ""

    @property
    def counted(self) -> str:
        """The words under which equal causes are counted."""
        return self.group or self.what


def known(node: Value) -> str:
    """The operation of `node` where it is a row of the table, else ""."""
    return node.op if TABLE.get(node.op) is node.primitive else ""


def zero_cause(use: Use, words: Words) -> Cause:
    """Say why the local derivative of an edge is 0."""
    child, i = use.child, use.position
    op, data = known(child), words.sweep.data
    x, first, last = (data[child.parents[j]] for j in (i, 0, -1))
    factor = child.parents[partner(child, i)]  # where there are two inputs, the other one
    other = data[factor]
    if op not in ("greater", "detach") and (math.isnan(x) or math.isnan(other)):
        return Cause(f"an input of {visible(child.op)} is nan, and nothing passes there")
    match op:
        case "relu" if x <= 0.0:
            return Cause("relu is off", OFF)
        case "leaky_relu" if i == 0 and x <= 0.0:
            return Cause("leaky_relu is off, its slope is 0", OFF)
        case "leaky_relu" if i == 1 and first >= 0.0:
            return Cause("leaky_relu does not use its slope where its input is not negative")
        case "maximum" | "minimum" if x != other:
            return Cause(
                f"{op} chose the other input, {words.equal(factor)}",
                "Only the input that is chosen gets a gradient; logsumexp is a smooth maximum.",
                f"{op} chose the other input",
            )
        case "greater":
            return Cause(
                "greater is a step, flat on both sides",
                "Use sigmoid as a smooth step, or let autograd.where choose between two results.",
            )
        case "abs" if x == 0.0:
            return Cause("abs has its kink at 0, where its derivative counts as 0", FLAT)
        case "*" | "dot" if other == 0.0 and known(factor) == "relu":
            what = f"multiplied by {words.equal(factor)}, a relu that is off"
            return Cause(what, OFF, "multiplied by a relu that is off")
        case "*" | "dot" if other == 0.0:
            return Cause(f"multiplied by {words.equal(factor)}", FACTOR, "multiplied by 0")
        case "/" if i == 0 and math.isinf(last):
            return Cause(f"divided by {words.equal(factor)}", "", "divided by infinity")
        case "/" if i == 1 and first == 0.0:
            return Cause("the numerator is 0, whatever it is divided by", FACTOR)
        case "**" if i == 1:
            return Cause(
                "`x ** c` takes its exponent for a constant",
                "Use autograd.engine.table.power(x, y) to differentiate by the exponent.",
            )
        case "**" | "pow" if i == 0 and last == 0.0:
            return Cause("the exponent is 0, and anything to the power 0 is 1")
        case "**" | "pow" if first == 0.0:
            return Cause("the base of a power is 0", FLAT)
        case "pow" if first == 1.0:
            return Cause("1 to any power is 1")
        case "detach":
            return Cause("cut off by detach() or no_grad()", "Compute without them.")
        case "sin" | "cos" | "cosh" if math.isfinite(x):
            return Cause(f"{op} is flat at this extremum", FLAT)
        case "exp" | "expm1" if x < 0.0:
            return Cause(f"{op} of so negative a number underflows to 0", NEGATIVE)
        case "logsumexp":
            return Cause(
                f"{words.equal(child.parents[i])} is too far below the largest input of logsumexp",
                APART,
                "too far below the largest input of logsumexp",
            )
        case _ if op in SATURATING:
            return Cause(f"{op} is saturated", SATURATED)
        case _ if math.isinf(x):
            return Cause(f"{visible(child.op)} is flat at an infinite input")
    return Cause(f"the local derivative of {row(child)} is 0 at this point")
