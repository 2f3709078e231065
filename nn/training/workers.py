"""Workers: the third way to run a batch, which asks the workers of a Dask cluster for their rows.

The examples are cut into as many parts as there are workers, once. A part lives at a site on some
worker; where that worker is lost, the site is made anew on another and asked again. Invariant: a
question holds all that its answer depends on, and answers are added up in the order of the parts,
so that a loss costs time and not one bit of the weights.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nn.data import Rows
from nn.data.blocks import Blocks
from nn.optim import Optimizer
from nn.optim.clipping import Clipping
from nn.optim.shares import Share, State
from nn.training.examples import Examples
from nn.training.runners import Batch, Compiled
from nn.training.site import Moved, Part, Question, Recipe, Site

Array = npt.NDArray[Any]
Messages = dict[int, Question]
Steps = list[tuple[Array, Array | None]]
LOST = 12  # times in a row that a site may be lost before the training gives up
LOOK = 1.0  # seconds of silence after which one looks whether a worker is still there
WAIT = 300.0  # seconds to wait for a worker where there is none


class Workers:
    """Runs batches on the workers of `client`; a context, at whose end the sites are given up.

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
        self.count = len(_workers(client))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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
        self._tell()
        order = self.parts.order(rows)
        split, noise = self.parts.split(order), self._noise(order)
        asked = {
            part: Question(flat, [(local, _of(noise, places))], reverse)
            for part, places, local in split
        }
        answers = self.parts.ask(asked)
        losses = np.empty((len(order), 1))
        outputs = np.empty((len(order), self.parts.outputs))
        gradient = np.zeros(len(flat))
        for part, places, _ in split:
            losses[places], outputs[places], slopes = answers[part]
            if reverse:
                gradient += len(places) / len(order) * slopes
        return losses, outputs, gradient

    def descend(
        self, batches: Sequence[Rows], flat: Array, shares: list[Share]
    ) -> tuple[Array, Array, Moved] | None:
        """Let each site take a step on its rows of each batch, and average where they arrive.

        Returns the losses and outputs of all rows, in order, and the averages, each site counting
        as its rows do; None where numbers are not finite.
        """
        self._tell()
        orders = [self.parts.order(rows) for rows in batches]
        steps: dict[int, Steps] = {}
        places: dict[int, list[Array]] = {}
        start = 0
        for order in orders:
            noise = self._noise(order)
            for part, mine, local in self.parts.split(order):
                steps.setdefault(part, []).append((local, _of(noise, mine)))
                places.setdefault(part, []).append(start + mine)
            start += len(order)
        sent = [_sent(share) for share in shares]
        answers = self.parts.ask({p: Question(flat, s, shares=sent) for p, s in steps.items()})
        losses, outputs = np.empty((start, 1)), np.empty((start, self.parts.outputs))
        arrived: list[tuple[float, Moved]] = []
        for part in sorted(answers):
            if answers[part] is None:
                return None
            mine = np.concatenate(places[part])
            losses[mine], outputs[mine], moved = answers[part]
            arrived.append((len(mine) / start, moved))
        moved = _average(arrived)
        return (losses, outputs, moved) if np.isfinite(moved.flat).all() else None

    def _noise(self, order: Array) -> Array | None:
        """The random factors of the rows: drawn here, so that all is as in one process."""
        noise = self.local.noise
        return noise.draw(len(order)) if noise.calls else None

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
            recipe = Recipe(
                local.model,
                local.loss,
                self.parts.first,
                places,
                others,
                len(place),
                local.steps,
                local.batch,
                self.optimizer,
                self.clipping,
            )
            self.parts.tell(state, _pickled(recipe))
        self._told = True


