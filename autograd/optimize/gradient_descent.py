"""Gradient descent: against the gradient, as far as a line search finds good.

The step to try first is the inverse of the curvature along the step before, and is halved until
it is good. Invariant: without a `learning_rate`, a step is taken only where it decreases the value
by a fair share of what the slope promises (Armijo's rule).
"""

from typing import Any, NamedTuple

import numpy as np

from autograd.functional import Function
from autograd.optimize.flat import Array

FAIR_SHARE = 1e-4  # Nocedal and Wright, Numerical Optimization (2006), section 3.1
TRIALS = 60  # of one step, ever shorter; by then it is lost in the rounding of x

MESSAGES = [
    "Optimization terminated successfully: the gradient is within `gtol`.",
    "Maximum number of iterations has been exceeded.",
    "No step that was tried decreases the function.",
    "The function is not finite after a step: choose a smaller `learning_rate`.",
]


class _Point(NamedTuple):
    x: Array
    fun: float
    jac: Array


def gradient_descent(
    fun: Function,
    x0: Array,
    args: Any = (),
    *,
    jac: Function,
    callback: Function | None = None,
    tol: float = 1e-5,
    gtol: float | None = None,
    maxiter: int | None = None,
    learning_rate: float | None = None,
    hess: None = None,
    hessp: None = None,
    bounds: None = None,
    constraints: tuple[()] = (),
) -> Any:
    """Minimise by gradient descent: a `method` for `scipy.optimize.minimize`.

    It stops where the largest component of the gradient is at most `gtol` (1e-5), or after
    `maxiter` steps (1000 n). With a `learning_rate` each step is that times the gradient; else
    the inverse of the curvature along the step before (Barzilai and Borwein, 1988), which a line
    search only shortens. Raises `ValueError` for a `learning_rate` that is not positive.
    """
    from scipy.optimize import OptimizeResult

    if learning_rate is not None and not 0.0 < learning_rate < np.inf:
        raise ValueError(f"`learning_rate` must be positive and finite, got {learning_rate!r:.60}")
    gtol = tol if gtol is None else gtol
    maxiter = 1000 * len(x0) if maxiter is None else maxiter

    def at(x: Array) -> _Point:
        return _Point(x, float(fun(x, *args)), jac(x, *args))

    before, point = None, at(np.array(x0, dtype=float))
    nit, nfev = 0, 1
    while True:
        if np.max(np.abs(point.jac)) <= gtol:
            status = 0
            break
        if nit >= maxiter:
            status = 1
            break
        step = learning_rate or _first_step(before, point)
        promised = FAIR_SHARE * float(point.jac @ point.jac)
        for _ in range(1 if learning_rate else TRIALS):
            trial = at(point.x - step * point.jac)
            nfev += 1
            highest = np.finfo(float).max if learning_rate else point.fun - step * promised
            if trial.fun <= highest:
                break
            step /= 2.0  # half the evaluations in curved valleys that interpolation took, or fewer
        else:
            status = 3 if learning_rate else 2
            break
        before, point = point, trial
        nit += 1
        if callback is not None:
            callback(point.x.copy())
    run = {"nit": nit, "nfev": nfev, "njev": nfev, "status": status, "success": status == 0}
    return OptimizeResult(**point._asdict(), **run, message=MESSAGES[status])


def _first_step(before: _Point | None, point: _Point) -> float:
    """J. Barzilai and J. M. Borwein, IMA J. Numer. Anal. 8 (1988), formula (5)."""
    length = float(np.linalg.norm(point.jac))
    if before is None:
        return 1.0 / length  # so that x moves by 1, for want of a scale
    moved = point.x - before.x
    square, curvature = moved @ moved, moved @ (point.jac - before.jac)
    return float(square / curvature if curvature > 0.0 else 2.0 * square**0.5 / length)
