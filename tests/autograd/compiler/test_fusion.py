"""Fusion: lines of NumPy as native loops give NumPy's numbers, whatever the shapes and views."""

import random
import threading
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.compiler import source, strided
from autograd.compiler.arrays import BOOLEAN
from autograd.compiler.fusion import Fusion
from autograd.compiler.native import FORMS, missing
from autograd.compiler.strided import Block

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

SPECIAL = [0.0, -0.0, 1.0, -2.5, 1e300, 5e-324, np.inf, -np.inf, np.nan]


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fuse whatever the number of rows and calls."""
    monkeypatch.setattr(source, "FUSING", 0)


def run(text: str, rows: int, arrays: dict[str, np.ndarray], native: bool) -> dict[str, Any]:
    """Run `forward` of a source whose setup is given by arrays, as NumPy or fused."""
    names: dict[str, Any] = {"np": np, "B": rows, **{name: x.copy() for name, x in arrays.items()}}
    if native:
        Fusion(text).prepare(names)
    else:
        exec(text, names)
    with np.errstate(all="ignore"):
        names["forward"]()
    return names


def lines_fused(text: str, rows: int, arrays: dict[str, np.ndarray]) -> int:
    """How many lines of `forward` became loops."""
    names: dict[str, Any] = {"np": np, "B": rows, **arrays}
    Fusion(text).prepare(names)
    return sum(len(x.keeps[2]) for name, x in names.items() if name.startswith("loops"))


def check(line: str, rows: int, arrays: dict[str, np.ndarray], result: str, ulps: int = 0) -> None:
    """One line gives what NumPy does, to so many units in the last place, and is a loop."""
    text = f"def forward():\n    {line}\n    return {', '.join(arrays)}\n"
    assert lines_fused(text, rows, arrays) == 1, line
    expected, found = (run(text, rows, arrays, native)[result] for native in (False, True))
    assert found.dtype == expected.dtype
    if found.dtype == bool:
        assert (found == expected).all(), line
        return
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=line)
    finite = np.isfinite(expected)
    assert (found[~finite & ~np.isnan(found)] == expected[~finite & ~np.isnan(found)]).all(), line
    distance = np.abs(found[finite] - expected[finite]) / np.spacing(np.abs(expected[finite]))
    assert distance.size == 0 or distance.max() <= ulps, (line, distance.max())


def numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random numbers, special ones among them."""
    x = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4, size=shape)
    return np.where(rng.random(shape) < 0.2, rng.choice(SPECIAL, size=shape), x)


UFUNCS = [step for step in FORMS if isinstance(step, np.ufunc)]


@pytest.mark.parametrize("step", UFUNCS, ids=lambda step: step.__name__)
def test_every_function(step: np.ufunc) -> None:
    rng = np.random.default_rng(0)
    masks = step in BOOLEAN
    for rows, n in ((1, 1), (3, 4), (5, 7), (2, 27)):
        operands = {f"x{i}": numbers(rng, rows, n) for i in range(step.nin)}
        out = np.zeros((rows, n), bool) if masks else np.zeros((rows, n))
        line = f"np.{step.__name__}({', '.join(operands)}, out=y)"
        check(line, rows, {**operands, "y": out}, "y", ulps=8)


SHAPES = ["(B, 16)", "(B, 1)", "(16,)", "()", "(1, 16)"]


@pytest.mark.parametrize("rows", [1, 2, 16, 37])
@pytest.mark.parametrize("left", SHAPES)
@pytest.mark.parametrize("right", SHAPES)
def test_operands_broadcast(rows: int, left: str, right: str) -> None:
    rng = np.random.default_rng(1)
    shapes = [eval(shape, {"B": rows}) for shape in (left, right)]
    x, z = (rng.normal(size=shape or (1,)) for shape in shapes)
    check("np.subtract(x, z, out=y)", rows, {"x": x, "z": z, "y": np.zeros((rows, 16))}, "y")


