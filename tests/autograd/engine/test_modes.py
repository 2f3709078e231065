"""Modes: what is open where, what it is told; and no_grad, inside which nothing is recorded."""

import asyncio
import contextvars
import copy
import inspect
import operator
import threading
from contextlib import ExitStack, contextmanager, nullcontext

import pytest

import autograd
from autograd import Value, no_grad
from autograd.engine.modes import Mode, compiling, innermost, opened, recording, watching, without
from autograd.grad_mode import Differentiating


def recorded():
    return bool((Value(1.0) * Value(2.0)).parents)


def test_nothing_is_recorded_inside():
    x = Value(2.0)
    with no_grad():
        y = x * 3 + x.exp()
        assert isinstance(y, Value) and y.parents == () and y.partials == () and y.op == ""
        assert Value(1000).exp().parents == ()
    assert y.data == 6 + x.exp().data
    assert recorded()


def test_nests_and_survives_an_exception():
    with no_grad():
        with no_grad():
            assert not recorded()
        assert not recorded()
        with pytest.raises(ZeroDivisionError):
            with no_grad():
                raise ZeroDivisionError
        assert not recorded()
    assert recorded()


def test_as_a_decorator_also_recursively():
    @no_grad()
    def f(depth):
        """Doc."""
        return (f(depth - 1) if depth else True) and not recorded()

    assert f(3) and recorded()
    assert f.__name__ == "f" and f.__doc__ == "Doc."


def test_leaks_into_no_other_thread():
    inside, seen = threading.Event(), []

    def other():
        inside.wait()
        seen.append(recorded())

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        thread.join()
    assert seen == [True]


def test_leaks_into_no_other_task():
    async def quiet(start, stop):
        with no_grad():
            start.set()
            await stop.wait()
            return recorded()

    async def main():
        start, stop = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(quiet(start, stop))
        await start.wait()
        beside = recorded()
        stop.set()
        return beside, await task

    assert asyncio.run(main()) == (True, False)


def test_on_a_coroutine_function():
    @no_grad()
    async def f():
        await asyncio.sleep(0)
        return recorded()

    assert asyncio.run(f()) is False


def test_the_bare_decorator_is_refused_with_advice():
    with pytest.raises(
        TypeError, match=r"^`no_grad` takes no argument: write `@no_grad\(\)` with parentheses$"
    ):

        @no_grad
        def f():
            pass


def test_a_context_manager_made_of_a_generator_is_for_its_caller():
    @contextmanager
    def quiet():
        with no_grad():
            yield

    with quiet():
        assert not recorded()
    assert recorded()
    with ExitStack() as stack:
        stack.enter_context(quiet())
        stack.enter_context(no_grad())
        assert not recorded()
    assert recorded()


@pytest.fixture
def in_no_grad():
    with no_grad():
        yield


def test_a_fixture_made_of_a_generator_is_for_the_test(in_no_grad):
    assert not recorded()


def test_a_function_that_is_compiled_is_cut_off_inside_too():
    w = Value(2.0)

    def f(a):
        with no_grad():
            y = (w * a).detach()
        return y + w

    value, gradient = autograd.compile(f).value_and_grad(3.0)
    assert (value, gradient.tolist()) == (8.0, [1.0])


def generator_function():
    yield recorded()


async def asynchronous_generator_function():
    yield recorded()


@pytest.mark.parametrize("function", [generator_function, asynchronous_generator_function])
@pytest.mark.parametrize("mode", [no_grad, autograd.detect_anomaly])
def test_a_generator_function_is_no_block(mode, function):
    """Its steps are run by whoever asks for the next one."""
    with pytest.raises(TypeError) as caught:
        mode()(function)
    message = f"{function.__name__} is a generator: open the mode by `with` inside"
    assert str(caught.value) == message


def test_a_block_that_a_generator_holds_open_is_open_for_its_caller():
    """As in PyTorch: the block ends when the generator does."""

    def f():
        with no_grad():
            yield recorded()
            yield from (recorded() for _ in range(2))

    assert [(inside, recorded()) for inside in f()] == [(False, False)] * 3
    assert recorded()
    steps = f()
    next(steps)
    assert not recorded()
    with no_grad():
        assert not recorded()
    assert not recorded()
    steps.close()
    assert recorded()


