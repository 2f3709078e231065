"""The columns of a user's row on symbols: those of the compiler, of formulas and of pages.

For a symbol stands what `reading` found in the user's function, where that gives the same numbers
at all `probes`. What cannot be read so is called number by number: slower, but never something
else. Invariant: a row means what its columns give on floats, however it is run.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd.custom.columns import Columns, Function
from autograd.custom.probes import Point, agreement, close, outcomes, probes
from autograd.custom.reading import Reading, Unheard, read
from autograd.custom.slopes import Slope, elements, once_only, slope
from autograd.engine.modes import compiling
from autograd.symbolic import Symbolic

PROBED_AGAIN = 4  # points: what a function reads from outside may have changed


class SymbolicColumns(Columns):
    """The columns of a row, on numbers, Values and symbols."""

    def __init__(self, name: str, scalar: Function, array: Function, partials: Function) -> None:
        super().__init__(name, scalar, array, partials)
        self._catching: dict[int, bool] = {}
        self._slopes: dict[int, Slope] = {}
        self._readings: dict[tuple[str, int], tuple[Reading | None, Sequence[Point]]] = {}

    def array(self, *inputs: Any) -> Any:
        """Return the value on arrays, or on symbols; raises `TypeError` where it has none."""
        if any(isinstance(x, Symbolic) for x in inputs):
            return self.value_of_symbols(inputs, ("array", "scalar"))
        return super().array(*inputs)

    def partials(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        """Return one partial for each input: of floats floats, of Values and symbols those.

        Raises `TypeError` where those of Values are not known as Values.
        """
        if type(out) is float:
            return super().partials(out, *inputs)
        if any(isinstance(x, Symbolic) for x in (out, *inputs)):
            found: tuple[Any, ...] = self.on_symbols(len(inputs))(out, *inputs)
            return found
        of_values = hasattr(out, "__apply_primitive__")
        try:
            if of_values and self._catches_exceptions(len(inputs)):
                raise Unheard("`partials` catch exceptions, which Values do not raise")
            return super().partials(out, *inputs)
        except (TypeError, AttributeError) as error:  # math.exp(x) of a Value
            if not of_values:
                raise
            if not compiling():
                raise once_only(self.name) from error
            return self._by_slopes(out, *inputs)  # in a compiled function the number is enough

    def _catches_exceptions(self, count: int) -> bool:
        if count not in self._catching:
            try:
                self._catching[count] = False
                self.reading("partials", count, probed=False)
            except Unheard:
                self._catching[count] = True
            except TypeError:
                pass
        return self._catching[count]

    def on_symbols(self, count: int) -> Function:
        """Return the partials as a function of symbols: what was read, or a row for each."""
        try:
            return self.reading("partials", count)
        except TypeError:
            return self._by_slopes

    def _by_slopes(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        return tuple(self.slope(i)(out, *inputs) for i in range(len(inputs)))

    def slope(self, position: int) -> Slope:
        """Return the partial by one input as a row of its own, applied to `out` and all inputs."""
        if position not in self._slopes:

            def function(out: float, *inputs: float) -> float:
                return self.recorded(*inputs)[1 + position]

            self._slopes[position] = slope(self.name, position, function)
        return self._slopes[position]

    def value_of_symbols(self, inputs: tuple[Any, ...], columns: tuple[str, str]) -> Any:
        """Return the value by the first of two columns that can be read.

        Raises `TypeError` that says why neither can.
        """
        reasons = []
        for column in columns:
            try:
                return self.reading(column, len(inputs))(*inputs)[0]
            except TypeError as reason:
                reasons.append(f"`{column}` {reason}")
        raise TypeError(", ".join(reasons))

    def reading(self, column: str, count: int, probed: bool = True) -> Reading:
        """Read `scalar`, `array` or `partials` for `count` inputs; once read it is probed again.

        Raises `TypeError` that says why it cannot be read.
        """
        known, points = self._readings.get((column, count), (None, ()))
        if known is not None and self._agreement(column, known, points):
            return known
        if column == "partials":
            reading = read(self._partials, count + 1, count)
        else:
            reading = read(self._array if column == "array" else self._scalar, count)
        if probed:
            points = self._agreement(column, reading, probes(count))
            if not points:
                raise TypeError("does something else on symbols than on numbers")
            self._readings[column, count] = reading, points[:PROBED_AGAIN]
        return reading

    def _agreement(self, column: str, reading: Reading, points: Iterable[Point]) -> list[Point]:
        if column != "partials":
            return agreement(self._values, lambda values, *inputs: reading(*inputs), points)

        def found(recorded: Sequence[float], *inputs: float) -> tuple[Any, ...]:
            out = recorded[0]
            return out, *reading(out, *inputs)

        return agreement(self.recorded, found, points)

    def _values(self, *inputs: float) -> tuple[float]:
        return (self.value(*inputs),)

    def on_arrays(self, count: int) -> Function:
        """Return a function of `count` arrays that equals `value` of their elements.

        It is the array column, which must not write to its inputs; where that gives other numbers,
        or cannot be called so, `value` of one element after another.
        """
        one_by_one = elements(self.value, count)

        def column(*inputs: Any) -> Any:
            return self.array(*map(_read_only, inputs))

        points = agreement(self._values, lambda values, *inputs: values, probes(count))
        if len(points) < 2:
            return one_by_one
        arrays = np.array(points[: len(points) // 2 * 2]).T.reshape(count, 2, -1)
        (found,) = outcomes(column, [tuple(arrays)])
        if found is None:
            return one_by_one
        return column if all(map(close, one_by_one(*arrays).flat, found.flat)) else one_by_one


def _read_only(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        x = x.view()
        x.flags.writeable = False
    return x
