"""minimize and root: SciPy's solvers on functions of nested scalars, with exact derivatives.

A solver moves one flat array. Here it is put into the nesting of `x0`, where the function and its
derivatives are computed, and what they return is put into one array again. All else is SciPy's:
steps, tolerances, bounds, and what becomes of points where the function is infinite.
Invariant: SciPy is imported when a solver is called, and no success is claimed where f is nan.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.modes import recording
from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.functional import hessian, hvp, jacobian, value_and_grad, vjp
from autograd.nesting import Structure, flatten, unflatten

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

Function = Callable[..., Any]
Array = np.ndarray[Any, np.dtype[np.float64]]

# SciPy's methods by the derivatives that they take.
TAKES = {
    "": ["Nelder-Mead", "Powell", "COBYLA", "COBYQA"],
    "jac": ["BFGS", "CG", "L-BFGS-B", "TNC", "SLSQP"],
    "jac hessp": ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"],
    "jac hess": ["Newton", "trust-exact", "dogleg"],
}
METHODS = {name: taken.split() for taken, names in TAKES.items() for name in names}


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
        f: takes x, nested as `x0`, and returns one scalar.
        x0: the start: a scalar, or nested lists, tuples, dicts and arrays of scalars; of Values,
            their numbers. Nothing in it is changed.
        method: SciPy's, by its name; it gets the exact first and second derivatives that it takes.
            "Newton" is "trust-exact", which has the Hessian, in a trust region.
        bounds: as SciPy takes them, one pair (lowest, highest) for each scalar of `x0` in order.
        callback: called after each step with x, nested as `x0`. All others are SciPy's.

    Returns the result as SciPy gives it; `x`, `jac` and `hess` are nested as `x0` and its
    derivatives are, and `success` is False where `f` is not finite at `x`. Raises `TypeError` where
    `f` does not return one scalar, and inside a function that is being differentiated or compiled.
    """
    optimize, name, at = _prepare("minimize", f, args, method, METHODS)
    nested, takes = _Nested(x0), METHODS[name]

    def scalar(x: Any) -> Any:
        result = at(x)
        if isinstance(result, list | tuple | dict | np.ndarray):
            raise TypeError(
                f"`minimize` needs a function of one scalar result, got {result!r:.60}: return the "
                "sum of squares, or solve f(x) = 0 with `root`"
            )
        return result

    def both(x: Array) -> tuple[float, Array]:
        value, gradient = value_and_grad(scalar)(nested(x))
        return float(value), _flat(gradient)

    exact: dict[str, Any] = {
        "jac": True,  # the function returns both
        "hess": lambda x: _flat(hessian(scalar)(nested(x))).reshape(len(x), len(x)),
        "hessp": lambda x, v: _flat(hvp(scalar, nested(x), nested(v))),
    }
    result = optimize.minimize(
        both if takes else lambda x: both(x)[0],
        nested.start,
        method="trust-exact" if name == "Newton" else name,
        **{derivative: exact[derivative] for derivative in takes},
        bounds=bounds,
        tol=tol,
        callback=None if callback is None else lambda x, *state: callback(nested(x)),
        options=options,
    )
    _finish(result, nested)
    if "jac" in result:  # that of trust-constr is of the constraints, and there are none
        result.jac = nested(result.get("grad", result.jac))
    if "hess" in result:
        result.hess = hessian(scalar)(result.x)
    return result


def root(
    f: Function,
    x0: Any,
    *,
    args: Any = (),
    method: str = "hybr",
    tol: float | None = None,
    options: dict[str, Any] | None = None,
) -> "OptimizeResult":
    """Find x with `f(x, *args)` = 0 from the start `x0`, with the exact Jacobian.

    `f` returns as many scalars as `x0` holds, nested in any way. The `method` of
    `scipy.optimize.root` is "hybr" (Powell's hybrid method) or "lm" (Levenberg and Marquardt's; it
    takes more equations than unknowns, and also calls a minimum of the sum of squares a success);
    SciPy's others take no Jacobian. Returns the result as SciPy gives it, `x` nested as `x0` and
    `fun` as what `f` returns. All else is as in `minimize`.
    """
    optimize, name, at = _prepare("root", f, args, method, ("hybr", "lm"))
    nested = _Nested(x0)
    structure: Structure = None  # of what `f` returns

    def residuals(x: Array) -> Array:
        nonlocal structure
        leaves: list[Any] = []
        structure = flatten(vjp(at, nested(x))[0], leaves, structure)
        if name == "hybr" and len(leaves) != len(x):
            raise ValueError(f"`root` has {len(x)} unknowns, but `f` returned {len(leaves)}")
        return np.array(leaves, dtype=float)

    def derivatives(x: Array) -> Array:
        return _flat(jacobian(at)(nested(x)), structure).reshape(-1, len(x))

    settings = {"method": name, "jac": derivatives, "tol": tol, "options": options}
    result = optimize.root(residuals, nested.start, **settings)
    _finish(result, nested)
    result.fun = unflatten(structure, result.fun.tolist())
    return result


class _Nested:
    """The nesting of `x0`: its scalars in the array `start`; called, it nests an array so."""

    def __init__(self, x0: Any) -> None:
        leaves: list[Any] = []
        self.structure = flatten(x0, leaves)
        if not leaves:
            raise ValueError(f"`x0` must hold one scalar or more, got {x0!r:.60}")
        numbers = [x.data if isinstance(x, Value) else as_float(x, "x0") for x in leaves]
        self.start: Array = np.array(numbers, dtype=float)

    def __call__(self, x: Array) -> Any:
        return unflatten(self.structure, np.ravel(x).tolist())


def _flat(item: Any, like: Structure = None) -> Array:
    """The numbers in `item` in one array; dicts in the order of the structure `like`."""
    leaves: list[Any] = []
    flatten(item, leaves, like)
    return np.array(leaves, dtype=float)


def _prepare(solver: str, f: Any, args: Any, method: Any, known: Any) -> tuple[Any, str, Function]:
    """Return `scipy.optimize`, the name in `known` that `method` is, and `f` as a function of x."""
    try:
        from scipy import optimize
    except ImportError:
        raise ImportError(f"`{solver}` needs SciPy: pip install 'seegrad[optimize]'") from None
    if not callable(f):
        raise TypeError(f"`{solver}` needs a function, got {f!r:.60}")
    if recording():
        raise TypeError(
            f"`{solver}` was called in a function that is being differentiated or compiled: no "
            "derivative passes through its iterations. Call it outside, on numbers"
        )
    names = {name.lower(): name for name in known}
    if str(method).lower() not in names:
        listed = ", ".join(f"`{name}`" for name in names.values())
        raise ValueError(f"`{solver}` has no method {method!r:.60}: choose one of {listed}")
    args = args if isinstance(args, tuple) else (args,)
    return optimize, names[method.lower()], lambda x: f(x, *args)


def _finish(result: "OptimizeResult", nested: _Nested) -> None:
    result.x = nested(result.x)  # to SciPy's "lm" nan is a solution, to "L-BFGS-B" -inf a minimum
    if not np.isfinite(result.fun).all():
        result.success = False
        result.message = f"{result.message} The function is not finite at `x`."