def test_a_block_that_an_asynchronous_generator_holds_open_is_open_for_its_caller():
    async def f():
        with no_grad():
            yield recorded()
            await asyncio.sleep(0)
            yield recorded()

    async def main():
        return [(inside, recorded()) async for inside in f()], recorded()

    assert asyncio.run(main()) == ([(False, False)] * 2, True)


def test_generators_that_hold_blocks_open_may_end_in_any_order():
    def f():
        with no_grad():
            yield

    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)):
        running = [f() for _ in range(3)]
        for steps in running:
            next(steps)
        for i in order:
            assert not recorded()
            running[i].close()
        assert recorded() and not opened() and not watching


def test_a_coroutine_function_is_a_coroutine_function_still():
    @no_grad()
    async def f():
        """Doc."""
        await asyncio.sleep(0)
        return recorded()

    assert inspect.iscoroutinefunction(f) and (f.__name__, f.__doc__) == ("f", "Doc.")

    async def main():
        inside = asyncio.create_task(f())
        await asyncio.sleep(0)
        beside = recorded()
        return beside, await inside, recorded()

    assert asyncio.run(main()) == (True, False, True)


def test_methods_and_arguments_of_a_decorated_function():
    class Model:
        @no_grad()
        def predict(self, x, *, scale=1.0):
            return x * scale, recorded()

    y, inside = Model().predict(Value(2.0), scale=3.0)
    assert (y.data, y.parents, inside) == (6.0, (), False)


def elsewhere(busy):
    """A context in which another thread is inside of a block, or in which none is."""

    @contextmanager
    def thread():
        entered, leave = threading.Event(), threading.Event()

        def other():
            with autograd.detect_anomaly(check=False):
                entered.set()
                leave.wait()

        running = threading.Thread(target=other)
        running.start()
        entered.wait()
        try:
            yield
        finally:
            leave.set()
            running.join()

    return thread() if busy else nullcontext()


@pytest.mark.parametrize("busy", [False, True], ids=["alone", "beside a thread in a block"])
def test_a_task_started_inside_leaves_the_block_when_it_ends(busy):
    async def child(go_on, seen):
        seen.append(recorded())
        await go_on.wait()
        seen.append(recorded())

    async def main():
        go_on, seen = asyncio.Event(), []
        with no_grad():
            task = asyncio.create_task(child(go_on, seen))
            await asyncio.sleep(0)
        assert recorded()
        go_on.set()
        await task
        return seen

    with elsewhere(busy):
        assert asyncio.run(main()) == [False, True]


@pytest.mark.parametrize("busy", [False, True], ids=["alone", "beside a thread in a block"])
def test_a_generator_closed_in_another_context_leaves_nothing_behind(busy):
    def f():
        with no_grad():
            yield

    def work():
        steps = f()
        contextvars.copy_context().run(next, steps)
        steps.close()
        assert recorded() and not opened()
        steps = f()
        next(steps)
        contextvars.copy_context().run(steps.close)
        assert recorded()

    with elsewhere(busy):
        contextvars.copy_context().run(work)


@pytest.mark.parametrize("first", [0, 1])
def test_one_no_grad_may_be_shared_by_threads(first):
    """Whoever leaves first leaves the other inside."""
    shared, seen = no_grad(), {}
    entered = [threading.Event(), threading.Event()]
    leave = [threading.Event(), threading.Event()]

    def work(i):
        with shared:
            entered[i].set()
            leave[i].wait()
            seen[i] = recorded()
        seen[i, "after"] = recorded()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for event in entered:
        event.wait()
    assert recorded()
    for i in (first, 1 - first):
        leave[i].set()
        threads[i].join()
    assert seen == {0: False, 1: False, (0, "after"): True, (1, "after"): True}
    assert recorded() and not watching


def test_one_no_grad_may_be_entered_again():
    shared = no_grad()
    with shared:
        with shared:
            assert not recorded()
        assert not recorded()
    assert recorded() and not watching


class Log(Mode):
    """Writes down what it is told."""

    def __init__(self):
        self.lines = []

    def made(self, primitive, parents, node):
        self.lines.append(("made", primitive.name if primitive else None, len(parents)))
        return node

    def read(self, value, what):
        self.lines.append(("read", value._data, what))

    def compared(self, compare, left, right, outcome):
        self.lines.append(("compared", compare, left._data, right._data, outcome))


