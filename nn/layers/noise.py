"""Noise: where a layer gets its random numbers from.

By itself a noisy layer draws for one example at a time. A compiled model is run once and replayed,
which would freeze them; so there they are one more argument of the program, filled anew for every
batch. Invariant: a layer's generator is asked for the same numbers in the same order either way.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Value, no_grad
from autograd.engine.modes import compiling
from autograd.grad_mode import Training
from nn.layers.described import Described
from nn.module import Module

Array = npt.NDArray[np.float64]


class NoisyLayer(Described, ABC):
    """A layer that multiplies by random factors, from `generator`, while in training mode."""

    generator: np.random.Generator

    @abstractmethod
    def draw(self, count: int, units: int) -> Array:
        """Return fresh factors for `count` examples, shape (count, units)."""

    def factors(self, units: int) -> list[Any]:
        """Return the factors for one example: numbers, or Values where the model is compiled.

        Raises `TypeError` where a function is compiled that has no argument for them.
        """
        source = _source.get()
        if source is not None:
            return source(self, units)
        if compiling():
            raise TypeError(
                f"{self!r} draws random numbers in training mode, which would be frozen into the "
                "compiled program: call eval() on the model first. `nn.fit` gives fresh ones to "
                "layers that are attributes of the model or of its modules"
            )
        numbers: list[float] = self.draw(1, units)[0].tolist()
        return numbers


class Noise:
    """The noise of one example of a model: which layers ask, in which order, for how many."""

    def __init__(self, model: Module, x: Any) -> None:
        self.calls: list[tuple[NoisyLayer, int]] = []
        if any(isinstance(m, NoisyLayer) and m.training for m in model.modules()):
            with no_grad(), Training(), _asking(self._note):
                model(x)
        if len({id(layer.generator) for layer, _ in self.calls}) < len({a for a, _ in self.calls}):
            raise ValueError(
                "two Dropout layers share one generator, so their random numbers cannot be lined "
                "up: give each its own `seed`"
            )
        self.columns: dict[NoisyLayer, list[int]] = {}
        self.width = 0
        for layer, units in self.calls:
            self.columns.setdefault(layer, []).extend(range(self.width, self.width + units))
            self.width += units

    def draw(self, count: int) -> Array:
        """Return fresh factors for `count` examples, shape (count, width)."""
        noise = np.empty((count, self.width))
        for layer, columns in self.columns.items():
            first, last = columns[0], columns[-1]
            adjacent = last - first + 1 == len(columns)  # a slice is filled 6 times faster
            noise[:, slice(first, last + 1) if adjacent else columns] = layer.draw(
                count, len(columns)
            )
        return noise

    @contextmanager
    def given(self, values: Sequence[Value] = ()) -> Iterator[None]:
        """Let layers take their factors from `values`, of length `width`.

        Raises `TypeError` where they do not ask as they did for the first example.
        """
        if not self.calls:
            yield
            return
        expected, left = list(self.calls), list(values)

        def hand_out(layer: NoisyLayer, units: int) -> list[Value]:
            if not expected or expected.pop(0) != (layer, units):
                raise TypeError(_DIFFERENT)
            taken, left[:units] = left[:units], []
            return taken

        with _asking(hand_out):
            yield
        if expected:
            raise TypeError(_DIFFERENT)

    def _note(self, layer: NoisyLayer, units: int) -> list[float]:
        self.calls.append((layer, units))
        return [1.0] * units


def silent() -> Any:
    """Return a context in which noisy layers multiply by 1 and draw nothing."""
    return _asking(lambda layer, units: [1.0] * units)


Source = Callable[[NoisyLayer, int], list[Any]]
_source: ContextVar[Source | None] = ContextVar("source", default=None)
_DIFFERENT = (
    "the model calls its Dropout layers differently from one example to another, so their random "
    "numbers cannot be lined up in a compiled program"
)


@contextmanager
def _asking(source: Source) -> Iterator[None]:
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
