"""Programs compose: differentiated, nested, as methods, with keywords, copied and pickled."""

import copy
import functools
import inspect
import pickle
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.nesting import flatten


def cube(x):
    return x * x * x


@autograd.compile
def decorated(x, scale=2.0):
    """Doc."""
    return x * scale


def test_derivatives_of_a_program_are_those_of_its_function():
    program = autograd.compile(cube)
    assert autograd.grad(program)(2.0) == 12.0
    assert autograd.hessian(program)(2.0) == 12.0
    assert autograd.value_and_grad(program)(2.0) == (8.0, 12.0)
    assert autograd.jvp(program, (2.0,), (1.0,)) == (8.0, 12.0)
    assert autograd.gradcheck(program, 2.0)
    assert program(2.0) == 8.0 and len(program._paths) == 1


def test_a_minimum_of_a_program():
    pytest.importorskip("scipy")
    program = autograd.compile(lambda x: (x[0] - 1.0) ** 2 + (x[1] + 2.0) ** 2)
    assert autograd.minimize(program, [0.0, 0.0]).x == pytest.approx([1.0, -2.0], abs=1e-4)


def test_a_value_among_the_arguments_is_recorded():
    w = Value(3.0)
    program = autograd.compile(lambda x, y: w * x * y)
    x = Value(2.0)
    result = program(x, 5.0)
    result.backward()
    assert (result.data, x.grad, w.grad) == (30.0, 15.0, 10.0)
    assert program({"a": 1.0} and 2.0, 5.0) == 30.0
    with autograd.no_grad():
        assert program(x, 5.0).parents == ()


def test_a_program_in_a_compiled_function_is_inlined():
    w = Value(3.0)
    inner = autograd.compile(lambda x: w * x if x > 0 else -x)
    outer = autograd.compile(lambda x: inner(x) * 2.0 + inner(1.0), batch=True)
    assert outer([1.0, -2.0]).tolist() == [9.0, 7.0]
    assert outer.parameters == [w] and inner.parameters == []
    assert autograd.compile(inner)(2.0) == 6.0
    assert autograd.compile(autograd.grad(inner))(2.0) == 3.0


def test_a_batch_program_of_values_gives_arrays_of_values():
    w = Value(3.0)
    program = autograd.compile(lambda x: [w * x[0], x[1]], batch=True)
    X = [[Value(1.0), Value(2.0)], [Value(3.0), 4.0], [5.0, 6.0]]
    found = program(X)
    assert found.shape == (3, 2) and all(isinstance(v, Value) for v in found.flat)
    assert [[v.data for v in row] for row in found] == program([[1, 2], [3, 4], [5, 6]]).tolist()
    single = autograd.compile(lambda x: w * x, batch=True)
    assert [v.data for v in single([Value(1.0), 2.0])] == [3.0, 6.0]
    pair = autograd.compile(lambda x, y: {"a": x * y, "b": (x, [y, w])}, batch=True)
    found = pair([Value(1.0), Value(2.0)], np.array([3.0, 4.0]))
    assert [v.data for v in found["a"]] == [3.0, 8.0] and found["b"][1].shape == (2, 2)


def test_the_mean_is_a_value_where_derivatives_are():
    w = Value(2.0)
    program = autograd.compile(lambda x: w * x * x, batch=True)
    assert autograd.grad(lambda x: program.mean([x, 2.0, 3.0]))(1.0) == pytest.approx(4.0 / 3)
    outer = autograd.compile(lambda x: program.mean([1.0, 2.0]) * x)
    value, gradient = outer.value_and_grad(3.0)
    assert (value, gradient.tolist()) == (15.0, [7.5])
    mean = program.mean([Value(1.0), Value(3.0)])
    mean.backward()
    assert (mean.data, w.grad) == (10.0, 5.0)
    assert autograd.compile(cube).mean(Value(2.0)).data == 8.0
    with pytest.raises(TypeError, match="one Value"):
        autograd.compile(lambda x: [x, x], batch=True).mean([Value(1.0)])


