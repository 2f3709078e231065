"""A kept program is never stale."""

import collections
import dataclasses
import functools
import gc
import weakref

import numpy as np
import pytest
from small_trainings import POINTS, fit, network

import nn
from autograd import Value
from nn.training.marks import Look


class Functions(nn.Module):
    scale = 1.0

    def __init__(self):
        self.inner, self.functions, self.settings = network(1), [], collections.deque([1.0])
        self.numbers = {"training": 1.0}

    def forward(self, x):
        out = self.inner(x)
        for function in self.functions:
            out = function(out)
        return out * self.scale * self.settings[0] * self.numbers["training"]


def test_a_kept_program_is_never_stale():
    class Scaled(nn.Module):
        def __init__(self):
            self.scale, self.shift, self.layers = 2.0, np.array([1.0]), [network(2)]
            self.dropout = nn.Dropout(0.5)

        def forward(self, x):
            outputs = self.dropout(self.layers[0](x))
            return [self.scale * v + float(self.shift[0]) for v in outputs]

    def eager(model):
        model.eval()
        return np.array([[v.data for v in model(x)] for x in POINTS.tolist()])

    model = Scaled()

    def check():
        for _ in range(2):
            assert nn.predict(model, POINTS) == pytest.approx(eager(model), rel=1e-12)

    check()
    model.scale = 3.0
    check()
    model.shift[0] = 5.0
    check()
    model.layers[0] = network(4, 2)
    check()
    model.layers[0].layers[1].neurons[0].weights[2] = Value(9.0)
    check()
    model.layers[0].layers[0].neurons[0].bias.data = 0.25
    check()
    model.train()
    assert nn.predict(model, POINTS).tolist() == nn.predict(model, POINTS).tolist()
    assert model.training and model.dropout.training


def test_a_program_dies_with_its_model():
    model = network(2)
    nn.predict(model, POINTS)
    dead = weakref.ref(model)
    del model
    gc.collect()
    assert dead() is None


def test_functions_containers_and_class_attributes_of_a_model_are_looked_at():
    model = Functions()

    def check():
        eager = [model(x).data for x in POINTS.tolist()]
        assert nn.predict(model, POINTS) == pytest.approx(eager, rel=1e-12)

    check()
    for factor in range(2, 8):
        model.functions.clear()
        model.functions.append(lambda v, factor=factor: v * factor)
        check()
    model.settings[0] = 3.0
    check()
    model.numbers["training"] = 5.0
    check()
    Functions.scale = 2.0
    check()
    Functions.scale = 1.0


def test_modules_that_compare_hold_parents_or_numpy_are_predicted_and_freed():
    @dataclasses.dataclass
    class Net(nn.Module):
        layer: nn.Module
        np: object = np

        def forward(self, x):
            return self.layer(x)

    model = Net(network(1))
    model.layer.parent = model
    fit(model)
    assert nn.predict(model, POINTS).shape == (60,)
    dead = weakref.ref(model)
    del model
    gc.collect()
    assert dead() is None


class Holder:
    """Something without attributes, until it gets one."""


class Holding(nn.Module):
    """A model that multiplies by whatever it finds."""

    def __init__(self):
        self.inner, self.held, self.helper = network(1), {}, Holder()
        self.values = np.array([Value(1.0), Value(2.0)], dtype=object)

    def times(self, x):
        return self.held["times"] * x

    def forward(self, x):
        out = self.inner(x) * self.values[0] * getattr(self.helper, "factor", 1.0)
        if "times" in self.held:
            out = self.held["function"](out)
        return out


class Bent(nn.Module):
    """Another function in another mode."""

    def forward(self, v):
        return v * 2.0 if self.training else v * 3.0


@pytest.mark.parametrize(
    "hide",
    [
        lambda bent: vars(holder := Holder()).update(bent=bent) or (lambda v: holder.bent(v)),
        lambda bent: lambda v: bent(v),
        lambda bent: functools.partial(lambda module, v: module(v), bent),
        lambda bent: functools.partial(lambda held, v: held[0](v), collections.deque([bent])),
    ],
)
def test_the_mode_of_a_module_that_no_walk_finds_is_seen(hide):
    model, bent = Functions(), Bent()
    model.functions.append(hide(bent))
    assert bent not in set(model.modules())
    for mode in (True, False, True):
        bent.train(mode)
        eager = [model(x).data for x in POINTS.tolist()]
        for _ in range(2):
            assert nn.predict(model, POINTS) == pytest.approx(eager, rel=1e-12)
        assert bent.training == mode


