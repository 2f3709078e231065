"""`optimizer.step(program, *args)`: the steps of backward() and step(), as flat arrays."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

X = [[0.5, -1.0], [1.5, 0.25], [-0.75, 1.0], [0.1, 0.2]]
Y = [0.5, -0.25, 1.0, 0.75]
KINDS = {
    "SGD": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: nn.Adam(p, lr=0.05, weight_decay=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.05, amsgrad=True),
    "RMSprop": lambda p: nn.RMSprop(p, lr=0.01),
    "Adagrad": lambda p: nn.Adagrad(p, lr=0.1),
}


class Network:
    """A network of its own parameters, its squared error, and an optimiser; twins are equal."""

    def __init__(self, kind="Adam", batch=False):
        rng = np.random.default_rng(0)
        self.hidden = [[Value(w) for w in row] for row in rng.normal(size=(3, 2)).tolist()]
        self.last = [Value(w) for w in rng.normal(size=3).tolist()]
        self.unused = Value(5.0)
        self.parameters = [*self.last, self.unused, *[w for row in self.hidden for w in row]]
        self.optimizer = KINDS[kind](self.parameters)
        self.program = autograd.compile(self.error, batch=batch)

    def error(self, x, y):
        hidden = [autograd.dot(row, x).tanh() for row in self.hidden]
        return (autograd.dot(self.last, hidden) - y) ** 2

    def eager_step(self, x, y):
        self.optimizer.zero_grad()
        error = self.error(x, y)
        error.backward()
        self.optimizer.step()
        return error.data

    def step(self, x, y):
        return self.optimizer.step(self.program, x, y)

    @property
    def data(self):
        return [p.data for p in self.parameters]


def close(found):
    return pytest.approx(found, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_those_of_eager_code(kind):
    one, other = Network(kind), Network(kind)
    for x, y in zip(X * 5, Y * 5, strict=True):
        assert one.step(x, y) == close(other.eager_step(x, y))
        assert one.data == close(other.data)
    for mine, theirs in zip(one.optimizer.state, other.optimizer.state, strict=True):
        assert mine == close(theirs)


def test_of_a_batch_it_is_the_mean():
    one, other = Network(batch=True), Network()
    for _ in range(3):
        other.optimizer.zero_grad()
        error = sum(other.error(x, y) for x, y in zip(X, Y, strict=True)) * 0.25
        error.backward()
        other.optimizer.step()
        assert one.step(X, Y) == close(error.data)
        assert one.data == close(other.data)


def test_both_kinds_of_steps_alternate():
    one, other = Network(), Network()
    for i, (x, y) in enumerate(zip(X * 3, Y * 3, strict=True)):
        (one.step if i % 3 else one.eager_step)(x, y)
        other.eager_step(x, y)
        assert one.data == close(other.data)


def test_what_changes_between_steps_is_seen():
    one, other = Network(), Network()
    pairs = list(zip(X, Y, strict=True))

    def both(change):
        for network in (one, other):
            change(network)
        for x, y in pairs:
            assert one.step(x, y) == close(other.eager_step(x, y))
            assert one.data == close(other.data)

    def freeze(network, frozen):
        class Part(nn.Module):
            def __init__(self):
                self.w = network.last

        Part().requires_grad_(not frozen)

    both(lambda network: None)
    both(lambda network: setattr(network.parameters[0], "data", 2.0))
    both(lambda network: setattr(network.optimizer, "lr", 0.5))
    both(lambda network: freeze(network, True))
    both(lambda network: freeze(network, False))
    both(lambda network: network.optimizer.state[0].update(exp_avg=1.0))
    both(lambda network: network.optimizer.load_state_dict(network.optimizer.state_dict()))
    for network in (one, other):
        network.parameters.append(more := Value(0.25))
        inner = network.error
        network.error = lambda x, y, inner=inner, more=more: inner(x, y) + more * more
        network.program = autograd.compile(network.error)
        network.optimizer.add_param_group({"params": [more], "lr": 0.1})
    both(lambda network: None)


def test_a_parameter_that_the_optimiser_does_not_have_stays_and_is_read():
    one = Network()
    one.optimizer = nn.SGD(one.last, lr=0.1)
    other = Network()
    other.optimizer = nn.SGD(other.last, lr=0.1)
    for network in (one, other):
        network.hidden[0][0].data = 0.75
    for x, y in zip(X, Y, strict=True):
        assert one.step(x, y) == close(other.eager_step(x, y))
        for network in (one, other):
            network.hidden[0][0].data += 0.125
        assert one.data == close(other.data)


def test_lengths_and_paths_that_bring_parameters():
    def made():
        w = [Value(0.5), Value(-0.25), Value(1.0)]

        def f(xs):
            total = sum(wi * x for wi, x in zip(w, xs, strict=False))
            return total * total if xs[0] > 0.0 else total * total * w[2]

        return w, f, nn.Adam(w, lr=0.1)

    (w, f, optimizer), (v, g, eager) = made(), made()
    program = autograd.compile(f)
    for xs in ([1.0], [1.0, 2.0], [-1.0, 2.0], [1.0], [1.0, 2.0, 3.0], [-1.0]):
        eager.zero_grad()
        error = g([Value(x) for x in xs])
        error.backward()
        eager.step()
        assert optimizer.step(program, xs) == close(error.data)
        assert [p.data for p in w] == close([p.data for p in v])


def test_two_programs_share_one_state():
    one, other = Network(), Network()
    second = autograd.compile(lambda x, y: one.error(x, y) * 2.0)
    for x, y in zip(X, Y, strict=True):
        one.step(x, y)
        other.eager_step(x, y)
        one.optimizer.step(second, x, y)
        other.optimizer.zero_grad()
        (other.error(x, y) * 2.0).backward()
        other.optimizer.step()
        assert one.data == close(other.data)


def test_no_gradient_is_touched():
    one = Network()
    one.parameters[0].grad = 3.0
    one.step(X[0], Y[0])
    assert one.parameters[0].grad == 3.0


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_have_the_state(twin):
    one = Network()
    one.step(X[0], Y[0])
    made = twin(one.optimizer)
    assert made.state_dict() == one.optimizer.state_dict()
    assert made.state[0]["step"] == 1


def test_a_step_that_raises_changes_nothing():
    one = Network()
    one.step(X[0], Y[0])
    data, state = one.data, copy.deepcopy(one.optimizer.state_dict())
    with pytest.raises(TypeError):
        one.optimizer.step(one.program, "x", 1.0)
    assert (one.data, one.optimizer.state_dict()) == (data, state)
    twin = Network()
    for x, y in zip(X[:2], Y[:2], strict=True):
        twin.eager_step(x, y)
    one.step(X[1], Y[1])
    assert one.data == close(twin.data)


@pytest.mark.parametrize("wrong", [lambda: 1.0, 3, "program"])
def test_what_is_no_program_is_refused(wrong):
    with pytest.raises(TypeError, match=r"program of autograd\.compile"):
        nn.SGD([Value(1.0)], lr=0.1).step(wrong)


def test_a_step_in_a_function_that_is_recorded_is_refused():
    one = Network()
    with pytest.raises(TypeError, match="step outside"):
        autograd.compile(lambda x: x * one.step(X[0], Y[0]))(1.0)


def test_numbers_that_are_not_finite_move_as_in_eager_code():
    one, other = Network(), Network()
    for x in ([math.inf, 1.0], [1.0, 1.0]):
        one.step(x, 1.0)
        other.eager_step(x, 1.0)
        assert one.data == pytest.approx(other.data, nan_ok=True)
