"""What `minimize` and `root` ask before they start: is SciPy there, and what were they given?

Invariant: what is wrong with the method or the place of the call is said before any evaluation.
"""

from collections.abc import Iterable
from typing import Any

from autograd.engine.value import Value
from autograd.functional import vjp
from autograd.linearised import Function


def prepare(solver: str, f: Function, method: str, known: Iterable[str]) -> tuple[Any, str]:
    """Return `scipy.optimize` and the name in `known` that `method` is, in capitals or not.

    Raises `ImportError` that names the extra to install; `TypeError` where `f` is no function, or
    where its derivatives would be Values; `ValueError` for a method that does not exist.
    """
    try:
        from scipy import optimize
    except ImportError:
        raise ImportError(f"`{solver}` needs SciPy: pip install 'seegrad[optimize]'") from None
    if not callable(f):
        raise TypeError(f"`{solver}` needs a function, got {f!r:.60}")
    if isinstance(vjp(lambda x: x, 0.0)[0], Value):
        raise TypeError(
            f"`{solver}` was called in a function that is being differentiated or compiled: no "
            "derivative passes through its iterations. Call it outside, on numbers"
        )
    names = {name.lower(): name for name in known}
    if str(method).lower() not in names:
        listed = ", ".join(f"`{name}`" for name in names.values())
        raise ValueError(f"`{solver}` has no method {method!r:.60}: choose one of {listed}")
    return optimize, names[method.lower()]
