"""Checkpoints: a model, and all that its training needs to go on to the same bits.

A checkpoint is the file of a saved model with the state of the optimiser, of the schedule and of
the random numbers beside it, and whatever else is to be kept. Invariant: loading takes all of it
or, on any error, none.
"""

import copy
import math
from collections.abc import Sequence
from typing import Any, Protocol

from nn.files.atomic import replace_file
from nn.files.document import as_json, document, written
from nn.files.generators import Generator, named_generators, setter, state_of
from nn.files.model import Path, check_module, describe
from nn.files.strict_json import MAX_BYTES, SPECIAL, Item, read
from nn.module import Module

LEVELS = 60  # of lists in lists; deeper ones could not be read again


class Stateful(Protocol):
    """An optimiser or a schedule, as far as a checkpoint needs to know it."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state: numbers, strings, lists and dicts."""

    def load_state_dict(self, state: dict[str, Any], /) -> object:
        """Take the state over, or raise and change nothing."""


def save_checkpoint(
    model: Module,
    path: Path,
    *,
    optimizer: Stateful | None = None,
    schedule: Stateful | None = None,
    rng: Generator | Sequence[Generator] | None = None,
    **extra: Any,
) -> None:
    """Write `model` and the state of its training to the file at `path`.

    `optimizer` and `schedule` are saved where they are given. `rng` is the generator that shuffles,
    or several; those that the model's modules hold are saved with it. `extra` is what else to keep,
    `epoch=5` say: numbers, strings, lists, dicts. `nn.load(path)` reads the model alone. Raises as
    `nn.save`, and `TypeError` for what is no JSON.
    """
    check_module(model)
    architecture = describe(model) if hasattr(model, "architecture") else None
    checkpoint = {
        "optimizer": _encoded(optimizer and optimizer.state_dict(), "optimizer"),
        "schedule": _encoded(schedule and schedule.state_dict(), "schedule"),
        "generators": {
            name: state_of(generator) for name, generator in named_generators(model, rng).items()
        },
        "extra": _encoded(extra, "extra"),
    }
    replace_file(path, written(model, architecture, checkpoint))


def load_checkpoint(
    path: Path,
    model: Module,
    *,
    optimizer: Stateful | None = None,
    schedule: Stateful | None = None,
    rng: Generator | Sequence[Generator] | None = None,
    max_bytes: int = MAX_BYTES,
) -> dict[str, Any]:
    """Put the checkpoint at `path` into what was passed when it was saved; return its `extra`.

    All of it, `model`, `optimizer`, `schedule` and `rng`, has to be passed again, built as it was:
    training that goes on without the state of its optimiser would not be the same. `max_bytes` and
    errors are as for `load`; after one nothing has changed.
    """
    check_module(model)
    saved = document(read(path, max_bytes))
    weights = saved.state_for(model)
    if saved.checkpoint.value is None:
        saved.checkpoint.fail("there is none; read the model with nn.load(path, into=model)")
    fields = saved.checkpoint.fields(["optimizer", "schedule", "generators", "extra"])
    extra: dict[str, Any] = _decoded(fields["extra"].members(), fields["extra"])
    generators = named_generators(model, rng)
    states = fields["generators"].members()
    if states.keys() != generators.keys():
        fields["generators"].fail(
            f"are for {_listed(states)}, and the model and `rng` have {_listed(generators)}"
        )
    setters = [
        setter(generator, fields["generators"].under(name, states[name]))
        for name, generator in generators.items()
    ]
    parts: list[tuple[Item, Stateful, dict[str, Any]]] = []
    for name, target in {"optimizer": optimizer, "schedule": schedule}.items():
        item = fields[name]
        if target is None and item.value is not None:
            item.fail(f"is in the file: pass `{name}`, built as it was, to go on with it")
        if target is not None:
            if item.value is None:
                item.fail(f"there is none: leave out `{name}`")
            parts.append((item, target, _decoded(item.members(), item)))

    before = [(target, copy.deepcopy(target.state_dict())) for _, target, _ in parts]
    for item, target, state in parts:
        try:
            target.load_state_dict(state)
        except Exception as error:  # whatever it raises over a content that is not its own
            for changed, old in reversed(before):
                changed.load_state_dict(old)
            item.fail(f"does not fit {type(target).__name__}: {error}")
    for put in setters:
        put()
    model.load_state_dict(weights)
    return extra


def _encoded(x: Any, place: str, level: int = 1) -> Any:
    """Return `x` as JSON, a float that JSON lacks as {"float": "inf"}."""
    if level > LEVELS:
        raise ValueError(f"{place[:60]} is nested more than {LEVELS} levels deep")
    if x is None or isinstance(x, bool | str):
        return x
    if isinstance(x, int):
        return int(x)
    if isinstance(x, float):
        return float(x) if math.isfinite(x) else {"float": as_json(x)}
    if isinstance(x, list | tuple):
        return [_encoded(y, f"{place}[{i}]", level + 1) for i, y in enumerate(x)]
    if isinstance(x, dict) and all(isinstance(key, str) for key in x) and x.keys() != {"float"}:
        return {key: _encoded(y, f"{place}.{key}", level + 1) for key, y in x.items()}
    raise TypeError(
        f"{place} cannot be saved, {x!r:.60} of type {type(x).__name__}: pass numbers, strings, "
        "lists, and dicts with strings as keys; array.tolist() for an array"
    )


def _decoded(value: Any, item: Item, level: int = 0) -> Any:
    """Undo `_encoded`; `item` is where an error is reported."""
    if level > LEVELS:
        item.fail(f"is nested more than {LEVELS} levels deep")
    if type(value) is list:
        return [_decoded(x, item, level + 1) for x in value]
    if type(value) is not dict:
        return value
    if value.keys() == {"float"}:
        return SPECIAL[item.under("float", value["float"]).choice(SPECIAL)]
    return {key: _decoded(x, item, level + 1) for key, x in value.items()}


def _listed(names: dict[str, Any]) -> str:
    return ", ".join(f"{name:.60}" for name in list(names)[:4]) or "none"
