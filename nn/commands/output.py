"""Output: one JSON document, or text."""

import json
import math
from typing import Any


def print_json(content: dict[str, Any]) -> None:
    """Print `content` as one JSON document; numbers that JSON lacks become null."""
    print(json.dumps(_finite(content), allow_nan=False))


def printable(text: str) -> str:
    """Return `text` as one line that no terminal obeys."""
    return text if text.isprintable() else ascii(text)[1:-1]


def printable_lines(text: str) -> str:
    """Return `text` with its lines, in which no terminal obeys anything."""
    return "\n".join(map(printable, text.split("\n")))


def rounded(name: str, number: float) -> str:
    """Return a result in words, such as `accuracy 97.50 %`."""
    name = name.replace("_", " ")
    return f"{name} {100 * number:.2f} %" if name.endswith("accuracy") else f"{name} {number:.5g}"


def _finite(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _finite(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [_finite(value) for value in x]
    return None if isinstance(x, float) and not math.isfinite(x) else x
