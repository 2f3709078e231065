"""What re-rolling finds: the smallest program of each pattern, its instructions, equal to eager."""

import math
from functools import reduce

import numpy as np
import pytest

import autograd
from autograd import Value, dot, maximum, minimum
from autograd.compiler import paths

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def only_arrays(monkeypatch):
    """Whatever is faster, so small programs are arrays, too."""
    monkeypatch.setattr(paths, "OPERATIONS_A_CALL", 0)
    monkeypatch.setattr(paths, "NATIVE_A_CALL", 0)
    monkeypatch.setattr(paths, "FEW", 0)


Y, Z, S = rng.normal(size=(64, 16)), rng.normal(size=(64, 16)), rng.normal(size=(6, 4))
Q, K = rng.normal(size=(8, 6, 4)), rng.normal(size=(8, 6, 4))


def values(array):
    return [values(x) if np.ndim(x) else Value(x) for x in array]


def program_of(function, *arrays):
    """The program of `function` on matrices that are parameters, weighted and added up."""
    parameters = [values(array) for array in arrays]

    def loss():
        found, stack = [], [function(*parameters)]
        while stack:
            item = stack.pop()
            if isinstance(item, list):
                stack += item
            else:
                found.append(item)
        return sum(math.sin(i + 1.0) * x for i, x in enumerate(found))

    return loss, [p for array in parameters for p in flat(array)]


def flat(item):
    return [x for part in item for x in flat(part)] if isinstance(item, list) else [item]


def check_equal_to_eager(function, *arrays, rel=1e-12):
    loss, parameters = program_of(function, *arrays)
    program = autograd.compile(loss)
    value, gradient = program.value_and_grad()
    for p in parameters:
        p.grad = 0.0
    expected = loss()
    expected.backward()
    slopes = dict(zip(program.parameters, gradient.tolist(), strict=True))
    assert value == pytest.approx(expected.data, rel=rel, abs=rel, nan_ok=True)
    found = [slopes.get(p, 0.0) for p in parameters]
    assert found == pytest.approx([p.grad for p in parameters], rel=rel, abs=rel, nan_ok=True)
    return program


def causal(rows):
    return [dot(q, k) for i, q in enumerate(rows) for k in rows[: i + 1]]


def attention(Q, K):
    """Causal, of several heads, each with its keys as values."""
    found = []
    for queries, keys in zip(Q, K, strict=True):
        for i, q in enumerate(queries):
            scores = [dot(q, k) / 2.0 for k in keys[: i + 1]]
            shares = autograd.softmax(scores)
            for j in range(len(q)):
                found.append(sum(s * k[j] for s, k in zip(shares, keys, strict=False)))
    return found


PATTERNS = {
    "squares of rows": (lambda Y: [sum(v * v for v in r) for r in Y], (Y,), 2, 0),
    "dots of rows": (lambda Y, Z: [dot(a, b) for a, b in zip(Y, Z, strict=True)], (Y, Z), 2, 0),
    "pairs i < j": (lambda Y: [dot(a, b) for i, a in enumerate(Y) for b in Y[:i]], (Y,), 4, 1),
    "causal": (lambda S: causal(S), (S,), 2, 1),
    "heads": (
        lambda Q, K: [[[dot(q, k) for k in b] for q in a] for a, b in zip(Q, K, strict=True)],
        (Q, K),
        4,
        1,
    ),
    "largest of rows": (lambda Y: [reduce(maximum, r) for r in Y], (Y,), 1, 0),
    "smallest of rows": (lambda Y: [reduce(minimum, r) for r in Y], (Y,), 1, 0),
}


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("batch", [False, True])
def test_a_pattern_takes_few_instructions(name, batch):
    function, arrays, instructions, products = PATTERNS[name]
    program = autograd.compile(function, batch=batch)
    found = program(*[np.array([a, a[::-1]]) for a in arrays] if batch else arrays)
    expected = np.array(function(*arrays), dtype=float)
    assert (found[0] if batch else found) == pytest.approx(expected, rel=1e-12)
    made = program._paths[0]
    assert made.arrays.instructions <= instructions and made.arrays.products == products


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_equals_eager(name):
    function, arrays, *_ = PATTERNS[name]
    check_equal_to_eager(function, *[a[:12] for a in arrays])


def test_what_follows_row_wise_dots_stays_joined():
    W = rng.normal(size=(16, 16))

    def layer(Y, W):
        found = []
        for row in Y:
            scale = (sum(v * v for v in row) / 16.0 + 1e-5) ** -0.5
            normed = [v * scale for v in row]
            found.append([dot(w, normed) for w in W])
        return found

    program = check_equal_to_eager(layer, Y[:8], W)
    assert program._paths[0].arrays.products <= 6
    assert program._paths[0].arrays.instructions < 40


def test_causal_attention_is_a_few_products_whatever_its_length():
    sizes = []
    for n in (4, 8):
        Q, K = rng.normal(size=(2, 2, n, 8))
        program = check_equal_to_eager(attention, Q, K)
        sizes.append((program._paths[0].arrays.instructions, program._paths[0].arrays.products))
    assert sizes[0] == sizes[1] and sizes[0][1] <= 9 and sizes[0][0] < 60


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan, 1e200])
@pytest.mark.parametrize("place", [0, 2, 5])
def test_what_fills_up_does_not_leak(bad, place):
    """Zeros that fill up meet the infinite of later positions, and 0 * inf is nan."""

    def mixed(S, V):
        weights = [[1.0 / (1.0 + s * s) for s in row[: i + 1]] for i, row in enumerate(S)]
        return [
            sum(w * v[j] for w, v in zip(row, V, strict=False)) for row in weights for j in (0, 1)
        ]

    V, S = rng.normal(size=(6, 2)), rng.normal(size=(6, 6))
    V[place, 0] = bad
    expected = [v.data for v in mixed(values(S), values(V))]
    for batch in (False, True):
        arrays = (S[None], V[None]) if batch else (S, V)
        found = autograd.compile(mixed, batch=batch)(*arrays)
        assert (found[0] if batch else found).tolist() == pytest.approx(expected, nan_ok=True)
    check_equal_to_eager(mixed, S, V)
    check_equal_to_eager(causal, np.where(np.arange(6)[:, None] == place, bad, S[:, :4]))


