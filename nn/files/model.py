"""Saving: models and checkpoints as JSON files, exact to the bit, and never pickles.

`save` and `load` keep a model, `save_checkpoint` and `load_checkpoint` also what training needs
to go on as if it had not been interrupted. Invariant: a file is replaced as a whole or not at
all, what was saved has been read back first, and a failing load changes nothing.
"""

import os
from typing import Any

from nn.files.atomic import replace_file
from nn.files.document import check_module, document, written
from nn.files.strict_json import MAX_BYTES, LoadError, parse, read
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
    architecture = None if weights_only else describe(model)
    replace_file(path, checked(model, architecture))


def load(path: Path, *, into: Module | None = None, max_bytes: int = MAX_BYTES) -> Module:
    """Return the model in the file at `path`, in the mode it was saved in.

    With `into`, its weights go into that model, which must have the same parameter names, and
    that model is returned. Files need not be trusted: nothing in them is imported or evaluated.

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
    """Return the architecture of `model`; raises `TypeError` where it has none."""
    architecture = getattr(model, "architecture", None)
    if architecture is None:
        raise TypeError(f"{model!r:.60} has no `architecture()` to build it from: {_ADVICE}")
    try:
        return architecture()
    except TypeError as error:  # a part that has none, or a function without a name
        raise TypeError(f"{error}: {_ADVICE}") from error


def checked(model: Module, architecture: Any, checkpoint: Any = None) -> bytes:
    """Return the content of a file for `model`, once it has been read back and compared."""
    data = written(model, architecture, checkpoint)
    try:
        saved = document(parse("", data))
        same = _exact(saved.state_for(model)) == _exact(model.state_dict())
        if architecture is not None:
            built = saved.build()
            same = same and _parts(built) == _parts(model)
    except LoadError as error:
        raise ValueError(f"{model!r:.60} could not be loaded again, {error}: {_ADVICE}") from error
    if not same:
        raise ValueError(f"{model!r:.60} has parts that its architecture leaves out: {_ADVICE}")
    return data


_ADVICE = (
    "save its weights with nn.save(model, path, weights_only=True) and load them with "
    "nn.load(path, into=model)"
)


def _exact(state: dict[str, float]) -> dict[str, str]:
    return {name: repr(number) for name, number in state.items()}


def _parts(model: Module) -> list[tuple[str, type, Any]]:
    return [
        (path, type(module), module.architecture() if hasattr(module, "architecture") else None)
        for path, module in model.named_modules()
    ]
