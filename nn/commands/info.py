"""python -m nn info: what a saved file says of its network, its data and its training."""

import argparse
from dataclasses import asdict
from typing import Any

import nn
from nn.commands import characters
from nn.commands import record as records
from nn.commands.output import print_json, printable, rounded
from nn.data.tables import listed
from nn.files.model import describe


def info(options: argparse.Namespace) -> int:
    """Print what is in the file, as text or as JSON; return the exit status."""
    try:
        model, record = records.load_any(options.load)
    except nn.LoadError as problem:  # no architecture: perhaps a model of characters
        try:
            model, settings, training = characters.load(options.load)
        except nn.LoadError:
            raise problem from None
        kept: dict[str, Any] = {**asdict(settings), "parameters": len(model.parameters())}
        document = {**kept, **training}
        size = f"{settings.model} of {settings.width}, looks at {settings.block_size} characters"
        lines = {size: "", "vocabulary": repr(settings.vocabulary), **training}
    else:
        document = {"architecture": describe(model), "model": repr(model)}
        document["parameters"] = len(model.parameters())
        document |= {} if record is None else asdict(record)
        lines = {"saved without a record of its data and training": ""}
        if record is not None:
            data = f"{record.data}, {record.inputs} inputs{': ' * bool(record.columns)}"
            lines = {
                "data": data + listed(record.columns),
                "target": f"{record.target}: {listed(record.classes) or 'a number'}",
                "scaling": "none" if record.scaling is None else "as in training",
                **record.training,
            }
    if options.json:
        print_json(document)
        return 0
    print(model.summary())
    for name, value in lines.items():
        if value not in ("", None, False) or " " in name:
            print(f"{printable(name):<12} {printable(_shown(value))}".rstrip())
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if not isinstance(value, dict):
        return str(value)[:200]
    return ", ".join(
        rounded(name, number) if isinstance(number, float) else f"{name} {number}"
        for name, number in value.items()
    )
