"""To C: what a compiled file computes, beside the engine, where there is a C compiler."""

import ctypes
import math
import shutil
import subprocess
from random import Random

import numpy as np
import pytest
from branchy_programs import LEVELS
from random_programs import RandomProgram
from repeats import repeats
from samples import SAMPLES

import autograd
import nn
from autograd import Value
from autograd.compiler import native, to_c
from autograd.engine.primitive import TABLE

COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
FLAGS = ("-std=c99", "-O1", "-Wall", "-Werror", "-fPIC", "-shared", "-ffp-contract=off")
BITS = "-fno-builtin"  # so that the C library's functions are called, as Python calls them
compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler on the PATH")
Doubles = ctypes.POINTER(ctypes.c_double)


def built(file):
    """The library of a C file."""
    made = file.with_suffix(".so")
    subprocess.run([COMPILER, *FLAGS, BITS, file, "-o", made, "-lm"], check=True)
    return ctypes.CDLL(str(made))


class Written:
    """The C function of a program, in a library of its own or in one that holds it."""

    def __init__(self, program, folder, name="model", library=None):
        if library is None:
            program.to_c(folder / f"{name}.c")
            library = built(folder / f"{name}.c")
        self.function, self.program = library[f"{name}_run"], program
        self.function.argtypes = [Doubles] * 4
        count = max(1, len(program.parameters))
        self.start = list((ctypes.c_double * count).in_dll(library, f"{name}_parameters"))

    def __call__(self, row, results=1, parameters=None):
        """Whether a path was taken, the results, and the gradient of the first."""
        own = self.program.parameters
        given = [p.data for p in own] if parameters is None else parameters
        A, P = np.array(row, dtype=float), np.array(given, dtype=float)
        R, alone, G = np.full(results, -7.0), np.full(results, -7.0), np.full(len(own), -7.0)
        pointers = [array.ctypes.data_as(Doubles) for array in (A, P, R, G)]
        status = self.function(*pointers)
        only = self.function(*pointers[:2], alone.ctypes.data_as(Doubles), None)
        assert status == only and alone.tobytes() == R.tobytes()
        return status == 0, R, G


