"""from_torch: a `torch.nn.Sequential` as one of our models.

Invariant: a part is converted only where its class is in the table and each of its settings is
one that we have; an activation right after a layer becomes the layer's own.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from autograd import Value
from autograd.engine.primitive import FROZEN
from nn import layers as ours
from nn.convert.table import ACTIVATION_ROWS, ALONE, FIXED_SETTINGS, SAME, import_torch
from nn.layers.activations import ACTIVATIONS
from nn.layers.described import Described, common
from nn.layers.inputs import flat_values
from nn.module import Module

HOOKS = ("forward", "forward_pre", "backward", "backward_pre")


def from_torch(module: Any) -> Module:
    """Return an `nn.MLP`, or an `nn.Sequential` where that does not fit, that does as `module`.

    `module` is a `torch.nn.Sequential`, nested or not, or one of Linear, Conv2d, MaxPool2d,
    AvgPool2d, Flatten, Unflatten, Dropout, Embedding, LayerNorm, RMSNorm, Identity, ReLU,
    LeakyReLU, ELU, GELU, SiLU, Tanh, Sigmoid, Softplus; or RNN, GRU, LSTM, their cells or
    MultiheadAttention by itself, which becomes the layer of ours. The weights are copies: those of
    float32 stay exact, though PyTorch computes with them in float32; what is frozen is frozen.
    Softplus with PyTorch's default threshold of 20 is taken as the exact function, from which it
    differs by up to 2e-9 above 20.

    Raises `TypeError` for other modules and for subclasses, `ValueError` for settings that we do
    not have, such as dilation, hooks or shared parameters; both name the part.
    `ImportError` without PyTorch.
    """
    torch = import_torch()
    layers: list[Module] = []
    seen: set[int] = set()
    for name, part in _leaves(torch, module, "module"):
        parameters = {id(p) for p in part.parameters()}
        if parameters & seen:
            raise ValueError(f"`{name}`, {part!r:.60}, shares its parameters with another part")
        seen |= parameters
        _append(layers, _converted(torch, name, part).train(part.training))
    if len(layers) == 1 and type(module) is not torch.nn.Sequential:
        if type(layers[0]).__name__ in ALONE:
            return layers[0]
    model = _as_mlp(layers) or ours.Sequential(*layers)
    model.training = module.training
    return model


def _leaves(torch: Any, module: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the parts in order, each with its path, nested Sequentials opened."""
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"`{name}` must be a torch.nn.Module, got {module!r:.60}")
    if type(module) is not torch.nn.Sequential:
        yield name, module
        return
    _check_hooks(name, module)
    for i, part in enumerate(module):
        yield from _leaves(torch, part, f"{name}[{i}]")


def _converted(torch: Any, name: str, part: Any) -> Module:
    """One part as a module of ours; errors start with its name."""
    kind = next((k for k in CONVERSIONS if type(part) is getattr(torch.nn, k, None)), None)
    if kind is None:
        known = ", ".join(CONVERSIONS)
        raise TypeError(f"`{name}`, {part!r:.60}, cannot be converted: only {known} can")
    _check_hooks(name, part)
    try:
        for setting, value in FIXED_SETTINGS.get(kind, {}).items():
            given = getattr(part, setting)
            near = setting == "threshold" and given >= 20.0  # of softplus, which is exact there
            if given not in (value, (value, value)) and not near:
                raise ValueError(f"we have no `{setting}` but {value!r}")
        return CONVERSIONS[kind](part)
    except (TypeError, ValueError) as error:
        raise type(error)(f"`{name}`, {part!r:.60}, cannot be converted: {error}") from None


def _check_hooks(name: str, module: Any) -> None:
    if any(getattr(module, f"_{kind}_hooks") for kind in HOOKS):
        raise ValueError(f"`{name}`, {module!r:.60}, has hooks, which cannot be converted")


def _linear(part: Any) -> Module:
    sizes = (part.in_features, part.out_features)
    if part.bias is None:
        layer: ours.Layer = ours.Linear(*sizes, bias=False, init="zeros")
    else:
        layer = ours.Layer(*sizes, activation="linear", init="zeros")
    _fill(layer.neurons, part)
    return layer


