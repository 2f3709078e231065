"""Examples, and what follows from them."""

import copy

import numpy as np
import pytest
from small_trainings import CLASSES, POINTS, both, fit, network

import nn
from autograd import Value
from nn.training.examples import Examples


def test_the_default_loss_follows_from_outputs_and_targets():
    def first(model, y, **options):
        return fit(model, y=y, epochs=1, batch_size=60, **options).loss[0]

    signs, numbers = 2 * CLASSES - 1, POINTS[:, 0]
    for model, y, loss in [
        (network(1), CLASSES, "binary_cross_entropy_with_logits"),
        (network(1), signs, "hinge_loss"),
        (network(1), numbers, "mse_loss"),
        (network(2), CLASSES, "cross_entropy"),
        (network(2), np.stack([numbers, signs], axis=1), "mse_loss"),
        (network(2), np.stack([CLASSES, CLASSES], axis=1), "binary_cross_entropy_with_logits"),
        (network(1, output="sigmoid"), CLASSES, "mse_loss"),
        (network(1, output="tanh"), signs, "mse_loss"),
        (network(2, output="sigmoid"), np.stack([CLASSES, CLASSES], axis=1), "mse_loss"),
    ]:
        assert first(copy.deepcopy(model), y) == first(model, y, loss=loss)


def answers(model, y, **options):
    """What a metric is given before any weight has moved: targets, answers; and the outputs."""
    given = []
    still = nn.SGD(model.parameters(), lr=1e-300)
    metrics = {"kept": lambda *both: given.append(both) or 0.0}
    fit(model, y=y, epochs=1, shuffle=False, optimizer=still, metrics=metrics, **options)
    return *given[0], nn.predict(model, POINTS)


def test_metrics_are_given_labels_where_there_are_classes():
    signs, numbers = 2 * CLASSES - 1, POINTS[:, 0]
    for model, y, says in [
        (network(1), CLASSES, lambda o: o > 0),
        (network(1), signs, lambda o: np.where(o > 0, 1, -1)),
        (network(1, output="sigmoid"), CLASSES, lambda o: o > 0.5),
        (network(2), CLASSES, lambda o: o.argmax(axis=1)),
        (network(2), np.eye(2)[CLASSES], lambda o: o.argmax(axis=1)),
        (network(2), np.stack([CLASSES, CLASSES], axis=1), lambda o: o > 0),
        (network(1), numbers, lambda o: o),
        (network(2), np.stack([numbers, numbers], axis=1), lambda o: o),
    ]:
        targets, found, outputs = answers(model, y)
        wanted = CLASSES if says(outputs).ndim == 1 and np.ndim(y) == 2 else y
        assert targets.tolist() == wanted.tolist()
        assert found.tolist() == says(outputs).tolist()


class Says(nn.Module):
    """A model that answers what it was made with."""

    def __init__(self, answer):
        self.w, self.answer = Value(1.0), answer

    def forward(self, x):
        return self.answer(self.w)


