"""Neuron, Layer, Linear, MLP: the multi-layer perceptron, from one neuron up.

A neuron computes activation(w . x + b), one `dot` and one `+` in the graph; a layer is a list of
neurons that see the same inputs; an MLP feeds each layer's outputs to the next. Invariant: all
weights come from the given generator, in order, so a seed fixes the whole network.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

from autograd import Value, dot
from nn.checks import Seed, by_name, check_rng, check_size, flag
from nn.layers.activations import ACTIVATIONS, RECTIFIERS, Activation
from nn.layers.described import Described, common
from nn.layers.init import INITIALISATIONS, Initialisation
from nn.layers.inputs import check_inputs


class Neuron(Described):
    """One neuron with `nin` weights, drawn by `init`, and a bias, 0 at first.

    `nonlin=False` means no activation, as in micrograd; `activation` is a name or a function and
    overrides it. `init` is a name or a function; by default `he` for the relu family, else
    `xavier`, and `uniform` for the relu that nobody named, which is micrograd's. `rng` is a seed,
    a `random.Random` or a NumPy generator; by default the system seeds one. `fan_out`, of which
    `xavier` makes use, is how many neurons read the same inputs.

    Raises `ValueError` for an unknown name or a size below 1, `TypeError` for another kind of
    argument.
    """

    arguments: ClassVar[tuple[str, ...]] = ("nin", "activation")
    bias: Value | None

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | Activation | None = None,
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
        fan_out: int = 1,
    ) -> None:
        self.nin = nin = check_size("nin", nin)
        if activation is None:
            activation = "relu" if nonlin else "linear"
            init = "uniform" if init is None and nonlin else init
        self.activation = by_name("activation", activation, ACTIVATIONS)
        if init is None:
            init = "he" if self.activation in RECTIFIERS else "xavier"
        draw = by_name("initialisation", init, INITIALISATIONS)
        rng = check_rng(rng)
        self.weights = [Value(draw(rng, nin, fan_out)) for _ in range(nin)]
        self.bias = Value(0.0)

    def size(self) -> int:
        """Return how many parameters a neuron of so many inputs has."""
        return self.nin + 1

    def forward(self, x: Sequence[Any]) -> Value:
        """Return activation(w . x + b) for the `nin` numbers or Values in `x`."""
        return self.respond(check_inputs(self, x, self.nin))

    def respond(self, x: list[Value]) -> Value:
        """Return activation(w . x + b) for inputs that have been checked."""
        total: Value = dot(self.weights, x)
        return self.activation(total if self.bias is None else total + self.bias)


def affine(weight: list[list[Value]], bias: list[Value] | None, x: list[Value]) -> list[Value]:
    """Return w . x + b, or w . x, for each row of weights."""
    if bias is None:
        return [dot(row, x) for row in weight]
    return [dot(row, x) + b for row, b in zip(weight, bias, strict=True)]


class Layer(Described):
    """`nout` neurons, each fed by the same `nin` inputs; arguments as for `Neuron`."""

    arguments: ClassVar[tuple[str, ...]] = ("nin", "nout", "activation")

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: str | Activation | None = None,
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        nin, nout = check_size("nin", nin), check_size("nout", nout)
        rng = check_rng(rng)
        self.neurons = [
            Neuron(nin, nonlin, activation=activation, init=init, rng=rng, fan_out=nout)
            for _ in range(nout)
        ]

    @property
    def nin(self) -> int:
        """How many inputs the layer takes."""
        return self.neurons[0].nin

    @property
    def nout(self) -> int:
        """How many neurons there are."""
        return len(self.neurons)

    @property
    def activation(self) -> Activation:
        """The activation of all neurons."""
        return common(neuron.activation for neuron in self.neurons)

    @property
    def weight(self) -> list[list[Value]]:
        """The weights, nout x nin, row by row those of a neuron.

        Assigning lists of Values makes them the layer's own: `head.weight = embedding.weight` ties
        the two. Raises `ValueError` for another shape, `TypeError` for what are no Values.
        """
        return [neuron.weights for neuron in self.neurons]

    @weight.setter
    def weight(self, rows: list[list[Value]]) -> None:
        widths = [len(row) for row in rows]
        if widths != [self.nin] * self.nout:
            found = f"{len(rows)} rows of {' or '.join(map(str, sorted(set(widths))))}"
            raise ValueError(f"the weight of {self!r} is {self.nout} x {self.nin}, got {found}")
        for value in (value for row in rows for value in row):
            if not isinstance(value, Value):
                raise TypeError(f"the weight of {self!r} holds Values, got {value!r:.40}")
        for neuron, row in zip(self.neurons, rows, strict=True):
            neuron.weights = row

    def size(self) -> int:
        """Return how many parameters a layer of this shape has."""
        return (self.nin + 1) * self.nout

    def forward(self, x: Sequence[Any]) -> list[Value]:
        """Return the outputs of all neurons as a list, also where there is one neuron only."""
        inputs = check_inputs(self, x, self.nin)
        return [neuron.respond(inputs) for neuron in self.neurons]


class Linear(Layer):
    """`nout` numbers w . x + b of `nin`, or w . x where `bias` is False; as PyTorch's Linear.

    `init`, `rng` and errors are as for `Neuron`.
    """

    arguments: ClassVar = ("nin", "nout", "bias")

    def __init__(
        self,
        nin: int,
        nout: int,
        bias: bool = True,
        *,
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        bias = flag("bias", bias)
        super().__init__(nin, nout, activation="linear", init=init, rng=rng)
        if not bias:
            for neuron in self.neurons:
                neuron.bias = None

    @property
    def bias(self) -> bool:
        """Whether the neurons have biases."""
        return self.neurons[0].bias is not None

    def size(self) -> int:
        """Return how many parameters a layer of this shape has."""
        return (self.nin + self.bias) * self.nout


class MLP(Described):
    """A multi-layer perceptron: `nin` inputs, then one layer for each width in `nouts`.

    Hidden layers use `activation`, by default relu, the last one `output`; the other arguments are
    as for `Neuron`, but for `rng`: by default the seed 0, so that the same lines give the same
    network everywhere; pass another seed for another one. `MLP(2, [16, 16, 1])` is micrograd's:
    relu inside, a linear output, and wide `uniform` weights, which a small network likes and a
    deep one does not: there say activation="relu", and `he` draws them.

    Raises `ValueError` where `nouts` is empty or no list, and what `Neuron` raises.
    """

    arguments: ClassVar = ("nin", "nouts", "activation", "output")

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Activation | None = None,
        output: str | Activation = "linear",
        init: str | Initialisation | None = None,
        rng: Seed | None = None,
    ) -> None:
        if isinstance(nouts, str) or not hasattr(nouts, "__len__") or not len(nouts):
            raise ValueError(
                f"`nouts` must list the width of at least one layer, got {nouts!r:.60}: for "
                "example MLP(2, [16, 16, 1])"
            )
        rng = check_rng(0 if rng is None else rng)
        sizes = [check_size("a size of the MLP", size) for size in (nin, *nouts)]
        activations = [*[activation] * (len(nouts) - 1), output]
        self.layers = [
            Layer(a, b, activation=function, init=init, rng=rng)
            for (a, b), function in zip(pairwise(sizes), activations, strict=True)
        ]

    @property
    def nin(self) -> int:
        """How many inputs the network takes."""
        return self.layers[0].nin

    @property
    def nouts(self) -> list[int]:
        """The widths of the layers."""
        return [layer.nout for layer in self.layers]

    @property
    def activation(self) -> Activation | None:
        """The activation of the hidden layers; None where there are none."""
        hidden = self.layers[:-1]
        return common(layer.activation for layer in hidden) if hidden else None

    @property
    def output(self) -> Activation:
        """The activation of the last layer."""
        return self.layers[-1].activation

    def size(self) -> int:
        """Return how many parameters a network of these widths has."""
        return sum((a + 1) * b for a, b in pairwise([self.nin, *self.nouts]))

    def forward(self, x: Sequence[Any]) -> Any:
        """Return a list of Values, or a bare Value where the last layer has one neuron.

        Raises `ValueError` naming the layer where the number of inputs is wrong.
        """
        for layer in self.layers:
            x = layer(x)
        return x[0] if len(x) == 1 else x
