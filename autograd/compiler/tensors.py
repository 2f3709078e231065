"""Tensors: what PyTorch and JAX have in common, which is NumPy's way to call things.

Values are computed by the array columns of the rows. Derivatives are the rows' own, too: that of
the sigmoid's column, through exp(-abs(x)), would be 0 at 0, where it is 1/4. A row is a function
with a derivative, its `partials`, which are computed by such functions again, so derivatives of all
orders are there. Invariant: kinks and ties are the engine's.
"""

import copy
import functools
import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from autograd.compiler.arrays import Array
from autograd.compiler.results import blocks, rebuilt
from autograd.compiler.views import is_block
from autograd.compiler.ways_out import Foreign, Library, Outward
from autograd.engine import table
from autograd.engine.primitive import Primitive
from autograd.nesting import Shape, Structure


class Tensors(Library):
    """Arrays of `dtype` with the functions of `xp`, which have NumPy's names, and of `special`.

    `rules` says whether rows bring their derivatives along.
    """

    own: ClassVar[frozenset[Primitive]]  # rows whose derivative the library has by the same rule
    others: ClassVar[dict[Any, Any]] = {}  # names of functions that are called otherwise, or those

    def __init__(self, xp: Any, special: Any, dtype: Any, device: Any = None) -> None:
        self.xp, self.special, self.dtype, self.device = xp, special, dtype, device
        self.rules = True

    @abstractmethod
    def numbers(self, array: Any, dtype: Any = None) -> Any:
        """Return the item that holds an array, of NumPy's or an item."""

    @abstractmethod
    def with_rule(self, applied: "Applied", *items: Any) -> Any:
        """The value of a row at these items, with its derivative."""

    def function(self, function: Any) -> Any:
        """The library's function of this name, or what is called otherwise there."""
        own = self.others.get(function, function.__name__)
        if not callable(own):
            own = getattr(self.xp, own, None) or getattr(self.special, own, None)
        return own

    def number(self, x: Any, mask: bool = False) -> Any:
        """The array of a number."""
        item = self.numbers(x.item if isinstance(x, Foreign) else x)
        return item != 0 if mask else item

    def row(self, primitive: Primitive, *args: Any) -> Any:
        """What a row gives, with its derivative."""
        if not self.rules or primitive in self.own:
            return super().row(primitive, *args)
        if primitive.step:
            return Foreign(self.detach(self.number(super().row(primitive, *args))), self)
        items = [x.item for x in args if isinstance(x, Foreign)]
        return Foreign(self.with_rule(Applied(self, primitive, args), *items), self)

    def take(self, array: Array, source: Any) -> Any:
        """The elements `array.data` of the last axis."""
        index = array.data
        if not is_block(index) or not index.size:
            return source[..., self.numbers(index, int)]
        first = int(index.flat[0])
        return source[..., first : first + index.size].reshape(*source.shape[:-1], *index.shape)

    def gather(self, source: Any, places: Any, shape: tuple[int, ...] | None) -> Any:
        """The elements at the places."""
        places = self.numbers(places, int)
        if shape is None:
            return source[places]
        return source[self.numbers(np.arange(len(source))[:, None], int), places]

    def join(self, array: Array, *parts: Any) -> Any:
        """The parts one after another."""
        if array.batched:
            lead = next(p.shape[:1] for p, a in zip(parts, array.args, strict=True) if a.batched)
            parts = tuple(self.xp.broadcast_to(p, (*lead, p.shape[-1])) for p in parts)
        return self.xp.concatenate(parts, axis=-1)

    def sum(self, array: Array, x: Any) -> Any:
        """The sum over the last axis."""
        return x.sum(-1)

    def matmul(self, array: Array, right: Any, left: Any) -> Any:
        """The matrix `right` times `left` transposed."""
        product = right @ left.swapaxes(-1, -2)
        lead = product.shape[:1] if array.batched else ()
        return product.reshape(*lead, *array.shape)

    def extreme(self, array: Array, x: Any) -> Any:
        """The largest or smallest."""
        return self.xp.amax(x, -1) if array.op == "maximum" else self.xp.amin(x, -1)

    def logsumexp(self, array: Array, x: Any) -> Any:
        """The library's, whose derivative is the softmax."""
        return self.special.logsumexp(x, -1)

    def most(self, array: Array, x: Any, detached: bool) -> Any:
        """The largest or smallest; with derivatives a chain, in which half of each tie is lost."""
        if detached:
            return self.detach(self.extreme(array, x))
        row = table.maximum if array.op == "maximum" else table.minimum
        columns = [Foreign(x[..., i], self) for i in range(x.shape[-1])]
        return functools.reduce(row, columns).item


