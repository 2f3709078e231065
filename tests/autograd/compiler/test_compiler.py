"""The compiler: equal to eager everywhere, patterns found, branches never frozen, clear errors."""

import math
import pickle
import threading
from random import Random

import numpy as np
import pytest
from random_programs import RandomProgram, condition
from repeats import repeats

import autograd
import nn
from autograd import Value


def eager(function, rows, parameters):
    """Values for all rows, the gradient of their mean, and the condition of each gradient."""
    values, conditions = [], dict.fromkeys(parameters, 0.0)
    for p in parameters:
        p.grad = 0.0
    for row in rows:
        result = function([Value(x) for x in row])
        result.backward(1 / len(rows))
        values.append(result.data)
        for node, size in condition(result).items():
            if node in conditions:
                conditions[node] += size / len(rows)
    return values, {p: p.grad for p in parameters}, conditions


def check(program, values, gradient, found_values, found_gradient, conditions):
    assert found_values == pytest.approx(values, rel=1e-12, abs=1e-12)
    found = dict(zip(program.parameters, found_gradient, strict=True))
    for p, grad in gradient.items():
        assert abs(found.get(p, 0.0) - grad) <= 1e-12 * max(1.0, conditions[p])


@pytest.mark.parametrize("block", range(repeats(2)))
def test_random_programs_equal_eager(block):
    for seed in range(60 * block, 60 * block + 60):
        rng = Random(seed)
        width = rng.randint(1, 4)
        rows = [[rng.uniform(-1.5, 1.5) for _ in range(width)] for _ in range(rng.randint(1, 6))]
        function = RandomProgram(rng, rows, steps=rng.choice((6, 14, 40)))
        values, gradient, conditions = eager(function, rows, function.parameters)
        batched = autograd.compile(function, batch=True)
        mean, slopes = batched.value_and_grad(rows)
        check(batched, values, gradient, batched(rows), slopes, conditions)
        assert mean == pytest.approx(sum(values) / len(values), rel=1e-12, abs=1e-12)
        single = autograd.compile(function)
        slopes = [single.value_and_grad(row)[1] for row in rows]
        slopes = [np.pad(s, (0, len(single.parameters) - len(s))) for s in slopes]
        check(single, values, gradient, [single(r) for r in rows], np.mean(slopes, 0), conditions)


def test_a_dense_layer_is_one_product_and_parameters_are_views():
    layer = nn.Layer(3, 5, activation="tanh", rng=Random(0))
    program = autograd.compile(layer, batch=True)
    X = np.random.default_rng(0).normal(size=(7, 3))
    assert program(X) == pytest.approx(np.array([[v.data for v in layer(x)] for x in X]))
    assert "P[0:15].reshape(3, 5).T" in program.source and "P[15:20]" in program.source
    forward = program.source.split("def forward")[1].split("def reverse")[0]
    assert forward.count("np.dot") == 1 and "take" not in program.source
    assert len([line for line in forward.split("\n") if "np." in line]) == 3


@pytest.mark.parametrize("spelling", ["dot", "sum", "loop"])
def test_a_layer_is_found_however_it_is_written(spelling):
    rng = Random(0)
    W = [[Value(rng.gauss(0, 1)) for _ in range(4)] for _ in range(3)]

    def layer(x):
        if spelling == "dot":
            return [autograd.dot(row, x).relu() for row in W]
        if spelling == "sum":
            return [sum(w * xi for w, xi in zip(row, x, strict=True)).relu() for row in W]
        outputs = []
        for row in W:
            total = 0.0
            for w, xi in zip(row, x, strict=True):
                total = xi * w + total
            outputs.append(total.relu())
        return outputs

    program = autograd.compile(layer, batch=True)
    X = np.random.default_rng(1).normal(size=(6, 4))
    data = np.array([[w.data for w in row] for row in W])
    assert program(X) == pytest.approx(np.maximum(X @ data.T, 0))
    forward = program.source.split("def forward")[1].split("def reverse")[0]
    assert forward.count("np.dot") == 1 and forward.count("np.") == 2


