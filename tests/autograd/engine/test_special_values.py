"""Special values: zeros, tiny and huge numbers, infinities and nan through every row of the table.

However a row is computed, as floats, on arrays, by `grad`, in forward mode or compiled, its value
is the same and so is the class of each gradient: equal where finite, inf of one sign, or nan.
"""

import itertools
import math
from functools import cache
from random import Random

import numpy as np
import pytest
from repeats import repeats
from samples import SAMPLES

import autograd
from autograd import Value
from autograd.engine.primitive import TABLE

pytestmark = pytest.mark.exhaustive

SUBNORMAL, TINY, HUGE = 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308
SIZES = (0.0, SUBNORMAL, TINY, 1.0, HUGE, math.inf)
GRID = [*(sign * size for size in SIZES for sign in (1.0, -1.0)), math.nan]
EXPONENTS = [*GRID, 0.5, -0.5, 1.5, 2.5, 2.0, -2.0, 3.0, -3.0, 1 / 3]
FEW = [0.0, -0.0, 1.0, -SUBNORMAL, HUGE, math.inf, -math.inf, math.nan]
# Which zero a maximum of 0.0 and -0.0 is, IEEE 754 leaves open, and NumPy leaves to the processor;
# which zero a dot product of zeros is, depends on where a sum begins.
EITHER_ZERO = ("maximum", "minimum", "logsumexp", "logsumexp of 2", "dot")


def branches(x, y):
    if x < y:
        return x
    if x >= y:
        return 3.0 * y
    return x + y if x <= 0.0 else y


def arity(name):
    return len(SAMPLES[name].draw(Random(0)))


def some(points):
    """All points; of more than 400 some are drawn: two rows have thousands."""
    points = list(points)
    few = len(points) <= 400
    return points if few else Random(0).sample(points, min(len(points), repeats(420)))


def grids():
    """Name, function of a list, and the points to try, for every row and for what has branches."""
    for name, row in TABLE.items():
        if name == "**":
            continue
        points = itertools.product(GRID, repeat=arity(name))
        if name == "pow":
            points = itertools.product([*GRID, 0.5, -2.0], EXPONENTS)
        if name in ("dot", "select"):
            points = itertools.product(FEW, repeat=arity(name))
        if name == "take":
            points = itertools.product([*FEW, 2.0], *[[1.0, HUGE, -math.inf, math.nan]] * 3)
        yield name, lambda xs, row=row: row(*xs), some(points)
    for c in EXPONENTS:
        yield f"x ** {c}", lambda xs, c=c: xs[0] ** c, [(x,) for x in [*GRID, 0.5, -2.0]]
    pairs = list(itertools.product(GRID, repeat=2))
    yield "logsumexp of 2", autograd.logsumexp, pairs
    yield "softmax", lambda xs: autograd.softmax(xs)[0], pairs
    yield "where(x > y, x, y)", lambda xs: autograd.where(xs[0] > xs[1], *xs), pairs
    yield "branches", lambda xs: branches(*xs), pairs


CASES = {name: (function, points) for name, function, points in grids()}


def backward(f, point):
    leaves = [Value(x) for x in point]
    result = f(leaves)
    result.backward()
    return result.data, [leaf.grad for leaf in leaves]


@cache
def by_backward(name):
    """What every reading of a case is compared with."""
    f, points = CASES[name]
    return [backward(f, point) for point in points]


def by_grad(f, points):
    return [autograd.value_and_grad(f)(list(point)) for point in points]


def forward(f):
    """The value and the derivative along each axis."""

    def derivatives(xs):
        axes = np.eye(len(xs)).tolist()
        runs = [autograd.jvp(f, (list(xs),), (axis,)) for axis in axes]
        return runs[0][0], [tangent for _, tangent in runs]

    return derivatives


def by_forward_mode(f, points):
    return [forward(f)(point) for point in points]


def compiled(transform):
    """Each point by straight-line code."""

    def reading(f, points):
        program = autograd.compile(transform(f))
        return [program(list(point)) for point in points]

    return reading


def compiled_batch(transform):
    """All points as rows of one batch."""

    def reading(f, points):
        values, slopes = autograd.compile(transform(f), batch=True)(list(map(list, points)))
        return list(zip(values, slopes, strict=True))

    return reading


def compiled_group(f, points):
    """Four points in each row of the batch: equal operations become one."""

    def four(rows):
        return [autograd.value_and_grad(f)(row) for row in rows]

    padded = [*points, *points[: -len(points) % 4]]
    found = autograd.compile(four, batch=True)(np.array(padded).reshape(-1, 4, len(points[0])))
    values = np.stack([value for value, _ in found], axis=1).ravel()
    slopes = np.stack([slope for _, slope in found], axis=1).reshape(len(padded), -1)
    return list(zip(values, slopes, strict=True))[: len(points)]


