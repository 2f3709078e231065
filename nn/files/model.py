"""Saving: models and checkpoints as JSON files, exact to the bit, and never pickles.

`save` and `load` keep a model, `save_checkpoint` and `load_checkpoint` also what training needs
to go on as if it had not been interrupted. Invariant: a file is replaced as a whole or not at
all, only what can be built again is saved, and a failing load changes nothing.
"""

import os
from typing import Any

from nn.files.architecture import CLASSES
from nn.files.atomic import replace_file
from nn.files.document import document, written
from nn.files.strict_json import MAX_BYTES, read
from nn.layers.described import Described
from nn.module import Module

Path = str | os.PathLike[str]


def save(model: Module, path: Path, *, weights_only: bool = False) -> None:
    """Write `model` to the file at `path`, architecture and weights; `load` gives it back.

    A model of your own has no `architecture()`: save it with `weights_only=True` and load it with
    `load(path, into=model)`. An existing file is replaced as a whole, or untouched on any error.

    Raises `TypeError` where `model` cannot be written down, `ValueError` where its parts differ
    from what its architecture says, such as weights that are shared, and `OSError`.
    """
    check_module(model)
    replace_file(path, written(model, None if weights_only else describe(model)))


def load(path: Path, *, into: Module | None = None, max_bytes: int = MAX_BYTES) -> Module:
    """Return the model in the file at `path`, in the mode it was saved in.

    With `into`, its weights go into that model, which must have the same parameter names, and that
    model is returned. Files need not be trusted: nothing in them is imported or evaluated, and one
    of more than `max_bytes` is refused.

    Raises `LoadError`, a `ValueError`, for whatever is wrong with the content, or where it does
    not fit `into`, which is then unchanged; `OSError` where there is no file to read.
    """
    saved = document(read(path, max_bytes))
    if into is None:
        return saved.build()
    check_module(into)
    into.load_state_dict(saved.state_for(into))
    return into


def describe(model: Module) -> Any:
    """Return the architecture of `model`; raises `TypeError` or `ValueError` where it has none."""
    if not hasattr(model, "architecture"):
        raise TypeError(f"{model!r:.60} has no `architecture()` to build it from: {_ADVICE}")
    try:
        architecture = model.architecture()
    except TypeError as error:  # a part that has none, or a function without a name
        raise TypeError(f"{error}: {_ADVICE}") from error
    for module in model.modules():
        if CLASSES.get(type(module).__name__) is not type(module):
            raise ValueError(f"{module!r:.60} could not be loaded again, being none of: {_ADVICE}")
    if not isinstance(model, Described) or model.size() != len(model.parameters()):
        raise ValueError(f"{model!r:.60} has parts that its architecture leaves out: {_ADVICE}")
    return architecture


def check_module(model: Module) -> None:
    """Raise `TypeError` unless `model` is a Module."""
    if not isinstance(model, Module):
        raise TypeError(f"the model must be an nn.Module, got {model!r:.60}")


_ADVICE = (
    "save its weights with nn.save(model, path, weights_only=True) and load them with "
    "nn.load(path, into=model)"
)
