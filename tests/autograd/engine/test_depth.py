"""Depth and memory: a chain of 1,000,000 nodes through every public function, without recursion."""

import copy
import gc
import pickle
import sys
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.compiler import paths, straight

pytestmark = pytest.mark.exhaustive

# 67 times the recursion limit; one test goes a million deep.
DEEP = 20_000


@pytest.fixture(autouse=True)
def low_recursion_limit():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(scope="module")
def graph():
    x = Value(0.5, label="x")
    return x, chain(x)


def chain(x, depth=DEEP):
    for _ in range(depth):
        x = autograd.relu(x)
    return x


def test_a_million_nodes():  # which takes its time: a promise of README
    gc.disable()  # without it half of the time goes to looking at them again
    try:
        x = Value(0.5)
        y = chain(x, 1_000_000)
        y.backward()
        assert (x.grad, y.data) == (1.0, 0.5)
        del y
    finally:
        gc.enable()


def test_backward(graph):
    x, y = graph
    y.backward()
    assert (x.grad, y.data) == (1.0, 0.5)
    with autograd.detect_anomaly():
        y.backward()
    assert x.grad == 2.0


def test_explain_and_why(graph):
    x, y = graph
    explanation = autograd.explain(y)
    assert len(explanation) == DEEP + 1
    first = next(iter(explanation))
    assert first.gradient == 1.0 and first.data == y.data
    assert autograd.why(x, y).kind == "ordinary"


def test_draw_and_stepper_refuse_politely(graph):
    _, y = graph
    with pytest.raises(ValueError, match="more than `limit=2000`"):
        autograd.draw(y)
    with pytest.raises(ValueError, match="more than `limit=2000`"):
        autograd.stepper(y)
    assert "op='relu'" in repr(y)


def test_copy(graph):
    _, y = graph
    twin = copy.deepcopy(y)
    assert twin is not y and twin.data == y.data and copy.copy(y).parents == y.parents


def test_pickle(graph):
    _, y = graph
    assert pickle.loads(pickle.dumps(y)).data == y.data


@pytest.mark.parametrize("name", ["value_and_grad", "jacobian", "jvp", "vjp"])
def test_first_derivatives(name):
    if name == "jvp":
        assert autograd.jvp(chain, (0.5,), (1.0,)) == (0.5, 1.0)
    elif name == "vjp":
        assert autograd.vjp(chain, 0.5)[1](1.0) == (1.0,)
    elif name == "jacobian":
        assert autograd.jacobian(chain)(0.5) == 1.0
    else:
        assert autograd.value_and_grad(chain)(0.5) == (0.5, 1.0)


