"""Text: characters as whole numbers, and windows over them for a model that predicts the next.

The names are the first names of the 1990 census of the United States, those that were counted
often enough to be published: 5,163 of them, in lower case, one a line. They are in the public
domain as a work of the federal government (17 USC 105); the list was taken from the files
dist.female.first and dist.male.first, as the Python package `names` 0.3.0 carries them, and
shuffled once, so that no name tells how the next one begins. Invariant: `decode(encode(text)) ==
text` for every text of the vocabulary's characters.
"""

import importlib.resources
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.checks import check_size

Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Text:
    """A `text` called `name`; `vocabulary` is all its characters, sorted, a token a place in it.

    Raises `ValueError` for a text without two different characters: nothing could be learnt.
    """

    name: str
    text: str
    vocabulary: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "vocabulary", self.vocabulary or "".join(sorted(set(self.text))))
        if not self.text:
            raise ValueError(f"{self.name} is empty: a text has characters")
        if len(set(self.text)) < 2:
            raise ValueError(f"{self.name} holds one character only, {self.text[0]!r}")
        if list(self.vocabulary) != sorted(set(self.vocabulary)):
            raise ValueError(f"`vocabulary` lists characters once, sorted, got {self.vocabulary!r}")

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty, such as names."""
        return [line for line in self.text.split("\n") if line]

    def encode(self, text: str) -> list[int]:
        """Return the token of each character of `text`; `ValueError` for an unknown one."""
        places = {character: i for i, character in enumerate(self.vocabulary)}
        unknown = next((c for c in text if c not in places), None)
        if unknown is not None:
            raise ValueError(
                f"{unknown!r} is none of the {len(places)} characters of {self.name}: "
                f"{self.vocabulary!r:.80}"
            )
        return [places[character] for character in text]

    def decode(self, tokens: Iterable[Any]) -> str:
        """Return the text of tokens; raises `IndexError` or `TypeError` for what are none."""
        listed = list(tokens)
        if any(token < 0 for token in listed):
            raise IndexError(f"tokens are numbers from 0 on, got {min(listed)}")
        return "".join(self.vocabulary[token] for token in listed)

    def windows(self, block_size: int, stride: int = 1) -> tuple[Array, Array]:
        """Return windows of tokens, (n, block_size), and after each token the next one, likewise.

        A window starts every `stride` characters. Raises `ValueError` where the text has no more
        than `block_size` characters.
        """
        block_size, stride = check_size("block_size", block_size), check_size("stride", stride)
        if len(self.text) <= block_size:
            raise ValueError(
                f"{self.name} has {len(self.text)} characters, too few for a window of "
                f"{block_size} and the next one: take a smaller one, or more text"
            )
        tokens = np.array(self.encode(self.text))
        views = np.lib.stride_tricks.sliding_window_view(tokens, block_size + 1)[::stride]
        return views[:, :-1].copy(), views[:, 1:].copy()


def read_text(path: str | os.PathLike[str], *, encoding: str = "utf-8-sig") -> Text:
    """Return the text in the file at `path`, by `encoding`, every kind of line end as `\\n`.

    Raises `ValueError` where it cannot be decoded, or has not two different characters, and
    `OSError` where there is no file to read.
    """
    try:
        with open(path, encoding=encoding) as file:
            return Text(os.fspath(path), file.read())
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{os.fspath(path)} is no text in {error.encoding}: byte {error.start} is "
            f"{error.object[error.start]:#x}; name its encoding, such as latin-1"
        ) from None
    except LookupError:
        raise ValueError(f"unknown encoding {encoding!r:.60}: name one such as latin-1") from None


def names() -> Text:
    """Return the 5,163 names that come with the package, see above."""
    file = importlib.resources.files("nn.data") / "names.txt"
    return Text("names", file.read_text(encoding="ascii"))
