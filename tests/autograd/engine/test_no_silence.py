"""No number wrong without a word: what could be frozen, cut off or lost is kept or is an error."""

import asyncio
import copy
import dataclasses
import math
import pickle
import queue
import re
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from repeats import repeats

import autograd
from autograd import (
    Value,
    compile,
    grad,
    gradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from autograd.engine.modes import opened, watching


@pytest.fixture(autouse=True)
def nothing_stays_open():
    yield
    assert not opened() and not watching


# == and != compare numbers


def sinc(x):
    return 1.0 if x == 0 else autograd.sin(x) / x


def sinc_by_unequal(x):
    return autograd.sin(x) / x if x != 0 else 1.0


def sinc_by_membership(x):
    return 1.0 if x in (0.0, -0.0) else autograd.sin(x) / x


@pytest.mark.parametrize("f", [sinc, sinc_by_unequal, sinc_by_membership])
def test_a_branch_at_one_number(f):
    assert value_and_grad(f)(0.0) == (1.0, 0.0)
    assert jvp(f, (0.0,), (1.0,)) == (1.0, 0.0) and vjp(f, 0.0)[1](1.0) == (0.0,)
    assert grad(grad(f))(0.0) == 0.0 and hessian(f)(0.0) == 0.0
    program = compile(value_and_grad(f))
    for order in ((0.0, 2.0, -0.0), (2.0, 0.0, 2.0)):
        for x in order:
            assert tuple(program(x)) == pytest.approx(value_and_grad(f)(x), rel=1e-14)


def cross_entropy(p, y):
    return -autograd.log(p) if y == 1 else -autograd.log(1 - p)


def test_a_label_compared_with_a_number():
    value, tangent = jvp(cross_entropy, (0.8, 1.0), (1.0, 0.0))
    assert (value, tangent) == pytest.approx((-math.log(0.8), -1.25), rel=1e-14)
    value, tangent = jvp(cross_entropy, (0.8, 0.0), (1.0, 0.0))
    assert (value, tangent) == pytest.approx((-math.log(0.2), 5.0), rel=1e-14)
    assert grad(cross_entropy, (0, 1))(0.8, 1.0) == (pytest.approx(-1.25), 0.0)
    assert gradcheck(lambda p: cross_entropy(p, Value(1.0)), 0.8)
    program = compile(cross_entropy, batch=True)
    found = program([0.8, 0.8, 0.3], [1.0, 0.0, 1.0])
    assert found == pytest.approx(-np.log([0.8, 0.2, 0.3]), rel=1e-14)


def test_a_student_asserts():
    assert Value(2) * 3 == 6
    x, y, z = Value(-2), Value(5), Value(-4)
    f = (x + y) * z
    f.backward()
    assert f == -12 and (x.grad, y.grad, z.grad) == (-4, -4, 3)
    assert Value(0.1) + 0.2 == pytest.approx(0.3) and Value(0.1) + 0.2 != 0.3


def test_counting_and_searching_by_number():
    def count(v):
        return sum(x for x in v if x != v[0]) * v.count(1.0)

    assert value_and_grad(count)([1.0, 2.0, 1.0]) == (4.0, [0.0, 2.0, 0.0])

    def first(v):
        return v[v.index(max(v))] * v[0]

    assert grad(first)([2.0, 5.0, 5.0]) == [5.0, 2.0, 0.0]
    assert compile(first)([2.0, 5.0, 5.0]) == 10.0


# Copies keep the gradient, and the dependence of a program


@dataclasses.dataclass
class Point:
    x: object
    tags: list


def deepcopy_of_a_list(x):
    return copy.deepcopy([x, [x * 2]])[1][0] / 2


def deepcopy_of_a_dict(x):
    return copy.deepcopy({"x": x})["x"]


def copy_of_a_list(x):
    return copy.copy([x])[0]


def in_a_dataclass(x):
    return dataclasses.asdict(Point(x, [1]))["x"]


def replaced_in_a_dataclass(x):
    return copy.deepcopy(dataclasses.replace(Point(0.0, []), x=x)).x


def as_a_tuple(x):
    return dataclasses.astuple(Point(1.0, [x]))[1][0]


def in_an_array(x):
    return copy.deepcopy(np.array([x, x]))[1]


def array_copy(x):
    return np.array([x, 2.0 * x]).copy()[0]


def twice(x):
    return copy.copy(copy.deepcopy(copy.copy(x)))


def of_an_interior_node(x):
    return copy.deepcopy(x * x) / copy.copy(x * 1.0)


COPIES = [
    *(copy.copy, copy.deepcopy, deepcopy_of_a_list, deepcopy_of_a_dict, copy_of_a_list),
    *(in_a_dataclass, replaced_in_a_dataclass, as_a_tuple, in_an_array, array_copy, twice),
    of_an_interior_node,
]


@pytest.mark.parametrize("copied", COPIES, ids=lambda f: f.__name__)
def test_a_copy_is_linked_to_the_original(copied):
    def f(x):
        return copied(x) * x

    assert value_and_grad(f)(3.0) == (9.0, 6.0)
    assert grad(grad(f))(3.0) == pytest.approx(2.0) == hvp(f, 3.0, 1.0)
    assert jvp(f, (3.0,), (1.0,)) == (9.0, 6.0) and vjp(f, 3.0)[1](1.0) == (6.0,)
    assert grad(lambda x: grad(f)(copied(x)))(3.0) == pytest.approx(2.0)
    program = compile(f)
    assert (program(3.0), program(5.0), program.parameters) == (9.0, 25.0, [])
    slopes = compile(grad(f), batch=True)
    assert slopes([3.0, 5.0]) == pytest.approx([6.0, 10.0])
    w = Value(2.0)
    program = compile(lambda x: copied(w) * x * w)
    value, gradient = program.value_and_grad(3.0)
    assert (value, gradient.tolist()) == (12.0, [12.0])
    w.data = 5.0
    assert program(3.0) == 75.0 and len(program.parameters) == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_that_is_compared_is_a_guard(copied):
    program = compile(lambda x: x * 2 if copied(x) > 1 else -x)
    assert [program(x) for x in (2.0, 0.5, 3.0)] == [4.0, -0.5, 6.0]


def test_outside_of_what_is_differentiated_copies_are_graphs_of_their_own():
    x = Value(3.0, label="x")
    y = x * x
    y2 = copy.deepcopy(y)
    y2.backward()
    assert x.grad == 0.0 and y2.parents[0].grad == 6.0 and y2.op == "*"
    assert copy.deepcopy(x).primitive is None and copy.copy(x).label == "x"


# Every door to the bare number of a Value in a function that is being compiled


def set_data(x):
    x.data = 5.0


def add_to_data(x):
    x.data += 1.0


def set_grad(x):
    x.grad = 0.0


CALLS = queue.SimpleQueue()


def work():
    """Do for ever what other threads ask for."""
    while True:
        answer, read, x = CALLS.get()
        try:
            answer.set_result(read(x))
        except TypeError as error:
            answer.set_exception(error)


threading.Thread(target=work, daemon=True).start()


def elsewhere(read):
    """What a thread reads that was there before; its error is raised here."""

    def door(x):
        answer = Future()
        CALLS.put((answer, read, x))
        return answer.result()

    return door


def in_a_pool(read):
    """What a pool reads whose threads are there already, and one that has none yet."""

    def door(x):
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(read, x).result()
            return first + pool.submit(read, x).result() - first

    return door


def in_a_thread(read):
    """What a plain thread reads; its error is raised here."""

    def door(x):
        answer = Future()

        def work():
            try:
                answer.set_result(read(x))
            except TypeError as error:
                answer.set_exception(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return answer.result()

    return door


def in_a_subclass_of_thread(read):
    """What a thread reads that has a `run` of its own."""

    class Worker(threading.Thread):
        def run(self):
            try:
                answer.set_result(read(given))
            except TypeError as error:
                answer.set_exception(error)

    def door(x):
        nonlocal answer, given
        answer, given = Future(), x
        Worker().start()
        return answer.result()

    answer = given = None
    return door


def mapped(read):
    """What the `map` of a pool reads."""

    def door(x):
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(read, [x, x]))[1]

    return door


OWN_THREADS = [in_a_pool, in_a_thread, in_a_subclass_of_thread, mapped]


DOORS = {
    "data": lambda x: x.data,
    "item": lambda x: x.item(),
    "grad": lambda x: x.grad,
    "partials": lambda x: x.partials,
    "partials of a node": lambda x: (x * x).partials[0],
    "repr": repr,
    "str": str,
    "f-string": lambda x: f"{x}",
    "f-string with !r": lambda x: f"{x!r}",
    "f-string with a spec": lambda x: f"{x:.2f}",
    "format": lambda x: format(x, ".3e"),
    "format without a spec": format,
    "str.format": "{:8.3f}".format,
    "percent": lambda x: "%s" % x,  # noqa: UP031  # one of the doors
    "print": lambda x: print(x),
    "repr of a list": lambda x: repr([x]),
    "pickle": pickle.dumps,
    "pickle of a list": lambda x: pickle.dumps({"x": [x]}),
    "float": float,
    "int": int,
    "round": round,
    "math": math.exp,
    "index": lambda x: [1, 2, 3][x],
    "range": lambda x: list(range(x)),
    "a float array": lambda x: np.array([x], dtype=float),
    "data =": set_data,
    "data +=": add_to_data,
    "grad =": set_grad,
    "backward": lambda x: (x * x).backward(),
    "_backward": lambda x: (x * x)._backward(),
    "explain": autograd.explain,
    "why": autograd.why,
    "why of another": lambda x: autograd.why(x, x * x),
    "draw": autograd.draw,
    "draw of several": lambda x: autograd.draw([x * x, x], fold=True),
    "stepper": autograd.stepper,
    "check": lambda x: autograd.check(x * x, {x: 1.0}),
    "check of partials": lambda x: autograd.check(x * x, {}, {"x": x}, of="partial"),
    "assert_gradients": lambda x: autograd.assert_gradients(x * x, {x: 2.0 * 1.0}),
    "elsewhere: >": elsewhere(lambda x: x > 0),
    "elsewhere: ==": elsewhere(lambda x: x == 1.0),
    "elsewhere: a node >": elsewhere(lambda x: x * x > 0),
    "elsewhere: bool": elsewhere(bool),
    "elsewhere: data": elsewhere(lambda x: x.data),
    "elsewhere: str": elsewhere(str),
    "elsewhere: item": elsewhere(lambda x: (x + 1).item()),
    "elsewhere: max": elsewhere(lambda x: max(x, 0.0)),
    "elsewhere: arithmetic": elsewhere(lambda x: 2.0 * x),
    "elsewhere: copy": elsewhere(lambda x: copy.copy(x)),
    "elsewhere: deepcopy": elsewhere(lambda x: copy.deepcopy(x)),
    "elsewhere: detach": elsewhere(lambda x: x.detach()),
    "elsewhere: a constant": elsewhere(lambda x: x.constant()),
    "elsewhere: no_grad": elsewhere(autograd.no_grad()(lambda x: x * 2.0)),
    "elsewhere: softmax": elsewhere(lambda x: autograd.softmax([x, 1.0])),
    "elsewhere: take": elsewhere(lambda x: autograd.take([2.0, 3.0, 4.0], x)),
    "elsewhere: grad": elsewhere(lambda x: grad(lambda t: t * x)(2.0)),
    "elsewhere: grad at it": elsewhere(grad(lambda t: t * t)),
    "elsewhere: hessian": elsewhere(lambda x: hessian(lambda t: t * t * x)(2.0)),
    "elsewhere: value": elsewhere(lambda x: value_and_grad(lambda t: x)(2.0)),
    "elsewhere: jvp": elsewhere(lambda x: jvp(lambda t: t * t, (2.0,), (x,))),
    "elsewhere: vjp": elsewhere(lambda x: vjp(lambda t: t * x, 2.0)[1](1.0)),
    "elsewhere: minimize": elsewhere(lambda x: autograd.minimize(lambda t: (t - x) ** 2, 1.0)),
}
OF_EVERY_VALUE = ("float", "int", "round", "math", "index", "range", "a float array")


def through(door, of):
    def f(x):
        door(of(x))
        return x * 2

    return f


W = Value(1.5, label="w")
READ = {"an argument": lambda x: x, "a node": lambda x: x * x + 1, "a parameter": lambda x: W}


@pytest.mark.parametrize("of", READ)
@pytest.mark.parametrize("name", DOORS)
def test_no_door_leads_to_a_number_that_would_be_frozen(name, of, capsys):
    if of == "a parameter" and name.startswith("elsewhere"):
        pytest.skip("another thread may read what it does not share with the recording")
    door, before = DOORS[name], (W.data, W.grad)
    for program, x in (
        (compile(through(door, READ[of])), 1.0),
        (compile(through(door, READ[of]), batch=True), [1.0, 2.0]),
        (compile(grad(through(door, READ[of]))), 1.0),
    ):
        with pytest.raises(TypeError) as caught:
            program(x)
        message = str(caught.value)
        if name not in OF_EVERY_VALUE and name != "backward":
            assert "while the function is being compiled" in message, message
            assert re.search(rf"at {re.escape(__file__)}:\d+: it would be frozen", message), message
    assert (W.data, W.grad) == before
    assert capsys.readouterr().out == ""


def larger(x, y):
    return x if x > y else y


COMPUTED = {
    "product": lambda x, w: x * w,
    "parameter": lambda x, w: w * w,
    "branch": lambda x, w: x * x if x > 0 else -x,
    "branch by a parameter": lambda x, w: 2.0 * x if w > 2.5 else x,
    "max": lambda x, w: max(x, w),
    "maximum": lambda x, w: autograd.maximum(x, w) * larger(x, w),
    "copy": lambda x, w: copy.copy(w) * copy.deepcopy(x),
    "detach": lambda x, w: x.detach() * w,
    "grad": lambda x, w: grad(lambda t: t * t * w)(x),
    "softmax": lambda x, w: autograd.softmax([x, w])[0],
    "take": lambda x, w: autograd.take([w, x, 2.0 * w, x], abs(x)),
    "program": lambda x, w: compile(lambda t: t * w)(x),
}


@pytest.mark.parametrize("own", OWN_THREADS)
@pytest.mark.parametrize("name", COMPUTED)
def test_what_a_functions_own_threads_compute_is_recorded(name, own):
    w = Value(2.0)
    program = compile(lambda x: own(lambda v: COMPUTED[name](v, w))(x) * 1.0)
    rows = compile(lambda x: own(lambda v: COMPUTED[name](v, w))(x) * 1.0, batch=True)
    for x, weight in ((3.0, 2.0), (-1.0, 2.0), (1.0, 3.0), (2.0, -1.0), (-3.0, 4.0)):
        x, w.data = abs(x) if name == "take" else x, weight
        expected = COMPUTED[name](Value(x), w)
        assert program(x) == expected.data
        assert rows([x, x]) == pytest.approx([expected.data] * 2)
        slope = grad(lambda v, x=x: COMPUTED[name](Value(x), v))(weight)
        assert program.value_and_grad(x)[1].sum() == pytest.approx(slope)


@pytest.mark.parametrize("own", OWN_THREADS)
@pytest.mark.parametrize("name", ["data", "item", "f-string with a spec", "data +=", "pickle"])
def test_bare_numbers_of_parameters_in_a_functions_own_threads(name, own):
    w = Value(2.0)
    program = compile(lambda x: x * (own(DOORS[name])(w) or 1.0))
    with pytest.raises(TypeError, match="reads the bare number of a Value while the function is"):
        program(3.0)
    assert w.data == 2.0


def test_a_thread_that_goes_on_after_the_recording_is_free():
    go, found = threading.Event(), Future()

    def work():
        go.wait()
        found.set_result((Value(2.0) * 3.0).data)

    def f(x):
        threading.Thread(target=work).start()
        return x * x

    try:
        assert compile(f)(3.0) == 9.0
        assert threading.Thread.start.__module__ == "threading"
    finally:
        go.set()
    assert found.result() == 6.0


def test_the_error_names_the_users_line():
    def f(x):
        y = x * 2
        label = f"{y}"
        return y if label else x

    with pytest.raises(TypeError) as caught:
        compile(f)(1.0)
    line = f.__code__.co_firstlineno + 2
    assert f" at {__file__}:{line}: it would be frozen into the program" in str(caught.value)


SAID = {
    "`.data`": lambda v: v.data,
    "`.grad`": lambda v: v.grad,
    "`.partials`": lambda v: v.partials,
    "`.item()`": lambda v: v.item(),
    "repr": repr,
    "a format": lambda v: f"{v:.3f}",
    "pickle": pickle.dumps,
    "an assignment to `.data`": lambda v: setattr(v, "data", 5.0),
    "an assignment to `.grad`": lambda v: setattr(v, "grad", 5.0),
    "a comparison with str": lambda v: v == "one",
    "a comparison": elsewhere(lambda v: v < 1.0),
    "a copy": elsewhere(lambda v: copy.copy(v)),
    "a copy ": elsewhere(lambda v: copy.deepcopy([v])),
    "`._backward`": lambda v: v._backward(),
    "a picture or an explanation": autograd.explain,
}


@pytest.mark.parametrize("door", SAID)
def test_the_error_names_the_door(door):
    def f(x):
        SAID[door](x * 2)
        return x

    with pytest.raises(TypeError) as error:
        compile(f)(1.0)
    assert str(error.value).startswith(f"{door.strip()} reads the bare number of a Value while ")


def test_the_doors_are_open_again_afterwards():
    x = Value(2.0)
    for name in ("data", "repr", "f-string with a spec", "pickle", "grad", "partials"):
        with pytest.raises(TypeError):
            compile(through(DOORS[name], lambda y: x))(1.0)
        DOORS[name](x)
    set_data(x)
    assert x.data == 5.0


def test_other_threads_read_their_own_values_while_a_function_is_compiled():
    inside, done, found = threading.Event(), threading.Event(), []

    def other():
        inside.wait()
        x = Value(3.0)
        y = x * x + 1
        y.backward()
        found.extend([y.data, x.grad, y > 2, f"{y:.1f}", str(x), y.partials, y == 10])
        x.data -= 0.5
        found.extend([x.data, copy.deepcopy(y).data, pickle.loads(pickle.dumps(y)).data])
        done.set()

    thread = threading.Thread(target=other)
    thread.start()

    def f(x):
        inside.set()
        done.wait(10.0)
        return x * 2

    program = compile(f)
    assert program(3.0) == 6.0
    thread.join()
    shown = ["10.0", "Value(data=3.0, grad=6.0)"]
    assert found == [10.0, 6.0, True, *shown, (1.0, 1.0), True, 2.5, 10.0, 10.0]


def test_other_threads_compute_with_parameters_while_a_function_is_compiled():
    w = Value(2.0)
    program = compile(lambda x: x * elsewhere(lambda v: v * v)(w))
    assert program(3.0) == 12.0 and program.parameters == [w]
    w.data = 5.0
    assert program(3.0) == 75.0


def test_a_task_of_another_context_reads_its_own_values():
    async def late(go):
        await go.wait()
        return Value(3.0).data, f"{Value(2.0):.1f}"

    async def main():
        go, tasks = asyncio.Event(), []

        def f(x):
            tasks.append(asyncio.create_task(late(go)))
            return x * x

        compile(f)(2.0)
        go.set()
        return await tasks[0]

    assert asyncio.run(main()) == (3.0, "2.0")


# What a function makes is a constant of its program


def test_the_start_of_a_sum_is_a_constant():
    w = [Value(1.0), Value(2.0)]

    def f(x):
        total = Value(0.0)
        for p, a in zip(w, x, strict=True):
            total = total + p * a
        return total

    for batch, x in ((False, [3.0, 4.0]), (True, [[3.0, 4.0]])):
        program = compile(f, batch=batch)
        value, gradient = program.value_and_grad(x)
        assert (value, gradient.tolist()) == (11.0, [3.0, 4.0])
        assert [p is q for p, q in zip(program.parameters, w, strict=True)] == [True, True]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Value(2.0),
        lambda: Value(2.0, label="c"),
        lambda: Value(1.0) + 1.0,
        lambda: sum([Value(1.0), Value(1.0)]),
        lambda: Value(2.0).detach(),
        lambda: copy.deepcopy(Value(2.0)),
        lambda: autograd.dot([Value(1.0)] * 2, [Value(1.0)] * 2),
    ],
)
def test_what_is_made_inside_is_no_parameter(make):
    w = Value(5.0)
    program = compile(lambda x: make() * x * w)
    assert program.value_and_grad(3.0)[1].tolist() == [6.0]
    assert len(program.parameters) == 1 and program.parameters[0] is w
    assert (program(3.0), program(4.0)) == (30.0, 40.0)
    program = compile(lambda x: make())
    assert (program(3.0), program.parameters) == (2.0, [])
    program = compile(lambda x: x if x > make() else make() * 3.0)
    assert (program(3.0), program(1.0), program.parameters) == (3.0, 6.0, [])


