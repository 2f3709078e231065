"""Lanes: gradients of a batch are means of eager's, and steps of SGD those taken one by one."""

import itertools
import math
from random import Random

import numpy as np
import pytest
from random_programs import RandomProgram
from samples import SAMPLES

import autograd
from autograd import Value
from autograd.compiler import lanes, native
from autograd.compiler.lanes import Lanes, Momentum
from autograd.compiler.native import MissingError
from autograd.compiler.recording import record
from autograd.compiler.straight import StraightLine
from autograd.engine.primitive import TABLE

pytestmark = pytest.mark.skipif(bool(native.missing()), reason=native.missing())
SIZES = [0.0, 5e-324, 1e-300, 0.3, 1.0, 2.5, 20.0, 1e300, math.inf]
EDGES = [*(sign * x for x in SIZES for sign in (1.0, -1.0)), math.nan]
PLAIN = Momentum(0.1, 0.0, (0.0, 0.0), (0.0, 0.0), 1.0, 0.0)


class Batch:
    """A function of one row, [loss, outputs ...], in lanes, and eager beside it."""

    def __init__(self, function, rows, batch=None):
        self.function, self.rows = function, np.array(rows, dtype=float)
        recording = record(function, [self.rows[0].tolist()], [])
        assert not recording.guards
        self.params = recording.parameters
        line = StraightLine(recording, self.rows.shape[1])
        self.plan = line.plan(True, exact=False)
        self.lanes = Lanes(self.plan, range(len(self.params)), batch or len(self.rows))
        width = len(self.plan.results) - 1
        self.results = np.full((len(rows), 1), 7.0), np.full((len(rows), width), 7.0)

    def flat(self):
        return np.array([p.data for p in self.params])

    def gradients(self, order):
        order = np.array(order, dtype=np.int64)
        gradient = self.lanes.gradients(self.flat(), self.rows, order, self.results).copy()
        return np.hstack([each[order] for each in self.results]), gradient

    def eager(self, order):
        found, slopes = [], np.zeros(len(self.params))
        for i in order:
            for p in self.params:
                p.grad = 0.0
            results = self.function([Value(x) for x in self.rows[i].tolist()])
            results[0].backward()
            found.append([v.data for v in results])
            with np.errstate(all="ignore"):
                slopes += [p.grad for p in self.params]
        return np.array(found), slopes / len(order)

    def check(self, order, tolerance=1e-12):
        for found, expected in zip(self.gradients(order), self.eager(order), strict=True):
            np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
            scale = 1.0 + np.abs(expected)
            np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance)


def layer(weights, x, biases):
    return [
        sum((w * y for w, y in zip(row, x, strict=True)), b)
        for row, b in zip(weights, biases, strict=True)
    ]


def network(rng, sizes, penalty=0.0):
    """Loss and outputs of a network, its targets the last numbers of a row."""
    draw = [
        (
            [[Value(rng.gauss(0, 0.7)) for _ in range(nin)] for _ in range(nout)],
            [Value(rng.gauss(0, 0.3)) for _ in range(nout)],
        )
        for nin, nout in itertools.pairwise(sizes)
    ]

    def function(row):
        x, target = row[: sizes[0]], row[sizes[0] :]
        for k, (weights, biases) in enumerate(draw):
            x = layer(weights, x, biases)
            x = [autograd.relu(y) if k else autograd.tanh(y) for y in x] if k + 1 < len(draw) else x
        loss = autograd.logsumexp(x) - autograd.dot(x, target)
        every = [w for weights, _ in draw for row in weights for w in row]
        return [loss + penalty * sum(w * w for w in every) if penalty else loss, *x]

    return function


@pytest.mark.parametrize("penalty", [0.0, 0.01])
@pytest.mark.parametrize("sizes", [[2, 16, 16, 3], [1, 2, 2], [7, 5, 3, 4], [3, 1, 2]])
def test_a_network_in_batches_of_every_size(sizes, penalty):
    rng = Random(1)
    rows = [[rng.gauss(0, 1) for _ in range(sizes[0] + sizes[-1])] for _ in range(21)]
    batch = Batch(network(rng, sizes, penalty), rows)
    for count in (21, 1, 2, 3, 4, 5, 8, 9, 13):
        batch.check(rng.sample(range(21), count))