def test_value_and_grad_would_freeze_numbers():
    program = autograd.compile(cube)
    for use in (
        lambda: program.value_and_grad(Value(2.0)),
        lambda: autograd.compile(lambda x: program.value_and_grad(2.0)[0] * x)(1.0),
    ):
        with pytest.raises(TypeError, match=r"take program\.mean"):
            use()


def test_rows_of_values_are_checked():
    program = autograd.compile(lambda x, y: x * y, batch=True)
    with pytest.raises(ValueError, match=r"unequal lengths: \{'x': 1, 'y': 2\}"):
        program([Value(1.0)], [1.0, 2.0])
    with pytest.raises(ValueError, match="`x` needs a leading batch axis, got Value"):
        program(Value(1.0), [1.0])
    with pytest.raises(ValueError, match="`y` needs a leading batch axis, got the number 1"):
        program([Value(1.0)], 1.0)
    with pytest.raises(ValueError, match="an empty batch has no results"):
        autograd.grad(lambda x: program([], [])[0] * x)(1.0)
    other = autograd.compile(lambda x: x if x > 0 else [x, x], batch=True)
    with pytest.raises(TypeError, match="different structure for two rows"):
        other([Value(1.0), Value(-1.0)])


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Scale:
    by: float
    notes: list[str] = field(default_factory=list, compare=False)


class Spring:
    def __init__(self, stiffness):
        self.stiffness = Value(stiffness)

    @autograd.compile
    def energy(self, x, *, at=0.0):
        """Doc."""
        return self.stiffness * (x - at) ** 2

    @autograd.compile(batch=True)
    def energies(self, x):
        return self.stiffness * x * x

    @staticmethod
    @autograd.compile
    def twice(x):
        return 2.0 * x


class Stiff(Spring):
    @autograd.compile
    def energy(self, x, *, at=0.0):
        return super().energy(x, at=at) + 100.0


def test_methods():
    one, two = Spring(1.0), Spring(2.0)
    assert (one.energy(3.0), two.energy(3.0), two.energy(3.0, at=1.0)) == (9.0, 18.0, 8.0)
    assert one.energy is one.energy and one.energy.parameters == [one.stiffness]
    assert two.energies([1.0, 2.0]).tolist() == [2.0, 8.0]
    assert Spring.energy.__doc__ == "Doc." and Spring.energy.__name__ == "energy"
    assert Spring.twice(2.0) == one.twice(2.0) == 4.0
    assert autograd.grad(one.energy)(3.0) == 6.0


def test_a_method_that_calls_that_of_its_base():
    spring = Stiff(2.0)
    assert spring.energy(3.0) == 118.0 and spring.energy(1.0, at=2.0) == 102.0


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("kind", [Spring, Stiff])
def test_instances_with_compiled_methods_are_copied_and_pickled(again, kind):
    spring = kind(2.0)
    expected = spring.energy(3.0)
    twin = again(spring)
    twin.stiffness.data = 5.0
    assert spring.energy(3.0) == expected and twin.energy(3.0) == expected + 27.0
    assert twin.energy.parameters == [twin.stiffness]
    assert again(spring.energy)(3.0) == expected


def test_an_instance_without_room_for_a_program_is_refused():
    class Slotted:
        __slots__ = ("w",)

        @autograd.compile
        def double(self, x):
            return 2.0 * x * self.w

    class Roomy(Slotted):
        __slots__ = ("__dict__",)

    with pytest.raises(TypeError, match="`Slotted` has `__slots__` and no `__dict__`: add"):
        Slotted().double  # noqa: B018  the access is what is tested
    roomy = Roomy()
    roomy.w = 3.0
    assert roomy.double(2.0) == 12.0 and roomy.double is roomy.double


class Plain:
    w = 3.0


Plain.times = autograd.compile(lambda self, x: self.w * x)
for factor in (1.0, 2.0):
    setattr(Plain, f"by{factor:.0f}", autograd.compile(lambda self, x, by=factor: by * x))


def test_methods_compiled_after_their_class():
    plain = Plain()
    assert [plain.times(2.0), plain.by1(2.0), plain.by2(2.0)] == [6.0, 2.0, 4.0]
    twin = pickle.loads(pickle.dumps(plain))
    assert [twin.times(2.0), twin.by1(2.0), twin.by2(2.0)] == [6.0, 2.0, 4.0]
    assert pickle.loads(pickle.dumps(plain.by2))(2.0) == 4.0


