"""Twins: models of one architecture, of which one takes what was recorded of another.

Cross-validation trains clone after clone, and half of the time for a small one went into compiling
it. Invariant: a model is a twin only while it is as it was built, and nothing kept holds Values.
"""

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import Program, Value
from autograd.compiler.bound import Recorded
from nn.module import Module
from nn.training.marks import TWINS, Look

ARCHITECTURES = 4  # the least recently used goes first
LARGEST = 10_000  # parameters: two programs take 0.7 kB for each

_LOCK = threading.Lock()
_kept: dict[Hashable, dict[Hashable, Recorded]] = {}


def call_twin(model: Module, architecture: Hashable) -> None:
    """Let a new model be a twin of all that are called so.

    All its code must be the library's, for which modes make no difference.
    """
    values = model.parameters()
    if len(values) <= LARGEST:
        vars(model)[TWINS] = _Twin(architecture, Look(model), values)


def architecture_of(model: Module) -> Hashable:
    """Return what the twins of `model` are called, None where it has none or has changed.

    It can be pickled where its parts can, for a copy in another process to be called so again.
    """
    twin = vars(model).get(TWINS)
    return twin.architecture if twin is not None and twin.look.is_same(model) else None


def adopt(model: Module, kind: Hashable, program: Program, args: Sequence[Any]) -> bool:
    """Give `program` what was recorded of that `kind` for a twin; whether there was any.

    `args` are what it is going to be called with.
    """
    known, values = _known_of(model)
    recorded = known.get(kind)
    if recorded is not None:
        program.adopt(recorded, values, *args)
    return recorded is not None


def keep(model: Module, kind: Hashable, program: Program) -> None:
    """Keep what `program` has just recorded of the model, for twins."""
    known, values = _known_of(model)
    recorded = program.recorded(values)
    if recorded is not None:
        known[kind] = recorded


def _known_of(model: Module) -> tuple[dict[Hashable, Recorded], list[Value]]:
    """What is known of twins, by kind, and the model's parameters; nothing where it has changed."""
    twin = vars(model).get(TWINS)
    if twin is None or not twin.look.is_same(model):
        return {}, []
    with _LOCK:
        known = _kept[twin.architecture] = _kept.pop(twin.architecture, {})
        if len(_kept) > ARCHITECTURES:
            del _kept[next(iter(_kept))]
    return known, twin.values


@dataclass(frozen=True, eq=False)
class _Twin:
    """What a model keeps, in an object, which no walk over its parameters enters."""

    architecture: Hashable
    look: Look
    values: list[Value]
