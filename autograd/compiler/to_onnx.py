"""To ONNX: a program as a file that onnxruntime, and others, can run.

`OPS` says what each function of NumPy's is in ONNX, `COMPOSED` those that have to be put together.
A dense layer of two inputs and three outputs, `[n(x).tanh() for n in neurons]`, becomes

    x: (batch, 2) -> Gather -> MatMul with an initializer (2, 3) -> Reshape -> Add -> Tanh -> output

Parameters are initializers, as they are now. Invariant: the file passes ONNX's checker, and its
shapes are named; derivatives are not in it.
"""

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from autograd.compiler.arrays import Array, is_everything
from autograd.compiler.results import named_blocks
from autograd.compiler.tape import AS_FLOATS, erf
from autograd.compiler.ways_out import Foreign, Library, Outward, imported
from autograd.engine import table

OPSET, IR_VERSION = 17, 8  # of 2022, which all present runtimes read
DTYPES = ("float32", "float64")

OPS: dict[Any, str] = {
    **{np.add: "Add", np.subtract: "Sub", np.multiply: "Mul", np.true_divide: "Div"},
    **{np.negative: "Neg", np.absolute: "Abs", np.sign: "Sign", np.floor: "Floor"},
    **{np.ceil: "Ceil", np.sqrt: "Sqrt", np.power: "Pow", np.exp: "Exp", np.log: "Log"},
    **{np.sin: "Sin", np.cos: "Cos", np.tan: "Tan", np.sinh: "Sinh", np.cosh: "Cosh"},
    **{np.tanh: "Tanh", np.arcsin: "Asin", np.arccos: "Acos", np.arctan: "Atan", erf: "Erf"},
    **{np.arcsinh: "Asinh", np.arccosh: "Acosh", np.arctanh: "Atanh", np.fmod: "Mod"},
    **{np.maximum: "Max", np.minimum: "Min", np.where: "Where", np.equal: "Equal"},
    **{np.greater: "Greater", np.greater_equal: "GreaterOrEqual"},
    **{np.less: "Less", np.less_equal: "LessOrEqual", np.fabs: "Abs", np.rint: "Round"},
}
MASKS = ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")


def _log1p(x: Any) -> Any:
    """What rounding 1 + x lost is put back by a quotient (Goldberg 1991)."""
    y = 1.0 + x
    exact = np.equal(y, 1.0)
    found = np.log(y) * (x / np.where(exact, 1.0, y - 1.0))
    return np.where(exact, x, np.where(np.equal(y, math.inf), y, found))


def _expm1(x: Any) -> Any:
    """The same for exp(x) - 1 (Kahan)."""
    y = np.exp(x)
    less = y - 1.0
    found = less * (x / np.where(np.equal(y, 1.0), 1.0, np.log(y)))
    found = np.where(np.equal(y, 1.0), x, np.where(np.equal(y, math.inf), y, found))
    return np.where(np.equal(y, 0.0), -1.0, found)


def _hypot(x: Any, y: Any) -> Any:
    x, y = np.absolute(x), np.absolute(y)
    large, small = np.maximum(x, y), np.minimum(x, y)
    ratio = small / np.where(np.equal(large, 0.0), 1.0, large)
    return np.where(np.equal(large, math.inf), large, large * np.sqrt(1.0 + ratio * ratio))


def _copysign(x: Any, y: Any) -> Any:
    size = np.absolute(x)
    return np.where(np.less(y, 0.0), -size, size)


def _arctan2(y: Any, x: Any) -> Any:
    half = np.where(np.less(y, 0.0), -0.5 * math.pi, 0.5 * math.pi)
    beyond = np.arctan(y / x) + np.where(np.less(x, 0.0), 2.0 * half, 0.0)
    on_axis = np.where(np.equal(y, 0.0), 0.0, half)
    return np.where(np.equal(x, 0.0), on_axis, beyond)


