"""To PyTorch: a program as a function of tensors, differentiable there.

    program = autograd.compile(lambda x: (w * x[0] + v * x[1]).tanh(), batch=True)
    program([[1.0, 2.0]])                                  # records it
    function = program.to_torch()
    x = torch.tensor([[1.0, 2.0], [0.5, -1.0]], dtype=torch.float64, requires_grad=True)
    weights = torch.tensor([p.data for p in program.parameters], requires_grad=True)
    function(x, parameters=weights).sum().backward()       # x.grad, weights.grad

Invariant: value and derivatives are the engine's to rounding, of each row by its own rule.
"""

from collections.abc import Callable
from functools import cache, reduce
from typing import Any, ClassVar

import numpy as np

from autograd.compiler.tensors import Applied, Tensors, as_function
from autograd.compiler.ways_out import Outward, imported
from autograd.engine import table


def to_torch(program: Outward) -> Callable[..., Any]:
    """Return the program as a function of tensors; raises `ImportError` without PyTorch."""
    torch = _torch()
    program.check(Torch.title, ("array", "partials"))

    def library_for(leaves: list[Any]) -> Torch:
        tensors = [x for x in leaves if isinstance(x, torch.Tensor)]
        kinds = [x.dtype for x in tensors if x.is_floating_point()]
        dtype = reduce(torch.promote_types, kinds) if kinds else torch.float64
        return Torch(torch, torch.special, dtype, tensors[0].device if tensors else None)

    return as_function(program, library_for)


def _torch() -> Any:
    return imported("torch", "PyTorch", "torch")


class Torch(Tensors):
    """PyTorch's functions, which are called as NumPy's where the names are."""

    title: ClassVar = "PyTorch"
    own: ClassVar = frozenset(
        {
            *(table.add, table.subtract, table.multiply, table.divide, table.negative),
            *(table.where, table.copy, table.exp, table.log, table.sqrt, table.sin, table.cos),
        }
    )
    others: ClassVar = {
        **{np.equal: "eq", np.power: "pow", np.fabs: "abs", np.rint: "round"},
        **{np.degrees: "rad2deg", np.radians: "deg2rad"},
        np.cbrt: lambda x: x.sign() * x.abs().pow(1.0 / 3.0),
        np.sign: lambda x: x.sign().where(x == x, x),
    }  # `torch.equal` compares whole tensors

    def numbers(self, array: Any, dtype: Any = None) -> Any:
        """A tensor of the numbers; of tensors in a list those, stacked."""
        if isinstance(array, list | tuple) and any(isinstance(x, self.xp.Tensor) for x in array):
            return self.xp.stack([self.numbers(x) for x in array])
        return self.xp.as_tensor(array, dtype=dtype or self.dtype, device=self.device)

    def detach(self, item: Any) -> Any:
        """The tensor without what it was computed from."""
        return item.detach()

    def with_rule(self, applied: Applied, *items: Any) -> Any:
        """The value of a row at these tensors, with its derivative."""
        return _row().apply(applied, *self.xp.broadcast_tensors(*items))


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
