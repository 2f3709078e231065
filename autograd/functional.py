"""Functions of functions: grad, jacobian, hessian, jvp, vjp, hvp of plain Python functions.

Each runs a function on fresh Values, its variables, and sweeps through the graph (`linearised`).
Where a derivative is made of Values it has a graph itself and can be differentiated again.
Invariant: no `.grad` is touched, so threads may share parameters.
"""

from collections.abc import Sequence
from typing import Any

from autograd.engine.number import as_float
from autograd.engine.value import Value
from autograd.linearised import Function, Linearised, differentiating, name_of
from autograd.nesting import Structure, flatten, unflatten


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes the gradient of `f`, which returns one scalar.

    The gradient has the structure of the argument number `argnums`, nested lists, tuples and dicts
    of scalars; for a tuple of `argnums` it is a tuple of them. It is made of floats, and of
    fractions where `f` computes with fractions and whole numbers only; of Values where the
    arguments are Values, inside another of these functions, in a compiled function, and where
    `nn.fit` runs a model and its loss. Floats are cut off from what else `f` used: to train the
    parameters of a model by a derivative of it in a loop of your own, pass `Value(x)` for `x`.
    Inside `no_grad()` Values are cut off, too.

    Raises `TypeError` where `f` does not return one scalar or an argument holds something else
    than real numbers and Values, `ValueError` where there is no argument of that number, and
    where a derivative that is Values needs a `.data` that has been changed since it was used.
    """
    _check("grad", f, argnums)
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes (value, gradient); see `grad`."""
    _check("value_and_grad", f, argnums)

    def both(*args: Any, **kwargs: Any) -> Any:
        with differentiating() as (keep, cut):
            run = Linearised(f, args, _checked(argnums, args), kwargs, keep, cut)
            if run.structure is not None:
                raise TypeError(
                    "`grad` and `hessian` need a function that returns one scalar, "
                    f"{name_of(f)} returned {len(run.results)} of them: use jacobian"
                )
            parts = run.split(run.gradient(run.results[0]))
            [value] = run.values()
        return value, parts[0] if isinstance(argnums, int) else tuple(parts)

    return both


def jacobian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes all first derivatives of `f`.

    The result has the structure of what `f` returns, with a gradient, as `grad` gives it, in the
    place of each scalar: for a list of m scalars and a list of n arguments m lists of n.
    Raises what `grad` raises.
    """
    _check("jacobian", f, argnums)

    def derivatives(*args: Any, **kwargs: Any) -> Any:
        with differentiating() as (keep, cut):
            run = Linearised(f, args, _checked(argnums, args), kwargs, keep, cut)
            rows = []
            for result in run.results:
                parts = run.split(run.gradient(result))
                rows.append(parts[0] if isinstance(argnums, int) else tuple(parts))
        return unflatten(run.structure, rows)

    return derivatives


def hessian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes all second derivatives of `f`, which returns one scalar.

    For a list of n scalars the result is n lists of n. Raises what `grad` raises.
    """
    return jacobian(grad(f, argnums), argnums)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return (f(*primals), its derivative in the direction `tangents`), by forward mode.

    `tangents` have the structure of `primals`, the tuple of all arguments. Raises `ValueError`
    where they differ, `TypeError` where `primals` is no tuple or list.
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError(
            "`primals` and `tangents` must be tuples with an entry for each argument, as in "
            f"jvp(f, (2.0,), (1.0,)); got {primals!r:.40} and {tangents!r:.40}"
        )
    with differentiating() as (keep, cut):
        run = Linearised(f, primals, range(len(primals)), {}, keep, cut)
        flows = _alike("tangents", list(tangents), run.structures)
        value, moved = run.values(flows), run.tangents(flows)
    return unflatten(run.structure, value), unflatten(run.structure, moved)


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """Return f(*primals) and the function from a cotangent of it to those of `primals`.

    The cotangent has the structure of what `f` returns; the answer is a tuple with one entry for
    each argument. Raises `ValueError` where the structure differs.
    """
    with differentiating() as (keep, cut):
        run = Linearised(f, primals, range(len(primals)), {}, keep, cut)
        value = unflatten(run.structure, run.values())

    def pull_back(cotangent: Any) -> tuple[Any, ...]:
        flows = _alike("cotangent", cotangent, run.structure)
        with differentiating() as (_, cut):
            slopes = run.cotangents(flows, cut)
        return tuple(run.split(slopes))

    return value, pull_back


def hvp(f: Function, x: Any, v: Any) -> Any:
    """Return the Hessian of `f` at `x` times `v`, without forming the Hessian.

    Both have the structure that `f` takes. It is the forward derivative of the gradient. Raises
    `ValueError` where the structures differ.
    """
    if flatten(x, []) != flatten(v, []):
        raise ValueError(f"`v` must be nested as `x`, {x!r:.60}, got {v!r:.60}")
    return jvp(grad(f), (x,), (v,))[1]


def _check(name: str, f: Function, argnums: Any) -> None:
    """Raise `TypeError` where `f` is no function or `argnums` are no positions."""
    if not callable(f):
        raise TypeError(f"`{name}` needs a function, got {f!r:.60}: {name}(f)(x) for f at x")
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    if not all(isinstance(number, int) for number in positions):
        raise TypeError(
            f"`argnums` must be the position of an argument or a tuple of positions, got "
            f"{argnums!r:.60}; for the derivative at a point write {name}(f)(x)"
        )


def _checked(argnums: int | tuple[int, ...], args: Sequence[Any]) -> Sequence[int]:
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise ValueError(
                f"`argnums` is {argnums!r}, but {len(args)} arguments were given by position; "
                "positions count from 0"
            )
    positions = [number % len(args) for number in numbers]
    if len(set(positions)) < len(positions):
        raise ValueError(f"`argnums` is {argnums!r}: name each of the {len(args)} arguments once")
    return positions


def _alike(name: str, given: Any, structure: Structure) -> list[Any]:
    """The leaves of `given`, which must be nested as `structure` is."""
    leaves: list[Any] = []
    if flatten(given, leaves, structure) != structure:
        raise ValueError(f"`{name}` must be nested as what it belongs to, got {given!r:.80}")
    return [leaf if isinstance(leaf, Value) else as_float(leaf, name) for leaf in leaves]
