"""Parts: examples cut into pieces, each at a site on some worker, which is asked and answers.

Where a worker is lost its sites are made anew on others and asked again. Invariant: a question
holds all that its answer depends on, so that a loss costs time and changes no answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.data.blocks import Blocks, workers_of
from nn.training.examples import Examples
from nn.training.site import Part, Question, Site

Array = npt.NDArray[Any]
LOST = 12  # times in a row that a site may be lost before the training gives up
LOOK = 1.0  # seconds of silence after which one looks whether a worker is still there
WAIT = 300.0  # seconds to wait for a worker where there is none


class Parts:
    """The parts of some examples, each at a site: `ask` them, and have the answers."""

    def __init__(self, client: Any, examples: Examples, count: int) -> None:
        self.client, self.examples, self.outputs = client, examples, examples.outputs
        count = min(len(examples), count)
        self.blocks: list[Any] = [None] * count  # the inputs, where the workers have them already
        if isinstance(examples.X, Blocks):
            self.blocks, sizes = examples.X.spread(count)
        else:
            sizes = [len(rows) for rows in np.array_split(np.arange(len(examples)), count)]
        self.starts = np.cumsum([0, *sizes])
        weights = None if examples.weights is None else examples.weights[:1]
        self.first = Part(examples.X[0][None], examples.targets[:1], weights, examples.outputs)
        self.futures: list[Any] = [None] * count
        self.sites: list[Any] = [None] * count
        self.tell(None, b"")
        self.disturbed = False

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
        """Ask by another recipe from now on; `state` is what it was made of."""
        self.state, self.recipe = state, recipe
        self.knows = [False] * len(self.sites)  # whether a site has the present recipe

    def ask(self, questions: Mapping[int, Question]) -> dict[int, Any]:
        """Return the answer to each question, whatever workers are lost meanwhile.

        Raises what model or loss raise there, and `RuntimeError` where workers are lost so often
        that there must be a reason.
        """
        answers: dict[int, Any] = {}
        lost = 0
        while left := [part for part in questions if part not in answers]:
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
        held: dict[str, list[int]] = {worker: [] for worker in workers_of(self.client)}
        there = {p: f for p, f in enumerate(self.futures) if f and f.status == "finished"}
        at = self.client.who_has(list(there.values()))
        for part, future in there.items():
            for worker in at.get(future.key, ()):
                held.setdefault(worker, []).append(part)
        most, fewest = (f(held.values(), key=len, default=[]) for f in (max, min))
        if len(most) - len(fewest) > 1:
            for part in most[len(most) - (len(most) - len(fewest)) // 2 :]:
                self._give_up(part, None)

    def close(self) -> None:
        """Give up all sites."""
        for held in (self.sites, self.futures, self.blocks):
            held.clear()

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
            rows = slice(*self.starts[part : part + 2])
            examples, weights = self.examples, self.examples.weights
            X = examples.X[rows] if self.blocks[part] is None else None
            own = None if weights is None else weights[rows]
            question = replace(question, setup=(self.recipe, X, examples.targets[rows], own))
        try:
            return self.sites[part].answer(question)
        except RuntimeError as error:  # so says an actor whose worker is known to be lost
            raise OSError(str(error)) from error

    def _site(self, part: int) -> Any:
        while True:
            try:
                return self.futures[part].result(timeout=LOOK)
            except TimeoutError:
                if not workers_of(self.client):
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


def _lost() -> tuple[type[BaseException], ...]:
    """What is raised where a worker, a connection or what they held is lost."""
    from concurrent.futures import CancelledError

    from distributed.scheduler import KilledWorker

    return OSError, CancelledError, KilledWorker
