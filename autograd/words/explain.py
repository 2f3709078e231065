"""explain: the chain rule with numbers, a line for each node, in the order of the reverse sweep.

For f = (x + y) * z at x = -2, y = 5, z = -4:

    f = q * z = -12   ∂f/∂f = 1
    z = -4            ∂f/∂z = ∂f/∂f × q = 1 × 3 = 3
    q = x + y = 3     ∂f/∂q = ∂f/∂f × z = 1 × -4 = -4
    y = 5             ∂f/∂y = ∂f/∂q × 1 = -4 × 1 = -4
    x = -2            ∂f/∂x = ∂f/∂q × 1 = -4 × 1 = -4

Left the forward pass, right upstream × local = contribution; where a value is used more than
once its contributions add up. Invariant: the graph is not touched, and the gradients are those
that `backward()` finds.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

from autograd.engine.value import Value
from autograd.words import formula
from autograd.words.folding import Contribution, Folding
from autograd.words.latex import name_in_latex, number_in_latex, to_latex
from autograd.words.names import Names
from autograd.words.sweep import STALE, Sweep
from autograd.words.text import check_format

USES = 5  # contributions written in one line
LINES = 500  # lines in a notebook, where rendering formulas takes time
LONGEST = 100  # characters of a number
WIDEST = 60  # characters of the forward column


@dataclass(frozen=True)
class Line:
    """One node: its name, expression (None for a leaf), number, gradient and contributions."""

    name: str
    expression: ast.expr | None
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
        rows = [(self._forward(line), self._backward(line)) for line in self]
        width = max((len(left) for left, _ in rows if len(left) <= WIDEST), default=0)
        lines = [f"{left:<{width}}   {right}" for left, right in rows]
        return "\n".join(lines + ([STALE] if self._folding.sweep.stale else []))

    def __repr__(self) -> str:
        more = len(self) - LINES
        if more <= 0:
            return str(self)
        return f"<Explanation of {len(self)} lines: print it to read them>"

    def _repr_markdown_(self) -> str:
        rows = " \\\\\n".join(map(self._latex, islice(self, LINES)))
        more = len(self) - LINES
        rest = f"\n\n{more} more lines: print the explanation to read them." if more > 0 else ""
        rest += f"\n\n{STALE}" if self._folding.sweep.stale else ""
        return f"$$\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n$$" + rest

    def _forward(self, line: Line) -> str:
        parts = [line.name, self._number(line.data)]
        if line.expression is not None:
            parts.insert(1, formula.text(line.expression))
        return " = ".join(parts)

    def _backward(self, line: Line) -> str:
        used, rest = _shown(line, " + … ({} more)")
        parts = [f"∂{self._root}/∂{line.name}"]
        if used:
            numbers = [f"{self._number(c.upstream)} × {self._number(c.local)}" for c in used]
            rules = [self._rule(c) or n for c, n in zip(used, numbers, strict=True)]
            if rules != numbers:
                parts.append(" + ".join(rules) + rest)
            parts.append(" + ".join(numbers) + rest)
            if len(used) > 1:
                parts.append(" + ".join(self._number(c.product) for c in used) + rest)
        return " = ".join([*parts, self._number(line.gradient)])

    def _rule(self, contribution: Contribution) -> str:
        if contribution.rule is None:
            return ""
        local = formula.text(contribution.rule)
        if not formula.is_simple(contribution.rule):
            local = f"({local})"
        return f"∂{self._root}/∂{contribution.child} × {local}"

    def _latex(self, line: Line) -> str:
        name = name_in_latex(line.name)
        left = [name, self._in_latex(line.data)]
        if line.expression is not None:
            left.insert(1, to_latex(line.expression))
        used, rest = _shown(line, r" + \cdots")
        right = [self._slope(line.name)]
        if used:
            numbers = [self._product(c) for c in used]
            rules = [
                number if c.rule is None else rf"{self._slope(c.child)} \cdot {to_latex(c.rule, 2)}"
                for c, number in zip(used, numbers, strict=True)
            ]
            right += [" + ".join(rules) + rest, " + ".join(numbers) + rest]
        right.append(self._in_latex(line.gradient))
        return f"{' = '.join(left)} &\\qquad {' = '.join(right)}"

    def _slope(self, name: str) -> str:
        below = name_in_latex(name)
        return rf"\frac{{\partial {name_in_latex(self._root)}}}{{\partial {below}}}"

    def _product(self, c: Contribution) -> str:
        local = self._in_latex(c.local)
        bracketed = rf"\left({local}\right)" if local.startswith("-") else local
        return rf"{self._in_latex(c.upstream)} \cdot {bracketed}"

    def _number(self, x: float) -> str:
        return str(x) if isinstance(x, Fraction) else format(x + 0.0, self._fmt)  # no -0

    def _in_latex(self, x: float) -> str:
        return number_in_latex(self._number(x))


def _shown(line: Line, rest: str) -> tuple[list[Contribution], str]:
    """The contributions that are written, and what stands for the others."""
    more = len(line.contributions) - USES
    return line.contributions[:USES], rest.format(more) if more > 0 else ""


def explain(
    root: Value,
    *,
    names: Mapping[str, Any] | None = None,
    fold: bool = False,
    fmt: str = ".6g",
) -> Explanation:
    """Return the chain rule on the graph below `root`, with numbers, a line for each node.

    The lines come in the order of the reverse sweep; constants have none. `names` gives Values
    names in one go, as `locals()` does; a node's own label comes first. With `fold=True` a node
    that has no name and is used once has no line of its own: it is written out where it is used,
    and its local derivative is a factor there. `fmt` formats floats; exact Values are shown as
    fractions. The graph is not changed, and `backward()` need not have been called.

    Raises `TypeError` where `root` is not a Value, `names` not a mapping or `fmt` not a string, and
    `ValueError` for a `fmt` that does not format numbers.
    """
    check_format(fmt, LONGEST)
    sweep = Sweep(root, exact=True)
    return Explanation(Folding(sweep, Names(sweep.order, names), fold), fmt)
