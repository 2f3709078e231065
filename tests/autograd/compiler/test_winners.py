"""Python's `max` and `min` in a compiled function: one path where who wins changes nothing."""

import builtins
import math
import threading

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.engine.value import as_value

LARGEST, SMALLEST = builtins.max, builtins.min


def plain(logits):
    largest = max(logits)
    weights = [(v - largest).exp() for v in logits]
    total = sum(weights)
    return [w / total for w in weights]


def of_data(logits):
    largest = max(v.data for v in logits)
    weights = [(v - largest).exp() for v in logits]
    total = sum(weights)
    return [w / total for w in weights]


def of_a_list_of_data(logits):
    largest = max([v.data for v in logits])
    weights = [(v - largest).exp() for v in logits]
    return [w / sum(weights) for w in weights]


def called_in_place(logits):
    weights = [(v - max(logits)).exp() for v in logits]
    return [w * sum(weights) ** -1 for w in weights]


def of_arguments(logits):
    largest = max(logits[0], logits[1], *logits[2:])
    weights = [(v - largest).exp() for v in logits]
    total = 1.0 / sum(weights)
    return [w * total for w in weights]


def by_log_sum(logits):
    largest = max(logits)
    total = largest + sum((v - largest).exp() for v in logits).log()
    return [(v - total).exp() for v in logits]


def of_log(logits):
    largest = max(logits)
    shifted = [v - largest for v in logits]
    total = sum(s.exp() for s in shifted).log()
    return [(s - total).exp() for s in shifted]


def scaled(logits):
    largest = max(logits)
    weights = [((v - largest) / 0.5).exp() for v in logits]
    return [w / sum(weights) for w in weights]


def by_the_smallest(logits):
    smallest = min(-v for v in logits)
    weights = [(v + smallest).exp() for v in logits]
    return [w / sum(weights) for w in weights]


def attention(logits):
    largest = max(logits)
    weights = [(v - largest).exp() for v in logits]
    return [autograd.dot(weights, logits) / sum(weights), *logits[1:]]


def with_a_root(logits):
    largest = max(logits)
    weights = [(2.0 * (v - largest)).exp() for v in logits]
    total = sum(weights)
    return [(w / total).sqrt() for w in weights]


ONE_PATH = [
    *(plain, of_data, of_a_list_of_data, called_in_place, of_arguments, by_log_sum, of_log),
    *(scaled, by_the_smallest, attention, with_a_root),
]


def loss_of(shares, W):
    def loss(x, target):
        logits = [sum(w * v for w, v in zip(row, x, strict=True)) for row in W]
        return -autograd.take(shares(logits), target).log()

    return loss


def eager(loss, W, x, target):
    found = loss([Value(v) for v in x], target)
    for w in (w for row in W for w in row):
        w.grad = 0.0
    found.backward()
    return found.data, {w: w.grad for row in W for w in row}


def rows(count):
    """Rows of halves, so that logits tie."""
    rng = np.random.default_rng(0)
    return rng.integers(1, 5, size=(count, 4)) / 2, rng.integers(0, 5, size=count)


def weights():
    rng = np.random.default_rng(1)
    return [[Value(w) for w in row] for row in (rng.integers(-2, 3, size=(5, 4)) / 2).tolist()]


@pytest.mark.parametrize("shares", ONE_PATH)
def test_a_softmax_by_hand_is_one_path_and_what_eager_code_computes(shares):
    W = weights()
    loss = loss_of(shares, W)
    program = autograd.compile(loss)
    X, targets = rows(40)
    for x, target in zip(X.tolist(), targets.tolist(), strict=True):
        number, slopes = program.value_and_grad(x, target)
        expected, gradient = eager(loss, W, x, target)
        assert number == pytest.approx(expected, rel=1e-14, abs=1e-14, nan_ok=True)
        found = dict(zip(program.parameters, slopes, strict=True))
        assert found == pytest.approx(gradient, rel=1e-12, abs=1e-12, nan_ok=True)
    assert len(program._paths) == 1