def test_second_derivatives():
    def f(x):
        for _ in range(DEEP // 10):
            x = x + 1e-6 * autograd.sin(x)
        return x

    second = autograd.hessian(f)(0.5)
    assert second == pytest.approx(autograd.hvp(f, 0.5, 1.0), rel=1e-9)
    h = 1e-5
    difference = (autograd.grad(f)(0.5 + h) - autograd.grad(f)(0.5 - h)) / (2 * h)
    assert second == pytest.approx(difference, rel=1e-6)


def test_what_calls_a_function_many_times():
    def f(x):
        for _ in range(DEEP // 500):
            x = autograd.relu(x)
        return x**2 - 4.0

    assert autograd.gradcheck(f, 3.0) and autograd.gradcheck(f, 3.0, order=2)
    with autograd.detect_anomaly():
        assert autograd.grad(f)(3.0) == 6.0
    pytest.importorskip("scipy")
    assert autograd.root(f, 3.0).x == pytest.approx(2.0)
    assert autograd.minimize(lambda x: f(x) ** 2, 3.0).x == pytest.approx(2.0)


@pytest.mark.parametrize("batch", [False, True])
def test_compile(batch):
    program = autograd.compile(chain, batch=batch)
    found = program([0.5, -1.0]).tolist() if batch else program(0.5)
    assert found == ([0.5, 0.0] if batch else 0.5)
    assert "def part1(A, P, V):" in program.source


def test_a_deep_program_is_cut_into_parts_with_guards_parameters_and_several_results(monkeypatch):
    # A tenth of what they are, and of the program: at full size it took 13 s.
    monkeypatch.setattr(paths, "DEEPEST", 1_000)
    monkeypatch.setattr(straight, "LINES", 1_200)
    rng, w, v = Random(0), Value(0.3), Value(-0.2)
    steps = [rng.uniform(-1, 1) for _ in range(600)]

    def f(x, y):
        for s in steps:
            x = autograd.sin(x * w + s) if x > 0 else autograd.tanh(v - x * s)
            y = y + w
        return x + y

    X, Y = [0.3, 0.3000001, -0.4], [1.0, 2.0, 3.0]
    expected = [f(Value(x), Value(y)) for x, y in zip(X, Y, strict=True)]
    single, batched = autograd.compile(f), autograd.compile(f, batch=True)
    assert batched(X, Y).tolist() == pytest.approx([e.data for e in expected], rel=1e-12)
    sum(expected).backward()
    value, slopes = batched.value_and_grad(X, Y)
    assert slopes * 3 == pytest.approx([p.grad for p in batched.parameters], rel=1e-9)
    assert value == pytest.approx(np.mean([e.data for e in expected]), rel=1e-12)
    w.grad = v.grad = 0.0
    expected[0] = f(Value(X[0]), Value(Y[0]))
    expected[0].backward()
    value, slopes = single.value_and_grad(X[0], Y[0])
    assert value == pytest.approx(expected[0].data, rel=1e-12)
    assert slopes == pytest.approx([p.grad for p in single.parameters], rel=1e-9)
    assert "def part1(" in single.source and "def part1(" in batched.source

    several = autograd.compile(lambda x: [x * w, {"a": chain_of(x), "b": 2.0}], batch=True)
    products, rest = several([1.0, 2.0])
    assert products.tolist() == [0.3, 0.6] and rest["b"].tolist() == [2.0, 2.0]
    assert rest["a"].tolist() == pytest.approx([chain_of(1.0), chain_of(2.0)])


def chain_of(x):
    for _ in range(1_100):
        x = autograd.sin(x) * 1.0001
    return x


def test_a_long_loop_of_additions_is_one_sum():
    program = autograd.compile(lambda xs: sum((x * x for x in xs), Value(0.0)))
    assert program([0.01] * 15_000) == pytest.approx(1.5, rel=1e-12)
    assert "def part1(" not in program.source


def test_deleting_frees_the_graph_without_the_collector():
    gc.disable()
    try:
        gc.collect()
        before = live()
        y = chain(Value(0.5))
        y.backward()
        assert live() >= before + DEEP
        del y
        assert live() == before
    finally:
        gc.enable()


def live():
    """How many Values there are."""
    return sum(type(item) is Value for item in gc.get_objects())


def nothing_is_left(work):
    """Whether `work` leaves no Value behind, and no growth, with the collector off."""
    work()
    gc.collect()
    gc.disable()
    try:
        before = live()
        for _ in range(3):
            work()
        return live() - before
    finally:
        gc.enable()


def f_of_two(x, y):
    return (x + y) * autograd.sin(x)


WORK = {
    "grad": lambda: autograd.grad(f_of_two, (0, 1))(1.0, 2.0),
    "grad of grad": lambda: autograd.grad(autograd.grad(f_of_two))(1.0, 2.0),
    "hessian": lambda: autograd.hessian(lambda v: f_of_two(*v))([1.0, 2.0]),
    "jvp": lambda: autograd.jvp(f_of_two, (1.0, 2.0), (1.0, 0.0)),
    "vjp": lambda: autograd.vjp(f_of_two, 1.0, 2.0)[1](1.0),
    "explain": lambda: str(autograd.explain(f_of_two(Value(1.0), Value(2.0)))),
    "draw": lambda: autograd.draw(f_of_two(Value(1.0), Value(2.0))).source,
    "stepper": lambda: autograd.stepper(f_of_two(Value(1.0), Value(2.0))).html,
    "compile": lambda: autograd.compile(f_of_two)(1.0, 2.0),
    "copy": lambda: copy.deepcopy(f_of_two(Value(1.0), Value(2.0))),
    "pickle": lambda: pickle.loads(pickle.dumps(f_of_two(Value(1.0), Value(2.0)))),
    "gradcheck": lambda: autograd.gradcheck(f_of_two, (1.0, 2.0)),
    "why": lambda: str(why_of_two()),
    "anomaly": lambda: anomaly(),
}


def why_of_two():
    x = Value(1.0)
    return autograd.why(x, f_of_two(x, Value(2.0)))


def anomaly():
    with autograd.detect_anomaly():
        f_of_two(Value(1.0), Value(2.0)).backward()


@pytest.mark.parametrize("name", WORK)
def test_nothing_is_left_with_the_collector_off(name):
    assert nothing_is_left(WORK[name]) == 0


def resident():
    """Resident memory in bytes, as Linux tells it."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("compiled", [False, True])
def test_a_thousand_training_steps_grow_no_memory(compiled):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.integers(0, 2, 40)
    model = nn.MLP(2, [4, 1])

    def steps(count):
        nn.fit(
            model,
            X,
            y,
            loss="binary_cross_entropy_with_logits",
            epochs=count // 10,
            batch_size=4,
            progress=False,
            compiled=compiled,
            seed=0,
        )

    steps(100)
    gc.collect()
    before = resident()
    steps(1000)
    gc.collect()
    assert resident() - before < 2**20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_thousand_steps_by_hand_grow_no_memory():
    w = Value(0.1)

    def steps(count):
        for i in range(count):
            w.grad = 0.0
            loss = (w * (i % 7) - 3) ** 2
            loss.backward()
            w.data -= 0.001 * w.grad

    steps(100)
    gc.disable()
    try:
        before = resident()
        steps(1000)
        assert resident() - before < 2**18
    finally:
        gc.enable()
