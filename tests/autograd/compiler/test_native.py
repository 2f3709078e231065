"""Native code: eager's numbers bit for bit, for every row, at every edge, in every thread."""

import gc
import itertools
import math
import struct
import threading
from pathlib import Path
from random import Random

import numpy as np
import pytest
from random_programs import RandomProgram
from samples import SAMPLES

import autograd
from autograd import Value
from autograd.compiler import evaluation, native, straight
from autograd.compiler.recording import record
from autograd.engine.primitive import TABLE

pytestmark = pytest.mark.skipif(bool(native.missing()), reason=native.missing())

EDGES = [0.0, 1.0, 0.5, 0.3, 2.7, 3.3, 20.0, 710.0, 745.0, 1e-300, 5e-324, 1e300, math.inf]
EDGES = [sign * x for x in EDGES for sign in (1.0, -1.0)] + [math.nan]
EXPONENTS = [0.5, -0.5, 2.0, -1.0, 3.0, 2.5, 0.0, 1.0 / 3.0]


@pytest.fixture
def always(monkeypatch):
    """Programs of any size become native."""
    monkeypatch.setattr(straight, "FEWEST", 0)


def bits(x):
    """What tells numbers apart: the sign of a zero, too, but not which nan it is."""
    return "nan" if x != x else struct.pack("d", x)


def points_of(name, count):
    rng = Random(0)
    if count < 3:
        points = list(itertools.product(EDGES, repeat=count))
    else:
        points = [tuple(rng.choice(EDGES) for _ in range(count)) for _ in range(600)]
    sample = SAMPLES[name]
    return (
        points
        + [sample.draw(rng) for _ in range(200)]
        + [tuple(rng.gauss(0.0, 2.0) for _ in range(count)) for _ in range(200)]
    )


def cases():
    for name, row in TABLE.items():
        if name == "**":
            for c in EXPONENTS:
                yield f"x ** {c}", lambda x, c=c: x**c, [(x,) for x in EDGES]
        else:
            count = len(SAMPLES[name].draw(Random(0)))
            yield name, row, points_of(name, count)
    yield "logsumexp of 5", lambda *xs: autograd.logsumexp(list(xs)), points_of("dot", 4)
    yield (
        "dot of 6",
        lambda *xs: autograd.dot([*xs, 1.5, -0.7], [*xs, 0.1, 3.0]),
        points_of("dot", 4),
    )


CASES = {name: (function, points) for name, function, points in cases()}


@pytest.mark.parametrize("name", CASES)
def test_every_row_is_what_python_computes(name, always):
    function, points = CASES[name]
    leaves = [Value(0.3 + 0.1 * i) for i in range(len(points[0]))]
    recording = record(lambda: function(*leaves), [], [])
    line = straight.StraightLine(recording, 0)
    place = {leaf: i for i, leaf in enumerate(leaves)}
    order = [place[p] for p in recording.parameters]
    for point in points:
        flat = np.array([point[i] for i in order])
        (value,), holds, slopes = line.run([], flat, True)
        assert not line.reason and holds
        numbers = recording.program.evaluate([], flat.tolist())
        found = [value, *slopes]
        expected = [numbers[s] for s in (*recording.results, *line.slots)]
        assert list(map(bits, found)) == list(map(bits, expected)), (point, found, expected)


def as_written(recording, line, row, flat):
    """The numbers of all results and slopes by the rows' floats, one after another."""
    numbers = recording.program.evaluate(row, flat.tolist())
    holds = all(guard.holds(numbers) for guard in recording.guards)
    return [numbers[s] for s in (*recording.results, *line.slots)], holds


@pytest.mark.parametrize("block", range(4))
def test_random_programs_are_what_python_computes(block, always):
    for seed in range(25 * block, 25 * block + 25):
        rng = Random(seed)
        width = rng.randint(1, 4)
        rows = [[rng.uniform(-1.5, 1.5) for _ in range(width)] for _ in range(4)]
        function = RandomProgram(rng, rows, steps=rng.choice((6, 14, 40)))
        recording = record(function, [rows[0]], [])
        line = straight.StraightLine(recording, width)
        flat = np.array([p.data for p in recording.parameters])
        for row in rows:
            results, holds, slopes = line.run([np.array(row)], flat, True)
            expected, held = as_written(recording, line, row, flat)
            assert not line.reason and holds == held
            assert list(map(bits, [*results, *slopes])) == list(map(bits, expected))


def chain(w, x, n):
    """A chain of 5 n operations on which nothing repeats that NumPy could use."""
    for i in range(n):
        x = autograd.sin(w * x + 0.1 * i) - x * x * 0.2
    return x


def test_a_program_too_large_to_compile_runs_on_a_machine_bit_for_bit(monkeypatch):
    w, v = Value(0.7), Value(0.2)
    recording = record(lambda x: [chain(w, x[0], 60) * v, x[0], autograd.tan(v)], [[0.3]], [])
    monkeypatch.setattr(straight, "MOST", 100)
    line = straight.StraightLine(recording, 1)
    flat = np.array([0.7, 0.2])
    results, holds, slopes = line.run([np.array([0.3])], flat, True)
    assert line._runs[True].__name__ == "run_alone" and holds
    assert [*results, *slopes] == as_written(recording, line, [0.3], flat)[0]