def test_twins_have_memory_of_their_own():
    rng = Random(5)
    rows = [[rng.gauss(0, 1) for _ in range(5)] for _ in range(6)]
    batch = Batch(network(rng, [2, 4, 3]), rows)
    _, expected = batch.gradients(range(6))
    first, twin = batch.lanes, batch.lanes.twin()
    for p in batch.params:
        p.data += 1.0
    batch.lanes = twin
    batch.check(range(6))  # at other parameters
    np.testing.assert_array_equal(first.gradient, expected)
    assert not np.shares_memory(first.momentum, twin.momentum)


def test_instructions_are_written_once_for_all_twins(monkeypatch):
    rng = Random(6)
    function = network(rng, [2, 4, 3])
    recording = record(function, [[0.1, 0.2, 1.0, 0.0, 0.0]], [])
    line = StraightLine(recording, 5)
    places = tuple(range(len(recording.parameters)))
    line.lanes(places, 4)
    monkeypatch.setattr(lanes, "Sums", None)  # to write them again fails
    assert line.lanes(places, 4) is not line.lanes(places, 4)
    with pytest.raises(TypeError):
        line.lanes(places, 5)


def test_blocks_of_rows_add_up(monkeypatch):
    monkeypatch.setattr(lanes, "MOST_ROWS", 16)
    rng = Random(2)
    rows = [[rng.gauss(0, 1) for _ in range(4)] for _ in range(50)]
    batch = Batch(network(rng, [2, 6, 2], 0.1), rows)
    for count in (50, 16, 17, 33):
        batch.check(range(count))


def test_rows_that_are_not_asked_for_stay_as_they_are():
    rng = Random(3)
    batch = Batch(network(rng, [2, 4, 2]), [[rng.gauss(0, 1) for _ in range(4)] for _ in range(9)])
    batch.gradients([4, 7])
    assert {i for i in range(9) if batch.results[0][i, 0] != 7.0} == {4, 7}


@pytest.mark.parametrize("block", range(4))
def test_random_programs(block):
    tried = 0
    for seed in range(40 * block, 40 * block + 40):
        rng = Random(seed)
        width = rng.randint(1, 4)
        rows = [[rng.uniform(-1.5, 1.5) for _ in range(width)] for _ in range(7)]
        program = RandomProgram(rng, rows, steps=rng.choice((6, 14, 40)))
        w = [Value(rng.uniform(-1, 1)) for _ in range(width)]

        def function(row, program=program, w=w):
            found = program([x * v for x, v in zip(row, w, strict=True)])
            found = found if isinstance(found, list) else [found]
            return [found[0] * w[0] + w[-1] * row[0], row[-1] * 1.5, *found]

        recording = record(function, [rows[0]], [])
        try:
            if recording.guards:
                continue
            batch = Batch(function, rows)
        except MissingError as reason:
            assert "same for all rows" in str(reason)
            continue
        batch.check(rng.sample(range(7), rng.randint(1, 7)), 1e-11)
        tried += 1
    assert tried > 10


def points_of(name):
    rng = Random(1)
    count = len(SAMPLES[name].draw(rng))
    points = [[rng.choice(EDGES) for _ in range(count)] for _ in range(60)]
    return points + [list(SAMPLES[name].draw(rng)) for _ in range(60)]


@pytest.mark.parametrize("name", [name for name in TABLE if name != "**"])
def test_every_row_with_weights_of_its_own(name):
    points = points_of(name)
    weights = [Value(1.0) for _ in points[0]]
    offset = Value(0.25)

    def function(xs):
        value = TABLE[name](*[x * w for x, w in zip(xs, weights, strict=True)])
        return [value * offset, value, xs[0] * offset]

    batch = Batch(function, points)
    for i in range(len(points)):
        with np.errstate(all="ignore"):
            batch.check([i], 1e-13)


