"""Record: what a saved network's file says of its data and its training.

It is kept as a checkpoint's extra data, so that new rows become inputs as in training, classes
have their names, and the test part stays the test part. Invariant: a record that was read holds
what its fields say, or `LoadError`.
"""

import math
from dataclasses import asdict, dataclass, replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import nn
from nn.checks import check_share, check_size
from nn.commands.recipes import MOST_WEIGHTS
from nn.data import Dataset, Features, Reading, Scaling
from nn.data import load as load_data
from nn.data.dataset import TASKS
from nn.data.features import Column
from nn.data.tables import listed

MAX_BYTES = 2**27  # recipes.MOST_WEIGHTS weights, at up to 25 bytes each


@dataclass(frozen=True)
class Record:
    """What the network was trained on, and `training`: how, and with what result.

    `seed` and `test_share` drew the test part, which no later training may touch. Raises
    `ValueError` where the fields do not fit each other.
    """

    data: str
    target: str
    task: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    inputs: int
    features: Features | None
    scaling: Scaling | None
    target_scaling: Scaling | None
    seed: int
    test_share: float
    training: dict[str, Any]

    def __post_init__(self) -> None:
        check_share("test_share", self.test_share)
        check_size("seed", self.seed, 0)
        if self.task not in TASKS:
            raise ValueError(f"the task must be one of {', '.join(TASKS)}, got {self.task!r:.40}")
        if (self.task == "classification") != (len(self.classes) >= 2):
            raise ValueError(f"{len(self.classes)} classes are no {self.task}")
        widths = [self.inputs if self.columns == () else len(self.columns)]
        widths += [] if self.features is None else [len(self.features.inputs)]
        widths += [] if self.scaling is None else [len(self.scaling.center)]
        if not 0 < self.inputs <= MOST_WEIGHTS or set(widths) != {self.inputs}:
            raise ValueError(f"{self.inputs} inputs, of which {widths} are described")

    def again(self, name: str) -> Dataset:
        """Return a data set by its name, split and scaled as that of the training.

        Raises `ValueError` unless it has the same inputs and classes.
        """
        data = load_data(name, seed=self.seed, test_fraction=self.test_share, scale=None)
        if (data.X_train.shape[1], data.columns) != (self.inputs, self.columns):
            raise ValueError(
                f"the network was trained on {self.data}, {self.inputs} inputs "
                f"({listed(self.columns)}); {data.name} has {data.X_train.shape[1]} "
                f"({listed(data.columns)})"
            )
        if data.classes != self.classes:
            raise ValueError(
                f"the network tells apart {listed(self.classes) or 'nothing: it is a regression'}; "
                f"{data.name} has {listed(data.classes) or 'numbers'}"
            )
        if self.scaling is None:
            return data
        X_train, X_test = self.scaling.apply(data.X_train), self.scaling.apply(data.X_test)
        return replace(data, X_train=X_train, X_test=X_test, scaling=self.scaling)


def save(model: nn.Module, path: str, record: Record) -> None:
    """Write model and record to `path`; raises as `nn.save_checkpoint`."""
    nn.save_checkpoint(model, path, record=asdict(record))


def load(path: str) -> tuple[nn.Module, Record]:
    """Return model and record in the file at `path`; raises `LoadError` and `OSError`."""
    model, record = load_any(path)
    if record is None:
        raise nn.LoadError(
            f"{path}: says nothing about its data; only what `python -m nn train --save` wrote can "
            "be used"
        )
    return model, record


def load_any(path: str) -> tuple[nn.Module, Record | None]:
    """Return the model and, where there is one, the record; raises as `load`."""
    model = nn.load(path, max_bytes=MAX_BYTES)
    try:
        kept = nn.load_checkpoint(path, model, max_bytes=MAX_BYTES)["record"]
    except (nn.LoadError, KeyError):  # what `nn.save` wrote, or somebody's own checkpoint
        return model, None
    try:
        record = _built(Record, kept)
        _check_model(model, record)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        said = f"has no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise nn.LoadError(f"{path}: checkpoint.extra.record: {said:.200}") from None
    return model, record


def _built(kind: Any, x: Any) -> Any:
    """The value of a type that `asdict` and JSON made `x` of; raises where it is none."""
    if isinstance(kind, UnionType):  # with None
        return None if x is None else _built(get_args(kind)[0], x)
    if kind in (Record, Features, Column, Reading, Scaling):
        members, hints = _built(dict, x), get_type_hints(kind)
        return kind(**{name: _built(hint, members[name]) for name, hint in hints.items()})
    if get_origin(kind) is tuple:
        return tuple(_built(get_args(kind)[0], each) for each in _built(list, x))
    kind = get_origin(kind) or kind
    x = float(x) if kind is float and type(x) is int else x
    if type(x) is not kind or (kind is float and not math.isfinite(x)):
        names = {str: "text", dict: "an object", list: "a list", float: "a finite number"}
        raise TypeError(f"{x!r:.40} should be {names.get(kind, kind.__name__)}")
    return x


def _check_model(model: nn.Module, record: Record) -> None:
    """Run the network once: it has to take the inputs and to answer for the classes."""
    try:
        shape = nn.predict(model, [[0.0] * record.inputs]).shape
    except (TypeError, ValueError, IndexError) as error:
        raise ValueError(f"{record.inputs} inputs do not fit the network: {error}") from None
    outputs = 1 if len(shape) == 1 else shape[1]
    if outputs != (len(record.classes) or 1):
        raise ValueError(f"{len(record.classes)} classes, and the network has {outputs} outputs")