def test_methods_of_the_class_that_an_instance_has_now():
    def kind(by):
        return type("Same", (), {"f": autograd.compile(lambda self, x: by * x)})

    thing = kind(2.0)()
    assert thing.f(1.0) == 2.0
    thing.__class__ = kind(3.0)
    assert thing.f(1.0) == 3.0


def test_a_class_of_the_name_of_its_base():
    base = Spring

    class Spring_(base):
        @autograd.compile
        def energy(self, x):
            return super().energy(x) + 1.0

    Spring_.__qualname__ = Spring_.energy.__qualname__ = base.__qualname__
    assert Spring_(2.0).energy(3.0) == 19.0


def by_dict(spring):
    twin = Spring(0.0)
    twin.__dict__.update(spring.__dict__)
    return twin


@pytest.mark.parametrize("again", [copy.copy, by_dict])
def test_a_shallow_copy_has_programs_of_its_own(again):
    spring = Spring(1.0)
    assert spring.energy(1.0) == 1.0
    twin = again(spring)
    twin.stiffness = Value(5.0)
    assert (twin.energy(1.0), spring.energy(1.0)) == (5.0, 1.0)
    assert twin.energy.parameters == [twin.stiffness] and twin.energy is twin.energy


def test_a_shallow_copy_of_a_module_has_a_program_of_its_own():
    class Line(nn.Module):
        def __init__(self):
            self.w = Value(2.0)

        @autograd.compile
        def forward(self, x):
            return self.w * x

    model = Line()
    assert model(1.0) == 2.0
    twin = copy.copy(model)
    twin.w = Value(9.0)
    assert (twin(1.0), model(1.0)) == (9.0, 2.0)


class Scaled:
    scale = Value(3.0)

    @classmethod
    @autograd.compile
    def times(cls, x):
        """Doc."""
        return cls.scale * x


class Halved(Scaled):
    scale = Value(0.5)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="`classmethod` no longer binds what it has")
def test_class_methods():
    assert (Scaled.times(2.0), Halved.times(2.0), Halved().times(4.0)) == (6.0, 1.0, 2.0)
    assert Scaled.times is Scaled.times and Halved.times.parameters == [Halved.scale]
    assert Scaled.times.__doc__ == "Doc."
    assert pickle.loads(pickle.dumps(Scaled.times)) is Scaled.times


def test_a_decorated_function_is_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert copy.copy(decorated) is decorated and copy.deepcopy(decorated) is decorated
    program = autograd.compile(cube, batch=True)
    program([1.0])
    twin = pickle.loads(pickle.dumps(program))
    assert twin is not program and twin([2.0]).tolist() == [8.0]
    assert copy.deepcopy(program)([2.0]).tolist() == [8.0]
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        pickle.dumps(autograd.compile(lambda x: x))


def test_a_module_that_holds_a_program():
    class Fast(nn.Module):
        def __init__(self):
            self.w = Value(2.0)
            self.program = autograd.compile(self.slow)

        def slow(self, x):
            return self.w * x

        @autograd.compile
        def forward(self, x):
            return [self.program(x[0]) + x[1]]

    model = Fast()
    assert model([3.0, 1.0]).tolist() == [7.0]
    twin = copy.deepcopy(model)
    twin.w.data = 5.0
    assert (twin.program(3.0), model.program(3.0)) == (15.0, 6.0)
    nn.fit(model, [[1.0, 0.0], [2.0, 0.0]], [3.0, 6.0], loss="mse_loss", progress=False)
    assert model.w.data == pytest.approx(3.0, rel=0.1)
    assert nn.predict(model, [[1.0, 0.0]] * 40).tolist() == [[model.w.data]] * 40


