"""Losses and penalties: by hand, against PyTorch, at the limits, and arguments without sense."""

import functools
import math

import numpy as np
import pandas as pd
import pytest
from mpmath import mp

import autograd
import nn
from autograd import Value
from nn.losses import LOSSES, kind_of


def graded(loss, outputs, target):
    """(value, gradients) of the loss on a number or a list of numbers."""
    leaves = [Value(x) for x in (outputs if isinstance(outputs, list) else [outputs])]
    result = loss(leaves if isinstance(outputs, list) else leaves[0], target)
    result.backward()
    return result.data, [leaf.grad for leaf in leaves]


def test_squared_losses_by_hand():
    assert graded(nn.mse_loss, 3.0, 1) == (4.0, [4.0])
    assert graded(nn.mse_loss, [3.0, 0.0], [1.0, 1.0]) == (2.5, [2.0, -1.0])
    assert graded(nn.squared_error, 3.0, 1) == (2.0, [2.0])
    assert graded(nn.squared_error, [3.0, 0.0], np.array([1.0, 1.0])) == (2.5, [2.0, -1.0])


def test_hinge_by_hand():
    assert graded(nn.hinge_loss, 0.25, 1) == (0.75, [-1.0])
    assert graded(nn.hinge_loss, 0.25, -1) == (1.25, [1.0])
    assert graded(nn.hinge_loss, 2.0, 1) == (0.0, [0.0])
    assert graded(nn.hinge_loss, [2.0, 0.0], [1, -1]) == (0.5, [0.0, 0.5])


def bits(logits):
    """What 1 - p needs: exp(-x) takes 1.45 x bits."""
    return 200 + int(3.0 * max(map(abs, logits)))


@pytest.mark.parametrize(
    "logits", [[0.5, -1.0, 2.0], [1e4, -1e4, 0.0], [-1e4, -1e4 + 1, -1e4], [40.0, 0.0, 0.0]]
)
@pytest.mark.parametrize("target", [0, 1, 2])
def test_cross_entropy_against_exact_arithmetic(logits, target):
    value, gradient = graded(nn.cross_entropy, logits, target)
    with mp.workprec(bits(logits)):
        e = [mp.exp(x) for x in logits]
        total = mp.fsum(e)
        assert value == pytest.approx(float(mp.log(total) - logits[target]), rel=1e-14)
        exact = [float(x / total - (i == target)) for i, x in enumerate(e)]
    assert gradient == pytest.approx(exact, rel=1e-14, abs=1e-16)
    one_hot = [float(i == target) for i in range(3)]
    again, gradient = graded(nn.cross_entropy, logits, one_hot)
    assert again == pytest.approx(value, rel=1e-12, abs=1e-11)
    assert gradient == pytest.approx(exact, rel=1e-12, abs=1e-15)


def test_cross_entropy_with_probabilities():
    logits, target = [0.2, -0.3, 1.1], [0.2, 0.3, 0.5]
    value, gradient = graded(nn.cross_entropy, logits, target)
    p = np.exp(logits) / np.exp(logits).sum()
    assert value == pytest.approx(-(np.array(target) * np.log(p)).sum(), rel=1e-14)
    assert gradient == pytest.approx(p - target, rel=1e-13)


@pytest.mark.parametrize("logit", [-1e4, -800.0, -40.0, -1.0, 0.0, 0.3, 40.0, 800.0, 1e4])
@pytest.mark.parametrize("target", [0, 1, 0.25])
def test_binary_cross_entropy_against_exact_arithmetic(logit, target):
    value, gradient = graded(nn.binary_cross_entropy_with_logits, logit, target)
    with mp.workprec(bits([logit])):
        p = 1 / (1 + mp.exp(-mp.mpf(logit)))
        exact = -target * mp.log(p) - (1 - target) * mp.log(1 - p)
        slope = p - target
        assert value == pytest.approx(float(exact), rel=1e-14, abs=1e-320)
        assert gradient[0] == pytest.approx(float(slope), rel=1e-14, abs=1e-320)


@pytest.mark.parametrize("target", [3, -1])
def test_a_class_outside_the_classes(target):
    with pytest.raises(ValueError, match=f"class index {target} is outside the 3 classes 0..2"):
        nn.cross_entropy([Value(0.0)] * 3, target)


