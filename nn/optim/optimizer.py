"""Optimizer: parameters in groups, a state for each parameter, and one formula that moves them.

The formula, `update`, goes from a parameter, its gradient, its state and its group's
hyperparameters to the new parameter. Invariant: it holds for floats and for NumPy arrays alike
and never changes the gradient; `step` reads `.grad` and changes nothing but `.data` and the state.
"""

import inspect
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, overload

from autograd import Program, Value
from autograd.engine.modes import innermost
from autograd.engine.number import as_float
from autograd.engine.primitive import FROZEN
from autograd.grad_mode import no_grad
from nn.checks import check_size, not_negative, positive
from nn.module import UNTOUCHED
from nn.optim.flat import ProgramSteps
from nn.optim.hyperparameter import Hyperparameter
from nn.optim.params import check_params, in_groups


class Optimizer(ABC):
    """Base class. `params` is a list of Values, or of groups `{"params": [...], "lr": 0.1, ...}`.

    What a group leaves out it takes from the other arguments. `param_groups` holds the groups,
    `params` all parameters in their order, `state` a dict for each; the attributes `lr` and so on
    read what all groups share and set it in every group. A subclass declares what else its formula
    needs as `Hyperparameter`s and passes it on as keywords; `state_names` says which entries a
    state has, and whether always, so that loading can check them. Frozen parameters are left out.

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
        # What brings the state from the arrays in which a training has left it, if it has.
        self._elsewhere: Callable[[], None] | None = None
        self._program_steps: ProgramSteps | None = None
        self._warned = False
        self.defaults = self.checked({"lr": lr, **defaults})
        for group in in_groups(params):
            self.add_param_group(group)

    @property
    def state(self) -> list[dict[str, Any]]:
        """A dict for each parameter, in the order of `params`."""
        self.bring_state()
        return self._state

    @state.setter
    def state(self, state: list[dict[str, Any]]) -> None:
        self._state, self._elsewhere = state, None

    def bring_state(self) -> None:
        """Fill the state from the arrays in which a training has left it, if it has."""
        if self._elsewhere is not None:
            bring, self._elsewhere = self._elsewhere, None
            bring()

    def __getstate__(self) -> dict[str, Any]:
        """Return what copies and pickles hold: the state itself."""
        self.bring_state()
        return {**vars(self), "_program_steps": None}

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Add parameters to train, `{"params": [...]}`, with hyperparameters of their own.

        Raises `TypeError` or `ValueError` as the constructor does, also for a parameter that
        another `group` has, and then changes nothing.
        """
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(f"a parameter group is a dict with `params`, got {group!r:.60}")
        options = {name: value for name, value in group.items() if name != "params"}
        params, known = check_params(group["params"]), set(self.params)
        for p in params:
            if p in known:
                raise ValueError(f"`params` of the new group holds {p!r}, which another group has")
        options = self.checked({**self.defaults, **options})
        self.param_groups.append({"params": params, **options})
        self.params.extend(params)
        self.state.extend({} for _ in params)
        for p in params:
            if type(p._grad) is float and p._grad == 0.0:
                p.grad = UNTOUCHED

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.params:
            p.grad = UNTOUCHED

    @overload
    def step(self) -> None: ...
    @overload
    def step(self, program: Program, *args: Any, **kwargs: Any) -> float: ...
    def step(self, program: Program | None = None, *args: Any, **kwargs: Any) -> float | None:
        """Move every parameter once, by its current gradient; frozen ones stay.

        With a compiled `program` and its arguments, as PyTorch's `step` takes a closure, that is
        the gradient of what it returns, or of the mean over its batch, and the number before the
        step is the answer: `loss = optimizer.step(program, x, y)`. All parameters then move as
        one array, which on 4,192 takes a tenth of a loop over Values; no `.grad` is touched.

        Warns, once, where no gradient has arrived since they were set to 0, unless in `no_grad`.
        Raises `TypeError` where `program` is none.
        """
        if program is not None:
            if not isinstance(program, Program):
                raise TypeError(
                    "`step` takes nothing, after backward(), or a program of autograd.compile and "
                    f"its arguments, got {program!r:.60}"
                )
            steps = self._program_steps
            if steps is None or len(steps.params) != len(self.params):
                steps = self._program_steps = ProgramSteps(self)
            return steps.step_on(program, args, kwargs)
        silent = self._warned or innermost(no_grad) is not None
        if not silent and all(p._grad is UNTOUCHED for p in self.params):
            self._warned = True
            warnings.warn(
                f"{type(self).__name__}.step() finds no gradients, since none has arrived after "
                "zero_grad(): call loss.backward() before step()",
                stacklevel=2,
            )
        for p, state, group in self.entries():
            if p.primitive is not FROZEN:
                p.data = self.update(p.data, p.grad, state, group)
        return None

    @abstractmethod
    def update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """Return the new value of `p`, a float, or an array, which may be changed in place.

        `grad` is its gradient, of the same shape, `state` what it keeps between steps, a dict, and
        `group` its hyperparameters.
        """

    def entries(self) -> Iterator[tuple[Value, dict[str, Any], dict[str, Any]]]:
        """Yield each parameter with its state and its group."""
        states = iter(self.state)
        for group in self.param_groups:
            for p in group["params"]:
                yield p, next(states), group

    def state_dict(self) -> dict[str, Any]:
        """Return the states and hyperparameters as lists and dicts of plain numbers, for JSON.

        Parameters are named by their index in `params`. The parameters' own data are not in it:
        `model.state_dict()` has them. Lists stand where PyTorch has dicts by index, since JSON
        knows no int keys.
        """
        groups, places = [], iter(range(len(self.params)))
        for group in self.param_groups:
            options = {name: group[name] for name in self.defaults}
            plain = {n: list(x) if isinstance(x, tuple) else x for n, x in options.items()}
            groups.append({**plain, "params": [next(places) for _ in group["params"]]})
        states = [dict(state) for state in self.state]
        return {"optimizer": type(self).__name__, "state": states, "param_groups": groups}

    def load_state_dict(self, loaded: Mapping[str, Any]) -> None:
        """Take the states and hyperparameters in `loaded`, from `state_dict` of the same groups.

        Raises `ValueError` or `TypeError` for what does not fit, and then changes nothing.
        """
        own = self.state_dict()
        if not isinstance(loaded, Mapping) or set(loaded) != set(own):
            raise ValueError(
                "the state must be what an optimiser's state_dict() returned, with `optimizer`, "
                f"`state` and `param_groups`, got {loaded!r:.60}"
            )
        if loaded["optimizer"] != own["optimizer"]:
            raise ValueError(
                f"the state is that of {loaded['optimizer']!r:.60}, not of {own['optimizer']!r}"
            )
        for key, what in (("param_groups", "parameter groups"), ("state", "parameters")):
            found, count = loaded[key], len(own[key])
            if not isinstance(found, list) or len(found) != count:
                size = len(found) if isinstance(found, list) else f"{found!r:.60}"
                raise ValueError(f"`{key}` must list the optimiser's {count} {what}, got {size}")
        groups = []
        for i, group in enumerate(loaded["param_groups"]):
            where, places = f"`param_groups[{i}]`", own["param_groups"][i]["params"]
            if not isinstance(group, Mapping) or set(group) != {*self.defaults, "params"}:
                names = ", ".join(self.defaults)
                raise ValueError(f"{where} must hold params, {names}, got {group!r:.60}")
            if group["params"] != places:
                raise ValueError(f"{where} must hold the {len(places)} parameters it holds here")
            # A schedule may have brought the rate to 0, which the constructor refuses.
            lr = not_negative("lr", group["lr"])
            options = {name: group[name] for name in self.defaults if name != "lr"}
            groups.append(self.checked(options) | {"lr": lr})
        self.state = [self._checked_state(i, state) for i, state in enumerate(loaded["state"])]
        for group, options in zip(self.param_groups, groups, strict=True):
            group.update(options)

    def _checked_state(self, i: int, state: Any) -> dict[str, Any]:
        where, names = f"state[{i}]", self.state_names
        if not isinstance(state, Mapping):
            raise TypeError(f"`{where}` must be a dict, got {state!r:.60}")
        if state and names is not None:
            missing = [name for name, always in names.items() if always and name not in state]
            if missing or not set(state) <= set(names):
                raise ValueError(
                    f"`{where}` must be empty or hold {', '.join(names)}, got {', '.join(state)}"
                )
        return {
            name: check_size(f"{where}.step", x, 0)
            if name == "step"
            else as_float(x, f"{where}.{name}")
            for name, x in state.items()
        }

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a group's hyperparameters in `options`, all or all but `lr`, each checked.

        Raises `ValueError` where one is unknown or unfit; a subclass may refuse those that exclude
        each other.
        """
        known = getattr(self, "defaults", options)
        for name in options:
            if name not in known:
                raise ValueError(
                    f"unknown hyperparameter `{name}` in a parameter group: "
                    f"{type(self).__name__} has {', '.join(known)}"
                )
        checked = dict(options)
        for name, value in options.items():
            declared = getattr(type(self), name, None)
            if isinstance(declared, Hyperparameter):
                checked[name] = declared.check(name, value)
        return checked

    def __repr__(self) -> str:
        """Name what differs from the defaults of the formula, and how much there is to train."""
        parameters = inspect.signature(type(self)).parameters
        shown = []
        for name in self.defaults:
            values = [group[name] for group in self.param_groups]
            same = all(value == values[0] for value in values)
            if name == "lr" or not same or values[0] != getattr(parameters.get(name), "default", 0):
                shown.append(f"{name}={values[0] if same else values}")
        groups, n = len(self.param_groups), len(self.params)
        count = f"{n} parameter{'s' * (n > 1)}" + (f" in {groups} groups" if groups > 1 else "")
        return f"{type(self).__name__}({', '.join(shown)}; {count})"


def has_own_step(optimizer: Optimizer) -> bool:
    """Whether a class or the user has put another `step` in the place of the general one."""
    return type(optimizer).step is not Optimizer.step or "step" in vars(optimizer)


def is_just(optimizer: Optimizer, *kinds: type) -> bool:
    """Whether it is of one of these kinds, no subclass, and has no formula set on it."""
    return type(optimizer) in kinds and vars(optimizer).keys().isdisjoint({"step", "update"})
