"""What an optimiser may be given as `params`: distinct leaf Values, bare or in groups."""

from collections.abc import Iterable
from typing import Any

from autograd import Value


def in_groups(params: Iterable[Value] | Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `params` as a list of groups: as it is, or one group of all the Values."""
    listed = _listed(params)
    if not listed:
        raise ValueError("`params` is empty: there is nothing to train")
    groups = [group for group in listed if isinstance(group, dict)]
    if groups and len(groups) < len(listed):
        raise TypeError("`params` must hold either Values or groups, got both")
    return groups or [{"params": listed}]


def check_params(params: Iterable[Value]) -> list[Value]:
    """Return `params` as a list; raises unless it holds leaf Values, at least one, none twice."""
    listed = _listed(params)
    for p in listed:
        if not isinstance(p, Value):
            raise TypeError(f"`params` must hold Values, got {p!r:.60}: model.parameters()?")
        if p.parents:
            raise ValueError(f"`params` must hold leaves, got a result of {p.op}: {p!r}")
    if not listed:
        raise ValueError("`params` is empty: there is nothing to train")
    if len(set(listed)) != len(listed):
        raise ValueError("`params` holds the same Value twice: it would count twice a step")
    return listed


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
