"""Kinds of arguments: from text to a checked value, and errors in one line."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        """Print `message` in one line, whatever characters are in it, and exit with status 2."""
        line = " ".join(message.split())
        line = "".join(c if c.isprintable() else "?" for c in line)
        self.exit(2, f"{self.prog}: error: {line}; see {self.prog} --help\n")


def number(kind: Callable[[str], Any], check: Callable[[Any], Any]) -> Callable[[str], Any]:
    """Return an argparse type: convert by `kind`, then let `check` refuse the result."""

    def convert(text: str) -> Any:
        try:
            return check(kind(text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def at_least(least: int) -> Callable[[str], Any]:
    """Return an argparse type for whole numbers of at least `least`."""

    def check(x: int) -> int:
        if x < least:
            raise ValueError(f"must be at least {least}, got {x}")
        return x

    return number(int, check)


def seed(text: str) -> int:
    """Return a seed, which scikit-learn wants between 0 and 2**32 - 1."""

    def check(x: int) -> int:
        if not 0 <= x < 2**32:
            raise ValueError(f"must be from 0 to {2**32 - 1}, got {x}")
        return x

    found: int = number(int, check)(text)
    return found


def path(text: str) -> str:
    """Return the path of a file; an empty one is what a shell makes of an unset variable."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"must be the path of a file, got {text!r:.60}")
    return text
