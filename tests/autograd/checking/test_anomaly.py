"""detect_anomaly: the first number that is not finite, with its operation, operands and line."""

import asyncio
import contextvars
import copy
import inspect
import linecache
import math
import pickle
import threading
from fractions import Fraction

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, detect_anomaly, grad, no_grad
from autograd.engine import modes
from autograd.engine.primitive import DETACHED
from autograd.lines import line_of, origin_of


def here():
    """`file:line` of the caller's line."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def message(call):
    with pytest.raises(FloatingPointError) as caught:
        call()
    return str(caught.value)


def test_a_value_that_is_not_finite():
    x = Value(-1.0, label="x")
    with detect_anomaly():
        y = x + 1
        assert message(lambda: x.log()) == f"log(x=-1.0) gives nan, at {here()}"
        assert message(lambda: 1 / y) == f"1.0 / 0.0 gives inf, at {here()}"
        assert message(lambda: y**-2.0) == f"0.0 ** -2.0 gives inf, at {here()}"
        assert message(lambda: Value(1e308, label="a") * 10).startswith("a=1e+308 * 10.0 gives inf")
    assert math.isnan(x.log().data)


def test_many_operands_are_not_all_listed():
    xs = [Value(float(i)) for i in range(6)] + [Value(math.inf)]
    with detect_anomaly():
        assert message(lambda: autograd.logsumexp(xs)).startswith(
            "logsumexp(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, ... (7 inputs)) gives inf, at "
        )
        xs[6] = Value(-1e9)
        autograd.logsumexp(xs)
        assert message(lambda: autograd.logsumexp([*xs[1:6], math.nan])).startswith(
            "logsumexp(1.0, 2.0, 3.0, 4.0, 5.0, nan) gives nan, at "
        )


def test_a_gradient_that_is_not_finite():
    x = Value(0.0, label="x")
    x.grad = 5.0
    with detect_anomaly():
        root = x.sqrt()
        line = here().rpartition(":")[0] + f":{int(here().rpartition(':')[2]) - 1}"
        loss = root * 2
        assert message(loss.backward) == (
            f"in the reverse sweep of sqrt(x=0.0) = 0.0, recorded at {line}: the gradient handed "
            "to x=0.0 is upstream × local = 2.0 × inf = inf"
        )
        assert (x.grad, root.grad, loss.grad) == (5.0, 0.0, 0.0)
    loss.backward()
    assert x.grad == math.inf


def test_contributions_that_add_up_to_infinity():
    x = Value(0.0, label="x")
    with detect_anomaly():
        steep = x * 1e308 + x * 1e308
        assert "in the reverse sweep the contributions to the gradient of the leaf, x=0.0, add" in (
            message(steep.backward)
        )
        y = x * 2
        steep = y * 1e308 + y * 1e308
        assert "the contributions to the gradient of x=0.0 * 2.0, 0.0, recorded at" in (
            message(steep.backward)
        )


def test_a_gradient_that_overflows_where_it_is_added_to_an_earlier_one():
    x, y = Value(1.0, label="x"), Value(2.0)
    x.grad, y.grad = 1.5e308, 3.0
    loss = x * 1e308 + y
    with detect_anomaly():
        assert message(loss.backward) == (
            "the gradient of the leaf, x=1.0, is 1e+308, and with the 1.5e+308 that its `.grad` "
            "holds already it adds up to inf: set `.grad` to 0 first, as zero_grad() does"
        )
        assert (x.grad, y.grad, loss.grad) == (1.5e308, 3.0, 0.0)
        x.grad = -1.5e308
        loss.backward()
        assert (x.grad, y.grad) == (-1.5e308 + 1e308, 4.0)
        y.grad = math.nan
        assert "holds already it adds up to nan" in message(y.backward)


def test_the_gradient_of_a_constant_is_added_to_nothing():
    loss = Value(1.0) * 2.0
    loss.parents[1].grad = math.inf
    with detect_anomaly():
        loss.backward()


def test_a_sweep_that_starts_with_what_is_not_finite():
    x = Value(1.0, label="x")
    says = "would start with inf: pass a finite `gradient` to backward(), a finite cotangent to vjp"
    double = x * 2
    with detect_anomaly():
        assert message(lambda: double.backward(math.inf)) == (
            f"the reverse sweep of x=1.0 * 2.0, 2.0, {says}"
        )
        assert message(lambda: x.backward(math.inf)) == (
            f"the reverse sweep of the leaf, x=1.0, {says}"
        )
        pull_back = autograd.vjp(autograd.tanh, 0.0)[1]
        assert message(lambda: pull_back(math.inf)).endswith(says)
    assert x.grad == 0.0


def test_what_was_recorded_outside_is_checked_without_a_line():
    x = Value(0.0)
    y = x.sqrt()
    with detect_anomaly():
        assert "reverse sweep of sqrt(0.0) = 0.0: the gradient" in message(y.backward)


def test_constants_have_no_gradient_to_check():
    x = Value(0.0)
    with detect_anomaly():
        y = Value(2.0) ** 0.5 + 0.0 ** (x + 0.5)
        y.backward()
    assert math.isfinite(x.grad)


def test_grad_and_its_relatives():
    with detect_anomaly():
        assert "sqrt(0.0) = 0.0, recorded at" in message(lambda: grad(autograd.sqrt)(0.0))
        twice = message(lambda: grad(grad(lambda x: x**1.5))(0.0))
        assert "0.0 ** 0.5 = 0.0, recorded at" in twice
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        pull_back = autograd.vjp(lambda x: [x.sqrt(), x], 0.0)[1]
        assert "1.0 × inf" in message(lambda: pull_back([1.0, 0.0]))
        assert pull_back([0.0, 1.0]) == (1.0,)
    assert grad(autograd.sqrt)(0.0) == math.inf


def test_check_false_only_notes_lines():
    x = Value(-1.0)
    with detect_anomaly(check=False):
        y = x.log()
        line = here()
        z = y.detach()
        with no_grad():
            a = x * 2
        b = x + 1
        b.backward()
    assert int(line.rpartition(":")[2]) - 1 == int(line_of(y).rpartition(":")[2])
    assert line_of(z) > line and origin_of(z) is y and math.isnan(z.data)
    assert a.data == -2.0 and origin_of(a) is None and not a.parents and line_of(a)
    assert line_of(b) and origin_of(b) is None and type(b * 2) is Value
    assert b.primitive is not DETACHED and a.primitive is z.primitive is DETACHED
    assert line_of(b * 2) == "" == line_of(x) and origin_of(x) is None


def test_no_grad_inside_is_checked_too():
    with detect_anomaly(), no_grad():
        assert message(lambda: Value(0.0).log()).startswith("log(0.0) gives -inf")
    with no_grad(), detect_anomaly():
        y = Value(2.0) * 2
    assert not y.parents and line_of(y)


def test_it_nests_and_the_innermost_decides():
    with detect_anomaly():
        with detect_anomaly(check=False):
            assert Value(0.0).log().data == -math.inf
        message(lambda: Value(0.0).log())
    assert type(Value(1.0) * 2) is Value


def test_copies_forget_the_line_and_nothing_else():
    with detect_anomaly():
        y = Value(2.0, label="x") * 3
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y)), copy.copy(y)):
        twin.backward()
        assert twin.data == 6.0 and twin.parents[0].grad == 3.0
        assert line_of(twin) == "" and line_of(y)


def test_as_a_decorator():
    @detect_anomaly()
    def f(x):
        return x.log()

    def steps(x):
        yield x + 1

    @detect_anomaly()
    async def later(x):
        await asyncio.sleep(0)
        return x.log()

    assert message(lambda: f(Value(0.0))).startswith("log(0.0) gives -inf, at ")
    assert message(lambda: asyncio.run(later(Value(0.0)))).startswith("log(0.0) gives -inf, at ")
    with pytest.raises(TypeError, match="steps is a generator: open the mode by `with` inside"):
        detect_anomaly()(steps)
    with pytest.raises(TypeError, match=r"write `@detect_anomaly\(\)` with parentheses"):
        detect_anomaly(f)


def test_it_leaks_into_no_other_thread_or_task():
    found = []

    def other():
        found.append(Value(0.0).log().data)

    async def task():
        found.append(Value(0.0).log().data)

    async def main():
        before = asyncio.create_task(task())
        with detect_anomaly():
            await before
            await asyncio.sleep(0)
        await asyncio.create_task(task())

    with detect_anomaly():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    asyncio.run(main())
    assert found == [-math.inf] * 3


def test_a_block_that_a_generator_holds_open_is_open_for_its_caller():
    def generator():
        with detect_anomaly():
            yield
            yield

    for _ in generator():
        message(lambda: Value(0.0).log())
    assert Value(0.0).log().data == -math.inf


def test_a_compiled_program_stops_at_the_users_line():
    w = Value(0.5, label="w")

    def f(x):
        return (w * x).log()

    for program, good, bad in (
        (autograd.compile(f, batch=True), [1.0, 2.0], [1.0, 0.0]),
        (autograd.compile(f), 1.0, 0.0),
    ):
        expected = program(good)
        with detect_anomaly():
            assert np.array_equal(program(good), expected)
            assert "log(0.0) gives -inf, at " in message(lambda p=program, b=bad: p(b))
        assert np.array_equal(program(good), expected) and w.grad == 0.0
    program = autograd.compile(lambda x: (w * x).sqrt(), batch=True)
    program([1.0])
    with detect_anomaly():
        assert program([0.0]).tolist() == [0.0]
        assert "sqrt(0.0) = 0.0" in message(lambda: program.value_and_grad([1.0, 0.0]))
        program.value_and_grad([1.0, 4.0])


def test_a_mean_of_which_nobody_asks_the_gradient():
    w = Value(0.0, label="w")
    for program, x in (
        (autograd.compile(lambda v: (w * v).sqrt() + v, batch=True), [1.0, 2.0]),
        (autograd.compile(lambda v: (w * v).sqrt() + v), 1.5),
    ):
        with no_grad(), detect_anomaly():
            mean = program.mean(x)
            assert (mean.data, mean.parents) == (1.5, ())
        with detect_anomaly():
            assert "sqrt(0.0) = 0.0" in message(lambda p=program, x=x: p.mean(x))
    program = autograd.compile(lambda v: (w * v).log(), batch=True)
    with no_grad(), detect_anomaly():
        assert "log(0.0) gives -inf, at" in message(lambda: program.mean([1.0]))


def test_a_program_of_several_results_and_constants():
    program = autograd.compile(lambda x: [x.log(), 1.0])
    with detect_anomaly():
        assert program(1.0).tolist() == [0.0, 1.0]
        message(lambda: program(0.0))


def test_training_stops_at_the_operation():
    model = nn.MLP(1, [2, 1])
    with detect_anomaly():
        nn.fit(model, [[1.0], [2.0]], [1.0, 0.0], loss="mse_loss", epochs=1, progress=False)
        assert "log" in message(
            lambda: nn.fit(
                model,
                [[1.0], [2.0]],
                [1.0, 0.0],
                loss=lambda out, y: (out * 0).log() + y,
                epochs=1,
                progress=False,
            )
        )


def test_a_compiled_function_keeps_its_trace():
    x = Value(3.0)
    with detect_anomaly():
        program = autograd.compile(lambda a: x.detach() * a + x)
        value, slopes = program.value_and_grad(2.0)
    assert value == 9.0 and slopes.tolist() == [1.0]


def test_the_line_of_a_notebook_is_shown_as_text():
    name = "/tmp/ipykernel_7/1.py"
    source = "x = Value(0.0, label='x')\ny = x.log()\n"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    with detect_anomaly():
        found = message(lambda: exec(compile(source, name, "exec"), {"Value": Value}))
    del linecache.cache[name]
    assert found == "log(x=0.0) gives -inf, at line 2 of a cell, `y = x.log()`"


def test_fractions_are_shown_as_such():
    with detect_anomaly():
        found = message(lambda: Value(Fraction(1, 3)) / 0)
    assert found.startswith("1/3 / 0 gives inf, at ")


def test_forward_mode():
    with detect_anomaly():
        found = message(lambda: autograd.jvp(lambda x: x.sqrt() + 1, (0.0,), (1.0,)))
        assert found.startswith("in the forward sweep the derivative of sqrt(0.0) = 0.0, recorded")
        assert found.endswith(", is inf")
        assert autograd.jvp(autograd.sqrt, (4.0,), (1.0,)) == (2.0, 0.25)
    with detect_anomaly(check=False):
        assert autograd.jvp(autograd.sqrt, (0.0,), (1.0,)) == (0.0, math.inf)


def test_forward_mode_looks_at_no_partial_that_nobody_asks_for():
    """The derivative of a power by its exponent is nan where the base is negative."""
    exponent = Value(2.0)
    with detect_anomaly():
        value, slope = autograd.jvp(lambda x: x**exponent, (Value(-3.0),), (1.0,))
        assert (value.data, slope.data) == (9.0, -6.0) and line_of(slope)
        assert grad(lambda x: autograd.jvp(lambda y: y**exponent, (x,), (1.0,))[0])(-3.0) == -6.0
        assert "is nan" in message(lambda: autograd.jvp(pow, (Value(-3.0), exponent), (1.0, 1.0)))


def test_off_it_costs_nothing(monkeypatch):
    """Outside of blocks an operator looks at an empty list and reports to nobody."""

    def report(*args):
        raise AssertionError("somebody was told")

    def f(x):
        return (x * 2 + 1).sqrt() / x

    def work():
        x = Value(0.5)
        f(x).backward()
        return x.grad, grad(f)(0.5), autograd.jvp(f, (0.5,), (1.0,))[1]

    for name in ("made", "read", "compared"):
        monkeypatch.setattr(modes, name, report)
    assert contextvars.Context().run(work) == pytest.approx([-3.0 * math.sqrt(2.0)] * 3)


def test_an_empty_batch_computes_nothing():
    program = autograd.compile(lambda x: x.log(), batch=True)
    with detect_anomaly():
        assert program(np.zeros(0)).tolist() == []


def test_nobody_asks_for_gradients_of_a_programs_arguments():
    w = Value(0.5)
    program = autograd.compile(lambda v: w + v.sqrt(), batch=True)
    with autograd.detect_anomaly():
        program.mean([0.0, 4.0]).backward()
    assert w.grad == 1.0


def test_a_partial_that_nobody_asked_for_is_no_anomaly():
    """Of 0 / y that by the numerator is 1 / y, here infinite; the derivative is that by y."""
    y = Value(1e-310)
    with detect_anomaly():
        assert grad(lambda y: 0.0 / y)(y) == 0.0