def _logaddexp(x: Any, y: Any) -> Any:
    far = np.maximum(x, y) + np.log1p(np.exp(-np.absolute(x - y)))
    return np.where(np.equal(x, y), x + math.log(2.0), far)


COMPOSED: dict[Any, Callable[..., Any]] = {
    np.not_equal: lambda x, y: np.where(np.equal(x, y), 0.0, 1.0),
    np.exp2: lambda x: np.power(2.0, x),
    np.expm1: _expm1,
    np.log1p: _log1p,
    np.log2: lambda x: np.log(x) / math.log(2.0),
    np.log10: lambda x: np.log(x) / math.log(10.0),
    np.cbrt: lambda x: np.sign(x) * np.power(np.absolute(x), 1.0 / 3.0),
    np.hypot: _hypot,
    np.copysign: _copysign,
    np.arctan2: _arctan2,
    np.logaddexp: _logaddexp,
    np.mod: AS_FLOATS[table.mod],
    np.floor_divide: AS_FLOATS[table.floor_divide],
    np.square: lambda x: x * x,
    np.reciprocal: lambda x: 1.0 / x,
}


def to_onnx(program: Outward, path: str | os.PathLike[str], dtype: str) -> None:
    """Write the program to a file; raises `ImportError` without onnx."""
    if dtype not in DTYPES:
        raise ValueError(f"`dtype` must be one of {', '.join(DTYPES)}, got {dtype!r:.40}")
    program.check(Onnx.title, ("array",))
    with np.errstate(over="ignore"):  # of float32
        model = Onnx(program, dtype).model()
    Path(path).write_bytes(model.SerializeToString())


