"""Losses: how wrong one output is, as a Value to minimise.

`loss(output, target)` takes what the model returns for one example, a Value or a list of them,
and the target, a number or, for several outputs, a sequence. The mean over a batch is taken by
whoever sums. Invariant: stable on logits from -1e4 to 1e4, in value and gradient.
"""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, dot, logsumexp, relu, softplus
from autograd.number import as_float

Loss = Callable[[Any, Any], Value]


def mse_loss(output: Any, target: Any) -> Value:
    """Mean squared error over the outputs of one example, as PyTorch's `mse_loss`."""
    terms = [(o - t) ** 2 for o, t in _pairs("mse_loss", output, target)]
    return _total(terms) / len(terms)


def squared_error(output: Any, target: Any) -> Value:
    """Half the sum of squared errors, E = sum 1/2 (target - output)^2: dE/doutput = the error."""
    return _total([0.5 * (o - t) ** 2 for o, t in _pairs("squared_error", output, target)])


def hinge_loss(output: Any, target: Any) -> Value:
    """Max-margin loss max(0, 1 - target * score), the target -1 or +1; the mean over outputs."""
    pairs = _pairs("hinge_loss", output, target)
    for _, t in pairs:
        if not isinstance(t, Value) and t not in (-1.0, 1.0):
            raise ValueError(f"`hinge_loss` takes labels -1 and +1, got {t!r}: use 2 * y - 1")
    return _total([relu(1.0 - t * o) for o, t in pairs]) / len(pairs)


def cross_entropy(logits: Sequence[Any], target: Any) -> Value:
    """Negative log-likelihood of the target under softmax(logits).

    `target` is a class index, or a sequence of probabilities, one for each logit.
    Raises `ValueError` for an index outside the classes or probabilities that are none.
    """
    if not isinstance(logits, Sequence) or len(logits) < 2:
        raise ValueError(
            "`cross_entropy` takes a list of two or more logits, one for each class; for a "
            "single output use binary_cross_entropy_with_logits or hinge_loss"
        )
    if _is_sequence(target):
        pairs = _pairs("cross_entropy", logits, target)
        given = [t for _, t in pairs if not isinstance(t, Value)]
        if len(given) == len(pairs) and not (
            all(0.0 <= t <= 1.0 for t in given) and math.isclose(sum(given), 1.0, rel_tol=1e-6)
        ):
            raise ValueError(f"target probabilities must lie in [0, 1] and sum to 1, got {given}")
        normalizer = logsumexp(logits)
        expected: Value = dot([t for _, t in pairs], [normalizer - o for o, _ in pairs])
        return expected
    try:
        index = operator.index(target)
    except TypeError:
        raise TypeError(
            f"`cross_entropy` takes a class index or a sequence of probabilities, got {target!r}"
        ) from None
    if not 0 <= index < len(logits):
        raise ValueError(
            f"class index {index} is outside the {len(logits)} classes 0..{len(logits) - 1}"
        )
    # Shifted by the target's logit, so that a loss near 0 keeps all its digits.
    surprise: Value = logsumexp([logit - logits[index] for logit in logits])
    return surprise


def binary_cross_entropy_with_logits(output: Any, target: Any) -> Value:
    """-t log p - (1 - t) log(1 - p) with p = sigmoid(output) and t in [0, 1]; mean over outputs.

    Raises `ValueError` for a target outside [0, 1].
    """
    pairs = _pairs("binary_cross_entropy_with_logits", output, target)
    for _, t in pairs:
        if not isinstance(t, Value) and not 0.0 <= t <= 1.0:
            raise ValueError(
                f"`binary_cross_entropy_with_logits` takes targets from 0 to 1, got {t!r}"
            )
    terms = [t * softplus(-o) + (1.0 - t) * softplus(o) for o, t in pairs]
    return _total(terms) / len(terms)


LOSSES: dict[str, Loss] = {
    "mse_loss": mse_loss,
    "squared_error": squared_error,
    "hinge_loss": hinge_loss,
    "cross_entropy": cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
}


def _is_sequence(x: Any) -> bool:
    return hasattr(x, "__len__") and not isinstance(x, str | bytes)


def _pairs(name: str, output: Any, target: Any) -> list[tuple[Any, Any]]:
    """Pair each output with its target, a float or a Value."""
    outputs = list(output) if _is_sequence(output) else [output]
    targets = list(target) if _is_sequence(target) else [target]
    if len(outputs) != len(targets) or not outputs:
        raise ValueError(
            f"`{name}` needs one target for each output, got {len(outputs)} outputs and "
            f"{len(targets)} targets"
        )
    targets = [t if isinstance(t, Value) else as_float(t, "target") for t in targets]
    return list(zip(outputs, targets, strict=True))


def _total(terms: list[Value]) -> Value:
    return sum(terms[1:], terms[0])
