"""An optimiser's state as plain data, out and in.

Lists, dicts, strings and numbers only, so that it survives JSON unchanged: lists where PyTorch
has dicts by index, since JSON knows no int keys. Invariant: whatever is wrong with a loaded state
is found before anything changes, and a resumed run takes the steps of an uninterrupted one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autograd.engine.number import as_float
from nn.checks import check_size, not_negative

if TYPE_CHECKING:
    from nn.optim.optimizer import Optimizer

Options = dict[str, Any]


def as_dict(optimizer: "Optimizer") -> dict[str, Any]:
    """Return `{"optimizer": name, "state": [...], "param_groups": [...]}`, as lists by index."""
    groups = []
    for group, places in zip(optimizer.param_groups, _places(optimizer), strict=True):
        options = {name: group[name] for name in optimizer.defaults}
        plain = {n: list(x) if isinstance(x, tuple) else x for n, x in options.items()}
        groups.append({**plain, "params": places})
    return {
        "optimizer": type(optimizer).__name__,
        "state": [dict(state) for state in optimizer.state],
        "param_groups": groups,
    }


def checked(optimizer: "Optimizer", loaded: Mapping[str, Any]) -> tuple[list[Options], list[Any]]:
    """Return the groups' hyperparameters and the states in `loaded`, all of them checked."""
    if not isinstance(loaded, Mapping) or set(loaded) != {"optimizer", "state", "param_groups"}:
        raise ValueError(
            "the state must be what an optimiser's state_dict() returned, with `optimizer`, "
            f"`state` and `param_groups`, got {loaded!r:.60}"
        )
    name = type(optimizer).__name__
    if loaded["optimizer"] != name:
        raise ValueError(f"the state is that of {loaded['optimizer']!r:.60}, not of {name!r}")
    groups, states = loaded["param_groups"], loaded["state"]
    known = _places(optimizer)
    for key, found, count, what in (
        ("param_groups", groups, len(known), "parameter groups"),
        ("state", states, len(optimizer.params), "parameters"),
    ):
        if not isinstance(found, list) or len(found) != count:
            size = len(found) if isinstance(found, list) else f"{found!r:.60}"
            raise ValueError(f"`{key}` must list the optimiser's {count} {what}, got {size}")
    return (
        [_options(optimizer, i, group, known[i]) for i, group in enumerate(groups)],
        [_state(optimizer, i, state) for i, state in enumerate(states)],
    )


def _options(optimizer: "Optimizer", i: int, group: Any, places: list[int]) -> Options:
    where = f"`param_groups[{i}]`"
    if not isinstance(group, Mapping) or set(group) != {*optimizer.defaults, "params"}:
        names = ", ".join(optimizer.defaults)
        raise ValueError(f"{where} must hold params, {names}, got {group!r:.60}")
    if group["params"] != places:
        raise ValueError(f"{where} must hold the {len(places)} parameters that it holds here")
    # A schedule may have brought the rate to 0, which the constructor refuses.
    lr = not_negative("lr", group["lr"])
    options = {name: group[name] for name in optimizer.defaults if name != "lr"}
    return optimizer.checked(options) | {"lr": lr}


def _state(optimizer: "Optimizer", i: int, state: Any) -> Options:
    where = f"state[{i}]"
    if not isinstance(state, Mapping):
        raise TypeError(f"`{where}` must be a dict, got {state!r:.60}")
    names = optimizer.state_names
    if state and names is not None:
        missing = [name for name, always in names.items() if always and name not in state]
        if missing or not set(state) <= set(names):
            raise ValueError(
                f"`{where}` must be empty or hold {', '.join(names)}, got {', '.join(state)}"
            )
    return {name: _number(f"{where}.{name}", name, x) for name, x in state.items()}


def _number(where: str, name: str, x: Any) -> float:
    """The number as it was saved: counts as ints, all else as floats."""
    if name == "step":
        return check_size(where, x, 0)
    return as_float(x, where)


def _places(optimizer: "Optimizer") -> list[list[int]]:
    """The indices of each group's parameters in `params`."""
    places, start = [], 0
    for group in optimizer.param_groups:
        places.append(list(range(start, start + len(group["params"]))))
        start += len(group["params"])
    return places