def test_keywords_and_defaults():
    program = autograd.compile(lambda x, y=3.0, *, z=1.0: x * y + z)
    assert program(2.0) == 7.0 and program(x=2.0) == 7.0
    assert program(2.0, y=5.0) == program(2.0, 5.0) == program(y=5.0, x=2.0) == 11.0
    assert program(2.0, z=2.0) == 8.0 and program(2.0, 4.0, z=0.5) == 8.5
    assert len(program._replayers) == 4
    batch = autograd.compile(lambda x, **more: x * more["a"] + more["b"], batch=True)
    assert batch([1.0, 2.0], a=[3.0, 4.0], b=[1.0, 1.0]).tolist() == [4.0, 9.0]
    assert batch([1.0, 2.0], b=[1.0, 1.0], a=[3.0, 4.0]).tolist() == [4.0, 9.0]
    assert len(batch._replayers) == 2  # the function may go through `more` in its order
    with pytest.raises(TypeError, match="unexpected keyword argument 'w'"):
        program(1.0, w=2.0)
    assert decorated(2.0) == 4.0 and decorated(2.0, scale=3.0) == 6.0
    assert str(inspect.signature(decorated)) == "(x, scale=2.0)"


def test_keywords_reach_means_and_gradients():
    w = Value(2.0)
    program = autograd.compile(lambda x, k=1.0: w * x * k, batch=True)
    assert program.mean([1.0, 3.0], k=[2.0, 2.0]).data == 8.0
    value, gradient = program.value_and_grad(x=[1.0, 3.0])
    assert (value, gradient.tolist()) == (4.0, [2.0])


@pytest.mark.parametrize("names", ["n", ("n",), ["n", "kind"]])
def test_static_arguments(names):
    w = Value(2.0)
    calls = []

    @autograd.compile(static_argnames=names)
    def power(x, n, kind="plain"):
        calls.append(n)
        for _ in range(n):
            x = x * w
        return x

    assert (power(3.0, 2), power(3.0, n=2), power(5.0, 2), power(3.0, 3)) == (12.0, 12, 20, 24)
    assert calls == [2, 3] and power.parameters == [w]
    assert power.value_and_grad(3.0, 1)[1].tolist() == [3.0]
    assert autograd.grad(power)(3.0, 2) == 4.0
    if "kind" in names:
        assert power(3.0, 1, kind="other") == 6.0 and calls[-1] == 1


def test_static_arguments_of_a_batch():
    program = autograd.compile(lambda x, i: x[i] * 2.0, batch=True, static_argnames="i")
    assert program([[1.0, 2.0], [3.0, 4.0]], 1).tolist() == [4.0, 8.0]
    assert program([[1.0, 2.0]], -2).tolist() == [2.0]
    assert program(np.array([[1.0, 2.0]]), i=0).tolist() == [2.0]
    assert [v.data for v in program([[Value(1.0), 2.0]], 1)] == [4.0]


def test_one_and_true_are_two_static_values():
    program = autograd.compile(lambda x, n: x * 2 if n is True else x, static_argnames="n")
    assert (program(1.0, 1), program(1.0, True), program(1.0, 1.0)) == (1.0, 2.0, 1.0)


def test_a_static_dataclass_that_is_changed_is_another_value():
    @dataclass(eq=False)
    class Options:
        factor: float = 2.0

    options = Options()
    program = autograd.compile(lambda x, o: x * o.factor, static_argnames="o")
    assert [program(1.0, options) for _ in range(3)] == [2.0, 2.0, 2.0]
    options.factor = 5.0
    assert [program(1.0, options) for _ in range(3)] == [5.0, 5.0, 5.0]


def test_static_values_are_bounded():
    program = autograd.compile(lambda x, n: x * n, static_argnames="n")
    for n in range(200):
        assert program(2.0, n) == 2.0 * n
    assert len(program._replayers) <= 64


@pytest.mark.parametrize("use", [lambda x, n: x[n], lambda x, n: sum(x[i] for i in range(n))])
def test_a_whole_number_needs_static_argnames(use):
    with pytest.raises(TypeError, match="static_argnames"):
        autograd.compile(use)([1.0, 2.0], 1)
    assert autograd.compile(use, static_argnames="n")([1.0, 2.0], 1) in (1.0, 2.0)


