"""A report as a table: aligned columns as text, and the same cells as HTML for Jupyter.

Names come from the user: whoever fills the table shows them in one line; in HTML all is escaped.
"""

import html
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence

COLOURS = {"wrong": "#c0392b", "not finite": "#c0392b"} | dict.fromkeys(
    ("uncertain", "carried"), "#b9770e"
)


class Report(ABC):
    """Base class of the reports: `print` it, or show it in Jupyter."""

    cell = "<td>"

    @abstractmethod
    def _title(self) -> str: ...

    @abstractmethod
    def _table(self) -> tuple[list[str], Sequence[tuple[str, list[str]]], list[str]]:
        """The columns, each row with its verdict, and what is said below."""

    def __str__(self) -> str:
        columns, rows, notes = self._table()
        cells = [columns, *(row for _, row in rows)] if rows else []
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
        return "\n".join([self._title(), *lines, *notes])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        columns, rows, notes = self._table()
        body = ""
        for verdict, row in rows:
            colour = COLOURS.get(verdict)
            style = f' style="color: {colour}; font-weight: bold"' if colour else ""
            cells = "".join(f"{self.cell}{html.escape(cell)}</td>" for cell in row)
            body += f"<tr{style}>{cells}</tr>"
        for note in notes:
            lines = html.escape(note).replace("\n", "<br>")
            body += f'<tr><td colspan="{len(columns)}">{lines}</td></tr>'
        return (
            f'<table style="text-align: left"><caption>{html.escape(self._title())}</caption>'
            f"<thead><tr>{''.join(f'<th>{name}</th>' for name in columns)}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )


def counted(verdicts: Iterable[str], order: Sequence[str]) -> str:
    """Return how many there are of each verdict, such as `2 right, 1 wrong`."""
    counts = Counter(verdicts)
    return ", ".join(f"{counts[word]} {word}" for word in order if counts[word])
