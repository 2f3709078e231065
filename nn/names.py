"""Names: which of its names a package hands out."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any


def public(namespace: Mapping[str, Any]) -> list[str]:
    """Return the names that are no module's and do not begin with an underscore."""
    return [
        name
        for name, item in namespace.items()
        if not (name.startswith("_") or isinstance(item, ModuleType))
    ]