def same(a, b):
    """Whether two arrays hold the same floats, signs of zeros and nan included."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    equal = (a == b) & (np.signbit(a) == np.signbit(b))
    return bool((equal | (np.isnan(a) & np.isnan(b))).all())


def slopes_of(root, parameters):
    for p in parameters:
        p.grad = 0.0
    root.backward()
    return [p.grad for p in parameters]


@compiler
@pytest.mark.parametrize("block", range(repeats(2)))
def test_random_programs_equal_the_engine(tmp_path, block):
    """Twenty in one library: a C compiler takes longer to start than to compile one."""
    drawn = []
    for seed in range(20 * block, 20 * block + 20):
        rng = Random(seed)
        width = rng.randint(1, 4)
        rows = [[rng.uniform(-1.5, 1.5) for _ in range(width)] for _ in range(rng.randint(1, 6))]
        function = RandomProgram(rng, rows, steps=rng.choice((6, 14, 40)))
        program = autograd.compile(function)
        for row in rows:  # all paths are recorded
            program(row)
        program.to_c(tmp_path / f"model{seed}.c")
        drawn.append((f"model{seed}", rows, function, program))
    whole = tmp_path / "whole.c"
    whole.write_text("".join(f'#include "{name}.c"\n' for name, *_ in drawn))
    library = built(whole)
    for name, rows, function, program in drawn:
        written = Written(program, tmp_path, name, library)
        for row in rows:
            known, results, slopes = written(row)
            root = function([Value(x) for x in row])
            expected = slopes_of(root, program.parameters)
            assert known and same(results, [root.data])
            assert slopes == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


@compiler
def test_every_row_equals_the_engine(tmp_path):
    """All in one file: the values bit for bit, and the gradient of the sum of them."""
    rng = Random(1)
    taken = {name: SAMPLES[name].draw(rng) for name in TABLE}
    leaves = {name: [Value(x) for x in inputs] for name, inputs in taken.items()}

    def values():
        return [
            xs[0] ** taken[name][1] if name == "**" else TABLE[name](*xs)
            for name, xs in leaves.items()
        ]

    expected = [v.data for v in values()]
    program = autograd.compile(values)
    program()
    known, results, _ = Written(program, tmp_path)([], len(expected))
    assert known and same(results, expected)
    summed = autograd.compile(lambda: sum(values()))
    _, slopes = summed.value_and_grad()
    known, _, found = Written(summed, tmp_path, "summed")([])
    assert known and found == pytest.approx(list(slopes), rel=1e-12, abs=1e-12)


@compiler
def test_a_network_in_functions_of_a_bounded_length(tmp_path, monkeypatch):
    monkeypatch.setattr(to_c, "LINES", 7)
    model = nn.MLP(3, [4, 2], rng=Random(0))
    model.layers[1].requires_grad_(False)
    X = np.random.default_rng(0).normal(size=(5, 3))

    def loss(x):
        a, b = model(x)
        return (a - 0.3) ** 2 + abs(b), a, b

    program = autograd.compile(loss)
    program(X[0].tolist())
    written = Written(program, tmp_path)
    assert written.start == [p.data for p in program.parameters]
    for x in X:
        known, results, slopes = written(x, 3)
        roots = loss([Value(number) for number in x])
        assert known and same(results, [v.data for v in roots])
        expected = slopes_of(roots[0], program.parameters)
        assert slopes == pytest.approx(expected, rel=1e-12, abs=1e-12)
    model.layers[0].neurons[0].weights[0].data = 3.0  # a parameter is what the caller passes
    _, moved, _ = written(X[0], 3)
    assert same(moved, [v.data for v in loss([Value(number) for number in X[0]])])
    text = (tmp_path / "model.c").read_text()
    parts = text.split("static void")[1:]
    assert len(parts) > 5 and max(part.count("V[") for part in parts[:-1]) <= 3 * 7


@compiler
def test_what_each_path_computes_and_a_row_that_takes_none(tmp_path):
    w = Value(2.0)
    program = autograd.compile(lambda x: w * x if x > 0 else -3.0 * x + w)
    program(1.0)
    known, results, slopes = Written(program, tmp_path, "one")([-1.0])
    assert not known and results.tolist() == slopes.tolist() == [-7.0]
    program(-1.0)
    both = Written(program, tmp_path, "both")
    assert [[part.tolist() for part in both([x])[1:]] for x in (4.0, -1.0)] == [
        [[8.0], [4.0]],
        [[5.0], [1.0]],
    ]
    for level in LEVELS:
        assert both([level])[1].tolist() == [program(level)]


@compiler
def test_special_numbers_and_values_that_are_only_read(tmp_path):
    w, shift = Value(0.5), Value(-math.inf)
    program = autograd.compile(
        lambda x: [w * x - shift.detach(), x * math.nan, x * -0.0, x * 1e-320, 0.1 + x * 0.0]
    )
    expected = program(2.0)
    assert program.parameters == [w]
    known, results, _ = Written(program, tmp_path)([2.0], 5)
    assert known and same(results, expected)


@compiler
def test_a_row_of_ones_own_is_written_where_it_can_be_read(tmp_path):
    bump = autograd.primitive(
        "bump_in_c",
        scalar=lambda x: autograd.exp(-x * x),
        partials=lambda out, x: (-2 * x * out,),
    )
    w = Value(0.5)
    program = autograd.compile(lambda x: bump(w * x))
    number = program(2.0)
    known, results, slopes = Written(program, tmp_path)([2.0])
    assert known and results.tolist() == [number]
    assert slopes.tolist() == pytest.approx([-4.0 * math.exp(-1)])


def test_what_cannot_be_written_is_refused_and_nothing_is_written(tmp_path, monkeypatch):
    program = autograd.compile(lambda xs: sum(xs))
    with pytest.raises(
        ValueError, match=r"`to_c` writes .* there are 0: call a fresh program once"
    ):
        program.to_c(tmp_path / "model.c")
    program([1.0, 2.0])
    for name in ("model", "model.h", "my-model.c", "2.c", "é.c", ".c"):
        with pytest.raises(ValueError, match=r"must be a C name and \.c, such as model\.c"):
            program.to_c(tmp_path / name)
    with pytest.raises(OSError):
        program.to_c(tmp_path / "missing" / "model.c")
    monkeypatch.setattr(to_c, "MOST", 0)
    with pytest.raises(ValueError, match="has 2 steps, more than the 0"):
        program.to_c(tmp_path / "model.c")
    opaque = autograd.primitive(
        "opaque_in_c", scalar=math.sin, partials=lambda out, x: (math.cos(x),)
    )
    program = autograd.compile(lambda x: opaque(x))
    program(2.0)
    with pytest.raises(TypeError, match=r"opaque_in_c.*cannot be written in C"):
        program.to_c(tmp_path / "model.c")
    assert list(tmp_path.iterdir()) == []


def test_every_native_form_has_one_in_c():
    assert to_c.FORMS.keys() == native.FORMS.keys()
