"""Parameters: the Values that a program trains, and where each stands in its flat arrays.

The user sees them in the order of their first use. Flat arrays, of data and of gradients, have them
matrix by matrix instead, so that a weight matrix is one block; which stands where is known here and
nowhere else. Invariant: a place once given is kept, and what later paths use stands behind.
"""

import operator
import threading
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from autograd.engine.node import assign, mark
from autograd.engine.primitive import DETACHED
from autograd.engine.value import Value

FloatArray = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Flat = Callable[[], FloatArray]
_data_of = operator.attrgetter("_data")


class Parameters:
    """What all recordings of a program share; `values` are in the order of their first use."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.used: set[int] = set()  # of all paths: see `Recording.used`
        self.lock = threading.RLock()  # held while a path is recorded
        self._order: Places = np.zeros(0, dtype=np.intp)
        self._natural = True  # the places are in order of first use, too
        self._known: tuple[object, list[Value], FloatArray] | None = None
        self._trained: tuple[int, Places] = (0, self._order)
        self._arranged: tuple[Places, list[Value]] = (self._order, [])

    def __len__(self) -> int:
        return len(self.values)

    @property
    def order(self) -> Places:
        """Which parameter stands at each place of the flat arrays."""
        known = len(self._order)
        if known == len(self.values):
            return self._order
        return np.concatenate([self._order, np.arange(known, len(self.values))]).astype(np.intp)

    @property
    def is_arranged(self) -> bool:
        """Whether some have their places already."""
        return len(self._order) > 0

    def arrange(self, order: Places | None = None) -> None:
        """Give those their places that have none: as `order` says where nobody has one."""
        self._order = self.order if order is None else order
        self._natural = bool((self._order == np.arange(len(self._order))).all())

    @property
    def arranged(self) -> list[Value]:
        """The parameters as they stand in the flat arrays."""
        order, arranged = self._arranged
        if order is not self._order or len(arranged) != len(self.values):
            arranged = [self.values[i] for i in self.order]
            self._arranged = self._order, arranged
        return arranged

    def read(self) -> FloatArray:
        """Return the present data as a flat array, which the next call may return, too.

        80 ns a number, unless nothing was assigned since.
        """
        now, arranged = mark(), self.arranged  # before the data: what comes later counts as new
        if self._known is None or self._known[0] is not now or self._known[1] is not arranged:
            flat = np.fromiter(map(_data_of, arranged), float, len(arranged))
            self._known = now, arranged, flat
        return self._known[2]

    def trained(self) -> Places:
        """Return the places, in `values`, of those that are not detached."""
        count, places = self._trained
        if count != len(self.used):
            trained = [i for i in sorted(self.used) if self.values[i].primitive is not DETACHED]
            places = np.array(trained, dtype=np.intp)
            self._trained = len(self.used), places
        return places

    def of_trained(self, flat: Sequence[float] | FloatArray) -> FloatArray:
        """Return the numbers of a flat array that are those of the trained, in `values`' order."""
        by_use, trained = self.by_use(flat), self.trained()
        return by_use if len(trained) == len(by_use) else by_use[trained]

    def write(self, flat: FloatArray) -> None:
        """Give the Values the data of a flat array."""
        assign(self.arranged, flat.tolist())

    def by_use(self, flat: Sequence[float] | FloatArray | None = None) -> FloatArray:
        """Return a flat array, or the present data, in the order of first use."""
        flat = self.read() if flat is None else flat
        if self._natural:
            return np.array(padded(flat, len(self)))
        found = np.zeros(len(self))
        found[self.order] = padded(flat, len(self))
        return found

    def as_flat(self, by_use: Sequence[float] | FloatArray) -> FloatArray:
        """Return numbers in the order of first use as a flat array; the opposite of `by_use`."""
        flat = padded(by_use, len(self))
        return flat if self._natural else flat[self.order]


class Shared:
    """Parameters of a program among the `values` of a caller, who keeps those in a flat array."""

    def __init__(self, parameters: Parameters, values: list[Value]) -> None:
        self.parameters = parameters
        self.share(values)

    def share(self, values: list[Value]) -> None:
        """Take these `values` from now on."""
        self.values = values
        self._count, self._same = -1, False

    @property
    def best_order(self) -> list[Value]:
        """The `values` in the order in which nothing has to be copied, where there is one."""
        arranged = self.parameters.arranged
        return arranged if set(arranged) == set(self.values) else self.values

    def refresh(self) -> None:
        """Read anew, before the next run, the parameters that are none of the `values`."""
        if not self._same:
            self._count = -1

    def take(self, flat: FloatArray) -> FloatArray:
        """Return the program's parameters, those of the caller from the caller's array."""
        self._match()
        if self._same:
            return flat
        self._data[self._here] = flat[self._there]
        return self._data

    def hand_back(self, gradient: FloatArray) -> FloatArray:
        """Return a gradient as the caller's array: 0 for those that the program ignores."""
        if self._same:
            return gradient
        wanted = np.zeros(len(self.values))
        wanted[self._there] = gradient[self._here]
        return wanted

    def _match(self) -> None:
        """Find the places; anew where another path of the program has brought parameters."""
        if self._count == len(self.parameters):
            return
        known = self.parameters.arranged
        self._count = len(known)
        place = {p: i for i, p in enumerate(self.values)}
        pairs = [(i, place[p]) for i, p in enumerate(known) if p in place]
        self._same = len(pairs) == len(known) == len(place) and all(i == j for i, j in pairs)
        if not self._same:
            self._here, self._there = np.array(pairs, dtype=int).reshape(-1, 2).T
            self._data = self.parameters.read().copy()


def padded(numbers: Sequence[float] | FloatArray, size: int) -> FloatArray:
    """Return `size` numbers, with zeros for parameters that a path did not know."""
    if len(numbers) == size and isinstance(numbers, np.ndarray):
        return numbers
    found = np.zeros(size)
    found[: len(numbers)] = numbers
    return found
