"""Breaking: a long line of LaTeX as several, none wider than a page.

A line breaks before =, else before + or -, else before a dot, and first of all outside brackets.
Widths are counted in digits of the upright font. Invariant: the pieces, one after another, are the
line itself, but that a bracket with a break inside is written as a large one, as \\left and \\right
cannot stand in different lines.
"""

import re

PAGE = 100  # digits in a line of a notebook, some 800 pixels
_TOKEN = re.compile(r"\\text\{[^{}]*\}|\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_WIDTHS = {r"\qquad": 4.0, r"\quad": 2.0, r"\cdot": 1.5, r"\infty": 1.8, r"\cdots": 2.5}
_INVISIBLE = set(r"\left \right \bigl \bigr \mathrm \operatorname \text \begin \end { } &".split())
_SMALL = 0.7  # an index or an exponent
_SIGNS = (("=",), ("+", "-"), (r"\cdot",))  # where a line may break, the best place first
_NO_OPERAND = {"=", "+", "-", r"\cdot", "(", "[", ","}  # after these a sign is part of a number


def width(formula: str) -> float:
    """Return how wide a formula is, about."""
    return _sum(_TOKEN.findall(formula)[::-1], "")


def _sum(tokens: list[str], end: str) -> float:
    """The width of what comes before `end`, which is taken from the reversed tokens, too."""
    total = 0.0
    while tokens and tokens[-1] != end:
        total += _next(tokens)
    if tokens:
        tokens.pop()
    return total


def _next(tokens: list[str]) -> float:
    token = tokens.pop()
    if token == "{":
        return _sum(tokens, "}")
    if token == r"\frac":
        return max(_next(tokens), _next(tokens)) + 0.5
    if token in ("_", "^"):
        return _SMALL * _next(tokens)
    if token.startswith(r"\text{"):
        return len(token) - 7.0
    if token in _INVISIBLE or token.isspace():
        return 0.0
    if token in ("+", "-", "=") or token in _WIDTHS:
        return _WIDTHS.get(token, 2.2)
    command = token[0] == "\\" and token[1:].isalpha()
    return float(len(token) - 1) if command and token != r"\partial" else 1.0


def broken(line: str, page: float = PAGE) -> list[str]:
    """Return the lines that `line` is written in, of which none is wider than `page` if it can."""
    if width(line) <= page:
        return [line]
    pieces = [line]
    for opened in (False, True):  # first outside brackets, then inside them too
        for signs in range(1, len(_SIGNS) + 1):
            if max(map(width, pieces)) > page:
                pieces = _filled(_split(line, _SIGNS[:signs], opened), page)
    return [_large(piece) for piece in pieces]


def _split(line: str, signs: tuple[tuple[str, ...], ...], opened: bool) -> list[str]:
    """Split before each sign that stands outside braces, and outside brackets unless `opened`."""
    pieces, depth, brackets, last = [""], 0, 0, "="
    for token in _TOKEN.findall(line):
        depth += {"{": 1, r"\begin": 1, "}": -1, r"\end": -1}.get(token, 0)
        brackets += {r"\left": 1, r"\right": -1}.get(token, 0)
        here = not depth and (opened or not brackets) and last not in _NO_OPERAND
        if here and any(token in sign for sign in signs):
            pieces.append("")
        pieces[-1] += token
        last = last if token.isspace() else token
    return pieces


def _filled(pieces: list[str], page: float) -> list[str]:
    """Join the pieces to lines that are as long as the page allows."""
    lines = pieces[:1]
    for piece in pieces[1:]:
        if width(lines[-1] + piece) <= page:
            lines[-1] += piece
        else:
            lines.append(piece)
    return lines


def _large(piece: str) -> str:
    """Return a piece with brackets that stand by themselves, where one of them has no partner."""
    stack: list[int] = []
    tokens = _TOKEN.findall(piece)
    alone: list[int] = []
    for i, token in enumerate(tokens):
        if token == r"\left":
            stack.append(i)
        elif token == r"\right":
            alone += [] if stack else [i]
            stack = stack[:-1]
    for i in [*alone, *stack]:
        tokens[i] = {r"\left": r"\bigl", r"\right": r"\bigr"}[tokens[i]]
    return "".join(tokens).strip()
