"""Cells: one step of a recurrent network, from an input and a state to the next state.

    RNNCell   h' = tanh(W x + b + V h + c)
    GRUCell   h' = (1 - z) n + z h, where r and z, sigmoids, let through old and new
    LSTMCell  c' = f c + i g and h' = o tanh(c'), where i, f and o are sigmoids

W, V, b, c are `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`, for all gates on top of each other in
PyTorch's order. Invariant: a step is written once, in `step`; a cell takes one, a layer as many
as its input has vectors.
"""

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from autograd import Value, relu, sigmoid, tanh
from autograd.engine.value import as_value
from nn.checks import Seed, check_size, flag
from nn.layers.dense import affine
from nn.layers.described import Described
from nn.layers.init import Drawing, Initialisation
from nn.layers.inputs import Vectors, check_inputs, is_nested

Vector = list[Value]
State = tuple[Vector, ...]  # h, or h and c
NONLINEARITIES: dict[str, Callable[[Value], Value]] = {"tanh": tanh, "relu": relu}


class Weights(NamedTuple):
    """The parameters of one cell; biases are None where there are none."""

    weight_ih: Vectors
    weight_hh: Vectors
    bias_ih: Vector | None
    bias_hh: Vector | None

    def sums(self, x: Vector, h: Vector) -> tuple[Vector, Vector]:
        """Return what the input and what the state contribute to each gate."""
        return affine(self.weight_ih, self.bias_ih, x), affine(self.weight_hh, self.bias_hh, h)


def _by_hidden(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Uniform on +-1 / sqrt(hidden_size), as PyTorch draws all weights of a recurrent layer."""
    bound = 1.0 / math.sqrt(fan_out)
    return rng.uniform(-bound, bound)


class Recurrent(Described, ABC):
    """What cells and layers share: the sizes, the number of gates, of states, and the step."""

    gates: ClassVar[int] = 1
    states: ClassVar[tuple[str, ...]] = ("h",)
    nonlinearity: str = "tanh"

    def __init__(self, input_size: int, hidden_size: int, bias: bool) -> None:
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.bias = flag("bias", bias)

    @abstractmethod
    def step(self, weights: Weights, x: Vector, state: State) -> State:
        """Return the state after one input."""

    @staticmethod
    def drawing(init: str | Initialisation | None, rng: Seed | None) -> Drawing:
        """Return the drawing asked for, PyTorch's where `init` is None."""
        return Drawing.checked(_by_hidden if init is None else init, rng)

    def draw(self, inputs: int, how: Drawing, end: str = "") -> None:
        """Make the parameters of one cell, the biases 0; `end` stands behind their names."""
        rows, hidden = self.gates * self.hidden_size, self.hidden_size
        for name, width in ("weight_ih", inputs), ("weight_hh", hidden):
            setattr(self, name + end, how.matrix(rows, width, hidden))
        for name in ("bias_ih", "bias_hh"):
            setattr(self, name + end, [Value(0.0) for _ in range(rows)] if self.bias else None)

    def weights(self, end: str = "") -> Weights:
        """Return the parameters of one cell."""
        return Weights(*[vars(self)[name + end] for name in Weights._fields])

    def count(self, inputs: int) -> int:
        """Return how many parameters one cell of so many inputs has."""
        return self.gates * self.hidden_size * (inputs + self.hidden_size + 2 * self.bias)


class RNNStep(Recurrent):
    """h' = nonlinearity(W x + b + V h + c) (Elman 1990)."""

    def step(self, weights: Weights, x: Vector, state: State) -> State:
        """Return the state after one input."""
        function = NONLINEARITIES[self.nonlinearity]
        of_x, of_h = weights.sums(x, state[0])
        return ([function(a + b) for a, b in zip(of_x, of_h, strict=True)],)


class GRUStep(Recurrent):
    """h' = (1 - z) n + z h with n = tanh(W x + b + r (V h + c)) (Cho et al. 2014).

    PyTorch's variant, in which r multiplies the product, not the state. Gates: r, z, n.
    """

    gates: ClassVar[int] = 3

    def step(self, weights: Weights, x: Vector, state: State) -> State:
        """Return the state after one input."""
        n, (h,) = self.hidden_size, state
        of_x, of_h = weights.sums(x, h)
        opened = [sigmoid(a + b) for a, b in zip(of_x[: 2 * n], of_h[: 2 * n], strict=True)]
        reset, kept = opened[:n], opened[n:]
        last = zip(of_x[2 * n :], reset, of_h[2 * n :], strict=True)
        new = [tanh(a + r * b) for a, r, b in last]
        return ([(1.0 - z) * v + z * w for z, v, w in zip(kept, new, h, strict=True)],)


class LSTMStep(Recurrent):
    """c' = f c + i g, h' = o tanh(c') (Hochreiter and Schmidhuber 1997; Gers et al. 2000).

    Gates: i, f, g, o; g is a tanh, the others are sigmoids.
    """

    gates: ClassVar[int] = 4
    states: ClassVar[tuple[str, ...]] = ("h", "c")

    def step(self, weights: Weights, x: Vector, state: State) -> State:
        """Return the state after one input."""
        n, (h, c) = self.hidden_size, state
        of_x, of_h = weights.sums(x, h)
        sums = [a + b for a, b in zip(of_x, of_h, strict=True)]
        let_in, kept = ([sigmoid(s) for s in sums[k : k + n]] for k in (0, n))
        new = [tanh(s) for s in sums[2 * n : 3 * n]]
        let_out = [sigmoid(s) for s in sums[3 * n :]]
        memory = [f * m + i * g for f, m, i, g in zip(kept, c, let_in, new, strict=True)]
        return [o * tanh(m) for o, m in zip(let_out, memory, strict=True)], memory


class Cell(Recurrent):
    """Base class of the cells: `forward(input, hx)` takes one step."""

    arguments: ClassVar[tuple[str, ...]] = ("input_size", "hidden_size", "bias")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self.draw(self.input_size, self.drawing(init, rng))

    def forward(self, input: Sequence[Any], hx: Any = None) -> Any:
        """Return the state after the vector `input`: h, of an LSTM (h, c); `hx` None is all 0.

        Raises `ValueError` or `TypeError` for vectors of another width.
        """
        x = check_inputs(self, input, self.input_size)
        state = self.step(self.weights(), x, check_state(self, hx))
        return state if len(state) > 1 else state[0]

    def size(self) -> int:
        """Return how many parameters a cell of these sizes has."""
        return self.count(self.input_size)


class RNNCell(RNNStep, Cell):
    """h' = tanh(W x + b + V h + c); as PyTorch's RNNCell.

    x has `input_size` numbers and h `hidden_size`; without `bias` there is no b and no c;
    `nonlinearity` is "tanh" or "relu". `init` and `rng` are as for `Neuron`, by default uniform on
    +-1 / sqrt(hidden_size); biases are 0 at first. Raises `ValueError` for a size below 1 and
    another `nonlinearity`.
    """

    arguments: ClassVar[tuple[str, ...]] = (*Cell.arguments, "nonlinearity")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        self.nonlinearity = check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, init=init, rng=rng)


