"""Text: what a label may do to a page, namely nothing; what a format or a limit may be.

Labels come from the user and may hold anything. Here they become text that can stand in a
picture, a page or a terminal: short, in one line, every character visible and none that XML
forbids or that turns the direction of the text around it. Invariant: `visible` returns no
control character, no surrogate and at most `limit` characters; `latex` returns none of the
characters that LaTeX, Markdown or HTML read as more than text.
"""

import re
import unicodedata
from typing import Any

ELLIPSIS = "…"
LIMIT = 2000  # nodes of a graph that is drawn or stepped through


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
    # Of the characters that only format, those that join letters and emoji may stay.
    hidden = unicodedata.category(character) == "Cf" and character not in "\u200c\u200d"
    forbidden = unicodedata.category(character) in ("Cc", "Cs", "Cn") or code in (0xFFFE, 0xFFFF)
    return "�" if hidden or forbidden else character


_ALIKE = str.maketrans(
    "\\$%#&_^~{}<>`",
    "\u2216\uff04\uff05\uff03\uff06\u02cd\u02c6\u223c\uff5b\uff5d\u2039\u203a\u02cb",
)


def latex(text: str, limit: int = 40) -> str:
    """Return `text` for the inside of `\\text{}`, special characters by those that look alike."""
    return visible(text, limit).translate(_ALIKE)


def check_format(fmt: Any) -> None:
    """Raise `TypeError` or `ValueError` where `fmt` does not format a float in 100 characters."""
    if not isinstance(fmt, str):
        raise TypeError(f'`fmt` must be a format such as ".4f", got {fmt!r:.40}')
    try:
        if any(int(digits) > 100 for digits in re.findall(r"\d+", fmt)):
            raise ValueError("more than 100 characters")
        format(-1.5, fmt)
    except ValueError as error:
        raise ValueError(
            f'`fmt` must format a number, such as ".4f" or ".3g", got {fmt!r:.40}: {error}'
        ) from None


def check_limit(count: int, limit: Any, advice: str) -> None:
    """Raise `ValueError` where `limit` is no number of nodes, or less than `count`."""
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ValueError(f"`limit` must be a whole number of at least 1, got {limit!r:.40}")
    if count > limit:
        raise ValueError(
            f"the graph has {count:,} nodes, more than `limit={limit}`: {advice}; or raise `limit` "
            "and wait"
        )
