"""Which functions and settings are the same in PyTorch and here.

Invariant: `import nn` does not import PyTorch, which takes seconds; `import_torch` does.
"""

from typing import Any

from autograd.compiler.ways_out import imported

# Our name of an activation, PyTorch's class, and the settings that make it the same function.
# Above its threshold PyTorch rounds softplus(x) to x: from 40 on that changes no float64.
ACTIVATION_ROWS: list[tuple[str, str, dict[str, Any]]] = [
    ("linear", "Identity", {}),
    ("relu", "ReLU", {}),
    ("leaky_relu", "LeakyReLU", {"negative_slope": 0.01}),
    ("elu", "ELU", {"alpha": 1.0}),
    ("gelu", "GELU", {"approximate": "none"}),
    ("silu", "SiLU", {}),
    ("tanh", "Tanh", {}),
    ("sigmoid", "Sigmoid", {}),
    ("softplus", "Softplus", {"beta": 1.0, "threshold": 40.0}),
]

# The settings of PyTorch's layers that we do not have, and the values that they must have.
FIXED_SETTINGS: dict[str, dict[str, Any]] = {
    "Conv2d": {"dilation": 1, "groups": 1, "padding_mode": "zeros"},
    "MaxPool2d": {"dilation": 1, "ceil_mode": False, "return_indices": False},
    "AvgPool2d": {"ceil_mode": False, "count_include_pad": True, "divisor_override": None},
    "Flatten": {"start_dim": 1, "end_dim": -1},
    "Unflatten": {"dim": 1},
    "Embedding": {"padding_idx": None, "max_norm": None, "scale_grad_by_freq": False},
    **{name: {"bidirectional": False, "proj_size": 0} for name in ("RNN", "GRU", "LSTM")},
    "MultiheadAttention": {
        **{"_qkv_same_embed_dim": True, "bias_k": None, "bias_v": None, "add_zero_attn": False}
    },
    **{theirs: settings for _, theirs, settings in ACTIVATION_ROWS},
}

# Layers whose arguments and parameters have the same names on both sides, and PyTorch's class.
SAME: dict[str, str] = {
    **{name: name for name in ("Embedding", "LayerNorm", "RMSNorm")},
    **{name: name for name in ("RNNCell", "GRUCell", "LSTMCell", "RNN", "GRU", "LSTM")},
    "MultiHeadAttention": "MultiheadAttention",
}
# Those that take or return more than one thing, and so cannot be part of a Sequential.
ALONE = {ours for ours in SAME if ours not in ("Embedding", "LayerNorm", "RMSNorm")}
BATCHES_FIRST = ("RNN", "GRU", "LSTM", "MultiHeadAttention")  # as all other layers


def import_torch() -> Any:
    """Return the module `torch`; raises `ImportError` that says what to do without it."""
    return imported("torch", "PyTorch", "torch")
