"""Tables: the text of a CSV file as named columns of cells, read by pandas.

Separator, encoding, header and decimal sign are found where they are not given. Invariant: cells
are text as it stands in the file, without surrounding blanks; nothing becomes a number, a class
or missing before somebody asks for that.
"""

import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nn.checks import Array, require

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", "."}
DELIMITERS = (";", "|", "\t", ",")  # a comma may also be a decimal sign, so it comes last
MAX_BYTES = 2**28


@dataclass(frozen=True)
class Reading:
    """How a table is written down; what is None follows from the file.

    `delimiter` between cells, `encoding` of the bytes, signs for `decimal` and `thousands`, and
    whether there is a `header`. `missing` are words for what is missing, beside those in `MISSING`.
    Raises `ValueError` for signs that cannot be told from digits or from each other.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    missing: tuple[str, ...] = ()
    header: bool | None = None

    def __post_init__(self) -> None:
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(f"`delimiter` must be one character, got {self.delimiter!r:.20}")
        if self.decimal not in (None, ".", ","):
            raise ValueError(f"`decimal` must be a point or a comma, got {self.decimal!r:.20}")
        signs = "0123456789+-eE" + (self.decimal or ".")
        if self.thousands is not None and (len(self.thousands) != 1 or self.thousands in signs):
            raise ValueError(
                "`thousands` must be one character, no digit, no sign and not the decimal sign, "
                f"got {self.thousands!r:.20}"
            )

    def is_missing(self, cells: Any) -> Array:
        """Return which cells of a column say that there is nothing."""
        said = cells.str.lower().isin(MISSING) | cells.isin(self.missing)
        found: Array = said.to_numpy(dtype=bool, copy=True)
        return found

    def numbers(self, cells: Any) -> tuple[Array, Array]:
        """Return a column as floats, nan where there is none, and which cells are wrong for that.

        Thousands may be set apart by the other sign in groups of three, as in 1,234,567.5; the
        sign in 0,125 is none of those.
        """
        import pandas as pd

        missing = self.is_missing(cells)
        decimal, thousands = self.decimal or ".", self.thousands
        if thousands is not None:
            cells = cells.str.replace(thousands, "", regex=False)
        elif decimal == "," or cells.str.contains(",", regex=False).any():
            other = "," if decimal == "." else "."
            groups = rf"[+-]?[1-9]\d{{0,2}}(?:\{other}\d{{3}})+(?:\{decimal}\d*)?"
            grouped = cells.str.fullmatch(groups)
            cells = cells.mask(grouped, cells.str.replace(other, "", regex=False))
        if decimal == ",":
            cells = cells.mask(cells.str.contains(".", regex=False), "no number")
            cells = cells.str.replace(",", ".", regex=False)
        numbers = pd.to_numeric(cells.mask(missing, ""), errors="coerce").to_numpy(float, copy=True)
        wrong = ~np.isfinite(numbers) & ~missing
        for word in self.missing:  # -200 is missing, and so is -200.0
            if re.fullmatch(r"[+-]?\d+(\.\d*)?", word):
                missing |= numbers == float(word)
        numbers[missing] = np.nan
        return numbers, wrong


@dataclass(frozen=True)
class Table:
    """The `cells` of the file called `name`, a pandas DataFrame of text, and its `reading`."""

    name: str
    cells: Any
    reading: Reading

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.cells.columns)

    def column(self, column: str | int) -> str:
        """Return the name of a column given by name or by position, -1 for the last.

        Raises `ValueError` where there is none.
        """
        if isinstance(column, str) and column in self.columns:
            return column
        count = len(self.columns)
        try:
            position = int(column)
        except ValueError:
            raise ValueError(
                f"{self.name} has no column {column!r:.60}: it has {listed(self.columns)}"
            ) from None
        if not -count <= position < count:
            raise ValueError(
                f"{self.name} has no column {position}: its {count} columns are 0..{count - 1}, "
                "-1 is the last"
            )
        return self.columns[position]

    def numbers(self, column: str) -> Array | None:
        """Return a column as floats, nan for what is missing, or None where it holds words."""
        numbers, wrong = self.reading.numbers(self.cells[column])
        return None if wrong.any() or np.isnan(numbers).all() else numbers

    def only_numbers(self, column: str) -> Array:
        """Return a column as floats; raises `ValueError` that names the first cell that is none."""
        numbers, wrong = self.reading.numbers(self.cells[column])
        if wrong.any():
            row = int(np.argmax(wrong))
            place = f"{self.name}, row {row + 1}, column `{column:.60}`"
            cell = self.cells[column].iloc[row]
            raise ValueError(f"{place}: {cell!r:.40} is no number; {_HELP}")
        return numbers

    def check_decimal(self) -> None:
        """Raise `ValueError` where a number is another one by the decimal sign of the file itself.

        For a table that was read as another file was, which may have been written otherwise.
        """
        own = replace(self.reading, decimal=_decimal(self.cells, self.reading))
        for column in self.columns if own != self.reading else ():
            cells = self.cells[column]
            (known, wrong), (other, _) = self.reading.numbers(cells), own.numbers(cells)
            differs = ~wrong & (known != other) & np.isfinite(known) & np.isfinite(other)
            if differs.any():
                row = int(np.argmax(differs))
                raise ValueError(
                    f"{self.name}, row {row + 1}, column `{column:.60}`: {cells.iloc[row]!r:.40} "
                    f"is {known[row]:g} as the training's numbers were written, and "
                    f"{other[row]:g} as this file's seem to be: say --decimal . or --decimal ,"
                )

    def words(self, column: str) -> Array:
        """Return a column as text, "" for what is missing; true and TRUE are one word."""
        cells = self.cells[column]
        return _tidy(cells.mask(self.reading.is_missing(cells), ""))

    def labels(self, column: str) -> Array:
        """Return a column as text in which NA and None are words; `missing` still become ""."""
        cells = self.cells[column]
        return _tidy(cells.mask(cells.isin(self.reading.missing), ""))


_HELP = "--missing WORD says what stands for nothing, --decimal , that numbers have a comma"


def _tidy(cells: Any) -> Array:
    low = cells.str.lower()
    return np.array(low if low.isin(["true", "false", ""]).all() else cells, dtype=object)


def read_table(path: str | os.PathLike[str], reading: Reading | None = None) -> Table:
    """Return the table in the CSV file at `path`; what `reading` leaves open is found out.

    The encoding is UTF-8, UTF-16 with its mark, else Windows' cp1252. The delimiter is what a first
    line `sep=;` says, else the one of ; | tab and comma, or blanks, that cuts the first rows
    into equally many cells. There is no header where a number stands above a column of
    numbers: columns are then called 0, 1, 2 and so on. Numbers have a decimal comma where more
    columns are numbers that way. Rows without any content are left out, and so are such columns
    that have no name.

    Raises `ValueError` for what is no such table, `OSError` where there is no file to read, and
    `ImportError` without pandas.
    """
    require("pandas", "CSV files")
    import pandas as pd

    reading = reading or Reading()
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    name = os.path.basename(os.fsdecode(path))
    if len(data) > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES} bytes: take a sample of its rows")
    text, encoding = _decoded(data, reading.encoding, name)
    if not text.strip():
        raise ValueError(f"{name} is empty: a table has a row for each example")
    hint = re.match(r"sep=(.)[ \t]*(?:\r\n?|\n)", text)
    text = text[hint.end() :] if hint else text
    delimiter = reading.delimiter or (hint[1] if hint else _sniffed(text))
    try:
        cells = pd.read_csv(
            io.StringIO(text),
            sep=r"\s+" if delimiter == " " else delimiter,
            header=None,
            dtype=str,
            na_filter=False,
            skipinitialspace=True,
        )
    except ValueError as error:  # as pandas' own are
        said = " ".join(str(error).removeprefix("Error tokenizing data. C error: ").split())
        raise ValueError(f"{name} is no table separated by {delimiter!r}: {said:.200}") from None
    cells = cells.apply(lambda column: column.str.strip())
    cells = cells[(cells != "").any(axis=1)]
    if not len(cells):
        raise ValueError(f"{name} is empty: a table has a row for each example")
    reading = replace(reading, delimiter=delimiter, encoding=encoding)
    if reading.decimal is None:
        reading = replace(reading, decimal=_decimal(cells.iloc[1:], reading))
    first, rest = cells.iloc[0], cells.iloc[1:]
    if reading.header is None:
        numbers, _ = reading.numbers(first)  # above a column of numbers it is an example's
        columns = [reading.numbers(rest.iloc[:, j]) for j in np.flatnonzero(np.isfinite(numbers))]
        example = any(not wrong.any() and np.isfinite(below).any() for below, wrong in columns)
        reading = replace(reading, header=not example)
    if not reading.header:
        return Table(name, cells.set_axis(map(str, range(cells.shape[1])), axis=1), reading)
    if not len(rest):
        raise ValueError(f"{name} has a header and no rows below it (or is it --no-header?)")
    blank = (first == "") & (rest == "").all(axis=0)
    names = [" ".join(cell.split()) or str(i) for i, cell in enumerate(first)]  # in one line
    for i, column in enumerate(names):
        if column in names[:i]:
            raise ValueError(
                f"{name} has two columns called `{column:.60}`: rename one, or say "
                "--no-header where the first row is an example"
            )
    return Table(name, rest.set_axis(names, axis=1).loc[:, ~blank.to_numpy()], reading)


def _decoded(data: bytes, encoding: str | None, name: str) -> tuple[str, str]:
    """The text and its encoding."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for trial in [encoding] if encoding else ["utf-16"] if marked else ["utf-8", "cp1252"]:
        try:
            text = data.decode(trial).removeprefix("\ufeff")
        except UnicodeError:
            continue
        except LookupError:
            raise ValueError(
                f"unknown encoding {trial!r:.40}: utf-8, latin-1, cp1252 ..."
            ) from None
        if "\0" in text:
            raise ValueError(f"{name} is no text: character {text.index(chr(0))} is 0")
        return text, trial
    raise ValueError(f"{name} is no text in {encoding or 'UTF-8 or cp1252'}: pass --encoding")


