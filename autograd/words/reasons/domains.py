"""Domains: where an operation, or its derivative, leaves the finite numbers, and why.

`log` of a negative number, division by 0, `sqrt` at 0, `exp` beyond the largest float. Invariant:
the origin of a number that is not finite has finite inputs, or, where it is nan, no input that
is nan: what is wrong begins there.
"""

import math

from autograd.engine.primitive import CONSTANT
from autograd.engine.value import Value
from autograd.words.reasons.causes import Cause, known
from autograd.words.reasons.wording import Words, is_program, number, row
from autograd.words.sweep import Use

LOG = (
    "Keep the argument positive: add a small number inside, as in log(x + 1e-12), or compute the "
    "log of a sum of exponentials with autograd.logsumexp."
)
ROOT = (
    "Add a small number inside, as in sqrt(x + 1e-12), or let autograd.where take another branch "
    "there."
)
DIVISION = "Keep the divisor away from 0, as in x / (y + 1e-12), or take another branch there."
GROWTH = (
    "Lower the learning rate or the weights; logsumexp, softmax, sigmoid and softplus are safe for "
    "large inputs."
)
OVERFLOW = "Lower the learning rate, scale the inputs or start with smaller weights."
LEAF = (
    "Look at how it was set: data with gaps, or a step of an optimiser that was too large or had a "
    "gradient that was not finite."
)
DOMAIN = "Keep the argument inside the domain, with autograd.maximum or minimum."


def origin(node: Value) -> Value:
    """Return the node at or below `node` where its nan, or its infinity, begins."""
    while True:
        below = [x for x in node.parents if x.primitive is not CONSTANT]
        wrong = [x for x in below if math.isnan(x._data)]
        if not wrong and not math.isnan(node._data):
            wrong = [x for x in below if math.isinf(x._data)]
        if not wrong:
            return node
        node = wrong[0]


def infinite_since(node: Value, words: Words) -> str:
    """Where the infinite inputs of a nan, such as inf - inf, come from; "" where there are none."""
    wrong = first_infinite(node.parents)
    if wrong is None or not math.isinf(wrong._data) or wrong.primitive is CONSTANT:
        return ""
    begin = origin(wrong)
    return f"{words.called(wrong)} is infinite since {words.computed(begin)}."


def first_infinite(inputs: tuple[Value, ...]) -> Value | None:
    """The first input that is nan, else the first that is infinite, None where all are finite."""
    wrong = [x for x in inputs if not math.isfinite(x._data)]
    return next((x for x in wrong if math.isnan(x._data)), wrong[0] if wrong else None)


def data_cause(node: Value, words: Words) -> Cause:
    """Say why the result of an operation is not finite, or that a leaf is not."""
    if node.primitive is None:
        return Cause(f"{words.called(node)} itself is {number(node._data)}", LEAF)
    op, out = known(node), node._data
    inputs = [parent._data for parent in node.parents]
    x, y = inputs[0], inputs[-1]
    infinite = any(map(math.isinf, inputs))
    match op:
        case "log" if x <= 0.0:
            return Cause("log of 0" if x == 0.0 else "log of a negative number", LOG)
        case "log1p" if x <= -1.0:
            return Cause("log1p of -1" if x == -1.0 else "log1p of a number below -1", LOG)
        case "sqrt" if x < 0.0:
            return Cause("square root of a negative number", DOMAIN)
        case "**" | "pow" if x < 0.0 and y != int(y if math.isfinite(y) else 0):
            return Cause("a negative number to a power that is not whole", DOMAIN)
        case "**" | "pow" if x == 0.0 and y < 0.0:
            return Cause("0 to a negative power", DIVISION)
        case "/" if y == 0.0:
            return Cause("0 divided by 0" if x == 0.0 else "division by 0", DIVISION)
        case "arcsin" | "arccos" | "arctanh" if abs(x) >= 1.0:
            return Cause(f"{op} at {number(x)}, outside its domain", DOMAIN)
        case "arccosh" if x < 1.0:
            return Cause("arccosh of a number below 1", DOMAIN)
        case "+" | "-" if math.isnan(out) and infinite:
            return Cause("inf - inf", OVERFLOW)
        case "*" if math.isnan(out) and infinite:
            return Cause(
                "0 times inf",
                "A factor of 0 does not hide an inf: choose with autograd.where instead.",
            )
        case "/" if math.isnan(out) and infinite:
            return Cause("inf / inf", OVERFLOW)
        case "exp" | "expm1" | "sinh" | "cosh" if math.isinf(out) and not infinite:
            return Cause(f"{op} of {number(x)} is beyond the largest float, 1.8e+308", GROWTH)
        case "sin" | "cos" | "tan" if infinite:
            return Cause(f"{op} of {number(x)} has no value", OVERFLOW)
    if math.isinf(out) and not infinite and not is_program(node):
        return Cause("a result beyond the largest float, 1.8e+308", OVERFLOW)
    return Cause(f"{row(node)} gives {number(out)}")


def local_cause(use: Use, words: Words) -> tuple[Cause, Value]:
    """Say why a local derivative is infinite or nan, and at which node that begins."""
    child = use.child
    wrong = first_infinite(child.parents)
    if wrong is not None:
        begin = child if wrong.primitive is CONSTANT else origin(wrong)
        return data_cause(begin, words), begin
    if not math.isfinite(child._data):
        return data_cause(child, words), child
    return _derivative_cause(use, words), child


def _derivative_cause(use: Use, words: Words) -> Cause:
    """The same where the inputs and the result are finite."""
    child, i = use.child, use.position
    op, x = known(child), child.parents[0]._data
    last = child.parents[-1]
    match op:
        case "sqrt" if x == 0.0:
            return Cause("the derivative of sqrt at 0 is infinite", ROOT)
        case "**" | "pow" if i == 0 and x == 0.0:
            return Cause(f"the derivative of x ** {number(last._data)} at 0 is infinite", ROOT)
        case "pow" if i == 1 and x < 0.0:
            return Cause("the derivative by the exponent holds the log of a negative base", DOMAIN)
        case "log" | "arcsin" | "arccos" | "arccosh" if math.isinf(use.partial):
            hint = LOG if op == "log" else DOMAIN
            return Cause(f"the derivative of {op} at {number(x)} is infinite", hint)
        case "/":
            return Cause(f"divided by {words.equal(last)}", DIVISION)
    quality = "not defined" if math.isnan(use.partial) else "infinite"
    return Cause(f"the local derivative of {row(child)} is {quality} at this point")