class Derived(nn.Module):
    """A model that computed with its parameter before it was called."""

    def __init__(self):
        self.w = Value(1.0)
        self.twice = self.w * 2

    def forward(self, x):
        return [self.twice, self.w * x[0]]


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        (
            Says(lambda w: "three"),
            {},
            TypeError,
            "the model must return a Value or a list of them, got 'three'",
        ),
        (
            Says(lambda w: None),
            {},
            TypeError,
            "the model must return a Value or a list of them, got None",
        ),
        (
            Says(lambda w: []),
            {},
            TypeError,
            "the model must return a Value or a list of them, got an empty list",
        ),
        (
            Says(lambda w: [1.0, "three"]),
            {},
            TypeError,
            "the model must return a Value or a list of them, got [1.0, 'three']",
        ),
        (
            network(2),
            {"y": [0, 2] * 30},
            ValueError,
            "`y[1]` is 2, but the model has 2 outputs: a class index is a whole number in 0..1, "
            "other targets are rows of 2 numbers",
        ),
        (
            network(3),
            {"y": [2, 0.5] * 30},
            ValueError,
            "`y[1]` is 0.5, but the model has 3 outputs: a class index is a whole number in 0..2, "
            "other targets are rows of 3 numbers",
        ),
        (
            network(2),
            {"y": [-1, 1] * 30},
            ValueError,
            "`y[0]` is -1, but the model has 2 outputs: a class index is a whole number in 0..1, "
            "other targets are rows of 2 numbers",
        ),
        (
            network(1),
            {"loss": lambda output, target: 0.5},
            TypeError,
            "the loss must return a Value, got 0.5 for every target: compute it from the output "
            "itself, without .data or float()",
        ),
        (
            network(1),
            {"loss": lambda output, target: "wrong"},
            TypeError,
            "`the loss` must be a real number, got the string 'wrong': convert it with "
            "float(...) first",
        ),
        (
            network(1),
            {"loss": "mse_loss", "validation": (POINTS, POINTS[:, 0])},
            ValueError,
            "`validation y` holds no classes, but `y` does",
        ),
        (
            network(3),
            {"validation": (POINTS[:3], [0, 1, 2])},
            ValueError,
            "`validation y` has class 2 at row 2, which never occurs in `y`: nothing could be "
            "learnt about it",
        ),
        (
            Derived(),
            {},
            ValueError,
            "the model holds Value(data=2.0, grad=0.0, op='*'), computed once, before it was "
            "called: it does not follow the parameters that it came from. Compute it in forward, "
            "or detach() it",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_full(model, options, error, message):
    with pytest.raises(error) as caught:
        fit(model, **options)
    assert str(caught.value) == message


def test_two_targets_for_one_output_are_told_where():
    with pytest.raises(ValueError, match=r"`mse_loss` .* 1 outputs and 2 targets") as caught:
        fit(network(1), y=np.stack([CLASSES, CLASSES], axis=1))
    assert caught.value.__notes__ == ["in the loss of example 0 of 60, before any training"]


def test_a_loss_that_fails_is_told_where_and_of_one_hot_rows():
    def by_index(output, target):
        return -nn.log_softmax(output)[target]

    with pytest.raises(TypeError) as caught:
        fit(network(2), loss=by_index)
    assert "classes of several outputs reach a loss as one-hot rows" in caught.value.__notes__


def test_held_out_examples_are_of_the_training_examples_kind():
    numbers = POINTS[:, 0]
    history = fit(network(1), y=numbers, validation=(POINTS, CLASSES), epochs=1)
    assert history.val_loss and not history.val_accuracy
    signs = fit(network(1), y=2 * CLASSES - 1, validation=(POINTS[:9], np.ones(9)), epochs=1)
    assert signs.val_accuracy


@pytest.mark.parametrize(
    ("outputs", "targets", "share"),
    [
        ([[0.6], [0.4], [-0.2], [0.7]], [1.0, 0.0, 1.0, 0.0], 0.5),  # numbers to be 0 or 1
        ([[0.4], [-0.4], [-0.2], [0.7]], [1.0, -1.0, -1.0, -1.0], 0.75),  # signs
        ([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [2.0, 1.0]], [1, 0, 0, 1], 0.5),
        ([[1.0, 2.0], [1.0, -1.0]], [[1.0, 1.0], [0.0, 0.0]], 0.5),  # a question each
        ([[0.0, 1.0], [1.0, 1.0], [-1.0, -2.0]], [[0.0, 1.0], [0.0, 1.0], [0.0, 0.0]], 2 / 3),
        ([[1.0, 2.0], [1.0, -1.0]], [[0.0, 1.0], [1.0, 0.0]], 0.5),  # a question each by the loss
    ],
)
def test_the_share_that_is_right(outputs, targets, share):
    width = len(outputs[0])
    loss = nn.mse_loss if width == 1 else nn.binary_cross_entropy_with_logits
    if width > 1 and np.ndim(targets) == 1:
        loss = nn.cross_entropy
    examples = Examples(network(width), POINTS[: len(outputs)], targets, loss)
    assert examples.right(np.array(outputs)) == share
    assert examples.right(np.array([outputs, outputs])) == [share] * 2  # of several epochs
    examples.weights = np.linspace(1.0, 2.0, len(outputs))
    half = examples.part(np.array([1, 0]))
    assert half.right(np.array(outputs)[[1, 0]]) == examples.part(np.array([0, 1])).right(
        np.array(outputs)[[0, 1]]
    )
    assert half.targets.tolist() == examples.targets[[1, 0]].tolist()
    assert half.weights.tolist() == examples.weights[[1, 0]].tolist()
    if examples.labels is None:
        assert half.labels is None
    else:
        assert half.labels.tolist() == examples.labels[[1, 0]].tolist()


@pytest.mark.parametrize(
    ("output", "loss", "signs", "threshold"),
    [
        ("sigmoid", nn.mse_loss, False, 0.5),
        ("sigmoid", lambda output, target: (output - target) ** 2, False, 0.5),
        ("linear", lambda output, target: (output - target) ** 2, False, 0.0),
        ("linear", nn.mse_loss, False, 0.5),
        ("linear", nn.mse_loss, True, 0.0),
    ],
)
def test_where_one_output_decides(output, loss, signs, threshold):
    targets = 2 * CLASSES - 1 if signs else CLASSES
    assert Examples(network(1, output=output), POINTS, targets, loss).threshold == threshold


@pytest.mark.parametrize(
    ("targets", "refused", "place"),
    [
        ([3.5, 1.25, 7.0, -2.5, 0.1], 3.5, 0),  # the first
        ([3.5, 1.25, 7.0, -2.5, 0.1], 7.0, 2),  # the largest
        ([3.5, 1.25, 7.0, -2.5, 0.1], -2.5, 3),  # the smallest
        ([0, 1, 0, 1, 1], 1.0, 1),  # one of each class
    ],
)
def test_a_few_rows_are_rehearsed(targets, refused, place):
    def loss(output, target):
        if target == refused:
            raise KeyError("refused")
        return (output - target) ** 2

    with pytest.raises(KeyError) as error:
        Examples(network(1), POINTS[:5], targets, loss).rehearse()
    assert error.value.__notes__ == [f"in the loss of example {place} of 5, before any training"]


@both
def test_a_loss_by_hand_may_be_a_bare_0_where_all_is_right(compiled):
    def perceptron(output, target):
        return -target * output if output * target < 0 else 0.0

    model = Says(lambda w: w * 2.0)
    history = fit(model, y=np.ones(60), loss=perceptron, compiled=compiled)
    assert history.loss == [0.0] * 3 and model.w.data == 1.0


def test_one_example_is_enough_and_a_list_of_one_output_is_that_output():
    history = fit(Says(lambda w: w * 2.0), POINTS[:1], [1.5])
    assert history.loss[0] == 0.25 > history.loss[-1]
    assert fit(Says(lambda w: [w * 2.0]), POINTS[:1], [1.5]).loss == history.loss


def test_numbers_that_are_not_finite_are_told_by_name_and_place():
    broken = [[0.0, 1.0], [0.0, np.inf]]
    with pytest.raises(ValueError, match=r"^`X\[1\]\[1\]` is inf"):
        fit(network(1), broken, [0, 1])
    with pytest.raises(ValueError, match=r"^`validation X\[1\]\[1\]` is inf"):
        fit(network(1), validation=(broken, [0, 1]))


def test_too_few_targets_are_told_by_name():
    with pytest.raises(ValueError, match=r"^`X` has 60 examples and `y` has 1"):
        fit(network(1), y=[1.0])
    with pytest.raises(ValueError, match=r"^`X` has 2 examples and `validation y` has 1"):
        fit(network(1), validation=(POINTS[:2], [1.0]))


def test_a_loss_of_ones_own_may_compare_one_output_with_several_targets():
    def loss(output, target):
        return (output - target[0]) ** 2 + (output + target[1]) ** 2

    history = fit(network(1), y=np.stack([CLASSES, 1 - CLASSES], axis=1), loss=loss)
    assert history.loss[-1] < history.loss[0] and not history.accuracy


@both
@pytest.mark.parametrize(
    "loss",
    [
        lambda output, target: output > target,
        lambda output, target: output == target,
        lambda output, target: np.bool_(True),
        lambda output, target: (output - target) ** 2 if target else True,
    ],
)
def test_a_comparison_is_no_loss(loss, compiled):
    model = network(1)
    before = model.state_dict()
    with pytest.raises(TypeError, match=r"^the loss is (True|False), the outcome of") as caught:
        fit(model, loss=loss, compiled=compiled)
    told = str(caught.value)
    assert told.endswith(" a comparison: return a number, as autograd.where(x > y, 1.0, 0.0)")
    assert model.state_dict() == before


@pytest.mark.parametrize(
    "output",
    [
        lambda x: (v * 2.0 for v in x),
        lambda x: {0: x[0] * 2.0},
        lambda x: {x[0] * 2.0},
        lambda x: np.array(x[0] * 2.0),
        lambda x: [[x[0] * 2.0]],
    ],
)
def test_what_a_model_returns_is_a_value_or_a_list(output):
    class Returns(nn.Module):
        def __init__(self):
            self.w = Value(1.0)

        def forward(self, x):
            return output([self.w * v for v in x])

    for run in (fit, lambda model: nn.accuracy(model, POINTS, CLASSES)):
        with pytest.raises(TypeError, match="the model must return a Value or a list of them, got"):
            run(Returns())