def test_what_is_detached_is_read_afresh_and_no_parameter():
    w = Value(2.0, label="w")
    program = compile(lambda x: w.detach() * x)
    assert (program(3.0), program.parameters) == (6.0, [])
    w.data = 5.0
    assert program(3.0) == 15.0
    d = w.detach()
    program = compile(lambda x: d * x)
    assert (program(3.0), program.parameters) == (15.0, [])
    d.data = 7.0
    assert program(3.0) == 21.0
    program = compile(lambda x: d * x * w, batch=True)
    value, gradient = program.value_and_grad([1.0, 3.0])
    assert (value, gradient.tolist()) == (70.0, [14.0]) and len(program.parameters) == 1
    with autograd.no_grad():
        e = w * 2
    program = compile(lambda x: e * x)
    assert (program(3.0), program.parameters) == (30.0, [])


# Nothing of one recording gets into another


def test_a_memo_that_keeps_a_value_is_an_error():
    memo = {}

    def f(x):
        if "s" not in memo:
            memo["s"] = x[0] * x[0]
        return memo["s"] + x[1] if x[1] > 0 else memo["s"] * x[1]

    program = compile(f)
    with pytest.raises(TypeError, match="used again in a later recording"):
        program([2.0, 1.0])
        program([3.0, -1.0])