@pytest.mark.parametrize("shares", ONE_PATH)
def test_so_it_is_of_a_batch(shares):
    W = weights()
    loss = loss_of(shares, W)
    program = autograd.compile(loss, batch=True)
    X, targets = rows(40)
    keep = np.isfinite([eager(loss, W, x, t)[0] for x, t in zip(X.tolist(), targets, strict=True)])
    number, slopes = program.value_and_grad(X[keep], targets[keep])
    pairs = zip(X[keep].tolist(), targets[keep].tolist(), strict=True)
    each = [eager(loss, W, x, target) for x, target in pairs]
    assert number == pytest.approx(np.mean([value for value, _ in each]), rel=1e-13)
    for p, slope in zip(program.parameters, slopes, strict=True):
        assert slope == pytest.approx(np.mean([g[p] for _, g in each]), rel=1e-12, abs=1e-12)
    assert len(program._paths) == 1


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("shares", [plain, of_data, by_log_sum, of_log])
@pytest.mark.parametrize("batch", [False, True])
def test_numbers_that_are_not_finite(shares, batch):
    X = [[1.0, 2.0, 3.0], [NAN, 1.0, 2.0], [1.0, NAN, 2.0], [-INF, 0.0, 1.0]]
    X += [[INF, 0.0, 1.0], [-INF, -INF, -INF], [1.0, 2.0, NAN], [800.0, -800.0, 0.0]]
    expected = [[v.data for v in shares([Value(x) for x in row])] for row in X]
    program = autograd.compile(shares, batch=batch)
    found = program(X).tolist() if batch else [list(program(row)) for row in X]
    for row, other in zip(found, expected, strict=True):
        assert row == pytest.approx(other, rel=1e-15, abs=0.0, nan_ok=True)


def test_what_passes_over_nan_does_so_in_a_program():
    def f(x):
        largest = max(x)
        return (x[0] - largest) + largest  # free of it, and of the nan that did not win

    program = autograd.compile(f)
    assert program([1.0, 3.0]) == 1.0
    assert program([1.0, NAN]) == f([Value(1.0), Value(NAN)]).data == 1.0
    assert program([2.0, 1.0]) == 2.0


def test_of_one_item():
    program = autograd.compile(lambda x: plain(x)[0] + plain(x[:1])[0])
    assert program([1.0, 1.0]) == 1.5


def test_one_for_each_position_of_a_sequence():
    def f(x):
        return sum((i + 1) * plain(x[: i + 1])[i] for i in range(len(x)))

    program = autograd.compile(f)
    for row in np.random.default_rng(0).normal(size=(20, 6)).tolist():
        assert program(row) == pytest.approx(f([Value(v) for v in row]).data, rel=1e-14)
    assert len(program._paths) == 1


def test_a_largest_of_what_another_has_shifted():
    def f(x):
        first = max(x)
        shifted = [v - first for v in x]
        second = max(shifted)
        weights = [(v - second).exp() for v in shifted]
        return weights[0] / sum(weights)

    program = autograd.compile(f)
    for row in np.random.default_rng(0).normal(size=(20, 3)).tolist():
        assert program(row) == pytest.approx(f([Value(v) for v in row]).data, rel=1e-14)


def by_identity(x):
    largest = max(x)
    weights = [(v - largest).exp() for v in x]
    return weights[0] / sum(weights) * (2.0 if largest is x[0] else 1.0)


def by_key(x):
    largest = max(x)
    factor = {x[0]: 2.0, x[1]: 3.0, x[2]: 5.0}[largest]
    return factor * (x[0] - largest).exp() / sum((v - largest).exp() for v in x)


def by_place(x):
    largest = max(x)
    return x.index(largest) + (x[0] - largest).exp() / sum((v - largest).exp() for v in x)


def returned(x):
    largest = max(x)
    return largest


def handed_on(x):
    def share(largest):
        return (x[0] - largest).exp() / sum((v - largest).exp() for v in x) * (largest is x[1])

    return share(max(x)) + 1.0


def computed_with(x):
    largest = max(x)
    return largest * x[0] + 1.0


