"""What a callback changes in model or loss in mid-training, both ways of running follow."""

import random
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from small_trainings import POINTS, both, fit

import nn
from nn.training.runners import Compiled

TARGETS = POINTS[:, 0] - 2.0 * POINTS[:, 1]


class Doubling(nn.Module):
    """Twice its inputs in training mode."""

    def forward(self, x):
        return [2.0 * v for v in x] if self.training else x


class Plastic(nn.Module):
    """A network with all that may be changed: numbers, layers, and a module that no walk enters."""

    def __init__(self):
        self.first = nn.Linear(2, 3, rng=random.Random(1))
        self.last = nn.Linear(3, 1, rng=random.Random(0))
        self.holder = SimpleNamespace(doubling=Doubling())
        self.factor, self.slopes, self.log = 1.0, [0.5, 0.5, 0.5], []

    def forward(self, x):
        hidden = self.holder.doubling(self.first(x))
        hidden = [v.tanh() * slope for v, slope in zip(hidden, self.slopes, strict=True)]
        return self.last(hidden)[0] * self.factor


class Leaky(Plastic):
    """The same with branches."""

    def forward(self, x):
        return self.last([v if v > 0 else self.factor * v for v in self.first(x)])[0]


class Weighted:
    """A loss that holds a number."""

    def __init__(self):
        self.weight = 1.0

    def __call__(self, output, target):
        return self.weight * (output - target) ** 2


def flip(model, loss):
    model.holder.doubling.training = not model.holder.doubling.training


def halve(model, loss):
    model.factor *= 0.5


def set_in_a_list(model, loss):
    model.slopes[1] += 0.25


def replace_a_layer(model, loss):
    model.last = nn.Linear(3, 1, rng=random.Random(len(model.log)))
    model.log.append(1)


def weigh(model, loss):
    loss.weight *= 0.5


def drop_a_module(model, loss):
    model.holder.doubling = lambda x: x


CHANGES = [flip, halve, set_in_a_list, replace_a_layer, weigh, drop_a_module]


@pytest.mark.parametrize("often", ["callbacks", "batch_callbacks"])
@pytest.mark.parametrize("kind", [Plastic, Leaky])
@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_what_a_callback_changes_is_followed(change, kind, often):
    runs = []
    for compiled in (True, False):
        model, loss = kind(), Weighted()
        options = {often: [lambda news, m=model, e=loss: change(m, e)], "batch_size": 12}
        options["validation"] = (POINTS[:7], TARGETS[:7])
        history = fit(model, POINTS[:24], TARGETS[:24], loss=loss, compiled=compiled, **options)
        runs.append([*history.loss, *history.val_loss, *model.state_dict().values()])
    assert runs[0] == pytest.approx(runs[1], rel=1e-9)


@both
def test_a_change_that_makes_no_difference_compiles_nothing(monkeypatch, compiled):
    made = []
    compile_it = Compiled._compile
    monkeypatch.setattr(Compiled, "_compile", lambda *a: (made.append(1), compile_it(*a))[1])
    model = Plastic()
    fit(model, y=TARGETS, compiled=compiled, callbacks=[lambda h: model.log.append(h.loss[-1])])
    assert len(model.log) == 3 and len(made) == compiled


@pytest.mark.parametrize("own", [random, random.Random(0), np.random, np.random.default_rng(0)])
def test_random_numbers_on_one_branch_are_named(own):
    class Rarely(Plastic):
        def forward(self, x):
            self.own = own
            output = self.last(self.first(x))[0]
            return output * own.random() if x[0] > 1.0 else output

    assert POINTS[0, 0] < 1.0
    with pytest.raises(TypeError, match=r"random numbers that .* draw would be frozen"):
        fit(Rarely(), y=TARGETS)
    fit(Rarely(), y=TARGETS, compiled=False)


@pytest.mark.parametrize("draw", [random.random, np.random.random])
def test_random_numbers_that_another_thread_draws_are_not_the_models(draw):
    done = threading.Event()

    def draw_on():
        while not done.wait(1e-5):
            draw()

    def slow(output, target):
        time.sleep(0.01)  # so that there is a draw in every recording
        return (output - target) ** 2

    thread = threading.Thread(target=draw_on)
    thread.start()
    try:
        model = Plastic()
        fit(model, y=TARGETS, loss=slow)
    finally:
        done.set()
        thread.join()
    other = Plastic()
    fit(other, y=TARGETS, loss=slow)
    assert model.state_dict() == other.state_dict()


def test_a_model_that_draws_once_and_keeps_the_number_is_no_model_that_draws():
    class Lazily(Plastic):
        drawn = None

        def forward(self, x):
            if self.drawn is None:
                self.drawn = random.random()
            return self.last(self.first(x))[0] * self.drawn

    assert fit(Lazily(), y=TARGETS).loss[-1] < 1e9