@pytest.mark.parametrize("keep", [lambda x: x, lambda x: x * x, lambda x: (x * 2).detach()])
def test_state_kept_from_call_to_call_is_an_error_that_names_the_line(keep):
    state = []

    def f(x):
        y = x + state[-1] if state else x * 1
        state.append(keep(x))
        return y

    with pytest.raises(TypeError) as caught:
        compile(f)(1.0)
    message = str(caught.value)
    assert "a Value that was made while a function was being compiled is used again" in message
    assert f"{__file__}:{f.__code__.co_firstlineno + 1}" in message


def test_a_value_of_one_program_is_no_part_of_another():
    kept = []
    first = compile(lambda x: kept.append(x * x) or x + 1)
    with pytest.raises(TypeError, match="a later recording"):
        first(2.0)
        compile(lambda x: x * kept[0])(3.0)


def test_what_is_kept_and_never_used_again_does_no_harm():
    seen = []

    def f(x):
        seen.append(x * x)
        return x + 1

    program = compile(f)
    assert (program(1.0), program(2.0)) == (2.0, 3.0)


def test_a_memo_of_values_made_outside_is_no_leak():
    w, memo = Value(2.0), {}

    def f(x):
        return memo.setdefault("w", w) * x

    program = compile(f)
    assert (program(1.0), program(3.0)) == (2.0, 6.0) and program.parameters[0] is w


