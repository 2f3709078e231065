"""to_torch: one of our models as a `torch.nn.Sequential`.

Invariant: only the very classes in the table are converted, as a subclass may compute anything.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Value
from autograd.engine.primitive import FROZEN
from nn import layers as ours
from nn.convert.table import ACTIVATION_ROWS, ALONE, BATCHES_FIRST, SAME, import_torch
from nn.layers.activations import ACTIVATIONS, Activation
from nn.layers.described import Described
from nn.layers.inputs import flat_values
from nn.module import Module


def to_torch(model: Module) -> Any:
    """Return a `torch.nn.Sequential` in float64 that computes what `model` does, row by row.

    A batch, shape (n, features), (n, length, features) or (n, channels, rows, columns), gives
    (n, outputs). RNN, GRU, LSTM, their cells and attention, which take or return more than one
    thing, become PyTorch's layer itself, with `batch_first=True`. The weights
    are copies; training or evaluation mode is that of `model`, and what is frozen is frozen.

    Raises `TypeError` for a module without counterpart, such as one with the activation "sine" or
    of a class of your own, and names it; `ValueError` for shared or detached parameters, and for
    layers that are frozen in part;
    `ImportError` without PyTorch.
    """
    torch = import_torch()
    parts = _parts(torch, model, "model")
    alone = type(model).__name__ in ALONE
    module = parts[0] if alone else torch.nn.Sequential(*parts)
    module.training = model.training
    used, own = sum(p.numel() for p in module.parameters()), len(model.parameters())
    if used != own:
        raise ValueError(
            f"{model!r:.60} has {own} parameters, but its layers use {used} numbers: shared or "
            "detached ones cannot be converted"
        )
    return module


def _parts(torch: Any, module: Module, name: str) -> list[Any]:
    """The modules of PyTorch that together do what `module` does."""
    if type(module) in (ours.MLP, ours.Sequential):
        layers: list[Module] = vars(module)["layers"]
        named = ((f"{name}.layers.{i}", layer) for i, layer in enumerate(layers))
        return [part for path, layer in named for part in _parts(torch, layer, path)]
    if type(module) not in CONVERSIONS:
        raise TypeError(f"`{name}`, {module!r:.60}, has no counterpart in PyTorch")
    try:
        parts = CONVERSIONS[type(module)](torch, module)
    except (TypeError, ValueError) as error:
        raise type(error)(f"`{name}`, {module!r:.60}: {error}") from None
    return [part.train(module.training) for part in parts]


def _layer(torch: Any, layer: ours.Layer | ours.Neuron) -> list[Any]:
    neurons = layer.neurons if isinstance(layer, ours.Layer) else [layer]
    bias = neurons[0].bias is not None
    linear = torch.nn.Linear(layer.nin, len(neurons), bias, dtype=torch.float64)
    return _filled(torch, linear, neurons)


def _conv(torch: Any, layer: ours.Conv2d) -> list[Any]:
    window, channels = layer.window, (layer.in_channels, layer.out_channels)
    sizes = (window.kernel, window.stride, window.padding)
    conv = torch.nn.Conv2d(*channels, *sizes, dtype=torch.float64)
    return _filled(torch, conv, layer.filters)


def _filled(torch: Any, part: Any, neurons: list[ours.Neuron]) -> list[Any]:
    """`part` with the weights of the neurons, and their activation unless it is linear."""
    _fill(torch, part.weight, [weight for neuron in neurons for weight in neuron.weights])
    if part.bias is not None:
        _fill(torch, part.bias, [neuron.bias for neuron in neurons if neuron.bias is not None])
    activation = _activation(torch, [neuron.activation for neuron in neurons])
    return [part] if isinstance(activation, torch.nn.Identity) else [part, activation]


def _fill(torch: Any, tensor: Any, values: list[Value]) -> None:
    frozen = {value.primitive is FROZEN for value in values}
    if len(frozen) > 1:
        raise ValueError("it is frozen in part, which a tensor cannot be")
    with torch.no_grad():
        data = np.array([value.data for value in values])
        tensor.copy_(torch.from_numpy(data).reshape(tensor.shape))
    tensor.requires_grad_(not frozen.pop())


def _activation(torch: Any, activations: list[Activation]) -> Any:
    for name, theirs, settings in ACTIVATION_ROWS:
        if all(activation is ACTIVATIONS[name] for activation in activations):
            return getattr(torch.nn, theirs)(**settings)
    raise TypeError("torch.nn has no module for this activation, or the neurons' differ")


def _same(torch: Any, layer: Described) -> list[Any]:
    """The layer with the same names of arguments and parameters."""
    kind = type(layer).__name__
    arguments = {name: layer.argument(name) for name in layer.arguments}
    if kind in BATCHES_FIRST:
        arguments["batch_first"] = True
    part = getattr(torch.nn, SAME[kind])(**arguments, dtype=torch.float64)
    for name, tensor in part.named_parameters(recurse=False):
        _fill(torch, tensor, flat_values(vars(layer)[name]))
    if isinstance(layer, ours.MultiHeadAttention):
        _filled(torch, part.out_proj, layer.out_proj.neurons)
    return [part]


def _pool(torch: Any, layer: ours.MaxPool2d | ours.AvgPool2d) -> list[Any]:
    window, kind = layer.window, getattr(torch.nn, type(layer).__name__)
    return [kind(window.kernel, window.stride, window.padding)]


CONVERSIONS: dict[type[Module], Callable[[Any, Any], list[Any]]] = {
    ours.Layer: _layer,
    ours.Linear: _layer,
    ours.Neuron: _layer,
    ours.Conv2d: _conv,
    ours.MaxPool2d: _pool,
    ours.AvgPool2d: _pool,
    ours.Reshape: lambda torch, layer: [
        torch.nn.Flatten(),  # ours takes images, too
        torch.nn.Unflatten(1, (layer.channels, layer.rows, layer.columns)),
    ],
    ours.Flatten: lambda torch, layer: [torch.nn.Flatten()],
    ours.Dropout: lambda torch, layer: [torch.nn.Dropout(layer.p)],
    **dict.fromkeys(
        (ours.Elementwise, ours.GELU, ours.SiLU),
        lambda torch, layer: [_activation(torch, [layer.activation])],
    ),
    **{getattr(ours, name): _same for name in SAME},
}
