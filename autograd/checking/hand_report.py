"""The report on answers worked out by hand: a table with one row for each, as text and as HTML.

How much it gives away is decided where it is made: below `hints="answer"` it holds no right number
at all. Names come from the user: they are shown in one line, and escaped in HTML. Invariant: a
report is true exactly where every answer is right, and none is missing.
"""

import html
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autograd.checking.walk import Word

ORDER: tuple[Word, ...] = ("right", "carried", "wrong")
COLOURS: dict[Word, str] = {"wrong": "#c0392b", "carried": "#b9770e"}


@dataclass(frozen=True)
class Mark:
    """One row: what was asked, the answer, its verdict, and as far as hints go where and why.

    `causes` names rows of the catalogue, none where no row explains a wrong answer; `right` is None
    below `hints="answer"`.
    """

    quantity: str
    yours: str
    verdict: Word
    causes: tuple[str, ...] = ()
    note: str = ""
    right: str | None = None


class HandReport:
    """What `check` returns: its `marks`, printed as a table, true where all answers are right.

    `open` names what was asked and not answered yet. `score` is the share of what was asked that
    is right or carried, so that a mistake costs its mark once.
    """

    todo = "Still to do"  # what stands before the names of what is open

    def __init__(self, marks: Sequence[Mark], note: str = "", open_: Sequence[str] = ()) -> None:
        self.marks, self.open = tuple(marks), tuple(open_)
        left = [f"{self.todo}: {', '.join(self.open)}."] if self.open else []
        self.note = "\n".join([*left, *([note] if note else [])])

    def __bool__(self) -> bool:
        return not self.open and all(mark.verdict == "right" for mark in self.marks)

    def __len__(self) -> int:
        return len(self.marks)

    def __iter__(self) -> Iterator[Mark]:
        return iter(self.marks)

    def __getitem__(self, quantity: str) -> Mark:
        """The mark for one quantity, by its name.

        Raises `KeyError` where it was not asked.
        """
        for mark in self.marks:
            if mark.quantity == quantity:
                return mark
        raise KeyError(quantity)

    @property
    def score(self) -> float:
        """The share of what was asked, from 0 to 1, that is right or carried."""
        good = sum(mark.verdict != "wrong" for mark in self.marks)
        asked = len(self.marks) + len(self.open)
        return good / asked if asked else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return all that the report says as plain data, for JSON and for graders."""
        marks = [asdict(mark) | {"causes": list(mark.causes)} for mark in self.marks]
        return {
            "score": self.score,
            "right": bool(self),
            "marks": marks,
            "open": list(self.open),
        }

    def __str__(self) -> str:
        if not self.marks:
            return "\n".join([self._title(), *([self.note] if self.note else [])])
        columns, rows = self._table()
        cells = [columns, *rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
        return "\n".join([self._title(), *lines, *([self.note] if self.note else [])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        columns, rows = self._table()
        body = ""
        for mark, row in zip(self.marks, rows, strict=True):
            colour = COLOURS.get(mark.verdict)
            style = f' style="color: {colour}; font-weight: bold"' if colour else ""
            cells = "".join(
                f'<td style="text-align: left">{html.escape(cell)}</td>' for cell in row
            )
            body += f"<tr{style}>{cells}</tr>"
        if self.note:
            note = html.escape(self.note).replace("\n", "<br>")
            body += f'<tr><td colspan="{len(columns)}">{note}</td></tr>'
        return (
            f'<table style="text-align: left"><caption>{html.escape(self._title())}</caption>'
            f"<thead><tr>{''.join(f'<th>{name}</th>' for name in columns)}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )

    def _title(self) -> str:
        counts = Counter(mark.verdict for mark in self.marks)
        return ", ".join(f"{counts[word]} {word}" for word in ORDER if counts[word]) or "no answers"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """The columns that tell something, and a row for each mark."""
        columns = ["quantity", "yours", "verdict"]
        rows = [[mark.quantity, mark.yours, mark.verdict] for mark in self.marks]
        for name in ("right", "note"):
            cells = [getattr(mark, name) or "" for mark in self.marks]
            if any(cells):
                at = 2 if name == "right" else len(columns)
                columns.insert(at, name)
                for row, cell in zip(rows, cells, strict=True):
                    row.insert(at, cell)
        return columns, rows
