"""Functions of several values: `where`, and those that take a whole sequence.

Each builds on rows of the table and records like any operator. Floats in, floats out; as soon
as one input is a `Value`, the result is a `Value` that knows its parents.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd.engine import table
from autograd.engine.modes import compiling
from autograd.engine.number import as_number, constant, elements


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return `a` where `condition` holds, else `b`; a NumPy condition selects element by element.

    The branch not taken gets the gradient 0 exactly, even where its own partials are nan or inf.
    Raises `TypeError` where `condition` is a list or tuple, or what is chosen is no number.
    """
    if isinstance(condition, np.ndarray):
        if "O" in (np.asarray(a).dtype.kind, np.asarray(b).dtype.kind):
            return np.frompyfunc(where, 3, 1)(condition, a, b)
        return np.where(condition, a, b)
    if isinstance(condition, list | tuple | str):
        raise TypeError(
            f"`where` asks whether one condition holds, got {condition!r:.60}: pass np.array(x), "
            "or call it for each element"
        )
    return table.where(a if condition else b)


def logsumexp(xs: Iterable[Any]) -> Any:
    """Return log(exp(x_1) + ... + exp(x_n)) of `xs`, n scalars, without overflow.

    Raises `ValueError` for an empty sequence.
    """
    return table.logsumexp(*_nonempty(xs, "logsumexp"))


def softmax(xs: Iterable[Any]) -> list[Any]:
    """Return the n probabilities exp(x_i) / (exp(x_1) + ... + exp(x_n)) of `xs`, without overflow.

    Raises `ValueError` for an empty sequence.
    """
    xs = _nonempty(xs, "softmax")
    largest = constant(reduce(table.maximum, xs))  # a shift by any constant cancels
    shifted = [x - largest for x in xs]
    normalizer = table.logsumexp(*shifted)
    return [table.exp(x - normalizer) for x in shifted]


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """Return a_1 b_1 + ... + a_n b_n of `a` and `b` as one node; 0 for two empty sequences.

    Raises `ValueError` where the lengths differ.
    """
    if not (a.__class__ is b.__class__ is list):
        a, b = scalars(a, "dot"), scalars(b, "dot")
    if len(a) != len(b):
        raise ValueError(f"`dot` needs two sequences of equal length, got {len(a)} and {len(b)}")
    return table.dot(*a, *b)


def take(values: Sequence[Any], index: Any) -> Any:
    """Return element `index` of a list of numbers, Values or lists of one length, as they are.

    The index, counted from 0, is a whole number that may be a Value, such as an argument of a
    function that is being compiled: of a row of a matrix of parameters that is one gather, with an
    addition at the indices in the reverse sweep. No gradient flows to the index.

    >>> table = [[autograd.Value(1.0), autograd.Value(2.0)], [autograd.Value(3.0), 4.0]]
    >>> row_sum = autograd.compile(lambda token: sum(autograd.take(table, token)), batch=True)
    >>> row_sum([0, 1, 1])
    array([3., 7., 7.])

    Raises `IndexError` for an index outside 0..len(values) - 1, `ValueError` for one that is not
    whole, in a program too.
    """
    if not isinstance(values, list | tuple | np.ndarray):  # others may be looked up by label
        values = elements(values, "take")
    is_value = hasattr(index, "__apply_primitive__")
    number = index._data if is_value else as_number(index, "index")
    if not 0 <= index <= len(values) - 1:
        raise IndexError(
            f"index {number:g} is outside the {len(values)} elements that `take` chooses from"
        )
    if not table.floor(index) == index:
        raise ValueError(f"`take` needs a whole number as index, got {number}")
    if not is_value:
        return values[int(number)]
    return _taken(values if compiling() else [values[int(number)]], index)


def _taken(values: Sequence[Any], index: Any) -> Any:
    """The element at a Value `index`, or a list of them."""
    if isinstance(values[0], list | tuple | np.ndarray):
        return [_taken(column, index) for column in zip(*values, strict=True)]
    return table.take(index, *values)


def scalars(xs: Any, name: str) -> list[Any]:
    """Return `xs` as `elements` does; raises `TypeError` also for an array of several axes.

    By its rows `dot(W, x)` would be the product with W transposed.
    """
    if getattr(xs, "ndim", 1) > 1:
        raise TypeError(f"`{name}` takes one list, got shape {xs.shape}: call it for each row")
    return elements(xs, name)


def _nonempty(xs: Iterable[Any], name: str) -> list[Any]:
    listed = scalars(xs, name)
    if not listed:
        raise ValueError(f"`{name}` of an empty sequence: pass at least one number or Value")
    return listed