def test_targets_that_make_no_sense():
    logits = [Value(0.0), Value(1.0)]
    with pytest.raises(TypeError, match=r"takes a class index or a sequence .*, got 1.5"):
        nn.cross_entropy(logits, 1.5)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\] and sum to 1"):
        nn.cross_entropy(logits, [0.5, 0.6])
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        nn.cross_entropy(logits, [1.5, -0.5])
    with pytest.raises(ValueError, match="got 2 outputs and 3 targets"):
        nn.cross_entropy(logits, [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match="use binary_cross_entropy_with_logits"):
        nn.cross_entropy(Value(0.0), 0)
    with pytest.raises(ValueError, match=r"labels -1 and \+1, got 0.0: use 2 \* y - 1"):
        nn.hinge_loss(Value(0.0), 0)
    with pytest.raises(ValueError, match=r"takes targets from 0 to 1, got -1.0"):
        nn.binary_cross_entropy_with_logits(Value(0.0), -1)
    with pytest.raises(ValueError, match="one target for each output, got 1 outputs and 2"):
        nn.mse_loss(Value(0.0), [1, 2])
    with pytest.raises(TypeError, match="`target` must be a real number, got the string 'a'"):
        nn.mse_loss(Value(0.0), "a")


def test_losses_are_finite_and_graded_at_the_limits():
    for x in (-1e4, 1e4):
        for loss, target in (
            (nn.binary_cross_entropy_with_logits, 1),
            (nn.hinge_loss, 1),
            (nn.mse_loss, 0),
        ):
            value, (gradient,) = graded(loss, x, target)
            assert math.isfinite(value) and math.isfinite(gradient)


def test_l1_and_huber_by_hand():
    assert graded(nn.l1_loss, 3.0, 1) == (2.0, [1.0])
    assert graded(nn.l1_loss, [3.0, 0.0, 1.0, 0.5], [1, 1, 1, 0.5]) == (0.75, [0.25, -0.25, 0, 0])
    assert graded(nn.huber_loss, 0.5, 0) == (0.125, [0.5])
    assert graded(nn.huber_loss, -3.0, 0) == (2.5, [-1.0])
    assert graded(functools.partial(nn.huber_loss, delta=2.0), [5.0, 1.0], [1, 1]) == (3, [1, 0])


@pytest.mark.parametrize("error", [-2.0, -0.5, 0.0, 0.5, 2.0])
def test_huber_has_no_kink(error):
    for e in (error, math.nextafter(error, 9), math.nextafter(error, -9)):
        value, (slope,) = graded(functools.partial(nn.huber_loss, delta=0.5), e, 0)
        assert value == pytest.approx(e * e / 2 if abs(e) <= 0.5 else 0.5 * (abs(e) - 0.25))
        assert slope == pytest.approx(max(-0.5, min(e, 0.5)), rel=1e-15)


def test_perceptron_loss_by_hand():
    assert graded(nn.perceptron_loss, 0.25, 1) == (0.0, [0.0])
    assert graded(nn.perceptron_loss, 0.25, -1) == (0.25, [1.0])
    assert graded(nn.perceptron_loss, [2.0, -3.0], [-1, 1]) == (2.5, [0.5, -0.5])
    assert graded(nn.perceptron_loss, 0.0, 1) == (0.0, [-0.5])  # weights that start at 0 learn


def nll_of_log_softmax(logits, target, **options):
    return nn.nll(nn.log_softmax(logits), target, **options)


def test_nll_by_hand():
    log_p = [math.log(0.5), math.log(0.2), math.log(0.3)]
    assert graded(nn.nll, log_p, 1) == (-math.log(0.2), [0, -1, 0])
    assert graded(functools.partial(nn.nll, weight=[1, 3, 1]), log_p, 1)[1] == [0, -3, 0]
    value, gradient = graded(nn.nll, log_p, [0.25, 0.75, 0.0])
    assert value == pytest.approx(-0.25 * log_p[0] - 0.75 * log_p[1], rel=1e-15)
    assert gradient == [-0.25, -0.75, 0]
    assert nn.nll_loss is nn.nll


def test_log_softmax_of_numbers_and_of_nothing():
    assert nn.log_softmax([0.0, 0.0]) == [-math.log(2)] * 2
    assert nn.log_softmax(x for x in (1e4, -1e4)) == [0.0, -2e4]
    with pytest.raises(ValueError, match="`log_softmax` of an empty sequence"):
        nn.log_softmax([])


# The loss, its options, outputs, target; value and gradient in PyTorch, float64.
PYTORCH = [
    (
        "l1_loss",
        {},
        [0.5, -2.0, 3.0],
        [1.0, -2.0, 2.5],
        0.3333333333333333,
        [-0.3333333333333333, 0.0, 0.3333333333333333],
    ),
    (
        "l1_loss",
        {},
        [10000.0, -10000.0, 0.1],
        [0.0, 0.3, 0.1],
        6666.766666666666,
        [0.3333333333333333, -0.3333333333333333, 0.0],
    ),
    (
        "huber_loss",
        {},
        [0.5, -2.0, 4.0, 1.0],
        [1.0, -2.0, 2.5, 0.0],
        0.40625,
        [-0.125, 0.0, 0.25, 0.25],
    ),
    (
        "huber_loss",
        {"delta": 0.3},
        [0.5, -2.0, 10000.0, -10000.0],
        [0.3, -1.5, 0.0, 0.0],
        1500.00875,
        [0.05, -0.075, 0.075, -0.075],
    ),
    (
        "nll_loss",
        {},
        [0.5, -1.0, 2.0],
        1,
        3.241311296657157,
        [0.1752903921400367, -0.9608874267293126, 0.7855970345892759],
    ),
    (
        "nll_loss",
        {"weight": [0.2, 3.0, 1.5]},
        [10000.0, -10000.0, 0.0],
        2,
        15000.0,
        [1.5, 0.0, -1.5],
    ),
    (
        "cross_entropy",
        {"weight": [0.2, 3.0, 1.5]},
        [0.5, -1.0, 2.0],
        1,
        9.723933889971471,
        [0.52587117642011, -2.8826622801879376, 2.3567911037678275],
    ),
    (
        "cross_entropy",
        {"weight": [0.2, 3.0, 1.5]},
        [0.5, -1.0, 2.0],
        [0.2, 0.3, 0.5],
        3.1678160913505953,
        [0.256240762716662, -0.8338997511725381, 0.5776589884558762],
    ),
    (
        "cross_entropy",
        {"label_smoothing": 0.1},
        [0.5, -1.0, 2.0],
        2,
        0.391311296657157,
        [0.14195705880670337, 0.0057792399373541165, -0.14773629874405747],
    ),
    (
        "cross_entropy",
        {"label_smoothing": 0.1},
        [10000.0, 9998.5, -10000.0],
        0,
        666.9180799446494,
        [-0.1157588571396897, 0.149092190473023, -0.03333333333333333],
    ),
    (
        "cross_entropy",
        {"label_smoothing": 1.0},
        [0.5, -1.0, 2.0],
        2,
        1.7413112966571571,
        [-0.15804294119329662, -0.29422076006264586, 0.45226370125594256],
    ),
    (
        "cross_entropy",
        {"label_smoothing": 0.2, "weight": [0.2, 3.0, 1.5]},
        [0.5, -1.0, 2.0],
        0,
        0.974220680417721,
        [-0.09036254772038266, -0.18148671531854127, 0.2718492630389239],
    ),
    (
        "cross_entropy",
        {"label_smoothing": 0.2, "weight": [0.2, 3.0, 1.5]},
        [0.5, -1.0, 2.0],
        [0.2, 0.3, 0.5],
        3.229863746033052,
        [0.2465835997105411, -0.8548645279798818, 0.6082809282693408],
    ),
    (
        "binary_cross_entropy_with_logits",
        {"pos_weight": 3.0},
        [0.5, -1.0, 40.0],
        [1.0, 0.0, 0.25],
        10.578497546686181,
        [-0.37754066879814535, 0.08964714045666504, 0.25],
    ),
    (
        "binary_cross_entropy_with_logits",
        {"pos_weight": [3.0, 0.5]},
        [-10000.0, 10000.0],
        [1.0, 0.0],
        20000.0,
        [-1.5, 0.5],
    ),
]


@pytest.mark.parametrize(("name", "options", "outputs", "target", "value", "gradient"), PYTORCH)
def test_values_and_gradients_are_those_of_pytorch(name, options, outputs, target, value, gradient):
    loss = nll_of_log_softmax if name == "nll_loss" else getattr(nn, name)
    here, slopes = graded(functools.partial(loss, **options), outputs, target)
    assert here == pytest.approx(value, rel=1e-12)
    assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-15)


