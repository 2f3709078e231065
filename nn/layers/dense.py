"""Neuron, Layer, MLP: the multi-layer perceptron, from one neuron up.

A neuron computes activation(w . x + b), one `dot` and one `+` in the graph; a layer is a list of
neurons that see the same inputs; an MLP feeds each layer's outputs to the next. Invariant: all
weights come from the given `random.Random`, in order, so a seed fixes the whole network.
"""

import random
from collections.abc import Sequence
from typing import Any

from autograd import Value, dot
from nn.checks import by_name, check_rng, check_size, name_of
from nn.layers.activations import ACTIVATIONS, Activation
from nn.layers.init import INITIALISATIONS, Initialisation
from nn.layers.inputs import check_inputs
from nn.layers.names import activation_name
from nn.module import Module


class Neuron(Module):
    """One neuron with `nin` weights, drawn by `init`, and a bias, 0 at first.

    `nonlin=False` means no activation, as in micrograd; `activation` is a name or a function and
    overrides it. `init` is a name or a function; by default `uniform` for the relu family,
    else `xavier`. `rng` is a `random.Random`; by default a fresh one, seeded by the system.

    Raises `ValueError` for an unknown name or a size below 1, `TypeError` for another kind of
    argument.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | Activation | None = None,
        init: str | Initialisation | None = None,
        rng: random.Random | None = None,
        fan_out: int = 1,
    ) -> None:
        nin = check_size("nin", nin)
        if activation is None:
            activation = "relu" if nonlin else "linear"
        self.activation = by_name("activation", activation, ACTIVATIONS)
        if init is None:
            init = "uniform" if activation in ("relu", "leaky_relu") else "xavier"
        draw = by_name("initialisation", init, INITIALISATIONS)
        rng = check_rng(rng)
        self.weights = [Value(draw(rng, nin, fan_out)) for _ in range(nin)]
        self.bias = Value(0.0)

    def forward(self, x: Sequence[Any]) -> Value:
        """Return activation(w . x + b) for the `nin` numbers or Values in `x`."""
        return self.respond(check_inputs(self, x, len(self.weights)))

    def respond(self, x: list[Value]) -> Value:
        """Return activation(w . x + b) for inputs that have been checked."""
        return self.activation(dot(self.weights, x) + self.bias)

    def architecture(self) -> dict[str, Any]:
        """Return the class and its arguments; `TypeError` for an activation without a name."""
        name = activation_name(self, [self.activation])
        return {"class": "Neuron", "nin": len(self.weights), "activation": name}

    def __repr__(self) -> str:
        name = name_of(self.activation, ACTIVATIONS)
        return f"Neuron({len(self.weights)}, activation={name!r})"


class Layer(Module):
    """`nout` neurons, each fed by the same `nin` inputs; arguments as for `Neuron`."""

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: str | Activation | None = None,
        init: str | Initialisation | None = None,
        rng: random.Random | None = None,
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
        return len(self.neurons[0].weights)

    def forward(self, x: Sequence[Any]) -> list[Value]:
        """Return the outputs of all neurons as a list, also where there is one neuron only."""
        inputs = check_inputs(self, x, self.nin)
        return [neuron.respond(inputs) for neuron in self.neurons]

    def architecture(self) -> dict[str, Any]:
        """Return the class and its arguments; `TypeError` for an activation without a name."""
        name = activation_name(self, (neuron.activation for neuron in self.neurons))
        nout = len(self.neurons)
        return {"class": "Layer", "nin": self.nin, "nout": nout, "activation": name}

    def __repr__(self) -> str:
        name = name_of(self.neurons[0].activation, ACTIVATIONS)
        return f"Layer({self.nin}, {len(self.neurons)}, activation={name!r})"


class MLP(Module):
    """A multi-layer perceptron: `nin` inputs, then one layer for each width in `nouts`.

    Hidden layers use `activation`, the last one `output`; the other arguments are as for
    `Neuron`, but for `rng`: by default `random.Random(0)`, so that the same lines give the same
    network everywhere; pass another seed for another one. `MLP(2, [16, 16, 1])` is micrograd's:
    relu inside, a linear output.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Activation = "relu",
        output: str | Activation = "linear",
        init: str | Initialisation | None = None,
        rng: random.Random | None = None,
    ) -> None:
        if isinstance(nouts, str) or not hasattr(nouts, "__len__") or not len(nouts):
            raise ValueError(
                f"`nouts` must list the width of at least one layer, got {nouts!r}: for example "
                "MLP(2, [16, 16, 1])"
            )
        rng = random.Random(0) if rng is None else check_rng(rng)
        sizes = [check_size("a size of the MLP", size) for size in (nin, *nouts)]
        last = len(nouts) - 1
        self.layers = [
            Layer(
                sizes[i],
                sizes[i + 1],
                activation=output if i == last else activation,
                init=init,
                rng=rng,
            )
            for i in range(len(nouts))
        ]

    def forward(self, x: Sequence[Any]) -> Any:
        """Return a list of Values, or a bare Value where the last layer has one neuron.

        Raises `ValueError` naming the layer where the number of inputs is wrong.
        """
        for layer in self.layers:
            x = layer(x)
        return x[0] if len(x) == 1 else x

    def architecture(self) -> dict[str, Any]:
        """Return the class and its arguments; `TypeError` for activations without a name."""
        hidden = [neuron.activation for layer in self.layers[:-1] for neuron in layer.neurons]
        output = [neuron.activation for neuron in self.layers[-1].neurons]
        return {
            "class": "MLP",
            "nin": self.layers[0].nin,
            "nouts": [len(layer.neurons) for layer in self.layers],
            "activation": activation_name(self, hidden or [ACTIVATIONS["relu"]]),
            "output": activation_name(self, output),
        }

    def __repr__(self) -> str:
        widths = [len(layer.neurons) for layer in self.layers]
        hidden, output = (
            name_of(layer.neurons[0].activation, ACTIVATIONS)
            for layer in (self.layers[0], self.layers[-1])
        )
        inside = f"activation={hidden!r}, " if len(widths) > 1 else ""
        return f"MLP({self.layers[0].nin}, {widths}, {inside}output={output!r})"
