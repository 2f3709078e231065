"""Text: what a label may do to a page, namely nothing.

Labels come from the user and may hold anything. Here they become text that can stand in a
picture, a page or a terminal: short, in one line, every character visible and none that XML
forbids or that turns the direction of the text around it. Invariant: `visible` returns no
control character, no surrogate and at most `limit` characters; `latex` returns letters, digits,
spaces and `\\unicode{x..}` only.
"""

import unicodedata

ELLIPSIS = "…"


def visible(text: str, limit: int = 40) -> str:
    """Return `text` in one line of at most `limit` characters, what cannot be seen made visible.

    Control characters are shown by their pictures (a newline as ␊), characters that reverse the
    direction of what follows and those that no XML document may hold by �.
    """
    if len(text) > limit:
        text = text[: limit - 1] + ELLIPSIS
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if character in "\u2028\u2029\x85":
        return "␊"
    directs = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code in (0x200E, 0x200F)
    forbidden = unicodedata.category(character) in ("Cc", "Cs", "Cn") or code in (0xFFFE, 0xFFFF)
    return "�" if directs or forbidden else character


def latex(text: str, limit: int = 40) -> str:
    """Return `text` for the inside of `\\text{}`, as LaTeX that MathJax reads as text only."""
    return "".join(
        c if (c.isalnum() and c.isascii()) or c == " " else f"\\unicode{{x{ord(c):x}}}"
        for c in visible(text, limit)
    )
