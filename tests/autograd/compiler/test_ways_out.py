"""Ways out to PyTorch, JAX and ONNX: what programs compute there, beside the engine."""

import functools
import math
from functools import cache
from random import Random

import numpy as np
import pytest
from drawn_programs import programs
from hypothesis import assume, given, settings
from random_programs import RandomProgram, condition
from repeats import repeats
from samples import SAMPLES, moderate
from ways import Jax, Torch, assert_close, by_hand, in_onnxruntime, onnxruntime

import autograd
from autograd import Value
from autograd.engine.primitive import TABLE

BLOCKS = repeats(1)  # of 25 random programs
# What onnxruntime has for float32 only.
NO_KERNEL = (
    *("tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh"),
    *("arcsinh", "arccosh", "arctanh", "erf"),
)


@pytest.fixture(scope="module", params=[Torch, Jax])
def way(request):
    return request.param()


def to(way, program):
    return getattr(program, way.name)()


def data(program):
    return np.array([p.data for p in program.parameters])


def close(found, expected, size):
    return abs(found - expected) <= 1e-12 * max(1.0, size)


@cache
def random_programs(count=25 * BLOCKS):
    """So many without a branch, recorded for three rows or for one, and those with one."""
    found, branched, seed = [], [], 0
    while len(found) < count:
        rng, seed = Random(seed), seed + 1
        rows = [[rng.uniform(-1.5, 1.5) for _ in range(2)] for _ in range(3)]
        function = RandomProgram(rng, rows, steps=rng.choice((6, 14, 40)))
        program = autograd.compile(function, batch=bool(seed % 2))
        program(rows if seed % 2 else rows[0])
        branches = any(path.recording.guards for path in program._paths)
        if branches:
            branched.append(program)
        else:
            found.append((program, function, rows if seed % 2 else rows[:1]))
    return found, branched


def assert_equals_the_engine(way, program, function, rows):
    inputs = rows if program._batch else rows[0]
    value, by_parameters, by_inputs = way.both(program, data(program), inputs)
    slopes, sizes = np.zeros(len(by_parameters)), np.zeros(len(by_parameters))
    for i, row in enumerate(rows):
        leaves = [Value(x) for x in row]
        for p in program.parameters:
            p.grad = 0.0
        root = function(leaves)
        root.backward()
        size = condition(root)
        assert close(value.ravel()[i], root.data, abs(root.data))
        for leaf, slope in zip(leaves, by_inputs.reshape(len(rows), -1)[i], strict=True):
            assert close(slope, leaf.grad, size.get(leaf, 0.0))
        slopes += [p.grad for p in program.parameters]
        sizes += [size.get(p, 0.0) for p in program.parameters]
    for found, slope, size in zip(by_parameters, slopes, sizes, strict=True):
        assert close(found, slope, size)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_programs_and_their_derivatives_equal_the_engine(way, block):
    for program, function, rows in random_programs()[0][25 * block : 25 * block + 25]:
        assert_equals_the_engine(way, program, function, rows)


@settings(max_examples=repeats(60), deadline=None)
@given(programs())
def test_programs_over_every_row_equal_the_engine(function):
    """In PyTorch, look-ups included."""
    way = Torch()
    assume(not any(step.name in ("branch", "where") for step in function.steps))
    program = autograd.compile(function, batch=True)
    program(function.rows)
    assert_equals_the_engine(way, program, function, function.rows)


