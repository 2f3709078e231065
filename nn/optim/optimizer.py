"""Optimizer: parameters in groups, a state for each parameter, and one formula that moves them.

The formula, `update`, goes from a parameter, its gradient, its state and its group's
hyperparameters to the new parameter. Invariant: it holds for floats and for NumPy arrays alike
and never changes the gradient; `step` reads `.grad` and changes nothing but `.data` and the state.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from autograd import Value
from nn.checks import positive
from nn.optim.hyperparameter import Hyperparameter
from nn.optim.params import check_params, in_groups
from nn.optim.state import as_dict
from nn.optim.state import checked as checked_state


class Optimizer(ABC):
    """Base class. `params` is a list of Values, or of groups `{"params": [...], "lr": 0.1, ...}`.

    What a group leaves out it takes from the other arguments. `param_groups` holds the groups,
    `params` all parameters in their order, `state` a dict for each; the attributes `lr` and so on
    read what all groups share and set it in every group. A subclass declares what else its formula
    needs as `Hyperparameter`s and passes it on as keywords; `state_names` says which entries a
    state has, and whether always, so that loading can check them.

    Raises `TypeError` where `params` holds anything but Values, `ValueError` where it is empty,
    holds a result instead of a leaf or names one twice, or where `lr` is not positive and finite.
    """

    lr = Hyperparameter(positive)
    state_names: ClassVar[Mapping[str, bool] | None] = None

    def __init__(
        self, params: Iterable[Value] | Iterable[dict[str, Any]], lr: float, **defaults: Any
    ) -> None:
        self.param_groups: list[dict[str, Any]] = []
        self.params: list[Value] = []
        self._state: list[dict[str, Any]] = []
        self._elsewhere: Callable[[], None] | None = None
        self.defaults = self.checked({"lr": lr, **defaults})
        for group in in_groups(params):
            self.add_param_group(group)

    @property
    def state(self) -> list[dict[str, Any]]:
        """A dict for each parameter, in the order of `params`."""
        if self._elsewhere is not None:
            bring, self._elsewhere = self._elsewhere, None
            bring()
        return self._state

    @state.setter
    def state(self, state: list[dict[str, Any]]) -> None:
        self._state, self._elsewhere = state, None

    def state_is_elsewhere(self, bring: Callable[[], None]) -> None:
        """Leave the state in a training's arrays until somebody asks for it: `bring` fills it."""
        self._elsewhere = bring

    @property
    def is_state_elsewhere(self) -> bool:
        """Whether nobody has asked for the state since it was left in arrays."""
        return self._elsewhere is not None

    def __getstate__(self) -> dict[str, Any]:
        """Return what copies and pickles hold: the state itself."""
        self.state  # noqa: B018  # brings it
        return dict(vars(self))

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Add parameters to train, `{"params": [...]}`, with hyperparameters of their own.

        Raises as the constructor does, also for a parameter that another group has, and then
        changes nothing.
        """
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(f"a parameter group is a dict with `params`, got {group!r:.60}")
        options = {name: value for name, value in group.items() if name != "params"}
        params = check_params(group["params"])
        for p in params:
            if p in set(self.params):
                raise ValueError(f"`params` of the new group holds {p!r}, which another group has")
        options = self.checked({**self.defaults, **options})
        self.param_groups.append({"params": params, **options})
        self.params.extend(params)
        self.state.extend({} for _ in params)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.params:
            p.grad = 0.0

    def step(self) -> None:
        """Move every parameter once, by its current gradient."""
        for p, state, group in self.entries():
            p.data = self.update(p.data, p.grad, state, group)

    @abstractmethod
    def update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """Return the new value of `p`, a float, or an array, which may be changed in place."""

    def entries(self) -> Iterator[tuple[Value, dict[str, Any], dict[str, Any]]]:
        """Yield each parameter with its state and its group."""
        states = iter(self.state)
        for group in self.param_groups:
            for p in group["params"]:
                yield p, next(states), group

    def state_dict(self) -> dict[str, Any]:
        """Return the states and hyperparameters as lists and dicts of plain numbers, for JSON.

        Parameters are named by their index in `params`. The parameters' own data are not in it:
        `model.state_dict()` has them.
        """
        return as_dict(self)

    def load_state_dict(self, loaded: Mapping[str, Any]) -> None:
        """Take the states and hyperparameters that `state_dict` returned, of the same groups.

        Raises `ValueError` or `TypeError` for what does not fit, and then changes nothing.
        """
        groups, states = checked_state(self, loaded)
        for group, options in zip(self.param_groups, groups, strict=True):
            group.update(options)
        self.state = states

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a group's hyperparameters, all or all but `lr`, each checked.

        Raises where one is unknown or unfit; a subclass may refuse those that exclude each other.
        """
        known = getattr(self, "defaults", options)
        for name in options:
            if name not in known:
                raise ValueError(
                    f"unknown hyperparameter `{name}` in a parameter group: "
                    f"{type(self).__name__} has {', '.join(known)}"
                )
        return {name: self._check(name, value) for name, value in options.items()}

    def _check(self, name: str, value: Any) -> Any:
        declared = getattr(type(self), name, None)
        return declared.check(name, value) if isinstance(declared, Hyperparameter) else value
