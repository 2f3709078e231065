"""engine: what records scalar operations and differentiates them; nothing else is needed for it."""

from autograd.engine.value import Value as Value

__all__ = ["Value"]