class Parts:
    """The parts of some examples, each at a site: `ask` them, and have the answers."""

    def __init__(self, client: Any, examples: Examples, count: int) -> None:
        self.client, self.examples, self.outputs = client, examples, examples.outputs
        count = min(len(examples), count)
        self.blocks: list[Any] = [None] * count
        if isinstance(examples.X, Blocks):
            self.blocks, sizes = examples.X.spread(count)
        else:
            sizes = [len(rows) for rows in np.array_split(np.arange(len(examples)), count)]
        self.starts = np.cumsum([0, *sizes])
        weights = None if examples.weights is None else examples.weights[:1]
        self.first = Part(examples.X[0][None], examples.targets[:1], weights, examples.outputs)
        self.futures: list[Any] = [None] * count
        self.sites: list[Any] = [None] * count
        self.knows = [False] * count  # whether a site has the present recipe
        self.state: Any = None
        self.recipe = b""
        self.disturbed = False

    def order(self, rows: Rows) -> Array:
        """Return the numbers of `rows`."""
        return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else np.asarray(rows)

    def split(self, order: Array) -> list[tuple[int, Array, Array]]:
        """Return for each part with rows in `order` where those stand in it, and their numbers."""
        part = np.searchsorted(self.starts, order, side="right") - 1
        by_part = np.argsort(part, kind="stable")
        present, first = np.unique(part[by_part], return_index=True)
        places = np.split(by_part, first[1:])
        return [
            (p, mine, order[mine] - self.starts[p])
            for p, mine in zip(present.tolist(), places, strict=True)
        ]

    def tell(self, state: Any, recipe: bytes) -> None:
        """Ask by another recipe from now on."""
        self.state, self.recipe = state, recipe
        self.knows = [False] * len(self.knows)

    def ask(self, questions: Messages) -> dict[int, Any]:
        """Return the answer to each question, whatever workers are lost meanwhile.

        Raises what model or loss raise there, and `RuntimeError` where workers are lost so often
        that there must be a reason.
        """
        answers: dict[int, Any] = {}
        lost = 0
        while len(answers) < len(questions):
            left = [part for part in questions if part not in answers]
            problem: BaseException | None = None
            for part in left:
                if self.futures[part] is None:
                    self.futures[part] = self._made(part)
            calls = {}
            for part in left:
                try:
                    calls[part] = self._call(part, questions[part])
                except _lost() as error:
                    problem = self._give_up(part, error)
            for part, call in calls.items():
                try:
                    answer = self._when_done(part, call)
                except _lost() as error:
                    problem = self._give_up(part, error)
                    continue
                if isinstance(answer, Exception):
                    answer.add_note("on a worker, in the rows of its part of the examples")
                    raise answer
                self.knows[part], answers[part] = True, answer
            lost = lost + 1 if problem is not None else 0
            if lost > LOST:
                raise RuntimeError(
                    f"a worker was lost {lost} times in a row while it worked on its part of the "
                    "examples: look into its log, out of memory is the usual reason"
                ) from problem
        return answers

    def level(self) -> None:
        """After a loss: where a worker has two sites more than another, let it give up one."""
        if not self.disturbed:
            return
        held: dict[str, list[int]] = {worker: [] for worker in _workers(self.client)}
        there = {p: f for p, f in enumerate(self.futures) if f and f.status == "finished"}
        at = self.client.who_has(list(there.values()))
        for part, future in there.items():
            for worker in at.get(future.key, ()):
                held.setdefault(worker, []).append(part)
        if held and max(map(len, held.values())) - min(map(len, held.values())) > 1:
            most = max(held.values(), key=len)
            for part in most[len(most) - (len(most) - min(map(len, held.values()))) // 2 :]:
                self._give_up(part, None)

    def close(self) -> None:
        """Give up all sites."""
        self.sites.clear()
        self.futures.clear()
        self.blocks.clear()

    def _made(self, part: int) -> Any:
        """A new site for a part, on the worker that has the fewest or the data."""
        try:  # the scheduler takes no actor where there is no worker
            self.client.wait_for_workers(1, timeout=WAIT)
        except TimeoutError:
            raise RuntimeError(f"the cluster has had no worker for {WAIT:g} s") from None
        return self.client.submit(Site, self.blocks[part], actor=True, pure=False)

    def _call(self, part: int, question: Question) -> Any:
        """Ask a site, as soon as it is there; returns the promise of an answer."""
        if self.sites[part] is None:
            self.sites[part] = self._site(part)
        if not self.knows[part]:
            start, stop = self.starts[part : part + 2]
            examples, X = self.examples, None
            if self.blocks[part] is None:
                X = examples.X[start:stop]
            weights = None if examples.weights is None else examples.weights[start:stop]
            setup = self.recipe, X, examples.targets[start:stop], weights
            question = replace(question, setup=setup)
        try:
            return self.sites[part].answer(question)
        except RuntimeError as error:  # so says an actor whose worker is known to be lost
            raise OSError(str(error)) from error

    def _site(self, part: int) -> Any:
        while True:
            try:
                return self.futures[part].result(timeout=LOOK)
            except TimeoutError:
                if not _workers(self.client):
                    raise OSError("the workers were lost") from None
            except (RuntimeError, ValueError) as error:
                block = self.blocks[part]
                if block is not None and block.status == "error":  # what made the array went wrong
                    raise
                raise OSError(str(error)) from error  # a site that was lost before it was asked

    def _when_done(self, part: int, call: Any) -> Any:
        """The answer, as soon as it is there. A dead connection may stay silent for ever."""
        while True:
            try:
                return call.result(timeout=LOOK)
            except TimeoutError:
                if self.futures[part].status != "finished":
                    raise OSError("the worker was lost") from None

    def _give_up(self, part: int, problem: BaseException | None) -> BaseException | None:
        self.futures[part] = self.sites[part] = None
        self.knows[part] = False
        self.disturbed = True
        return problem


def check_client(client: Any) -> Any:
    """Return the client of a Dask cluster.

    Raises `ImportError` where Dask is missing, `TypeError` for what is no client, and `ValueError`
    where the client is asynchronous or there is no worker.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("`client` needs Dask: pip install 'seegrad[distributed]'") from error
    if not isinstance(client, Client):
        raise TypeError(f"`client` must be a distributed.Client, got {client!r:.60}")
    if client.asynchronous:
        raise ValueError("`client` is asynchronous, but `fit` waits: pass one that is not")
    if not _workers(client):
        raise ValueError("the cluster of `client` has no workers: start some")
    return client


def brought(client: Any, data: Any) -> Any:
    """Return `data` with the Dask collections in it computed: an array, or a tuple of them."""
    if isinstance(data, tuple | list) and any(hasattr(item, "__dask_graph__") for item in data):
        return tuple(brought(client, item) for item in data)
    return client.compute(data).result() if hasattr(data, "__dask_graph__") else data


def in_blocks(client: Any, X: Any, name: str = "X") -> Any:
    """Return a Dask array as `Blocks`, and everything else as it is.

    Raises `TypeError` for another collection of Dask's, such as a table.
    """
    if not hasattr(X, "__dask_graph__"):
        return X
    if not hasattr(X, "rechunk"):
        raise TypeError(
            f"`{name}` must be an array, got {type(X).__name__}: of a Dask table that is "
            "`table.to_dask_array(lengths=True)`"
        )
    return Blocks(client, X, name)


def _workers(client: Any) -> list[str]:
    return list(client.nthreads())


def _lost() -> tuple[type[BaseException], ...]:
    """What is raised where a worker, a connection or what they held is lost."""
    from concurrent.futures import CancelledError

    from distributed.scheduler import KilledWorker

    return OSError, CancelledError, KilledWorker


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


def _sent(share: Share) -> Share:
    """A share without its Values."""
    twin = share.kept()
    twin.states = []
    twin.group = {name: x for name, x in share.group.items() if name != "params"}
    return twin


def _of(noise: Array | None, places: Array) -> Array | None:
    return None if noise is None else noise[places]


def _average(arrived: list[tuple[float, Moved]]) -> Moved:
    """The mean of all that are numbers; counts are those of the site that took the most steps."""

    def mean(arrays: Iterable[Array]) -> Array:
        shares = [w * a for (w, _), a in zip(arrived, arrays, strict=True)]
        total: Array = np.add.reduce(shares)  # in the order of the parts
        return total

    moved = [m for _, m in arrived]
    states: list[State] = []
    for alike in zip(*(m.states for m in moved), strict=True):
        state: State = {}
        for name, first in alike[0].items():
            if isinstance(first, np.ndarray):
                state[name] = mean(s[name] for s in alike)
            else:
                state[name] = max(s[name] for s in alike) if isinstance(first, int) else first
        states.append(state)
    return Moved(mean(m.flat for m in moved), states, mean(m.gradient for m in moved))
