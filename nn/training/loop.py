"""Loop: the epochs of a training, each of them batches, measurements and observers, in this order.

Invariant: whatever ends it, an error, Ctrl-C or a callback, the model holds the last finite
weights and has its user's modes again, and the history holds whole epochs only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn.data import Rows
from nn.data.batches import order_of
from nn.module import Module
from nn.schedules import Schedule
from nn.training.arguments import Metric
from nn.training.diagnosis import diverged
from nn.training.early_stopping import EarlyStopping
from nn.training.engine import Engine, NotFiniteError
from nn.training.examples import Examples
from nn.training.history import History, Observer
from nn.training.modes import Modes


@dataclass(kw_only=True)
class Loop:
    """What takes part in a training; `run` trains."""

    model: Module
    engine: Engine
    training: Examples
    held_out: Examples | None
    batches: Callable[[], Iterator[Rows]]  # the rows of each batch of one more epoch
    batch_size: int
    rng: np.random.Generator  # which their order is drawn from
    metrics: Mapping[str, Metric]
    schedule: Schedule | None
    monitor: str  # of a schedule that takes a metric
    stopping: EarlyStopping | None
    callbacks: list[Any]
    batch_callbacks: list[Any]
    bar: Any
    history: History = field(default_factory=History)

    def run(self, epochs: int) -> History:
        """Train, at most so many epochs; returns the history."""
        self.modes = Modes(self.model)
        with self.engine.guard.noted():
            try:
                self.modes.train()
                with self.bar:
                    self._epochs(epochs)
            except KeyboardInterrupt:
                self.history.stopped = "interrupted"
            finally:  # whatever happened: nothing learnt is lost
                try:
                    with self.engine.guard:
                        self.engine.write_back()
                        self.engine.optimizer.bring_state()
                        self.modes.restore()
                except KeyboardInterrupt:
                    self.history.stopped = "interrupted"
                self.history.cut()
        return self.history

    def _epochs(self, epochs: int) -> None:
        epoch = 0
        while epoch < epochs:
            several = self._at_once(epochs - epoch)
            epoch += several
            if several:
                continue
            if not self._steps(epoch):
                return
            epoch += 1
            self._measure()
            stopping, history = self.stopping, self.history
            waited = stopping is not None and stopping.note(history, self.engine)
            if self._call(self.callbacks, history):
                history.stopped = "a callback returned True"
            elif waited and stopping is not None:
                history.stopped = f"no better {stopping.monitor} for {stopping.patience} epochs"
            if history.stopped:
                break
        if self.stopping is not None and self.stopping.weights is not None:
            with self.engine.guard:  # it has ended by itself
                self.engine.restore(self.stopping.weights)

    def _at_once(self, most: int) -> int:
        """Run several epochs in one native call where nobody looks in between; how many."""
        watched = (self.held_out, self.schedule, self.stopping)
        if most < 2 or any(x is not None for x in watched):
            return 0
        if self.metrics or self.callbacks or self.batch_callbacks:
            return 0
        history, examples = self.history, self.training
        self.engine.epoch(examples)
        generator = self.rng.bit_generator
        state = generator.state
        with self.engine.guard, np.errstate(all="ignore"):
            found = self.engine.epochs(
                most, lambda n: np.stack([order_of(list(self.batches())) for _ in range(n)])
            )
            if found is None:
                generator.state = state
                return 0
            history.note_epochs(*found, examples)
            history.lr += [self.engine.optimizer.param_groups[0]["lr"]] * len(found[0])
        self.bar.update(len(found[0]) * -(-len(examples) // self.batch_size))
        if not self.bar.disable:
            self.bar.set_postfix_str(history.report())
        return len(found[0])

    def _steps(self, epoch: int) -> bool:
        """Take the steps of one epoch; whether all have been taken."""
        engine, schedule, k = self.engine, self.schedule, 0
        engine.epoch(self.training)
        batches = list(self.batches())
        looks = bool(self.batch_callbacks) or (schedule is not None and schedule.per == "batch")
        try:
            with np.errstate(all="ignore"):  # what overflows is found by the engine's checks
                while k < len(batches):
                    ahead = 0 if looks else engine.ahead(batches[k:])
                    if ahead:
                        k += ahead
                        self.bar.update(ahead)
                        continue
                    batch = batches[k]
                    engine.step(batch)
                    k += 1
                    if schedule is not None and schedule.per == "batch":
                        schedule.step()
                    self.bar.update()
                    if self.batch_callbacks:
                        mean = float(engine.losses[batch].mean())
                        if self._call(self.batch_callbacks, mean):
                            self.history.stopped = "a callback returned True"
                            return False
            engine.check_weights()
        except NotFiniteError as problem:
            engine.go_back()
            self.history.cut()
            k = min(k, len(batches) - 1)
            raise diverged(problem, self.model, self.history, self.training, epoch, k) from None
        return True

    def _measure(self) -> None:
        """Note what the epoch has given, and measure what is held out."""
        history, schedule, engine = self.history, self.schedule, self.engine
        history.note("", engine.losses, engine.examples, engine.outputs, self.metrics)
        if self.held_out is not None:
            self.modes.evaluate()
            engine.evaluate(self.held_out)
            history.note("val_", engine.losses, engine.examples, engine.outputs, self.metrics)
            self.modes.train()
        if schedule is not None and schedule.per == "epoch":
            schedule.step(history.watched(self.monitor)[-1])
        history.lr.append(engine.optimizer.param_groups[0]["lr"])
        if not self.bar.disable:
            self.bar.set_postfix_str(history.report())

    def _call(self, callbacks: Iterable[Any], news: Any) -> bool:
        """Call all callbacks, on a model that is up to date; whether one wants to stop."""
        if all(isinstance(callback, Observer) for callback in callbacks):
            return any([_is_true(callback(news)) for callback in callbacks])
        with self.engine.guard:
            self.engine.write_back()
            self.modes.restore()
            self.engine.runner.watch()
        try:
            answers = [callback(news) for callback in callbacks]
        finally:
            with self.engine.guard:
                self.modes.note()
                self.modes.train()
                self.engine.gather()
        with self.engine.guard:
            self.engine.runner.renew()
        return any(map(_is_true, answers))


def _is_true(answer: object) -> bool:
    return isinstance(answer, bool | np.bool_) and bool(answer)