@pytest.mark.parametrize(
    ("line", "ulps"),
    [
        ("np.multiply(x[..., None], w, out=c)", 0),
        ("np.add(w, v, out=c)", 0),
        ("np.multiply(w, 0.0625, out=c)", 0),
        ("np.divide(-1.0, w, out=c)", 0),
        ("np.add(w, np.inf, out=c)", 0),
        ("np.multiply(w, mask, out=c)", 0),
        ("np.add(w, mask, out=c)", 0),
        ("np.multiply(mask, mask, out=c)", 0),
        ("c[...] = mask", 0),
        ("np.copyto(c, w)", 0),
        ("np.copyto(c, w, where=mask)", 0),
        ("np.copyto(c.reshape(B * 5, 7), w.reshape(B * 5, 7))", 0),
        ("c.fill(2.5)", 0),
        ("f[:, 0:35] = w.reshape(B, 35)", 0),
        ("f[:, 0:35] = v.reshape(B, 35)", 0),  # v is spread: what NumPy reshapes is a copy
        ("f[:, 35:36] = one", 0),
        ("np.add.reduce(w, axis=-1, out=r)", 40),
        ("np.maximum.reduce(w, axis=-1, out=r)", 0),
        ("np.minimum.reduce(w, axis=-1, out=r)", 0),
        ("np.add.reduce(w, axis=-1, keepdims=True, out=k)", 40),
        ("np.dot(w.reshape(B * 5, 7), column7, out=k.reshape(B * 5, 1))", 40),
        ("np.take(f, i0, axis=1, mode='clip', out=c)", 0),  # irregular
        ("np.take(f, i1, axis=1, mode='clip', out=c)", 0),  # each five times
        ("np.take(f, i2, axis=1, mode='clip', out=c)", 0),  # stretches of seven
        ("r[:, 0:4] = np.add.reduceat(f.take(i3, axis=1), i4, axis=1)", 40),
    ],
)
@pytest.mark.parametrize("rows", [1, 5, 12])
def test_every_form_of_line(line: str, ulps: int, rows: int) -> None:
    rng = np.random.default_rng(2)
    arrays = {
        "x": rng.normal(size=(rows, 5)),
        "w": rng.normal(size=(rows, 5, 7)),
        "v": np.broadcast_to(rng.normal(size=(rows, 5, 1)), (rows, 5, 7)),
        "one": np.ones(1),
        "mask": rng.random((rows, 5, 7)) < 0.5,
        "f": rng.normal(size=(rows, 36)),
        "c": rng.normal(size=(rows, 5, 7)),
        "r": np.zeros((rows, 5)),
        "k": np.zeros((rows, 5, 1)),
        "column7": np.ones((7, 1)),
        "i0": rng.integers(0, 36, size=(5, 7)),
        "i1": np.repeat(np.arange(3, 8), 7).reshape(5, 7),
        "i2": (np.arange(5)[:, None] * 6 + np.arange(7)).reshape(5, 7),
        "i3": rng.permutation(36),
        "i4": np.array([0, 1, 20, 21]),
    }
    setup = "v = np.broadcast_to(v[:, :, :1], (B, 5, 7))\n"  # a view again, in each namespace
    text = f"{setup}def forward():\n    {line}\n    return x, w, v, mask, f, c, r, k\n"
    if "x[..., None]" in line:
        text = text.replace(line, "np.multiply(m0, w, out=c)").replace(
            setup, f"{setup}m0 = x[..., None]\n"
        )
    assert lines_fused(text, rows, arrays) == 1
    expected, found = (run(text, rows, arrays, native) for native in (False, True))
    for name in "fcrk":
        if ulps == 0:
            np.testing.assert_array_equal(found[name], expected[name])
        else:
            np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=ulps * 1e-15)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 4, 4), (5, 3, 9), (3, 27, 16), (16, 6, 2)])
