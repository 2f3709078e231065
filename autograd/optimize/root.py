"""root: a zero of a plain function of nested scalars, by SciPy's methods with the exact Jacobian.

The function is recorded once at each point, and its Jacobian swept from that recording where the
method asks for it. Invariant: a trial point where something is not finite appears worse than
every point so far, so that it is never the result.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.modes import Differentiating, without
from autograd.functional import Function, vjp
from autograd.nesting import Structure, flatten, unflatten
from autograd.optimize.flat import Array, Flat, as_array
from autograd.optimize.solvers import prepare

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

METHODS = "hybr", "lm"  # SciPy's others take no Jacobian


@without(Differentiating)
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

    Args:
        f: takes nested lists, tuples and dicts of scalars, or one scalar, and returns as many.
        x0: the start, nested as `f` takes it; of Values, their numbers. Nothing in it is changed.
        args: further arguments of `f`.
        method: of `scipy.optimize.root`: "hybr" (Powell's hybrid method) or "lm" (Levenberg and
            Marquardt's, which also ends, with success, where the sum of squares has a minimum
            above 0).
        tol: the tolerance, relative, between two points of the search.
        options: of the method, such as `xtol`.

    Returns the result as SciPy gives it; `x` is nested as `x0`, `fun` as what `f` returns.

    Raises `ImportError` without SciPy; `TypeError` where `f` returns anything but scalars, or
    inside a function that is being differentiated; `ValueError` where it returns more or fewer
    than `x0` has or is not finite at the start, and for a method that does not exist.
    """
    optimize, name = prepare("root", f, method, METHODS)
    flat = Flat(x0)
    system = _System(f, args if isinstance(args, tuple) else (args,), flat)
    result = optimize.root(
        system.residuals, flat.start, method=name, jac=system.jacobian, tol=tol, options=options
    )
    result.x = flat.nest(result.x)
    result.fun = unflatten(system.structure, result.fun.tolist())
    return result


class _System:
    """The function as the solver sees it: n numbers in, n residuals out.

    At a refused point Powell's hybrid method makes no way back from nan, and takes inf for a
    solution; so the residuals there are ten times the largest so far.
    """

    def __init__(self, f: Function, args: tuple[Any, ...], flat: Flat) -> None:
        self.f: Function = lambda x: f(x, *args)
        self.flat = flat
        self.structure: Structure = None
        self.largest = 0.0
        self.x: Array | None = None  # where the function was run last, and what it gave there
        self.found: Array
        self.pull_back: Function

    def residuals(self, x: Array) -> Array:
        """What the function returns, in one flat array."""
        if self.x is not None and np.array_equal(x, self.x):
            return self.found.copy()
        result, self.pull_back = vjp(self.f, self.flat.nest(x))
        leaves: list[Any] = []
        self.structure = flatten(result, leaves, self.structure)
        if len(leaves) != len(x):
            raise ValueError(
                f"`root` needs as many equations as unknowns, but the function returned "
                f"{len(leaves)} and `x0` has {len(x)}: minimise the sum of squares instead"
            )
        self.found = as_array(leaves)
        if np.isfinite(self.found).all():
            self.largest = max(self.largest, float(np.max(np.abs(self.found))))
        elif self.x is None:
            self.flat.refuse_start("value", result)
        else:
            self.found = np.full(len(x), 10.0 * self.largest + 1.0)
        self.x = np.array(x)
        return self.found.copy()

    def jacobian(self, x: Array) -> Array:
        """The derivatives of each residual, n rows of n, from the recording at `x`."""
        self.residuals(x)
        units = [unflatten(self.structure, unit) for unit in np.eye(len(x)).tolist()]
        matrix = np.array([as_array(self.pull_back(unit)) for unit in units])
        if np.array_equal(x, self.flat.start) and not np.isfinite(matrix).all():
            self.flat.refuse_start("Jacobian", matrix.tolist())
        return matrix
