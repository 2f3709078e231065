"""Record: what a saved network's file says of its data and its training.

It is kept as a checkpoint's extra data, so that new rows are scaled as in training and classes
have their names. Invariant: a record that was read holds what its fields say, or `LoadError`.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import nn
from nn.data.dataset import TASKS, Dataset
from nn.data.scaling import Scaling
from nn.files.document import document
from nn.files.strict_json import Item, read

MAX_BYTES = 2**27  # networks.MOST_WEIGHTS weights, at up to 25 bytes each
FIELDS = ("data", "target", "task", "classes", "columns", "features")
SCALINGS = ("scaling", "target_scaling")


@dataclass(frozen=True)
class Record:
    """What the network was trained on, and `training`: how, and with what result."""

    data: str
    target: str
    task: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    features: int
    scaling: Scaling | None
    target_scaling: Scaling | None
    training: dict[str, Any]

    def scaled(self, data: Dataset) -> Dataset:
        """Return `data`, not scaled yet, scaled as those of the training.

        Raises `ValueError` unless they have the same features and classes.
        """
        if data.X_train.shape[1] != self.features or data.columns != self.columns:
            raise ValueError(
                f"the network was trained on {self.data}, {self.features} features "
                f"({_some(self.columns)}); {data.name} has {data.X_train.shape[1]} "
                f"({_some(data.columns)})"
            )
        if data.classes != self.classes:
            raise ValueError(
                f"the network tells apart {_some(self.classes) or 'nothing: it is a regression'}; "
                f"{data.name} has {_some(data.classes) or 'numbers'}"
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
        Item(path, "", None).fail(
            "says nothing about its data; only what `python -m nn train --save` wrote can be used"
        )
    return model, record


def load_any(path: str) -> tuple[nn.Module, Record | None]:
    """Return the model and, where there is one, the record; raises as `load`."""
    saved = document(read(path, MAX_BYTES))
    model, checkpoint = saved.build(), saved.checkpoint.value
    kept = checkpoint.get("extra") if isinstance(checkpoint, dict) else None
    if not isinstance(kept, dict) or "record" not in kept:
        return model, None
    extra = nn.load_checkpoint(path, model, max_bytes=MAX_BYTES)
    item = Item(path, "checkpoint.extra", extra)
    fields = item.under("record", extra["record"]).fields((*FIELDS, *SCALINGS, "training"))
    record = Record(
        data=_text(fields["data"]),
        target=_text(fields["target"]),
        task=fields["task"].choice(TASKS),
        classes=tuple(map(_text, fields["classes"].elements())),
        columns=tuple(map(_text, fields["columns"].elements())),
        features=fields["features"].whole(1),
        scaling=_scaling(fields["scaling"], fields["features"].value),
        target_scaling=_scaling(fields["target_scaling"], 1),
        training=fields["training"].members(),
    )
    if record.columns and len(record.columns) != record.features:
        fields["columns"].fail(f"are {len(record.columns)} names for {record.features} features")
    if (record.task == "classification") != (len(record.classes) >= 2):
        fields["classes"].fail(f"are {len(record.classes)}, which is no {record.task}")
    _check_model(model, record, item)
    return model, record


def _check_model(model: nn.Module, record: Record, item: Item) -> None:
    """Run the network once: it has to take the features and to answer for the classes."""
    try:
        shape = nn.predict(model, [[0.0] * record.features]).shape
    except (TypeError, ValueError, IndexError) as error:
        item.fail(f"says {record.features} features, which the network does not take: {error}")
    outputs = 1 if len(shape) == 1 else shape[1]
    if outputs != (len(record.classes) or 1):
        item.fail(f"says {len(record.classes)} classes, but the network has {outputs} outputs")


def _text(item: Item) -> str:
    return item.value if type(item.value) is str else item.expected("a string")


def _scaling(item: Item, count: int) -> Scaling | None:
    if item.value is None:
        return None
    fields = item.fields(("center", "scale"))
    center, scale = (
        tuple(number.number() for number in fields[name].elements()) for name in ("center", "scale")
    )
    if len(center) != count or len(scale) != count:
        item.fail(f"must have {count} numbers each")
    if not all(map(math.isfinite, center)) or not all(0.0 < x < math.inf for x in scale):
        item.fail("must hold finite numbers, scales above 0")
    return Scaling(center, scale)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name:.40}" for name in names[:5]) + (", ..." if len(names) > 5 else "")