@pytest.mark.parametrize("name", ["to_torch", "to_jax", "to_onnx"])
def test_branches_are_refused_with_a_word(name, tmp_path):
    branched = random_programs(5)[1]
    assert len(branched) > 3
    for program in branched:
        way = getattr(program, name)
        refused = r"without branches.* compares at .*random_programs.*autograd.maximum, minimum"
        with pytest.raises(ValueError, match=refused):
            way(*[tmp_path / "p.onnx"] * (name == "to_onnx"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_programs_in_onnxruntime(block):
    onnxruntime()
    float64 = 0
    for program, function, rows in random_programs()[0][25 * block : 25 * block + 25]:
        sizes = []
        for row in rows:
            flows = condition(function([Value(x) for x in row]))
            sizes.append(sum(flow * abs(node.data) for node, flow in flows.items()))
        inputs = rows if len(rows) > 1 else rows[0]
        expected, size = np.array(program(inputs)).ravel(), np.maximum(sizes, 1.0)
        found = in_onnxruntime(program, inputs, dtype="float32")["output"].ravel()
        assert (abs(found - expected) <= 1e-5 * size).all()
        if has_kernels(program):
            found = in_onnxruntime(program, inputs, dtype="float64")["output"].ravel()
            assert (abs(found - expected) <= 1e-12 * size).all()
            float64 += 1
    assert float64 >= 3


def has_kernels(program):
    recorded = program._paths[0].recording.program.what
    return not any(getattr(row, "name", None) in NO_KERNEL for row in recorded)


def row_of(name, point):
    """The row as a function of a list; the exponent of a power is that of the point."""
    if name == "**":
        return lambda xs: TABLE[name](xs[0], point[1])
    if name == "take":
        return lambda xs: autograd.take(xs[1:], xs[0])
    return lambda xs: TABLE[name](*xs)


def at_samples(name, draw, count=20):
    """Programs of the row, recorded, with the points for each."""
    rng = Random(1)
    points = [draw(rng) for _ in range(count)]
    for group in [[p] for p in points] if name == "**" else [points]:
        program = autograd.compile(row_of(name, group[0]), batch=True)
        inputs = np.array([p[:1] if name == "**" else p for p in group], dtype=float)
        program(inputs)
        yield program, group, inputs


@pytest.mark.parametrize("name", TABLE)
def test_every_row_has_the_engines_value_and_slopes(way, name):
    for program, points, inputs in at_samples(name, SAMPLES[name].draw):
        value, _, slopes = way.both(program, [], inputs)
        for point, v, mine in zip(points, value, slopes, strict=True):
            out, partials = TABLE[name].recorded(tuple(map(float, point)))
            assert v == pytest.approx(out, rel=1e-12, abs=1e-300)
            for slope, partial in zip(mine, partials, strict=False):
                assert slope == pytest.approx(partial, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("name", TABLE)
def test_every_row_in_onnxruntime(name):
    onnxruntime()
    for program, _, inputs in at_samples(name, SAMPLES[name].draw):
        if name in NO_KERNEL:
            with pytest.raises(Exception, match="NOT_IMPLEMENTED"):
                in_onnxruntime(program, inputs)
        else:
            found = in_onnxruntime(program, inputs)["output"]
            np.testing.assert_allclose(found, program(inputs), rtol=1e-12, atol=1e-300)

    def draw(rng):
        point = moderate(name, rng)
        return (float(rng.randint(0, 2)), *point[1:]) if name == "take" else point

    for program, _, inputs in at_samples(name, draw):
        inputs = inputs.astype(np.float32).astype(float)
        found = in_onnxruntime(program, inputs, dtype="float32")["output"]
        np.testing.assert_allclose(found, program(inputs), rtol=1e-5, atol=1e-6)


def test_kinks_and_ties_are_the_engines(way):
    def function(xs):
        x, y, z = xs
        largest = autograd.maximum(autograd.maximum(autograd.maximum(x, y), z), y)
        return largest + x.relu() + x.sigmoid() + autograd.abs(x) + autograd.minimum(x, y)

    program = autograd.compile(function, batch=True)
    rows = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 2.0], [-1.0, -1.0, -3.0]])
    program(rows)
    assert_close(way.both(program, [], rows), by_hand(function, [], rows))


