"""Steps on a compiled program: parameters, gradient and state as flat arrays, call after call.

`optimizer.step(program, *args)` runs the program on the optimiser's flat array, which is read
from the Values again only where somebody has assigned to one, moves all parameters at once and
gives the Values their numbers. Invariant: after a step the Values are what eager steps would have
made of them; the state is brought back as soon as somebody asks for it.
"""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograd import Program
from autograd.compiler.parameters import Shared
from autograd.engine.node import assign, mark
from nn.optim.shares import Share, shares


class ProgramSteps:
    """What an optimiser keeps from one step on a program to the next."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        self.params = list(optimizer.params)
        self._shares: list[Share] = []
        self._kinds: Any = None  # what is frozen, and the groups that the shares are made for
        self._groups: list[int] = []
        self._mark: object = None  # as it was when Values and the flat array had the same numbers
        self._shared: WeakKeyDictionary[Program, Shared] = WeakKeyDictionary()
        self._bring = self.bring_state

    def bring_state(self) -> None:
        """Put the state back where eager steps find it."""
        for share in self._shares:
            share.write_back()

    def step(self, program: Program, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
        """Move the parameters by the program's gradient; returns its mean before."""
        self._gather()
        shared = self._shared.get(program)
        if shared is None:
            shared = self._shared[program] = program.share(self.params)
        number, gradient = program.value_and_grad_on(shared, self._flat, args, kwargs)
        self._mark = None
        for share in self._shares:
            share.step(self.optimizer, self._flat, gradient)
        assign(self.params, self._flat.tolist())
        self._mark = mark()
        self.optimizer._elsewhere = self._bring
        return number

    def _gather(self) -> None:
        """Read what was changed since the last step: numbers, state, what is frozen."""
        optimizer, now = self.optimizer, mark()
        same = optimizer._elsewhere is self._bring
        if now is not self._mark:
            self._flat = np.array([p._data for p in self.params], dtype=float)
            self._mark = now
            for shared in self._shared.values():
                shared.refresh()
            kinds = [p.primitive for p in self.params]
            same, self._kinds = same and kinds == self._kinds, kinds
        groups = list(map(id, optimizer.param_groups))
        if not same or groups != self._groups:
            self._shares, self._groups = shares(optimizer, self.params), groups