def test_a_mode_is_told_what_is_made_read_and_compared():
    x = Value(2.0)
    with Log() as log:
        y = x * 3
        Value(1.0)
        y.detach()
        _ = y.data, y.grad, y.partials, y > x, x == 2, bool(x), x != y
        repr(x), f"{x:.1f}", x.item(), x.constant(), x == pytest.approx(2.0), copy.copy(x)
        x.data = 2.5
        x.grad = 0.0
    assert log.lines == [
        ("made", "*", 2),
        ("made", None, 0),
        ("made", "detached", 1),
        ("read", 6.0, "`.data`"),
        ("read", 6.0, "`.grad`"),
        ("read", 6.0, "`.partials`"),
        ("compared", operator.gt, 6.0, 2.0, True),
        ("compared", operator.eq, 2.0, 2.0, True),
        ("compared", operator.ne, 2.0, 0.0, True),
        ("compared", operator.ne, 2.0, 6.0, True),
        ("read", 2.0, "repr"),
        ("read", 2.0, "a format"),
        ("read", 2.0, "`.item()`"),
        ("read", 2.0, "`.constant()`"),
        ("read", 2.0, "a comparison with ApproxScalar"),
        ("read", 2.0, "a copy"),
        ("read", 2.0, "an assignment to `.data`"),
        ("read", 2.5, "an assignment to `.grad`"),
    ]


def test_a_block_that_ends_early_ends_no_other():
    def held(mode):
        with mode:
            yield

    quiet, log = no_grad(), Log()
    for first, second in ((quiet, log), (log, quiet)):
        running = [held(first), held(second)]
        for steps in running:
            next(steps)
        running[0].close()
        assert opened() == (second,) and recorded() is (second is log)
        running[1].close()
        assert recorded() and not opened() and not watching


def test_outside_of_blocks_nobody_is_told():
    log = Log()
    with log:
        pass
    _ = Value(2.0) * 3 > 1
    assert log.lines == []


def test_what_a_mode_makes_of_a_node_stands_for_it():
    class Renaming(Mode):
        def made(self, primitive, parents, node):
            node.label = f"{node.label}({primitive.name if primitive else 'leaf'})"
            return node

    with Renaming(), Renaming():
        x = Value(1.0)
        y = x + 1
    assert (x.label, y.label) == ("(leaf)(leaf)", "(+)(+)")


def test_what_a_mode_returns_for_a_number_that_is_read_stands_for_it():
    class Doubling(Mode):
        def read(self, value, what):
            return 2.0 * value._data

    x = Value(1.5)
    with Log(), Doubling(), Log():
        assert x.data == 3.0
    with Log():
        assert x.data == 1.5


def test_the_innermost_of_a_kind_and_blocks_closed_for_a_while():
    outer, inner, log = no_grad(), no_grad(), Log()
    assert innermost(no_grad) is None and not recording() and not compiling()
    with outer, log, inner:
        assert innermost(no_grad) is inner and innermost(Log) is log
        with without(no_grad):
            assert innermost(no_grad) is None and innermost(Log) is log and recorded()
            with without(Log), no_grad():
                assert opened()[-1] is innermost(no_grad) and not recorded()
        assert innermost(no_grad) is inner and not recorded()
        with Differentiating():
            assert recording() and not compiling()
    assert not opened() and not watching


def test_blocks_are_closed_whatever_is_raised():
    for kind in (no_grad, autograd.detect_anomaly, Differentiating, Log):
        with pytest.raises(KeyboardInterrupt):
            with kind():
                raise KeyboardInterrupt
    with pytest.raises(ZeroDivisionError):
        autograd.compile(lambda x: 1 / 0)(1.0)
    with pytest.raises(ZeroDivisionError):
        autograd.grad(lambda x: 1 / 0)(1.0)
    with pytest.raises(ZeroDivisionError):
        with no_grad(), without(no_grad):
            raise ZeroDivisionError
    assert not opened() and not watching


def test_a_silent_mode_that_ends_in_another_context_leaves_this_one_alone():
    mode = Differentiating()
    contextvars.copy_context().run(mode.__enter__)
    assert not recording()
    mode.__exit__(None, None, None)
    assert not opened() and not watching


def test_a_constant_is_a_bare_number_unless_numbers_will_change():
    x = Value(2.0)
    with autograd.detect_anomaly():
        assert type(x.constant()) is float
    kept = []
    autograd.compile(lambda v: kept.append(v.constant()) or v)(1.0)
    assert type(kept[0]) is Value
