"""Page: one HTML file that needs no server and no network, filled from a template.

Invariant: what comes from the user stands in the page as JSON, which no markup can end.
"""

import html
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Page:
    """A page as text in `html`; `save(path)` writes it, and in Jupyter it shows in a frame."""

    title, height, file = "A page", 680, "page.html"

    def __init__(self, page: str) -> None:
        self.html = page

    def save(self, path: "str | os.PathLike[str]") -> Path:
        """Write the page to `path`, to be opened by any browser; returns the path."""
        target = Path(path)
        target.write_text(self.html, encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts" title="{self.title}" style="width: 100%; '
            f"height: {self.height}px; box-sizing: border-box; border: 1px solid #888; "
            'position: relative; background: white" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
        )

    def __repr__(self) -> str:
        size, name = len(self.html), type(self).__name__
        return f"<{name}, a page of {size} characters: save({self.file!r}) writes it>"


def filled(template: str, data: Mapping[str, Any], **parts: str) -> str:
    """Return a template with `parts`, code of our own, and `data` as JSON in their places."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    parts["data"] = re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", text)
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def json_number(x: Any) -> float | str:
    """Return a number as JSON has it: infinities and nan are words."""
    return float(x) if math.isfinite(x) else repr(float(x))
