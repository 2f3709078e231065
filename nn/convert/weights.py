"""Weights as safetensors: the numbers of a model under the names that PyTorch gives them.

A layer is a few tensors, `weight` (outputs, inputs) and `bias` (outputs,), where ours is a list of
neurons. So for `nn.MLP(2, [3, 1])`, whose PyTorch is Sequential(Linear, ReLU, Linear), the file has

    0.weight (3, 2)    0.bias (3,)    2.weight (1, 3)    2.bias (1,)

and `nn.to_torch(model).load_state_dict(safetensors.torch.load_file(path))` takes it. Invariant: a
file is read as a whole or changes nothing.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd import Value
from autograd.compiler.ways_out import imported
from autograd.engine.node import assign
from autograd.engine.primitive import FROZEN
from nn.files.atomic import replace_file
from nn.files.model import check_module
from nn.files.strict_json import LoadError
from nn.layers import MLP, Conv2d, Layer, Neuron, Reshape, Sequential
from nn.layers.activations import ACTIVATIONS
from nn.module import Module

Path = str | os.PathLike[str]


def save_weights(model: Module, path: Path, *, dtype: str = "float64") -> None:
    """Write the parameters of `model` to a safetensors file at `path`.

    Names and shapes are those of PyTorch's `state_dict`; of an MLP or Sequential those of
    `nn.to_torch(model)`. A model of your own is named by its attributes, as in PyTorch: Values in
    lists are tensors, modules in lists are numbered. `dtype` is "float64" or "float32". An existing
    file is replaced as a whole.

    Raises `ValueError` where parameters are in no attribute, `ImportError` without safetensors and
    `OSError`.
    """
    if dtype not in ("float32", "float64"):
        raise ValueError(f"`dtype` must be float32 or float64, got {dtype!r:.40}")
    arrays = {
        name: np.array([v.data for v in values.ravel()], dtype=dtype).reshape(values.shape)
        for name, values in _tensors_of(model).items()
    }
    replace_file(path, _safetensors().save(arrays, metadata={"format": "pt"}))


def load_weights(model: Module, path: Path) -> Module:
    """Give `model` the weights in the safetensors file at `path`; returns the model.

    Names and shapes have to be those that `save_weights` gives it; the numbers are floats of any
    size that NumPy has.

    Raises `LoadError`, a `ValueError`, for whatever is wrong with the file, and then changes
    nothing; `ImportError` without safetensors, `OSError` where there is no file to read.
    """
    expected = _tensors_of(model)
    with open(path, "rb") as file:
        content = file.read()
    try:
        arrays = _safetensors().load(content)
    except Exception as error:  # of the library's own kinds, which differ by version
        raise LoadError(f"`{os.fsdecode(path)}` cannot be read: {error}") from error
    for kind, names in (
        ("is missing in", expected.keys() - arrays.keys()),
        ("is unexpected in", arrays.keys() - expected.keys()),
    ):
        if names:
            some = ", ".join(f"`{name}`" for name in sorted(names)[:3])
            raise LoadError(f"{some} {kind} `{os.fsdecode(path)}`: build the same model")
    for name, values in expected.items():
        found = arrays[name]
        if found.shape != values.shape or found.dtype.kind != "f":
            raise LoadError(
                f"`{name}` in `{os.fsdecode(path)}` is {found.dtype} of shape {found.shape}, but "
                f"the model has floats of shape {values.shape}"
            )
    for name, values in expected.items():
        assign(values.ravel().tolist(), arrays[name].astype(float).ravel().tolist())
    return model


def _safetensors() -> Any:
    return imported("safetensors.numpy", "safetensors", "'seegrad[safetensors]'")


def _tensors_of(model: Module) -> dict[str, Any]:
    """The parameters by name, as arrays of Values."""
    check_module(model)
    found = dict(_tensors(model, ""))
    known = {value for values in found.values() for value in values.flat}
    left = [name for name, value in model.named_parameters() if value not in known]
    if left:
        raise ValueError(f"`{left[0]}` of {model!r:.60} is in no tensor: keep it in an attribute")
    return found


def _tensors(module: Module, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(module, MLP | Sequential):
        place = 0
        for layer in _layers(module):
            yield from _tensors(layer, f"{prefix}{place}.")
            place += places(layer)
    elif isinstance(module, Neuron):
        yield from _of_neurons([module], prefix, (module.nin,))
    elif isinstance(module, Layer):
        yield from _of_neurons(module.neurons, prefix, (module.nin,))
    elif isinstance(module, Conv2d):
        shape = (module.in_channels, *module.window.kernel)
        yield from _of_neurons(module.filters, prefix, shape)
    else:
        for name, item in vars(module).items():
            yield from _held(item, f"{prefix}{name}")


def _of_neurons(neurons: list[Neuron], prefix: str, shape: Any) -> Iterator[tuple[str, Any]]:
    weights = np.array([neuron.weights for neuron in neurons], dtype=object)
    yield f"{prefix}weight", weights.reshape(len(neurons), *shape)
    biases = [neuron.bias for neuron in neurons if neuron.bias is not None]
    if biases:
        yield f"{prefix}bias", np.array(biases, dtype=object)


def _layers(module: Module) -> Iterator[Module]:
    """The layers in an MLP or Sequential, where those inside are opened, as to_torch does."""
    for layer in vars(module)["layers"]:
        yield from _layers(layer) if isinstance(layer, MLP | Sequential) else [layer]


def places(layer: Module) -> int:
    """Return how many modules of PyTorch a layer becomes: its activation is one of its own."""
    if isinstance(layer, Reshape):
        return 2
    neurons = vars(layer).get("neurons") or vars(layer).get("filters") or [layer]
    first = neurons[0]
    return 1 + (isinstance(first, Neuron) and first.activation is not ACTIVATIONS["linear"])


def _held(item: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The tensors in an attribute: a module's, or Values in lists of equal lengths."""
    if isinstance(item, Module):
        yield from _tensors(item, f"{name}.")
    elif isinstance(item, Value | list | tuple | np.ndarray):
        kinds = (None, FROZEN)  # of parameters
        array = np.array(item, dtype=object)  # as deep as the lists' lengths are equal
        if array.size and all(isinstance(x, Value) and x.primitive in kinds for x in array.flat):
            yield name, array
        elif isinstance(item, list | tuple):
            for i, each in enumerate(item):
                yield from _held(each, f"{name}.{i}")
    elif isinstance(item, dict):
        for key, each in item.items():
            yield from _held(each, f"{name}.{key}")