def test_static_arguments_are_checked():
    with pytest.raises(ValueError, match="`static_argnames` has 'm', which is no argument"):
        autograd.compile(lambda x, n: x, static_argnames="m")
    program = autograd.compile(lambda x, n: x, static_argnames="n")
    with pytest.raises(TypeError, match=r"`n` must be hashable, got \[1\]: .* pass a tuple"):
        program(1.0, [1])
    with pytest.raises(TypeError, match="`n` must be a plain Python value, got Value"):
        program(1.0, Value(1.0))
    assert autograd.compile(max, static_argnames="anything")(1.0, 2.0) == 2.0
    with pytest.raises(TypeError, match="with batch=True the rows come from the arguments"):
        autograd.compile(lambda n: Value(1.0) * n, batch=True, static_argnames="n")(3)


def test_another_number_of_arguments():
    program = autograd.compile(lambda *xs: sum(xs))
    assert program(1.0, 2.0) == 3.0
    assert program(1.0, 2.0, 3.0) == 6.0 and program(1.0, 2.0) == 3.0
    counted = autograd.compile(lambda x, *n: x * len(n), static_argnames="n")
    assert (counted(2.0, 1), counted(2.0, 1, 1)) == (2.0, 4.0)
    largest = autograd.compile(max)
    assert (largest(1.0, 2.0), largest(1.0, 2.0, 3.0)) == (2.0, 3.0)


@pytest.mark.parametrize("batch", [False, True])
def test_arrays_stay_arrays(batch):
    w = np.array([Value(0.5), Value(-1.0)])

    def f(x):
        return x @ w + (x + x)[0]

    program = autograd.compile(f, batch=batch)
    x = np.array([1.0, 2.0])
    assert program(x[None] if batch else x) == 0.5 * 1.0 - 2.0 + 2.0
    assert program([[1.0, 2.0]] if batch else [1.0, 2.0]) == -0.5  # a list twice as long
    with pytest.raises(ValueError, match=r"an array of shape \(3,\), .* an array of shape \(2,\)"):
        program(np.ones((1, 3)) if batch else np.ones(3))


@pytest.mark.parametrize("batch", [False, True])
def test_an_array_and_a_list_are_two_kinds_of_one_argument(batch):
    w = Value(3.0)
    program = autograd.compile(lambda x: (x + x)[-1] * w, batch=batch)
    row, array = [1.0, 2.0, 5.0], np.array([1.0, 2.0, 5.0])
    for _ in range(2):
        assert program([row] if batch else row) == 15.0
        assert program(array[None] if batch else array) == 30.0
    assert len(program._replayers) == 2 and program.parameters == [w]
    assert [program([row] if batch else row), program(array[None] if batch else array)] == [15, 30]


def test_arrays_in_lists_and_dicts():
    def f(p):
        return (p["W"] @ p["x"] + p["b"]) * p["scale"][0]

    program = autograd.compile(f)
    p = {
        "W": np.arange(6.0).reshape(2, 3),
        "x": np.ones(3),
        "b": np.array([0.5, 1]),
        "scale": [2.0],
    }
    assert program(p).tolist() == [7.0, 26.0]
    assert program({**p, "scale": [1.0]}).tolist() == [3.5, 13.0]
    assert program(dict(reversed(p.items()))).tolist() == [7.0, 26.0]
    assert autograd.compile(lambda x: x * 2.0)(np.array(3.0)) == 6.0
    assert autograd.compile(lambda x: x[0, 1] * x.shape[0])(np.eye(2) + 1.0) == 2.0
    with pytest.raises(TypeError, match="`argument p` must be a real number, got the string 'a'"):
        program({**p, "b": np.array(["a", "b"])})


def test_dicts_are_taken_by_their_keys_whatever_was_called_before():
    program = autograd.compile(lambda p, q=None: p["a"] - p["b"][0] if q is None else q)
    for value in (1.0, 2.0):
        assert program({"a": 3.0, "b": [value]}) == 3.0 - value
        assert program({"b": [value], "a": 3.0}, 7.0) == 7.0
        assert program({"b": [value], "a": 3.0}) == 3.0 - value
        assert program({"b": np.array([value]), "a": 3.0}) == 3.0 - value
        assert program({"a": 3.0, "b": np.array([value])}) == 3.0 - value


