"""The report of a gradient check: a table with one row for each derivative.

Invariant: a report is true exactly where every row is right, or lies on a kink and between the
slopes of its two sides.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograd.checking.report import Report, counted
from autograd.checking.verdict import Word
from autograd.words.text import visible

LIMIT = 100  # rows that a table shows
ORDER: tuple[Word, ...] = ("wrong", "not finite", "uncertain", "kink", "right")


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


class GradientReport(Report):
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

    def _title(self) -> str:
        return f"gradcheck of {visible(self.function)}: {_counted(self.entries)}"

    def _table(self) -> tuple[list[str], Sequence[tuple[str, list[str]]], list[str]]:
        """Of a long table the rows that are right give way to the others."""
        silent = [name for name in ("output", "note") if not any(map(COLUMNS[name], self.entries))]
        if len({entry.by for entry in self.entries}) == 1:
            silent.append("by")
        columns = [name for name in COLUMNS if name not in silent]
        by_verdict = sorted(enumerate(self.entries), key=lambda item: ORDER.index(item[1].verdict))
        shown = [entry for _, entry in sorted(by_verdict[:LIMIT], key=lambda item: item[0])]
        hidden = [entry for _, entry in by_verdict[LIMIT:]]
        rows = [(e.verdict, [COLUMNS[name](e) for name in columns]) for e in shown]
        return columns, rows, [f"and {len(hidden)} more: {_counted(hidden)}"] if hidden else []


def _counted(entries: Iterable[Entry]) -> str:
    return counted((entry.verdict for entry in entries), ORDER)
