"""minimize and root: SciPy's solvers on functions of nested scalars, with exact derivatives.

A solver moves one flat array. Here it is put into the nesting of `x0`, where the function and its
derivatives are computed. All else is SciPy's: steps, bounds, what is done where f is infinite.
Invariant: SciPy is imported when a solver is called, and no success is claimed where f is nan.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.modes import recording, without
from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.functional import Function, grad, hessian, hvp, jacobian, value_and_grad, vjp
from autograd.grad_mode import Training
from autograd.nesting import Structure, flatten, unflatten

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

Array = np.ndarray[Any, np.dtype[np.float64]]

TAKES = {  # SciPy's methods by the derivatives that they take
    "": ["Nelder-Mead", "Powell", "COBYLA", "COBYQA"],
    "jac": ["BFGS", "CG", "L-BFGS-B", "TNC", "SLSQP"],
    "jac hessp": ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"],
    "jac hess": ["Newton", "trust-exact", "dogleg"],
}
METHODS = {name: taken.split() for taken, names in TAKES.items() for name in names}


@without(Training)  # a loss that `nn.fit` runs may call a solver: what it finds is data
def minimize(
    f: Function,
    x0: Any,
    *,
    args: Any = (),
    method: str | None = None,
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
        method: SciPy's, which gets the derivatives that it takes. "Newton" is "trust-exact". By
            default "BFGS", with bounds "L-BFGS-B", as SciPy has it.
        bounds: as SciPy takes them, one pair (lowest, highest) for each scalar of `x0` in order.
        callback: called after each step with x, nested as `x0`. `tol` and `options` are SciPy's.

    Returns SciPy's result, its parts `x`, `jac` and `hess` nested; no success where `f` is not
    finite. Raises `TypeError` inside a function that is being differentiated or compiled.
    """
    if method is None:
        method = "BFGS" if bounds is None else "L-BFGS-B"
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

    def slopes(x: Any) -> list[Any]:
        return _apart(grad(scalar)(x))[1]

    exact: dict[str, Any] = {
        "jac": True,  # the function returns both
        "hess": lambda x: _flat(jacobian(slopes)(nested(x))).reshape(len(x), len(x)),
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
    if takes:  # the `jac` of trust-constr is that of the constraints, and there are none
        result.jac = nested(result.get("grad", result.jac))
    if "hess" in takes:
        result.hess = hessian(scalar)(result.x)
    return result


@without(Training)
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
    takes more equations than unknowns, and also calls a minimum of the sum of squares a success).
    Returns SciPy's result, `x` nested as `x0`, `fun` as what `f` returns. All else is as for
    `minimize`. Raises `ValueError` for another `method` or another number of scalars than `x0` has.
    """
    optimize, name, at = _prepare("root", f, args, method, ("hybr", "lm"))
    nested = _Nested(x0)
    structure: Structure = None  # of what `f` returns

    def equations(x: Any) -> list[Any]:
        nonlocal structure
        structure, leaves = _apart(at(x), structure)
        return leaves

    def residuals(x: Array) -> Array:
        found = _flat(vjp(equations, nested(x))[0])
        if name == "hybr" and len(found) != len(x):
            raise ValueError(f"`root` has {len(x)} unknowns, but `f` returned {len(found)}")
        return found

    def derivatives(x: Array) -> Array:
        return _flat(jacobian(equations)(nested(x))).reshape(-1, len(x))

    settings = {"method": name, "jac": derivatives, "tol": tol, "options": options}
    result = optimize.root(residuals, nested.start, **settings)
    _finish(result, nested)
    result.fun = unflatten(structure, result.fun.tolist())
    return result


class _Nested:
    """The nesting of `x0`: its scalars in the array `start`; called, it nests an array so."""

    def __init__(self, x0: Any) -> None:
        self.structure, leaves = _apart(x0)
        if not leaves:
            raise ValueError(f"`x0` must hold one scalar or more, got {x0!r:.60}")
        numbers = [x.item() if isinstance(x, Value | np.ndarray) else x for x in leaves]
        self.start: Array = np.array([as_float(x, "x0") for x in numbers])

    def __call__(self, x: Array) -> Any:
        return unflatten(self.structure, np.ravel(x).tolist())


def _apart(item: Any, like: Structure = None) -> tuple[Structure, list[Any]]:
    """The structure of `item`, dicts in the order that they have in `like`, and its scalars."""
    leaves: list[Any] = []
    return flatten(item, leaves, like), leaves


def _flat(item: Any) -> Array:
    return np.array(_apart(item)[1], dtype=float)


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
    more = args if isinstance(args, tuple) else (args,)
    return optimize, names[method.lower()], lambda x: f(x, *more)


def _finish(result: "OptimizeResult", nested: _Nested) -> None:
    result.x = nested(result.x)  # to SciPy's "lm" nan is a solution, to "L-BFGS-B" -inf a minimum
    if not np.isfinite(result.fun).all():
        result.success = False
        result.message = f"{result.message} The function is not finite at `x`."
