"""LaTeX: formulas and names as a notebook renders them.

Invariant: no name ends the formula it stands in or becomes a command: what LaTeX reads as more
than text is written by a character that looks like it.
"""

import ast

from autograd.words.text import ELLIPSIS, latex, visible

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Gt: r"\gt",
    ast.Lt: r"\lt",
    ast.GtE: r"\ge",
    ast.LtE: r"\le",
    ast.Eq: "=",
    ast.NotEq: r"\ne",
}
_KNOWN = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan")


def to_latex(tree: ast.expr, level: int = 0) -> str:
    """Return the tree as LaTeX.

    `level` says how tightly what stands around it binds: 0 nothing, 1 sums, 2 products, 3 powers.
    """
    if isinstance(tree, ast.Name):
        return name_in_latex(tree.id)
    if isinstance(tree, ast.Constant):
        written = number_in_latex(repr(tree.value))
        return _bracketed(written, level > 2 and not written.isdecimal())
    if isinstance(tree, ast.UnaryOp):
        return _bracketed(f"-{to_latex(tree.operand, 2)}", level > 0)
    if isinstance(tree, ast.BinOp):
        return _binary(tree, level)
    if isinstance(tree, ast.Call):
        arguments = ", ".join(to_latex(a) for a in tree.args)
        called = tree.func.id if isinstance(tree.func, ast.Name) else ""
        if called == "sqrt":
            return rf"\sqrt{{{arguments}}}"
        head = rf"\{called}" if called in _KNOWN else rf"\operatorname{{{latex(called)}}}"
        return rf"{head}\left({arguments}\right)"
    if isinstance(tree, ast.IfExp) and isinstance(tree.test, ast.Compare):
        test, yes, no = _compared(tree.test), to_latex(tree.body), to_latex(tree.orelse)
        chosen = rf"\begin{{cases}} {yes} & {test} \\ {no} & \text{{else}} \end{{cases}}"
        return _bracketed(chosen, level > 0)
    if isinstance(tree, ast.Compare):  # Iverson's brackets: 1 where it holds, else 0
        return rf"\left[{_compared(tree)}\right]"
    raise TypeError(f"no LaTeX for {ast.unparse(tree)!r:.60}")


def _compared(tree: ast.Compare) -> str:
    sign = _COMPARE[type(tree.ops[0])]
    return f"{to_latex(tree.left)} {sign} {to_latex(tree.comparators[0])}"


def _binary(tree: ast.BinOp, level: int) -> str:
    left, right = tree.left, tree.right
    if isinstance(tree.op, ast.Div):
        fraction = rf"\frac{{{to_latex(left)}}}{{{to_latex(right)}}}"
        return _bracketed(fraction, level > 2)
    if isinstance(tree.op, ast.Pow):
        power = rf"{to_latex(left, 3)}^{{{to_latex(right)}}}"
        return _bracketed(power, level > 2)
    if isinstance(tree.op, ast.Mult):
        product = rf"{to_latex(left, 2)} \cdot {to_latex(right, 2)}"
        return _bracketed(product, level > 2)
    sign, tight = ("-", 1) if isinstance(tree.op, ast.Sub) else ("+", 0)
    total = f"{to_latex(left)} {sign} {to_latex(right, tight)}"
    return _bracketed(total, level > 0)


def _bracketed(written: str, needed: bool) -> str:
    return rf"\left({written}\right)" if needed else written


def name_in_latex(name: str) -> str:
    """Return a name as LaTeX: w5 as w with an index, net_h1 upright, others as text."""
    if name == ELLIPSIS:
        return r"\cdots"
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