def test_products(shape: tuple[int, int, int], turned: bool) -> None:
    m, k, n = shape
    rng = np.random.default_rng(3)
    for rows in (1, 3, 8):
        right = rng.normal(size=(n, k)) if turned else rng.normal(size=(k, n))
        arrays = {"a": rng.normal(size=(rows * m, k)), "b": right, "y": np.zeros((rows * m, n))}
        text = f"def forward():\n    np.dot(a, b{'.T' * turned}, out=y)\n    return a, b, y\n"
        assert lines_fused(text, rows, arrays) == 1
        expected, found = (run(text, rows, arrays, native)["y"] for native in (False, True))
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
        stack = {
            "a": rng.normal(size=(rows, 2, m, k)),
            "b": rng.normal(size=(rows, 2, n, k) if turned else (rows, 2, k, n)),
            "y": np.zeros((rows, 2, m, n)),
        }
        b = "b.swapaxes(-1, -2)" if turned else "b"
        text = f"def forward():\n    np.matmul(a, {b}, out=y)\n    return a, b, y\n"
        assert lines_fused(text, rows, stack) == 1
        expected, found = (run(text, rows, stack, native)["y"] for native in (False, True))
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def test_a_product_by_zero_keeps_what_is_no_number() -> None:
    arrays = {"a": np.array([[0.0]]), "b": np.array([[np.inf]]), "y": np.zeros((1, 1))}
    text = "def forward():\n    np.dot(a, b, out=y)\n    return a, b, y\n"
    assert np.isnan(run(text, 1, arrays, True)["y"]).all()


@pytest.mark.parametrize(
    "line",
    [
        "y[:, i] = x",  # places that NumPy looks up
        "np.add(x, x.take(i, axis=1), out=y)",  # a copy
        "np.add(a0, x, out=y)",  # an argument
        "np.isfinite(x, out=flag)",  # no native form
        "np.add(n, 1, out=n)",  # whole numbers
        "y[...] = np.cumsum(x, axis=1)",
        "np.dot(big, huge, out=wide)",  # better by BLAS
        "np.add(flag, flag, out=y)",  # of masks NumPy's sum is "or"
        "np.add(flag, flag, out=flag)",
        "np.copyto(flag, x, casting='unsafe')",  # 2.5 is True
        "flag[...] = x",
        "np.maximum(flag, flag, out=y)",
    ],
)
def test_lines_that_stay_numpys(line: str) -> None:
    rng = np.random.default_rng(4)
    arrays = {
        "x": rng.normal(size=(3, 4)),
        "y": np.zeros((3, 4)),
        "i": np.array([3, 2, 1, 0]),
        "n": np.arange(12).reshape(3, 4),
        "flag": np.zeros((3, 4), bool),
        "big": rng.normal(size=(3, 100)),
        "huge": rng.normal(size=(100, 100)),
        "wide": np.zeros((3, 100)),
    }
    text = f"def forward(a0=None):\n    {line}\n    return x, y, n, flag, big, huge, wide\n"
    assert lines_fused(text, 3, arrays) == 0


def test_other_rows_are_waited_for() -> None:
    """Here 4 numbers, the same for all rows, are as many as rows."""
    arrays = {"p": np.arange(4.0), "q": np.zeros(4), "x": np.ones((4, 4)), "y": np.zeros((4, 4))}
    text = "def forward():\n    np.exp(p, out=q)\n    np.add(x, q, out=y)\n    return p, q, x, y\n"
    assert lines_fused(text, 4, arrays) == 2
    expected, found = (run(text, 4, arrays, native)["y"] for native in (False, True))
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_a_block_takes_whole_rows_only() -> None:
    q = np.zeros(5)
    block = Block(2)
    known = {id(q)}
    first = strided.loop_of("copy", (q[:4], 1.0), known, 2)
    assert first is not None
    assert not block.add(first)  # of q two rows would be five numbers


