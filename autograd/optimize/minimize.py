"""minimize: a minimum of a plain function of nested scalars, by SciPy's methods and one more.

The solver moves a flat array and gets exact derivatives, as far as its method takes them.
Invariant: what the result says of the scalars of `x0` is nested as they are.
"""

from traceback import walk_tb
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.modes import Differentiating, without
from autograd.functional import Function, hessian
from autograd.optimize.bounds import pairs
from autograd.optimize.flat import Array, Flat
from autograd.optimize.gradient_descent import gradient_descent
from autograd.optimize.objective import Objective
from autograd.optimize.solvers import prepare

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

# What a method takes: the gradient, the Hessian or its products with vectors, bounds.
TAKES = {
    "jac": ["gradient descent", "BFGS", "CG"],
    "jac bounds": ["L-BFGS-B", "TNC", "SLSQP"],
    "jac hess": ["Newton", "trust-exact", "dogleg"],
    "jac hessp": ["Newton-CG", "trust-ncg", "trust-krylov"],
    "jac hessp bounds": ["trust-constr"],
    "bounds": ["Nelder-Mead", "Powell", "COBYLA", "COBYQA"],
}
OWN: dict[str, Any] = {"gradient descent": gradient_descent, "Newton": "trust-exact"}
CLIPPING, CLIPPED = ("COBYLA", "COBYQA"), 1e30
METHODS = {name: set(taken.split()) for taken, names in TAKES.items() for name in names}


@without(Differentiating)
def minimize(
    f: Function,
    x0: Any,
    *,
    args: Any = (),
    method: str = "BFGS",
    tol: float | None = None,
    bounds: Any = None,
    callback: Function | None = None,
    options: dict[str, Any] | None = None,
) -> "OptimizeResult":
    """Find a minimum of the scalar `f(x, *args)` from the start `x0`, with exact derivatives.

    Args:
        f: takes nested lists, tuples and dicts of scalars, or one scalar, and returns one.
        x0: the start, nested as `f` takes it; of Values, their numbers. Nothing in it is changed.
        args: further arguments of `f`.
        method: one of `scipy.optimize.minimize` by its name: "BFGS", "L-BFGS-B", ... Each gets the
            gradient and the second derivatives that it takes; "Nelder-Mead", "Powell", "COBYLA" and
            "COBYQA" take none. "Newton" is SciPy's "trust-exact", Newton's method in a trust region
            with the exact Hessian, to a `gtol` of 1e-5 for SciPy's 1e-4; where rounding stops it
            before, `success` is False. "gradient descent" has the options of
            `autograd.optimize.gradient_descent`, such as a fixed `learning_rate`.
        tol: the tolerance; what is compared with it is up to the method.
        bounds: pairs (lowest, highest), nested as `x0`; None at either end or for a pair: no bound.
        callback: called after each step with x, nested as `x0`; it may raise `StopIteration`.
        options: of the method, such as `maxiter` and `gtol`.

    Returns the result as SciPy gives it; `x` and `jac`, the gradient, are nested as `x0`, `hess` as
    `hessian` nests it. A trial point where `f` or its gradient is infinite or nan is refused.

    Raises `ImportError` without SciPy; `TypeError` where `f` does not return one scalar, or inside
    a function that is being differentiated; `ValueError` for a method that does not exist or takes
    no bounds, and where `f` or its gradient is not finite at the start.
    """
    optimize, name = prepare("minimize", f, method, METHODS)
    takes = METHODS[name]
    flat = Flat(x0)
    if bounds is not None and "bounds" not in takes:
        able = ", ".join(f"`{other}`" for other in METHODS if "bounds" in METHODS[other])
        raise ValueError(f"the method {name!r} takes no `bounds`: choose one of {able}")
    if name == "Newton":
        options = {"gtol": 1e-5 if tol is None else tol, **(options or {})}
    shielded = "jac" in takes and name != "gradient descent"
    objective = Objective(f, args if isinstance(args, tuple) else (args,), flat, shielded)
    fun = objective.value_and_gradient if "jac" in takes else objective.value
    visited: list[Array] = []

    try:
        # methods without derivatives run into infinite values and subtract them
        with np.errstate(invalid="ignore", over="ignore"):
            result = optimize.minimize(
                fun,
                flat.start,
                method=OWN.get(name, name),
                jac="jac" in takes or None,
                hess=objective.hessian if "hess" in takes else None,
                hessp=objective.hessian_product if "hessp" in takes else None,
                bounds=None if bounds is None else pairs(flat.structure, bounds),
                tol=tol,
                callback=None if callback is None else _hook(callback, flat, visited),
                options=options,
            )
    except _Stopped:
        result = optimize.OptimizeResult(x=visited[-1], nit=len(visited), success=False, status=99)
        result.message, result.nfev = "`callback` raised `StopIteration`.", objective.evaluations
        result.fun = fun(result.x)
        if "jac" in takes:
            result.fun, result.jac = result.fun
    except ValueError as error:  # infinite numbers inside a solver, as where f has no minimum
        if objective.best is None or objective.best[2] is None or not _is_of_solver(error):
            raise
        result = optimize.OptimizeResult(success=False, status=97, nfev=objective.evaluations)
        result.x, result.fun, result.jac = objective.best
        result.message = f"The method failed: {error}. This is the best point so far."
    if "grad" in result:  # trust-constr: its `jac` is that of the constraints, and there are none
        result.jac = result.grad
    if objective.best is not None and objective.refuses(result.x):
        result.x, result.fun, gradient = objective.best
        result.success, result.status = False, 98
        result.message = "The method ended where `f` is not finite; this is the best point before."
        for part in {"jac", "grad"} & result.keys():
            result[part] = gradient
    if name in CLIPPING and (value := objective.value(np.ravel(result.x))) > CLIPPED:
        result.fun, result.success, result.status = value, False, 96
        result.message = f"All values above {CLIPPED:g} are the same to the method."
    result.fun = float(result.fun)
    for part in {"x", "jac", "grad"} & result.keys():
        result[part] = flat.nest(result[part])
    if "hess" in takes:  # the method may have seen the identity in its place
        result.hess = hessian(objective.f)(result.x)
    if "allvecs" in result:
        result.allvecs = [flat.nest(x) for x in result.allvecs]
    return result


def _is_of_solver(error: ValueError) -> bool:
    """Whether it was raised in the solver, and not in what the solver called."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)][1:]
    return all(frame.f_globals["__name__"].startswith(("scipy.", "numpy.")) for frame in frames)


def _hook(callback: Function, flat: Flat, visited: list[Array]) -> Function:
    """What SciPy calls after each step: it notes where, and calls `callback`."""

    def hook(x: Array, *state: Any) -> None:
        visited.append(np.array(x))
        try:
            callback(flat.nest(x))
        except StopIteration:
            raise _Stopped from None

    return hook


class _Stopped(Exception):
    """The callback raised `StopIteration`, which not all of SciPy's methods take in one way."""
