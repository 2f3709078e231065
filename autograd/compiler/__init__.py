"""The compiler: write scalars, run matrices.

    arguments what goes in: flat arrays, and the kinds of calls; `calls` how functions take them
    results  what comes out
    recording run the function once on Values; `trace` watches it, with guards on its comparisons,
             `translation` makes of what it saw
    winners  Python's `max` and `min`, one path where nothing depends on who wins: `shifts`
    scalars  the scalar program: numbered slots, simplified while it is built
    reroll   find the loops that the scalar program was unrolled from: the array program;
             `sums` folds chains, `schedule` lets equal operations meet, `grids` arranges dots
    reverse  the reverse sweep, from the same rows of the table
    rounding which comparisons are within the rounding of what they compare
    arrays   the array program; `lower` makes rows NumPy operations
    emit     readable NumPy source, of `views` and buffers; `source` puts the parts together
    fusion   its lines as native loops on a few rows: `strided` finds them, `strips` are they
    straight the other way out, for one irregular or deep evaluation: plain Python on floats, or
    native   what LLVM makes machine code of, where llvmlite is installed
    evaluation one evaluation as machine code, from a `tape` of NumPy's functions
    direct   the short way into it, for a call that is like the last one
    machine  the same for batches of deep or irregular programs, a block of rows at a time
    lanes    the same for the steps of a training: what is alike is one instruction; `products`
             finds the layers, `kernels` are the loops
    paths    which of these a recording takes
    replay   the paths of a function and the rows run through them; `batches` the buffers
    parameters what a program trains, and where it stands in flat arrays; `bound` for trainings
    program  what the user calls; `methods` of a class
    exports  what it can be written as: `javascript` and `to_c`, by path; to other libraries by
             `ways_out`: `tensors` is what `to_torch` and `to_jax` share, `to_onnx` a file

For a layer of three neurons on two inputs, `[n(x).tanh() for n in neurons]`, recorded as 3 dots, 3
sums and 3 tanh of scalars, the source of the forward sweep is three lines:

    np.dot(a0, t3.T, out=t4)
    np.add(t4, t5, out=t6)
    np.tanh(t6, out=t7)
"""

from collections.abc import Callable, Iterable
from typing import Any, overload

from autograd.compiler.program import Program as Program

__all__ = ["Program", "compile"]


@overload
def compile(
    function: Callable[..., Any], *, batch: bool = False, static_argnames: str | Iterable[str] = ()
) -> Program: ...
@overload
def compile(
    function: None = None, *, batch: bool = False, static_argnames: str | Iterable[str] = ()
) -> Callable[..., Program]: ...
def compile(
    function: Callable[..., Any] | None = None,
    *,
    batch: bool = False,
    static_argnames: str | Iterable[str] = (),
) -> Any:
    """Return a `Program` that computes what `function` does, recorded once and replayed fast.

    `function` takes numbers, or nested lists, tuples, dicts and arrays of them, as Values, and
    returns a Value or a structure of Values. With `batch=True` the program's arguments have a
    leading batch axis, lists and arrays alike, and `function` sees one row. Also a decorator, of
    functions and methods: `@compile`, `@compile(batch=True)`. Bare numbers that `function` reads
    or draws are frozen, and so is, as its code, which Values it uses: after `w = Value(5.0)` or
    `values.append(w)` compile again, or assign to `w.data`. The data of Values are read afresh; of
    a node recorded outside, those of the leaves.

    Arguments named in `static_argnames` stay plain Python values, such as the `n` of `range(n)`;
    they must be hashable, and each combination of them has a recording of its own; attributes of
    an object of a class of your own, but for a dataclass, are bare numbers. So has each
    length of a list, where it differs from call to call: 64 recordings are kept, the least recently
    used goes. With `batch=True` the rows of ragged lists are grouped by length. With Values
    among the arguments, inside `grad` and in other recorded code a program is `function` itself.

    Raises `TypeError` where `function` cannot be called, `ValueError` for a static argument that it
    does not have.
    """
    names = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    if function is None:
        return lambda f: compile(f, batch=batch, static_argnames=names)
    if not callable(function):
        raise TypeError(f"`compile` takes a function, got {function!r:.60}")
    return Program(function, batch, names)
