"""Ways out: the array program, walked once more with the functions of another library.

What `reroll` makes of a recording is rows of the table and nine kinds of instructions more. A
`Library` says what those are elsewhere; a row is read as everywhere, by its array column: called on
`Foreign` numbers, NumPy's functions in it are the library's. For sigmoid(w * x) the walk is

    take a0 0        a0[..., 0:1] in PyTorch and JAX, a node "Gather" in ONNX
    take P 0         the same
    multiply         torch.multiply, jax.numpy.multiply, "Mul"
    sigmoid          absolute, negative, exp, greater_equal, where, add, true_divide: each likewise

Invariant: what cannot be done there is refused by name before anything is written.
"""

import importlib
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autograd.compiler.arguments import Layout
from autograd.compiler.arrays import Array, needed
from autograd.compiler.parameters import Parameters
from autograd.compiler.replay import Replayer
from autograd.compiler.reroll import Reroller
from autograd.compiler.results import blocks
from autograd.compiler.tape import erf
from autograd.compiler.trace import Guard
from autograd.compiler.translation import Recording
from autograd.custom import CustomPrimitive
from autograd.engine import table
from autograd.engine.primitive import Primitive
from autograd.nesting import Structure
from autograd.symbolic import Symbolic


@dataclass(frozen=True)
class Outward:
    """A recording on its way out: the instructions that its results need, in order.

    `results` are flat, one array for each block. `detached` are arrays through which no derivative
    flows, for only `detach` reads them.
    """

    name: str
    layout: Layout
    batched: bool
    instructions: Sequence[Array]
    results: Sequence[Array]
    structure: Structure
    detached: frozenset[Array]
    parameters: Parameters

    def check(self, title: str, columns: Sequence[str]) -> None:
        """Raise `TypeError` where one of these columns of a row of the user's cannot be read."""
        for array in self.instructions:
            row = array.op
            if isinstance(row, CustomPrimitive):
                for column in columns:
                    try:
                        row.read(len(array.args), column if column in row.given else "scalar")
                    except TypeError as reason:
                        raise TypeError(
                            f"`{row.name}` cannot be written for {title}: {reason}. Write it with "
                            "operators and autograd's functions, such as autograd.exp(x)"
                        ) from reason


def outward(replayer: Replayer, batched: bool, name: str, way: str) -> Outward:
    """Return what was recorded for one kind of call; raises `ValueError` where it branches."""
    with replayer.parameters.lock:
        recording = replayer.paths[0].recording
        lines = [g.line for g in recording.guards if not _is_implied(g, recording)]
        if len(replayer.paths) > 1:
            lines += [g.line for g in replayer.paths[1].recording.guards[-1:]]
        if lines:
            raise ValueError(
                f"`{way}` takes functions without branches, and `{name}` compares at {lines[0]}: "
                "choose between numbers by autograd.maximum, minimum, relu or clip, or by "
                "autograd.take at an index that is computed"
            )
        widths, count = replayer.layout.widths, len(recording.parameters)
        reroller = Reroller(recording.program, widths, batched, count, recording.results)
        reroller.run()
        left, results = iter(recording.results), []
        for shape in blocks(recording.structure):
            size = int(np.prod(shape))
            results.append(reroller.gather([next(left) for _ in range(size)], (size,)))
    wanted = needed([*results, *reroller.arguments, reroller.parameters])
    instructions = [a for a in reroller.arrays.instructions if a in wanted]
    read = {arg for a in instructions if a.op is not table.detach for arg in a.args}
    return Outward(
        name,
        replayer.layout,
        batched,
        instructions,
        results,
        recording.structure,
        frozenset(wanted - read - set(results)),
        replayer.parameters,
    )


def _is_implied(guard: Guard, recording: Recording) -> bool:
    """Whether a guard asks no more than that a number is one, or an index one of its table.

    Where it is not, the answer on the way out is nan.
    """
    program = recording.program
    if guard.left == guard.right:
        return guard.compare is operator.eq and guard.outcome
    lasts = {
        args[0]: len(args) - 2.0
        for row, args in zip(program.what, program.args, strict=True)
        if row is table.take
    }
    index, other, compare = guard.left, guard.right, guard.compare
    if index not in lasts:
        index, other = other, index
        compare = {operator.le: operator.ge, operator.ge: operator.le}.get(compare, compare)
    if index not in lasts or not guard.outcome:
        return False
    bound = program.number(other)
    if bound is None:
        floors = program.what[other] is table.floor and program.args[other] == (index,)
        return compare is operator.eq and floors
    low, high = compare is operator.ge, compare is operator.le
    return (low and bound <= 0.0) or (high and bound >= lasts[index])


