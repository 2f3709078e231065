"""no_grad: nothing recorded inside, and no leak to other threads, tasks or generators."""

import asyncio
import contextvars
import threading
from contextlib import ExitStack, contextmanager

import pytest

import autograd
from autograd import Value, no_grad


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


def test_between_the_steps_of_a_coroutine_the_caller_records():
    class Pause:
        def __await__(self):
            return (yield "paused")

    @no_grad()
    async def f():
        return (await Pause(), recorded())

    coroutine = f()
    assert coroutine.send(None) == "paused" and recorded()
    with pytest.raises(StopIteration) as stop:
        coroutine.send(7)
    assert stop.value.value == (7, False)


def test_on_an_asynchronous_generator_function():
    @no_grad()
    async def f():
        for _ in range(3):
            await asyncio.sleep(0)
            yield recorded()

    async def main():
        return [(inside, recorded()) async for inside in f()]

    assert asyncio.run(main()) == [(False, True)] * 3


def test_one_no_grad_may_be_shared_by_threads():
    shared, seen = no_grad(), []
    entered, leave = threading.Event(), threading.Event()

    def other():
        with shared:
            entered.set()
            leave.wait()
        seen.append(recorded())

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait()
    with shared:
        leave.set()
        thread.join()
    assert seen == [True] and recorded()


def test_the_bare_decorator_is_refused_with_advice():
    with pytest.raises(TypeError, match=r"write `@no_grad\(\)` with parentheses"):

        @no_grad
        def f():
            pass


def test_on_a_generator_function_the_caller_records_between_the_steps():
    @no_grad()
    def f():
        got = yield recorded()
        try:
            yield (got, recorded())
        except KeyError:
            yield recorded()
        return "done"

    steps = f()
    assert next(steps) is False and recorded()
    assert steps.send(5) == (5, False) and recorded()
    assert steps.throw(KeyError("x")) is False and recorded()
    with pytest.raises(StopIteration, match="done"):
        next(steps)
    cleaned = []

    @no_grad()
    def with_cleanup():
        try:
            yield
        finally:
            cleaned.append(recorded())

    steps = with_cleanup()
    next(steps)
    steps.close()
    assert cleaned == [False]
    early = f()
    next(early)
    early.close()
    assert recorded()


def test_a_block_that_a_generator_holds_open_does_not_reach_its_caller():
    def f():
        with no_grad():
            yield recorded()
            yield from (recorded() for _ in range(2))

    assert [(inside, recorded()) for inside in f()] == [(False, True)] * 3
    steps = f()
    next(steps)
    with no_grad():
        assert not recorded()
    assert recorded()
    del steps
    assert recorded()


def test_a_block_that_an_asynchronous_generator_holds_open_does_not_reach_its_caller():
    async def f():
        with no_grad():
            yield recorded()
            await asyncio.sleep(0)
            yield recorded()

    async def main():
        return [(inside, recorded()) async for inside in f()]

    assert asyncio.run(main()) == [(False, True)] * 2


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


def test_a_task_started_inside_leaves_the_block_when_it_ends():
    async def child(go_on, seen):
        seen.append(recorded())
        await go_on.wait()
        seen.append(recorded())

    async def main():
        go_on, seen = asyncio.Event(), []
        with no_grad():
            task = asyncio.create_task(child(go_on, seen))
            await asyncio.sleep(0)
        go_on.set()
        await task
        return seen

    assert asyncio.run(main()) == [False, True]


def test_a_generator_closed_in_another_context_leaves_nothing_behind():
    def f():
        with no_grad():
            yield

    steps = f()
    contextvars.copy_context().run(next, steps)
    steps.close()
    assert recorded()
    steps = f()
    next(steps)
    contextvars.copy_context().run(steps.close)
    assert recorded()


def test_a_function_that_is_compiled_is_cut_off_inside_too():
    w = Value(2.0)

    def f(a):
        with no_grad():
            y = (w * a).detach()
        return y + w

    value, gradient = autograd.compile(f).value_and_grad(3.0)
    assert (value, gradient.tolist()) == (8.0, [1.0])


def test_an_exit_stack_in_a_generator_does_not_reach_its_caller():
    def f():
        with ExitStack() as stack:
            stack.enter_context(no_grad())
            yield recorded()
            yield recorded()

    assert [(inside, recorded()) for inside in f()] == [(False, True)] * 2
