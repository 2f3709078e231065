"""Layers: the parts that a network is put together from.

    dense        Neuron, Layer, Linear, MLP
    convolution  Conv2d
    pooling      MaxPool2d, AvgPool2d
    shape        Flatten, Reshape
    dropout      Dropout
    sequential   Sequential, Elementwise
    perceptron   Perceptron

A layer takes one example: a list of numbers or Values, or an image as nested lists, channels x
rows x columns. Invariant: what is exported here is what a saved file may name, and names its own
arguments.
"""

from nn.layers.convolution import Conv2d as Conv2d
from nn.layers.dense import MLP as MLP
from nn.layers.dense import Layer as Layer
from nn.layers.dense import Linear as Linear
from nn.layers.dense import Neuron as Neuron
from nn.layers.dropout import Dropout as Dropout
from nn.layers.inputs import check_image as check_image
from nn.layers.inputs import check_inputs as check_inputs
from nn.layers.perceptron import Perceptron as Perceptron
from nn.layers.pooling import AvgPool2d as AvgPool2d
from nn.layers.pooling import MaxPool2d as MaxPool2d
from nn.layers.sequential import Elementwise as Elementwise
from nn.layers.sequential import Sequential as Sequential
from nn.layers.shape import Flatten as Flatten
from nn.layers.shape import Reshape as Reshape