def _conv(part: Any) -> Module:
    if isinstance(part.padding, str):
        raise ValueError("`padding` must be given in numbers")
    sizes = (part.kernel_size, part.stride, part.padding)
    if part.bias is None:
        raise ValueError("our filters have biases, one of 0 would be trained")
    layer = ours.Conv2d(part.in_channels, part.out_channels, *sizes, init="zeros")
    _fill(layer.filters, part)
    return layer


def _fill(neurons: list[ours.Neuron], part: Any) -> None:
    """Give the neurons the weights and biases of the part."""
    _take(part.weight, [weight for neuron in neurons for weight in neuron.weights])
    if part.bias is not None:
        _take(part.bias, [neuron.bias for neuron in neurons if neuron.bias is not None])


def _take(tensor: Any, values: list[Value]) -> None:
    """Give the Values the numbers of a tensor, and freeze them where it is frozen."""
    if not tensor.is_floating_point():
        raise TypeError(f"the weights are of type {tensor.dtype}")
    numbers = tensor.detach().cpu().double().flatten().tolist()
    for value, number in zip(values, numbers, strict=True):
        value.data = number
        value.primitive = None if tensor.requires_grad else FROZEN


def _unflatten(part: Any) -> Module:
    sizes = tuple(part.unflattened_size)
    if len(sizes) != 3:
        raise ValueError("we have images of channels x rows x columns only")
    return ours.Reshape(*sizes)


def _same(kind: Any) -> Callable[[Any], Module]:
    """The conversion to a layer with PyTorch's names of arguments and parameters."""

    def convert(part: Any) -> Module:
        own = dict(part.named_parameters(recurse=False))
        arguments = {name: getattr(part, name) for name in kind.arguments if name != "bias"}
        if "bias" in kind.arguments:
            arguments["bias"] = any("bias" in name for name in own)
        if arguments.get("eps", 0.0) is None and own:  # the spacing of the floats of its kind
            kinds = import_torch().finfo(part.weight.dtype).eps
            arguments["eps"] = None if kinds == sys.float_info.epsilon else kinds
        layer: Described = kind(**arguments, init="zeros")
        for name, tensor in own.items():
            _take(tensor, flat_values(vars(layer)[name]))
        if isinstance(layer, ours.MultiHeadAttention):
            _fill(layer.out_proj.neurons, part.out_proj)
        return layer

    return convert


CONVERSIONS: dict[str, Callable[[Any], Module]] = {
    "Linear": _linear,
    "Conv2d": _conv,
    "MaxPool2d": lambda part: ours.MaxPool2d(part.kernel_size, part.stride, part.padding),
    "AvgPool2d": lambda part: ours.AvgPool2d(part.kernel_size, part.stride, part.padding),
    "Flatten": lambda part: ours.Flatten(),
    "Unflatten": _unflatten,
    "Dropout": lambda part: ours.Dropout(part.p),
    **{theirs: _same(getattr(ours, name)) for name, theirs in SAME.items()},
    **{
        theirs: partial(lambda name, part: ours.Elementwise(name), name)
        for name, theirs, _ in ACTIVATION_ROWS
    },
}


def _append(layers: list[Module], layer: Module) -> None:
    """Add a layer, or merge it into the last one where together they are one of ours."""
    last = layers[-1] if layers else None
    if isinstance(layer, ours.Elementwise):
        if layer.activation is ACTIVATIONS["linear"]:
            return
        if type(last) in (ours.Layer, ours.Conv2d):
            neurons = last.neurons if isinstance(last, ours.Layer) else vars(last)["filters"]
            if common(n.activation for n in neurons) is ACTIVATIONS["linear"]:
                for neuron in neurons:
                    neuron.activation = layer.activation
                return
    if isinstance(layer, ours.Reshape) and isinstance(last, ours.Flatten):
        layers.pop()  # Reshape does that itself
    layers.append(layer)


def _as_mlp(layers: list[Module]) -> ours.MLP | None:
    """The layers as an MLP, or None where they are none."""
    dense = [layer for layer in layers if type(layer) is ours.Layer]
    hidden = {layer.activation for layer in dense[:-1]}
    fits = all(a.nout == b.nin for a, b in pairwise(dense))
    if not dense or len(dense) < len(layers) or len(hidden) > 1 or not fits:
        return None
    mlp = ours.MLP(dense[0].nin, [layer.nout for layer in dense], init="zeros")
    mlp.layers = dense
    return mlp
