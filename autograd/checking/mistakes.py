"""The catalogue of mistakes that people make with the chain rule: one table, a row each.

A row says where it strikes and what it does there: to a local `partial`, to the `sum` of the
contributions to one node, to the whole `pass`, to the `answer` that was found, to the digits that
were `typed`, or, going forward, to the `value` of one operation. What needs more than a line is a
function in `slips.py`. Specific rows stand first: of two that give the same number everywhere the
first is named. Invariant: a sentence says what happened, and never the right number.

The kinds are those of the literature on worked examples ("buggy rules": Brown and Burton 1978; van
der Hoek, Jeuring and Bos 2025) and of backpropagation's own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from autograd.checking import slips


@dataclass(frozen=True)
class Mistake:
    """One row: its name, what it strikes, the numbers that it gives, and what to say."""

    name: str
    at: Literal["partial", "sum", "pass", "answer", "typed", "value"]
    slip: Callable[..., slips.Numbers]
    sentence: str


# fmt: off
MISTAKES: tuple[Mistake, ...] = (
    # after a step
    Mistake("gradient added", "answer",
        lambda asked: slips.in_updates(asked, lambda x, g, rate: x + rate * g),
        "a step goes against the gradient: subtract it"),
    Mistake("learning rate left out", "answer",
        lambda asked: slips.in_updates(asked, lambda x, g, rate: x - g),
        "the gradient was subtracted without the learning rate"),
    Mistake("gradient for update", "answer",
        lambda asked: slips.in_updates(asked, lambda x, g, rate: g),
        "yours is the gradient; asked is the number after the step"),
    Mistake("step for update", "answer",
        lambda asked: slips.in_updates(asked, lambda x, g, rate: -rate * g),
        "yours is the step alone; asked is the number after it"),
    # what belongs to one kind of operation
    Mistake("p for p - y", "sum", slips.probability,
        "softmax with cross-entropy hands p - y to a logit; yours is p: the target is missing"),
    Mistake("power not lowered", "partial", slips.not_lowered,
        "the derivative of a power has an exponent lower by 1: {there}"),
    Mistake("exponent's factor missing", "partial", slips.no_exponent,
        "the derivative of x ** n has the factor n: {there}"),
    Mistake("rule of powers for exp", "partial", slips.power_rule_of_exp,
        "the variable stands in the exponent, so the rule of powers does not hold: {there}"),
    Mistake("quotient's sign", "partial", lambda use: slips.divisor(use, lambda a, b: a / b**2),
        "1 / x falls where x grows, so a divisor has a minus sign: {there}"),
    Mistake("quotient's square", "partial", lambda use: slips.divisor(use, lambda a, b: -a / b),
        "the derivative by a divisor holds its square: {there}"),
    Mistake("divisor for its inverse", "partial",
        lambda use: (use.y,) if use.op == "/" and use.i == 0 else (),
        "the derivative of x / y by x is 1 / y, and not y: {there}"),
    Mistake("relu' = 1", "partial",
        lambda use: (1.0,) if use.op == "relu" and use.d == 0.0 else (),
        "relu is off there, and its derivative is 0: {there}"),
    Mistake("no square in 1 - tanh²", "partial",
        lambda use: slips.saturating(use, {"tanh": lambda x, y: 1.0 - y}),
        "the derivative of tanh is 1 minus the square of its result: {there}"),
    Mistake("1 - σ for σ'", "partial",
        lambda use: slips.saturating(use, {"sigmoid": lambda x, y: 1.0 - y}),
        "the derivative of sigmoid is σ (1 - σ), and not 1 - σ alone: {there}"),
    Mistake("derivative of the other function", "partial", lambda use: slips.saturating(use,
        {"tanh": lambda x, y: y * (1.0 - y), "sigmoid": lambda x, y: 1.0 - y * y}),
        "the derivatives of sigmoid, σ (1 - σ), and tanh, 1 - tanh², were mixed up: {there}"),
    Mistake("formula of the result at the input", "partial", lambda use: slips.saturating(use,
        {"sigmoid": lambda x, y: x * (1.0 - x), "tanh": lambda x, y: 1.0 - x * x}),
        "the formula takes the result of the operation, and yours has its input: {there}"),
    Mistake("derivative at the output", "partial",
        lambda use: (use.derivative_at(use.out),) if use.activation else (),
        "the derivative belongs at the input of the operation, not at its result: {there}"),
    Mistake("constant factor left out", "partial", lambda use: slips.constant(use, 0),
        "the constant factor or divisor {detail} is left out: {there}"),
    Mistake("constant factor twice", "partial", lambda use: slips.constant(use, 2),
        "the constant factor or divisor {detail} is there twice: {there}"),
    # the whole pass
    Mistake("updated weights", "pass", slips.updated_weights,
        "all gradients come before all updates; yours has passed weights that were already "
        "updated, with the learning rate {detail}"),
    Mistake("counted twice", "pass", lambda way, rates: slips.recursion(way, rates, True),
        "a gradient was handed on from each use at once and again with the next one: first add up "
        "all contributions, then go on"),
    Mistake("handed on too early", "pass", lambda way, rates: slips.recursion(way, rates, False),
        "a gradient was handed on before all its contributions had come"),
    # adding up
    Mistake("use not added", "sum", slips.some_uses,
        "{place} is used {count} times and contributions add up; yours has only the part from "
        "{detail}"),
    Mistake("mean of uses", "sum",
        lambda place: (place.total / len(place.parts),) if len(place.parts) > 1 else (),
        "contributions to {place} add up; yours is their mean"),
    Mistake("product of uses", "sum",
        lambda place: (math.prod(place.parts),) if len(place.parts) > 1 else (),
        "contributions to {place} add up; yours are multiplied"),
    Mistake("w_ij for w_ji", "sum", slips.transposed,
        "going back, {place} is weighed by its outgoing weights; yours are of the transposed "
        "matrix"),
    # products
    Mistake("own factor", "partial", lambda use: (use.x,) if use.op in ("*", "dot") else (),
        "the derivative of a product by a factor is the other factor; yours is this one: {there}"),
    Mistake("a neighbour's factor", "partial", slips.neighbour,
        "{place} is multiplied by another factor than by {detail}: {there}"),
    Mistake("input for a bias", "partial", slips.input_for_bias,
        "a bias is added, so its local derivative is 1 and not {detail}: {there}"),
    # any local derivative
    Mistake("sign", "partial", lambda use: (-use.d,),
        "a sign got lost, or one too many is there: {there}"),
    Mistake("local derivative left out", "partial", lambda use: (1.0,),
        "the local derivative is left out: {there}"),
    Mistake("f for f'", "partial", lambda use: (use.out,),
        "the result of the operation stands where its derivative belongs: {there}"),
    Mistake("x for f'", "partial", lambda use: (use.x,),
        "the input of the operation stands where its derivative belongs: {there}"),
    Mistake("derivative twice", "partial", lambda use: (use.d**2,),
        "the local derivative is there twice: {there}"),
    Mistake("divided by f'", "partial", lambda use: (1.0 / use.d,) if use.d else (),
        "divided by the local derivative instead of multiplied: {there}"),
    Mistake("upstream left out", "sum", slips.no_upstream,
        "yours is the local derivative alone: multiply by what arrives from above at {above}"),
    Mistake("sign of the whole", "sum", lambda place: (-place.total,),
        "the sign of the whole is turned round"),
    # answers
    Mistake("bias taken for a constant", "answer",
        lambda asked: (0.0,) if not asked.updates else (asked.data,),
        "yours is as if {place} were a constant; it moves the result like any other input"),
    Mistake("gradient of an earlier pass", "answer", slips.earlier_pass,
        "an earlier pass is in it: set the gradients to 0 before each pass"),
    Mistake("factor 2", "sum", lambda place: (2.0 * place.total,),
        "yours is twice as large: a factor ½ is missing, or a factor 2 too many"),
    Mistake("factor ½", "sum", lambda place: (0.5 * place.total,),
        "yours is half as large: a factor 2 is missing, perhaps of a square"),
    Mistake("update for gradient", "answer", slips.update,
        "yours is what a step with the learning rate {detail} makes of it; asked is the gradient"),
    Mistake("learning rate inside", "answer", slips.rate_inside,
        "the learning rate {detail} is in it; asked is the gradient without it"),
    Mistake("another answer", "answer", slips.other_answer,
        "this is the answer for {detail}"),
    Mistake("number for gradient", "answer",
        lambda asked: (asked.data,) if asked.data and not asked.updates else (),
        "yours is the number {place} itself, not the gradient"),
    # going forward
    Mistake("operation left out", "value",
        lambda step: step.inputs if len(step.inputs) == 1 and step.op != "neg" else (),
        "the operation is left out: {there}"),
    Mistake("factor left out", "value", slips.factor_left_out,
        "the factor {detail} is left out: {there}"),
    Mistake("term left out", "value", slips.term_left_out,
        "the term with {detail} is left out: {there}"),
    Mistake("other operation", "value", slips.other_operation,
        "another operation was done, or in another order: {there}"),
    Mistake("other function", "value", slips.other_function,
        "another function, or another sign in it, was taken: {there}"),
    Mistake("other weight", "value", slips.other_weight,
        "another factor was taken than {detail}: {there}"),
    Mistake("sign of a value", "value", slips.sign_of_value,
        "a sign is turned round: {there}"),
    # the pen
    Mistake("digits swapped", "typed", slips.swapped, "two digits have changed places"),
    Mistake("decimal point", "typed", slips.shifted, "the decimal point is in the wrong place"),
    Mistake("rounding on the way", "typed", lambda answer: (),
        "near the right number, but not to the digits that you give: keep more of them on the way"),
)
# fmt: on
COARSE = MISTAKES[-1]  # no number comes out of it, but a range