def test_weights_in_a_series_are_read_by_its_labels():
    counts = pd.Series([2, 2, 2, 0, 0, 1]).value_counts()
    assert counts.index.tolist() == [2, 0, 1]
    for loss in (nn.cross_entropy, nn.nll):
        there = loss([0.5, -1.0, 2.0], 1, weight=[2, 1, 3])
        assert loss([0.5, -1.0, 2.0], 1, weight=counts) == there
    with pytest.raises(ValueError, match=r"labelled \['b', 'a'\], not 0..1: pass a list"):
        nn.cross_entropy([0.5, 1.0], 0, weight=pd.Series(list("abb")).value_counts())


@pytest.mark.parametrize(("name", "options", "outputs", "target", "value", "gradient"), PYTORCH)
def test_recorded_losses_are_those_of_the_installed_pytorch(
    name, options, outputs, target, value, gradient
):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    F, double = torch.nn.functional, functools.partial(torch.tensor, dtype=torch.float64)
    x = double(outputs, requires_grad=True)
    # A sum over the one example: for class indices PyTorch's mean divides the weight out again.
    reduction = "sum" if name in ("cross_entropy", "nll_loss") else "mean"
    there = getattr(F, name)(
        F.log_softmax(x, 0) if name == "nll_loss" else x,
        torch.tensor(target) if isinstance(target, int) else double(target),
        reduction=reduction,
        **{k: double(v) if k.endswith("weight") else v for k, v in options.items()},
    )
    there.backward()
    assert there.item() == pytest.approx(value, rel=1e-12)
    assert x.grad.tolist() == pytest.approx(gradient, rel=1e-12, abs=1e-15)