@pytest.mark.parametrize("extreme", [autograd.maximum, autograd.minimum])
def test_the_largest_of_many_shares_ties_as_a_chain_does(way, extreme):
    def function(xs):
        return functools.reduce(extreme, xs)

    program = autograd.compile(function, batch=True)
    rows = np.array([[1.0, 2.0, 2.0, 2.0], [0.5, -1.0, 3.0, -1.0]])
    program(rows)
    assert_close(way.both(program, [], rows), by_hand(function, [], rows))
    np.testing.assert_array_equal(in_onnxruntime(program, rows)["output"], program(rows))


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")  # PyTorch calls it itself
def test_derivatives_of_derivatives_and_maps(way):
    w = Value(0.7)

    def function(x):
        return (w * x[0] * x[1]).tanh() + autograd.logsumexp([x[0], x[1] * w, 0.3]) / x[1]

    program = autograd.compile(function)
    rows = np.array([[0.5, 2.0], [1.0, -1.5]])
    expected = [program(row) for row in rows]
    found = to(way, program)
    np.testing.assert_allclose(way.mapped(found, rows), expected, rtol=1e-12)
    np.testing.assert_allclose(
        way.hessian(found, rows[0]), autograd.hessian(function)(rows[0].tolist()), rtol=1e-12
    )


def test_arguments_and_results_keep_their_structure(way):
    w = Value(2.0)

    @autograd.compile
    def function(pair, *, by, table):
        x, y = pair
        rows = [row[0] * by["a"] + row[1] for row in table]
        return {"sum": w * x + y + by["b"], "rows": (rows, [rows, rows])}

    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    others = {"by": {"a": 0.5, "b": -1.0}, "table": table}
    expected = function((1.0, 2.0), **others)
    found = to(way, function)
    for pair in ((1.0, 2.0), way.array([1.0, 2.0]), [way.array(1.0), 2.0]):
        answer = found(pair, **others)
        assert float(answer["sum"]) == expected["sum"] and type(answer["rows"]) is tuple
        for mine, theirs in zip(answer["rows"], expected["rows"], strict=True):
            np.testing.assert_array_equal(way.numpy(mine), theirs)
    swapped = {"table": table.tolist(), "by": {"b": -1.0, "a": 0.5}}
    assert float(found((1.0, 2.0), **swapped)["sum"]) == expected["sum"]
    with pytest.raises(TypeError, match="takes the arguments pair, by, table, and got 1 and"):
        found((1.0, 2.0))
    with pytest.raises(ValueError, match="argument `pair` is nested otherwise"):
        found((1.0, 2.0, 3.0), **others)
    with pytest.raises(ValueError, match=r"`pair` has shape \(3,\).* recorded with 2 numbers"):
        found(way.array([1.0, 2.0, 3.0]), **others)


def test_parameters_are_an_argument_or_read_at_each_call(way):
    w, v = Value(2.0), Value(5.0)
    constant = Value(1.0).detach()
    program = autograd.compile(lambda x: v * x + constant * w, batch=True)
    program([1.0])
    found = to(way, program)
    assert [p is q for p, q in zip(program.parameters, (v, w), strict=True)] == [True, True]

    def answers(*x, **others):
        return way.numpy(found(way.array(x), **others)).tolist()

    assert answers(1.0, 2.0) == [7.0, 12.0]
    w.data, constant.data = 3.0, 2.0
    assert answers(1.0) == [11.0]
    assert answers(1.0, parameters=[1.0, 4.0]) == [9.0]
    assert answers(1.0, parameters=[way.array(1.0), way.array(4.0)]) == [9.0]
    with pytest.raises(ValueError, match=r"`parameters` must be 2 numbers .* got shape \(3,\)"):
        answers(1.0, parameters=[1.0, 2.0, 3.0])


def test_numbers_stay_in_the_floats_that_they_come_in(way):
    w = Value(2.0)
    program = autograd.compile(lambda x: (w * x[0]).relu() * x[1].sigmoid())
    program([1.0, 2.0])
    found = to(way, program)
    assert "float32" in str(found(way.array([1.0, 2.0], "float32")).dtype)
    assert "float64" in str(found([1.0, 2.0]).dtype)


