"""The report of a gradient check: a table with one row for each derivative, as text and as HTML.

Names come from the user: they are shown in one line, and escaped in HTML. Invariant: a report is
true exactly where every row is right, or lies on a kink and between the slopes of its two sides.
"""

import html
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autograd.checking.verdict import Word
from autograd.words.text import visible

LIMIT = 100  # rows that a table shows
ORDER: tuple[Word, ...] = ("wrong", "not finite", "uncertain", "kink", "right")
COLOURS: dict[Word, str] = {"wrong": "#c0392b", "not finite": "#c0392b", "uncertain": "#b9770e"}


@dataclass(frozen=True)
class Entry:
    """One row: the derivative of `output` by `input`, as `by` gives it and as differences do.

    For a second derivative `input` names two inputs; `output` is "" where `f` returns one scalar.
    """

    input: str
    output: str
    by: str
    analytic: float
    numeric: float
    verdict: Word
    note: str

    @property
    def error(self) -> float:
        """The distance between the two derivatives."""
        return abs(self.analytic - self.numeric)


COLUMNS: dict[str, Callable[[Entry], str]] = {
    "input": lambda entry: visible(entry.input),
    "output": lambda entry: visible(entry.output),
    "by": lambda entry: entry.by,
    "analytic": lambda entry: f"{entry.analytic:.12g}",
    "numeric": lambda entry: f"{entry.numeric:.12g}",
    "error": lambda entry: f"{entry.error:.2g}",
    "verdict": lambda entry: entry.verdict,
    "note": lambda entry: entry.note,
}


class GradientReport:
    """What `gradcheck` returns: its `entries`, printed as a table, true where all are right.

    `wrong` holds the entries because of which `gradcheck` raises: wrong or not finite.
    """

    def __init__(self, function: str, entries: Sequence[Entry]) -> None:
        self.function = function
        self.entries = tuple(entries)
        self.wrong = tuple(e for e in entries if e.verdict in ("wrong", "not finite"))

    def __bool__(self) -> bool:
        return all(entry.verdict in ("right", "kink") for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __str__(self) -> str:
        columns, rows, more = self._table()
        cells = [columns, *(row for row, _ in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
        return "\n".join([self._title(), *lines, *more])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        columns, rows, more = self._table()
        body = ""
        for row, colour in rows:
            style = f' style="color: {colour}; font-weight: bold"' if colour else ""
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
            body += f"<tr{style}>{cells}</tr>"
        body += "".join(f'<tr><td colspan="{len(columns)}">{line}</td></tr>' for line in more)
        return (
            f'<table style="text-align: left"><caption>{html.escape(self._title())}</caption>'
            f"<thead><tr>{''.join(f'<th>{name}</th>' for name in columns)}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )

    def _title(self) -> str:
        return f"gradcheck of {visible(self.function)}: {_counted(self.entries)}"

    def _table(self) -> tuple[list[str], list[tuple[list[str], str]], list[str]]:
        """The columns that tell something, the rows with their colours, and what is left out.

        Of a long table the rows that are right give way to the others.
        """
        silent = [name for name in ("output", "note") if not any(map(COLUMNS[name], self.entries))]
        if len({entry.by for entry in self.entries}) == 1:
            silent.append("by")
        columns = [name for name in COLUMNS if name not in silent]
        by_verdict = sorted(enumerate(self.entries), key=lambda item: ORDER.index(item[1].verdict))
        shown = [entry for _, entry in sorted(by_verdict[:LIMIT], key=lambda item: item[0])]
        hidden = [entry for _, entry in by_verdict[LIMIT:]]
        rows = [
            ([COLUMNS[name](entry) for name in columns], COLOURS.get(entry.verdict, ""))
            for entry in shown
        ]
        more = [f"and {len(hidden)} more: {_counted(hidden)}"] if hidden else []
        return columns, rows, more


def _counted(entries: Sequence[Entry]) -> str:
    counts = Counter(entry.verdict for entry in entries)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict])