def balanced(mean):
    """The mean loss of four examples, one class of them three times as frequent as the other."""
    labels = [0, 1, 0, 0]
    weight = [len(labels) / (2 * labels.count(c)) for c in (0, 1)]
    return mean([[0.5, -1.0], [2.0, 0.3], [0.1, 0.2], [-1.0, 1.5]], labels, weight)


MEAN_IN_PYTORCH = 1.521342960084612


def test_with_balanced_weights_the_mean_is_pytorchs_weighted_mean():
    def mean(logits, labels, weight):
        pairs = zip(logits, labels, strict=True)
        return sum(nn.cross_entropy(x, t, weight=weight) for x, t in pairs) / len(labels)

    assert balanced(mean) == pytest.approx(MEAN_IN_PYTORCH, rel=1e-12)


def test_the_recorded_weighted_mean_is_that_of_the_installed_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def mean(logits, labels, weight):
        logits, weight = (torch.tensor(x, dtype=torch.float64) for x in (logits, weight))
        return torch.nn.functional.cross_entropy(logits, torch.tensor(labels), weight=weight).item()

    assert balanced(mean) == pytest.approx(MEAN_IN_PYTORCH, rel=1e-12)


@functools.cache
def exact_probabilities(logits):
    """Logarithms of the probabilities, and these; 30,000 bits take their time."""
    with mp.workprec(bits(logits)):
        log_p = [x - mp.log(mp.fsum(map(mp.exp, logits))) for x in logits]
        return log_p, [mp.exp(x) for x in log_p]


@pytest.mark.parametrize(
    "logits", [[0.5, -1.0, 2.0], [1e4, -1e4, 0.0], [-1e4, -1e4 + 1, -1e4], [40.0, 0.0, 0.0]]
)
@pytest.mark.parametrize("target", [0, 1, 2])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_weights_and_smoothing_against_exact_arithmetic(logits, target, smoothing):
    weight = [0.5, 2.0, 3.0]
    t = [(1 - smoothing) * (i == target) + smoothing / 3 for i in range(3)]
    log_p, probabilities = exact_probabilities(tuple(logits))
    with mp.workprec(bits(logits)):
        exact = -mp.fsum(w * u * x for w, u, x in zip(weight, t, log_p, strict=True))
        total = mp.fsum(w * u for w, u in zip(weight, t, strict=True))
        slopes = [
            float(p * total - w * u) for w, u, p in zip(weight, t, probabilities, strict=True)
        ]
    one_hot = [float(i == target) for i in range(3)]
    smooth = functools.partial(nn.cross_entropy, weight=weight, label_smoothing=smoothing)
    likelihood = functools.partial(nll_of_log_softmax, weight=weight)
    for loss, labels in (
        (smooth, target),
        (smooth, one_hot),
        (likelihood, t if smoothing else target),
    ):
        value, gradient = graded(loss, logits, labels)
        assert value == pytest.approx(float(exact), rel=1e-14, abs=1e-320)
        assert gradient == pytest.approx(slopes, rel=1e-13, abs=1e-15)


