"""The file of a saved model: one JSON object, the same for models and checkpoints.

    {"format": "seegrad model", "version": 1,
     "architecture": {"class": "MLP", "nin": 2, ...},     null: weights only
     "training": true,                                    the mode, as of Module.train()
     "weights": {"layers.0.neurons.0.weights": [0.5, -1.25], "layers.0.neurons.0.bias": 0.0, ...},
     "checkpoint": null}                                  or what nn.save_checkpoint adds

A list holds `name.0`, `name.1` and so on. Invariant: every float comes back as it was, the sign
of zero included; "inf", "-inf" and "nan" are strings, as JSON has no such numbers.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from autograd.engine.node import assign
from nn.files.architecture import Builder
from nn.files.strict_json import Item, as_number, describe
from nn.module import Module

FORMAT = "seegrad model"
VERSION = 1
KEYS = ("format", "version", "architecture", "training", "weights", "checkpoint")


@dataclass(frozen=True)
class Document:
    """A file that has been read and found whole, apart from what its parts hold."""

    architecture: Item
    training: bool
    weights: Item
    checkpoint: Item

    def build(self) -> Module:
        """Return the model that the file describes, with its weights and in its mode."""
        if self.architecture.value is None:
            self.weights.fail(
                "come without an architecture; build the model and pass it: "
                "nn.load(path, into=model)"
            )
        model = Builder(self.weights, self._count()).build(self.architecture)
        state = self.state_for(model)
        parameters = dict(model.named_parameters())
        assign(parameters.values(), map(state.__getitem__, parameters))
        return model.train(self.training)

    def state_for(self, model: Module) -> dict[str, float]:
        """Return the weights by name; raises `LoadError` unless they fit `model`."""
        names = [name for name, _ in model.named_parameters()]
        if self._count() != len(names):
            self.weights.fail(
                f"are {self._count()} numbers, but {model!r:.60} has {len(names)} parameters"
            )
        state: dict[str, float] = {}
        for prefix, row in self.weights.members().items():
            if type(row) is not list:
                state[prefix] = self.weights.under(prefix, row).number()
                continue
            dot = f"{prefix}." if prefix else ""
            for i, value in enumerate(row):
                number = as_number(value)
                if number is None:
                    self.weights.under(prefix, row).under(i, value).number()
                else:
                    state[f"{dot}{i}"] = number
        # As many of both, so where none is missing none is there twice or too many.
        for name in names:
            if name not in state:
                self.weights.fail(f"have no `{name}`, a parameter of {model!r:.60}")
        return state

    def _count(self) -> int:
        rows = self.weights.members().values()
        return sum(len(row) if type(row) is list else 1 for row in rows)


def document(top: Item) -> Document:
    """Return the content of a file; raises `LoadError`."""
    members = top.members()
    if members.get("format") != FORMAT:
        top.fail(f'is no saved model: it has no "format": "{FORMAT}"')
    version = top.under("version", members.get("version"))
    if version.whole(1) != VERSION:
        version.fail(
            f"is {describe(version.value)}, and this release reads version {VERSION}; use "
            "the release that saved the model, or a newer one"
        )
    fields = top.fields(KEYS)
    training = fields["training"].flag()
    return Document(fields["architecture"], training, fields["weights"], fields["checkpoint"])


def written(model: Module, architecture: Any, checkpoint: Any = None) -> bytes:
    """Return the content of a file for `model`, a line for each row of weights."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "architecture": architecture,
        "training": bool(model.training),
        "weights": _grouped(model.state_dict()),
        "checkpoint": checkpoint,
    }
    return (_lines(content, 2) + "\n").encode()


def _lines(content: Any, levels: int, indent: str = "\n") -> str:
    if not levels or not isinstance(content, dict) or not content:
        return json.dumps(content, allow_nan=False)
    inner = indent + " "
    members = (f"{json.dumps(k)}: {_lines(v, levels - 1, inner)}" for k, v in content.items())
    return "{" + inner + f",{inner}".join(members) + indent + "}"


def _grouped(state: dict[str, float]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for name, number in state.items():
        prefix, _, index = name.rpartition(".")
        row = rows.setdefault(prefix, []) if index == "0" else rows.get(prefix)
        if isinstance(row, list) and index == str(len(row)):
            row.append(as_json(number))
        else:
            rows[name] = as_json(number)
    return rows


def as_json(number: float) -> float | str:
    """Return the number, or "inf", "-inf" or "nan" for it."""
    return float(number) if math.isfinite(number) else str(float(number))
