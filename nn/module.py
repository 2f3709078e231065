"""Module: something with parameters, found by looking at its attributes.

A parameter is a leaf `Value` held by an attribute, by a list, tuple, dict or array there, or by
another module; its name is the path to it, such as `layers.0.neurons.3.weights.1`. A module that
overrides `parameters()` says itself what they are. Invariant: names and order depend on the
architecture only, a shared parameter counts once, and numbers and results are no parameters.
"""

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial, wraps
from typing import Any, ClassVar, Self

import numpy as np

from autograd import Value
from autograd.engine.node import changed
from autograd.engine.number import as_float
from autograd.engine.primitive import FROZEN
from autograd.words.names import Path
from autograd.words.text import ELLIPSIS
from nn.checks import check_kind, flag

UNTOUCHED = float("0")  # this very object says that no gradient has arrived since `zero_grad`
LONGEST = 40  # characters of a parameter's label; of a longer path the end is kept
WIDEST = 60  # characters of a module's own row in a summary


class _Building(threading.local):
    """How many modules are being built, one in another: a base class's `__init__` counts, too."""

    depth = 0

    def __reduce__(self) -> str:  # a class of a notebook's is pickled with what its `built` names
        return "_building"


_building = _Building()


class Module:
    """Base class of neurons, layers and networks: `parameters`, `zero_grad`, state, modes.

    A subclass defines `forward(x)`, as in PyTorch, or `__call__(x)`, as in micrograd.
    """

    training: bool = True
    # Whether evaluation gives decisions where the loss takes scores, as a perceptron's does.
    trains_on_scores: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let parameters be called by their paths, as soon as a module is built."""
        super().__init_subclass__(**kwargs)
        own: Any = cls
        build = vars(cls).get("__init__")
        if build is not None:

            @wraps(build)
            def built(self: "Module", *args: Any, **kwargs: Any) -> None:
                _building.depth += 1
                try:
                    build(self, *args, **kwargs)
                finally:
                    _building.depth -= 1
                if not _building.depth:  # the outermost names them all
                    self._label()

            own.__init__ = built

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the output for one example: a Value, or a list of them."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return the output for one example; a subclass defines it, else `TypeError`."""
        raise TypeError(f"{type(self).__name__} defines neither `forward(x)` nor `__call__(x)`")

    def __getstate__(self) -> dict[str, Any]:
        """Return what copies and pickles hold: all but what is kept of its programs."""
        return {name: x for name, x in vars(self).items() if name not in ("_predictor", "_twins")}

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield (name, parameter) in the order of the attributes."""
        seen: set[Value] = set()
        for name, item in _walk(self, _declared, Value):
            if item not in seen:
                seen.add(item)
                yield name, item

    def _label(self) -> None:
        """Give each parameter its path as its label, unless the user gave it one."""
        for name, item in _walk(self, _held, Value):
            if not item.label or isinstance(item.label, Path):
                cut = len(name) > LONGEST
                item.label = Path(ELLIPSIS + name[1 - LONGEST :] if cut else name)

    def results(self) -> Iterator[Value]:
        """Yield the Values that the modules hold, themselves or in lists, and that are computed."""
        for module in self.modules():
            for item in vars(module).values():
                items = item if isinstance(item, list | tuple) else (item,)
                yield from (x for x in items if isinstance(x, Value) and x.parents)

    def parameters(self) -> list[Value]:
        """Return the parameters as a list."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = UNTOUCHED

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze the parameters, `requires_grad` False, or let them be trained; returns the module.

        As in PyTorch a frozen parameter still is one, with its name in `parameters()` and
        `state_dict()`, but no optimiser moves it: one made now leaves it out, one made before
        passes it over. A file does not keep it: freeze a loaded model again.
        """
        kind = None if flag("requires_grad", requires_grad) else FROZEN
        for parameter in self.parameters():
            parameter.primitive = kind
        changed()
        return self

    def state_dict(self) -> dict[str, float]:
        """Return the data of all parameters by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set all parameters from `state`; gradients are left alone.

        Raises `ValueError` for missing or unexpected names and `TypeError` for data that are not
        real numbers, and then changes nothing.
        """
        parameters = dict(self.named_parameters())
        missing = [name for name in parameters if name not in state]
        unexpected = [name for name in state if name not in parameters]
        if missing or unexpected:
            raise ValueError(
                f"the state does not fit {self!r}: {_some(missing)} missing, "
                f"{_some(unexpected)} unexpected; build the model with the same sizes"
            )
        data = {name: as_float(state[name], name) for name in parameters}
        for name, parameter in parameters.items():
            parameter.data = data[name]

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """Yield (name, module) for this module, named "", and all inside it, each once."""
        yield "", self
        yield from _walk(self, _held, Module)

    def modules(self) -> Iterator["Module"]:
        """Yield this module and all inside it, each once."""
        for _, module in self.named_modules():
            yield module

    def train(self, mode: bool = True) -> Self:
        """Put this module and all inside it into training mode; returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put this module and all inside it into evaluation mode; returns the module."""
        return self.train(False)

    def evaluating(self) -> AbstractContextManager[None]:
        """Put all modules into evaluation mode for a while, each back into its own afterwards."""
        return evaluating(self.modules())

    def summary(self) -> str:
        """Return a table of the module's parts and how many parameters each has."""
        parts = list(self.named_modules())[1:]
        names = {name for name, _ in parts}
        parts = [(n, part) for n, part in parts if not any(n.startswith(f"{m}.") for m in names)]
        rows = [(name, _called(part), str(len(part.parameters()))) for name, part in parts]
        whole = _called(self)
        whole = whole if len(whole) <= WIDEST else type(self).__name__
        rows.append(("total", whole, str(len(self.parameters()))))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            f"{name:<{widths[0]}}  {part:<{widths[1]}}  {count:>{widths[2]}} parameters"
            for name, part, count in rows
        )