WEIGHT = [0.5, 2.0, 3.0]
# A loss, outputs, a target; classes as one-hot rows, as compiled programs get them.
SAMPLES = {
    "mse_loss": (nn.mse_loss, [0.3, -0.4], [1.0, 0.5]),
    "squared_error": (nn.squared_error, [0.3, -0.4], [1.0, 0.5]),
    "l1_loss": (nn.l1_loss, [0.3, -0.4], [1.0, -0.5]),
    "huber_loss": (nn.huber_loss, [0.3, -1.4, 2.0], [1.0, 0.5, 0.0]),
    "huber_loss, delta": (functools.partial(nn.huber_loss, delta=0.2), [0.3, 0.6], [1.0, 0.5]),
    "hinge_loss": (nn.hinge_loss, [0.3, -0.4], [1.0, -1.0]),
    "perceptron_loss": (nn.perceptron_loss, [0.3, -0.4, 0.2], [1.0, 1.0, -1.0]),
    "nll": (nn.nll, [-0.3, -1.4, -2.0], [0.0, 1.0, 0.0]),
    "nll, weight": (functools.partial(nn.nll, weight=WEIGHT), [-0.3, -1.4, -2.0], [0.0, 1.0, 0.0]),
    "nll_loss": (nll_of_log_softmax, [0.3, -1.4, 2.0], [0.2, 0.5, 0.3]),
    "cross_entropy": (nn.cross_entropy, [0.3, -1.4, 2.0], [0.0, 1.0, 0.0]),
    "cross_entropy, options": (
        functools.partial(nn.cross_entropy, weight=WEIGHT, label_smoothing=0.1),
        [0.3, -1.4, 2.0],
        [0.0, 1.0, 0.0],
    ),
    "binary_cross_entropy_with_logits": (
        nn.binary_cross_entropy_with_logits,
        [0.3, -1.4],
        [1.0, 0.3],
    ),
    "binary_cross_entropy_with_logits, pos_weight": (
        functools.partial(nn.binary_cross_entropy_with_logits, pos_weight=[3.0, 0.5]),
        [0.3, -1.4],
        [1.0, 0.3],
    ),
}


