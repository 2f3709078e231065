"""Tables: the text of a CSV file as named columns of cells.

Commas, semicolons or tabs, quoted fields, a byte order mark and any line ends. Invariant: every
row has a cell for each column, and knows the line of the file that it ends on.
"""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MAX_BYTES = 2**30


@dataclass(frozen=True)
class Table:
    """Columns by name, rows of cells without surrounding blanks, and the line of each row."""

    name: str
    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]

    def index(self, column: str | int) -> int:
        """Return where a column stands, given by its name or by its position, -1 for the last.

        Raises `ValueError` where there is none.
        """
        if isinstance(column, str) and column in self.columns:
            return self.columns.index(column)
        try:
            position = int(column)
        except ValueError:
            raise ValueError(
                f"{self.name} has no column {column!r:.60}: it has {listed(self.columns)}"
            ) from None
        if not -len(self.columns) <= position < len(self.columns):
            raise ValueError(
                f"{self.name} has no column {position}: its {len(self.columns)} columns are "
                f"0..{len(self.columns) - 1}, -1 is the last"
            )
        return position % len(self.columns)

    def place(self, row: int, column: int) -> str:
        """Return where a cell stands, for messages: file, line and column."""
        return f"{self.name}, line {self.lines[row]}, column {self.called(column)}"

    def called(self, column: int) -> str:
        """Return the column's name in backticks, or its position where it has none."""
        return f"`{self.columns[column]:.60}`" if self.columns[column] else str(column)


def read_table(path: str | os.PathLike[str], delimiter: str | None = None) -> Table:
    """Return the table in the CSV file at `path`, whose first row names the columns.

    The `delimiter` is a comma, a semicolon or a tab; by default the one that splits the header
    into most columns. Raises `ValueError` that names the line for what is no such table, and
    `OSError` where there is no file to read.
    """
    if delimiter is not None and delimiter not in DELIMITERS:
        raise ValueError(f"`delimiter` must be a comma, semicolon or tab, got {delimiter!r:.20}")
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    name = os.path.basename(os.fsdecode(path))
    if len(data) > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES} bytes: take a sample of its rows")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is no text in UTF-8 (byte {error.start})") from None
    if "\0" in text:
        raise ValueError(f"{name} is no text: byte {text.index(chr(0))} is 0")
    if delimiter is None:
        delimiter = _sniffed(text)
    records = _records(text, delimiter, name)
    header, line = next(records, ([], 0))
    if not header:
        raise ValueError(f"{name} is empty: the first row must name the columns")
    _check_header(name, header)
    rows, lines = [], []
    for cells, line in records:
        if len(cells) != len(header):
            raise ValueError(
                f"{name}, line {line} has {len(cells)} cells, but the header names "
                f"{len(header)} columns, separated by {DELIMITERS[delimiter]}"
            )
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise ValueError(f"{name} has a header, line {line}, and no rows below it")
    return Table(name, tuple(header), rows, lines)


def _sniffed(text: str) -> str:
    """The delimiter that splits the first row that is not blank into most cells."""
    lines = text.lstrip().splitlines(keepends=True)[:100]  # a quoted name may have several lines

    def cells(delimiter: str) -> int:
        try:
            return len(next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True), []))
        except csv.Error:  # reading the rows will say where
            return 0

    return max(DELIMITERS, key=cells)


def _records(text: str, delimiter: str, name: str) -> Iterator[tuple[list[str], int]]:
    """Yield the cells of each row that is not blank, and the line it ends on."""
    file = io.StringIO(text, newline="")
    reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if any(cell and not cell.isspace() for cell in cells) or len(cells) > 1:
                yield [cell.strip() for cell in cells], reader.line_num
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: {error}") from None


def _check_header(name: str, header: list[str]) -> None:
    if all(is_number(cell) for cell in header):
        raise ValueError(f"{name} has no header: its first row holds numbers, not column names")
    for i, column in enumerate(header):
        if column and column in header[:i]:
            raise ValueError(f"{name} has two columns called `{column:.60}`: rename one")


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, written as in a program but without underscores."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def listed(names: tuple[str, ...] | list[str], most: int = 8) -> str:
    """Return names in one line, the first few of many."""
    shown = ", ".join(f"`{name:.40}`" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
