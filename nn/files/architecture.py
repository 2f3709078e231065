"""Architectures: models built from what a file says of them, without trusting it.

A file may name the classes that `nn.layers` exports, and no others; what arguments they take they
say themselves, and their constructors check them. Invariant: no more weights are made than the
file holds numbers, and what has no weights is bounded by `MODULES` and `PADDING`.
"""

import inspect
from typing import Any

import nn.layers
from nn.files.strict_json import Item, LoadError
from nn.layers.described import Described
from nn.layers.window import Windowed
from nn.module import Module

MODULES = 10_000
LEVELS = 50  # of a Sequential in a Sequential
PADDING = 100  # rows or columns, in all layers together: an image must not grow without bound
CLASSES: dict[str, type[Described]] = {
    name: item
    for name, item in vars(nn.layers).items()
    if isinstance(item, type) and issubclass(item, Described)
}


class Builder:
    """Builds a model from its architecture and the number of weights that the file holds."""

    def __init__(self, weights: Item, count: int) -> None:
        self.weights, self.count = weights, count
        self.left, self.modules, self.padding = count, MODULES, PADDING

    def build(self, item: Item, level: int = 0) -> Module:
        """Return the model that `item` describes, its weights all 0; raises `LoadError`."""
        if "class" not in item.members():
            item.fail('has no `class`, such as "MLP"')
        kind = CLASSES[item.under("class", item.members()["class"]).choice(CLASSES)]
        if kind is nn.layers.Sequential:
            modules = item.fields(["class", "modules"])["modules"]
            self.modules -= len(modules.value) if type(modules.value) is list else 0
            if self.modules < 0 or level > LEVELS:
                item.fail(f"goes beyond {MODULES} modules, nested {LEVELS} deep: build it by hand")
            return nn.layers.Sequential(
                *[self.build(part, level + 1) for part in modules.elements()]
            )
        fields = item.fields(["class", *kind.arguments])
        arguments: dict[str, Any] = {name: fields[name].value for name in kind.arguments}
        if "init" in inspect.signature(kind).parameters:
            arguments["init"] = self.draw
        try:
            layer = kind(**arguments)
        except LoadError:
            raise
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            item.fail(str(error))
        if isinstance(layer, Windowed):
            self.padding -= max(layer.window.padding)
            if self.padding < 0:
                item.fail(f"pads images by more than {PADDING} rows in all: build it by hand")
        return layer

    def draw(self, *_: Any) -> float:
        """Stand for an initialisation, and stop where there are more weights than numbers."""
        self.left -= 1
        if self.left < 0:
            self.weights.fail(f"are {self.count} numbers, but the architecture has more parameters")
        return 0.0
