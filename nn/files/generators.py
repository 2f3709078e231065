"""Generators: the state of random numbers as JSON, checked before it is put back.

Invariant: a state from a file cannot bring a generator into a state that its own algorithm does
not have; NumPy itself checks none of this.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nn.files.strict_json import Item
from nn.module import Module

Generator = random.Random | np.random.Generator


def named_generators(
    model: Module, rng: Generator | Sequence[Generator] | None
) -> dict[str, Generator]:
    """Return the generators held by the modules of `model`, dropout say, and those in `rng`."""
    passed = [] if rng is None else [rng] if isinstance(rng, Generator) else list(rng)
    named = {f"rng[{i}]": generator for i, generator in enumerate(passed)}
    for path, module in model.named_modules():
        for name, held in vars(module).items():
            if isinstance(held, Generator):
                named[f"model.{path}.{name}" if path else f"model.{name}"] = held
    return named


def state_of(generator: Generator) -> dict[str, Any]:
    """Return the state as JSON; raises `TypeError` for generators other than the usual two."""
    if isinstance(generator, np.random.Generator):
        state: Any = generator.bit_generator.state
        if state["bit_generator"] == "PCG64":
            rest = {key: state[key] for key in ("has_uint32", "uinteger")}
            return {"class": "PCG64", **state["state"], **rest}
    elif isinstance(generator, random.Random) and not isinstance(generator, random.SystemRandom):
        version, words, gauss = generator.getstate()
        if version == 3:
            return {"class": "Random", "words": list(words), "gauss": gauss}
    raise TypeError(
        f"a generator must be a random.Random or np.random.default_rng(seed), got {generator!r:.60}"
    )


def setter(generator: Generator, item: Item) -> Callable[[], None]:
    """Return what puts the state in `item` into `generator`; raises `LoadError`."""
    if isinstance(generator, np.random.Generator):
        ranges = {"state": 2**128, "inc": 2**128, "has_uint32": 2, "uinteger": 2**32}
        fields = item.fields(["class", *ranges])
        fields["class"].choice(["PCG64"])
        numbers = {key: fields[key].whole(0, end - 1) for key, end in ranges.items()}
        if numbers["inc"] % 2 == 0:
            fields["inc"].fail("must be odd")
        state = {
            "bit_generator": "PCG64",
            "state": {"state": numbers["state"], "inc": numbers["inc"]},
            "has_uint32": numbers["has_uint32"],
            "uinteger": numbers["uinteger"],
        }
        bits = generator.bit_generator
        return lambda: setattr(bits, "state", state)

    fields = item.fields(["class", "words", "gauss"])
    fields["class"].choice(["Random"])
    gauss = None if fields["gauss"].value is None else fields["gauss"].number()
    words = tuple([word.whole(0) for word in fields["words"].elements()])
    try:
        random.Random().setstate((3, words, gauss))
    except (TypeError, ValueError, OverflowError) as error:
        fields["words"].fail(str(error))
    return lambda: generator.setstate((3, words, gauss))