def one_that_is_not_shifted(x):
    largest = max(x)
    return (x[0] - largest).exp() / sum(v.exp() for v in x)


def sum_of_what_differs(x):
    largest = max(x)
    return (x[0] - largest).exp() + x[1] - largest


def compared(x):
    largest = max(x)
    share = (x[0] - largest).exp() / sum((v - largest).exp() for v in x)
    return share if x[0] - largest > -0.5 else 2.0 * share


def detached(x):
    largest = max(x)
    return (x[0] - largest).detach() * x[1] + (largest - x[0]) * x[1].detach()


def its_derivative(x):
    def surprise(y):
        largest = max(y)
        return sum((v - largest).exp() for v in y).log()  # without + largest: less 1 for the winner

    return autograd.grad(surprise)(x)[0]


def its_derivative_where_a_constant_may_win(x):
    def surprise(y):
        largest = max(y, 0.5)
        return (y - largest).exp().log()

    return autograd.grad(surprise)(x[0]) * x[1]


def its_tangent(x):
    def surprise(y):
        largest = max(y)
        return sum((v - largest).exp() for v in y).log()

    return autograd.jvp(surprise, (x,), ([1.0, 0.0, 0.0],))[1]


def relu_by_max(x):
    return sum([max(0.0, v) for v in x]) + max(x[0], 0) * 2.0


def in_an_outer_name(x):
    largest = None

    def find():
        nonlocal largest
        largest = max(x)
        return (x[0] - largest).exp() / sum((v - largest).exp() for v in x)

    return find() * (2.0 if largest is x[0] else 1.0)


def where_no_gradient_flows(x):
    with autograd.no_grad():
        share = plain(x)[0]
    return share * x[1]


