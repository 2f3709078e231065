"""Features: how the columns of a table become inputs, as numbers and words that can be saved.

scikit-learn learns the medians and categories from the training rows. Invariant: what is learnt
is all that `encode` needs, so that a file of today's and one of tomorrow's become the same inputs.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nn.checks import Array, require
from nn.data.tables import Reading, Table, read_table

MOST_CATEGORIES = 100
MOST_WORDS = 20  # of a column whose cells are numbers for the most part
_IDENTIFIER = re.compile(r"(?i:(.*[\s_.-])?(id|index|idx|row|rownames|nr|no|#))|.*[a-z](Id|ID)")


@dataclass(frozen=True)
class Column:
    """A column and its inputs.

    A number is one input, `fill` where it is missing, with a second one, 1 where it is missing, if
    `flag`. With `categories` there is an input for each of them, 1 for the one in the cell, where
    "" is a missing one; a word that is none of them leaves all at 0.
    """

    name: str
    fill: float = 0.0
    flag: bool = False
    categories: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs."""
        if self.categories:
            return tuple(f"{self.name}={word or 'missing'}" for word in self.categories)
        return (self.name, f"{self.name} missing") if self.flag else (self.name,)

    def encode(self, table: Table) -> Array:
        """Return the inputs, shape (rows, inputs); raises `ValueError` where a number is none."""
        if self.categories:
            words = table.words(self.name)
            same: Array = words[:, None] == np.array(self.categories, dtype=object)
            return same.astype(float)
        numbers = table.only_numbers(self.name)
        missing = np.isnan(numbers)
        parts = [np.where(missing, self.fill, numbers), missing.astype(float)]
        return np.stack(parts[: 1 + self.flag], axis=1)


@dataclass(frozen=True)
class Features:
    """The `columns` that are inputs, the `reading` of the file, `names` if it has no header."""

    columns: tuple[Column, ...]
    reading: Reading
    names: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of all inputs."""
        return tuple(name for column in self.columns for name in column.inputs)

    @property
    def numeric(self) -> list[int]:
        """Which inputs are numbers, to be scaled; the others are 0 or 1."""
        first = np.cumsum([0, *(len(column.inputs) for column in self.columns)])
        pairs = zip(first[:-1].tolist(), self.columns, strict=True)
        return [i for i, column in pairs if not column.categories]

    def read(self, path: str, target: str, reading: Reading) -> Table:
        """Return the file at `path` as a table that `encode` takes; its target need not be there.

        It is read as the first was, or by `reading`. Raises as `read_table`.
        """
        table = read_table(path, reading)
        if self.names and len(table.columns) == len(self.names) - 1:
            names = [name for name in self.names if name != target]
            table = Table(table.name, table.cells.set_axis(names, axis=1), table.reading)
        return table

    def strange(self, table: Table) -> str:
        """Return in words which cell of `table` holds a word never met in training, "" for none."""
        for column in self.columns:
            words = table.words(column.name) if column.categories else np.array([])
            unknown = ~np.isin(words, np.array(column.categories, dtype=object))
            if unknown.any():
                row = int(np.argmax(unknown))
                what = f"{words[row]!r:.40}" if words[row] else "what is missing"
                more = int(np.count_nonzero(unknown)) - 1
                return (
                    f"{table.name}, row {row + 1}, column `{column.name:.60}`: {what} was never "
                    "there in training, and stands for none of its words"
                    + (f"; the same in {more} more rows" if more else "")
                )
        return ""

    def encode(self, table: Table) -> Array:
        """Return the inputs, shape (rows, inputs).

        Raises `ValueError` for a column that the table lacks, and a cell that is no number.
        """
        for column in self.columns:
            if column.name not in table.columns:
                raise ValueError(
                    f"{table.name} has no column `{column.name:.60}`, which the network was "
                    "trained on"
                )
        return np.concatenate([column.encode(table) for column in self.columns], axis=1)


def fit_features(table: Table, names: Sequence[str], rows: Array) -> Features:
    """Return the features in the columns `names`, with what the training `rows` have to say.

    A number that is missing becomes the median, and a category an input of its own. Raises
    `ValueError` for columns that tell nothing of an example: identifiers, more than 100 different
    words, no content; and `ImportError` without scikit-learn.
    """
    require("sklearn", "medians and categories")
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder

    useless: dict[str, str] = {}
    columns = []
    for name in names:
        numbers, words = table.numbers(name), table.words(name)
        problem = _useless(name, numbers, words, table)
        if problem:
            useless[name] = problem
        elif numbers is None:
            encoder = OneHotEncoder().fit(words[rows, None])
            columns.append(Column(name, categories=tuple(map(str, encoder.categories_[0]))))
        else:
            imputer = SimpleImputer(strategy="median", keep_empty_features=True)
            imputer.fit(numbers[rows, None])
            flag = bool(np.isnan(numbers[rows]).any())
            columns.append(Column(name, float(imputer.statistics_[0]), flag))
    if useless:
        said = ", ".join(f"`{name:.40}` ({what})" for name, what in list(useless.items())[:8])
        raise ValueError(
            f"{table.name}: no use as inputs: {said}; leave out by --drop {shlex.join(useless)}"
        )
    return Features(tuple(columns), table.reading, () if table.reading.header else table.columns)


def _useless(name: str, numbers: Array | None, words: Array, table: Table) -> str:
    """What is wrong with a column as an input, "" where nothing is."""
    different = len(set(words) - {""})
    if different == 0:
        return "empty"
    if numbers is not None:
        # Without a name, as pandas and R write the number of a row, it has to count.
        rows = numbers - np.arange(len(numbers)) == numbers[0]
        named = rows.all() if name.isdigit() else _IDENTIFIER.fullmatch(name)
        counts = different == len(words) > 2 and (numbers == np.rint(numbers)).all()
        return "identifies the row" if counts and named else ""
    _, wrong = table.reading.numbers(table.cells[name])
    if different > MOST_WORDS and wrong.mean() < 0.5:
        row = int(np.argmax(wrong))
        return f"numbers, but row {row + 1} holds {words[row]!r:.40}: a word for --missing?"
    many = different > MOST_CATEGORIES or different == len(words) > 2
    return f"{different} different words" if many else ""