def test_what_a_model_holds_by_methods_partials_arrays_and_helpers_is_looked_at():
    model = Holding()

    def check():
        for _ in range(2):
            found = nn.predict(model, POINTS)
            assert found == pytest.approx([model(x).data for x in POINTS.tolist()], rel=1e-12)

    check()
    model.helper.factor = 3.0
    check()
    model.values[0] = Value(1.0)  # an equal number, and another parameter
    check()
    model.values[0].data = 4.0
    check()
    model.values = model.values.reshape(1, 2)[0, ::-1]
    check()
    model.held.update(times=2.0, function=model.times)
    check()
    model.held["times"] = 5.0
    check()
    model.held["function"] = functools.partial(lambda x, by: x * by, by=7.0)
    check()
    model.held["function"] = functools.partial(lambda x, by: x * by, by=-7.0)
    check()
    model.held["function"] = lambda x: x * unknown if model.held is None else x
    check()
    unknown = 2.0
    check()


def test_a_zero_with_another_sign_is_another_number_and_a_nan_is_none():
    model = Holding()
    model.helper.factor = 0.0
    nn.predict(model, POINTS)
    look = Look(model)
    assert look.is_same(model)
    model.helper.factor = -0.0
    assert not look.is_same(model)
    model.helper.factor = float("nan")
    look = Look(model)
    model.helper.factor = float("nan")
    assert look.is_same(model)
    model.train()
    assert look.is_same(model)
    model.helper.factor = 1
    look = Look(model)
    model.helper.factor = True
    assert not look.is_same(model)


class Tripled:
    """A helper that is called, with all that it computes with in its class."""

    factor = 3.0

    def __call__(self, v):
        return v * self.factor


class Patched(nn.Module):
    """A model whose class holds what it computes with."""

    factors, by_name, shift = [1.0], {"a": 1.0}, 0.5

    def __init__(self):
        self.inner, self.helper, self.function = network(1), Tripled(), lambda v: v * 2.0

    def bent(self, v):
        return v

    def forward(self, x):
        out = self.function(self.helper(self.bent(self.inner(x))))
        return out * self.factors[0] * self.by_name["a"] + self.shift


def test_what_is_assigned_to_classes_and_functions_is_seen(monkeypatch):
    model = Patched()

    def check():
        eager = [model(x).data for x in POINTS.tolist()]
        assert nn.predict(model, POINTS) == pytest.approx(eager, rel=1e-12)

    check()
    kept = vars(model)["_predictor"][1]
    check()
    assert vars(model)["_predictor"][1] is kept
    Patched.factors[0] = 4.0
    check()
    monkeypatch.setitem(Patched.by_name, "a", 5.0)
    check()
    monkeypatch.setattr(Patched, "shift", Value(7.0))
    check()
    monkeypatch.setattr(Patched, "bent", lambda self, v: v * 6.0)
    check()
    monkeypatch.setattr(Patched, "bent", staticmethod(lambda v: v * 8.0))
    check()
    monkeypatch.setattr(Tripled, "factor", 9.0)
    check()
    monkeypatch.setattr(Tripled, "__call__", lambda self, v: v * 10.0)
    check()
    monkeypatch.setattr(model.function, "__code__", (lambda v: v * 11.0).__code__)
    check()
    forward = Patched.forward
    monkeypatch.setattr(Patched, "forward", lambda self, x: forward(self, x) + 12.0)
    check()


def test_a_class_made_where_there_is_no_module_is_predicted():
    names = {"nn": nn}
    exec("class Made(nn.Module):\n    def forward(self, x):\n        return self.inner(x)", names)
    model = names["Made"]()
    model.inner = network(1)
    assert nn.predict(model, POINTS).shape == (60,)
