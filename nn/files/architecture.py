"""Architectures: models written down as JSON, and built from it without trusting it.

A model describes itself by `architecture()`: its class and the arguments that build it. Here is
the one table of classes that a file may name, with what their arguments must be and how many
parameters they imply. Invariant: nothing is built before its number of parameters is known to be
the number of weights at hand, and no name from a file is looked up anywhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import nn.layers as layers
from nn.files.strict_json import Item
from nn.layers.activations import ACTIVATIONS
from nn.module import Module


@dataclass(frozen=True)
class Plan:
    """A model that can be built: how many parameters it will have, and how to build it."""

    count: int
    build: Callable[[], Module]


def plan(item: Item) -> Plan:
    """Return the plan for the architecture in `item`; raises `LoadError`, builds nothing."""
    members = item.members()
    if "class" not in members:
        item.fail('has no `class`, such as "MLP"')
    name = item.under("class", members["class"]).choice([*ROWS, "Sequential"])
    if name == "Sequential":
        parts = [plan(part) for part in item.fields(["class", "modules"])["modules"].elements()]
        return Plan(
            sum(part.count for part in parts),
            lambda: layers.Sequential(*(part.build() for part in parts)),
        )
    row = ROWS[name]
    fields = item.fields(["class", *row.arguments])
    arguments = {key: read(fields[key]) for key, read in row.arguments.items()}

    def build() -> Module:
        try:
            return row.make(**arguments)
        except (TypeError, ValueError) as error:  # arguments that do not fit each other
            item.fail(str(error))

    return Plan(row.count(**arguments), build)


def _size(item: Item) -> int:
    return item.whole(1)


def _sizes(item: Item) -> list[int]:
    return [size.whole(1) for size in item.elements()] or item.expected("at least one size")


def _pair(item: Item) -> int | list[int]:
    """One number for both rows and columns, or two."""
    if not isinstance(item.value, list):
        return item.whole(0)
    pair = [size.whole(0) for size in item.elements()]
    return pair if len(pair) == 2 else item.expected("a whole number or a pair of them")


def _probability(item: Item) -> float:
    p = item.number()
    return p if 0.0 <= p < 1.0 else item.expected("a number of at least 0 and below 1")


def _activation(item: Item) -> str:
    return item.choice(ACTIVATIONS)


def _mlp_count(nin: int, nouts: list[int], **_: Any) -> int:
    return sum((n + 1) * m for n, m in pairwise([nin, *nouts]))


def _conv_count(in_channels: int, out_channels: int, kernel_size: Any, **_: Any) -> int:
    rows, columns = kernel_size if isinstance(kernel_size, list) else [kernel_size] * 2
    return int((in_channels * rows * columns + 1) * out_channels)


def _none(**_: Any) -> int:
    return 0


@dataclass(frozen=True)
class Row:
    """A class that a file may name: what reads each argument, and how many parameters follow."""

    make: Callable[..., Module]
    arguments: dict[str, Callable[[Item], Any]]
    count: Callable[..., int]


_WINDOW: dict[str, Callable[[Item], Any]] = {
    "kernel_size": _pair,
    "stride": _pair,
    "padding": _pair,
}

# Sequential, whose argument is a list of these, is the one class that is not here.
ROWS = {
    "Neuron": Row(
        layers.Neuron, {"nin": _size, "activation": _activation}, lambda nin, **_: nin + 1
    ),
    "Layer": Row(
        layers.Layer,
        {"nin": _size, "nout": _size, "activation": _activation},
        lambda nin, nout, **_: (nin + 1) * nout,
    ),
    "MLP": Row(
        layers.MLP,
        {"nin": _size, "nouts": _sizes, "activation": _activation, "output": _activation},
        _mlp_count,
    ),
    "Perceptron": Row(layers.Perceptron, {"nin": _size}, lambda nin: nin + 1),
    "Conv2d": Row(
        layers.Conv2d,
        {"in_channels": _size, "out_channels": _size, **_WINDOW, "activation": _activation},
        _conv_count,
    ),
    "MaxPool2d": Row(layers.MaxPool2d, _WINDOW, _none),
    "AvgPool2d": Row(layers.AvgPool2d, _WINDOW, _none),
    "Flatten": Row(layers.Flatten, {}, _none),
    "Reshape": Row(layers.Reshape, {"channels": _size, "rows": _size, "columns": _size}, _none),
    "Elementwise": Row(layers.Elementwise, {"activation": _activation}, _none),
    "Dropout": Row(layers.Dropout, {"p": _probability}, _none),
}