def imported(module: str, title: str, install: str) -> Any:
    """Return a module, Any to mypy; raises `ImportError` that says what to do without it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(f"{title} is not installed: pip install {install}") from None


class Foreign(Symbolic):
    """A number, or an array, of another library: what rows are called on there."""

    __slots__ = ("item", "library")

    def __init__(self, item: Any, library: "Library") -> None:
        self.item, self.library = item, library

    def __apply_primitive__(self, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
        return self.library.row(primitive, *inputs)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        known = method == "__call__" and not kwargs
        return self.library.call(ufunc, *inputs) if known else NotImplemented

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self.library.call(function, *args) if function is np.where else NotImplemented

    def constant(self) -> Any:
        """The number alone, through which no derivative flows."""
        return Foreign(self.library.detach(self.item), self.library)


class Library(ABC):
    """What each instruction of an array program is elsewhere.

    Items are what the library computes with; they have the trailing shapes of the arrays, and where
    these are `batched` a batch axis in front. The method of an instruction, `take`, `join`, `sum`,
    `logsumexp` and `matmul` too, has its name, and takes the array and the items of its operands.
    """

    title: ClassVar[str]

    @abstractmethod
    def function(self, function: Any) -> Callable[..., Any] | None:
        """Return the library's own of a function of NumPy's, or of `erf`; None without one."""

    @abstractmethod
    def number(self, x: Any, mask: bool = False) -> Any:
        """Return the item of a float or a `Foreign`: numbers, or true and false for a `mask`."""

    @abstractmethod
    def numbers(self, array: Any) -> Any:
        """Return the item that holds a NumPy array."""

    def detach(self, item: Any) -> Any:
        """Return the item, through which no derivative flows."""
        return item

    @abstractmethod
    def gather(self, source: Any, places: Any, shape: tuple[int, ...] | None) -> Any:
        """The elements at places, whole numbers of the program, of this trailing `shape`.

        Of the same row, where the source has rows; where it has none, `shape` is None.
        """

    @abstractmethod
    def extreme(self, array: Array, x: Any) -> Any:
        """The largest of the last axis, or the smallest, where `array.op` is "minimum"."""

    def constants(self, array: Array) -> Any:
        """The numbers `array.data`."""
        return self.numbers(array.data)

    def places(self, array: Array, index: Any, source: Any) -> Any:
        """Where each index is looked up, and whether it is a whole number inside its table."""
        choices: Any = array.data
        given: Any = Foreign(index, self)
        last = choices.shape[1] - 1.0
        place = np.where(np.greater(given, 0.0), np.floor(given), 0.0)  # nan counts as 0
        place = np.where(np.less(place, last), place, last)
        starts: Any = Foreign(self.numbers(np.arange(len(choices)) * (last + 1.0)), self)
        places = self.gather(self.numbers(choices.ravel() * 1.0), self.number(place + starts), None)
        return places, np.equal(given, place)

    def pick(self, array: Array, source: Any, places: Any) -> Any:
        """What stands in a table at each place; nan where there is no such place."""
        shape = array.shape if array.args[0].batched else None
        found: Any = Foreign(self.gather(source, places[0], shape), self)
        return self.number(np.where(places[1], found, np.nan))

    def call(self, function: Any, *args: Any) -> Foreign:
        """Call the library's own of a function of NumPy's; raises `TypeError` without one."""
        own = self.function(function)
        if own is None:
            raise TypeError(f"NumPy's `{function.__name__}` has no counterpart in {self.title}")
        masks = function is np.where
        items = [self.number(x, mask=masks and i == 0) for i, x in enumerate(args)]
        return Foreign(own(*items), self)

    def row(self, primitive: Primitive, *args: Any) -> Any:
        """What a row gives, by its array column."""
        return self.call(erf, *args) if primitive is table.erf else primitive.array(*args)

    def run(self, program: Outward, arguments: Sequence[Any], parameters: Any) -> list[Any]:
        """Walk through the program; returns an item for each of its results."""
        known: dict[Array, Any] = {}
        for array in program.instructions:
            args = [known[a] if isinstance(a, Array) else a for a in array.args]
            if array.op == "argument":
                known[array] = arguments[array.data]
            elif array.op == "parameters":
                known[array] = parameters
            elif isinstance(array.op, Primitive):
                inputs = [
                    Foreign(x, self) if isinstance(a, Array) else x
                    for a, x in zip(array.args, args, strict=True)
                ]
                known[array] = self.number(self.row(array.op, *inputs))
            elif array.op in ("maximum", "minimum"):
                known[array] = self.most(array, args[0], array in program.detached)
            else:
                known[array] = getattr(self, array.op)(array, *args)
        return [known[result] for result in program.results]

    def most(self, array: Array, x: Any, detached: bool) -> Any:
        """The largest, or smallest, of the last axis; no derivative flows where it is detached."""
        return self.extreme(array, x)