def _sniffed(text: str) -> str:
    """The delimiter that cuts the first rows into equally many cells, or the first into most."""
    lines = [line for line in text[: 2**16].splitlines(keepends=True) if line.strip()][:50]
    if len(lines) > 1 and len(text) > 2**16:
        del lines[-1]  # may have been cut

    def widths(delimiter: str) -> list[int]:
        plain = [line.replace("\t", " ").strip() for line in lines] if delimiter == " " else lines
        reader = csv.reader(plain, delimiter=delimiter, skipinitialspace=True)
        try:
            return [len(row) for row in reader if row]
        except csv.Error:  # pandas will say where
            return [0]

    found = {delimiter: widths(delimiter) for delimiter in (*DELIMITERS, " ")}
    even = [d for d, counts in found.items() if len(set(counts)) == 1 and counts[0] > 1]
    if even[:1] == ["\t"] and " " in even and found[" "] > found["\t"]:
        return " "
    return even[0] if even else max(DELIMITERS[::-1], key=lambda d: max(found[d][:1], default=0))


def _decimal(cells: Any, reading: Reading) -> str:
    """The decimal sign that makes more of the columns with commas numbers.

    Where both do, 1,234 is a number of thousands in a file with commas between its cells, else it
    has a decimal comma.
    """
    columns = [cells[j] for j in cells if cells[j].str.contains(",", regex=False).any()]

    def count(sign: str) -> int:
        wrong = [replace(reading, decimal=sign).numbers(column)[1] for column in columns]
        return sum(not each.any() for each in wrong)

    comma, point = count(","), count(".")
    return "," if comma > point or (comma and comma == point and reading.delimiter != ",") else "."


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names in one line, the first few of many."""
    shown = ", ".join(f"`{name:.40}`" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
