"""Workers: the third way to run a batch, which asks the workers of a Dask cluster for their rows.

The examples are cut into as many parts as there are workers, once. Invariant: answers are added
up in the order of the parts, and none depends on the worker that gives it, so that weights are the
same to the bit whatever workers are lost.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.data import Rows
from nn.data.batches import order_of
from nn.data.blocks import workers_of
from nn.optim import Optimizer
from nn.optim.clipping import Clipping
from nn.optim.shares import Share
from nn.training.examples import Examples
from nn.training.parts import Parts
from nn.training.runners import Batch, Compiled
from nn.training.site import Moved, Question, Recipe

Array = npt.NDArray[Any]


class Workers:
    """Runs batches on the workers of `client`; `close` gives up what they hold.

    `local` has the program of one example, by which errors are found before any training.
    """

    block: int | None = None  # an evaluation asks for all rows at once

    def __init__(
        self, local: Compiled, client: Any, sync_every: int, optimizer: Optimizer, clip: Clipping
    ) -> None:
        self.local, self.client, self.sync_every = local, client, sync_every
        self.params, self.clipping, self.optimizer = local.params, clip, _bare(optimizer)
        self.known: dict[Examples, Parts] = {}
        # For the whole training, so that sums keep their order; another number is other rounding,
        # and with `sync_every` another training.
        self.count = len(workers_of(client))

    def close(self) -> None:
        """Give up all sites."""
        for parts in self.known.values():
            parts.close()
        self.known.clear()

    def prepare(self, examples: Examples) -> Any:
        """Get ready for `examples` in the model's present mode; returns the parameters in order."""
        if examples not in self.known:
            self.known[examples] = Parts(self.client, examples, self.count)
        self.parts = self.known[examples]
        self.parts.level()
        self.params = self.local.prepare(self.parts.first)
        self._told = False
        return self.params

    def changed(self, params: Any) -> None:
        """Take other parameters, of which those that were there keep their places."""
        self.local.changed(params)
        self.params, self._told = params, False

    def refresh(self) -> None:
        """Read anew the Values that are not trained, which a callback may have changed."""
        self.local.refresh()
        self._told = False

    def watch(self) -> None:
        """Look at the model before a callback, which may change it."""
        self.local.watch()

    def renew(self) -> bool:
        """Compile again, here and there, what callbacks have changed."""
        changed = self.local.renew()
        if changed:
            self._told = False
            for parts in self.known.values():
                parts.state = None
        return changed

    def run(self, rows: Rows, flat: Array, reverse: bool) -> Batch:
        """Return losses, outputs and, where `reverse` asks for it, the mean gradient of `rows`."""
        found = self._answers([rows], flat, reverse)
        assert found is not None  # what is not finite is told of steps only
        losses, outputs, slopes = found
        gradient = np.zeros(len(flat))
        for share, slope in slopes if reverse else ():
            gradient += share * slope
        return losses, outputs, gradient

    def descend(
        self, batches: Sequence[Rows], flat: Array, shares: list[Share]
    ) -> tuple[Array, Array, Moved] | None:
        """Let each site take a step on its rows of each batch, and average where they arrive.

        Returns the losses and outputs of all rows, in order, and the averages, each site counting
        as its rows do; None where numbers are not finite.
        """
        found = self._answers(batches, flat, True, [share.sent() for share in shares])
        if found is None:
            return None
        losses, outputs, arrived = found
        moved = _average(arrived)
        return (losses, outputs, moved) if np.isfinite(moved.flat).all() else None

    def _answers(
        self,
        batches: Sequence[Rows],
        flat: Array,
        reverse: bool,
        shares: list[Share] | None = None,
    ) -> tuple[Array, Array, list[tuple[float, Any]]] | None:
        """Losses and outputs of all rows, and what else each part says, with its share of them."""
        self._tell()
        steps: dict[int, list[tuple[Array, Array | None]]] = {}
        places: dict[int, list[Array]] = {}
        count, drawn = 0, self.local.noise
        for order in (order_of([rows]) for rows in batches):
            # Random factors are drawn here, so that all is as in one process.
            noise = drawn.draw(len(order)) if drawn.calls else None
            for part, mine, local in self.parts.split(order):
                own = None if noise is None else noise[mine]
                steps.setdefault(part, []).append((local, own))
                places.setdefault(part, []).append(count + mine)
            count += len(order)
        asked = {part: Question(flat, rows, reverse, shares) for part, rows in steps.items()}
        losses, outputs = np.empty((count, 1)), np.empty((count, self.parts.outputs))
        rest = []
        for part, answer in sorted(self.parts.ask(asked).items()):
            if answer is None:
                return None
            mine = np.concatenate(places[part])
            losses[mine], outputs[mine], more = answer
            rest.append((len(mine) / count, more))
        return losses, outputs, rest

    def _tell(self) -> None:
        """Let the parts know by which recipe they are asked, where it is another than before."""
        if self._told:
            return
        local, place = self.local, {p: i for i, p in enumerate(self.params)}
        values = local.program.parameters.values
        places = [place.get(v, -1) for v in values]
        others = [v.data for v, i in zip(values, places, strict=True) if i < 0]
        rest = [p.data for p in local.model.parameters() if p not in place]
        modes = tuple(module.training for module in local.modules)
        state = (modes, places, others, rest, len(place))
        if state != self.parts.state:
            where: Any = {"places": places, "others": others, "size": len(place)}
            how: Any = {"optimizer": self.optimizer, "clipping": self.clipping}
            how |= {"steps": local.steps, "batch": local.batch}
            recipe = Recipe(local.model, local.loss, self.parts.first, **where, **how)
            self.parts.tell(state, _pickled(recipe))
        self._told = True


def _pickled(recipe: Recipe) -> bytes:
    """The recipe as bytes, with what a notebook has defined."""
    import cloudpickle

    found: bytes = cloudpickle.dumps(recipe)
    return found


def _bare(optimizer: Optimizer) -> Optimizer:
    """The optimiser's formula without its parameters."""
    twin = object.__new__(type(optimizer))
    held: dict[str, Any] = {"param_groups": [], "params": [], "_state": [], "_elsewhere": None}
    vars(twin).update(vars(optimizer) | held | {"_program_steps": None})
    return twin


def _average(arrived: list[tuple[float, Moved]]) -> Moved:
    """The mean of all that are numbers; counts are those of the site that took the most steps."""

    def mean(found: list[Any]) -> Any:
        if isinstance(found[0], np.ndarray):  # added up in the order of the parts
            return np.add.reduce([w * x for (w, _), x in zip(arrived, found, strict=True)])
        return max(found) if isinstance(found[0], int) else found[0]

    moved = [m for _, m in arrived]
    states = [
        {name: mean([state[name] for state in alike]) for name in alike[0]}
        for alike in zip(*(m.states for m in moved), strict=True)
    ]
    return Moved(mean([m.flat for m in moved]), states, mean([m.gradient for m in moved]))
