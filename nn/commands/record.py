"""Record: what a saved network's file says of its data and its training.

It is kept as a checkpoint's extra data, so that new rows become inputs as in training, classes
have their names, and the test part stays the test part. Invariant: a record that was read holds
what its fields say, or `LoadError`.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import nn
from nn.checks import check_share
from nn.commands.networks import MOST_WEIGHTS
from nn.data import Dataset, Features, Reading, Scaling
from nn.data.dataset import TASKS
from nn.data.features import Column

MAX_BYTES = 2**27  # networks.MOST_WEIGHTS weights, at up to 25 bytes each


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
        if self.task not in TASKS:
            raise ValueError(f"the task must be one of {', '.join(TASKS)}, got {self.task!r:.40}")
        if (self.task == "classification") != (len(self.classes) >= 2):
            raise ValueError(f"{len(self.classes)} classes are no {self.task}")
        widths = [self.inputs if self.columns == () else len(self.columns)]
        widths += [] if self.features is None else [len(self.features.inputs)]
        widths += [] if self.scaling is None else [len(self.scaling.center)]
        if not 0 < self.inputs <= MOST_WEIGHTS or set(widths) != {self.inputs}:
            raise ValueError(f"{self.inputs} inputs, of which {widths} are described")

    def scaled(self, data: Dataset) -> Dataset:
        """Return `data`, not scaled yet, scaled as those of the training.

        Raises `ValueError` unless they have the same inputs and classes.
        """
        if (data.X_train.shape[1], data.columns) != (self.inputs, self.columns):
            raise ValueError(
                f"the network was trained on {self.data}, {self.inputs} inputs "
                f"({some(self.columns)}); {data.name} has {data.X_train.shape[1]} "
                f"({some(data.columns)})"
            )
        if data.classes != self.classes:
            raise ValueError(
                f"the network tells apart {some(self.classes) or 'nothing: it is a regression'}; "
                f"{data.name} has {some(data.classes) or 'numbers'}"
            )
        if self.scaling is None:
            return data
        X_train, X_test = self.scaling.apply(data.X_train), self.scaling.apply(data.X_test)
        return replace(data, X_train=X_train, X_test=X_test, scaling=self.scaling)


def described(record: Record) -> dict[str, Any]:
    """Return the record as numbers, strings, lists and dicts."""
    return asdict(record)


def save(model: nn.Module, path: str, record: Record) -> None:
    """Write model and record to `path`; raises as `nn.save_checkpoint`."""
    nn.save_checkpoint(model, path, record=described(record))


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
        record = _record(kept)
        _check_model(model, record)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        said = f"has no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise nn.LoadError(f"{path}: checkpoint.extra.record: {said:.200}") from None
    return model, record


def _record(kept: Any) -> Record:
    """The record in a document; what is none raises one of the errors that `load_any` takes."""
    features = kept["features"]
    return Record(
        data=_text(kept["data"]),
        target=_text(kept["target"]),
        task=_text(kept["task"]),
        classes=_texts(kept["classes"]),
        columns=_texts(kept["columns"]),
        inputs=_whole(kept["inputs"]),
        features=None if features is None else _features(features),
        scaling=_scaling(kept["scaling"]),
        target_scaling=_scaling(kept["target_scaling"]),
        seed=_whole(kept["seed"]),
        test_share=check_share("test_share", kept["test_share"]),
        training=_object(kept["training"]),
    )


def _features(kept: Any) -> Features:
    columns = [
        Column(_text(c["name"]), _number(c["fill"]), c["flag"] is True, _texts(c["categories"]))
        for c in kept["columns"]
    ]
    how = dict(kept["reading"]) | {"missing": _texts(kept["reading"]["missing"])}
    return Features(tuple(columns), Reading(**how), _texts(kept["names"]))


def _scaling(kept: Any) -> Scaling | None:
    if kept is None:
        return None
    return Scaling(*(tuple(map(_number, kept[name])) for name in ("center", "scale")))


def _check_model(model: nn.Module, record: Record) -> None:
    """Run the network once: it has to take the inputs and to answer for the classes."""
    try:
        shape = nn.predict(model, [[0.0] * record.inputs]).shape
    except (TypeError, ValueError, IndexError) as error:
        raise ValueError(f"{record.inputs} inputs do not fit the network: {error}") from None
    outputs = 1 if len(shape) == 1 else shape[1]
    if outputs != (len(record.classes) or 1):
        raise ValueError(f"{len(record.classes)} classes, and the network has {outputs} outputs")


def _text(x: Any) -> str:
    if type(x) is not str:
        raise TypeError(f"{x!r:.40} should be text")
    return x


def _texts(x: Any) -> tuple[str, ...]:
    if type(x) is not list:
        raise TypeError(f"{x!r:.40} should be a list")
    return tuple(map(_text, x))


def _object(x: Any) -> dict[str, Any]:
    if type(x) is not dict:
        raise TypeError(f"{x!r:.40} should be an object")
    return x


def _number(x: Any) -> float:
    if type(x) not in (int, float) or not math.isfinite(x):
        raise TypeError(f"{x!r:.40} should be a finite number")
    return float(x)


def _whole(x: Any) -> int:
    if type(x) is not int or x < 0:
        raise TypeError(f"{x!r:.40} should be a whole number")
    return x


def some(names: tuple[str, ...]) -> str:
    """Return the first names."""
    return ", ".join(f"{name:.40}" for name in names[:5]) + (", ..." if len(names) > 5 else "")
