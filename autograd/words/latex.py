"""LaTeX: formulas and names as a notebook renders them.

Invariant: no name ends the formula it stands in or becomes a command: what LaTeX reads as more
than text is written by a character that looks like it.
"""

from fractions import Fraction

from autograd.engine import table
from autograd.engine.primitive import TABLE, Primitive
from autograd.symbolic import COMPARISONS
from autograd.words.formula import ATOM, CHOICE, COMPARED, POWER, PRODUCT, SIGN, SUM, Style
from autograd.words.numbers import numeral
from autograd.words.text import ELLIPSIS, latex, visible

_SYMBOLS = {ELLIPSIS: r"\cdots", "pi": r"\pi"}
_COMMANDS = "exp log sin cos tan sinh cosh tanh arcsin arccos arctan".split()


def name_in_latex(name: str) -> str:
    """Return a name as LaTeX: w5 as w with an index, net_h1 upright, others as text."""
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    name = visible(name)
    head, _, tail = name.partition("_")
    if not (name.isascii() and name.replace("_", "").isalnum() and head[:1].isalpha()):
        return rf"\text{{{latex(name)}}}"
    letters = head.rstrip("0123456789")
    index = head[len(letters) :] or tail
    if head != letters and tail:
        return rf"\text{{{latex(name)}}}"
    base = letters if len(letters) == 1 else rf"\mathrm{{{letters}}}"
    return rf"{base}_{{{index.replace('_', ' ')}}}" if index else base


def number_in_latex(written: str) -> str:
    """Return a number as `format` or a fraction writes it, as it is read in print."""
    above, over, below = written.partition("/")
    if over and below.isdigit():
        sign, above = ("-", above[1:]) if above.startswith("-") else ("", above)
        return rf"{sign}\frac{{{above}}}{{{below}}}"
    mantissa, e, exponent = written.partition("e")
    if e and exponent.lstrip("+-").isdigit():
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    special = {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}"}
    plain = all(c in "+-.0123456789" for c in written)
    return special.get(written) or (written if plain else rf"\text{{{latex(written)}}}")


def _number(x: float | Fraction) -> tuple[str, int]:
    written = number_in_latex(numeral(x))
    return written, SIGN if x < 0 else ATOM if written.replace(".", "").isdigit() else POWER


def _call(row: Primitive, arguments: list[str]) -> str:
    head = rf"\{row.name}" if row.name in _COMMANDS else rf"\operatorname{{{latex(row.name)}}}"
    return rf"{head}\left({', '.join(arguments)}\right)"


CASES = r"\begin{cases} #2 & #1 \\ #3 & \text{else} \end{cases}"
LATEX = Style(
    {
        **{each.row: (f"#1 {each.latex} #2", COMPARED, (SUM, SUM)) for each in COMPARISONS},
        **{row: (row.latex, POWER, (CHOICE, CHOICE)) for row in TABLE.values() if row.latex},
        table.select: (CASES, CHOICE, (COMPARED, CHOICE, CHOICE)),
        table.add: ("#1 + #2", SUM, (SUM, SUM)),
        table.subtract: ("#1 - #2", SUM, (SUM, PRODUCT)),
        table.multiply: (r"#1 \cdot #2", PRODUCT, (PRODUCT, PRODUCT)),
        table.negative: ("-#1", SUM, (PRODUCT,)),
        **dict.fromkeys((table.power, table.power_constant), ("#1^{#2}", POWER, (ATOM, CHOICE))),
    },
    name=name_in_latex,
    number=_number,
    call=_call,
    brackets=r"\left(#1\right)",
    iverson=r"\left[#1\right]",
    slope=r"\frac{\partial #1}{\partial #2}",
    figure=number_in_latex,
    times=r"\cdot",
    factor=PRODUCT,
)
