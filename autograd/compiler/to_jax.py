"""To JAX: a program as a function of JAX arrays, differentiable there, under jit and vmap.

    program = autograd.compile(lambda x: (w * x[0] + v * x[1]).tanh())
    program([1.0, 2.0])                                            # records it
    function = jax.jit(program.to_jax())
    weights = jnp.array([p.data for p in program.parameters])
    jax.grad(function)(jnp.array([1.0, 2.0]), parameters=weights)
    jax.vmap(function)(jnp.ones((100, 2)))

Invariant: value and derivatives are the engine's to rounding, of each row by its own rule.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from autograd.compiler.tensors import Applied, Tensors, as_function
from autograd.compiler.ways_out import Outward, imported
from autograd.engine import table


def to_jax(program: Outward) -> Callable[..., Any]:
    """Return the program as a function of JAX arrays; raises `ImportError` without JAX."""
    jax, jnp, special = map(_jax, ("jax", "jax.numpy", "jax.scipy.special"))
    program.check(Jax.title, ("array", "partials"))

    def library_for(leaves: list[Any]) -> Jax:
        kinds = [x.dtype for x in leaves if jnp.issubdtype(getattr(x, "dtype", int), jnp.floating)]
        dtype = jax.dtypes.canonicalize_dtype(jnp.result_type(*kinds) if kinds else float)
        return Jax(jnp, special, dtype)

    return as_function(program, library_for)


def _jax(module: str) -> Any:
    return imported(module, "JAX", "jax")


class Jax(Tensors):
    """jax.numpy, which has all of NumPy's names."""

    title: ClassVar = "JAX"
    own: ClassVar = frozenset(
        {table.add, table.subtract, table.multiply, table.negative, table.where, table.copy}
    )

    def numbers(self, array: Any, dtype: Any = None) -> Any:
        """An array of the numbers."""
        return self.xp.asarray(array, dtype or self.dtype)

    def detach(self, item: Any) -> Any:
        """The array, through which no derivative flows."""
        return _jax("jax").lax.stop_gradient(item)

    def with_rule(self, applied: Applied, *items: Any) -> Any:
        """The value of a row at these arrays, with its derivative."""
        value = _jax("jax").custom_jvp(applied.value)

        def rule(items: Any, tangents: Any) -> Any:
            out = value(*items)
            slopes = applied.slopes(out, *items)
            flow = sum(t * p for t, p in zip(tangents, slopes, strict=True))
            return out, self.xp.broadcast_to(flow, out.shape)

        value.defjvp(rule)
        return value(*items)