def test_gradients_of_programs_of_arrays_of_values():
    program = autograd.compile(lambda x: x @ x)
    values = np.array([Value(1.0), Value(2.0)])
    result = program(values)
    result.backward()
    assert [v.grad for v in values] == [2.0, 4.0]


def test_models_written_for_lists_get_lists_from_fit():
    class Pairs(nn.Module):
        def __init__(self):
            self.w = Value(0.1)

        def forward(self, x):
            assert isinstance(x, list)
            return self.w * sum([*x, 1.0])

    model = Pairs()
    X, y = np.array([[1.0, 2.0], [2.0, 1.0], [0.0, 1.0]]), np.array([1.0, 2.0, 0.0])
    nn.fit(model, X, y, loss="mse_loss", epochs=2, progress=False)
    assert nn.predict(model, np.ones((50, 2))).shape == (50,)


def test_first_calls_in_two_threads():
    program = autograd.compile(cube, batch=True)
    found = []
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        found.append(program([2.0, 3.0]).tolist())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == [[8.0, 27.0]] * 4


def test_a_partial_function_is_compiled():
    program = autograd.compile(functools.partial(lambda a, x: a * x, 2.0))
    assert program(3.0) == 6.0 and program.__name__ == "program"


@pytest.mark.parametrize("nothing", [[], (), {}, [[], []], ([], {}), {"a": []}])
def test_a_result_of_no_numbers(nothing):
    w = Value(2.0)
    program = autograd.compile(lambda x: (x * w > 1.0, nothing)[1])
    batch = autograd.compile(lambda x: (x * w > 1.0, nothing)[1], batch=True)
    for x in (2.0, -2.0):
        leaves = []
        flatten(program(x), leaves)
        assert leaves == [] and program.parameters == [w]
    found = batch([2.0, -2.0, 3.0])
    assert repr(found) == repr(batch([Value(2.0), -2.0, 3.0])).replace("object", "float64")


def in_order(items):
    return sum(v * 10**i for i, v in enumerate(items))


def test_answers_do_not_depend_on_the_order_of_earlier_dicts():
    program = autograd.compile(lambda d: in_order(d["x"].values()))
    for _ in range(2):
        assert program({"x": {"a": 1.0, "b": 2.0}}) == 21.0
        assert program({"x": {"b": 2.0, "a": 1.0}}) == 12.0
    assert len(program._replayers) == 2
    with pytest.raises(ValueError, match=r"with a dict of \['x'\], in it a dict of \['a', 'b'\]"):
        program({"x": {"a": 1.0, "c": 2.0}})


def test_answers_do_not_depend_on_the_order_of_keywords():
    program = autograd.compile(lambda **kw: in_order(kw.values()))
    assert program(y=2.0, x=1.0) == 12.0 and program(x=1.0, y=2.0) == 21.0
    rows = autograd.compile(lambda **kw: in_order(kw.values()), batch=True)
    assert rows(y=[2.0], x=[1.0]).tolist() == [12.0] and rows(x=[1.0], y=[2.0]).tolist() == [21.0]
    fixed = autograd.compile(lambda *, x, y: in_order((x, y)))
    assert fixed(y=2.0, x=1.0) == fixed(x=1.0, y=2.0) == 21.0 and len(fixed._replayers) == 1


class P(NamedTuple):
    x: float
    y: float


class Q(NamedTuple):
    y: float
    x: float


def test_a_named_tuple_is_its_names():
    program = autograd.compile(lambda p: p.x * 10 + p.y)
    nested = autograd.compile(lambda ps: ps["p"][0].x * 10 + ps["p"][0].y)
    for _ in range(2):
        assert program(P(1.0, 2.0)) == program(Q(y=2.0, x=1.0)) == 12.0
        assert nested({"p": [P(1.0, 2.0)]}) == nested({"p": [Q(y=2.0, x=1.0)]}) == 12.0
    with pytest.raises(AttributeError, match="'tuple' object has no attribute 'x'"):
        program((1.0, 2.0))