@pytest.mark.parametrize("name", [*SAMPLES, *(LOSSES.keys() - SAMPLES.keys())])
def test_gradients_against_central_differences(name):
    loss, outputs, target = SAMPLES[name]
    _, gradient = graded(loss, outputs, target)
    for i, slope in enumerate(gradient):
        ends = [[x + (i == j) * h for j, x in enumerate(outputs)] for h in (1e-5, -1e-5)]
        right, left = (graded(loss, end, target)[0] for end in ends)
        assert slope == pytest.approx((right - left) / 2e-5, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("name", SAMPLES)
def test_eager_and_compiled_are_equal_and_finite(name, scale):
    loss, outputs, target = SAMPLES[name]
    shift = [Value(0.0) for _ in outputs]
    program = autograd.compile(
        lambda o, t: loss([x + s for x, s in zip(o, shift, strict=True)], t), batch=True
    )
    rows = [[scale * x for x in outputs], [-scale * x for x in outputs], [0.0] * len(outputs)]
    values = program(rows, [target] * 3)
    for row, compiled in zip(rows, values, strict=True):
        value, gradient = graded(loss, row, target)
        _, slopes = program.value_and_grad([row], [target])
        assert math.isfinite(value) and all(map(math.isfinite, gradient))
        assert compiled == pytest.approx(value, rel=1e-12, abs=1e-15)
        slope_of = dict(zip(program.parameters, slopes.tolist(), strict=True))
        assert [slope_of[s] for s in shift] == pytest.approx(gradient, rel=1e-12, abs=1e-15)
    assert str(program).splitlines()[0].endswith(": 1 path")  # nothing branches at a kink


def test_penalties_by_hand():
    w = [Value(2.0), Value(-3.0), Value(0.0)]
    for penalty, value, gradient in (
        (nn.l1_penalty, 0.5, [0.1, -0.1, 0.0]),
        (nn.l2_penalty, 1.3, [0.4, -0.6, 0.0]),
    ):
        result = penalty(w, 0.1)
        for p in w:
            p.grad = 0.0
        result.backward()
        assert result.data == pytest.approx(value, rel=1e-15)
        assert [p.grad for p in w] == pytest.approx(gradient, rel=1e-15)


def test_a_module_is_penalised_for_its_weights_and_not_for_its_biases():
    model = nn.MLP(2, [3, 1])
    for p in model.parameters():
        p.data = 2.0
    assert nn.l1_penalty(model, 1.0).data == 2 * (2 * 3 + 3)
    assert nn.l2_penalty(model, 1.0).data == 4 * (2 * 3 + 3)
    assert nn.l2_penalty(model.parameters(), 1.0).data == 4 * 13


def test_one_step_with_an_l2_penalty_is_one_with_weight_decay():
    X, y, runs = [[1.0, 0.5], [-0.3, 2.0]], [1.0, -1.0], []
    for decay, strength in ((0.02, 0.0), (0.0, 0.01)):
        model = nn.MLP(2, [3, 1], activation="tanh")
        parameters = model.parameters()

        def loss(output, target, parameters=parameters, strength=strength):
            return nn.mse_loss(output, target) + nn.l2_penalty(parameters, strength)

        optimizer = nn.SGD(parameters, lr=0.1, weight_decay=decay)
        nn.fit(model, X, y, loss=loss, optimizer=optimizer, epochs=3, progress=False)
        runs.append([p.data for p in parameters])
    assert runs[0] == pytest.approx(runs[1], rel=1e-12)


@pytest.mark.parametrize("penalty", [nn.l1_penalty, nn.l2_penalty])
@pytest.mark.parametrize(
    ("parameters", "strength", "error", "message"),
    [
        ([Value(1.0)], -1, ValueError, "`strength` must be at least 0 and finite, got -1"),
        (
            [],
            0.1,
            ValueError,
            "`parameters` holds nothing to penalise: pass a list, not a used iterator",
        ),
        ([1.0], 0.1, TypeError, "`parameters` must hold Values, got 1.0 among them"),
        (
            Value(1.0),
            0.1,
            TypeError,
            "`parameters` must be a Module or a list of Values, got Value(data=1.0, grad=0.0)",
        ),
    ],
)
def test_penalties_of_nothing_and_of_other_things(penalty, parameters, strength, error, message):
    with pytest.raises(error) as caught:
        penalty(parameters, strength)
    assert str(caught.value) == message


def test_every_loss_is_known_by_its_name_and_says_what_it_takes_outputs_for():
    kinds = {
        "numbers": ("mse_loss", "squared_error", "l1_loss", "huber_loss"),
        "signs": ("hinge_loss", "perceptron_loss"),
        "classes": ("nll", "nll_loss", "cross_entropy"),
        "logits": ("binary_cross_entropy_with_logits",),
    }
    names = [(name, kind) for kind, names in kinds.items() for name in names]
    assert LOSSES == {name: getattr(nn, name) for name, _ in names}
    for name, kind in names:
        assert kind_of(LOSSES[name]) == kind_of(functools.partial(LOSSES[name])) == kind
    assert kind_of(lambda output, target: output) is kind_of(None) is None


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("loss", "threshold_is_half"),
    [
        (functools.partial(nn.huber_loss, delta=0.5), True),
        (functools.partial(functools.partial(nn.mse_loss)), True),
        ("l1_loss", True),
        (functools.partial(nn.binary_cross_entropy_with_logits, pos_weight=2.0), False),
    ],
)
def test_fit_reads_a_partial_as_the_loss_inside(loss, threshold_is_half, compiled):
    model = nn.MLP(1, [1])
    weight, bias = model.parameters()
    weight.data, bias.data = 0.0, 0.25  # between 0 and one half
    history = nn.fit(
        model,
        [[1.0], [2.0], [3.0]],
        [0, 0, 1],
        loss=loss,
        optimizer=nn.SGD([weight, bias], lr=1e-9),
        epochs=1,
        compiled=compiled,
        progress=False,
    )
    assert history.accuracy == [pytest.approx(2 / 3 if threshold_is_half else 1 / 3)]
    assert nn.accuracy(model, [[1.0], [2.0], [3.0]], [0, 0, 1], loss=loss) == history.accuracy[0]


@pytest.mark.parametrize("compiled", [True, False])
def test_fit_with_smoothed_and_weighted_cross_entropy(compiled):
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 2, 1]
    model = nn.MLP(2, [8, 3], activation="tanh")
    loss = functools.partial(nn.cross_entropy, weight=[1, 0.5, 1], label_smoothing=0.1)
    history = nn.fit(
        model, X, y, loss=loss, epochs=150, batch_size=2, seed=0, compiled=compiled, progress=False
    )
    assert history.accuracy[-1] == 1.0 and history.loss[-1] < 0.5 * history.loss[0]


