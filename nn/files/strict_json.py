"""Strict JSON: reads a file that nobody vouches for, and says where it is wrong.

Each `Item` knows its place in the document, and whoever reads it states what it must hold.
Invariant: whatever the content, nothing but `LoadError` comes out, in time and memory linear in
the size; only a file that cannot be read is an `OSError`.
"""

import json
import math
import os
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_BYTES = 2**27  # some 6 million weights
SPECIAL = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}  # JSON has no numbers for these


class LoadError(ValueError):
    """What is wrong with the content of a file: names the file, the place in it, what to do."""


@dataclass(frozen=True)
class Item:
    """A value of a JSON document, and where it stands, such as `architecture.modules[2]`."""

    path: str
    place: str
    value: Any

    def fail(self, problem: str) -> NoReturn:
        """Raise a `LoadError` that names the file, the place and the problem."""
        raise LoadError(": ".join(filter(None, [self.path, self.place, problem])))

    def expected(self, what: str) -> NoReturn:
        """Raise a `LoadError` that says what should stand here, and what does."""
        self.fail(f"must be {what}, got {describe(self.value)}")

    def under(self, key: str | int, value: Any) -> "Item":
        """Return the item for what stands inside this one at `key`."""
        if isinstance(key, int):
            return Item(self.path, f"{self.place}[{key}]", value)
        key = key if key.isidentifier() else describe(key)
        return Item(self.path, f"{self.place}.{key}" if self.place else key, value)

    def members(self) -> dict[str, Any]:
        """Return the values in an object, whatever their names."""
        if type(self.value) is not dict:
            self.expected("an object")
        return self.value

    def fields(self, names: Iterable[str]) -> "dict[str, Item]":
        """Return the members of an object that has to have exactly these names."""
        names, members = list(names), self.members()
        for name in names:
            if name not in members:
                self.fail(f"has no `{name}`; it must hold {', '.join(names)}")
        if len(members) > len(names):
            unknown = next(name for name in members if name not in names)
            self.fail(f"has an unknown key {describe(unknown)}; known are {', '.join(names)}")
        return {name: self.under(name, members[name]) for name in names}

    def elements(self) -> "list[Item]":
        """Return the elements of a list."""
        if type(self.value) is not list:
            self.expected("a list")
        return [self.under(i, value) for i, value in enumerate(self.value)]

    def whole(self, least: int, most: int | None = None) -> int:
        """Return a whole number from `least` to `most`; true and 1.0 are none."""
        if type(self.value) is int and self.value >= least:
            if most is None or self.value <= most:
                return self.value
        upper = "" if most is None else f", at most {most}"
        self.expected(f"a whole number of at least {least}{upper}")

    def number(self) -> float:
        """Return a number, or what the strings "inf", "-inf" and "nan" stand for."""
        number = as_number(self.value)
        if number is None:
            self.expected('a number, "inf", "-inf" or "nan"')
        return number

    def choice(self, choices: Iterable[str]) -> str:
        """Return a string that is one of `choices`."""
        choices = list(choices)
        if type(self.value) is str and self.value in choices:
            return self.value
        self.expected("one of " + ", ".join(f'"{choice}"' for choice in choices))

    def flag(self) -> bool:
        """Return true or false."""
        if type(self.value) is bool:
            return self.value
        self.expected("true or false")


def read(path: str | os.PathLike[str], max_bytes: int = MAX_BYTES) -> Item:
    """Return the document in the file at `path`.

    Raises `LoadError` for a file of more than `max_bytes` or that is not strict JSON: UTF-8
    without a byte order mark, no key twice in an object, no NaN, no deeper than `json` reads.
    """
    name = os.fsdecode(path)
    about, document = os.stat(path), Item(name, "", None)
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
        raise OSError(f"`{name}` is no ordinary file")  # a pipe would be waited for
    if stat.S_ISREG(about.st_mode) and about.st_size > max_bytes:
        document.fail(
            f"is larger than {max_bytes} bytes; if you trust it, pass a larger `max_bytes`"
        )
    with open(path, "rb") as file:
        data = file.read(max_bytes)
    return parse(data, name)


def parse(data: bytes, name: str) -> Item:
    """Return the document that `data` holds; `name` is what errors call it. Raises as `read`."""
    document = Item(name, "", None)
    if not data.strip():
        document.fail("is empty; save the model again")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_refuse)
    except LoadError as error:
        document.fail(str(error))
    except UnicodeDecodeError as error:
        document.fail(f"is no text in UTF-8 (byte {error.start}), so nn.save did not write it")
    except ValueError as error:  # what is no JSON, and a number of more digits than Python reads
        document.fail(f"is not JSON, or is cut short: {error}")
    except RecursionError:
        document.fail("is nested too deep")
    return Item(name, "", value)


def describe(value: Any) -> str:
    """Return a short text for a value, in ASCII and on one line."""
    if isinstance(value, list | dict):
        return f"a list of {len(value)}" if isinstance(value, list) else "an object"
    text = json.dumps(value[:60] if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def as_number(value: Any) -> float | None:
    """Return the number that a JSON value stands for, or None, also where it is no float's."""
    if type(value) is float:
        return value if math.isfinite(value) else None  # 1e999; infinity is written "inf"
    if type(value) is int:
        return float(value) if abs(value) < 2**1023 else None
    return SPECIAL.get(value) if type(value) is str else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise LoadError(f"an object has the key {describe(twice)} twice")
    return members


def _refuse(text: str) -> NoReturn:
    raise LoadError(f'{text} is not JSON; write "{float(text)}", in quotes')
