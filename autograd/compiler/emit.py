"""Emission: the array program as readable NumPy source.

The source is for a batch of B rows, flat parameters P and their flat gradient G. It makes all views
and buffers once and defines `forward(a0, ...)` and `reverse(weight, a0, ...)`, which run one NumPy
call a line. Parameters that lie in a regular stride are views of P, gradients are written straight
into views of G. Of w0 x0 + w1 x1 for each row of a0, (B, 2), it says

    m0 = P.reshape(1, 2); m1 = m0.T; t4 = np.empty((B, 1))       forward: np.dot(a0, m1, out=t4)

Invariant: the source holds numeric literals and this module's own names only.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.compiler.arrays import Array, Opaque
from autograd.compiler.reverse import shares
from autograd.compiler.views import Writer

SHORT = 1000  # longer sums keep the pairwise summation of np.add.reduce


class Emitter(Writer):
    """Writes the source."""

    def __init__(self, instructions: Sequence[Array]) -> None:
        super().__init__(instructions)
        self.uses: dict[Array, int] = {}
        self.whole_seeds: set[Array] = set()  # all others are the number `weight`
        for array in instructions:
            for arg in array.args:
                if isinstance(arg, Array):
                    self.uses[arg] = self.uses.get(arg, 0) + 1
                    if arg.op == "seed" and not _takes_number(array, arg):
                        self.whole_seeds.add(arg)

    def emit(self, array: Array, out: str | None = None) -> None:
        """Write the lines that compute `array`, into the view `out` where one is given."""
        if isinstance(array.op, str):
            getattr(self, f"_emit_{array.op}")(array, out)
        else:
            self._emit_elementwise(array, out)

    def _emit_elementwise(self, array: Array, out: str | None) -> None:
        args = [self._scalar(a, array) or self.operand(a) for a in array.args]
        if array.dtype == "number":
            sign = {np.add: "+", np.multiply: "*", np.subtract: "-"}[array.op]
            self.body.append(f"{self.number(array)} = {args[0]} {sign} {args[1]}")
            return
        name = self.buffer(array, out)
        if array.op is np.where:
            condition, yes, no = args
            self.body.append(f"np.copyto({name}, {no})")
            self.body.append(f"np.copyto({name}, {yes}, where={condition})")
        elif isinstance(array.op, Opaque):
            function = self.bind("f", array.op.primitive.on_arrays(len(array.args)))
            self.body.append(f"{name}[...] = {function}({', '.join(args)})")
        elif array.op is np.multiply and args[1] == "1.0":  # a mask; a product takes twice as long
            self.body.append(f"{name}[...] = {args[0]}")
        elif array.op is np.power and args[1] == "2.0":
            self.body.append(f"np.multiply({args[0]}, {args[0]}, out={name})")
        elif array.op is np.power and args[1] == "0.5":
            # NumPy takes one 0.5 for all as a square root, where -inf gives nan and not inf.
            halves = self.note(f"np.full_like({name}, 0.5)")
            self.body.append(f"np.power({args[0]}, {halves}, out={name})")
        else:
            self.body.append(f"np.{array.op.__name__}({', '.join(args)}, out={name})")

    def _scalar(self, x: Any, result: Array) -> str | None:
        """A view without axes of an array of one: NumPy broadcasts it in 0.4 of the time."""
        if not isinstance(x, Array) or x.batched or x.shape != (1,) or result.shape != (1,):
            return None
        if x.op == "seed" or x.dtype == "number":
            return None
        name = self.name[x]
        return self.static(name, f"{name}.reshape(())") if result.batched else None

    def _emit_argument(self, array: Array, out: str | None) -> None:
        self.name[array] = f"a{array.data}"

    def _emit_parameters(self, array: Array, out: str | None) -> None:
        self.name[array] = "P"

    def _emit_constants(self, array: Array, out: str | None) -> None:
        self.name[array] = self.bind("c", array.data)

    def _emit_seed(self, array: Array, out: str | None) -> None:
        if array in self.whole_seeds:
            self.body.append(f"{self.buffer(array)}.fill(weight)")

    def _emit_take(self, array: Array, out: str | None) -> None:
        (source,) = array.args
        regular = self.view(source, array.data) if out is None else None
        if regular is not None:
            self.define(array, regular)
            return
        index = self.bind("i", array.data)
        name = self.buffer(array, out)
        axis = 1 if source.batched else 0
        mode = "mode='clip', " if out is None else ""  # 'raise' would copy the buffer
        self.body.append(f"np.take({self.name[source]}, {index}, axis={axis}, {mode}out={name})")

    def _emit_places(self, array: Array, out: str | None) -> None:
        """Where in its table each element is looked up; an index outside counts as the nearest.

        A guard says that there is none outside on this path.
        """
        index, table = array.args
        choices = array.data
        last = choices.shape[1] - 1
        name = self.buffer(array)
        inside = f"np.fmin(np.fmax({self.name[index]}, 0.0), {last}.0)"  # nan counts as 0
        self.body.append(f"{name}[...] = {inside}")
        steps = np.diff(choices, axis=1)
        if not steps.size or (steps == steps.ravel()[0]).all():
            stride = int(steps.ravel()[0]) if steps.size else 1
            if stride != 1:
                self.body.append(f"np.multiply({name}, {stride}, out={name})")
            starts, regular = choices[:, 0], True
        else:
            starts, regular = np.arange(len(choices)) * (last + 1), False
        if starts.any():
            self.body.append(f"np.add({name}, {self.bind('i', starts)}, out={name})")
        if not regular:
            self.body.append(f"np.take({self.bind('i', choices.ravel())}, {name}, out={name})")
        if table.batched:
            rows = self.note(f"np.arange(B)[:, None] * {table.shape[0]}")
            self.body.append(f"np.add({name}, {rows}, out={name})")

    def _emit_pick(self, array: Array, out: str | None) -> None:
        table, places = (self.name[arg] for arg in array.args)
        if array.args[0].batched:
            table = f"{table}.reshape(B * {array.args[0].shape[0]})"
        self.body.append(f"np.take({table}, {places}, mode='clip', out={self.buffer(array)})")

    def _emit_unpick(self, array: Array, out: str | None) -> None:
        upstream, places = (self.name[arg] for arg in array.args)
        size = array.shape[0]
        count = f"B * {size}" if array.batched else f"{size}"
        self.body.append(
            f"{self.buffer(array)}.ravel()[...] = np.bincount("
            f"{places}.ravel(), {upstream}.ravel(), {count})"
        )

    def _emit_join(self, array: Array, out: str | None) -> None:
        name = self.buffer(array, out)
        comma = ":, " if array.batched else ""
        start = 0
        for arg in array.args:
            stop = start + arg.shape[0]
            self.body.append(f"{name}[{comma}{start}:{stop}] = {self.name[arg]}")
            start = stop

    def _emit_expand(self, array: Array, out: str | None) -> None:
        (x,) = array.args
        shape = f"(B, {array.shape[0]}, {array.shape[1]})" if x.batched else f"{array.shape}"
        self.define(array, f"np.broadcast_to({self.name[x]}[..., None], {shape})")

    def _emit_reshape(self, array: Array, out: str | None) -> None:
        (x,) = array.args
        if self.name[x] in self.loose:
            self.buffer(array)
            self.body.append(f"np.copyto({self.reshaped(array, *x.shape)}, {self.name[x]})")
            return
        self.define(array, self.reshaped(x, *array.shape))
        self.loose.discard(self.name[array])

    def _reduce(self, array: Array, out: str | None, function: str, axis: int, keep: bool) -> None:
        x = self.name[array.args[0]]
        name = self.buffer(array, out)
        keepdims = ", keepdims=True" if keep else ""
        self.body.append(f"np.{function}.reduce({x}, axis={axis}{keepdims}, out={name})")

    def _emit_sum(self, array: Array, out: str | None) -> None:
        if not self._product_with_ones(array, out):
            self._reduce(array, out, "add", -1, False)

    def _product_with_ones(self, array: Array, out: str | None) -> bool:
        """Sum short rows by a product with ones: 0.4 of the time of np.add.reduce."""
        (x,) = array.args
        source, n = self.name[x], x.shape[-1]
        if out is not None or n > SHORT or self.is_dynamic(source) or source in self.loose:
            return False
        rows = int(np.prod(x.shape[:-1]))
        self.set_up(f"column{n} = np.ones(({n}, 1))")
        matrix = self.matrix(x, rows, n)
        self.buffer(array)
        self.body.append(f"np.dot({matrix}, column{n}, out={self.matrix(array, rows, 1)})")
        return True

    def _emit_largest(self, array: Array, out: str | None) -> None:
        """The largest absolute value of all rows; nan where there is one."""
        x = self.name[array.args[0]]
        high, low = (f"np.{f}.reduce({x}, axis=None, initial=0.0)" for f in ("maximum", "minimum"))
        self.body.append(f"{self.number(array)} = max(float({high}), -float({low}))")

    def _emit_maximum(self, array: Array, out: str | None) -> None:
        self._reduce(array, out, str(array.op), -1, False)

    _emit_minimum = _emit_maximum

    def _emit_shares(self, array: Array, out: str | None) -> None:
        x = self.name[array.args[0]]
        self.body.append(f"{self.buffer(array)}[...] = {self.bind('f', shares)}({x})")

    def _emit_sum_over_batch(self, array: Array, out: str | None) -> None:
        if array.args[0].op == "seed":
            self.body.append(f"{self.buffer(array)}.fill(weight * B)")
            return
        name = f"t{self.rank[array]}"
        if len(array.shape) > 1 or name in self.loose:
            self._reduce(array, out, "add", 0, False)
            return
        self.set_up("ones = np.ones((1, B))")
        self.buffer(array, out)
        row = self.static(name, f"{name}.reshape(1, {array.shape[0]})")
        # A product with ones takes a quarter of the time of np.add.reduce over the rows.
        self.body.append(f"np.dot(ones, {self.name[array.args[0]]}, out={row})")

    def _emit_sum_to_one(self, array: Array, out: str | None) -> None:
        if len(array.args[0].shape) > 1 or not self._product_with_ones(array, out):
            self._reduce(array, out, "add", -1, True)

    def _emit_matmul(self, array: Array, out: str | None) -> None:
        right, left = array.args
        if len(right.shape) == 3 or left.batched:
            turned = f"{self.name[left]}.swapaxes(-1, -2)"
            shape = *right.shape[:-1], left.shape[-2]
            self._emit_stacked(array, self.name[right], turned, shape)
            return
        (k, n), m = right.shape, left.shape[0]
        a, b = self.matrix(right, k, n), self.matrix(left, m, n)
        self.buffer(array)
        function = "np.dot"  # np.matmul for matrices, and returns 0.1 to 0.4 us sooner
        if n == 1 and 1 in (k, m):
            function = self._product_with_one_number(right.batched and m > 1)
        self.body.append(f"{function}({a}, {self.turned(b)}, out={self.matrix(array, k, m)})")

    def _emit_matmul_nn(self, array: Array, out: str | None) -> None:
        upstream, left = array.args
        if len(left.shape) == 3 or (left.batched and left.shape[0] > 1):
            g = self.reshaped(upstream, *array.shape[:-1], left.shape[-2])
            self._emit_stacked(array, g, self.name[left], array.shape)
            return
        (k, n), m = array.shape, left.shape[0]
        if m == 1:  # an outer product by broadcasting takes half the time of a matrix product
            g = "weight" if upstream.op == "seed" else self.reshaped(upstream, k, 1)
            name = self.buffer(array, out)
            self.body.append(f"np.multiply({g}, {self.name[left]}, out={name})")
            return
        a, b = self.matrix(upstream, k, m), self.matrix(left, m, n)
        self.buffer(array, out)
        self.body.append(f"np.dot({a}, {b}, out={self.matrix(array, k, n)})")

    def _emit_matmul_tn(self, array: Array, out: str | None) -> None:
        upstream, right = array.args
        if len(right.shape) == 3 or array.batched:
            g = self.reshaped(upstream, *right.shape[:-1], array.shape[-2])
            self._emit_stacked(array, f"{g}.swapaxes(-1, -2)", self.name[right], array.shape)
            return
        (m, n), k = array.shape, right.shape[0]
        a, b = self.matrix(upstream, k, m), self.matrix(right, k, n)
        name = self.buffer(array, out)
        function = "np.dot"
        if k == 1 and 1 in (m, n):
            function = self._product_with_one_number(upstream.batched)
        if out is not None and out.endswith(".T"):
            self.body.append(f"{function}({b}.T, {a}, out={self.turned(name)})")
            return
        if name in self.loose:
            function = "np.matmul"  # np.dot wants a contiguous result
        self.body.append(f"{function}({a}.T, {b}, out={name})")

    def _product_with_one_number(self, if_one_row: bool) -> str:
        """The product where a matrix has one element only, always or in a batch of one row.

        Where that is 0, np.dot does not look at the other matrix and loses 0 * inf, which is nan.
        """
        if not if_one_row:
            return "np.multiply"
        self.set_up("product = np.multiply if B == 1 else np.dot")
        return "product"

    def _emit_stacked(self, array: Array, a: str, b: str, shape: tuple[int, ...]) -> None:
        """A product for each row of the batch, or grid of a stack."""
        self.buffer(array)
        self.body.append(f"np.matmul({a}, {b}, out={self.reshaped(array, *shape)})")

    def _emit_scatter(self, array: Array, out: str | None) -> None:
        """Put flows back where they were taken from, -1 for nowhere; those of one place add up."""
        flat, size = array.data, array.shape[0]
        kept = np.flatnonzero(flat >= 0)
        stops = np.cumsum([int(np.prod(arg.shape)) for arg in array.args]).tolist()
        parts = list(zip(array.args, [0, *stops], stops, strict=False))
        comma = ":, " if array.batched else ""
        unique = len(np.unique(flat[kept])) == len(kept)
        name = self.buffer(array, zero=True)
        whole = unique and len(kept) == len(flat)
        views = [self.view(array, flat[start:stop]) for _, start, stop in parts] if whole else []
        if whole and None not in views:
            for (arg, start, stop), view in zip(parts, views, strict=True):
                self.body.append(f"{view} = {self.reshaped(arg, stop - start)}")
            return
        axis = 1 if array.batched else 0
        if len(parts) == 1 and self._sum_of_repeated(array, parts[0][0]):
            return
        flow = self.reshaped(parts[0][0], len(flat))
        if len(parts) > 1 or unique:
            flow = f"j{self.rank[array]}"
            shape = f"(B, {len(flat) + unique})" if array.batched else f"({len(flat) + unique},)"
            self.setup.append(f"{flow} = np.zeros({shape})")
            for arg, start, stop in parts:
                place = f"{flow}[{comma}{start}:{stop}]"
                self.body.append(f"{place} = {self.reshaped(arg, stop - start)}")
        if unique:  # where nothing flows to, the zero behind the flows: a gather is faster
            back = np.full(size, len(flat))
            back[flat[kept]] = kept
            places = self.bind("i", back)
            self.body.append(f"np.take({flow}, {places}, axis={axis}, mode='clip', out={name})")
        elif not array.batched:
            if len(kept) < len(flat):
                flow = f"{flow}.take({self.bind('i', kept)})"
            places = self.bind("i", flat[kept])
            self.body.append(f"{name}[...] = np.bincount({places}, {flow}, {size})")
        else:
            order = kept[np.argsort(flat[kept], kind="stable")]
            where, starts = np.unique(flat[order], return_index=True)
            target = self.view(array, where) or f"{name}[:, {self.bind('i', where)}]"
            self.body.append(
                f"{target} = np.add.reduceat({flow}.take({self.bind('i', order)}, axis=1), "
                f"{self.bind('i', starts)}, axis=1)"
            )

    def _sum_of_repeated(self, array: Array, flow: Array) -> bool:
        """Sum rows by a product with ones, where each element was repeated so many times."""
        (size,), flat = array.shape, array.data
        n = len(flat) // size
        if n * size != len(flat) or n > SHORT or not (flat == np.repeat(np.arange(size), n)).all():
            return False
        self.set_up(f"column{n} = np.ones(({n}, 1))")
        matrix, result = self.matrix(flow, size, n), self.matrix(array, size, 1)
        self.body.append(f"np.dot({matrix}, column{n}, out={result})")
        return True


def _takes_number(array: Array, seed: Array) -> bool:
    """Whether an instruction works on the number `weight` as on the seed, an array of it."""
    if array.op == "matmul_nn":
        return array.args[0] is seed and array.args[1].shape[0] == 1 and array.args[1] is not seed
    return array.op == "sum_over_batch" or not isinstance(array.op, str)
