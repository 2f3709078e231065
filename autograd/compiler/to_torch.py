"""To PyTorch: a program as a function of tensors, differentiable there.

    program = autograd.compile(lambda x: (w * x[0] + v * x[1]).tanh(), batch=True)
    program([[1.0, 2.0]])                                  # records it
    function = program.to_torch()
    x = torch.tensor([[1.0, 2.0], [0.5, -1.0]], dtype=torch.float64, requires_grad=True)
    weights = torch.tensor([p.data for p in program.parameters], requires_grad=True)
    function(x, parameters=weights).sum().backward()       # x.grad, weights.grad

Invariant: value and derivatives are the engine's to rounding, of each row by its own rule.
"""

from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any, ClassVar

import numpy as np

from autograd.compiler.arrays import Array
from autograd.compiler.tape import erf
from autograd.compiler.tensors import Applied, Tensors, as_function
from autograd.compiler.ways_out import Foreign, Outward, imported
from autograd.engine import table


def to_torch(program: Outward) -> Callable[..., Any]:
    """Return the program as a function of tensors; raises `ImportError` without PyTorch."""
    torch = _torch()
    program.check(Torch.title, ("array", "partials"))

    def library_for(leaves: list[Any]) -> Torch:
        tensors = [x for x in leaves if isinstance(x, torch.Tensor)]
        kinds = [x.dtype for x in tensors if x.is_floating_point()]
        device = tensors[0].device if tensors else None
        return Torch(reduce(torch.promote_types, kinds) if kinds else torch.float64, device)

    return as_function(program, library_for)


def _torch() -> Any:
    return imported("torch", "PyTorch", "torch")


# What has another name; `torch.equal` compares whole tensors.
OTHERS: dict[Any, str] = {
    **{erf: "erf", np.equal: "eq", np.power: "pow", np.fabs: "abs", np.rint: "round"},
    **{np.degrees: "rad2deg", np.radians: "deg2rad"},
}


class Torch(Tensors):
    """PyTorch's functions, which are called as NumPy's where the names are."""

    title: ClassVar = "PyTorch"
    own: ClassVar = frozenset(
        {
            *(table.add, table.subtract, table.multiply, table.divide, table.negative),
            *(table.where, table.copy, table.exp, table.log, table.sqrt, table.sin, table.cos),
        }
    )

    def function(self, function: Any) -> Callable[..., Any] | None:
        """PyTorch's function of this name, or what is called otherwise there."""
        torch = _torch()
        found: Callable[..., Any] | None
        if function is np.cbrt:
            return lambda x: torch.sign(x) * torch.pow(torch.abs(x), 1.0 / 3.0)
        if function is np.sign:
            return lambda x: torch.where(x == x, torch.sign(x), x)
        found = getattr(torch, OTHERS.get(function, function.__name__), None)
        return found

    def number(self, x: Any, mask: bool = False) -> Any:
        """The tensor of a number."""
        item = x.item if isinstance(x, Foreign) else x
        if not hasattr(item, "dtype"):
            item = self.numbers(item)
        if mask:
            return item != 0
        return item if item.is_floating_point() else item.to(self.dtype)

    def numbers(self, array: Any) -> Any:
        """A tensor of the numbers; of tensors in a list those, stacked."""
        torch = _torch()
        if isinstance(array, list | tuple) and any(isinstance(x, torch.Tensor) for x in array):
            return torch.stack([self.numbers(x) for x in array])
        return torch.as_tensor(array, dtype=self.dtype, device=self.device)

    def indices(self, item: Any) -> Any:
        """A tensor of whole numbers."""
        torch = _torch()
        return torch.as_tensor(item, device=self.device).to(torch.int64)

    def detach(self, item: Any) -> Any:
        """The tensor without what it was computed from."""
        return item.detach()

    def along(self, source: Any, places: Any) -> Any:
        """The elements at the places of each row."""
        return _torch().take_along_dim(source, places, -1)

    def concatenate(self, parts: Sequence[Any]) -> Any:
        """The tensors one after another."""
        return _torch().cat(list(parts), dim=-1)

    def broadcast(self, item: Any, shape: tuple[int, ...]) -> Any:
        """The tensor expanded."""
        return item.expand(shape)

    def extreme(self, array: Array, x: Any) -> Any:
        """The largest or smallest."""
        torch = _torch()
        return torch.amax(x, -1) if array.op == "maximum" else torch.amin(x, -1)

    def logsumexp(self, array: Array, x: Any) -> Any:
        """PyTorch's, whose derivative is the softmax."""
        return _torch().logsumexp(x, -1)

    def with_rule(self, applied: Applied, *items: Any) -> Any:
        """The value of a row at these tensors, with its derivative."""
        return _row().apply(applied, *_torch().broadcast_tensors(*items))


@cache
def _row() -> Any:
    """The autograd function of all rows; a class of PyTorch's, so made when it is there."""

    class Row(_torch().autograd.Function):  # type: ignore[misc]  # PyTorch is Any
        generate_vmap_rule = True

        @staticmethod
        def forward(applied: Applied, *items: Any) -> Any:
            return applied.value(*items)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.applied, *items = inputs
            ctx.save_for_backward(output, *items)
            ctx.save_for_forward(output, *items)

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            slopes = ctx.applied.slopes(*ctx.saved_tensors)
            return None, *[upstream * slope for slope in slopes]

        @staticmethod
        def jvp(ctx: Any, _: None, *tangents: Any) -> Any:
            slopes = ctx.applied.slopes(*ctx.saved_tensors)
            return sum(t * p for t, p in zip(tangents, slopes, strict=True) if t is not None)

    return Row