def test_a_perceptron_that_starts_at_zero_learns():
    model = nn.MLP(2, [1], init="zeros")
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [-1, -1, -1, 1]
    nn.fit(model, X, y, loss="perceptron_loss", batch_size=1, epochs=40, seed=0, progress=False)
    assert nn.accuracy(model, X, y) == 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda o: nn.huber_loss(o, [0] * 3, delta=0), ValueError, "`delta` must be positive"),
        (lambda o: nn.huber_loss(o, [0] * 3, delta=-1), ValueError, "`delta` .*, got -1"),
        (lambda o: nn.huber_loss(o, [0] * 3, delta="a"), TypeError, "`delta` must be a real"),
        (lambda o: nn.huber_loss(o, [0] * 2), ValueError, "got 3 outputs and 2 targets"),
        (lambda o: nn.l1_loss(o, 1), ValueError, "`l1_loss` .* 3 outputs and 1 targets"),
        (lambda o: nn.perceptron_loss(o, [1, 0, 1]), ValueError, r"`perceptron_loss` .* got 0\.0"),
        (
            lambda o: nn.cross_entropy(o, 0, weight=[1, 2]),
            ValueError,
            "`weight` must list one number for each class: 3, but it has 2",
        ),
        (lambda o: nn.cross_entropy(o, 0, weight=[1] * 4), ValueError, ": 3, but it has 4"),
        (lambda o: nn.cross_entropy(o, 0, weight=[1, -2, 1]), ValueError, "`weight` .* got -2"),
        (lambda o: nn.cross_entropy(o, 0, weight=2.0), TypeError, "`weight` must list .* got 2.0"),
        (lambda o: nn.cross_entropy(o, 0, weight={0: 1, 1: 2, 2: 3}), TypeError, "`weight` .*{0"),
        (
            lambda o: nn.cross_entropy(o, 0, label_smoothing=1.5),
            ValueError,
            r"`label_smoothing` must be at most 1, got 1\.5",
        ),
        (
            lambda o: nn.cross_entropy(o, 0, label_smoothing=math.nan),
            ValueError,
            "`label_smoothing` .*, got nan",
        ),
        (lambda o: nn.nll(o, 3), ValueError, r"class index 3 is outside the 3 classes 0\.\.2"),
        (lambda o: nn.nll(o, 0.5), TypeError, "`nll` takes a class index or a sequence"),
        (lambda o: nn.nll(o[0], 0), ValueError, "`nll` takes a list of two or more log-prob"),
        (lambda o: nn.nll(o, [0.5, 0.6, 0.1]), ValueError, r"must lie in \[0, 1\] and sum to 1"),
        (lambda o: nn.nll(o, 0, weight=[1]), ValueError, "`weight` must list .*: 3, but it has 1"),
        (
            lambda o: nn.binary_cross_entropy_with_logits(o, [1, 0, 1], pos_weight=[1, 2]),
            ValueError,
            "`pos_weight` must list one number for each output: 3, but it has 2",
        ),
        (
            lambda o: nn.binary_cross_entropy_with_logits(o[0], 1, pos_weight=-1),
            ValueError,
            "`pos_weight` must be at least 0 and finite, got -1",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_found_before_anything_is_recorded(
    call, error, message, monkeypatch
):
    outputs = [Value(0.5), Value(-1.0), Value(2.0)]
    recorded = []
    monkeypatch.setattr(Value, "__sub__", lambda a, b: recorded.append((a, b)))
    monkeypatch.setattr(Value, "__apply_primitive__", lambda v, *inputs: recorded.append(inputs))
    with pytest.raises(error, match=message):
        call(outputs)
    assert not recorded


@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 0.5, 2.0]}, {"label_smoothing": 0.2}])
def test_a_class_index_may_be_an_argument_of_a_program(options):
    logits = [Value(0.3), Value(-1.0), Value(2.0)]
    for loss in (nn.cross_entropy, nn.nll):
        if loss is nn.nll:
            options = {key: item for key, item in options.items() if key == "weight"}
        program = autograd.compile(lambda t, f=loss, o=options: f(logits, t, **o), batch=True)
        expected = [loss(logits, t, **options).data for t in range(3)]
        assert program([0, 1, 2]) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda o: nn.mse_loss(o, 1),
            ValueError,
            "`mse_loss` needs one target for each output, got 2 outputs and 1 targets",
        ),
        (
            lambda o: nn.squared_error(o, 1),
            ValueError,
            "`squared_error` needs one target for each output, got 2 outputs and 1 targets",
        ),
        (
            lambda o: nn.huber_loss(o, [1]),
            ValueError,
            "`huber_loss` needs one target for each output, got 2 outputs and 1 targets",
        ),
        (
            lambda o: nn.binary_cross_entropy_with_logits(o, 1),
            ValueError,
            "`binary_cross_entropy_with_logits` needs one target for each output, got 2 outputs "
            "and 1 targets",
        ),
        (
            lambda o: nn.mse_loss([], []),
            ValueError,
            "`mse_loss` needs one target for each output, got 0 outputs and 0 targets",
        ),
        (
            lambda o: nn.hinge_loss(o, [1, 0.5]),
            ValueError,
            "`hinge_loss` takes labels -1 and +1, got 0.5: use 2 * y - 1",
        ),
        (
            lambda o: nn.cross_entropy(o[:1], 0),
            ValueError,
            "`cross_entropy` takes a list of two or more logits, one for each class; for a "
            "single output use binary_cross_entropy_with_logits or hinge_loss",
        ),
        (
            lambda o: nn.nll(o[:1], 0),
            ValueError,
            "`nll` takes a list of two or more log-probabilities, one for each class; for a "
            "single output use binary_cross_entropy_with_logits or hinge_loss",
        ),
        (
            lambda o: nn.cross_entropy(o, [1.5, -0.5]),
            ValueError,
            "target probabilities must lie in [0, 1] and sum to 1, got [1.5, -0.5]",
        ),
        (
            lambda o: nn.cross_entropy(o, 0.5),
            TypeError,
            "`cross_entropy` takes a class index or a sequence of probabilities, got 0.5",
        ),
        (
            lambda o: nn.cross_entropy(o, 2),
            ValueError,
            "class index 2 is outside the 2 classes 0..1",
        ),
        (
            lambda o: nn.nll(o, 0, weight=2.0),
            TypeError,
            "`weight` must list one number for each class, got 2.0",
        ),
        (
            lambda o: nn.nll(o, 0, weight=[1]),
            ValueError,
            "`weight` must list one number for each class: 2, but it has 1",
        ),
        (
            lambda o: nn.binary_cross_entropy_with_logits(o, [1, 2]),
            ValueError,
            "`binary_cross_entropy_with_logits` takes targets from 0 to 1, got 2.0",
        ),
        (
            lambda o: nn.cross_entropy(o, 0, label_smoothing=2),
            ValueError,
            "`label_smoothing` must be at most 1, got 2",
        ),
        (
            lambda o: nn.log_softmax([]),
            ValueError,
            "`log_softmax` of an empty sequence: pass at least one number or Value",
        ),
    ],
)
def test_what_is_refused_is_told_in_full(call, error, message):
    with pytest.raises(error) as caught:
        call([Value(0.5), Value(-1.0)])
    assert str(caught.value) == message


