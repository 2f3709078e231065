"""Sequential: modules one after another; Elementwise: a function of each number on its own."""

from collections.abc import Iterator
from typing import Any, ClassVar, overload

from autograd import Value
from autograd.engine.value import as_value
from nn.checks import by_name
from nn.layers.activations import ACTIVATIONS, Activation
from nn.layers.described import Described
from nn.layers.inputs import is_nested
from nn.module import Module


class Elementwise(Described):
    """Applies `activation`, a name or a function of one Value, to each number of its input."""

    arguments: ClassVar[tuple[str, ...]] = ("activation",)

    def __init__(self, activation: str | Activation) -> None:
        self.activation = by_name("activation", activation, ACTIVATIONS)

    def forward(self, x: Any) -> Any:
        """Return the results in lists nested as in `x`; a bare Value for one."""
        if is_nested(x):
            return [self.forward(item) for item in x]
        return self.activation(as_value(x, "input"))


class GELU(Elementwise):
    """x times the normal distribution's share below x, of each number; as PyTorch's GELU."""

    arguments: ClassVar = ()

    def __init__(self) -> None:
        super().__init__("gelu")


class SiLU(Elementwise):
    """x sigmoid(x) of each number; as PyTorch's SiLU."""

    arguments: ClassVar = ()

    def __init__(self) -> None:
        super().__init__("silu")


class Sequential(Described):
    """Feeds what each of `modules` returns to the next.

    A name such as "tanh" or a plain function such as `autograd.tanh` stands for
    `Elementwise(...)`: it is applied to each number on its own. As an MLP does, it returns a bare
    Value where the last module returns a list of one. `model[i]` is a module, `model[i:j]` a
    Sequential of the same modules, not copies. Raises `TypeError` for anything else in `modules`.
    """

    def __init__(self, *modules: Module | str | Activation) -> None:
        self.layers: list[Module] = []
        for i, item in enumerate(modules):
            if isinstance(item, str) or (callable(item) and not isinstance(item, type | Module)):
                item = Elementwise(item)
            if not isinstance(item, Module):
                kind = isinstance(item, type)
                advice = "create it first, as Flatten()" if kind else "list modules singly"
                raise TypeError(
                    f"argument {i} of `Sequential` must be a Module, a function or the name of an "
                    f"activation, got {item!r:.60}: {advice}"
                )
            self.layers.append(item)

    def forward(self, x: Any) -> Any:
        """Return what the last module returns; errors are those of the modules."""
        for module in self.layers:
            x = module([x] if isinstance(x, Value) else x)
        single = isinstance(x, list) and len(x) == 1 and isinstance(x[0], Value)
        return x[0] if single else x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    def __getitem__(self, index: int | slice) -> Any:
        chosen = self.layers[index]
        return Sequential(*chosen) if isinstance(chosen, list) else chosen

    def size(self) -> int:
        """Return how many parameters the modules have, a shared module's counted each time."""
        return sum(module.size() for module in self.layers if isinstance(module, Described))

    def architecture(self) -> dict[str, Any]:
        """Return the class and the architectures of its modules, for `Sequential(*modules)`.

        Raises `TypeError` for a module that has none.
        """
        parts: list[Any] = self.layers
        for part in parts:
            if not isinstance(part, Described):
                raise TypeError(
                    f"the architecture of a Sequential cannot be written down: {part!r:.60} is "
                    "none of the layers that say what builds them"
                )
        return {"class": "Sequential", "modules": [part.architecture() for part in parts]}

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
