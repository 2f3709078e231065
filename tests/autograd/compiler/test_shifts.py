"""Units of what a shift is added to, or multiplies the exponential of."""

import pytest

import autograd
from autograd import Value
from autograd.compiler.shifts import cancelling
from autograd.engine.graph import topological_order

X, Y = Value(0.3), Value(0.7)


@pytest.mark.parametrize(
    "cancels",
    [
        lambda m: (X - m) + m,
        lambda m: X + 2.0 * m - m / 0.5,
        lambda m: -(X - m) - m,
        lambda m: (X - m).exp() / (0 + (X - m).exp() + (Y - m).exp()),
        lambda m: ((X - m).exp() + 0.0) * m.exp() * Y,
        lambda m: m + ((X - m).exp() + (Y - m).exp()).log(),
        lambda m: (2.0 * (X - m)).exp().sqrt() * m.exp(),
        lambda m: (X - m).exp() ** 2 / (Y - 2.0 * m).exp(),
        lambda m: 1.0 / (X - m).exp() / m.exp(),
        lambda m: autograd.dot([(X - m).exp(), Y], [X, (Y - m).exp()]) * (m.exp() / X),
        lambda m: -(m.exp()) * (-m).exp(),
        lambda m: X.sin(),
    ],
)
def test_what_cancels(cancels):
    assert is_free(cancels)


@pytest.mark.parametrize(
    "stays",
    [
        lambda m: X - m,
        lambda m: X * m - X * m,  # it does, but nothing here says so
        lambda m: m * m / m,
        lambda m: (X - m).exp() + 1.0,
        lambda m: (X - m).exp() + (Y - 2.0 * m).exp(),
        lambda m: (X - m).exp() / (Y + m),
        lambda m: (X - m).detach() + m,
        lambda m: 0.0 * m,
        lambda m: X / m * m,
        lambda m: (X - m).sin() + m,
        lambda m: (X - m).exp().exp(),
        lambda m: m.log() - m.log(),
        lambda m: Y ** (X - m) * Y**m,
        lambda m: m.sqrt() / m.sqrt(),
        lambda m: autograd.dot([m, X], [X, Y]) - X * m,
        lambda m: autograd.dot([m.exp(), X], [X, Y]) / m.exp(),
        lambda m: autograd.logsumexp([X - m, Y - m]) + m,
        lambda m: (X - m > 0) * m,
        lambda m: autograd.relu(X - m) + m,
    ],
)
def test_what_does_not_or_is_not_known_to(stays):
    assert not is_free(stays)


def is_free(f):
    m = Value(0.7)
    end = f(m)
    if not isinstance(end, Value):
        return False
    return cancelling({m: [Y]}, topological_order(end), [end], []) == {m}


def test_a_shift_that_another_is_the_largest_of_stays():
    first, second = Value(0.7), Value(0.0)
    item = X - first
    end = X - second + second
    order = [*topological_order(item), *topological_order(end)]
    assert cancelling({first: [X], second: [item]}, order, [end], []) == {second}
    assert cancelling({second: [item]}, order, [end], [second]) == set()
