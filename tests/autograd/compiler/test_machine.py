"""The machine: rows in blocks, each on its own path, with eager's values and gradients."""

import ctypes
import math
import threading
from random import Random

import mpmath
import numpy as np
import pytest
from branchy_programs import faults
from random_programs import RandomProgram
from samples import SAMPLES, ulps

import autograd
from autograd import Value
from autograd.compiler import machine, native, paths
from autograd.compiler.machine import LOOPS
from autograd.engine.primitive import TABLE

pytestmark = pytest.mark.skipif(bool(native.missing()), reason=native.missing())

SIZES = [0.0, 5e-324, 1e-300, 0.3, 1.0, 2.5, 20.0, 1e300, math.inf]
EDGES = [*(sign * x for x in SIZES for sign in (1.0, -1.0)), math.nan]


@pytest.fixture
def always(monkeypatch):
    """Batches of any program run on the machine."""
    monkeypatch.setattr(paths, "DEEPEST", -1)


def same(a, b, ulps=8.0):
    """One class, and equal where finite but for rounding."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (a != a and b != b)
    return abs(a - b) <= ulps * math.ulp(max(abs(a), abs(b)))


def is_on_machine(program):
    return "blocks of" in str(program)


def points_of(name):
    rng = Random(1)
    count = len(SAMPLES[name].draw(rng))
    points = [[rng.choice(EDGES) for _ in range(count)] for _ in range(150)]
    points += [list(SAMPLES[name].draw(rng)) for _ in range(100)]
    return points if count > 1 else [[x] for x in EDGES] + points[150:]


@pytest.mark.parametrize("name", [name for name in TABLE if name != "**"])
def test_every_row_on_blocks_of_rows(name, always):
    row, points = TABLE[name], points_of(name)
    both = autograd.compile(autograd.value_and_grad(lambda xs: row(*xs)), batch=True)
    values, slopes = both(points)
    assert is_on_machine(both)
    for point, value, slope in zip(points, values, slopes, strict=True):
        leaves = [Value(x) for x in point]
        result = row(*leaves)
        result.backward()
        assert same(value, result.data), (point, value, result.data)
        for found, leaf in zip(slope, leaves, strict=True):
            close = math.isclose(found, leaf.grad, rel_tol=1e-14, abs_tol=1e-307)
            assert close or same(found, leaf.grad), (point, found, leaf.grad)


@pytest.mark.parametrize("block", range(4))
def test_branches_are_decided_as_eager_code_does(block, always):
    for seed in range(20 * block, 20 * block + 20):
        assert faults(seed) == []


def test_random_programs_equal_eager(always):
    for seed in range(60):
        rng = Random(seed)
        rows = [[rng.uniform(-1.5, 1.5) for _ in range(3)] for _ in range(rng.randint(1, 9))]
        function = RandomProgram(rng, rows)
        program = autograd.compile(function, batch=True)
        values, expected = program(rows), []
        for p in function.parameters:
            p.grad = 0.0
        for row in rows:
            result = function([Value(x) for x in row])
            result.backward(1.0 / len(rows))
            expected.append(result.data)
        assert values == pytest.approx(expected, rel=1e-12, abs=1e-12)
        mean, slopes = program.value_and_grad(rows)
        assert mean == pytest.approx(np.mean(expected), rel=1e-12, abs=1e-12)
        wanted = [p.grad for p in program.parameters]
        assert slopes == pytest.approx(wanted, rel=1e-10, abs=1e-10)


def oscillator(x, w, steps=40):
    """Deep, and nothing repeats within a row."""
    place, speed = x
    for _ in range(steps):
        speed = speed - 0.1 * autograd.sin(place) * w
        place = place + 0.1 * speed
    return place


@pytest.mark.parametrize("count", [1, 3, 4, 5, 199, 200, 201, 450])
def test_blocks_of_any_number_of_rows(count):
    w = Value(1.3)
    program = autograd.compile(lambda x: oscillator(x, w), batch=True)
    X = np.random.default_rng(0).normal(size=(count, 2))
    values = program(X)
    mean, (slope,) = program.value_and_grad(X)
    assert is_on_machine(program)
    w.grad = 0.0
    results = [oscillator(x, w) for x in X.tolist()]
    sum(results).backward()
    assert values == pytest.approx([r.data for r in results], rel=1e-12)
    assert mean == pytest.approx(np.mean(values), rel=1e-12)
    assert slope == pytest.approx(w.grad / count, rel=1e-12)


def test_small_blocks_where_registers_are_many(monkeypatch):
    monkeypatch.setattr(machine, "CACHE", 500)
    test_blocks_of_any_number_of_rows(9)


def test_results_of_any_kind(always):
    w = Value(2.0)
    program = autograd.compile(lambda x: {"a": [x[0], w, 5.0 * x[1]], "b": (x[1], 7.0)}, batch=True)
    found = program([[1.0, 2.0], [3.0, 4.0]])
    assert found["a"].tolist() == [[1.0, 2.0, 10.0], [3.0, 2.0, 20.0]]
    assert [part.tolist() for part in found["b"]] == [[2.0, 4.0], [7.0, 7.0]]
    assert is_on_machine(program)


def test_a_row_that_cannot_be_read_keeps_its_batch_in_numpy(always):
    row = autograd.primitive(
        "machine_opaque",
        scalar=lambda x: math.exp(-x * x),
        partials=lambda out, x: (-2.0 * x * out,),
    )
    w = Value(0.4)
    program = autograd.compile(lambda x: row(w * x), batch=True)
    assert program([0.5, 1.0]) == pytest.approx([math.exp(-0.04), math.exp(-0.16)])
    assert not is_on_machine(program)


def test_threads_have_registers_of_their_own():
    w = Value(1.3)
    program = autograd.compile(lambda x: oscillator(x, w), batch=True)
    X = np.random.default_rng(0).normal(size=(300, 2))
    expected = program(X)
    faults = []

    def work(shift):
        for _ in range(20):
            if (program(np.roll(X, shift, axis=0)) != np.roll(expected, shift)).any():
                faults.append(shift)

    threads = [threading.Thread(target=work, args=(4 * k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


@pytest.mark.parametrize("lanes", [4, 8])
@pytest.mark.parametrize("name", native.MEASURED)
def test_what_stands_for_a_function_of_the_c_library_is_right_to_3_ulp(name, lanes):
    if lanes > native.widest():
        pytest.skip("a processor without such vectors")
    function = next(each for each, called in native.LIBM.items() if called == name)
    low, high = {"log": (0.0, 50.0), "log1p": (-1.0, 50.0)}.get(name, (-50.0, 50.0))
    xs = np.random.default_rng(0).uniform(low, high, 400) * np.tile([1.0, 0.02], 200)
    (address,) = LOOPS.addresses([(native.form(function, lanes, False), 1, lanes)])
    memory, code = np.append(xs, xs), np.array([address, len(xs), 0, lanes])
    loop = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(address)
    loop(code.ctypes.data, memory.ctypes.data, len(xs) // lanes)
    with mpmath.workprec(120):
        for x, found in zip(xs.tolist(), memory[len(xs) :].tolist(), strict=True):
            assert ulps(found, getattr(mpmath, name)(x)) <= 3.0, (x, found)
