"""nn: small neural networks of scalar `Value`s, trained by stochastic gradient descent."""

from nn.draw import draw as draw
from nn.layers import MLP as MLP
from nn.layers import Layer as Layer
from nn.layers import Neuron as Neuron
from nn.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from nn.losses import cross_entropy as cross_entropy
from nn.losses import hinge_loss as hinge_loss
from nn.losses import mse_loss as mse_loss
from nn.losses import squared_error as squared_error
from nn.module import Module as Module
from nn.optim import SGD as SGD
from nn.optim import Optimizer as Optimizer
from nn.plots.boundary import plot_boundary as plot_boundary
from nn.plots.step import plot_step as plot_step
from nn.plots.weights import plot_weights as plot_weights
from nn.train import History as History
from nn.train import accuracy as accuracy
from nn.train import fit as fit
from nn.train import predict as predict