@pytest.mark.parametrize("batch", [True, False])
def test_look_ups_gather_and_what_is_outside_is_nan(way, batch):
    table = [[Value(0.3 * i - 0.7 * j) for j in range(2)] for i in range(4)]

    def function(x):
        row = autograd.take(table, x[0])
        return row[0] * x[1] + row[1] + autograd.take([x[1], x[2], 1.0], x[0] - 1.0)

    program = autograd.compile(function, batch=batch)
    rows = np.array([[1.0, 2.0, 3.0], [3.0, 0.5, 0.1], [2.0, -1.0, 0.2]])
    rows = rows if batch else rows[:1]
    program(rows if batch else rows[0])
    assert len(program._paths) == 1
    value, by_parameters, by_inputs = way.both(program, data(program), rows if batch else rows[0])
    expected = by_hand(function, program.parameters, rows)
    assert_close((np.ravel(value), by_parameters, by_inputs.reshape(rows.shape)), expected)
    onnx = in_onnxruntime(program, rows if batch else rows[0])["output"]
    np.testing.assert_allclose(onnx.ravel(), expected[0], rtol=1e-12)
    for outside in (4.0, -1.0, 1.5, math.nan):
        bad = np.where(np.arange(3) == 0, outside, rows)
        bad = bad if batch else bad[0]
        assert np.isnan(way.both(program, data(program), bad)[0]).all()
        assert np.isnan(in_onnxruntime(program, bad)["output"]).all()


