"""explain: the chain rule with numbers, a line for each node, in the order of the reverse sweep.

    f = q * z = -12   ∂f/∂f = 1
    q = x + y = 3     ∂f/∂q = ∂f/∂f × z = 1 × (-4) = -4

Left the forward pass, right upstream × local = contribution; where a value is used more than
once its contributions add up. Invariant: the graph is not touched, and the gradients are those
that `backward()` finds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from autograd.engine.value import Value
from autograd.words.breaking import PAGE, broken, width
from autograd.words.folding import Contribution, Folding
from autograd.words.formula import TEXT, Formula, Style, filled
from autograd.words.latex import LATEX
from autograd.words.names import Names
from autograd.words.numbers import numeral
from autograd.words.sweep import STALE, Sweep, is_stale
from autograd.words.text import ELLIPSIS, check_format
from autograd.words.textbook import Presented

USES = 5  # contributions written in one line
LINES = 500  # lines in a notebook, where rendering formulas takes time
WIDEST = 60  # characters of the forward column


@dataclass(frozen=True)
class Line:
    """One node: its name, expression (None for a leaf), number, gradient and contributions."""

    name: str
    expression: Formula | None
    data: float
    gradient: float
    contributions: list[Contribution]


class Explanation:
    """What `explain` returns: printed as text, shown as formulas in Jupyter, a list of `Line`s."""

    def __init__(self, folding: Folding, fmt: str) -> None:
        self._folding, self._fmt = folding, fmt
        self._root = folding.names[folding.sweep.root]

    def __iter__(self) -> Iterator[Line]:
        folding = self._folding
        sweep, names = folding.sweep, folding.names
        for node in reversed(sweep.order):
            if folding.shows(node):
                yield Line(
                    names[node],
                    folding.expression(node),
                    sweep.data[node],
                    sweep.gradient[node],
                    folding.contributions(node),
                )

    def __len__(self) -> int:
        return sum(map(self._folding.shows, self._folding.sweep.order))

    def __str__(self) -> str:
        rows = [self._sides(line, TEXT) for line in self]
        width = max((len(left) for left, _ in rows if len(left) <= WIDEST), default=0)
        lines = [f"{left:<{width}}   {right}" for left, right in rows]
        return "\n".join(lines + ([STALE] if self._folding.sweep.stale else []))

    def __repr__(self) -> str:
        short = len(self) <= LINES
        return str(self) if short else f"<Explanation of {len(self)} lines: print it to read them>"

    def _repr_markdown_(self) -> str:
        sides = [self._sides(line, LATEX) for line in islice(self, LINES)]
        rows = " \\\\\n".join(_rows(sides))
        more = len(self) - LINES
        rest = f"\n\n{more} more lines: print the explanation to read them." if more > 0 else ""
        rest += f"\n\n{STALE}" if self._folding.sweep.stale else ""
        return f"$$\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n$$" + rest

    def _sides(self, line: Line, style: Style) -> tuple[str, str]:
        """The forward pass at one node, and the sum of the contributions to its gradient."""

        def number(x: float) -> str:
            return style.figure(numeral(x, self._fmt))

        def slope(name: str) -> str:
            return filled(style.slope, [style.name(self._root), style.name(name)])

        left = [style.name(line.name), number(line.data)]
        if line.expression is not None:
            left.insert(1, style.write(line.expression))
        used, more = line.contributions[:USES], len(line.contributions) - USES
        numbers = [style.joined([number(c.upstream), number(c.local)], style.times) for c in used]
        rules = [
            n
            if c.rule is None
            else style.joined([slope(c.child), style.write(c.rule, style.factor)], style.times)
            for c, n in zip(used, numbers, strict=True)
        ]
        sums = [rules, numbers] if rules != numbers else [numbers] if used else []
        if len(used) > 1:
            sums.append([number(c.product) for c in used])
        rest = [style.name(ELLIPSIS) + style.name(f" ({more} more)")] if more > 0 else []
        right = [slope(line.name), *[style.joined(terms + rest) for terms in sums]]
        return " = ".join(left), " = ".join([*right, number(line.gradient)])


def _rows(sides: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the rows of an aligned formula, both sides beside each other where there is room."""
    widest = max(width(left) for left, _ in sides)
    room = PAGE - 6.0  # two indents
    for left, right in sides:
        if widest <= PAGE / 2:
            first, *more = broken(right, room - widest)
            yield f"{left} &\\qquad {first}"
        else:
            first, *more = broken(left, room)
            yield f"&{first}"
            yield from (f"&\\qquad\\quad {{}}{line}" for line in more)
            first, *more = broken(right, room)
            yield f"&\\qquad {first}"
        yield from (f"&\\qquad\\quad {{}}{line}" for line in more)


def explain(
    root: Value, *, names: Mapping[str, Any] | None = None, fold: bool = False, fmt: str = ""
) -> Explanation:
    """Return the chain rule on the graph below `root`, with numbers, a line for each node.

    The lines come in the order of the reverse sweep; constants have none. `names` gives Values
    names in one go, as `locals()` does; a node's own label comes first, and the parameters of a
    model are called by their paths in it. With `fold=True` a node that has no name and is used once
    has no line of its own: it is written out where it is used, and its local derivative is a factor
    there. Numbers have five digits at most, or are written as `fmt` says, such as ".9g"; short
    fractions are shown as such. The graph is not changed, and `backward()` need not have been
    called.

    Raises `TypeError` where `root` is not a Value, `names` not a mapping or `fmt` not a string,
    and `ValueError` for a `fmt` that does not format numbers.
    """
    check_format(fmt)
    Sweep.check(root)
    presented = Presented([root], names)
    sweep = Sweep(presented.roots[0], exact=True)
    sweep.stale = any(map(is_stale, presented.recorded))
    return Explanation(Folding(sweep, Names(sweep.order, names, presented.twins), fold), fmt)
