"""The array program: instructions on whole arrays, and expressions that write themselves down.

An array has a trailing shape, (n,) or (k, n), and, where it differs from row to row of the
batch, a leading batch axis. An `Array` behaves like a NumPy array under operators, ufuncs and
rows of the table, but notes the instruction instead of running it. So the array column and the
partials of a row, written once for numbers, become instructions here by being called. `lower` reads
each row by its array column, so that NumPy's own operations are left; a column that cannot be read
stays one opaque call. Invariant: an instruction that was noted before is not noted again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.engine import table as primitives
from autograd.engine.primitive import Primitive
from autograd.symbolic import Symbolic

Index = npt.NDArray[np.intp]
Operand = Any  # an Array, or a float literal


class Array(Symbolic):
    """One instruction's result: `op` with operands `args`, trailing `shape`, `batched` or not."""

    __slots__ = ("args", "batched", "builder", "data", "dtype", "number", "op", "shape")

    def __init__(
        self,
        builder: "ArrayProgram",
        op: Any,
        args: tuple[Operand, ...],
        shape: tuple[int, ...],
        batched: bool,
        data: Any = None,
        dtype: str = "float64",
    ) -> None:
        self.builder, self.op, self.args = builder, op, args
        self.shape, self.batched, self.data, self.dtype = shape, batched, data, dtype
        self.number = len(builder.instructions)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or not _is_numpys(ufunc):
            return NotImplemented
        return self.builder.elementwise(ufunc, *inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is not np.where:
            return NotImplemented
        return self.builder.elementwise(np.where, *args)

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
        return self.builder.primitive(primitive, *inputs)

    def __gt__(self, other: Operand) -> Any:
        return self.builder.elementwise(np.greater, self, other)

    def __ge__(self, other: Operand) -> Any:
        return self.builder.elementwise(np.greater_equal, self, other)


BOOLEAN: set[Any] = {np.greater, np.greater_equal, np.less, np.less_equal, np.not_equal, np.equal}
BOOLEAN.add(np.logical_or)


@dataclass
class ArrayProgram:
    """The instructions in order; arrays are made by its methods only."""

    instructions: list[Array] = field(default_factory=list)
    _known: dict[Any, Array] = field(default_factory=dict)

    def array(
        self,
        op: Any,
        args: tuple[Operand, ...],
        shape: tuple[int, ...],
        batched: bool,
        data: Any = None,
        dtype: str = "float64",
    ) -> Array:
        """Note an instruction, or return the array of the same instruction noted before."""
        content = data.tobytes() if isinstance(data, np.ndarray) else repr(data)
        operands = tuple([a if isinstance(a, Array) else repr(a) for a in args])
        key = (op, operands, shape, batched, content)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Array(self, op, args, shape, batched, data, dtype)
            self.instructions.append(known)
        return known

    def elementwise(self, op: Any, *args: Operand) -> Any:
        """Note an operation on operands that broadcast; on numbers only, run it."""
        arrays = [a for a in args if isinstance(a, Array)]
        if not arrays:
            with np.errstate(all="ignore"):
                return float(op(*args))
        if op in (np.multiply, primitives.multiply):
            for one, other in (args, args[::-1]):
                if isinstance(one, float) and one == 1.0 and other.dtype == "float64":
                    return other
            args = tuple(_as_mask(a) for a in args)
        if op is np.not_equal and args[1] == 0.0 and _as_mask(args[0]) is not args[0]:
            return _as_mask(args[0])
        if op is np.where and not isinstance(args[0], Array):
            return args[1] if args[0] else args[2]
        if op is np.where and args[0].dtype == "bool":
            if [repr(a) for a in args[1:] if isinstance(a, float)] == ["1.0", "0.0"]:
                op, args = np.multiply, (args[0], 1.0)  # one call and not two, or none: see above
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        dtype = "bool" if op in BOOLEAN else "float64"
        if dtype == "float64" and all(a.dtype == "number" for a in arrays):
            dtype = "number"  # one number, for which Python's operators are faster
        return self.array(op, args, shape, any(a.batched for a in arrays), dtype=dtype)

    def primitive(self, primitive: Primitive, *args: Operand) -> Any:
        """Note a row of the table."""
        return self.elementwise(primitive, *args)

    def constant(self, x: Operand) -> Array:
        """Note a number as an array of one; an array is one already."""
        if isinstance(x, Array):
            return x
        return self.array("constants", (), (1,), False, np.array([x]))

    def take(self, source: Array, index: Index) -> Array:
        """Note the elements `index`, of any shape, of a source of trailing shape (n,).

        The parameters are always taken, never used as they stand: their places may change.
        """
        if source.op != "parameters" and index.ndim == 1 and is_everything(index, *source.shape):
            return source
        return self.array("take", (source,), index.shape, source.batched, index)

    def pick(self, table: Array, index: Array, choices: Index) -> Array:
        """Note `table[choices[i, index[i]]]` for each i: a look-up by numbers of the program."""
        batched = index.batched or table.batched
        places = self.array("places", (index, table), choices.shape[:1], batched, choices, "places")
        return self.array("pick", (table, places), choices.shape[:1], batched)

    def expand(self, x: Array, n: int) -> Array:
        """Note `x`, trailing shape (k,), repeated to (k, n)."""
        if x.op == "seed":
            return self.seed((*x.shape, n), x.batched)
        return self.array("expand", (x,), (*x.shape, n), x.batched)

    def seed(self, shape: tuple[int, ...], batched: bool) -> Array:
        """Note the gradient of the first result, one number a row, wherever it is."""
        return self.array("seed", (), shape, batched)


class LoweredProgram(ArrayProgram):
    """An array program whose elementwise operations are NumPy's: rows are read by their column."""

    def primitive(self, primitive: Primitive, *args: Operand) -> Any:
        """Note the array column of a row, as one opaque call where it cannot be read."""
        arrays = [a for a in args if isinstance(a, Array)]
        if not arrays:
            return primitive.value(*args)
        if isinstance(primitive.array, np.ufunc) and _is_numpys(primitive.array):
            return self.elementwise(primitive.array, *args)
        noted, known = len(self.instructions), len(self._known)
        try:
            result = primitive.array(*args)
            shape = np.broadcast_shapes(*[a.shape for a in arrays])
            if isinstance(result, Array) and (result.shape, result.batched) == (
                shape,
                any(a.batched for a in arrays),
            ):  # a row of the user's own may leave an input out
                return result
        except (TypeError, ValueError, AttributeError):
            pass
        del self.instructions[noted:]
        while len(self._known) > known:
            self._known.popitem()  # the last that was added
        return self.elementwise(Opaque(primitive), *args)


def is_everything(index: Index, size: int) -> bool:
    """Whether an index, of any shape, takes all of `size` elements in order."""
    return index.size == size and bool((index.ravel() == np.arange(size)).all())


def needed(arrays: Sequence[Array]) -> set[Array]:
    """Return the arrays and all that they are computed from."""
    found: set[Array] = set()
    stack = list(arrays)
    while stack:
        array = stack.pop()
        if array not in found:
            found.add(array)
            stack += [a for a in array.args if isinstance(a, Array)]
    return found


def _as_mask(x: Operand) -> Operand:
    """The mask behind a mask times 1.0: NumPy multiplies by it as it is, in 0.7 of the time."""
    if isinstance(x, Array) and x.op is np.multiply and x.args[1] == 1.0:
        return x.args[0]
    return x


def _is_numpys(ufunc: np.ufunc) -> bool:
    """Whether NumPy has this function under its name; others may have any name."""
    return getattr(np, ufunc.__name__, None) is ufunc


@dataclass(frozen=True)
class Opaque:
    """A row that is called as it is, on arrays."""

    primitive: Primitive


def lower(program: ArrayProgram) -> tuple[LoweredProgram, dict[Array, Array]]:
    """Return the lowered program and where each array of `program` went."""
    lowered = LoweredProgram()
    to: dict[Any, Any] = {}
    for array in program.instructions:
        args = tuple(to[a] if isinstance(a, Array) else a for a in array.args)
        if isinstance(array.op, Primitive):
            result = lowered.primitive(array.op, *args)
        elif array.op == "logsumexp":
            largest, _, total = _exponentials(lowered, args[0])
            raw = lowered.elementwise(np.add, largest, lowered.elementwise(np.log, total))
            # total >= 1, so raw is the larger; where largest is infinite raw is nan, and loses
            result = lowered.elementwise(np.fmax, largest, raw)
        elif array.op == "softmax":
            _, weights, total = _exponentials(lowered, args[0])
            width = args[0].shape[1]
            total = lowered.elementwise(np.fmax, total, 1.0)  # beside an infinite logit it is nan
            result = lowered.elementwise(np.true_divide, weights, lowered.expand(total, width))
        else:
            result = lowered.array(
                array.op, args, array.shape, array.batched, array.data, array.dtype
            )
        to[array] = result
    return lowered, to


def _exponentials(program: LoweredProgram, x: Array) -> tuple[Array, Array, Array]:
    """The largest of each row of `x`, exp(x - largest), and its sum."""
    largest = program.array("maximum", (x,), x.shape[:1], x.batched)
    shifted = program.elementwise(np.subtract, x, program.expand(largest, x.shape[1]))
    weights = program.elementwise(np.exp, shifted)
    return largest, weights, program.array("sum", (weights,), x.shape[:1], x.batched)