def test_rows_of_a_batch_with_infinite_numbers_beside_others():
    def mixed(W, V):
        return [sum(w * v for w, v in zip(W[: i + 1], V, strict=False)) for i in range(8)]

    V = rng.normal(size=(5, 8))
    V[3, 6] = math.inf
    W = rng.normal(size=(5, 8))
    found = autograd.compile(mixed, batch=True)(W, V)
    expected = [[v.data for v in mixed(values(w), values(v))] for w, v in zip(W, V, strict=True)]
    assert found.tolist() == [pytest.approx(row, nan_ok=True) for row in expected]


def test_a_gradient_that_is_infinite_does_not_leak_through_products_nobody_asked_for():
    def roots(S):
        return [autograd.sqrt(d) for d in causal(S)]

    A = np.zeros((6, 4))
    A[range(4), range(4)] = 1.0  # sqrt(0) has an infinite slope
    check_equal_to_eager(roots, A)


@pytest.mark.parametrize("row", [maximum, minimum])
@pytest.mark.parametrize(
    "numbers", [(2, 2, 2), (1, 2, 2, 2), (2, 1, 2), (1, math.nan, 2, 2), (3, 1, 2)]
)
def test_ties_in_a_chain_share_as_the_chain_does(row, numbers):
    data = np.array([numbers, numbers[::-1]] * 40, dtype=float)
    program = check_equal_to_eager(lambda X: [reduce(row, x) for x in X], data)
    assert program._paths[0].arrays is not None
    check_equal_to_eager(lambda X: [reduce(lambda a, b: row(b, a), x) for x in X], data)


def test_products_and_many_other_addends_are_a_dot_and_a_sum():
    def elastic(W):
        return sum(w * w + abs(w) for w in W)

    program = check_equal_to_eager(elastic, rng.normal(size=300))
    assert program._paths[0].arrays.instructions < 25
    check_equal_to_eager(
        lambda W: [elastic(W[i:]) + W[i] * W[2] for i in (0, 9, 40)], Y[:6].ravel()
    )


def test_a_sparse_matrix_is_row_wise():
    """Five numbers a row in places of their own, as in a matrix factorisation."""
    places = [rng.choice(40, size=rng.integers(2, 6), replace=False) for _ in range(60)]

    def product(A, x):
        return [
            sum(a * x[i] for a, i in zip(row, at, strict=False))
            for row, at in zip(A, places, strict=True)
        ]

    program = check_equal_to_eager(product, rng.normal(size=(60, 5)), rng.normal(size=40))
    assert program._paths[0].arrays.instructions < 80


@pytest.mark.parametrize("n", [1, 2, 3])
def test_sums_of_one_element_keep_the_sign_of_zero(n):
    def f(xs):
        return [1.0 / sum(x * -0.0 for x in xs[: i + 1]) for i in range(n)]

    rows = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, -1.0]] * 20)
    expected = [[v.data for v in f(values(row))] for row in rows]
    assert autograd.compile(f, batch=True)(rows).tolist() == expected


@pytest.mark.parametrize("batch", [False, True])
def test_sums_of_the_same_addends_are_one_number(batch):
    def f(x):
        return (0.0 + x) * 3.0 - (x + 0.0).tanh() + (0.0 + (x + 0.0)).exp() + (x + (0.0 + x))

    program = autograd.compile(lambda x: [f(x), (0.0 + x) + x, x + (x + 0.0)], batch=batch)
    found = program([1.0, 2.0]) if batch else program(2.0)
    for x, result in zip([1.0, 2.0] if batch else [2.0], found if batch else [found], strict=True):
        assert result == pytest.approx([f(Value(x)).data, 2.0 * x, 2.0 * x], rel=1e-14)


@pytest.mark.parametrize("begun", [False, True])
def test_sums_of_two_products_are_eagers_zeros_of_either_sign_included(begun):
    def f(x):
        rows = zip(x[:4], x[4:8], x[8:12], x[12:], strict=True)
        return [sum([a * b, c * d]) if begun else a * b + c * d for a, b, c, d in rows]

    X = np.random.default_rng(0).choice([-1.5, -0.0, 0.0, 0.7], size=(50, 16))
    program = autograd.compile(f, batch=True)
    found = program(X)
    expected = np.array([[v.data for v in f([Value(x) for x in row])] for row in X.tolist()])
    assert found.tolist() == expected.tolist()
    if not begun:
        assert program._paths[0].arrays.instructions <= 4
        assert (np.signbit(found) == np.signbit(expected)).all()


def test_of_a_long_argument_only_the_part_that_is_used_is_joined():
    w = [[Value(0.1 * i + 0.3 * j) for j in range(6)] for i in range(5)]

    def f(x):
        state = [Value(0.0)] * 2
        for t in range(0, 40, 4):
            inputs = [*x[t : t + 4], *state]
            state = [sum(a * b for a, b in zip(row, inputs, strict=True)).tanh() for row in w[:2]]
        return state[0] + state[1]

    X = np.random.default_rng(0).normal(size=(3, 40))
    program = autograd.compile(f, batch=True)
    found = program(X)
    assert found == pytest.approx([f([Value(v) for v in row]).data for row in X.tolist()])
    assert ":, 0:40] = a0" not in program.source
