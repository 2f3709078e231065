"""Kernels: each of them on numbers at hand, at every number of rows beside the whole vectors."""

import ctypes
import math
import threading

import numpy as np
import pytest

from autograd.compiler import kernels, native
from autograd.compiler.kernels import ACROSS, BAD, HEADER, OUT, ROW, ROWS, SHARE

pytestmark = pytest.mark.skipif(bool(native.missing()), reason=native.missing())


class Memory:
    """A memory W, and kernels called on it one by one."""

    def __init__(self, size=4000):
        self.numbers = np.random.default_rng(0).normal(size=HEADER + size)
        self.numbers[:HEADER] = 0.0
        self.kept = []

    def table(self, *places):
        self.kept.append(np.array(places, dtype=np.int64).ravel())
        return self.kept[-1].ctypes.data

    def call(self, name, words, count, rows=0):
        self.numbers[:HEADER].view(np.int64)[ROWS] = rows
        code = np.zeros(kernels.WORDS, dtype=np.int64)
        code[1 : 1 + len(words)] = words
        takes = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64
        function = ctypes.CFUNCTYPE(None, *takes)(kernels.address(name))
        function(code.ctypes.data, self.numbers.ctypes.data, count)
        return self.numbers


def test_gather_and_total():
    memory = Memory()
    places = [40, 22, 22, 31]
    expected = memory.numbers[places].copy()
    found = memory.call("gather", [100, memory.table(*places)], 4)
    assert found[100:104].tolist() == expected.tolist()
    found = memory.call("total", [110, memory.table(*places)], 4)
    assert found[110] == sum(expected.tolist())


@pytest.mark.parametrize("tiles", [1, 3])
@pytest.mark.parametrize("inputs", [1, 5])
@pytest.mark.parametrize("rows", [ROW, 3 * ROW])
def test_product(tiles, inputs, rows):
    memory, out = Memory(), tiles * OUT
    weights = memory.numbers[100 : 100 + out * inputs].reshape(tiles, inputs, OUT).copy()
    x = memory.numbers[500 : 500 + inputs * rows].reshape(inputs, rows)[::-1].copy()
    table = memory.table(*[500 + i * rows for i in reversed(range(inputs))])
    words = [1000, 100, tiles, inputs, table, rows]
    found = memory.call("product", words, rows // ROW)[1000 : 1000 + out * rows]
    expected = np.einsum("tko,kr->tor", weights, x).reshape(out, rows)
    np.testing.assert_allclose(found.reshape(out, rows), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("rows", range(1, 18))
def test_outer_sums_over_the_rows_of_the_block_and_no_others(rows):
    memory, width = Memory(), 20
    d = memory.numbers[100 : 100 + OUT * width].reshape(OUT, width)
    x = memory.numbers[500 : 500 + ACROSS * width].reshape(ACROSS, width)
    d[:, rows:], x[:, rows:] = math.inf, math.nan
    before = memory.numbers[1000 : 1000 + OUT * ACROSS].copy()
    places = [100 + i * width for i in range(OUT)] + [500 + i * width for i in range(ACROSS)]
    table = memory.table(*places, *range(1000, 1000 + OUT * ACROSS))
    found = memory.call("outer", [table], 1, rows)[1000 : 1000 + OUT * ACROSS]
    expected = before + (d[:, :rows] @ x[:, :rows].T).ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("bad", [None, math.inf, -math.inf, math.nan])
def test_sound_looks_at_the_rows_of_the_block(bad):
    memory = Memory()
    memory.numbers[205] = math.nan  # of no row
    if bad is not None:
        memory.numbers[203] = bad
    found = memory.call("sound", [200], 0, rows=5)[BAD]
    assert (found == 0.0) == (bad is None)


def test_mean_adds_what_all_rows_share_and_clears_the_sums():
    memory = Memory()
    memory.numbers[SHARE] = 0.25
    sums, more = memory.numbers[100:103].copy(), memory.numbers[[50, 51, 50]]
    found = memory.call("mean", [100, memory.table(50, 51, 50), 300], 3)
    assert found[300:303].tolist() == (sums * 0.25 + more).tolist()
    assert found[100:103].tolist() == [0.0, 0.0, 0.0] and found[BAD] == 0.0
    memory.numbers[101] = math.inf
    assert memory.call("mean", [100, memory.table(50, 51, 50), 300], 3)[BAD] != 0.0


def test_threads_that_come_first_together_get_one_code():
    functions, found = native.Functions(kernels._text), []
    threads = [
        threading.Thread(target=lambda: found.append(functions.addresses(kernels.KERNELS)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(tuple, found))) == 1 and len(functions._kept) == 1