@pytest.mark.parametrize(
    "f",
    [
        *(by_identity, by_key, by_place, returned, handed_on, computed_with, compared, detached),
        *(one_that_is_not_shifted, sum_of_what_differs, its_derivative, its_tangent, relu_by_max),
        *(its_derivative_where_a_constant_may_win, in_an_outer_name, where_no_gradient_flows),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_where_the_winner_matters_each_has_its_path(f, batch):
    X = [*np.random.default_rng(0).normal(size=(20, 3)).tolist(), [1.0] * 3, [0.0, 1.0, 1.0]]
    W = [Value(1.0) for _ in range(3)]

    def with_parameters(x):
        return as_value(f([w * v for w, v in zip(W, x, strict=True)]))

    program = autograd.compile(with_parameters, batch=batch)
    for row in X:
        number, slopes = program.value_and_grad([row] if batch else row)
        for w in W:
            w.grad = 0.0
        expected = with_parameters([Value(v) for v in row])
        expected.backward()
        assert number == pytest.approx(expected.data, rel=1e-14)
        found = dict(zip(program.parameters, slopes, strict=True))
        assert [found.get(w, 0.0) for w in W] == pytest.approx([w.grad for w in W], rel=1e-12)


def test_a_winner_that_is_not_used_needs_no_path():
    def f(x):
        _ = max(x)
        return x[0] * 2.0

    program = autograd.compile(f)
    assert [program(row) for row in ([1.0, 2.0], [2.0, 1.0])] == [2.0, 4.0]
    assert len(program._paths) == 1


@pytest.mark.parametrize("choose", [max, sorted, list])
def test_to_what_was_not_chosen_nothing_flows_where_its_slope_is_infinite(choose):
    w = [Value(0.0), Value(1.0), Value(4.0)]

    def function(x):
        roots = [v.sqrt() * x for v in w]
        found = choose(roots) if roots[0] < roots[1] else roots
        return found[-1] if isinstance(found, list) else found

    program = autograd.compile(function, batch=True)
    for rows in ([1.0], [1.0, 2.0, 3.0, 1.0]):
        mean, slopes = program.value_and_grad(rows)
        assert mean == pytest.approx(2.0 * np.mean(rows))
        slopes = dict(zip(program.parameters, slopes, strict=True))
        assert [slopes.get(v, 0.0) for v in w] == pytest.approx([0.0, 0.0, np.mean(rows) / 4.0])


def test_keywords_and_other_kinds_are_pythons():
    assert autograd.compile(lambda x: max(x, key=lambda v: -v) * 1.0)([3.0, 1.0, 2.0]) == 1.0
    assert autograd.compile(lambda x: max([], default=x) * 1.0)(3.0) == 3.0
    assert autograd.compile(lambda x: x * max(2, 3) * max("ab", "b").count("b"))(1.0) == 3.0
    with pytest.raises(ValueError, match="empty"):
        autograd.compile(lambda x: x + max([]))(1.0)
    with pytest.raises(TypeError, match="a comparison with str"):
        autograd.compile(lambda x: x + max(x, "a"))(1.0)


def test_data_read_for_anything_else_is_an_error_that_names_the_line():
    def f(x):
        largest = max(v.data for v in x)
        return sum((v - largest).exp() for v in x) * (largest is None)

    for wrong in (
        f,
        lambda x: sum((v - x[0].data).exp() for v in x),
        lambda x: x[0] + max([v.data + 1.0 for v in x]),
        lambda x: x[0] + np.max([v.data for v in x]),
    ):
        with pytest.raises(TypeError, match=r"test_winners\.py:\d+.*max\(logits\)"):
            autograd.compile(wrong)([1.0, 2.0])


@pytest.mark.parametrize("raises", [False, True])
def test_pythons_own_functions_are_back_after_a_recording(raises):
    seen = []

    def f(x):
        thread = threading.Thread(target=lambda: seen.append(max([1.0, 2.0])))
        thread.start()
        thread.join()
        if raises:
            raise RuntimeError
        return autograd.compile(lambda y: y * 2.0)(x)

    try:
        autograd.compile(f)(1.0)
    except RuntimeError:
        assert raises
    assert (builtins.max, builtins.min, seen) == (LARGEST, SMALLEST, [2.0])


def test_without_the_source_each_winner_has_its_path():
    names = {}
    exec("def f(x):\n    m = max(x)\n    return (x[0] - m) + m", names)
    program = autograd.compile(names["f"])
    assert [program(row) for row in ([1.0, 2.0], [2.0, 1.0])] == [1.0, 2.0]
    assert len(program._paths) == 2


# A bare number that wins stays one, as in eager code: Python computes with it in its own way

OF_BARE_NUMBERS = [
    lambda x: 1 / max(x, 0.0),
    lambda x: 1 / min(0.0, x),
    lambda x: x + 1 // max(0.0, x),
    lambda x: max(x, 0.0) ** -1,
    lambda x: 2.0 % max(x, 0),
    lambda x: x + math.exp(max(x, 0.5)) if x < 0 else x,
    lambda x: max(x * x, -1.0, 0) / 2 + int(max(0, x, -1.0)) if x < 0 else x,
    lambda x: sum([v / max(x, v, 0.0) for v in (x, 2 * x, x - 1)]),
]


def outcome(call):
    try:
        return repr(float(call()))
    except (ArithmeticError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("f", OF_BARE_NUMBERS)
@pytest.mark.parametrize("x", [-1.0, -0.0, 0.0, 2.0])
def test_a_number_that_wins_is_a_number(f, x):
    def eager():
        found = f(Value(x))
        return found.data if isinstance(found, Value) else found

    known = autograd.compile(f)
    outcome(lambda: known(2.0 - x))
    for program in (autograd.compile(f), known):
        assert outcome(lambda p=program: p(x)) == outcome(eager)
    assert outcome(lambda: autograd.compile(f, batch=True)([x])[0]) == outcome(eager)
    slope = autograd.grad(f)
    assert outcome(lambda: autograd.compile(slope)(x)) == outcome(lambda: slope(x))


def test_somebody_elses_max_is_left_alone(monkeypatch):
    def largest(*args, **kwargs):
        return LARGEST(*args, **kwargs)

    monkeypatch.setattr(builtins, "max", largest)
    assert autograd.compile(lambda x: 2.0 * max(x))([1.0, 3.0]) == 6.0
    assert builtins.max is largest