class GRUCell(GRUStep, Cell):
    """A gated recurrent unit, from h to h'; arguments as for `RNNCell`, as PyTorch's GRUCell."""


class LSTMCell(LSTMStep, Cell):
    """Long short-term memory, (h, c) to (h', c'); as for `RNNCell`, and as PyTorch's LSTMCell."""


def check_nonlinearity(name: Any) -> str:
    """Return "tanh" or "relu"; raises `ValueError` for anything else."""
    if name not in NONLINEARITIES:
        raise ValueError(f'`nonlinearity` must be "tanh" or "relu", got {name!r:.40}')
    return str(name)


def check_state(module: Recurrent, hx: Any) -> State:
    """Return the state `hx`, h or (h, c), that a step of `module` starts from; None is all 0.

    Raises `ValueError` where it has other parts or another width.
    """
    if hx is None:
        return ([as_value(0.0)] * module.hidden_size,) * len(module.states)
    vectors, width = parts_of(module, hx), module.hidden_size
    for name, h in zip(module.states, vectors, strict=True):
        if not is_nested(h) or len(h) != width:
            found = f"{len(h)}" if is_nested(h) else f"{h!r:.40}"
            raise ValueError(f"{module!r} takes a state {name} of {width} numbers, got {found}")
    return tuple(check_inputs(module, h, width) for h in vectors)


def parts_of(module: Recurrent, hx: Any) -> Any:
    """Return h, or h and c, as a sequence; raises `ValueError` where there are not so many."""
    parts = [hx] if len(module.states) == 1 else hx
    if not is_nested(parts) or len(parts) != len(module.states):
        raise ValueError(f"{module!r} takes the state ({', '.join(module.states)}), got {hx!r:.60}")
    return parts
