"""What an optimiser may be given as `params`: distinct leaf Values, bare or in groups.

Frozen ones are left out.
"""

from collections.abc import Iterable
from typing import Any

from autograd import Value
from autograd.engine.primitive import FROZEN


def in_groups(params: Iterable[Value] | Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `params` as a list of groups: as it is, or one group of all the Values."""
    listed = _listed(params)
    groups = [group for group in listed if isinstance(group, dict)]
    if groups and len(groups) < len(listed):
        raise TypeError("`params` must hold either Values or groups, got both")
    return groups or [{"params": listed}]


def check_params(params: Iterable[Value]) -> list[Value]:
    """Return those of `params` that are not frozen.

    Raises unless it holds leaf Values, none of them twice, at least one of them not frozen.
    """
    listed = _listed(params)
    for p in listed:
        if not isinstance(p, Value):
            raise TypeError(f"`params` must hold Values, got {p!r:.60}: model.parameters()?")
        if p.parents:
            raise ValueError(f"`params` must hold leaves, got a result of {p.op}: {p!r}")
    if not listed:
        raise ValueError(
            "`params` is empty: there is nothing to train; a module's parameters are the Values "
            "that it holds, as attributes and in lists, tuples and dicts"
        )
    if len(set(listed)) != len(listed):
        raise ValueError("`params` holds the same Value twice: it would count twice a step")
    trained = [p for p in listed if p.primitive is not FROZEN]
    if not trained:
        raise ValueError("`params` are all frozen: call requires_grad_(True) on what is to learn")
    return trained


def _listed(params: Any) -> list[Any]:
    if isinstance(params, Value):
        raise TypeError("`params` must be a list of Values, got one Value: pass [value]")
    if isinstance(params, dict):
        raise TypeError("`params` must be a list of Values or of groups, got a dict: pass [group]")
    if isinstance(params, set | frozenset):
        raise TypeError("`params` must be in order, got a set: pass a list")
    if not isinstance(params, Iterable):
        raise TypeError(f"`params` must be a list of Values, got {params!r:.60}")
    return list(params)