class Onnx(Library):
    """Writes nodes; items are the names of their outputs, parameters a NumPy array."""

    title: ClassVar = "ONNX"

    def __init__(self, program: Outward, dtype: str) -> None:
        self.onnx = imported("onnx", "ONNX", "'seegrad[onnx]'")
        self.helper = imported("onnx.helper", "ONNX", "'seegrad[onnx]'")
        self.program, self.dtype = program, np.dtype(dtype)
        self.kind = self.helper.np_dtype_to_tensor_dtype(self.dtype)
        self.nodes: list[Any] = []
        self.constant: dict[Any, Any] = {}  # initializers by what is in them
        self.masks: set[str] = set()
        self.first_input = ""

    def model(self) -> Any:
        """Return the whole program as ONNX has it."""
        program, own, layout = self.program, self.program.parameters, self.program.layout
        lead: list[Any] = ["batch"] if program.batched else []
        inputs, arguments = [], []
        for name, nest in zip(layout.plan.traced, layout.nests, strict=True):
            parts = []
            for part, shape in named_blocks(nest, name):
                self.first_input = self.first_input or part
                inputs.append(self.helper.make_tensor_value_info(part, self.kind, [*lead, *shape]))
                parts.append(self._reshaped(part, (math.prod(shape),), program.batched))
            arguments.append(self.node("Concat", *parts, axis=-1) if len(parts) > 1 else parts[0])
        results = self.run(program, arguments, own.by_use())
        outputs = []
        named = named_blocks(program.structure, "output")
        for array, item, (name, shape) in zip(program.results, results, named, strict=True):
            whole = item if array.batched else self._repeated(item, array.shape)
            self._reshaped(whole, shape, program.batched, name)
            outputs.append(self.helper.make_tensor_value_info(name, self.kind, [*lead, *shape]))
        graph = self.helper.make_graph(
            self.nodes, program.name, inputs, outputs, list(self.constant.values())
        )
        model = self.helper.make_model(
            graph,
            opset_imports=[self.helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="seegrad",
        )
        self.onnx.checker.check_model(model)
        return model

    def node(self, op: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Write a node; returns the name of its output."""
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(op, inputs, [output], **attributes))
        if op in MASKS:
            self.masks.add(output)
        return output

    def _constant(self, array: Any) -> str:
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self.constant:
            name = f"c{len(self.constant)}"
            made = imported("onnx.numpy_helper", "ONNX", "'seegrad[onnx]'").from_array(array, name)
            self.constant[key] = made
        return str(self.constant[key].name)

    def _places(self, numbers: Sequence[int]) -> str:
        return self._constant(np.array(numbers, dtype=np.int64))

    def _reshaped(self, item: str, shape: Sequence[int], batched: bool, output: str = "") -> str:
        """The item with a trailing shape; 0 stands for the rows that there are."""
        sizes = self._places([0, *shape] if batched else list(shape))
        return self.node("Reshape", item, sizes, output=output)

    def _repeated(self, item: str, shape: Sequence[int]) -> str:
        """What is the same for all rows, for each of them."""
        if not self.program.batched:
            return item
        rows = self.node("Shape", self.first_input, start=0, end=1)
        return self.node("Expand", item, self.node("Concat", rows, self._places(shape), axis=0))

    def function(self, function: Any) -> Callable[..., Any] | None:
        """The node, or nodes, for a function of NumPy's."""
        op, composed = OPS.get(function), COMPOSED.get(function)
        if op is not None:
            attributes: dict[str, Any] = {"fmod": 1} if op == "Mod" else {}
            return lambda *items: self.node(op, *items, **attributes)
        if composed is not None:
            return lambda *items: self.number(composed(*[Foreign(x, self) for x in items]))
        return None

    def number(self, x: Any, mask: bool = False) -> Any:
        """The name of a number."""
        item = x.item if isinstance(x, Foreign) else x
        if not isinstance(item, str):
            item = self.numbers(item)
        if (item in self.masks) == mask:
            return item
        kind = self.onnx.TensorProto.BOOL if mask else self.kind
        return self.node("Cast", item, to=kind)

    def numbers(self, array: Any) -> str:
        """An initializer."""
        return self._constant(np.asarray(array, dtype=self.dtype))

    def take(self, array: Array, source: Any) -> Any:
        """The elements `array.data`: of parameters at once, of others by a node."""
        index = array.data
        if isinstance(source, np.ndarray):
            return self.numbers(source[index])
        if is_everything(index, array.args[0].shape[0]):
            return self._reshaped(source, index.shape, array.batched)
        return self.node("Gather", source, self._constant(index.astype(np.int64)), axis=-1)

    def gather(self, source: Any, places: Any, shape: tuple[int, ...] | None) -> Any:
        """The elements at the places."""
        places = self.node("Cast", places, to=self.onnx.TensorProto.INT64)
        if shape is None:
            return self.node("Gather", source, places, axis=0)
        return self.node("GatherElements", source, self._repeated(places, shape), axis=1)

    def join(self, array: Array, *parts: Any) -> Any:
        """The parts one after another."""
        if array.batched:
            parts = tuple(
                part if arg.batched else self._repeated(part, arg.shape)
                for part, arg in zip(parts, array.args, strict=True)
            )
        return self.node("Concat", *parts, axis=-1)

    def sum(self, array: Array, x: Any) -> Any:
        """The sum over the last axis."""
        return self.node("ReduceSum", x, self._places([-1]), keepdims=0)

    def extreme(self, array: Array, x: Any) -> Any:
        """The largest or smallest."""
        op = "ReduceMax" if array.op == "maximum" else "ReduceMin"
        return self.node(op, x, axes=[-1], keepdims=0)

    def logsumexp(self, array: Array, x: Any) -> Any:
        """ONNX's, of numbers from which the largest was taken."""
        return self.node("ReduceLogSumExp", x, axes=[-1], keepdims=0)

    def matmul(self, array: Array, right: Any, left: Any) -> Any:
        """The matrix `right` times `left` transposed."""
        rank = len(array.args[1].shape) + array.args[1].batched
        turned = [*range(rank - 2), rank - 1, rank - 2]
        product = self.node("MatMul", right, self.node("Transpose", left, perm=turned))
        return self._reshaped(product, array.shape, array.batched)