def test_a_branch_as_a_look_up_goes(way):
    def function(x):
        return autograd.take([0.1 * x, x], (autograd.sign(x) + 1.0) // 2.0)

    program = autograd.compile(function, batch=True)
    rows = np.array([-2.0, 0.0, 3.0])
    program(rows)
    assert_close(way.both(program, [], rows), by_hand(function, [], rows))
    np.testing.assert_array_equal(in_onnxruntime(program, rows)["output"], [-0.2, 0.0, 3.0])


def test_a_softmax_by_pythons_max_has_no_branch(way):
    def function(xs):
        largest = max(xs)
        weights = [(x - largest).exp() for x in xs]
        return weights[0] / sum(weights)

    program = autograd.compile(function, batch=True)
    rows = np.array([[1.0, 2.0, 0.5], [3.0, -2.0, 3.0]])
    program(rows)
    assert_close(way.both(program, [], rows), by_hand(function, [], rows))


def test_rows_of_the_users_own_are_read_or_refused(way, tmp_path):
    swish = autograd.primitive(
        "swish",
        scalar=lambda x: x / (1.0 + autograd.exp(-x)),
        partials=lambda out, x: (autograd.sigmoid(x) + out * (1.0 - autograd.sigmoid(x)),),
    )
    program = autograd.compile(lambda x: swish(x[0]) * x[1], batch=True)
    rows = np.array([[0.5, 2.0], [-1.0, 3.0]])
    program(rows)
    assert_close(way.both(program, [], rows), by_hand(lambda x: swish(x[0]) * x[1], [], rows))
    found = in_onnxruntime(program, rows)["output"]
    np.testing.assert_allclose(found, program(rows), rtol=1e-12)
    closed = autograd.primitive(
        "closed", scalar=lambda x: math.exp(x), partials=lambda out, x: (math.exp(x),)
    )
    program = autograd.compile(lambda x: closed(x), batch=True)
    program([1.0])
    with pytest.raises(TypeError, match=r"`closed` cannot be written for .*autograd.exp\(x\)"):
        to(way, program)
    path = tmp_path / "p.onnx"
    with pytest.raises(TypeError, match="`closed` cannot be written for ONNX"):
        program.to_onnx(path)
    odd = autograd.primitive("odd", scalar=lambda x: np.spacing(x), partials=lambda out, x: (0.0,))
    program = autograd.compile(lambda x: odd(x), batch=True)
    program([1.0])
    if way.name == "to_torch":  # JAX has it
        with pytest.raises(TypeError, match="NumPy's `spacing` has no counterpart in PyTorch"):
            to(way, program)(way.array([1.0]))
    with pytest.raises(TypeError, match="NumPy's `spacing` has no counterpart in ONNX"):
        program.to_onnx(path)
    assert not path.exists()


@pytest.mark.parametrize("name", ["to_torch", "to_jax", "to_onnx"])
def test_there_has_to_be_one_kind_of_call(name, tmp_path):
    program = autograd.compile(lambda xs: sum(xs))
    way = getattr(program, name)
    path = [tmp_path / "p.onnx"] * (name == "to_onnx")
    with pytest.raises(ValueError, match=f"`{name}` writes what was recorded for one kind.*are 0"):
        way(*path)
    program([1.0]), program([1.0, 2.0])
    with pytest.raises(ValueError, match="there are 2: call a fresh program once"):
        way(*path)


def test_batches_have_to_fit(way):
    program = autograd.compile(lambda x, y: x[0] * y, batch=True)
    program(np.ones((2, 1)), np.ones(2))
    found = to(way, program)
    with pytest.raises(ValueError, match="`y` has 3 rows, `x` 2"):
        found(way.array(np.ones((2, 1))), way.array(np.ones(3)))
    with pytest.raises(ValueError, match=r"has shape .* recorded with rows of 1 numbers"):
        found(way.array(np.ones((2, 2))), way.array(np.ones(2)))


def test_what_is_the_same_for_all_rows_is_repeated(way):
    w = Value(2.0)
    program = autograd.compile(lambda x: [w * w, x, w + 1.0], batch=True)
    rows = np.array([1.0, 2.0, 4.0])
    expected = program(rows)
    np.testing.assert_array_equal(way.both(program, [2.0], rows)[0], expected)
    np.testing.assert_array_equal(in_onnxruntime(program, rows)["output"], expected)
    constant = autograd.compile(lambda x: 3.0, batch=True)
    constant(rows)
    np.testing.assert_array_equal(way.both(constant, [], rows)[0], [3.0] * 3)


def test_an_onnx_file_names_its_inputs_outputs_and_shapes(tmp_path):
    onnx = pytest.importorskip("onnx", reason="ONNX is not installed")
    w = Value(2.0)
    image = np.arange(12.0).reshape(2, 2, 3)

    @autograd.compile(batch=True)
    def network(picture, scale):
        rows = [sum(row[1:], row[0] * w) for row in picture]
        return {"rows": rows, "pair": (scale * rows[0], rows[1])}

    network(image, [1.0, 2.0])
    path = tmp_path / "p.onnx"
    network.to_onnx(str(path))
    graph = onnx.load(path).graph

    def shapes(infos):
        return {
            info.name: [d.dim_param or d.dim_value for d in info.type.tensor_type.shape.dim]
            for info in infos
        }

    assert shapes(graph.input) == {"picture": ["batch", 2, 3], "scale": ["batch"]}
    outputs = {"output_rows": ["batch", 2], "output_pair_0": ["batch"], "output_pair_1": ["batch"]}
    assert shapes(graph.output) == outputs
    five = np.arange(30.0).reshape(5, 2, 3), np.arange(5.0)
    expected, found = network(*five), in_onnxruntime(network, *five)
    np.testing.assert_array_equal(found["output_rows"], expected["rows"])
    np.testing.assert_array_equal(found["output_pair_0"], expected["pair"][0])
    with pytest.raises(ValueError, match="`dtype` must be one of float32, float64, got 'half'"):
        network.to_onnx(path, dtype="half")


def test_nested_arguments_of_one_evaluation_are_inputs_of_their_own():
    program = autograd.compile(lambda x, by: sum(x) * by["a"] + by["b"][0] * by["b"][1])
    expected = program([1.0, 2.0, 3.0], {"a": 2.0, "b": [3.0, 4.0]})
    found = in_onnxruntime(program, [1.0, 2.0, 3.0], 2.0, [3.0, 4.0])
    assert found == {"output": expected}