@pytest.mark.parametrize("other", [Q, lambda x, y: (x, y)])
def test_branches_and_rows_with_other_names(other):
    program = autograd.compile(lambda x: P(x, 2.0 * x) if x > 0 else other(x, x), batch=True)
    with pytest.raises(TypeError, match="results of different structure; see"):
        program([1.0, -1.0])
    with pytest.raises(TypeError, match="results of different structure for two rows"):
        program([Value(1.0), Value(-1.0)])


@pytest.mark.parametrize(
    "static",
    [
        (1, True),
        (0.0, -0.0),
        ((1,), (True,)),
        ((0.0, (1,)), (-0.0, (1,))),
        (frozenset({1}), frozenset({1.0})),
        (P(1.0, 2.0), Q(1.0, 2.0), (1.0, 2.0)),
        (Scale(0.0), Scale(-0.0), Scale(0)),
        (complex(0.0, 0.0), complex(0.0, -0.0)),
        (Decimal("1.0"), Decimal("1.00")),
        (range(0), range(5, 5)),
        (NOON, NOON.astimezone(timezone(timedelta(hours=3)))),
        (Scale(1.0), Scale(1.0, ["a"]), Scale(1.0, ["b"])),
    ],
)
def test_equal_static_values_that_are_not_the_same(static):
    seen = []
    program = autograd.compile(lambda x, n: (seen.append(n), x)[1], static_argnames="n")
    for value in static * 2:
        assert program(1.0, value) == 1.0
    assert list(map(repr, seen)) == list(map(repr, static))


def test_the_sign_of_a_static_zero():
    program = autograd.compile(lambda x, n: 1 / (x * n), static_argnames="n")
    assert [program(1.0, n) for n in (0.0, -0.0, 0.0)] == [np.inf, -np.inf, np.inf]
    nan = autograd.compile(lambda x, n: x * n, static_argnames="n")
    assert np.isnan([nan(1.0, float("nan")), nan(1.0, float("nan"))]).all()
    assert len(nan._replayers) == 1


ARRAYS = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]


@pytest.mark.parametrize(
    ("f", "rows", "expected"),
    [
        (lambda x: (x * 2)[0], ARRAYS, [2.0, 6.0]),
        (lambda x: (x * 2)[0], [[1.0, 2.0], [3.0, 4.0]], [1.0, 3.0]),
        (lambda x: (x * 2)[0], tuple(ARRAYS), [2.0, 6.0]),
        (lambda x: (x[0] * 2)[0], [ARRAYS, ARRAYS], [2.0, 2.0]),
        (lambda x: x[1] * (type(x) is tuple), [(1.0, 2.0), (3.0, 4.0)], [2.0, 4.0]),
        (lambda x: x[0][1] * (type(x) is list), [[(1.0, 2.0)], [(3.0, 4.0)]], [2.0, 4.0]),
        (lambda x: x[0][1] * (type(x[0]) is tuple), [[(1.0, 2.0)], [(3.0, 4.0)]], [2.0, 4.0]),
        (lambda x: x[0] + x[1], [(1.0, 2.0), [3.0, 4.0]], [3.0, 7.0]),
        (lambda x: x.x * 10 + x.y, [P(1.0, 2.0), P(3.0, 4.0)], [12.0, 34.0]),
        (lambda x: x.x * 10 + x.y, [Q(1.0, 2.0), Q(3.0, 4.0)], [21.0, 43.0]),
    ],
)
def test_rows_are_what_they_are_with_numbers_and_with_values(f, rows, expected):
    program = autograd.compile(f, batch=True)
    assert program(rows).tolist() == expected
    value, slope = autograd.value_and_grad(lambda t: t * program.mean(rows))(1.0)
    assert value == slope == program.mean(rows).data == sum(expected) / 2


def test_rows_of_several_kinds_are_refused():
    program = autograd.compile(lambda x: x[0], batch=True)
    with pytest.raises(ValueError, match=r"`x` has rows of several kinds, .*: `list`, `ndarray`"):
        program([[1.0, 2.0], np.array([3.0, 4.0])])
    with pytest.raises(ValueError, match=r"has rows of several kinds, .*: `P`, `Q`"):
        program([P(1.0, 2.0), Q(1.0, 2.0)])