def test_what_one_parameter_does_in_several_places():
    u, v, alone = Value(0.7), Value(-0.4), Value(3.0)

    def function(row):
        x, y = row
        many = u * x + u * y + v * x * u + u + x * x + (v * y) * (v * y) + x + x
        return [many * autograd.exp(v) + u * u + alone * 2.0 + alone * u, many]

    batch = Batch(function, [[0.3, 0.8], [1.5, -2.0], [-0.1, 0.6]])
    assert {id(p) for p in batch.params} == {id(u), id(v), id(alone)}
    batch.check([0, 1, 2])
    batch.check([2])


def test_equal_pairs_of_several_parameters():
    a, b, c = Value(0.5), Value(-0.3), Value(0.9)
    batch = Batch(
        lambda r: [(a + b + c) * r[0] + a * r[0] * r[1] + b * r[1] * r[0], r[1] * c], [[0.3, 2.0]]
    )
    batch.check([0])


def test_a_result_that_all_rows_share_has_no_lanes():
    w = Value(0.5)
    with pytest.raises(MissingError, match="same for all rows"):
        Batch(lambda row: [w * row[0], w * 2.0], [[1.0]])


def moons(count=30, batch=8):
    rng = Random(4)
    rows = [[rng.gauss(0, 1) for _ in range(4)] for _ in range(count)]
    return Batch(network(rng, [2, 5, 2], 0.01), rows, batch)


def test_steps_are_those_taken_one_by_one():
    batch, flat = moons(), moons().flat()
    orders = np.array([np.random.default_rng(e).permutation(30) for e in range(3)])
    results = np.empty((3, 30, 1)), np.empty((3, 30, 2))
    assert batch.lanes.descend(flat, batch.rows, orders, results, PLAIN) == 90
    for e in range(3):
        for start in range(0, 30, 8):
            rows = orders[e, start : start + 8]
            found, gradient = batch.gradients(rows)
            np.testing.assert_array_equal(results[0][e, rows], found[:, :1])
            np.testing.assert_array_equal(results[1][e, rows], found[:, 1:])
            for p, slope in zip(batch.params, gradient.tolist(), strict=True):
                p.data = p.data - 0.1 * slope
    np.testing.assert_array_equal(batch.flat(), flat)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_batch_that_is_not_finite_moves_nothing(bad):
    batch, flat = moons(), moons().flat()
    batch.rows[13, 0] = bad
    order = np.arange(30)[None]
    assert batch.lanes.descend(flat, batch.rows, order, batch.results, PLAIN) == 8
    good, expected = moons(), moons().flat()
    assert good.lanes.descend(expected, good.rows, order[:, :8], good.results, PLAIN) == 8
    np.testing.assert_array_equal(flat, expected)
    np.testing.assert_array_equal(batch.lanes.taken, good.lanes.taken)
    assert np.isfinite(batch.lanes.taken).all()


def test_momentum_is_kept_from_call_to_call():
    later = Momentum(0.1, 0.01, (0.9, 0.9), (0.5, 0.5), 1.0, 0.9)
    first = later._replace(keep=(0.0, 0.9), take=(1.0, 0.5))
    ends = []
    for cut in (30, 16):
        batch, flat = moons(), moons().flat()
        batch.lanes.momentum[:] = 5.0  # what was there before counts nothing at first
        order = np.arange(30)[None]
        batch.lanes.descend(flat, batch.rows, order[:, :cut].copy(), batch.results, first)
        if cut < 30:
            batch.lanes.descend(flat, batch.rows, order[:, cut:].copy(), batch.results, later)
        ends.append((flat.tolist(), batch.lanes.momentum.tolist()))
    assert ends[0] == ends[1]


def test_what_is_alike_is_one_instruction():
    few, many = (Batch(network(Random(0), [3, n, 2]), [[0.1] * 5]).lanes for n in (4, 32))
    assert sum(many._parts) == sum(few._parts) < 80


def test_a_recording_that_has_its_sweep_already_gives_the_same_steps():
    w = Value(0.5)
    recording = record(lambda x: [(w * x[0]) ** 3 + (w + x[0]) ** 2, x[0]], [[0.3]], [])
    plans = [StraightLine(recording, 1).plan(True, exact=False) for _ in range(2)]
    assert plans[0].steps == plans[1].steps and plans[0].slopes == plans[1].slopes