def test_many_parts_hand_on_what_others_need(monkeypatch):
    monkeypatch.setattr(evaluation, "LINES", 7)
    w, v = Value(0.7), Value(0.2)
    recording = record(lambda x: chain(w, x[0], 60) * v, [[0.3]], [])
    line = straight.StraightLine(recording, 1)
    results, _, slopes = line.run([np.array([0.3])], flat := np.array([0.7, 0.2]), True)
    assert not line.reason
    assert [*results, *slopes] == as_written(recording, line, [0.3], flat)[0]


def test_values_alone_and_with_the_gradient_and_both_ways_agree(monkeypatch):
    w = Value(0.7)
    numbers = []
    for fewest in (0, 10**9):
        monkeypatch.setattr(straight, "FEWEST", fewest)
        first, second = (autograd.compile(lambda x: chain(w, x, 20)) for _ in range(2))
        value = first(0.3)
        numbers.append(
            (value, *first.value_and_grad(0.3), *second.value_and_grad(0.3), second(0.3))
        )
        assert ("native code" in str(first)) and ("not native" in str(first)) == (fewest > 0)
        assert first.source.startswith("def program(A, P):")
    assert numbers[0] == numbers[1]


def test_guards_decide_as_python_does(always):
    w = Value(1.0)

    def f(x):
        y = w * x
        if y > 1.0:
            return y * 2.0
        if y == 1.0:
            return y + 10.0
        return y if not y <= 1.0 else -y

    program = autograd.compile(f)
    for x in (0.5, 2.0, 1.0, -math.inf, math.nan, 0.5, 2.0):
        assert bits(program.value_and_grad(x)[0]) == bits(f(Value(x)).data)
    assert len(program._paths) == 4 and str(program).count("; native code") == 4


def test_results_may_be_arguments_parameters_and_numbers(always):
    w, v = Value(2.0), Value(3.0)
    program = autograd.compile(lambda x, y: [x, w, y * v, 5.0, y * v, w, x])
    assert program(1.5, 0.5).tolist() == [1.5, 2.0, 1.5, 5.0, 1.5, 2.0, 1.5]
    assert autograd.compile(lambda x: w)(1.0) == 2.0
    assert autograd.compile(lambda x: 7.0 + 0 * x)(1.0) == 7.0
    assert autograd.compile(lambda x: w)(1.0) == 2.0
    assert autograd.compile(lambda x: w * 1.0).value_and_grad(4.0)[1].tolist() == [1.0]


def test_rows_of_the_users_own_are_read_by_their_scalar(always):
    read = autograd.primitive(
        "native_read",
        scalar=lambda x: autograd.exp(-x * x),
        partials=lambda out, x: (-2.0 * x * out,),
    )
    opaque = autograd.primitive(
        "native_opaque",
        scalar=lambda x: math.exp(-x * x),
        array=lambda x: np.exp(-x * x),
        partials=lambda out, x: (-2.0 * x * out,),
    )
    w = Value(0.4)
    for row, way in ((read, "native code"), (opaque, "not native code: `native_opaque`")):
        program = autograd.compile(lambda row=row: row(w * 0.9) * w)
        value, (slope,) = program.value_and_grad()
        assert way in str(program)
        w.grad = 0.0
        result = row(w * 0.9) * w
        result.backward()
        assert (value, slope) == (result.data, w.grad)


def test_without_llvmlite_python_computes(monkeypatch, always):
    import builtins

    imported = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("llvmlite"):
            raise ImportError(name)
        return imported(name, *args, **kwargs)

    native._llvm.cache_clear()
    try:
        monkeypatch.setattr(builtins, "__import__", refuse)
        program = autograd.compile(lambda x: chain(x, x, 20))
        expected = chain(Value(0.3), Value(0.3), 20).data
        assert program(0.3) == expected
        assert "pip install 'seegrad[native]'" in str(program)
        monkeypatch.setenv("SEEGRAD_NATIVE", "0")
        assert "SEEGRAD_NATIVE=0" in native.missing()
    finally:
        native._llvm.cache_clear()


def test_threads_have_workspaces_of_their_own(always):
    w = Value(0.7)
    program = autograd.compile(lambda x: chain(w, x, 40))
    inputs = [0.01 * i for i in range(200)]
    expected = [program.value_and_grad(x) for x in inputs]
    faults = []

    def work(shift):
        for i in range(len(inputs)):
            k = (i + 25 * shift) % len(inputs)
            value, slope = program.value_and_grad(inputs[k])
            if (value, slope.tolist()) != (expected[k][0], expected[k][1].tolist()):
                faults.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_machine_code_is_freed_with_its_program(always):
    import resource

    def resident():
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    def make(count):
        for i in range(count):
            w = Value(0.5)
            autograd.compile(lambda w=w, i=i: w * w + 0.1 * i).value_and_grad()

    make(50)
    before = resident()
    make(300)
    assert resident() - before < 300 * 15_000  # a program's engine alone holds 100,000 bytes


def test_few_operations_that_repeat_in_small_numbers_are_native():
    springs = [(k % 40, (7 * k + 1) % 40, 0.3 + 0.001 * k) for k in range(300)]

    def energy(x):
        return sum(((x[i] - x[j]) ** 2 + 1e-6).sqrt() * rest for i, j, rest in springs)

    program = autograd.compile(energy)
    x = [math.sin(0.7 * i) for i in range(40)]
    assert program(x) == energy(list(map(Value, x))).data
    assert "native code" in str(program)
