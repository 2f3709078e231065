"""The report on answers worked out by hand: a table with one row for each.

How much it gives away is decided where it is made: below `hints="answer"` it holds no right number
at all. Invariant: a report is true exactly where every answer is right, and none is missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autograd.checking.report import Report, counted
from autograd.checking.trial import Word

ORDER: tuple[Word, ...] = ("right", "carried", "wrong")


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


class HandReport(Report):
    """What `check` returns: its `marks`, printed as a table.

    It is true where there are answers and all are right. `open` names what was asked and not
    answered yet. `score` is the share of what was asked that is right or carried, so that a mistake
    costs its mark once.
    """

    todo = "Still to do"  # what stands before the names of what is open
    cell = '<td style="text-align: left">'

    def __init__(self, marks: Sequence[Mark], note: str = "", open_: Sequence[str] = ()) -> None:
        self.marks, self.open = tuple(marks), tuple(open_)
        left = [f"{self.todo}: {', '.join(self.open)}."] if self.open else []
        self.note = "\n".join([*left, *([note] if note else [])])

    def __bool__(self) -> bool:
        return (
            bool(self.marks)
            and not self.open
            and all(mark.verdict == "right" for mark in self.marks)
        )

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
        """The share of what was asked, from 0 to 1, that is right or carried; 0 of nothing."""
        good = sum(mark.verdict != "wrong" for mark in self.marks)
        asked = len(self.marks) + len(self.open)
        return good / asked if asked else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return all that the report says as plain data, for JSON and for graders."""
        marks = [asdict(mark) | {"causes": list(mark.causes)} for mark in self.marks]
        return {"score": self.score, "right": bool(self), "marks": marks, "open": list(self.open)}

    def _title(self) -> str:
        return counted((mark.verdict for mark in self.marks), ORDER) or "no answers"

    def _table(self) -> tuple[list[str], Sequence[tuple[str, list[str]]], list[str]]:
        names = ["quantity", "yours", "right", "verdict", "note"]
        columns = [name for name in names if any(getattr(m, name) for m in self.marks)]
        rows = [(m.verdict, [getattr(m, name) or "" for name in columns]) for m in self.marks]
        return columns, rows, [self.note] if self.note else []
