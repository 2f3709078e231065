"""Irregular programs, value and gradient: one evaluation of four, and a thousand rows of the first.

python benchmarks/irregular.py [pendulum] [rows] [bodies] [lstm] [springs]

Nothing repeats in them that NumPy could use: the compiler writes straight-line code, native where
llvmlite is installed, and runs rows in blocks. Peers: NumPy by hand, micrograd, PyTorch, SX
functions in CasADi's virtual machine, called as users do and through its buffers, and JAX, for
which the programs are written anew, on arrays and with scans (`irregular_jax`). "Compile" is the
time until the first answer, after imports; where a peer compiles nothing it is the first call.
"""

import math
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import irregular_jax
import numpy as np
from side_by_side import CompiledStep, Step, compare, table

import autograd
from autograd import Value

STEPS = 100
ROWS = 1000


def timed(make: Callable[[], Step]) -> Step:
    """Return the step that `make` makes, with the time to make it and to run it once."""
    start = time.perf_counter()
    step = make()
    step()
    return CompiledStep(step, time.perf_counter() - start)


class Work:
    """A scalar function of a list of numbers, `function(numbers, maths)`, at a point."""

    def __init__(self, function: Callable[[Any, Any], Any], start: list[float]) -> None:
        self.function, self.start = function, start

    def compiled(self) -> Step:
        """seegrad, compiled."""
        leaves = [Value(x) for x in self.start]
        program = autograd.compile(lambda: self.function(leaves, autograd))
        return timed(lambda: program.value_and_grad)

    def eager(self) -> Step:
        """seegrad, eager."""

        def step() -> Any:
            leaves = [Value(x) for x in self.start]
            result = self.function(leaves, autograd)
            result.backward()
            return result.data, [leaf.grad for leaf in leaves]

        return timed(lambda: step)

    def torch(self) -> Step:
        """PyTorch, number by number, as it has no other way."""
        import torch

        torch.set_num_threads(1)

        def step() -> Any:
            leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in self.start]
            result = self.function(leaves, torch)
            result.backward()
            return result.item(), [leaf.grad.item() for leaf in leaves]

        return timed(lambda: step)

    def _casadi(self) -> Any:
        import casadi as ca

        leaves = ca.SX.sym("p", len(self.start))
        result = self.function([leaves[i] for i in range(len(self.start))], ca)
        return ca.Function("f", [leaves], [result, ca.densify(ca.gradient(result, leaves))])

    def casadi(self) -> Step:
        """CasADi: the same scalars as SX, value and gradient as one function."""
        import casadi as ca

        start = ca.DM(self.start)

        def make() -> Step:
            function = self._casadi()
            return lambda: function(start)

        return timed(make)

    def casadi_buffers(self) -> Step:
        """The same on memory of ours: its fastest call."""

        def make() -> Step:
            return _on_buffers(self._casadi(), np.array(self.start), [1, len(self.start)])

        return timed(make)


def _on_buffers(function: Any, inputs: Any, sizes: list[int]) -> Step:
    buffer, call = function.buffer()
    results = [np.zeros(size) for size in sizes]
    buffer.set_arg(0, memoryview(inputs))
    for i, result in enumerate(results):
        buffer.set_res(i, memoryview(result))

    def step() -> Any:
        call()
        return results[0][0], results[1], inputs, buffer  # which are kept alive

    return step


def swing(numbers: Any, maths: Any) -> Any:
    """The angle of a pendulum after STEPS steps of 0.05 s by Runge and Kutta's method."""
    angle, speed, length, damping = numbers
    h = 0.05

    def slope(angle: Any, speed: Any) -> tuple[Any, Any]:
        return speed, -9.81 / length * maths.sin(angle) - damping * speed

    for _ in range(STEPS):
        a1, s1 = slope(angle, speed)
        a2, s2 = slope(angle + h / 2 * a1, speed + h / 2 * s1)
        a3, s3 = slope(angle + h / 2 * a2, speed + h / 2 * s2)
        a4, s4 = slope(angle + h * a3, speed + h * s3)
        angle = angle + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        speed = speed + h / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
    return angle


def gravity(numbers: Any, maths: Any) -> Any:
    """How far apart two of five bodies in a plane end, by masses and places; with softening."""
    n = 5
    masses, place = numbers[:n], [[numbers[n + i], numbers[2 * n + i]] for i in range(n)]
    speed = [[0.3 * math.sin(2.0 * i), 0.2 * math.cos(i)] for i in range(n)]
    for _ in range(20):
        pull: list[list[Any]] = [[0.0, 0.0] for _ in range(n)]
        for i in range(n):
            for j in range(i):
                x, y = (place[j][k] - place[i][k] for k in (0, 1))
                near = x * x + y * y + 0.05
                strength = 0.02 / (near * maths.sqrt(near))
                for k, d in enumerate((x, y)):
                    pull[i][k] = pull[i][k] + masses[j] * strength * d
                    pull[j][k] = pull[j][k] - masses[i] * strength * d
        speed = [
            [s + p for s, p in zip(a, b, strict=True)] for a, b in zip(speed, pull, strict=True)
        ]
        place = [
            [x + 0.1 * s for x, s in zip(a, b, strict=True)]
            for a, b in zip(place, speed, strict=True)
        ]
    return sum((a - b) * (a - b) for a, b in zip(place[0], place[1], strict=True))