# A number on a branch is a result


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x if x > 0 else 0.0,
        lambda x: max(0, x),
        lambda x: min(max(x, 0.0), 1.0),
        lambda x: 1 if x == 1 else x,
        lambda x: (x * x if x > 1 else x) if x > 0 else -3,
    ],
)
def test_a_number_on_a_branch_is_a_result(f):
    points = [-1.0, 0.5, 2.0, 1.0, 0.0, -2.0]
    expected = [float(f(x)) for x in points]
    for order in (points, points[::-1]):
        program = compile(f)
        assert [program(x) for x in order] == [float(f(x)) for x in order]
    assert compile(f, batch=True)(points).tolist() == expected
    assert [value_and_grad(f)(x)[0] for x in points] == expected


# An interrupt leaves all as it was before, or complete


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals need the main thread"
)
@pytest.mark.parametrize("wide", [True, False], ids=["many leaves", "many nodes"])
def test_ctrl_c_in_backward_leaves_all_as_before_or_complete(wide):
    rng = Random(0)
    leaves = [Value(rng.uniform(-1, 1)) for _ in range(4_000 if wide else 40)]
    root = sum(x * y for x, y in pairwise(leaves))
    for _ in range(0 if wide else 2_000):
        root = (root * 0.5 + rng.choice(leaves)).sin() + autograd.dot(leaves[:3], leaves[3:6])
    began = time.perf_counter()
    root.backward()
    duration = time.perf_counter() - began
    once = [leaf.grad for leaf in leaves]
    start = [0.25 * (i % 5) for i in range(len(leaves))]
    complete = [
        was + gradient if was else gradient for was, gradient in zip(start, once, strict=True)
    ]

    def interrupt(*_):
        raise KeyboardInterrupt

    handler = signal.signal(signal.SIGALRM, interrupt)
    outcomes = {"before": 0, "complete": 0, "mixed": 0}
    try:
        for _ in range(repeats(100)):
            for leaf, was in zip(leaves, start, strict=True):
                leaf.grad = was
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.02, 1.5) * duration)
                root.backward()
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                pass
            found = [leaf.grad for leaf in leaves]
            kind = "before" if found == start else "complete" if found == complete else "mixed"
            outcomes[kind] += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)
    assert outcomes["mixed"] == 0, outcomes
    assert outcomes["before"] > 0, outcomes
    for leaf in leaves:
        leaf.grad = 0.0
    root.backward()
    assert [leaf.grad for leaf in leaves] == once


