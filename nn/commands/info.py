"""python -m nn info: what a saved file says of its network, its data and its training."""

import argparse
from typing import Any

from nn.commands import record as records
from nn.commands.output import print_json, printable, rounded
from nn.commands.record import Record
from nn.files.model import describe


def info(options: argparse.Namespace) -> int:
    """Print what is in the file, as text or as JSON; return the exit status."""
    model, record = records.load_any(options.load)
    if options.json:
        print_json(
            {
                "architecture": describe(model),
                "model": repr(model),
                "parameters": len(model.parameters()),
                **({} if record is None else records.described(record)),
            }
        )
        return 0
    print(model.summary())
    if record is None:
        print("saved without a record of its data and training")
        return 0
    print(f"data        {printable(record.data)}, {_features(record)}")
    outcome = ", ".join(name[:40] for name in record.classes[:10]) or "a number"
    print(f"target      {printable(record.target)}: {printable(outcome)}")
    print(f"scaling     {'none' if record.scaling is None else 'as in training'}")
    for name, value in record.training.items():
        if value not in ("", None, False):
            print(f"{printable(name):<11} {_shown(value)}")
    return 0


def _features(record: Record) -> str:
    names = ", ".join(f"{name:.40}" for name in record.columns[:8])
    more = ", ..." if len(record.columns) > 8 else ""
    return printable(f"{record.features} features" + (f": {names}{more}" if names else ""))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return printable(
            ", ".join(
                rounded(name, number) if isinstance(number, float) else f"{name} {number}"
                for name, number in value.items()
            )
        )
    return printable(str(value)[:200])