def test_a_convolution_is_one_product_over_all_positions():
    rng = Random(0)
    filters = [[Value(rng.gauss(0, 1)) for _ in range(9)] for _ in range(4)]
    biases = [Value(rng.gauss(0, 1)) for _ in range(4)]

    def convolution(image):
        return [
            (sum(w * image[r + i // 3][c + i % 3] for i, w in enumerate(f)) + b).tanh()
            for f, b in zip(filters, biases, strict=True)
            for r in range(4)
            for c in range(4)
        ]

    def total(image):
        return sum(convolution(image))

    X = np.random.default_rng(0).normal(size=(5, 6, 6))
    program = autograd.compile(total, batch=True)
    forward_of = program(X)
    forward = program.source.split("def forward")[1].split("def reverse")[0]
    assert forward.count("np.dot") == 2 and forward.count("column64") == 1  # the sum of all 64
    mean, gradient = program.value_and_grad(X)
    for p in program.parameters:
        p.grad = 0.0
    values = [total([[Value(x) for x in row] for row in image]) for image in X]
    for v in values:
        v.backward(0.2)
    assert forward_of == pytest.approx([v.data for v in values], rel=1e-12)
    assert gradient == pytest.approx([p.grad for p in program.parameters], rel=1e-11)
    assert mean == pytest.approx(forward_of.mean())


def test_a_batch_unrolled_by_a_python_loop_is_one_product():
    rng = Random(0)
    model = nn.MLP(2, [8, 8, 1], rng=rng)
    X = [[rng.gauss(0, 1) for _ in range(2)] for _ in range(50)]

    def loss(scale):
        outputs = [model(x) for x in X]
        return sum((o - 1) ** 2 for o in outputs) * (1.0 / len(X)) * scale

    program = autograd.compile(loss)
    mean, gradient = program.value_and_grad(1.0)
    model.zero_grad()
    expected = loss(Value(1.0))
    expected.backward()
    grads = [p.grad for p in program.parameters]
    assert mean == pytest.approx(expected.data, rel=1e-12)
    assert gradient == pytest.approx(grads, rel=1e-10, abs=1e-13)
    forward = program.source.split("def forward")[1].split("def reverse")[0]
    assert forward.count("np.dot") == 3 and forward.count("\n") < 25


def test_one_layer_on_each_element_of_a_sequence_is_one_product():
    layer = nn.Layer(3, 4, activation="tanh", rng=Random(0))

    def encode(sequence):
        return [h for element in sequence for h in layer(element)]

    program = autograd.compile(encode, batch=True)
    X = np.random.default_rng(0).normal(size=(5, 6, 3))
    expected = [[v.data for element in row for v in layer(element)] for row in X]
    assert program(X) == pytest.approx(np.array(expected), rel=1e-12)
    assert program.source.split("def reverse")[0].count("np.dot") == 1


def test_products_of_two_computed_vectors():
    def attention(xs):
        keys = [[x[0].tanh(), x[1] * 2] for x in xs]
        return [autograd.dot(k, q) for k in keys for q in keys]

    program = autograd.compile(attention, batch=True)
    X = np.random.default_rng(0).normal(size=(4, 3, 2))
    expected = [[v.data for v in attention([[Value(a) for a in x] for x in row])] for row in X]
    assert program(X) == pytest.approx(np.array(expected), rel=1e-12)


def test_branches_are_followed_row_by_row():
    p = Value(0.5)

    def f(x):
        if x[0] > 0:
            return p * x[0]
        return x[1] if x[1] <= x[0] else -x[1] * p * p

    program = autograd.compile(f, batch=True)
    X = np.random.default_rng(0).normal(size=(40, 2))
    values, gradient, _ = eager(f, X.tolist(), [p])
    assert program(X) == pytest.approx(values)
    mean, slopes = program.value_and_grad(X)
    assert mean == pytest.approx(np.mean(values)) and slopes == pytest.approx([gradient[p]])
    assert str(program).startswith("program of f: 3 paths")
    assert repr(program) == "<program of f: 3 paths>" and repr(autograd.compile(f)).endswith(
        ": 0 paths>"
    )
    assert program([[math.nan, 1.0]]) == pytest.approx([-0.25])


def test_loops_and_truth_are_guarded():
    def halve(x):
        steps = 0
        while x > 1:
            x = x / 2
            steps += 1
        return x + steps

    program = autograd.compile(halve, batch=True)
    assert program([0.5, 3.0, 10.0, 1.0]).tolist() == [0.5, 2.75, 4.625, 1.0]
    assert autograd.compile(halve)(100.0) == 100 / 128 + 7
    truth = autograd.compile(lambda x: x * 2 if x else x + 5, batch=True)
    assert truth([0.0, 1.0]).tolist() == [5.0, 2.0]


def test_too_many_paths_name_the_line_and_go_on():
    def f(xs):
        total = xs[0]
        for x in xs:
            if x > 0:  # the branch
                total = total + x
        return total

    X = np.random.default_rng(0).normal(size=(200, 8))
    expected = X[:, 0] + np.maximum(X, 0.0).sum(axis=1)
    for batch in (True, False):
        program = autograd.compile(f, batch=batch)
        with pytest.warns(UserWarning, match=r"`f` took more than 64 paths.*py:\d+\. .* write"):
            found = program(X) if batch else [program(x) for x in X.tolist()]
        assert found == pytest.approx(expected)
        again = program(X) if batch else [program(x) for x in X.tolist()]  # without a word
        assert again == pytest.approx(expected) and len(program._paths) == 64
    mean, _ = autograd.compile(f, batch=True).value_and_grad(X[:3])
    assert mean == pytest.approx(expected[:3].mean())


def test_rows_beyond_the_paths_that_are_kept_count_in_the_gradient():
    w = [Value(0.3 * i - 0.7) for i in range(8)]

    def f(xs):
        return sum(wi * x if wi * x > 0 else 0.0 for wi, x in zip(w, xs, strict=True))

    X = np.random.default_rng(1).normal(size=(150, 8))
    program = autograd.compile(f, batch=True)
    with pytest.warns(UserWarning, match="more than 64 paths"):
        mean, gradient = program.value_and_grad(X)
    values, expected, _ = eager(f, X.tolist(), w)
    assert mean == pytest.approx(np.mean(values))
    assert dict(zip(program.parameters, gradient, strict=True)) == pytest.approx(expected)


def test_where_follows_its_condition():
    program = autograd.compile(lambda x: autograd.where(x > 0, x.log(), x * 3), batch=True)
    assert program([1.0, -2.0]).tolist() == [0.0, -6.0]


def test_one_row_an_empty_batch_and_other_sizes():
    model = nn.MLP(2, [3, 2], rng=Random(0))
    program = autograd.compile(model, batch=True)
    assert program(np.empty((0, 2))).shape == (0, 2)
    X = np.random.default_rng(0).normal(size=(20, 2))
    whole = program(X)
    for n in range(1, 20):
        assert program(X[:n]) == pytest.approx(whole[:n], rel=1e-13)
    with pytest.raises(ValueError, match="an empty batch has no mean"):
        autograd.compile(lambda x: x[0] * 2, batch=True).mean(np.empty((0, 2)))


def test_parameters_are_read_afresh_and_shared_between_programs():
    w = Value(2.0)
    double, square = (
        autograd.compile(lambda x: w * x, batch=True),
        autograd.compile(lambda x: w * w * x),
    )
    assert double([1.0, 2.0]).tolist() == [2.0, 4.0] and square(1.0) == 4.0
    w.data = 3.0
    assert double([1.0, 2.0]).tolist() == [3.0, 6.0] and square(1.0) == 9.0
    double.mean([1.0, 2.0]).backward()
    square.mean(1.0).backward()
    assert w.grad == 1.5 + 6.0


def test_results_are_not_overwritten_by_the_next_call():
    program = autograd.compile(lambda x: [x[0] * 2, x[1]], batch=True)
    first = program([[1.0, 2.0]])
    program([[5.0, 6.0]])
    assert first.tolist() == [[2.0, 2.0]]
    w = Value(1.0)
    program = autograd.compile(lambda x: w * x, batch=True)
    _, gradient = program.value_and_grad([1.0])
    program.value_and_grad([7.0])
    assert gradient.tolist() == [1.0]


def test_two_threads_use_one_program():
    model = nn.MLP(3, [8, 1], rng=Random(0))
    program = autograd.compile(model, batch=True)
    X = np.random.default_rng(0).normal(size=(2, 64, 3))
    expected = [program(x) for x in X]
    wrong = []

    def work(i):
        for _ in range(300):
            if not np.array_equal(program(X[i]), expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_no_grad_outside_and_inside():
    w = Value(2.0)
    program = autograd.compile(lambda x: w * x * w, batch=True)
    with autograd.no_grad():
        mean = program.mean([1.0, 2.0])
        assert mean.parents == () and mean.data == 6.0
        assert program.value_and_grad([1.0, 2.0])[1].tolist() == [6.0]

    def f(x):
        with autograd.no_grad():
            frozen = w * 3
        return frozen * w * x + w.detach() * x

    _, gradient = autograd.compile(f).value_and_grad(2.0)
    assert gradient.tolist() == [12.0]
    w.data = 4.0
    assert autograd.compile(f)(1.0) == 52.0


def test_results_keep_their_structure():
    w = Value(2.0)

    def f(x, y):
        return {"product": x * y, "list": [x, w, 3.0], "pair": (x, [[y, x], [x, x]])}

    single, batched = autograd.compile(f), autograd.compile(f, batch=True)
    one = single(2.0, 5.0)
    assert one["product"] == 10.0 and one["list"].tolist() == [2.0, 2.0, 3.0]
    assert one["pair"][0] == 2.0 and one["pair"][1].tolist() == [[5.0, 2.0], [2.0, 2.0]]
    two = batched([2.0, 3.0], [5.0, 7.0])
    assert two["product"].tolist() == [10.0, 21.0]
    assert two["list"].tolist() == [[2.0, 2.0, 3.0], [3.0, 2.0, 3.0]]
    assert two["pair"][1].shape == (2, 2, 2)


def test_arguments_may_be_nested_and_the_decorator_takes_options():
    @autograd.compile
    def f(x, options):
        """Doc."""
        return x[0] * options["scale"] + x[1][0]

    assert f([2.0, (3.0,)], {"scale": 4.0}) == 11.0
    assert f.__doc__ == "Doc." and f.__name__ == "f"

    @autograd.compile(batch=True)
    def g(x, y):
        return x[0][1] * y

    assert g([[[1.0, 2.0]], [[3.0, 4.0]]], [10, 20]).tolist() == [20.0, 80.0]


def test_source_and_print_speak_of_arrays():
    model = nn.MLP(20, [30, 10], rng=Random(0))
    program = autograd.compile(model, batch=True)
    assert program.source == "" and program.parameters == []
    program(np.zeros((2, 20)))
    assert program.parameters == model.parameters()
    assert program.source.count("\n") < 60
    text = str(program)
    assert "nodes recorded" in text and "matrix products" in text and "1 path" in text
    for name in ("import", "open", "__"):
        assert name not in program.source


def test_labels_never_reach_the_source():
    w = Value(1.0, label="'); import os; os.abort() #")
    program = autograd.compile(lambda x: w * x)
    assert program(2.0) == 2.0 and "abort" not in program.source


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f: f([[[1, 2], [3]]]), ValueError, "an argument is ragged within a row"),
        (lambda f: f([1.0, 2.0]), ValueError, "argument `x` has a number, but .* list of 2"),
        (
            lambda f: f([["a", "b"]]),
            TypeError,
            "argument `x` must hold real numbers, got dtype <U1",
        ),
        (lambda f: f(1.0), ValueError, "argument `x` needs a leading batch axis"),
        (lambda f: f(), TypeError, "missing a required argument: 'x'"),
        (lambda f: f([[1, 2]], 3), TypeError, "too many positional arguments"),
        (lambda f: f([{"a": 1.0, "b": 2.0}]), TypeError, "got a dict: the rows of a batch are"),
    ],
)
def test_bad_arguments(call, error, message):
    program = autograd.compile(lambda x: x[0] * x[1], batch=True)
    program([[1.0, 2.0]])
    with pytest.raises(error, match=message):
        call(program)
    assert program([[3.0, 2.0]]).tolist() == [6.0]


def test_bad_functions():
    with pytest.raises(ValueError, match=r"unequal lengths: \{'x': 2, 'y': 3\}"):
        autograd.compile(lambda x, y: x * y, batch=True)([1, 2], [1, 2, 3])
    with pytest.raises(TypeError, match=r"returned 'a': return Values, real numbers"):
        autograd.compile(lambda x: [x, "a"])(1.0)
    with pytest.raises(TypeError, match=r"returned None: is its `return` missing\?"):
        autograd.compile(lambda x: None)(1.0)
    with pytest.raises(TypeError, match=r"returned (True|False): of a comparison"):
        autograd.compile(lambda x: x > 2)(1.0)
    with pytest.raises(TypeError, match=r"use v.data"):
        autograd.compile(lambda x: math.sin(x))(1.0)
    with pytest.raises(TypeError, match=r"it would be frozen into the program"):
        autograd.compile(lambda x: x * x.data)(1.0)
    with pytest.raises(TypeError, match=r"backward\(\) was called while"):
        autograd.compile(lambda x: (x * x).backward())(1.0)
    with pytest.raises(TypeError, match="a function that returns one Value"):
        autograd.compile(lambda x: [x, x]).value_and_grad(1.0)
    with pytest.raises(TypeError, match=r"`compile` takes a function, got 3"):
        autograd.compile(3)
    with pytest.raises(TypeError, match=r"results of different structure; see .*test_compiler.py"):
        autograd.compile(lambda x: x if x > 0 else [x, x], batch=True)([1.0, -1.0])


def test_a_failed_first_call_leaves_the_program_usable():
    program = autograd.compile(lambda x: x[0] * x[2], batch=True)
    with pytest.raises(IndexError):
        program([[1.0, 2.0]])
    assert program([[1.0, 2.0, 3.0]]).tolist() == [3.0]


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("refused", [lambda x, u: [u * x, u], lambda x, u: u * x + "a"])
def test_a_failed_call_leaves_no_parameter(batch, refused):
    w, u = Value(2.0), Value(3.0)
    program = autograd.compile(lambda x: w * x if x > 0 else refused(x, u), batch=batch)
    assert program([1.0] if batch else 1.0) == 2.0
    with pytest.raises(TypeError):
        program([-1.0] if batch else -1.0)
    assert program.parameters == [w]
    value, slopes = program.value_and_grad([3.0] if batch else 3.0)
    assert (value, slopes.tolist()) == (6.0, [3.0])


@pytest.mark.filterwarnings("error")
def test_a_warning_that_is_an_error_leaves_no_parameter(monkeypatch):
    monkeypatch.setattr("autograd.compiler.replay.MAX_PATHS", 1)
    w, u = Value(2.0), Value(3.0)
    program = autograd.compile(lambda x: w * x if x > 0 else u * x)
    assert program(1.0) == 2.0
    with pytest.raises(UserWarning, match="more than 1 paths"):
        program(-1.0)
    assert program.parameters == [w]


def test_a_deep_program_compiles():
    def f(x):
        for _ in range(20_000):
            x = x * 0.9999 + 0.1
        return x

    value = Value(1.0)
    expected = f(value)
    expected.backward()
    assert autograd.compile(f)(1.0) == pytest.approx(expected.data, rel=1e-12)


@pytest.mark.parametrize("batch", [True, False])
def test_several_sums_over_parts_of_one_array(batch):
    w = [Value(0.1 * i - 0.3) for i in range(6)]

    def f(x):
        h = [(wi * x[0]).tanh() for wi in w] * 8
        a, b = sum(h[:24]), sum(h[24:])
        mixed = [a * b, *[hi * x[1] for hi in h[:6]]]
        parts = [sum(mixed[:3]), sum(mixed[3:6]), autograd.dot(mixed[:4], h[2:6])]
        return a * parts[0] - b * parts[1] + autograd.logsumexp(parts)

    rows = [[0.3, 0.5], [-0.2, 1.5], [0.9, -0.4]]
    program = autograd.compile(f, batch=batch)
    if batch:
        values, gradient, _ = eager(f, rows, w)
        assert program(rows) == pytest.approx(values, rel=1e-12)
        for row in (rows, [r[::-1] for r in rows]):  # twice: nothing stays from the first call
            _, gradient, _ = eager(f, row, w)
            found = program.value_and_grad(row)[1]
            expected = [gradient[p] for p in program.parameters]
            assert found == pytest.approx(expected, rel=1e-11)
        return
    for row in rows:
        _, gradient, _ = eager(f, [row], w)
        found = program.value_and_grad(row)[1]
        assert found == pytest.approx([gradient[p] for p in program.parameters], rel=1e-11)


@pytest.mark.parametrize("batch", [True, False])
def test_networks_of_all_shapes_agree_with_eager_call_after_call(batch):
    for seed in range(repeats(12)):
        rng = Random(seed)
        first = nn.Layer(3, rng.randint(1, 6), activation="tanh", rng=rng)
        width = len(first.neurons)
        second = nn.Layer(2 * width, rng.randint(1, 4), activation="sigmoid", rng=rng)
        extra = [Value(rng.gauss(0, 1)) for _ in range(rng.randint(1, 4))]

        def f(x, first=first, second=second, extra=extra, seed=seed):
            sequence = [first(x[i : i + 3]) for i in range(4)]
            pooled = [autograd.maximum(a, b) for a, b in zip(sequence[0], sequence[2], strict=True)]
            h = second(sequence[1] + pooled)
            state = h
            for _ in range(2):
                state = [(e * s + h[0]).tanh() for e in extra for s in state][: len(h)] or state
            weighted = sum(s * w for s, w in zip(state * 3, extra * 3, strict=False))
            return weighted + sum(p * p for p in extra) + autograd.softmax(h + sequence[3])[0]

        rows = [[rng.gauss(0, 1) for _ in range(6)] for _ in range(5)]
        parameters = [*first.parameters(), *second.parameters(), *extra]
        program = autograd.compile(f, batch=batch)
        for _ in range(2):
            values, gradient, conditions = eager(f, rows, parameters)
            if batch:
                found, slopes = program(rows), program.value_and_grad(rows)[1]
            else:
                found = [program(row) for row in rows]
                slopes = np.mean([program.value_and_grad(row)[1] for row in rows], axis=0)
            check(program, values, gradient, found, slopes, conditions)
            for p in parameters:
                p.data += 0.1
            rows = [row[::-1] for row in rows]


def test_all_parameters_as_a_whole_on_a_later_path_and_as_a_result():
    W = [Value(v) for v in (0.3, -0.7, 1.1, 0.9, -0.4, 0.6)]

    def dense(x):
        return [(W[3 * i] * x[0] + W[3 * i + 1] * x[1] + W[3 * i + 2]).tanh() for i in range(2)]

    def plain(x):
        return sum((w * x[1]).tanh() * (i + 1) for i, w in enumerate(W)) + x[0]

    def joined(x):
        return sum(w.tanh() * (i + 1) for i, w in enumerate([*W, x[1], x[0]]))

    def largest(x):
        best = W[0]
        for w in W:
            best = w if w > best else best
        return best * x[0]

    rows = [[1.0, 2.0], [-1.0, 2.0], [-0.5, 0.3]]
    for other in (plain, joined, largest):

        def f(x, other=other):
            if x[0] > 0:
                a, b = dense(x)
                return a + 2 * b
            return other(x)

        for batch in (True, False):
            program = autograd.compile(lambda x, f=f: f(x), batch=batch)
            for _ in range(2):
                values, gradient, conditions = eager(f, rows, W)
                if batch:
                    found, slopes = program(rows), program.value_and_grad(rows)[1]
                else:
                    found = [program(row) for row in rows]
                    slopes = np.mean([program.value_and_grad(row)[1] for row in rows], axis=0)
                check(program, values, gradient, found, slopes, conditions)
                rows = rows[::-1]
    program = autograd.compile(lambda x: (dense(x)[0], list(W)), batch=True)
    assert program([[1.0, 2.0]])[1].tolist() == [[w.data for w in W]]


def test_straight_line_code_first_and_arrays_on_a_later_path():
    rng, n = Random(0), 30
    B = [Value(rng.uniform(-0.5, 0.5)) for _ in range(n * (n + 1))]

    def f(x):
        if x[0] > 0:
            return autograd.dot(B, [1.0 + i for i in range(len(B))]) * x[0]
        rows = [B[(n + 1) * i : (n + 1) * (i + 1)] for i in range(n)]
        h = [(sum(w * xi for w, xi in zip(r, x, strict=False)) + r[n]).tanh() for r in rows]
        return autograd.dot(h, [1.0 + i for i in range(n)])

    program = autograd.compile(f)
    for sign in (1.0, -1.0, 1.0, -1.0):
        x = [sign, *[0.1 * i for i in range(1, n)]]
        values, gradient, conditions = eager(f, [x], B)
        found, slopes = program.value_and_grad(x)
        check(program, values, gradient, [found], slopes, conditions)


def test_a_comparison_that_rounding_decides_does_not_add_paths():
    w = [Value(0.1 * i) for i in range(12)]

    def f(x):
        a, b = sum(wi * xi for wi, xi in zip(w, x, strict=True)), x[0]
        for wi, xi in zip(w[::-1], x[::-1], strict=True):
            b = b + wi * xi
        return a * 1.5 if a < b - x[0] else (b - x[0]) * 1.5

    program = autograd.compile(f, batch=True)
    X = np.random.default_rng(0).normal(size=(300, 12))
    values, _, _ = eager(f, X.tolist(), w)
    assert program(X) == pytest.approx(values, rel=1e-12)
    assert len(program._paths) == 2


def test_equality_with_a_number_is_a_guard():
    program = autograd.compile(lambda x: x * 2 if x == 1.0 else x, batch=True)
    assert program([1.0, 3.0]).tolist() == [2.0, 3.0]
    program = autograd.compile(lambda x: x if x != 0.0 else x + 5.0)
    assert (program(2.0), program(0.0)) == (2.0, 5.0)


def test_the_mean_of_a_program_is_explained_and_pickled():
    w, b = Value(0.3, label="w"), Value(0.1, label="b")
    program = autograd.compile(lambda x: w * x + b, batch=True)
    mean = program.mean([1.0, 3.0])
    text = str(autograd.explain(mean))
    assert "∂v1/∂w = 1 × 2 = 2" in text and "changed" not in text
    assert autograd.why(w, mean).gradient == 2.0
    assert autograd.stepper(mean).html and autograd.draw(mean).source
    twin = pickle.loads(pickle.dumps(mean))
    twin.backward()
    assert [p.grad for p in twin.parents] == [2.0, 1.0]