@pytest.mark.parametrize("rows", [ARRAYS, [*ARRAYS[:1], [3.0, 4.0]], np.array(ARRAYS)])
def test_rows_of_a_function_written_for_lists(rows):
    program = autograd.Program(lambda x, w=1.0: (x * 2)[2] * w, batch=True, lists=True)
    assert program(rows).tolist() == [1.0, 3.0]
    assert [v.data for v in program(rows, [Value(1.0)] * 2)] == [1.0, 3.0]


NARROW = [(np.uint8, 20), (np.int32, 100_000), (np.int64, 2**40), (np.bool_, 1), (np.float32, 1e30)]


@pytest.mark.parametrize(("kind", "number"), NARROW)
@pytest.mark.parametrize(
    ("nested", "out"),
    [
        (lambda z: z, lambda x: x),
        (lambda z: [z], lambda x: x[0]),
        (lambda z: {"a": (z, 1.0)}, lambda x: x["a"][0]),
        (list, lambda x: x),
    ],
)
def test_narrow_numbers_neither_wrap_nor_round(kind, number, nested, out):
    def f(t, x):
        return t * sum(v * v + v for v in out(x))

    program = autograd.compile(f)
    z = nested(np.array([number, number], dtype=kind))
    expected = 2.0 * (float(kind(number)) ** 2 + float(kind(number)))
    assert program(1.0, z) == expected
    assert autograd.value_and_grad(program)(1.0, z) == (expected, expected)
    assert program(Value(1.0), z).data == expected
    assert autograd.compile(lambda t: program(t, z))(1.0) == expected


@pytest.mark.parametrize(("kind", "number"), NARROW)
@pytest.mark.parametrize("rows", [np.array, list])
def test_narrow_numbers_in_a_batch(kind, number, rows):
    program = autograd.compile(lambda x: (x * x + x).sum(), batch=True)
    scalar = autograd.compile(lambda x: x * x + x, batch=True)
    z, expected = float(kind(number)), float(kind(number)) ** 2 + float(kind(number))
    given = rows([np.array([number, number], dtype=kind)])
    assert autograd.grad(lambda t: t * program.mean(given))(1.0) == program.mean(given).data
    assert program.mean(given).data == 2.0 * expected
    given = rows([kind(number)])
    assert autograd.grad(lambda t: t * scalar.mean(given))(1.0) == scalar.mean(given).data
    assert scalar.mean(given).data == z * z + z


def test_whole_numbers_and_static_ones_stay_what_they_are_beside_values():
    program = autograd.compile(lambda x, i, n: x[i] * n.itemsize, static_argnames="n")
    assert program([Value(1.0), Value(2.0)], np.int8(1), np.int16(3)).data == 4.0
    assert program([Value(1.0), Value(2.0)], 0, n=np.int16(3)).data == 2.0


@pytest.mark.parametrize(
    "use",
    [
        lambda m, x: m * x,
        lambda m, x: m.detach() * x,
        lambda m, x: x if m > x else -x,
        lambda m, x: (m * 2.0).detach() + x,
        autograd.no_grad()(lambda m, x: m * x),
        lambda m, x: copy.copy(m) * x,
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_a_mean_from_outside_cannot_be_computed_again(use, batch):
    w = Value(3.0)
    program = autograd.compile(lambda x: w * w * x)
    m = program.mean(2.0)
    other = autograd.compile(lambda x: use(m, x), batch=batch)
    with pytest.raises(TypeError, match=r"mean of a program.*call program.mean\(...\) inside"):
        other([2.0] if batch else 2.0)
    assert other.parameters == []


def test_what_to_do_with_a_mean_from_outside():
    w = Value(3.0)
    program = autograd.compile(lambda x: w * w * x)
    number = program.mean(2.0).detach()
    assert autograd.compile(lambda x: number * x)(2.0) == 36.0
    inside = autograd.compile(lambda x: program.mean(2.0) * x)
    assert inside(2.0) == 36.0 and inside.value_and_grad(2.0)[1].tolist() == [24.0]
