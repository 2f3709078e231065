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
            return _of_characters(options)
        except nn.LoadError:
            raise problem from None
    if options.json:
        about = {"architecture": describe(model), "model": repr(model)}
        about["parameters"] = len(model.parameters())
        print_json(about if record is None else about | asdict(record))
        return 0
    print(model.summary())
    if record is None:
        print("saved without a record of its data and training")
        return 0
    lines = {
        "data": f"{record.data}, {record.inputs} inputs{': ' * bool(record.columns)}"
        + listed(record.columns),
        "target": f"{record.target}: {listed(record.classes) or 'a number'}",
        "scaling": "none" if record.scaling is None else "as in training",
    }
    return _tell(lines | record.training)


def _of_characters(options: argparse.Namespace) -> int:
    model, settings, training = characters.load(options.load)
    if options.json:
        print_json({**asdict(settings), "parameters": len(model.parameters()), **training})
        return 0
    print(model.summary())
    print(f"{settings.model} of {settings.width}, looks at {settings.block_size} characters")
    return _tell({"vocabulary": repr(settings.vocabulary), **training})


def _tell(lines: dict[str, Any]) -> int:
    for name, value in lines.items():
        if value not in ("", None, False):
            print(f"{printable(name):<12} {printable(_shown(value))}")
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