HIDDEN = 4


def remember(numbers: Any, maths: Any) -> Any:
    """The state of an LSTM cell of HIDDEN units after 50 steps of one number each."""
    width = HIDDEN + 2  # the state, the input and a bias
    rows = [numbers[width * i : width * (i + 1)] for i in range(4 * HIDDEN)]

    def sigmoid(x: Any) -> Any:
        return 1.0 / (1.0 + maths.exp(-x))

    state: list[Any] = [0.0] * HIDDEN
    cell: list[Any] = [0.0] * HIDDEN
    for t in range(50):
        inputs = [*state, math.sin(0.3 * t), 1.0]
        sums = [sum(w * x for w, x in zip(row, inputs, strict=True)) for row in rows]
        for i in range(HIDDEN):
            keep, write, show = (sigmoid(sums[k * HIDDEN + i]) for k in range(3))
            cell[i] = keep * cell[i] + write * maths.tanh(sums[3 * HIDDEN + i])
            state[i] = show * maths.tanh(cell[i])
    return sum(s * s for s in state)


def stretch(numbers: Any, maths: Any) -> Any:
    """The energy of 300 springs between 40 points of a plane, by their places."""
    energy: Any = 0.0
    for k in range(300):
        i, j = k % 40, (7 * k + k // 40 + 1) % 40
        if i != j:
            x, y = (numbers[2 * i + a] - numbers[2 * j + a] for a in (0, 1))
            rest = 0.3 + 0.001 * k
            energy = energy + (maths.sqrt(x * x + y * y + 1e-6) - rest) ** 2 * (1.0 + k % 3)
    return energy


pendulum = Work(swing, [0.5, 0.1, 1.3, 0.05])
SKY = [*(math.cos(1.3 * i) for i in range(5)), *(math.sin(1.7 * i + 0.2) for i in range(5))]
bodies = Work(gravity, [1.0, 0.7, 1.2, 0.5, 0.9, *SKY])
lstm = Work(remember, [0.6 * math.sin(1.0 + 3.7 * i) for i in range(4 * HIDDEN * (HIDDEN + 2))])
springs = Work(stretch, [math.sin(0.7 * i) + 0.3 * math.cos(2.1 * i * i) for i in range(80)])


def pendulum_micrograd() -> Step:
    """micrograd, with a sine written as its own operations are."""
    from micrograd.engine import Value as MicrogradValue

    sys.setrecursionlimit(100_000)  # its backward recurses as deep as the graph

    def sin(x: Any) -> Any:
        out = MicrogradValue(math.sin(x.data), (x,), "sin")

        def backward() -> None:
            x.grad += math.cos(x.data) * out.grad

        out._backward = backward
        return out

    def step() -> Any:
        leaves = [MicrogradValue(x) for x in pendulum.start]
        result = swing(leaves, SimpleNamespace(sin=sin))
        result.backward()
        return result.data, [leaf.grad for leaf in leaves]

    return timed(lambda: step)


def pendulum_jax() -> Step:
    """JAX, a scan."""
    return irregular_jax.pendulum(pendulum.start)


def bodies_jax() -> Step:
    """JAX, a scan over all pairs at once."""
    return irregular_jax.bodies(bodies.start)


def lstm_jax() -> Step:
    """JAX, a scan with matrices."""
    return irregular_jax.lstm(lstm.start, HIDDEN)


def springs_jax() -> Step:
    """JAX, all springs at once."""
    return irregular_jax.springs(springs.start)


def starts() -> Any:
    """Angles and speeds to start from, a thousand of each."""
    return np.random.default_rng(0).normal(0.0, 0.5, (ROWS, 2))


class Rows:
    """A thousand pendulums: the mean of their angles, and its derivatives by length and damping."""

    def compiled(self) -> Step:
        """seegrad, compiled for a batch."""
        length, damping = map(Value, pendulum.start[2:])
        program = autograd.compile(lambda x: swing([*x, length, damping], autograd), batch=True)
        X = starts()
        return timed(lambda: lambda: program.value_and_grad(X))

    def numpy(self) -> Step:
        """NumPy by hand, forward and reverse."""
        x0, v0 = starts().T.copy()
        length, d = pendulum.start[2:]
        h, c = 0.05, -9.81 / length
        reach, weights = (0.0, h / 2, h / 2, h), (h / 6, h / 3, h / 3, h / 6)

        def step() -> Any:
            x, v, kept = x0, v0, []
            for _ in range(STEPS):
                stages: list[tuple[Any, ...]] = []
                moved_x, moved_v = x, v
                for k in range(4):
                    xk = x if not k else x + reach[k] * stages[-1][1]
                    vk = v if not k else v + reach[k] * stages[-1][3]
                    sine = np.sin(xk)
                    sk = c * sine - d * vk
                    stages.append((xk, vk, sine, sk))
                    moved_x, moved_v = moved_x + weights[k] * vk, moved_v + weights[k] * sk
                x, v = moved_x, moved_v
                kept.append(stages)
            bx, bv = np.full(ROWS, 1.0 / ROWS), np.zeros(ROWS)
            bc = bd = 0.0
            for stages in reversed(kept):
                to_v = [w * bx for w in weights]
                to_s = [w * bv for w in weights]
                for k in (3, 2, 1, 0):
                    xk, vk, sine, _ = stages[k]
                    bc, bd = bc + to_s[k].dot(sine), bd - to_s[k].dot(vk)
                    to_x = c * to_s[k] * np.cos(xk)
                    stage_v = to_v[k] - d * to_s[k]
                    bx, bv = bx + to_x, bv + stage_v
                    if k:
                        to_v[k - 1] = to_v[k - 1] + reach[k] * to_x
                        to_s[k - 1] = to_s[k - 1] + reach[k] * stage_v
            return x.mean(), np.array([bc * 9.81 / length**2, bd])

        return timed(lambda: step)

    def casadi(self) -> Step:
        """CasADi's map of the function, on buffers."""
        import casadi as ca

        def make() -> Step:
            x, p = ca.SX.sym("x", 2), ca.SX.sym("p", 2)
            result = swing([x[0], x[1], p[0], p[1]], ca)
            function = ca.Function("f", [x, p], [result, ca.densify(ca.gradient(result, p))])
            step = _on_buffers_of_rows(function.map(ROWS))
            return step

        return timed(make)

    def torch(self) -> Step:
        """PyTorch on vectors of a thousand, one thread."""
        import torch

        torch.set_num_threads(1)
        X = torch.tensor(starts())

        def step() -> Any:
            p = torch.tensor(pendulum.start[2:], dtype=torch.float64, requires_grad=True)
            mean = swing([X[:, 0], X[:, 1], p[0], p[1]], torch).mean()
            mean.backward()
            return mean.item(), p.grad.numpy()

        return timed(lambda: step)

    def jax(self) -> Step:
        """JAX, the scan mapped over a thousand."""
        return irregular_jax.rows(starts(), pendulum.start[2:])


def _on_buffers_of_rows(function: Any) -> Step:
    X, p = starts().ravel(), np.tile(pendulum.start[2:], ROWS)
    value, slopes = np.zeros(ROWS), np.zeros(2 * ROWS)
    buffer, call = function.buffer()
    for i, given in enumerate((X, p)):
        buffer.set_arg(i, memoryview(given))
    for i, result in enumerate((value, slopes)):
        buffer.set_res(i, memoryview(result))

    def step() -> Any:
        call()
        return value.mean(), slopes.reshape(ROWS, 2).mean(axis=0), X, p, buffer

    return step


rows = Rows()
ONE = {
    "seegrad, compiled": "compiled",
    "seegrad, eager": "eager",
    "CasADi, buffers": "casadi_buffers",
    "CasADi, called": "casadi",
    "PyTorch": "torch",
}
WORK: dict[str, dict[str, str]] = {
    **{
        work: {name: f"{work}.{setup}" for name, setup in ONE.items()}
        for work in ("pendulum", "bodies", "lstm", "springs")
    },
    "rows": {
        "seegrad, compiled": "rows.compiled",
        "NumPy by hand": "rows.numpy",
        "CasADi, map": "rows.casadi",
        "PyTorch": "rows.torch",
        "JAX, vmap and scan": "rows.jax",
    },
}
for work in ("pendulum", "bodies", "lstm", "springs"):
    WORK[work]["JAX, scan"] = f"{work}_jax"
WORK["pendulum"]["micrograd"] = "pendulum_micrograd"


def agree(work: str) -> None:
    """Raise where our answer is not that of the peers that are installed."""
    answers = {}
    for name, setup in WORK[work].items():
        owner, _, method = setup.rpartition(".")
        try:
            step = getattr(globals()[owner], method)() if owner else globals()[setup]()
        except ImportError:
            continue
        if name != "CasADi, called":  # whose numbers are matrices of its own
            answers[name] = step()
    (value, slopes, *_), *others = answers.values()
    for other, theirs, *_ in others:
        assert math.isclose(value, other, rel_tol=1e-9)
        for a, b in zip(sorted(slopes), sorted(theirs), strict=True):
            assert math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9)


def main() -> None:
    """Check that all agree, then print a table for each work asked for."""
    for work in sys.argv[1:] or WORK:
        agree(work)
        compiled: dict[str, float] = {}
        medians = compare("irregular", WORK[work], rounds=11, compiled=compiled)
        ours = medians["seegrad, compiled"]
        lines: list[tuple[Any, ...]] = [(work, "median us", "seegrad's time / its", "compile s")]
        for name, seconds in medians.items():
            ratio = f"{ours / seconds:.3f}"
            lines.append(
                (name, f"{1e6 * seconds:.0f}", ratio, f"{compiled.get(name, math.nan):.2f}")
            )
        print(table(lines) + "\n", flush=True)


if __name__ == "__main__":
    main()