@contextmanager
def evaluating(modules: Iterable[Module]) -> Iterator[None]:
    """Put these modules into evaluation mode for a while."""
    modes = [(module, module.training) for module in modules]
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def unmoved(model: Module) -> Iterator[None]:
    """Put back, afterwards, what a run changes: random numbers, and what modules keep of it."""
    kept = [(module, dict(vars(module))) for module in model.modules()]
    restore: list[Callable[[], None]] = [
        partial(random.setstate, random.getstate()),
        partial(np.random.set_state, np.random.get_state()),
    ]
    for held in (item for _, attributes in kept for item in attributes.values()):
        if isinstance(held, np.random.Generator):
            bits = held.bit_generator
            restore.append(partial(setattr, bits, "state", bits.state))
        elif isinstance(held, random.Random) and not isinstance(held, random.SystemRandom):
            restore.append(partial(held.setstate, held.getstate()))
    try:
        yield
    finally:
        for put_back in restore:
            put_back()
        for module, attributes in kept:
            vars(module).clear()
            vars(module).update(attributes)


def check_model(model: Any) -> None:
    """Raise `TypeError` unless `model` is a Module."""
    check_kind("model", model, Module, "a Module such as nn.MLP(2, [8, 1])")


def _walk(item: Any, children: Callable[[Any], Any], kind: type) -> Iterator[tuple[str, Any]]:
    """Yield the modules, or else the parameters, inside `item`, each with its first path."""
    seen, stack = {id(item)}, [("", iter(children(item)))]
    while stack:
        prefix, left = stack[-1]
        for key, child in left:
            if isinstance(child, Value):
                if kind is Value and (child.primitive is None or child.primitive is FROZEN):
                    yield f"{prefix}{key}", child
            elif id(child) not in seen:
                seen.add(id(child))  # what is shared is walked once
                if kind is Module and isinstance(child, Module):
                    yield f"{prefix}{key}", child
                stack.append((f"{prefix}{key}.", iter(children(child))))
                break
        else:
            stack.pop()


def _held(item: Any) -> Any:
    """What a module or container holds, by name or place."""
    if isinstance(item, Module):
        return vars(item).items()
    if isinstance(item, np.ndarray) and item.dtype.kind == "O":
        return enumerate(item.ravel())
    if isinstance(item, dict):
        return item.items()
    return enumerate(item) if isinstance(item, list | tuple) else ()


def _declared(item: Any) -> Any:
    """The same, but of a module that overrides `parameters()` what that returns."""
    if isinstance(item, Module) and type(item).parameters is not Module.parameters:
        return enumerate(item.parameters())
    return _held(item)


def _called(module: Module) -> str:
    """The repr of a module, of one that has none of its own its class: an address says nothing."""
    return type(module).__name__ if type(module).__repr__ is object.__repr__ else repr(module)


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{len(names)} ({shown}{', ...' if len(names) > 3 else ''})" if names else "none"
