"""Targets and weights: what a loss is given, checked before anything is recorded."""

import math
import operator
from collections.abc import Iterator, Mapping, Set
from typing import Any

from autograd import Value
from autograd.engine.number import as_float
from nn.checks import not_negative


def is_sequence(x: Any) -> bool:
    """Whether `x` holds several numbers in an order, as neither a table nor a 0-d array does."""
    if not hasattr(x, "__len__") or isinstance(x, str | bytes | Mapping | Set):
        return False
    return getattr(x, "ndim", 1) > 0 and not hasattr(x, "columns")


def pairs(name: str, output: Any, target: Any) -> list[tuple[Any, Any]]:
    """Pair each output with its target, a float or a Value.

    Raises `ValueError` where there is not one target for each output.
    """
    outputs, targets = (
        list(x) if is_sequence(x) or isinstance(x, Iterator) else [x] for x in (output, target)
    )
    if len(outputs) != len(targets) or not outputs:
        raise ValueError(
            f"`{name}` needs one target for each output, got {len(outputs)} outputs and "
            f"{len(targets)} targets"
        )
    targets = [t if isinstance(t, Value) else as_float(t, "target") for t in targets]
    return list(zip(outputs, targets, strict=True))


def class_target(name: str, outputs: Any, target: Any) -> Any:
    """Return a target among classes: an index, or a list of probabilities, floats or Values.

    An index is an int, or a Value that stands for one.

    Raises `ValueError` or `TypeError` where `outputs` are no classes or `target` is not of them.
    """
    if not is_sequence(outputs) or len(outputs) < 2:
        kind = "log-probabilities" if name == "nll" else "logits"
        raise ValueError(
            f"`{name}` takes a list of two or more {kind}, one for each class; for a single "
            "output use binary_cross_entropy_with_logits or hinge_loss"
        )
    if is_sequence(target):
        targets = [t for _, t in pairs(name, outputs, target)]
        given = [t for t in targets if not isinstance(t, Value)]
        if len(given) == len(targets) and not (
            all(t >= 0.0 for t in given) and math.isclose(sum(given), 1.0, rel_tol=1e-6)
        ):
            raise ValueError(f"target probabilities must lie in [0, 1] and sum to 1, got {given}")
        return targets
    if isinstance(target, Value):
        return target
    try:
        index = operator.index(target)
    except TypeError:
        raise TypeError(
            f"`{name}` takes a class index or a sequence of probabilities, got {target!r}"
        ) from None
    if not 0 <= index < len(outputs):
        raise ValueError(
            f"class index {index} is outside the {len(outputs)} classes 0..{len(outputs) - 1}"
        )
    return index


def weights(name: str, given: Any, count: int, each: str) -> list[float]:
    """Return `count` weights as floats, those of a pandas Series by its labels, 0 to count - 1.

    Raises `ValueError` for other labels, another number of weights, or for one that is negative or
    not finite.
    """
    if not is_sequence(given):
        raise TypeError(f"`{name}` must list one number for each {each}, got {given!r:.80}")
    if len(given) != count:
        raise ValueError(
            f"`{name}` must list one number for each {each}: {count}, but it has {len(given)}"
        )
    if hasattr(given, "items"):  # `value_counts` sorts by size
        labelled = dict(given.items())
        if labelled.keys() != set(range(count)):
            raise ValueError(
                f"`{name}` is labelled {list(labelled)!r:.60}, not 0..{count - 1}: pass a list "
                f"with one number for each {each}, in order"
            )
        given = [labelled[i] for i in range(count)]
    return [not_negative(name, w) for w in given]


def total(terms: list[Value]) -> Value:
    """Return the sum of one or more terms."""
    return sum(terms[1:], terms[0])


def mean(terms: list[Value]) -> Value:
    """Return the mean of one or more terms."""
    return total(terms) / len(terms)
