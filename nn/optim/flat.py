"""Flat arrays of an optimiser: its parameters and their state, in step with the Values.

`fit` and `optimizer.step(program, *args)` move all parameters at once, as one array, which is read
from the Values again only where somebody has assigned to one. Invariant: what is written back is
what eager steps would have made of the Values; the state comes back as soon as somebody asks.
"""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograd import Program, Value
from autograd.compiler.parameters import Shared
from autograd.engine.node import assign, mark
from nn.checks import Array
from nn.optim.shares import Share, shares


class Flat:
    """The data of `params`, all that the optimiser trains, as one array, and the state as shares.

    `data` and `shares` are there after `gather`.
    """

    def __init__(self, optimizer: Any, params: list[Value]) -> None:
        self.optimizer, self.params = optimizer, params
        self.data: Array = np.zeros(0)
        self.shares: list[Share] = []
        self._kinds: Any = None  # what is frozen, and the groups that the shares are made for
        self._groups: list[int] = []
        self._mark: object = None  # as it was when Values and array had the same numbers
        self._bring = self._bring_state

    def gather(self) -> bool:
        """Read what was changed since it was written; whether that may be numbers of Values."""
        optimizer, now = self.optimizer, mark()
        same, assigned = optimizer._elsewhere is self._bring, now is not self._mark
        if assigned:
            self._mark = now
            self.data = np.array([p._data for p in self.params], dtype=float)
            kinds = [p.primitive for p in self.params]
            same, self._kinds = same and kinds == self._kinds, kinds
        groups = list(map(id, optimizer.param_groups))
        if not same or groups != self._groups:
            self.shares, self._groups = shares(optimizer, self.params), groups
        return assigned

    def step(self, gradient: Array) -> None:
        """Move the data once."""
        for share in self.shares:
            share.step(self.optimizer, self.data, gradient)

    def write_back(self) -> None:
        """Give the Values their numbers, and let the state be brought back when it is asked for."""
        assign(self.params, self.data.tolist())
        self._mark = mark()
        self.optimizer._elsewhere = self._bring

    def _bring_state(self) -> None:
        for share in self.shares:
            share.write_back()


class ProgramSteps(Flat):
    """What an optimiser keeps from one step on a compiled program to the next."""

    def __init__(self, optimizer: Any) -> None:
        super().__init__(optimizer, list(optimizer.params))
        self._shared: WeakKeyDictionary[Program, Shared] = WeakKeyDictionary()

    def step_on(self, program: Program, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
        """Move the parameters by the program's gradient; returns its mean before."""
        if self.gather():
            for shared in self._shared.values():
                shared.refresh()
        if program not in self._shared:
            self._shared[program] = program.share(self.params)
        number, gradient = program.value_and_grad_on(self._shared[program], self.data, args, kwargs)
        self._mark = None
        self.step(gradient)
        self.write_back()
        return number
