"""Functions of several values: `where`, and those that take a whole sequence.

Each builds on rows of the table and records like any operator. Floats in, floats out; as soon
as one input is a `Value`, the result is a `Value` that knows its parents.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd.engine import table as primitives


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return `a` where `condition` holds, else `b`; a NumPy condition selects element by element.

    The branch not taken gets the gradient 0 exactly, even where its own partials are nan or inf.
    """
    if isinstance(condition, np.ndarray):
        if "O" in (np.asarray(a).dtype.kind, np.asarray(b).dtype.kind):
            return np.frompyfunc(where, 3, 1)(condition, a, b)
        return np.where(condition, a, b)
    return primitives.where_taken(a if condition else b)


def logsumexp(xs: Iterable[Any]) -> Any:
    """Return log(exp(x_1) + ... + exp(x_n)) without overflow.

    Raises `ValueError` for an empty sequence.
    """
    return primitives.logsumexp(*_nonempty(xs, "logsumexp"))


def softmax(xs: Iterable[Any]) -> list[Any]:
    """Return the n probabilities exp(x_i) / (exp(x_1) + ... + exp(x_n)), without overflow.

    Raises `ValueError` for an empty sequence.
    """
    xs = _nonempty(xs, "softmax")
    largest = reduce(primitives.maximum, xs)
    if hasattr(largest, "detach"):  # a shift by any constant cancels
        largest = largest.detach()
    shifted = [x - largest for x in xs]
    normalizer = primitives.logsumexp(*shifted)
    return [primitives.exp(x - normalizer) for x in shifted]


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """Return a_1 b_1 + ... + a_n b_n as one node; 0 for two empty sequences.

    Raises `ValueError` where the lengths differ.
    """
    if len(a) != len(b):
        raise ValueError(f"`dot` needs two sequences of equal length, got {len(a)} and {len(b)}")
    return primitives.dot(*a, *b)


def _nonempty(xs: Iterable[Any], name: str) -> list[Any]:
    listed = list(xs)
    if not listed:
        raise ValueError(f"`{name}` of an empty sequence: pass at least one number or Value")
    return listed
