"""Kinds of arguments: from text to a checked value, and errors in one line."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from nn.checks import check_size


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        """Print `message` in one line, whatever characters are in it, and exit with status 2."""
        line = " ".join(message.split())
        line = "".join(c if c.isprintable() else "?" for c in line)
        self.exit(2, f"{self.prog}: error: {line}; see {self.prog} --help\n")


def number(
    name: str, check: Callable[[str, Any], Any], kind: Callable[[str], Any] = float
) -> Callable[[str], Any]:
    """Return an argparse type: convert by `kind`, then let `check` refuse the result by name."""

    def convert(text: str) -> Any:
        try:
            return check(name, kind(text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def count(name: str, least: int = 1) -> Callable[[str], Any]:
    """Return an argparse type for whole numbers of at least `least`."""
    return number(name, lambda name, x: check_size(name, x, least), int)


def check_seed(name: str, x: int) -> int:
    """Return a seed, which scikit-learn wants between 0 and 2**32 - 1."""
    if not 0 <= x < 2**32:
        raise ValueError(f"`{name}` must be from 0 to {2**32 - 1}, got {x}")
    return x


def path(text: str) -> str:
    """Return the path of a file; an empty one is what a shell makes of an unset variable."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"must be the path of a file, got {text!r:.60}")
    return text