def of_parameters(batch):
    """The inputs are parameters, so that the reverse sweep is the compiler's own."""

    def reading(f, points):
        leaves = [Value(0.0) for _ in points[0]]
        program = autograd.compile(lambda one: f(leaves) * one, batch=batch)
        one = [1.0] if batch else 1.0
        for point in points:
            for leaf, x in zip(leaves, point, strict=True):
                leaf.data = x
            _, gradient = program.value_and_grad(one)
            flows = dict(zip(program.parameters, gradient, strict=True))
            # The value as the program returns it: the sum of a mean would turn -0.0 into 0.0.
            value = program(one)[0] if batch else program(one)
            yield value, [flows.get(leaf, 0.0) for leaf in leaves]

    return reading


READINGS = {
    "grad": by_grad,
    "forward mode": by_forward_mode,
    "compiled grad": compiled(autograd.value_and_grad),
    "compiled grad, batch": compiled_batch(autograd.value_and_grad),
    "compiled grad, groups": compiled_group,
    "compiled forward mode": compiled(forward),
    "compiled forward mode, batch": compiled_batch(forward),
    "compiled": of_parameters(batch=False),
    "compiled, batch": of_parameters(batch=True),
}


def same(a, b):
    """One class, and equal where finite: to rounding, and to two units where it is subnormal."""
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= 1e-14 * max(abs(a), abs(b)) + 2 * SUBNORMAL


