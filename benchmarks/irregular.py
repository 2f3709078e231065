"""One evaluation of an irregular program: a pendulum by 100 Runge-Kutta steps, value and gradient.

python benchmarks/irregular.py

The angle after 100 steps of the classical Runge-Kutta method, and its derivatives by the initial
angle and speed, the length and the damping. Nothing repeats that NumPy could use: the compiler
writes straight-line Python. Peers: micrograd, CasADi's SX functions in its virtual machine.
"""

import math
from collections.abc import Callable
from typing import Any

from side_by_side import Step, compare, table

import autograd
from autograd import Value

START = (0.5, 0.1, 1.3, 0.05)
STEPS = 100


def pendulum(angle: Any, speed: Any, length: Any, damping: Any, sin: Callable[[Any], Any]) -> Any:
    """The angle after STEPS steps of 0.05 s."""
    h = 0.05

    def slope(angle: Any, speed: Any) -> tuple[Any, Any]:
        return speed, -9.81 / length * sin(angle) - damping * speed

    for _ in range(STEPS):
        a1, s1 = slope(angle, speed)
        a2, s2 = slope(angle + h / 2 * a1, speed + h / 2 * s1)
        a3, s3 = slope(angle + h / 2 * a2, speed + h / 2 * s2)
        a4, s4 = slope(angle + h * a3, speed + h * s3)
        angle = angle + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        speed = speed + h / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
    return angle


def compiled() -> Step:
    """seegrad, compiled."""
    leaves = [Value(x) for x in START]
    program = autograd.compile(lambda: pendulum(*leaves, autograd.sin))
    return program.value_and_grad


def eager() -> Step:
    """seegrad, eager."""

    def step() -> Any:
        leaves = [Value(x) for x in START]
        result = pendulum(*leaves, autograd.sin)
        result.backward()
        return result.data, [leaf.grad for leaf in leaves]

    return step


def micrograd() -> Step:
    """micrograd, with a sine written as its own operations are."""
    import sys

    from micrograd.engine import Value as MicrogradValue

    sys.setrecursionlimit(100_000)  # its backward recurses as deep as the graph

    def sin(x: Any) -> Any:
        out = MicrogradValue(math.sin(x.data), (x,), "sin")

        def backward() -> None:
            x.grad += math.cos(x.data) * out.grad

        out._backward = backward
        return out

    def step() -> Any:
        leaves = [MicrogradValue(x) for x in START]
        result = pendulum(*leaves, sin)
        result.backward()
        return result.data, [leaf.grad for leaf in leaves]

    return step


def casadi() -> Step:
    """CasADi: the same scalars as SX, value and gradient as one function."""
    import casadi as ca

    leaves = ca.SX.sym("p", 4)
    result = pendulum(*[leaves[i] for i in range(4)], ca.sin)
    function = ca.Function("f", [leaves], [result, ca.gradient(result, leaves)])
    start = ca.DM(START)
    return lambda: function(start)


def main() -> None:
    """Check that all agree, then print the table."""
    found, wanted = compiled()(), eager()()  # a step returns what its peer computes
    assert isinstance(found, tuple) and isinstance(wanted, tuple)
    (value, gradient), (expected, slopes) = found, wanted
    assert math.isclose(value, expected, rel_tol=1e-12)
    assert all(
        math.isclose(a, b, rel_tol=1e-10)
        for a, b in zip(sorted(gradient), sorted(slopes), strict=True)
    )
    peers = {
        "seegrad, compiled": "compiled",
        "seegrad, eager": "eager",
        "micrograd": "micrograd",
        "CasADi, SX": "casadi",
    }
    medians = compare("irregular", peers, rounds=21)
    rows: list[tuple[Any, ...]] = [
        ("pendulum, value and gradient", "median us", "faster than micrograd")
    ]
    for name, seconds in medians.items():
        rows.append((name, f"{1e6 * seconds:.0f}", f"{medians['micrograd'] / seconds:.1f} x"))
    print(table(rows))


if __name__ == "__main__":
    main()