def test_what_one_block_uses_is_kept_for_its_rows_only() -> None:
    text = (
        "t0 = np.empty((B, 64))\nt1 = np.zeros((B, 65))\nt2 = np.empty((B, 64))\n"
        "i = np.arange(64, 0, -1)\n"
        "def forward():\n    np.exp(x, out=t0)\n    t1[:, 0:64] = t0\n"
        "    np.take(t1, i, axis=1, mode='clip', out=t2)\n    return (t2,)\n"
    )
    x = np.random.default_rng(5).normal(size=(1000, 64))
    names = run(text, 1000, {"x": x}, True)
    (block,) = [item for name, item in names.items() if name.startswith("loops")]
    assert len(block.keeps[1]) == 2  # t0 and t1
    assert all(len(array) < 1000 for array in block.keeps[1].values())
    expected = np.exp(x)[:, ::-1].copy()
    expected[:, 1:] = expected[:, :-1].copy()
    expected[:, 0] = 0.0
    np.testing.assert_allclose(names["t2"], expected, rtol=1e-14)


def attention(weights: list[list[Value]], x: list[list[Value]]) -> Value:
    """A softmax of scores, causal, and a sum: some of all that a program may have."""
    keys = [[autograd.dot(w, row) for w in weights] for row in x]
    total = Value(0.0)
    for i, row in enumerate(keys):
        scores = [autograd.dot(row, other) for other in keys[: i + 1]]
        shares = autograd.softmax(scores)
        total = total + sum((s * other[0]).tanh() for s, other in zip(shares, keys, strict=False))
    return total


@pytest.mark.usefixtures("always")
def test_a_program_is_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    weights = [[Value(w) for w in row] for row in rng.normal(size=(3, 4))]
    x = rng.normal(size=(20, 6, 4))
    fused = autograd.compile(lambda x: attention(weights, x), batch=True)
    value, slopes = fused.value_and_grad(x)
    assert "NumPy and native loops" in str(fused)
    monkeypatch.setattr(source, "FUSING", 10**18)
    plain = autograd.compile(lambda x: attention(weights, x), batch=True)
    expected, others = plain.value_and_grad(x)
    assert str(plain).endswith("; NumPy")
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(slopes, others, rtol=1e-11, atol=1e-13)
    found = np.zeros((3, 4))
    for row in x:
        for v in (w for each in weights for w in each):
            v.grad = 0.0
        attention(weights, [list(map(Value, each)) for each in row]).backward()
        found = found + np.array([[w.grad for w in each] for each in weights]) / len(x)
    np.testing.assert_allclose(np.reshape(slopes, (3, 4)), found, rtol=1e-11, atol=1e-13)


@pytest.mark.usefixtures("always")
def test_threads_have_their_own() -> None:
    rng = np.random.default_rng(7)
    weights = [[Value(w) for w in row] for row in rng.normal(size=(3, 4))]
    program = autograd.compile(lambda x: attention(weights, x), batch=True)
    data = rng.normal(size=(8, 30, 5, 4))
    expected = [program(x) for x in data]
    found: list[Any] = [None] * 8

    def work(i: int) -> None:
        for _ in range(20):
            found[i] = program(data[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine, other in zip(found, expected, strict=True):
        assert np.array_equal(mine, other)


def test_counts_decide() -> None:
    model = nn.MLP(6, [8, 3], rng=random.Random(0))
    program = autograd.compile(lambda x: model(x), batch=True)
    program(np.ones((10, 6)))
    assert str(program).endswith("; NumPy")
    program(np.ones((300_000, 6)))
    assert str(program).endswith("; NumPy and native loops")


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_training_is_what_it_was(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    X, y = rng.normal(size=(100, 5)), rng.integers(0, 3, size=100)
    losses = []
    for fusing in (0, 10**18):
        monkeypatch.setattr(source, "FUSING", fusing)
        model = nn.MLP(5, [7, 3], rng=random.Random(1))
        history = nn.fit(
            model, X, y, loss="cross_entropy", epochs=4, optimizer=optimizer, seed=2, batch_size=32
        )
        losses.append(history.loss)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-11)