def test_probabilities_may_miss_1_by_a_millionth_and_none_may_be_negative():
    logits = [Value(0.5), Value(-1.0), Value(2.0)]
    assert nn.cross_entropy(logits, [0.5, 0.25, 0.25 + 9e-7]).data > 0.0
    for target in ([0.5, 0.25, 0.25 + 1.5e-6], [1.0, 0.5, -0.5], [1.2, 0.0, -0.2]):
        with pytest.raises(ValueError, match="must lie in"):
            nn.cross_entropy(logits, target)


def test_targets_and_outputs_may_come_one_by_one_and_a_class_as_an_array_of_no_axis():
    assert nn.mse_loss(iter([1.0, 2.0]), map(float, [0, 2])) == 0.5
    assert nn.cross_entropy([1.0, 2.0], np.array(1)) == nn.cross_entropy([1.0, 2.0], 1)
    labelled = pd.Series([1.0, 2.0], index=[1, 0])
    assert nn.cross_entropy(labelled, 1) == nn.cross_entropy([1.0, 2.0], 1)
    assert nn.log_softmax(labelled) == nn.log_softmax([1.0, 2.0])


def test_the_columns_of_a_table_are_no_outputs():
    table = pd.DataFrame([[5.0, 6.0]])
    for call in (
        lambda: nn.mse_loss(table, [0.0, 1.0]),
        lambda: nn.mse_loss([0.0, 1.0], table),
        lambda: nn.cross_entropy(table, 0),
        lambda: nn.log_softmax(table),
        lambda: nn.log_softmax({0: 5.0, 1: 6.0}),
    ):
        named = r"^`(mse_loss|cross_entropy|log_softmax)` (takes (a|one) list|needs one target)"
        with pytest.raises((TypeError, ValueError), match=named):
            call()
