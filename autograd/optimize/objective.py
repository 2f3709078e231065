"""Objective: a function of nested scalars as the methods of `minimize` see it.

Flat arrays go in, numbers come out; value and gradient come from one recording. Invariant: no nan
comes out. A trial point where the value or the gradient is not finite is refused: it appears higher
than every point so far. SciPy's methods with gradients must be shielded from infinite values, too
(L-BFGS-B reports success at the start where its first trial is one): they get the value and the
gradient of a parabola around the last good point and interpolate back. The others get inf.
"""

from typing import Any

import numpy as np

from autograd.engine.modes import no_grad
from autograd.engine.value import Value, as_value
from autograd.functional import Function, hessian, hvp, value_and_grad
from autograd.nesting import unflatten
from autograd.optimize.flat import Array, Flat, as_array


class Objective:
    """`f` with its further arguments, for a solver that is `shielded` from inf or not."""

    def __init__(self, f: Function, args: tuple[Any, ...], flat: Flat, shielded: bool) -> None:
        self.function, self.args, self.flat, self.shielded = f, args, flat, shielded
        self.evaluations = 0
        self.good: tuple[Array, float] | None = None  # the last point that was not refused
        self.best: tuple[Array, float, Array | None] | None = None
        self.highest = -np.inf

    def f(self, x: Any) -> Any:
        """The user's function of nested numbers, which must return one scalar."""
        result = self.function(x, *self.args)
        if isinstance(result, list | tuple | dict | np.ndarray):
            raise TypeError(
                f"`minimize` needs a function of one scalar result, got a {type(result).__name__}: "
                "return one number, such as the sum of squares, or solve f(x) = 0 with `root`"
            )
        return result

    def value(self, x: Array) -> float:
        """The value; inf where it is not finite."""
        with no_grad():
            result = self.f(unflatten(self.flat.structure, [Value(a) for a in x.tolist()]))
        value = float(as_value(result, "the result").data)
        return value if self._accept(x, value) else np.inf

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """Both from one recording; those of a refused point where they are not finite."""
        value, nested = value_and_grad(self.f)(self.flat.nest(x))
        gradient = as_array(nested)
        if self._accept(x, value, gradient):
            return value, gradient
        if not self.shielded or self.good is None:
            return np.inf, np.zeros_like(gradient)
        centre, bottom = self.good
        # with 1 for 1e-3 they needed a fifth more evaluations on four functions with logarithms
        top = self.highest + 1e-3 * (1.0 + abs(self.highest))
        away = x - centre
        return top, 2.0 * (top - bottom) * away / (away @ away)

    def hessian(self, x: Array) -> Array:
        """The Hessian; the identity, which leads along the gradient, where it is not finite."""
        matrix = as_array(hessian(self.f)(self.flat.nest(x))).reshape(len(x), len(x))
        return matrix if np.isfinite(matrix).all() else np.eye(len(x))

    def hessian_product(self, x: Array, vector: Array) -> Array:
        """The Hessian times `vector`; `vector` itself where that is not finite."""
        product = as_array(hvp(self.f, self.flat.nest(x), self.flat.nest(vector)))
        return product if np.isfinite(product).all() else vector

    def refuses(self, x: Array) -> bool:
        """Whether value or gradient at `x` is not finite."""
        known = [point[0] for point in (self.good, self.best) if point is not None]
        if any(np.array_equal(x, point) for point in known):
            return False
        value, gradient = value_and_grad(self.f)(self.flat.nest(x))
        return not (np.isfinite(value) and np.isfinite([*x, *as_array(gradient)]).all())

    def _accept(self, x: Array, value: float, gradient: Array | None = None) -> bool:
        """Whether all is finite; raises `ValueError` where it is not at the start."""
        self.evaluations += 1
        finite = (
            bool(np.isfinite(x).all())
            and np.isfinite(value)
            and (gradient is None or bool(np.isfinite(gradient).all()))
        )
        if finite:
            self.good = np.array(x), value
            if self.best is None or value <= self.best[1]:
                self.best = np.array(x), value, gradient
            self.highest = max(self.highest, value)
        elif self.good is None:
            if gradient is None or not np.isfinite(value):
                self.flat.refuse_start("value", value)
            self.flat.refuse_start("gradient", gradient.tolist())
        return bool(finite)