def may_fuse(name, point):
    """Whether processors differ on a dot product: does a product of finite numbers overflow in it?

    A fused multiply-add does not round the product, so that beside an infinity of the other sign
    it leaves that infinity, where Python's two roundings leave nan.
    """
    pairs = zip(point[: len(point) // 2], point[len(point) // 2 :], strict=True)
    return name == "dot" and any(
        math.isinf(x * y) and math.isfinite(x) and math.isfinite(y) for x, y in pairs
    )


def same_zero(a, b):
    return a != 0.0 or math.copysign(1.0, a) == math.copysign(1.0, b)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", CASES)
def test_every_reading_agrees_with_backward(name, reading):
    f, points = CASES[name]
    found = READINGS[reading](f, points)
    for point, (data, gradient), (value, slopes) in zip(
        points, by_backward(name), found, strict=True
    ):
        fused = math.isinf(value) and math.isnan(data) and may_fuse(name, point)
        assert same(data, value) or fused, (point, data, value)
        assert same_zero(data, value) or name in EITHER_ZERO, (point, data, value)
        assert all(map(same, gradient, slopes)), (point, gradient, slopes)


@pytest.mark.parametrize("name", [name for name in TABLE if name in CASES])
def test_the_columns_agree(name):
    row, points = TABLE[name], CASES[name][1]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    out = row(*columns)
    with np.errstate(all="ignore"):
        partials = [np.broadcast_to(d, len(points)) for d in row.partials(out, *columns)]
    for k, point in enumerate(points):
        node = row(*map(Value, point))
        assert type(node.data) is float and all(type(d) is float for d in node.partials)
        assert same(node.data, out[k]), (point, node.data, out[k])
        assert same_zero(node.data, out[k]) or name in EITHER_ZERO, (point, node.data, out[k])
        assert all(same(d, column[k]) for d, column in zip(node.partials, partials, strict=True))


@pytest.mark.parametrize("batch", [True, False])
def test_constant_exponents_next_to_each_other(batch):
    """0.5 is a square root, nan at -inf, also where 1 / 3 is beside it."""

    def f(xs):
        return [x**c for x, c in zip(xs, EXPONENTS, strict=True)]

    def slopes(xs):
        return [autograd.grad(lambda x, c=c: x**c)(x) for x, c in zip(xs, EXPONENTS, strict=True)]

    rows = [[x] * len(EXPONENTS) for x in GRID]
    for function in (f, slopes):
        program = autograd.compile(function, batch=batch)
        found = program(rows) if batch else [program(row) for row in rows]
        for x, line in zip(GRID, found, strict=True):
            for c, number, node in zip(EXPONENTS, line, f([Value(x)] * len(line)), strict=True):
                expected = node.data if function is f else node.partials[0]
                assert same(expected, number), (x, c, expected, number)


def within_rounding(outer, inner, x, value, derivative):
    """Whether these are what the outer row gives near the inner one's value, two units around it.

    NumPy's arcsinh is the neighbour of math's on some processors; exp is inf at one of the two.
    """
    found = [
        backward(lambda xs, scale=scale: TABLE[outer](TABLE[inner](xs[0]) * scale), [x])
        for scale in (1.0 - 2.0**-52, 1.0, 1.0 + 2.0**-52)
    ]
    values, slopes = [data for data, _ in found], [slope for _, (slope,) in found]
    return min(values) <= value <= max(values) and min(slopes) <= derivative <= max(slopes)


ALONE = [name for name in TABLE if arity(name) == 1 and name != "detach"]


@pytest.mark.parametrize("outer", ALONE)
def test_chains_of_two_rows(outer):
    """One row after another, all inner rows in one program: inf and nan on the way back, too."""

    def chain(inner):
        return lambda x: TABLE[outer](TABLE[inner](x))

    def every(x):
        return [autograd.value_and_grad(chain(inner))(x) for inner in ALONE]

    single, batch = autograd.compile(every), autograd.compile(every, batch=True)
    columns = batch(GRID)
    for k, x in enumerate(GRID):
        readings = [every(x), single(x), [(v[k], d[k]) for v, d in columns]]
        for i, inner in enumerate(ALONE):
            data, (slope,) = backward(lambda xs, inner=inner: chain(inner)(*xs), [x])
            for reading in readings:
                value, derivative = reading[i]
                equal = same(data, value) and same(slope, derivative)
                assert equal or within_rounding(outer, inner, x, value, derivative), (inner, x)


@pytest.mark.parametrize("batch", [True, False])
def test_products_of_one_pair_keep_zero_times_infinity(batch):
    """Where one of its matrices is a single 0, NumPy's dot does not look at the other."""
    w, v = Value(math.inf), Value(-1.0)
    program = autograd.compile(lambda xs: [autograd.dot(xs, [p]) for p in (w, v)], batch=batch)
    found = program([[0.0]])[0] if batch else program([0.0])
    assert np.isnan(found[0]) and found[1] == 0.0

    def flat(xs):  # the slope of abs at nan is 0
        return autograd.abs(autograd.dot([*xs, v], [w, v]))

    program = autograd.compile(flat, batch=batch)
    for data, x in ((math.nan, -math.inf), (math.nan, 2.0)):
        w.data = data
        _, gradient = program.value_and_grad([[x]] if batch else [x])
        flows = dict(zip(program.parameters, gradient, strict=True))
        w.grad = v.grad = 0.0
        flat([Value(x)]).backward()
        assert same(flows[w], w.grad) and same(flows[v], v.grad)


def test_same_tells_classes_apart():
    nan, inf = math.nan, math.inf
    for a, b in ((inf, -inf), (inf, nan), (nan, 0.0), (inf, HUGE), (0.0, TINY), (1.0, -1.0)):
        assert not same(a, b) and not same(b, a)
    assert same(nan, nan) and same(inf, inf) and same(0.0, SUBNORMAL) and same(1.0, 1.0 + 1e-15)
    assert same_zero(0.0, 0.0) and not same_zero(0.0, -0.0)


STEPS = {
    "floor": (1.5, lambda x: x.floor() * math.inf),
    "ceil": (-0.5, lambda x: 1.0 / x.ceil()),
    "sign": (1.5, lambda x: x.sign() * math.inf),
    "floor divide": (1.5, lambda x: (x // 1.0) * math.inf),
    "greater": (1.5, lambda x: autograd.exp(1000.0 * autograd.engine.table.greater(x, 1.0))),
    "overflow": (1.5, lambda x: autograd.exp(1000.0 * x.floor())),
    "below": (0.0, lambda x: x.sqrt().floor() + x),
    "detached": (1.5, lambda x: x.detach() * math.inf),
}


@pytest.mark.parametrize("name", STEPS)
def test_nothing_flows_through_a_step(name):
    point, f = STEPS[name]
    expected = 1.0 if name == "below" else 0.0  # of floor(sqrt(x)) nothing, of x itself 1
    x = Value(point)
    f(x).backward()
    assert x.grad == expected
    assert autograd.grad(f)(point) == autograd.grad(f)(Value(point)).data == expected
    assert autograd.jvp(f, (point,), (1.0,))[1] == expected
    leaf = Value(point)
    for batch in (False, True):
        given = [1.0, 1.0] if batch else 1.0
        program = autograd.compile(lambda one: f(leaf) * one, batch=batch)
        assert program.value_and_grad(given)[1].tolist() == (
            [] if name == "detached" else [expected]
        )
    assert autograd.compile(autograd.grad(f))(point) == expected
    assert autograd.compile(autograd.grad(f), batch=True)([point] * 2).tolist() == [expected] * 2


def test_zero_times_infinity_is_nan_where_the_zero_is_computed():
    x = Value(1.5)
    (x * 0.0 * math.inf).backward()
    assert math.isnan(x.grad)
    program = autograd.compile(lambda one: x * 0.0 * math.inf * one)
    assert np.isnan(program.value_and_grad(1.0)[1]).all()
    assert math.isnan(autograd.grad(lambda x: x * 0.0 * math.inf)(1.5))


def test_interior_gradients_and_earlier_ones_beside_a_step():
    x = Value(1.5)
    y = x * 1.0
    z = y.floor()
    x.grad = 2.0
    (z * math.inf + y).backward()
    assert (x.grad, y.grad, z.grad) == (3.0, 1.0, math.inf)