# Arrays at the door


@pytest.mark.parametrize("of", [list, tuple, np.array], ids=["list", "tuple", "array"])
def test_lists_tuples_and_arrays_give_the_same_numbers(of):
    def f(v):
        return v[0] ** 2 * v[1] + autograd.sin(v[1])

    point, direction = [1.5, 2.0], [1.0, -0.5]
    slopes = [2 * 1.5 * 2.0, 1.5**2 + math.cos(2.0)]
    curved = [[4.0, 3.0], [3.0, -math.sin(2.0)]]
    assert list(grad(f)(of(point))) == pytest.approx(slopes)
    assert list(map(list, hessian(f)(of(point)))) == [pytest.approx(row) for row in curved]
    assert list(map(list, jacobian(grad(f))(of(point)))) == [pytest.approx(row) for row in curved]
    assert jvp(f, (of(point),), (of(direction),))[1] == pytest.approx(slopes[0] - 0.5 * slopes[1])
    assert list(vjp(f, of(point))[1](2.0)[0]) == pytest.approx([2 * slope for slope in slopes])
    assert list(hvp(f, of(point), of(direction))) == pytest.approx([4 - 1.5, 3 + math.sin(2) / 2])
    kinds = {type(x) for x in (grad(f)(of(point)), hessian(f)(of(point)))}
    assert kinds == {type(of(point))}