class Applied:
    """A row as a function of the items among its inputs; the other inputs are numbers."""

    def __init__(self, library: Tensors, primitive: Primitive, inputs: Sequence[Any]) -> None:
        self.library, self.primitive = library, primitive
        self.given = [None if isinstance(x, Foreign) else x for x in inputs]

    def value(self, *items: Any) -> Any:
        """The value alone."""
        plain = copy.copy(self.library)
        plain.rules = False
        return plain.number(plain.row(self.primitive, *self._inputs(plain, items)))

    def slopes(self, out: Any, *items: Any) -> list[Any]:
        """The partials by the items, as numbers or items."""
        library = self.library
        inputs = self._inputs(library, items)
        partials = self.primitive.partials(Foreign(out, library), *inputs)
        chosen = [p for p, x in zip(partials, self.given, strict=True) if x is None]
        return [library.number(p) if isinstance(p, Foreign) else p for p in chosen]

    def _inputs(self, library: Tensors, items: Sequence[Any]) -> list[Any]:
        left = iter(items)
        return [Foreign(next(left), library) if x is None else x for x in self.given]


def as_function(
    program: Outward, library_for: Callable[[list[Any]], Tensors]
) -> Callable[..., Any]:
    """Return the program as a function of tensors; `library_for` takes those of a call."""
    names, nests = program.layout.plan.traced, program.layout.nests

    def function(*args: Any, parameters: Any = None, **kwargs: Any) -> Any:
        given = dict(zip(names, args, strict=False)) | kwargs
        if len(args) + len(kwargs) != len(names) or set(given) != set(names):
            raise TypeError(
                f"`{program.name}` takes the arguments {', '.join(names)}, and got {len(args)} and "
                f"{list(kwargs)} by name"
            )
        library = library_for([*_leaves(parameters), *_leaves(given)])
        items = [
            _flat(library, name, given[name], nest, program.batched)
            for name, nest in zip(names, nests, strict=True)
        ]
        lead = tuple(items[0].shape[:1]) if program.batched else ()
        for name, item in zip(names, items, strict=True):
            if item.shape[:-1] != lead:
                raise ValueError(f"`{name}` has {len(item)} rows, `{names[0]}` {lead[0]}")
        parts = library.run(program, items, _parameters(library, program, parameters))

        def shaped(part: Any, shape: tuple[int, ...]) -> Any:
            rows = library.xp.broadcast_to(part, (*lead, part.shape[-1]))
            return rows.reshape((*lead, *shape))

        return rebuilt(program.structure, parts, shaped)

    function.__name__ = function.__qualname__ = program.name
    return function


def _leaves(item: Any) -> list[Any]:
    """What nested arguments are made of."""
    if isinstance(item, dict):
        item = list(item.values())
    return [x for each in item for x in _leaves(each)] if isinstance(item, list | tuple) else [item]


def _flat(library: Tensors, name: str, item: Any, nest: Structure, batched: bool) -> Any:
    """An argument as an array of one axis behind that of the batch."""
    if isinstance(item, dict | list | tuple) and not batched:
        if isinstance(nest, dict) and isinstance(item, dict) and item.keys() == nest.keys():
            pairs = [(f"{name}[{key!r}]", item[key], part) for key, part in nest.items()]
        elif isinstance(nest, Shape) and nest.sizes and len(item) == nest.sizes[0]:
            pairs = [(name, each, Shape(nest.sizes[1:])) for each in item]
        elif isinstance(nest, list | tuple) and len(item) == len(nest):
            pairs = [(f"{name}[{i}]", item[i], part) for i, part in enumerate(nest)]
        else:
            raise ValueError(f"argument `{name}` is nested otherwise than in the recorded call")
        parts = [_flat(library, *pair, batched=False) for pair in pairs]
        return library.xp.concatenate(parts, axis=-1) if parts else library.numbers([])
    array, width = library.numbers(item), sum(map(math.prod, blocks(nest)))
    lead = array.shape[:1] if batched else ()
    if len(array.shape) < len(lead) or math.prod(array.shape[len(lead) :]) != width:
        expected = f"{'rows of ' * batched}{width} numbers"
        raise ValueError(
            f"argument `{name}` has shape {tuple(array.shape)}, but the program was recorded with "
            f"{expected}"
        )
    return array.reshape((*lead, width))


def _parameters(library: Tensors, program: Outward, given: Any) -> Any:
    """All parameters by use: those that are trained as given, the others as they are now."""
    own = program.parameters
    numbers, trained = own.by_use(), own.trained()
    if given is None:
        return library.numbers(numbers)
    item = library.numbers(given)
    if tuple(item.shape) != (len(trained),):
        raise ValueError(
            f"`parameters` must be {len(trained)} numbers in the order of `program.parameters`, "
            f"got shape {tuple(item.shape)}"
        )
    if len(trained) == len(numbers):
        return item
    places = list(range(len(trained), len(trained) + len(numbers)))
    for i, place in enumerate(trained.tolist()):
        places[place] = i
    both = library.xp.concatenate([item, library.numbers(numbers)], axis=-1)
    return both[library.numbers(places, int)]
