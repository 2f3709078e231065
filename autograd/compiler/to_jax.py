"""To JAX: a program as a function of JAX arrays, differentiable there, under jit and vmap.

    program = autograd.compile(lambda x: (w * x[0] + v * x[1]).tanh())
    program([1.0, 2.0])                                            # records it
    function = jax.jit(program.to_jax())
    weights = jnp.array([p.data for p in program.parameters])
    jax.grad(function)(jnp.array([1.0, 2.0]), parameters=weights)
    jax.vmap(function)(jnp.ones((100, 2)))

Invariant: value and derivatives are the engine's to rounding, of each row by its own rule.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from autograd.compiler.arrays import Array
from autograd.compiler.tape import erf
from autograd.compiler.tensors import Applied, Tensors, as_function
from autograd.compiler.ways_out import Foreign, Outward, imported
from autograd.engine import table


def to_jax(program: Outward) -> Callable[..., Any]:
    """Return the program as a function of JAX arrays; raises `ImportError` without JAX."""
    jax, jnp = _jax(), _jax("jax.numpy")
    program.check(Jax.title, ("array", "partials"))

    def library_for(leaves: list[Any]) -> Jax:
        kinds = [x.dtype for x in leaves if jnp.issubdtype(getattr(x, "dtype", int), jnp.floating)]
        return Jax(jax.dtypes.canonicalize_dtype(jnp.result_type(*kinds) if kinds else float))

    return as_function(program, library_for)


def _jax(module: str = "jax") -> Any:
    return imported(module, "JAX", "jax")


class Jax(Tensors):
    """jax.numpy, which has all of NumPy's names."""

    title: ClassVar = "JAX"
    own: ClassVar = frozenset(
        {table.add, table.subtract, table.multiply, table.negative, table.where, table.copy}
    )

    def function(self, function: Any) -> Callable[..., Any] | None:
        """JAX's function of this name."""
        if function is erf:
            return _jax("jax.scipy.special").erf  # type: ignore[no-any-return]  # JAX is Any
        return getattr(_jax("jax.numpy"), function.__name__, None)

    def number(self, x: Any, mask: bool = False) -> Any:
        """The array of a number."""
        item = x.item if isinstance(x, Foreign) else x
        if not hasattr(item, "dtype"):
            item = self.numbers(item)
        return item != 0 if mask else item.astype(self.dtype)

    def numbers(self, array: Any) -> Any:
        """An array of the numbers."""
        return _jax("jax.numpy").asarray(array, self.dtype)

    def indices(self, item: Any) -> Any:
        """An array of whole numbers."""
        return _jax("jax.numpy").asarray(item, int)

    def detach(self, item: Any) -> Any:
        """The array, through which no derivative flows."""
        return _jax().lax.stop_gradient(item)

    def along(self, source: Any, places: Any) -> Any:
        """The elements at the places of each row."""
        return _jax("jax.numpy").take_along_axis(source, places, -1)

    def concatenate(self, parts: Sequence[Any]) -> Any:
        """The arrays one after another."""
        return _jax("jax.numpy").concatenate(list(parts), axis=-1)

    def broadcast(self, item: Any, shape: tuple[int, ...]) -> Any:
        """The array repeated."""
        return _jax("jax.numpy").broadcast_to(item, shape)

    def extreme(self, array: Array, x: Any) -> Any:
        """The largest or smallest."""
        return x.max(-1) if array.op == "maximum" else x.min(-1)

    def logsumexp(self, array: Array, x: Any) -> Any:
        """JAX's, whose derivative is the softmax."""
        return _jax("jax.scipy.special").logsumexp(x, -1)

    def with_rule(self, applied: Applied, *items: Any) -> Any:
        """The value of a row at these arrays, with its derivative."""
        value = _jax().custom_jvp(applied.value)

        def rule(items: Any, tangents: Any) -> Any:
            out = value(*items)
            slopes = applied.slopes(out, *items)
            flow = sum(t * p for t, p in zip(tangents, slopes, strict=True))
            return out, self.broadcast(flow, out.shape)

        value.defjvp(rule)
        return value(*items)
