"""Sequence layers, and small models around each, for several tests."""

import functools
import random

import numpy as np

import nn

LENGTH, WIDTH, HIDDEN, TOKENS = 3, 3, 2, 5


def flat(x):
    """All numbers of nested lists, in order."""
    return [v for item in x for v in flat(item)] if isinstance(x, list | tuple) else [x]


class Model(nn.Module):
    """A layer on a sequence of vectors; returns all its numbers."""

    def __init__(self, layer):
        self.layer = layer

    def forward(self, x):
        return flat(self.run(x))

    def run(self, x):
        return self.layer(x)


class Steps(Model):
    """A cell, one step after the other; returns the state at each."""

    def run(self, x):
        state, answers = None, []
        for vector in x:
            state = self.layer(vector, state)
            answers.append(state[0] if isinstance(state, tuple) else state)
        return answers


class Answers(Model):
    """A recurrent layer; returns what it answers at each position, without the state."""

    def run(self, x):
        return self.layer(x)[0]


class SelfAttention(Model):
    def __init__(self, layer, is_causal=False):
        self.layer, self.is_causal = layer, is_causal

    def run(self, x):
        return self.layer(x, x, x, is_causal=self.is_causal)[0]


def shaken(layer, seed=3):
    """The layer with biases and factors that are no longer 0 and 1."""
    rng = random.Random(seed)
    for name, p in layer.named_parameters():
        if "bias" in name or isinstance(layer, nn.LayerNorm | nn.RMSNorm):
            p.data += rng.uniform(-0.5, 0.5)
    return layer


def rng():
    return random.Random(0)


# The model around a layer, the layer, and whether its inputs are tokens.
LAYERS = {
    "Embedding": (Model, lambda: nn.Embedding(TOKENS, WIDTH, rng=rng())),
    "RNNCell": (Steps, lambda: nn.RNNCell(WIDTH, HIDDEN, rng=rng())),
    "RNNCell relu, no biases": (Steps, lambda: nn.RNNCell(WIDTH, HIDDEN, False, "relu", rng=rng())),
    "GRUCell": (Steps, lambda: nn.GRUCell(WIDTH, HIDDEN, rng=rng())),
    "LSTMCell": (Steps, lambda: nn.LSTMCell(WIDTH, HIDDEN, rng=rng())),
    "RNN": (Answers, lambda: nn.RNN(WIDTH, HIDDEN, 2, rng=rng())),
    "GRU": (Answers, lambda: nn.GRU(WIDTH, HIDDEN, 2, rng=rng())),
    "LSTM": (Answers, lambda: nn.LSTM(WIDTH, HIDDEN, 2, rng=rng())),
    "LSTM, no biases": (Answers, lambda: nn.LSTM(WIDTH, HIDDEN, bias=False, rng=rng())),
    "LayerNorm": (Model, lambda: nn.LayerNorm(WIDTH)),
    "LayerNorm, no bias": (Model, lambda: nn.LayerNorm(WIDTH, 1e-3, bias=False)),
    "RMSNorm": (Model, lambda: nn.RMSNorm(WIDTH)),
    "RMSNorm, eps": (Model, lambda: nn.RMSNorm(WIDTH, 1e-3)),
    "attention": (SelfAttention, lambda: nn.MultiHeadAttention(4, 2, rng=rng())),
    "causal attention": (
        functools.partial(SelfAttention, is_causal=True),
        lambda: nn.MultiHeadAttention(4, 2, bias=False, rng=rng()),
    ),
}


def model_of(name):
    wrap, make = LAYERS[name]
    return wrap(shaken(make()))


def examples(name, n=6, seed=1):
    """Sequences for the model of that name, shape (n, LENGTH) or (n, LENGTH, width)."""
    generator = np.random.default_rng(seed)
    if name == "Embedding":
        return generator.integers(0, TOKENS, (n, LENGTH)).astype(float)
    return generator.normal(size=(n, LENGTH, 4 if "attention" in name else WIDTH))
