"""Layers: the parts that a network is put together from.

    dense          Neuron, Layer, Linear, MLP
    convolution    Conv2d
    pooling        MaxPool2d, AvgPool2d
    shape          Flatten, Reshape
    dropout        Dropout
    embedding      Embedding
    positional     PositionalEmbedding, PositionalEncoding
    cells          RNNCell, GRUCell, LSTMCell
    recurrent      RNN, GRU, LSTM
    attention      MultiHeadAttention
    normalization  LayerNorm, RMSNorm
    sequential     Sequential, Elementwise, GELU, SiLU
    perceptron     Perceptron

A layer takes one example: a list of numbers or Values, a sequence as a list of such lists, or an
image as nested lists, channels x rows x columns. Invariant: what is exported here is what a saved
file may name, and names its own arguments.
"""

from nn.layers.attention import MultiHeadAttention as MultiHeadAttention
from nn.layers.cells import GRUCell as GRUCell
from nn.layers.cells import LSTMCell as LSTMCell
from nn.layers.cells import RNNCell as RNNCell
from nn.layers.convolution import Conv2d as Conv2d
from nn.layers.dense import MLP as MLP
from nn.layers.dense import Layer as Layer
from nn.layers.dense import Linear as Linear
from nn.layers.dense import Neuron as Neuron
from nn.layers.dropout import Dropout as Dropout
from nn.layers.embedding import Embedding as Embedding
from nn.layers.inputs import check_image as check_image
from nn.layers.inputs import check_inputs as check_inputs
from nn.layers.normalization import LayerNorm as LayerNorm
from nn.layers.normalization import RMSNorm as RMSNorm
from nn.layers.perceptron import Perceptron as Perceptron
from nn.layers.pooling import AvgPool2d as AvgPool2d
from nn.layers.pooling import MaxPool2d as MaxPool2d
from nn.layers.positional import PositionalEmbedding as PositionalEmbedding
from nn.layers.positional import PositionalEncoding as PositionalEncoding
from nn.layers.recurrent import GRU as GRU
from nn.layers.recurrent import LSTM as LSTM
from nn.layers.recurrent import RNN as RNN
from nn.layers.sequential import GELU as GELU
from nn.layers.sequential import Elementwise as Elementwise
from nn.layers.sequential import Sequential as Sequential
from nn.layers.sequential import SiLU as SiLU
from nn.layers.shape import Flatten as Flatten
from nn.layers.shape import Reshape as Reshape
from nn.names import public as _public

__all__ = _public(vars())
