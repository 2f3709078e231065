"""Likelihoods: how surprising the target is under the probabilities that the output stands for.

Logits are numbers whose softmax, or sigmoid for a single one, are probabilities. Invariant: no
logarithm of a probability that has been rounded, so nothing is lost where it is near 0 or 1.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import Value, dot, logsumexp, maximum, softplus, take
from autograd.engine.table import select
from autograd.functions import scalars
from nn.checks import not_negative
from nn.losses.targets import class_target, is_sequence, mean, pairs, weights


def log_softmax(logits: Iterable[Any]) -> list[Any]:
    """Return log-probabilities x_i - log(exp(x_1) + ... + exp(x_n)) of n `logits`, for `nll`.

    Raises `ValueError` for an empty sequence.
    """
    shifted, normalizer = _shifted(scalars(logits, "log_softmax"))
    return [x - normalizer for x in shifted]


def nll(log_probabilities: Sequence[Any], target: Any, *, weight: Any = None) -> Value:
    """Negative log-likelihood of the target; PyTorch's `nll_loss`, and so called here too.

    -sum_c weight_c target_c log p_c, `weight` by default 1, where `log_probabilities` is what
    `log_softmax` returns. Otherwise as `cross_entropy`, which takes logits and does both.
    """
    target = class_target("nll", log_probabilities, target)
    count = len(log_probabilities)
    factors = None if weight is None else weights("weight", weight, count, "class")
    if not isinstance(target, list):
        surprise: Value = -take(log_probabilities, target)
        return surprise if factors is None else take(factors, target) * surprise
    expected: Value = -dot(_coefficients(target, factors), log_probabilities)
    return expected


nll_loss = nll


def cross_entropy(
    logits: Sequence[Any], target: Any, *, weight: Any = None, label_smoothing: float = 0.0
) -> Value:
    """-sum_c weight_c t_c log p_c with p = softmax(logits), as PyTorch's `cross_entropy`.

    `target` is a class index, which may be a Value, or a sequence of probabilities, one for each
    logit; t is the target mixed with the uniform distribution, t_c = (1 - s) target_c + s / n, with
    s = `label_smoothing` (Szegedy et al., Rethinking the Inception architecture, 2016). `weight`
    lists one number for each class. The mean over a batch divides by the number of examples,
    PyTorch's for class indices by the sum of their weights: over a training set that is the same
    for weights like n_examples / (n_classes * examples_of_the_class), which average to 1.

    Raises `ValueError` for an index outside the classes, probabilities that are none, smoothing
    outside [0, 1], a wrong number of weights or a negative one.
    """
    target = class_target("cross_entropy", logits, target)
    factors = None if weight is None else weights("weight", weight, len(logits), "class")
    smoothing = not_negative("label_smoothing", label_smoothing)
    if smoothing > 1.0:
        raise ValueError(f"`label_smoothing` must be at most 1, got {label_smoothing!r}")
    if not isinstance(target, list):
        if not smoothing:
            # Shifted by the target's logit, so that a loss near 0 keeps all its digits.
            chosen = take(logits, target)
            surprise: Value = logsumexp([logit - chosen for logit in logits])
            return surprise if factors is None else take(factors, target) * surprise
        rows = [[float(i == j) for i in range(len(logits))] for j in range(len(logits))]
        target = take(rows, target)
    if smoothing or factors is not None:
        shifted, normalizer = _shifted(logits)
    else:  # taking off the largest of 10 costs 10 us of a compiled step of 200 us
        shifted, normalizer = list(logits), logsumexp(logits)
    surprises = [normalizer - x for x in shifted]
    if not smoothing:  # what a target of 0 leaves out may be infinite, as a masked logit is
        surprises = [select(t, s, 0.0) for t, s in zip(target, surprises, strict=True)]
    expected: Value = dot(_coefficients(target, factors, smoothing), surprises)
    return expected


def binary_cross_entropy_with_logits(output: Any, target: Any, *, pos_weight: Any = None) -> Value:
    """-w t log p - (1 - t) log(1 - p) with p = sigmoid(output) and t in [0, 1]; mean over outputs.

    w is `pos_weight`, a number or one for each output, by default 1; as PyTorch's
    `binary_cross_entropy_with_logits`. Raises `ValueError` for a target outside [0, 1], a wrong
    number of weights or a negative one.
    """
    terms = pairs("binary_cross_entropy_with_logits", output, target)
    for _, t in terms:
        if not isinstance(t, Value) and not 0.0 <= t <= 1.0:
            raise ValueError(
                f"`binary_cross_entropy_with_logits` takes targets from 0 to 1, got {t!r}"
            )
    if pos_weight is None:
        return mean([t * softplus(-o) + (1.0 - t) * softplus(o) for o, t in terms])
    listed = pos_weight if is_sequence(pos_weight) else [pos_weight] * len(terms)
    factors = weights("pos_weight", listed, len(terms), "output")
    return mean(
        [
            w * t * softplus(-o) + (1.0 - t) * softplus(o)
            for w, (o, t) in zip(factors, terms, strict=True)
        ]
    )


def _shifted(logits: Sequence[Any]) -> tuple[list[Any], Any]:
    """The logits less the largest, and their logsumexp: log p_c is the difference.

    Both are at most 0 and at least 0, so that nothing cancels in it.
    """
    if not logits:
        raise ValueError("`log_softmax` of an empty sequence: pass at least one number or Value")
    largest = functools.reduce(maximum, logits)
    if isinstance(largest, Value):  # a shift by any constant cancels
        largest = largest.detach()
    shifted = [x - largest for x in logits]
    return shifted, logsumexp(shifted)


def _coefficients(
    target: list[Any], factors: list[float] | None, smoothing: float = 0.0
) -> list[Any]:
    """What each -log p_c counts: weight_c t_c."""
    if smoothing:
        target = [(1.0 - smoothing) * t + smoothing / len(target) for t in target]
    return target if factors is None else [w * t for w, t in zip(factors, target, strict=True)]
