"""To PyTorch and back: the same layers with the same weights, as a `torch.nn.Sequential`.

Beside it models as ONNX files, and weights as safetensors.

Recurrent layers and attention, which are no part of a Sequential, are converted by themselves.

    table    which functions and settings are the same on both sides
    outward  to_torch
    inward   from_torch
    onnx_file  to_onnx
    weights  save_weights, load_weights

PyTorch takes a batch where we take one example, and returns (n, 1) where we return a bare Value.
Invariant: outputs and gradients agree to rounding in float64; what one side computes otherwise is
refused by name, never approximated. Two differences remain: dropout draws other random numbers,
and where several numbers of a max-pooling window are equal, PyTorch gives the whole gradient to
one of them. PyTorch is imported by the first call.
"""

from nn.convert.inward import from_torch as from_torch
from nn.convert.onnx_file import to_onnx as to_onnx
from nn.convert.outward import to_torch as to_torch
from nn.convert.weights import load_weights as load_weights
from nn.convert.weights import save_weights as save_weights

__all__ = ["from_torch", "load_weights", "save_weights", "to_onnx", "to_torch"]
