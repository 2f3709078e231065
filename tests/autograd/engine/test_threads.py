"""Threads, tasks and generators: shared parameters, the same bits, and nothing leaks."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from repeats import repeats

import autograd
from autograd import Value, detect_anomaly, grad, hessian, jvp, no_grad, value_and_grad

THREADS, CALLS = 8, repeats(100)


def in_threads(function, inputs):
    """`function` of each input, in 8 threads that start together."""
    barrier = threading.Barrier(THREADS)

    def work(part):
        barrier.wait()
        return [function(x) for x in part]

    parts = [inputs[i::THREADS] for i in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(work, parts))
    found = [None] * len(inputs)
    for i, part in enumerate(done):
        found[i::THREADS] = part
    return found


@pytest.fixture
def shared():
    """Parameters and a function that uses them all."""
    rng = Random(0)
    parameters = [Value(rng.uniform(-1, 1)) for _ in range(6)]

    def f(x):
        hidden = [autograd.tanh(w * x + 0.1) for w in parameters]
        return autograd.logsumexp(hidden) * parameters[0]

    return parameters, f


def points(count):
    rng = Random(1)
    return [rng.uniform(-2, 2) for _ in range(count)]


def test_calls_of_grad_in_eight_threads_equal_serial(shared):
    parameters, f = shared
    xs = points(THREADS * CALLS)
    serial = [value_and_grad(f)(x) for x in xs]
    assert in_threads(value_and_grad(f), xs) == serial
    assert all(p.grad == 0.0 for p in parameters)


def test_gradients_by_shared_parameters_in_threads(shared):
    parameters, _ = shared
    by_parameters = grad(lambda ps, x: autograd.logsumexp([p * x for p in ps]))
    xs = points(THREADS * CALLS // 2)
    serial = [[g.data for g in by_parameters(parameters, x)] for x in xs]
    found = in_threads(lambda x: [g.data for g in by_parameters(parameters, x)], xs)
    assert found == serial and all(p.grad == 0.0 for p in parameters)


@pytest.mark.parametrize("transform", [hessian, lambda f: lambda x: jvp(f, (x,), (1.0,))])
def test_other_transforms_in_threads(shared, transform):
    _, f = shared
    xs = points(80)
    assert in_threads(transform(f), xs) == [transform(f)(x) for x in xs]


def test_one_compiled_program_in_threads(shared):
    _, f = shared
    program = autograd.compile(f, batch=True)
    batches = [points(n % 5 + 1) for n in range(400)]
    expected = [[list(program(b)), list(program.value_and_grad(b)[1])] for b in batches]
    found = in_threads(lambda b: [list(program(b)), list(program.value_and_grad(b)[1])], batches)
    assert found == expected


def test_compiling_in_threads_at_once(shared):
    _, f = shared
    program = autograd.compile(grad(f))
    xs = points(80)
    assert in_threads(program, xs) == [pytest.approx(grad(f)(x), rel=1e-12) for x in xs]


def test_blocks_of_one_thread_do_not_reach_another():
    inside, seen = threading.Event(), []

    def other():
        inside.wait()
        seen.append(bool((Value(2.0) * 3).parents))
        seen.append(Value(0.0).log().data)

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad(), detect_anomaly():
        inside.set()
        thread.join()
    assert seen == [True, float("-inf")]


def test_blocks_in_a_thousand_interleaved_tasks():
    async def quiet(rng):
        with no_grad():
            await asyncio.sleep(rng.choice((0, 0, 0.001)))
            return bool((Value(1.0) * 2).parents)

    async def careful(rng):
        with detect_anomaly():
            await asyncio.sleep(rng.choice((0, 0, 0.001)))
            with pytest.raises(FloatingPointError):
                Value(0.0).log()

    async def plain(rng):
        await asyncio.sleep(rng.choice((0, 0, 0.001)))
        return bool((Value(1.0) * 2).parents) and Value(0.0).log().data == float("-inf")

    async def main():
        rng = Random(0)
        kinds = [rng.choice((quiet, careful, plain)) for _ in range(1_000)]
        answers = await asyncio.gather(*[kind(rng) for kind in kinds])
        return {
            kind: {a for k, a in zip(kinds, answers, strict=True) if k is kind} for kind in kinds
        }

    assert asyncio.run(main()) == {quiet: {False}, careful: {None}, plain: {True}}
